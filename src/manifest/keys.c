#include "internal.h"

#include <string.h>

/* The words of the contract. `number` -1: they come in a later version. */
struct key {
	const char *name;
	int number;
};

static const struct key fqrun_keys[] = {
        {"name", FQRUN_NAME},
        {"jobs", FQRUN_JOBS},
        {"shell", FQRUN_SHELL},
        {"state", FQRUN_STATE},
        {"fail-fast", FQRUN_FAIL_FAST},
        {"sheet", FQRUN_SHEET},
        {"find", FQRUN_FIND},
        {"include", FQRUN_INCLUDE},
        {"default", FQRUN_DEFAULT},
        {"logs", FQRUN_LOGS},
        {"compare", FQRUN_COMPARE},
        {"requires", FQRUN_REQUIRES},
        {"memory", FQRUN_MEMORY},
        {"min-free", -1},
        {"executor", -1},
};

static const struct key task_keys[] = {
        {"command", TASK_COMMAND},
        {"shell", TASK_SHELL},
        {"setup", TASK_SETUP},
        {"dir", TASK_DIR},
        {"builtin", TASK_BUILTIN},
        {"per", TASK_PER},
        {"input", TASK_INPUT},
        {"output", TASK_OUTPUT},
        {"after", TASK_AFTER},
        {"env", TASK_ENV},
        {"timeout", TASK_TIMEOUT},
        {"wrap", TASK_WRAP},
        {"cwd", TASK_CWD},
        {"use", TASK_USE},
        {"options", TASK_OPTIONS},
        {"strip", TASK_STRIP},
        {"missing", TASK_MISSING},
        {"when", TASK_WHEN},
        {"fail-on", TASK_FAIL_ON},
        {"progress", TASK_PROGRESS},
        {"version", TASK_VERSION},
        {"compare", TASK_COMPARE},
        {"threads", TASK_THREADS},
        {"memory", TASK_MEMORY},
        {"pool", -1},
        {"priority", -1},
        {"retries", -1},
        {"backoff", -1},
        {"jobserver", -1},
        {"temp", -1},
        {"protect", -1},
        {"atomic", -1},
        {"keep-partial", -1},
};

const char *fq_manifest_hint(
        struct loader *loader, struct fq_text word, const char *const *candidates, size_t count)
{
	const char *meant = fq_suggest(word, candidates, count);
	return meant ? fq_arena_format(&loader->manifest->arena, "did you mean \"%s\"?", meant) : NULL;
}

static bool is_key(const struct key *keys, size_t count, struct fq_text name)
{
	for (size_t i = 0; i < count; i++) {
		if (fq_text_is(name, keys[i].name)) {
			return true;
		}
	}
	return false;
}

/* Where the key belongs, or all that there are. */
static const char *other_hint(struct loader *loader, struct fq_text name, bool is_task)
{
	const struct key *keys = is_task ? task_keys : fqrun_keys;
	size_t count = is_task ? FQ_COUNT(task_keys) : FQ_COUNT(fqrun_keys);
	if (is_task ? is_key(fqrun_keys, FQ_COUNT(fqrun_keys), name)
	            : is_key(task_keys, FQ_COUNT(task_keys), name)) {
		return is_task ? "it is a key of [fqrun]" : "it is a key of [task NAME]";
	}
	struct fq_buf hint = {0};
	for (size_t i = 0; i < count && keys[i].number >= 0; i++) {
		fq_buf_addf(&hint, "%s%s", i ? ", " : "there are ", keys[i].name);
	}
	const char *copy = fq_arena_copy(&loader->manifest->arena, hint.at, hint.len);
	fq_buf_finish(&hint);
	return copy;
}

int fq_manifest_key(struct loader *loader, const struct ini_value *value)
{
	bool is_task = loader->section == SECTION_TASK;
	const struct key *keys = is_task ? task_keys : fqrun_keys;
	size_t count = is_task ? FQ_COUNT(task_keys) : FQ_COUNT(fqrun_keys);
	const char *names[FQ_COUNT(task_keys) + FQ_COUNT(fqrun_keys)];
	for (size_t i = 0; i < count; i++) {
		names[i] = keys[i].name;
		if (!fq_text_is(value->key, keys[i].name)) {
			continue;
		}
		if (keys[i].number < 0) {
			fq_manifest_complain_at(loader, value->line, value->column, "take it out",
			        "\"%s\" is not available in this version", keys[i].name);
		}
		return keys[i].number;
	}
	const char *hint = fq_manifest_hint(loader, value->key, names, count);
	fq_manifest_complain_at(loader, value->line, value->column,
	        hint ? hint : other_hint(loader, value->key, is_task), "unknown key \"%.*s\" in [%.*s]",
	        (int)value->key.len, value->key.at, (int)value->section.len, value->section.at);
	return -1;
}

/* --- a value that is one of some words ------------------------------------------------ */

size_t fq_manifest_choice(
        struct loader *loader, const struct ini_value *value, const char *const *choices, size_t count)
{
	struct fq_buf all = {0};
	for (size_t i = 0; i < count; i++) {
		if (fq_text_is(value->text, choices[i])) {
			fq_buf_finish(&all);
			return i;
		}
		fq_buf_addf(&all, "%s%s", i ? ", " : count > 1 ? "one of " : "there is ", choices[i]);
	}
	const char *meant = fq_suggest(value->text, choices, count);
	bool is_near = meant && (count > 2 || meant[0] == value->text.at[0]); /* zsh is no typo of sh */
	fq_manifest_complain(loader, value, 0,
	        is_near ? fq_manifest_hint(loader, value->text, choices, count) : all.at,
	        "`%.*s` cannot be \"%.*s\"", (int)value->key.len, value->key.at, (int)value->text.len,
	        value->text.at);
	fq_buf_finish(&all);
	return 0;
}
