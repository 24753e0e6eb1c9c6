#include "inner.h"

#include <string.h>

/* The text is parsed where it lies. What is left of it, an unfinished record,
 * moves to the front of the room before more comes; a record that does not fit
 * makes the room grow. Here only right records are known: for the first one
 * that is not, explain.c looks again. */

struct cursor {
	const char *at, *end;
};

/* Four lines without their ends. */
struct record {
	struct fq_text title, bases, plus, quality;
};

char *fq_fastq_parser_room(struct fq_fastq_parser *parser, size_t *ret_len)
{
	size_t need = parser->len + 1;
	parser->at =
	        fq_grow(parser->at, &parser->cap, need < FQ_FASTQ_TEXT_BYTES ? FQ_FASTQ_TEXT_BYTES : need, 1);
	*ret_len = parser->cap - parser->len;
	return parser->at + parser->len;
}

/* `guess`: how long the line may be. It is believed if a newline follows there; whoever
 * guesses sees by the bytes whether an earlier newline was overlooked. */
static bool take_line(struct cursor *cursor, size_t guess, struct fq_text *ret)
{
	size_t left = (size_t)(cursor->end - cursor->at);
	const char *newline = NULL;
	if (guess < left && cursor->at[guess] == '\n') {
		newline = cursor->at + guess;
	} else if (left) {
		newline = memchr(cursor->at, '\n', left);
	}
	if (!newline) {
		return false;
	}
	*ret = (struct fq_text){cursor->at, (size_t)(newline - cursor->at)};
	if (ret->len && newline[-1] == '\r') {
		ret->len--;
	}
	cursor->at = newline + 1;
	return true;
}

static bool take_lines(struct cursor *cursor, struct record *ret)
{
	struct cursor ahead = *cursor;
	if (!take_line(&ahead, SIZE_MAX, &ret->title) || !take_line(&ahead, SIZE_MAX, &ret->bases)) {
		return false;
	}
	size_t guess = (size_t)(ahead.at - ret->bases.at) - 1;
	if (!take_line(&ahead, 1, &ret->plus) || !take_line(&ahead, guess, &ret->quality)) {
		return false;
	}
	*cursor = ahead;
	return true;
}

static bool is_framed(const struct record *record)
{
	struct fq_text title = record->title, plus = record->plus;
	if (plus.len == 0 || plus.at[0] != '+' || memchr(title.at, 0, title.len)) {
		return false;
	}
	return plus.len == 1 ||
	       (plus.len == title.len && memcmp(plus.at + 1, title.at + 1, plus.len - 1) == 0);
}

static void count_length(struct fq_fastq_stats *stats, uint64_t length)
{
	if (stats->reads == 0 || length < stats->min_length) {
		stats->min_length = length;
	}
	if (length > stats->max_length) {
		stats->max_length = length;
	}
	stats->reads++;
	stats->bases += length;
}

static bool count_record(struct fq_fastq_stats *stats, const struct record *record)
{
	size_t length = record->bases.len;
	if (!is_framed(record) || length != record->quality.len) {
		return false;
	}
	struct fq_fastq_tally bases = fq_fastq_count_bases(record->bases.at, length);
	struct fq_fastq_tally quality = fq_fastq_count_qualities(record->quality.at, length);
	if (bases.valid != length || quality.valid != length) {
		return false;
	}
	count_length(stats, length);
	stats->gc += bases.some;
	stats->n += bases.other;
	stats->q20 += quality.some;
	stats->q30 += quality.other;
	return true;
}

/* Sets the place of the fault: `at` is where the record begins. */
static bool explain(struct fq_fastq_parser *parser, const char *at, struct fq_error *why)
{
	size_t from = (size_t)(at - parser->at), fault_at = 0;
	struct fq_text text = {at, parser->len - from};
	fq_fastq_explain(text, parser->is_end, &fault_at, why);
	parser->fault_offset = parser->offset + from + fault_at;
	return false;
}

/* Behind the last record only line ends may follow. */
static bool skip_tail(struct fq_fastq_parser *parser, struct cursor *cursor, struct fq_error *why)
{
	while (cursor->at < cursor->end && (*cursor->at == '\n' || *cursor->at == '\r')) {
		cursor->at++;
	}
	if (cursor->at == cursor->end) {
		return true;
	}
	parser->fault_offset = parser->tail_offset;
	return fq_fail(why, FQ_NOWHERE, "empty lines may stand only at the end of the file",
	        "expected a title that begins with '@', found an empty line");
}

static bool take_records(struct fq_fastq_parser *parser, struct cursor *cursor, struct fq_error *why)
{
	struct record record;
	while (cursor->at < cursor->end && !parser->in_tail) {
		const char *start = cursor->at;
		if (*start != '@' && parser->stats.reads && (*start == '\n' || *start == '\r')) {
			parser->in_tail = true;
			parser->tail_offset = parser->offset + (size_t)(start - parser->at);
			break;
		}
		if (*start != '@') {
			return explain(parser, start, why);
		}
		if (!take_lines(cursor, &record)) {
			return true;
		}
		if (!count_record(&parser->stats, &record)) {
			return explain(parser, start, why);
		}
	}
	return !parser->in_tail || skip_tail(parser, cursor, why);
}

static bool parse_held(struct fq_fastq_parser *parser, struct fq_error *why)
{
	struct cursor cursor = {parser->at, parser->at + parser->len};
	if (!take_records(parser, &cursor, why)) {
		return false;
	}
	size_t used = (size_t)(cursor.at - parser->at);
	memmove(parser->at, cursor.at, parser->len - used);
	parser->len -= used;
	parser->offset += used;
	return true;
}

bool fq_fastq_parse(struct fq_fastq_parser *parser, size_t len, struct fq_error *why)
{
	parser->len += len;
	return parser->len == 0 || parse_held(parser, why);
}

/* The last line may lack its newline: give it one, and what then is no record is cut off. */
bool fq_fastq_parse_end(struct fq_fastq_parser *parser, struct fq_error *why)
{
	size_t room, len = parser->len;
	parser->is_end = true;
	if (len == 0) {
		return true;
	}
	if (len == parser->cap) {
		fq_fastq_parser_room(parser, &room);
	}
	parser->at[len] = '\n';
	struct cursor cursor = {parser->at, parser->at + len + 1};
	struct record record;
	if (take_lines(&cursor, &record) && count_record(&parser->stats, &record)) {
		return true;
	}
	return explain(parser, parser->at, why);
}

void fq_fastq_parser_finish(struct fq_fastq_parser *parser)
{
	fq_release(parser->at);
	*parser = (struct fq_fastq_parser){0};
}
