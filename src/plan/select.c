#include "internal.h"

#include <string.h>

static uint32_t find_rule(const struct fq_plan *plan, struct fq_text name)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		if (fq_text_is(name, plan->rules[i].task->name)) {
			return i;
		}
	}
	return UINT32_MAX;
}

static uint32_t find_sample(const struct fq_plan *plan, struct fq_text name)
{
	const struct fq_manifest *manifest = plan->manifest;
	for (uint32_t i = 0; i < manifest->sample_count; i++) {
		if (fq_text_equal(name,
		            (struct fq_text){manifest->samples[i].name, manifest->samples[i].name_len})) {
			return i;
		}
	}
	return UINT32_MAX;
}

/* TASK/UNIT; a task's name holds no `/`. */
static uint32_t find_job(const struct fq_plan *plan, struct fq_text target)
{
	const char *slash = memchr(target.at, '/', target.len);
	uint32_t rule = slash ? find_rule(plan, (struct fq_text){target.at, (size_t)(slash - target.at)})
	                      : UINT32_MAX;
	struct fq_buf name = {0};
	uint32_t found = UINT32_MAX;
	for (uint32_t i = 0; rule != UINT32_MAX && i < plan->rules[rule].job_count && found == UINT32_MAX;
	        i++) {
		name.len = 0;
		fq_plan_add_name(plan, plan->rules[rule].first_job + i, &name);
		if (fq_text_equal(target, (struct fq_text){name.at, name.len})) {
			found = plan->rules[rule].first_job + i;
		}
	}
	fq_buf_finish(&name);
	return found;
}

static void tidy(struct fq_buf *path)
{
	fq_plan_tidy(path);
	path->len -= path->len > 1 && path->at[path->len - 1] == '/';
}

/* A path names what is made there, or the folder that it lies in. */
static bool is_named(const struct fq_buf *made, bool is_folder, const struct fq_buf *path)
{
	return made->len && path->len >= made->len && memcmp(made->at, path->at, made->len) == 0 &&
	       (path->len == made->len || (is_folder && path->at[made->len] == '/'));
}

static uint32_t find_maker(struct fq_plan *plan, struct fq_text path)
{
	uint32_t found = UINT32_MAX;
	struct fq_list outputs = {0};
	struct fq_buf wanted = {0}, made = {0};
	fq_buf_add_text(&wanted, path);
	tidy(&wanted);
	for (uint32_t job = 0; job < plan->job_count && found == UINT32_MAX; job++) {
		outputs.bytes.len = 0;
		outputs.count = 0;
		fq_plan_outputs(plan, job, &outputs);
		for (const char *output = NULL; (output = fq_list_next(&outputs, output));) {
			made.len = 0;
			fq_buf_puts(&made, output);
			tidy(&made);
			found = is_named(&made, fq_path_is_folder(output), &wanted) ? job : found;
		}
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&wanted);
	fq_buf_finish(&made);
	return found;
}

/* Whether a path without any slash names a folder that a job makes: so does a name. */
static bool is_loose(struct fq_plan *plan, uint32_t job, struct fq_text path)
{
	struct fq_list outputs = {0};
	bool is = false;
	fq_plan_outputs(plan, job, &outputs);
	for (const char *output = NULL; !is && (output = fq_list_next(&outputs, output));) {
		size_t len = strlen(output);
		is = len == path.len + 1 && output[path.len] == '/' && memcmp(output, path.at, path.len) == 0;
	}
	fq_list_finish(&outputs);
	return is && !memchr(path.at, '/', path.len);
}

static void want_rule(const struct fq_plan *plan, uint32_t rule, bool *wanted)
{
	for (uint32_t i = 0; i < plan->rules[rule].job_count; i++) {
		wanted[plan->rules[rule].first_job + i] = true;
	}
}

/* All jobs of a sample; one that gathers several is none of them. */
static void want_sample(const struct fq_plan *plan, uint32_t sample, bool *wanted)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		if (rule->task->per != FQ_PER_SAMPLE && fq_units_relation(plan->manifest, rule->task->per,
		                                                FQ_PER_SAMPLE) != FQ_RELATION_FAN_IN) {
			continue;
		}
		struct fq_units units =
		        fq_units_overlapping(plan->manifest, FQ_PER_SAMPLE, sample, rule->task->per);
		for (uint32_t j = 0; j < units.count; j++) {
			wanted[rule->first_job + fq_units_at(&units, j)] = true;
		}
	}
}

static bool skip_prefix(struct fq_text *text, const char *prefix)
{
	size_t len = strlen(prefix);
	if (text->len < len || memcmp(text->at, prefix, len) != 0) {
		return false;
	}
	text->at += len;
	text->len -= len;
	return true;
}

static bool fail_unknown(const struct fq_plan *plan, const char *target, struct fq_error *err)
{
	size_t count = plan->rule_count + plan->manifest->sample_count, n = 0;
	const char **names = fq_zeroed(count, sizeof(*names));
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		names[n++] = plan->rules[i].task->name;
	}
	for (size_t i = 0; i < plan->manifest->sample_count; i++) {
		names[n++] = plan->manifest->samples[i].name;
	}
	const char *meant = fq_suggest(fq_text(target), names, n);
	struct fq_buf hint = {0};
	fq_buf_addf(&hint,
	        meant ? "did you mean \"%s\"?" : "a target is a task, a sample, TASK/SAMPLE or an output%s",
	        meant ? meant : "");
	fq_fail(err, FQ_NOWHERE, hint.at, "no target \"%s\" in %s", target, plan->manifest->path);
	fq_buf_finish(&hint);
	fq_release(names);
	return false;
}

bool fq_plan_select(struct fq_plan *plan, const char *target, bool *wanted, struct fq_error *err)
{
	struct fq_text name = fq_text(target);
	bool is_task = skip_prefix(&name, "task:"), is_sample = !is_task && skip_prefix(&name, "sample:");
	bool is_path = name.len > 2 && name.at[0] == '.' && name.at[1] == '/';
	uint32_t rule = is_sample || is_path ? UINT32_MAX : find_rule(plan, name);
	uint32_t sample = is_task || is_path ? UINT32_MAX : find_sample(plan, name);
	uint32_t job = is_sample || is_path ? UINT32_MAX : find_job(plan, name);
	uint32_t maker = is_task || is_sample ? UINT32_MAX : find_maker(plan, name);
	if ((rule != UINT32_MAX || sample != UINT32_MAX) && maker != UINT32_MAX &&
	        is_loose(plan, maker, name)) {
		maker = UINT32_MAX;
	}
	/* One job whose output is called as the job itself is no second meaning. */
	int meanings = (rule != UINT32_MAX) + (sample != UINT32_MAX) + (job != UINT32_MAX) +
	               (maker != UINT32_MAX && maker != job);
	if (meanings == 0) {
		return fail_unknown(plan, target, err);
	}
	if (meanings > 1) {
		return fq_fail(err, FQ_NOWHERE, "write task:NAME, sample:NAME or ./PATH",
		        "\"%s\" names two things", target);
	}
	if (rule != UINT32_MAX) {
		want_rule(plan, rule, wanted);
	} else if (sample != UINT32_MAX) {
		want_sample(plan, sample, wanted);
	} else {
		wanted[job != UINT32_MAX ? job : maker] = true;
	}
	return true;
}

static void want_before(const struct fq_plan *plan, uint32_t job, bool *wanted)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			wanted[fq_jobs_at(&before, j)] = true;
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		wanted[side[i].from] = true;
	}
}

void fq_plan_select_needed(const struct fq_plan *plan, bool *wanted)
{
	for (uint32_t i = plan->rule_count; i-- > 0;) {
		const struct fq_rule *rule = &plan->rules[plan->order[i]];
		for (uint32_t j = 0; j < rule->job_count; j++) {
			if (wanted[rule->first_job + j]) {
				want_before(plan, rule->first_job + j, wanted);
			}
		}
	}
}
