/* `fqrun export`: a job as one line of shell. */
#ifndef FQRUN_CLI_EXPORT_H
#define FQRUN_CLI_EXPORT_H

#include "session.h"

/* A line for any POSIX sh that does what the job does, folders first. Needs bash where
 * the task does. */
void fq_export_add_line(struct fq_session *s, uint32_t job, struct fq_buf *buf);
/* One word of POSIX shell without an end of line in it. */
void fq_export_add_word(struct fq_buf *buf, struct fq_text text);
/* What of a task the line does not do, in words; one after the other, each on a line. */
void fq_export_add_losses(const struct fq_session *s, const struct fq_task *task, struct fq_buf *buf);
/* Whether a job can be exported at all: no value that another reports stands in it. */
bool fq_export_is_possible(const struct fq_task *task);

#endif
