/* What is known of a job, and what a digest stands for. */
#include "internal.h"

#include <string.h>

size_t fq_journal_offset(struct fq_journal_entry entry)
{
	return entry.place >> 16;
}

enum fq_journal_type fq_journal_type(struct fq_journal_entry entry)
{
	return (enum fq_journal_type)(entry.place & 0xff);
}

struct fq_journal_entry fq_journal_make_entry(const struct fq_journal *journal, size_t offset,
        const struct fq_journal_line *line, struct fq_text key)
{
	uint64_t key_at = (uint64_t)(key.at - journal->map) - offset;
	return (struct fq_journal_entry){
	        (uint64_t)offset << 16 | key_at << 8 | line->type, line->seq, (uint32_t)key.len};
}

static const char *key_of(const struct fq_journal *journal, struct fq_journal_entry entry)
{
	return journal->map + fq_journal_offset(entry) + (entry.place >> 8 & 0xff);
}

/* --- by key ---------------------------------------------------------------------------- */

struct wanted {
	const struct fq_journal *journal;
	const struct fq_journal_entry *entries;
	struct fq_text key;
};

static bool is_wanted(uint32_t index, const void *context)
{
	const struct wanted *wanted = context;
	struct fq_journal_entry entry = wanted->entries[index];
	return entry.key_len == wanted->key.len &&
	       memcmp(key_of(wanted->journal, entry), wanted->key.at, wanted->key.len) == 0;
}

struct fq_journal_entry *fq_journal_entry_of(
        const struct fq_journal *journal, struct fq_text key, uint64_t hash)
{
	struct wanted wanted = {journal, journal->entries, key};
	const uint32_t *index = fq_map_find(&journal->jobs, hash, is_wanted, &wanted);
	return index ? &journal->entries[*index] : NULL;
}

struct fq_journal_entry *fq_journal_text_entry(const struct fq_journal *journal, struct fq_text digest)
{
	struct wanted wanted = {journal, journal->text_entries, digest};
	const uint32_t *index =
	        fq_map_find(&journal->texts, fq_hash(digest.at, digest.len), is_wanted, &wanted);
	return index ? &journal->text_entries[*index] : NULL;
}

/* --- a job's record ---------------------------------------------------------------------- */

/* "s \t SEQ" in front of the items. */
static void take_since(struct fq_record *record)
{
	struct fq_text rest = record->items, number;
	uint64_t since;
	record->since = record->seq;
	if (rest.len < 2 || rest.at[0] != 's' || rest.at[1] != '\t') {
		return;
	}
	rest = (struct fq_text){rest.at + 2, rest.len - 2};
	if (fq_journal_field(&rest, &number) && fq_parse_number(number, &since) && since <= record->seq) {
		record->since = (uint32_t)since;
		record->items = rest;
	}
}

static void read_done(struct fq_record *record, enum fq_journal_type type)
{
	record->how = type == FQ_JOURNAL_KEPT   ? FQ_HOW_KEPT
	              : type == FQ_JOURNAL_GOOD ? FQ_HOW_ACCEPTED
	                                        : FQ_HOW_RAN;
	take_since(record);
}

/* Without "" TASK UNIT at their end. */
static struct fq_text without_names(struct fq_text items, struct fq_text names)
{
	size_t len = names.len + 1; /* the empty field has a tab behind it */
	bool has = items.len >= len && items.at[items.len - len] == '\t' &&
	           memcmp(items.at + items.len - names.len, names.at, names.len) == 0;
	size_t left = items.len - (has ? len : 0);
	return (struct fq_text){items.at, left - (has && left > 0)};
}

/* `rest` is what stands behind the names. */
static void read_rest(
        struct fq_record *record, enum fq_journal_type type, struct fq_text rest, bool with_usage)
{
	struct fq_text field;
	bool has_usage = type != FQ_JOURNAL_BEGIN && type != FQ_JOURNAL_FORGET;
	if (has_usage && fq_journal_field(&rest, &field) && with_usage) {
		record->usage = fq_journal_read_usage(field);
	}
	if (type == FQ_JOURNAL_FAIL) {
		fq_journal_field(&rest, &record->cause);
	}
	record->items = rest;
	if (record->verdict == FQ_VERDICT_DONE) {
		read_done(record, type);
	}
}

static uint8_t verdict_of(enum fq_journal_type type)
{
	static const uint8_t verdicts[] = {[FQ_JOURNAL_DONE] = FQ_VERDICT_DONE,
	        [FQ_JOURNAL_KEPT] = FQ_VERDICT_DONE,
	        [FQ_JOURNAL_GOOD] = FQ_VERDICT_DONE,
	        [FQ_JOURNAL_BEGIN] = FQ_VERDICT_BEGUN,
	        [FQ_JOURNAL_FAIL] = FQ_VERDICT_FAILED,
	        [FQ_JOURNAL_FORGET] = FQ_VERDICT_NONE,
	        [FQ_JOURNAL_DOUBTED] = FQ_VERDICT_BEGUN};
	return verdicts[type];
}

static struct fq_record read_record(
        const struct fq_journal *journal, struct fq_journal_entry entry, bool with_usage)
{
	enum fq_journal_type type = fq_journal_type(entry);
	struct fq_record record = {.verdict = verdict_of(type), .seq = entry.seq};
	const char *at = key_of(journal, entry) + entry.key_len;
	size_t room = journal->map_len - (size_t)(at - journal->map);
	struct fq_text rest = {0};
	if (*at == '\t') {
		const char *end = memchr(at, '\n', room);
		rest = (struct fq_text){at + 1, (size_t)(end - at) - 1};
	}
	if (type == FQ_JOURNAL_FORGET) {
		rest = without_names(rest, (struct fq_text){key_of(journal, entry), entry.key_len});
	}
	if (type != FQ_JOURNAL_DOUBTED) {
		read_rest(&record, type, rest, with_usage);
	}
	return record;
}

struct fq_journal_job fq_journal_read_job(const struct fq_journal *journal, struct fq_journal_entry entry)
{
	struct fq_text names = {key_of(journal, entry), entry.key_len};
	struct fq_journal_job job = {.record = read_record(journal, entry, true)};
	fq_journal_field(&names, &job.task);
	fq_journal_field(&names, &job.unit);
	return job;
}

/* --- the door ------------------------------------------------------------------------------- */

/* Before anything is written, all was looked at a moment ago. */
static bool is_readable(const struct fq_journal *journal)
{
	return journal->care.written_end <= (int64_t)journal->map_len || fq_journal_is_whole(journal);
}

static struct fq_record find(
        struct fq_journal *journal, struct fq_text task, struct fq_text unit, bool with_usage)
{
	enum { FINDS_A_SWEEP = 1 << 14 };
	if (journal->jobs.count == 0 || !is_readable(journal)) {
		return (struct fq_record){0};
	}
	if (++journal->finds % FINDS_A_SWEEP == 0) {
		fq_journal_forget_pages(journal, 0, journal->map_len);
	}
	struct fq_buf *key = &journal->line;
	key->len = 0;
	fq_buf_add_escaped(key, task);
	fq_buf_putc(key, '\t');
	fq_buf_add_escaped(key, unit);
	const struct fq_journal_entry *entry =
	        fq_journal_entry_of(journal, (struct fq_text){key->at, key->len}, fq_hash(key->at, key->len));
	return entry ? read_record(journal, *entry, with_usage) : (struct fq_record){0};
}

struct fq_record fq_journal_find(struct fq_journal *journal, struct fq_text task, struct fq_text unit)
{
	return find(journal, task, unit, true);
}

struct fq_record fq_journal_find_items(struct fq_journal *journal, struct fq_text task, struct fq_text unit)
{
	return find(journal, task, unit, false);
}

bool fq_journal_has_begun(const struct fq_journal *journal)
{
	bool has = false;
	for (size_t i = 0; i < journal->entry_count && !has; i++) {
		has = verdict_of(fq_journal_type(journal->entries[i])) == FQ_VERDICT_BEGUN;
	}
	return has;
}

bool fq_journal_next_job(struct fq_journal *journal, size_t *at, struct fq_journal_job *ret)
{
	for (; *at < journal->entry_count; ++*at) {
		if (fq_journal_type(journal->entries[*at]) != FQ_JOURNAL_FORGET) {
			*ret = fq_journal_read_job(journal, journal->entries[(*at)++]);
			return true;
		}
	}
	return false;
}

const char *fq_journal_text(struct fq_journal *journal, const char digest[FQ_DIGEST_LEN])
{
	const struct fq_journal_entry *entry =
	        is_readable(journal) ? fq_journal_text_entry(journal, (struct fq_text){digest, FQ_DIGEST_LEN})
	                             : NULL;
	if (!entry) {
		return NULL;
	}
	struct fq_journal_line line = {0};
	struct fq_text digest_field;
	struct fq_buf text = {0};
	fq_journal_read_line(fq_journal_line_at(journal, fq_journal_offset(*entry)), &line);
	fq_journal_field(&line.rest, &digest_field);
	fq_buf_add_unescaped(&text, line.rest);
	const char *copy = fq_arena_copy(&journal->arena, text.at, text.len);
	fq_buf_finish(&text);
	return copy;
}
