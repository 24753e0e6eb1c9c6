/* Inside the plan room. */
#ifndef FQRUN_PLAN_INTERNAL_H
#define FQRUN_PLAN_INTERNAL_H

#include "fqrun/plan.h"

/* --- names.c ---------------------------------------------------------------------------- */

struct fq_job_at {
	const struct fq_rule *rule;
	uint32_t unit;
};
struct fq_job_at fq_plan_at(const struct fq_plan *plan, uint32_t job);

/* Of a unit that lies in one sample, or one lane; of a file. */
struct fq_text fq_plan_sample_name(const struct fq_plan *plan, struct fq_job_at at);
uint32_t fq_plan_lane_number(const struct fq_plan *plan, struct fq_job_at at);
uint32_t fq_plan_read_number(const struct fq_plan *plan, uint32_t file);

/* --- render.c ------------------------------------------------------------------------- */

/* Whether a job of `to` takes in several jobs of `from`. */
bool fq_plan_gathers(const struct fq_plan *plan, const struct fq_task *from, const struct fq_task *to);
/* The jobs of `there` that share atoms with a job of `here`. */
struct fq_jobs fq_plan_jobs_of(
        const struct fq_plan *plan, const struct fq_rule *here, uint32_t job, const struct fq_rule *there);

void fq_list_add(struct fq_list *list, struct fq_text text);
/* The texts that a reference stands for; {tmp} and the forms are not known here. */
void fq_plan_values(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, struct fq_list *ret);
/* aside.c: puts the values of {dir} or {output} that begin at byte `start` where plan->aside says. */
void fq_plan_put_aside(struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, size_t start,
        struct fq_list *values);
/* A word of a template: one text, or those of the list that it is. As paths:
 * one that begins with `-` becomes `./-…`. */
void fq_plan_word(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, struct fq_list *ret);
void fq_plan_word_of(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word, bool is_path,
        struct fq_list *ret);

/* --- paths.c ------------------------------------------------------------------------------- */

/* Makes paths whole for a task with a `cwd` of its own. */
void fq_plan_make_absolute(
        struct fq_plan *plan, const struct fq_task *task, const struct fq_ref *ref, struct fq_list *values);
/* The working directory. */
const char *fq_plan_here(struct fq_plan *plan);
/* Inputs without the gathered ones, and without those that may be absent and are; `counts`
 * says of one of these whether it counts all the same. */
typedef bool fq_plan_counts_fn(void *context, const char *path);
void fq_plan_counted_inputs(
        struct fq_plan *plan, uint32_t job, fq_plan_counts_fn *counts, void *context, struct fq_list *ret);
/* An input that may be absent, and is. Only a run knows: to others it is there. */
bool fq_plan_is_missing(struct fq_plan *plan, struct fq_job_at at, const struct fq_word *word);

/* --- reported.c ---------------------------------------------------------------------------- */

/* Adds what a job reported as NAME when it last succeeded; nothing if it did not. */
void fq_plan_reported(struct fq_plan *plan, uint32_t job, const char *name, struct fq_list *ret);

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
/* Whether all its paths are one: it holds nothing but text and {dir}. */
bool fq_plan_is_fixed(const struct fq_task *task, const struct fq_word *word);
/* Whether some path of a template may end in `/`. */
bool fq_plan_may_be_folder(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word);
/* Whether a path of `word` may lie in one of `folder`, if that is a folder; when unsure, yes. */
bool fq_plan_may_hold(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *folder,
        const struct fq_rule *b, const struct fq_word *word);
/* The same of one path, tidy and without a slash at its end. */
bool fq_plan_may_hold_path(
        struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *folder, struct fq_text path);
/* Whether `word` begins as `folder` does, or is it but for its slash: in jobs of which
 * both have the same values, its path is that folder or lies in it. */
bool fq_plan_holds_alike(const struct fq_task *a, const struct fq_word *folder, const struct fq_task *b,
        const struct fq_word *word);

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
	ITEM_RECIPE = 'r',          /* digest */
	ITEM_VERSION = 'p',         /* what the task's `version` printed */
	ITEM_READ = 'w',            /* placeholder: the cell or reported value that it stands for */
	ITEM_INPUT = FQ_ITEM_INPUT, /* path: how it was, see files.c */
	ITEM_JOBS = 'j',            /* task: how many of its jobs, and which */
	ITEM_OUTPUT = 'o',          /* path: how it was */
};

/* Whether a job is as `recorded`. With ret_now the items as they are now are written
 * there, for the reasons why not; without, the first difference ends the walk. Sets all of
 * *ret but `since`. */
bool fq_plan_compare(struct fq_plan *plan, uint32_t job, struct fq_text recorded, struct fq_fresh *ret,
        struct fq_buf *ret_now);

/* Reads the reasons off two texts of items: as recorded, and as the walk writes them now. */
void fq_plan_tell_differences(const struct fq_rule *rule, struct fq_journal *journal, struct fq_text old,
        struct fq_text now, struct fq_buf *why);

/* --- reported.c -------------------------------------------------------------------------- */

/* The first of the jobs behind {TASK.VALUE} that succeeded and did not report it. */
bool fq_plan_find_silent(
        struct fq_plan *plan, struct fq_job_at at, const struct fq_ref *ref, uint32_t *ret_job);

/* --- temp.c -------------------------------------------------------------------------------- */

/* Outputs of the temporary jobs right before one; zeroed: not looked at yet. */
struct fq_temp_paths {
	struct fq_list texts;
	struct fq_map map; /* to where a text begins */
	bool is_known;
};
bool fq_plan_is_temp_path(struct fq_plan *plan, uint32_t job, const char *path, struct fq_temp_paths *paths);
void fq_plan_temp_paths_finish(struct fq_temp_paths *paths);

/* --- stamps.c ------------------------------------------------------------------------------ */

struct fq_stamp fq_plan_stamp(struct fq_plan *plan, const char *path, size_t len);
void fq_plan_finish_stamps(struct fq_plan *plan);

/* --- files.c: how a file was, as a success is recorded with it ---------------------------------- */

struct fq_recorded_file {
	struct fq_stamp stamp; /* size_bytes -1: it was not there, or only that it exists counts */
	bool is_racy;          /* it was as young as its record: an equal stamp proves nothing */
	struct fq_text hash;   /* of its content; empty: none */
};
struct fq_recorded_file fq_plan_read_file(struct fq_text value);
void fq_plan_add_file(struct fq_plan *plan, const struct fq_task *task, const char *path,
        struct fq_stamp stamp, struct fq_buf *value);
void fq_plan_add_stamp(struct fq_buf *value, struct fq_stamp stamp); /* without its content */

/* Whether a file, which has that stamp now, is as recorded. Sets *ret_restamped if its content
 * says so and a new record would spare the next look at it. */
bool fq_plan_file_holds(struct fq_plan *plan, const struct fq_task *task, struct fq_text value,
        const char *path, struct fq_stamp stamp, bool *ret_restamped);

/* --- recipe.c ------------------------------------------------------------------------------- */

void fq_plan_set_recipe(struct fq_plan *plan, struct fq_rule *rule);

#endif
