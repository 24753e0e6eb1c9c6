#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* All that a handler may touch. */
static volatile sig_atomic_t stop_signal, child_changed;

/* Between begin and end; and whether a stop was taken in that time. */
static bool is_listening, was_stopped;

/* All by which we would end without having given back what we hold, but those that tell
 * of a mistake of ours. */
static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
        SIGXCPU, SIGIO, SIGPWR, SIGSTKFLT};
static struct sigaction before_stops[FQ_COUNT(stops)], before_child, before_pipe;
static sigset_t mask_before;

static void note_stop(int number)
{
	stop_signal = number;
}

static void note_child(int number)
{
	(void)number;
	child_changed = 1;
}

/* Signals are blocked always and open only inside ppoll(2): no race, no pipe to ourselves. */
void fq_run_signals_begin(struct fq_run *run)
{
	(void)run;
	sigset_t ours;
	struct sigaction action = {.sa_handler = note_stop};
	sigemptyset(&action.sa_mask);
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	stop_signal = child_changed = 0;
	for (size_t i = 0; i < FQ_COUNT(stops); i++) {
		sigaction(stops[i], NULL, &before_stops[i]);
		/* What the user told us to ignore (nohup) stays ignored. */
		if (before_stops[i].sa_handler != SIG_IGN) {
			sigaction(stops[i], &action, NULL);
			sigaddset(&ours, stops[i]);
		}
	}
	action.sa_handler = note_child;
	sigaction(SIGCHLD, &action, &before_child);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, &before_pipe);
	sigprocmask(SIG_BLOCK, &ours, &mask_before);
	is_listening = true;
	was_stopped = false;
}

void fq_run_signals_end(void)
{
	for (size_t i = 0; i < FQ_COUNT(stops); i++) {
		sigaction(stops[i], &before_stops[i], NULL);
	}
	sigaction(SIGCHLD, &before_child, NULL);
	sigaction(SIGPIPE, &before_pipe, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	is_listening = false;
}

/* Whether `fd` takes some bytes now; false once we are told to stop and it does not. */
static bool may_write(int fd)
{
	static const int64_t patience_ns = 1000000000;
	struct pollfd watched = {.fd = fd, .events = POLLOUT};
	for (;;) {
		bool is_stopped = stop_signal != 0 || was_stopped;
		int ready = fq_run_signals_wait(&watched, 1, is_stopped ? patience_ns : -1);
		if (ready != 0) {
			return true;
		}
		if (is_stopped) {
			errno = EINTR;
			return false;
		}
	}
}

bool fq_run_write(int fd, const char *at, size_t len)
{
	/* A pipe that takes anything takes this much. */
	enum { PIECE_BYTES = 4096 };
	while (len) {
		if (is_listening && !may_write(fd)) {
			return false;
		}
		ssize_t put = write(fd, at, len < PIECE_BYTES ? len : PIECE_BYTES);
		if (put < 0 && errno != EINTR && errno != EAGAIN) {
			return false;
		}
		if (put > 0) {
			at += put;
			len -= (size_t)put;
		}
	}
	return true;
}

int fq_run_signals_take(void)
{
	int number = stop_signal;
	stop_signal = 0;
	was_stopped |= number != 0;
	return number;
}

bool fq_run_signals_came(void)
{
	return child_changed || stop_signal;
}

bool fq_run_signals_child(void)
{
	bool changed = child_changed;
	child_changed = 0;
	return changed;
}

int fq_run_signals_wait(struct pollfd *watched, size_t count, int64_t timeout_ns)
{
	struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
	sigset_t open = mask_before;
	sigdelset(&open, SIGCHLD);
	for (size_t i = 0; i < FQ_COUNT(stops); i++) {
		sigdelset(&open, stops[i]);
	}
	int ready = ppoll(watched, (nfds_t)count, timeout_ns < 0 ? NULL : &timeout, &open);
	if (ready > 0) {
		/* With a descriptor ready, no signal came in: a job that writes without pause would keep
		 * all of them out. */
		const struct timespec none = {0, 0};
		ppoll(NULL, 0, &none, &open);
	}
	if (ready < 0) {
		for (size_t i = 0; i < count; i++) {
			watched[i].revents = 0;
		}
	}
	return ready < 0 && errno == EINTR ? 0 : ready;
}
