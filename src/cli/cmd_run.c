#include "cli.h"
#include "fqrun/ui.h"
#include "options.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All that a run needs, in the order in which it is made. */
struct session {
	const struct fq_options *options;
	struct fq_arena arena;
	struct fq_errors errors;
	struct fq_error err;
	struct fq_manifest manifest;
	struct fq_plan plan;
	bool *wanted;
	char *state;
	struct fq_journal journal;
	struct fq_observer *ui;
	struct fq_run run;
};

/* --- the manifest ----------------------------------------------------------------------- */

static const char *find_manifest(const struct fq_options *options)
{
	if (options->file) {
		return options->file;
	}
	return access("fqrun.ini", F_OK) == 0 ? "fqrun.ini" : access("qc.ini", F_OK) == 0 ? "qc.ini" : NULL;
}

static bool load(struct session *s)
{
	const char *path = find_manifest(s->options);
	if (!path) {
		return fq_fail(&s->err, FQ_NOWHERE, "name it with -f FILE, or go to its folder with -C DIR",
		        "no manifest: neither fqrun.ini nor qc.ini is here");
	}
	bool ok = fq_manifest_load(
	        &s->manifest, path, s->options->settings, s->options->setting_count, &s->errors);
	return ok && fq_plan_init(&s->plan, &s->manifest, &s->errors);
}

static bool select_targets(struct session *s)
{
	if (s->options->target_count == 0) {
		return true;
	}
	s->wanted = fq_zeroed(s->plan.job_count, sizeof(*s->wanted));
	for (size_t i = 0; i < s->options->target_count; i++) {
		if (!fq_plan_select(&s->plan, s->options->targets[i], s->wanted, &s->err)) {
			return false;
		}
	}
	fq_plan_select_needed(&s->plan, s->wanted);
	return true;
}

/* --- the state ----------------------------------------------------------------------------- */

/* One folder for each manifest, named after its path from here. */
static void set_state(struct session *s)
{
	struct fq_buf folder = {0}, here = {0};
	const char *path = s->manifest.path;
	if (getcwd(fq_buf_room(&here, 1 << 14), 1 << 14)) {
		here.len = strlen(here.at);
		if (strncmp(path, here.at, here.len) == 0 && path[here.len] == '/') {
			path += here.len;
			path += strspn(path, "/");
		}
	}
	while (strncmp(path, "./", 2) == 0) {
		path += 2;
	}
	fq_buf_addf(&folder, "%s/", s->manifest.state);
	fq_buf_add_file_name(&folder, fq_text(path));
	s->state = fq_arena_copy(&s->arena, folder.at, folder.len);
	fq_buf_finish(&folder);
	fq_buf_finish(&here);
}

static bool open_journal(struct session *s)
{
	set_state(s);
	enum fq_journal_mode mode = s->options->dry_run ? FQ_JOURNAL_READ : FQ_JOURNAL_WRITE;
	if (!fq_journal_open(&s->journal, s->state, mode, &s->err)) {
		return false;
	}
	if (s->journal.bad_records > s->journal.told_records) {
		bool one = s->journal.bad_records == 1;
		fprintf(stderr, "fqrun: warning: %s: %zu damaged %s left out; what %s told of runs again\n",
		        s->journal.path, s->journal.bad_records, one ? "record is" : "records are",
		        one ? "it" : "they");
		return s->options->dry_run || fq_journal_told(&s->journal, &s->err);
	}
	return true;
}

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

static const char *our_path(struct session *s)
{
	struct fq_buf path = {0};
	ssize_t len = readlink("/proc/self/exe", fq_buf_room(&path, 1 << 14), 1 << 14);
	const char *copy = len > 0 ? fq_arena_copy(&s->arena, path.at, (size_t)len) : "fqrun";
	fq_buf_finish(&path);
	return copy;
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

static uint32_t job_limit(const struct session *s)
{
	return s->options->jobs ? s->options->jobs : s->manifest.jobs ? s->manifest.jobs : processor_count();
}

static int run(struct session *s)
{
	const int64_t grace_ns = INT64_C(5000000000);
	uint32_t jobs = job_limit(s);
	struct fq_executor *executor =
	        s->options->dry_run ? fq_exec_noop(jobs) : fq_exec_local(jobs, &s->err);
	if (!executor) {
		fq_cli_print_error(&s->err);
		return 3;
	}
	s->ui = make_ui(s->options);
	s->run = (struct fq_run){
	        .plan = &s->plan,
	        .journal = &s->journal,
	        .executor = executor,
	        .observers = &s->ui,
	        .observer_count = 1,
	        .options = {.jobs = jobs,
	                .fail_fast = s->options->fail_fast || s->manifest.fail_fast,
	                .dry_run = s->options->dry_run,
	                .always = s->options->always,
	                .explain = s->options->explain,
	                .grace_ns = grace_ns,
	                .fqrun = our_path(s),
	                .logs = fq_arena_format(&s->arena, "%s/logs", s->state),
	                .wanted = s->wanted},
	};
	int status = fq_run(&s->run);
	if (s->run.fault.text) {
		fq_cli_print_error(&s->run.fault);
	}
	executor->impl->destroy(executor);
	return status;
}

static void finish(struct session *s)
{
	fq_run_finish(&s->run);
	fq_ui_destroy(s->ui);
	fq_journal_close(&s->journal);
	fq_release(s->wanted);
	fq_plan_finish(&s->plan);
	fq_manifest_finish(&s->manifest);
	fq_errors_finish(&s->errors);
	fq_error_finish(&s->err);
	fq_arena_finish(&s->arena);
}

/* Prints what stopped us, if anything did. */
static int fail(struct session *s, int status)
{
	if (s->err.text) {
		fq_cli_print_error(&s->err);
	}
	return status;
}

static int go(struct session *s)
{
	if (s->options->folder && chdir(s->options->folder) != 0) {
		fq_fail_errno(&s->err, "cannot go to %s", s->options->folder);
		return fail(s, 2);
	}
	bool loaded = load(s);
	fq_cli_print_findings(&s->errors, !s->options->quiet);
	if (!loaded || !select_targets(s)) {
		return fail(s, 2);
	}
	return open_journal(s) ? run(s) : fail(s, 3);
}

int fq_cli_run(const struct fq_options *options)
{
	struct session s = {.options = options, .journal = {.fd = -1, .lock_fd = -1}};
	int status = go(&s);
	finish(&s);
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status >= 2) {
		return status;
	}
	/* `fqrun -n | head`: its reader has seen enough. */
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	if (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)) {
		return 128 + SIGPIPE;
	}
	fputs("fqrun: cannot write standard output: is the disk full?\n", stderr);
	return 3;
}
