#include "cli.h"
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the run ---------------------------------------------------------------------------------- */

static uint32_t processor_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) == 0) {
		return (uint32_t)CPU_COUNT(&set);
	}
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	return count > 0 ? (uint32_t)count : 1;
}

static struct fq_observer *make_ui(const struct fq_options *options)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool is_smart = term && strcmp(term, "dumb") != 0;
	bool is_live = isatty(STDOUT_FILENO) && is_smart && !options->quiet;
	bool may_color =
	        isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) && is_smart && !(no_color && *no_color);
	struct fq_ui_options ui = {
	        .kind = options->dry_run ? FQ_UI_DRY
	                : is_live        ? FQ_UI_LIVE
	                                 : FQ_UI_PLAIN,
	        .out = stdout,
	        .err = stderr,
	        .color = options->color == FQ_COLOR_ALWAYS || (options->color == FQ_COLOR_AUTO && may_color),
	        .quiet = options->quiet,
	        .verbose = options->verbose,
	        .explain = options->explain,
	};
	return fq_ui_create(&ui);
}

/* Before anything is opened: what make closed before us must not be a file of ours. */
static void join_jobserver(struct fq_session *s)
{
	struct fq_error err = {0};
	bool is_left = s->options->has_style && s->options->style == FQ_JOBSERVER_NONE;
	if (s->makeflags.style == FQ_JOBSERVER_NONE || is_left || s->options->dry_run) {
		return;
	}
	if (!fq_tokens_join(&s->tokens, &s->makeflags, s->options->jobs, &err)) {
		fq_errors_warn(&s->errors, FQ_NOWHERE, err.hint, "%s", err.text);
	}
	fq_error_finish(&err);
}

/* Inside a jobserver -j is a cap within its pool; a make that was told -j1 has none. */
static uint32_t job_limit(const struct fq_session *s)
{
	uint32_t said = s->options->jobs ? s->options->jobs : s->manifest.jobs;
	if (s->tokens.limit) {
		return said && said < s->tokens.limit ? said : s->tokens.limit;
	}
	return said ? said : s->makeflags.jobs == 1 ? 1 : processor_count();
}

/* What there is is looked up only if a task asks for some. */
static int64_t memory_limit(const struct fq_session *s)
{
	int64_t said = s->options->memory_bytes ? s->options->memory_bytes : s->manifest.memory_bytes;
	bool is_asked = false;
	for (size_t i = 0; i < s->manifest.task_count; i++) {
		is_asked |= s->manifest.tasks[i].memory_bytes > 0;
	}
	return said || !is_asked ? said : fq_memory_available();
}

static struct fq_run_options run_options(struct fq_session *s, uint32_t jobs)
{
	const int64_t grace_ns = INT64_C(5000000000);
	return (struct fq_run_options){.jobs = jobs,
	        .load = s->options->load,
	        .style = s->options->has_style ? &s->options->style : NULL,
	        .fail_fast = s->options->fail_fast || s->manifest.fail_fast,
	        .dry_run = s->options->dry_run,
	        .always = s->options->always,
	        .explain = s->options->explain,
	        .grace_ns = grace_ns,
	        .fqrun = fq_session_our_path(s),
	        .logs = fq_session_logs(s),
	        .versions = fq_arena_format(&s->arena, "%s/versions", s->state),
	        .memory_bytes = memory_limit(s),
	        .wanted = s->wanted,
	        .anew = s->anew};
}

static int run(struct fq_session *s)
{
	uint32_t jobs = job_limit(s);
	s->tokens.limit = s->tokens.limit ? jobs : 0;
	struct fq_executor *executor =
	        s->options->dry_run ? fq_exec_noop(jobs) : fq_exec_local(jobs, &s->err);
	if (!executor) {
		fq_cli_print_error(&s->err);
		return 3;
	}
	struct fq_cli_gate gate;
	fq_cli_gate_begin(&gate, s->options);
	s->ui = make_ui(s->options);
	s->run = (struct fq_run){
	        .plan = &s->plan,
	        .journal = &s->journal,
	        .executor = executor,
	        .observers = &s->ui,
	        .observer_count = 1,
	        .tokens = s->tokens,
	        .options = run_options(s, jobs),
	};
	s->run.options.gate = s->options->no_preflight ? NULL : &gate.base;
	s->tokens = (struct fq_tokens){0};
	int status = fq_run(&s->run);
	executor->impl->destroy(executor);
	fq_cli_gate_finish(&gate);
	return status;
}

static int go(struct fq_session *s, fq_cli_choose_fn *select, fq_cli_choose_fn *narrow)
{
	if (!fq_session_load(s) || !select(s)) {
		return fq_session_fail(s, 2);
	}
	if (!fq_session_open_journal(s, s->options->dry_run ? FQ_JOURNAL_READ : FQ_JOURNAL_WRITE)) {
		return fq_session_fail(s, 3);
	}
	fq_cli_print_findings(&s->errors, !s->options->quiet, true);
	return narrow && !narrow(s) ? 0 : run(s);
}

int fq_cli_run_chosen(const struct fq_options *options, fq_cli_choose_fn *select, fq_cli_choose_fn *narrow)
{
	struct fq_options ours = *options;
	struct fq_session s = fq_session_begin(&ours);
	fq_makeflags_read(getenv("MAKEFLAGS"), &s.arena, &s.makeflags);
	/* `make -n` runs a recipe with + all the same, and tells it so. */
	ours.dry_run |= s.makeflags.is_dry_run;
	join_jobserver(&s);
	int status = go(&s, select, narrow);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}

int fq_cli_run(const struct fq_options *options)
{
	return fq_cli_run_chosen(options, fq_session_select, NULL);
}
