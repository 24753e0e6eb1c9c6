/* A job's command as a person would type it. */
#include "internal.h"

#include <string.h>

/* What means the same in "…" and in a here-document, and nothing to a terminal. */
static void show_double_quoted(struct fq_buf *buf, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_control = (c < 0x20 && c != '\n') || c == 0x7f; /* $( ) would drop an end of line */
		if (is_control || c == '"') {
			fq_buf_addf(buf, "$(printf '\\%03o')", c);
			continue;
		}
		if (strchr("\\$`", c)) {
			fq_buf_putc(buf, '\\');
		}
		fq_buf_putc(buf, *text);
	}
}

static void show_one(struct fq_buf *buf, uint8_t context, const char *text)
{
	if (context == FQ_CONTEXT_BARE) {
		fq_buf_add_quoted(buf, fq_text(text));
	} else if (context == FQ_CONTEXT_DOUBLE) {
		show_double_quoted(buf, text);
	} else {
		fq_buf_puts(buf, text);
	}
}

static void show_ref(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_piece *piece, struct fq_buf *buf)
{
	const struct fq_ref *ref = &at.rule->task->refs[piece->ref];
	if (ref->kind == FQ_REF_TMP) {
		fq_buf_puts(buf, piece->context == FQ_CONTEXT_BARE ? "\"$TMPDIR\"" : "$TMPDIR");
		return;
	}
	struct fq_list values = {0};
	fq_plan_values(plan, at, ref, &values);
	fq_plan_make_absolute(plan, at.rule->task, ref, &values);
	if (ref->kind == FQ_REF_VALUE && values.count == 0) {
		fq_buf_puts(buf, ref->text); /* not reported yet */
	}
	char bad;
	for (const char *text = NULL; ref->demand && (text = fq_list_next(&values, text));) {
		if (!fq_demand_holds(ref->demand, fq_text(text), &bad)) {
			fq_buf_puts(buf, ref->text); /* such a job is refused: there is nothing to paste */
			fq_list_finish(&values);
			return;
		}
	}
	bool is_file = ref->form == FQ_FORM_LIST || ref->form == FQ_FORM_LIST0;
	if (is_file) {
		fq_buf_puts(buf, ref->form == FQ_FORM_LIST ? "<(printf '%s\\n'" : "<(printf '%s\\0'");
	}
	bool is_first = true;
	for (const char *text = NULL; (text = fq_list_next(&values, text)); is_first = false) {
		if (is_file || !is_first) {
			fq_buf_putc(buf, ref->form == FQ_FORM_COMMA ? ',' : ' ');
		}
		show_one(buf, is_file ? FQ_CONTEXT_BARE : piece->context, text);
	}
	fq_buf_puts(buf, is_file ? ")" : "");
	fq_list_finish(&values);
}

static void show_builtin(struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_job_context context = {.fqrun = "fqrun", .tmp = "", .lists = "", .values = ""};
	struct fq_job_command command;
	struct fq_error err = {0};
	fq_plan_command(plan, job, &context, &command, &err);
	for (const char *text = NULL; (text = fq_list_next(&command.argv, text));) {
		if (text != command.argv.bytes.at) {
			fq_buf_putc(buf, ' ');
		}
		fq_buf_add_quoted(buf, fq_text(text));
	}
	fq_job_command_finish(&command);
	fq_error_finish(&err);
}

static bool is_there(struct fq_plan *plan, struct fq_job_at at, const struct fq_piece *piece)
{
	struct fq_list values = {0};
	fq_plan_values(plan, at, &at.rule->task->refs[piece->ref], &values);
	const char *first = fq_list_next(&values, NULL);
	bool is_there = first && first[0];
	fq_list_finish(&values);
	return is_there;
}

/* From a conditional's first piece to its last, if its words are not there. */
static uint32_t skip_absent(struct fq_plan *plan, struct fq_job_at at, uint32_t i)
{
	const struct fq_script *script = &at.rule->task->script;
	if (script->pieces[i].context == FQ_CONTEXT_WHEN && !is_there(plan, at, &script->pieces[i])) {
		while (script->pieces[i].context != FQ_CONTEXT_END) {
			i++;
		}
	}
	return i;
}

static void show_pieces(
        struct fq_plan *plan, struct fq_job_at at, uint32_t from, uint32_t to, struct fq_buf *buf)
{
	const struct fq_script *script = &at.rule->task->script;
	for (uint32_t i = from; i < to; i++) {
		i = skip_absent(plan, at, i);
		if (script->pieces[i].ref < 0) {
			fq_buf_add_text(buf, script->pieces[i].text);
		} else if (script->pieces[i].context != FQ_CONTEXT_WHEN) {
			show_ref(plan, at, &script->pieces[i], buf);
		}
	}
}

/* `is_strict`: with what keeps `setup` from the -u of the rest. */
static void show_script(struct fq_plan *plan, struct fq_job_at at, bool is_strict, struct fq_buf *buf)
{
	const struct fq_script *script = &at.rule->task->script;
	bool tells = is_strict && script->has_setup;
	fq_buf_puts(buf, tells ? "set +u\n" : "");
	show_pieces(plan, at, 0, script->setup_pieces, buf);
	fq_buf_puts(buf, tells ? "set -u\n" : "");
	show_pieces(plan, at, script->setup_pieces, script->piece_count, buf);
}

void fq_plan_show_parts(struct fq_plan *plan, uint32_t job, struct fq_buf *setup, struct fq_buf *rest)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	const struct fq_script *script = &at.rule->task->script;
	if (at.rule->task->builtin) {
		show_builtin(plan, job, rest);
		return;
	}
	show_pieces(plan, at, 0, script->setup_pieces, setup);
	show_pieces(plan, at, script->setup_pieces, script->piece_count, rest);
}

void fq_plan_show_script(struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	if (at.rule->task->builtin) {
		show_builtin(plan, job, buf);
	} else {
		show_script(plan, at, true, buf);
	}
}

/* Pieces of a word without {tmp}, quoted. */
static void show_part(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *part, bool is_path,
        struct fq_buf *buf)
{
	struct fq_list texts = {0};
	fq_plan_word_of(plan, at, part, is_path, &texts);
	for (const char *text = NULL; (text = fq_list_next(&texts, text));) {
		fq_buf_puts(buf, text == texts.bytes.at ? "" : " ");
		fq_buf_add_quoted(buf, fq_text(text));
	}
	fq_list_finish(&texts);
}

/* A blank and the word, quoted; {tmp} outside of the quotes. */
static void show_word(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, bool is_path,
        struct fq_buf *buf)
{
	const struct fq_ref *refs = at.rule->task->refs;
	uint32_t first = 0;
	fq_buf_putc(buf, ' ');
	for (uint32_t i = 0; i <= word->count; i++) {
		bool is_end = i == word->count;
		if (!is_end && (word->pieces[i].ref < 0 || refs[word->pieces[i].ref].kind != FQ_REF_TMP)) {
			continue;
		}
		struct fq_word part = *word;
		part.pieces += first;
		part.count = i - first;
		if (part.count || word->count == 0) {
			show_part(plan, at, &part, is_path && first == 0, buf);
		}
		fq_buf_puts(buf, is_end ? "" : "\"$TMPDIR\"");
		first = i + 1;
	}
}

void fq_plan_show_words(
        struct fq_plan *plan, uint32_t job, const struct fq_words *words, bool are_paths, struct fq_buf *buf)
{
	for (uint32_t i = 0; i < words->count; i++) {
		show_word(plan, fq_plan_at(plan, job), &words->words[i], are_paths, buf);
	}
}

/* In quotes of one kind, over several lines as it is. */
static void add_single_quoted(struct fq_buf *buf, struct fq_text text)
{
	fq_buf_putc(buf, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\'') {
			fq_buf_puts(buf, "'\\''");
		} else {
			fq_buf_putc(buf, text.at[i]);
		}
	}
	fq_buf_putc(buf, '\'');
}

/* A command of its own: behind `env` and `wrap` no syntax of the shell can stand. */
static void show_started(struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	const struct fq_task *task = fq_plan_rule(plan, job)->task;
	struct fq_buf script = {0}, words = {0};
	bool needs_shell = !task->builtin && (!task->script.is_direct || task->wrap.count);
	if (task->env.count) {
		fq_buf_puts(&words, " env");
	}
	fq_plan_show_words(plan, job, &task->env, false, &words);
	fq_plan_show_words(plan, job, &task->wrap, false, &words);
	if (words.len) {
		fq_buf_addf(buf, "%s ", words.at + 1);
	}
	fq_plan_show_script(plan, job, &script);
	struct fq_text text = fq_text_trim((struct fq_text){script.at, script.len});
	if (needs_shell) {
		fq_buf_puts(buf, task->shell == FQ_SHELL_SH ? "sh -eu -c " : "bash -euo pipefail -c ");
		add_single_quoted(buf, text);
	} else {
		fq_buf_add_text(buf, text);
	}
	fq_buf_finish(&script);
	fq_buf_finish(&words);
}

void fq_plan_show_command(struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	const struct fq_task *task = at.rule->task;
	if (task->cwd.count) {
		struct fq_buf folder = {0};
		show_word(plan, at, &task->cwd.words[0], true, &folder);
		fq_buf_addf(buf, "(mkdir -p%s && cd%s && ", folder.at, folder.at);
		fq_buf_finish(&folder);
	}
	if (task->env.count || task->wrap.count || task->cwd.count) {
		show_started(plan, job, buf);
	} else if (task->builtin) {
		show_builtin(plan, job, buf);
	} else {
		show_script(plan, at, false, buf);
	}
	fq_buf_puts(buf, task->cwd.count ? ")" : "");
}
