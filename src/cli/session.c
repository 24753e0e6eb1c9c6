#include "session.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fq_session fq_session_begin(const struct fq_options *options)
{
	return (struct fq_session){.options = options, .journal = {.fd = -1, .lock_fd = -1}};
}

/* --- the manifest ----------------------------------------------------------------------- */

static const char *find_manifest(const struct fq_options *options)
{
	if (options->file) {
		return options->file;
	}
	return access("fqrun.ini", F_OK) == 0 ? "fqrun.ini" : access("qc.ini", F_OK) == 0 ? "qc.ini" : NULL;
}

bool fq_session_load(struct fq_session *s)
{
	const char *path;
	if (s->options->folder && chdir(s->options->folder) != 0) {
		fq_fail_errno(&s->err, "cannot go to %s", s->options->folder);
		return false;
	}
	path = find_manifest(s->options);
	if (!path) {
		return fq_fail(&s->err, FQ_NOWHERE, "name it with -f FILE, or go to its folder with -C DIR",
		        "no manifest: neither fqrun.ini nor qc.ini is here");
	}
	bool ok = fq_manifest_load(
	        &s->manifest, path, s->options->settings, s->options->setting_count, &s->errors);
	return ok && fq_plan_init(&s->plan, &s->manifest, &s->errors);
}

/* A word that is no target may be a COMMAND with a typo. */
static bool suggest_command(struct fq_session *s)
{
	const char *meant = fq_cli_suggest_command(s->options);
	if (meant && s->err.hint && strncmp(s->err.hint, "did you mean", 12) != 0) {
		const char *hint = fq_arena_format(&s->arena, "did you mean the command \"%s\"?", meant);
		const char *text = fq_arena_format(&s->arena, "%s", s->err.text);
		fq_error_finish(&s->err);
		s->err = (struct fq_error){0};
		fq_fail(&s->err, FQ_NOWHERE, hint, "%s", text);
	}
	return false;
}

bool fq_session_select_named(struct fq_session *s)
{
	if (s->options->target_count == 0) {
		return true;
	}
	s->wanted = fq_zeroed(s->plan.job_count, sizeof(*s->wanted));
	for (size_t i = 0; i < s->options->target_count; i++) {
		if (!fq_plan_select(&s->plan, s->options->targets[i], s->wanted, &s->err)) {
			return i == 0 && suggest_command(s);
		}
	}
	return true;
}

bool fq_session_select(struct fq_session *s)
{
	if (s->options->target_count == 0 && s->manifest.default_count) {
		s->wanted = fq_zeroed(s->plan.job_count, sizeof(*s->wanted));
	}
	for (size_t i = 0; s->wanted && i < s->manifest.default_count; i++) {
		const struct fq_rule *rule = &s->plan.rules[s->manifest.defaults[i]];
		memset(s->wanted + rule->first_job, true, rule->job_count);
	}
	if (!fq_session_select_named(s)) {
		return false;
	}
	if (s->wanted) {
		fq_plan_select_needed(&s->plan, s->wanted);
	}
	return true;
}

/* --- the state ----------------------------------------------------------------------------- */

/* The manifest's path from here; in a state that projects may share, from the root. */
static void add_identity(const struct fq_session *s, struct fq_buf *identity)
{
	struct fq_buf here = {0};
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
	if (s->manifest.state[0] == '/' && path[0] != '/') {
		fq_buf_add(identity, here.at, here.len);
		fq_buf_putc(identity, '/');
	}
	fq_buf_puts(identity, path);
	fq_buf_finish(&here);
}

/* One folder for each manifest. */
static void set_state(struct fq_session *s)
{
	struct fq_buf folder = {0}, identity = {0};
	add_identity(s, &identity);
	fq_buf_addf(&folder, "%s/", s->manifest.state);
	fq_buf_add_file_name(&folder, (struct fq_text){identity.at, identity.len});
	s->state = fq_arena_copy(&s->arena, folder.at, folder.len);
	s->identity = fq_arena_copy(&s->arena, identity.at, identity.len);
	fq_buf_finish(&folder);
	fq_buf_finish(&identity);
}

/* The words of the command line, for who finds the lock taken, and for `history`. */
static const char *our_words(struct fq_session *s)
{
	enum { SHOWN = 300 };
	struct fq_buf words = {0};
	fq_buf_puts(&words, "fqrun");
	for (int i = 1; i < s->options->argc && words.len < SHOWN; i++) {
		fq_buf_putc(&words, ' ');
		fq_buf_add_quoted(&words, fq_text(s->options->argv[i]));
	}
	const char *copy = fq_arena_copy(&s->arena, words.at, words.len);
	fq_buf_finish(&words);
	return copy;
}

static void tell_wait(const char *text)
{
	fprintf(stderr, "fqrun: waiting: %s\n", text);
}

static const char *hint_for(int number)
{
	switch (number) {
	case EISDIR:
	case ELOOP:
		return "move it away";
	case EROFS:
		return "`state = DIR` in [fqrun] keeps records and logs elsewhere";
	case EACCES:
	case EPERM:
		return "its owner can change that: chmod; or `state = DIR` in [fqrun] keeps records and logs "
		       "elsewhere";
	default:
		return NULL;
	}
}

/* What the system forbids, and what may be done about it. */
static bool fail_forbidden(struct fq_session *s)
{
	int number = s->err.number;
	const char *hint = s->err.hint ? NULL : hint_for(number);
	if (hint) {
		const char *text = fq_arena_format(&s->arena, "%s", s->err.text);
		struct fq_where where = s->err.where;
		fq_error_finish(&s->err);
		s->err = (struct fq_error){0};
		fq_fail(&s->err, where, hint, "%s", text);
		s->err.number = number;
	}
	return false;
}

bool fq_session_open_journal(struct fq_session *s, enum fq_journal_mode mode)
{
	set_state(s);
	struct fq_journal_options options = {.mode = mode,
	        .identity = s->identity,
	        .sync = s->options->sync,
	        .waits = s->options->waits,
	        .command = our_words(s),
	        .on_wait = tell_wait};
	if (!fq_journal_open(&s->journal, s->state, &options, &s->err)) {
		return fail_forbidden(s);
	}
	if (s->journal.bad_records > s->journal.told_records) {
		bool one = s->journal.bad_records == 1;
		fprintf(stderr,
		        "fqrun: warning: %s: %zu damaged %s left out; a job that only %s told of runs "
		        "again\n",
		        s->journal.path, s->journal.bad_records, one ? "record is" : "records are",
		        one ? "it" : "they");
		return mode == FQ_JOURNAL_READ || fq_journal_told(&s->journal, &s->err);
	}
	return true;
}

/* --- the rest ------------------------------------------------------------------------------ */

const char *fq_session_our_path(struct fq_session *s)
{
	struct fq_buf path = {0};
	ssize_t len = readlink("/proc/self/exe", fq_buf_room(&path, 1 << 14), 1 << 14);
	const char *copy = len > 0 ? fq_arena_copy(&s->arena, path.at, (size_t)len) : "fqrun";
	fq_buf_finish(&path);
	return copy;
}

const char *fq_session_logs(struct fq_session *s)
{
	return s->manifest.logs ? s->manifest.logs : fq_arena_format(&s->arena, "%s/logs", s->state);
}

/* What the last run left running if it was killed. */
static bool end_orphans(struct fq_session *s)
{
	struct fq_run run = {.plan = &s->plan, .journal = &s->journal};
	fq_run_clean_up_after(&run);
	if (run.fault.text) {
		s->err = run.fault;
		return false;
	}
	return true;
}

bool fq_session_open_to_change(struct fq_session *s)
{
	struct fq_buf path = {0};
	set_state(s);
	fq_buf_addf(&path, "%s/journal", s->state);
	bool is_none = access(path.at, F_OK) != 0 && errno == ENOENT;
	fq_buf_finish(&path);
	if (s->options->dry_run || is_none) {
		return fq_session_open_journal(s, FQ_JOURNAL_READ);
	}
	return fq_session_open_journal(s, FQ_JOURNAL_WRITE) && end_orphans(s);
}

int fq_session_judge(struct fq_session *s, const bool *wanted, struct fq_observer *observer)
{
	struct fq_executor *executor = fq_exec_noop(1);
	s->run = (struct fq_run){
	        .plan = &s->plan,
	        .journal = &s->journal,
	        .executor = executor,
	        .observers = &observer,
	        .observer_count = 1,
	        .options = {.jobs = 1,
	                .dry_run = true,
	                .explain = true,
	                .fqrun = fq_session_our_path(s),
	                .logs = fq_session_logs(s),
	                .versions = fq_arena_format(&s->arena, "%s/versions", s->state),
	                .wanted = wanted},
	};
	int status = fq_run(&s->run);
	s->run.observer_count = 0;
	executor->impl->destroy(executor);
	s->run.executor = NULL;
	return status;
}

void fq_session_finish(struct fq_session *s)
{
	fq_run_finish(&s->run);
	fq_tokens_finish(&s->tokens);
	fq_ui_destroy(s->ui);
	fq_journal_close(&s->journal);
	fq_release(s->wanted);
	fq_release(s->anew);
	fq_plan_finish(&s->plan);
	fq_manifest_finish(&s->manifest);
	fq_errors_finish(&s->errors);
	fq_error_finish(&s->err);
	fq_arena_finish(&s->arena);
}

int fq_session_fail(struct fq_session *s, int status)
{
	fq_cli_print_findings(&s->errors, !s->options->quiet,
	        strcmp(s->options->command, "run") == 0 || strcmp(s->options->command, "rerun") == 0);
	if (s->err.text) {
		fq_cli_print_error(&s->err);
	}
	return status;
}

int fq_session_change(const struct fq_options *options, bool (*select)(struct fq_session *s),
        int (*change)(struct fq_session *s))
{
	struct fq_session s = fq_session_begin(options);
	bool is_meant = fq_session_load(&s) && select(&s);
	bool ok = is_meant && fq_session_open_to_change(&s);
	int status = fq_session_fail(&s, ok ? 0 : is_meant ? 3 : 2);
	if (ok) {
		status = change(&s);
	}
	fq_session_finish(&s);
	return is_meant ? fq_cli_flush(status) : status;
}
