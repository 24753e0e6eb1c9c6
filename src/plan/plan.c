#include "internal.h"

static const char *task_needs(const struct fq_plan *plan, const struct fq_task *task)
{
	return task->per >= FQ_PER_COLUMN && plan->manifest->sample_count
	               ? "its column has no values"
	               : "add samples with files: [samples], or `sheet` or `find` in [fqrun]";
}

static void check_units(const struct fq_plan *plan, struct fq_errors *errors)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		if (rule->job_count == 0) {
			fq_errors_warn(errors, fq_manifest_where(plan->manifest, rule->task->line, 0),
			        task_needs(plan, rule->task), "task \"%s\" has nothing to run on",
			        rule->task->name);
		}
	}
}

bool fq_plan_init(struct fq_plan *ret, const struct fq_manifest *manifest, struct fq_errors *errors)
{
	size_t before = errors->errors;
	uint64_t jobs = 0;
	*ret = (struct fq_plan){.manifest = manifest, .rule_count = (uint32_t)manifest->task_count};
	ret->rules = fq_arena_alloc(&ret->arena, manifest->task_count * sizeof(*ret->rules));
	for (uint32_t i = 0; i < ret->rule_count; i++) {
		struct fq_rule *rule = &ret->rules[i];
		rule->task = &manifest->tasks[i];
		rule->first_job = (uint32_t)jobs;
		rule->job_count = fq_units_count(manifest, rule->task->per);
		jobs += rule->job_count;
		ret->has_temp |= rule->task->is_temp;
		fq_plan_set_recipe(ret, rule);
	}
	if (jobs > UINT32_MAX / 2) {
		fq_errors_add(errors, (struct fq_where){manifest->path, 0, 0},
		        "split the samples over two manifests", "more than two thousand million jobs");
		return false;
	}
	ret->job_count = (uint32_t)jobs;
	check_units(ret, errors);
	fq_plan_draw(ret, errors);
	return errors->errors == before;
}

void fq_plan_finish(struct fq_plan *plan)
{
	fq_plan_finish_stamps(plan);
	for (size_t i = 0; i < FQ_COUNT(plan->scratch); i++) {
		fq_buf_finish(&plan->scratch[i]);
	}
	fq_arena_finish(&plan->arena);
	*plan = (struct fq_plan){0};
}
