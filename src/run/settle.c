#include "internal.h"

/* --- what a job waits for ------------------------------------------------------------- */

static uint32_t count_before(const struct fq_run *run, uint32_t job)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	const struct fq_side_arrow *side;
	uint32_t count = (uint32_t)fq_plan_side_before(plan, job, &side);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		count += fq_plan_before(plan, &plan->arrows[rule->in[i]], job).count;
	}
	return count;
}

/* --- checking --------------------------------------------------------------------------- */

static void queue(struct fq_run *run, uint32_t job)
{
	fq_run_move(run, job, FQ_STATE_QUEUED, NULL);
	fq_run_queue_push(run->queue, job);
}

/* It holds by the content of files whose stamps say nothing, or another thing: recorded as they
 * are now, so that they need not be read again. */
static void record_anew(struct fq_run *run, uint32_t job)
{
	struct fq_error err = {0};
	struct fq_buf items = {0};
	if (run->options.dry_run || run->starts_no_more || run->journal->options.mode != FQ_JOURNAL_WRITE) {
		return;
	}
	struct fq_record record = fq_run_find_record(run, job);
	fq_plan_restamp(run->plan, job, record.items, &items);
	record.items = (struct fq_text){items.at, items.len};
	record.how = FQ_HOW_KEPT;
	if (!fq_run_record_done(run, job, &record, &err)) {
		fq_run_fault(run, &err);
	}
	fq_buf_finish(&items);
}

/* Temporary outputs were being made again for another job when the run was cut off: as before
 * that, they are gone, and nothing else has changed. */
static bool was_spent(struct fq_run *run, uint32_t job, struct fq_fresh *ret)
{
	if (!fq_plan_readers(run->plan, job)) {
		return false;
	}
	struct fq_record record = fq_run_find_record(run, job);
	bool is_cut_off = record.verdict == FQ_VERDICT_BEGUN ||
	                  (record.verdict == FQ_VERDICT_FAILED && fq_cause_is_cut_off(record.cause));
	if (is_cut_off) {
		record = fq_run_find_last_success(run, job);
	}
	return is_cut_off && fq_plan_was_spent(run->plan, job, &record, run->seqs, ret);
}

/* READY: does its last success hold? */
static void check_fresh(struct fq_run *run, uint32_t job)
{
	run->why.len = 0;
	struct fq_buf *why = run->options.explain ? &run->why : NULL;
	bool is_anew = run->options.anew && run->options.anew[job];
	if (why && (run->options.always || is_anew)) {
		fq_buf_puts(why, is_anew ? "it was asked for\n" : "all jobs were asked for\n");
	}
	struct fq_fresh fresh;
	if (!run->options.always && !is_anew &&
	        fq_plan_is_fresh(run->plan, job, run->journal, run->seqs, &fresh, why)) {
		run->seqs[job] = fresh.since;
		if (!run->options.dry_run) {
			fq_run_protect(run, job);
		}
		if (fresh.is_restamped) {
			record_anew(run, job);
		}
		fq_run_temp_note(run, job, fresh.is_spent);
		fq_run_move(run, job, FQ_STATE_FRESH, NULL);
	} else if (!run->options.always && !is_anew && was_spent(run, job, &fresh)) {
		run->why.len = 0;
		run->seqs[job] = fresh.since;
		fq_run_temp_note(run, job, true);
		fq_run_move(run, job, FQ_STATE_FRESH, NULL);
	} else if (!fq_run_temp_holds(run, job)) {
		queue(run, job);
	}
}

/* In a dry run a value that is not reported yet leaves the question open: it may run. */
static void check(struct fq_run *run, uint32_t job)
{
	struct fq_error err = {0};
	fq_run_move(run, job, FQ_STATE_READY, NULL);
	enum fq_truth truth = fq_plan_when(run->plan, job, &err);
	if (truth == FQ_FALSE) {
		fq_run_move(run, job, FQ_STATE_OFF, NULL);
	} else if (truth == FQ_UNKNOWN && !run->options.dry_run) {
		queue(run, job);
		fq_run_fail_with(run, job, &err, false);
	} else {
		check_fresh(run, job);
	}
	fq_error_finish(&err);
}

/* --- settling ----------------------------------------------------------------------------- */

/* Jobs to look at now, because all before them is settled: a stack, so that a
 * sample's jobs are checked together while its stamps are at hand. */
struct stack {
	uint32_t *jobs;
	size_t count, cap;
};

static void let_go(struct fq_run *run, struct stack *stack, uint32_t job, uint8_t mark)
{
	run->marks[job] |= mark;
	if (--run->waits[job] == 0 && run->states[job] == FQ_STATE_WANTED) {
		stack->jobs = fq_grow(stack->jobs, &stack->cap, stack->count + 1, sizeof(*stack->jobs));
		stack->jobs[stack->count++] = job;
	}
}

static bool is_good(const struct fq_run *run, uint32_t job)
{
	return run->states[job] == FQ_STATE_DONE || run->states[job] == FQ_STATE_FRESH;
}

uint8_t fq_run_mark_of(const struct fq_run *run, uint32_t job, bool gathers, bool may_miss)
{
	if (is_good(run, job)) {
		return 0;
	}
	if (run->states[job] == FQ_STATE_OFF) {
		return gathers ? MARK_MISSED : MARK_LEFT_OUT;
	}
	return gathers && may_miss ? MARK_MISSED : MARK_BLOCKED;
}

/* Those behind a revived job were let go before, but for some that wait for it once more. */
static void let_go_again(struct fq_run *run, struct stack *stack, uint32_t job)
{
	struct fq_waiting waiting;
	while (fq_run_temp_next_waiting(run, job, &waiting)) {
		let_go(run, stack, waiting.job, fq_run_mark_of(run, job, waiting.gathers, waiting.may_miss));
	}
}

static void let_go_after(struct fq_run *run, struct stack *stack, uint32_t job)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	run->absent[job] = !is_good(run, job);
	if (run->temp) {
		fq_run_temp_settle(run, job);
	}
	if (fq_run_temp_is_revived(run, job)) {
		let_go_again(run, stack, job);
		return;
	}
	for (uint32_t i = 0; i < rule->out_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->out[i]];
		const struct fq_task *to = plan->rules[arrow->to].task;
		struct fq_jobs after = fq_plan_after(plan, arrow, job);
		uint8_t mark = fq_run_mark_of(run, job, fq_plan_is_gathering(plan, arrow), to->may_miss);
		for (uint32_t j = 0; j < after.count; j++) {
			let_go(run, stack, fq_jobs_at(&after, j), mark);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_after(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		let_go(run, stack, side[i].to, fq_run_mark_of(run, job, false, false));
	}
}

/* A job that gathers runs on what is left; where nothing is left of an arrow, there is
 * nothing to run on, and it goes the way of those that it waited for. */
static uint8_t mark_of_empty(const struct fq_run *run, uint32_t job)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	uint8_t mark = 0;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		struct fq_jobs before = fq_plan_before(plan, arrow, job);
		bool all_off = true, all_gone = before.count > 0 && fq_plan_is_gathering(plan, arrow);
		for (uint32_t j = 0; j < before.count && all_gone; j++) {
			uint32_t other = fq_jobs_at(&before, j);
			all_gone = run->absent[other];
			all_off &= run->states[other] == FQ_STATE_OFF;
		}
		if (all_gone) {
			mark |= all_off ? MARK_LEFT_OUT : MARK_BLOCKED;
		}
	}
	return mark;
}

/* Looks at a job that waits for nothing; true when that settled it. */
static bool look(struct fq_run *run, uint32_t job)
{
	uint8_t mark = run->marks[job];
	if (mark == MARK_MISSED) {
		mark |= mark_of_empty(run, job);
	}
	if (run->starts_no_more) {
		fq_run_move(run, job, FQ_STATE_CANCELLED, NULL);
	} else if (mark & MARK_BLOCKED) {
		fq_run_move(run, job, FQ_STATE_BLOCKED, NULL);
	} else if (mark & MARK_LEFT_OUT) {
		fq_run_move(run, job, FQ_STATE_OFF, NULL);
	} else if (!fq_run_temp_go_on(run, job)) {
		check(run, job);
	}
	uint8_t state = run->states[job];
	if (state == FQ_STATE_WANTED && run->waits[job] == 0) {
		return look(run, job); /* with another mark */
	}
	/* One that failed has let the others go already. */
	return state != FQ_STATE_QUEUED && state != FQ_STATE_FAILED && state != FQ_STATE_WANTED;
}

static void empty(struct fq_run *run, struct stack *stack)
{
	while (stack->count) {
		uint32_t job = stack->jobs[--stack->count];
		if (look(run, job)) {
			let_go_after(run, stack, job);
		}
	}
}

void fq_run_settle(struct fq_run *run, uint32_t job)
{
	struct stack stack = {0};
	let_go_after(run, &stack, job);
	empty(run, &stack);
	fq_release(stack.jobs);
}

void fq_run_begin_jobs(struct fq_run *run)
{
	enum { JOBS_A_PAUSE = 256 };
	struct stack stack = {0};
	run->counts[FQ_STATE_UNWANTED] = run->plan->job_count;
	for (uint32_t job = 0; job < run->plan->job_count; job++) {
		if (!run->options.wanted || run->options.wanted[job]) {
			run->waits[job] = count_before(run, job);
			fq_run_move(run, job, FQ_STATE_WANTED, NULL);
		}
	}
	for (uint32_t job = 0; job < run->plan->job_count; job++) {
		if (job % JOBS_A_PAUSE == 0) {
			fq_run_is_stopped(run); /* looking at files may take minutes on a slow disk */
		}
		if (run->states[job] == FQ_STATE_WANTED && run->waits[job] == 0 && look(run, job)) {
			let_go_after(run, &stack, job);
			empty(run, &stack);
		}
	}
	fq_release(stack.jobs);
	fq_plan_forget_stamps(run->plan);
}
