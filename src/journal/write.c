/* Writes records: one write(2) each, behind all that is there. */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fq_buf *begin_record(struct fq_journal *journal, const char *type)
{
	struct fq_buf *line = &journal->line;
	line->len = 0;
	fq_buf_puts(line, "00000000\t");
	fq_buf_add_number(line, (int64_t)journal->seq + 1);
	fq_buf_putc(line, '\t');
	fq_buf_puts(line, type);
	return line;
}

static void add_field(struct fq_buf *line, struct fq_text field)
{
	fq_buf_putc(line, '\t');
	fq_buf_add_escaped(line, field);
}

static void add_number(struct fq_buf *line, int64_t number)
{
	fq_buf_putc(line, '\t');
	fq_buf_add_number(line, number);
}

/* What a full disk left of a record would spoil the next one: jobs that still run end later. */
static void cut_back(struct fq_journal *journal, off_t end)
{
	struct stat file;
	if (end >= 0 && fstat(journal->fd, &file) == 0 && file.st_size > end) {
		fq_journal_unreserve(journal);
		if (ftruncate(journal->fd, end) != 0) {
			return; /* the loader skips it */
		}
	}
}

/* Half a line of somebody else's, or of ours on a full disk, must not spoil this one. */
static void begin_line(struct fq_journal *journal, off_t end)
{
	struct fq_buf *line = &journal->line;
	char last = '\n';
	if (end > 0 && pread(journal->fd, &last, 1, end - 1) == 1 && last != '\n') {
		fq_buf_room(line, 1);
		memmove(line->at + 1, line->at, line->len++);
		line->at[0] = '\n';
	}
}

static bool write_record(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf *line = &journal->line;
	if (!fq_journal_is_sound(journal, err)) {
		return false;
	}
	fq_journal_set_check(line->at, line->len);
	fq_buf_putc(line, '\n');
	off_t end = lseek(journal->fd, 0, SEEK_END);
	if (end != journal->care.written_end) {
		begin_line(journal, end);
	}
	if (end < 0 || !fq_file_write_all(journal->fd, line->at, line->len)) {
		fq_journal_fail_disk(journal, err, "cannot write");
		cut_back(journal, end);
		return false;
	}
	journal->care.written_end = end + (off_t)line->len;
	journal->seq++;
	fq_journal_note_written(journal);
	return true;
}

bool fq_journal_run(struct fq_journal *journal, const char *run, const char *tmp, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "run");
	add_field(line, fq_text(run));
	add_number(line, fq_clock_wall_s());
	add_number(line, (int64_t)getpid());
	add_field(line, fq_text(tmp));
	char boot[64];
	fq_boot_id(boot);
	add_field(line, fq_text(boot));
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	add_field(line, fq_text(host));
	add_field(line, fq_text(journal->options.command ? journal->options.command : ""));
	return write_record(journal, err);
}

bool fq_journal_end(struct fq_journal *journal, const char *run, int status,
        const struct fq_journal_totals *totals, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "end");
	add_field(line, fq_text(run));
	add_number(line, status);
	add_number(line, fq_clock_wall_s());
	if (totals) {
		add_number(line, totals->done);
		add_number(line, totals->failed);
		add_number(line, totals->fresh);
		add_number(line, totals->other);
	}
	return write_record(journal, err) && fq_journal_flush(journal, err);
}

bool fq_journal_job(struct fq_journal *journal, struct fq_process process, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "job");
	add_number(line, process.pid);
	add_number(line, process.started_ticks);
	return write_record(journal, err);
}

bool fq_journal_told(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "bad");
	add_number(line, (int64_t)journal->bad_records);
	return write_record(journal, err);
}

bool fq_journal_belong(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "of");
	add_field(line, fq_text(journal->options.identity));
	return write_record(journal, err);
}

bool fq_journal_keep_text(
        struct fq_journal *journal, struct fq_text text, char *ret_digest, struct fq_error *err)
{
	fq_digest(text.at, text.len, ret_digest);
	if (fq_journal_text(journal, ret_digest)) {
		return true;
	}
	struct fq_buf *line = begin_record(journal, "text");
	add_field(line, fq_text(ret_digest));
	add_field(line, text);
	return write_record(journal, err);
}

/* Items are escaped already. */
static void add_items(struct fq_buf *line, struct fq_text items)
{
	if (items.len) {
		fq_buf_putc(line, '\t');
		fq_buf_add_text(line, items);
	}
}

bool fq_journal_begin(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        struct fq_text items, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "begin");
	add_field(line, task);
	add_field(line, unit);
	add_items(line, items);
	return write_record(journal, err);
}

bool fq_journal_done(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        const struct fq_record *record, struct fq_error *err)
{
	static const char *const types[] = {"done", "kept", "good"};
	struct fq_buf *line = begin_record(journal, types[record->how]);
	add_field(line, task);
	add_field(line, unit);
	fq_buf_putc(line, '\t');
	fq_journal_add_usage(line, &record->usage);
	if (record->since) {
		fq_buf_puts(line, "\ts");
		add_number(line, record->since);
	}
	add_items(line, record->items);
	return write_record(journal, err) &&
	       (journal->options.sync != FQ_SYNC_FULL || fq_journal_flush(journal, err));
}

bool fq_journal_fail(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        const struct fq_record *record, struct fq_text cause, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "fail");
	add_field(line, task);
	add_field(line, unit);
	fq_buf_putc(line, '\t');
	fq_journal_add_usage(line, &record->usage);
	add_field(line, cause);
	add_items(line, record->items);
	return write_record(journal, err);
}

bool fq_journal_forget(
        struct fq_journal *journal, struct fq_text task, struct fq_text unit, struct fq_error *err)
{
	return fq_journal_forget_but(journal, task, unit, (struct fq_text){0}, err);
}

bool fq_journal_forget_but(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        struct fq_text items, struct fq_error *err)
{
	struct fq_buf *line = begin_record(journal, "forget");
	add_field(line, task);
	add_field(line, unit);
	add_items(line, items);
	/* Once more, so that no damaged byte hides whose it is: nothing else tells of it. */
	add_field(line, fq_text(""));
	add_field(line, task);
	add_field(line, unit);
	return write_record(journal, err);
}
