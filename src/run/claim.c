/* Tokens of a pool that others draw on too. */
#include "schedule.h"

#include <unistd.h>

static const int64_t first_window_ns = INT64_C(100000000);
static const int64_t most_window_ns = INT64_C(3600000000000);
static const int64_t told_after_ns = INT64_C(60000000000);

/* A job gives up on more than comes in so many windows: of a pool of unknown size; of another,
 * where it may be that others wait for us (51 s, on average); and once one had to give up. */
enum { ROUNDS_OF_UNKNOWN = 6, ROUNDS_OF_KNOWN = 8, ROUNDS_AGAIN = 3 };

bool fq_run_is_shared(const struct fq_run *run)
{
	return run->tokens.kind == FQ_TOKENS_CLIENT ||
	       (run->tokens.kind == FQ_TOKENS_SERVER && run->drawing_count > 0);
}

/* --- windows ------------------------------------------------------------------------------------ */

/* Half of it to one and a half, so that two who are in each other's way part. */
static int64_t around(struct fq_claim *claim, int64_t ns)
{
	claim->random ^= claim->random << 13; /* xorshift64 */
	claim->random ^= claim->random >> 7;
	claim->random ^= claim->random << 17;
	return ns / 2 + (int64_t)(claim->random % (uint64_t)ns);
}

static void give_back(struct fq_run *run)
{
	struct fq_claim *claim = &run->queue->claim;
	while (claim->count) {
		fq_tokens_give(&run->tokens, &claim->tokens[--claim->count]);
	}
}

void fq_run_claim_drop(struct fq_run *run)
{
	struct fq_claim *claim = &run->queue->claim;
	give_back(run);
	claim->job = UINT32_MAX;
	claim->is_away = false;
	claim->until_ns = 0;
}

static void begin(struct fq_run *run, uint32_t job, int64_t now)
{
	struct fq_claim *claim = &run->queue->claim;
	fq_run_claim_drop(run);
	claim->job = job;
	claim->since_ns = now;
	claim->window_ns = first_window_ns;
	claim->rounds = 0;
	if (claim->random == 0) {
		claim->random = fq_hash(run->id, sizeof(run->id)) | 1;
	}
}

static void stay_away(struct fq_run *run, int64_t now)
{
	struct fq_claim *claim = &run->queue->claim;
	give_back(run);
	claim->is_away = true;
	claim->until_ns = now + around(claim, claim->window_ns);
	claim->window_ns = claim->window_ns < most_window_ns / 2 ? 2 * claim->window_ns : most_window_ns;
	claim->rounds++;
}

static void take(struct fq_run *run, uint32_t most)
{
	struct fq_claim *claim = &run->queue->claim;
	claim->tokens = fq_grow(claim->tokens, &claim->cap, most, sizeof(*claim->tokens));
	while (claim->count < most && fq_tokens_take(&run->tokens, &claim->tokens[claim->count])) {
		claim->count++;
	}
}

static void tell_waiting(struct fq_run *run, const struct fq_need *need, int64_t now)
{
	struct fq_claim *claim = &run->queue->claim;
	const struct fq_task *task = fq_plan_rule(run->plan, claim->job)->task;
	if (claim->was_told || now - claim->since_ns < told_after_ns) {
		return;
	}
	claim->was_told = true;
	fq_run_remark(run, fq_manifest_where(run->plan->manifest, task->line, task->column),
	        "others draw on the same tokens; ask for fewer threads, or a range such as 1-4",
	        "task %s has been waiting for %u tokens of the jobserver for a minute", task->name,
	        need->least);
}

static uint32_t most_rounds(const struct fq_run *run)
{
	if (run->tokens.total == 0) {
		return ROUNDS_OF_UNKNOWN;
	}
	return run->queue->claim.has_settled ? ROUNDS_AGAIN : ROUNDS_OF_KNOWN;
}

/* Two that hold one each while both wait for more, or who holds one and waits for us: what
 * came so far is what there is. */
static bool settle_for_less(struct fq_run *run, const struct fq_need *need)
{
	struct fq_claim *claim = &run->queue->claim;
	const struct fq_task *task = fq_plan_rule(run->plan, claim->job)->task;
	if (claim->rounds < most_rounds(run) || run->counts[FQ_STATE_RUNNING]) {
		return false;
	}
	if (!claim->has_settled) {
		fq_run_remark(run, fq_manifest_where(run->plan->manifest, task->line, task->column), NULL,
		        "task %s asks for %u threads, the jobserver has no more than %zu%s: it gets them",
		        task->name, need->least, claim->count, run->tokens.total ? " for us" : "");
	}
	claim->has_settled = true;
	return true;
}

bool fq_run_claim(struct fq_run *run, uint32_t job, const struct fq_need *need)
{
	struct fq_claim *claim = &run->queue->claim;
	int64_t now = fq_run_now(run);
	if (claim->job != job) {
		begin(run, job, now);
	}
	if (claim->is_away && now < claim->until_ns) {
		return false;
	}
	if (claim->is_away) {
		claim->is_away = false;
		claim->until_ns = 0;
	}
	take(run, need->most);
	if (claim->count >= need->least) {
		claim->has_settled = false;
		return true;
	}
	tell_waiting(run, need, now);
	if (claim->count && claim->until_ns && now >= claim->until_ns) {
		if (settle_for_less(run, need)) {
			return true;
		}
		stay_away(run, now);
		return false;
	}
	if (claim->until_ns == 0 && claim->count) {
		claim->until_ns = now + around(claim, claim->window_ns);
	}
	run->queue->wants_token = true;
	return false;
}

void fq_run_claim_give(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_claim *claim = &run->queue->claim;
	slot->tokens = fq_grow(slot->tokens, &slot->token_cap, claim->count, sizeof(*slot->tokens));
	for (size_t i = 0; i < claim->count; i++) {
		slot->tokens[slot->token_count++] = claim->tokens[i];
	}
	claim->count = 0;
	fq_run_claim_drop(run);
}

int64_t fq_run_claim_due(const struct fq_run *run)
{
	return run->queue->claim.until_ns;
}

/* --- the descriptor ---------------------------------------------------------------------------------- */

int fq_run_token_fd(const struct fq_run *run)
{
	bool wants = run->queue->wants_token && !run->starts_no_more && !run->tokens.is_gone &&
	             run->tokens.kind != FQ_TOKENS_OWN && fq_run_free_tokens(run) > 0;
	return wants ? fq_tokens_watch(&run->tokens) : -1;
}

void fq_run_token_polled(struct fq_run *run, short events)
{
	if (events & (POLLHUP | POLLERR | POLLNVAL) && !(events & POLLIN) &&
	        run->tokens.kind == FQ_TOKENS_CLIENT) {
		run->tokens.is_gone = true;
	}
}

bool fq_run_is_deserted(struct fq_run *run)
{
	if (!run->tokens.is_gone || run->queue->was_told_gone) {
		return false;
	}
	run->queue->was_told_gone = true;
	fq_run_remark(run, FQ_NOWHERE, NULL, "the jobserver went away: one job at a time from now on");
	return true;
}
