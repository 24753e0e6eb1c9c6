/* threads, memory, timeout: numbers of a task. */
#include "internal.h"

#include <string.h>

static bool parse_threads(struct fq_text text, uint32_t *ret_least, uint32_t *ret_most)
{
	enum { MOST = 100000 };
	const char *dash = memchr(text.at, '-', text.len);
	size_t len = dash ? (size_t)(dash - text.at) : text.len;
	uint64_t least, most;
	if (!fq_parse_number(fq_text_trim((struct fq_text){text.at, len}), &least)) {
		return false;
	}
	most = least;
	if (dash && !fq_parse_number(fq_text_trim((struct fq_text){dash + 1, text.len - len - 1}), &most)) {
		return false;
	}
	*ret_least = (uint32_t)least;
	*ret_most = (uint32_t)most;
	return least >= 1 && least <= most && most <= MOST;
}

static void set_threads(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	task->least_threads = task->most_threads = 1;
	task->pool = FQ_NO_POOL;
	if (value && !parse_threads(value->text, &task->least_threads, &task->most_threads)) {
		task->least_threads = task->most_threads = 1;
		fq_manifest_complain(loader, value, 0, "threads = 4, or threads = 1-4",
		        "not a number of threads: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

/* "4G", or "4G x2": doubled when a retry follows an out-of-memory kill. */
static bool parse_memory(struct fq_text text, struct fq_task *task)
{
	const char *cross = memchr(text.at, 'x', text.len);
	size_t len = cross ? (size_t)(cross - text.at) : text.len;
	task->memory_factor = 1;
	if (cross) {
		struct fq_text factor = fq_text_trim((struct fq_text){cross + 1, text.len - len - 1});
		uint64_t whole;
		if (!fq_parse_number(factor, &whole) || whole < 1 || whole > 16) {
			return false;
		}
		task->memory_factor = (double)whole;
	}
	return fq_parse_size(fq_text_trim((struct fq_text){text.at, len}), &task->memory_bytes);
}

static void set_memory(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value && !parse_memory(value->text, task)) {
		fq_manifest_complain(loader, value, 0,
		        "memory = 512M, memory = 4G, or memory = 4G x2 (to x16)",
		        "not an amount of memory: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

static void set_timeout(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value && (!fq_parse_duration(value->text, &task->timeout_ns) || task->timeout_ns == 0)) {
		fq_manifest_complain(loader, value, 0, "write it as 90s, 30m or 2h30m (up to 100 years)",
		        "not a time: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

void fq_manifest_set_limits(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	set_threads(loader, task, raw->values[TASK_THREADS]);
	set_memory(loader, task, raw->values[TASK_MEMORY]);
	set_timeout(loader, task, raw->values[TASK_TIMEOUT]);
}
