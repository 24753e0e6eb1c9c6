/* The versions of tools: each is asked once a run, and all side by side. */
#include "internal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct question {
	const struct fq_rule *rule;
	struct fq_job_command command;
	char **argv, **env;
	size_t same_as; /* an earlier question in the same words; its own number: none */
};

static bool is_wanted(const struct fq_run *run, const struct fq_rule *rule)
{
	for (uint32_t i = 0; i < rule->job_count; i++) {
		if (!run->options.wanted || run->options.wanted[rule->first_job + i]) {
			return true;
		}
	}
	return false;
}

static bool is_stopped(void *context)
{
	return fq_run_is_stopped(context);
}

static bool same_list(const struct fq_list *a, const struct fq_list *b)
{
	return a->bytes.len == b->bytes.len &&
	       (a->bytes.len == 0 || memcmp(a->bytes.at, b->bytes.at, a->bytes.len) == 0);
}

static char **words_of(const struct fq_list *list)
{
	char **words = fq_zeroed(list->count + 1, sizeof(*words));
	size_t n = 0;
	for (const char *text = NULL; (text = fq_list_next(list, text));) {
		words[n++] = (char *)(uintptr_t)text;
	}
	return words;
}

static bool ask(struct fq_run *run, struct question *questions, size_t number, const struct fq_rule *rule)
{
	struct question *q = &questions[number];
	struct fq_job_context context = {
	        .fqrun = run->options.fqrun, .tmp = "/tmp", .lists = "", .values = ""};
	struct fq_error err = {0};
	q->rule = rule;
	q->same_as = number;
	bool ok = fq_plan_version_command(run->plan, rule, &context, &q->command, &err);
	fq_error_finish(&err);
	for (size_t i = 0; i < number && q->same_as == number; i++) {
		if (same_list(&questions[i].command.argv, &q->command.argv) &&
		        same_list(&questions[i].command.env, &q->command.env)) {
			q->same_as = i;
		}
	}
	q->argv = words_of(&q->command.argv);
	q->env = fq_run_merge_environment(run, &q->command.env);
	return ok;
}

/* What it printed, without the blanks around it; nothing if it failed. */
static void take_answer(struct fq_run *run, struct fq_rule *rule, const struct fq_capture *capture)
{
	enum { KEPT = 1000 };
	struct fq_text text = fq_text_trim((struct fq_text){capture->output.at, capture->output.len});
	rule->version_unknown = capture->status != 0 || text.len == 0;
	if (!rule->version_unknown) {
		size_t len = text.len < KEPT ? text.len : KEPT;
		rule->version = (struct fq_text){fq_arena_copy(&run->arena, text.at, len), len};
	}
}

static void ask_all(struct fq_run *run, struct question *questions, size_t count)
{
	const int64_t patience_ns = INT64_C(60000000000);
	struct fq_capture *captures = fq_zeroed(count, sizeof(*captures));
	size_t *capture_of = fq_zeroed(count, sizeof(*capture_of)), asked = 0;
	for (size_t i = 0; i < count; i++) {
		if (questions[i].same_as == i) {
			capture_of[i] = asked;
			captures[asked++] =
			        (struct fq_capture){.argv = questions[i].argv, .env = questions[i].env};
		}
	}
	fq_exec_capture(captures, asked, patience_ns, is_stopped, run);
	for (size_t i = 0; i < count; i++) {
		struct fq_rule *rule = &run->plan->rules[questions[i].rule - run->plan->rules];
		take_answer(run, rule, &captures[capture_of[questions[i].same_as]]);
	}
	for (size_t i = 0; i < asked; i++) {
		fq_buf_finish(&captures[i].output);
	}
	fq_release(captures);
	fq_release(capture_of);
}

void fq_run_ask_versions(struct fq_run *run)
{
	struct question *questions = fq_zeroed(run->plan->rule_count, sizeof(*questions));
	size_t count = 0;
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		struct fq_rule *rule = &run->plan->rules[i];
		if (rule->task->version.text.len && is_wanted(run, rule)) {
			rule->version_unknown = !ask(run, questions, count, rule);
			count++;
		}
	}
	if (count) {
		ask_all(run, questions, count);
	}
	for (size_t i = 0; i < count; i++) {
		fq_job_command_finish(&questions[i].command);
		fq_release(questions[i].argv);
		fq_release(questions[i].env);
	}
	fq_release(questions);
}
