#include "inner.h"

#include <jansson.h>
#include <string.h>

/* Shares and means have two decimals, rounded half up from the exact fraction,
 * so they are kept as whole hundredths: no locale and no binary fraction in them. */
static uint64_t hundredths(uint64_t part, uint64_t whole)
{
	return whole ? part / whole * 100 + (part % whole * 100 + whole / 2) / whole : 0;
}

/* The columns, in the order in which every format has them. */
struct column {
	const char *key;   /* JSON, TSV */
	const char *title; /* table; NULL: not there */
	uint64_t value;
	bool is_hundredths;
};
enum { COLUMNS = 12 };

static void fill_columns(const struct fq_fastq_stats *s, struct column ret[COLUMNS])
{
	const struct column columns[COLUMNS] = {
	        {"reads", "reads", s->reads, false},
	        {"bases", "bases", s->bases, false},
	        {"min_length", "min", s->min_length, false},
	        {"mean_length", "mean", hundredths(s->bases, s->reads), true},
	        {"max_length", "max", s->max_length, false},
	        {"gc", NULL, s->gc, false},
	        {"gc_percent", "GC%", hundredths(s->gc * 100, s->bases), true},
	        {"n", "N", s->n, false},
	        {"q20", NULL, s->q20, false},
	        {"q20_percent", "Q20%", hundredths(s->q20 * 100, s->bases), true},
	        {"q30", NULL, s->q30, false},
	        {"q30_percent", "Q30%", hundredths(s->q30 * 100, s->bases), true},
	};
	memcpy(ret, columns, sizeof(columns));
}

static void add_value(struct fq_buf *buf, const struct column *column)
{
	uint64_t value = column->value;
	if (column->is_hundredths) {
		fq_buf_addf(buf, "%llu.%02u", (unsigned long long)(value / 100), (unsigned)(value % 100));
	} else {
		fq_buf_add_number(buf, (int64_t)value);
	}
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *make_string(const char *string)
{
	struct fq_buf clean = {0};
	fq_buf_puts(&clean, "");
	fq_buf_add_utf8(&clean, fq_text(string));
	json_t *json = json_stringn(clean.at, clean.len);
	fq_buf_finish(&clean);
	return json;
}

static bool set_stats(json_t *object, const struct fq_fastq_stats *stats)
{
	struct column columns[COLUMNS];
	fill_columns(stats, columns);
	bool ok = true;
	for (size_t i = 0; i < COLUMNS; i++) {
		uint64_t value = columns[i].value;
		json_t *number = columns[i].is_hundredths ? json_real((double)value / 100)
		                                          : json_integer((json_int_t)value);
		ok = json_object_set_new(object, columns[i].key, number) == 0 && ok;
	}
	return ok;
}

static json_t *make_file(const struct fq_fastq_row *row)
{
	json_t *object = json_object();
	bool ok = json_object_set_new(object, "file", make_string(row->file)) == 0;
	if (ok && set_stats(object, &row->stats)) {
		return object;
	}
	json_decref(object);
	return NULL;
}

static void sum_rows(const struct fq_fastq_row *rows, size_t count, struct fq_fastq_stats *ret)
{
	*ret = (struct fq_fastq_stats){0};
	for (size_t i = 0; i < count; i++) {
		fq_fastq_add(ret, &rows[i].stats);
	}
}

static bool fill_document(json_t *root, const char *name, const struct fq_fastq_row *rows, size_t count)
{
	struct fq_fastq_stats sum;
	sum_rows(rows, count, &sum);
	if (name && json_object_set_new(root, "name", make_string(name)) != 0) {
		return false;
	}
	json_t *files = json_array();
	if (!set_stats(root, &sum) || json_object_set_new(root, "files", files) != 0) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(files, make_file(&rows[i])) != 0) {
			return false;
		}
	}
	return true;
}

static int add_dump(const char *at, size_t len, void *buf)
{
	fq_buf_add(buf, at, len);
	return 0;
}

void fq_fastq_add_json(struct fq_buf *buf, const char *name, const struct fq_fastq_row *rows, size_t count)
{
	/* 15 digits give a number with two decimals back as it was. */
	const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(15);
	json_t *root = json_object();
	if (!fill_document(root, name, rows, count) || json_dump_callback(root, add_dump, buf, flags) != 0) {
		/* Only memory can be lacking: end as base ends then. */
		fq_release(fq_zeroed(SIZE_MAX / 2, 1));
	}
	json_decref(root);
	fq_buf_putc(buf, '\n');
}

/* --- values ---------------------------------------------------------------- */

void fq_fastq_add_values(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count)
{
	struct fq_fastq_stats sum;
	struct column columns[COLUMNS];
	sum_rows(rows, count, &sum);
	fill_columns(&sum, columns);
	for (size_t i = 0; i < COLUMNS; i++) {
		fq_buf_addf(buf, "%s=", columns[i].key);
		add_value(buf, &columns[i]);
		fq_buf_putc(buf, '\n');
	}
}

/* --- TSV and table ------------------------------------------------------- */

/* Without bytes that would break a line or disturb a terminal. */
static void add_escaped(struct fq_buf *buf, const char *string)
{
	for (const char *at = string; *at; at++) {
		unsigned char c = (unsigned char)*at;
		if (c == '\t') {
			fq_buf_puts(buf, "\\t");
		} else if (c == '\n') {
			fq_buf_puts(buf, "\\n");
		} else if (c == '\\') {
			fq_buf_puts(buf, "\\\\");
		} else if (c < ' ' || c == 0x7f) {
			fq_buf_addf(buf, "\\x%02x", c);
		} else {
			fq_buf_putc(buf, *at);
		}
	}
}

void fq_fastq_add_tsv(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count)
{
	struct column columns[COLUMNS];
	fill_columns(&(struct fq_fastq_stats){0}, columns);
	fq_buf_puts(buf, "file");
	for (size_t i = 0; i < COLUMNS; i++) {
		fq_buf_addf(buf, "\t%s", columns[i].key);
	}
	fq_buf_putc(buf, '\n');
	for (size_t row = 0; row < count; row++) {
		fill_columns(&rows[row].stats, columns);
		add_escaped(buf, rows[row].file);
		for (size_t i = 0; i < COLUMNS; i++) {
			fq_buf_putc(buf, '\t');
			add_value(buf, &columns[i]);
		}
		fq_buf_putc(buf, '\n');
	}
}

/* A table's lines: texts of one cell after the other, ended by '\n' each. */
struct cells {
	struct fq_buf text;
	size_t width[COLUMNS + 1];
	size_t column;
};

/* Columns of a terminal, as far as one character is one column. */
static size_t measure_width(const char *at, size_t len)
{
	size_t width = 0;
	for (size_t i = 0; i < len; i++) {
		width += ((unsigned char)at[i] & 0xc0) != 0x80;
	}
	return width;
}

static void end_cell(struct cells *cells, size_t start)
{
	size_t width = measure_width(cells->text.at + start, cells->text.len - start);
	if (width > cells->width[cells->column]) {
		cells->width[cells->column] = width;
	}
	cells->column++;
	fq_buf_putc(&cells->text, '\n');
}

/* stats NULL: the header. */
static void add_cells(struct cells *cells, const char *file, const struct fq_fastq_stats *stats)
{
	struct column columns[COLUMNS];
	fill_columns(stats ? stats : &(struct fq_fastq_stats){0}, columns);
	size_t start = cells->text.len;
	cells->column = 0;
	add_escaped(&cells->text, file);
	end_cell(cells, start);
	for (size_t i = 0; i < COLUMNS; i++) {
		start = cells->text.len;
		if (columns[i].title && stats) {
			add_value(&cells->text, &columns[i]);
		} else if (columns[i].title) {
			fq_buf_puts(&cells->text, columns[i].title);
		} else {
			continue;
		}
		end_cell(cells, start);
	}
}

static void add_padding(struct fq_buf *buf, size_t width)
{
	while (width--) {
		fq_buf_putc(buf, ' ');
	}
}

/* The first column to the left, numbers to the right. */
static void add_aligned(struct fq_buf *buf, const struct cells *cells)
{
	size_t column = 0;
	for (const char *at = cells->text.at, *end = at + cells->text.len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)(newline - at);
		size_t padding = cells->width[column] - measure_width(at, len);
		add_padding(buf, column ? padding + 2 : 0);
		fq_buf_add(buf, at, len);
		add_padding(buf, column ? 0 : padding);
		at = newline + 1;
		column = column + 1 < cells->column ? column + 1 : 0;
		if (column == 0) {
			fq_buf_putc(buf, '\n');
		}
	}
}

void fq_fastq_add_table(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count)
{
	struct cells cells = {0};
	add_cells(&cells, "file", NULL);
	for (size_t i = 0; i < count; i++) {
		add_cells(&cells, rows[i].file, &rows[i].stats);
	}
	if (count > 1) {
		struct fq_fastq_stats sum;
		sum_rows(rows, count, &sum);
		add_cells(&cells, "total", &sum);
	}
	add_aligned(buf, &cells);
	fq_buf_finish(&cells.text);
}
