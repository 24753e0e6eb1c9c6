#include "internal.h"

#include <string.h>

static void set_words(struct loader *loader, struct fq_variable *variable, const struct ini_value *value)
{
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	variable->words = fq_arena_alloc(&loader->manifest->arena, count * sizeof(*variable->words));
	variable->word_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		variable->words[i] = words[i].text;
	}
}

void fq_manifest_add_variable(struct loader *loader, const struct ini_value *value)
{
	struct fq_manifest *manifest = loader->manifest;
	if (!fq_manifest_is_name(value->key)) {
		fq_manifest_complain_at(loader, value->line, value->column,
		        "letters, digits, _ and -, a letter or _ first", "not a variable's name: \"%.*s\"",
		        (int)value->key.len, value->key.at);
		return;
	}
	if (fq_manifest_builtin_word(value->key) >= 0) {
		fq_manifest_complain_at(loader, value->line, value->column, "choose another name",
		        "{%.*s} is a built-in placeholder", (int)value->key.len, value->key.at);
		return;
	}
	for (size_t i = 0; i < manifest->variable_count; i++) {
		if (fq_text_is(value->key, manifest->variables[i].name)) {
			fq_manifest_complain_at(loader, value->line, value->column, "keep one of them",
			        "variable \"%s\" is already on %s", manifest->variables[i].name,
			        fq_manifest_place(loader, manifest->variables[i].line, value->line));
			return;
		}
	}
	manifest->variables = fq_grow(manifest->variables, &manifest->variable_cap,
	        manifest->variable_count + 1, sizeof(*manifest->variables));
	struct fq_variable *variable = &manifest->variables[manifest->variable_count++];
	*variable = (struct fq_variable){
	        .name = fq_arena_copy(&manifest->arena, value->key.at, value->key.len),
	        .line = value->line,
	        .column = value->column,
	};
	set_words(loader, variable, value);
}

static void apply(struct loader *loader, const struct fq_setting *setting)
{
	struct fq_manifest *manifest = loader->manifest;
	const char **names = fq_zeroed(manifest->variable_count, sizeof(*names));
	struct fq_variable *found = NULL;
	for (size_t i = 0; i < manifest->variable_count; i++) {
		names[i] = manifest->variables[i].name;
		if (strcmp(setting->name, names[i]) == 0) {
			found = &manifest->variables[i];
		}
	}
	if (found) {
		struct value_line line = {0, 0, 1};
		struct ini_value value = {.key = fq_text(setting->name),
		        .text = fq_text(setting->value),
		        .lines = &line,
		        .line_count = 1};
		set_words(loader, found, &value);
	} else {
		fq_errors_add(loader->errors, (struct fq_where){"--set", 0, 0},
		        fq_manifest_hint(loader, fq_text(setting->name), names, manifest->variable_count),
		        "no variable \"%s\" in [vars] of %s", setting->name, manifest->path);
	}
	fq_release(names);
}

void fq_manifest_apply_settings(struct loader *loader)
{
	for (size_t i = 0; i < loader->setting_count; i++) {
		apply(loader, &loader->settings[i]);
	}
}
