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
	journal->care.written_end = lseek(journal->fd, 0, SEEK_END);
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
	if (mode == FQ_JOURNAL_WRITE && ret->map_len == 0) {
		fq_journal_sync_new(ret);
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
		fq_journal_flush(journal, NULL);
		fq_journal_unreserve(journal);
		close(journal->fd);
	}
	if (journal->lock_fd > 0) {
		fq_journal_unlock(journal);
	}
	fq_buf_finish(&journal->line);
	fq_arena_finish(&journal->arena);
	*journal = (struct fq_journal){.fd = -1, .lock_fd = -1};
}

/* --- whose outputs ------------------------------------------------------------------ */

bool fq_record_is_made(const struct fq_record *record, const struct fq_item *item)
{
	bool was_there = !fq_text_is(item->value, "-");
	switch ((enum fq_verdict)record->verdict) {
	case FQ_VERDICT_BEGUN:
		return item->kind == FQ_ITEM_STAYS || (item->kind == FQ_ITEM_OUTPUT && !was_there);
	case FQ_VERDICT_DONE:
		return item->kind == FQ_ITEM_OUTPUT && was_there && fq_record_is_by_run(record);
	default:
		return item->kind == FQ_ITEM_OUTPUT;
	}
}

bool fq_record_is_by_run(const struct fq_record *record)
{
	return record->verdict != FQ_VERDICT_DONE || record->how != FQ_HOW_ACCEPTED ||
	       record->usage.attempt > 0;
}

/* --- words of a record --------------------------------------------------------------- */

bool fq_cause_is_cut_off(struct fq_text cause)
{
	static const char *const beginnings[] = {FQ_CAUSE_STOPPED, FQ_CAUSE_KILLED};
	for (size_t i = 0; i < FQ_COUNT(beginnings); i++) {
		size_t len = strlen(beginnings[i]);
		if (cause.len >= len && memcmp(cause.at, beginnings[i], len) == 0) {
			return true;
		}
	}
	return false;
}
