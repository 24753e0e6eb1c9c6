/* plan: rules x units, their order, and whether a job's last success still holds.
 *
 * The graph stays factored: a rule is a task, a job is (rule, unit) and its id
 * is rule.first_job + unit. Arrows are drawn between rules; which jobs of one a
 * job of the other waits for is computed, never stored. Knows no process and no
 * terminal, and keeps no state of a run.
 *
 * Units. The atoms are the samples' files. `file` refines `lane` refines
 * `sample` refines `cohort`; atoms lie in the order of samples, so the units of
 * a finer partition inside one of a coarser are neighbours. A sheet's column
 * gathers rows (lanes) from anywhere; how it lies to the others is what the rows
 * say: most columns agree within a sample, and some cut samples apart.
 *
 *     from \ to      file      lane      sample    column    cohort
 *     file           same      fan-in    fan-in    fan-in    fan-in
 *     lane           fan-out   same      fan-in    fan-in    fan-in
 *     sample         fan-out   fan-out   same      fan-in*   fan-in
 *     column         fan-out   fan-out   fan-out*  same**    fan-in
 *     cohort         fan-out   fan-out   fan-out   fan-out   same
 *
 *  *  where the column agrees within each sample. Where each of its values lies in
 *     one sample, the other way round; where it does neither, a barrier: each job
 *     of the one waits for all of the other.
 *  ** two columns: same, fan-in, fan-out or a barrier, as their values lie.
 *
 * A row without a value in a column is in none of its units: no job, no arrow.
 *
 * Irregular arrows (an input that is another job's output though the templates
 * differ) are pairs in a small side table. */
#ifndef FQRUN_PLAN_H
#define FQRUN_PLAN_H

#include "fqrun/condition.h"
#include "fqrun/journal.h"
#include "fqrun/manifest.h"

/* Jobs: first + list[i], or where `list` is NULL first + i. */
struct fq_jobs {
	uint32_t first, count;
	const uint32_t *list;
};
static inline uint32_t fq_jobs_at(const struct fq_jobs *jobs, uint32_t i)
{
	return jobs->first + (jobs->list ? jobs->list[i] : i);
}

/* Every unit of `to` waits for the units of `from` whose atoms overlap its own. */
struct fq_arrow {
	uint32_t from, to; /* rules */
	uint32_t line;     /* of the manifest, where it is drawn */
};

struct fq_side_arrow {
	uint32_t from, to; /* jobs */
};

struct fq_rule {
	const struct fq_task *task;
	uint32_t first_job, job_count;
	uint32_t *in, *out; /* indices of arrows */
	uint32_t in_count, out_count;
	char digest[FQ_DIGEST_LEN + 1]; /* of `recipe` */
	struct fq_text recipe;  /* what makes its jobs, but for their files: script, shell, env, variables */
	struct fq_text version; /* what `version` of the task printed; set by the run */
	bool version_unknown;   /* it printed nothing of use: what was recorded stands */
	struct fq_text *reported; /* by unit: items of what it reported in this run, as far as it is
	                             asked for; `at` NULL: it did not run. NULL: none did */
};

struct fq_plan {
	struct fq_arena arena;
	const struct fq_manifest *manifest;
	struct fq_rule *rules; /* in the manifest's order */
	uint32_t *order;       /* rules, each behind those that it waits for */
	uint32_t rule_count, job_count;
	struct fq_arrow *arrows;
	uint32_t arrow_count;
	struct fq_side_arrow *side_by_from, *side_by_to; /* the same pairs, sorted */
	size_t side_count;
	bool has_temp; /* a task is `temp` */
	struct fq_stamp_cache *stamps;
	struct fq_buf scratch[4];
	/* Set by the run, NULL where there is none: what earlier jobs reported, and by job
	 * whether it did not succeed, so that those that gather do without it. */
	struct fq_journal *journal;
	const bool *is_absent;
	bool (*is_stopped)(void *context); /* asked while a large file is read; NULL: nobody */
	void *stop_context;
	bool is_dry;          /* nothing will be made: what is to come counts as there */
	const uint32_t *seqs; /* by job: of its success, FQ_SEQ_WILL_RUN in a dry run */
	const char *here;     /* the working directory, once it was asked for */
	const char *tmp;      /* what {tmp} is for the job in hand; NULL: for people, $TMPDIR */
	const char *aside;    /* fq_job_context.aside, while its command is made */
	uint32_t threads;     /* what {threads} is for the job in hand; 0: the least it asks for */
};

/* Draws the graph. Mistakes that only show now are added to `errors`: cycles,
 * two jobs with one output, an output that is one of the samples' files and
 * read by its own job. The manifest must outlive the plan. */
bool fq_plan_init(struct fq_plan *ret, const struct fq_manifest *manifest, struct fq_errors *errors);
void fq_plan_finish(struct fq_plan *plan);

/* --- the graph ------------------------------------------------------------------ */

const struct fq_rule *fq_plan_rule(const struct fq_plan *plan, uint32_t job);
/* The jobs on the other side of an arrow, seen from a job on this side. */
struct fq_jobs fq_plan_before(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job);
struct fq_jobs fq_plan_after(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job);
/* Whether a job on its far side takes in several jobs of the near one: fan-in, or a barrier. */
bool fq_plan_is_gathering(const struct fq_plan *plan, const struct fq_arrow *arrow);
/* The side arrows into or out of a job: *ret points at the first of the returned count. */
size_t fq_plan_side_before(const struct fq_plan *plan, uint32_t job, const struct fq_side_arrow **ret);
size_t fq_plan_side_after(const struct fq_plan *plan, uint32_t job, const struct fq_side_arrow **ret);

/* --- names ----------------------------------------------------------------------- */

/* "case1", "case1/L1", "case1/L1/R2", a column's value; nothing for the cohort. */
void fq_plan_add_unit(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf);
/* "stats/case1"; "summary" for the cohort. */
void fq_plan_add_name(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf);
/* Where the job comes from: its sample's line, for a cohort the task's. */
struct fq_where fq_plan_where(const struct fq_plan *plan, uint32_t job);
/* The sample of a job, UINT32_MAX for one that gathers several. */
uint32_t fq_plan_sample(const struct fq_plan *plan, uint32_t job);
/* All samples that it shares atoms with. */
struct fq_units fq_plan_samples(const struct fq_plan *plan, uint32_t job);
/* Whether its jobs read files of their samples. */
bool fq_plan_reads_files(const struct fq_rule *rule);
/* Marks the samples whose files a job reads, unless another job makes some of them. */
void fq_plan_mark_read(const struct fq_plan *plan, uint32_t job, bool *samples);

/* Jobs that a TARGET names: TASK, SAMPLE, TASK/UNIT or an output's path; task:X,
 * sample:X and ./X say which is meant. Sets wanted[job] for each; false and an
 * error when it names nothing or two things. */
bool fq_plan_select(struct fq_plan *plan, const char *target, bool *wanted, struct fq_error *err);
/* Also what those wait for. */
void fq_plan_select_needed(const struct fq_plan *plan, bool *wanted);

/* --- a job's texts ---------------------------------------------------------------- */

/* Texts one after the other, each ended by a NUL. */
struct fq_list {
	struct fq_buf bytes;
	uint32_t count;
};
const char *fq_list_next(const struct fq_list *list, const char *text); /* NULL: the first; NULL at the end */
void fq_list_finish(struct fq_list *list);

/* What a job gets that the plan does not know. */
struct fq_job_context {
	const char *fqrun;  /* path of this program, for builtins */
	const char *tmp;    /* {tmp} */
	const char *values; /* the file that it reports values in */
	const char *lists;  /* a folder of this job's own, made when a list must travel in a file */
	const char *aside;  /* the folder beside each output that {output}, and {dir} of outputs below it,
	                       name instead of its place; NULL: none */
	bool use_shell;     /* even for a command that could be started without one */
};

struct fq_job_command {
	struct fq_list argv;
	struct fq_buf cwd;  /* empty: where we are */
	struct fq_list env; /* NAME=VALUE that the job gets besides ours */
	bool wrote_lists;   /* context.lists is there now */
};

void fq_plan_outputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret);
/* Where a command with such a `folder` (fq_job_context.aside) puts an output of its job: in
 * DIR/FOLDER, where DIR is {dir} for one below that, else the folder that it stands in. */
void fq_plan_add_aside(struct fq_plan *plan, const struct fq_rule *rule, const char *folder,
        const char *output, struct fq_buf *ret);
/* All the DIR/FOLDER of a job, each once. */
void fq_plan_asides(struct fq_plan *plan, uint32_t job, const char *folder, struct fq_list *ret);
/* Whether the i-th of them may be absent. */
bool fq_plan_may_lack(const struct fq_task *task, const struct fq_list *outputs, uint32_t i);
void fq_plan_inputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret); /* without the gathered ones */
/* Also without those that may be absent and are. */
void fq_plan_present_inputs(struct fq_plan *plan, uint32_t job, struct fq_list *ret);
/* {dir} of a rule, or nothing. */
void fq_plan_add_dir(struct fq_plan *plan, const struct fq_rule *rule, struct fq_buf *buf);

/* False: a value of this job may not stand where the template puts it, or a list
 * could not be written; nothing must be started. *ret must be finished either way. */
bool fq_plan_command(struct fq_plan *plan, uint32_t job, const struct fq_job_context *context,
        struct fq_job_command *ret, struct fq_error *err);
void fq_job_command_finish(struct fq_job_command *command);

/* Where it would run, without the command itself: of argv the words of `wrap` alone. */
bool fq_plan_surroundings(struct fq_plan *plan, uint32_t job, const struct fq_job_context *context,
        struct fq_job_command *ret, struct fq_error *err);

/* The command of a rule's `version`, as a job of its first unit would start it. */
bool fq_plan_version_command(struct fq_plan *plan, const struct fq_rule *rule,
        const struct fq_job_context *context, struct fq_job_command *ret, struct fq_error *err);

/* What a reference of its task stands for in a job; {tmp} and the forms are not known here. */
void fq_plan_ref(struct fq_plan *plan, uint32_t job, const struct fq_ref *ref, struct fq_list *ret);
/* One spelling for each path, to compare by: "./a//b/./c" becomes "a/b/c". */
void fq_plan_tidy(struct fq_buf *path);
/* The words of `env`, `wrap` or `cwd` as a person would type them, each behind a blank. */
void fq_plan_show_words(
        struct fq_plan *plan, uint32_t job, const struct fq_words *words, bool are_paths, struct fq_buf *buf);

/* The command as a person would type it, with `env`, `wrap` and `cwd`; {tmp} is $TMPDIR. */
void fq_plan_show_command(struct fq_plan *plan, uint32_t job, struct fq_buf *buf);
/* What its shell alone gets, for `bash -euo pipefail -c`. */
void fq_plan_show_script(struct fq_plan *plan, uint32_t job, struct fq_buf *buf);
/* Its two parts on their own: `setup`, and the rest. */
void fq_plan_show_parts(struct fq_plan *plan, uint32_t job, struct fq_buf *setup, struct fq_buf *rest);

/* Whether `when` of its task holds for a job; TRUE where there is none. UNKNOWN: a value
 * that it reads was not reported, or is of the wrong kind, and err says which. */
enum fq_truth fq_plan_when(struct fq_plan *plan, uint32_t job, struct fq_error *err);

/* --- fresh, or why not -------------------------------------------------------------- */

/* Since which record of the journal each job's results are what they are, by job id; 0: none.
 * FQ_SEQ_WILL_RUN: it would run before (a dry run). */
#define FQ_SEQ_WILL_RUN UINT32_MAX

/* Kinds of items: an input, its value as fq_plan_item_hash() and fq_plan_item_stamp() read it; a
 * value which the job reported, behind all others. */
enum { FQ_ITEM_INPUT = 'i', FQ_ITEM_VALUE = 'v' };

/* What the job depends on as it is now: recipe, version, values, inputs with their
 * stamps, the jobs that it waits for. Recorded with its success, compared with it
 * later. Files that `compare` judges by content are read for it. */
void fq_plan_add_items(struct fq_plan *plan, uint32_t job, struct fq_buf *items);
/* Its outputs as they are now; false and the first that is missing otherwise. */
bool fq_plan_add_output_items(
        struct fq_plan *plan, uint32_t job, struct fq_buf *items, struct fq_buf *ret_missing);

/* The parts of an input's or output's value: its stamp, size_bytes -1 where none was recorded; the
 * hash of its content, false if none was. */
struct fq_stamp fq_plan_item_stamp(struct fq_text value);
bool fq_plan_item_hash(struct fq_text value, uint64_t *ret_hash);
/* That hash of a file as it is now; false if it cannot be read, or the run was stopped. */
bool fq_plan_hash_file(
        struct fq_plan *plan, const struct fq_task *task, const char *path, uint64_t *ret_hash);

/* The items of a job that hold, if by their content alone, with the stamps of today. */
void fq_plan_restamp(struct fq_plan *plan, uint32_t job, struct fq_text items, struct fq_buf *ret);

/* Whether two successes of a job left the same behind, by their items: outputs and values. Nobody
 * knows of one that has no outputs, or of outputs whose existence alone counts: false. */
bool fq_plan_left_the_same(struct fq_text before, struct fq_text now);
/* Whether an output is as the value of its item says: by size and time, or by size and content
 * where that was recorded. One of which only that it exists was recorded (`+`): unless it was
 * changed after `ended_s` (since 1970; 0: nobody knows, then not). What is not there is not. */
bool fq_plan_is_as_left(struct fq_plan *plan, const char *path, struct fq_text value, int64_t ended_s);

/* Keeps what a job reported just now, for those behind it; `items` hold it among others. */
void fq_plan_keep_values(struct fq_plan *plan, uint32_t job, struct fq_text items);

/* What is known of a job whose last success holds. */
struct fq_fresh {
	uint32_t since;    /* its results are what they are since that record: fq_record.since; 0: it does not
	                      hold */
	bool is_restamped; /* by content alone: to be recorded anew, with its items as they are now */
	bool is_spent;     /* some of its outputs were temporary and are gone: it holds unless they are
	                      needed */
};

/* How many jobs read what a job of a `temp` task leaves: all right behind it, whether they
 * name its outputs or only say `after`. 0: nobody does, and its outputs stay; or it is no
 * such job. An absent output of one that is read makes nothing stale, and neither do the
 * stamps of those that are there make its readers so: what it made is the same as long as
 * its own success holds. */
size_t fq_plan_readers(const struct fq_plan *plan, uint32_t job);

/* Whether the recorded success still holds. `why` (may be NULL) gets a line for
 * each reason why not, made by the same walk. `seqs`: of the jobs before it, `since`. */
bool fq_plan_is_fresh(struct fq_plan *plan, uint32_t job, struct fq_journal *journal, const uint32_t *seqs,
        struct fq_fresh *ret, struct fq_buf *why);
/* The same of an older success of a temporary job, which was cut off since: only its outputs
 * are gone, and a run to make them again was none that changes anything. */
bool fq_plan_was_spent(struct fq_plan *plan, uint32_t job, const struct fq_record *success,
        const uint32_t *seqs, struct fq_fresh *ret);

/* Stamps are remembered while jobs are checked, until something ran. */
void fq_plan_forget_stamps(struct fq_plan *plan);

#endif
