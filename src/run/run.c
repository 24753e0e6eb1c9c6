#include "schedule.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

int64_t fq_run_now(const struct fq_run *run)
{
	const struct fq_executor_impl *impl = run->executor->impl;
	return impl->now_ns ? impl->now_ns(run->executor) : fq_clock_ns();
}

/* --- stopping ---------------------------------------------------------------------------- */

static void send_to_slot(struct fq_run *run, struct fq_slot *slot, int number)
{
	uint32_t index = (uint32_t)(slot - run->slots);
	run->executor->impl->signal(run->executor, index, number);
	/* One that stands still hears nothing. */
	run->executor->impl->signal(run->executor, index, SIGCONT);
}

static void stop(struct fq_run *run, int number)
{
	bool again = run->stop_signal != 0;
	fq_run_reap(run); /* what ended before we say anything ended by itself */
	run->stop_signal = run->stop_signal ? run->stop_signal : number;
	run->starts_no_more = true;
	int64_t now = fq_run_now(run);
	for (uint32_t i = 0; i < run->slot_count; i++) {
		if (run->slots[i].job != UINT32_MAX) {
			send_to_slot(run, &run->slots[i], again ? SIGKILL : SIGTERM);
			run->slots[i].kill_ns = now + run->options.grace_ns;
		}
	}
	for (size_t i = 0; i < run->observer_count; i++) {
		if (run->observers[i]->stopping) {
			run->observers[i]->stopping(run->observers[i], run, number);
		}
	}
}

void fq_run_listen(struct fq_run *run)
{
	int number = fq_run_signals_take();
	if (number) {
		stop(run, number);
	}
}

static void check_deadlines(struct fq_run *run, int64_t now)
{
	for (uint32_t i = 0; i < run->slot_count; i++) {
		struct fq_slot *slot = &run->slots[i];
		if (slot->job == UINT32_MAX) {
			continue;
		}
		if (slot->deadline_ns && now >= slot->deadline_ns) {
			slot->timed_out = true;
			slot->deadline_ns = 0;
			slot->kill_ns = now + run->options.grace_ns;
			send_to_slot(run, slot, SIGTERM);
		}
		if (slot->kill_ns && now >= slot->kill_ns) {
			slot->kill_ns = now + run->options.grace_ns;
			send_to_slot(run, slot, SIGKILL);
		}
	}
}

/* --- waiting ------------------------------------------------------------------------------- */

static void sooner(int64_t *next, int64_t time)
{
	if (time && (*next < 0 || time < *next)) {
		*next = time;
	}
}

/* What keeps a job from starting that ends by itself. */
static void add_holds(const struct fq_run *run, int64_t now, int64_t *next)
{
	static const int64_t again_ns = INT64_C(1000000000);
	const struct fq_run_queue *queue = run->queue;
	sooner(next, fq_run_retry_due(run));
	if (run->starts_no_more) {
		return;
	}
	sooner(next, fq_run_claim_due(run));
	if (queue->is_held || (run->disk_is_full && queue->count)) {
		sooner(next, now + again_ns);
	}
	if (run->is_crowded && run->counts[FQ_STATE_RUNNING] == 0) {
		sooner(next, queue->crowd_due_ns);
	}
}

bool fq_run_is_stopped(struct fq_run *run)
{
	fq_run_signals_wait(NULL, 0, 0);
	fq_run_listen(run);
	fq_run_tend(run); /* whoever asks does something long */
	return run->stop_signal != 0;
}

/* The next moment at which something needs us; < 0: none. */
static int64_t next_ns(const struct fq_run *run, int64_t now)
{
	int64_t next = -1;
	for (uint32_t i = 0; i < run->slot_count; i++) {
		if (run->slots[i].job != UINT32_MAX) {
			sooner(&next, run->slots[i].deadline_ns);
			sooner(&next, run->slots[i].kill_ns);
		}
	}
	for (size_t i = 0; i < run->observer_count; i++) {
		if (run->observers[i]->tick_ns) {
			sooner(&next, now + run->observers[i]->tick_ns);
		}
	}
	sooner(&next, fq_run_tend_due(run));
	add_holds(run, now, &next);
	return next;
}

/* Where jobs run in a time of their own. */
static void pass_time(struct fq_run *run)
{
	run->executor->impl->pass(run->executor, next_ns(run, fq_run_now(run)));
	fq_run_signals_wait(NULL, 0, 0);
}

/* What runs, and a token if one is waited for. */
static void poll_all(struct fq_run *run, struct pollfd *watched)
{
	size_t count = run->executor->impl->watch(run->executor, watched);
	int fd = fq_run_token_fd(run);
	if (fd >= 0) {
		watched[count] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	int64_t now = fq_run_now(run), next = next_ns(run, now);
	int64_t idle_ns = next < 0 ? -1 : next > now ? next - now : 0;
	if (run->counts[FQ_STATE_RUNNING] == 0 && (run->starts_no_more || (next < 0 && fd < 0))) {
		idle_ns = 0; /* told to stop since we last looked for a job to start */
	}
	if (fq_run_signals_came()) {
		idle_ns = 0; /* while something was written: it will not wake us again */
	}
	int ready = fq_run_signals_wait(watched, count + (fd >= 0), idle_ns);
	if (ready > 0) {
		run->executor->impl->absorb(run->executor, watched, count);
	}
	if (ready > 0 && fd >= 0) {
		fq_run_token_polled(run, watched[count].revents);
	}
}

static bool is_over(const struct fq_run *run)
{
	return fq_run_settled(run) == fq_run_wanted(run);
}

static void wait_events(struct fq_run *run, struct pollfd *watched)
{
	if (is_over(run) || (run->options.dry_run && !run->executor->impl->now_ns)) {
		fq_run_signals_wait(NULL, 0, 0);
	} else if (run->executor->impl->now_ns) {
		pass_time(run);
	} else {
		poll_all(run, watched);
	}
	fq_run_listen(run);
	if (!is_over(run) && !run->options.dry_run) {
		check_deadlines(run, fq_run_now(run));
	}
}

static void reap(struct fq_run *run)
{
	if (run->options.dry_run || fq_run_signals_child()) {
		fq_run_reap(run);
	}
}

static void tell(struct fq_run *run)
{
	for (size_t i = 0; i < run->observer_count; i++) {
		if (run->observers[i]->tick) {
			run->observers[i]->tick(run->observers[i], run);
		}
	}
}

/* --- beginning and end ------------------------------------------------------------------------- */

static bool is_stopped(void *run)
{
	return fq_run_is_stopped(run);
}

static void set_id(struct fq_run *run)
{
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		int64_t seed[2] = {fq_clock_ns(), getpid()};
		memcpy(bytes, seed, sizeof(bytes));
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(run->id + 2 * i, 3, "%02x", bytes[i]);
	}
	const char *folder = getenv("TMPDIR");
	run->tmp = fq_arena_format(
	        &run->arena, "%s/fqrun-%s", folder && folder[0] == '/' ? folder : "/tmp", run->id);
}

/* The run before us was killed: its jobs may still be writing, its folder is still there. */
void fq_run_clean_up_after(struct fq_run *run)
{
	const int64_t patience_ns = INT64_C(10000000000);
	const struct fq_unfinished_run *before = &run->journal->unfinished;
	struct fq_error err = {0};
	if (!before->run || run->options.dry_run) {
		return;
	}
	char boot[64];
	fq_boot_id(boot);
	if (strcmp(boot, before->boot) == 0) {
		fq_exec_end_orphans(before->run, before->jobs, before->job_count, false, patience_ns);
	}
	const char *name = strrchr(before->tmp, '/');
	if (name && strncmp(name, "/fqrun-", 7) == 0 && strcmp(name + 7, before->run) == 0) {
		fq_tree_remove(before->tmp, NULL);
	}
	if (!fq_journal_end(run->journal, before->run, 128 + SIGKILL, NULL, &err)) {
		fq_run_fault(run, &err);
	}
}

static void begin(struct fq_run *run)
{
	uint32_t jobs = run->plan->job_count;
	run->started_ns = fq_clock_ns();
	run->had_children = fq_exec_has_children();
	run->states = fq_zeroed(jobs, 1);
	run->waits = fq_zeroed(jobs, sizeof(*run->waits));
	run->seqs = fq_zeroed(jobs, sizeof(*run->seqs));
	run->marks = fq_zeroed(jobs, sizeof(*run->marks));
	run->absent = fq_zeroed(jobs, sizeof(*run->absent));
	run->plan->journal = run->journal;
	run->plan->is_absent = run->absent;
	run->plan->is_dry = run->options.dry_run;
	run->plan->is_stopped = is_stopped;
	run->plan->stop_context = run;
	run->plan->seqs = run->seqs;
	run->recipe_is_kept = fq_zeroed(run->plan->rule_count, sizeof(*run->recipe_is_kept));
	if (run->tokens.limit == 0) {
		fq_tokens_own(&run->tokens, run->options.jobs);
	}
	/* Each job holds a token. */
	run->slot_count = run->tokens.limit < jobs ? run->tokens.limit : jobs ? jobs : 1;
	run->slots = fq_zeroed(run->slot_count, sizeof(*run->slots));
	for (uint32_t i = 0; i < run->slot_count; i++) {
		run->slots[i].job = UINT32_MAX;
	}
	fq_run_queue_begin(run);
	set_id(run);
	fq_run_set_environment(run);
	fq_run_clean_up_after(run);
	for (size_t i = 0; i < run->observer_count; i++) {
		run->observers[i]->begin(run->observers[i], run);
	}
	fq_run_sweep(run);
	fq_run_temp_begin(run);
	fq_run_ask_versions(run);
	fq_run_begin_jobs(run);
	fq_run_tell_demands(run);
	fq_run_pass_gate(run);
	if (run->counts[FQ_STATE_QUEUED] && !run->starts_no_more && !run->options.dry_run) {
		fq_run_begin_run(run);
	}
}

static int status_of(const struct fq_run *run)
{
	if (run->stop_signal) {
		return 128 + run->stop_signal;
	}
	if (run->fault.text) {
		return 3;
	}
	return run->counts[FQ_STATE_FAILED] || run->counts[FQ_STATE_BLOCKED] ||
	       run->counts[FQ_STATE_CANCELLED] || run->is_barred;
}

/* What jobs left behind is our child by now, or has our mark. */
static void end_leftovers(struct fq_run *run)
{
	const int64_t patience_ns = INT64_C(2000000000);
	if (run->had_children) {
		fq_exec_end_orphans(run->id, NULL, 0, true, patience_ns);
	} else {
		fq_exec_end_children(fq_run_guard_pid(run), patience_ns);
	}
}

/* The guard stays until nothing is left to do for it. */
static int end(struct fq_run *run)
{
	if (run->has_begun) {
		end_leftovers(run);
		fq_run_mend(run);
		fq_run_remove_temporary(run, run->tmp);
		fq_run_record_end(run, status_of(run));
		fq_run_guard_end(run);
		end_leftovers(run);
	}
	fq_run_temp_sweep(run);
	for (size_t i = 0; i < run->observer_count; i++) {
		run->observers[i]->end(run->observers[i], run);
	}
	return status_of(run);
}

/* --- the loop -------------------------------------------------------------------------------------- */

/* The run that is under way, for fq_run_abandon() alone. */
static struct fq_run *current;

void fq_run_abandon(void)
{
	for (uint32_t i = 0; current && current->slots && i < current->slot_count; i++) {
		if (current->slots[i].job != UINT32_MAX) {
			current->executor->impl->signal(current->executor, i, SIGKILL);
		}
	}
	if (current) {
		fq_tokens_give_all(&current->tokens);
	}
}

int fq_run(struct fq_run *run)
{
	fq_run_signals_begin(run);
	current = run;
	begin(run);
	struct pollfd *watched = fq_zeroed((size_t)run->slot_count + 1, sizeof(*watched));
	while (!is_over(run)) {
		fq_run_start_ready(run);
		tell(run);
		wait_events(run, watched);
		reap(run);
		fq_run_tend(run);
	}
	fq_release(watched);
	int status = end(run);
	current = NULL;
	fq_run_signals_end();
	return status;
}

void fq_run_finish(struct fq_run *run)
{
	if (run->plan) {
		run->plan->journal = NULL;
		run->plan->is_absent = NULL;
		run->plan->is_stopped = NULL;
		run->plan->seqs = NULL;
	}
	for (uint32_t i = 0; i < run->slot_count; i++) {
		fq_buf_finish(&run->slots[i].items);
		fq_buf_finish(&run->slots[i].before);
		fq_release(run->slots[i].inputs);
		fq_release(run->slots[i].tokens);
	}
	fq_run_queue_end(run);
	fq_release(run->slots);
	fq_release(run->states);
	fq_release(run->waits);
	fq_release(run->seqs);
	fq_release(run->marks);
	fq_release(run->absent);
	fq_release(run->drew);
	fq_run_lines_end(run);
	fq_run_forget_inodes(run);
	fq_run_retry_end(run);
	fq_run_again_end(run);
	fq_run_temp_end(run);
	fq_release(run->recipe_is_kept);
	fq_release(run->failures);
	fq_tokens_finish(&run->tokens);
	fq_buf_finish(&run->why);
	fq_buf_finish(&run->scratch);
	fq_error_finish(&run->fault);
	fq_arena_finish(&run->arena);
	*run = (struct fq_run){0};
}
