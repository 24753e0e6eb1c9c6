#include "internal.h"

#include <string.h>

/* --- lists ------------------------------------------------------------------------ */

void fq_list_add(struct fq_list *list, struct fq_text text)
{
	fq_buf_add_text(&list->bytes, text);
	fq_buf_putc(&list->bytes, '\0');
	list->count++;
}

const char *fq_list_next(const struct fq_list *list, const char *text)
{
	const char *next = text ? text + strlen(text) + 1 : list->bytes.at;
	return next && next < list->bytes.at + list->bytes.len ? next : NULL;
}

void fq_list_finish(struct fq_list *list)
{
	fq_buf_finish(&list->bytes);
	list->count = 0;
}

/* --- values ------------------------------------------------------------------------------ */

static void add_path(
        struct fq_list *list, const struct fq_task *task, struct fq_text path, const struct fq_ref *ref)
{
	struct fq_text text = fq_task_path_part(task, path, (enum fq_ref_part)ref->part);
	/* A name without its folder may begin as an option does. */
	if (text.len && text.at[0] == '-') {
		fq_buf_puts(&list->bytes, "./");
	}
	fq_list_add(list, text);
}

/* The unit's files: all, or the first or second of each lane. */
static void add_reads(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, uint32_t read,
        struct fq_list *ret)
{
	const struct fq_task *task = at.rule->task;
	struct fq_units files = fq_units_overlapping(plan->manifest, task->per, at.unit, FQ_PER_FILE);
	for (uint32_t i = 0; i < files.count; i++) {
		uint32_t file = fq_units_at(&files, i);
		if (read == 0 || fq_plan_read_number(plan, file) == read) {
			add_path(ret, task, fq_text(plan->manifest->files[file].path), ref);
		}
	}
}

static void add_words(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref,
        const struct fq_words *words, uint32_t count, struct fq_list *ret)
{
	struct fq_list paths = {0};
	for (uint32_t i = 0; i < count; i++) {
		if (ref->kind != FQ_REF_INPUT || !fq_plan_is_missing(plan, at, &words->words[i])) {
			fq_plan_word(plan, at, &words->words[i], ref->part == FQ_PART_WHOLE ? ret : &paths);
		}
	}
	for (const char *path = NULL; (path = fq_list_next(&paths, path));) {
		add_path(ret, at.rule->task, fq_text(path), ref);
	}
	fq_list_finish(&paths);
}

static void add_task_outputs(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_list *ret)
{
	const struct fq_rule *maker = &plan->rules[ref->index];
	struct fq_jobs jobs = fq_plan_jobs_of(plan, at.rule, at.rule->first_job + at.unit, maker);
	for (uint32_t i = 0; i < jobs.count; i++) {
		uint32_t job = fq_jobs_at(&jobs, i);
		if (plan->is_absent && plan->is_absent[job]) {
			continue;
		}
		for (uint32_t j = 0; j < maker->task->outputs.count; j++) {
			fq_plan_word(plan, (struct fq_job_at){maker, job - maker->first_job},
			        &maker->task->outputs.words[j], ret);
		}
	}
}

/* What the jobs before this one reported; nothing for one that said nothing. */
static void add_reported(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_list *ret)
{
	const struct fq_value_name *name = &plan->manifest->values[ref->index];
	const struct fq_rule *maker = &plan->rules[name->task];
	struct fq_jobs jobs = fq_plan_jobs_of(plan, at.rule, at.rule->first_job + at.unit, maker);
	for (uint32_t i = 0; i < jobs.count; i++) {
		uint32_t job = fq_jobs_at(&jobs, i);
		if (!(plan->is_absent && plan->is_absent[job])) {
			fq_plan_reported(plan, job, name->name, ret);
		}
	}
}

/* The cell that all rows of the unit agree on. */
static struct fq_text cell_of(const struct fq_plan *plan, struct fq_job_at at, uint32_t column)
{
	struct fq_units lanes =
	        fq_units_overlapping(plan->manifest, at.rule->task->per, at.unit, FQ_PER_LANE);
	return lanes.count ? fq_manifest_cell(plan->manifest, fq_units_at(&lanes, 0), column)
	                   : (struct fq_text){"", 0};
}

/* Words that are no paths: one that begins with `-` stays as it is. */
static void add_options(struct fq_plan *plan, struct fq_job_at at, struct fq_list *ret)
{
	const struct fq_words *words = &at.rule->task->options;
	for (uint32_t i = 0; i < words->count; i++) {
		fq_plan_word_of(plan, at, &words->words[i], false, ret);
	}
}

static void add_number(struct fq_list *list, uint32_t number)
{
	fq_buf_add_number(&list->bytes, number);
	fq_buf_putc(&list->bytes, '\0');
	list->count++;
}

static void add_variable(struct fq_plan *plan, const struct fq_ref *ref, struct fq_list *ret)
{
	const struct fq_variable *variable = &plan->manifest->variables[ref->index];
	for (uint32_t i = 0; i < variable->word_count; i++) {
		fq_list_add(ret, variable->words[i]);
	}
}

void fq_plan_values(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_list *ret)
{
	const struct fq_task *task = at.rule->task;
	size_t start = ret->bytes.len;
	switch ((enum fq_ref_kind)ref->kind) {
	case FQ_REF_SAMPLE:
		fq_list_add(ret, fq_plan_sample_name(plan, at));
		break;
	case FQ_REF_LANE:
		add_number(ret, fq_plan_lane_number(plan, at));
		break;
	case FQ_REF_READ:
		add_number(ret, fq_plan_read_number(plan, at.unit));
		break;
	case FQ_REF_READS:
	case FQ_REF_FILE:
		add_reads(plan, at, ref, 0, ret);
		break;
	case FQ_REF_R1:
		add_reads(plan, at, ref, 1, ret);
		break;
	case FQ_REF_R2:
		add_reads(plan, at, ref, 2, ret);
		break;
	case FQ_REF_DIR:
		fq_plan_word(plan, at, &task->dir.words[0], ret);
		fq_plan_put_aside(plan, at, ref, start, ret);
		break;
	case FQ_REF_INPUT:
		add_words(plan, at, ref, &task->inputs, task->own_input_count, ret);
		break;
	case FQ_REF_OUTPUT:
		add_words(plan, at, ref, &task->outputs, task->outputs.count, ret);
		fq_plan_put_aside(plan, at, ref, start, ret);
		break;
	case FQ_REF_THREADS:
		add_number(ret, plan->threads ? plan->threads : task->least_threads);
		break;
	case FQ_REF_VARIABLE:
		add_variable(plan, ref, ret);
		break;
	case FQ_REF_TASK_OUTPUT:
		add_task_outputs(plan, at, ref, ret);
		break;
	case FQ_REF_VALUE:
		add_reported(plan, at, ref, ret);
		break;
	case FQ_REF_COLUMN:
		fq_list_add(ret, cell_of(plan, at, ref->index));
		break;
	case FQ_REF_OPTIONS:
		add_options(plan, at, ret);
		break;
	case FQ_REF_TMP:
		if (plan->tmp) {
			fq_list_add(ret, fq_text(plan->tmp));
		}
		break; /* known to the run alone */
	}
}

void fq_plan_ref(struct fq_plan *plan, uint32_t job, const struct fq_ref *ref, struct fq_list *ret)
{
	if (ref->kind != FQ_REF_TMP) {
		fq_plan_values(plan, fq_plan_at(plan, job), ref, ret);
	}
}

/* --- words --------------------------------------------------------------------------------- */

/* Nearly all references in a path: no list is needed for them. */
static bool add_simple(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_buf *buf)
{
	if (ref->kind == FQ_REF_SAMPLE) {
		fq_buf_add_text(buf, fq_plan_sample_name(plan, at));
		return true;
	}
	if (ref->kind == FQ_REF_FILE) {
		struct fq_text path = fq_text(plan->manifest->files[at.unit].path);
		fq_buf_add_text(buf, fq_task_path_part(at.rule->task, path, (enum fq_ref_part)ref->part));
		return true;
	}
	return false;
}

static void add_joined(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_buf *buf)
{
	struct fq_list values = {0};
	fq_plan_values(plan, at, ref, &values);
	if (ref->kind == FQ_REF_VALUE && values.count == 0) {
		fq_buf_puts(buf, ref->text); /* for people: it is not reported yet */
	}
	for (const char *text = NULL; (text = fq_list_next(&values, text));) {
		if (text != values.bytes.at) {
			fq_buf_putc(buf, ',');
		}
		fq_buf_puts(buf, text);
	}
	fq_list_finish(&values);
}

void fq_plan_word(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, struct fq_list *ret)
{
	const char *aside = plan->aside;
	plan->aside = NULL; /* a template of paths is no command */
	fq_plan_word_of(plan, at, word, true, ret);
	plan->aside = aside;
}

void fq_plan_word_of(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, bool is_path,
        struct fq_list *ret)
{
	const struct fq_ref *refs = at.rule->task->refs;
	if (word->count == 1 && word->pieces[0].ref >= 0 && refs[word->pieces[0].ref].is_list) {
		fq_plan_values(plan, at, &refs[word->pieces[0].ref], ret);
		return;
	}
	size_t start = ret->bytes.len;
	for (uint32_t i = 0; i < word->count; i++) {
		const struct fq_piece *piece = &word->pieces[i];
		if (piece->ref < 0) {
			fq_buf_add_text(&ret->bytes, piece->text);
		} else if (!add_simple(plan, at, &refs[piece->ref], &ret->bytes)) {
			add_joined(plan, at, &refs[piece->ref], &ret->bytes);
		}
		if (is_path && i == 0 && ret->bytes.len > start && ret->bytes.at[start] == '-') {
			fq_buf_puts(&ret->bytes, "  ");
			memmove(ret->bytes.at + start + 2, ret->bytes.at + start, ret->bytes.len - start - 2);
			memcpy(ret->bytes.at + start, "./", 2);
		}
	}
	fq_buf_putc(&ret->bytes, '\0');
	ret->count++;
}
