/* Tasks, once all names are known. The order matters: a template may ask how
 * many outputs another task has, so outputs come before inputs and commands. */
#include "internal.h"

#include <string.h>

/* --- per -------------------------------------------------------------------------- */

/* The built-in words that a value's placeholders name, and COLUMN for a sheet's, as a set of ALLOW(kind). */
static unsigned words_in(const struct loader *loader, const struct ini_value *value, bool is_script)
{
	unsigned found = 0;
	for (size_t at = 0; value && at < value->text.len; at++) {
		bool is_of_shell = is_script && at && value->text.at[at - 1] == '$'; /* ${sample} */
		if (value->text.at[at] != '{' || is_of_shell) {
			continue;
		}
		struct placeholder_shape shape = fq_manifest_shape(value->text, at);
		if (shape.len == 0 && is_script) {
			shape = fq_manifest_conditional(value->text, at);
		}
		if (shape.len == 0) {
			continue;
		}
		int kind = fq_manifest_builtin_word(shape.word);
		if (!shape.is_escaped && fq_manifest_shape_column(loader->manifest, &shape)) {
			found |= ALLOW(FQ_REF_COLUMN);
		} else if (!shape.is_escaped && kind >= 0) {
			found |= ALLOW(kind);
		}
		at += shape.len - 1;
	}
	return found;
}

static uint32_t infer_per(const struct loader *loader, const struct raw_task *raw)
{
	static const enum task_key keys[] = {
	        TASK_COMMAND, TASK_SETUP, TASK_INPUT, TASK_OUTPUT, TASK_OPTIONS, TASK_WHEN, TASK_ENV};
	unsigned words = 0;
	for (size_t i = 0; i < FQ_COUNT(keys); i++) {
		bool is_script = keys[i] == TASK_COMMAND || keys[i] == TASK_SETUP;
		words |= words_in(loader, raw->values[keys[i]], is_script);
	}
	if (words & ALLOW(FQ_REF_FILE)) {
		return FQ_PER_FILE;
	}
	unsigned of_samples = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_R1) |
	                      ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_COLUMN);
	return words & of_samples ? FQ_PER_SAMPLE : FQ_PER_COHORT;
}

/* One of the built-in words, or a sheet's column. */
static uint32_t read_per(struct loader *loader, const struct ini_value *value)
{
	struct fq_manifest *manifest = loader->manifest;
	size_t count = FQ_PER_COLUMN + manifest->column_count, chosen;
	const char **names = fq_zeroed(count, sizeof(*names));
	for (uint32_t per = 0; per < count; per++) {
		names[per] = fq_per_name(manifest, per);
	}
	for (chosen = 0; chosen < count && !fq_text_is(value->text, names[chosen]); chosen++) {
	}
	if (chosen == count) {
		chosen = fq_manifest_choice(loader, value, names, count);
	}
	fq_release(names);
	if (chosen >= FQ_PER_COLUMN) {
		fq_manifest_partition(manifest, (uint32_t)chosen - FQ_PER_COLUMN);
	}
	return (uint32_t)chosen;
}

/* --- the simple keys ---------------------------------------------------------------- */

static void set_choices(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	static const char *const builtins[] = {"fastq-stats"}, *const missing[] = {"refuse", "allow"};
	const struct ini_value *shell = raw->values[TASK_SHELL], *builtin = raw->values[TASK_BUILTIN];
	const struct ini_value *compare = raw->values[TASK_COMPARE];
	task->shell = shell ? (uint8_t)fq_manifest_choice(loader, shell, fq_shell_names, 2)
	                    : loader->manifest->shell;
	task->compare = compare ? (uint8_t)fq_manifest_choice(loader, compare, fq_compare_names, 4)
	                        : loader->manifest->compare;
	if (builtin) {
		fq_manifest_choice(loader, builtin, builtins, FQ_COUNT(builtins));
		task->builtin = FQ_BUILTIN_FASTQ_STATS;
	}
	if (raw->values[TASK_MISSING]) {
		task->may_miss = fq_manifest_choice(loader, raw->values[TASK_MISSING], missing, 2);
	}
}

/* What becomes of its outputs. */
static void set_keeping(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	bool *const flags[] = {&task->is_temp, &task->is_protected, &task->is_atomic, &task->keeps_partial};
	static const enum task_key keys[] = {TASK_TEMP, TASK_PROTECT, TASK_ATOMIC, TASK_KEEP_PARTIAL};
	for (size_t i = 0; i < FQ_COUNT(keys); i++) {
		const struct ini_value *value = raw->values[keys[i]];
		*flags[i] = value && fq_manifest_is_yes(loader, value);
		if (*flags[i] && !raw->values[TASK_OUTPUT]) {
			fq_manifest_complain_at(loader, value->line, value->column,
			        "name its `output`, or remove it", "`%.*s` of a task without an output",
			        (int)value->key.len, value->key.at);
		}
	}
	const struct ini_value *protect = raw->values[TASK_PROTECT];
	if (task->is_temp && task->is_protected) {
		fq_manifest_complain_at(loader, protect->line, protect->column, "keep one of the two",
		        "outputs cannot be both `temp` and protected");
	}
}

static void set_simple_keys(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *per = raw->values[TASK_PER], *use = raw->values[TASK_USE];
	if (use) {
		task->preset = fq_arena_copy(&loader->manifest->arena, use->text.at, use->text.len);
	}
	task->per = per ? read_per(loader, per) : infer_per(loader, raw);
	set_choices(loader, raw, task);
	set_keeping(loader, raw, task);
	fq_manifest_set_limits(loader, raw, task);
	fq_manifest_set_pool(loader, raw, task);
	fq_manifest_set_patterns(loader, raw, task);
}

static void check_kind(struct loader *loader, const struct raw_task *raw)
{
	const struct ini_value *command = raw->values[TASK_COMMAND], *builtin = raw->values[TASK_BUILTIN];
	bool is_empty = command && fq_text_trim(command->text).len == 0;
	if (is_empty || (!command && !builtin && !raw->is_incomplete)) {
		fq_manifest_complain_at(loader, raw->line, raw->column,
		        "add `command = ...` or `builtin = fastq-stats`", "task \"%.*s\" does nothing",
		        (int)raw->name.len, raw->name.at);
	}
	if (command && builtin) {
		fq_manifest_complain_at(loader, builtin->line, builtin->column, "keep one of the two",
		        "a task has a `command` or a `builtin`, not both");
	}
	static const enum task_key of_commands[] = {TASK_SHELL, TASK_SETUP, TASK_WRAP, TASK_OPTIONS,
	        TASK_VERSION, TASK_PROGRESS, TASK_FAIL_ON, TASK_JOBSERVER};
	for (size_t i = 0; i < FQ_COUNT(of_commands) && builtin && !command; i++) {
		const struct ini_value *idle = raw->values[of_commands[i]];
		if (idle) {
			fq_manifest_complain_at(loader, idle->line, idle->column, "remove it",
			        "a builtin needs no `%.*s`", (int)idle->key.len, idle->key.at);
		}
	}
}

static void check_name(struct loader *loader, const struct raw_task *raw)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (size_t i = 0; i < manifest->variable_count; i++) {
		if (fq_text_is(raw->name, manifest->variables[i].name)) {
			fq_manifest_complain_at(loader, raw->line, raw->column, "rename one of them",
			        "\"%.*s\" is also a variable, on %s", (int)raw->name.len, raw->name.at,
			        fq_manifest_place(loader, manifest->variables[i].line, raw->line));
		}
	}
	for (size_t i = 0; i < manifest->column_count; i++) {
		const struct fq_column *column = &manifest->columns[i];
		if (!column->is_hidden && fq_text_is(raw->name, column->name)) {
			fq_manifest_complain_at(loader, raw->line, raw->column, "rename the task",
			        "\"%s\" is also a column, on %s", column->name,
			        fq_manifest_place(loader, column->line, raw->line));
		}
	}
}

static void check_columns(struct loader *loader)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (size_t i = 0; i < manifest->column_count * manifest->variable_count; i++) {
		const struct fq_column *column = &manifest->columns[i / manifest->variable_count];
		const struct fq_variable *variable = &manifest->variables[i % manifest->variable_count];
		if (!column->is_hidden && strcmp(column->name, variable->name) == 0) {
			fq_manifest_complain_at(loader, variable->line, variable->column,
			        "rename the variable", "\"%s\" is also a column, on %s", column->name,
			        fq_manifest_place(loader, column->line, variable->line));
		}
	}
}

/* --- the whole ------------------------------------------------------------------------------ */

static void name_tasks(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	manifest->tasks =
	        fq_grow(manifest->tasks, &manifest->task_cap, loader->task_count, sizeof(*manifest->tasks));
	manifest->task_count = loader->task_count;
	for (size_t i = 0; i < loader->task_count; i++) {
		const struct raw_task *raw = &loader->tasks[i];
		manifest->tasks[i] = (struct fq_task){
		        .name = fq_arena_copy(&manifest->arena, raw->name.at, raw->name.len),
		        .line = raw->line,
		        .column = raw->column,
		};
	}
}

/* All that a job runs: its version, then its command. */
static void set_commands(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *setup = raw->values[TASK_SETUP], *version = raw->values[TASK_VERSION];
	if (task->builtin || !raw->values[TASK_COMMAND]) {
		return;
	}
	if (version) {
		fq_manifest_compile(loader, task, setup, version);
		fq_manifest_check_version(loader, task, version);
		task->version = task->script;
		task->script = (struct fq_script){0};
	}
	fq_manifest_compile(loader, task, setup, raw->values[TASK_COMMAND]);
	if (task->wrap.count || task->cwd.count) {
		task->script.is_direct =
		        false; /* `wrap` stands in front of a shell; a path is the job's own */
	}
}

static const char *tasks_hint(struct loader *loader)
{
	enum { SHOWN = 10 };
	const struct fq_manifest *manifest = loader->manifest;
	struct fq_buf hint = {0};
	for (size_t i = 0; i < manifest->task_count && i < SHOWN; i++) {
		fq_buf_addf(&hint, "%s%s", i ? ", " : "there are ", manifest->tasks[i].name);
	}
	if (manifest->task_count > SHOWN) {
		fq_buf_addf(&hint, " and %zu more", manifest->task_count - SHOWN);
	}
	const char *copy = fq_arena_copy(&loader->manifest->arena, hint.at, hint.len);
	fq_buf_finish(&hint);
	return copy;
}

const struct fq_task *fq_manifest_named_task(
        struct loader *loader, const struct ini_value *value, const struct plain_word *word)
{
	const struct fq_manifest *manifest = loader->manifest;
	const struct fq_task *task = fq_manifest_task(manifest, word->text);
	if (task || word->is_broken) {
		return task;
	}
	const char **names = fq_zeroed(manifest->task_count, sizeof(*names));
	for (size_t i = 0; i < manifest->task_count; i++) {
		names[i] = manifest->tasks[i].name;
	}
	const char *hint = fq_manifest_hint(loader, word->text, names, manifest->task_count);
	fq_manifest_complain(loader, value, word->offset, hint ? hint : tasks_hint(loader),
	        "no task is called \"%.*s\"", (int)word->text.len, word->text.at);
	fq_release(names);
	return NULL;
}

static void for_tasks(
        struct loader *loader, void (*set)(struct loader *, const struct raw_task *, struct fq_task *))
{
	for (size_t i = 0; i < loader->manifest->task_count; i++) {
		set(loader, &loader->tasks[i], &loader->manifest->tasks[i]);
	}
}

static void begin_one(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	check_name(loader, raw);
	check_kind(loader, raw);
	set_simple_keys(loader, raw, task);
}

static void finish_one(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	fq_manifest_set_inputs(loader, raw, task);
	fq_manifest_set_words(loader, raw, task);
	fq_manifest_set_after(loader, raw, task);
	fq_manifest_set_when(loader, raw, task);
	set_commands(loader, raw, task);
	fq_manifest_check_atomic(loader, raw, task);
	fq_manifest_set_draws(loader, raw, task);
	fq_manifest_add_implied(loader, task);
}

void fq_manifest_build_tasks(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	check_columns(loader);
	name_tasks(loader);
	for_tasks(loader, begin_one);
	for_tasks(loader, fq_manifest_set_outputs);
	for_tasks(loader, finish_one);
	if (manifest->task_count == 0 && loader->errors->errors == 0) {
		fq_errors_add(loader->errors, (struct fq_where){manifest->path, 0, 0},
		        "add a section [task NAME] with a command", "no task: nothing to do");
	}
}
