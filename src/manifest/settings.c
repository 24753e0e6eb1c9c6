/* [fqrun]: settings of the whole run. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static void append(struct ini_value ***list, size_t *count, size_t *cap, struct ini_value *value)
{
	*list = fq_grow(*list, cap, *count + 1, sizeof(struct ini_value *));
	(*list)[(*count)++] = value;
}

void fq_manifest_take_fqrun(struct loader *loader, struct ini_value *value, int key)
{
	switch (key) {
	case FQRUN_INCLUDE:
		append(&loader->includes, &loader->include_count, &loader->include_cap, value);
		break;
	case FQRUN_SHEET:
		append(&loader->sheets, &loader->sheet_count, &loader->sheet_cap, value);
		break;
	case FQRUN_FIND:
		append(&loader->finds, &loader->find_count, &loader->find_cap, value);
		loader->manifest->has_find = true;
		break;
	default:
		/* A file is read before those that it includes: its word counts. */
		loader->fqrun[key] = loader->fqrun[key] ? loader->fqrun[key] : value;
		break;
	}
}

bool fq_manifest_is_yes(struct loader *loader, const struct ini_value *value)
{
	if (!fq_text_is(value->text, "yes") && !fq_text_is(value->text, "no")) {
		fq_manifest_complain(loader, value, 0, "write yes or no", "neither yes nor no: \"%.*s\"",
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
		        "not a number of jobs from 1 to %d: \"%.*s\"", MOST, (int)value->text.len,
		        value->text.at);
		return;
	}
	loader->manifest->jobs = (uint32_t)jobs;
}

static const char *folder_name(struct loader *loader, const struct ini_value *value)
{
	if (value->text.len == 0) {
		fq_manifest_complain(
		        loader, value, 0, "write its name, or leave the key out", "a folder without a name");
		return ".";
	}
	return fq_arena_copy(&loader->manifest->arena, value->text.at, value->text.len);
}

static void set_log_limit(struct loader *loader, const struct ini_value *value)
{
	enum { LEAST = 64 << 10 };
	int64_t bytes = 0;
	if (!fq_text_is(value->text, "no") && (!fq_parse_size(value->text, &bytes) || bytes < LEAST)) {
		fq_manifest_complain(loader, value, 0, "log-limit = 16M, or log-limit = no: all is kept",
		        "not a size from 64K on: \"%.*s\"", (int)value->text.len, value->text.at);
		return;
	}
	loader->manifest->log_limit_bytes = bytes;
}

/* --- requires ----------------------------------------------------------------------- */

/* The next number of "1.2.3"; -1: no version. */
static int64_t next_number(struct fq_text *text)
{
	const char *dot = memchr(text->at, '.', text->len);
	struct fq_text part = {text->at, dot ? (size_t)(dot - text->at) : text->len};
	uint64_t number;
	size_t taken = part.len + (dot != NULL);
	*text = (struct fq_text){text->at + taken, text->len - taken};
	return fq_parse_number(part, &number) && number < INT32_MAX ? (int64_t)number : -1;
}

static void check_version(struct loader *loader, const struct ini_value *value)
{
	struct fq_text wanted = value->text, have = fq_text(FQ_VERSION);
	int64_t difference = 0;
	bool is_version = wanted.len > 0;
	while (wanted.len && is_version) {
		int64_t number = next_number(&wanted), ours = have.len ? next_number(&have) : 0;
		is_version = number >= 0;
		difference = difference ? difference : ours - number;
	}
	if (!is_version) {
		fq_manifest_complain(loader, value, 0, "requires = 0.1", "not a version: \"%.*s\"",
		        (int)value->text.len, value->text.at);
	} else if (difference < 0) {
		fq_manifest_complain(loader, value, 0, "install a newer fqrun",
		        "this manifest requires fqrun %.*s, and this is " FQ_VERSION, (int)value->text.len,
		        value->text.at);
	}
}

/* --- all of them ----------------------------------------------------------------------- */

static void set_texts(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	const struct ini_value *name = loader->fqrun[FQRUN_NAME], *state = loader->fqrun[FQRUN_STATE];
	const struct ini_value *logs = loader->fqrun[FQRUN_LOGS];
	if (name) {
		manifest->name = fq_arena_copy(&manifest->arena, name->text.at, name->text.len);
		manifest->has_name = name->text.len > 0;
	}
	manifest->state = state ? folder_name(loader, state) : manifest->state;
	manifest->logs = logs ? folder_name(loader, logs) : NULL;
}

const char *const fq_compare_names[] = {"auto", "content", "stamp", "exists"};
const char *const fq_shell_names[] = {"bash", "sh"};

void fq_manifest_apply_fqrun(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	struct ini_value *const *values = loader->fqrun;
	set_texts(loader);
	if (values[FQRUN_REQUIRES]) {
		check_version(loader, values[FQRUN_REQUIRES]);
	}
	if (values[FQRUN_JOBS]) {
		set_jobs(loader, values[FQRUN_JOBS]);
	}
	if (values[FQRUN_FAIL_FAST]) {
		manifest->fail_fast = fq_manifest_is_yes(loader, values[FQRUN_FAIL_FAST]);
	}
	if (values[FQRUN_SHELL]) {
		manifest->shell = (uint8_t)fq_manifest_choice(loader, values[FQRUN_SHELL], fq_shell_names, 2);
	}
	if (values[FQRUN_MEMORY] && !fq_parse_size(values[FQRUN_MEMORY]->text, &manifest->memory_bytes)) {
		fq_manifest_complain(loader, values[FQRUN_MEMORY], 0, "memory = 16G",
		        "not an amount of memory: \"%.*s\"", (int)values[FQRUN_MEMORY]->text.len,
		        values[FQRUN_MEMORY]->text.at);
	}
	if (values[FQRUN_LOG_LIMIT]) {
		set_log_limit(loader, values[FQRUN_LOG_LIMIT]);
	}
	if (values[FQRUN_MIN_FREE] &&
	        !fq_parse_size(values[FQRUN_MIN_FREE]->text, &manifest->min_free_bytes)) {
		fq_manifest_complain(loader, values[FQRUN_MIN_FREE], 0, "min-free = 50G",
		        "not an amount of disk space: \"%.*s\"", (int)values[FQRUN_MIN_FREE]->text.len,
		        values[FQRUN_MIN_FREE]->text.at);
	}
	if (values[FQRUN_COMPARE]) {
		manifest->compare =
		        (uint8_t)fq_manifest_choice(loader, values[FQRUN_COMPARE], fq_compare_names, 4);
	}
}

void fq_manifest_apply_default(struct loader *loader)
{
	struct fq_manifest *manifest = loader->manifest;
	const struct ini_value *value = loader->fqrun[FQRUN_DEFAULT];
	if (!value) {
		return;
	}
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	manifest->defaults = fq_arena_alloc(&manifest->arena, count * sizeof(*manifest->defaults));
	for (size_t i = 0; i < count; i++) {
		const struct fq_task *task = fq_manifest_named_task(loader, value, &words[i]);
		if (task) {
			manifest->defaults[manifest->default_count++] = (uint32_t)(task - manifest->tasks);
		}
	}
	if (count == 0) {
		fq_manifest_complain(loader, value, 0, "name the tasks that run when no target is given",
		        "`default` without a task");
	}
}
