#include "internal.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- why it failed ----------------------------------------------------------------------- */

static const char *cause_of_exit(struct fq_run *run, int code, const char **ret_hint)
{
	if (code == 127) {
		*ret_hint = "install it, or set PATH in `env` or `setup`";
		return "exit status 127: a program of the command was not found";
	}
	if (code == 126) {
		*ret_hint = "is it executable? If the log says \"argument list too long\": {reads:list} is a "
		            "file "
		            "that names them, for xargs -a and its like";
		return "exit status 126: a program of the command could not be executed";
	}
	if (code == 141) {
		*ret_hint = "a program such as head closed its input early: that fails a pipe under `set -o "
		            "pipefail`";
		return "exit status 141: a program in a pipe was ended by SIGPIPE";
	}
	return fq_arena_format(&run->arena, "exit status %d", code);
}

static const char *cause_of_signal(struct fq_run *run, int number, const char **ret_hint)
{
	if (number == SIGKILL) {
		*ret_hint = "nobody here sent it: perhaps the system was out of memory";
	}
	return fq_arena_format(&run->arena, "ended by signal %d (%s)", number, strsignal(number));
}

/* An output that is not there, or that was there before and is the same still. */
static const char *cause_of_outputs(struct fq_run *run, const struct fq_slot *slot, const char **ret_hint)
{
	struct fq_list outputs = {0};
	const char *cause = NULL;
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; !cause && (path = fq_list_next(&outputs, path));) {
		struct stat made;
		if (stat(path, &made) == 0 && S_ISDIR(made.st_mode)) {
			*ret_hint = "name the files in it; a folder as an output is not available in this "
			            "version";
			cause = fq_arena_format(&run->arena, "output %s is a folder", path);
		} else if (fq_run_is_foreign(slot, path)) {
			*ret_hint = "remove the file, or let the command write it anew";
			cause = fq_arena_format(&run->arena,
			        "output %s was there before, and the command did not write it", path);
		}
	}
	fq_list_finish(&outputs);
	return cause;
}

static const char *find_cause(
        struct fq_run *run, struct fq_slot *slot, const struct fq_exit *end, const char **ret_hint)
{
	int64_t limit = fq_plan_rule(run->plan, slot->job)->task->timeout_ns;
	*ret_hint = NULL;
	if (slot->betrayal) {
		*ret_hint = "`fail-on` of the task fits this line: the exit status does not count";
		return fq_arena_format(&run->arena, "it printed: %s", slot->betrayal);
	}
	if (slot->timed_out) {
		struct fq_buf words = {0};
		fq_buf_add_duration(&words, limit);
		const char *cause = fq_arena_format(&run->arena, "stopped at its timeout of %s", words.at);
		fq_buf_finish(&words);
		return cause;
	}
	if (WIFSIGNALED(end->status)) {
		return cause_of_signal(run, WTERMSIG(end->status), ret_hint);
	}
	if (WEXITSTATUS(end->status) != 0) {
		return cause_of_exit(run, WEXITSTATUS(end->status), ret_hint);
	}
	return cause_of_outputs(run, slot, ret_hint);
}

/* --- how it ended ----------------------------------------------------------------------------- */

static const char *log_of(struct fq_run *run, uint32_t job)
{
	struct fq_buf path = {0};
	fq_run_add_log(run, job, &path);
	const char *log = access(path.at, F_OK) == 0 ? fq_arena_copy(&run->arena, path.at, path.len) : NULL;
	fq_buf_finish(&path);
	return log;
}

static void end_badly(
        struct fq_run *run, struct fq_slot *slot, const char *cause, const char *hint, int64_t ns)
{
	uint32_t job = slot->job;
	struct fq_failure failure = {
	        .job = job, .cause = cause, .hint = hint, .log = log_of(run, job), .ns = ns};
	fq_run_remove_outputs(run, slot);
	fq_run_free_slot(run, slot);
	fq_run_fail(run, job, &failure, true);
}

/* We stopped it: no failure of its own. */
static void end_stopped(struct fq_run *run, struct fq_slot *slot, int64_t ns)
{
	uint32_t job = slot->job;
	struct fq_error err = {0};
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(run->plan, job, &unit);
	fq_run_remove_outputs(run, slot);
	fq_run_free_slot(run, slot);
	if (!fq_journal_fail(run->journal, fq_text(fq_plan_rule(run->plan, job)->task->name),
	            (struct fq_text){unit.at, unit.len}, ns / 1000000, fq_text("it was stopped with the run"),
	            &err)) {
		fq_run_fault(run, &err);
	}
	fq_buf_finish(&unit);
	fq_run_move(run, job, FQ_STATE_CANCELLED, NULL);
	fq_run_settle(run, job);
}

static bool record_success(struct fq_run *run, struct fq_slot *slot, int64_t ns, struct fq_error *err)
{
	struct fq_text items = {slot->items.at, slot->items.len};
	run->scratch.len = 0;
	fq_buf_puts(&run->scratch, "");
	fq_plan_add_unit(run->plan, slot->job, &run->scratch);
	return fq_journal_done(run->journal, fq_text(fq_plan_rule(run->plan, slot->job)->task->name),
	        (struct fq_text){run->scratch.at, run->scratch.len}, ns / 1000000, items, err);
}

static void end_well(struct fq_run *run, struct fq_slot *slot, int64_t ns)
{
	uint32_t job = slot->job;
	struct fq_buf missing = {0};
	struct fq_error err = {0};
	fq_plan_forget_stamps(run->plan);
	if (!fq_plan_add_output_items(run->plan, job, &slot->items, &missing)) {
		const char *cause = fq_arena_format(&run->arena, "output %s is missing", missing.at);
		fq_buf_finish(&missing);
		end_badly(run, slot, cause,
		        "the command ended well, but did not write what `output` promises", ns);
		return;
	}
	const char *problem = fq_run_add_values(run, slot);
	if (problem) {
		end_badly(run, slot, problem, "echo reads=1000 >> \"$FQRUN_VALUES\"", ns);
		return;
	}
	if (!record_success(run, slot, ns, &err)) {
		fq_run_fault(run, &err);
		end_badly(run, slot, "its success could not be recorded", NULL, ns);
		return;
	}
	run->seqs[job] = run->journal->seq;
	fq_plan_keep_values(run->plan, job, (struct fq_text){slot->items.at, slot->items.len});
	fq_run_free_slot(run, slot);
	fq_run_move(run, job, FQ_STATE_DONE, NULL);
	fq_run_settle(run, job);
}

/* The job may be well; the disk is not. */
static void tell_log_fault(struct fq_run *run, uint32_t job)
{
	struct fq_error err = {0};
	struct fq_buf log = {0};
	fq_run_add_log(run, job, &log);
	fq_fail(&err, FQ_NOWHERE, "is the disk full?", "cannot write the log %s", log.at);
	fq_run_fault(run, &err);
	fq_buf_finish(&log);
}

static void end_job(struct fq_run *run, const struct fq_exit *end)
{
	struct fq_slot *slot = &run->slots[end->slot];
	int64_t ns = fq_clock_ns() - slot->started_ns;
	const char *hint;
	run->is_crowded = false;
	if (run->options.dry_run) {
		uint32_t job = slot->job;
		run->seqs[job] = FQ_SEQ_WILL_RUN;
		fq_run_free_slot(run, slot);
		fq_run_move(run, job, FQ_STATE_DONE, NULL);
		fq_run_settle(run, job);
		return;
	}
	if (end->log_failed) {
		tell_log_fault(run, slot->job);
	}
	if (run->stop_signal) {
		/* It was told to end: even with exit status 0 nobody knows how far it came. */
		end_stopped(run, slot, ns);
		return;
	}
	const char *cause = find_cause(run, slot, end, &hint);
	if (!cause) {
		end_well(run, slot, ns);
	} else {
		end_badly(run, slot, cause, hint, ns);
	}
}

void fq_run_reap(struct fq_run *run)
{
	struct fq_exit end;
	while (run->executor->impl->next_exit(run->executor, &end)) {
		if (end.stopped_by) {
			continue;
		}
		end_job(run, &end);
	}
}
