/* Before the first job: the gate is shown the samples whose reads are about to be
 * read, and what it refuses is left out. */
#include "internal.h"

static bool is_to_run(const struct fq_run *run, uint32_t job)
{
	return run->states[job] == FQ_STATE_QUEUED || run->states[job] == FQ_STATE_WANTED;
}

/* Visits the jobs that are to run and read their samples' files. */
static void for_readers(
        struct fq_run *run, void (*visit)(struct fq_run *, uint32_t job, bool *samples), bool *samples)
{
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		const struct fq_rule *rule = &run->plan->rules[i];
		for (uint32_t j = 0; fq_plan_reads_files(rule) && j < rule->job_count; j++) {
			if (is_to_run(run, rule->first_job + j)) {
				visit(run, rule->first_job + j, samples);
			}
		}
	}
}

static void mark_samples(struct fq_run *run, uint32_t job, bool *samples)
{
	fq_plan_mark_read(run->plan, job, samples);
}

static void block(struct fq_run *run, uint32_t job, bool *refused)
{
	struct fq_units units = fq_plan_samples(run->plan, job);
	bool is_refused = false;
	for (uint32_t i = 0; i < units.count; i++) {
		is_refused |= refused[fq_units_at(&units, i)];
	}
	if (is_refused && run->states[job] == FQ_STATE_QUEUED) {
		fq_run_move(run, job, FQ_STATE_BLOCKED, NULL);
		fq_run_settle(run, job);
	} else if (is_refused) {
		run->marks[job] |= MARK_BLOCKED; /* it has not been looked at: it will be blocked then */
	}
}

void fq_run_pass_gate(struct fq_run *run)
{
	struct fq_gate *gate = run->options.gate;
	if (!gate || run->options.dry_run || run->starts_no_more || run->counts[FQ_STATE_QUEUED] == 0) {
		return;
	}
	bool *samples = fq_zeroed(run->plan->manifest->sample_count, sizeof(*samples));
	for_readers(run, mark_samples, samples);
	run->is_barred = !gate->look(gate, run, samples);
	run->starts_no_more |= run->is_barred;
	for (size_t i = 0; i < run->plan->manifest->sample_count; i++) {
		samples[i] = false;
	}
	for (size_t i = 0; i < gate->refusal_count; i++) {
		samples[gate->refusals[i].sample] |= !gate->refusals[i].is_warning;
	}
	for_readers(run, block, samples);
	fq_release(samples);
}
