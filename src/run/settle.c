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

/* READY: does its last success hold? */
static void check(struct fq_run *run, uint32_t job)
{
	fq_run_move(run, job, FQ_STATE_READY, NULL);
	run->why.len = 0;
	struct fq_buf *why = run->options.explain ? &run->why : NULL;
	if (run->options.always && why) {
		fq_buf_puts(why, "all jobs were asked for\n");
	}
	if (!run->options.always &&
	        fq_plan_is_fresh(run->plan, job, run->journal, run->seqs, &run->seqs[job], why)) {
		fq_run_move(run, job, FQ_STATE_FRESH, NULL);
		return;
	}
	fq_run_move(run, job, FQ_STATE_QUEUED, NULL);
	fq_run_queue_push(run->queue, job);
}

/* --- settling ----------------------------------------------------------------------------- */

/* Jobs to look at now, because all before them is settled: a stack, so that a
 * sample's jobs are checked together while its stamps are at hand. */
struct stack {
	uint32_t *jobs;
	size_t count, cap;
};

static void let_go(struct fq_run *run, struct stack *stack, uint32_t job, bool is_bad)
{
	run->blocked[job] |= is_bad;
	if (--run->waits[job] == 0 && run->states[job] == FQ_STATE_WANTED) {
		stack->jobs = fq_grow(stack->jobs, &stack->cap, stack->count + 1, sizeof(*stack->jobs));
		stack->jobs[stack->count++] = job;
	}
}

static bool is_bad(const struct fq_run *run, uint32_t job)
{
	return run->states[job] != FQ_STATE_DONE && run->states[job] != FQ_STATE_FRESH;
}

static void let_go_after(struct fq_run *run, struct stack *stack, uint32_t job)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	bool bad = is_bad(run, job);
	for (uint32_t i = 0; i < rule->out_count; i++) {
		struct fq_jobs after = fq_plan_after(plan, &plan->arrows[rule->out[i]], job);
		for (uint32_t j = 0; j < after.count; j++) {
			let_go(run, stack, fq_jobs_at(&after, j), bad);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_after(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		let_go(run, stack, side[i].to, bad);
	}
}

/* Looks at a job that waits for nothing; true when that settled it. */
static bool look(struct fq_run *run, uint32_t job)
{
	if (run->starts_no_more) {
		fq_run_move(run, job, FQ_STATE_CANCELLED, NULL);
	} else if (run->blocked[job]) {
		fq_run_move(run, job, FQ_STATE_BLOCKED, NULL);
	} else {
		check(run, job);
	}
	return run->states[job] != FQ_STATE_QUEUED;
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
			fq_run_signals_wait(
			        NULL, 0, 0); /* looking at files may take minutes on a slow disk */
			fq_run_listen(run);
		}
		if (run->states[job] == FQ_STATE_WANTED && run->waits[job] == 0 && look(run, job)) {
			let_go_after(run, &stack, job);
			empty(run, &stack);
		}
	}
	fq_release(stack.jobs);
	fq_plan_forget_stamps(run->plan);
}
