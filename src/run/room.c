/* What is free: tokens, memory, the depth of a pool; now, and when running jobs will have ended. */
#include "schedule.h"

uint32_t fq_run_most_tokens(const struct fq_run *run)
{
	const struct fq_tokens *tokens = &run->tokens;
	uint32_t most = tokens->is_gone ? 1 : tokens->limit;
	return tokens->total && tokens->total < most ? tokens->total : most;
}

uint32_t fq_run_free_tokens(const struct fq_run *run)
{
	uint32_t used = run->tokens.held + !run->tokens.implicit_is_free, most = fq_run_most_tokens(run);
	return used < most ? most - used : 0;
}

int64_t fq_run_free_memory(const struct fq_run *run)
{
	return run->options.memory_bytes ? run->options.memory_bytes - run->memory_used_bytes : INT64_MAX;
}

uint32_t fq_run_free_depth(const struct fq_run *run, uint32_t pool)
{
	return pool == FQ_NO_POOL ? UINT32_MAX
	                          : run->plan->manifest->pools[pool].depth - run->queue->pool_used[pool];
}

bool fq_run_has_room(const struct fq_run *run, const struct fq_need *need)
{
	if (need->is_alone) {
		return run->counts[FQ_STATE_RUNNING] == 0;
	}
	/* Less than nothing is left beside one that runs alone. */
	return need->memory_bytes <= fq_run_free_memory(run) && fq_run_free_depth(run, need->pool) > 0;
}

/* --- later -------------------------------------------------------------------------------------- */

static int64_t end_of(const struct fq_slot *slot, int64_t now)
{
	int64_t end = slot->started_ns + (int64_t)(slot->expected_s * 1e9);
	return slot->expected_s > 0 && end > now ? end : INT64_MAX;
}

static int by_time(const void *a, const void *b)
{
	const struct fq_end *x = a, *y = b;
	return x->ns != y->ns ? (x->ns < y->ns ? -1 : 1) : (x->slot > y->slot) - (x->slot < y->slot);
}

static size_t find_ends(struct fq_run *run, int64_t now)
{
	struct fq_end *ends = run->queue->ends;
	size_t count = 0;
	for (uint32_t i = 0; i < run->slot_count; i++) {
		if (run->slots[i].job != UINT32_MAX) {
			ends[count++] = (struct fq_end){end_of(&run->slots[i], now), i};
		}
	}
	fq_sort(ends, count, sizeof(*ends), by_time);
	return count;
}

struct fq_shadow fq_run_shadow(struct fq_run *run, const struct fq_need *head, int64_t now)
{
	size_t count = find_ends(run, now), i = 0;
	struct fq_shadow shadow = {.ns = now,
	        .tokens = (int64_t)fq_run_free_tokens(run) - head->least,
	        .memory_bytes = fq_run_free_memory(run),
	        .depth = (int64_t)fq_run_free_depth(run, head->pool) - 1};
	bool has_limit = run->options.memory_bytes != 0;
	shadow.memory_bytes -= has_limit && !head->is_alone ? head->memory_bytes : 0;
	while (i < count &&
	        (shadow.tokens < 0 || shadow.memory_bytes < 0 || shadow.depth < 0 || head->is_alone)) {
		const struct fq_slot *slot = &run->slots[run->queue->ends[i].slot];
		shadow.ns = run->queue->ends[i++].ns;
		shadow.tokens += (int64_t)slot->token_count;
		shadow.memory_bytes += has_limit ? slot->memory_bytes : 0;
		shadow.depth += fq_plan_rule(run->plan, slot->job)->task->pool == head->pool;
	}
	shadow.tokens = head->is_alone ? 0 : shadow.tokens;
	return shadow;
}
