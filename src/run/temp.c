/* Tasks that say `temp = yes`: their outputs are removed once all right behind them are done,
 * and made again if one of those must run after all.
 *
 * A job whose outputs are gone is `spent`: FRESH, and not worth a run of its own. When one
 * behind it must run, it is revived: queued after all, while the other waits for it, WANTED
 * once more. Those behind it that were settled before are not touched, and it keeps the
 * number since which its results are what they are: nothing runs again because of it. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SPENT = 1, REVIVED = 2 };

struct link {
	struct fq_waiting waiting;
	uint32_t next; /* of those that wait for the same job; 1 + its place, 0: none */
};

struct fq_run_temp {
	uint8_t *flags;
	/* Of a temporary job that is read: how many of it and its readers are not well at
	 * their end; 0 in others. */
	uint32_t *open;
	uint64_t *left;   /* a hash of its outputs' stamps as it left them; 0: there are none */
	uint32_t *queues; /* the first link of those that wait for it; 1 + its place */
	struct link *links;
	size_t link_count, link_cap;
};

void fq_run_temp_begin(struct fq_run *run)
{
	const struct fq_plan *plan = run->plan;
	if (!plan->has_temp) {
		return;
	}
	struct fq_run_temp *temp = run->temp = fq_zeroed(1, sizeof(*temp));
	temp->flags = fq_zeroed(plan->job_count, sizeof(*temp->flags));
	temp->open = fq_zeroed(plan->job_count, sizeof(*temp->open));
	temp->left = fq_zeroed(plan->job_count, sizeof(*temp->left));
	temp->queues = fq_zeroed(plan->job_count, sizeof(*temp->queues));
	for (uint32_t job = 0; job < plan->job_count; job++) {
		size_t readers = fq_plan_readers(plan, job);
		temp->open[job] = readers ? (uint32_t)readers + 1 : 0;
	}
}

void fq_run_temp_end(struct fq_run *run)
{
	if (run->temp) {
		fq_release(run->temp->flags);
		fq_release(run->temp->open);
		fq_release(run->temp->left);
		fq_release(run->temp->queues);
		fq_release(run->temp->links);
		fq_release(run->temp);
		run->temp = NULL;
	}
}

/* --- the temporary jobs right before one, and those behind one -------------------------------- */

typedef void visit_fn(struct fq_run *run, uint32_t job, struct fq_waiting *waiting);

/* `waiting` is told of each by what kind of arrow it comes. */
static void visit_before(struct fq_run *run, uint32_t job, visit_fn *visit, struct fq_waiting *waiting)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		if (!plan->rules[arrow->from].task->is_temp) {
			continue;
		}
		struct fq_jobs before = fq_plan_before(plan, arrow, job);
		waiting->gathers = fq_plan_is_gathering(plan, arrow);
		waiting->may_miss = rule->task->may_miss;
		for (uint32_t j = 0; j < before.count; j++) {
			visit(run, fq_jobs_at(&before, j), waiting);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	waiting->gathers = waiting->may_miss = false;
	for (size_t i = 0; i < count; i++) {
		if (fq_plan_rule(plan, side[i].from)->task->is_temp) {
			visit(run, side[i].from, waiting);
		}
	}
}

/* Those that read what it leaves. */
static void visit_after(struct fq_run *run, uint32_t job, visit_fn *visit, struct fq_waiting *ret)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	const struct fq_side_arrow *side;
	for (uint32_t i = 0; i < rule->out_count; i++) {
		struct fq_jobs after = fq_plan_after(plan, &plan->arrows[rule->out[i]], job);
		for (uint32_t j = 0; j < after.count; j++) {
			visit(run, fq_jobs_at(&after, j), ret);
		}
	}
	size_t count = fq_plan_side_after(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		visit(run, side[i].to, ret);
	}
}

/* It may have to run after all, and would need what it reads. */
static void count_spent(struct fq_run *run, uint32_t job, struct fq_waiting *ret)
{
	ret->count += (run->temp->flags[job] & SPENT) != 0;
}

/* It is not part of this run, and as far as we know it need not be. */
static void count_idle(struct fq_run *run, uint32_t job, struct fq_waiting *ret)
{
	struct fq_fresh fresh;
	ret->count += run->states[job] == FQ_STATE_UNWANTED &&
	              fq_plan_is_fresh(run->plan, job, run->journal, run->seqs, &fresh, NULL);
}

static uint32_t count_readers(struct fq_run *run, uint32_t job, visit_fn *count)
{
	struct fq_waiting counted = {0};
	visit_after(run, job, count, &counted);
	return counted.count;
}

/* --- removing --------------------------------------------------------------------------------- */

/* Its outputs as they stand there; 0: none does. */
static uint64_t hash_outputs(struct fq_run *run, uint32_t job)
{
	struct fq_list outputs = {0};
	uint64_t hash = 0;
	bool is_any = false;
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		struct fq_stamp stamp = fq_path_is_folder(path) ? fq_tree_stamp(path) : fq_stamp_read(path);
		is_any |= stamp.size_bytes >= 0;
		hash = fq_hash_next(hash, path, strlen(path));
		hash = fq_hash_next(hash, &stamp.size_bytes, sizeof(stamp.size_bytes));
		hash = fq_hash_next(hash, &stamp.mtime_ns, sizeof(stamp.mtime_ns));
	}
	fq_list_finish(&outputs);
	return is_any ? hash | 1 : 0;
}

static bool remove_output(const char *path)
{
	size_t len = strlen(path);
	if (len && path[len - 1] == '/') {
		return access(path, F_OK) != 0 || fq_tree_remove(path, NULL);
	}
	return unlink(path) == 0 || errno == ENOENT;
}

static void tell_kept(struct fq_run *run, uint32_t job, const char *why)
{
	struct fq_buf name = {0};
	fq_plan_add_name(run->plan, job, &name);
	fq_run_remark(run, fq_plan_where(run->plan, job), NULL,
	        "temporary outputs of %.*s were not removed: %s", (int)name.len, name.at, why);
	fq_buf_finish(&name);
}

static void remove_outputs(struct fq_run *run, uint32_t job)
{
	struct fq_run_temp *temp = run->temp;
	struct fq_list outputs = {0};
	if (!temp->left[job] || run->options.dry_run) {
		return;
	}
	if (hash_outputs(run, job) != temp->left[job]) {
		tell_kept(run, job, "they were changed since it made them");
		temp->left[job] = 0;
		return;
	}
	temp->left[job] = 0;
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		if (!remove_output(path)) {
			tell_kept(run, job, strerror(errno));
			break;
		}
	}
	fq_list_finish(&outputs);
	fq_plan_forget_stamps(run->plan);
}

static void close_one(struct fq_run *run, uint32_t job, struct fq_waiting *unused)
{
	(void)unused;
	struct fq_run_temp *temp = run->temp;
	if (temp->open[job] && --temp->open[job] == 0 && temp->left[job] &&
	        count_readers(run, job, count_spent) == 0) {
		remove_outputs(run, job);
	}
}

static void open_one(struct fq_run *run, uint32_t job, struct fq_waiting *unused)
{
	(void)unused;
	run->temp->open[job]++;
}

/* Up to date, its outputs may be a person's, who accepted them, or hold what is his. */
static bool are_ours(struct fq_run *run, uint32_t job)
{
	struct fq_record record = fq_run_find_record(run, job);
	struct fq_text rest = record.items;
	struct fq_buf path = {0};
	struct fq_item item;
	bool are = fq_record_is_by_run(&record);
	while (are && fq_items_next(&rest, &item)) {
		if (item.kind != FQ_ITEM_OUTPUT) {
			continue;
		}
		path.len = 0;
		fq_buf_add_unescaped(&path, item.name);
		are = !fq_run_stands(path.at) ||
		      fq_plan_is_as_left(run->plan, path.at, item.value, record.usage.ended_s);
	}
	fq_buf_finish(&path);
	return are;
}

void fq_run_temp_settle(struct fq_run *run, uint32_t job)
{
	struct fq_run_temp *temp = run->temp;
	uint8_t state = run->states[job];
	bool is_good = state == FQ_STATE_DONE || state == FQ_STATE_FRESH;
	struct fq_waiting none = {0};
	if (is_good || state == FQ_STATE_OFF) {
		visit_before(run, job, close_one, &none);
	}
	if (is_good && temp->open[job]) {
		bool may_go = !run->options.dry_run && (state == FQ_STATE_DONE || are_ours(run, job));
		temp->left[job] = may_go ? hash_outputs(run, job) : 0;
		close_one(run, job, &none);
	}
}

/* Whether all its readers are well, those too that this run is not about. */
static bool is_read(struct fq_run *run, uint32_t job)
{
	uint32_t open = run->temp->open[job];
	if (!run->temp->left[job] || open == 0 || !run->options.wanted) {
		return open == 0;
	}
	bool is_good = run->states[job] == FQ_STATE_DONE || run->states[job] == FQ_STATE_FRESH;
	/* One that was asked for is there to be looked at. */
	bool is_asked = open && run->options.anew && run->options.anew[job];
	return is_good && !is_asked && !run->stop_signal && count_readers(run, job, count_idle) == open;
}

void fq_run_temp_sweep(struct fq_run *run)
{
	fq_plan_forget_stamps(run->plan);
	for (uint32_t i = 0; run->temp && i < run->plan->rule_count; i++) {
		const struct fq_rule *rule = &run->plan->rules[i];
		for (uint32_t j = 0; rule->task->is_temp && j < rule->job_count; j++) {
			if (is_read(run, rule->first_job + j)) {
				remove_outputs(run, rule->first_job + j);
			}
		}
	}
}

/* --- reviving ----------------------------------------------------------------------------------- */

void fq_run_temp_note(struct fq_run *run, uint32_t job, bool is_gone)
{
	if (run->temp && is_gone) {
		run->temp->flags[job] |= SPENT;
	}
}

bool fq_run_temp_is_revived(const struct fq_run *run, uint32_t job)
{
	return run->temp && run->temp->flags[job] & REVIVED;
}

static void tell_needed(struct fq_run *run, uint32_t by)
{
	run->why.len = 0;
	if (run->options.explain) {
		fq_buf_puts(&run->why, "its temporary output is needed again by ");
		fq_plan_add_name(run->plan, by, &run->why);
		fq_buf_putc(&run->why, '\n');
	}
}

static void queue(struct fq_run *run, uint32_t job, uint32_t needed_by)
{
	tell_needed(run, needed_by);
	fq_run_move(run, job, FQ_STATE_QUEUED, NULL);
	fq_run_queue_push(run->queue, job);
}

static uint32_t wait_for_outputs(struct fq_run *run, uint32_t job);

/* It was settled, and is to be once more. */
static void revive(struct fq_run *run, uint32_t job, uint32_t needed_by)
{
	struct fq_waiting none = {0};
	run->temp->flags[job] = REVIVED;
	run->temp->open[job]++;
	visit_before(run, job, open_one, &none);
	run->waits[job] = wait_for_outputs(run, job);
	if (run->waits[job]) {
		fq_run_move(run, job, FQ_STATE_WANTED, NULL);
	} else if (run->marks[job] & MARK_BLOCKED) { /* what it needs itself could not be made again */
		fq_run_move(run, job, FQ_STATE_WANTED, NULL);
		fq_run_move(run, job, FQ_STATE_BLOCKED, NULL);
		run->absent[job] = true;
	} else {
		queue(run, job, needed_by);
	}
}

static bool is_under_way(const struct fq_run *run, uint32_t job)
{
	return run->states[job] >= FQ_STATE_WANTED && run->states[job] <= FQ_STATE_RUNNING;
}

static void add_link(struct fq_run_temp *temp, uint32_t job, const struct fq_waiting *waiting)
{
	temp->links = fq_grow(temp->links, &temp->link_cap, temp->link_count + 1, sizeof(*temp->links));
	temp->links[temp->link_count] = (struct link){*waiting, temp->queues[job]};
	temp->queues[job] = (uint32_t)++temp->link_count;
}

static void wait_for_one(struct fq_run *run, uint32_t job, struct fq_waiting *waiting)
{
	struct fq_run_temp *temp = run->temp;
	if (temp->flags[job] & SPENT) {
		revive(run, job, waiting->job);
	}
	if (!(temp->flags[job] & REVIVED)) {
		return;
	}
	if (is_under_way(run, job)) {
		add_link(temp, job, waiting);
		waiting->count++;
	} else {
		run->marks[waiting->job] |= fq_run_mark_of(run, job, waiting->gathers, waiting->may_miss);
	}
}

/* How many of those right before it make their outputs again first. */
static uint32_t wait_for_outputs(struct fq_run *run, uint32_t job)
{
	struct fq_waiting waiting = {.job = job};
	visit_before(run, job, wait_for_one, &waiting);
	return waiting.count;
}

bool fq_run_temp_holds(struct fq_run *run, uint32_t job)
{
	if (!run->temp) {
		return false;
	}
	uint8_t marks = run->marks[job];
	run->waits[job] = wait_for_outputs(run, job);
	bool holds = run->waits[job] || run->marks[job] != marks;
	if (holds) {
		fq_run_move(run, job, FQ_STATE_WANTED, NULL);
	}
	return holds;
}

bool fq_run_temp_go_on(struct fq_run *run, uint32_t job)
{
	if (!fq_run_temp_is_revived(run, job)) {
		return false;
	}
	uint32_t first = run->temp->queues[job];
	fq_run_move(run, job, FQ_STATE_READY, NULL);
	queue(run, job, run->temp->links[first - 1].waiting.job);
	return true;
}

bool fq_run_temp_next_waiting(struct fq_run *run, uint32_t job, struct fq_waiting *ret)
{
	struct fq_run_temp *temp = run->temp;
	uint32_t first = temp->queues[job];
	if (!first) {
		return false;
	}
	*ret = temp->links[first - 1].waiting;
	temp->queues[job] = temp->links[first - 1].next;
	return true;
}
