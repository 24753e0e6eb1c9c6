/* Ending what runs: the run is told to stop, or a job is out of time. */
#include "internal.h"

#include <signal.h>

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

bool fq_run_is_stopped(struct fq_run *run)
{
	fq_run_signals_wait(NULL, 0, 0);
	fq_run_listen(run);
	fq_run_tend(run); /* whoever asks does something long */
	return run->stop_signal != 0;
}

void fq_run_check_deadlines(struct fq_run *run, int64_t now)
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
