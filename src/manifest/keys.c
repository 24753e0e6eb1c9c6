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
        {"log-limit", FQRUN_LOG_LIMIT},
        {"min-free", FQRUN_MIN_FREE},
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
        {"pool", TASK_POOL},
        {"priority", TASK_PRIORITY},
        {"retries", TASK_RETRIES},
        {"backoff", TASK_BACKOFF},
        {"jobserver", TASK_JOBSERVER},
        {"temp", TASK_TEMP},
        {"protect", TASK_PROTECT},
        {"atomic", TASK_ATOMIC},
        {"keep-partial", TASK_KEEP_PARTIAL},
};

static const struct key pool_keys[] = {{"depth", POOL_DEPTH}};

static const struct key_table {
	enum section_kind section;
	const char *header;
	const struct key *keys;
	size_t count;
} tables[] = {
        {SECTION_TASK, "[task NAME]", task_keys, FQ_COUNT(task_keys)},
        {SECTION_FQRUN, "[fqrun]", fqrun_keys, FQ_COUNT(fqrun_keys)},
        {SECTION_POOL, "[pool NAME]", pool_keys, FQ_COUNT(pool_keys)},
};

const char *fq_manifest_hint(
        struct loader *loader, struct fq_text word, const char *const *candidates, size_t count)
{
	const char *meant = fq_suggest(word, candidates, count);
	return meant ? fq_arena_format(&loader->manifest->arena, "did you mean \"%s\"?", meant) : NULL;
}

static bool is_key(const struct key_table *table, struct fq_text name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (fq_text_is(name, table->keys[i].name)) {
			return true;
		}
	}
	return false;
}

/* What other workflow tools and schedulers call it. */
static const char *own_name(struct fq_text name)
{
	static const char *const names[][2] = {{"cores", "threads"}, {"cpus", "threads"}, {"mem", "memory"},
	        {"ram", "memory"}, {"retry", "retries"}, {"maxRetries", "retries"}, {"time", "timeout"},
	        {"walltime", "timeout"}};
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		if (fq_text_is(name, names[i][0])) {
			return names[i][1];
		}
	}
	return NULL;
}

/* Where the key belongs, or all that there are. */
static const char *other_hint(struct loader *loader, const struct key_table *table, struct fq_text name)
{
	struct fq_arena *arena = &loader->manifest->arena;
	const char *own = table->section == SECTION_TASK ? own_name(name) : NULL;
	if (own) {
		return fq_arena_format(arena, "did you mean \"%s\"?", own);
	}
	for (size_t i = 0; i < FQ_COUNT(tables); i++) {
		if (is_key(&tables[i], name)) {
			return fq_arena_format(arena, "it is a key of %s", tables[i].header);
		}
	}
	struct fq_buf hint = {0};
	for (size_t i = 0; i < table->count && table->keys[i].number >= 0; i++) {
		fq_buf_addf(&hint, "%s%s",
		        i                   ? ", "
		        : table->count == 1 ? "there is "
		                            : "there are ",
		        table->keys[i].name);
	}
	const char *copy = fq_arena_copy(arena, hint.at, hint.len);
	fq_buf_finish(&hint);
	return copy;
}

static const struct key_table *table_of(enum section_kind section)
{
	for (size_t i = 1; i < FQ_COUNT(tables); i++) {
		if (tables[i].section == section) {
			return &tables[i];
		}
	}
	return &tables[0];
}

int fq_manifest_key(struct loader *loader, const struct ini_value *value)
{
	const struct key_table *table = table_of(loader->section);
	const char *names[FQ_COUNT(task_keys) + FQ_COUNT(fqrun_keys)];
	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];
		names[i] = key->name;
		if (!fq_text_is(value->key, key->name)) {
			continue;
		}
		if (key->number < 0) {
			fq_manifest_complain_at(loader, value->line, value->column, "take it out",
			        "\"%s\" is not available in this version", key->name);
		}
		return key->number;
	}
	const char *hint = fq_manifest_hint(loader, value->key, names, table->count);
	fq_manifest_complain_at(loader, value->line, value->column,
	        hint ? hint : other_hint(loader, table, value->key), "unknown key \"%.*s\" in [%.*s]",
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
