/* A shell where a job would run. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *value_of(char *const *env, const char *name)
{
	size_t len = strlen(name);
	for (; *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
			return *env + len + 1;
		}
	}
	return NULL;
}

static void add_assignment(struct fq_buf *buf, const char *name, const char *value)
{
	fq_buf_addf(buf, "%s=", name);
	fq_buf_add_quoted(buf, fq_text(value));
	fq_buf_putc(buf, '\n');
}

/* The file that a job's bash would read first. It has our name instead when we start. */
static void add_env_file(struct fq_buf *buf, const char *file)
{
	if (file && file[0]) {
		add_assignment(buf, "BASH_ENV", file);
		fq_buf_puts(buf, "[ ! -r \"$BASH_ENV\" ] || . \"$BASH_ENV\"\n");
	} else {
		fq_buf_puts(buf, "unset BASH_ENV\n");
	}
}

/* What the shell runs before its first prompt. A prompt is expanded once: what a name holds
 * is data there too. */
static void add_startup(const struct fq_run *run, uint32_t job, struct fq_entry *entry, const char *env_file,
        struct fq_buf *buf)
{
	struct fq_buf name = {0}, history = {0};
	fq_plan_add_name(run->plan, job, &name);
	fq_buf_addf(&history, "%s/history", run->tmp);
	add_env_file(buf, env_file);
	add_assignment(buf, "HISTFILE", history.at);
	fq_buf_puts(buf, "HISTSIZE=1000\nunset HISTCONTROL HISTIGNORE HISTTIMEFORMAT\n"
	                 "set -o history\nshopt -s cmdhist lithist promptvars\n");
	add_assignment(buf, "_fqrun_job", name.at);
	fq_buf_puts(buf, "PS1='[fqrun ${_fqrun_job@Q}] \\w\\$ '\nPROMPT_COMMAND=\n");
	fq_buf_add_text(buf, (struct fq_text){entry->setup.at, entry->setup.len});
	fq_buf_puts(buf, "\nhistory -c\nhistory -s -- ");
	fq_buf_add_quoted(buf, fq_text_trim((struct fq_text){entry->command.at, entry->command.len}));
	fq_buf_putc(buf, '\n');
	fq_buf_finish(&name);
	fq_buf_finish(&history);
}

/* bash reads one file of ours, whether a person types or a pipe does. */
static void set_words(struct fq_entry *entry, const char *startup, bool is_interactive)
{
	const char *const talks[] = {"bash", "--noprofile", "--rcfile", startup, "-i"};
	const char *const reads[] = {"bash", "--noprofile", "--norc", "-o", "history", "-s"};
	const char *const *words = is_interactive ? talks : reads;
	size_t count = is_interactive ? FQ_COUNT(talks) : FQ_COUNT(reads);
	struct fq_buf *bytes = &entry->words.bytes;
	const struct fq_list *wrap = &entry->surroundings.argv;
	fq_buf_add(bytes, wrap->bytes.at, wrap->bytes.len);
	entry->words.count = wrap->count + (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		fq_buf_add(bytes, words[i], strlen(words[i]) + 1);
	}
	fq_buf_puts(&entry->startup, is_interactive ? "" : "BASH_ENV=");
	fq_buf_puts(&entry->startup, is_interactive ? "" : startup);
}

/* The folders that a run would make before the command. */
static bool make_folders(struct fq_run *run, uint32_t job, const struct fq_entry *entry, struct fq_error *err)
{
	struct fq_list outputs = {0};
	struct fq_buf dir = {0};
	bool ok = entry->surroundings.cwd.len == 0 || fq_folder_make(entry->surroundings.cwd.at, err);
	fq_plan_add_dir(run->plan, fq_plan_rule(run->plan, job), &dir);
	ok = ok && (dir.len == 0 || fq_folder_make(dir.at, err));
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		ok = fq_folder_make_for(path, err);
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&dir);
	return ok;
}

bool fq_run_enter(
        struct fq_run *run, uint32_t job, bool is_interactive, struct fq_entry *ret, struct fq_error *err)
{
	struct fq_buf tmp = {0}, text = {0}, startup = {0};
	struct fq_job_context context = {.fqrun = run->options.fqrun,
	        .lists = fq_arena_format(&run->arena, "%s/lists", run->tmp),
	        .values = fq_arena_format(&run->arena, "%s/values", run->tmp)};
	*ret = (struct fq_entry){0};
	run->plan->is_dry = false;
	run->plan->seqs = NULL; /* what was reported counts, also of one that is to run again */
	fq_buf_addf(&tmp, "%s/tmp", run->tmp);
	fq_buf_addf(&startup, "%s/startup", run->tmp);
	context.tmp = tmp.at;
	bool ok = (mkdir(run->tmp, 0700) == 0 || fq_fail_errno(err, "cannot make the folder %s", run->tmp)) &&
	          fq_folder_make(tmp.at, err) &&
	          fq_plan_surroundings(run->plan, job, &context, &ret->surroundings, err) &&
	          make_folders(run, job, ret, err);
	if (ok) {
		fq_plan_show_parts(run->plan, job, &ret->setup, &ret->command);
		set_words(ret, startup.at, is_interactive);
		char **own = fq_run_merge_environment(run, &ret->surroundings.env, NULL);
		add_startup(run, job, ret, value_of(own, "BASH_ENV"), &text);
		fq_release(own);
		ret->launch.argv = fq_run_list_words(&ret->words);
		ret->launch.env = fq_run_merge_environment(
		        run, &ret->surroundings.env, ret->startup.len ? ret->startup.at : NULL);
		ret->launch.cwd = ret->surroundings.cwd.len ? ret->surroundings.cwd.at : NULL;
		ok = fq_file_replace(startup.at, text.at, text.len, err);
	}
	fq_buf_finish(&tmp);
	fq_buf_finish(&text);
	fq_buf_finish(&startup);
	return ok;
}

void fq_run_leave(struct fq_run *run, struct fq_entry *entry)
{
	fq_tree_remove(run->tmp, NULL);
	fq_release((void *)(uintptr_t)entry->launch.argv);
	fq_release((void *)(uintptr_t)entry->launch.env);
	fq_job_command_finish(&entry->surroundings);
	fq_list_finish(&entry->words);
	fq_buf_finish(&entry->setup);
	fq_buf_finish(&entry->command);
	fq_buf_finish(&entry->startup);
}
