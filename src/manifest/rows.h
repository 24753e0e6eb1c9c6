#ifndef FQRUN_MANIFEST_ROWS_H
#define FQRUN_MANIFEST_ROWS_H
#include "fqrun/base.h"
struct fq_cell {
	struct fq_text text;
	uint32_t line, column;
};
struct fq_rows_reader {
	struct fq_text source;
	char delimiter;
	struct fq_arena *arena;
	void (*on_row)(void *context, const struct fq_cell *cells, size_t count, uint32_t line);
	void (*on_error)(void *context, uint32_t line, uint32_t column, const char *hint, const char *text);
	void *context;
};
bool fq_rows_read(const struct fq_rows_reader *reader);
#endif
