/* For the tests of the room exec: jobs in a folder of their own, waited for by
 * events (SIGCHLD and their pipes), never by time. */
#ifndef FQRUN_TEST_EXEC_JOBS_H
#define FQRUN_TEST_EXEC_JOBS_H

#include "fqrun/exec.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SLOTS
#define SLOTS 8
#endif

static char folder[] = "/tmp/fqrun-exec-XXXXXX";
static struct fq_executor *executor;
static int child_fd;
static char *usual_env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};

static void make_executor(void)
{
	sigset_t ours;
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	child_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	executor = fq_exec_local(SLOTS, NULL);
	cr_assert(executor && child_fd >= 0);
}

static void destroy_executor(void)
{
	struct fq_error err = {0};
	if (executor) {
		executor->impl->destroy(executor);
	}
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

static inline void put_program(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)) && fchmod(fd, mode) == 0);
	close(fd);
}

static inline bool start_words(
        uint32_t slot, char *const *argv, char *const *env, const char *log, struct fq_error *err)
{
	return executor->impl->start(
	        executor, slot, &(struct fq_launch){.argv = argv, .env = env, .log = log}, err);
}

static inline void start_script(uint32_t slot, const char *script, const char *log)
{
	struct fq_error err = {0};
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	cr_assert(start_words(slot, argv, usual_env, log, &err), "%s", err.text);
}

/* One round of the loop: waits until something happens, then takes it in. */
static inline size_t wait_events(void)
{
	struct pollfd watched[SLOTS + 1];
	struct signalfd_siginfo ignored;
	size_t count = executor->impl->watch(executor, watched);
	watched[count] = (struct pollfd){.fd = child_fd, .events = POLLIN};
	cr_assert(poll(watched, count + 1, -1) > 0);
	executor->impl->absorb(executor, watched, count);
	while (read(child_fd, &ignored, sizeof(ignored)) > 0) {
	}
	return count;
}

static inline struct fq_exit wait_exit(void)
{
	struct fq_exit end;
	while (!executor->impl->next_exit(executor, &end)) {
		wait_events();
	}
	return end;
}

static inline int run_script(const char *script)
{
	start_script(0, script, "log");
	return wait_exit().status;
}

static inline bool has_text(const char *path, const char *text)
{
	struct fq_buf got = {0};
	bool has = fq_file_read(path, 64 << 20, &got, NULL) && strstr(got.at, text);
	fq_buf_finish(&got);
	return has;
}

static inline void wait_for_text(const char *path, const char *text)
{
	while (!has_text(path, text)) {
		wait_events();
	}
}

static inline void expect_log(const char *path, const char *text)
{
	struct fq_buf got = {0};
	struct fq_error err = {0};
	cr_assert(fq_file_read(path, 64 << 20, &got, &err), "%s", err.text);
	cr_assert_str_eq(got.at, text);
	fq_buf_finish(&got);
}

static inline pid_t read_pid(const char *path)
{
	struct fq_buf got = {0};
	cr_assert(fq_file_read(path, 1000, &got, NULL));
	pid_t pid = (pid_t)atol(got.at);
	cr_assert(pid > 1, "%s", got.at);
	fq_buf_finish(&got);
	return pid;
}

static inline bool is_gone(pid_t pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

static inline long peak_kb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static inline size_t count_descriptors(void)
{
	size_t count = 0;
	for (int fd = 0; fd < 256; fd++) {
		count += fcntl(fd, F_GETFD) >= 0;
	}
	return count;
}

/* Until all that jobs left to us, their subreaper, is gone. */
static inline void wait_for_adopted(void)
{
	struct fq_exit end;
	while (!executor->impl->next_exit(executor, &end) && fq_exec_has_children()) {
		wait_events();
	}
	cr_assert_not(fq_exec_has_children());
}

#endif
