#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A job starts with no signal blocked and none handled (exec sees to that). We
 * ignore SIGPIPE and SIGXFSZ, a shell's commands must not; what the user told us to ignore
 * (nohup) stays ignored. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setflags(
	        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

bool fq_exec_spawner_init(struct fq_exec_spawner *spawner, struct fq_error *err)
{
	*spawner = (struct fq_exec_spawner){.null = open("/dev/null", O_RDONLY | O_CLOEXEC)};
	set_attributes(&spawner->attributes);
	return spawner->null >= 0 || fq_fail_errno(err, "cannot open /dev/null");
}

void fq_exec_spawner_finish(struct fq_exec_spawner *spawner)
{
	if (spawner->null >= 0) {
		close(spawner->null);
	}
	posix_spawnattr_destroy(&spawner->attributes);
	fq_buf_finish(&spawner->program);
	fq_release(spawner->sources);
}

/* Linux before 5.11 cannot do it at once. */
static void keep_each(void)
{
	DIR *open_ones = opendir("/proc/self/fd");
	for (struct dirent *entry; open_ones && (entry = readdir(open_ones));) {
		int fd = (int)strtol(entry->d_name, NULL, 10);
		if (fd > STDERR_FILENO) {
			fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
	}
	if (open_ones) {
		closedir(open_ones);
	}
}

void fq_exec_keep_descriptors(void)
{
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
		keep_each();
	}
}

/* --- descriptors that a job gets -------------------------------------------------------------- */

static void close_sources(const struct fq_exec_spawner *spawner, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		close(spawner->sources[i]);
	}
}

/* A descriptor of ours that is above all that the job gets: so none is overwritten before
 * it was copied, whichever numbers they have here and there. */
static int open_source(const struct fq_descriptor *wanted, int above)
{
	int fd = wanted->path ? open(wanted->path, wanted->how | O_CLOEXEC, 0666) : wanted->fd;
	if (fd < 0 || (wanted->path && fd > above)) {
		return fd;
	}
	int lifted = fcntl(fd, F_DUPFD_CLOEXEC, above + 1);
	int number = errno;
	if (wanted->path) {
		close(fd);
	}
	errno = number;
	return lifted;
}

static bool open_sources(
        struct fq_exec_spawner *spawner, const struct fq_launch *launch, struct fq_error *err)
{
	int above = STDERR_FILENO;
	size_t count = launch->descriptor_count;
	for (size_t i = 0; i < count; i++) {
		above = launch->descriptors[i].number > above ? launch->descriptors[i].number : above;
	}
	spawner->sources = fq_grow(spawner->sources, &spawner->source_cap, count, sizeof(*spawner->sources));
	for (size_t i = 0; i < count; i++) {
		const struct fq_descriptor *wanted = &launch->descriptors[i];
		spawner->sources[i] = open_source(wanted, above);
		if (spawner->sources[i] < 0) {
			fq_fail_errno(err, "cannot open %s for descriptor %d of a job",
			        wanted->path ? wanted->path : "a copy", wanted->number);
			close_sources(spawner, i);
			return false;
		}
	}
	return true;
}

/* --- starting ---------------------------------------------------------------------------- */

static int set_actions(posix_spawn_file_actions_t *actions, const struct fq_exec_spawner *spawner,
        const struct fq_launch *launch, int output)
{
	int number = posix_spawn_file_actions_adddup2(actions, spawner->null, STDIN_FILENO);
	number = number ? number : posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	number = number ? number : posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	for (size_t i = 0; !number && i < launch->descriptor_count; i++) {
		number = posix_spawn_file_actions_adddup2(
		        actions, spawner->sources[i], launch->descriptors[i].number);
	}
	if (!number && launch->cwd) {
		number = posix_spawn_file_actions_addchdir_np(actions, launch->cwd);
	}
	return number;
}

/* A text without #! is a script of the shell, as execvp(3) has it. */
static int spawn_script(const struct fq_exec_spawner *spawner, const struct fq_launch *launch,
        const posix_spawn_file_actions_t *actions, pid_t *ret_pid)
{
	static char shell[] = "sh";
	size_t count = 0;
	while (launch->argv[count]) {
		count++;
	}
	char **words = fq_zeroed(count + 3, sizeof(*words));
	words[0] = shell;
	words[1] = spawner->program.at;
	for (size_t i = 1; i < count; i++) {
		words[i + 1] = launch->argv[i];
	}
	int number = posix_spawn(ret_pid, "/bin/sh", actions, &spawner->attributes, words, launch->env);
	fq_release(words);
	return number;
}

static int spawn(
        const struct fq_exec_spawner *spawner, const struct fq_launch *launch, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int number = posix_spawn_file_actions_init(&actions);
	if (number) {
		return number;
	}
	number = set_actions(&actions, spawner, launch, output);
	if (!number) {
		number = posix_spawn(ret_pid, spawner->program.at, &actions, &spawner->attributes,
		        launch->argv, launch->env);
	}
	if (number == ENOEXEC) {
		number = spawn_script(spawner, launch, &actions, ret_pid);
	}
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

static bool fail_spawn(const struct fq_launch *launch, int number, struct fq_error *err)
{
	const char *name = launch->argv[0];
	if (launch->cwd && access(launch->cwd, X_OK) != 0) {
		return fq_fail_errno(err, "cannot run %s in the folder %s", name, launch->cwd);
	}
	errno = number;
	switch (number) {
	case ENOENT:
		return fq_fail(err, FQ_NOWHERE, "is it there, and is the program in its first line?",
		        "%s: no such program", name);
	case EACCES:
		return fq_fail(err, FQ_NOWHERE, "chmod +x it", "%s: may not be executed", name);
	case E2BIG:
		return fq_fail(err, FQ_NOWHERE,
		        "let a file name them: {reads:list}, or xargs -0 -a {reads:list0}",
		        "%s: the arguments are too many for one command", name);
	default:
		return fq_fail_errno(err, "cannot start %s", name);
	}
}

bool fq_exec_spawn(struct fq_exec_spawner *spawner, const struct fq_launch *launch, int output,
        pid_t *ret_pid, struct fq_error *err)
{
	if (!fq_exec_find(launch->argv[0], launch->env, &spawner->program, err) ||
	        !open_sources(spawner, launch, err)) {
		return false;
	}
	int number = spawn(spawner, launch, output, ret_pid);
	close_sources(spawner, launch->descriptor_count);
	return !number || fail_spawn(launch, number, err);
}
