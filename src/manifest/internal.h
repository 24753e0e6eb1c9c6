/* Inside the manifest room. Every symbol that a linker sees begins with fq_. */
#ifndef FQRUN_MANIFEST_INTERNAL_H
#define FQRUN_MANIFEST_INTERNAL_H

#include "fqrun/manifest.h"

/* --- ini.c: inih keeps the grammar, we keep the bytes and the places ------- */

/* One `key = value` as written. A value of several lines is joined with \n, its
 * common indentation taken off; lines[i] says where line i of it begins. */
struct value_line {
	uint32_t offset; /* in text */
	uint32_t line, column;
};
struct ini_value {
	struct fq_text section; /* "task stats" */
	uint32_t section_line;
	struct fq_text key;
	uint32_t line, column; /* of the key */
	struct fq_text text;
	struct value_line *lines;
	size_t line_count;
};

typedef void ini_value_fn(void *context, const struct ini_value *value);
typedef void ini_section_fn(void *context, struct fq_text section, uint32_t line);

/* Calls back for each section header and each value, in the file's order; what
 * is no INI goes to `errors`. `source` must outlive the values. */
struct ini_reader {
	const char *path;
	struct fq_text source;
	uint32_t lines_before; /* added to the numbers of lines */
	struct fq_arena *arena;
	struct fq_errors *errors;
	ini_section_fn *on_section;
	ini_value_fn *on_value;
	void (*on_refused)(void *context); /* may be NULL: a line of the section was refused */
	void *context;
};
void fq_ini_read(const struct ini_reader *reader);

/* Where byte `offset` of a value stands: a line's number, not yet a place in a file. */
struct fq_where fq_ini_where(const char *path, const struct ini_value *value, size_t offset);

/* --- loading ---------------------------------------------------------------- */

/* keys.c: the keys of [fqrun], [task] and [pool], those that come later among them. */
enum fqrun_key {
	FQRUN_NAME,
	FQRUN_JOBS,
	FQRUN_SHELL,
	FQRUN_STATE,
	FQRUN_LOGS,
	FQRUN_FAIL_FAST,
	FQRUN_COMPARE,
	FQRUN_MEMORY,
	FQRUN_LOG_LIMIT,
	FQRUN_MIN_FREE,
	FQRUN_DEFAULT,
	FQRUN_REQUIRES,
	FQRUN_INCLUDE,
	FQRUN_SHEET,
	FQRUN_FIND,
	FQRUN_KEY_COUNT
};
enum task_key {
	TASK_COMMAND,
	TASK_SHELL,
	TASK_SETUP,
	TASK_WRAP,
	TASK_DIR,
	TASK_CWD,
	TASK_BUILTIN,
	TASK_USE,
	TASK_OPTIONS,
	TASK_STRIP,
	TASK_PER,
	TASK_INPUT,
	TASK_OUTPUT,
	TASK_AFTER,
	TASK_MISSING,
	TASK_WHEN,
	TASK_ENV,
	TASK_FAIL_ON,
	TASK_PROGRESS,
	TASK_VERSION,
	TASK_COMPARE,
	TASK_THREADS,
	TASK_MEMORY,
	TASK_TIMEOUT,
	TASK_POOL,
	TASK_PRIORITY,
	TASK_RETRIES,
	TASK_BACKOFF,
	TASK_JOBSERVER,
	TASK_TEMP,
	TASK_PROTECT,
	TASK_ATOMIC,
	TASK_KEEP_PARTIAL,
	TASK_KEY_COUNT,
};
enum pool_key { POOL_DEPTH };
enum {
	KEY_COUNT_MAX =
	        (int)TASK_KEY_COUNT > (int)FQRUN_KEY_COUNT ? (int)TASK_KEY_COUNT : (int)FQRUN_KEY_COUNT
};

/* A word of a value without placeholders. */
struct plain_word {
	struct fq_text text;
	size_t offset;
	bool would_act;
	size_t acts_at; /* offset of the first byte that a shell would expand */
	bool is_broken; /* its quote has no end, which was said */
};
/* What loading needs besides the manifest. */
enum section_kind {
	SECTION_NONE,
	SECTION_FQRUN,
	SECTION_SAMPLES,
	SECTION_VARS,
	SECTION_TASK,
	SECTION_POOL,
	SECTION_PRESET, /* of a preset's file: [preset] and [needs] */
	SECTION_SKIPPED
};

/* A file that is being read, and those that include it. */
struct reading {
	const struct reading *by;
	const char *path;
	uint64_t device, inode;
};

struct read_file {
	uint64_t device, inode;
};

struct loader {
	struct fq_manifest *manifest;
	struct fq_errors *errors;
	const struct fq_setting *settings;
	size_t setting_count;
	bool multiple_lanes; /* some sample has more than one lane */
	bool lacks_sheet;    /* one could not be read: no one knows its columns */
	const struct reading *reading;
	struct read_file *read; /* so far */
	size_t read_count, read_cap;
	struct ini_value *fqrun[FQRUN_KEY_COUNT]; /* kept until all is read; the including file's count */
	struct ini_value **includes;              /* of the file being read */
	size_t include_count, include_cap;
	struct ini_value **sheets, **finds;
	size_t sheet_count, sheet_cap, find_count, find_cap;
	enum section_kind section;
	struct raw_task *task; /* of the section being read */
	struct raw_task *tasks;
	size_t task_count, task_cap;
	struct seen_section *seen;
	size_t seen_count, seen_cap;
	uint32_t *key_lines; /* of the section being read: where each of its keys stands, 0: not yet */
	struct fq_map sample_names;
};

struct seen_section {
	struct fq_text name;
	uint32_t line;
};

/* The key's number, or -1 with an error that says what was probably meant. */
int fq_manifest_key(struct loader *loader, const struct ini_value *value);

/* A task's section as written; a key that is not there has a NULL. */
struct raw_task {
	struct fq_text name;
	uint32_t line, column;
	const struct ini_value *values[TASK_KEY_COUNT];
	bool is_incomplete; /* a key was refused: what seems to be missing may be that */
};

/* The index of the word that the value is, or an error and 0. */
size_t fq_manifest_choice(
        struct loader *loader, const struct ini_value *value, const char *const *choices, size_t count);

/* A copy that lives as long as the manifest. */
struct ini_value *fq_manifest_keep(struct loader *loader, const struct ini_value *value);
bool fq_manifest_is_yes(struct loader *loader, const struct ini_value *value);

/* source.c: takes over the text, whose lines get numbers. Returns its index. */
uint32_t fq_manifest_add_source(
        struct fq_manifest *manifest, const char *path, struct fq_buf *text, bool is_sheet);
const struct fq_source *fq_manifest_source(const struct fq_manifest *manifest, uint32_t line);
/* "line 12", or "samples.csv:12" where line `beside` is of another text; in the arena. */
const char *fq_manifest_place(struct loader *loader, uint32_t line, uint32_t beside);

/* load.c: the sections and keys of an INI file. */
void fq_manifest_read_text(struct loader *loader, uint32_t index);

/* include.c: an INI file, then what it includes. Errors name `value` at `offset`, which asks for it. */
void fq_manifest_read_file(
        struct loader *loader, const char *path, const struct ini_value *value, size_t offset);

/* settings.c: [fqrun], once all files are read. */
void fq_manifest_take_fqrun(struct loader *loader, struct ini_value *value, int key);
void fq_manifest_apply_fqrun(struct loader *loader);
void fq_manifest_apply_default(struct loader *loader); /* needs the tasks */

extern const char *const fq_compare_names[4], *const fq_shell_names[2];

/* tasks.c: the task that a word of a key names, or NULL and an error. */
const struct fq_task *fq_manifest_named_task(
        struct loader *loader, const struct ini_value *value, const struct plain_word *word);

/* samples.c: a sample, its lanes and their files, in this order. False: a name that may not be,
 * or that is there already. */
bool fq_manifest_begin_sample(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column);
struct fq_lane *fq_manifest_begin_lane(struct loader *loader, uint32_t line);
void fq_manifest_add_file(struct loader *loader, struct fq_text path);
/* Makes room, so that many do not grow again and again. */
void fq_manifest_expect_samples(struct loader *loader, size_t samples, size_t lanes);

/* sheet.c, find.c: samples from elsewhere; `value` holds names of sheets, or patterns. */
void fq_manifest_read_sheets(struct loader *loader, const struct ini_value *value);
void fq_manifest_find_samples(struct loader *loader, const struct ini_value *value);

/* units.c: makes a column a partition. */
void fq_manifest_partition(struct fq_manifest *manifest, uint32_t index);

/* A lane whose cell in the column differs from another's of the same unit; UINT32_MAX: none. */
uint32_t fq_manifest_split_lane(const struct fq_manifest *manifest, uint32_t per, uint32_t column);
/* Where two partitions cut each other, in words: `sample "x" has several run`. */
const char *fq_manifest_split_unit(struct loader *loader, uint32_t from, uint32_t to);

/* What fastq-stats reports (values.c). */
bool fq_manifest_is_reported(const char *name);
const char *fq_manifest_reported_hint(void);

/* preset.c: fills in what the task does not say itself. */
void fq_manifest_use_presets(struct loader *loader);

/* tasks' keys: limits.c, patterns.c, task_words.c, task_arrows.c, when.c. Outputs need all
 * partitions; inputs and what comes behind them need all outputs. */
struct raw_task;
void fq_manifest_set_outputs(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_inputs(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_words(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_after(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_when(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_check_version(
        struct loader *loader, const struct fq_task *task, const struct ini_value *value);
void fq_manifest_add_implied(struct loader *loader, struct fq_task *task);
void fq_manifest_set_limits(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_patterns(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_set_draws(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
/* task_atomic.c */
void fq_manifest_check_atomic(struct loader *loader, const struct raw_task *raw, const struct fq_task *task);

/* pools.c: false if there is one of that name. What follows is of the last pool; a value
 * of NULL: some line of it was refused, so that a depth is not missed. */
bool fq_manifest_begin_pool(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column);
void fq_manifest_take_depth(struct loader *loader, const struct ini_value *value);
void fq_manifest_set_pool(struct loader *loader, const struct raw_task *raw, struct fq_task *task);
void fq_manifest_check_pools(struct loader *loader); /* needs the tasks */

/* samples.c, vars.c, tasks.c */
void fq_manifest_add_sample(struct loader *loader, const struct ini_value *value);
void fq_manifest_add_variable(struct loader *loader, const struct ini_value *value);
void fq_manifest_apply_settings(struct loader *loader); /* --set */
void fq_manifest_build_tasks(struct loader *loader);

/* [A-Za-z_][A-Za-z0-9_-]* */
bool fq_manifest_is_name(struct fq_text text);

/* What a person who typed `word` meant, as a hint in the arena: did you mean "…"? or NULL. */
const char *fq_manifest_hint(
        struct loader *loader, struct fq_text word, const char *const *candidates, size_t count);

/* An error at byte `offset` of `value`, with that line for the caret. */
void fq_manifest_complain(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *hint, const char *format, ...) FQ_PRINTF(5, 6);
/* That a file which the value names cannot be read; `hint` says how such a path is meant. */
void fq_manifest_complain_of_file(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *hint, const struct fq_error *err);
void fq_manifest_complain_at(struct loader *loader, uint32_t line, uint32_t column, const char *hint,
        const char *format, ...) FQ_PRINTF(5, 6);

void fq_manifest_warn_at(struct loader *loader, uint32_t line, uint32_t column, const char *hint,
        const char *format, ...) FQ_PRINTF(5, 6);

/* --- placeholder.c ----------------------------------------------------------- */

/* The shape of a placeholder, whatever it names: {word.part:form}. */
struct placeholder_shape {
	struct fq_text word, part, form;
	size_t len; /* bytes from `{` to `}`; 0: not one */
	bool is_escaped;
};
struct placeholder_shape fq_manifest_shape(struct fq_text text, size_t offset);
/* The head of a {?word …}. */
struct placeholder_shape fq_manifest_conditional(struct fq_text text, size_t offset);

/* The sheet's column that {word} or {sheet.part} names, or NULL. */
const struct fq_column *fq_manifest_shape_column(
        const struct fq_manifest *manifest, const struct placeholder_shape *shape);

/* The kind that a built-in word names, -1 for any other. */
int fq_manifest_builtin_word(struct fq_text word);
/* "{sample}, {lane}, " for those whose kind is in the set of ALLOW(kind). */
void fq_manifest_add_builtins(struct fq_buf *buf, unsigned kinds);

enum placeholder_kind {
	PLACEHOLDER_NONE,    /* `{` is a literal */
	PLACEHOLDER_REF,     /* a reference: `ref` is filled in */
	PLACEHOLDER_ESCAPED, /* {{word}}: literally {word}; `literal` is that */
	PLACEHOLDER_UNKNOWN, /* has the shape of one, but nothing defines it; `hint` says what was meant */
	PLACEHOLDER_WRONG, /* an error that holds wherever it stands (bad form, not available yet): `problem`;
	                      ref.text is there if it is known what it names */
};

struct placeholder {
	enum placeholder_kind kind;
	size_t len; /* bytes from `{` to `}` */
	struct fq_ref ref;
	struct fq_text literal;
	const char *problem, *hint;
	bool is_near; /* UNKNOWN: one typo away from a word that is defined */
};

struct placeholder fq_manifest_wrong(struct placeholder p, const char *problem, const char *hint);

/* placeholder_use.c: WRONG if this task has no such thing. */
struct placeholder fq_manifest_check_use(
        struct loader *loader, const struct fq_task *task, struct placeholder p);

/* What stands at text.at[offset] == '{'. Needs the task for what {input},
 * {output} and lists are; its per, inputs and outputs are known by then. */
struct placeholder fq_manifest_placeholder(
        struct loader *loader, const struct fq_task *task, struct fq_text text, size_t offset);

/* Whether these words of the task, or what `ref` names there, are not exactly one thing. */
bool fq_manifest_are_list(const struct fq_task *task, const struct fq_words *words, uint32_t count);
bool fq_manifest_is_list(const struct loader *loader, const struct fq_task *task, const struct fq_ref *ref);

/* The index of an equal reference (kind, index, part, form) among the task's
 * refs, added if new; demands are united, and the place kept is the first,
 * or the first that demands something: it is what a refused value is shown with. */
uint32_t fq_manifest_intern(struct loader *loader, struct fq_task *task, const struct fq_ref *ref);

/* --- words.c: input, output, dir, env, after, [vars], [samples] ------------- */

/* Shell-like words with placeholders, for paths. Quotes and `\` as in a shell;
 * `$`, backtick, globs and other operators have no meaning: they are the bytes
 * refused where they stand unquoted, since a person would expect them to act.
 * `allowed` is a set of ALLOW(kind). Errors go to the loader. */
#define ALLOW(kind) (1U << (kind))
struct fq_words fq_manifest_words(
        struct loader *loader, struct fq_task *task, const struct ini_value *value, unsigned allowed);

/* The same without placeholders; texts in the arena, each with its offset in the value,
 * and what a shell would expand is kept, for the caller to judge. */
struct plain_word *fq_manifest_split(struct loader *loader, const struct ini_value *value, size_t *ret_count);

/* --- script.c: a command and its `setup`, compiled --------------------------- */

/* Fills in task->script from `command` and `setup` (NULL: none), interning what
 * they refer to in task->refs with its demands. All errors go to the loader,
 * each with its place and the way out. */
void fq_manifest_compile(struct loader *loader, struct fq_task *task, const struct ini_value *setup,
        const struct ini_value *command);

#endif
