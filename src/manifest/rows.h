/* The rows of a sheet: delimited text, read with places.
 *
 * Knows nothing of samples or columns. libcsv keeps the grammar of quoting, in
 * its strict mode. A row whose quotes need none (each field on one line, no
 * quote inside) is cut here: libcsv alone takes five times as long.
 *
 * LF, CRLF and CR end a row. Lines that are empty or blank are skipped, and a
 * byte-order mark is no part of the text. Blanks around a field are no part of
 * it: spaces, and tabs unless they are the delimiter. A quoted field may hold
 * anything but NUL; in it, "" is a quote.
 *
 * Formats: RFC 4180, and the text/tab-separated-values of IANA with its quotes. */
#ifndef FQRUN_MANIFEST_ROWS_H
#define FQRUN_MANIFEST_ROWS_H

#include "fqrun/base.h"

#include <csv.h>

/* line, column: of the field's first byte, or of its quote; of an empty one, where it would be. */
struct fq_cell {
	struct fq_text text; /* in the source or in the arena, never NULL */
	uint32_t line, column;
};
enum { FQ_CELL_BYTES_MAX = 1 << 20 };

/* `cells` is the callee's to read until it returns; `line` is the row's first. */
typedef void fq_rows_row_fn(void *context, const struct fq_cell *cells, size_t count, uint32_t line);
typedef void fq_rows_error_fn(
        void *context, uint32_t line, uint32_t column, const char *hint, const char *text);

/* Any delimiter but blank, quote and newline; texts may outlive the call as
 * long as `source` and `arena` do. */
struct fq_rows_reader {
	struct fq_text source;
	char delimiter;
	struct fq_arena *arena;
	fq_rows_row_fn *on_row;
	fq_rows_error_fn *on_error;
	void *context;
};

/* False if an error was told. A row with one is left out, and reading goes on
 * behind the line that the broken field began in (that a NUL is in). */
bool fq_rows_read(const struct fq_rows_reader *reader);

/* --- between the two files -------------------------------------------------------- */

/* A byte of the source, and the line that it is in. */
struct place {
	const char *at, *line_start;
	uint32_t line;
};

struct rows {
	const struct fq_rows_reader *reader;
	const char *end;    /* of the source */
	struct place place; /* of the next byte */
	bool is_special[256];
	struct fq_cell *cells; /* of the row in hand */
	size_t count, cap;
	bool has_long, has_failed;
	struct csv_parser parser;
};

const char *fq_rows_find_special(const struct rows *rows, const char *at, const char *end);
const char *fq_rows_skip_blanks(const struct rows *rows, const char *at);
void fq_rows_pass_line_end(struct rows *rows, const char *at); /* the next byte is behind it */
void fq_rows_add_cell(struct rows *rows, const struct place *start, struct fq_text text);
/* Leaves out the row in hand and the rest of the line of `resume`. */
void fq_rows_refuse(struct rows *rows, const struct place *bad, const struct place *resume, const char *hint,
        const char *text);

/* The row at hand through libcsv; false if it was refused. */
bool fq_rows_take_quoted(struct rows *rows);

#endif
