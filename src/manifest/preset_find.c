/* Where presets are. */
#include "internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS_MAX = 5 };

static const char *beside_program(struct fq_arena *arena, const char *folder)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	while (len > 0 && path[len - 1] != '/') {
		len--;
	}
	return len > 0 ? fq_arena_format(arena, "%.*s%s", (int)len, path, folder) : NULL;
}

static const char *of_user(struct fq_arena *arena)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && config[0] == '/') {
		return fq_arena_format(arena, "%s/fqrun/presets", config);
	}
	return home && home[0] == '/' ? fq_arena_format(arena, "%s/.config/fqrun/presets", home) : NULL;
}

/* Behind the user's own: beside a program that is not installed, and where it would be. */
size_t fq_preset_folders(struct fq_arena *arena, const char **ret, size_t most)
{
	static const char installed[] = FQ_DATA_DIR "/presets";
	const char *folders[FOLDERS_MAX] = {"presets", of_user(arena), beside_program(arena, "presets"),
	        beside_program(arena, "../share/fqrun/presets"), installed};
	size_t count = 0;
	for (size_t i = 0; i < FOLDERS_MAX && count < most; i++) {
		if (folders[i]) {
			ret[count++] = folders[i];
		}
	}
	return count;
}

const char *fq_preset_find(struct fq_arena *arena, struct fq_text name)
{
	const char *folders[FOLDERS_MAX];
	size_t count = fq_manifest_is_name(name) ? fq_preset_folders(arena, folders, FOLDERS_MAX) : 0;
	for (size_t i = 0; i < count; i++) {
		const char *path = fq_arena_format(arena, "%s/%.*s.ini", folders[i], (int)name.len, name.at);
		if (access(path, F_OK) == 0) {
			return path;
		}
	}
	return NULL;
}

/* --- all of them ------------------------------------------------------------------------ */

struct list {
	struct fq_arena *arena;
	struct fq_preset *presets;
	size_t count, cap;
};

static void skip_section(void *context, struct fq_text name, uint32_t line)
{
	(void)context;
	(void)name;
	(void)line;
}

struct about {
	struct fq_arena *arena;
	const char *text;
};

static void take_about(void *context, const struct ini_value *value)
{
	struct about *about = context;
	if (fq_text_is(value->section, "preset") && fq_text_is(value->key, "about")) {
		about->text = fq_arena_copy(about->arena, value->text.at, value->text.len);
	}
}

static const char *read_about(struct fq_arena *arena, const char *path)
{
	struct fq_buf text = {0};
	struct fq_error err = {0};
	struct fq_errors errors = {0};
	struct about about = {arena, ""};
	if (fq_file_read(path, FQ_MANIFEST_BYTES_MAX, &text, &err)) {
		struct ini_reader reader = {.path = path,
		        .source = {text.at, text.len},
		        .arena = arena,
		        .errors = &errors,
		        .on_section = skip_section,
		        .on_value = take_about,
		        .context = &about};
		fq_ini_read(&reader);
	}
	fq_errors_finish(&errors);
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return about.text;
}

static bool is_listed(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->presets[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static void list_folder(struct list *list, const char *path)
{
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		size_t len = strlen(entry->d_name);
		if (len <= 4 || strcmp(entry->d_name + len - 4, ".ini") != 0) {
			continue;
		}
		const char *name = fq_arena_copy(list->arena, entry->d_name, len - 4);
		if (!fq_manifest_is_name(fq_text(name)) || is_listed(list, name)) {
			continue;
		}
		const char *file = fq_arena_format(list->arena, "%s/%s", path, entry->d_name);
		list->presets = fq_grow(list->presets, &list->cap, list->count + 1, sizeof(*list->presets));
		list->presets[list->count++] = (struct fq_preset){name, file, read_about(list->arena, file)};
	}
	if (folder) {
		closedir(folder);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct fq_preset *)a)->name, ((const struct fq_preset *)b)->name);
}

size_t fq_preset_list(struct fq_arena *arena, struct fq_preset **ret)
{
	const char *folders[FOLDERS_MAX];
	struct list list = {.arena = arena};
	size_t count = fq_preset_folders(arena, folders, FOLDERS_MAX);
	for (size_t i = 0; i < count; i++) {
		list_folder(&list, folders[i]);
	}
	*ret = fq_arena_alloc(arena, list.count * sizeof(**ret));
	if (list.count) {
		fq_sort(list.presets, list.count, sizeof(*list.presets), by_name);
		memcpy(*ret, list.presets, list.count * sizeof(**ret));
	}
	fq_release(list.presets);
	return list.count;
}
