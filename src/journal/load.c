#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

uint32_t fq_journal_check(const char *at, size_t len)
{
	return (uint32_t)fq_hash(at, len);
}

bool fq_journal_field(struct fq_text *line, struct fq_text *ret)
{
	if (!line->at) {
		return false;
	}
	const char *tab = memchr(line->at, '\t', line->len);
	if (!tab) {
		*ret = *line;
		*line = (struct fq_text){0};
		return true;
	}
	*ret = (struct fq_text){line->at, (size_t)(tab - line->at)};
	*line = (struct fq_text){tab + 1, line->len - ret->len - 1};
	return true;
}

static bool parse_hex(const char *at, uint32_t *ret)
{
	uint32_t value = 0;
	for (size_t i = 0; i < FQ_JOURNAL_CHECK_LEN; i++) {
		char c = at[i];
		uint32_t digit;
		if (c >= '0' && c <= '9') {
			digit = (uint32_t)(c - '0');
		} else if (c >= 'a' && c <= 'f') {
			digit = (uint32_t)(c - 'a' + 10);
		} else {
			return false;
		}
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

/* The record behind its check, if that is right. */
static bool check_line(struct fq_text *line)
{
	uint32_t check;
	if (line->len <= FQ_JOURNAL_CHECK_LEN || line->at[FQ_JOURNAL_CHECK_LEN] != '\t' ||
	        !parse_hex(line->at, &check)) {
		return false;
	}
	line->at += FQ_JOURNAL_CHECK_LEN + 1;
	line->len -= FQ_JOURNAL_CHECK_LEN + 1;
	return fq_journal_check(line->at, line->len) == check;
}

static struct fq_journal_entry entry_of(size_t offset, uint8_t verdict)
{
	return (struct fq_journal_entry){(uint64_t)offset << 8 | verdict};
}

size_t fq_journal_offset(struct fq_journal_entry entry)
{
	return entry.place >> 8;
}

/* TASK \t UNIT, as it stands in a line. */
struct key {
	const struct fq_journal *journal;
	struct fq_text text;
};

static bool same_job(uint32_t index, const void *context)
{
	const struct key *key = context;
	const struct fq_journal *journal = key->journal;
	size_t offset = fq_journal_offset(journal->entries[index]);
	struct fq_text line = {journal->map + offset, journal->map_len - offset}, skipped;
	for (int i = 0; i < 3; i++) {
		fq_journal_field(&line, &skipped);
	}
	return line.len > key->text.len && memcmp(line.at, key->text.at, key->text.len) == 0 &&
	       (line.at[key->text.len] == '\t' || line.at[key->text.len] == '\n');
}

static void note_job(struct fq_journal *journal, uint8_t verdict, size_t offset, struct fq_text rest)
{
	struct fq_text task, unit;
	struct key key = {journal, {rest.at, 0}};
	if (!fq_journal_field(&rest, &task) || !fq_journal_field(&rest, &unit)) {
		journal->bad_records++;
		return;
	}
	key.text.len = task.len + 1 + unit.len;
	uint64_t hash = fq_hash(key.text.at, key.text.len);
	uint32_t *known = fq_map_find(&journal->jobs, hash, same_job, &key);
	struct fq_journal_entry entry = entry_of(offset, verdict);
	if (known) {
		journal->entries[*known] = entry;
		return;
	}
	journal->entries = fq_grow(
	        journal->entries, &journal->entry_cap, journal->entry_count + 1, sizeof(*journal->entries));
	fq_map_add(&journal->jobs, hash, (uint32_t)journal->entry_count);
	journal->entries[journal->entry_count++] = entry;
}

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

static void note_run(struct fq_journal *journal, struct fq_text rest)
{
	struct fq_text skipped;
	forget_run(journal);
	journal->unfinished.run = take_text(journal, &rest);
	fq_journal_field(&rest, &skipped);
	fq_journal_field(&rest, &skipped);
	journal->unfinished.tmp = take_text(journal, &rest);
	journal->unfinished.boot = take_text(journal, &rest);
}

static void note_started(struct fq_journal *journal, struct fq_text rest)
{
	struct fq_unfinished_run *run = &journal->unfinished;
	struct fq_text pid = {0}, ticks = {0};
	uint64_t number = 0, started = 0;
	if (!fq_journal_field(&rest, &pid) || !fq_journal_field(&rest, &ticks) ||
	        !fq_parse_number(pid, &number) || !fq_parse_number(ticks, &started)) {
		journal->bad_records++;
		return;
	}
	run->jobs = fq_grow(run->jobs, &run->job_cap, run->job_count + 1, sizeof(*run->jobs));
	run->jobs[run->job_count++] = (struct fq_process){(int64_t)number, (int64_t)started};
}

static void note_told(struct fq_journal *journal, struct fq_text rest)
{
	struct fq_text count = {0};
	uint64_t number = 0;
	fq_journal_field(&rest, &count);
	fq_parse_number(count, &number);
	journal->told_records = (size_t)number;
}

static void note_text(struct fq_journal *journal, size_t offset, struct fq_text rest)
{
	struct fq_text digest;
	if (!fq_journal_field(&rest, &digest) || digest.len != FQ_DIGEST_LEN) {
		journal->bad_records++;
		return;
	}
	journal->entries = fq_grow(
	        journal->entries, &journal->entry_cap, journal->entry_count + 1, sizeof(*journal->entries));
	fq_map_add(&journal->texts, fq_hash(digest.at, digest.len), (uint32_t)journal->entry_count);
	journal->entries[journal->entry_count++] = entry_of(offset, FQ_VERDICT_NONE);
}

/* Fields of a record whose check is right: false if it has no number or type. */
static bool open_record(struct fq_text *line, struct fq_text *ret_seq, struct fq_text *ret_type)
{
	return check_line(line) && fq_journal_field(line, ret_seq) && fq_journal_field(line, ret_type);
}

static void note_rare(struct fq_journal *journal, struct fq_text type, size_t offset, struct fq_text line)
{
	if (fq_text_is(type, "run")) {
		note_run(journal, line);
		journal->unfinished.offset = offset;
	} else if (fq_text_is(type, "end")) {
		forget_run(journal);
	} else if (fq_text_is(type, "forget")) {
		note_job(journal, FQ_VERDICT_NONE, offset, line);
	} else if (fq_text_is(type, "bad")) {
		note_told(journal, line);
	} else if (fq_text_is(type, "text")) {
		note_text(journal, offset, line);
	}
}

static void note_record(struct fq_journal *journal, size_t offset, struct fq_text line)
{
	struct fq_text seq, type;
	if (!open_record(&line, &seq, &type)) {
		journal->bad_records++;
		return;
	}
	journal->last_seq = seq;
	journal->record_count++;
	if (fq_text_is(type, "done") || fq_text_is(type, "kept") || fq_text_is(type, "good")) {
		note_job(journal, FQ_VERDICT_DONE, offset, line);
	} else if (fq_text_is(type, "begin")) {
		note_job(journal, FQ_VERDICT_BEGUN, offset, line);
	} else if (fq_text_is(type, "fail")) {
		note_job(journal, FQ_VERDICT_FAILED, offset, line);
	} else if (!fq_text_is(type, "job")) {
		note_rare(journal, type, offset, line);
	}
}

/* Which processes a run started is of interest only if it did not end by itself. */
static void find_started(struct fq_journal *journal, size_t end)
{
	size_t at = journal->unfinished.offset;
	while (journal->unfinished.run && at < end) {
		const char *start = journal->map + at;
		const char *newline = memchr(start, '\n', end - at);
		struct fq_text line = {start, (size_t)(newline - start)}, seq, type;
		at += line.len + 1;
		if (open_record(&line, &seq, &type) && fq_text_is(type, "job")) {
			note_started(journal, line);
		}
	}
}

static void set_seq(struct fq_journal *journal)
{
	uint64_t seq = 0;
	if (journal->last_seq.at && fq_parse_number(journal->last_seq, &seq) && seq <= UINT32_MAX) {
		journal->seq = (uint32_t)seq;
	}
}

static bool check_header(struct fq_journal *journal, size_t *ret_start, struct fq_error *err)
{
	static const char header[] = FQ_JOURNAL_HEADER;
	size_t len = sizeof(header) - 1;
	if (journal->map_len >= len && memcmp(journal->map, header, len) == 0) {
		*ret_start = len;
		return true;
	}
	*ret_start = 0;
	if (memcmp(journal->map, header, journal->map_len < len ? journal->map_len : len) == 0) {
		return true; /* killed while it wrote its first line */
	}
	bool is_ours = journal->map_len >= len - 2 && memcmp(journal->map, header, len - 2) == 0;
	return fq_fail(err, (struct fq_where){journal->path, 1, 0},
	        is_ours ? "use that fqrun, or another `state` folder"
	                : "move it away, and all jobs run again",
	        is_ours ? "written by a newer fqrun" : "not a journal of fqrun");
}

/* Pages that were read once are given back: the journal may be larger than all else together. */
static void forget_pages(const struct fq_journal *journal, size_t from, size_t to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	from &= ~(page - 1);
	madvise((void *)(uintptr_t)(journal->map + from), to - from, MADV_DONTNEED);
}

static void scan(struct fq_journal *journal, size_t at, size_t *ret_good)
{
	enum { CHUNK_BYTES = 4 << 20 };
	size_t forgotten = 0;
	while (at < journal->map_len) {
		const char *start = journal->map + at;
		const char *end = memchr(start, '\n', journal->map_len - at);
		if (!end) {
			break;
		}
		note_record(journal, at, (struct fq_text){start, (size_t)(end - start)});
		at += (size_t)(end - start) + 1;
		if (at - forgotten > CHUNK_BYTES) {
			forget_pages(journal, forgotten, at);
			forgotten = at;
		}
	}
	*ret_good = at;
	set_seq(journal);
	find_started(journal, at);
}

bool fq_journal_load(struct fq_journal *journal, size_t *ret_good, struct fq_error *err)
{
	struct stat st;
	*ret_good = 0;
	if (fstat(journal->fd, &st) != 0) {
		return fq_fail_errno(err, "cannot look at %s", journal->path);
	}
	if (!S_ISREG(st.st_mode)) {
		return fq_fail(
		        err, (struct fq_where){journal->path, 0, 0}, "move it away", "not a regular file");
	}
	if (st.st_size == 0) {
		return true;
	}
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, journal->fd, 0);
	if (map == MAP_FAILED) {
		return fq_fail_errno(err, "cannot read %s", journal->path);
	}
	journal->map = map;
	journal->map_len = (size_t)st.st_size;
	size_t start;
	if (!check_header(journal, &start, err)) {
		return false;
	}
	if (start) {
		scan(journal, start, ret_good);
	}
	return true;
}

void fq_journal_unload(struct fq_journal *journal)
{
	if (journal->map) {
		munmap((void *)(uintptr_t)journal->map, journal->map_len);
	}
	journal->map = NULL;
	forget_run(journal);
}

/* --- finding ---------------------------------------------------------------------- */

static struct fq_text line_at(const struct fq_journal *journal, size_t offset)
{
	const char *start = journal->map + offset;
	const char *end = memchr(start, '\n', journal->map_len - offset);
	return (struct fq_text){start, (size_t)(end - start)};
}

/* "s \t SEQ" in front of the items. */
static void take_since(struct fq_record *record)
{
	struct fq_text rest = record->items, name, value;
	uint64_t number = 0;
	record->since = record->seq;
	if (fq_journal_field(&rest, &name) && fq_text_is(name, "s") && fq_journal_field(&rest, &value) &&
	        fq_parse_number(value, &number) && number <= record->seq) {
		record->since = (uint32_t)number;
		record->items = rest;
	}
}

static void read_rest(struct fq_record *record, struct fq_text type, struct fq_text line)
{
	struct fq_text field;
	bool has_usage = record->verdict == FQ_VERDICT_DONE || record->verdict == FQ_VERDICT_FAILED;
	if (has_usage && fq_journal_field(&line, &field)) {
		record->usage = fq_journal_read_usage(field);
	}
	if (record->verdict == FQ_VERDICT_FAILED) {
		fq_journal_field(&line, &record->cause);
	}
	record->items = line;
	if (record->verdict == FQ_VERDICT_DONE) {
		record->how = fq_text_is(type, "kept")   ? FQ_HOW_KEPT
		              : fq_text_is(type, "good") ? FQ_HOW_ACCEPTED
		                                         : FQ_HOW_RAN;
		take_since(record);
	}
}

static struct fq_record read_record(
        const struct fq_journal *journal, struct fq_journal_entry entry, struct fq_journal_job *ret_names)
{
	struct fq_text line = line_at(journal, fq_journal_offset(entry)), field, type, names[2] = {{0}};
	struct fq_record record = {.verdict = (uint8_t)(entry.place & 0xff)};
	uint64_t number = 0;
	fq_journal_field(&line, &field);
	fq_journal_field(&line, &field);
	fq_parse_number(field, &number);
	record.seq = (uint32_t)number;
	fq_journal_field(&line, &type);
	fq_journal_field(&line, &names[0]);
	fq_journal_field(&line, &names[1]);
	read_rest(&record, type, line);
	if (ret_names) {
		*ret_names = (struct fq_journal_job){names[0], names[1], record};
	}
	return record;
}

bool fq_journal_next_job(struct fq_journal *journal, size_t *at, struct fq_journal_job *ret)
{
	for (; *at < journal->entry_count; ++*at) {
		if ((journal->entries[*at].place & 0xff) != FQ_VERDICT_NONE) {
			read_record(journal, journal->entries[(*at)++], ret);
			return true;
		}
	}
	return false;
}

bool fq_journal_has_begun(const struct fq_journal *journal)
{
	bool has = false;
	for (size_t i = 0; i < journal->entry_count && !has; i++) {
		has = (journal->entries[i].place & 0xff) == FQ_VERDICT_BEGUN;
	}
	return has;
}

/* The fields behind the type, of a run's beginning or end. */
static void read_run(struct fq_journal_event *event, struct fq_text line)
{
	struct fq_text fields[7] = {{0}};
	uint64_t numbers[7] = {0};
	for (size_t i = 0; i < FQ_COUNT(fields) && fq_journal_field(&line, &fields[i]); i++) {
		fq_parse_number(fields[i], &numbers[i]);
	}
	event->run = fields[0];
	if (event->type == FQ_EVENT_RUN) {
		event->time_s = (int64_t)numbers[1];
		event->pid = (int64_t)numbers[2];
		event->host = fields[5];
		event->command = fields[6];
		return;
	}
	event->status = (int)numbers[1];
	event->time_s = (int64_t)numbers[2];
	event->totals = (struct fq_journal_totals){
	        (uint32_t)numbers[3], (uint32_t)numbers[4], (uint32_t)numbers[5], (uint32_t)numbers[6]};
}

static bool read_event(
        struct fq_journal *journal, size_t offset, struct fq_text line, struct fq_journal_event *ret)
{
	static const struct {
		const char *word;
		uint8_t type, verdict;
	} types[] = {{"run", FQ_EVENT_RUN, 0}, {"end", FQ_EVENT_END, 0},
	        {"begin", FQ_EVENT_JOB, FQ_VERDICT_BEGUN}, {"done", FQ_EVENT_JOB, FQ_VERDICT_DONE},
	        {"kept", FQ_EVENT_JOB, FQ_VERDICT_DONE}, {"good", FQ_EVENT_JOB, FQ_VERDICT_DONE},
	        {"fail", FQ_EVENT_JOB, FQ_VERDICT_FAILED}, {"forget", FQ_EVENT_FORGET, FQ_VERDICT_NONE}};
	struct fq_text seq, type;
	uint64_t number = 0;
	if (!open_record(&line, &seq, &type)) {
		return false;
	}
	for (size_t i = 0; i < FQ_COUNT(types); i++) {
		if (!fq_text_is(type, types[i].word)) {
			continue;
		}
		fq_parse_number(seq, &number);
		*ret = (struct fq_journal_event){
		        .type = (enum fq_event_type)types[i].type, .seq = (uint32_t)number};
		if (types[i].type == FQ_EVENT_RUN || types[i].type == FQ_EVENT_END) {
			read_run(ret, line);
		} else {
			read_record(journal, entry_of(offset, types[i].verdict), &ret->job);
		}
		return true;
	}
	return false;
}

bool fq_journal_next_event(struct fq_journal *journal, size_t *at, struct fq_journal_event *ret)
{
	if (*at == 0) {
		*at = sizeof(FQ_JOURNAL_HEADER) - 1;
	}
	while (journal->map && *at < journal->map_len) {
		size_t offset = *at;
		const char *newline = memchr(journal->map + offset, '\n', journal->map_len - offset);
		if (!newline) {
			return false;
		}
		struct fq_text line = {journal->map + offset, (size_t)(newline - journal->map) - offset};
		*at += line.len + 1;
		if (read_event(journal, offset, line, ret)) {
			return true;
		}
	}
	return false;
}

struct fq_record fq_journal_find(struct fq_journal *journal, struct fq_text task, struct fq_text unit)
{
	enum { FINDS_A_SWEEP = 1 << 14 };
	if (journal->jobs.count == 0) {
		return (struct fq_record){0};
	}
	if (++journal->finds % FINDS_A_SWEEP == 0) {
		forget_pages(journal, 0, journal->map_len);
	}
	journal->line.len = 0;
	fq_buf_add_escaped(&journal->line, task);
	fq_buf_putc(&journal->line, '\t');
	fq_buf_add_escaped(&journal->line, unit);
	struct key key = {journal, {journal->line.at, journal->line.len}};
	const uint32_t *index =
	        fq_map_find(&journal->jobs, fq_hash(key.text.at, key.text.len), same_job, &key);
	return index ? read_record(journal, journal->entries[*index], NULL) : (struct fq_record){0};
}

static bool same_text(uint32_t index, const void *context)
{
	const struct key *key = context;
	struct fq_text line = line_at(key->journal, fq_journal_offset(key->journal->entries[index])), field;
	for (int i = 0; i < 4; i++) {
		fq_journal_field(&line, &field);
	}
	return fq_text_equal(field, key->text);
}

const char *fq_journal_text(struct fq_journal *journal, const char digest[FQ_DIGEST_LEN])
{
	struct key key = {journal, {digest, FQ_DIGEST_LEN}};
	const uint32_t *index = fq_map_find(&journal->texts, fq_hash(digest, FQ_DIGEST_LEN), same_text, &key);
	if (!index) {
		return NULL;
	}
	struct fq_text line = line_at(journal, fq_journal_offset(journal->entries[*index])), field;
	for (int i = 0; i < 4; i++) {
		fq_journal_field(&line, &field);
	}
	struct fq_buf text = {0};
	fq_buf_add_unescaped(&text, line);
	const char *copy = fq_arena_copy(&journal->arena, text.at, text.len);
	fq_buf_finish(&text);
	return copy;
}
