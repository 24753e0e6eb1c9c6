/* Values that a job reports: lines NAME=VALUE in the file that FQRUN_VALUES names. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { VALUES_BYTES_MAX = 1 << 20 };

static bool is_name(struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-'))) {
			return false;
		}
	}
	return text.len > 0;
}

static const char *add_line(struct fq_run *run, struct fq_slot *slot, struct fq_text line, unsigned number)
{
	const char *equals = memchr(line.at, '=', line.len);
	struct fq_text name = {line.at, equals ? (size_t)(equals - line.at) : 0};
	if (!equals || !is_name(name) || memchr(line.at, '\0', line.len)) {
		return fq_arena_format(&run->arena, "line %u of its values is not NAME=VALUE: %.*s", number,
		        (int)(line.len < 100 ? line.len : 100), line.at);
	}
	struct fq_text value = {equals + 1, line.len - name.len - 1};
	if (value.len && value.at[value.len - 1] == '\r') {
		value.len--;
	}
	fq_items_add(&slot->items, FQ_ITEM_VALUE, name, value);
	return NULL;
}

const char *fq_run_add_values(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_buf path = {0}, text = {0};
	struct fq_error err = {0};
	struct stat file;
	const char *problem = NULL;
	fq_run_add_slot_path(run, slot, ".values", &path);
	bool is_there = lstat(path.at, &file) == 0;
	if (!is_there && errno != ENOENT) {
		fq_fail_errno(&err, "cannot look at %s", path.at);
	} else if (is_there) {
		fq_file_read(path.at, VALUES_BYTES_MAX, &text, &err);
	}
	if (err.text) {
		problem = fq_arena_format(&run->arena, "its values cannot be read: %s", err.text);
	}
	struct fq_text rest = {text.at, text.len};
	for (unsigned number = 1; rest.len && !problem; number++) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.at) : rest.len;
		if (len) {
			problem = add_line(run, slot, (struct fq_text){rest.at, len}, number);
		}
		len += end != NULL;
		rest = (struct fq_text){rest.at + len, rest.len - len};
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
	fq_buf_finish(&path);
	return problem;
}
