/* The keys of a task that hold words with placeholders: files, folders, variables. */
#include "internal.h"

#include <string.h>

enum {
	IN_OUTPUTS = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) | ALLOW(FQ_REF_FILE) |
	             ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_DIR) | ALLOW(FQ_REF_VARIABLE) |
	             ALLOW(FQ_REF_COLUMN),
	IN_INPUTS = IN_OUTPUTS | ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_TASK_OUTPUT),
	IN_ENV = IN_OUTPUTS | ALLOW(FQ_REF_INPUT) | ALLOW(FQ_REF_OUTPUT) | ALLOW(FQ_REF_THREADS) |
	         ALLOW(FQ_REF_TMP) | ALLOW(FQ_REF_VALUE),
	IN_OPTIONS = IN_ENV | ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_TASK_OUTPUT),
	/* A word here may be an option or a variable's setting to the program in front: no value
	 * of a sample may stand in one. */
	IN_WRAP = ALLOW(FQ_REF_VARIABLE) | ALLOW(FQ_REF_THREADS) | ALLOW(FQ_REF_TMP) | ALLOW(FQ_REF_DIR),
	IN_CWD = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) | ALLOW(FQ_REF_DIR) |
	         ALLOW(FQ_REF_VARIABLE) | ALLOW(FQ_REF_COLUMN) | ALLOW(FQ_REF_TMP),
};

static void refuse_empty(struct loader *loader, const struct fq_words *words, const char *what)
{
	for (uint32_t i = 0; i < words->count; i++) {
		const struct fq_word *word = &words->words[i];
		if (word->count == 0) {
			fq_manifest_complain_at(loader, word->line, word->column, "name it, or leave it out",
			        "%s without a name", what);
		}
	}
}

static void check_folder(struct loader *loader, const struct fq_task *task, const struct ini_value *value,
        const struct fq_words *words)
{
	if (words->count == 0) {
		fq_manifest_complain(
		        loader, value, 0, "write its name, or leave the key out", "a folder without a name");
	} else if (fq_manifest_are_list(task, words, words->count)) {
		fq_manifest_complain(loader, value, 0, "quote a name that holds blanks",
		        "`%.*s` is one folder", (int)value->key.len, value->key.at);
	}
	refuse_empty(loader, words, "a folder");
}

static void set_dir(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (!value) {
		return;
	}
	task->dir = fq_manifest_words(loader, task, value, ALLOW(FQ_REF_VARIABLE));
	check_folder(loader, task, value, &task->dir);
}

static void set_strip(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	size_t count = 0;
	const struct plain_word *words = value ? fq_manifest_split(loader, value, &count) : NULL;
	task->strip = fq_arena_alloc(&loader->manifest->arena, count * sizeof(*task->strip));
	task->strip_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		task->strip[i] = words[i].text;
	}
}

/* --- a sheet's cells as parts of names ----------------------------------------------- */

/* NULL: the cell may be part of a file's name. */
static const char *cell_problem(struct fq_text cell, bool may_be_empty)
{
	enum { LONGEST = 255 };
	if (cell.len == 0) {
		return may_be_empty ? NULL : "is empty";
	}
	if (memchr(cell.at, '/', cell.len)) {
		return "holds a `/`: it would choose a folder";
	}
	if (memchr(cell.at, '\0', cell.len) || memchr(cell.at, '\n', cell.len)) {
		return "holds an end of line";
	}
	if (fq_text_is(cell, ".") || fq_text_is(cell, "..")) {
		return "is . or ..";
	}
	return cell.len > LONGEST ? "has more than 255 bytes" : NULL;
}

/* The column at which a cell stands in its line, 1 where that cannot be told. To find
 * a line is a walk from the top: not for each of a million rows. */
static uint32_t column_of(const struct loader *loader, uint32_t line, struct fq_text cell)
{
	enum { MOST = 200 };
	const struct fq_manifest *manifest = loader->manifest;
	if (loader->errors->errors > MOST) {
		return 1;
	}
	struct fq_text text = fq_manifest_line(manifest, line);
	bool is_inside = cell.at >= text.at && cell.at <= text.at + text.len;
	return is_inside ? (uint32_t)(cell.at - text.at) + 1 : 1;
}

static void check_column(
        struct loader *loader, const struct fq_task *task, uint32_t index, bool may_be_empty, const char *key)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (uint32_t lane = 0; lane < manifest->lane_count; lane++) {
		struct fq_text cell = fq_manifest_cell(manifest, lane, index);
		const char *problem =
		        cell_problem(cell, may_be_empty || manifest->lanes[lane].sheet == UINT32_MAX);
		if (problem) {
			uint32_t line = manifest->lanes[lane].line;
			const char *name = manifest->columns[index].name;
			fq_manifest_complain_at(loader, line, column_of(loader, line, cell),
			        cell.len ? "a cell that is part of a path is one name of up to 255 bytes, "
			                   "without `/`"
			                 : fq_arena_format(&loader->manifest->arena,
			                           "fill it in, or leave out such rows: when = {%s} != \"\"",
			                           name),
			        "the cell of {%s} in `%s` of task \"%s\" %s", name, key, task->name, problem);
		}
	}
}

/* Those that stand in `words`; a task with a `when` may leave out the rows that have none. */
static void check_cells(struct loader *loader, const struct raw_task *raw, const struct fq_task *task,
        const struct fq_words *words)
{
	const char *key = words == &task->outputs ? "output" : words == &task->cwd ? "cwd" : "input";
	bool *seen = fq_zeroed(loader->manifest->column_count, sizeof(*seen));
	bool may_be_empty = raw->values[TASK_WHEN] || task->per >= FQ_PER_COLUMN;
	for (uint32_t i = 0; i < words->count; i++) {
		for (uint32_t j = 0; j < words->words[i].count; j++) {
			int32_t ref = words->words[i].pieces[j].ref;
			if (ref >= 0 && task->refs[ref].kind == FQ_REF_COLUMN &&
			        !seen[task->refs[ref].index]) {
				seen[task->refs[ref].index] = true;
				check_column(loader, task, task->refs[ref].index, may_be_empty, key);
			}
		}
	}
	fq_release(seen);
}

/* --- files ------------------------------------------------------------------------------ */

static bool ends_in_slash(const struct fq_words *words)
{
	if (words->count != 1 || words->words[0].count == 0) {
		return false;
	}
	const struct fq_piece *last = &words->words[0].pieces[words->words[0].count - 1];
	return last->ref < 0 && last->text.len && last->text.at[last->text.len - 1] == '/';
}

/* fastq-stats writes one file. */
static void check_builtin(struct loader *loader, const struct fq_task *task, const struct ini_value *value)
{
	struct fq_arena *arena = &loader->manifest->arena;
	const char *has = NULL;
	if (ends_in_slash(&task->outputs)) {
		has = "a folder";
	} else if (fq_manifest_are_list(task, &task->outputs, task->outputs.count)) {
		has = task->outputs.count == 1 ? "a list" : fq_arena_format(arena, "%u", task->outputs.count);
	}
	if (has) {
		fq_manifest_complain_at(loader, value ? value->line : task->line,
		        value ? value->column : task->column, "output = results/stats/{sample}.json",
		        "fastq-stats writes one output, this task has %s", has);
	}
}

void fq_manifest_set_outputs(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_OUTPUT];
	set_dir(loader, task, raw->values[TASK_DIR]);
	set_strip(loader, task, raw->values[TASK_STRIP]);
	if (value) {
		task->outputs = fq_manifest_words(loader, task, value, IN_OUTPUTS);
		check_cells(loader, raw, task, &task->outputs);
	}
	refuse_empty(loader, &task->outputs, "an output");
	bool is_told = !value && raw->is_incomplete;
	if (task->builtin && !is_told) {
		check_builtin(loader, task, value);
	}
}

void fq_manifest_set_inputs(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_INPUT];
	if (value) {
		task->inputs = fq_manifest_words(loader, task, value, IN_INPUTS);
		refuse_empty(loader, &task->inputs, "an input");
		check_cells(loader, raw, task, &task->inputs);
		task->own_input_count = task->inputs.count;
		task->has_input_key = true;
	}
}

static bool is_assignment(const struct fq_word *word)
{
	if (word->count == 0 || word->pieces[0].ref >= 0) {
		return false;
	}
	struct fq_text text = word->pieces[0].text;
	const char *equals = memchr(text.at, '=', text.len);
	struct fq_text name = {text.at, equals ? (size_t)(equals - text.at) : 0};
	return fq_manifest_is_name(name) && !memchr(name.at, '-', name.len);
}

static bool begins_with_one(const struct fq_word *word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && word->pieces[0].ref < 0; i++) {
		if (strncmp(word->pieces[0].text.at, names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* What a shell evaluates by itself: a value there would be syntax. */
static bool is_evaluated(const struct fq_task *task, const struct fq_word *word)
{
	static const char *const names[] = {"BASH_ENV=", "ENV=", "PS4=", "PS0=", "PS1=", "PROMPT_COMMAND=",
	        "SHELLOPTS=", "BASHOPTS=", "IFS=", "BASH_FUNC_"};
	/* These choose programs: the user's own variables may. */
	static const char *const choosing[] = {"PATH=", "LD_"};
	bool has_value = false, has_other = false;
	for (uint32_t i = 0; i < word->count; i++) {
		int32_t ref = word->pieces[i].ref;
		has_value |= ref >= 0;
		has_other |= ref >= 0 && task->refs[ref].kind != FQ_REF_VARIABLE;
	}
	return (has_value && begins_with_one(word, names, FQ_COUNT(names))) ||
	       (has_other && begins_with_one(word, choosing, FQ_COUNT(choosing)));
}

static void set_env(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (!value) {
		return;
	}
	task->env = fq_manifest_words(loader, task, value, IN_ENV);
	for (uint32_t i = 0; i < task->env.count; i++) {
		if (!is_assignment(&task->env.words[i])) {
			fq_manifest_complain_at(loader, task->env.words[i].line, task->env.words[i].column,
			        "env = THREADS_MAX=4 LC_ALL=C  (a NAME has letters, digits and _)",
			        "`env` holds NAME=VALUE words");
			return; /* the words behind it may be its own */
		}
		if (is_evaluated(task, &task->env.words[i])) {
			fq_manifest_complain_at(loader, task->env.words[i].line, task->env.words[i].column,
			        "write it without a placeholder",
			        "this variable is evaluated, or chooses programs: no value may stand in it");
		}
	}
}

/* --- in front of the command, behind it, and where it runs ------------------------------- */

static void set_cwd(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_CWD];
	task->cwd = fq_manifest_words(loader, task, value, IN_CWD);
	check_folder(loader, task, value, &task->cwd);
	check_cells(loader, raw, task, &task->cwd);
}

void fq_manifest_set_words(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	set_env(loader, task, raw->values[TASK_ENV]);
	if (raw->values[TASK_OPTIONS]) {
		task->options = fq_manifest_words(loader, task, raw->values[TASK_OPTIONS], IN_OPTIONS);
	}
	if (raw->values[TASK_WRAP]) {
		task->wrap = fq_manifest_words(loader, task, raw->values[TASK_WRAP], IN_WRAP);
		if (task->wrap.count == 0) {
			fq_manifest_complain(loader, raw->values[TASK_WRAP], 0, "wrap = micromamba run -n qc",
			        "`wrap` without a command");
		}
	}
	if (raw->values[TASK_CWD]) {
		set_cwd(loader, raw, task);
	}
}

/* A version is asked for once, for all jobs: it knows no sample. */
void fq_manifest_check_version(
        struct loader *loader, const struct fq_task *task, const struct ini_value *value)
{
	for (uint32_t i = 0; i < task->script.value_count; i++) {
		const struct fq_ref *ref = &task->refs[task->script.values[i]];
		if (ref->kind != FQ_REF_VARIABLE) {
			const char *at =
			        memmem(value->text.at, value->text.len, ref->text, strlen(ref->text));
			fq_manifest_complain(loader, value, at ? (size_t)(at - value->text.at) : 0,
			        "version = TOOL --version",
			        "%s cannot stand in `version`: it is asked for once, for all jobs",
			        ref->text);
		}
	}
}
