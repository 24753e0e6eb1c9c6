/* Which of the queued jobs starts next. */
#include "schedule.h"

/* The first in line may be passed for so long where nobody knows when it can start, or
 * after the time when it was to start. */
static const int64_t patience_ns = INT64_C(5000000000);

/* So many of a rule's jobs are looked at for one that fits beside the first in line. */
enum { LOOKS = 32 };

struct pick {
	uint32_t rule, job;
	size_t entry;
	int32_t priority;
	float path, urgency; /* seconds: of its own way; and of what else it holds up */
	uint32_t most;       /* tokens that it may take */
};

static uint32_t at_most(uint32_t number, uint32_t most)
{
	return number < most ? number : most;
}

/* How many of a rule's jobs may run at a time, for their width or their memory. */
static uint32_t depth_of(const struct fq_run *run, const struct fq_task *task)
{
	uint32_t tokens = fq_run_most_tokens(run), depth = tokens;
	if (task->least_threads > 1) {
		depth = tokens / at_most(task->least_threads, tokens);
	}
	if (run->options.memory_bytes && task->memory_bytes) {
		int64_t fit = run->options.memory_bytes / task->memory_bytes;
		depth = at_most(depth, fit > 1 ? (fit < UINT32_MAX ? (uint32_t)fit : UINT32_MAX) : 1);
	}
	return depth;
}

/* Where few can run at a time, all that wait for that take as long as a way of their length. */
static float urgency_of(const struct fq_run *run, uint32_t number, float path)
{
	const struct fq_run_queue *queue = run->queue;
	const struct fq_task *task = run->plan->rules[number].task;
	double longest = path;
	if (!queue->is_ranked) {
		return path;
	}
	uint32_t depth = depth_of(run, task);
	if (depth < fq_run_most_tokens(run)) {
		double through = queue->rules[number].waiting_s / depth;
		longest = through > longest ? through : longest;
	}
	if (task->pool != FQ_NO_POOL) {
		double through =
		        queue->pool_waiting_s[task->pool] / run->plan->manifest->pools[task->pool].depth;
		longest = through > longest ? through : longest;
	}
	return (float)longest;
}

static struct pick pick_of(const struct fq_run *run, uint32_t rule, size_t entry)
{
	const struct fq_queued *queued = &fq_run_queue_heap(&run->queue->rules[rule])[entry];
	const struct fq_task *task = run->plan->rules[rule].task;
	return (struct pick){.rule = rule,
	        .job = queued->job,
	        .entry = entry,
	        .priority = fq_run_queue_is_ordered(run) ? task->priority : 0,
	        .path = queued->path,
	        .urgency = urgency_of(run, rule, queued->path)};
}

static bool is_before(const struct pick *a, const struct pick *b)
{
	if (a->priority != b->priority) {
		return a->priority > b->priority;
	}
	if (a->urgency != b->urgency) {
		return a->urgency > b->urgency;
	}
	return a->path != b->path ? a->path > b->path : a->job < b->job;
}

static bool find_head(struct fq_run *run, struct pick *ret)
{
	struct fq_run_queue *queue = run->queue;
	bool found = false;
	for (uint32_t i = 0; i < queue->busy_count;) {
		uint32_t rule = queue->busy[i];
		if (!fq_run_queue_first(queue, rule)) {
			continue; /* another rule took its place */
		}
		struct pick pick = pick_of(run, rule, 0);
		if (!found || is_before(&pick, ret)) {
			*ret = pick;
			found = true;
		}
		i++;
	}
	return found;
}

struct fq_need fq_run_need(const struct fq_run *run, uint32_t job)
{
	const struct fq_task *task = fq_plan_rule(run->plan, job)->task;
	uint32_t tokens = fq_run_most_tokens(run);
	struct fq_need need = {.least = at_most(task->least_threads ? task->least_threads : 1, tokens),
	        .memory_bytes = fq_run_memory_of(run, job),
	        .pool = task->pool};
	need.most = at_most(task->most_threads > need.least ? task->most_threads : need.least, tokens);
	need.is_alone = run->options.memory_bytes && need.memory_bytes > run->options.memory_bytes;
	return need;
}

/* --- starting ------------------------------------------------------------------------------------ */

static struct fq_slot *open_for(struct fq_run *run, const struct pick *pick, const struct fq_need *need)
{
	struct fq_slot *slot = fq_run_next_slot(run);
	fq_run_queue_remove(run->queue, pick->rule, pick->entry);
	fq_run_open_slot(run, slot, pick->job, need);
	if (run->queue->head == pick->job) {
		run->queue->head = UINT32_MAX;
	}
	return slot;
}

/* A wide job collects its tokens where others may be faster; but not while those that are
 * missing are in our own hands. */
static struct fq_slot *start_head(struct fq_run *run, const struct pick *pick, const struct fq_need *need)
{
	struct fq_run_queue *queue = run->queue;
	bool claims = run->tokens.kind != FQ_TOKENS_OWN && need->least > 1;
	if (!fq_run_has_room(run, need) || need->least > fq_run_free_tokens(run) + queue->claim.count) {
		fq_run_claim_drop(run);
		return NULL;
	}
	if (claims && !fq_run_claim(run, pick->job, need)) {
		return NULL;
	}
	struct fq_slot *slot = fq_run_next_slot(run);
	if (claims) {
		fq_run_claim_give(run, slot);
	} else if (!fq_run_take_tokens(run, slot, need->least, need->most)) {
		queue->wants_token = true;
		return NULL;
	}
	return open_for(run, pick, need);
}

/* --- passing the first in line --------------------------------------------------------------------- */

struct head {
	struct pick pick;
	struct fq_need need;
	struct fq_shadow shadow;
	int64_t now;
	bool claims;   /* it collects tokens that others draw on too */
	bool has_time; /* it may still be passed by those that take what it waits for */
};

/* It takes nothing of what the head waits for or needs. */
static bool is_harmless(const struct fq_run *run, const struct head *head, const struct fq_need *need)
{
	const struct fq_need *first = &head->need;
	if (head->claims || first->is_alone || need->is_alone ||
	        first->least + need->least > fq_run_free_tokens(run)) {
		return false;
	}
	if (need->memory_bytes && run->options.memory_bytes &&
	        need->memory_bytes > fq_run_free_memory(run) - first->memory_bytes) {
		return false;
	}
	return need->pool == FQ_NO_POOL || need->pool != first->pool ||
	       fq_run_free_depth(run, need->pool) > 1;
}

/* It leaves enough for the head at the time when that can start. */
static bool leaves_enough(const struct fq_run *run, const struct head *head, const struct fq_need *need)
{
	return !fq_run_is_shared(run) && need->least <= head->shadow.tokens &&
	       need->memory_bytes <= head->shadow.memory_bytes &&
	       (need->pool == FQ_NO_POOL || need->pool != head->need.pool || head->shadow.depth > 0);
}

/* It is expected to have ended before the head can start. */
static bool ends_in_time(struct fq_run *run, const struct head *head, uint32_t job)
{
	double expected = fq_run_expected(run, job);
	return expected > 0 && expected * 1e9 <= (double)(head->shadow.ns - head->now);
}

/* How many tokens it may take; 0: it may not pass. */
static uint32_t tokens_to_pass(
        struct fq_run *run, const struct head *head, uint32_t job, const struct fq_need *need)
{
	if (need->least > fq_run_free_tokens(run) || !fq_run_has_room(run, need)) {
		return 0;
	}
	if (is_harmless(run, head, need)) {
		return at_most(need->most, fq_run_free_tokens(run) - head->need.least);
	}
	if (!head->has_time) {
		return 0;
	}
	if (head->shadow.ns == INT64_MAX || ends_in_time(run, head, job)) {
		return need->most;
	}
	if (!leaves_enough(run, head, need)) {
		return 0;
	}
	return head->shadow.tokens < need->most ? (uint32_t)head->shadow.tokens : need->most;
}

/* The best of a rule's jobs that may pass; *best is kept unless one is better. */
static void look_behind(struct fq_run *run, const struct head *head, uint32_t rule, struct pick *best)
{
	size_t count = run->queue->rules[rule].count;
	size_t looks = count < LOOKS ? count : LOOKS;
	for (size_t i = 0; i < looks; i++) {
		struct pick pick = pick_of(run, rule, i * count / looks);
		bool is_known = best->most && is_before(best, &pick);
		if (is_known || run->states[pick.job] != FQ_STATE_QUEUED || pick.job == head->pick.job) {
			continue;
		}
		struct fq_need need = fq_run_need(run, pick.job);
		pick.most = tokens_to_pass(run, head, pick.job, &need);
		if (pick.most) {
			*best = pick;
		}
	}
}

static struct fq_slot *start_behind(struct fq_run *run, const struct head *head)
{
	struct pick best = {.most = 0};
	for (uint32_t i = 0; i < run->queue->busy_count; i++) {
		look_behind(run, head, run->queue->busy[i], &best);
	}
	if (!best.most) {
		return NULL;
	}
	struct fq_need need = fq_run_need(run, best.job);
	if (!fq_run_take_tokens(run, fq_run_next_slot(run), need.least, best.most)) {
		run->queue->wants_token |= need.least == 1;
		return NULL;
	}
	return open_for(run, &best, &need);
}

/* Whether the head may be passed at all. */
static bool has_time(struct fq_run_queue *queue, const struct head *head)
{
	if (head->shadow.ns == INT64_MAX) {
		return head->now - queue->head_since_ns < patience_ns;
	}
	if (queue->promised_ns == 0) {
		queue->promised_ns = head->shadow.ns;
	}
	return head->now < queue->promised_ns + patience_ns;
}

static void note_head(struct fq_run_queue *queue, uint32_t job, int64_t now)
{
	if (queue->head != job) {
		queue->head = job;
		queue->head_since_ns = now;
		queue->promised_ns = 0;
	}
}

/* The first in line cannot start. */
static struct fq_slot *pass(struct fq_run *run, const struct pick *first, const struct fq_need *need)
{
	struct fq_run_queue *queue = run->queue;
	struct head head = {.pick = *first, .need = *need, .now = fq_run_now(run)};
	if (!fq_run_queue_is_ordered(run)) {
		return NULL;
	}
	note_head(queue, first->job, head.now);
	head.claims = queue->claim.job == first->job;
	if (fq_run_free_tokens(run) == 0 || queue->wants_token || (head.claims && !queue->claim.is_away)) {
		return NULL;
	}
	head.shadow = fq_run_shadow(run, need, head.now);
	if (head.claims) {
		head.shadow.ns = INT64_MAX; /* when others give theirs back, nobody knows */
	}
	head.has_time = has_time(queue, &head);
	return start_behind(run, &head);
}

/* --- the next one ------------------------------------------------------------------------------------ */

/* Order costs a look at each job: only where not all may start at once. */
static bool needs_order(const struct fq_run *run)
{
	const struct fq_run_queue *queue = run->queue;
	if (queue->is_ranked || queue->count < 2 || !fq_run_queue_is_ordered(run) ||
	        fq_run_most_tokens(run) == 1) {
		return false;
	}
	return !queue->is_plain || run->tokens.kind != FQ_TOKENS_OWN ||
	       queue->count > fq_run_free_tokens(run);
}

static bool is_full(const struct fq_run *run)
{
	return run->queue->free_count == 0 || (fq_run_free_tokens(run) == 0 && run->queue->claim.count == 0);
}

struct fq_slot *fq_run_choose(struct fq_run *run)
{
	struct fq_run_queue *queue = run->queue;
	struct pick first;
	queue->wants_token = false;
	if (is_full(run)) {
		fq_run_claim_drop(run);
		return NULL;
	}
	if (needs_order(run)) {
		fq_run_queue_rank(queue);
	}
	bool found = find_head(run, &first);
	if (!found || queue->claim.job != first.job) {
		fq_run_claim_drop(run);
	}
	if (!found) {
		return NULL;
	}
	struct fq_need need = fq_run_need(run, first.job);
	struct fq_slot *slot = start_head(run, &first, &need);
	return slot ? slot : pass(run, &first, &need);
}
