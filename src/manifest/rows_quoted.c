#include "rows.h"

#include <string.h>

/* libcsv gives a field's text, not its place. So it is fed up to the next byte
 * that could end a field, and no further: when it calls, that byte was the end. */
enum { CHUNK_BYTES = 64 * 1024 };

struct quoted {
	struct rows *rows;
	struct place start; /* of the field in hand */
	bool is_done;       /* the row's end was met */
};

static void prepare_parser(struct rows *rows)
{
	csv_free(&rows->parser);
	csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_delim(&rows->parser, (unsigned char)rows->reader->delimiter);
	csv_set_blk_size(&rows->parser, CHUNK_BYTES);
}

/* A field that stands in the source as it is needs no copy. */
static void take_field(void *text, size_t len, void *context)
{
	struct quoted *q = context;
	struct rows *rows = q->rows;
	const char *at = q->start.at + (q->start.at < rows->end && *q->start.at == '"');
	bool is_plain = (size_t)(rows->end - at) >= len && (len == 0 || memcmp(at, text, len) == 0);
	if (!is_plain) {
		at = fq_arena_copy(rows->reader->arena, text, len);
	}
	fq_rows_add_cell(rows, &q->start, (struct fq_text){at, len});
	q->start.at = NULL;
}

static void take_end(int c, void *context)
{
	(void)c;
	((struct quoted *)context)->is_done = true;
}

/* --- what libcsv refuses -------------------------------------------------------------- */

static bool refuse_quote(struct quoted *q, const char *at)
{
	struct rows *rows = q->rows;
	struct place bad = rows->place;
	bad.at = at;
	if (csv_error(&rows->parser) != CSV_EPARSE) {
		fq_rows_refuse(rows, &bad, &q->start, NULL, csv_strerror(csv_error(&rows->parser)));
	} else if (*q->start.at != '"') {
		fq_rows_refuse(rows, &bad, &q->start,
		        "put the whole field into quotes, and write \"\" for a quote inside them",
		        "a quote in a field that does not begin with one");
	} else {
		char *hint = fq_arena_format(rows->reader->arena,
		        "the quoted field began on line %u; inside quotes, \"\" is a quote", q->start.line);
		fq_rows_refuse(rows, &bad, &q->start, hint, "text behind a closing quote");
	}
	prepare_parser(rows);
	return false;
}

static bool refuse_field(struct quoted *q, const char *hint, const char *text)
{
	fq_rows_refuse(q->rows, &q->start, &q->start, hint, text);
	prepare_parser(q->rows);
	return false;
}

static bool refuse_nul(struct quoted *q, const char *at)
{
	struct place bad = q->rows->place;
	bad.at = at;
	fq_rows_refuse(q->rows, &bad, &bad, "a sheet is text", "a NUL byte");
	prepare_parser(q->rows);
	return false;
}

/* --- feeding ----------------------------------------------------------------------------- */

/* Behind the next byte that may end a field; quotes end none. */
static const char *find_chunk_end(const struct rows *rows, const char *at)
{
	const char *end = rows->end - at > CHUNK_BYTES ? at + CHUNK_BYTES : rows->end;
	for (;; at++) {
		at = fq_rows_find_special(rows, at, end);
		if (at == end || *at == '\0') {
			return at;
		}
		if (*at != '"') {
			return at + 1;
		}
	}
}

static bool is_newline(char c)
{
	return c == '\n' || c == '\r';
}

/* Gives libcsv the bytes up to `end`. */
static bool feed(struct quoted *q, const char *end)
{
	struct rows *rows = q->rows;
	const char *at = rows->place.at;
	size_t len = (size_t)(end - at);
	size_t taken = csv_parse(&rows->parser, at, len, take_field, take_end, q);
	if (taken < len) {
		return refuse_quote(q, at + taken);
	}
	rows->place.at = end;
	bool is_half = end[-1] == '\r' && end < rows->end && *end == '\n';
	if (q->is_done || (is_newline(end[-1]) && !is_half)) {
		fq_rows_pass_line_end(rows, end - 1);
	}
	return true;
}

static void begin_field(struct quoted *q)
{
	if (!q->start.at) {
		q->start = q->rows->place;
		q->start.at = fq_rows_skip_blanks(q->rows, q->start.at);
	}
}

static bool finish_at_end(struct quoted *q)
{
	begin_field(q);
	if (csv_fini(&q->rows->parser, take_field, take_end, q) == 0) {
		return true;
	}
	return refuse_field(q, "end the field with a quote", "a quote without its end");
}

bool fq_rows_take_quoted(struct rows *rows)
{
	struct quoted q = {.rows = rows};
	if (!rows->parser.delim_char) {
		prepare_parser(rows);
	}
	while (!q.is_done && rows->place.at < rows->end) {
		begin_field(&q);
		const char *end = find_chunk_end(rows, rows->place.at);
		if (end == rows->place.at) {
			return refuse_nul(&q, end);
		}
		if (end - q.start.at > 2 * FQ_CELL_BYTES_MAX + CHUNK_BYTES) {
			return refuse_field(&q, "is its closing quote missing?", "a cell of more than 1 MiB");
		}
		if (!feed(&q, end)) {
			return false;
		}
	}
	return q.is_done || finish_at_end(&q);
}
