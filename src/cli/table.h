/* What the commands that show the state share: tables for a terminal, times, colours. */
#ifndef FQRUN_CLI_TABLE_H
#define FQRUN_CLI_TABLE_H

#include "options.h"

enum fq_tint { FQ_TINT_NONE, FQ_TINT_RED, FQ_TINT_GREEN, FQ_TINT_YELLOW, FQ_TINT_BOLD };

/* Cells row after row; `columns` and what is below it are set by the caller. */
struct fq_table {
	size_t columns;
	bool color;
	bool has_numbers; /* behind the first column: they stand at the right */
	struct fq_buf text;
	struct fq_table_cell *cells;
	size_t count, cap;
};
/* Bytes that would disturb a terminal appear as \xNN. */
void fq_table_add(struct fq_table *table, struct fq_text text, enum fq_tint tint);
void fq_table_addf(struct fq_table *table, enum fq_tint tint, const char *format, ...) FQ_PRINTF(3, 4);
/* Columns that do not fit into `width` come below, with the first one again. */
void fq_table_print(const struct fq_table *table, size_t width, struct fq_buf *ret);
void fq_table_finish(struct fq_table *table);

/* How many columns of a terminal it takes: two for a character of East Asia, none for an accent. */
size_t fq_cli_measure(struct fq_text shown);
/* Not wider than that: of a longer one, both ends. */
void fq_cli_add_cut(struct fq_buf *buf, struct fq_text shown, size_t width);

bool fq_cli_has_color(const struct fq_options *options);
size_t fq_cli_width(void); /* of the terminal; 80 where there is none */
void fq_cli_add_tinted(struct fq_buf *buf, bool color, enum fq_tint tint, const char *text);

void fq_cli_add_local(struct fq_buf *buf, int64_t time_s); /* 2026-11-24 06:12:33 */
void fq_cli_add_utc(struct fq_buf *buf, int64_t time_s);   /* 2026-11-24T05:12:33Z */
void fq_cli_add_ms(struct fq_buf *buf, int64_t ms);

#endif
