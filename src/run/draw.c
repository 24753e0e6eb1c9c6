/* Jobs that may draw on our tokens: what they are handed, and what came back. */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static enum fq_jobserver_style style_of(const struct fq_run *run, const struct fq_task *task)
{
	static const enum fq_jobserver_style styles[] = {[FQ_DRAWS_NOT] = FQ_JOBSERVER_NONE,
	        [FQ_DRAWS_PIPE] = FQ_JOBSERVER_PIPE,
	        [FQ_DRAWS_FIFO] = FQ_JOBSERVER_FIFO};
	bool is_other = run->options.style && task->draws != FQ_DRAWS_NOT;
	return is_other ? *run->options.style : styles[task->draws];
}

static bool may_any_draw(const struct fq_run *run)
{
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		if (style_of(run, run->plan->rules[i].task) != FQ_JOBSERVER_NONE) {
			return true;
		}
	}
	return false;
}

bool fq_run_open_pool(struct fq_run *run, struct fq_error *err)
{
	return run->tokens.kind != FQ_TOKENS_OWN || !may_any_draw(run) ||
	       fq_tokens_serve(&run->tokens, run->tmp, err);
}

/* --- what a job is handed ----------------------------------------------------------------- */

static const char *makeflags_in(const struct fq_list *env)
{
	static const char name[] = "MAKEFLAGS=";
	for (const char *text = NULL; (text = fq_list_next(env, text));) {
		if (strncmp(text, name, sizeof(name) - 1) == 0) {
			return text + sizeof(name) - 1;
		}
	}
	return NULL;
}

void fq_run_offer(
        struct fq_run *run, const struct fq_task *task, const struct fq_list *env, struct fq_run_offer *ret)
{
	*ret = (struct fq_run_offer){0};
	struct fq_offer offer = {0};
	fq_tokens_offer(&run->tokens, style_of(run, task), &offer);
	if (offer.style != FQ_JOBSERVER_NONE) {
		const char *own = makeflags_in(env);
		fq_buf_puts(&ret->makeflags, "MAKEFLAGS=");
		fq_makeflags_add_offer(
		        own ? own : run->makeflags, run->tokens.total, offer.auth.at, &ret->makeflags);
	}
	if (offer.style == FQ_JOBSERVER_PIPE) {
		ret->descriptors[0] =
		        (struct fq_descriptor){offer.read_number, offer.path, O_RDONLY, offer.read_fd};
		ret->descriptors[1] =
		        (struct fq_descriptor){offer.write_number, offer.path, O_WRONLY, offer.write_fd};
		ret->descriptor_count = FQ_COUNT(ret->descriptors);
	}
	fq_buf_finish(&offer.auth);
}

/* --- what came back ------------------------------------------------------------------------- */

void fq_run_begin_drawing(struct fq_run *run, struct fq_slot *slot)
{
	size_t rule = (size_t)(fq_plan_rule(run->plan, slot->job) - run->plan->rules);
	if (!run->drew) {
		run->drew = fq_zeroed(run->plan->rule_count, sizeof(*run->drew));
	}
	run->drew[rule] = true;
	run->drawing_count++;
	slot->draws = true;
}

/* The tasks that drew since the pool was last counted. */
static void add_suspects(const struct fq_run *run, struct fq_buf *names)
{
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		if (run->drew[i]) {
			fq_buf_addf(
			        names, "%s%s", names->len ? " or " : "task ", run->plan->rules[i].task->name);
		}
	}
}

static struct fq_where where_of_suspect(const struct fq_run *run)
{
	uint32_t i = 0;
	while (!run->drew[i]) {
		i++;
	}
	const struct fq_task *task = run->plan->rules[i].task;
	return fq_manifest_where(run->plan->manifest, task->line, task->column);
}

static void tell_mended(struct fq_run *run, int64_t count)
{
	struct fq_buf names = {0};
	long long all = count < 0 ? -count : count;
	add_suspects(run, &names);
	fq_run_remark(run, where_of_suspect(run),
	        count < 0 ? "its command did not give back what it took from the jobserver; they are put back"
	                  : "its command gave the jobserver more than it took; they are taken out",
	        "%s %s %lld token%s", names.at, count < 0 ? "lost" : "made up", all, all == 1 ? "" : "s");
	fq_buf_finish(&names);
}

/* While one that may draw is alive, a job or what it left behind, nobody can tell a token
 * that is lost from one in use. */
void fq_run_mend(struct fq_run *run)
{
	if (!run->drew || run->drawing_count) {
		return;
	}
	size_t ours = run->counts[FQ_STATE_RUNNING] + (run->guard != NULL);
	bool is_right = fq_tokens_surplus(&run->tokens) == 0;
	run->must_mend = !is_right && fq_exec_count_children() > ours;
	if (run->must_mend) {
		return;
	}
	int64_t count = is_right ? 0 : fq_tokens_mend(&run->tokens);
	if (count) {
		tell_mended(run, count);
	}
	memset(run->drew, 0, run->plan->rule_count * sizeof(*run->drew));
}

void fq_run_end_drawing(struct fq_run *run, struct fq_slot *slot)
{
	run->drawing_count -= slot->draws;
	run->must_mend |= slot->draws;
	slot->draws = false;
}

/* --- the implicit one first ------------------------------------------------------------------ */

/* Idle, it is of use to nobody but us: a job that runs on another's takes it. */
void fq_run_use_implicit(struct fq_run *run)
{
	for (uint32_t i = 0; i < run->slot_count && run->tokens.implicit_is_free && run->tokens.held; i++) {
		struct fq_slot *slot = &run->slots[i];
		if (run->tokens.kind != FQ_TOKENS_OWN && slot->job != UINT32_MAX && slot->token_count) {
			fq_tokens_give(&run->tokens, &slot->tokens[0]);
			fq_tokens_take(&run->tokens, &slot->tokens[0]);
		}
	}
}
