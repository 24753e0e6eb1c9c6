/* Tasks that say `temp = yes`: whose outputs they are, and who reads them. */
#include "internal.h"

static size_t count_after(const struct fq_plan *plan, uint32_t job)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_after(plan, job, &side);
	for (uint32_t i = 0; i < rule->out_count; i++) {
		count += fq_plan_after(plan, &plan->arrows[rule->out[i]], job).count;
	}
	return count;
}

size_t fq_plan_readers(const struct fq_plan *plan, uint32_t job)
{
	return fq_plan_rule(plan, job)->task->is_temp ? count_after(plan, job) : 0;
}

/* --- inputs that are such outputs ------------------------------------------------------------ */

struct wanted {
	const struct fq_temp_paths *paths;
	struct fq_text path;
};

static bool same_path(uint32_t at, const void *context)
{
	const struct wanted *wanted = context;
	return fq_text_is(wanted->path, wanted->paths->texts.bytes.at + at);
}

static void add_path(struct fq_temp_paths *paths, const char *path, struct fq_buf *tidy)
{
	tidy->len = 0;
	fq_buf_puts(tidy, path);
	fq_plan_tidy(tidy);
	uint32_t at = (uint32_t)paths->texts.bytes.len;
	fq_map_add(&paths->map, fq_hash(tidy->at, tidy->len), at);
	fq_list_add(&paths->texts, (struct fq_text){tidy->at, tidy->len});
}

static void add_outputs(struct fq_plan *plan, uint32_t job, struct fq_temp_paths *paths)
{
	struct fq_list outputs = {0};
	struct fq_buf tidy = {0};
	fq_plan_outputs(plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		add_path(paths, path, &tidy);
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&tidy);
}

/* Of all temporary jobs right before it. */
static void find_paths(struct fq_plan *plan, uint32_t job, struct fq_temp_paths *paths)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	paths->is_known = true;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		struct fq_jobs before = {0};
		if (plan->rules[arrow->from].task->is_temp) {
			before = fq_plan_before(plan, arrow, job);
		}
		for (uint32_t j = 0; j < before.count; j++) {
			add_outputs(plan, fq_jobs_at(&before, j), paths);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		if (fq_plan_rule(plan, side[i].from)->task->is_temp) {
			add_outputs(plan, side[i].from, paths);
		}
	}
}

bool fq_plan_is_temp_path(struct fq_plan *plan, uint32_t job, const char *path, struct fq_temp_paths *paths)
{
	struct fq_buf tidy = {0};
	if (!plan->has_temp) {
		return false;
	}
	if (!paths->is_known) {
		find_paths(plan, job, paths);
	}
	if (paths->texts.count == 0) {
		return false;
	}
	fq_buf_puts(&tidy, path);
	fq_plan_tidy(&tidy);
	struct wanted wanted = {paths, {tidy.at, tidy.len}};
	bool is = fq_map_find(&paths->map, fq_hash(tidy.at, tidy.len), same_path, &wanted) != NULL;
	fq_buf_finish(&tidy);
	return is;
}

void fq_plan_temp_paths_finish(struct fq_temp_paths *paths)
{
	fq_map_finish(&paths->map);
	fq_list_finish(&paths->texts);
}
