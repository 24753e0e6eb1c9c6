/* Values that must be fit for their place, before a job is started. */
#include "command.h"

#include <string.h>

/* --- values that must be fit for their place ------------------------------------------- */

static bool refuse(struct builder *b, const struct fq_ref *ref, const char *value, char bad)
{
	struct fq_where where = fq_manifest_where(b->plan->manifest, ref->line, ref->column);
	struct fq_buf quoted = {0}, byte = {0};
	fq_buf_add_quoted(&quoted, fq_text(value));
	fq_buf_add_quoted(&byte, (struct fq_text){&bad, 1});
	if (ref->demand & FQ_DEMAND_INTEGER) {
		fq_fail(b->err, where, "pass it to a program as an argument",
		        "the value %s of %s is no whole number of up to 18 digits without zeros in front, "
		        "and would "
		        "be arithmetic of the shell",
		        quoted.at, ref->text);
	} else {
		fq_fail(b->err, where,
		        ref->demand & FQ_DEMAND_NO_BLANK
		                ? "use it as a plain argument of a command, outside of eval, ssh, sh -c and "
		                  "their like"
		                : "pass it as an argument, outside of the quotes: awk -v s={sample} '...'",
		        "the value %s of %s holds %s, which would become part of the program that it stands "
		        "in",
		        quoted.at, ref->text, bad == ' ' ? "a blank" : byte.at);
	}
	fq_buf_finish(&quoted);
	fq_buf_finish(&byte);
	return false;
}

bool fq_command_refuse_empty(struct builder *b, const struct fq_ref *ref)
{
	const struct fq_manifest *manifest = b->plan->manifest;
	struct fq_where where = fq_manifest_where(manifest, ref->line, ref->column);
	const char *unit = fq_per_name(manifest, b->at.rule->task->per);
	struct fq_list files = {0};
	switch (ref->kind) {
	case FQ_REF_VALUE:
	case FQ_REF_TASK_OUTPUT:
		fq_fail(b->err, where, "wait for the task with `after` where there is nothing to read",
		        "%s is empty: no job of that task belongs to this %s", ref->text, unit);
		break;
	case FQ_REF_COLUMN:
		fq_fail(b->err, fq_plan_where(b->plan, b->job),
		        "fill in the cell, or leave the row out with `when`",
		        "%s is empty, and stands in a path", ref->text);
		break;
	default:
		fq_plan_values(b->plan, b->at, &(struct fq_ref){.kind = FQ_REF_READS}, &files);
		fq_fail(b->err, where,
		        "write {?r2 -I {r2}} for words that are there only with it, or {reads}",
		        "%s is empty: this %s has %s", ref->text, unit, files.count ? "one file" : "no file");
		fq_list_finish(&files);
		break;
	}
	return false;
}

bool fq_command_refuse_silent(struct builder *b, const struct fq_ref *ref, uint32_t job)
{
	struct fq_buf name = {0};
	fq_plan_add_name(b->plan, job, &name);
	fq_fail(b->err, fq_manifest_where(b->plan->manifest, ref->line, ref->column),
	        "the task writes NAME=VALUE lines to the file that $FQRUN_VALUES names",
	        "%s was not reported by %s", ref->text, name.at);
	fq_buf_finish(&name);
	return false;
}

bool fq_command_check_values(struct builder *b, const struct fq_ref *ref)
{
	char bad;
	for (const char *text = NULL; ref->demand && (text = fq_list_next(&b->values, text));) {
		if (!fq_demand_holds(ref->demand, fq_text(text), &bad)) {
			return refuse(b, ref, text, bad);
		}
	}
	return true;
}

/* --- paths that make no name ---------------------------------------------------------------- */

static bool is_needed_in_path(const struct fq_ref *ref)
{
	return ref->kind == FQ_REF_R1 || ref->kind == FQ_REF_R2 || ref->kind == FQ_REF_COLUMN ||
	       (ref->kind == FQ_REF_TASK_OUTPUT && !ref->is_list);
}

static bool check_words(struct builder *b, const struct fq_words *words)
{
	const struct fq_ref *refs = b->at.rule->task->refs;
	for (uint32_t i = 0; i < words->count; i++) {
		for (uint32_t j = 0; j < words->words[i].count; j++) {
			int32_t number = words->words[i].pieces[j].ref;
			if (number < 0 || !is_needed_in_path(&refs[number])) {
				continue;
			}
			fq_list_finish(&b->values);
			fq_plan_values(b->plan, b->at, &refs[number], &b->values);
			if (b->values.bytes.len <= 1) { /* nothing, or one empty text */
				return fq_command_refuse_empty(b, &refs[number]);
			}
		}
	}
	return true;
}

static bool has_long_name(const char *path)
{
	enum { LONGEST = 255 };
	for (size_t len; *path; path += len + (path[len] != '\0')) {
		len = strcspn(path, "/");
		if (len > LONGEST) {
			return true;
		}
	}
	return false;
}

bool fq_command_check_paths(struct builder *b)
{
	const struct fq_task *task = b->at.rule->task;
	if (!check_words(b, &task->outputs) || !check_words(b, &task->inputs)) {
		return false;
	}
	fq_list_finish(&b->values);
	fq_plan_outputs(b->plan, b->job, &b->values);
	for (const char *path = NULL; (path = fq_list_next(&b->values, path));) {
		if (has_long_name(path)) {
			return fq_fail(b->err, fq_plan_where(b->plan, b->job), "shorten the sample's name",
			        "output %s holds a name of more than 255 bytes", path);
		}
	}
	return true;
}
