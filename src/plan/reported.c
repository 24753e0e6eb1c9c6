/* Values that jobs report. They are part of the record of a success. */
#include "internal.h"

#include <string.h>

void fq_plan_reported(struct fq_plan *plan, uint32_t job, const char *name, struct fq_list *ret)
{
	struct fq_buf unit = {0}, value = {0};
	struct fq_item item;
	if (!plan->journal) {
		return;
	}
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(plan, job, &unit);
	const char *task = fq_plan_rule(plan, job)->task->name;
	struct fq_record record =
	        fq_journal_find(plan->journal, fq_text(task), (struct fq_text){unit.at, unit.len});
	while (record.verdict == FQ_VERDICT_DONE && fq_items_next(&record.items, &item)) {
		if (item.kind == FQ_ITEM_VALUE && fq_text_is(item.name, name)) {
			fq_buf_add_unescaped(&value, item.value);
			fq_list_add(ret, (struct fq_text){value.at, value.len});
			break;
		}
	}
	fq_buf_finish(&unit);
	fq_buf_finish(&value);
}
