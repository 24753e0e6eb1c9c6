/* What reading a sheet costs: fq_rows_read, and libcsv alone with callbacks that
 * do nothing. The best of several turns, for a sheet without quotes and for one
 * where each field has them.
 *
 * usage: bench_rows [ROWS] */
#include "../../src/manifest/rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { TURNS = 7 };

static size_t rows_read, cells_read;

static void make_sheet(struct fq_buf *buf, unsigned rows, const char *quote)
{
	for (unsigned i = 0; i < rows; i++) {
		fq_buf_addf(buf,
		        "%ssample%06u%s,%sreads/run7/lane%u/sample%06u_R1_001.fastq.gz%s,"
		        "%sreads/run7/lane%u/sample%06u_R2_001.fastq.gz%s,%scase%s\n",
		        quote, i, quote, quote, i % 8, i, quote, quote, i % 8, i, quote, quote, quote);
	}
}

static void count_row(void *context, const struct fq_cell *cells, size_t count, uint32_t line)
{
	(void)context;
	(void)cells;
	(void)line;
	rows_read++;
	cells_read += count;
}

static void stop(void *context, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	(void)context;
	(void)hint;
	fprintf(stderr, "%u:%u: %s\n", line, column, text);
	exit(1);
}

static void read_ours(const struct fq_buf *sheet)
{
	struct fq_arena arena = {0};
	struct fq_rows_reader reader = {.source = {sheet->at, sheet->len},
	        .delimiter = ',',
	        .arena = &arena,
	        .on_row = count_row,
	        .on_error = stop};
	fq_rows_read(&reader);
	fq_arena_finish(&arena);
}

static void count_field(void *text, size_t len, void *context)
{
	(void)text;
	(void)len;
	(void)context;
	cells_read++;
}

static void count_end(int c, void *context)
{
	(void)c;
	(void)context;
	rows_read++;
}

static void read_libcsv(const struct fq_buf *sheet)
{
	struct csv_parser parser;
	csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_parse(&parser, sheet->at, sheet->len, count_field, count_end, NULL);
	csv_fini(&parser, count_field, count_end, NULL);
	csv_free(&parser);
}

static void measure(const char *name, void (*read)(const struct fq_buf *), const struct fq_buf *sheet)
{
	int64_t best = INT64_MAX;
	for (int i = 0; i < TURNS; i++) {
		rows_read = cells_read = 0;
		int64_t start = fq_clock_ns();
		read(sheet);
		int64_t took = fq_clock_ns() - start;
		best = took < best ? took : best;
	}
	printf("%-16s %7zu rows %8zu cells %6.1f MB %7.2f ms\n", name, rows_read, cells_read,
	        (double)sheet->len / 1e6, (double)best / 1e6);
}

int main(int argc, char **argv)
{
	unsigned rows = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	struct fq_buf plain = {0}, quoted = {0};
	make_sheet(&plain, rows, "");
	make_sheet(&quoted, rows, "\"");
	measure("plain, ours", read_ours, &plain);
	measure("plain, libcsv", read_libcsv, &plain);
	measure("quoted, ours", read_ours, &quoted);
	measure("quoted, libcsv", read_libcsv, &quoted);
	fq_buf_finish(&plain);
	fq_buf_finish(&quoted);
	return 0;
}
