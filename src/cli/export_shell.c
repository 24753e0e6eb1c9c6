#include "export.h"

#include <string.h>

/* printf(1) of every sh knows \0ooo in %b. */
static void add_escaped(struct fq_buf *buf, struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f || c == '\'' || c == '\\') {
			fq_buf_addf(buf, "\\0%03o", c);
		} else {
			fq_buf_putc(buf, (char)c);
		}
	}
}

void fq_export_add_word(struct fq_buf *buf, struct fq_text text)
{
	bool is_plain = true;
	for (size_t i = 0; i < text.len && is_plain; i++) {
		unsigned char c = (unsigned char)text.at[i];
		is_plain = c >= 0x20 && c != 0x7f && c != '\'';
	}
	if (is_plain) {
		fq_buf_add_quoted(buf, text);
		return;
	}
	fq_buf_puts(buf, "\"$(printf '%b' '");
	add_escaped(buf, text);
	fq_buf_puts(buf, "')\"");
}

static void add_folder(const char *path, struct fq_buf *seen)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path) {
		return;
	}
	struct fq_text folder = {path, (size_t)(slash - path)};
	struct fq_buf word = {0};
	fq_buf_putc(&word, ' ');
	fq_export_add_word(&word, folder);
	fq_buf_putc(&word, ' ');
	if (!seen->len || !strstr(seen->at, word.at)) {
		fq_buf_add(seen, word.at, word.len);
	}
	fq_buf_finish(&word);
}

static void add_folders(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	struct fq_list outputs = {0};
	struct fq_buf folders = {0}, dir = {0};
	fq_plan_outputs(&s->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		add_folder(path, &folders);
	}
	fq_plan_add_dir(&s->plan, fq_plan_rule(&s->plan, job), &dir);
	if (dir.len) {
		fq_buf_puts(&dir, "/x");
		add_folder(dir.at, &folders);
	}
	if (folders.len) {
		fq_buf_puts(buf, "mkdir -p --");
		fq_buf_add(buf, folders.at, folders.len);
		fq_buf_puts(buf, "&& ");
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&folders);
	fq_buf_finish(&dir);
}

static void add_words(struct fq_buf *buf, const struct fq_list *list)
{
	for (const char *text = NULL; (text = fq_list_next(list, text));) {
		fq_export_add_word(buf, fq_text(text));
		fq_buf_putc(buf, ' ');
	}
}

static bool uses(const struct fq_task *task, enum fq_ref_kind kind)
{
	for (uint32_t i = 0; i < task->ref_count; i++) {
		if (task->refs[i].kind == kind) {
			return true;
		}
	}
	return false;
}

/* env, and what `wrap` puts in front of the shell. */
static void add_front(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	struct fq_list env = {0}, wrap = {0};
	fq_plan_front(&s->plan, job, &env, &wrap);
	fq_buf_puts(buf, "env ");
	add_words(buf, &env);
	if (uses(task, FQ_REF_TMP)) {
		fq_buf_puts(buf, "TMPDIR=\"$(mktemp -d)\" ");
	}
	add_words(buf, &wrap);
	fq_list_finish(&env);
	fq_list_finish(&wrap);
}

void fq_export_add_line(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	struct fq_buf script = {0};
	add_folders(s, job, buf);
	fq_plan_show_command(&s->plan, job, &script);
	struct fq_text text = fq_text_trim((struct fq_text){script.at, script.len});
	if (task->cwd.count) {
		struct fq_list cwd = {0};
		fq_plan_cwd(&s->plan, job, &cwd);
		fq_buf_puts(buf, "mkdir -p -- ");
		add_words(buf, &cwd);
		fq_buf_puts(buf, "&& cd -- ");
		add_words(buf, &cwd);
		fq_buf_puts(buf, "&& ");
		fq_list_finish(&cwd);
	}
	if (task->timeout_ns) {
		fq_buf_addf(buf, "timeout %llds ", (long long)(task->timeout_ns / 1000000000));
	}
	if (task->env.count || task->wrap.count || uses(task, FQ_REF_TMP)) {
		add_front(s, job, buf);
	}
	if (task->builtin || (task->script.is_direct && !memchr(text.at, '\n', text.len))) {
		fq_buf_add_text(buf, text);
	} else {
		const char *strict = task->script.has_setup ? "-eo" : "-euo";
		fq_buf_addf(buf, task->shell == FQ_SHELL_SH ? "sh -eu -c " : "bash %s pipefail -c ", strict);
		fq_export_add_word(buf, text);
	}
	fq_buf_finish(&script);
}

/* --- what is lost ------------------------------------------------------------------------- */

bool fq_export_is_possible(const struct fq_task *task)
{
	for (uint32_t i = 0; i < task->ref_count; i++) {
		if (task->refs[i].kind == FQ_REF_VALUE && !task->refs[i].is_of_when) {
			return false;
		}
	}
	return true;
}

static void add_loss(struct fq_buf *buf, bool is_lost, const struct fq_task *task, const char *text)
{
	if (is_lost) {
		fq_buf_addf(buf, "task %s: %s\n", task->name, text);
	}
}

void fq_export_add_losses(const struct fq_session *s, const struct fq_task *task, struct fq_buf *buf)
{
	(void)s;
	add_loss(buf, !fq_export_is_possible(task), task,
	        "left out: its command holds values that another task reports");
	add_loss(buf, task->when, task, "`when` is not looked at: it runs always");
	add_loss(buf, task->fail_on_count, task, "`fail-on` is lost: its exit status alone counts");
	add_loss(buf, task->may_miss, task, "`missing = allow` is lost: it needs all that it gathers");
	add_loss(buf, task->memory_bytes || task->most_threads > 1, task,
	        "`threads` and `memory` are not counted");
	add_loss(buf, task->version.text.len, task, "`version` is lost: an upgraded tool reruns nothing");
	add_loss(buf, task->builtin, task, "calls fqrun fastq-stats: fqrun must be in the PATH");
}
