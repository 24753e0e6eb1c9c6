/* The rows of a sheet: cells with their places, what is refused where, and
 * random cells that come back as they were written. */
#include "../../src/manifest/rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fq_arena arena;
static struct fq_buf got, told;
static unsigned error_count;

static void finish(void)
{
	fq_arena_finish(&arena);
	fq_buf_finish(&got);
	fq_buf_finish(&told);
	error_count = 0;
}

TestSuite(rows, .fini = finish, .timeout = 60);

/* "1:1[a] 1:3[b];" */
static void write_row(void *context, const struct fq_cell *cells, size_t count, uint32_t line)
{
	(void)context;
	cr_assert_gt(count, 0);
	cr_assert_eq(cells[0].line, line);
	for (size_t i = 0; i < count; i++) {
		cr_assert(cells[i].text.at);
		fq_buf_addf(&got, "%s%u:%u[", i ? " " : "", cells[i].line, cells[i].column);
		fq_buf_add_text(&got, cells[i].text);
		fq_buf_putc(&got, ']');
	}
	fq_buf_putc(&got, ';');
}

static void write_error(void *context, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	(void)context;
	error_count++;
	fq_buf_addf(&told, "%u:%u: %s (%s)\n", line, column, text, hint ? hint : "");
}

static bool read_bytes(const char *at, size_t len, char delimiter)
{
	finish();
	fq_buf_puts(&got, "");
	fq_buf_puts(&told, "");
	struct fq_rows_reader reader = {.source = {at, len},
	        .delimiter = delimiter,
	        .arena = &arena,
	        .on_row = write_row,
	        .on_error = write_error};
	bool ok = fq_rows_read(&reader);
	cr_assert_eq(ok, error_count == 0);
	return ok;
}

static void expect_with(char delimiter, const char *text, const char *right)
{
	cr_assert(read_bytes(text, strlen(text), delimiter), "%s: %s", text, told.at);
	cr_assert_str_eq(got.at, right, "%s: %s", text, got.at);
}

static void expect(const char *text, const char *right)
{
	expect_with(',', text, right);
}

/* All errors in order, each "LINE:COLUMN: words", and the rows that are left (NULL: whatever). */
static void refuse_bytes(const char *text, size_t len, const char *errors, const char *right)
{
	cr_assert_not(read_bytes(text, len, ','), "accepted: %s", text);
	cr_assert(!right || strcmp(got.at, right) == 0, "%s: %s", text, got.at);
	const char *at = told.at;
	unsigned count = 0;
	for (const char *want = errors; *want; count++) {
		size_t length = strcspn(want, ";");
		cr_assert_eq(strncmp(at, want, length), 0, "%s: %s", text, told.at);
		at += strcspn(at, "\n") + 1;
		want += length + (want[length] == ';');
	}
	cr_assert_eq(error_count, count, "%s: %s", text, told.at);
}

static void refuse(const char *text, const char *errors, const char *right)
{
	refuse_bytes(text, strlen(text), errors, right);
}

/* --- rows without quotes ------------------------------------------------------------ */

Test(rows, lf_crlf_and_cr_end_a_row)
{
	expect("a,b\nc,d\n", "1:1[a] 1:3[b];2:1[c] 2:3[d];");
	expect("a,b\r\nc,d\r\n", "1:1[a] 1:3[b];2:1[c] 2:3[d];");
	expect("a,b\rc,d\r", "1:1[a] 1:3[b];2:1[c] 2:3[d];");
	expect("a,b\nc,d", "1:1[a] 1:3[b];2:1[c] 2:3[d];");
	expect("a\n\r\nb", "1:1[a];3:1[b];");
}

Test(rows, empty_and_blank_lines_are_skipped_and_counted)
{
	expect("", "");
	expect("\n\n", "");
	expect("  \t \na\n\n \nb\n  ", "2:1[a];5:1[b];");
	expect("\r\n\r\na", "3:1[a];");
}

Test(rows, empty_cells_are_cells)
{
	expect(",", "1:1[] 1:2[];");
	expect("a,,b,\n", "1:1[a] 1:3[] 1:4[b] 1:6[];");
	expect("a, ,\n", "1:1[a] 1:4[] 1:5[];");
}

Test(rows, a_byte_order_mark_is_not_counted)
{
	expect("\xef\xbb\xbf"
	       "a,b\n",
	        "1:1[a] 1:3[b];");
	expect("\xef\xbb\xbf\"a\",b\n", "1:1[a] 1:5[b];");
	expect("\xef\xbb\xbf", "");
	expect("\xef\xbb", "1:1[\xef\xbb];");
}

Test(rows, blanks_around_a_field_are_no_part_of_it)
{
	expect("  a b \t,\tc  \n", "1:3[a b] 1:10[c];");
	expect_with('\t', "  a \t\tb\n", "1:3[a] 1:6[] 1:7[b];");
	expect_with('\t', "\t\t\n", "1:1[] 1:2[] 1:3[];");
	expect_with(';', "a;b,c\n", "1:1[a] 1:3[b,c];");
}

/* --- quotes ----------------------------------------------------------------------------- */

Test(rows, a_quoted_field_may_hold_delimiters_quotes_and_newlines)
{
	expect("\"a,b\",c\n", "1:1[a,b] 1:7[c];");
	expect("\"a\"\"b\",c\n", "1:1[a\"b] 1:8[c];");
	expect("\"a\nb\",c\nd\n", "1:1[a\nb] 2:4[c];3:1[d];");
	expect("\"a\r\nb\r\",\"c\"\r\nd", "1:1[a\r\nb\r] 3:3[c];4:1[d];");
	expect("x,\"\"\"\"\n", "1:1[x] 1:3[\"];");
	expect("\"\n\n\n\",b", "1:1[\n\n\n] 4:3[b];");
}

Test(rows, blanks_in_quotes_stay_and_those_around_go)
{
	expect(" \" a \" , b\n", "1:2[ a ] 1:10[b];");
	expect(" \" a\"\" \" ,  b\n", "1:2[ a\" ] 1:13[b];");
	expect_with('\t', "\"a\tb\" \t c\n", "1:1[a\tb] 1:9[c];");
	expect_with('\t', "\"a\"\"\tb\" \t c\n", "1:1[a\"\tb] 1:11[c];");
}

Test(rows, an_empty_quoted_field_is_a_cell)
{
	expect("\"\"\n", "1:1[];");
	expect("\"\",\"\"", "1:1[] 1:4[];");
	expect("\"\n\",\n", "1:1[\n] 2:3[];");
	expect("\"\n\",", "1:1[\n] 2:3[];");
	expect("a,\"\n\"", "1:1[a] 1:3[\n];");
}

Test(rows, rows_of_both_kinds_stand_side_by_side)
{
	expect("a,b\n\"c\"\"\",d\ne,\"f\"\n\n\"g\nh\"\n i\n",
	        "1:1[a] 1:3[b];2:1[c\"] 2:7[d];3:1[e] 3:3[f];5:1[g\nh];7:2[i];");
}

/* --- refused ------------------------------------------------------------------------------ */

Test(rows, a_quote_in_a_bare_field_is_refused)
{
	refuse("x\na,b\"c,d\ny\n", "2:4: a quote in a field", "1:1[x];3:1[y];");
	refuse("a\"", "1:2: a quote in a field", "");
	refuse("  a \"b\"\n", "1:5: a quote in a field", "");
}

Test(rows, text_behind_a_closing_quote_is_refused)
{
	refuse("\"a\"b,c\ny\n", "1:4: text behind a closing quote", "2:1[y];");
	refuse("\"a\" \"b\",c\ny\n", "1:5: text behind a closing quote", "2:1[y];");
	/* The quote that is missing is that of line 1: line 2 is none the worse. */
	refuse("\"a,b\n\"c\",d\ny\n", "2:2: text behind a closing quote (the quoted field began on line 1",
	        "2:1[c] 2:5[d];3:1[y];");
	/* What a good field of several lines held is never taken for a row. */
	refuse("\"a\nb,c\n\",d\"\ny\n", "3:4: a quote in a field", "4:1[y];");
}

Test(rows, a_quote_without_its_end_is_refused_where_it_began)
{
	refuse("a,b\nc, \"d\ne\n", "2:4: a quote without its end", "1:1[a] 1:3[b];3:1[e];");
	refuse("\"", "1:1: a quote without its end", "");
	refuse("\"a\"\"\n", "1:1: a quote without its end", "");
	refuse("a,\"b\n\",\"c", "2:3: a quote without its end", "");
}

Test(rows, a_nul_byte_is_refused)
{
	refuse_bytes("a,b\0c\nd\n", 8, "1:4: a NUL byte", "2:1[d];");
	refuse_bytes("\"a\"\0\nd\n", 7, "1:4: a NUL byte", "2:1[d];");
	refuse_bytes("\"a\n\0b\",c\nd\n", 11, "2:1: a NUL byte", "3:1[d];");
	refuse_bytes("\0", 1, "1:1: a NUL byte", "");
	refuse_bytes("\"a\"\"\0\"\nd\n", 9, "1:5: a NUL byte", "2:1[d];");
}

Test(rows, all_bad_rows_are_told_and_all_good_ones_read)
{
	refuse("a\"\nb\n\"c\"d\ne\nf,\"g\nh\n", "1:2: a quote in;3:4: text behind;5:3: a quote without",
	        "2:1[b];4:1[e];6:1[h];");
}

/* --- size -------------------------------------------------------------------------------------- */

static void fill(struct fq_buf *buf, size_t len)
{
	memset(fq_buf_room(buf, len), 'x', len);
	buf->len += len;
}

static void expect_long(const char *before, size_t len, const char *behind, const char *error)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, before);
	fill(&text, len);
	fq_buf_puts(&text, behind);
	bool ok = read_bytes(text.at, text.len, ',');
	cr_assert_eq(ok, error == NULL, "%s", told.at);
	cr_assert(!error || (error_count == 1 && strncmp(told.at, error, strlen(error)) == 0), "%s", told.at);
	cr_assert(strstr(got.at, "[last];"));
	fq_buf_finish(&text);
}

Test(rows, a_cell_may_have_one_mebibyte_and_no_more)
{
	const size_t most = 1 << 20;
	expect_long("a, ", most, " ,b\nlast\n", NULL);
	expect_long("a, ", most + 1, " ,b\nlast\n", "1:4: a cell of more than 1 MiB");
	expect_long("a,\"", most, "\",b\nlast\n", NULL);
	expect_long("a,\"", most + 1, "\",b\nlast\n", "1:3: a cell of more than 1 MiB");
	expect_long("a,\"\n", most - 2, "\n\",b\nlast\n", NULL);
	expect_long("a,\"\n", most - 1, "\n\",b\nlast\n", "1:3: a cell of more than 1 MiB");
}

Test(rows, a_forgotten_quote_is_given_up_after_a_while)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "a,\"b\n");
	for (unsigned i = 0; i < 400000; i++) {
		fq_buf_puts(&text, "0123456789\n");
	}
	fq_buf_puts(&text, "\"last\"\n");
	refuse_bytes(
	        text.at, text.len, "1:3: a cell of more than 1 MiB (is its closing quote missing?", NULL);
	cr_assert(strncmp(got.at, "2:1[0123456789];3:1[", 20) == 0 && strstr(got.at, "400002:1[last];"));
	fq_buf_finish(&text);
}

Test(rows, a_row_may_have_any_number_of_cells)
{
	struct fq_buf text = {0};
	for (unsigned i = 0; i < 100000; i++) {
		fq_buf_puts(&text, i % 1000 ? "x," : "\"x\n\",");
	}
	cr_assert(read_bytes(text.at, text.len, ','));
	size_t cells = 0;
	for (const char *at = got.at; (at = strchr(at, '[')); at++) {
		cells++;
	}
	cr_assert_eq(cells, 100001);
	fq_buf_finish(&text);
}

Test(rows, quotes_that_never_end_cost_no_square)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "a,\"b\n");
	for (unsigned i = 0; i < 200000; i++) {
		fq_buf_puts(&text, i % 2 ? "\"c\"\"d\",e\n" : "f,\"\"\n");
	}
	cr_assert_not(read_bytes(text.at, text.len, ','));
	fq_buf_finish(&text);
}

/* --- by property --------------------------------------------------------------------------------- */

static uint64_t state;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state * 0x2545F4914F6CDD1DULL) >> 33) % n;
}

/* The text of a sheet, and what must be read from it. */
static struct fq_buf sheet, right;
static uint32_t line;
static size_t line_start;

static void make_cell_text(struct fq_buf *cell, char delimiter)
{
	static const char *const pieces[] = {"a", "bc", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\t", ",", ";",
	        "caf\xc3\xa9", "\xff", "x y"};
	cell->len = 0;
	fq_buf_puts(cell, "");
	for (unsigned n = below(5); n; n--) {
		unsigned piece = below(FQ_COUNT(pieces) + 1);
		if (piece == FQ_COUNT(pieces)) {
			fq_buf_putc(cell, delimiter);
		} else {
			fq_buf_puts(cell, pieces[piece]);
		}
	}
}

static bool must_be_quoted(const struct fq_buf *cell, char delimiter)
{
	struct fq_text trimmed = fq_text_trim((struct fq_text){cell->at, cell->len});
	return cell->len == 0 || trimmed.len != cell->len || strpbrk(cell->at, "\"\r\n") ||
	       strchr(cell->at, delimiter);
}

static void write_quoted(const struct fq_buf *cell)
{
	fq_buf_putc(&sheet, '"');
	for (size_t i = 0; i < cell->len; i++) {
		char c = cell->at[i];
		fq_buf_puts(&sheet, c == '"' ? "\"" : "");
		fq_buf_putc(&sheet, c);
		if (c == '\n' || (c == '\r' && cell->at[i + 1] != '\n')) {
			line++;
			line_start = sheet.len;
		}
	}
	fq_buf_putc(&sheet, '"');
}

static void write_cell(char delimiter, struct fq_buf *cell)
{
	static const char *const blanks[] = {"", "", " ", "  "};
	make_cell_text(cell, delimiter);
	fq_buf_puts(&sheet, blanks[below(4)]);
	fq_buf_addf(&right, "%u:%zu[", line, sheet.len - line_start + 1);
	fq_buf_add_text(&right, (struct fq_text){cell->at, cell->len});
	fq_buf_putc(&right, ']');
	if (must_be_quoted(cell, delimiter) || below(3) == 0) {
		write_quoted(cell);
	} else {
		fq_buf_add_text(&sheet, (struct fq_text){cell->at, cell->len});
	}
	fq_buf_puts(&sheet, blanks[below(4)]);
}

static void write_sheet(char delimiter, struct fq_buf *cell)
{
	static const char *const ends[] = {"\n", "\r\n", "\r"};
	const char *end = ends[below(3)];
	sheet.len = right.len = line_start = 0;
	line = 1;
	for (unsigned rows = below(6); rows; rows--) {
		unsigned cells = 1 + below(4);
		for (unsigned i = 0; i < cells; i++) {
			if (i) {
				fq_buf_putc(&sheet, delimiter);
				fq_buf_putc(&right, ' ');
			}
			write_cell(delimiter, cell);
		}
		fq_buf_putc(&right, ';');
		for (unsigned n = rows > 1 ? 1 + below(2) : below(2); n; n--) {
			fq_buf_puts(&sheet, end);
			line_start = sheet.len;
			line++;
		}
	}
}

Test(rows, random_cells_come_back_as_they_were_written)
{
	struct fq_buf cell = {0};
	state = 20240607;
	for (unsigned i = 0; i < 20000; i++) {
		char delimiter = ",;\t"[below(3)];
		fq_buf_puts(&sheet, "");
		fq_buf_puts(&right, "");
		write_sheet(delimiter, &cell);
		bool ok = read_bytes(sheet.at, sheet.len, delimiter);
		bool same = ok && got.len == right.len && memcmp(got.at, right.at, got.len) == 0;
		cr_assert(same, "sheet %u with %c: %s\n%.*s\nread %s\nnot  %.*s", i, delimiter, told.at,
		        (int)sheet.len, sheet.at, got.at, (int)right.len, right.at);
	}
	fq_buf_finish(&cell);
	fq_buf_finish(&sheet);
	fq_buf_finish(&right);
}
