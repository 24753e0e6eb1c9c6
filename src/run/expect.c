/* How long jobs take, as far as anyone knows: by their last success, else by the bytes
 * of their samples' files and what a byte cost other jobs of the task, else by a guess. */
#include "schedule.h"

/* A path that was not computed, a rule that was not looked at, a file that was not. */
enum { UNKNOWN = -1 };

struct history {
	double seconds, bytes;
	uint32_t jobs;
	bool is_read;
};

struct fq_expectations {
	float *own, *paths; /* by job */
	float *longest;     /* by rule: of its jobs' paths */
	int64_t *bytes;     /* by file */
	struct history *of; /* by rule */
};

static float *unknowns(size_t count)
{
	float *all = fq_zeroed(count, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		all[i] = UNKNOWN;
	}
	return all;
}

static struct fq_expectations *expectations(struct fq_run *run)
{
	struct fq_expectations *e = run->queue->expectations;
	if (e) {
		return e;
	}
	size_t files = run->plan->manifest->file_count;
	e = run->queue->expectations = fq_zeroed(1, sizeof(*e));
	e->own = unknowns(run->plan->job_count);
	e->paths = unknowns(run->plan->job_count);
	e->longest = unknowns(run->plan->rule_count);
	e->of = fq_zeroed(run->plan->rule_count, sizeof(*e->of));
	e->bytes = fq_zeroed(files, sizeof(*e->bytes));
	for (size_t i = 0; i < files; i++) {
		e->bytes[i] = UNKNOWN;
	}
	return e;
}

void fq_run_expectations_end(struct fq_run *run)
{
	struct fq_expectations *e = run->queue->expectations;
	if (e) {
		fq_release(e->own);
		fq_release(e->paths);
		fq_release(e->longest);
		fq_release(e->bytes);
		fq_release(e->of);
		fq_release(e);
	}
	run->queue->expectations = NULL;
}

/* --- one job -------------------------------------------------------------------------------- */

static double file_bytes(struct fq_run *run, uint32_t file)
{
	int64_t *bytes = &run->queue->expectations->bytes[file];
	if (*bytes == UNKNOWN) {
		int64_t size = fq_stamp_read(run->plan->manifest->files[file].path).size_bytes;
		*bytes = size > 0 ? size : 0;
	}
	return (double)*bytes;
}

/* Of the files of its samples, whether it reads those itself or what became of them. */
static double input_bytes(struct fq_run *run, const struct fq_rule *rule, uint32_t job)
{
	struct fq_units files = fq_units_overlapping(
	        run->plan->manifest, rule->task->per, job - rule->first_job, FQ_PER_FILE);
	double bytes = 0;
	for (uint32_t i = 0; i < files.count; i++) {
		bytes += file_bytes(run, fq_units_at(&files, i));
	}
	return bytes;
}

/* Some of its jobs, from all over the samples. */
static const struct history *history_of(struct fq_run *run, const struct fq_rule *rule)
{
	enum { LOOKS = 64 };
	struct history *history = &run->queue->expectations->of[rule - run->plan->rules];
	uint32_t looks = rule->job_count < LOOKS ? rule->job_count : LOOKS;
	for (uint32_t i = 0; i < looks && !history->is_read; i++) {
		uint32_t job = rule->first_job + (uint32_t)((uint64_t)i * rule->job_count / looks);
		struct fq_record record = fq_run_find_record(run, job);
		if (record.verdict == FQ_VERDICT_DONE) {
			history->seconds += (double)record.usage.ms / 1e3;
			history->bytes += input_bytes(run, rule, job);
			history->jobs++;
		}
	}
	history->is_read = true;
	return history;
}

static double guess(struct fq_run *run, uint32_t job)
{
	static const double nominal_bytes_a_second = 50e6;
	const struct fq_rule *rule = fq_plan_rule(run->plan, job);
	const struct history *history = history_of(run, rule);
	double bytes = input_bytes(run, rule, job);
	if (history->jobs && history->bytes > 0 && bytes > 0) {
		return bytes * history->seconds / history->bytes;
	}
	if (history->jobs) {
		return history->seconds / history->jobs;
	}
	return bytes / nominal_bytes_a_second;
}

static double ask(struct fq_run *run, uint32_t job)
{
	if (run->options.expect) {
		double seconds = run->options.expect(run->options.expect_context, job);
		return seconds > 0 ? seconds : 0;
	}
	struct fq_record record = fq_run_find_record(run, job);
	double seconds = record.verdict == FQ_VERDICT_DONE ? (double)record.usage.ms / 1e3 : guess(run, job);
	/* Less is noise, and then the manifest's order is what people expect. */
	return seconds < 1e9 ? (double)(1 + (int64_t)seconds) : 1e9;
}

double fq_run_expected(struct fq_run *run, uint32_t job)
{
	if (!fq_run_queue_is_ordered(run)) {
		return 0;
	}
	float *own = &expectations(run)->own[job];
	if (*own < 0) {
		*own = (float)ask(run, job);
	}
	return *own;
}

/* --- what waits behind it --------------------------------------------------------------------- */

/* Beyond so many on the other side of an arrow, the longest of their rule stands for them. */
enum { SPAN_MAX = 16 };

static double path_of(struct fq_run *run, uint32_t job);

static double longest_of(struct fq_run *run, uint32_t number)
{
	float *longest = &run->queue->expectations->longest[number];
	const struct fq_rule *rule = &run->plan->rules[number];
	double most = 0;
	if (*longest >= 0) {
		return *longest;
	}
	for (uint32_t i = 0; i < rule->job_count; i++) {
		double path = path_of(run, rule->first_job + i);
		most = path > most ? path : most;
	}
	*longest = (float)most;
	return most;
}

static double longest_after(struct fq_run *run, const struct fq_arrow *arrow, uint32_t job)
{
	struct fq_jobs after = fq_plan_after(run->plan, arrow, job);
	double longest = 0;
	if (after.count > SPAN_MAX) {
		return longest_of(run, arrow->to);
	}
	for (uint32_t i = 0; i < after.count; i++) {
		double path = path_of(run, fq_jobs_at(&after, i));
		longest = path > longest ? path : longest;
	}
	return longest;
}

static double longest_beside(struct fq_run *run, uint32_t job)
{
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_after(run->plan, job, &side);
	double longest = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t rule = (uint32_t)(fq_plan_rule(run->plan, side[i].to) - run->plan->rules);
		double path = count > SPAN_MAX ? longest_of(run, rule) : path_of(run, side[i].to);
		longest = path > longest ? path : longest;
	}
	return longest;
}

static bool is_to_run(const struct fq_run *run, uint32_t job)
{
	return run->states[job] >= FQ_STATE_WANTED && run->states[job] <= FQ_STATE_RUNNING;
}

/* As deep as the rules wait for one another, which the plan has walked in this way before us. */
static double path_of(struct fq_run *run, uint32_t job)
{
	float *path = &run->queue->expectations->paths[job];
	if (*path >= 0) {
		return *path;
	}
	const struct fq_rule *rule = fq_plan_rule(run->plan, job);
	double longest = longest_beside(run, job);
	for (uint32_t i = 0; i < rule->out_count; i++) {
		double after = longest_after(run, &run->plan->arrows[rule->out[i]], job);
		longest = after > longest ? after : longest;
	}
	*path = (float)(longest + (is_to_run(run, job) ? fq_run_expected(run, job) : 0));
	return *path;
}

double fq_run_expected_path(struct fq_run *run, uint32_t job)
{
	if (!fq_run_queue_is_ordered(run)) {
		return 0;
	}
	expectations(run);
	return path_of(run, job);
}
