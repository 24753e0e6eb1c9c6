/* What has become of each job, and what a run would make of it: as `-n` finds it, and in
 * the journal's last word. For the commands that read the state; they write nothing. */
#ifndef FQRUN_CLI_JUDGE_H
#define FQRUN_CLI_JUDGE_H

#include "past.h"
#include "session.h"

enum fq_standing {
	FQ_STANDING_DONE, /* up to date */
	FQ_STANDING_RUNNING,
	FQ_STANDING_FAILED,
	FQ_STANDING_CUT_OFF,  /* it began and was ended with its run */
	FQ_STANDING_STALE,    /* it succeeded once, and would run again */
	FQ_STANDING_BLOCKED,  /* it never ran, and one before it failed */
	FQ_STANDING_MISSING,  /* it never ran */
	FQ_STANDING_LEFT_OUT, /* by `when` */
	FQ_STANDING_COUNT,
};
extern const char *const fq_standing_names[FQ_STANDING_COUNT];
enum fq_tint fq_standing_tint(enum fq_standing standing);

struct fq_judge {
	struct fq_session *s;
	struct fq_executor *executor;
	bool *named;        /* by job: a TARGET names it; NULL: all are meant */
	uint8_t *standings; /* by job: enum fq_standing, if it or one behind it is meant */
	struct fq_past past;
	const struct fq_past_run *last; /* NULL: there was none */
};

/* Reads manifest and journal and judges what the targets name. 0, or the exit status, with
 * all said that there is to say. Finish it either way. */
int fq_judge_begin(struct fq_judge *ret, struct fq_session *s);
void fq_judge_finish(struct fq_judge *judge);

bool fq_judge_is_meant(const struct fq_judge *judge, uint32_t job);
/* A line for each reason why it is not up to date, as --explain has them; indented ones
 * belong to the one above. */
void fq_judge_add_why(const struct fq_judge *judge, uint32_t job, struct fq_buf *why);
/* How many jobs that it waits for are not done; the first of them. */
size_t fq_judge_waits(const struct fq_judge *judge, uint32_t job, uint32_t *ret, size_t most);
/* The path of its log, which need not be there. */
void fq_judge_add_log(const struct fq_judge *judge, uint32_t job, struct fq_buf *buf);
/* An object: job, task, sample, state, when, reasons, outputs, log. */
json_t *fq_judge_json(const struct fq_judge *judge, uint32_t job);

#endif
