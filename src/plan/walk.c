/* The one walk over what a job depends on. It writes items; a success is
 * recorded with them; fresh means that the walk writes the same text again, and
 * the reasons why not are read off the two texts. So the decision and its
 * explanation cannot disagree. */
#include "internal.h"

#include <string.h>

/* --- the walk ------------------------------------------------------------------------ */

static void add_stamp(
        struct fq_plan *plan, struct fq_buf *items, char kind, const char *path, struct fq_stamp stamp)
{
	struct fq_buf *value = &plan->scratch[1];
	value->len = 0;
	if (stamp.size_bytes < 0) {
		fq_buf_putc(value, '-');
	} else {
		fq_buf_add_number(value, stamp.size_bytes);
		fq_buf_putc(value, ' ');
		fq_buf_add_number(value, stamp.mtime_ns);
	}
	fq_items_add(items, kind, fq_text(path), (struct fq_text){value->at, value->len});
}

/* One job: that it is one. Several: how many, and a hash of which. */
static void add_jobs(struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job, struct fq_buf *items)
{
	struct fq_span before = fq_plan_before(plan, arrow, job);
	const struct fq_rule *rule = &plan->rules[arrow->from];
	struct fq_buf *name = &plan->scratch[0], *value = &plan->scratch[1];
	value->len = 0;
	fq_buf_add_number(value, before.count);
	if (rule->task->per < fq_plan_rule(plan, job)->task->per) {
		uint64_t hash = 0;
		for (uint32_t i = 0; i < before.count; i++) {
			name->len = 0;
			fq_plan_add_unit(plan, before.first + i, name);
			hash = fq_hash_next(hash, name->at, name->len);
		}
		fq_buf_addf(value, " %016llx", (unsigned long long)hash);
	}
	fq_items_add(items, ITEM_JOBS, fq_text(rule->task->name), (struct fq_text){value->at, value->len});
}

void fq_plan_add_items(struct fq_plan *plan, uint32_t job, struct fq_buf *items)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	fq_items_add(items, ITEM_RECIPE, fq_text(""), (struct fq_text){at.rule->digest, FQ_DIGEST_LEN});
	struct fq_list inputs = {.bytes = plan->scratch[2]};
	inputs.bytes.len = 0;
	fq_plan_inputs(plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		add_stamp(plan, items, ITEM_INPUT, path, fq_plan_stamp(plan, path, strlen(path)));
	}
	plan->scratch[2] = inputs.bytes;
	for (uint32_t i = 0; i < at.rule->in_count; i++) {
		add_jobs(plan, &plan->arrows[at.rule->in[i]], job, items);
	}
}

bool fq_plan_add_output_items(
        struct fq_plan *plan, uint32_t job, struct fq_buf *items, struct fq_buf *ret_missing)
{
	const struct fq_task *task = fq_plan_rule(plan, job)->task;
	struct fq_list outputs = {.bytes = plan->scratch[2]};
	outputs.bytes.len = 0;
	fq_plan_outputs(plan, job, &outputs);
	bool complete = true;
	uint32_t i = 0;
	for (const char *path = NULL; (path = fq_list_next(&outputs, path)); i++) {
		struct fq_stamp stamp = fq_plan_stamp(plan, path, strlen(path));
		bool is_optional = task->outputs.count == outputs.count && task->outputs.words[i].is_optional;
		if (stamp.size_bytes < 0 && !is_optional && complete) {
			complete = false;
			if (ret_missing) {
				fq_buf_puts(ret_missing, path);
			}
		}
		add_stamp(plan, items, ITEM_OUTPUT, path, stamp);
	}
	plan->scratch[2] = outputs.bytes;
	return complete;
}

/* --- jobs before it that ran since ------------------------------------------------------- */

static void tell_ran(struct fq_plan *plan, uint32_t job, uint32_t seq, struct fq_buf *why)
{
	fq_plan_add_name(plan, job, why);
	fq_buf_puts(why, seq == FQ_SEQ_WILL_RUN ? " will have run before it\n" : " ran since\n");
}

/* Counts the jobs before it that are younger than `seq`; tells the first few. */
static size_t count_younger(
        struct fq_plan *plan, uint32_t job, uint32_t seq, const uint32_t *seqs, struct fq_buf *why)
{
	enum { TOLD = 3 };
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	size_t younger = 0;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_span before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = before.first; j < before.first + before.count; j++) {
			if (seqs[j] > seq && younger++ < TOLD && why) {
				tell_ran(plan, j, seqs[j], why);
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
		fq_buf_puts(why, "it failed: ");
		fq_buf_add_unescaped(why, record->cause);
		fq_buf_putc(why, '\n');
	} else {
		fq_buf_puts(why, "it never ran\n");
	}
}

bool fq_plan_is_fresh(struct fq_plan *plan, uint32_t job, struct fq_journal *journal, const uint32_t *seqs,
        uint32_t *ret_seq, struct fq_buf *why)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	struct fq_buf *unit = &plan->scratch[0];
	unit->len = 0;
	fq_plan_add_unit(plan, job, unit);
	struct fq_record record =
	        fq_journal_find(journal, fq_text(rule->task->name), (struct fq_text){unit->at, unit->len});
	*ret_seq = 0;
	if (record.verdict != FQ_VERDICT_DONE) {
		tell_no_success(&record, why);
		return false;
	}
	size_t younger = count_younger(plan, job, record.seq, seqs, why);
	if (younger && !why) {
		return false;
	}
	struct fq_buf *items = &plan->scratch[3];
	items->len = 0;
	fq_plan_add_items(plan, job, items);
	bool complete = fq_plan_add_output_items(plan, job, items, NULL);
	struct fq_text now = {items->at, items->len};
	bool same = complete && fq_text_equal(record.items, now);
	if (!same && why) {
		fq_plan_tell_differences(rule, journal, record.items, now, why);
	}
	*ret_seq = same && !younger ? record.seq : 0;
	return same && !younger;
}
