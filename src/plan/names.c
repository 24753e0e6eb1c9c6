/* Jobs, what they are called, and where they come from. */
#include "internal.h"

#include <string.h>
#include <unistd.h>

const struct fq_rule *fq_plan_rule(const struct fq_plan *plan, uint32_t job)
{
	uint32_t low = 0, high = plan->rule_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		/* Of rules that begin at the same job, the last is the one that has jobs. */
		if (plan->rules[middle].first_job <= job) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return &plan->rules[low];
}

struct fq_job_at fq_plan_at(const struct fq_plan *plan, uint32_t job)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	return (struct fq_job_at){rule, job - rule->first_job};
}

/* The unit of a coarser partition that a job's unit lies in, UINT32_MAX if in none or several. */
static uint32_t around(const struct fq_plan *plan, struct fq_job_at at, uint32_t per)
{
	enum fq_relation relation = fq_units_relation(plan->manifest, at.rule->task->per, per);
	if (relation != FQ_RELATION_SAME && relation != FQ_RELATION_FAN_IN) {
		return UINT32_MAX;
	}
	struct fq_units units = fq_units_overlapping(plan->manifest, at.rule->task->per, at.unit, per);
	return units.count ? fq_units_at(&units, 0) : UINT32_MAX;
}

static uint32_t sample_of(const struct fq_plan *plan, struct fq_job_at at)
{
	return around(plan, at, FQ_PER_SAMPLE);
}

uint32_t fq_plan_sample(const struct fq_plan *plan, uint32_t job)
{
	return sample_of(plan, fq_plan_at(plan, job));
}

struct fq_units fq_plan_samples(const struct fq_plan *plan, uint32_t job)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	return fq_units_overlapping(plan->manifest, at.rule->task->per, at.unit, FQ_PER_SAMPLE);
}

bool fq_plan_reads_files(const struct fq_rule *rule)
{
	const struct fq_task *task = rule->task;
	for (uint32_t i = 0; i < task->inputs.count; i++) {
		for (uint32_t j = 0; j < task->inputs.words[i].count; j++) {
			int32_t ref = task->inputs.words[i].pieces[j].ref;
			uint8_t kind = ref < 0 ? FQ_REF_SAMPLE : task->refs[ref].kind;
			if (kind == FQ_REF_READS || kind == FQ_REF_R1 || kind == FQ_REF_R2 ||
			        kind == FQ_REF_FILE) {
				return true;
			}
		}
	}
	return false;
}

void fq_plan_mark_read(const struct fq_plan *plan, uint32_t job, bool *samples)
{
	const struct fq_side_arrow *side;
	if (!fq_plan_reads_files(fq_plan_rule(plan, job)) || fq_plan_side_before(plan, job, &side)) {
		return;
	}
	struct fq_units units = fq_plan_samples(plan, job);
	for (uint32_t i = 0; i < units.count; i++) {
		samples[fq_units_at(&units, i)] = true;
	}
}

const char *fq_plan_here(struct fq_plan *plan)
{
	char here[4096];
	if (!plan->here) {
		plan->here =
		        getcwd(here, sizeof(here)) ? fq_arena_copy(&plan->arena, here, strlen(here)) : ".";
	}
	return plan->here;
}

struct fq_text fq_plan_sample_name(const struct fq_plan *plan, struct fq_job_at at)
{
	const struct fq_sample *sample = &plan->manifest->samples[sample_of(plan, at)];
	return (struct fq_text){sample->name, sample->name_len};
}

uint32_t fq_plan_lane_number(const struct fq_plan *plan, struct fq_job_at at)
{
	uint32_t lane = around(plan, at, FQ_PER_LANE);
	return lane - plan->manifest->samples[sample_of(plan, at)].first_lane + 1;
}

uint32_t fq_plan_read_number(const struct fq_plan *plan, uint32_t file)
{
	return file - plan->manifest->lanes[plan->manifest->files[file].lane].first_file + 1;
}

void fq_plan_add_unit(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	if (at.rule->task->per == FQ_PER_COHORT) {
		return;
	}
	if (at.rule->task->per >= FQ_PER_COLUMN) {
		fq_buf_add_text(buf, fq_units_value(plan->manifest, at.rule->task->per, at.unit));
		return;
	}
	fq_buf_add_text(buf, fq_plan_sample_name(plan, at));
	if (at.rule->task->per < FQ_PER_SAMPLE) {
		fq_buf_puts(buf, "/L");
		fq_buf_add_number(buf, fq_plan_lane_number(plan, at));
	}
	if (at.rule->task->per == FQ_PER_FILE) {
		fq_buf_puts(buf, "/R");
		fq_buf_add_number(buf, fq_plan_read_number(plan, at.unit));
	}
}

void fq_plan_add_name(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	fq_buf_puts(buf, rule->task->name);
	if (rule->task->per != FQ_PER_COHORT) {
		fq_buf_putc(buf, '/');
		fq_plan_add_unit(plan, job, buf);
	}
}

/* The line of the first atom of a job's unit. */
struct fq_where fq_plan_where(const struct fq_plan *plan, uint32_t job)
{
	const struct fq_manifest *manifest = plan->manifest;
	struct fq_job_at at = fq_plan_at(plan, job);
	const struct fq_task *task = at.rule->task;
	if (task->per == FQ_PER_COHORT) {
		return fq_manifest_where(manifest, task->line, task->column);
	}
	struct fq_units lanes = fq_units_overlapping(manifest, task->per, at.unit, FQ_PER_LANE);
	uint32_t lane = fq_units_at(&lanes, 0);
	const struct fq_sample *sample = &manifest->samples[manifest->lanes[lane].sample];
	bool is_row = task->per != FQ_PER_SAMPLE;
	return fq_manifest_where(
	        manifest, is_row ? manifest->lanes[lane].line : sample->line, is_row ? 1 : sample->column);
}
