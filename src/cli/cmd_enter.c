/* `fqrun enter TARGET`: a shell where the job would run. */
#include "cli.h"
#include "known.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* UINT32_MAX and an error: it must be one. */
static uint32_t find_job(struct fq_session *s)
{
	uint32_t found = UINT32_MAX, count = 0;
	struct fq_buf name = {0};
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		if (s->wanted[job] && count++ == 0) {
			found = job;
		}
	}
	if (count == 1) {
		return found;
	}
	if (count) {
		fq_plan_add_name(&s->plan, found, &name);
		fq_fail(&s->err, FQ_NOWHERE, "TASK/SAMPLE names one",
		        "these are %u jobs, the first is %s: enter one", count, name.at);
	} else {
		fq_fail(&s->err, FQ_NOWHERE, "fqrun list shows all jobs", "there is no job of %s",
		        s->options->targets[0]);
	}
	fq_buf_finish(&name);
	return UINT32_MAX;
}

static void add_lines(struct fq_buf *buf, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		fq_buf_puts(buf, "    ");
		fq_ui_add_shown(buf, (struct fq_text){text, len});
		fq_buf_putc(buf, '\n');
		text += len + (text[len] == '\n');
	}
}

/* On standard error: standard output is the shell's. */
static void tell(struct fq_session *s, uint32_t job, const struct fq_entry *entry)
{
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	bool is_fresh = s->run.states[job] == FQ_STATE_FRESH;
	struct fq_buf text = {0}, name = {0};
	fq_plan_add_name(&s->plan, job, &name);
	fq_ui_add_shown(&text, (struct fq_text){name.at, name.len});
	fq_buf_addf(&text, " %s; nothing that is done here is recorded\n",
	        is_fresh ? "is up to date" : "would run");
	if (entry->launch.cwd) {
		fq_buf_puts(&text, "  in the folder\n");
		add_lines(&text, entry->launch.cwd);
	}
	if (entry->setup.len) {
		fq_buf_puts(&text, "  after its setup\n");
		add_lines(&text, entry->setup.at);
	}
	fq_buf_addf(&text, "  its command (the last of the history; a run starts it %s)\n",
	        task->builtin || task->script.is_direct ? "without a shell"
	        : task->shell == FQ_SHELL_SH            ? "by sh -eu"
	                                                : "by bash -euo pipefail");
	add_lines(&text, entry->command.at);
	fputs(text.at, stderr);
	fq_buf_finish(&text);
	fq_buf_finish(&name);
}

static void ignore(struct fq_observer *observer, const struct fq_run *run)
{
	(void)observer, (void)run;
}

static void ignore_move(struct fq_observer *observer, const struct fq_run *run, uint32_t job,
        enum fq_state from, const struct fq_failure *failure)
{
	(void)observer, (void)run, (void)job, (void)from, (void)failure;
}

/* Whether it would run, and what those before it reported. */
static int judge(struct fq_session *s, uint32_t job)
{
	struct fq_observer observer = {.begin = ignore, .moved = ignore_move, .end = ignore};
	bool *around = fq_zeroed(s->plan.job_count, sizeof(*around));
	around[job] = true;
	fq_plan_select_needed(&s->plan, around);
	int status = fq_session_judge(s, around, &observer);
	fq_release(around);
	return status;
}

static int enter(struct fq_session *s, uint32_t job)
{
	struct fq_entry entry;
	int status = judge(s, job), ended = 0;
	if (status) {
		return status;
	}
	bool ok = fq_run_enter(&s->run, job, isatty(STDIN_FILENO), &entry, &s->err);
	if (ok && !s->options->quiet) {
		tell(s, job, &entry);
	}
	ok = ok && fq_exec_foreground(&entry.launch, &ended, &s->err);
	fq_run_leave(&s->run, &entry);
	if (!ok) {
		return fq_session_fail(s, 3);
	}
	return WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
}

int fq_cli_enter(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	uint32_t job = UINT32_MAX;
	int status = 2;
	if (fq_session_load(&s) && fq_known_has_target(&s) && fq_session_select_named(&s)) {
		job = find_job(&s);
	}
	if (job == UINT32_MAX) {
		status = fq_session_fail(&s, 2);
	} else if (!fq_session_open_journal(&s, FQ_JOURNAL_READ)) {
		status = fq_session_fail(&s, 3);
	} else {
		status = enter(&s, job);
	}
	fq_session_finish(&s);
	return status;
}
