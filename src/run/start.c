#include "schedule.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- failures --------------------------------------------------------------------------- */

/* When it happens; and once more at the end, which may be hours away. */
static void tell_fault(struct fq_run *run)
{
	if (run->counts[FQ_STATE_RUNNING]) {
		fq_run_remark(run, run->fault.where, run->fault.hint,
		        "%s: no more jobs are started, those that run are let end", run->fault.text);
	}
}

void fq_run_fault(struct fq_run *run, struct fq_error *err)
{
	run->starts_no_more = true;
	if (run->fault.text) {
		fq_error_finish(err);
		return;
	}
	run->fault = *err;
	*err = (struct fq_error){0};
	tell_fault(run);
}

static struct fq_text unit_of(struct fq_run *run, uint32_t job)
{
	run->scratch.len = 0;
	fq_buf_puts(&run->scratch, "");
	fq_plan_add_unit(run->plan, job, &run->scratch);
	return (struct fq_text){run->scratch.at, run->scratch.len};
}

/* The last word of earlier runs on a job. */
struct fq_record fq_run_find_record(struct fq_run *run, uint32_t job)
{
	const char *task = fq_plan_rule(run->plan, job)->task->name;
	return fq_journal_find(run->journal, fq_text(task), unit_of(run, job));
}

struct fq_record fq_run_find_last_success(struct fq_run *run, uint32_t job)
{
	const char *task = fq_plan_rule(run->plan, job)->task->name;
	return fq_journal_last_success(run->journal, fq_text(task), unit_of(run, job));
}

bool fq_run_record_done(
        struct fq_run *run, uint32_t job, const struct fq_record *record, struct fq_error *err)
{
	const char *task = fq_plan_rule(run->plan, job)->task->name;
	return fq_journal_done(run->journal, fq_text(task), unit_of(run, job), record, err);
}

void fq_run_record_failure(struct fq_run *run, uint32_t job, const struct fq_failure *failure)
{
	struct fq_error err = {0};
	const char *task = fq_plan_rule(run->plan, job)->task->name;
	struct fq_record last = fq_run_find_record(run, job), record = {.usage = failure->used};
	struct fq_buf ours = {0};
	fq_buf_add_text(&ours, failure->left);
	fq_run_add_ours(&last, &ours);
	record.items = (struct fq_text){ours.at, ours.len};
	if (!fq_journal_fail(
	            run->journal, fq_text(task), unit_of(run, job), &record, fq_text(failure->cause), &err)) {
		fq_run_fault(run, &err);
	}
	fq_buf_finish(&ours);
}

void fq_run_fail(struct fq_run *run, uint32_t job, const struct fq_failure *failure, bool was_begun)
{
	uint8_t verdict = was_begun ? FQ_VERDICT_NONE : fq_run_find_record(run, job).verdict;
	bool holds = verdict == FQ_VERDICT_DONE || verdict == FQ_VERDICT_BEGUN;
	run->failures =
	        fq_grow(run->failures, &run->failure_cap, run->failure_count + 1, sizeof(*run->failures));
	run->failures[run->failure_count++] = *failure;
	if (!holds) {
		fq_run_record_failure(run, job, failure);
	}
	fq_run_move(run, job, FQ_STATE_FAILED, failure);
	run->starts_no_more |= run->options.fail_fast;
	fq_run_settle(run, job);
}

/* Of a job whose program the system did not start. */
static enum fq_cause kind_of_refusal(int number)
{
	switch (number) {
	case ENOENT:
		return FQ_CAUSE_NOT_FOUND;
	case EACCES:
		return FQ_CAUSE_NOT_EXECUTABLE;
	case ENOSPC:
	case EDQUOT:
		return FQ_CAUSE_DISK;
	default:
		return FQ_CAUSE_OTHER;
	}
}

/* A job that cannot be started, in the words of `err`. */
void fq_run_fail_with(struct fq_run *run, uint32_t job, struct fq_error *err, bool was_begun)
{
	struct fq_failure failure = {
	        .job = job,
	        .kind = was_begun ? kind_of_refusal(err->number) : FQ_CAUSE_OTHER,
	        .attempt = fq_run_attempt(run, job),
	        .retry_ns = -1,
	        .cause = fq_arena_copy(&run->arena, err->text, strlen(err->text)),
	        .hint = err->hint ? fq_arena_copy(&run->arena, err->hint, strlen(err->hint)) : NULL,
	        .where = err->where,
	};
	fq_error_finish(err);
	fq_run_fail(run, job, &failure, was_begun);
}

/* --- the run itself, once something starts --------------------------------------------------- */

void fq_run_begin_run(struct fq_run *run)
{
	struct fq_error err = {0};
	/* Recorded first: whoever comes after a kill must know what to remove. */
	run->has_begun = true;
	fq_run_watch_memory(run);
	bool ok =
	        fq_journal_run(run->journal, run->id, run->tmp, &err) && fq_run_guard_begin(run, &err) &&
	        (mkdir(run->tmp, 0700) == 0 || fq_fail_errno(&err, "cannot make the folder %s", run->tmp)) &&
	        fq_run_open_pool(run, &err);
	if (!ok) {
		fq_run_fault(run, &err);
	}
}

static bool keep_recipe(struct fq_run *run, const struct fq_rule *rule, struct fq_error *err)
{
	size_t number = (size_t)(rule - run->plan->rules);
	char digest[FQ_DIGEST_LEN + 1];
	if (run->recipe_is_kept[number]) {
		return true;
	}
	run->recipe_is_kept[number] = true;
	return fq_journal_keep_text(run->journal, rule->recipe, digest, err);
}

/* --- inputs ---------------------------------------------------------------------------------------- */

static bool check_inputs(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	struct fq_text rest = {slot->items.at, slot->items.len};
	struct fq_item item;
	while (fq_items_next(&rest, &item)) {
		if (item.kind == 'i' && fq_text_is(item.value, "-")) {
			struct fq_buf path = {0};
			fq_buf_add_unescaped(&path, item.name);
			fq_fail(err, fq_plan_where(run->plan, slot->job),
			        "is the name right, and the folder that you are in?", "input %s is not there",
			        path.at);
			fq_buf_finish(&path);
			return false;
		}
	}
	return true;
}

/* --- files of a job's own ------------------------------------------------------------------ */

/* An empty folder for {tmp}; the slot's last job may have left things in it. */
static bool make_tmp(const char *path, struct fq_error *err)
{
	if (mkdir(path, 0700) == 0) {
		return true;
	}
	if (errno != EEXIST) {
		return fq_fail_errno(err, "cannot make the folder %s", path);
	}
	return fq_folder_is_empty(path) || (fq_tree_remove(path, err) && fq_folder_make(path, err));
}

/* --- starting ------------------------------------------------------------------------------------------- */

static bool make_dir(struct fq_run *run, const struct fq_rule *rule, struct fq_error *err)
{
	if (rule->task->dir.count == 0) {
		return true;
	}
	struct fq_buf dir = {0};
	fq_plan_add_dir(run->plan, rule, &dir);
	bool ok = fq_folder_make(dir.at, err);
	fq_buf_finish(&dir);
	return ok;
}

static bool make_cwd(const struct fq_job_command *command, struct fq_error *err)
{
	return command->cwd.len == 0 || fq_folder_make(command->cwd.at, err);
}

/* Everything before the command; what fails here fails the job alone. */
static bool prepare(
        struct fq_run *run, struct fq_slot *slot, struct fq_job_command *command, struct fq_error *err)
{
	const struct fq_rule *rule = fq_plan_rule(run->plan, slot->job);
	struct fq_buf tmp = {0}, lists = {0}, values = {0}, aside = {0};
	fq_run_add_slot_path(run, slot, "", &tmp);
	fq_run_add_slot_path(run, slot, ".lists", &lists);
	fq_run_add_slot_path(run, slot, ".values", &values);
	fq_run_add_aside_name(run, slot->job, &aside);
	struct fq_job_context context = {.fqrun = run->options.fqrun,
	        .tmp = tmp.at,
	        .lists = lists.at,
	        .values = values.at,
	        .aside = rule->task->is_atomic ? aside.at : NULL,
	        .use_shell = fq_run_shell_would_differ(run, rule->task)};
	/* Of the slot's last job, which may have made anything of it. */
	if (unlink(values.at) != 0 && errno != ENOENT) {
		fq_tree_remove(values.at, NULL);
	}
	fq_plan_forget_stamps(run->plan);
	run->plan->threads = (uint32_t)slot->token_count;
	slot->items.len = 0;
	fq_plan_add_items(run->plan, slot->job, &slot->items);
	fq_run_watch_inputs(run, slot);
	bool ok = check_inputs(run, slot, err) && make_tmp(tmp.at, err) &&
	          fq_plan_command(run->plan, slot->job, &context, command, err) &&
	          fq_run_clear_outputs(run, slot, err) && make_dir(run, rule, err) &&
	          (rule->task->is_atomic || make_cwd(command, err));
	slot->has_lists = command->wrote_lists;
	fq_buf_finish(&tmp);
	fq_buf_finish(&lists);
	fq_buf_finish(&values);
	fq_buf_finish(&aside);
	return ok;
}

/* Once the journal knows of them. */
static bool make_places(struct fq_run *run, const struct fq_slot *slot, const struct fq_job_command *command,
        struct fq_error *err)
{
	if (fq_run_make_asides(run, slot->job, err) && make_cwd(command, err)) {
		return true;
	}
	bool is_full = err->number == ENOSPC || err->number == EDQUOT;
	err->number = is_full ? err->number : 0; /* of a folder, not of a program */
	return false;
}

static bool record_begin(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	const struct fq_rule *rule = fq_plan_rule(run->plan, slot->job);
	struct fq_text before = {slot->before.at, slot->before.len};
	return fq_run_reserve(run, slot, err) && keep_recipe(run, rule, err) &&
	       fq_journal_begin(
	               run->journal, fq_text(rule->task->name), unit_of(run, slot->job), before, err);
}

/* So that the run after us finds it, if we are killed. */
static void record_process(struct fq_run *run, const struct fq_slot *slot)
{
	struct fq_error err = {0};
	struct fq_process process =
	        run->executor->impl->process(run->executor, (uint32_t)(slot - run->slots));
	fq_run_guard_note(run, (uint32_t)(slot - run->slots), process);
	if (process.pid && !fq_journal_job(run->journal, process, &err)) {
		fq_run_fault(run, &err);
	}
}

static void set_clock(struct fq_run *run, struct fq_slot *slot)
{
	int64_t timeout = fq_plan_rule(run->plan, slot->job)->task->timeout_ns;
	slot->started_ns = fq_run_now(run);
	slot->deadline_ns = timeout ? slot->started_ns + timeout : 0;
}

static void start_job(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_job_command command = {0};
	struct fq_error err = {0};
	uint32_t job = slot->job;
	bool is_sound = fq_journal_is_sound(run->journal, &err);
	bool ok = is_sound && prepare(run, slot, &command, &err);
	if (!is_sound || (ok && !record_begin(run, slot, &err))) {
		fq_run_fault(run, &err);
		fq_run_queue_push(run->queue, job);
		fq_run_free_slot(run, slot);
	} else if (ok && make_places(run, slot, &command, &err) && fq_run_spawn(run, slot, &command, &err)) {
		run->queue->crowd_since_ns = -1;
		set_clock(run, slot);
		record_process(run, slot);
		fq_run_move(run, job, FQ_STATE_RUNNING, NULL);
	} else if (ok && fq_run_is_crowd(err.number)) {
		fq_run_remove_asides(run, job, FQ_LEFT_GOES);
		fq_run_free_slot(run, slot);
		fq_run_put_back(run, job, &err);
	} else {
		fq_run_remove_asides(run, job, FQ_LEFT_GOES);
		fq_run_free_slot(run, slot);
		fq_run_fail_with(run, job, &err, ok);
	}
	fq_job_command_finish(&command);
}

static void start_nothing(struct fq_run *run, struct fq_slot *slot)
{
	run->executor->impl->start(run->executor, (uint32_t)(slot - run->slots), NULL, NULL);
	slot->started_ns = fq_run_now(run);
	fq_run_move(run, slot->job, FQ_STATE_RUNNING, NULL);
}

static void cancel_queued(struct fq_run *run)
{
	struct fq_run_queue *queue = run->queue;
	fq_run_claim_drop(run);
	while (queue->busy_count) {
		uint32_t rule = queue->busy[0];
		const struct fq_queued *first = fq_run_queue_first(queue, rule);
		if (first) {
			uint32_t job = first->job;
			fq_run_queue_remove(queue, rule, 0);
			fq_run_move(run, job, FQ_STATE_CANCELLED, NULL);
			fq_run_settle(run, job);
		}
	}
}

static bool may_start(struct fq_run *run)
{
	struct fq_run_queue *queue = run->queue;
	if (run->is_crowded && run->counts[FQ_STATE_RUNNING] == 0 && fq_run_now(run) >= queue->crowd_due_ns) {
		run->is_crowded = false;
	}
	queue->is_held = queue->count && fq_run_load_is_high(run);
	queue->wants_token = false;
	if (run->starts_no_more || run->is_crowded || queue->is_held) {
		return false;
	}
	bool asks = run->plan->manifest->min_free_bytes && queue->count && !run->options.dry_run;
	return !asks || !fq_run_disk_is_full(run);
}

static void start(struct fq_run *run, struct fq_slot *slot)
{
	if (run->options.dry_run) {
		start_nothing(run, slot);
	} else {
		start_job(run, slot);
	}
}

void fq_run_start_ready(struct fq_run *run)
{
	struct fq_slot *slot;
	bool may;
	if (fq_run_retry_due(run)) {
		fq_run_retry_wake(run, run->starts_no_more ? INT64_MAX : fq_run_now(run));
	}
	while ((may = may_start(run)) && ((slot = fq_run_choose(run)) || fq_run_is_deserted(run))) {
		if (slot) {
			start(run, slot);
		}
	}
	if (run->starts_no_more) {
		cancel_queued(run);
	} else if (!may) {
		fq_run_claim_drop(run); /* none is held while nothing may start */
	}
	fq_run_use_implicit(run);
}
