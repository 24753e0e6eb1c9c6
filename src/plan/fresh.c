/* Whether the success that is recorded of a job still holds. */
#include "internal.h"

/* --- jobs before it that ran since ------------------------------------------------------- */

/* Of the record that says since when: a person's word is no run. */
static bool was_accepted(struct fq_plan *plan, uint32_t job, uint32_t seq)
{
	struct fq_buf unit = {0};
	if (!plan->journal) {
		return false;
	}
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(plan, job, &unit);
	struct fq_record record = fq_journal_find(plan->journal, fq_text(fq_plan_rule(plan, job)->task->name),
	        (struct fq_text){unit.at, unit.len});
	fq_buf_finish(&unit);
	return record.verdict == FQ_VERDICT_DONE && record.how == FQ_HOW_ACCEPTED && record.since == seq;
}

static void tell_ran(struct fq_plan *plan, uint32_t job, uint32_t seq, struct fq_buf *why)
{
	fq_plan_add_name(plan, job, why);
	fq_buf_puts(why, seq == FQ_SEQ_WILL_RUN         ? " will have run before it\n"
	                 : was_accepted(plan, job, seq) ? " was accepted as it is since\n"
	                                                : " ran since\n");
}

/* Counts the jobs before it that are younger than `seq`; tells the first few. */
static size_t count_younger(
        struct fq_plan *plan, uint32_t job, uint32_t seq, const uint32_t *seqs, struct fq_buf *why)
{
	enum { TOLD = 3 };
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	size_t younger = 0;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			uint32_t other = fq_jobs_at(&before, j);
			if (seqs[other] > seq && younger++ < TOLD && why) {
				tell_ran(plan, other, seqs[other], why);
			}
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		if (seqs[side[i].from] > seq && younger++ < TOLD && why) {
			tell_ran(plan, side[i].from, seqs[side[i].from], why);
		}
	}
	if (why && younger > TOLD) {
		fq_buf_addf(why, "%zu more ran or will run before it\n", younger - TOLD);
	}
	return younger;
}

/* --- the verdict --------------------------------------------------------------------------------- */

static void tell_no_success(const struct fq_record *record, struct fq_buf *why)
{
	if (!why) {
		return;
	}
	if (record->verdict == FQ_VERDICT_BEGUN) {
		fq_buf_puts(why, "it was started and did not finish\n");
	} else if (record->verdict == FQ_VERDICT_FAILED) {
		fq_buf_puts(why, fq_cause_is_cut_off(record->cause) ? "" : "it failed: ");
		fq_buf_add_unescaped(why, record->cause);
		fq_buf_putc(why, '\n');
	} else {
		fq_buf_puts(why, record->items.len ? "it was forgotten\n" : "it never ran\n");
	}
}

bool fq_plan_is_fresh(struct fq_plan *plan, uint32_t job, struct fq_journal *journal, const uint32_t *seqs,
        struct fq_fresh *ret, struct fq_buf *why)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	struct fq_buf *unit = &plan->scratch[0];
	unit->len = 0;
	fq_plan_add_unit(plan, job, unit);
	struct fq_record record = fq_journal_find_items(
	        journal, fq_text(rule->task->name), (struct fq_text){unit->at, unit->len});
	*ret = (struct fq_fresh){0};
	if (record.verdict != FQ_VERDICT_DONE) {
		tell_no_success(&record, why);
		return false;
	}
	size_t younger = count_younger(plan, job, record.seq, seqs, why);
	if (younger && !why) {
		return false;
	}
	struct fq_buf *now = &plan->scratch[3];
	now->len = 0;
	bool same = fq_plan_compare(plan, job, record.items, ret, why ? now : NULL);
	if (!same && why) {
		fq_plan_tell_differences(
		        rule, journal, record.items, (struct fq_text){now->at, now->len}, why);
	}
	if (!same || younger) {
		*ret = (struct fq_fresh){0};
		return false;
	}
	ret->since = record.since;
	return true;
}

bool fq_plan_was_spent(struct fq_plan *plan, uint32_t job, const struct fq_record *success,
        const uint32_t *seqs, struct fq_fresh *ret)
{
	*ret = (struct fq_fresh){0};
	bool was = success->verdict == FQ_VERDICT_DONE && fq_plan_readers(plan, job) > 0 &&
	           count_younger(plan, job, success->seq, seqs, NULL) == 0 &&
	           fq_plan_compare(plan, job, success->items, ret, NULL) && ret->is_spent;
	if (!was) {
		*ret = (struct fq_fresh){0};
		return false;
	}
	ret->is_restamped = false; /* there is no record of a success to write it in */
	ret->since = success->since;
	return true;
}
