/* What tasks ask for that they will not get, told once at the start. */
#include "schedule.h"

static void tell_memory(struct fq_run *run, const struct fq_task *task)
{
	struct fq_buf asked = {0}, there = {0};
	fq_buf_add_size(&asked, task->memory_bytes);
	fq_buf_add_size(&there, run->options.memory_bytes);
	fq_run_remark(run, fq_manifest_where(run->plan->manifest, task->line, task->column),
	        "--memory says how much jobs may ask for together",
	        "task %s asks for %s of memory, there are %s: it will run alone", task->name, asked.at,
	        there.at);
	fq_buf_finish(&asked);
	fq_buf_finish(&there);
}

static void tell_threads(struct fq_run *run, const struct fq_task *task, uint32_t tokens)
{
	bool is_client = run->tokens.kind == FQ_TOKENS_CLIENT;
	fq_run_remark(run, fq_manifest_where(run->plan->manifest, task->line, task->column), NULL,
	        is_client ? "task %s asks for %u threads, the jobserver has %u: it gets %u"
	                  : "task %s asks for %u threads, -j %u: it gets %u",
	        task->name, task->least_threads, tokens, tokens);
}

static bool is_to_run(const struct fq_run *run, const struct fq_rule *rule)
{
	for (uint32_t i = 0; i < rule->job_count; i++) {
		uint8_t state = run->states[rule->first_job + i];
		if (state == FQ_STATE_QUEUED || state == FQ_STATE_WANTED) {
			return true;
		}
	}
	return false;
}

void fq_run_tell_demands(struct fq_run *run)
{
	uint32_t tokens = fq_run_most_tokens(run);
	int64_t memory_bytes = run->options.memory_bytes;
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		const struct fq_task *task = run->plan->rules[i].task;
		bool is_wide = task->least_threads > tokens;
		bool is_large = memory_bytes && task->memory_bytes > memory_bytes;
		if ((!is_wide && !is_large) || !is_to_run(run, &run->plan->rules[i])) {
			continue;
		}
		if (is_large) {
			tell_memory(run, task);
		}
		if (is_wide) {
			tell_threads(run, task, tokens);
		}
	}
}
