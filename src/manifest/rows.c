#include "rows.h"
#include <string.h>
bool fq_rows_read(const struct fq_rows_reader *reader)
{
	struct fq_cell cells[100];
	const char *at = reader->source.at, *end = at + reader->source.len;
	for (uint32_t line = 1; at < end; line++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *stop = nl ? nl : end, *p = at;
		size_t n = 0;
		while (stop > at) {
			const char *c = memchr(p, reader->delimiter, (size_t)(stop - p));
			cells[n++] = (struct fq_cell){
			        {p, (size_t)((c ? c : stop) - p)}, line, (uint32_t)(p - at) + 1};
			if (!c) {
				break;
			}
			p = c + 1;
		}
		if (n) {
			reader->on_row(reader->context, cells, n, line);
		}
		at = stop + 1;
	}
	return true;
}
