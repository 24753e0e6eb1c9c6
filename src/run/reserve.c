/* A disk that fills up while jobs run must not cost us what they did: before one starts,
 * the journal makes sure of room for its records and for those of all that run. */
#include "internal.h"

#include <string.h>

static size_t count_tabs(const struct fq_buf *items)
{
	size_t count = 0;
	const char *at = items->at, *end = at + items->len;
	while (items->len && (at = memchr(at, '\t', (size_t)(end - at)))) {
		count++;
		at++;
	}
	return count;
}

/* Its begin, its process, its success with the stamps of its outputs and a few values. */
static size_t bytes_of(const struct fq_slot *slot)
{
	enum { STAMP_BYTES = 80, SLACK_BYTES = 4096 };
	return 2 * slot->before.len + count_tabs(&slot->before) * STAMP_BYTES + slot->items.len + SLACK_BYTES;
}

bool fq_run_reserve(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	const struct fq_rule *rule = fq_plan_rule(run->plan, slot->job);
	size_t bytes = 0;
	slot->record_bytes = bytes_of(slot);
	if (!run->recipe_is_kept[rule - run->plan->rules]) {
		bytes += rule->recipe.len;
	}
	for (uint32_t i = 0; i < run->slot_count; i++) {
		bytes += run->slots[i].job != UINT32_MAX ? run->slots[i].record_bytes : 0;
	}
	return fq_journal_reserve(run->journal, bytes, err);
}
