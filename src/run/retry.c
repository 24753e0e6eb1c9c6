/* Another attempt for a job that failed: when, and with how much memory. */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS_MOST = UINT8_MAX };

struct fq_run_retries {
	struct waiting {
		int64_t due_ns;
		uint32_t job;
	} * waiting; /* by when they are due, those before `first` gone */
	size_t first, count, cap;
	uint8_t *memory_failures; /* by job: how many attempts failed for want of memory */
};

uint32_t fq_run_attempt(const struct fq_run *run, uint32_t job)
{
	return run->attempts ? run->attempts[job] + 1U : 1;
}

uint32_t fq_run_attempts(const struct fq_run *run, uint32_t job)
{
	uint32_t retries = fq_plan_rule(run->plan, job)->task->retries;
	return retries < ATTEMPTS_MOST - 1 ? retries + 1 + fq_run_ran_again(run, job) : ATTEMPTS_MOST;
}

/* --- memory ------------------------------------------------------------------------------ */

/* What it asks for after so many failures for want of memory: more each time, but never
 * more than all there is, with which it can still run. */
static int64_t memory_after(const struct fq_run *run, const struct fq_task *task, uint32_t failures)
{
	int64_t bytes = task->memory_bytes, limit = run->options.memory_bytes;
	for (uint32_t i = 0; i < failures && task->memory_factor > 1; i++) {
		double more = (double)bytes * task->memory_factor;
		int64_t next = more < (double)(INT64_MAX / 2) ? (int64_t)more : INT64_MAX / 2;
		next = limit && next > limit ? limit : next;
		bytes = next > bytes ? next : bytes;
	}
	return bytes;
}

static uint32_t memory_failures(const struct fq_run *run, uint32_t job)
{
	return run->retries ? run->retries->memory_failures[job] : 0;
}

int64_t fq_run_memory_of(const struct fq_run *run, uint32_t job)
{
	return memory_after(run, fq_plan_rule(run->plan, job)->task, memory_failures(run, job));
}

/* --- logs --------------------------------------------------------------------------------- */

static void add_attempt_log(struct fq_buf *buf, const char *log, uint32_t attempt)
{
	buf->len = 0;
	fq_buf_addf(buf, "%s.%u", log, attempt);
}

/* Without a gap in the numbers: one that printed nothing leaves an empty log. */
static const char *keep_log(struct fq_run *run, uint32_t job, uint32_t attempt)
{
	struct fq_buf log = {0}, kept = {0};
	fq_run_add_log(run, job, &log);
	add_attempt_log(&kept, log.at, attempt);
	bool is_there = rename(log.at, kept.at) == 0;
	if (!is_there) {
		fq_folder_make_for(kept.at, NULL);
		int fd = open(kept.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (fd >= 0) {
			close(fd);
		}
	}
	const char *copy = is_there ? fq_arena_copy(&run->arena, kept.at, kept.len) : NULL;
	fq_buf_finish(&log);
	fq_buf_finish(&kept);
	return copy;
}

void fq_run_forget_attempts(const struct fq_run *run, uint32_t job, const char *log)
{
	struct fq_buf path = {0};
	bool is_first = fq_run_attempt(run, job) == 1;
	for (uint32_t attempt = 1; is_first && attempt <= ATTEMPTS_MOST; attempt++) {
		add_attempt_log(&path, log, attempt);
		is_first = unlink(path.at) == 0;
	}
	fq_buf_finish(&path);
}

/* --- trying again ---------------------------------------------------------------------------- */

/* How many attempts of it failed. */
static uint32_t failed_attempts(const struct fq_run *run, uint32_t job)
{
	return run->attempts[job] - (uint32_t)fq_run_ran_again(run, job);
}

/* Twice as long each time. */
static int64_t pause_after(const struct fq_task *task, uint32_t failures)
{
	const int64_t longest = INT64_MAX / 4;
	int64_t ns = task->backoff_ns;
	for (uint32_t i = 1; i < failures && ns && ns < longest; i++) {
		ns *= 2;
	}
	return ns < longest ? ns : longest;
}

/* Sets the hint if more memory would help, and there is no more. */
static bool may_help(const struct fq_run *run, struct fq_failure *failure)
{
	const struct fq_task *task = fq_plan_rule(run->plan, failure->job)->task;
	uint32_t failures = memory_failures(run, failure->job);
	if (failure->kind != FQ_CAUSE_MEMORY || task->memory_factor <= 1 || !task->memory_bytes ||
	        memory_after(run, task, failures + 1) > memory_after(run, task, failures)) {
		return true;
	}
	failure->hint = "not tried again: it had all that --memory allows; allow more, or let it do with "
	                "less (fewer threads, smaller pieces)";
	return false;
}

/* Behind those that are due as late as it: mostly at the end. */
static void wait_until(struct fq_run_retries *retries, uint32_t job, int64_t due_ns)
{
	retries->waiting =
	        fq_grow(retries->waiting, &retries->cap, retries->count + 1, sizeof(*retries->waiting));
	size_t at = retries->count++;
	for (; at > retries->first && retries->waiting[at - 1].due_ns > due_ns; at--) {
		retries->waiting[at] = retries->waiting[at - 1];
	}
	retries->waiting[at] = (struct waiting){due_ns, job};
}

static void note_attempt(struct fq_run *run, const struct fq_failure *failure)
{
	uint32_t jobs = run->plan->job_count;
	if (!run->retries) {
		run->retries = fq_zeroed(1, sizeof(*run->retries));
		run->retries->memory_failures = fq_zeroed(jobs, 1);
		run->attempts = fq_zeroed(jobs, 1);
	}
	run->attempts[failure->job]++;
	run->again_count += failure->is_again;
	run->retried_count += !failure->is_again && failed_attempts(run, failure->job) == 1;
	if (failure->kind == FQ_CAUSE_MEMORY) {
		run->retries->memory_failures[failure->job]++;
	}
}

static bool may_try_again(const struct fq_run *run, struct fq_failure *failure)
{
	if (failure->kind == FQ_CAUSE_INPUT) {
		return failure->is_again;
	}
	return failure->attempt < fq_run_attempts(run, failure->job) && may_help(run, failure);
}

bool fq_run_retry(struct fq_run *run, struct fq_failure *failure)
{
	uint32_t job = failure->job;
	const struct fq_task *task = fq_plan_rule(run->plan, job)->task;
	failure->retry_ns = -1;
	if (run->starts_no_more || failure->attempt >= ATTEMPTS_MOST || !may_try_again(run, failure)) {
		failure->is_again = false;
		return false;
	}
	fq_run_record_failure(run, job, failure);
	if (run->starts_no_more) {
		return false; /* the journal failed us */
	}
	int64_t had = fq_run_memory_of(run, job);
	note_attempt(run, failure);
	failure->log = keep_log(run, job, failure->attempt);
	failure->retry_memory_bytes = fq_run_memory_of(run, job) > had ? fq_run_memory_of(run, job) : 0;
	failure->retry_ns = failure->is_again ? 0 : pause_after(task, failed_attempts(run, job));
	run->why.len = 0;
	fq_run_move(run, job, FQ_STATE_QUEUED, failure);
	if (failure->retry_ns) {
		wait_until(run->retries, job, fq_run_now(run) + failure->retry_ns);
	} else {
		fq_run_queue_push(run->queue, job);
	}
	return true;
}

int64_t fq_run_retry_due(const struct fq_run *run)
{
	const struct fq_run_retries *retries = run->retries;
	return retries && retries->first < retries->count ? retries->waiting[retries->first].due_ns : 0;
}

uint32_t fq_run_retrying(const struct fq_run *run)
{
	return run->retries ? (uint32_t)(run->retries->count - run->retries->first) : 0;
}

void fq_run_retry_wake(struct fq_run *run, int64_t now)
{
	struct fq_run_retries *retries = run->retries;
	for (int64_t due; (due = fq_run_retry_due(run)) && due <= now;) {
		fq_run_queue_push(run->queue, retries->waiting[retries->first++].job);
	}
	if (retries && retries->first == retries->count) {
		retries->first = retries->count = 0;
	}
}

void fq_run_retry_end(struct fq_run *run)
{
	if (run->retries) {
		fq_release(run->retries->waiting);
		fq_release(run->retries->memory_failures);
	}
	fq_release(run->retries);
	fq_release(run->attempts);
	run->retries = NULL;
	run->attempts = NULL;
}
