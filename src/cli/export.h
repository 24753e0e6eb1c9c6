/* `fqrun export`: a job as one line of shell. */
#ifndef FQRUN_CLI_EXPORT_H
#define FQRUN_CLI_EXPORT_H

#include "session.h"

/* A line for any POSIX sh that does what the job does, folders first. Needs bash where
 * the task does. */
void fq_export_add_line(struct fq_session *s, uint32_t job, struct fq_buf *buf);
/* One word of POSIX shell without an end of line in it. */
void fq_export_add_word(struct fq_buf *buf, struct fq_text text);
/* What of a task the other tool (n, m or s) does not do, in words; one after the other, each on a line. */
void fq_export_add_losses(const struct fq_task *task, char format, struct fq_buf *buf);
/* Whether a value that another task reports stands in it: then it cannot be exported. */
bool fq_export_reads_values(const struct fq_task *task);

/* --- export_names.c: what the other tool calls a file ------------------------------- */

struct fq_exporter {
	struct fq_session *session;
	char format;    /* n, m or s: ninja, make, sh */
	bool *left_out; /* by rule: it, or one that it waits for, cannot be expressed */
	size_t longest; /* command, in bytes */
	struct fq_buf out;
};

/* Whether the tool has a way to write that name. */
bool fq_export_can_name(const struct fq_exporter *x, struct fq_text name);
void fq_export_add_name(struct fq_exporter *x, struct fq_text path);
/* The outputs that are always there, up to `most`, each behind a blank; how many. */
uint32_t fq_export_add_outputs(struct fq_exporter *x, uint32_t job, uint32_t most);
/* It has no outputs, or folders, or some that the tool cannot name: a file of ours stands for them. */
bool fq_export_needs_mark(const struct fq_exporter *x, uint32_t job);
void fq_export_add_mark(const struct fq_exporter *x, uint32_t job, struct fq_buf *buf);
/* Where the tool sees that a job is done: its outputs or its mark, each behind a blank. */
void fq_export_add_marks(struct fq_exporter *x, uint32_t job, uint32_t most);

#endif
