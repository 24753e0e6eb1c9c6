#include "internal.h"

#include <string.h>
#include <unistd.h>

/* --- how it ended ----------------------------------------------------------------------------- */

static const char *log_of(struct fq_run *run, uint32_t job)
{
	struct fq_buf path = {0};
	fq_run_add_log(run, job, &path);
	const char *log = access(path.at, F_OK) == 0 ? fq_arena_copy(&run->arena, path.at, path.len) : NULL;
	fq_buf_finish(&path);
	return log;
}

/* Behind the hint, if there is one. */
static void add_hint(struct fq_run *run, struct fq_failure *failure, const struct fq_buf *words)
{
	if (words->len) {
		const char *hint = failure->hint ? failure->hint : "";
		failure->hint =
		        fq_arena_format(&run->arena, "%s%s%s", hint, failure->hint ? "; " : "", words->at);
	}
}

/* Where another may run in our place, what stands there may be its. */
static void remove_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_buf *words)
{
	struct fq_error err = {0};
	if (!fq_journal_is_sound(run->journal, &err)) {
		fq_run_fault(run, &err);
	}
	if (!fq_journal_is_lost(run->journal)) {
		fq_run_remove_outputs(run, slot, words);
	}
}

/* What is there all the same is ours still: else the next run would take it for a person's. */
static struct fq_text left_of(struct fq_run *run, const struct fq_slot *slot)
{
	const struct fq_record begun = {
	        .verdict = FQ_VERDICT_BEGUN, .items = {slot->before.at, slot->before.len}};
	struct fq_buf ours = {0};
	fq_run_add_ours(&begun, &ours);
	struct fq_text left = {ours.len ? fq_arena_copy(&run->arena, ours.at, ours.len) : "", ours.len};
	fq_buf_finish(&ours);
	return left;
}

/* `failure` has its kind, cause and hint. */
static void end_badly(struct fq_run *run, struct fq_slot *slot, struct fq_failure *failure)
{
	uint32_t job = failure->job = slot->job;
	failure->used = slot->used;
	failure->ns = fq_run_now(run) - slot->started_ns;
	failure->attempt = fq_run_attempt(run, job);
	failure->log = log_of(run, job);
	if (!slot->keeps_outputs) {
		struct fq_buf words = {0};
		remove_outputs(run, slot, &words);
		failure->left = left_of(run, slot);
		add_hint(run, failure, &words);
		fq_buf_finish(&words);
	}
	fq_run_free_slot(run, slot);
	if (!fq_run_retry(run, failure)) {
		fq_run_fail(run, job, failure, true);
	}
}

/* We stopped it: no failure of its own. */
static void end_stopped(struct fq_run *run, struct fq_slot *slot)
{
	uint32_t job = slot->job;
	struct fq_buf cause = {0};
	fq_buf_puts(&cause, FQ_CAUSE_STOPPED);
	remove_outputs(run, slot, &cause);
	const struct fq_failure failure = {.used = slot->used, .cause = cause.at, .left = left_of(run, slot)};
	fq_run_free_slot(run, slot);
	fq_run_record_failure(run, job, &failure);
	fq_buf_finish(&cause);
	fq_run_move(run, job, FQ_STATE_CANCELLED, NULL);
	fq_run_settle(run, job);
}

/* What is the same as before is so since then, for those behind it. */
static bool record_success(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	struct fq_record record = {.usage = slot->used, .items = {slot->items.at, slot->items.len}};
	struct fq_record last = fq_run_find_record(run, slot->job);
	if (fq_run_temp_is_revived(run, slot->job)) {
		record.since = run->seqs[slot->job]; /* what it made is only made again */
	} else if (last.verdict == FQ_VERDICT_DONE && fq_plan_left_the_same(last.items, record.items)) {
		record.since = last.since;
	}
	if (!fq_run_record_done(run, slot->job, &record, err)) {
		return false;
	}
	run->seqs[slot->job] = record.since ? record.since : run->journal->seq;
	return true;
}

/* It ended well: is all there that it was to leave? Then that is recorded. */
static bool accept(struct fq_run *run, struct fq_slot *slot, struct fq_failure *failure)
{
	struct fq_buf missing = {0};
	struct fq_error err = {0};
	if (!fq_run_put_in_place(run, slot, failure)) {
		return false;
	}
	fq_plan_forget_stamps(run->plan);
	if (!fq_run_inputs_hold(run, slot, failure)) {
		return false;
	}
	if (!fq_plan_add_output_items(run->plan, slot->job, &slot->items, &missing)) {
		fq_run_blame_output(run, slot, missing.at, failure);
		fq_buf_finish(&missing);
		return false;
	}
	failure->cause = fq_run_add_values(run, slot);
	if (failure->cause) {
		failure->hint = "echo reads=1000 >> \"$FQRUN_VALUES\"";
		return false;
	}
	fq_run_forget_partials(run, slot->job);
	if (!record_success(run, slot, &err)) {
		fq_run_fault(run, &err);
		failure->cause = "its success could not be recorded";
		failure->hint = fq_journal_is_lost(run->journal)
		                        ? "what it made is left where it is; it runs again next time"
		                        : "what it made is removed; it runs again next time";
		return false;
	}
	return true;
}

static void end_well(struct fq_run *run, struct fq_slot *slot)
{
	uint32_t job = slot->job;
	fq_run_protect(run, job); /* not before: one that was cut off is to be made anew without asking */
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

static void end_dry(struct fq_run *run, struct fq_slot *slot)
{
	uint32_t job = slot->job;
	if (!fq_run_temp_is_revived(run, job)) {
		run->seqs[job] = FQ_SEQ_WILL_RUN;
	}
	fq_run_free_slot(run, slot);
	fq_run_move(run, job, FQ_STATE_DONE, NULL);
	fq_run_settle(run, job);
}

static void note_usage(const struct fq_run *run, struct fq_slot *slot, const struct fq_exit *end)
{
	enum { NS_A_MS = 1000000 };
	slot->used = (struct fq_usage){
	        .ms = (fq_run_now(run) - slot->started_ns) / NS_A_MS,
	        .peak_rss_kb = end->peak_rss_kb,
	        .user_ms = end->user_ns / NS_A_MS,
	        .system_ms = end->system_ns / NS_A_MS,
	        .read_bytes = end->read_bytes,
	        .written_bytes = end->written_bytes,
	        .attempt = fq_run_attempt(run, slot->job),
	        .ended_s = fq_clock_wall_s(),
	};
}

static void end_job(struct fq_run *run, const struct fq_exit *end)
{
	struct fq_slot *slot = &run->slots[end->slot];
	struct fq_failure failure = {0};
	run->is_crowded = false;
	if (run->options.dry_run) {
		end_dry(run, slot);
		return;
	}
	note_usage(run, slot, end);
	if (end->log_failed) {
		tell_log_fault(run, slot->job);
	}
	bool is_well = !run->stop_signal && !fq_run_find_cause(run, slot, end, &failure) &&
	               accept(run, slot, &failure);
	if (is_well) {
		end_well(run, slot);
	} else if (run->stop_signal) {
		/* It was told to end: even with exit status 0 nobody knows how far it came. The same
		 * where that came while we read what it left. */
		end_stopped(run, slot);
	} else {
		end_badly(run, slot, &failure);
	}
}

/* It may have been stopped by a debugger, or by somebody who has forgotten it. */
static void tell_of_standstill(struct fq_run *run, const struct fq_exit *end)
{
	const struct fq_slot *slot = &run->slots[end->slot];
	struct fq_process process = run->executor->impl->process(run->executor, end->slot);
	struct fq_buf name = {0}, hint = {0};
	fq_plan_add_name(run->plan, slot->job, &name);
	if (process.pid) {
		fq_buf_addf(&hint, "kill -CONT %lld continues it, ", (long long)process.pid);
	}
	fq_buf_puts(
	        &hint, slot->deadline_ns ? "its timeout or an interrupt ends it" : "an interrupt ends it");
	fq_run_remark(run, fq_plan_where(run->plan, slot->job), hint.at,
	        "%.*s stands still: stopped by signal %d (%s)", (int)name.len, name.at, end->stopped_by,
	        strsignal(end->stopped_by));
	fq_buf_finish(&name);
	fq_buf_finish(&hint);
}

void fq_run_reap(struct fq_run *run)
{
	struct fq_exit end = {0};
	while (run->executor->impl->next_exit(run->executor, &end)) {
		if (end.stopped_by) {
			tell_of_standstill(run, &end);
		} else {
			end_job(run, &end);
		}
		end = (struct fq_exit){0};
	}
	if (run->must_mend) {
		fq_run_mend(run);
	}
}
