/* A job's command as a person would type it. */
#include "internal.h"

#include <string.h>

/* What means the same in "…" and in a here-document, and nothing to a terminal. */
static void show_double_quoted(struct fq_buf *buf, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || c == '"') {
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

void fq_plan_front(struct fq_plan *plan, uint32_t job, struct fq_list *ret_env, struct fq_list *ret_wrap)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	const struct fq_task *task = at.rule->task;
	for (uint32_t i = 0; i < task->env.count; i++) {
		fq_plan_word_of(plan, at, &task->env.words[i], false, ret_env);
	}
	for (uint32_t i = 0; i < task->wrap.count; i++) {
		fq_plan_word_of(plan, at, &task->wrap.words[i], false, ret_wrap);
	}
}

void fq_plan_cwd(struct fq_plan *plan, uint32_t job, struct fq_list *ret)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	if (at.rule->task->cwd.count) {
		fq_plan_word(plan, at, &at.rule->task->cwd.words[0], ret);
	}
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

void fq_plan_show_command(struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	const struct fq_script *script = &at.rule->task->script;
	if (at.rule->task->builtin) {
		show_builtin(plan, job, buf);
		return;
	}
	for (uint32_t i = 0; i < script->piece_count; i++) {
		i = skip_absent(plan, at, i);
		if (script->pieces[i].ref < 0) {
			fq_buf_add_text(buf, script->pieces[i].text);
		} else if (script->pieces[i].context != FQ_CONTEXT_WHEN) {
			show_ref(plan, at, &script->pieces[i], buf);
		}
	}
}
