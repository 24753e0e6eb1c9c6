/* What programs say when they have no memory, or no room on a disk. */
#include "internal.h"

#include <string.h>

/* As their libraries and runtimes print it: strerror(3), C++, Java, Python. */
static const struct {
	const char *words;
	enum fq_cause kind;
} sayings[] = {
        {"No space left on device", FQ_CAUSE_DISK},
        {"Disk quota exceeded", FQ_CAUSE_DISK},
        {"java.lang.OutOfMemoryError", FQ_CAUSE_MEMORY},
        {"std::bad_alloc", FQ_CAUSE_MEMORY},
        {"MemoryError", FQ_CAUSE_MEMORY},
        {"Cannot allocate memory", FQ_CAUSE_MEMORY},
        {"out of memory", FQ_CAUSE_MEMORY},
};

static enum fq_cause kind_of(const char *line)
{
	for (size_t i = 0; i < FQ_COUNT(sayings); i++) {
		if (strcasestr(line, sayings[i].words)) {
			return sayings[i].kind;
		}
	}
	return FQ_CAUSE_OTHER;
}

enum fq_cause fq_run_read_words(struct fq_run *run, struct fq_text text, const char **ret_line)
{
	enum { SHOWN_BYTES = 200 };
	enum fq_cause kind = FQ_CAUSE_OTHER;
	struct fq_buf line = {0};
	while (text.len && kind == FQ_CAUSE_OTHER) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len, taken = len + (end != NULL);
		struct fq_text words = fq_text_trim((struct fq_text){text.at, len});
		line.len = 0;
		fq_buf_puts(&line, "");
		for (size_t i = 0; i < words.len; i++) {
			fq_buf_putc(&line, words.at[i] ? words.at[i] : ' ');
		}
		kind = kind_of(line.at);
		text = (struct fq_text){text.at + taken, text.len - taken};
	}
	if (kind != FQ_CAUSE_OTHER) {
		*ret_line =
		        fq_arena_copy(&run->arena, line.at, line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES);
	}
	fq_buf_finish(&line);
	return kind;
}

enum fq_cause fq_run_read_log(struct fq_run *run, uint32_t job, const char **ret_line)
{
	enum { TAIL_BYTES = 4096 };
	struct fq_buf path = {0}, tail = {0};
	struct fq_error err = {0};
	int64_t hidden;
	enum fq_cause kind = FQ_CAUSE_OTHER;
	fq_run_add_log(run, job, &path);
	if (fq_file_read_end(path.at, TAIL_BYTES, &tail, &hidden, &err)) {
		kind = fq_run_read_words(run, (struct fq_text){tail.at, tail.len}, ret_line);
	}
	fq_error_finish(&err); /* no log, nothing said */
	fq_buf_finish(&tail);
	fq_buf_finish(&path);
	return kind;
}

void fq_run_add_size(struct fq_buf *buf, int64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;
	double size = (double)bytes / 1024;
	while (size >= 1024 && units[unit + 1]) {
		size /= 1024;
		unit++;
	}
	int64_t tenths = (int64_t)(size * 10 + 0.5);
	fq_buf_add_number(buf, tenths / 10);
	if (tenths % 10) {
		fq_buf_addf(buf, ".%d", (int)(tenths % 10));
	}
	fq_buf_putc(buf, units[unit]);
}
