/* From a job's command to a process: its environment, its log, the executor. */
#include "internal.h"

#include <string.h>

/* Bash would read a file first, or take a function for the program: so must we. */
bool fq_run_shell_would_differ(const struct fq_run *run, const struct fq_task *task)
{
	if (!task->script.is_direct || task->shell != FQ_SHELL_BASH) {
		return false;
	}
	struct fq_buf function = {0};
	fq_buf_addf(&function, "BASH_FUNC_%s%%%%=", task->script.direct.words[0].pieces[0].text.at);
	bool differs = false;
	for (char **variable = run->environment; *variable && !differs; variable++) {
		differs = strncmp(*variable, "BASH_ENV=", 9) == 0 ||
		          strncmp(*variable, function.at, function.len) == 0;
	}
	fq_buf_finish(&function);
	for (uint32_t i = 0; i < task->env.count && !differs; i++) {
		const struct fq_word *word = &task->env.words[i];
		differs = word->count && word->pieces[0].ref < 0 &&
		          strncmp(word->pieces[0].text.at, "BASH_ENV=", 9) == 0;
	}
	return differs;
}

char **fq_run_list_words(const struct fq_list *list)
{
	char **words = fq_zeroed(list->count + 1, sizeof(*words));
	size_t n = 0;
	for (const char *text = NULL; (text = fq_list_next(list, text));) {
		words[n++] = (char *)(uintptr_t)text;
	}
	return words;
}

void fq_run_add_log_of(const char *logs, struct fq_text task, struct fq_text unit, struct fq_buf *buf)
{
	struct fq_buf name = {0};
	fq_buf_add_text(&name, unit);
	for (size_t i = 0; i < name.len; i++) {
		name.at[i] = name.at[i] == '/' ? '.' : name.at[i];
	}
	fq_buf_addf(buf, "%s/%.*s", logs, (int)task.len, task.at);
	if (name.len) {
		fq_buf_putc(buf, '/');
		fq_buf_add_file_name(buf, (struct fq_text){name.at, name.len});
	}
	fq_buf_puts(buf, ".log");
	fq_buf_finish(&name);
}

void fq_run_add_log(const struct fq_run *run, uint32_t job, struct fq_buf *buf)
{
	struct fq_buf unit = {0};
	fq_plan_add_unit(run->plan, job, &unit);
	fq_run_add_log_of(run->options.logs, fq_text(fq_plan_rule(run->plan, job)->task->name),
	        (struct fq_text){unit.at, unit.len}, buf);
	fq_buf_finish(&unit);
}

bool fq_run_spawn(
        struct fq_run *run, struct fq_slot *slot, const struct fq_job_command *command, struct fq_error *err)
{
	struct fq_buf log = {0};
	fq_run_add_log(run, slot->job, &log);
	fq_run_forget_attempts(run, slot->job, log.at);
	const struct fq_task *task = fq_plan_rule(run->plan, slot->job)->task;
	struct fq_run_offer offer;
	fq_run_offer(run, task, &command->env, &offer);
	char **argv = fq_run_list_words(&command->argv);
	char **env = fq_run_merge_environment(run, &command->env, offer.makeflags.at);
	struct fq_launch launch = {.argv = argv,
	        .env = env,
	        .log = log.at,
	        .log_limit_bytes = run->plan->manifest->log_limit_bytes,
	        .descriptors = offer.descriptors,
	        .descriptor_count = offer.descriptor_count,
	        .cwd = command->cwd.len ? command->cwd.at : NULL,
	        .on_line = fq_run_listens(run, fq_plan_rule(run->plan, slot->job)) ? fq_run_take_line : NULL,
	        .context = run};
	bool ok = run->executor->impl->start(run->executor, (uint32_t)(slot - run->slots), &launch, err);
	if (ok && offer.makeflags.len) {
		fq_run_begin_drawing(run, slot);
	}
	fq_buf_finish(&offer.makeflags);
	fq_release(argv);
	fq_release(env);
	fq_buf_finish(&log);
	return ok;
}
