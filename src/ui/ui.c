#include "internal.h"

#include <errno.h>
#include <string.h>

/* A whole character that steers a terminal: also U+0080 to U+009F, as xterm has them. */
static bool is_control(const char *at)
{
	unsigned char c = (unsigned char)at[0];
	return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)at[1] < 0xa0);
}

/* How many bytes at the start are what they seem: nearly always all of them. */
static size_t plain_length(const char *at, size_t len)
{
	size_t plain = 0;
	while (plain < len && at[plain] >= 0x20 && at[plain] < 0x7f) {
		plain++;
	}
	return plain;
}

void fq_ui_add_shown(struct fq_buf *buf, struct fq_text text)
{
	for (size_t at = 0; at < text.len;) {
		size_t plain = plain_length(text.at + at, text.len - at);
		fq_buf_add(buf, text.at + at, plain);
		at += plain;
		if (at == text.len) {
			return;
		}
		size_t len = fq_utf8_measure(text.at + at, text.len - at);
		if (len && !is_control(text.at + at)) {
			fq_buf_add(buf, text.at + at, len);
			at += len;
			continue;
		}
		for (size_t end = at + (len ? len : 1); at < end; at++) {
			fq_buf_addf(buf, "\\x%02x", (unsigned char)text.at[at]);
		}
	}
}

void fq_ui_add_line(struct fq_ui *ui, struct fq_text line)
{
	while (line.len) {
		const char *tab = memchr(line.at, '\t', line.len);
		size_t len = tab ? (size_t)(tab - line.at) : line.len;
		fq_ui_add_shown(&ui->text, (struct fq_text){line.at, len});
		fq_buf_puts(&ui->text, tab ? "\t" : "");
		len += tab != NULL;
		line = (struct fq_text){line.at + len, line.len - len};
	}
	fq_buf_putc(&ui->text, '\n');
}

void fq_ui_add_color(struct fq_ui *ui, enum fq_ui_color color, const char *text)
{
	static const char *const codes[] = {"31", "32", "33", "1"};
	if (ui->options.color) {
		fq_buf_addf(&ui->text, "\033[%sm%s\033[0m", codes[color], text);
	} else {
		fq_buf_puts(&ui->text, text);
	}
}

void fq_ui_add_job(struct fq_ui *ui, const struct fq_run *run, uint32_t job)
{
	struct fq_buf name = {0};
	fq_plan_add_name(run->plan, job, &name);
	fq_ui_add_shown(&ui->text, (struct fq_text){name.at, name.len});
	fq_buf_finish(&name);
}

/* Past stdio where it is a file, so that a reader who does not read cannot hold up
 * the run. What fails goes the usual way: stdio remembers it for the exit status. */
void fq_ui_flush(struct fq_ui *ui, FILE *to)
{
	int fd = fileno(to);
	bool is_done = fd >= 0 && (fq_run_write(fd, ui->text.at, ui->text.len) || errno == EINTR);
	if (!is_done && ui->text.len) {
		fwrite(ui->text.at, 1, ui->text.len, to);
		fflush(to);
	}
	ui->text.len = 0;
}

struct fq_observer *fq_ui_create(const struct fq_ui_options *options)
{
	struct fq_ui *ui = fq_zeroed(1, sizeof(*ui));
	ui->options = *options;
	switch (options->kind) {
	case FQ_UI_LIVE:
		fq_ui_set_live(ui);
		break;
	case FQ_UI_PLAIN:
		fq_ui_set_plain(ui);
		break;
	case FQ_UI_DRY:
		fq_ui_set_dry(ui);
		break;
	}
	return &ui->base;
}

void fq_ui_destroy(struct fq_observer *observer)
{
	struct fq_ui *ui = (struct fq_ui *)observer;
	if (ui) {
		fq_buf_finish(&ui->text);
		fq_release(ui);
	}
}
