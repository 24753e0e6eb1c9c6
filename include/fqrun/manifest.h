/* manifest: what the user wrote.
 *
 * Samples, variables and tasks, with the place of each; templates parsed and
 * commands compiled. Knows nothing of what was run, and renders no job: that is
 * the plan's, which alone knows units.
 *
 * All mistakes of a manifest are collected in a `struct fq_errors`; a manifest
 * with errors must not be run. Everything here lives until fq_manifest_finish().
 *
 * Grammar: inih (INI), `key = value`, indented lines continue a value. */
#ifndef FQRUN_MANIFEST_H
#define FQRUN_MANIFEST_H

#include "fqrun/base.h"

/* --- samples: atoms are files; lanes hold files, samples hold lanes -------- */

struct fq_file {
	const char *path;
	uint32_t lane;
};

struct fq_lane {
	uint32_t sample;
	uint32_t first_file; /* the next lane's first_file is its end */
};

struct fq_sample {
	const char *name; /* any bytes but NUL, newline and `/` */
	uint32_t name_len;
	uint32_t first_lane;
	uint32_t line, column; /* in the manifest's file */
};

/* --- references: what stands between braces ------------------------------- */

enum fq_ref_kind {
	FQ_REF_SAMPLE,
	FQ_REF_LANE, /* number of the lane within its sample, from 1 */
	FQ_REF_READ, /* 1 or 2 */
	FQ_REF_READS,
	FQ_REF_R1,
	FQ_REF_R2,
	FQ_REF_FILE,
	FQ_REF_DIR,
	FQ_REF_INPUT,
	FQ_REF_OUTPUT,
	FQ_REF_THREADS,
	FQ_REF_TMP,
	FQ_REF_VARIABLE,    /* index: into fq_manifest.variables */
	FQ_REF_TASK_OUTPUT, /* index: into fq_manifest.tasks */
};

enum fq_ref_part {
	FQ_PART_WHOLE,
	FQ_PART_NAME, /* without its folder */
	FQ_PART_STEM, /* also without .gz, .fastq, .fq and their like */
};

enum fq_ref_form {
	FQ_FORM_WORDS,
	FQ_FORM_COMMA, /* :,     joined with commas */
	FQ_FORM_LIST,  /* :list  the name of a file that lists them one a line */
	FQ_FORM_LIST0, /* :list0 the same, each ended by a NUL */
};

/* What a value must be where it stands; else that job is refused. */
enum fq_demand {
	FQ_DEMAND_PLAIN = 1,    /* letters, digits, blank, ._/:,+@%=- or beyond ASCII */
	FQ_DEMAND_NO_BLANK = 2, /* and no blank */
	FQ_DEMAND_INTEGER = 4,  /* optional sign and digits */
};

struct fq_ref {
	uint8_t kind, part, form;
	bool is_list; /* becomes separate words */
	uint8_t demand;
	uint32_t index;
	uint32_t line, column; /* of its first use, or the first with a demand */
	const char *text;      /* as written, "{reads:,}", for messages */
};

/* --- templates ------------------------------------------------------------- */

/* How a value is quoted where it stands. */
enum fq_context {
	FQ_CONTEXT_BARE,
	FQ_CONTEXT_DOUBLE, /* "…" or the body of an unquoted here-document */
	FQ_CONTEXT_SINGLE,
	FQ_CONTEXT_ARITHMETIC,
};

/* Literal text, or a reference: `ref` is an index into the task's refs, -1 for a literal. */
struct fq_piece {
	struct fq_text text;
	int32_t ref;
	uint8_t context;
};

/* One shell-like word of `input`, `output`, `dir` or `env`; quotes are gone. */
struct fq_word {
	struct fq_piece *pieces;
	uint32_t count;
	bool is_optional; /* an output that ended in `?` */
	uint32_t line, column;
};

struct fq_words {
	struct fq_word *words;
	uint32_t count;
};

/* A command, compiled once a task: `text` never depends on a value.
 *
 * With a shell: `shell -c text fqrun ARGUMENT...`, where `values` (indices into
 * the task's refs) say the arguments in order. A scalar is one argument. A list
 * is its count and then its items, or, over 32 KiB, the one argument "@FILE",
 * a file with the items each ended by a NUL.
 * Without (`is_direct`): `direct` are the words of the command.
 * `pieces` are for people: the user's script with the places of the values. */
struct fq_script {
	struct fq_text text;
	struct fq_text normal; /* `text` without comments and needless blanks: part of the fingerprint */
	uint32_t *values;
	uint32_t value_count;
	struct fq_piece *pieces;
	uint32_t piece_count;
	bool is_direct;
	struct fq_words direct;
};
enum { FQ_LIST_ARGUMENTS_BYTES = 32 * 1024 };

/* --- tasks ------------------------------------------------------------------ */

enum fq_per { FQ_PER_FILE, FQ_PER_LANE, FQ_PER_SAMPLE, FQ_PER_COHORT, FQ_PER_COUNT };
enum fq_shell { FQ_SHELL_BASH, FQ_SHELL_SH };
enum fq_builtin { FQ_BUILTIN_NONE, FQ_BUILTIN_FASTQ_STATS };

struct fq_task {
	const char *name;
	uint32_t line, column;
	uint8_t per, shell, builtin;
	bool has_input_key;
	struct fq_ref *refs; /* all that this task refers to, each once for a (kind, index, part, form) */
	uint32_t ref_count;
	struct fq_script script;  /* empty for a builtin */
	struct fq_words inputs;   /* the key's, else the reads it refers to; then each {TASK.output} */
	uint32_t own_input_count; /* how many of `inputs` the key itself wrote: what {input} is */
	struct fq_words outputs;
	struct fq_words dir; /* none or one word */
	struct fq_words env; /* NAME=VALUE words */
	struct fq_after {
		uint32_t task; /* its index */
		uint32_t line; /* where that is said */
	} * after;             /* `after` and {TASK.output}, each task once */
	uint32_t after_count;
	int64_t timeout_ns; /* 0: none */
};

struct fq_variable {
	const char *name;
	struct fq_text *words;
	uint32_t word_count;
	uint32_t line, column; /* line 0: --set */
};

struct fq_manifest {
	struct fq_arena arena;
	struct fq_buf source; /* the file's bytes */
	const char *path;
	const char *name;  /* [fqrun] name, else the file's name without .ini */
	const char *state; /* [fqrun] state, else .fqrun */
	uint32_t jobs;     /* 0: not said */
	bool fail_fast;
	bool has_name; /* [fqrun] name was written */
	uint8_t shell;

	struct fq_file *files;
	struct fq_lane *lanes;
	struct fq_sample *samples;
	size_t file_count, file_cap, lane_count, lane_cap, sample_count, sample_cap;

	struct fq_variable *variables;
	size_t variable_count, variable_cap;
	struct fq_task *tasks;
	size_t task_count, task_cap;
};

/* --set NAME=VALUE */
struct fq_setting {
	const char *name, *value;
};

enum {
	FQ_MANIFEST_BYTES_MAX = 64 << 20,
	FQ_LINE_BYTES_MAX = 1 << 20,
	FQ_SAMPLES_MAX = 10000000,
	FQ_SCRIPT_BYTES_MAX = 128 << 10,
};

/* Reads and checks `path`. False when `errors` got an error; *ret must be
 * finished either way. */
bool fq_manifest_load(struct fq_manifest *ret, const char *path, const struct fq_setting *settings,
        size_t setting_count, struct fq_errors *errors);
void fq_manifest_finish(struct fq_manifest *manifest);

/* The task of that name, or NULL. */
const struct fq_task *fq_manifest_task(const struct fq_manifest *manifest, struct fq_text name);

/* The text of line `line` (from 1) of the manifest, without its newline. */
struct fq_text fq_manifest_line(const struct fq_manifest *manifest, uint32_t line);

/* Why a sample cannot be called so; NULL: it can. */
const char *fq_sample_name_problem(struct fq_text name);

/* Whether a value may stand where `demand` asks; the first byte that may not in *ret_bad. */
bool fq_demand_holds(unsigned demand, struct fq_text value, char *ret_bad);

/* "reads/x_R1.fastq.gz" → "x_R1.fastq.gz" (NAME) or "x_R1" (STEM); a slice of `path`. */
struct fq_text fq_path_part(struct fq_text path, enum fq_ref_part part);

/* The word that a person would type for a per, "sample"; FQ_PER_COUNT of them. */
extern const char *const fq_per_names[];

#endif
