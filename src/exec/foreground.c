/* A command that a person talks to. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t running; /* pid; 0: none */

static void hand_on(int number)
{
	pid_t pid = (pid_t)running;
	if (pid) {
		kill(pid, number);
	}
}

static const int ours[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

/* A shell gives itself a process group and the terminal; until it has, the keys are for both. */
static void set_signals(struct sigaction *ret_before, sigset_t *ret_mask)
{
	sigset_t mask;
	sigemptyset(&mask);
	for (size_t i = 0; i < FQ_COUNT(ours); i++) {
		bool is_key = ours[i] == SIGINT || ours[i] == SIGQUIT;
		struct sigaction action = {.sa_flags = SA_RESTART};
		action.sa_handler = is_key ? SIG_IGN : hand_on;
		sigemptyset(&action.sa_mask);
		sigaction(ours[i], &action, &ret_before[i]);
		sigaddset(&mask, ours[i]);
	}
	/* Until we know whom to hand them on to. */
	sigprocmask(SIG_BLOCK, &mask, ret_mask);
}

static void restore_signals(const struct sigaction *before)
{
	for (size_t i = 0; i < FQ_COUNT(ours); i++) {
		sigaction(ours[i], &before[i], NULL);
	}
}

/* What we were told to ignore stays ignored. */
static void set_attributes(posix_spawnattr_t *attributes, const struct sigaction *before)
{
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	for (size_t i = 0; i < FQ_COUNT(ours); i++) {
		if (before[i].sa_handler != SIG_IGN) {
			sigaddset(&defaults, ours[i]);
		}
	}
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int spawn(
        const struct fq_launch *launch, const char *program, const struct sigaction *before, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int number = posix_spawn_file_actions_init(&actions);
	if (number) {
		return number;
	}
	set_attributes(&attributes, before);
	if (launch->cwd) {
		number = posix_spawn_file_actions_addchdir_np(&actions, launch->cwd);
	}
	if (!number) {
		number = posix_spawn(ret_pid, program, &actions, &attributes, launch->argv, launch->env);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

bool fq_exec_foreground(const struct fq_launch *launch, int *ret_status, struct fq_error *err)
{
	struct sigaction before[FQ_COUNT(ours)];
	struct fq_buf program = {0};
	sigset_t mask;
	pid_t pid = 0;
	if (!fq_exec_find(launch->argv[0], launch->env, &program, err)) {
		fq_buf_finish(&program);
		return false;
	}
	set_signals(before, &mask);
	int number = spawn(launch, program.at, before, &pid);
	running = number ? 0 : (sig_atomic_t)pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (number) {
		errno = number;
		fq_fail_errno(err, "cannot start %s", program.at);
	} else {
		while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR) {
		}
	}
	running = 0;
	restore_signals(before);
	fq_buf_finish(&program);
	return number == 0;
}
