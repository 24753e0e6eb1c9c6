#include "internal.h"

#include <string.h>

void fq_ui_add_indented(struct fq_ui *ui, struct fq_text text, const char *indent)
{
	while (text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		struct fq_text line = {text.at, end ? (size_t)(end - text.at) : text.len};
		size_t taken = line.len + (end != NULL);
		fq_buf_puts(&ui->text, indent);
		fq_ui_add_line(ui, line);
		text = (struct fq_text){text.at + taken, text.len - taken};
	}
}

/* A reason begins in the first column; the lines that are indented belong to it. */
void fq_ui_add_why(struct fq_ui *ui, const struct fq_run *run)
{
	struct fq_text rest = {run->why.at, ui->options.explain ? run->why.len : 0};
	while (rest.len) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.at) + 1 : rest.len;
		fq_ui_add_indented(
		        ui, (struct fq_text){rest.at, len}, rest.at[0] == ' ' ? "#     " : "#   because ");
		rest = (struct fq_text){rest.at + len, rest.len - len};
	}
}

void fq_ui_add_left_out(struct fq_ui *ui, const struct fq_run *run, uint32_t job)
{
	const struct fq_condition *when = fq_plan_rule(run->plan, job)->task->when;
	fq_buf_puts(&ui->text, "left out  ");
	fq_ui_add_job(ui, run, job);
	if (when) {
		fq_buf_addf(&ui->text, "  (when, %s:%u)", when->where.file, when->where.line);
	}
	fq_buf_putc(&ui->text, '\n');
}

void fq_ui_add_start(struct fq_ui *ui, const struct fq_run *run, uint32_t job)
{
	struct fq_buf command = {0};
	fq_plan_show_command(run->plan, job, &command);
	fq_buf_puts(&ui->text, "start ");
	fq_ui_add_job(ui, run, job);
	fq_buf_putc(&ui->text, '\n');
	fq_ui_add_indented(ui, fq_text_trim((struct fq_text){command.at, command.len}), "    ");
	fq_buf_finish(&command);
}

void fq_ui_add_failure(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	fq_ui_add_color(ui, FQ_UI_RED, "FAILED");
	fq_buf_putc(&ui->text, ' ');
	fq_ui_add_job(ui, run, failure->job);
	fq_buf_puts(&ui->text, ": ");
	fq_ui_add_shown(&ui->text, fq_text(failure->cause));
	if (failure->ns) {
		fq_buf_puts(&ui->text, " (");
		fq_buf_add_duration(&ui->text, failure->ns);
		fq_buf_putc(&ui->text, ')');
	}
	fq_buf_putc(&ui->text, '\n');
}

enum { LOG_BYTES_SHOWN = 64 << 10, LOG_BYTES_READ = 1 << 30 };

void fq_ui_add_log(struct fq_ui *ui, const char *path)
{
	struct fq_buf log = {0};
	struct fq_error err = {0};
	if (path && fq_file_read(path, LOG_BYTES_READ, &log, &err)) {
		size_t hidden = log.len > LOG_BYTES_SHOWN ? log.len - LOG_BYTES_SHOWN : 0;
		if (hidden) {
			fq_buf_addf(&ui->text, "    | (%zu bytes before this are in %s)\n", hidden, path);
		}
		fq_ui_add_indented(ui, (struct fq_text){log.at + hidden, log.len - hidden}, "    | ");
	} else if (path) {
		fq_buf_addf(&ui->text, "    | (%s)\n", err.text ? err.text : "no log");
	}
	fq_error_finish(&err);
	fq_buf_finish(&log);
}

void fq_ui_add_stopping(struct fq_ui *ui, const struct fq_run *run)
{
	uint32_t running = run->counts[FQ_STATE_RUNNING];
	fq_buf_addf(&ui->text, "%s %u %s", ui->is_stopping ? "killing" : "stopping", running,
	        running == 1 ? "job" : "jobs");
	ui->is_stopping = true;
}
