#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* --- seen from a job ------------------------------------------------------------------ */

bool fq_plan_gathers(const struct fq_plan *plan, const struct fq_task *from, const struct fq_task *to)
{
	enum fq_relation relation = fq_units_relation(plan->manifest, from->per, to->per);
	return relation == FQ_RELATION_FAN_IN || relation == FQ_RELATION_NONE;
}

struct fq_jobs fq_plan_jobs_of(
        const struct fq_plan *plan, const struct fq_rule *here, uint32_t job, const struct fq_rule *there)
{
	struct fq_units units = fq_units_overlapping(
	        plan->manifest, here->task->per, job - here->first_job, there->task->per);
	return (struct fq_jobs){there->first_job + units.first, units.count, units.list};
}

bool fq_plan_is_gathering(const struct fq_plan *plan, const struct fq_arrow *arrow)
{
	return fq_plan_gathers(plan, plan->rules[arrow->from].task, plan->rules[arrow->to].task);
}

struct fq_jobs fq_plan_before(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job)
{
	return fq_plan_jobs_of(plan, &plan->rules[arrow->to], job, &plan->rules[arrow->from]);
}

struct fq_jobs fq_plan_after(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job)
{
	return fq_plan_jobs_of(plan, &plan->rules[arrow->from], job, &plan->rules[arrow->to]);
}

static int by_from(const void *a, const void *b)
{
	const struct fq_side_arrow *x = a, *y = b;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

static int by_to(const void *a, const void *b)
{
	const struct fq_side_arrow *x = a, *y = b;
	return x->to != y->to ? (x->to < y->to ? -1 : 1) : (x->from > y->from) - (x->from < y->from);
}

/* The run of arrows that `compare` finds equal to the lowest possible key. */
static size_t find_side(const struct fq_side_arrow *arrows, size_t count, struct fq_side_arrow key,
        int (*compare)(const void *, const void *), const struct fq_side_arrow **ret)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&arrows[middle], &key) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret = count ? arrows + low : NULL;
	size_t found = 0;
	bool is_from = compare == by_from;
	while (low + found < count &&
	        (is_from ? arrows[low + found].from == key.from : arrows[low + found].to == key.to)) {
		found++;
	}
	return found;
}

size_t fq_plan_side_before(const struct fq_plan *plan, uint32_t job, const struct fq_side_arrow **ret)
{
	return find_side(plan->side_by_to, plan->side_count, (struct fq_side_arrow){0, job}, by_to, ret);
}

size_t fq_plan_side_after(const struct fq_plan *plan, uint32_t job, const struct fq_side_arrow **ret)
{
	return find_side(plan->side_by_from, plan->side_count, (struct fq_side_arrow){job, 0}, by_from, ret);
}

/* Each pair once; a pair that a regular arrow also draws does no harm. */
static void sort_side(struct fq_plan *plan)
{
	if (plan->side_count == 0) {
		return;
	}
	fq_sort(plan->side_by_from, plan->side_count, sizeof(*plan->side_by_from), by_from);
	size_t kept = 1;
	for (size_t i = 1; i < plan->side_count; i++) {
		if (by_from(&plan->side_by_from[i], &plan->side_by_from[kept - 1]) != 0) {
			plan->side_by_from[kept++] = plan->side_by_from[i];
		}
	}
	plan->side_count = kept;
	size_t bytes = kept * sizeof(*plan->side_by_to);
	plan->side_by_to = fq_arena_alloc(&plan->arena, bytes);
	memcpy(plan->side_by_to, plan->side_by_from, bytes);
	fq_sort(plan->side_by_to, kept, sizeof(*plan->side_by_to), by_to);
}

/* --- order ------------------------------------------------------------------------------ */

/* Depth first; a rule that is met on its own path closes a cycle. */
struct sorter {
	struct fq_plan *plan;
	const struct fq_arrow_list *all; /* the arrows, and one for each pair of rules with side arrows */
	uint8_t *mark;                   /* 0 new, 1 on the path, 2 placed */
	uint32_t *path;                  /* arrows followed */
	uint32_t depth;
	uint32_t placed;
	struct fq_errors *errors;
};

static void report_cycle(struct sorter *s, uint32_t first)
{
	const struct fq_plan *plan = s->plan;
	struct fq_buf text = {0};
	uint32_t start = s->depth;
	const struct fq_arrow *last = &s->all->arrows[s->path[s->depth - 1]];
	while (start && s->all->arrows[s->path[start - 1]].to != first) {
		start--;
	}
	start = start ? start - 1 : 0;
	for (uint32_t i = start; i < s->depth; i++) {
		const struct fq_arrow *arrow = &s->all->arrows[s->path[i]];
		fq_buf_addf(&text, "%s%s (", i == start ? "" : ", ", plan->rules[arrow->to].task->name);
		fq_manifest_add_place(plan->manifest, &text, arrow->line, last->line);
		fq_buf_puts(&text, ") waits for ");
		fq_buf_addf(&text, "%s", plan->rules[arrow->from].task->name);
	}
	struct fq_where where = fq_manifest_where(plan->manifest, last->line, 1);
	fq_errors_add(s->errors, where, "take one of these arrows away", "a cycle: %s", text.at)->source =
	        fq_manifest_line(plan->manifest, last->line);
	fq_buf_finish(&text);
}

static void place(struct sorter *s, uint32_t rule)
{
	s->mark[rule] = 1;
	for (uint32_t i = 0; i < s->all->count; i++) {
		const struct fq_arrow *arrow = &s->all->arrows[i];
		if (arrow->to != rule) {
			continue;
		}
		s->path[s->depth++] = i;
		if (s->mark[arrow->from] == 1) {
			report_cycle(s, arrow->from);
		} else if (s->mark[arrow->from] == 0) {
			place(s, arrow->from);
		}
		s->depth--;
	}
	s->mark[rule] = 2;
	s->plan->order[s->placed++] = rule;
}

static void sort_rules(struct fq_plan *plan, const struct fq_arrow_list *all, struct fq_errors *errors)
{
	struct sorter s = {
	        .plan = plan,
	        .all = all,
	        .mark = fq_zeroed(plan->rule_count, 1),
	        .path = fq_zeroed(plan->rule_count + 1, sizeof(uint32_t)),
	        .errors = errors,
	};
	plan->order = fq_arena_alloc(&plan->arena, plan->rule_count * sizeof(*plan->order));
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		if (s.mark[i] == 0) {
			place(&s, i);
		}
	}
	fq_release(s.mark);
	fq_release(s.path);
}

/* --- drawing ------------------------------------------------------------------------------- */

static void add_after(const struct fq_plan *plan, struct fq_arrow_list *list)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_task *task = plan->rules[i].task;
		for (uint32_t j = 0; j < task->after_count; j++) {
			list->arrows =
			        fq_grow(list->arrows, &list->cap, list->count + 1, sizeof(*list->arrows));
			list->arrows[list->count++] =
			        (struct fq_arrow){task->after[j].task, i, task->after[j].line};
		}
	}
}

/* Each rule's arrows, in and out, as indices. */
static void index_arrows(struct fq_plan *plan)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		struct fq_rule *rule = &plan->rules[i];
		rule->in = fq_arena_alloc(&plan->arena, plan->arrow_count * sizeof(uint32_t));
		rule->out = fq_arena_alloc(&plan->arena, plan->arrow_count * sizeof(uint32_t));
		for (uint32_t j = 0; j < plan->arrow_count; j++) {
			if (plan->arrows[j].to == i) {
				rule->in[rule->in_count++] = j;
			}
			if (plan->arrows[j].from == i) {
				rule->out[rule->out_count++] = j;
			}
		}
	}
}

void fq_plan_draw(struct fq_plan *plan, struct fq_errors *errors)
{
	struct fq_arrow_list list = {0};
	add_after(plan, &list);
	uint32_t regular = fq_plan_match_files(plan, &list, errors);
	plan->arrow_count = regular;
	plan->arrows = fq_arena_alloc(&plan->arena, regular * sizeof(*plan->arrows));
	if (regular) {
		memcpy(plan->arrows, list.arrows, regular * sizeof(*plan->arrows));
	}
	index_arrows(plan);
	sort_side(plan);
	sort_rules(plan, &list, errors);
	fq_release(list.arrows);
}
