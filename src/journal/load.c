#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- jobs and texts ------------------------------------------------------------------- */

/* Where a line stands, while it is looked at. */
struct place {
	size_t offset;
	struct fq_journal_line line;
};

static bool is_done(struct fq_journal_entry entry)
{
	enum fq_journal_type type = fq_journal_type(entry);
	return type == FQ_JOURNAL_DONE || type == FQ_JOURNAL_KEPT || type == FQ_JOURNAL_GOOD;
}

static void note_job(struct fq_journal *journal, const struct place *place)
{
	struct fq_text key = fq_journal_key(place->line.rest);
	if (!key.at || key.len > UINT32_MAX) {
		journal->bad_records++;
		return;
	}
	uint64_t hash = fq_hash(key.at, key.len);
	struct fq_journal_entry *known = fq_journal_entry_of(journal, key, hash);
	struct fq_journal_entry entry = fq_journal_make_entry(journal, place->offset, &place->line, key);
	if (known) {
		bool is_copy = known->seq == entry.seq && is_done(entry) &&
		               fq_journal_type(*known) == FQ_JOURNAL_DOUBTED;
		*known = known->seq > entry.seq || is_copy ? *known : entry;
		return;
	}
	if (journal->entry_count == journal->entry_cap) {
		journal->entries = fq_grow(journal->entries, &journal->entry_cap, journal->entry_count + 1,
		        sizeof(*journal->entries));
	}
	fq_map_add(&journal->jobs, hash, (uint32_t)journal->entry_count);
	journal->entries[journal->entry_count++] = entry;
}

static void note_text(struct fq_journal *journal, const struct place *place)
{
	struct fq_text rest = place->line.rest, digest;
	if (!fq_journal_field(&rest, &digest) || digest.len != FQ_DIGEST_LEN) {
		journal->bad_records++;
		return;
	}
	if (fq_journal_text_entry(journal, digest)) {
		return;
	}
	journal->text_entries = fq_grow(journal->text_entries, &journal->text_cap, journal->text_count + 1,
	        sizeof(*journal->entries));
	fq_map_add(&journal->texts, fq_hash(digest.at, digest.len), (uint32_t)journal->text_count);
	journal->text_entries[journal->text_count++] =
	        fq_journal_make_entry(journal, place->offset, &place->line, digest);
}

/* A damaged line may be the last word on a job, and a success before it then no longer holds.
 * Each pair of fields that names a job does; see the door. */
static void note_damaged(struct fq_journal *journal, struct fq_text line)
{
	struct fq_text before = {0}, field;
	journal->bad_records++;
	while (journal->entry_count && fq_journal_field(&line, &field)) {
		if (before.at) {
			struct fq_text key = {before.at, before.len + 1 + field.len};
			struct fq_journal_entry *known =
			        fq_journal_entry_of(journal, key, fq_hash(key.at, key.len));
			if (known && is_done(*known)) {
				known->place = (known->place & ~UINT64_C(0xff)) | FQ_JOURNAL_DOUBTED;
			}
		}
		before = field;
	}
}

/* --- runs ----------------------------------------------------------------------------------- */

static void forget_run(struct fq_journal *journal)
{
	fq_release(journal->unfinished.jobs);
	journal->unfinished = (struct fq_unfinished_run){0};
}

static char *take_text(struct fq_journal *journal, struct fq_text *rest)
{
	struct fq_text field = {0};
	struct fq_buf text = {0};
	fq_journal_field(rest, &field);
	fq_buf_add_unescaped(&text, field);
	char *copy = fq_arena_copy(&journal->arena, text.at, text.len);
	fq_buf_finish(&text);
	return copy;
}

static void note_run(struct fq_journal *journal, const struct place *place)
{
	struct fq_text rest = place->line.rest, skipped;
	journal->run_records++;
	if (place->line.seq < journal->run_seq) {
		return;
	}
	journal->run_seq = place->line.seq;
	forget_run(journal);
	if (place->line.type == FQ_JOURNAL_END) {
		return;
	}
	journal->unfinished.run = take_text(journal, &rest);
	fq_journal_field(&rest, &skipped);
	fq_journal_field(&rest, &skipped);
	journal->unfinished.tmp = take_text(journal, &rest);
	journal->unfinished.boot = take_text(journal, &rest);
	journal->unfinished.offset = place->offset;
}

static void note_started(struct fq_journal *journal, struct fq_text rest)
{
	struct fq_unfinished_run *run = &journal->unfinished;
	struct fq_text pid = {0}, ticks = {0};
	uint64_t number = 0, started = 0;
	if (!fq_journal_field(&rest, &pid) || !fq_journal_field(&rest, &ticks) ||
	        !fq_parse_number(pid, &number) || !fq_parse_number(ticks, &started)) {
		return;
	}
	run->jobs = fq_grow(run->jobs, &run->job_cap, run->job_count + 1, sizeof(*run->jobs));
	run->jobs[run->job_count++] = (struct fq_process){(int64_t)number, (int64_t)started};
}

/* Which processes a run started is of interest only if it did not end by itself. */
static void find_started(struct fq_journal *journal)
{
	size_t at = journal->is_shuffled ? sizeof(FQ_JOURNAL_HEADER) - 1 : journal->unfinished.offset;
	struct fq_journal_line line;
	struct fq_text text;
	while (journal->unfinished.run && fq_journal_next_line(journal, &at, &text)) {
		if (fq_journal_read_line(text, &line) && line.type == FQ_JOURNAL_JOB &&
		        line.seq > journal->run_seq) {
			note_started(journal, line.rest);
		}
	}
}

/* --- all records ------------------------------------------------------------------------------ */

static void note_told(struct fq_journal *journal, struct fq_text rest)
{
	struct fq_text count = {0};
	uint64_t number = 0;
	fq_journal_field(&rest, &count);
	journal->told_records = fq_parse_number(count, &number) ? (size_t)number : 0;
}

static void note_line(struct fq_journal *journal, const struct place *place)
{
	switch (place->line.type) {
	case FQ_JOURNAL_DONE:
	case FQ_JOURNAL_KEPT:
	case FQ_JOURNAL_GOOD:
	case FQ_JOURNAL_BEGIN:
	case FQ_JOURNAL_FAIL:
	case FQ_JOURNAL_FORGET:
		note_job(journal, place);
		break;
	case FQ_JOURNAL_RUN:
	case FQ_JOURNAL_END:
		note_run(journal, place);
		break;
	case FQ_JOURNAL_TEXT:
		note_text(journal, place);
		break;
	case FQ_JOURNAL_BAD:
		note_told(journal, place->line.rest);
		break;
	case FQ_JOURNAL_OF:
		journal->identity = journal->identity.at ? journal->identity : place->line.rest;
		break;
	default:
		break;
	}
}

static void scan(struct fq_journal *journal)
{
	enum { CHUNK_BYTES = 4 << 20 };
	size_t forgotten = 0, at = sizeof(FQ_JOURNAL_HEADER) - 1;
	struct place place = {.offset = at};
	struct fq_text line;
	for (; fq_journal_next_line(journal, &at, &line); place.offset = at) {
		if (!fq_journal_read_line(line, &place.line)) {
			note_damaged(journal, line);
			continue;
		}
		note_line(journal, &place);
		journal->record_count++;
		journal->is_shuffled |= place.line.seq < journal->seq;
		journal->seq = place.line.seq > journal->seq ? place.line.seq : journal->seq;
		if (at - forgotten > CHUNK_BYTES) {
			fq_journal_forget_pages(journal, forgotten, at);
			forgotten = at;
		}
	}
	find_started(journal);
}

void fq_journal_forget_pages(const struct fq_journal *journal, size_t from, size_t to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	from &= ~(page - 1);
	madvise((void *)(uintptr_t)(journal->map + from), to - from, MADV_DONTNEED);
}

/* --- the file ----------------------------------------------------------------------------------- */

/* `end` 0: there is no whole line. Then it may have been killed in its first one, or a power
 * cut left it blank. */
static bool check_header(const struct fq_journal *journal, size_t end, struct fq_error *err)
{
	static const char header[] = FQ_JOURNAL_HEADER;
	enum { LEN = sizeof(header) - 1, NAME_LEN = LEN - 2 };
	char first[LEN] = "";
	ssize_t got = pread(journal->fd, first, LEN, 0);
	if (got < 0) {
		return fq_fail_errno(err, "cannot read %s", journal->path);
	}
	size_t len = (size_t)got;
	while (end == 0 && len > 0 && (first[len - 1] == '\0' || first[len - 1] == '\n')) {
		len--;
	}
	if (memcmp(first, header, len) == 0 && (end == 0 || len == LEN)) {
		return true;
	}
	bool is_ours = len >= NAME_LEN && memcmp(first, header, NAME_LEN) == 0;
	return fq_fail(err, (struct fq_where){journal->path, 1, 0},
	        is_ours ? "use that fqrun, or another `state` folder"
	                : "move it away, and all jobs run again",
	        is_ours ? "written by a newer fqrun" : "not a journal of fqrun");
}

static bool check_identity(const struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf ours = {0}, shown = {0};
	if (!journal->identity.at || !journal->options.identity) {
		return true;
	}
	fq_buf_add_escaped(&ours, fq_text(journal->options.identity));
	bool ok = fq_text_equal(journal->identity, (struct fq_text){ours.at, ours.len});
	if (!ok) {
		ours.len = 0;
		fq_buf_add_unescaped(&ours, journal->identity);
		fq_buf_add_quoted(&shown, (struct fq_text){ours.at, ours.len});
		fq_fail(err, (struct fq_where){journal->path, 0, 0},
		        "give this one another `state` folder, or move that file away, and all jobs run "
		        "again",
		        "it is the journal of another manifest, %s", shown.at);
	}
	fq_buf_finish(&ours);
	fq_buf_finish(&shown);
	return ok;
}

static bool map_file(struct fq_journal *journal, size_t end, struct fq_error *err)
{
	void *map = mmap(NULL, end, PROT_READ, MAP_PRIVATE, journal->fd, 0);
	if (map == MAP_FAILED) {
		return fq_fail_errno(err, "cannot read %s", journal->path);
	}
	journal->map = map;
	journal->map_len = end;
	return true;
}

static bool look_at_file(const struct fq_journal *journal, off_t *ret_size, struct fq_error *err)
{
	struct stat st;
	if (fstat(journal->fd, &st) != 0) {
		return fq_fail_errno(err, "cannot look at %s", journal->path);
	}
	if (!S_ISREG(st.st_mode)) {
		return fq_fail(
		        err, (struct fq_where){journal->path, 0, 0}, "move it away", "not a regular file");
	}
	*ret_size = fq_journal_size(journal->fd, &st);
	if (*ret_size > FQ_JOURNAL_BYTES_MAX) {
		return fq_fail(err, (struct fq_where){journal->path, 0, 0},
		        "move it away, and all jobs run again", "too large for a journal: %lld GiB",
		        (long long)(*ret_size >> 30));
	}
	return true;
}

bool fq_journal_load(struct fq_journal *journal, struct fq_error *err)
{
	off_t size = 0;
	size_t end = 0;
	if (!look_at_file(journal, &size, err)) {
		return false;
	}
	if (!fq_journal_find_end(journal->fd, size, &end)) {
		return fq_fail_errno(err, "cannot read %s", journal->path);
	}
	if (size > 0 && !check_header(journal, end, err)) {
		return false;
	}
	if (end == 0) {
		return true;
	}
	if (!map_file(journal, end, err)) {
		return false;
	}
	scan(journal);
	return check_identity(journal, err);
}

void fq_journal_unload(struct fq_journal *journal)
{
	if (journal->map) {
		munmap((void *)(uintptr_t)journal->map, journal->map_len);
	}
	journal->map = NULL;
	forget_run(journal);
	fq_map_finish(&journal->jobs);
	fq_map_finish(&journal->texts);
	fq_release(journal->entries);
	fq_release(journal->text_entries);
	journal->entries = journal->text_entries = NULL;
	journal->entry_count = journal->entry_cap = journal->text_count = journal->text_cap = 0;
	journal->record_count = journal->bad_records = journal->told_records = journal->run_records = 0;
	journal->identity = (struct fq_text){0};
	journal->run_seq = 0;
	journal->is_shuffled = false;
	journal->map_len = 0;
}
