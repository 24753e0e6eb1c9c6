#include "fqrun/base.h"

#include <unistd.h>

/* A control group's limit: a number, or "max"; 0: none. */
static int64_t read_limit(const char *path)
{
	enum { BYTES = 64 };
	struct fq_buf text = {0};
	struct fq_error err = {0};
	uint64_t limit = 0;
	if (fq_file_read(path, BYTES, &text, &err)) {
		fq_parse_number(fq_text_trim((struct fq_text){text.at, text.len}), &limit);
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return limit < INT64_MAX ? (int64_t)limit : 0;
}

/* Inside a container its own group is the root of what is seen of the tree. */
int64_t fq_memory_available(void)
{
	static const char *const limits[] = {
	        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	int64_t bytes = pages > 0 && page > 0 ? (int64_t)pages * page : 0;
	for (size_t i = 0; i < FQ_COUNT(limits); i++) {
		int64_t limit = read_limit(limits[i]);
		bytes = limit > 0 && (bytes == 0 || limit < bytes) ? limit : bytes;
	}
	return bytes;
}
