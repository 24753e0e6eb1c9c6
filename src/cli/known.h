/* What the journal knows of jobs that are named on the command line. */
#ifndef FQRUN_CLI_KNOWN_H
#define FQRUN_CLI_KNOWN_H

#include "session.h"

/* The last success of each wanted job, also one that a failure came after; as far back as
 * the journal goes. */
struct fq_known {
	struct fq_session *s;
	struct fq_map places_by_name;
	size_t *places; /* by job: where its record is among the events, + 1; 0: its last one is it */
	struct fq_buf items;
};
void fq_known_begin(struct fq_known *ret, struct fq_session *s);
/* False: it never succeeded. Its items hold until the next call. */
bool fq_known_success(struct fq_known *known, uint32_t job, struct fq_record *ret);
void fq_known_finish(struct fq_known *known);

/* Appends TASK \t UNIT, as the journal writes it. */
void fq_known_add_key(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf);
/* The last record of a job. */
struct fq_record fq_known_record(struct fq_session *s, uint32_t job);

/* Whether a command that needs a TARGET got one; else says so. */
bool fq_known_has_target(struct fq_session *s);

/* "WORD TASK/UNIT" as a line on standard output, unless we are to be quiet. */
void fq_known_tell(struct fq_session *s, const char *word, uint32_t job);

#endif
