/* Tasks, once all names are known. The order matters: a template may ask how
 * many outputs another task has, so outputs come before inputs and commands. */
#include "internal.h"

#include <string.h>

static const unsigned in_outputs = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) |
                                   ALLOW(FQ_REF_FILE) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) |
                                   ALLOW(FQ_REF_DIR) | ALLOW(FQ_REF_VARIABLE);
static const unsigned in_inputs = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) |
                                  ALLOW(FQ_REF_FILE) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) |
                                  ALLOW(FQ_REF_DIR) | ALLOW(FQ_REF_VARIABLE) | ALLOW(FQ_REF_READS) |
                                  ALLOW(FQ_REF_TASK_OUTPUT);
static const unsigned in_env = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) |
                               ALLOW(FQ_REF_FILE) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_DIR) |
                               ALLOW(FQ_REF_VARIABLE) | ALLOW(FQ_REF_INPUT) | ALLOW(FQ_REF_OUTPUT) |
                               ALLOW(FQ_REF_THREADS) | ALLOW(FQ_REF_TMP);
static const unsigned reads_kinds =
        ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_FILE);

/* --- per -------------------------------------------------------------------------- */

/* The built-in words that a value's placeholders name, as a set of ALLOW(kind). */
static unsigned words_in(const struct ini_value *value, bool is_script)
{
	unsigned found = 0;
	for (size_t at = 0; value && at < value->text.len; at++) {
		bool is_of_shell = is_script && at && value->text.at[at - 1] == '$'; /* ${sample} */
		if (value->text.at[at] != '{' || is_of_shell) {
			continue;
		}
		struct placeholder_shape shape = fq_manifest_shape(value->text, at);
		if (shape.len == 0) {
			continue;
		}
		int kind = fq_manifest_builtin_word(shape.word);
		if (kind >= 0 && !shape.is_escaped) {
			found |= ALLOW(kind);
		}
		at += shape.len - 1;
	}
	return found;
}

static uint8_t infer_per(const struct raw_task *raw)
{
	unsigned words = words_in(raw->values[TASK_COMMAND], true) | words_in(raw->values[TASK_SETUP], true) |
	                 words_in(raw->values[TASK_INPUT], false) | words_in(raw->values[TASK_OUTPUT], false);
	if (words & ALLOW(FQ_REF_FILE)) {
		return FQ_PER_FILE;
	}
	unsigned of_samples =
	        ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2);
	return words & of_samples ? FQ_PER_SAMPLE : FQ_PER_COHORT;
}

/* --- the simple keys ---------------------------------------------------------------- */

static void set_timeout(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value && (!fq_parse_duration(value->text, &task->timeout_ns) || task->timeout_ns == 0)) {
		fq_manifest_complain(loader, value, 0, "write it as 90s, 30m or 2h30m",
		        "not a time: \"%.*s\"", (int)value->text.len, value->text.at);
	}
}

static void set_simple_keys(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	static const char *const shells[] = {"bash", "sh"};
	static const char *const builtins[] = {"fastq-stats"};
	const struct ini_value *shell = raw->values[TASK_SHELL], *builtin = raw->values[TASK_BUILTIN];
	const struct ini_value *per = raw->values[TASK_PER];
	task->shell = shell ? (uint8_t)fq_manifest_choice(loader, shell, shells, FQ_COUNT(shells))
	                    : loader->manifest->shell;
	if (builtin) {
		fq_manifest_choice(loader, builtin, builtins, FQ_COUNT(builtins));
		task->builtin = FQ_BUILTIN_FASTQ_STATS;
	}
	task->per =
	        per ? (uint8_t)fq_manifest_choice(loader, per, fq_per_names, FQ_PER_COUNT) : infer_per(raw);
	set_timeout(loader, task, raw->values[TASK_TIMEOUT]);
}

static void check_kind(struct loader *loader, const struct raw_task *raw)
{
	const struct ini_value *command = raw->values[TASK_COMMAND], *builtin = raw->values[TASK_BUILTIN];
	bool is_empty = command && fq_text_trim(command->text).len == 0;
	if (is_empty || (!command && !builtin)) {
		fq_manifest_complain_at(loader, raw->line, raw->column,
		        "add `command = ...` or `builtin = fastq-stats`", "task \"%.*s\" does nothing",
		        (int)raw->name.len, raw->name.at);
	}
	if (command && builtin) {
		fq_manifest_complain_at(loader, builtin->line, builtin->column, "keep one of the two",
		        "a task has a `command` or a `builtin`, not both");
	}
	const struct ini_value *idle =
	        raw->values[TASK_SHELL] ? raw->values[TASK_SHELL] : raw->values[TASK_SETUP];
	if (builtin && !command && idle) {
		fq_manifest_complain_at(loader, idle->line, idle->column, "remove it",
		        "a builtin needs no `%.*s`", (int)idle->key.len, idle->key.at);
	}
}

static void check_name(struct loader *loader, const struct raw_task *raw)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (size_t i = 0; i < manifest->variable_count; i++) {
		if (fq_text_is(raw->name, manifest->variables[i].name)) {
			fq_manifest_complain_at(loader, raw->line, raw->column, "rename one of them",
			        "\"%.*s\" is also a variable, on line %u", (int)raw->name.len, raw->name.at,
			        manifest->variables[i].line);
		}
	}
}

/* --- templates ------------------------------------------------------------------------ */

static void refuse_empty(struct loader *loader, const struct fq_words *words, const char *what)
{
	for (uint32_t i = 0; i < words->count; i++) {
		const struct fq_word *word = &words->words[i];
		if (word->count == 0) {
			fq_manifest_complain_at(
			        loader, word->line, word->column, NULL, "%s without a name", what);
		}
	}
}

static void set_dir(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (!value) {
		return;
	}
	task->dir = fq_manifest_words(loader, task, value, ALLOW(FQ_REF_VARIABLE));
	if (fq_manifest_are_list(task, &task->dir, task->dir.count)) {
		fq_manifest_complain(
		        loader, value, 0, "quote a name that holds blanks", "`dir` is one folder");
	}
	refuse_empty(loader, &task->dir, "a folder");
}

static bool ends_in_slash(const struct fq_word *word)
{
	if (word->count == 0) {
		return false;
	}
	const struct fq_piece *last = &word->pieces[word->count - 1];
	return last->ref < 0 && last->text.len && last->text.at[last->text.len - 1] == '/';
}

static void set_outputs(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_OUTPUT];
	if (value) {
		task->outputs = fq_manifest_words(loader, task, value, in_outputs);
	}
	for (uint32_t i = 0; i < task->outputs.count; i++) {
		const struct fq_word *word = &task->outputs.words[i];
		if (ends_in_slash(word)) {
			fq_manifest_complain_at(loader, word->line, word->column,
			        "name the files that the task makes in it",
			        "a folder as an output is not available in this version");
		}
	}
	refuse_empty(loader, &task->outputs, "an output");
	bool is_told = !value && raw->is_incomplete;
	if (task->builtin && !is_told && fq_manifest_are_list(task, &task->outputs, task->outputs.count)) {
		struct fq_arena *arena = &loader->manifest->arena;
		const char *has = task->outputs.count == 1
		                          ? "a list"
		                          : fq_arena_format(arena, "%u", task->outputs.count);
		fq_manifest_complain_at(loader, value ? value->line : task->line,
		        value ? value->column : task->column, "output = results/stats/{sample}.json",
		        "fastq-stats writes one output, this task has %s", has);
	}
}

static void set_inputs(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (value) {
		task->inputs = fq_manifest_words(loader, task, value, in_inputs);
		refuse_empty(loader, &task->inputs, "an input");
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

/* What a shell evaluates by itself: a value there would be syntax. */
static bool is_evaluated(const struct fq_word *word)
{
	static const char *const names[] = {"BASH_ENV=", "ENV=", "PS4=", "PS0=", "PS1=", "PROMPT_COMMAND=",
	        "SHELLOPTS=", "BASHOPTS=", "IFS=", "BASH_FUNC_"};
	bool has_value = false;
	for (uint32_t i = 0; i < word->count; i++) {
		has_value |= word->pieces[i].ref >= 0;
	}
	for (size_t i = 0; i < FQ_COUNT(names) && has_value && word->pieces[0].ref < 0; i++) {
		if (strncmp(word->pieces[0].text.at, names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	return false;
}

static void set_env(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (!value) {
		return;
	}
	task->env = fq_manifest_words(loader, task, value, in_env);
	for (uint32_t i = 0; i < task->env.count; i++) {
		if (!is_assignment(&task->env.words[i])) {
			fq_manifest_complain_at(loader, task->env.words[i].line, task->env.words[i].column,
			        "env = THREADS_MAX=4 LC_ALL=C", "`env` holds NAME=VALUE words");
		} else if (is_evaluated(&task->env.words[i])) {
			fq_manifest_complain_at(loader, task->env.words[i].line, task->env.words[i].column,
			        "write it without a placeholder",
			        "a shell evaluates this variable by itself: no value may stand in it");
		}
	}
}

/* --- arrows ------------------------------------------------------------------------------ */

static void add_after(struct loader *loader, struct fq_task *task, uint32_t index, uint32_t line)
{
	for (uint32_t i = 0; i < task->after_count; i++) {
		if (task->after[i].task == index) {
			return;
		}
	}
	if (!task->after) {
		task->after = fq_arena_alloc(
		        &loader->manifest->arena, loader->manifest->task_count * sizeof(*task->after));
	}
	task->after[task->after_count++] = (struct fq_after){index, line};
}

static void set_after(struct loader *loader, struct fq_task *task, const struct ini_value *value)
{
	if (!value) {
		return;
	}
	const struct fq_manifest *manifest = loader->manifest;
	const char **names = fq_zeroed(manifest->task_count, sizeof(*names));
	for (size_t i = 0; i < manifest->task_count; i++) {
		names[i] = manifest->tasks[i].name;
	}
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	for (size_t i = 0; i < count; i++) {
		const struct fq_task *other = fq_manifest_task(manifest, words[i].text);
		if (other) {
			uint32_t line = fq_ini_where(NULL, value, words[i].offset).line;
			add_after(loader, task, (uint32_t)(other - manifest->tasks), line);
		} else {
			fq_manifest_complain(loader, value, words[i].offset,
			        fq_manifest_hint(loader, words[i].text, names, manifest->task_count),
			        "no task is called \"%.*s\"", (int)words[i].text.len, words[i].text.at);
		}
	}
	fq_release(names);
}

static bool inputs_hold(const struct fq_task *task, unsigned kinds, uint32_t index)
{
	for (uint32_t i = 0; i < task->inputs.count; i++) {
		const struct fq_word *word = &task->inputs.words[i];
		for (uint32_t j = 0; j < word->count; j++) {
			if (word->pieces[j].ref < 0) {
				continue;
			}
			const struct fq_ref *ref = &task->refs[word->pieces[j].ref];
			if ((kinds & ALLOW(ref->kind)) && ref->index == index) {
				return true;
			}
		}
	}
	return false;
}

static void add_input(struct loader *loader, struct fq_task *task, const struct fq_ref *ref)
{
	struct fq_arena *arena = &loader->manifest->arena;
	struct fq_word *words = fq_arena_alloc(arena, (task->inputs.count + 1) * sizeof(*words));
	if (task->inputs.count) {
		memcpy(words, task->inputs.words, task->inputs.count * sizeof(*words));
	}
	struct fq_piece *piece = fq_arena_alloc(arena, sizeof(*piece));
	piece->ref = (int32_t)fq_manifest_intern(loader, task, ref);
	words[task->inputs.count] = (struct fq_word){piece, 1, false, task->line, task->column};
	task->inputs.words = words;
	task->inputs.count++;
}

/* What a command reads without saying so in `input`: reads, and other tasks' outputs. */
static void add_implied(struct loader *loader, struct fq_task *task)
{
	bool reads = task->builtin && !task->has_input_key;
	for (uint32_t i = 0; i < task->ref_count; i++) {
		struct fq_ref ref = task->refs[i];
		reads |= (reads_kinds & ALLOW(ref.kind)) && ref.part == FQ_PART_WHOLE;
		if (ref.kind != FQ_REF_TASK_OUTPUT) {
			continue;
		}
		add_after(loader, task, ref.index, ref.line);
		if (!inputs_hold(task, ALLOW(FQ_REF_TASK_OUTPUT), ref.index)) {
			ref.form = FQ_FORM_WORDS;
			ref.is_list = fq_manifest_is_list(loader, task, &ref);
			ref.demand = 0;
			add_input(loader, task, &ref);
		}
	}
	if (reads && !inputs_hold(task, ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_FILE), 0)) {
		struct fq_ref ref = {.kind = FQ_REF_READS, .is_list = true, .text = "{reads}"};
		add_input(loader, task, &ref);
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

void fq_manifest_build_tasks(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	name_tasks(loader);
	for (size_t i = 0; i < manifest->task_count; i++) {
		check_name(loader, &loader->tasks[i]);
		check_kind(loader, &loader->tasks[i]);
		set_simple_keys(loader, &loader->tasks[i], &manifest->tasks[i]);
		set_dir(loader, &manifest->tasks[i], loader->tasks[i].values[TASK_DIR]);
		set_outputs(loader, &loader->tasks[i], &manifest->tasks[i]);
	}
	for (size_t i = 0; i < manifest->task_count; i++) {
		const struct raw_task *raw = &loader->tasks[i];
		struct fq_task *task = &manifest->tasks[i];
		set_inputs(loader, task, raw->values[TASK_INPUT]);
		set_env(loader, task, raw->values[TASK_ENV]);
		set_after(loader, task, raw->values[TASK_AFTER]);
		if (raw->values[TASK_COMMAND] && !task->builtin) {
			fq_manifest_compile(loader, task, raw->values[TASK_SETUP], raw->values[TASK_COMMAND]);
		}
		add_implied(loader, task);
	}
	if (manifest->task_count == 0 && loader->errors->errors == 0) {
		fq_errors_add(loader->errors, (struct fq_where){manifest->path, 0, 0},
		        "add a section [task NAME] with a command", "no task: nothing to do");
	}
}
