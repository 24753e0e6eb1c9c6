/* fail-on, progress: what a command's output may say. POSIX extended regular expressions. */
#include "fqrun/condition.h"
#include "internal.h"

#include <regex.h>
#include <string.h>

/* An expression at `offset` of a value; false and an error if it is none. */
static bool check_pattern(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *text, size_t *ret_groups)
{
	regex_t compiled;
	const char *problem = fq_pattern_problem(fq_text(text));
	if (problem) {
		fq_manifest_complain(loader, value, offset, "write it shorter",
		        "not a regular expression that can be used: %s", problem);
		return false;
	}
	int number = regcomp(&compiled, text, REG_EXTENDED);
	if (number) {
		char words[200];
		regerror(number, &compiled, words, sizeof(words));
		fq_manifest_complain(loader, value, offset,
		        "an extended regular expression, as grep -E takes it; \\( is a bracket itself",
		        "not a regular expression: %s", words);
		return false;
	}
	*ret_groups = compiled.re_nsub;
	regfree(&compiled);
	return true;
}

static struct fq_expression make_pattern(
        struct loader *loader, const struct ini_value *value, struct fq_text text, size_t *ret_groups)
{
	size_t offset = (size_t)(text.at - value->text.at);
	struct fq_where where = fq_ini_where(NULL, value, offset);
	struct fq_expression pattern = {
	        fq_arena_copy(&loader->manifest->arena, text.at, text.len), where.line, where.column};
	if (!check_pattern(loader, value, offset, pattern.text, ret_groups)) {
		pattern.text = NULL;
	}
	return pattern;
}

/* One a line; empty lines are none. */
static void set_fail_on(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	struct fq_text rest = value->text;
	task->fail_on = fq_arena_alloc(&loader->manifest->arena, value->line_count * sizeof(*task->fail_on));
	while (rest.len) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.at) : rest.len, groups;
		struct fq_text line = fq_text_trim((struct fq_text){rest.at, len});
		if (line.len && task->fail_on_count < value->line_count) {
			task->fail_on[task->fail_on_count] = make_pattern(loader, value, line, &groups);
			task->fail_on_count += task->fail_on[task->fail_on_count].text != NULL;
		}
		len += end != NULL;
		rest = (struct fq_text){rest.at + len, rest.len - len};
	}
	if (fq_text_trim(value->text).len == 0) {
		fq_manifest_complain(loader, value, 0, "fail-on = ^ERROR", "`fail-on` without an expression");
	}
}

static void set_progress(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	size_t groups = 0;
	struct fq_text text = fq_text_trim(value->text);
	if (text.len == 0) {
		fq_manifest_complain(loader, value, 0, "progress = ([0-9]+)% complete",
		        "`progress` without an expression");
		return;
	}
	task->progress = make_pattern(loader, value, text, &groups);
	if (task->progress.text && groups == 0) {
		fq_manifest_complain(loader, value, 0, "progress = ([0-9]+)% complete",
		        "the percentage must stand in the first group, ( )");
	}
}

void fq_manifest_set_patterns(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	if (raw->values[TASK_FAIL_ON]) {
		set_fail_on(loader, task, raw->values[TASK_FAIL_ON]);
	}
	if (raw->values[TASK_PROGRESS]) {
		set_progress(loader, task, raw->values[TASK_PROGRESS]);
	}
}
