/* Inside the plan room. */
#ifndef FQRUN_PLAN_INTERNAL_H
#define FQRUN_PLAN_INTERNAL_H

#include "fqrun/plan.h"

/* --- units.c ------------------------------------------------------------------------ */

uint32_t fq_units_count(const struct fq_manifest *manifest, enum fq_per per);
/* The units of the finer `inner` inside unit `unit` of `outer`. */
struct fq_span fq_units_inside(
        const struct fq_manifest *manifest, enum fq_per outer, uint32_t unit, enum fq_per inner);
/* The unit of the coarser `outer` that holds `unit` of `inner`. */
uint32_t fq_units_around(
        const struct fq_manifest *manifest, enum fq_per inner, uint32_t unit, enum fq_per outer);
/* The units of `other` that share atoms with `unit` of `per`. */
struct fq_span fq_units_overlapping(
        const struct fq_manifest *manifest, enum fq_per per, uint32_t unit, enum fq_per other);

/* --- render.c ------------------------------------------------------------------------- */

struct fq_job_at {
	const struct fq_rule *rule;
	uint32_t unit;
};
struct fq_job_at fq_plan_at(const struct fq_plan *plan, uint32_t job);

void fq_list_add(struct fq_list *list, struct fq_text text);
/* The texts that a reference stands for; {tmp} and the forms are not known here. */
void fq_plan_values(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_list *ret);
/* One spelling for each path, to compare by: "./a//b/./c" becomes "a/b/c". */
void fq_plan_tidy(struct fq_buf *path);
/* A word of a template: one text, or those of the list that it is. As paths:
 * one that begins with `-` becomes `./-…`. */
void fq_plan_word(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, struct fq_list *ret);

/* --- arrows.c --------------------------------------------------------------------------- */

/* Draws all arrows and finds the order of rules. */
void fq_plan_draw(struct fq_plan *plan, struct fq_errors *errors);

/* --- unify.c: templates compared as templates ------------------------------------------- */

bool fq_plan_same_template(
        const struct fq_task *a, const struct fq_word *x, const struct fq_task *b, const struct fq_word *y);
struct fq_text fq_plan_fixed_end(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word,
        bool from_front, struct fq_buf *buf);
bool fq_plan_starts_alike(struct fq_text a, struct fq_text b);
bool fq_plan_ends_alike(struct fq_text a, struct fq_text b);
bool fq_plan_may_unify(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *x,
        const struct fq_rule *b, const struct fq_word *y);
bool fq_plan_tells_units_apart(const struct fq_task *task, const struct fq_word *word);

/* --- collide.c: one output, one job; an input that is an output -------------------------- */

/* Needs rules and their jobs, but no order yet. Adds the regular arrows that it
 * finds and returns how many there are now; behind those comes one for each pair
 * of rules that only side arrows join. The side arrows are not sorted yet. */
struct fq_arrow_list {
	struct fq_arrow *arrows;
	size_t count, cap;
};
uint32_t fq_plan_match_files(struct fq_plan *plan, struct fq_arrow_list *arrows, struct fq_errors *errors);

/* --- walk.c, explain.c --------------------------------------------------------------------- */

enum item_kind {
	ITEM_RECIPE = 'r', /* digest */
	ITEM_INPUT = 'i',  /* path: stamp */
	ITEM_JOBS = 'j',   /* task: how many of its jobs, and which */
	ITEM_OUTPUT = 'o', /* path: stamp */
};

/* Reads the reasons off two texts of items: as recorded, and as the walk writes them now. */
void fq_plan_tell_differences(const struct fq_rule *rule, struct fq_journal *journal, struct fq_text old,
        struct fq_text now, struct fq_buf *why);

/* --- stamps.c ------------------------------------------------------------------------------ */

struct fq_stamp fq_plan_stamp(struct fq_plan *plan, const char *path, size_t len);

/* --- recipe.c ------------------------------------------------------------------------------- */

void fq_plan_set_recipe(struct fq_plan *plan, struct fq_rule *rule);

#endif
