/* A small process that outlives us: killed with SIGKILL, we can neither end our jobs
 * nor give tokens back. It waits for our end, and does both. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shared with it: whom to end. */
struct fq_run_guard {
	pid_t pid;
	int line; /* we write `q` when we are done; it reads the end of file when we were killed */
	size_t size, job_count;
	struct fq_process jobs[];
};

/* --- in the guard ------------------------------------------------------------------------ */

static void close_between(int low, int high)
{
	if (high > low + 1) {
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	}
}

/* All but the two that it needs: it must hold nobody's pipe or lock. */
static void close_others(int line, int tokens)
{
	int low = line < tokens ? line : tokens, high = line < tokens ? tokens : line;
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		dup2(null, fd);
	}
	low = low > STDERR_FILENO ? low : STDERR_FILENO;
	close_between(STDERR_FILENO, low);
	close_between(low, high);
	close_range((unsigned)high + 1, ~0U, 0);
}

static void keep_watch(struct fq_run *run, int line)
{
	const int64_t patience_ns = INT64_C(10000000000);
	struct fq_run_guard *guard = run->guard;
	char byte;
	ssize_t got;
	while ((got = read(line, &byte, 1)) < 0 && errno == EINTR) {
	}
	if (got != 0) {
		return;
	}
	/* First the jobs: a token of one that still runs is not free. */
	fq_exec_end_orphans(run->id, guard->jobs, guard->job_count, true, patience_ns);
	fq_tokens_give_all(&run->tokens);
	fq_tree_remove(run->tmp, NULL);
}

static void be_guard(struct fq_run *run, int line)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid(); /* out of the way of what is sent to our group */
	prctl(PR_SET_NAME, FQ_GUARD_NAME);
	int there = chdir("/");
	(void)there;
	close_others(line, run->tokens.write_fd);
	keep_watch(run, line);
	_exit(0);
}

/* --- in the run ---------------------------------------------------------------------------- */

bool fq_run_guard_begin(struct fq_run *run, struct fq_error *err)
{
	int ends[2];
	size_t size = sizeof(struct fq_run_guard) + run->slot_count * sizeof(struct fq_process);
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		return fq_fail_errno(err, "cannot share memory with a guard process");
	}
	run->guard = shared;
	run->guard->size = size;
	run->guard->job_count = run->slot_count;
	run->guard->line = -1;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return fq_fail_errno(err, "cannot make a pipe");
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		be_guard(run, ends[0]);
	}
	close(ends[0]);
	run->guard->line = ends[1];
	run->guard->pid = pid;
	return pid > 0 || fq_fail_errno(err, "cannot start a guard process");
}

void fq_run_guard_note(struct fq_run *run, uint32_t slot, struct fq_process process)
{
	if (run->guard) {
		run->guard->jobs[slot] = process;
	}
}

int64_t fq_run_guard_pid(const struct fq_run *run)
{
	return run->guard && run->guard->pid > 0 ? run->guard->pid : 0;
}

void fq_run_guard_end(struct fq_run *run)
{
	struct fq_run_guard *guard = run->guard;
	if (!guard) {
		return;
	}
	if (guard->line >= 0) {
		/* If it is gone already, SIGPIPE is ignored and nobody needs the byte. */
		ssize_t ignored = write(guard->line, "q", 1);
		(void)ignored;
		close(guard->line);
	}
	if (guard->pid > 0 && waitpid(guard->pid, NULL, WNOHANG) == 0) {
		kill(guard->pid, SIGCONT); /* somebody may have stopped it */
	}
	while (guard->pid > 0 && waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR) {
	}
	munmap(guard, guard->size);
	run->guard = NULL;
}
