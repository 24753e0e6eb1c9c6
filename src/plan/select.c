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
static bool split(struct fq_text target, struct fq_text *ret_task, struct fq_text *ret_unit)
{
	const char *slash = memchr(target.at, '/', target.len);
	if (slash) {
		*ret_task = (struct fq_text){target.at, (size_t)(slash - target.at)};
		*ret_unit = (struct fq_text){slash + 1, target.len - ret_task->len - 1};
	}
	return slash != NULL;
}

static uint32_t find_job(const struct fq_plan *plan, struct fq_text target)
{
	struct fq_text task = target, unit = target;
	uint32_t rule = split(target, &task, &unit) ? find_rule(plan, task) : UINT32_MAX;
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

/* The jobs of a task for a sample; one that gathers several is none of them. */
static bool want_of_sample(
        const struct fq_plan *plan, const struct fq_rule *rule, uint32_t sample, bool *wanted)
{
	const struct fq_manifest *manifest = plan->manifest;
	if (rule->task->per != FQ_PER_SAMPLE &&
	        fq_units_relation(manifest, rule->task->per, FQ_PER_SAMPLE) != FQ_RELATION_FAN_IN) {
		return false;
	}
	struct fq_units units = fq_units_overlapping(manifest, FQ_PER_SAMPLE, sample, rule->task->per);
	for (uint32_t i = 0; i < units.count; i++) {
		wanted[rule->first_job + fq_units_at(&units, i)] = true;
	}
	return units.count > 0;
}

static void want_sample(const struct fq_plan *plan, uint32_t sample, bool *wanted)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		want_of_sample(plan, &plan->rules[i], sample, wanted);
	}
}

/* TASK/SAMPLE of a task that has several jobs for a sample. */
static bool want_task_of_sample(const struct fq_plan *plan, struct fq_text target, bool *wanted)
{
	struct fq_text task = target, sample = target;
	if (!split(target, &task, &sample)) {
		return false;
	}
	uint32_t rule = find_rule(plan, task), found = find_sample(plan, sample);
	return rule != UINT32_MAX && found != UINT32_MAX &&
	       want_of_sample(plan, &plan->rules[rule], found, wanted);
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

/* What was most likely meant; nothing is added if nobody can tell. */
static void add_meant(const struct fq_plan *plan, struct fq_text target, struct fq_buf *meant)
{
	size_t tasks = plan->rule_count, samples = plan->manifest->sample_count;
	const char **names = fq_zeroed(tasks + samples, sizeof(*names));
	for (size_t i = 0; i < tasks + samples; i++) {
		names[i] = i < tasks ? plan->rules[i].task->name : plan->manifest->samples[i - tasks].name;
	}
	struct fq_text head = target, tail = target;
	bool is_split = split(target, &head, &tail);
	const char *task = is_split ? fq_suggest(head, names, tasks) : NULL;
	const char *sample = is_split ? fq_suggest(tail, names + tasks, samples) : NULL;
	const char *whole = fq_suggest(target, names, tasks + samples);
	if (task && sample && !(fq_text_is(head, task) && fq_text_is(tail, sample))) {
		fq_buf_addf(meant, "%s/%s", task, sample);
	} else if (whole) {
		fq_buf_puts(meant, whole);
	}
	fq_release(names);
}

static bool fail_unknown(const struct fq_plan *plan, const char *target, struct fq_error *err)
{
	struct fq_buf hint = {0}, meant = {0};
	add_meant(plan, fq_text(target), &meant);
	fq_buf_addf(&hint,
	        meant.len ? "did you mean \"%s\"?"
	                  : "a target is a task, a sample, TASK/SAMPLE or an output%s",
	        meant.len ? meant.at : "");
	fq_fail(err, FQ_NOWHERE, hint.at, "no target \"%s\" in %s", target, plan->manifest->path);
	fq_buf_finish(&hint);
	fq_buf_finish(&meant);
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
		return (!is_path && want_task_of_sample(plan, name, wanted)) ||
		       fail_unknown(plan, target, err);
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
