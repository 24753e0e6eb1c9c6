/* INI files that include others. */
#include "internal.h"

#include <string.h>
#include <sys/stat.h>

static void complain_of_file(
        struct loader *loader, const struct ini_value *value, size_t offset, const struct fq_error *err)
{
	if (value) {
		fq_manifest_complain_of_file(
		        loader, value, offset, "a path in `include` begins at the folder of this file", err);
	} else {
		fq_errors_add(loader->errors, err->where, err->hint, "%s", err->text);
	}
}

static bool is_cycle(
        struct loader *loader, const struct reading *now, const struct ini_value *value, size_t offset)
{
	for (const struct reading *by = now->by; by; by = by->by) {
		if (by->device == now->device && by->inode == now->inode) {
			fq_manifest_complain(loader, value, offset, "take one of these includes away",
			        "a cycle: %s is being read already, and includes this file", by->path);
			return true;
		}
	}
	return false;
}

/* Two files may include a third: its tasks are there once. */
static bool was_read(struct loader *loader, const struct reading *now)
{
	for (size_t i = 0; i < loader->read_count; i++) {
		if (loader->read[i].device == now->device && loader->read[i].inode == now->inode) {
			return true;
		}
	}
	if (now->inode) {
		loader->read = fq_grow(
		        loader->read, &loader->read_cap, loader->read_count + 1, sizeof(*loader->read));
		loader->read[loader->read_count++] = (struct read_file){now->device, now->inode};
	}
	return false;
}

/* Relative to the folder of the file that includes it. */
static void read_include(struct loader *loader, const struct reading *by, const struct ini_value *value,
        struct plain_word word)
{
	struct fq_text folder = fq_path_part(fq_text(by->path), FQ_PART_NAME);
	folder = (struct fq_text){by->path, (size_t)(folder.at - by->path)};
	struct fq_buf path = {0};
	if (word.text.len && word.text.at[0] != '/') {
		fq_buf_add_text(&path, folder);
	}
	fq_buf_add_text(&path, word.text);
	if (word.text.len) {
		fq_manifest_read_file(loader, path.at, value, word.offset);
	} else {
		fq_manifest_complain(
		        loader, value, word.offset, "include = common.ini", "a file without a name");
	}
	fq_buf_finish(&path);
}

static void read_includes(struct loader *loader, const struct reading *by)
{
	size_t count = loader->include_count;
	struct ini_value **values = loader->includes;
	loader->includes = NULL;
	loader->include_count = loader->include_cap = 0;
	for (size_t i = 0; i < count; i++) {
		size_t word_count;
		const struct plain_word *words = fq_manifest_split(loader, values[i], &word_count);
		if (word_count == 0) {
			fq_manifest_complain(
			        loader, values[i], 0, "include = common.ini", "`include` without a name");
		}
		for (size_t j = 0; j < word_count; j++) {
			read_include(loader, by, values[i], words[j]);
		}
	}
	fq_release(values);
}

void fq_manifest_read_file(
        struct loader *loader, const char *path, const struct ini_value *value, size_t offset)
{
	struct stat file = {0};
	struct fq_buf text = {0};
	struct fq_error err = {0};
	struct reading now = {.by = loader->reading, .path = path};
	if (stat(path, &file) == 0) {
		now.device = (uint64_t)file.st_dev;
		now.inode = (uint64_t)file.st_ino;
	}
	if (is_cycle(loader, &now, value, offset) || was_read(loader, &now)) {
		return;
	}
	if (fq_file_read(path, FQ_MANIFEST_BYTES_MAX, &text, &err)) {
		now.path = fq_arena_copy(&loader->manifest->arena, path, strlen(path));
		loader->reading = &now;
		fq_manifest_read_text(loader, fq_manifest_add_source(loader->manifest, path, &text, false));
		read_includes(loader, &now);
		loader->reading = now.by;
	} else {
		complain_of_file(loader, value, offset, &err);
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
}
