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

static enum fq_cause kind_of(const char *line, size_t *ret_at)
{
	for (size_t i = 0; i < FQ_COUNT(sayings); i++) {
		const char *found = strcasestr(line, sayings[i].words);
		if (found) {
			*ret_at = (size_t)(found - line);
			return sayings[i].kind;
		}
	}
	return FQ_CAUSE_OTHER;
}

/* Up to the next end of a line, also of one that a progress bar writes over. */
static struct fq_text take_line(struct fq_text *rest)
{
	size_t len = 0;
	while (len < rest->len && rest->at[len] != '\n' && rest->at[len] != '\r') {
		len++;
	}
	struct fq_text line = {rest->at, len};
	len += len < rest->len;
	*rest = (struct fq_text){rest->at + len, rest->len - len};
	return fq_text_trim(line);
}

/* Of a long line what stands around the words; never half a character. */
static const char *keep_around(struct fq_run *run, const struct fq_buf *line, size_t at)
{
	enum { BEFORE_BYTES = 80, SHOWN_BYTES = 200 };
	size_t start = line->len > SHOWN_BYTES && at > BEFORE_BYTES ? at - BEFORE_BYTES : 0;
	while (start && start < at && fq_utf8_measure(line->at + start, line->len - start) == 0) {
		start++;
	}
	size_t len = line->len - start < SHOWN_BYTES ? line->len - start : SHOWN_BYTES;
	while (len && start + len < line->len && ((unsigned char)line->at[start + len] & 0xc0) == 0x80) {
		len--;
	}
	return fq_arena_copy(&run->arena, line->at + start, len);
}

enum fq_cause fq_run_read_words(struct fq_run *run, struct fq_text text, const char **ret_line)
{
	enum fq_cause kind = FQ_CAUSE_OTHER;
	struct fq_buf line = {0};
	size_t at = 0;
	while (text.len && kind == FQ_CAUSE_OTHER) {
		struct fq_text words = take_line(&text);
		line.len = 0;
		fq_buf_puts(&line, "");
		for (size_t i = 0; i < words.len; i++) {
			fq_buf_putc(&line, words.at[i] ? words.at[i] : ' ');
		}
		kind = kind_of(line.at, &at);
	}
	if (kind != FQ_CAUSE_OTHER) {
		*ret_line = keep_around(run, &line, at);
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
