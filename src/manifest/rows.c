#include "rows.h"

#include <string.h>

/* The first byte that means something, or `end`. */
const char *fq_rows_find_special(const struct rows *rows, const char *at, const char *end)
{
	const bool *is_special = rows->is_special;
	while (end - at >= 4) {
		if (is_special[(unsigned char)at[0]]) {
			return at;
		}
		if (is_special[(unsigned char)at[1]]) {
			return at + 1;
		}
		if (is_special[(unsigned char)at[2]]) {
			return at + 2;
		}
		if (is_special[(unsigned char)at[3]]) {
			return at + 3;
		}
		at += 4;
	}
	while (at < end && !is_special[(unsigned char)*at]) {
		at++;
	}
	return at;
}

static bool is_blank(const struct rows *rows, char c)
{
	return (c == ' ' || c == '\t') && c != rows->reader->delimiter;
}

const char *fq_rows_skip_blanks(const struct rows *rows, const char *at)
{
	while (at < rows->end && is_blank(rows, *at)) {
		at++;
	}
	return at;
}

/* `at` is at LF, CR, or the source's end. */
void fq_rows_pass_line_end(struct rows *rows, const char *at)
{
	if (at < rows->end) {
		bool is_crlf = *at == '\r' && at + 1 < rows->end && at[1] == '\n';
		at += is_crlf ? 2 : 1;
		rows->place.line++;
		rows->place.line_start = at;
	}
	rows->place.at = at;
}

/* --- errors ----------------------------------------------------------------------- */

static void tell(struct rows *rows, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	rows->has_failed = true;
	rows->reader->on_error(rows->reader->context, line, column, hint, text);
}

void fq_rows_refuse(struct rows *rows, const struct place *bad, const struct place *resume, const char *hint,
        const char *text)
{
	tell(rows, bad->line, (uint32_t)(bad->at - bad->line_start) + 1, hint, text);
	rows->count = 0;
	rows->has_long = false;
	rows->place = *resume;
	const char *at = resume->at;
	while (at < rows->end && *at != '\n' && *at != '\r') {
		at++;
	}
	fq_rows_pass_line_end(rows, at);
}

/* --- rows ----------------------------------------------------------------------------- */

void fq_rows_add_cell(struct rows *rows, const struct place *start, struct fq_text text)
{
	if (rows->count == rows->cap) {
		rows->cells = fq_grow(rows->cells, &rows->cap, rows->count + 1, sizeof(*rows->cells));
	}
	rows->cells[rows->count++] =
	        (struct fq_cell){text, start->line, (uint32_t)(start->at - start->line_start) + 1};
	rows->has_long |= text.len > FQ_CELL_BYTES_MAX;
}

static void tell_long_cell(struct rows *rows)
{
	const struct fq_cell *cell = rows->cells;
	while (cell->text.len <= FQ_CELL_BYTES_MAX) {
		cell++;
	}
	tell(rows, cell->line, cell->column, "is a line end or a quote missing?",
	        "a cell of more than 1 MiB");
}

static bool is_at(const struct rows *rows, const char *at, char c)
{
	return at < rows->end && *at == c;
}

/* The usual quoted field: on one line, without a quote in it. NULL if it is any
 * other; else the byte behind it and its blanks, which ends a field. */
static const char *pass_simple_quotes(const struct rows *rows, const char *start, struct fq_text *ret)
{
	const char *at = fq_rows_find_special(rows, start + 1, rows->end);
	while (is_at(rows, at, rows->reader->delimiter)) {
		at = fq_rows_find_special(rows, at + 1, rows->end);
	}
	if (!is_at(rows, at, '"')) {
		return NULL;
	}
	*ret = (struct fq_text){start + 1, (size_t)(at - start - 1)};
	at = fq_rows_skip_blanks(rows, at + 1);
	bool ends = at == rows->end || (rows->is_special[(unsigned char)*at] && *at != '"');
	return ends ? at : NULL;
}

static const char *pass_bare(const struct rows *rows, const char *start, struct fq_text *ret)
{
	const char *at = fq_rows_find_special(rows, start, rows->end);
	const char *end = at;
	while (end > start && is_blank(rows, end[-1])) {
		end--;
	}
	*ret = (struct fq_text){start, (size_t)(end - start)};
	return is_at(rows, at, '"') ? NULL : at;
}

/* NULL where its quotes need a grammar, else the byte behind it. */
static const char *take_field(struct rows *rows, const char *at)
{
	struct place start = rows->place;
	struct fq_text text;
	start.at = fq_rows_skip_blanks(rows, at);
	at = is_at(rows, start.at, '"') ? pass_simple_quotes(rows, start.at, &text)
	                                : pass_bare(rows, start.at, &text);
	if (at) {
		fq_rows_add_cell(rows, &start, text);
	}
	return at;
}

static bool is_empty_line(const struct rows *rows)
{
	return rows->count == 1 && rows->cells[0].text.len == 0 &&
	       !is_at(rows, fq_rows_skip_blanks(rows, rows->place.at), '"');
}

/* False where quotes need a grammar: the row is libcsv's then. */
static bool take_simple(struct rows *rows)
{
	const char *at = take_field(rows, rows->place.at);
	while (at && is_at(rows, at, rows->reader->delimiter)) {
		at = take_field(rows, at + 1);
	}
	if (!at) {
		return false;
	}
	if (is_at(rows, at, '\0')) {
		struct place bad = rows->place;
		bad.at = at;
		fq_rows_refuse(rows, &bad, &bad, "a sheet is text", "a NUL byte");
		return true;
	}
	if (is_empty_line(rows)) {
		rows->count = 0;
	}
	fq_rows_pass_line_end(rows, at);
	return true;
}

static void take_row(struct rows *rows)
{
	uint32_t line = rows->place.line;
	rows->has_long = false;
	rows->count = 0;
	if (!take_simple(rows)) {
		rows->has_long = false;
		rows->count = 0;
		if (!fq_rows_take_quoted(rows)) {
			return;
		}
	}
	if (rows->has_long) {
		tell_long_cell(rows);
	} else if (rows->count) {
		rows->reader->on_row(rows->reader->context, rows->cells, rows->count, line);
	}
}

bool fq_rows_read(const struct fq_rows_reader *reader)
{
	const char *at = reader->source.len ? reader->source.at : "";
	struct rows rows = {.reader = reader, .end = at + reader->source.len};
	static const char zip[] = {'P', 'K', 3, 4};
	if (reader->source.len > sizeof(zip) && memcmp(reader->source.at, zip, sizeof(zip)) == 0) {
		reader->on_error(reader->context, 1, 0, "open it in the spreadsheet, and save it as CSV",
		        "the sheet is a workbook (Excel, LibreOffice), not text");
		return false;
	}
	if (fq_text_is_utf16(reader->source)) {
		reader->on_error(reader->context, 1, 0, "save it as UTF-8 (in Excel: CSV UTF-8)",
		        "the sheet is written in UTF-16");
		return false;
	}
	if (reader->source.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3;
	}
	rows.place = (struct place){at, at, 1};
	const char specials[] = {'\0', '\n', '\r', '"', reader->delimiter};
	for (size_t i = 0; i < sizeof(specials); i++) {
		rows.is_special[(unsigned char)specials[i]] = true;
	}
	while (rows.place.at < rows.end) {
		take_row(&rows);
	}
	csv_free(&rows.parser);
	fq_release(rows.cells);
	return !rows.has_failed;
}
