#include "internal.h"

#include <sys/ioctl.h>

/* A log of thousands of lines would push all else off the screen. */
enum { FRAME_NS = 100000000, WIDTH_UNKNOWN = 80, LOG_LINES_SHOWN = 40 };

static size_t terminal_width(const struct fq_ui *ui)
{
	struct winsize size;
	return ioctl(fileno(ui->options.out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
	                                                                             : WIDTH_UNKNOWN;
}

static void wipe(struct fq_ui *ui)
{
	if (ui->drawn_ns) {
		fq_buf_puts(&ui->text, "\r\033[K");
		ui->drawn_ns = 0;
	}
}

static void add_part(struct fq_buf *line, uint32_t count, const char *word)
{
	if (count) {
		fq_buf_addf(line, "  %u %s", count, word);
	}
}

/* Cut to the terminal's width, never inside a character of several bytes. One of
 * three bytes or more counts as two columns, as those of East Asia are. */
static void add_cut(struct fq_buf *to, struct fq_text line, size_t width)
{
	size_t columns = 0, at = 0;
	while (at < line.len) {
		size_t next = at + 1;
		while (next < line.len && ((unsigned char)line.at[next] & 0xc0) == 0x80) {
			next++;
		}
		columns += next - at > 2 ? 2 : 1;
		if (columns >= width) {
			break;
		}
		fq_buf_add(to, line.at + at, next - at);
		at = next;
	}
}

/* What runs, with the percentage that the tool tells. */
static void add_running(struct fq_buf *line, const struct fq_run *run)
{
	enum { SHOWN = 20 };
	struct fq_buf name = {0};
	for (uint32_t i = 0, shown = 0; i < run->slot_count && shown < SHOWN; i++) {
		const struct fq_slot *slot = &run->slots[i];
		if (slot->job == UINT32_MAX) {
			continue;
		}
		shown++;
		name.len = 0;
		fq_plan_add_name(run->plan, slot->job, &name);
		fq_buf_puts(line, "  ");
		fq_ui_add_shown(line, (struct fq_text){name.at, name.len});
		if (slot->percent >= 0) {
			fq_buf_addf(line, " %.0f%%", slot->percent);
		}
	}
	fq_buf_finish(&name);
}

static void draw(struct fq_ui *ui, const struct fq_run *run)
{
	struct fq_buf line = {0};
	uint32_t retrying = ui->is_stopping ? 0 : fq_run_retrying(run);
	fq_buf_addf(&line, "[%u/%u]", fq_ui_ended(run), fq_run_wanted(run));
	add_part(&line, run->counts[FQ_STATE_RUNNING], ui->is_stopping ? "stopping" : "running");
	add_part(&line, retrying, "to retry");
	add_part(&line, run->retried_count > retrying ? run->retried_count - retrying : 0, "retried");
	add_part(&line, run->counts[FQ_STATE_FAILED], "failed");
	fq_buf_puts(&line, "  ");
	fq_buf_add_duration(&line, fq_clock_ns() - run->started_ns);
	add_running(&line, run);
	fq_buf_puts(&ui->text, "\r");
	add_cut(&ui->text, (struct fq_text){line.at, line.len}, terminal_width(ui));
	fq_buf_puts(&ui->text, "\033[K");
	fq_buf_finish(&line);
	ui->drawn_ns = fq_clock_ns();
	fq_ui_flush(ui, ui->options.out);
}

static void begin(struct fq_observer *observer, const struct fq_run *run)
{
	(void)observer;
	(void)run;
}

/* So that what follows on the other stream stands above the line. */
static void make_way(struct fq_ui *ui)
{
	wipe(ui);
	fq_ui_flush(ui, ui->options.out);
}

static void show_retry(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	make_way(ui);
	fq_ui_add_retry(ui, run, failure);
	fq_ui_flush(ui, ui->options.err);
}

static void show_failure(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	make_way(ui);
	fq_ui_add_failure(ui, run, failure);
	fq_ui_add_log(ui, failure->log, ui->options.verbose ? SIZE_MAX : LOG_LINES_SHOWN);
	fq_ui_flush(ui, ui->options.err);
}

static void moved(struct fq_observer *observer, const struct fq_run *run, uint32_t job, enum fq_state from,
        const struct fq_failure *failure)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	enum fq_state to = (enum fq_state)run->states[job];
	(void)from;
	if (to == FQ_STATE_FAILED) {
		show_failure(ui, run, failure);
	} else if (failure) {
		show_retry(ui, run, failure);
	} else if (to == FQ_STATE_QUEUED && ui->options.explain) {
		wipe(ui);
		fq_ui_add_job(ui, run, job);
		fq_buf_puts(&ui->text, " will run\n");
		fq_ui_add_why(ui, run);
		fq_ui_flush(ui, ui->options.out);
	} else if (to == FQ_STATE_OFF && ui->options.verbose) {
		wipe(ui);
		fq_ui_add_left_out(ui, run, job);
		fq_ui_flush(ui, ui->options.out);
	} else if (to == FQ_STATE_DONE && ui->options.verbose) {
		wipe(ui);
		fq_buf_puts(&ui->text, "done  ");
		fq_ui_add_job(ui, run, job);
		fq_buf_putc(&ui->text, '\n');
		fq_ui_flush(ui, ui->options.out);
	} else if (to == FQ_STATE_RUNNING) {
		if (ui->options.verbose) {
			wipe(ui);
			fq_ui_add_start(ui, run, job);
			fq_ui_flush(ui, ui->options.out);
		}
	}
}

static void tick(struct fq_observer *observer, const struct fq_run *run)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	if (fq_clock_ns() - ui->drawn_ns >= FRAME_NS) {
		draw(ui, run);
	}
}

static void remark(struct fq_observer *observer, const struct fq_run *run, struct fq_where where,
        const char *text, const char *hint)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	(void)run;
	if (!ui->options.quiet) {
		make_way(ui);
		fq_ui_add_remark(ui, where, text, hint);
		fq_ui_flush(ui, ui->options.err);
	}
}

static void stopping(struct fq_observer *observer, const struct fq_run *run, int number)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	bool may_kill = !ui->is_stopping && run->counts[FQ_STATE_RUNNING];
	(void)number;
	wipe(ui);
	fq_ui_add_stopping(ui, run);
	fq_buf_puts(&ui->text, may_kill ? ", once more to kill\n" : "\n");
	fq_ui_flush(ui, ui->options.out);
}

static void end(struct fq_observer *observer, const struct fq_run *run)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	wipe(ui);
	fq_ui_flush(ui, ui->options.out);
	fq_ui_summary(ui, run);
}

void fq_ui_set_live(struct fq_ui *ui)
{
	ui->base = (struct fq_observer){.begin = begin,
	        .moved = moved,
	        .tick = tick,
	        .remark = remark,
	        .stopping = stopping,
	        .end = end,
	        .tick_ns = FRAME_NS};
}
