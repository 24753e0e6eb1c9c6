#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- fields ---------------------------------------------------------------------- */

static bool is_special(char c)
{
	return c == '\t' || c == '\n' || c == '\\';
}

/* Which bytes of a word are that one, in their highest bits; right if there is one or none. */
static uint64_t find_byte(uint64_t word, char byte)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	word ^= ones * (unsigned char)byte;
	return (word - ones) & ~word & (ones << 7);
}

/* Nearly no name holds one of them, and names are short: eight bytes at a time, the last
 * eight once more. */
static bool has_special(struct fq_text text)
{
	uint64_t word, found = 0;
	size_t at = 0;
	if (text.len < sizeof(word)) {
		while (at < text.len && !is_special(text.at[at])) {
			at++;
		}
		return at < text.len;
	}
	for (; at < text.len && !found; at += sizeof(word)) {
		size_t from = at < text.len - sizeof(word) ? at : text.len - sizeof(word);
		memcpy(&word, text.at + from, sizeof(word));
		found = find_byte(word, '\t') | find_byte(word, '\n') | find_byte(word, '\\');
	}
	return found != 0;
}

void fq_buf_add_escaped(struct fq_buf *buf, struct fq_text text)
{
	size_t from = 0;
	if (!has_special(text)) {
		fq_buf_add_text(buf, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (is_special(c)) {
			fq_buf_add(buf, text.at + from, i - from);
			fq_buf_putc(buf, '\\');
			fq_buf_putc(buf, c == '\t' ? 't' : c == '\n' ? 'n' : '\\');
			from = i + 1;
		}
	}
	fq_buf_add(buf, text.at + from, text.len - from);
}

void fq_buf_add_unescaped(struct fq_buf *buf, struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\\' && i + 1 < text.len) {
			c = text.at[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		fq_buf_putc(buf, c);
	}
}

void fq_items_add(struct fq_buf *items, char kind, struct fq_text name, struct fq_text value)
{
	if (items->len) {
		fq_buf_putc(items, '\t');
	}
	fq_buf_putc(items, kind);
	fq_buf_add_escaped(items, name);
	fq_buf_putc(items, '\t');
	fq_buf_add_escaped(items, value);
}

bool fq_items_next(struct fq_text *items, struct fq_item *ret)
{
	struct fq_text all = *items;
	const char *tab = all.len ? memchr(all.at, '\t', all.len) : NULL;
	*items = (struct fq_text){0};
	if (!tab || tab == all.at) {
		return false;
	}
	const char *end = all.at + all.len;
	const char *value = tab + 1, *next = memchr(value, '\t', (size_t)(end - value));
	ret->kind = all.at[0];
	ret->name = (struct fq_text){all.at + 1, (size_t)(tab - all.at) - 1};
	ret->value = (struct fq_text){value, (size_t)((next ? next : end) - value)};
	if (next) {
		*items = (struct fq_text){next + 1, (size_t)(end - next) - 1};
	}
	return true;
}

/* --- opening --------------------------------------------------------------------- */

static bool open_file(struct fq_journal *journal, enum fq_journal_mode mode, struct fq_error *err)
{
	int how = mode == FQ_JOURNAL_WRITE ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY;
	journal->fd = open(journal->path, how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (journal->fd >= 0 || (mode == FQ_JOURNAL_READ && errno == ENOENT)) {
		return true;
	}
	return fq_fail_errno(err, "cannot open %s", journal->path);
}

static bool repair(struct fq_journal *journal, struct fq_error *err)
{
	if (!fq_journal_cut_tail(journal, journal->map_len, err)) {
		return false;
	}
	if (journal->map_len == 0 &&
	        !fq_file_write_all(journal->fd, FQ_JOURNAL_HEADER, strlen(FQ_JOURNAL_HEADER))) {
		return fq_fail_errno(err, "cannot write %s", journal->path);
	}
	return true;
}

/* All that the file says; it was not looked at before. */
static bool load(struct fq_journal *journal, enum fq_journal_mode mode, struct fq_error *err)
{
	if (!open_file(journal, mode, err)) {
		return false;
	}
	return journal->fd < 0 ||
	       (fq_journal_load(journal, err) && (mode == FQ_JOURNAL_READ || repair(journal, err)));
}

static void forget(struct fq_journal *journal)
{
	fq_journal_unload(journal);
	close(journal->fd);
	journal->fd = -1;
}

/* One that was made before journals said so, or just now. */
static bool tell_identity(struct fq_journal *journal, struct fq_error *err)
{
	return journal->identity.at || !journal->options.identity || fq_journal_belong(journal, err);
}

bool fq_journal_open(struct fq_journal *ret, const char *folder, const struct fq_journal_options *options,
        struct fq_error *err)
{
	enum fq_journal_mode mode = options->mode;
	*ret = (struct fq_journal){.fd = -1, .lock_fd = -1, .options = *options};
	ret->folder = fq_arena_copy(&ret->arena, folder, strlen(folder));
	ret->path = fq_arena_format(&ret->arena, "%s/journal", folder);
	if (mode == FQ_JOURNAL_WRITE && (!fq_folder_make(folder, err) || !fq_journal_lock(ret, err))) {
		return false;
	}
	if (!load(ret, mode, err)) {
		return false;
	}
	/* Damage is told of before it is gone. */
	if (mode == FQ_JOURNAL_WRITE && ret->bad_records <= ret->told_records &&
	        fq_journal_is_mostly_dead(ret) && fq_journal_compact(ret)) {
		forget(ret);
		if (!load(ret, mode, err)) {
			return false;
		}
	}
	return mode == FQ_JOURNAL_READ || tell_identity(ret, err);
}

void fq_journal_close(struct fq_journal *journal)
{
	fq_journal_unload(journal);
	if (journal->fd > 0) {
		close(journal->fd);
	}
	if (journal->lock_fd > 0) {
		close(journal->lock_fd);
	}
	fq_buf_finish(&journal->line);
	fq_arena_finish(&journal->arena);
	*journal = (struct fq_journal){.fd = -1, .lock_fd = -1};
}

/* --- writing ---------------------------------------------------------------------- */

enum { CHECK_ROOM = FQ_JOURNAL_CHECK_LEN + 1 };

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
static void cut_back(const struct fq_journal *journal, off_t end)
{
	if (end >= 0 && ftruncate(journal->fd, end) != 0) {
		return; /* the loader skips it, and the next */
	}
}

static bool write_record(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf *line = &journal->line;
	char check[FQ_JOURNAL_CHECK_LEN + 1];
	snprintf(check, sizeof(check), "%08x",
	        fq_journal_check(line->at + CHECK_ROOM, line->len - CHECK_ROOM));
	memcpy(line->at, check, FQ_JOURNAL_CHECK_LEN);
	fq_buf_putc(line, '\n');
	off_t end = lseek(journal->fd, 0, SEEK_END);
	if (end < 0 || !fq_file_write_all(journal->fd, line->at, line->len)) {
		fq_fail_errno(err, "cannot write %s", journal->path);
		cut_back(journal, end);
		return false;
	}
	journal->seq++;
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
	return write_record(journal, err);
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
	return write_record(journal, err);
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

bool fq_journal_reserve(struct fq_journal *journal, size_t bytes, struct fq_error *err)
{
	(void)journal, (void)bytes, (void)err;
	return true;
}

int64_t fq_journal_due_ns(const struct fq_journal *journal)
{
	(void)journal;
	return 0;
}

bool fq_journal_tend(struct fq_journal *journal, struct fq_error *err)
{
	(void)journal, (void)err;
	return true;
}
