/* ui: shows a run. Each kind implements the observer of `run`; none knows how
 * jobs are chosen.
 *
 * live   a terminal: one line that is kept up to date, failures above it
 * plain  a file or a pipe: a line for each job that ended, no escape codes
 * dry    `-n`: the commands that would run, and with `explain` why
 *
 * What a sample is called never reaches the terminal as control bytes. */
#ifndef FQRUN_UI_H
#define FQRUN_UI_H

#include "fqrun/run.h"

#include <stdio.h>

enum fq_ui_kind { FQ_UI_LIVE, FQ_UI_PLAIN, FQ_UI_DRY };

struct fq_ui_options {
	enum fq_ui_kind kind;
	FILE *out, *err; /* what happens; what went wrong */
	bool color;
	bool quiet;   /* errors only */
	bool verbose; /* also what starts, with its command */
	bool explain; /* why each job runs */
};

struct fq_observer *fq_ui_create(const struct fq_ui_options *options);
void fq_ui_destroy(struct fq_observer *observer);

/* For people: control bytes appear as \xNN. */
void fq_ui_add_shown(struct fq_buf *buf, struct fq_text text);

#endif
