#include "internal.h"

#include <stdlib.h>

const char *const fq_state_names[FQ_STATE_COUNT] = {"unwanted", "wanted", "ready", "queued", "running",
        "done", "failed", "fresh", "left out", "blocked", "cancelled"};

#define TO(state) (1U << FQ_STATE_##state)
static const unsigned may_move[FQ_STATE_COUNT] = {
        [FQ_STATE_UNWANTED] = TO(WANTED),
        [FQ_STATE_WANTED] = TO(READY) | TO(OFF) | TO(BLOCKED) | TO(CANCELLED),
        [FQ_STATE_READY] = TO(QUEUED) | TO(FRESH) | TO(OFF) | TO(WANTED),
        [FQ_STATE_QUEUED] = TO(RUNNING) | TO(FAILED) | TO(BLOCKED) | TO(CANCELLED),
        [FQ_STATE_RUNNING] = TO(DONE) | TO(FAILED) | TO(CANCELLED) | TO(QUEUED),
        [FQ_STATE_FRESH] = TO(QUEUED) | TO(WANTED), /* revived: temp.c */
};
#undef TO

void fq_run_move(struct fq_run *run, uint32_t job, enum fq_state to, const struct fq_failure *failure)
{
	enum fq_state from = (enum fq_state)run->states[job];
	if (!(may_move[from] & 1U << to)) {
		abort(); /* a mistake of ours: a core tells more than a wrong count */
	}
	run->states[job] = (uint8_t)to;
	run->counts[from]--;
	run->counts[to]++;
	for (size_t i = 0; i < run->observer_count; i++) {
		run->observers[i]->moved(run->observers[i], run, job, from, failure);
	}
}

void fq_run_remark(struct fq_run *run, struct fq_where where, const char *hint, const char *format, ...)
{
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	for (size_t i = 0; i < run->observer_count; i++) {
		if (run->observers[i]->remark) {
			run->observers[i]->remark(run->observers[i], run, where, text.at, hint);
		}
	}
	fq_buf_finish(&text);
}

uint32_t fq_run_wanted(const struct fq_run *run)
{
	return run->plan->job_count - run->counts[FQ_STATE_UNWANTED];
}

uint32_t fq_run_settled(const struct fq_run *run)
{
	uint32_t open = 0;
	for (int state = FQ_STATE_WANTED; state <= FQ_STATE_RUNNING; state++) {
		open += run->counts[state];
	}
	return fq_run_wanted(run) - open;
}
