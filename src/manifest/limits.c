/* threads, memory, timeout, priority, retries, backoff: numbers of a task. */
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
	if (!fq_parse_size(fq_text_trim((struct fq_text){text.at, len}), &task->memory_bytes)) {
		return false;
	}
	if (cross) {
		struct fq_text factor = fq_text_trim((struct fq_text){cross + 1, text.len - len - 1});
		uint64_t whole;
		if (!fq_parse_number(factor, &whole) || whole < 1 || whole > 16) {
			return false;
		}
		task->memory_factor = (double)whole;
	}
	return true;
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

static bool parse_priority(struct fq_text text, int32_t *ret)
{
	enum { MOST = 1000 };
	bool has_sign = text.len && (text.at[0] == '-' || text.at[0] == '+');
	struct fq_text digits = {text.at + has_sign, text.len - has_sign};
	uint64_t number;
	if (!fq_parse_number(digits, &number) || number > MOST) {
		return false;
	}
	*ret = has_sign && text.at[0] == '-' ? -(int32_t)number : (int32_t)number;
	return true;
}

static void set_priority(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value && !parse_priority(value->text, &task->priority)) {
		fq_manifest_complain(loader, value, 0,
		        "priority = 10: the greatest goes first, 0 if not said",
		        "not a priority from -1000 to 1000: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

/* --- trying again ------------------------------------------------------------------ */

static void set_retries(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	enum { MOST = 100 };
	uint64_t retries = 0;
	if (value && (!fq_parse_number(value->text, &retries) || retries > MOST)) {
		fq_manifest_complain(loader, value, 0,
		        "retries = 2: a job that fails is tried up to two times more",
		        "not a number of retries from 0 to %d: \"%.*s\"", MOST, (int)value->text.len,
		        value->text.at);
		return;
	}
	task->retries = (uint32_t)retries;
}

static void set_backoff(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value && !fq_parse_duration(value->text, &task->backoff_ns)) {
		fq_manifest_complain(loader, value, 0, "backoff = 30s: the wait before the first retry",
		        "not a time: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

/* What a preset says for those who add `retries` is no mistake of who does not. */
static void warn_of_no_retries(struct loader *loader, const struct raw_task *raw,
        const struct ini_value *value, size_t offset, const char *what)
{
	const struct fq_manifest *manifest = loader->manifest;
	bool is_own = fq_manifest_source(manifest, value->line) == fq_manifest_source(manifest, raw->line);
	if (raw->values[TASK_RETRIES] || raw->is_incomplete || !is_own) {
		return;
	}
	struct fq_where where = fq_ini_where(NULL, value, offset);
	fq_manifest_warn_at(loader, where.line, where.column, "add `retries = 2`, or take it out",
	        "%s means nothing without `retries`", what);
}

static void check_retries(struct loader *loader, const struct raw_task *raw, const struct fq_task *task)
{
	const struct ini_value *memory = raw->values[TASK_MEMORY];
	if (raw->values[TASK_BACKOFF] && task->backoff_ns) {
		warn_of_no_retries(loader, raw, raw->values[TASK_BACKOFF], 0, "`backoff`");
	}
	if (memory && task->memory_factor > 1) {
		const char *cross = memchr(memory->text.at, 'x', memory->text.len);
		warn_of_no_retries(
		        loader, raw, memory, (size_t)(cross - memory->text.at), "the factor of `memory`");
	}
}

void fq_manifest_set_limits(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	set_threads(loader, task, raw->values[TASK_THREADS]);
	set_memory(loader, task, raw->values[TASK_MEMORY]);
	set_timeout(loader, task, raw->values[TASK_TIMEOUT]);
	set_priority(loader, task, raw->values[TASK_PRIORITY]);
	set_retries(loader, task, raw->values[TASK_RETRIES]);
	set_backoff(loader, task, raw->values[TASK_BACKOFF]);
	check_retries(loader, raw, task);
}
