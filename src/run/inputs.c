/* A job's inputs, looked at before it starts and after it ended. */
#include "internal.h"

#include <string.h>

/* Jobs that run once more, and the inputs for which they do. */
struct fq_run_again {
	bool *jobs; /* by job */
	struct change {
		uint32_t job;
		const char *path; /* as in an item */
	} * changes;
	size_t count, cap;
};

bool fq_run_ran_again(const struct fq_run *run, uint32_t job)
{
	return run->again && run->again->jobs[job];
}

void fq_run_again_end(struct fq_run *run)
{
	if (run->again) {
		fq_release(run->again->jobs);
		fq_release(run->again->changes);
	}
	fq_release(run->again);
	run->again = NULL;
}

static void grant_again(struct fq_run *run, uint32_t job)
{
	if (!run->again) {
		run->again = fq_zeroed(1, sizeof(*run->again));
		run->again->jobs = fq_zeroed(run->plan->job_count, sizeof(*run->again->jobs));
	}
	run->again->jobs[job] = true;
}

static void note_change(struct fq_run_again *again, uint32_t job, const char *path)
{
	again->changes = fq_grow(again->changes, &again->cap, again->count + 1, sizeof(*again->changes));
	again->changes[again->count++] = (struct change){job, path};
}

/* Whether it is one for which the job runs once more. */
static bool changed_before(const struct fq_run *run, uint32_t job, const char *path)
{
	bool is = false;
	for (size_t i = 0; fq_run_ran_again(run, job) && !is && i < run->again->count; i++) {
		is = run->again->changes[i].job == job && strcmp(run->again->changes[i].path, path) == 0;
	}
	return is;
}

/* --- before --------------------------------------------------------------------------------- */

/* The next input; `path` gets its name. */
static bool next_input(struct fq_text *items, struct fq_item *ret, struct fq_buf *path)
{
	while (fq_items_next(items, ret)) {
		if (ret->kind == FQ_ITEM_INPUT) {
			path->len = 0;
			fq_buf_puts(path, "");
			fq_buf_add_unescaped(path, ret->name);
			return true;
		}
	}
	return false;
}

static bool is_by_existence(const struct fq_item *item)
{
	return fq_text_is(item->value, "+");
}

static struct fq_watched_input look(
        struct fq_run *run, uint32_t job, const struct fq_item *item, const char *path)
{
	struct fq_watched_input input = {.state = fq_file_state_read(path)};
	if (is_by_existence(item)) {
		return input;
	}
	input.has_hash = fq_plan_item_hash(item->value, &input.hash);
	if (!fq_stamp_equal(input.state.stamp, fq_plan_item_stamp(item->value))) {
		input.state.inode = 0; /* changed since the item was made: by its content, or not at all */
	} else if (!input.has_hash && changed_before(run, job, path)) {
		input.has_hash =
		        fq_plan_hash_file(run->plan, fq_plan_rule(run->plan, job)->task, path, &input.hash);
	}
	return input;
}

void fq_run_watch_inputs(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_text items = {slot->items.at, slot->items.len};
	struct fq_buf path = {0};
	struct fq_item item;
	slot->input_count = 0;
	slot->keeps_outputs = false;
	while (next_input(&items, &item, &path)) {
		slot->inputs =
		        fq_grow(slot->inputs, &slot->input_cap, slot->input_count + 1, sizeof(*slot->inputs));
		slot->inputs[slot->input_count++] = look(run, slot->job, &item, path.at);
	}
	fq_buf_finish(&path);
}

/* --- after ------------------------------------------------------------------------------------ */

enum fate {
	FATE_SAME,
	FATE_RESTAMPED, /* by its content */
	FATE_CHANGED,
	FATE_NEW,
	FATE_EMPTIED,
	FATE_GONE,
};

static enum fate fate_of(struct fq_run *run, uint32_t job, const struct fq_watched_input *then,
        const struct fq_item *item, const char *path)
{
	struct fq_file_state now = fq_file_state_read(path);
	uint64_t hash;
	if (now.stamp.size_bytes < 0) {
		return FATE_GONE;
	}
	if (is_by_existence(item) || fq_file_state_holds(&then->state, &now)) {
		return FATE_SAME;
	}
	const struct fq_task *task = fq_plan_rule(run->plan, job)->task;
	if (then->has_hash && fq_plan_hash_file(run->plan, task, path, &hash) && hash == then->hash) {
		return FATE_RESTAMPED;
	}
	return now.stamp.size_bytes == 0 && then->state.stamp.size_bytes ? FATE_EMPTIED : FATE_CHANGED;
}

static const char *keep_path(struct fq_run *run, const char *path)
{
	return fq_arena_copy(&run->arena, path, strlen(path));
}

/* One that may be absent was, and now it is there. */
static enum fate find_new(struct fq_run *run, const struct fq_slot *slot, const char **ret_path)
{
	const struct fq_words *words = &fq_plan_rule(run->plan, slot->job)->task->inputs;
	bool may_come = false;
	for (uint32_t i = 0; i < words->count; i++) {
		may_come |= words->words[i].is_optional;
	}
	if (!may_come) {
		return FATE_SAME;
	}
	struct fq_list list = {0};
	struct fq_text items = {slot->items.at, slot->items.len};
	struct fq_item item;
	struct fq_buf path = {0};
	fq_plan_present_inputs(run->plan, slot->job, &list);
	for (const char *now = NULL; !*ret_path && (now = fq_list_next(&list, now));) {
		bool was = next_input(&items, &item, &path) && strcmp(path.at, now) == 0;
		*ret_path = was ? NULL : keep_path(run, now);
	}
	fq_buf_finish(&path);
	fq_list_finish(&list);
	return *ret_path ? FATE_NEW : FATE_SAME;
}

/* The worst that became of one of them, and of which. */
static enum fate find_change(struct fq_run *run, struct fq_slot *slot, const char **ret_path)
{
	struct fq_text items = {slot->items.at, slot->items.len};
	struct fq_buf path = {0};
	struct fq_item item;
	enum fate fate = FATE_SAME;
	*ret_path = NULL;
	for (size_t i = 0; next_input(&items, &item, &path); i++) {
		enum fate one = fate_of(run, slot->job, &slot->inputs[i], &item, path.at);
		slot->inputs[i].has_changed = one == FATE_CHANGED;
		if (one > fate) {
			fate = one;
			*ret_path = keep_path(run, path.at);
		}
	}
	fq_buf_finish(&path);
	const char *new_path = NULL;
	if (fate < FATE_CHANGED && find_new(run, slot, &new_path) == FATE_NEW) {
		*ret_path = new_path;
		return FATE_NEW;
	}
	return fate;
}

static void blame(
        struct fq_run *run, struct fq_failure *ret, const char *hint, const char *path, const char *words)
{
	ret->kind = FQ_CAUSE_INPUT;
	ret->cause = fq_arena_format(&run->arena, "input %s %s", path, words);
	ret->hint = hint;
}

static void run_again(struct fq_run *run, const struct fq_slot *slot)
{
	struct fq_text items = {slot->items.at, slot->items.len};
	struct fq_buf path = {0};
	struct fq_item item;
	grant_again(run, slot->job);
	for (size_t i = 0; next_input(&items, &item, &path); i++) {
		if (slot->inputs[i].has_changed) {
			note_change(run->again, slot->job, keep_path(run, path.at));
		}
	}
	fq_buf_finish(&path);
}

static void tell_change(struct fq_run *run, const struct fq_slot *slot, enum fate fate, const char *path,
        struct fq_failure *ret)
{
	const char *words = fate == FATE_NEW ? "came while it ran" : "changed while it ran";
	if (run->starts_no_more) {
		blame(run, ret, "the next run makes it anew", path, words);
	} else if (fq_run_ran_again(run, slot->job)) {
		words = fate == FATE_NEW ? words : "changed while it ran, twice";
		blame(run, ret,
		        "is something else still writing it? a job that adds to its own input never comes to "
		        "an end",
		        path, words);
	} else {
		blame(run, ret, NULL, path, words);
		ret->is_again = true;
		run_again(run, slot);
	}
}

/* What it made may be all that is left of what it read. */
static void tell_used_up(
        struct fq_run *run, struct fq_slot *slot, enum fate fate, const char *path, struct fq_failure *ret)
{
	slot->keeps_outputs = true;
	blame(run, ret,
	        "a command that uses up its input cannot be run anew: let it write beside it (gzip -c "
	        "{input} > "
	        "{output}); what it made is still there",
	        path,
	        fate == FATE_GONE ? "is gone: it was there when it began"
	                          : "is empty: it was not when it began");
}

static void take_stamps(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_buf items = {0};
	fq_plan_restamp(run->plan, slot->job, (struct fq_text){slot->items.at, slot->items.len}, &items);
	fq_buf_finish(&slot->items);
	slot->items = items;
}

static void tell_own_input(struct fq_run *run, const struct fq_slot *slot, const char *path)
{
	struct fq_buf name = {0};
	fq_plan_add_name(run->plan, slot->job, &name);
	fq_run_remark(run, fq_plan_where(run->plan, slot->job), NULL,
	        "%.*s changes its own input %s; taken as it is now", (int)name.len, name.at, path);
	fq_buf_finish(&name);
}

bool fq_run_inputs_hold(struct fq_run *run, struct fq_slot *slot, struct fq_failure *ret)
{
	const char *path;
	enum fate fate = find_change(run, slot, &path);
	if (fate == FATE_SAME) {
		return true;
	}
	if (fate == FATE_RESTAMPED) {
		if (fq_run_ran_again(run, slot->job)) {
			tell_own_input(run, slot, path);
		}
		take_stamps(run, slot);
		return true;
	}
	if (fate == FATE_GONE || fate == FATE_EMPTIED) {
		tell_used_up(run, slot, fate, path, ret);
	} else {
		tell_change(run, slot, fate, path, ret);
	}
	return false;
}

/* --- what a failure must not take away ------------------------------------------------------------ */

bool fq_run_is_made(struct fq_run *run, const char *path)
{
	struct fq_error err = {0};
	struct fq_buf target = {0};
	bool *wanted = fq_zeroed((size_t)run->plan->job_count + 1, sizeof(*wanted));
	fq_buf_addf(&target, "%s%s", path[0] == '/' || strncmp(path, "./", 2) == 0 ? "" : "./", path);
	bool is = fq_plan_select(run->plan, target.at, wanted, &err);
	fq_error_finish(&err);
	fq_buf_finish(&target);
	fq_release(wanted);
	return is;
}

/* What it was nobody knows any more. */
static bool is_empty(const char *path)
{
	return fq_path_is_folder(path) ? fq_tree_is_hollow(path) : fq_stamp_read(path).size_bytes == 0;
}

static bool has_used_up(struct fq_run *run, uint32_t job)
{
	struct fq_list inputs = {0};
	bool has = false;
	fq_plan_present_inputs(run->plan, job, &inputs);
	for (const char *path = NULL; !has && (path = fq_list_next(&inputs, path));) {
		has = (!fq_run_stands(path) || is_empty(path)) && !fq_run_is_made(run, path);
	}
	fq_list_finish(&inputs);
	return has;
}

enum fq_left fq_run_left_of(struct fq_run *run, uint32_t job, struct fq_slot *slot)
{
	bool is_kept = fq_plan_rule(run->plan, job)->task->keeps_partial, has;
	const char *path = NULL;
	if (slot) {
		fq_plan_forget_stamps(run->plan);
		enum fate fate = find_change(run, slot, &path);
		has = (fate == FATE_GONE || fate == FATE_EMPTIED) && !fq_run_is_made(run, path);
	} else {
		has = has_used_up(run, job);
	}
	return has ? FQ_LEFT_STAYS : is_kept ? FQ_LEFT_ASIDE : FQ_LEFT_GOES;
}
