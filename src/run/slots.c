/* What a running job holds: tokens, memory, files of its own. */
#include "internal.h"

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

/* As many as the task asks for at least, and up to its most what is free: all or none. */
static bool take_tokens(struct fq_run *run, struct fq_slot *slot, const struct fq_task *task)
{
	uint32_t all = run->options.jobs;
	uint32_t least = task->least_threads < all ? task->least_threads : all;
	while (slot->token_count < task->most_threads) {
		slot->tokens =
		        fq_grow(slot->tokens, &slot->token_cap, slot->token_count + 1, sizeof(*slot->tokens));
		if (!fq_tokens_take(&run->tokens, &slot->tokens[slot->token_count])) {
			break;
		}
		slot->token_count++;
	}
	if (slot->token_count < least || slot->token_count == 0) {
		give_tokens(run, slot);
		return false;
	}
	return true;
}

/* One that asks for more than there is at all runs alone. */
static bool fits_memory(const struct fq_run *run, int64_t bytes)
{
	return !run->options.memory_bytes || !bytes || run->memory_used_bytes == 0 ||
	       run->memory_used_bytes + bytes <= run->options.memory_bytes;
}

bool fq_run_fill_slot(struct fq_run *run, struct fq_slot *slot, uint32_t job)
{
	const struct fq_task *task = fq_plan_rule(run->plan, job)->task;
	int64_t memory_bytes = fq_run_memory_of(run, job);
	if (!fits_memory(run, memory_bytes) || !take_tokens(run, slot, task)) {
		return false;
	}
	slot->job = job;
	slot->memory_bytes = memory_bytes;
	slot->percent = -1;
	slot->betrayal = NULL;
	run->memory_used_bytes += slot->memory_bytes;
	return true;
}

void fq_run_free_slot(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_buf lists = {0};
	if (slot->has_lists) {
		fq_run_add_slot_path(run, slot, ".lists", &lists);
		fq_tree_remove(lists.at, NULL);
		fq_buf_finish(&lists);
	}
	give_tokens(run, slot);
	fq_run_end_drawing(run, slot);
	fq_run_guard_note(run, (uint32_t)(slot - run->slots), (struct fq_process){0});
	run->memory_used_bytes -= slot->memory_bytes;
	slot->memory_bytes = 0;
	slot->job = UINT32_MAX;
	slot->has_lists = slot->timed_out = false;
	slot->deadline_ns = slot->kill_ns = 0;
}
