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

/* --- texts and places -------------------------------------------------------- */

/* A text that was read: the manifest, what it includes, a sheet, a preset. Their
 * lines are numbered one text behind the other, so that a line's number says which
 * text it is of: a `line` anywhere below is such a number. 0: --set, or no place. */
struct fq_source {
	const char *path;
	struct fq_buf text;
	uint32_t lines_before; /* its line 1 has the number lines_before + 1 */
	uint32_t line_count;
	bool has_cr; /* a sheet, where CR alone ends a line too */
};

/* --- samples: atoms are files; lanes hold files, samples hold lanes -------- */

struct fq_file {
	const char *path;
	uint32_t lane;
};

struct fq_lane {
	uint32_t sample;
	uint32_t first_file;         /* the next lane's first_file is its end */
	uint32_t line;               /* its row, or its sample's line */
	uint32_t sheet;              /* index into fq_manifest.sheets; UINT32_MAX: not of a sheet */
	const struct fq_text *cells; /* of its row, as many as its sheet has fields */
};

struct fq_sample {
	const char *name; /* any bytes but NUL, newline and `/` */
	uint32_t name_len;
	uint32_t first_lane;
	uint32_t line, column;
};

/* A sheet's columns of one name, as a placeholder and a partition. */
struct fq_column {
	const char *name; /* other bytes than those of a name are `_` */
	uint32_t line, column;
	bool is_hidden; /* called like a built-in placeholder: {sheet.NAME} alone reaches it */
	/* Its values, in the order in which they come, and each lane's among them
	 * (UINT32_MAX: empty). Made when a task is `per` it. */
	struct fq_text *values;
	uint32_t value_count;
	size_t value_cap;
	uint32_t *value_of_lane;
};

struct fq_sheet {
	uint32_t field_count;
	uint32_t *columns; /* of each field: index into fq_manifest.columns */
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
	FQ_REF_OPTIONS,     /* the task's `options` */
	FQ_REF_VARIABLE,    /* index: into fq_manifest.variables */
	FQ_REF_COLUMN,      /* index: into fq_manifest.columns */
	FQ_REF_TASK_OUTPUT, /* index: into fq_manifest.tasks */
	FQ_REF_VALUE,       /* index: into fq_manifest.values: what a task reported */
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
	FQ_DEMAND_PRESENT = 8,  /* there: not the {r2} of a single-end sample */
};

struct fq_ref {
	uint8_t kind, part, form;
	bool is_list;    /* becomes separate words */
	bool is_of_when; /* stands in `when`, and nowhere else */
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
	FQ_CONTEXT_WHEN, /* the pieces from here to the next END are there if `ref` is not empty */
	FQ_CONTEXT_END,
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
	bool is_optional; /* an output or input that ended in `?`: it may be absent */
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
	uint32_t setup_pieces; /* so many of them, at the front, are `setup` */
	bool is_direct;
	bool has_setup;
	struct fq_words direct;
};
enum { FQ_LIST_ARGUMENTS_BYTES = 32 * 1024 };

/* --- tasks ------------------------------------------------------------------ */

/* A partition of the atoms. From FQ_PER_COLUMN on: column per - FQ_PER_COLUMN. */
enum fq_per { FQ_PER_FILE, FQ_PER_LANE, FQ_PER_SAMPLE, FQ_PER_COHORT, FQ_PER_COLUMN };

/* How the units of one partition lie to those of another, by the atoms they share.
 * Lanes without a value in a column are in none of its units. */
enum fq_relation {
	FQ_RELATION_SAME,
	FQ_RELATION_FAN_IN,  /* each unit of the first lies in one of the second */
	FQ_RELATION_FAN_OUT, /* the other way round */
	FQ_RELATION_NONE,    /* neither: all of the one before any of the other */
};

enum fq_shell { FQ_SHELL_BASH, FQ_SHELL_SH };
enum fq_builtin { FQ_BUILTIN_NONE, FQ_BUILTIN_FASTQ_STATS };

/* How a changed stamp of a file is judged. */
enum fq_compare {
	FQ_COMPARE_AUTO,    /* up to FQ_CONTENT_BYTES by content, else by size and time */
	FQ_COMPARE_CONTENT, /* by content, whatever the size */
	FQ_COMPARE_STAMP,   /* by size and time */
	FQ_COMPARE_EXISTS,  /* not at all */
};
enum { FQ_CONTENT_BYTES = 1 << 20 };

/* An extended regular expression (POSIX); it compiles. */
struct fq_expression {
	const char *text;
	uint32_t line, column;
};

struct fq_condition;

struct fq_task {
	const char *name;
	uint32_t line, column;
	uint32_t per;
	uint8_t shell, builtin, compare;
	uint8_t draws; /* enum fq_draws: how its command may draw on our tokens, `auto` worked out */
	bool has_input_key;
	bool may_miss;       /* missing = allow */
	bool is_temp;        /* its outputs are removed when their last reader is done */
	bool is_protected;   /* they are made read-only */
	bool is_atomic;      /* they are written in a folder beside their place, and renamed */
	bool keeps_partial;  /* what a failed job left is moved aside instead of removed */
	const char *preset;  /* its name, or NULL */
	struct fq_ref *refs; /* all that this task refers to, each once for a (kind, index, part, form) */
	uint32_t ref_count;
	struct fq_script script;  /* empty for a builtin */
	struct fq_words inputs;   /* the key's, else the reads it refers to; then each {TASK.output} */
	uint32_t own_input_count; /* how many of `inputs` the key itself wrote: what {input} is */
	struct fq_words outputs;
	struct fq_words dir;     /* none or one word */
	struct fq_words env;     /* NAME=VALUE words */
	struct fq_words wrap;    /* in front of the shell */
	struct fq_words options; /* what {options} stands for */
	struct fq_words cwd;     /* none or one word */
	struct fq_text *strip;   /* the suffixes that {file.stem} loses, each once, in this order */
	uint32_t strip_count;    /* 0: the usual ones */
	struct fq_expression *fail_on;
	uint32_t fail_on_count;
	struct fq_expression progress; /* text NULL: none */
	struct fq_script version;      /* its values are variables alone */
	struct fq_condition *when;     /* its references are indices into refs; NULL: always */
	uint32_t least_threads, most_threads;
	int64_t memory_bytes; /* 0: not said */
	double memory_factor; /* of each retry; 1: the same */
	struct fq_after {
		uint32_t task; /* its index */
		uint32_t line; /* where that is said */
	} * after;             /* `after` and {TASK.output}, each task once */
	uint32_t after_count;
	int64_t timeout_ns; /* 0: none */
	int64_t backoff_ns; /* before the first retry; each later one waits twice as long */
	uint32_t pool;      /* its index, FQ_NO_POOL: none */
	int32_t priority;   /* of two tasks that may start, the greater goes first; 0: not said */
	uint32_t retries;   /* how often a job that failed is tried again */
};

enum fq_draws { FQ_DRAWS_NOT, FQ_DRAWS_PIPE, FQ_DRAWS_FIFO };
#define FQ_NO_POOL UINT32_MAX

/* [pool NAME] */
struct fq_pool {
	const char *name;
	uint32_t depth; /* at most so many jobs of its tasks at a time */
	uint32_t line, column;
};

/* What a task is asked for in {TASK.NAME}. */
struct fq_value_name {
	uint32_t task;
	const char *name;
};

struct fq_variable {
	const char *name;
	struct fq_text *words;
	uint32_t word_count;
	uint32_t line, column; /* line 0: --set */
};

struct fq_manifest {
	struct fq_arena arena;
	const char *path; /* of the manifest itself: sources[0] */
	struct fq_source *sources;
	size_t source_count, source_cap;
	const char *name;        /* [fqrun] name, else the file's name without .ini */
	const char *state;       /* [fqrun] state, else .fqrun */
	const char *logs;        /* [fqrun] logs, NULL: in the state */
	uint32_t jobs;           /* 0: not said */
	int64_t memory_bytes;    /* that jobs may ask for together; 0: not said */
	int64_t log_limit_bytes; /* [fqrun] log-limit: of what a job prints, so much is kept; 0: all */
	int64_t min_free_bytes; /* [fqrun] min-free: no job is started while the disk has less; 0: not said */
	bool fail_fast;
	bool has_name; /* [fqrun] name was written */
	bool has_find; /* samples are what is found on the disk */
	uint8_t shell, compare;
	uint32_t *defaults; /* tasks to run when no target is given; none: all */
	size_t default_count;

	struct fq_file *files;
	struct fq_lane *lanes;
	struct fq_sample *samples;
	size_t file_count, file_cap, lane_count, lane_cap, sample_count, sample_cap;
	struct fq_column *columns;
	struct fq_sheet *sheets;
	struct fq_overlap *overlaps; /* of the partitions that are no spans: units.c */
	size_t column_count, column_cap, sheet_count, sheet_cap, overlap_count, overlap_cap;

	struct fq_variable *variables;
	size_t variable_count, variable_cap;
	struct fq_task *tasks;
	size_t task_count, task_cap;
	struct fq_value_name *values;
	size_t value_count, value_cap;
	struct fq_pool *pools;
	size_t pool_count, pool_cap;
};

/* --set NAME=VALUE */
struct fq_setting {
	const char *name, *value;
};

enum {
	FQ_LOG_LIMIT_BYTES = 16 << 20, /* if `log-limit` is not said */
	FQ_MANIFEST_BYTES_MAX = 64 << 20,
	FQ_SHEET_BYTES_MAX = 2040 << 20,
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

/* A line's number as a place in its text; and that line, without its newline. */
struct fq_where fq_manifest_where(const struct fq_manifest *manifest, uint32_t line, uint32_t column);
struct fq_text fq_manifest_line(const struct fq_manifest *manifest, uint32_t line);
/* "line 12", or "samples.csv:12" where line `beside` is of another text. */
void fq_manifest_add_place(
        const struct fq_manifest *manifest, struct fq_buf *buf, uint32_t line, uint32_t beside);

/* --- units of work: partitions of the atoms ---------------------------------- */

/* Units of a partition: first + list[i], or where `list` is NULL first + i. */
struct fq_units {
	uint32_t first, count;
	const uint32_t *list;
};

static inline uint32_t fq_units_at(const struct fq_units *units, uint32_t i)
{
	return units->first + (units->list ? units->list[i] : i);
}

uint32_t fq_units_count(const struct fq_manifest *manifest, uint32_t per);
enum fq_relation fq_units_relation(const struct fq_manifest *manifest, uint32_t from, uint32_t to);
/* The units of `other` that share atoms with `unit` of `per`; all of them where
 * neither partition refines the other. A column is one that a task is `per`. */
struct fq_units fq_units_overlapping(
        const struct fq_manifest *manifest, uint32_t per, uint32_t unit, uint32_t other);
/* The value of a column's unit. */
struct fq_text fq_units_value(const struct fq_manifest *manifest, uint32_t per, uint32_t unit);
/* What a lane's row says in a column; empty if nothing. */
struct fq_text fq_manifest_cell(const struct fq_manifest *manifest, uint32_t lane, uint32_t column);
/* The word that a person would type for a per: "sample", "condition". */
const char *fq_per_name(const struct fq_manifest *manifest, uint32_t per);

/* --- presets: what is known of tools, for `use = NAME` of a task ---------------- */

/* INI files. Looked for in ./presets, then in $XDG_CONFIG_HOME/fqrun/presets
 * (~/.config/…), then where fqrun is installed; the first of a name counts. */

/* The folders, each that may hold presets, in that order; texts in the arena. */
size_t fq_preset_folders(struct fq_arena *arena, const char **ret, size_t most);

/* The path of a preset's file, or NULL if there is none. */
const char *fq_preset_find(struct fq_arena *arena, struct fq_text name);

struct fq_preset {
	const char *name, *path;
	const char *about; /* its [preset] about; empty if it says nothing */
};
/* All of them, sorted by name; *ret is in the arena. */
size_t fq_preset_list(struct fq_arena *arena, struct fq_preset **ret);

/* --- paths and values ------------------------------------------------------------- */

/* Why a sample cannot be called so; NULL: it can. */
const char *fq_sample_name_problem(struct fq_text name);

/* Whether a value may stand where `demand` asks; the first byte that may not in *ret_bad. */
bool fq_demand_holds(unsigned demand, struct fq_text value, char *ret_bad);

/* "reads/x_R1.fastq.gz" → "x_R1.fastq.gz" (NAME) or "x_R1" (STEM); a slice of `path`. */
struct fq_text fq_path_part(struct fq_text path, enum fq_ref_part part);
/* The same for the STEM of a task with suffixes of its own. */
struct fq_text fq_task_path_part(const struct fq_task *task, struct fq_text path, enum fq_ref_part part);

#endif
