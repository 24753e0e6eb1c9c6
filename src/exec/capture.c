/* Commands that answer a question: a tool's version. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT_BYTES = 1 << 16, TICK_MS = 50, READS_AT_END = 64 };

struct running {
	struct fq_capture *capture;
	pid_t pid;  /* 0: ended */
	int output; /* -1: closed */
};

static void start(struct fq_exec_spawner *spawner, struct running *running)
{
	const struct fq_capture *capture = running->capture;
	const struct fq_launch launch = {.argv = capture->argv, .env = capture->env, .cwd = capture->cwd};
	struct fq_error err = {0};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return;
	}
	if (fq_exec_spawn(spawner, &launch, ends[1], &running->pid, &err)) {
		running->output = ends[0];
	} else {
		running->pid = 0;
		close(ends[0]);
	}
	close(ends[1]);
	fq_error_finish(&err);
}

static void read_output(struct running *running)
{
	char block[4096];
	ssize_t got = read(running->output, block, sizeof(block));
	struct fq_buf *output = &running->capture->output;
	if (got > 0 && output->len < KEPT_BYTES) {
		fq_buf_add(output, block, (size_t)got);
	} else if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
		close(running->output);
		running->output = -1;
	}
}

static void end(struct running *running, bool is_late)
{
	int status = 0;
	if (running->pid) {
		kill(-running->pid, SIGKILL);
		while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR) {
		}
		running->capture->status = is_late ? -1 : status;
		running->pid = 0;
	}
	if (running->output >= 0) {
		close(running->output);
		running->output = -1;
	}
}

/* Ended by itself: what it left behind is killed, what is in its pipe is read. */
static void settle(struct running *running)
{
	siginfo_t info = {0};
	if (!running->pid || waitid(P_PID, (id_t)running->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	        info.si_pid == 0) {
		return;
	}
	struct pollfd ready = {.fd = running->output, .events = POLLIN};
	kill(-running->pid, SIGKILL);
	/* Bounded: one that has left the group may write without end. */
	for (int i = 0; i < READS_AT_END && running->output >= 0 && poll(&ready, 1, 0) == 1; i++) {
		read_output(running);
	}
	end(running, false);
}

static bool wait_some(struct running *all, size_t count, struct pollfd *watched)
{
	size_t open = 0;
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		settle(&all[i]);
		any |= all[i].pid != 0;
		watched[i] = (struct pollfd){.fd = all[i].output, .events = POLLIN};
		open += all[i].output >= 0;
	}
	if (any && poll(watched, count, open ? TICK_MS : TICK_MS / 10) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (watched[i].revents && all[i].output >= 0) {
				read_output(&all[i]);
			}
		}
	}
	return any;
}

void fq_exec_capture(struct fq_capture *captures, size_t count, int64_t timeout_ns,
        bool (*is_stopped)(void *context), void *context)
{
	struct running *all = fq_zeroed(count, sizeof(*all));
	struct pollfd *watched = fq_zeroed(count, sizeof(*watched));
	int64_t deadline = fq_clock_ns() + timeout_ns;
	struct fq_exec_spawner spawner;
	bool ok = fq_exec_spawner_init(&spawner, NULL);
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct running){.capture = &captures[i], .output = -1};
		captures[i].status = -1;
		if (ok) {
			start(&spawner, &all[i]);
		}
	}
	fq_exec_spawner_finish(&spawner);
	while (wait_some(all, count, watched) && fq_clock_ns() < deadline &&
	        !(is_stopped && is_stopped(context))) {
	}
	for (size_t i = 0; i < count; i++) {
		end(&all[i], true);
	}
	fq_release(all);
	fq_release(watched);
}
