#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

/* All that a handler may touch. */
static volatile sig_atomic_t stop_signal, child_changed;

static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
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
}

void fq_run_signals_end(void)
{
	for (size_t i = 0; i < FQ_COUNT(stops); i++) {
		sigaction(stops[i], &before_stops[i], NULL);
	}
	sigaction(SIGCHLD, &before_child, NULL);
	sigaction(SIGPIPE, &before_pipe, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

int fq_run_signals_take(void)
{
	int number = stop_signal;
	stop_signal = 0;
	return number;
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
