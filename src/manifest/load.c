#include "internal.h"

#include <string.h>

const char *const fq_per_names[] = {"file", "lane", "sample", "cohort"};

enum { SOURCES_SHOWN = 200 };

/* --- complaints ---------------------------------------------------------------- */

struct fq_text fq_manifest_line(const struct fq_manifest *manifest, uint32_t line)
{
	const char *at = manifest->source.at, *end = at + manifest->source.len;
	while (at && line > 1) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
		line--;
	}
	if (!at || line == 0) {
		return (struct fq_text){"", 0};
	}
	if (at == manifest->source.at && end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3; /* columns count from behind the mark */
	}
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t len = (size_t)((newline ? newline : end) - at);
	if (len && at[len - 1] == '\r') {
		len--;
	}
	return (struct fq_text){at, len};
}

static void complain_where(
        struct loader *loader, struct fq_where where, const char *hint, const char *format, va_list args)
{
	struct fq_buf text = {0};
	fq_buf_vaddf(&text, format, args);
	/* Line 0: a value of --set. */
	where.file = where.line ? loader->manifest->path : "--set";
	struct fq_finding *finding = fq_errors_add(loader->errors, where, hint, "%s", text.at);
	/* Finding a line is a walk from the top; nobody reads more of them than this. */
	if (loader->errors->errors <= SOURCES_SHOWN) {
		finding->source = fq_manifest_line(loader->manifest, where.line);
	}
	fq_buf_finish(&text);
}

void fq_manifest_complain(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain_where(loader, fq_ini_where(NULL, value, offset), hint, format, args);
	va_end(args);
}

void fq_manifest_complain_at(
        struct loader *loader, uint32_t line, uint32_t column, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain_where(loader, (struct fq_where){NULL, line, column}, hint, format, args);
	va_end(args);
}

/* --- sections --------------------------------------------------------------------- */

static bool is_repeated(struct loader *loader, struct fq_text name, uint32_t line)
{
	for (size_t i = 0; i < loader->seen_count; i++) {
		if (fq_text_equal(loader->seen[i].name, name)) {
			fq_manifest_complain_at(loader, line, 1, "put its keys together",
			        "section [%.*s] is already on line %u", (int)name.len, name.at,
			        loader->seen[i].line);
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
			        "section [task %.*s] is already on line %u", (int)name.len, name.at,
			        loader->tasks[i].line);
			return true;
		}
	}
	return false;
}

static enum section_kind begin_task(struct loader *loader, struct fq_text name, uint32_t line)
{
	static const char *const commands[] = {"run", "rerun", "watch", "submit", "attach", "cancel", "init",
	        "check", "list", "presets", "export", "status", "why", "log", "history", "accept", "forget",
	        "clean", "gc", "enter", "report", "graph", "trace", "help", "fastq-stats"};
	const uint32_t column = name.len ? column_of(name) : 7;
	if (!fq_manifest_is_name(name)) {
		fq_manifest_complain_at(loader, line, column, "letters, digits, _ and -, a letter or _ first",
		        name.len ? "not a task's name: \"%.*s\"" : "a task without a name%.*s", (int)name.len,
		        name.at);
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
			struct fq_where where = {loader->manifest->path, line, column};
			fq_errors_warn(loader->errors, where, "`fqrun run TASK` reaches the task",
			        "task \"%s\" is called like a command of fqrun", commands[i])
			        ->source = fq_manifest_line(loader->manifest, line);
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
	if (has_first_word(name, "pool", &rest) || has_first_word(name, "executor", &rest) ||
	        has_first_word(name, "notify", &rest)) {
		fq_manifest_complain_at(loader, line, 2, NULL, "[%.*s] is not available in this version",
		        (int)name.len, name.at);
		return SECTION_SKIPPED;
	}
	const char *blank = memchr(name.at, ' ', name.len);
	struct fq_text word = {name.at, blank ? (size_t)(blank - name.at) : name.len};
	const char *hint = fq_manifest_hint(loader, word, known, FQ_COUNT(known));
	fq_manifest_complain_at(loader, line, 2,
	        hint ? hint : "there are [fqrun], [samples], [vars] and [task NAME]",
	        "unknown section [%.*s]", (int)name.len, name.at);
	return SECTION_SKIPPED;
}

static void begin_section(void *context, struct fq_text name, uint32_t line)
{
	struct loader *loader = context;
	loader->section = is_repeated(loader, name, line) ? SECTION_SKIPPED : classify(loader, name, line);
	memset(loader->key_lines, 0, TASK_KEY_COUNT * sizeof(*loader->key_lines));
}

/* --- values ------------------------------------------------------------------------- */

static bool is_yes(struct loader *loader, const struct ini_value *value)
{
	if (!fq_text_is(value->text, "yes") && !fq_text_is(value->text, "no")) {
		fq_manifest_complain(loader, value, 0, NULL, "neither yes nor no: \"%.*s\"",
		        (int)value->text.len, value->text.at);
	}
	return fq_text_is(value->text, "yes");
}

static void set_jobs(struct loader *loader, const struct ini_value *value)
{
	enum { MOST = 100000 };
	uint64_t jobs;
	if (!fq_parse_number(value->text, &jobs) || jobs == 0 || jobs > MOST) {
		fq_manifest_complain(loader, value, 0, "write how many jobs may run at once, jobs = 4",
		        "not a number of jobs: \"%.*s\"", (int)value->text.len, value->text.at);
		return;
	}
	loader->manifest->jobs = (uint32_t)jobs;
}

static void set_fqrun(struct loader *loader, const struct ini_value *value, int key)
{
	struct fq_manifest *manifest = loader->manifest;
	static const char *const shells[] = {"bash", "sh"};
	switch (key) {
	case FQRUN_NAME:
		manifest->name = fq_arena_copy(&manifest->arena, value->text.at, value->text.len);
		manifest->has_name = value->text.len > 0;
		break;
	case FQRUN_STATE:
		if (value->text.len == 0) {
			fq_manifest_complain(loader, value, 0, NULL, "a folder without a name");
			break;
		}
		manifest->state = fq_arena_copy(&manifest->arena, value->text.at, value->text.len);
		break;
	case FQRUN_FAIL_FAST:
		manifest->fail_fast = is_yes(loader, value);
		break;
	case FQRUN_SHELL:
		manifest->shell = (uint8_t)fq_manifest_choice(loader, value, shells, FQ_COUNT(shells));
		break;
	default:
		set_jobs(loader, value);
		break;
	}
}

size_t fq_manifest_choice(
        struct loader *loader, const struct ini_value *value, const char *const *choices, size_t count)
{
	struct fq_buf all = {0};
	for (size_t i = 0; i < count; i++) {
		if (fq_text_is(value->text, choices[i])) {
			fq_buf_finish(&all);
			return i;
		}
		fq_buf_addf(&all, "%s%s", i ? ", " : "one of ", choices[i]);
	}
	const char *hint = fq_manifest_hint(loader, value->text, choices, count);
	fq_manifest_complain(loader, value, 0, hint ? hint : all.at, "`%.*s` cannot be \"%.*s\"",
	        (int)value->key.len, value->key.at, (int)value->text.len, value->text.at);
	fq_buf_finish(&all);
	return 0;
}

static const struct ini_value *keep(struct loader *loader, const struct ini_value *value)
{
	struct fq_arena *arena = &loader->manifest->arena;
	struct ini_value *copy = fq_arena_alloc(arena, sizeof(*copy));
	*copy = *value;
	copy->lines = fq_arena_alloc(arena, value->line_count * sizeof(*copy->lines));
	memcpy(copy->lines, value->lines, value->line_count * sizeof(*copy->lines));
	return copy;
}

static void take_key(struct loader *loader, const struct ini_value *value)
{
	int key = fq_manifest_key(loader, value);
	if (key < 0) {
		if (loader->section == SECTION_TASK) {
			loader->task->is_incomplete = true;
		}
		return;
	}
	if (loader->key_lines[key]) {
		fq_manifest_complain_at(loader, value->line, value->column, NULL,
		        "\"%.*s\" is already on line %u of this section", (int)value->key.len, value->key.at,
		        loader->key_lines[key]);
		return;
	}
	loader->key_lines[key] = value->line;
	if (loader->section == SECTION_TASK) {
		loader->task->values[key] = keep(loader, value);
	} else {
		set_fqrun(loader, value, key);
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
		take_key(loader, value);
		break;
	case SECTION_NONE:
		fq_manifest_complain_at(loader, value->line, value->column,
		        "begin with a section: [samples] or [task NAME]",
		        "a key in front of the first section");
		loader->section = SECTION_SKIPPED;
		break;
	case SECTION_SKIPPED:
		break;
	}
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
}

static bool read_source(struct fq_manifest *manifest, struct fq_errors *errors)
{
	struct fq_error err = {0};
	bool ok = fq_file_read(manifest->path, FQ_MANIFEST_BYTES_MAX, &manifest->source, &err);
	if (!ok) {
		fq_errors_add(errors, err.where, err.hint, "%s", err.text);
	}
	fq_error_finish(&err);
	return ok;
}

static void close_samples(struct loader *loader)
{
	loader->multiple_lanes = loader->manifest->lane_count > loader->manifest->sample_count;
}

bool fq_manifest_load(struct fq_manifest *ret, const char *path, const struct fq_setting *settings,
        size_t setting_count, struct fq_errors *errors)
{
	*ret = (struct fq_manifest){0};
	set_defaults(ret, path);
	if (!read_source(ret, errors)) {
		return false;
	}
	uint32_t key_lines[TASK_KEY_COUNT] = {0};
	struct loader loader = {
	        .manifest = ret,
	        .errors = errors,
	        .settings = settings,
	        .setting_count = setting_count,
	        .key_lines = key_lines,
	};
	struct ini_reader reader = {
	        .path = ret->path,
	        .source = {ret->source.at, ret->source.len},
	        .arena = &ret->arena,
	        .errors = errors,
	        .on_section = begin_section,
	        .on_value = take_value,
	        .context = &loader,
	};
	fq_ini_read(&reader);
	fq_manifest_apply_settings(&loader);
	close_samples(&loader);
	fq_manifest_build_tasks(&loader);
	fq_map_finish(&loader.sample_names);
	fq_release(loader.tasks);
	fq_release(loader.seen);
	return errors->errors == 0;
}

void fq_manifest_finish(struct fq_manifest *manifest)
{
	fq_release(manifest->files);
	fq_release(manifest->lanes);
	fq_release(manifest->samples);
	fq_release(manifest->variables);
	fq_release(manifest->tasks);
	fq_buf_finish(&manifest->source);
	fq_arena_finish(&manifest->arena);
	*manifest = (struct fq_manifest){0};
}
