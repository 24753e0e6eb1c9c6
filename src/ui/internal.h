/* Inside the ui room. */
#ifndef FQRUN_UI_INTERNAL_H
#define FQRUN_UI_INTERNAL_H

#include "fqrun/ui.h"

struct fq_ui {
	struct fq_observer base;
	struct fq_ui_options options;
	struct fq_buf text; /* being put together */
	int64_t drawn_ns;   /* live: when the line was last drawn; 0: it is not there */
	bool is_stopping;   /* we were told to stop once */
};

/* One of these is an observer's set of functions. */
void fq_ui_set_live(struct fq_ui *ui);
void fq_ui_set_plain(struct fq_ui *ui);
void fq_ui_set_dry(struct fq_ui *ui);

enum fq_ui_color { FQ_UI_RED, FQ_UI_GREEN, FQ_UI_YELLOW, FQ_UI_BOLD };
void fq_ui_add_color(struct fq_ui *ui, enum fq_ui_color color, const char *text);
void fq_ui_add_line(struct fq_ui *ui, struct fq_text line); /* of a log or command: its tabs stay */
void fq_ui_add_job(struct fq_ui *ui, const struct fq_run *run, uint32_t job);
void fq_ui_flush(struct fq_ui *ui, FILE *to); /* writes ui->text and empties it */

/* lines.c: what more than one kind shows */
void fq_ui_add_indented(struct fq_ui *ui, struct fq_text text, const char *indent);
void fq_ui_add_why(struct fq_ui *ui, const struct fq_run *run); /* run->why, indented */
void fq_ui_add_left_out(struct fq_ui *ui, const struct fq_run *run, uint32_t job);
void fq_ui_add_start(struct fq_ui *ui, const struct fq_run *run, uint32_t job);
void fq_ui_add_failure(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure);
/* It failed, and is tried again. */
void fq_ui_add_retry(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure);
void fq_ui_add_fault(struct fq_ui *ui, const struct fq_run *run); /* if the system failed us */
void fq_ui_add_remark(struct fq_ui *ui, struct fq_where where, const char *text, const char *hint);
/* Its end, when it is long: so many lines at most. */
void fq_ui_add_log(struct fq_ui *ui, const char *path, size_t most_lines);
size_t fq_ui_tail(struct fq_text log, size_t most_lines); /* where the last lines of a log begin */

/* The last lines of a file, at most so many bytes; *ret_hidden are before them. */
bool fq_ui_read_end(
        const char *path, size_t most, struct fq_buf *ret, int64_t *ret_hidden, struct fq_error *err);

/* How many came to an end: those that a stop kept from starting did not. */
uint32_t fq_ui_ended(const struct fq_run *run);

/* "stopping 2 jobs", the second time "killing". */
void fq_ui_add_stopping(struct fq_ui *ui, const struct fq_run *run);

/* summary.c */
void fq_ui_summary(struct fq_ui *ui, const struct fq_run *run);

#endif
