/* A sheet; its first byte is the delimiter. What is accepted must be what libcsv
 * alone reads, what is refused must be refused by it (but for NUL, long cells, and
 * what is no text at all), and each cell must stand where its place says. */
#include "../../src/manifest/rows.h"
#include "fuzz.h"

#include <string.h>

static struct fq_text source; /* behind the mark */
static struct fq_buf ours, theirs;
static const char **lines; /* where each begins */
static size_t line_count, line_cap;
static bool has_failed, is_no_sheet;

/* --- ours -------------------------------------------------------------------------- */

static void find_lines(void)
{
	const char *end = source.at + source.len;
	line_count = 0;
	for (const char *at = source.at; at <= end; at++) {
		bool is_begun =
		        at == source.at || at[-1] == '\n' || (at[-1] == '\r' && (at == end || *at != '\n'));
		if (is_begun) {
			lines = fq_grow(lines, &line_cap, line_count + 1, sizeof(*lines));
			lines[line_count++] = at;
		}
	}
}

static void check_place(const struct fq_cell *cell)
{
	const char *end = source.at + source.len;
	MUST(cell->line >= 1 && cell->line <= line_count && cell->column >= 1);
	const char *at = lines[cell->line - 1] + (cell->column - 1);
	MUST(at <= end);
	bool is_quoted = at < end && *at == '"';
	bool is_slice = cell->text.at >= source.at && cell->text.at <= end;
	MUST(is_slice ? cell->text.at == at + is_quoted : is_quoted);
	MUST(!is_slice || cell->text.len <= (size_t)(end - cell->text.at));
}

static void add(struct fq_buf *buf, const void *at, size_t len)
{
	fq_buf_add_number(buf, (int64_t)len);
	fq_buf_putc(buf, ':');
	fq_buf_add(buf, at, len);
}

static void take_row(void *context, const struct fq_cell *cells, size_t count, uint32_t line)
{
	(void)context;
	MUST(count > 0 && cells[0].line == line);
	for (size_t i = 0; i < count; i++) {
		check_place(&cells[i]);
		MUST(i == 0 || cells[i].line > cells[i - 1].line ||
		        (cells[i].line == cells[i - 1].line && cells[i].column > cells[i - 1].column));
		add(&ours, cells[i].text.at, cells[i].text.len);
	}
	fq_buf_putc(&ours, ';');
}

static void take_error(void *context, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	(void)context;
	(void)hint;
	MUST(line >= 1 && line <= line_count && text[0]);
	has_failed = true;
	if (column == 0) { /* the whole of it: a workbook, UTF-16 */
		MUST(line == 1 && !is_no_sheet && ours.len == 0);
		is_no_sheet = true;
		return;
	}
	MUST(lines[line - 1] + (column - 1) <= source.at + source.len);
}

/* --- libcsv alone -------------------------------------------------------------------- */

static void add_field(void *text, size_t len, void *context)
{
	(void)context;
	add(&theirs, text, len);
}

static void add_end(int c, void *context)
{
	(void)c;
	(void)context;
	fq_buf_putc(&theirs, ';');
}

static bool read_with_libcsv(char delimiter)
{
	struct csv_parser parser;
	csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_delim(&parser, (unsigned char)delimiter);
	bool ok = csv_parse(&parser, source.at, source.len, add_field, add_end, NULL) == source.len &&
	          csv_fini(&parser, add_field, add_end, NULL) == 0;
	csv_free(&parser);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	struct fq_arena arena = {0};
	char delimiter = data[0] == ';' || data[0] == '\t' ? (char)data[0] : ',';
	struct fq_rows_reader reader = {.source = {(const char *)data + 1, size - 1},
	        .delimiter = delimiter,
	        .arena = &arena,
	        .on_row = take_row,
	        .on_error = take_error};
	bool has_mark = size > 3 && memcmp(data + 1, "\xef\xbb\xbf", 3) == 0;
	source = reader.source;
	source.at += has_mark ? 3 : 0;
	source.len -= has_mark ? 3 : 0;
	ours.len = theirs.len = 0;
	has_failed = is_no_sheet = false;
	find_lines();
	bool ok = fq_rows_read(&reader);
	MUST(ok == !has_failed);
	bool is_theirs = !is_no_sheet && memchr(source.at, '\0', source.len) == NULL &&
	                 source.len <= FQ_CELL_BYTES_MAX;
	if (is_theirs) {
		MUST(read_with_libcsv(delimiter) == ok);
		MUST(!ok || (ours.len == theirs.len &&
		                    (ours.len == 0 || memcmp(ours.at, theirs.at, ours.len) == 0)));
	}
	fq_arena_finish(&arena);
	return 0;
}
