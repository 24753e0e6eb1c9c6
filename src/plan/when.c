#include "internal.h"

struct asking {
	struct fq_plan *plan;
	struct fq_job_at at;
	struct fq_arena arena; /* the texts, until the answer is there */
};

static struct fq_text look_up(void *context, int32_t number)
{
	struct asking *asking = context;
	struct fq_list values = {0};
	struct fq_text text = {NULL, 0};
	const struct fq_ref *ref = &asking->at.rule->task->refs[number];
	fq_plan_values(asking->plan, asking->at, ref, &values);
	const char *first = fq_list_next(&values, NULL);
	/* A single-end sample has no {r2}: that is empty, and no failure to report. */
	if (first || ref->kind != FQ_REF_VALUE) {
		struct fq_text found = fq_text(first ? first : "");
		text = (struct fq_text){fq_arena_copy(&asking->arena, found.at, found.len), found.len};
	}
	fq_list_finish(&values);
	return text;
}

enum fq_truth fq_plan_when(struct fq_plan *plan, uint32_t job, struct fq_error *err)
{
	struct asking asking = {.plan = plan, .at = fq_plan_at(plan, job)};
	const struct fq_condition *when = asking.at.rule->task->when;
	enum fq_truth truth = when ? fq_condition_holds(when, look_up, &asking, err) : FQ_TRUE;
	fq_arena_finish(&asking.arena);
	return truth;
}
