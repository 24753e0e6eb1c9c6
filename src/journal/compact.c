/* A journal that is mostly dead is written anew, line by line as they stand: each job's
 * last record, unless it is forgotten and left no outputs; the texts that one of them names; the last runs;
 * the processes of one that did not end. The old file counts until the new one, whole and on disk, takes its
 * name; whatever fails before that changes nothing. */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEAD_RECORDS_KEPT = 1000, RUNS_KEPT = 1000, PIECE_BYTES = 1 << 20 };

bool fq_journal_is_mostly_dead(const struct fq_journal *journal)
{
	const size_t most = (size_t)2 * RUNS_KEPT;
	size_t runs = journal->run_records < most ? journal->run_records : most;
	size_t live = journal->entry_count + journal->text_count + journal->unfinished.job_count + runs;
	/* The run after a large one records most of its jobs anew: those behind it gain. */
	return journal->record_count > live + live / 2 + DEAD_RECORDS_KEPT;
}

/* --- what stays ------------------------------------------------------------------------- */

struct line {
	size_t offset;
	uint32_t seq;
	bool is_doubted;
};

struct lines {
	struct line *at;
	size_t count, cap;
};

static void add_line(struct lines *lines, size_t offset, uint32_t seq, bool is_doubted)
{
	lines->at = fq_grow(lines->at, &lines->cap, lines->count + 1, sizeof(*lines->at));
	lines->at[lines->count++] = (struct line){offset, seq, is_doubted};
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	if (a->seq != b->seq) {
		return a->seq < b->seq ? -1 : 1;
	}
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void mark_texts(const struct fq_journal *journal, struct fq_text items, bool *is_named)
{
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		const struct fq_journal_entry *text =
		        item.value.len == FQ_DIGEST_LEN ? fq_journal_text_entry(journal, item.value) : NULL;
		if (text) {
			is_named[text - journal->text_entries] = true;
		}
	}
}

static void keep_jobs(const struct fq_journal *journal, struct lines *kept)
{
	bool *is_named = fq_zeroed(journal->text_count, sizeof(*is_named));
	for (size_t i = 0; i < journal->entry_count; i++) {
		struct fq_journal_entry entry = journal->entries[i];
		enum fq_journal_type type = fq_journal_type(entry);
		struct fq_text items = fq_journal_read_job(journal, entry).record.items;
		if (type != FQ_JOURNAL_FORGET || items.len) {
			add_line(kept, fq_journal_offset(entry), entry.seq, type == FQ_JOURNAL_DOUBTED);
			mark_texts(journal, items, is_named);
		}
	}
	for (size_t i = 0; i < journal->text_count; i++) {
		if (is_named[i]) {
			add_line(kept, fq_journal_offset(journal->text_entries[i]),
			        journal->text_entries[i].seq, false);
		}
	}
	fq_release(is_named);
}

static void keep_last_runs(const struct fq_journal *journal, struct lines *runs, struct lines *kept)
{
	size_t begun = 0, first = runs->count;
	fq_sort(runs->at, runs->count, sizeof(*runs->at), compare_lines);
	while (first > 0 && begun < RUNS_KEPT) {
		struct fq_journal_line line;
		struct fq_text text = fq_journal_line_at(journal, runs->at[--first].offset);
		begun += fq_journal_read_line(text, &line) && line.type == FQ_JOURNAL_RUN;
	}
	for (size_t i = first; i < runs->count; i++) {
		add_line(kept, runs->at[i].offset, runs->at[i].seq, false);
	}
}

/* What no entry stands for. */
static void keep_others(const struct fq_journal *journal, struct lines *kept)
{
	struct lines runs = {0};
	struct fq_journal_line line;
	struct fq_text text;
	bool has_identity = false;
	size_t at = sizeof(FQ_JOURNAL_HEADER) - 1;
	for (size_t offset = at; fq_journal_next_line(journal, &at, &text); offset = at) {
		if (!fq_journal_read_line(text, &line)) {
			continue;
		}
		bool is_run = line.type == FQ_JOURNAL_RUN || line.type == FQ_JOURNAL_END;
		bool is_identity = line.type == FQ_JOURNAL_OF && !has_identity;
		bool is_started =
		        line.type == FQ_JOURNAL_JOB && journal->unfinished.run && line.seq > journal->run_seq;
		has_identity |= is_identity;
		if (is_run || is_identity || is_started) {
			add_line(is_run ? &runs : kept, offset, line.seq, false);
		}
	}
	keep_last_runs(journal, &runs, kept);
	fq_release(runs.at);
}

/* --- the new file ----------------------------------------------------------------------------- */

static void add_record(struct fq_buf *buf, uint32_t seq, const char *type, struct fq_text rest)
{
	size_t start = buf->len;
	fq_buf_addf(buf, "00000000\t%u\t%s\t", seq, type);
	fq_buf_add_text(buf, rest);
	fq_journal_set_check(buf->at + start, buf->len - start);
	fq_buf_putc(buf, '\n');
}

/* A success that is doubted is written as what it counts as. */
static void add_kept(const struct fq_journal *journal, const struct line *kept, struct fq_buf *buf)
{
	struct fq_text text = fq_journal_line_at(journal, kept->offset);
	struct fq_journal_line line;
	if (!kept->is_doubted) {
		fq_buf_add(buf, text.at, text.len + 1);
	} else if (fq_journal_read_line(text, &line)) {
		add_record(buf, kept->seq, "begin", fq_journal_key(line.rest));
	}
}

static bool write_kept(const struct fq_journal *journal, const struct lines *kept, int fd)
{
	struct fq_buf piece = {0};
	bool ok = true;
	fq_buf_puts(&piece, FQ_JOURNAL_HEADER);
	for (size_t i = 0; i < kept->count && ok; i++) {
		add_kept(journal, &kept->at[i], &piece);
		if (piece.len > PIECE_BYTES) {
			ok = fq_file_write_all(fd, piece.at, piece.len);
			piece.len = 0;
		}
	}
	/* The numbers of those to come must be higher than any before; no damage is left. */
	add_record(&piece, journal->seq, "bad", fq_text("0"));
	ok = ok && fq_file_write_all(fd, piece.at, piece.len);
	fq_buf_finish(&piece);
	return ok && fsync(fd) == 0;
}

static bool write_live(const struct fq_journal *journal, int fd)
{
	struct lines kept = {0};
	keep_jobs(journal, &kept);
	keep_others(journal, &kept);
	fq_sort(kept.at, kept.count, sizeof(*kept.at), compare_lines);
	bool ok = write_kept(journal, &kept, fd);
	fq_release(kept.at);
	return ok;
}

bool fq_journal_compact(struct fq_journal *journal)
{
	const char *path = fq_arena_format(&journal->arena, "%s/journal.new", journal->folder);
	unlink(path); /* of one that was killed here; ours alone, we hold the lock */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0) {
		return false;
	}
	bool ok = write_live(journal, fd);
	ok = close(fd) == 0 && ok && rename(path, journal->path) == 0;
	if (ok) {
		fq_journal_sync_folder(journal->folder);
	} else {
		unlink(path);
	}
	return ok;
}
