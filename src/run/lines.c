/* What jobs print: a line that betrays a failure, a percentage. */
#include "internal.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct fq_rule_patterns {
	regex_t *fail_on;
	regex_t progress;
	uint32_t fail_on_count;
	bool is_ready, has_progress;
};

static struct fq_rule_patterns *patterns_of(struct fq_run *run, const struct fq_rule *rule)
{
	if (!run->patterns) {
		run->patterns = fq_zeroed(run->plan->rule_count, sizeof(*run->patterns));
	}
	return &run->patterns[rule - run->plan->rules];
}

/* They compiled when the manifest was read. */
static void compile(struct fq_rule_patterns *patterns, const struct fq_task *task)
{
	patterns->is_ready = true;
	patterns->fail_on = fq_zeroed(task->fail_on_count, sizeof(*patterns->fail_on));
	for (uint32_t i = 0; i < task->fail_on_count; i++) {
		if (regcomp(&patterns->fail_on[i], task->fail_on[i].text, REG_EXTENDED | REG_NOSUB) == 0) {
			patterns->fail_on_count++;
		} else {
			abort();
		}
	}
	patterns->has_progress =
	        task->progress.text && regcomp(&patterns->progress, task->progress.text, REG_EXTENDED) == 0;
}

bool fq_run_listens(struct fq_run *run, const struct fq_rule *rule)
{
	const struct fq_task *task = rule->task;
	if (task->fail_on_count == 0 && !task->progress.text) {
		return false;
	}
	struct fq_rule_patterns *patterns = patterns_of(run, rule);
	if (!patterns->is_ready) {
		compile(patterns, task);
	}
	return true;
}

static void find_progress(const struct fq_rule_patterns *patterns, struct fq_slot *slot, const char *line)
{
	regmatch_t groups[2];
	if (!patterns->has_progress || regexec(&patterns->progress, line, 2, groups, 0) != 0 ||
	        groups[1].rm_so < 0) {
		return;
	}
	char *end;
	double percent = strtod(line + groups[1].rm_so, &end);
	if (end > line + groups[1].rm_so && percent >= 0 && percent <= 100) {
		slot->percent = percent;
	}
}

void fq_run_take_line(void *context, uint32_t number, struct fq_text line)
{
	enum { SHOWN_BYTES = 300 };
	struct fq_run *run = context;
	struct fq_slot *slot = &run->slots[number];
	const struct fq_rule_patterns *patterns = patterns_of(run, fq_plan_rule(run->plan, slot->job));
	for (uint32_t i = 0; i < patterns->fail_on_count && !slot->betrayal; i++) {
		if (regexec(&patterns->fail_on[i], line.at, 0, NULL, 0) == 0) {
			slot->betrayal = fq_arena_copy(
			        &run->arena, line.at, line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES);
		}
	}
	find_progress(patterns, slot, line.at);
}

void fq_run_lines_end(struct fq_run *run)
{
	for (uint32_t i = 0; run->patterns && i < run->plan->rule_count; i++) {
		struct fq_rule_patterns *patterns = &run->patterns[i];
		for (uint32_t j = 0; j < patterns->fail_on_count; j++) {
			regfree(&patterns->fail_on[j]);
		}
		if (patterns->has_progress) {
			regfree(&patterns->progress);
		}
		fq_release(patterns->fail_on);
	}
	fq_release(run->patterns);
	run->patterns = NULL;
}
