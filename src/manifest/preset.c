/* A task's `use`: a preset's keys fill in what the task does not say itself. */
#include "internal.h"

#include <string.h>

enum preset_part { PART_NONE, PART_ABOUT, PART_NEEDS, PART_VARS, PART_TASK };

/* A preset being read for one task. */
struct preset {
	struct loader *loader;
	struct raw_task *raw;
	const struct ini_value *use;
	enum preset_part part;
	uint32_t key_lines[TASK_KEY_COUNT];
	struct ini_value **needs;
	size_t need_count, need_cap;
};

static void begin_section(void *context, struct fq_text name, uint32_t line)
{
	static const struct {
		const char *name;
		enum preset_part part;
	} parts[] = {{"preset", PART_ABOUT}, {"needs", PART_NEEDS}, {"vars", PART_VARS}, {"task", PART_TASK}};
	struct preset *preset = context;
	preset->part = PART_NONE;
	for (size_t i = 0; i < FQ_COUNT(parts); i++) {
		if (fq_text_is(name, parts[i].name)) {
			preset->part = parts[i].part;
		}
	}
	if (preset->part == PART_NONE) {
		fq_manifest_complain_at(preset->loader, line, 2,
		        "a preset has [preset], [needs], [vars] and [task]", "unknown section [%.*s]",
		        (int)name.len, name.at);
	}
}

static bool has_variable(const struct loader *loader, struct fq_text name)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (size_t i = 0; i < manifest->variable_count; i++) {
		if (fq_text_is(name, manifest->variables[i].name)) {
			return true;
		}
	}
	return false;
}

static void take_key(struct preset *preset, const struct ini_value *value)
{
	struct loader *loader = preset->loader;
	loader->section = SECTION_TASK;
	int key = fq_manifest_key(loader, value);
	if (key < 0) {
		preset->raw->is_incomplete = true;
	} else if (key == TASK_USE) {
		fq_manifest_complain_at(loader, value->line, value->column, "write out what it holds",
		        "a preset cannot use another");
	} else if (key >= 0 && preset->key_lines[key]) {
		fq_manifest_complain_at(loader, value->line, value->column, "keep one of them",
		        "\"%.*s\" is already on %s of this section", (int)value->key.len, value->key.at,
		        fq_manifest_place(loader, preset->key_lines[key], value->line));
	} else if (key >= 0) {
		preset->key_lines[key] = value->line;
		if (!preset->raw->values[key]) {
			preset->raw->values[key] = fq_manifest_keep(loader, value);
		}
	}
}

static void take_value(void *context, const struct ini_value *value)
{
	struct preset *preset = context;
	switch (preset->part) {
	case PART_NEEDS:
		preset->needs = fq_grow(
		        preset->needs, &preset->need_cap, preset->need_count + 1, sizeof(struct ini_value *));
		preset->needs[preset->need_count++] = fq_manifest_keep(preset->loader, value);
		break;
	case PART_VARS:
		if (!has_variable(preset->loader, value->key)) {
			fq_manifest_add_variable(preset->loader, value);
		}
		break;
	case PART_TASK:
		take_key(preset, value);
		break;
	default:
		break; /* what [preset] says is for people */
	}
}

static void take_refusal(void *context)
{
	((struct preset *)context)->raw->is_incomplete = true;
}

static bool is_in_settings(const struct loader *loader, struct fq_text name)
{
	for (size_t i = 0; i < loader->setting_count; i++) {
		if (fq_text_is(name, loader->settings[i].name)) {
			return true;
		}
	}
	return false;
}

static bool is_set(const struct loader *loader, struct fq_text name)
{
	for (size_t i = 0; i < loader->manifest->column_count; i++) {
		if (fq_text_is(name, loader->manifest->columns[i].name)) {
			return true;
		}
	}
	return has_variable(loader, name) || is_in_settings(loader, name);
}

/* What only the user can know. --set may say it too, and needs a variable to set. */
static void check_needs(struct preset *preset)
{
	struct loader *loader = preset->loader;
	for (size_t i = 0; i < preset->need_count; i++) {
		const struct ini_value *need = preset->needs[i];
		struct ini_value empty = *need;
		empty.text.len = 0;
		if (!is_set(loader, need->key)) {
			const char *hint = fq_arena_format(&loader->manifest->arena,
			        "add to [vars]:  %.*s = ...  (%.*s)", (int)need->key.len, need->key.at,
			        (int)need->text.len, need->text.at);
			fq_manifest_complain(loader, preset->use, 0, hint, "preset \"%.*s\" needs {%.*s}",
			        (int)preset->use->text.len, preset->use->text.at, (int)need->key.len,
			        need->key.at);
			fq_manifest_add_variable(loader, &empty); /* one error is enough */
		} else if (is_in_settings(loader, need->key) && !has_variable(loader, need->key)) {
			fq_manifest_add_variable(loader, &empty);
		}
	}
}

static void read_preset(struct loader *loader, struct raw_task *raw, const char *path)
{
	struct preset preset = {.loader = loader, .raw = raw, .use = raw->values[TASK_USE]};
	struct fq_buf text = {0};
	struct fq_error err = {0};
	if (!fq_file_read(path, FQ_MANIFEST_BYTES_MAX, &text, &err)) {
		raw->is_incomplete = true;
		fq_manifest_complain_of_file(loader, preset.use, 0, err.hint, &err);
		fq_error_finish(&err);
		fq_buf_finish(&text);
		return;
	}
	uint32_t number = fq_manifest_add_source(loader->manifest, path, &text, false);
	const struct fq_source *source = &loader->manifest->sources[number];
	struct ini_reader reader = {
	        .path = source->path,
	        .source = {source->text.at, source->text.len},
	        .lines_before = source->lines_before,
	        .arena = &loader->manifest->arena,
	        .errors = loader->errors,
	        .on_section = begin_section,
	        .on_value = take_value,
	        .on_refused = take_refusal,
	        .context = &preset,
	};
	fq_ini_read(&reader);
	check_needs(&preset);
	fq_release(preset.needs);
}

static void complain_of_name(struct loader *loader, const struct ini_value *use)
{
	struct fq_preset *presets;
	size_t count = fq_preset_list(&loader->manifest->arena, &presets);
	const char **names = fq_zeroed(count, sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		names[i] = presets[i].name;
	}
	const char *hint = fq_manifest_hint(loader, use->text, names, count);
	fq_manifest_complain(loader, use, 0, hint ? hint : "`fqrun presets` lists them",
	        "no preset is called \"%.*s\"", (int)use->text.len, use->text.at);
	fq_release(names);
}

void fq_manifest_use_presets(struct loader *loader)
{
	for (size_t i = 0; i < loader->task_count; i++) {
		struct raw_task *raw = &loader->tasks[i];
		const struct ini_value *use = raw->values[TASK_USE];
		const char *path = use ? fq_preset_find(&loader->manifest->arena, use->text) : NULL;
		if (path) {
			read_preset(loader, raw, path);
		} else if (use) {
			raw->is_incomplete = true;
			complain_of_name(loader, use);
		}
	}
}
