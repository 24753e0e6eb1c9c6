/* For tests of the order in which jobs run: whole runs in a time of their own, and an
 * observer that looks at each move whether more is used than there is. */
#ifndef FQRUN_TEST_SIMULATE_FIXTURE_H
#define FQRUN_TEST_SIMULATE_FIXTURE_H

#include "run_fixture.h"

enum { JOBS_MAX = 4096 };

static double seconds[JOBS_MAX], told[JOBS_MAX]; /* that each job takes, and that is expected */
static int64_t queued_ns[JOBS_MAX], started_ns[JOBS_MAX];
static uint32_t started[JOBS_MAX], started_count;
static uint64_t random_state;

/* xorshift64; 0 to 1 */
static inline double draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / (double)(1ULL << 53);
}

static inline const struct fq_task *task_of(uint32_t job)
{
	return fq_plan_rule(&plan, job)->task;
}

/* One that gets more tokens than the least takes less, as if nothing were lost. */
static inline int64_t duration_of(void *context, uint32_t slot)
{
	(void)context;
	uint32_t job = run.slots[slot].job, least = task_of(job)->least_threads;
	return (int64_t)(seconds[job] * 1e9 * least / (double)run.slots[slot].token_count);
}

static inline double expect_told(void *context, uint32_t job)
{
	(void)context;
	return told[job];
}

/* --- what is never exceeded ------------------------------------------------------------------ */

static inline void check_room(const struct fq_run *of)
{
	uint32_t tokens = 0, count = 0, in_pool[8] = {0};
	int64_t memory_bytes = 0;
	for (uint32_t i = 0; i < of->slot_count; i++) {
		const struct fq_slot *slot = &of->slots[i];
		if (slot->job == UINT32_MAX) {
			continue;
		}
		const struct fq_task *task = task_of(slot->job);
		uint32_t least = task->least_threads < options.jobs ? task->least_threads : options.jobs;
		cr_assert(slot->token_count >= least && slot->token_count <= task->most_threads);
		count++;
		tokens += (uint32_t)slot->token_count;
		memory_bytes += task->memory_bytes;
		if (task->pool != FQ_NO_POOL) {
			in_pool[task->pool]++;
		}
	}
	cr_assert(tokens <= options.jobs, "%u tokens", tokens);
	cr_assert(!options.memory_bytes || memory_bytes <= options.memory_bytes || count == 1,
	        "%lld bytes by %u jobs", (long long)memory_bytes, count);
	for (size_t i = 0; i < manifest.pool_count; i++) {
		cr_assert(in_pool[i] <= manifest.pools[i].depth);
	}
}

static inline void begin_check(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
	started_count = 0;
}

static inline void check_move(struct fq_observer *observer, const struct fq_run *of, uint32_t job,
        enum fq_state from, const struct fq_failure *failure)
{
	(void)observer;
	(void)from;
	(void)failure;
	int64_t now = of->executor->impl->now_ns(of->executor);
	if (of->states[job] == FQ_STATE_QUEUED) {
		queued_ns[job] = now;
	}
	if (of->states[job] == FQ_STATE_RUNNING) {
		started_ns[job] = now;
		started[started_count++] = job;
	}
	check_room(of);
}

static inline void end_check(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
}

static struct fq_observer checker = {.begin = begin_check, .moved = check_move, .end = end_check};

/* Runs all; how long it took, in seconds. */
static inline double simulate(void)
{
	struct fq_executor *executor = fq_exec_simulated(options.jobs, duration_of, NULL);
	options.dry_run = true;
	options.expect = expect_told;
	observers[1] = &checker;
	observer_count = 2;
	cr_assert(plan.job_count <= JOBS_MAX);
	cr_assert(go_with(executor) == 0 && started_count == plan.job_count);
	double end = (double)executor->impl->now_ns(executor) / 1e9;
	executor->impl->destroy(executor);
	return end;
}

/* --- graphs ---------------------------------------------------------------------------- */

enum spread {
	EVEN, /* half to one and a half */
	LONG, /* few take very long */
};

struct kind {
	const char *task;
	double mean_s;
	enum spread spread;
};

struct graph {
	const char *name;
	unsigned samples, seed;
	uint32_t jobs;
	int64_t memory_gib;
	bool is_bound_near; /* a schedule near the simple bound exists */
	const char *text;
	struct kind kinds[4];
};

static inline void load_graph(const struct graph *graph)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (unsigned i = 0; i < graph->samples; i++) {
		fq_buf_addf(&text, "s%u = r/s%u.fq\n", i, i);
	}
	fq_buf_puts(&text, graph->text);
	load(text.at);
	fq_buf_finish(&text);
	cr_assert(plan.job_count >= graph->samples);
	options.jobs = graph->jobs;
	options.memory_bytes = graph->memory_gib << 30;
}

/* --- exact, noisy, and not at all ----------------------------------------------------- */

static inline double simulate_with(double noise)
{
	for (uint32_t job = 0; job < plan.job_count; job++) {
		told[job] = seconds[job] * (1 + noise * (2 * draw() - 1));
	}
	return simulate();
}

static inline double simulate_fifo(void)
{
	memset(told, 0, sizeof(told));
	return simulate();
}

#endif
