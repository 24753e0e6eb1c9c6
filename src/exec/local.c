#include "fqrun/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

struct slot {
	pid_t pid; /* 0: free */
	int64_t started_ticks;
	int output; /* read end of its pipe, -1: it closed it */
	int log;    /* -1: nothing came yet */
	bool log_failed;
	char *log_path;
	size_t log_path_cap;
	void (*on_line)(void *context, uint32_t slot, struct fq_text line);
	void *context;
	struct fq_buf line; /* what came of the one that is not ended yet */
};

struct local {
	struct fq_executor base;
	struct slot *slots;
	uint32_t slot_count;
	uint32_t *watched; /* the slot behind each descriptor of the last watch() */
	int null;
	posix_spawnattr_t attributes;
	struct fq_buf program, buffer;
};

/* --- logs ------------------------------------------------------------------------------- */

static void keep_log_path(struct slot *slot, const char *path)
{
	size_t len = strlen(path) + 1;
	slot->log_path = fq_grow(slot->log_path, &slot->log_path_cap, len, 1);
	memcpy(slot->log_path, path, len);
}

static bool open_log(struct slot *slot)
{
	int how = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	slot->log = open(slot->log_path, how, 0666);
	if (slot->log < 0 && errno == ENOENT && fq_folder_make_for(slot->log_path, NULL)) {
		slot->log = open(slot->log_path, how, 0666);
	}
	return slot->log >= 0;
}

static void write_log(struct slot *slot, const char *at, size_t len)
{
	if (slot->log_failed || (slot->log < 0 && !open_log(slot)) ||
	        !fq_file_write_all(slot->log, at, len)) {
		slot->log_failed = true;
	}
}

/* --- lines ------------------------------------------------------------------------------ */

enum { LINE_BYTES = 1 << 16 };

static void end_line(struct local *local, struct slot *slot)
{
	if (slot->line.len) {
		slot->on_line(slot->context, (uint32_t)(slot - local->slots),
		        (struct fq_text){slot->line.at, slot->line.len});
		slot->line.len = 0;
	}
}

static void cut_lines(struct local *local, struct slot *slot, const char *at, size_t len)
{
	for (size_t i = 0; slot->on_line && i < len; i++) {
		if (at[i] == '\n' || at[i] == '\r' || slot->line.len == LINE_BYTES) {
			end_line(local, slot);
		}
		if (at[i] != '\n' && at[i] != '\r') {
			fq_buf_putc(&slot->line, at[i] ? at[i] : ' ');
		}
	}
}

/* --- output ------------------------------------------------------------------------------ */

static void close_output(struct slot *slot)
{
	if (slot->output >= 0) {
		close(slot->output);
		slot->output = -1;
	}
}

/* One read: what poll(2) promised, and never more than that. */
static size_t read_output(struct local *local, struct slot *slot, size_t most)
{
	char *room = fq_buf_room(&local->buffer, READ_BYTES);
	ssize_t got = read(slot->output, room, most < READ_BYTES ? most : READ_BYTES);
	if (got > 0) {
		write_log(slot, room, (size_t)got);
		cut_lines(local, slot, room, (size_t)got);
	} else if (got == 0 || errno != EINTR) {
		close_output(slot);
	}
	return got > 0 ? (size_t)got : 0;
}

/* What is in the pipe now that its job has ended. Asked once: others may still hold
 * the pipe, and write into it without end. */
static void drain_output(struct local *local, struct slot *slot)
{
	int ready = 0;
	if (slot->output >= 0 && ioctl(slot->output, FIONREAD, &ready) != 0) {
		ready = 0;
	}
	for (size_t left = ready > 0 ? (size_t)ready : 0; left && slot->output >= 0;) {
		left -= read_output(local, slot, left);
	}
	close_output(slot);
}

/* --- starting ---------------------------------------------------------------------------- */

static int spawn(
        struct local *local, struct slot *slot, int output, const struct fq_launch *launch, char *const *argv)
{
	posix_spawn_file_actions_t actions;
	int number = posix_spawn_file_actions_init(&actions);
	if (number) {
		return number;
	}
	number = posix_spawn_file_actions_adddup2(&actions, local->null, STDIN_FILENO);
	number = number ? number : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	number = number ? number : posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (!number && launch->cwd) {
		number = posix_spawn_file_actions_addchdir_np(&actions, launch->cwd);
	}
	if (!number) {
		number = posix_spawn(
		        &slot->pid, local->program.at, &actions, &local->attributes, argv, launch->env);
	}
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

/* A text without #! is a script of the shell, as execvp(3) has it. */
static int spawn_script(struct local *local, struct slot *slot, int output, const struct fq_launch *launch)
{
	char *const *argv = launch->argv;
	size_t count = 0;
	while (argv[count]) {
		count++;
	}
	char **words = fq_zeroed(count + 3, sizeof(*words));
	struct fq_buf script = {0};
	fq_buf_puts(&script, local->program.at);
	words[0] = (char *)(uintptr_t) "sh";
	words[1] = script.at;
	for (size_t i = 1; i < count; i++) {
		words[i + 1] = argv[i];
	}
	local->program.len = 0;
	fq_buf_puts(&local->program, "/bin/sh");
	int number = spawn(local, slot, output, launch, words);
	fq_release(words);
	fq_buf_finish(&script);
	return number;
}

static bool fail_spawn(const char *name, int number, struct fq_error *err)
{
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

static bool start(
        struct fq_executor *executor, uint32_t number, const struct fq_launch *launch, struct fq_error *err)
{
	struct local *local = (struct local *)executor;
	struct slot *slot = &local->slots[number];
	int ends[2];
	unlink(launch->log); /* nobody shall take an earlier run's words for this one's */
	if (!fq_exec_find(launch->argv[0], launch->env, &local->program, err)) {
		return false;
	}
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return fq_fail_errno(err, "cannot make a pipe");
	}
	keep_log_path(slot, launch->log);
	int failed = spawn(local, slot, ends[1], launch, launch->argv);
	if (failed == ENOEXEC) {
		failed = spawn_script(local, slot, ends[1], launch);
	}
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		slot->pid = 0;
		return fail_spawn(launch->argv[0], failed, err);
	}
	slot->started_ticks = fq_clock_ticks();
	slot->output = ends[0];
	slot->log = -1;
	slot->log_failed = false;
	slot->on_line = launch->on_line;
	slot->context = launch->context;
	slot->line.len = 0;
	return true;
}

static struct fq_process process(const struct fq_executor *executor, uint32_t slot)
{
	const struct local *local = (const struct local *)executor;
	return (struct fq_process){local->slots[slot].pid, local->slots[slot].started_ticks};
}

static void send_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	struct local *local = (struct local *)executor;
	if (local->slots[slot].pid > 0) {
		kill(-local->slots[slot].pid, number);
	}
}

/* --- waiting ------------------------------------------------------------------------------ */

static size_t watch(struct fq_executor *executor, struct pollfd *ret)
{
	struct local *local = (struct local *)executor;
	size_t count = 0;
	for (uint32_t i = 0; i < local->slot_count; i++) {
		if (local->slots[i].pid && local->slots[i].output >= 0) {
			local->watched[count] = i;
			ret[count++] = (struct pollfd){.fd = local->slots[i].output, .events = POLLIN};
		}
	}
	return count;
}

static void absorb(struct fq_executor *executor, const struct pollfd *watched, size_t count)
{
	struct local *local = (struct local *)executor;
	for (size_t i = 0; i < count; i++) {
		if (watched[i].revents) {
			read_output(local, &local->slots[local->watched[i]], READ_BYTES);
		}
	}
}

static struct slot *slot_of(struct local *local, pid_t pid, uint32_t *ret_number)
{
	for (uint32_t i = 0; i < local->slot_count; i++) {
		if (local->slots[i].pid == pid) {
			*ret_number = i;
			return &local->slots[i];
		}
	}
	return NULL;
}

static int64_t time_ns(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

/* While the process is a zombie its number cannot be another's: the moment to end
 * what is left of its group, before its outputs are looked at. */
static void reap(struct local *local, struct slot *slot, struct fq_exit *ret)
{
	struct rusage usage = {0};
	kill(-slot->pid, SIGKILL);
	drain_output(local, slot);
	if (slot->on_line) {
		end_line(local, slot);
	}
	while (wait4(slot->pid, &ret->status, 0, &usage) < 0 && errno == EINTR) {
	}
	ret->user_ns = time_ns(&usage.ru_utime);
	ret->system_ns = time_ns(&usage.ru_stime);
	ret->peak_rss_kb = usage.ru_maxrss;
	ret->read_bytes = (int64_t)usage.ru_inblock * 512;
	ret->written_bytes = (int64_t)usage.ru_oublock * 512;
	if (slot->log >= 0 && close(slot->log) != 0) {
		slot->log_failed = true;
	}
	ret->log_failed = slot->log_failed;
	slot->pid = 0;
	slot->log = -1;
}

static bool next_exit(struct fq_executor *executor, struct fq_exit *ret)
{
	struct local *local = (struct local *)executor;
	siginfo_t info;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
			return false;
		}
		*ret = (struct fq_exit){0};
		struct slot *slot = slot_of(local, info.si_pid, &ret->slot);
		if (slot) {
			reap(local, slot, ret);
			return true;
		}
		/* Not a job: an orphan of one, which we adopted as its subreaper. */
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

bool fq_exec_has_children(void)
{
	siginfo_t info;
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static void destroy(struct fq_executor *executor)
{
	struct local *local = (struct local *)executor;
	if (!local) {
		return;
	}
	for (uint32_t i = 0; i < local->slot_count; i++) {
		if (local->slots[i].pid > 0) {
			struct fq_exit ignored;
			kill(-local->slots[i].pid, SIGKILL);
			reap(local, &local->slots[i], &ignored);
		}
		fq_release(local->slots[i].log_path);
		fq_buf_finish(&local->slots[i].line);
	}
	if (local->null >= 0) {
		close(local->null);
	}
	posix_spawnattr_destroy(&local->attributes);
	fq_buf_finish(&local->program);
	fq_buf_finish(&local->buffer);
	fq_release(local->watched);
	fq_release(local->slots);
	fq_release(local);
}

/* A job starts with no signal blocked and none handled (exec sees to that). We
 * ignore SIGPIPE, a shell's commands must not; what the user told us to ignore
 * (nohup) stays ignored. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setflags(
	        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static const struct fq_executor_impl impl = {
        "local", start, process, send_signal, watch, absorb, next_exit, NULL, NULL, destroy};

struct fq_executor *fq_exec_local(uint32_t slots, struct fq_error *err)
{
	struct local *local = fq_zeroed(1, sizeof(*local));
	local->base.impl = &impl;
	local->slots = fq_zeroed(slots, sizeof(*local->slots));
	local->watched = fq_zeroed(slots, sizeof(*local->watched));
	local->slot_count = slots;
	set_attributes(&local->attributes);
	for (uint32_t i = 0; i < slots; i++) {
		local->slots[i].output = local->slots[i].log = -1;
	}
	/* Orphans of jobs come to us, not to init: see next_exit(). */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	local->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (local->null < 0) {
		fq_fail_errno(err, "cannot open /dev/null");
		destroy(&local->base);
		return NULL;
	}
	return &local->base;
}
