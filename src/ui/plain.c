#include "internal.h"

static void begin(struct fq_observer *observer, const struct fq_run *run)
{
	(void)observer;
	(void)run;
}

static void add_count(struct fq_ui *ui, const struct fq_run *run)
{
	uint32_t wanted = fq_run_wanted(run);
	int width = 1;
	for (uint32_t rest = wanted; rest >= 10; rest /= 10) {
		width++;
	}
	fq_buf_addf(&ui->text, "[%*u/%u] ", width, fq_ui_ended(run), wanted);
}

static void moved(struct fq_observer *observer, const struct fq_run *run, uint32_t job, enum fq_state from,
        const struct fq_failure *failure)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	enum fq_state to = (enum fq_state)run->states[job];
	(void)from;
	if (to == FQ_STATE_FAILED) {
		add_count(ui, run);
		fq_ui_add_failure(ui, run, failure);
		fq_ui_add_log(ui, failure->log, SIZE_MAX);
		fq_ui_flush(ui, ui->options.err);
		return;
	}
	if (ui->options.quiet) {
		return;
	}
	if (failure) {
		fq_ui_add_retry(ui, run, failure);
		fq_ui_flush(ui, ui->options.err);
		return;
	}
	if (to == FQ_STATE_QUEUED && ui->options.explain) {
		fq_ui_add_job(ui, run, job);
		fq_buf_puts(&ui->text, " will run\n");
		fq_ui_add_why(ui, run);
	} else if (to == FQ_STATE_RUNNING && ui->options.verbose) {
		fq_ui_add_start(ui, run, job);
	} else if (to == FQ_STATE_OFF && ui->options.verbose) {
		fq_ui_add_left_out(ui, run, job);
	} else if (to == FQ_STATE_DONE) {
		add_count(ui, run);
		fq_ui_add_job(ui, run, job);
		fq_buf_putc(&ui->text, '\n');
	}
	if (ui->text.len) {
		fq_ui_flush(ui, ui->options.out);
	}
}

static void remark(struct fq_observer *observer, const struct fq_run *run, struct fq_where where,
        const char *text, const char *hint)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	(void)run;
	if (!ui->options.quiet) {
		fq_ui_add_remark(ui, where, text, hint);
		fq_ui_flush(ui, ui->options.err);
	}
}

static void stopping(struct fq_observer *observer, const struct fq_run *run, int number)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	fq_buf_addf(&ui->text, "fqrun: signal %d: ", number);
	fq_ui_add_stopping(ui, run);
	fq_buf_putc(&ui->text, '\n');
	fq_ui_flush(ui, ui->options.err);
}

static void end(struct fq_observer *observer, const struct fq_run *run)
{
	fq_ui_summary((struct fq_ui *)observer, run);
}

void fq_ui_set_plain(struct fq_ui *ui)
{
	ui->base = (struct fq_observer){
	        .begin = begin, .moved = moved, .remark = remark, .stopping = stopping, .end = end};
}
