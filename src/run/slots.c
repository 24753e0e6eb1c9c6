/* What a running job holds: tokens, memory, files of its own. */
#include "schedule.h"

#include <errno.h>
#include <sys/stat.h>

void fq_run_add_slot_path(
        const struct fq_run *run, const struct fq_slot *slot, const char *kind, struct fq_buf *buf)
{
	fq_buf_addf(buf, "%s/%zu%s", run->tmp, (size_t)(slot - run->slots), kind);
}

static void give_tokens(struct fq_run *run, struct fq_slot *slot)
{
	while (slot->token_count) {
		fq_tokens_give(&run->tokens, &slot->tokens[--slot->token_count]);
	}
}

struct fq_slot *fq_run_next_slot(const struct fq_run *run)
{
	const struct fq_run_queue *queue = run->queue;
	return queue->free_count ? &run->slots[queue->free_slots[queue->free_count - 1]] : NULL;
}

bool fq_run_take_tokens(struct fq_run *run, struct fq_slot *slot, uint32_t least, uint32_t most)
{
	slot->tokens = fq_grow(slot->tokens, &slot->token_cap, most, sizeof(*slot->tokens));
	while (slot->token_count < most && fq_tokens_take(&run->tokens, &slot->tokens[slot->token_count])) {
		slot->token_count++;
	}
	if (slot->token_count < least) {
		give_tokens(run, slot);
		return false;
	}
	return true;
}

void fq_run_open_slot(struct fq_run *run, struct fq_slot *slot, uint32_t job, const struct fq_need *need)
{
	struct fq_run_queue *queue = run->queue;
	fq_run_load_note(run);
	queue->free_count--;
	slot->job = job;
	slot->memory_bytes = need->memory_bytes;
	slot->percent = -1;
	slot->betrayal = NULL;
	slot->expected_s = fq_run_expected(run, job);
	run->memory_used_bytes += slot->memory_bytes;
	if (need->pool != FQ_NO_POOL) {
		queue->pool_used[need->pool]++;
	}
}

void fq_run_free_slot(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_buf lists = {0};
	if (slot->has_lists) {
		fq_run_add_slot_path(run, slot, ".lists", &lists);
		fq_tree_remove(lists.at, NULL);
		fq_buf_finish(&lists);
	}
	const struct fq_task *task = fq_plan_rule(run->plan, slot->job)->task;
	fq_run_load_note(run);
	give_tokens(run, slot);
	fq_run_end_drawing(run, slot);
	fq_run_guard_note(run, (uint32_t)(slot - run->slots), (struct fq_process){0});
	run->queue->free_slots[run->queue->free_count++] = (uint32_t)(slot - run->slots);
	if (task->pool != FQ_NO_POOL) {
		run->queue->pool_used[task->pool]--;
	}
	run->memory_used_bytes -= slot->memory_bytes;
	slot->memory_bytes = 0;
	slot->record_bytes = 0;
	slot->job = UINT32_MAX;
	slot->has_lists = slot->timed_out = false;
	slot->deadline_ns = slot->kill_ns = 0;
}
