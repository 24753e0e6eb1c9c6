/* What a run does for its journal: room for records to come, and what is due there. */
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

/* A disk that fills up while jobs run must not cost us what they did: before one starts,
 * there is room for its records and for those of all that run. */
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

void fq_run_record_end(struct fq_run *run, int status)
{
	const uint32_t *counts = run->counts;
	struct fq_error err = {0};
	struct fq_journal_totals totals = {counts[FQ_STATE_DONE], counts[FQ_STATE_FAILED],
	        counts[FQ_STATE_FRESH],
	        counts[FQ_STATE_OFF] + counts[FQ_STATE_BLOCKED] + counts[FQ_STATE_CANCELLED]};
	if (!fq_journal_end(run->journal, run->id, status, &totals, &err)) {
		fq_run_fault(run, &err);
	}
}

/* --- from time to time ------------------------------------------------------------- */

/* Where jobs run in a time of their own, this machine's says nothing. */
int64_t fq_run_tend_due(const struct fq_run *run)
{
	return run->options.dry_run || run->executor->impl->now_ns ? 0 : fq_journal_due_ns(run->journal);
}

void fq_run_tend(struct fq_run *run)
{
	struct fq_error err = {0};
	int64_t due_ns = fq_run_tend_due(run);
	if (due_ns && fq_clock_ns() >= due_ns && !fq_journal_tend(run->journal, &err)) {
		fq_run_fault(run, &err);
	}
}
