/* Values that jobs report. They are part of the record of a success. */
#include "internal.h"

#include <string.h>

/* `name` NULL: for any value at all. */
static bool is_asked_for(const struct fq_plan *plan, const struct fq_task *task, const struct fq_text *name)
{
	for (size_t i = 0; i < plan->manifest->value_count; i++) {
		const struct fq_value_name *value = &plan->manifest->values[i];
		if (&plan->manifest->tasks[value->task] == task &&
		        (!name || fq_text_is(*name, value->name))) {
			return true;
		}
	}
	return false;
}

void fq_plan_keep_values(struct fq_plan *plan, uint32_t job, struct fq_text items)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	struct fq_rule *rule = &plan->rules[at.rule - plan->rules];
	struct fq_buf kept = {0};
	struct fq_item item;
	if (!is_asked_for(plan, rule->task, NULL)) {
		return;
	}
	while (fq_items_next(&items, &item)) {
		if (item.kind == FQ_ITEM_VALUE && is_asked_for(plan, rule->task, &item.name)) {
			fq_buf_putc(&kept, '\t');
			fq_buf_putc(&kept, item.kind);
			fq_buf_add_text(&kept, item.name);
			fq_buf_putc(&kept, '\t');
			fq_buf_add_text(&kept, item.value);
		}
	}
	if (!rule->reported) {
		size_t size = rule->job_count * sizeof(*rule->reported);
		rule->reported = fq_arena_alloc(&plan->arena, size);
		memset(rule->reported, 0, size);
	}
	size_t skipped = kept.len > 0; /* items have tabs between them */
	rule->reported[at.unit] =
	        (struct fq_text){fq_arena_copy(&plan->arena, skipped ? kept.at + 1 : "", kept.len - skipped),
	                kept.len - skipped};
	fq_buf_finish(&kept);
}

/* What it reported in this run, else when it last succeeded. */
static struct fq_text items_of(struct fq_plan *plan, uint32_t job)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	struct fq_buf unit = {0};
	/* In a dry run: what it will report nobody knows. */
	bool is_to_come = plan->seqs && plan->seqs[job] == FQ_SEQ_WILL_RUN;
	if (at.rule->reported && at.rule->reported[at.unit].at) {
		return at.rule->reported[at.unit];
	}
	if (!plan->journal || is_to_come) {
		return (struct fq_text){0};
	}
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(plan, job, &unit);
	struct fq_record record = fq_journal_find(
	        plan->journal, fq_text(at.rule->task->name), (struct fq_text){unit.at, unit.len});
	fq_buf_finish(&unit);
	return record.verdict == FQ_VERDICT_DONE ? record.items : (struct fq_text){0};
}

void fq_plan_reported(struct fq_plan *plan, uint32_t job, const char *name, struct fq_list *ret)
{
	struct fq_text items = items_of(plan, job), last = {0};
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		if (item.kind == FQ_ITEM_VALUE && fq_text_is(item.name, name)) {
			last = item.value; /* the last of equal names counts */
		}
	}
	if (last.at) {
		struct fq_buf value = {0};
		fq_buf_add_unescaped(&value, last);
		fq_list_add(ret, (struct fq_text){value.at, value.len});
		fq_buf_finish(&value);
	}
}

bool fq_plan_find_silent(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, uint32_t *ret_job)
{
	const struct fq_value_name *name = &plan->manifest->values[ref->index];
	struct fq_jobs jobs =
	        fq_plan_jobs_of(plan, at.rule, at.rule->first_job + at.unit, &plan->rules[name->task]);
	struct fq_list values = {0};
	bool is_silent = false;
	for (uint32_t i = 0; i < jobs.count && !is_silent; i++) {
		*ret_job = fq_jobs_at(&jobs, i);
		fq_list_finish(&values);
		if (!(plan->is_absent && plan->is_absent[*ret_job])) {
			fq_plan_reported(plan, *ret_job, name->name, &values);
			is_silent = values.count == 0;
		}
	}
	fq_list_finish(&values);
	return is_silent;
}
