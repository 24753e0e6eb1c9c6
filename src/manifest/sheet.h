/* A sheet that is being read: between the file of its header and that of its rows. */
#ifndef FQRUN_MANIFEST_SHEET_H
#define FQRUN_MANIFEST_SHEET_H

#include "internal.h"
#include "rows.h"

enum role { ROLE_SAMPLE, ROLE_R1, ROLE_R2, ROLE_COUNT };

/* Of a sample's name: where it stands. */
struct row {
	uint32_t sample, next; /* index into `firsts`; the next row of that sample, UINT32_MAX: none */
	uint32_t line, name_line, name_column;
	const struct fq_text *cells;
};

/* The first and last row of each sample. */
struct first {
	uint32_t row, last;
};

struct sheet {
	struct loader *loader;
	uint32_t lines_before;
	size_t field_count; /* of the header */
	bool has_header, is_tsv;
	size_t roles[ROLE_COUNT]; /* fields; SIZE_MAX: the sheet has none */
	uint32_t number;          /* of it in the manifest */
	struct row *rows;
	struct first *firsts;
	size_t row_count, row_cap, first_count, first_cap;
	struct fq_map samples;
};

/* An error at the cell's place. */
void fq_sheet_complain(struct sheet *sheet, const struct fq_cell *cell, const char *hint, const char *text);

/* sheet_header.c: the first row, which names the columns. */
void fq_sheet_take_header(struct sheet *sheet, const struct fq_cell *cells, size_t count);

#endif
