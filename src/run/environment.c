/* What a job finds in its environment: ours, without what is not meant for it, and its own. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static bool is_for_each_job(const char *variable)
{
	return strncmp(variable, "TMPDIR=", 7) == 0 || strncmp(variable, "FQRUN_RUN=", 10) == 0 ||
	       strncmp(variable, "FQRUN_TASK=", 11) == 0 || strncmp(variable, "FQRUN_SAMPLE=", 13) == 0 ||
	       strncmp(variable, "FQRUN_VALUES=", 13) == 0;
}

/* The words of a jobserver would lead a job's make to descriptors that it does not get. */
static char *without_jobserver(struct fq_run *run, char *variable)
{
	static const char *const names[] = {"MAKEFLAGS=", "MFLAGS=", "CARGO_MAKEFLAGS="};
	size_t which = 0;
	while (which < FQ_COUNT(names) && strncmp(variable, names[which], strlen(names[which])) != 0) {
		which++;
	}
	if (which == FQ_COUNT(names)) {
		return variable;
	}
	const char *text = variable + strlen(names[which]);
	bool is_plain = !strstr(text, "--jobserver-");
	struct fq_buf bare = {0};
	fq_buf_puts(&bare, names[which]);
	fq_makeflags_add_bare(text, &bare);
	char *kept = is_plain ? variable : fq_arena_copy(&run->arena, bare.at, bare.len);
	bool is_empty = !is_plain && bare.len == strlen(names[which]);
	fq_buf_finish(&bare);
	if (which == 0) {
		run->makeflags = kept + strlen(names[0]);
	}
	return is_empty ? NULL : kept;
}

void fq_run_set_environment(struct fq_run *run)
{
	size_t count = 0, n = 0;
	while (environ[count]) {
		count++;
	}
	run->environment = fq_arena_alloc(&run->arena, (count + 2) * sizeof(*run->environment));
	/* A run inside a job of another run carries both: each of the two can end its orphans. */
	const char *outer = getenv("FQRUN_RUN");
	run->environment[n++] = fq_arena_format(
	        &run->arena, "FQRUN_RUN=%s%s%s", outer ? outer : "", outer ? ":" : "", run->id);
	for (size_t i = 0; i < count; i++) {
		if (!is_for_each_job(environ[i])) {
			char *kept = without_jobserver(run, environ[i]);
			run->environment[n] = kept;
			n += kept != NULL;
		}
	}
}

static bool is_set(char *const *env, size_t count, const char *variable)
{
	size_t len = strcspn(variable, "=") + 1;
	for (size_t i = 0; i < count; i++) {
		if (strncmp(env[i], variable, len) == 0) {
			return true;
		}
	}
	return false;
}

/* `extra` first, then the job's own variables, and those of ours that it does not set anew. */
char **fq_run_merge_environment(const struct fq_run *run, const struct fq_list *own, char *extra)
{
	size_t count = 0, n = 0;
	for (char **variable = run->environment; *variable; variable++) {
		count++;
	}
	char **env = fq_zeroed(count + own->count + 2, sizeof(*env));
	if (extra) {
		env[n++] = extra;
	}
	for (const char *text = NULL; (text = fq_list_next(own, text));) {
		if (!is_set(env, n, text)) {
			env[n++] = (char *)(uintptr_t)text;
		}
	}
	size_t own_count = n;
	for (char **variable = run->environment; *variable; variable++) {
		if (!is_set(env, own_count, *variable)) {
			env[n++] = *variable;
		}
	}
	return env;
}
