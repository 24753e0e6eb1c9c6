/* For the tests of run and ui: runs over an executor that the test plays itself,
 * and an observer that checks every move. */
#ifndef FQRUN_TEST_RUN_FIXTURE_H
#define FQRUN_TEST_RUN_FIXTURE_H

#include "plan_fixture.h"

#include "fqrun/run.h"

#include <errno.h>
#include <signal.h>

/* --- an executor that does nothing but what the test says ---------------------- */

enum { SLOTS_MAX = 64 };

struct player {
	struct fq_executor base;
	/* What the job of a slot does; its wait status, or < 0: not started, that errno. NULL: success. */
	int (*play)(uint32_t slot, const struct fq_launch *launch);
	bool holds;     /* started jobs end only when a signal is sent to them */
	int watched;    /* a descriptor that is always ready; 0: none */
	int64_t now_ns; /* where it has a time of its own: go_in_own_time() */
	struct fq_exit ended[SLOTS_MAX], held[SLOTS_MAX];
	uint32_t ended_count, held_count, starts, signals[65];
};

static struct player player;

static inline void end_slot(struct fq_exit end)
{
	player.ended[player.ended_count++] = end;
	raise(SIGCHLD);
}

static inline bool player_start(
        struct fq_executor *executor, uint32_t slot, const struct fq_launch *launch, struct fq_error *err)
{
	(void)executor;
	player.starts++;
	int status = player.play ? player.play(slot, launch) : 0;
	if (status < 0) {
		errno = -status;
		return fq_fail_errno(err, "cannot start %s", launch->argv[0]);
	}
	struct fq_exit end = {.slot = slot, .status = status};
	if (player.holds) {
		player.held[player.held_count++] = end;
	} else {
		end_slot(end);
	}
	return true;
}

static inline void player_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	(void)executor;
	player.signals[number]++;
	for (uint32_t i = 0; i < player.held_count; i++) {
		if (player.held[i].slot == slot && number != SIGCONT) {
			end_slot(player.held[i]);
			player.held[i] = player.held[--player.held_count];
		}
	}
}

static inline size_t player_watch(struct fq_executor *executor, struct pollfd *ret)
{
	(void)executor;
	ret[0] = (struct pollfd){.fd = player.watched, .events = POLLIN};
	return player.watched != 0;
}

static inline void player_absorb(struct fq_executor *executor, const struct pollfd *watched, size_t count)
{
	(void)executor;
	(void)watched;
	(void)count;
}

static inline bool player_next(struct fq_executor *executor, struct fq_exit *ret)
{
	(void)executor;
	if (player.ended_count == 0) {
		return false;
	}
	*ret = player.ended[0];
	memmove(player.ended, player.ended + 1, --player.ended_count * sizeof(*ret));
	return true;
}

static inline void player_destroy(struct fq_executor *executor)
{
	(void)executor;
}

static inline struct fq_process player_process(const struct fq_executor *executor, uint32_t slot)
{
	(void)executor;
	(void)slot;
	return (struct fq_process){0, 0};
}

static const struct fq_executor_impl player_impl = {"player", player_start, player_process, player_signal,
        player_watch, player_absorb, player_next, NULL, NULL, player_destroy};

static inline int64_t player_now(const struct fq_executor *executor)
{
	(void)executor;
	return player.now_ns;
}

/* Jobs take no time, so whoever waits waits for a time to come. */
static inline void player_pass(struct fq_executor *executor, int64_t until_ns)
{
	(void)executor;
	player.now_ns = until_ns > player.now_ns ? until_ns : player.now_ns;
}

static const struct fq_executor_impl timed_player_impl = {"timed player", player_start, player_process,
        player_signal, player_watch, player_absorb, player_next, player_now, player_pass, player_destroy};

/* The value of a variable that the job would get. */
static inline const char *env_of(const struct fq_launch *launch, const char *name)
{
	size_t len = strlen(name);
	for (char *const *at = launch->env; *at; at++) {
		if (strncmp(*at, name, len) == 0 && (*at)[len] == '=') {
			return *at + len + 1;
		}
	}
	return "";
}

/* --- an observer that believes nothing --------------------------------------------- */

struct watcher {
	struct fq_observer base;
	uint8_t *states;
	uint32_t counts[FQ_STATE_COUNT];
	uint32_t moves, begins, ends, most_running, stoppings;
	uint32_t runs, last_failed; /* how many jobs started */
	bool saw_early;             /* a job started before all that it waits for was done */
	void (*on_tick)(const struct fq_run *run);
	char cause[256], hint[256], log[256]; /* of the last failure */
	struct fq_failure failure;
	uint32_t retries, remarks;
	char remark[256];
};

static struct watcher watcher;
static struct fq_run run;

static inline void watch_begin(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	watcher.begins++;
	watcher.states = fq_zeroed(of->plan->job_count, 1);
	watcher.counts[FQ_STATE_UNWANTED] = of->plan->job_count;
}

static inline void check_before(uint32_t job)
{
	const struct fq_rule *rule = fq_plan_rule(&plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(&plan, &plan.arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			uint8_t state = watcher.states[fq_jobs_at(&before, j)];
			watcher.saw_early |= state != FQ_STATE_DONE && state != FQ_STATE_FRESH;
		}
	}
}

static inline bool is_legal(enum fq_state from, enum fq_state to)
{
	switch (from) {
	case FQ_STATE_UNWANTED:
		return to == FQ_STATE_WANTED;
	case FQ_STATE_WANTED:
		return to == FQ_STATE_READY || to == FQ_STATE_OFF || to == FQ_STATE_BLOCKED ||
		       to == FQ_STATE_CANCELLED;
	case FQ_STATE_READY:
		return to == FQ_STATE_QUEUED || to == FQ_STATE_FRESH || to == FQ_STATE_OFF ||
		       to == FQ_STATE_WANTED;
	case FQ_STATE_FRESH:
		return to == FQ_STATE_QUEUED || to == FQ_STATE_WANTED;
	case FQ_STATE_QUEUED:
		return to == FQ_STATE_RUNNING || to == FQ_STATE_FAILED || to == FQ_STATE_BLOCKED ||
		       to == FQ_STATE_CANCELLED;
	case FQ_STATE_RUNNING:
		return to == FQ_STATE_DONE || to == FQ_STATE_FAILED || to == FQ_STATE_CANCELLED ||
		       to == FQ_STATE_QUEUED;
	default:
		return false;
	}
}

static inline void keep_failure(const struct fq_failure *failure)
{
	snprintf(watcher.cause, sizeof(watcher.cause), "%s", failure->cause);
	snprintf(watcher.hint, sizeof(watcher.hint), "%s", failure->hint ? failure->hint : "");
	snprintf(watcher.log, sizeof(watcher.log), "%s", failure->log ? failure->log : "");
	watcher.last_failed = failure->job;
	watcher.failure = *failure;
	watcher.retries += failure->retry_ns >= 0;
}

static inline void watch_moved(struct fq_observer *observer, const struct fq_run *of, uint32_t job,
        enum fq_state from, const struct fq_failure *failure)
{
	(void)observer;
	enum fq_state to = (enum fq_state)of->states[job];
	cr_assert(watcher.states[job] == from && is_legal(from, to), "%u: %s to %s", job,
	        fq_state_names[from], fq_state_names[to]);
	bool is_retry = from == FQ_STATE_RUNNING && to == FQ_STATE_QUEUED;
	cr_assert((to == FQ_STATE_FAILED || is_retry) == (failure != NULL));
	cr_assert(!failure || (failure->retry_ns >= 0) == is_retry);
	watcher.states[job] = (uint8_t)to;
	watcher.counts[from]--;
	watcher.counts[to]++;
	watcher.moves++;
	cr_assert(memcmp(watcher.counts, of->counts, sizeof(watcher.counts)) == 0);
	if (to == FQ_STATE_RUNNING) {
		watcher.runs++;
		check_before(job);
	}
	if (failure) {
		keep_failure(failure);
	}
	if (of->counts[FQ_STATE_RUNNING] > watcher.most_running) {
		watcher.most_running = of->counts[FQ_STATE_RUNNING];
	}
}

static inline void watch_tick(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	if (watcher.on_tick) {
		watcher.on_tick(of);
	}
}

static inline void watch_remark(struct fq_observer *observer, const struct fq_run *of, struct fq_where where,
        const char *text, const char *hint)
{
	(void)observer;
	(void)of;
	watcher.remarks++;
	snprintf(watcher.remark, sizeof(watcher.remark), "%u: %s [%s]", where.line, text, hint ? hint : "");
}

static inline void watch_stopping(struct fq_observer *observer, const struct fq_run *of, int number)
{
	(void)observer;
	(void)of;
	(void)number;
	watcher.stoppings++;
}

static inline void watch_end(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	watcher.ends++;
	for (uint32_t i = 0; i < of->plan->job_count; i++) {
		uint8_t state = watcher.states[i];
		cr_assert(state == FQ_STATE_UNWANTED || state >= FQ_STATE_DONE, "job %u is %s", i,
		        fq_state_names[state]);
	}
	cr_assert(fq_run_settled(of) == fq_run_wanted(of));
}

static struct fq_observer *observers[2] = {&watcher.base};
static size_t observer_count = 1;
static struct fq_run_options options = {
        .jobs = 2, .grace_ns = INT64_C(60000000000), .fqrun = "fqrun", .logs = "logs"};

static struct fq_tokens joined; /* for the next run alone; zeroed: tokens of its own */

static inline void put_run_away(void)
{
	fq_run_finish(&run);
	fq_release(watcher.states);
	watcher.states = NULL;
}

/* Opens the journal anew and runs; what came of it stays in `run` and `watcher`. */
static inline int go_with(struct fq_executor *executor)
{
	put_run_away();
	reopen_journal();
	void (*on_tick)(const struct fq_run *) = watcher.on_tick;
	watcher = (struct watcher){.on_tick = on_tick};
	watcher.base = (struct fq_observer){watch_begin, watch_moved, watch_tick, watch_remark,
	        watch_stopping, watch_end, on_tick ? 2000000 : 0};
	fq_plan_forget_stamps(&plan);
	run = (struct fq_run){.plan = &plan,
	        .journal = &journal,
	        .executor = executor,
	        .observers = observers,
	        .observer_count = observer_count,
	        .tokens = joined,
	        .options = options};
	joined = (struct fq_tokens){0};
	int status = fq_run(&run);
	cr_assert(watcher.begins == 1 && watcher.ends == 1 && !watcher.saw_early);
	cr_assert(watcher.most_running <= options.jobs && fq_tokens_are_home(&run.tokens));
	cr_assert(!run.has_begun || !is_there(run.tmp), "%s is still there", run.tmp);
	return status;
}

static inline int go(void)
{
	player.base.impl = &player_impl;
	player.starts = 0;
	return go_with(&player.base);
}

static inline int go_in_own_time(void)
{
	player.base.impl = &timed_player_impl;
	player.starts = 0;
	return go_with(&player.base);
}

static inline void leave_run(void)
{
	put_run_away();
	leave_folder();
}

static inline enum fq_state state_of(const char *name)
{
	return (enum fq_state)run.states[job_of(name)];
}

static inline void expect_state(const char *name, enum fq_state state)
{
	cr_assert(state_of(name) == state, "%s is %s (%s)", name, fq_state_names[state_of(name)],
	        watcher.cause);
}

#endif
