/* Runs, as the journal tells of them; whether the last one still goes on. */
#ifndef FQRUN_CLI_PAST_H
#define FQRUN_CLI_PAST_H

#include "json_line.h"
#include "table.h"

enum fq_run_end {
	FQ_RUN_ENDED,
	FQ_RUN_KILLED,  /* nobody wrote its end while it lived */
	FQ_RUN_RUNNING, /* its process lives */
	FQ_RUN_UNKNOWN, /* it began on another host, and no end is known */
};

struct fq_past_run {
	enum fq_run_end end;
	uint32_t seq;             /* of its record: what is younger is of it */
	int64_t began_s, ended_s; /* ended_s 0: not known */
	int64_t pid;
	int status;                      /* ENDED */
	struct fq_journal_totals totals; /* of ENDED as it told; else done and failed as far as it came */
	const char *id, *host, *command; /* in the arena */
};

/* Takes in one event after the other, from the first of the journal on; true: a run began. */
struct fq_past {
	struct fq_past_run *runs;
	size_t count, cap;
};
bool fq_past_add(struct fq_past *past, struct fq_arena *arena, const struct fq_journal_event *event);
/* After the last event: finds out what became of a last run without an end. */
void fq_past_settle(struct fq_past *past, const struct fq_journal *journal);
void fq_past_finish(struct fq_past *past);

/* "done", "failed", "stopped (Interrupt)", "was killed", "running", ... */
void fq_past_add_end(const struct fq_past_run *run, struct fq_buf *buf);
enum fq_tint fq_past_tint(const struct fq_past_run *run);
/* "2 done, 1 failed"; nothing where all is 0. */
void fq_past_add_totals(const struct fq_past_run *run, struct fq_buf *buf);
/* How long it took, or takes by now; whole seconds are known. */
void fq_past_add_took(const struct fq_past_run *run, struct fq_buf *buf);
json_t *fq_past_json(const struct fq_past_run *run);

#endif
