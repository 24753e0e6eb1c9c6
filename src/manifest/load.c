#include "fqrun/condition.h"
#include "internal.h"

#include <string.h>

/* --- sections --------------------------------------------------------------------- */

static bool is_repeated(struct loader *loader, struct fq_text name, uint32_t line)
{
	for (size_t i = 0; i < loader->seen_count; i++) {
		if (fq_text_equal(loader->seen[i].name, name)) {
			fq_manifest_complain_at(loader, line, 1, "put its keys together",
			        "section [%.*s] is already on %s", (int)name.len, name.at,
			        fq_manifest_place(loader, loader->seen[i].line, line));
			return true;
		}
	}
	loader->seen =
	        fq_grow(loader->seen, &loader->seen_cap, loader->seen_count + 1, sizeof(*loader->seen));
	loader->seen[loader->seen_count++] = (struct seen_section){name, line};
	return false;
}

static bool has_first_word(struct fq_text text, const char *word, struct fq_text *ret_rest)
{
	size_t len = strlen(word);
	if (text.len < len || memcmp(text.at, word, len) != 0) {
		return false;
	}
	if (text.len > len && text.at[len] != ' ' && text.at[len] != '\t') {
		return false;
	}
	*ret_rest = fq_text_trim((struct fq_text){text.at + len, text.len - len});
	return true;
}

/* `name` is part of a section's header, which begins the line. */
static uint32_t column_of(struct fq_text name)
{
	const char *bracket = name.at - 1;
	while (*bracket != '[') {
		bracket--;
	}
	return (uint32_t)(name.at - bracket) + 1;
}

/* The header may be written with other blanks: [task  x] is [task x]. */
static bool is_repeated_task(struct loader *loader, struct fq_text name, uint32_t line)
{
	for (size_t i = 0; i < loader->task_count; i++) {
		if (fq_text_equal(loader->tasks[i].name, name)) {
			fq_manifest_complain_at(loader, line, 1, "put its keys together",
			        "section [task %.*s] is already on %s", (int)name.len, name.at,
			        fq_manifest_place(loader, loader->tasks[i].line, line));
			return true;
		}
	}
	return false;
}

/* Of [task NAME] and the like. */
static bool check_name(struct loader *loader, const char *what, struct fq_text name, uint32_t line)
{
	if (fq_manifest_is_name(name)) {
		return true;
	}
	if (name.len == 0) {
		fq_manifest_complain_at(loader, line, (uint32_t)strlen("[]") + 1 + (uint32_t)strlen(what),
		        fq_arena_format(&loader->manifest->arena, "write [%s NAME]", what),
		        "a %s without a name", what);
	} else {
		fq_manifest_complain_at(loader, line, column_of(name),
		        "letters, digits, _ and -, a letter or _ first", "not a %s's name: \"%.*s\"", what,
		        (int)name.len, name.at);
	}
	return false;
}

static enum section_kind begin_pool(struct loader *loader, struct fq_text name, uint32_t line)
{
	bool is_new = check_name(loader, "pool", name, line) &&
	              fq_manifest_begin_pool(loader, name, line, column_of(name));
	return is_new ? SECTION_POOL : SECTION_SKIPPED;
}

static enum section_kind begin_task(struct loader *loader, struct fq_text name, uint32_t line)
{
	static const char *const commands[] = {"run", "rerun", "watch", "submit", "attach", "cancel", "init",
	        "check", "list", "presets", "export", "status", "why", "log", "history", "accept", "forget",
	        "clean", "gc", "enter", "report", "graph", "trace", "help", "fastq-stats"};
	const uint32_t column = name.len ? column_of(name) : 7;
	if (!check_name(loader, "task", name, line)) {
		return SECTION_SKIPPED;
	}
	if (fq_manifest_builtin_word(name) >= 0) {
		fq_manifest_complain_at(loader, line, column, "choose another name",
		        "{%.*s} is a built-in placeholder", (int)name.len, name.at);
		return SECTION_SKIPPED;
	}
	if (is_repeated_task(loader, name, line)) {
		return SECTION_SKIPPED;
	}
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		if (fq_text_is(name, commands[i])) {
			fq_manifest_warn_at(loader, line, column, "`fqrun run TASK` reaches the task",
			        "task \"%s\" has the name of a command of fqrun", commands[i]);
		}
	}
	loader->tasks =
	        fq_grow(loader->tasks, &loader->task_cap, loader->task_count + 1, sizeof(*loader->tasks));
	loader->task = &loader->tasks[loader->task_count++];
	*loader->task = (struct raw_task){.name = name, .line = line, .column = column};
	return SECTION_TASK;
}

static enum section_kind classify(struct loader *loader, struct fq_text name, uint32_t line)
{
	static const char *const known[] = {"fqrun", "samples", "vars", "task", "pool", "executor", "notify"};
	struct fq_text rest;
	if (fq_text_is(name, "fqrun")) {
		return SECTION_FQRUN;
	}
	if (fq_text_is(name, "samples")) {
		return SECTION_SAMPLES;
	}
	if (fq_text_is(name, "vars")) {
		return SECTION_VARS;
	}
	if (has_first_word(name, "task", &rest)) {
		return begin_task(loader, rest, line);
	}
	if (has_first_word(name, "pool", &rest)) {
		return begin_pool(loader, rest, line);
	}
	if (has_first_word(name, "executor", &rest) || has_first_word(name, "notify", &rest)) {
		fq_manifest_complain_at(loader, line, 2, "take the section out",
		        "[%.*s] is not available in this version", (int)name.len, name.at);
		return SECTION_SKIPPED;
	}
	const char *blank = memchr(name.at, ' ', name.len);
	struct fq_text word = {name.at, blank ? (size_t)(blank - name.at) : name.len};
	const char *hint = fq_manifest_hint(loader, word, known, FQ_COUNT(known));
	fq_manifest_complain_at(loader, line, 2,
	        hint ? hint : "there are [fqrun], [samples], [vars], [task NAME] and [pool NAME]",
	        "unknown section [%.*s]", (int)name.len, name.at);
	return SECTION_SKIPPED;
}

static void begin_section(void *context, struct fq_text name, uint32_t line)
{
	struct loader *loader = context;
	loader->section = is_repeated(loader, name, line) ? SECTION_SKIPPED : classify(loader, name, line);
	memset(loader->key_lines, 0, KEY_COUNT_MAX * sizeof(*loader->key_lines));
}

/* --- values ------------------------------------------------------------------------- */

struct ini_value *fq_manifest_keep(struct loader *loader, const struct ini_value *value)
{
	struct fq_arena *arena = &loader->manifest->arena;
	struct ini_value *copy = fq_arena_alloc(arena, sizeof(*copy));
	*copy = *value;
	copy->lines = fq_arena_alloc(arena, value->line_count * sizeof(*copy->lines));
	memcpy(copy->lines, value->lines, value->line_count * sizeof(*copy->lines));
	return copy;
}

/* What seems to be missing may stand in the line that was refused. */
static void take_refusal(void *context)
{
	struct loader *loader = context;
	if (loader->section == SECTION_TASK) {
		loader->task->is_incomplete = true;
	} else if (loader->section == SECTION_POOL) {
		fq_manifest_take_depth(loader, NULL);
	} else if (loader->section == SECTION_NONE) {
		loader->section = SECTION_SKIPPED;
	}
}

static void take_key(struct loader *loader, const struct ini_value *value)
{
	int key = fq_manifest_key(loader, value);
	if (key < 0) {
		take_refusal(loader);
		return;
	}
	if (loader->key_lines[key]) {
		fq_manifest_complain_at(loader, value->line, value->column, "keep one of them",
		        "\"%.*s\" is already on %s of this section", (int)value->key.len, value->key.at,
		        fq_manifest_place(loader, loader->key_lines[key], value->line));
		return;
	}
	loader->key_lines[key] = value->line;
	struct ini_value *kept = fq_manifest_keep(loader, value);
	if (loader->section == SECTION_TASK) {
		loader->task->values[key] = kept;
	} else if (loader->section == SECTION_POOL) {
		fq_manifest_take_depth(loader, kept);
	} else {
		fq_manifest_take_fqrun(loader, kept, key);
	}
}

static void take_value(void *context, const struct ini_value *value)
{
	struct loader *loader = context;
	switch (loader->section) {
	case SECTION_SAMPLES:
		fq_manifest_add_sample(loader, value);
		break;
	case SECTION_VARS:
		fq_manifest_add_variable(loader, value);
		break;
	case SECTION_FQRUN:
	case SECTION_TASK:
	case SECTION_POOL:
		take_key(loader, value);
		break;
	case SECTION_NONE:
		fq_manifest_complain_at(loader, value->line, value->column,
		        "begin with a section: [samples] or [task NAME]",
		        "a key in front of the first section");
		loader->section = SECTION_SKIPPED;
		break;
	case SECTION_PRESET:
	case SECTION_SKIPPED:
		break;
	}
}

void fq_manifest_read_text(struct loader *loader, uint32_t index)
{
	const struct fq_source *source = &loader->manifest->sources[index];
	struct ini_reader reader = {
	        .path = source->path,
	        .source = {source->text.at, source->text.len},
	        .lines_before = source->lines_before,
	        .arena = &loader->manifest->arena,
	        .errors = loader->errors,
	        .on_section = begin_section,
	        .on_value = take_value,
	        .on_refused = take_refusal,
	        .context = loader,
	};
	loader->seen_count = 0;
	loader->section = SECTION_NONE;
	fq_ini_read(&reader);
}

/* --- the whole ----------------------------------------------------------------------- */

static void set_defaults(struct fq_manifest *manifest, const char *path)
{
	struct fq_text name = fq_path_part(fq_text(path), FQ_PART_NAME);
	if (name.len > 4 && memcmp(name.at + name.len - 4, ".ini", 4) == 0) {
		name.len -= 4;
	}
	manifest->path = fq_arena_copy(&manifest->arena, path, strlen(path));
	manifest->name = fq_arena_copy(&manifest->arena, name.at, name.len);
	manifest->state = ".fqrun";
	manifest->log_limit_bytes = FQ_LOG_LIMIT_BYTES;
}

static void add_samples_from_elsewhere(struct loader *loader)
{
	for (size_t i = 0; i < loader->sheet_count; i++) {
		fq_manifest_read_sheets(loader, loader->sheets[i]);
	}
	for (size_t i = 0; i < loader->find_count; i++) {
		fq_manifest_find_samples(loader, loader->finds[i]);
	}
	loader->multiple_lanes = loader->manifest->lane_count > loader->manifest->sample_count;
}

bool fq_manifest_load(struct fq_manifest *ret, const char *path, const struct fq_setting *settings,
        size_t setting_count, struct fq_errors *errors)
{
	*ret = (struct fq_manifest){0};
	set_defaults(ret, path);
	uint32_t key_lines[KEY_COUNT_MAX] = {0};
	struct loader loader = {
	        .manifest = ret,
	        .errors = errors,
	        .settings = settings,
	        .setting_count = setting_count,
	        .key_lines = key_lines,
	};
	fq_manifest_read_file(&loader, path, NULL, 0);
	if (ret->source_count) {
		fq_manifest_apply_fqrun(&loader);
		add_samples_from_elsewhere(&loader);
		fq_manifest_use_presets(&loader);
		fq_manifest_apply_settings(&loader);
		if (!loader.lacks_sheet) {
			fq_manifest_build_tasks(&loader);
			fq_manifest_apply_default(&loader);
		}
		fq_manifest_check_pools(&loader);
	}
	fq_map_finish(&loader.sample_names);
	fq_release(loader.tasks);
	fq_release(loader.seen);
	fq_release(loader.read);
	fq_release(loader.sheets);
	fq_release(loader.finds);
	return errors->errors == 0;
}

void fq_manifest_finish(struct fq_manifest *manifest)
{
	for (size_t i = 0; i < manifest->source_count; i++) {
		fq_buf_finish(&manifest->sources[i].text);
	}
	for (size_t i = 0; i < manifest->column_count; i++) {
		fq_release(manifest->columns[i].values);
	}
	for (size_t i = 0; i < manifest->task_count; i++) {
		fq_condition_finish(manifest->tasks[i].when);
	}
	fq_release(manifest->sources);
	fq_release(manifest->columns);
	fq_release(manifest->sheets);
	fq_release(manifest->overlaps);
	fq_release(manifest->files);
	fq_release(manifest->lanes);
	fq_release(manifest->samples);
	fq_release(manifest->variables);
	fq_release(manifest->tasks);
	fq_release(manifest->values);
	fq_release(manifest->pools);
	fq_arena_finish(&manifest->arena);
	*manifest = (struct fq_manifest){0};
}
