/* Jobs that may start, in order. */
#include "schedule.h"

static bool is_before(const struct fq_queued *a, const struct fq_queued *b)
{
	return a->path != b->path ? a->path > b->path : a->job < b->job;
}

static void sift_up(struct fq_queued *heap, size_t at)
{
	struct fq_queued moved = heap[at];
	while (at && is_before(&moved, &heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = moved;
}

static void sift_down(struct fq_queued *heap, size_t count, size_t at)
{
	struct fq_queued moved = heap[at];
	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && is_before(&heap[child + 1], &heap[child])) {
			child++;
		}
		if (!is_before(&heap[child], &moved)) {
			break;
		}
		heap[at] = heap[child];
	}
	heap[at] = moved;
}

bool fq_run_queue_is_ordered(const struct fq_run *run)
{
	return run->options.expect || !run->options.dry_run;
}

static void count_waiting(struct fq_run_queue *queue, uint32_t number, uint32_t job, int sign)
{
	uint32_t pool = queue->run->plan->rules[number].task->pool;
	double seconds = queue->is_ranked ? sign * fq_run_expected(queue->run, job) : 0;
	queue->rules[number].waiting_s += seconds;
	if (pool != FQ_NO_POOL) {
		queue->pool_waiting_s[pool] += seconds;
	}
}

void fq_run_queue_push(struct fq_run_queue *queue, uint32_t job)
{
	struct fq_run *run = queue->run;
	uint32_t number = (uint32_t)(fq_plan_rule(run->plan, job) - run->plan->rules);
	struct fq_rule_queue *rule = &queue->rules[number];
	if (rule->count == 0) {
		rule->place = queue->busy_count;
		queue->busy[queue->busy_count++] = number;
	}
	size_t end = rule->first + rule->count++;
	rule->row = fq_grow(rule->row, &rule->cap, end + 1, sizeof(*rule->row));
	rule->row[end] = (struct fq_queued){
	        .path = queue->is_ranked ? (float)fq_run_expected_path(run, job) : 0, .job = job};
	if (rule->is_mixed || (rule->count > 1 && is_before(&rule->row[end], &rule->row[end - 1]))) {
		rule->is_mixed = true;
		sift_up(fq_run_queue_heap(rule), rule->count - 1);
	}
	queue->count++;
	count_waiting(queue, number, job, 1);
}

static void remove_entry(struct fq_rule_queue *rule, size_t entry)
{
	struct fq_queued *heap = fq_run_queue_heap(rule);
	rule->count--;
	if (entry == 0 && !rule->is_mixed) {
		rule->first++;
	} else if (entry < rule->count) {
		heap[entry] = heap[rule->count];
		rule->is_mixed = true;
		sift_up(heap, entry);
		sift_down(heap, rule->count, entry);
	}
}

void fq_run_queue_remove(struct fq_run_queue *queue, uint32_t number, size_t entry)
{
	struct fq_rule_queue *rule = &queue->rules[number];
	count_waiting(queue, number, fq_run_queue_heap(rule)[entry].job, -1);
	remove_entry(rule, entry);
	queue->count--;
	if (rule->count == 0) {
		rule->first = 0;
		rule->is_mixed = false;
		uint32_t last = queue->busy[--queue->busy_count];
		queue->busy[rule->place] = last;
		queue->rules[last].place = rule->place;
	}
}

const struct fq_queued *fq_run_queue_first(struct fq_run_queue *queue, uint32_t number)
{
	struct fq_rule_queue *rule = &queue->rules[number];
	while (rule->count && queue->run->states[fq_run_queue_heap(rule)->job] != FQ_STATE_QUEUED) {
		fq_run_queue_remove(queue, number, 0);
	}
	return rule->count ? fq_run_queue_heap(rule) : NULL;
}

static void rank_rule(struct fq_run_queue *queue, uint32_t number)
{
	struct fq_rule_queue *rule = &queue->rules[number];
	struct fq_queued *heap = fq_run_queue_heap(rule);
	for (size_t i = 0; i < rule->count; i++) {
		heap[i].path = (float)fq_run_expected_path(queue->run, heap[i].job);
		count_waiting(queue, number, heap[i].job, 1);
	}
	for (size_t i = rule->count / 2; i-- > 0;) {
		sift_down(heap, rule->count, i);
	}
	rule->is_mixed = true;
}

void fq_run_queue_rank(struct fq_run_queue *queue)
{
	queue->is_ranked = true;
	for (uint32_t i = 0; i < queue->busy_count; i++) {
		rank_rule(queue, queue->busy[i]);
	}
}

static bool are_plain(const struct fq_run *run)
{
	bool plain = true;
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		const struct fq_task *task = run->plan->rules[i].task;
		plain &= task->least_threads <= 1 && task->memory_bytes == 0 && task->pool == FQ_NO_POOL;
	}
	return plain;
}

void fq_run_queue_begin(struct fq_run *run)
{
	struct fq_run_queue *queue = run->queue = fq_zeroed(1, sizeof(*run->queue));
	uint32_t rules = queue->rule_count = run->plan->rule_count;
	queue->run = run;
	queue->rules = fq_zeroed(rules, sizeof(*queue->rules));
	queue->busy = fq_zeroed(rules, sizeof(*queue->busy));
	queue->is_plain = are_plain(run);
	queue->pool_used = fq_zeroed(run->plan->manifest->pool_count, sizeof(*queue->pool_used));
	queue->pool_waiting_s = fq_zeroed(run->plan->manifest->pool_count, sizeof(*queue->pool_waiting_s));
	queue->ends = fq_zeroed(run->slot_count, sizeof(*queue->ends));
	queue->head = queue->claim.job = UINT32_MAX;
	queue->crowd_since_ns = -1;
	queue->free_slots = fq_zeroed(run->slot_count, sizeof(*queue->free_slots));
	for (uint32_t i = run->slot_count; i-- > 0;) {
		queue->free_slots[queue->free_count++] = i;
	}
}

void fq_run_queue_end(struct fq_run *run)
{
	struct fq_run_queue *queue = run->queue;
	if (!queue) {
		return;
	}
	fq_run_claim_drop(run);
	fq_run_expectations_end(run);
	for (uint32_t i = 0; i < queue->rule_count; i++) {
		fq_release(queue->rules[i].row);
	}
	fq_release(queue->rules);
	fq_release(queue->busy);
	fq_release(queue->free_slots);
	fq_release(queue->pool_used);
	fq_release(queue->pool_waiting_s);
	fq_release(queue->ends);
	fq_release(queue->claim.tokens);
	fq_release(queue);
	run->queue = NULL;
}
