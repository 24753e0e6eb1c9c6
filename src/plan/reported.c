/* Values that jobs report. They are part of the record of a success. */
#include "internal.h"

#include <string.h>

/* Of this run, else of the one that the journal tells of. */
static struct fq_text find_items(struct fq_plan *plan, uint32_t job)
{
	struct fq_text items = {"", 0};
	if (plan->reported && plan->reported[job].at) {
		return plan->reported[job];
	}
	if (plan->journal) {
		struct fq_buf unit = {0};
		fq_buf_puts(&unit, "");
		fq_plan_add_unit(plan, job, &unit);
		const char *task = fq_plan_rule(plan, job)->task->name;
		struct fq_record record =
		        fq_journal_find(plan->journal, fq_text(task), (struct fq_text){unit.at, unit.len});
		items = record.verdict == FQ_VERDICT_DONE ? record.items : items;
		fq_buf_finish(&unit);
	}
	return items;
}

void fq_plan_reported(struct fq_plan *plan, uint32_t job, const char *name, struct fq_list *ret)
{
	struct fq_text items = find_items(plan, job);
	struct fq_buf value = {0};
	struct fq_item item;
	bool is_found = false;
	fq_buf_puts(&value, "");
	while (fq_items_next(&items, &item)) {
		/* Said twice, the last counts. */
		if (item.kind == FQ_ITEM_VALUE && fq_text_is(item.name, name)) {
			value.len = 0;
			fq_buf_add_unescaped(&value, item.value);
			is_found = true;
		}
	}
	if (is_found) {
		fq_list_add(ret, (struct fq_text){value.at, value.len});
	}
	fq_buf_finish(&value);
}
