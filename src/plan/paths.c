/* The paths of a job, from the templates of its task. */
#include "internal.h"

#include <string.h>

void fq_plan_tidy(struct fq_buf *path)
{
	const char *text = path->at;
	bool is_absolute = path->len && text[0] == '/';
	size_t kept = 0;
	for (size_t at = 0; at < path->len; at++) {
		bool is_start = kept == 0 || text[kept - 1] == '/';
		if (is_start && text[at] == '.' && at + 1 < path->len && text[at + 1] == '/') {
			at++;
		} else if (!is_start || text[at] != '/' || (kept == 0 && is_absolute)) {
			path->at[kept++] = text[at];
		}
	}
	path->len = kept;
}

bool fq_plan_is_missing(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word)
{
	struct fq_list path = {0};
	if (!word->is_optional || !plan->is_absent || plan->is_dry) {
		return false;
	}
	fq_plan_word(plan, at, word, &path);
	bool is = path.count == 1 && fq_stamp_read(path.bytes.at).size_bytes < 0;
	fq_list_finish(&path);
	return is;
}

void fq_plan_outputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	for (uint32_t i = 0; i < at.rule->task->outputs.count; i++) {
		fq_plan_word(plan, at, &at.rule->task->outputs.words[i], ret);
	}
}

bool fq_plan_may_lack(const struct fq_task *task, const struct fq_list *outputs, uint32_t i)
{
	return outputs->count == task->outputs.count && task->outputs.words[i].is_optional;
}

/* Whether the word is {TASK.output} of a task whose jobs it gathers. */
static bool is_gathered(const struct fq_plan *plan, const struct fq_task *task, const struct fq_word *word)
{
	if (word->count != 1 || word->pieces[0].ref < 0) {
		return false;
	}
	const struct fq_ref *ref = &task->refs[word->pieces[0].ref];
	return ref->kind == FQ_REF_TASK_OUTPUT &&
	       fq_plan_gathers(plan, &plan->manifest->tasks[ref->index], task);
}

void fq_plan_counted_inputs(
        struct fq_plan *plan, uint32_t job, fq_plan_counts_fn *counts, void *context, struct fq_list *ret)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	for (uint32_t i = 0; i < at.rule->task->inputs.count; i++) {
		const struct fq_word *word = &at.rule->task->inputs.words[i];
		if (is_gathered(plan, at.rule->task, word)) {
			continue;
		}
		struct fq_list was = *ret;
		fq_plan_word(plan, at, word, ret);
		if (fq_plan_is_missing(plan, at, word) &&
		        !(counts && counts(context, ret->bytes.at + was.bytes.len))) {
			ret->bytes.len = was.bytes.len;
			ret->count = was.count;
		}
	}
}

void fq_plan_present_inputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret)
{
	fq_plan_counted_inputs(plan, job, NULL, NULL, ret);
}

void fq_plan_inputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	for (uint32_t i = 0; i < at.rule->task->inputs.count; i++) {
		const struct fq_word *word = &at.rule->task->inputs.words[i];
		if (!is_gathered(plan, at.rule->task, word)) {
			fq_plan_word(plan, at, word, ret);
		}
	}
}

void fq_plan_add_dir(struct fq_plan *plan, const struct fq_rule *rule, struct fq_buf *buf)
{
	if (rule->task->dir.count == 0) {
		return;
	}
	struct fq_list dir = {0};
	fq_plan_word(plan, (struct fq_job_at){rule, 0}, &rule->task->dir.words[0], &dir);
	fq_buf_puts(buf, dir.bytes.at);
	fq_list_finish(&dir);
}

/* --- paths for a job that runs elsewhere ---------------------------------------------------- */

static bool is_path(const struct fq_ref *ref)
{
	switch (ref->kind) {
	case FQ_REF_READS:
	case FQ_REF_R1:
	case FQ_REF_R2:
	case FQ_REF_FILE:
	case FQ_REF_DIR:
	case FQ_REF_INPUT:
	case FQ_REF_OUTPUT:
	case FQ_REF_TASK_OUTPUT:
		return ref->part == FQ_PART_WHOLE;
	default:
		return false;
	}
}

/* A job with a `cwd` of its own finds our files by their whole paths. */
void fq_plan_make_absolute(
        struct fq_plan *plan, const struct fq_task *task, const struct fq_ref *ref, struct fq_list *values)
{
	if (task->cwd.count == 0 || !is_path(ref)) {
		return;
	}
	struct fq_list absolute = {0};
	struct fq_buf path = {0};
	for (const char *text = NULL; (text = fq_list_next(values, text));) {
		path.len = 0;
		if (text[0] != '/') {
			fq_buf_addf(&path, "%s/", fq_plan_here(plan));
		}
		fq_buf_puts(&path, text);
		fq_list_add(&absolute, (struct fq_text){path.at, path.len});
	}
	fq_list_finish(values);
	*values = absolute;
	fq_buf_finish(&path);
}
