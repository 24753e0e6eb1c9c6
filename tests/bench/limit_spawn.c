/* What starting jobs costs at the least: posix_spawn of /bin/true, WIDTH at a
 * time, its end waited for; with `pipe`, its output read to the end besides.
 *
 * usage: limit_spawn JOBS WIDTH [pipe] */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
enum { WIDTH_MAX = 64 };

static char *const words[] = {"/bin/true", NULL};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Returns the pid; with ret_fd, the reading end of its output there. */
static pid_t start(int *ret_fd)
{
	posix_spawn_file_actions_t actions;
	int ends[2] = {-1, -1};
	posix_spawn_file_actions_init(&actions);
	if (ret_fd) {
		if (pipe2(ends, O_CLOEXEC)) {
			die("pipe2");
		}
		posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
		posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
	}
	pid_t pid;
	if ((errno = posix_spawn(&pid, words[0], &actions, NULL, words, environ))) {
		die(words[0]);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (ret_fd) {
		close(ends[1]);
		*ret_fd = ends[0];
	}
	return pid;
}

static void run_plain(unsigned jobs, unsigned width)
{
	unsigned started = 0, running = 0;
	while (started < jobs || running) {
		while (started < jobs && running < width) {
			start(NULL);
			started++;
			running++;
		}
		if (waitpid(-1, NULL, 0) < 0) {
			die("waitpid");
		}
		running--;
	}
}

/* Reads what is there; at its end the job is over. */
static int is_over(struct pollfd *slot, pid_t pid)
{
	char output[4096];
	ssize_t len = read(slot->fd, output, sizeof(output));
	if (len > 0) {
		return 0;
	}
	close(slot->fd);
	slot->fd = -1;
	if (waitpid(pid, NULL, 0) < 0) {
		die("waitpid");
	}
	return 1;
}

static void run_piped(unsigned jobs, unsigned width)
{
	struct pollfd slots[WIDTH_MAX];
	pid_t pids[WIDTH_MAX] = {0};
	unsigned started = 0, running = 0;
	for (unsigned i = 0; i < width; i++) {
		slots[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	}
	while (started < jobs || running) {
		for (unsigned i = 0; i < width && started < jobs; i++) {
			if (slots[i].fd < 0) {
				pids[i] = start(&slots[i].fd);
				started++;
				running++;
			}
		}
		if (poll(slots, width, -1) < 0) {
			die("poll");
		}
		for (unsigned i = 0; i < width; i++) {
			if (slots[i].fd >= 0 && slots[i].revents && is_over(&slots[i], pids[i])) {
				running--;
			}
		}
	}
}

int main(int argc, char **argv)
{
	unsigned jobs = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned width = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	if (!jobs || !width || width > WIDTH_MAX) {
		fputs("usage: limit_spawn JOBS WIDTH [pipe]\n", stderr);
		return 2;
	}
	if (argc > 3) {
		run_piped(jobs, width);
	} else {
		run_plain(jobs, width);
	}
	return 0;
}
