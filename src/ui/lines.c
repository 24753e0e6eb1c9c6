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
		fq_buf_puts(&ui->text, "  (when, ");
		fq_ui_add_shown(&ui->text, fq_text(when->where.file));
		fq_buf_addf(&ui->text, ":%u)", when->where.line);
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
	if (failure->ns || failure->attempt > 1) {
		fq_buf_puts(&ui->text, " (");
		fq_buf_add_duration(&ui->text, failure->ns);
		if (failure->attempt > 1) {
			fq_buf_addf(&ui->text, ", attempt %u of %u", failure->attempt,
			        fq_run_attempts(run, failure->job));
		}
		fq_buf_putc(&ui->text, ')');
	}
	fq_buf_putc(&ui->text, '\n');
}

static void add_next_attempt(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	fq_buf_addf(
	        &ui->text, "): attempt %u of %u", failure->attempt + 1, fq_run_attempts(run, failure->job));
	if (failure->retry_ns) {
		fq_buf_puts(&ui->text, " in ");
		fq_buf_add_duration(&ui->text, failure->retry_ns);
	}
	if (failure->retry_memory_bytes) {
		fq_buf_puts(&ui->text, " with memory = ");
		fq_buf_add_size(&ui->text, failure->retry_memory_bytes);
	}
}

void fq_ui_add_retry(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	fq_ui_add_job(ui, run, failure->job);
	fq_buf_puts(&ui->text, failure->is_again ? " runs again: " : " failed (");
	fq_ui_add_shown(&ui->text, fq_text(failure->cause));
	if (!failure->is_again) {
		add_next_attempt(ui, run, failure);
	}
	fq_buf_putc(&ui->text, '\n');
	if (ui->options.verbose) {
		fq_ui_add_log(ui, failure->log, SIZE_MAX);
	}
}

/* In the form of what is said of a manifest. */
static void add_message(
        struct fq_ui *ui, struct fq_where where, const char *kind, const char *text, const char *hint)
{
	fq_ui_add_shown(&ui->text, fq_text(where.file ? where.file : "fqrun"));
	if (where.file && where.line) {
		fq_buf_addf(&ui->text, ":%u", where.line);
	}
	if (where.file && where.line && where.column) {
		fq_buf_addf(&ui->text, ":%u", where.column);
	}
	fq_buf_puts(&ui->text, kind);
	fq_ui_add_shown(&ui->text, fq_text(text));
	fq_buf_putc(&ui->text, '\n');
	if (hint) {
		fq_buf_puts(&ui->text, "  hint: ");
		fq_ui_add_shown(&ui->text, fq_text(hint));
		fq_buf_putc(&ui->text, '\n');
	}
}

void fq_ui_add_remark(struct fq_ui *ui, struct fq_where where, const char *text, const char *hint)
{
	add_message(ui, where, ": warning: ", text, hint);
}

void fq_ui_add_fault(struct fq_ui *ui, const struct fq_run *run)
{
	if (run->fault.text) {
		add_message(ui, run->fault.where, ": ", run->fault.text, run->fault.hint);
	}
}

enum { LOG_BYTES_SHOWN = 64 << 10 };

bool fq_ui_read_end(
        const char *path, size_t most, struct fq_buf *ret, int64_t *ret_hidden, struct fq_error *err)
{
	if (!fq_file_read_end(path, most, ret, ret_hidden, err)) {
		return false;
	}
	/* Not a line's second half, and not a character's. */
	const char *newline = *ret_hidden ? memchr(ret->at, '\n', ret->len) : NULL;
	size_t skipped = newline ? (size_t)(newline - ret->at) + 1 : 0;
	if (skipped < ret->len) {
		*ret_hidden += (int64_t)skipped;
		ret->len -= skipped;
		memmove(ret->at, ret->at + skipped, ret->len);
	}
	return true;
}

size_t fq_ui_tail(struct fq_text log, size_t most_lines)
{
	size_t at = log.len, lines = 0;
	if (at && log.at[at - 1] == '\n') {
		at--;
	}
	while (at > 0 && (log.at[at - 1] != '\n' || ++lines < most_lines)) {
		at--;
	}
	return at;
}

void fq_ui_add_log(struct fq_ui *ui, const char *path, size_t most_lines)
{
	struct fq_buf log = {0};
	struct fq_error err = {0};
	int64_t hidden = 0;
	if (path && fq_ui_read_end(path, LOG_BYTES_SHOWN, &log, &hidden, &err)) {
		size_t start = fq_ui_tail((struct fq_text){log.at, log.len}, most_lines);
		hidden += (int64_t)start;
		while (!hidden && start < log.len && log.at[start] == '\n') {
			start++;
		}
		if (hidden) {
			fq_buf_addf(&ui->text, "    | (%lld bytes before this are in ", (long long)hidden);
			fq_ui_add_shown(&ui->text, fq_text(path));
			fq_buf_puts(&ui->text, ")\n");
		}
		fq_ui_add_indented(ui, (struct fq_text){log.at + start, log.len - start}, "    | ");
	} else if (path) {
		fq_buf_puts(&ui->text, "    | (");
		fq_ui_add_shown(&ui->text, fq_text(err.text ? err.text : "no log"));
		fq_buf_puts(&ui->text, ")\n");
	}
	fq_error_finish(&err);
	fq_buf_finish(&log);
}

uint32_t fq_ui_ended(const struct fq_run *run)
{
	return fq_run_settled(run) - run->counts[FQ_STATE_CANCELLED];
}

void fq_ui_add_stopping(struct fq_ui *ui, const struct fq_run *run)
{
	uint32_t running = run->counts[FQ_STATE_RUNNING];
	fq_buf_puts(&ui->text, ui->is_stopping ? "killing" : "stopping");
	if (running) {
		fq_buf_addf(&ui->text, " %u %s", running, running == 1 ? "job" : "jobs");
	}
	ui->is_stopping = true;
}
