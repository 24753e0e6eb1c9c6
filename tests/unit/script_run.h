/* For the tests of compiled scripts: run one as a job would, with values. */
#ifndef FQRUN_TEST_SCRIPT_RUN_H
#define FQRUN_TEST_SCRIPT_RUN_H

#include "manifest_text.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

/* The command begins in line 7, column 11. */
#define HEAD(shell) "[samples]\na = x1 x2\n[task t]\nper = sample\nshell = " shell "\noutput = o\ncommand = "
#define BASH HEAD("bash")
#define SH HEAD("sh")

static struct fq_buf printed; /* what the last run wrote, both streams */

static inline void spawn(char *const *argv, int *ret_status)
{
	char name[160];
	pid_t pid;
	struct fq_error err = {0};
	posix_spawn_file_actions_t actions;
	snprintf(name, sizeof(name), "%s/out", folder);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	cr_assert_eq(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
	cr_assert_eq(waitpid(pid, ret_status, 0), pid);
	posix_spawn_file_actions_destroy(&actions);
	printed.len = 0;
	fq_buf_puts(&printed, "");
	cr_assert(fq_file_read(name, 1 << 20, &printed, &err), "%s", err.text);
}

/* The arguments for the values of a script: a list has `list_count` items, all `value`;
 * with a `list_file` it is in that file. */
struct values {
	const char *sample, *threads, *output, *list_file;
	size_t list_count;
};
#define WITH(name) ((struct values){.sample = (name), .threads = "3", .output = "out", .list_count = 2})

static inline size_t add_list(char **argv, size_t n, const struct values *with)
{
	static char file[200], count[16];
	if (with->list_file) {
		snprintf(file, sizeof(file), "@%s", with->list_file);
		argv[n++] = file;
		return n;
	}
	snprintf(count, sizeof(count), "%zu", with->list_count);
	argv[n++] = count;
	for (size_t i = 0; i < with->list_count; i++) {
		argv[n++] = (char *)with->sample;
	}
	return n;
}

static inline size_t add_values(char **argv, size_t n, const struct fq_task *of, const struct values *with)
{
	for (uint32_t i = 0; i < of->script.value_count; i++) {
		const struct fq_ref *ref = &of->refs[of->script.values[i]];
		if (ref->is_list) {
			n = add_list(argv, n, with);
		} else if (ref->kind == FQ_REF_THREADS) {
			argv[n++] = (char *)with->threads;
		} else {
			argv[n++] = (char *)(ref->kind == FQ_REF_OUTPUT ? with->output : with->sample);
		}
	}
	return n;
}

/* Runs the task's script in the test's folder; its exit status. */
static inline int run_script(const struct fq_task *of, struct values with)
{
	char *argv[64], *text = strdup(of->script.text.at);
	bool is_sh = of->shell == FQ_SHELL_SH;
	int status;
	size_t n = 0;
	argv[n++] = is_sh ? "sh" : "bash";
	argv[n++] = is_sh ? "-eu" : "-euo";
	if (!is_sh) {
		argv[n++] = "pipefail";
	}
	argv[n++] = "-c";
	argv[n++] = text;
	argv[n++] = "fqrun";
	n = add_values(argv, n, of, &with);
	argv[n] = NULL;
	cr_assert_eq(chdir(folder), 0);
	spawn(argv, &status);
	free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Loads `text`, runs task t, and compares what it printed. */
static inline void expect_run(const char *text, struct values with, const char *right)
{
	load(text);
	int status = run_script(task("t"), with);
	cr_assert_eq(status, 0, "exit %d of %s\n%s", status, task("t")->script.text.at, printed.at);
	cr_assert_str_eq(printed.at, right, "%s\nprinted: %s\nwanted: %s", task("t")->script.text.at,
	        printed.at, right);
}

static inline void remove_printed(void)
{
	cr_assert_eq(chdir("/"), 0);
	fq_buf_finish(&printed);
	remove_folder();
}

#endif
