/* The versions of tools: each is asked once a run, and all side by side. */
#include "internal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct question {
	const struct fq_rule *rule;
	struct fq_job_command command;
	char **argv, **env;
	size_t same_as;         /* an earlier question in the same words; its own number: none */
	bool has_key, is_known; /* its answer may be kept; is from an earlier run */
	char key[FQ_DIGEST_LEN + 1];
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

/* Without a shell in between: its first word is the program that answers. */
static bool is_direct(const struct fq_task *task)
{
	return task->version.is_direct && !task->version.has_setup && task->wrap.count == 0;
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
	q->argv = fq_run_list_words(&q->command.argv);
	q->env = fq_run_merge_environment(run, &q->command.env, NULL);
	q->has_key = ok && is_direct(rule->task) && fq_run_version_key(run, &q->command, q->env, q->key);
	return ok;
}

static void set_version(struct fq_run *run, const struct question *q, struct fq_text text)
{
	struct fq_rule *rule = &run->plan->rules[q->rule - run->plan->rules];
	rule->version_unknown = text.len == 0;
	rule->version = (struct fq_text){fq_arena_copy(&run->arena, text.at, text.len), text.len};
}

/* What it printed, without the blanks around it; nothing if it failed. */
static struct fq_text answer_of(const struct fq_capture *capture)
{
	enum { KEPT = 1000 };
	struct fq_text text = fq_text_trim((struct fq_text){capture->output.at, capture->output.len});
	text.len = capture->status != 0 ? 0 : text.len < KEPT ? text.len : KEPT;
	return text;
}

/* Those that are known need not be asked. */
static void recall(struct fq_run *run, const struct fq_buf *cache, struct question *questions, size_t count)
{
	struct fq_buf answer = {0};
	for (size_t i = 0; i < count; i++) {
		struct question *q = &questions[i];
		answer.len = 0;
		q->is_known = q->has_key && fq_run_versions_find(cache, q->key, &answer);
		if (q->is_known) {
			set_version(run, q, (struct fq_text){answer.at, answer.len});
		}
	}
	fq_buf_finish(&answer);
}

static void ask_all(struct fq_run *run, struct question *questions, size_t count, struct fq_buf *lines)
{
	const int64_t patience_ns = INT64_C(60000000000);
	struct fq_capture *captures = fq_zeroed(count, sizeof(*captures));
	size_t *capture_of = fq_zeroed(count, sizeof(*capture_of)), asked = 0;
	for (size_t i = 0; i < count; i++) {
		if (questions[i].same_as == i && !questions[i].is_known) {
			capture_of[i] = asked;
			captures[asked++] =
			        (struct fq_capture){.argv = questions[i].argv, .env = questions[i].env};
		}
	}
	fq_exec_capture(captures, asked, patience_ns, is_stopped, run);
	for (size_t i = 0; i < count; i++) {
		const struct question *q = &questions[i];
		if (q->is_known) {
			continue;
		}
		struct fq_text answer = answer_of(&captures[capture_of[q->same_as]]);
		set_version(run, q, answer);
		if (q->has_key && answer.len && q->same_as == i) {
			fq_run_versions_add(lines, q->key, answer);
		}
	}
	for (size_t i = 0; i < asked; i++) {
		fq_buf_finish(&captures[i].output);
	}
	fq_release(captures);
	fq_release(capture_of);
}

static void answer_all(struct fq_run *run, struct question *questions, size_t count)
{
	struct fq_buf cache = {0}, lines = {0};
	fq_run_versions_load(run, &cache);
	recall(run, &cache, questions, count);
	ask_all(run, questions, count, &lines);
	fq_run_versions_save(run, &cache, &lines);
	fq_buf_finish(&cache);
	fq_buf_finish(&lines);
}

static size_t find_questions(struct fq_run *run, struct question *questions)
{
	size_t count = 0;
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		struct fq_rule *rule = &run->plan->rules[i];
		if (rule->task->version.text.len && is_wanted(run, rule)) {
			rule->version_unknown = !ask(run, questions, count, rule);
			count++;
		}
	}
	return count;
}

static void finish(struct question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fq_job_command_finish(&questions[i].command);
		fq_release(questions[i].argv);
		fq_release(questions[i].env);
	}
	fq_release(questions);
}

void fq_run_ask_versions(struct fq_run *run)
{
	struct question *questions = fq_zeroed(run->plan->rule_count, sizeof(*questions));
	size_t count = find_questions(run, questions);
	if (count) {
		answer_all(run, questions, count);
	}
	finish(questions, count);
}

void fq_run_prune_versions(struct fq_run *run)
{
	struct question *questions = fq_zeroed(run->plan->rule_count, sizeof(*questions));
	struct fq_buf cache = {0}, keys = {0};
	fq_run_set_environment(run);
	size_t count = find_questions(run, questions);
	fq_buf_puts(&keys, "");
	for (size_t i = 0; i < count; i++) {
		fq_buf_puts(&keys, questions[i].has_key ? questions[i].key : "");
		fq_buf_putc(&keys, '\n');
	}
	fq_run_versions_load(run, &cache);
	if (cache.len) {
		fq_run_versions_keep(run, &cache, &keys);
	}
	finish(questions, count);
	fq_buf_finish(&cache);
	fq_buf_finish(&keys);
}
