/* Where the command of an `atomic` task finds its outputs: in a folder beside their places. */
#include "internal.h"

#include <string.h>

/* How much of `path` lies before what is below `dir`; 0: it is not below it. */
static size_t below(struct fq_text dir, const char *path)
{
	size_t len = dir.len;
	if (len == 0 || strncmp(path, dir.at, len) != 0 || (dir.at[len - 1] != '/' && path[len] != '/')) {
		return 0;
	}
	len += strspn(path + len, "/");
	return path[len] ? len : 0;
}

/* The folder that the path stands in, with its slash. */
static size_t folder_len(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/') {
		len--;
	}
	while (len && path[len - 1] != '/') {
		len--;
	}
	return len;
}

static size_t base_len(struct fq_plan *plan, const struct fq_rule *rule, const char *output)
{
	struct fq_buf dir = {0};
	fq_plan_add_dir(plan, rule, &dir);
	size_t len = below((struct fq_text){dir.at, dir.len}, output);
	fq_buf_finish(&dir);
	return len ? len : folder_len(output);
}

void fq_plan_add_aside(struct fq_plan *plan, const struct fq_rule *rule, const char *folder,
        const char *output, struct fq_buf *ret)
{
	size_t len = base_len(plan, rule, output);
	fq_buf_add(ret, output, len);
	fq_buf_addf(ret, "%s/%s", folder, output + len);
}

void fq_plan_asides(struct fq_plan *plan, uint32_t job, const char *folder, struct fq_list *ret)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	struct fq_list outputs = {0};
	fq_plan_outputs(plan, job, &outputs);
	for (const char *output = NULL; (output = fq_list_next(&outputs, output));) {
		struct fq_buf path = {0};
		fq_buf_add(&path, output, base_len(plan, rule, output));
		fq_buf_puts(&path, folder);
		bool is_known = false;
		for (const char *other = NULL; !is_known && (other = fq_list_next(ret, other));) {
			is_known = strcmp(other, path.at) == 0;
		}
		if (!is_known) {
			fq_list_add(ret, (struct fq_text){path.at, path.len});
		}
		fq_buf_finish(&path);
	}
	fq_list_finish(&outputs);
}

/* Of a job with several outputs one below {dir} is enough: so it is for all that the command
 * makes of {dir}. */
static bool has_output_below(struct fq_plan *plan, struct fq_job_at at, const char *dir)
{
	struct fq_list outputs = {0};
	bool has = false;
	fq_plan_outputs(plan, at.rule->first_job + at.unit, &outputs);
	for (const char *output = NULL; !has && (output = fq_list_next(&outputs, output));) {
		has = below(fq_text(dir), output) != 0;
	}
	fq_list_finish(&outputs);
	return has;
}

static void add_put_aside(
        struct fq_plan *plan, struct fq_job_at at, bool is_output, const char *path, struct fq_list *ret)
{
	struct fq_buf there = {0};
	size_t len = strlen(path);
	if (is_output) {
		fq_plan_add_aside(plan, at.rule, plan->aside, path, &there);
	} else if (has_output_below(plan, at, path)) {
		fq_buf_addf(&there, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", plan->aside);
	} else {
		fq_buf_puts(&there, path);
	}
	fq_list_add(ret, (struct fq_text){there.at, there.len});
	fq_buf_finish(&there);
}

void fq_plan_put_aside(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, size_t start,
        struct fq_list *values)
{
	if (!plan->aside || ref->part != FQ_PART_WHOLE || values->bytes.len == start) {
		return; /* a name is the same there */
	}
	struct fq_list final = {0};
	fq_buf_add(&final.bytes, values->bytes.at + start, values->bytes.len - start);
	values->bytes.len = start;
	for (const char *path = NULL; (path = fq_list_next(&final, path)); values->count--) {
		add_put_aside(plan, at, ref->kind == FQ_REF_OUTPUT, path, values);
	}
	fq_list_finish(&final);
}
