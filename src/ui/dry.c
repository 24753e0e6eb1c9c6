#include "internal.h"

static void begin(struct fq_observer *observer, const struct fq_run *run)
{
	(void)observer;
	(void)run;
}

enum { FLUSH_BYTES = 1 << 16 };

static void moved(struct fq_observer *observer, const struct fq_run *run, uint32_t job, enum fq_state from,
        const struct fq_failure *failure)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	(void)from;
	(void)failure;
	if (run->states[job] != FQ_STATE_QUEUED) {
		return;
	}
	struct fq_buf command = {0};
	fq_plan_show_command(run->plan, job, &command);
	struct fq_text text = fq_text_trim((struct fq_text){command.at, command.len});
	fq_buf_puts(&ui->text, "# ");
	fq_ui_add_job(ui, run, job);
	fq_buf_putc(&ui->text, '\n');
	fq_ui_add_why(ui, run);
	fq_ui_add_indented(ui, text, "");
	fq_buf_finish(&command);
	if (ui->text.len > FLUSH_BYTES) {
		fq_ui_flush(ui, ui->options.out);
	}
}

static void remark(struct fq_observer *observer, const struct fq_run *run, struct fq_where where,
        const char *text, const char *hint)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	(void)run;
	fq_ui_flush(ui, ui->options.out);
	if (!ui->options.quiet) {
		fq_ui_add_remark(ui, where, text, hint);
		fq_ui_flush(ui, ui->options.err);
	}
}

static void end(struct fq_observer *observer, const struct fq_run *run)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	uint32_t would_run = run->counts[FQ_STATE_DONE], fresh = run->counts[FQ_STATE_FRESH];
	fq_buf_addf(&ui->text, "# %u %s would run, %u up to date", would_run, would_run == 1 ? "job" : "jobs",
	        fresh);
	if (run->counts[FQ_STATE_OFF]) {
		fq_buf_addf(&ui->text, ", %u left out", run->counts[FQ_STATE_OFF]);
	}
	fq_buf_putc(&ui->text, '\n');
	fq_ui_flush(ui, ui->options.out);
	fq_ui_add_fault(ui, run);
	fq_ui_flush(ui, ui->options.err);
}

void fq_ui_set_dry(struct fq_ui *ui)
{
	ui->base = (struct fq_observer){.begin = begin, .moved = moved, .remark = remark, .end = end};
}
