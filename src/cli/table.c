#include "table.h"
#include "fqrun/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* --- what a terminal makes of it ---------------------------------------------------------- */

bool fq_cli_has_color(const struct fq_options *options)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool may = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
	return options->color == FQ_COLOR_ALWAYS || (options->color == FQ_COLOR_AUTO && may);
}

size_t fq_cli_width(void)
{
	enum { UNKNOWN = 80, LEAST = 40 };
	struct winsize size;
	bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
	return !is_known ? UNKNOWN : size.ws_col < LEAST ? LEAST : size.ws_col;
}

void fq_cli_add_tinted(struct fq_buf *buf, bool color, enum fq_tint tint, const char *text)
{
	static const char *const codes[] = {
	        [FQ_TINT_RED] = "31", [FQ_TINT_GREEN] = "32", [FQ_TINT_YELLOW] = "33", [FQ_TINT_BOLD] = "1"};
	if (color && tint != FQ_TINT_NONE) {
		fq_buf_addf(buf, "\033[%sm%s\033[0m", codes[tint], text);
	} else {
		fq_buf_puts(buf, text);
	}
}

/* --- widths -------------------------------------------------------------------------------- */

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && c >= ranges[i].first; i++) {
		if (c <= ranges[i].last) {
			return true;
		}
	}
	return false;
}

/* Unicode's EastAsianWidth.txt (W and F) and its combining marks, by their blocks. */
static size_t width_of(uint32_t c)
{
	static const struct range none[] = {
	        {0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
	static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x4dbf},
	        {0x4e00, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	        {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	        {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};
	return c < 0x300 ? 1 : is_in(c, none, FQ_COUNT(none)) ? 0 : is_in(c, wide, FQ_COUNT(wide)) ? 2 : 1;
}

/* The character at the start of the text, which moves on. */
static size_t take_character(struct fq_text *text)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t len = fq_utf8_measure(text->at, text->len);
	len = len ? len : 1;
	uint32_t c = (unsigned char)text->at[0] & masks[len];
	for (size_t i = 1; i < len; i++) {
		c = c << 6 | ((unsigned char)text->at[i] & 0x3f);
	}
	*text = (struct fq_text){text->at + len, text->len - len};
	return width_of(c);
}

size_t fq_cli_measure(struct fq_text shown)
{
	size_t width = 0;
	while (shown.len) {
		width += take_character(&shown);
	}
	return width;
}

void fq_cli_add_cut(struct fq_buf *buf, struct fq_text shown, size_t width)
{
	static const char gap[] = "...";
	size_t whole = fq_cli_measure(shown), at = 0, room = width - (sizeof(gap) - 1), skipped = 0;
	struct fq_text rest = shown;
	if (whole <= width) {
		fq_buf_add_text(buf, shown);
		return;
	}
	for (struct fq_text next = rest; (at += take_character(&next)) <= room / 2;) {
		rest = next;
	}
	fq_buf_add(buf, shown.at, (size_t)(rest.at - shown.at));
	fq_buf_puts(buf, gap);
	for (rest = shown; skipped < whole - (room - room / 2);) {
		skipped += take_character(&rest);
	}
	fq_buf_add_text(buf, rest);
}

/* --- tables -------------------------------------------------------------------------------- */

enum { GAP = 2 };

struct fq_table_cell {
	size_t offset, len, width;
	enum fq_tint tint;
};

void fq_table_add(struct fq_table *table, struct fq_text text, enum fq_tint tint)
{
	size_t start = table->text.len;
	fq_buf_puts(&table->text, "");
	fq_ui_add_shown(&table->text, text);
	struct fq_text shown = {table->text.at + start, table->text.len - start};
	table->cells = fq_grow(table->cells, &table->cap, table->count + 1, sizeof(*table->cells));
	table->cells[table->count++] = (struct fq_table_cell){start, shown.len, fq_cli_measure(shown), tint};
	fq_buf_putc(&table->text, '\0');
}

void fq_table_addf(struct fq_table *table, enum fq_tint tint, const char *format, ...)
{
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	fq_table_add(table, (struct fq_text){text.at, text.len}, tint);
	fq_buf_finish(&text);
}

static size_t column_width(const struct fq_table *table, size_t column)
{
	size_t width = 0;
	for (size_t i = column; i < table->count; i += table->columns) {
		width = table->cells[i].width > width ? table->cells[i].width : width;
	}
	return width;
}

static void pad(struct fq_buf *ret, size_t count)
{
	fq_buf_addf(ret, "%*s", (int)count, "");
}

static void print_cell(
        const struct fq_table *table, size_t index, size_t width, bool is_last, struct fq_buf *ret)
{
	const struct fq_table_cell *cell = &table->cells[index];
	bool is_number = table->has_numbers && index % table->columns;
	pad(ret, is_number ? width - cell->width : 0);
	fq_cli_add_tinted(ret, table->color, cell->tint, table->text.at + cell->offset);
	pad(ret, (is_number || is_last ? 0 : width - cell->width) + (is_last ? 0 : GAP));
}

static void print_row(const struct fq_table *table, size_t row, const size_t *widths, size_t from, size_t to,
        struct fq_buf *ret)
{
	size_t start = row * table->columns;
	print_cell(table, start, widths[0], from == to, ret);
	for (size_t column = from; column < to; column++) {
		print_cell(table, start + column, widths[column], column + 1 == to, ret);
	}
	while (ret->len && ret->at[ret->len - 1] == ' ') {
		ret->len--;
	}
	fq_buf_putc(ret, '\n');
}

void fq_table_print(const struct fq_table *table, size_t width, struct fq_buf *ret)
{
	size_t *widths = fq_zeroed(table->columns, sizeof(*widths)), from = 1;
	size_t rows = table->columns ? table->count / table->columns : 0;
	for (size_t column = 0; column < table->columns; column++) {
		widths[column] = column_width(table, column);
	}
	do {
		size_t to = from, used = widths[0];
		while (to < table->columns && (to == from || used + GAP + widths[to] <= width)) {
			used += GAP + widths[to++];
		}
		fq_buf_puts(ret, from > 1 ? "\n" : "");
		for (size_t row = 0; row < rows; row++) {
			print_row(table, row, widths, from, to, ret);
		}
		from = to;
	} while (from < table->columns);
	fq_release(widths);
}

void fq_table_finish(struct fq_table *table)
{
	fq_buf_finish(&table->text);
	fq_release(table->cells);
	*table = (struct fq_table){0};
}

/* --- times --------------------------------------------------------------------------------- */

static void add_time(struct fq_buf *buf, const struct tm *time, const char *format)
{
	char text[40] = "?";
	if (time) {
		strftime(text, sizeof(text), format, time);
	}
	fq_buf_puts(buf, text);
}

void fq_cli_add_local(struct fq_buf *buf, int64_t time_s)
{
	time_t time = (time_t)time_s;
	struct tm local;
	add_time(buf, localtime_r(&time, &local), "%Y-%m-%d %H:%M:%S");
}

void fq_cli_add_utc(struct fq_buf *buf, int64_t time_s)
{
	time_t time = (time_t)time_s;
	struct tm utc;
	add_time(buf, gmtime_r(&time, &utc), "%Y-%m-%dT%H:%M:%SZ");
}

void fq_cli_add_ms(struct fq_buf *buf, int64_t ms)
{
	const int64_t ns_a_ms = 1000000;
	fq_buf_add_duration(buf, ms < INT64_MAX / ns_a_ms ? ms * ns_a_ms : INT64_MAX);
}
