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

static bool uses(const struct fq_task *task, enum fq_ref_kind kind)
{
	for (uint32_t i = 0; i < task->ref_count; i++) {
		if (task->refs[i].kind == kind) {
			return true;
		}
	}
	return false;
}

/* The folder for {tmp} is named once, and lives as long as the command. */
static void add_tmp(struct fq_buf *buf)
{
	fq_buf_puts(buf, "TMPDIR=\"$(mktemp -d)\" && export TMPDIR && trap 'rm -rf \"$TMPDIR\"' EXIT && ");
}

static void add_cwd(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	struct fq_buf cwd = {0};
	fq_plan_show_words(&s->plan, job, &fq_plan_rule(&s->plan, job)->task->cwd, true, &cwd);
	if (cwd.len) {
		fq_buf_addf(buf, "mkdir -p --%s && cd --%s && ", cwd.at, cwd.at);
	}
	fq_buf_finish(&cwd);
}

/* env, and what `wrap` puts in front of the shell. */
static void add_front(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	struct fq_buf words = {0};
	if (task->env.count) {
		fq_buf_puts(&words, " env");
	}
	fq_plan_show_words(&s->plan, job, &task->env, false, &words);
	if (task->timeout_ns) {
		fq_buf_addf(
		        &words, " timeout %llds", (long long)((task->timeout_ns + 999999999) / 1000000000));
	}
	fq_plan_show_words(&s->plan, job, &task->wrap, false, &words);
	if (words.len) {
		fq_buf_addf(buf, "%s ", words.at + 1);
	}
	fq_buf_finish(&words);
}

/* What the script may ask for as a job of a run. */
static void add_run_variables(struct fq_session *s, uint32_t job, struct fq_text script, struct fq_buf *buf)
{
	uint32_t sample = fq_plan_sample(&s->plan, job);
	if (!memmem(script.at, script.len, "FQRUN_", 6)) {
		return;
	}
	fq_buf_addf(buf, "FQRUN_VALUES=/dev/null FQRUN_TASK=%s ", fq_plan_rule(&s->plan, job)->task->name);
	if (sample != UINT32_MAX) {
		fq_buf_puts(buf, "FQRUN_SAMPLE=");
		fq_export_add_word(buf, fq_text(s->manifest.samples[sample].name));
		fq_buf_putc(buf, ' ');
	}
}

static void add_command(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	struct fq_buf script = {0};
	fq_plan_show_script(&s->plan, job, &script);
	struct fq_text text = fq_text_trim((struct fq_text){script.at, script.len});
	if (uses(task, FQ_REF_TMP) || memmem(text.at, text.len, "TMPDIR", 6)) {
		add_tmp(buf);
	}
	add_cwd(s, job, buf);
	add_run_variables(s, job, text, buf);
	add_front(s, job, buf);
	bool is_direct = task->script.is_direct && !task->wrap.count && !memchr(text.at, '\n', text.len);
	if (task->builtin || is_direct) {
		fq_buf_add_text(buf, text);
	} else {
		/* A value may stand there as $'\033', which not every sh knows. */
		bool is_sh = task->shell == FQ_SHELL_SH && !memmem(text.at, text.len, "$'", 2);
		fq_buf_puts(buf, is_sh                        ? "sh -eu -c "
		                 : task->shell == FQ_SHELL_SH ? "bash -eu -c "
		                                              : "bash -euo pipefail -c ");
		fq_export_add_word(buf, text);
	}
	fq_buf_finish(&script);
}

void fq_export_add_line(struct fq_session *s, uint32_t job, struct fq_buf *buf)
{
	struct fq_buf line = {0};
	add_folders(s, job, &line);
	add_command(s, job, &line);
	if (memmem(line.at, line.len, "$'", 2)) {
		fq_buf_puts(buf, "bash -c ");
		fq_export_add_word(buf, (struct fq_text){line.at, line.len});
	} else {
		fq_buf_add(buf, line.at, line.len);
	}
	fq_buf_finish(&line);
}

/* --- what is lost ------------------------------------------------------------------------- */

bool fq_export_reads_values(const struct fq_task *task)
{
	for (uint32_t i = 0; i < task->ref_count; i++) {
		if (task->refs[i].kind == FQ_REF_VALUE && !task->refs[i].is_of_when) {
			return true;
		}
	}
	return false;
}

static void add_loss(struct fq_buf *buf, bool is_lost, const struct fq_task *task, const char *text)
{
	if (is_lost) {
		fq_buf_addf(buf, "task %s: %s\n", task->name, text);
	}
}

static bool makes_folder(const struct fq_task *task)
{
	bool makes = false;
	for (uint32_t i = 0; i < task->outputs.count && !makes; i++) {
		const struct fq_word *word = &task->outputs.words[i];
		const struct fq_piece *last = word->count ? &word->pieces[word->count - 1] : NULL;
		makes = last && last->ref < 0 && last->text.len && last->text.at[last->text.len - 1] == '/';
	}
	return makes;
}

void fq_export_add_losses(const struct fq_task *task, char format, struct fq_buf *buf)
{
	add_loss(buf, fq_export_reads_values(task), task,
	        "left out: its command holds values that another task reports");
	add_loss(buf, task->when, task, "`when` is not looked at: it runs always");
	add_loss(buf, task->fail_on_count, task, "`fail-on` is lost: its exit status alone counts");
	add_loss(buf, makes_folder(task), task,
	        "an output folder is not emptied: what an earlier run left in it stays");
	add_loss(buf, makes_folder(task) && format != 's', task,
	        "files in .fqrun-export stand for output folders: a change of those is not seen");
	add_loss(buf, task->may_miss, task, "`missing = allow` is lost: it needs all that it gathers");
	add_loss(buf, task->memory_bytes || task->most_threads > 1, task,
	        "`threads` and `memory` are not counted");
	add_loss(buf, task->pool != FQ_NO_POOL && format == 'm', task,
	        "`pool` is lost: as many as -j says run at a time");
	add_loss(buf, task->priority, task, "`priority` is lost: the tool chooses which goes first");
	add_loss(buf, task->retries, task, "`retries` is lost: a job that fails is not tried again");
	add_loss(buf, task->draws != FQ_DRAWS_NOT && format != 's', task,
	        "`jobserver` is lost: what it starts counts its jobs by itself");
	add_loss(buf, task->version.text.len, task, "`version` is lost: an upgraded tool reruns nothing");
	add_loss(buf, task->cwd.count, task, "`cwd`: its paths are whole, and good in this folder alone");
	add_loss(buf, task->builtin, task, "calls fqrun fastq-stats: fqrun must be in the PATH");
}
