/* Linux: /proc tells each process' environment. A run that was killed cannot end
 * its jobs; the next one can, and must before it starts a second writer. */
#include "fqrun/exec.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_BYTES_MAX = 4 << 20 };

/* Read by hand: files of /proc have no size. */
static bool read_environment(const char *path, struct fq_buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ret->len = 0;
	if (fd < 0) {
		return false;
	}
	ssize_t got;
	do {
		got = read(fd, fq_buf_room(ret, 1 << 16), 1 << 16);
		ret->len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 || (got < 0 && errno == EINTR)) && ret->len < ENVIRONMENT_BYTES_MAX);
	close(fd);
	return ret->len > 0;
}

/* Whether `run` is one of the words that colons part. */
static bool is_among(const char *words, size_t len, const char *run)
{
	size_t run_len = strlen(run);
	while (len) {
		const char *colon = memchr(words, ':', len);
		size_t word = colon ? (size_t)(colon - words) : len;
		if (word == run_len && memcmp(words, run, word) == 0) {
			return true;
		}
		size_t taken = word + (colon != NULL);
		words += taken;
		len -= taken;
	}
	return false;
}

/* FQRUN_RUN=ID, or OUTER:ID of a run inside a job of another. */
static bool carries(const struct fq_buf *environment, const char *run)
{
	static const char name[] = "FQRUN_RUN=";
	size_t at = 0;
	while (at < environment->len) {
		const char *start = environment->at + at;
		size_t left = environment->len - at;
		const char *end = memchr(start, '\0', left);
		size_t len = end ? (size_t)(end - start) : left;
		if (len >= sizeof(name) - 1 && memcmp(start, name, sizeof(name) - 1) == 0) {
			return is_among(start + sizeof(name) - 1, len - (sizeof(name) - 1), run);
		}
		at += len + 1;
	}
	return false;
}

/* Kills each such process once; returns how many there are. */
static size_t kill_all(const char *run)
{
	size_t found = 0;
	struct fq_buf path = {0}, environment = {0};
	DIR *processes = opendir("/proc");
	if (!processes) {
		return 0;
	}
	for (struct dirent *entry; (entry = readdir(processes));) {
		if (!isdigit((unsigned char)entry->d_name[0])) {
			continue;
		}
		pid_t pid = (pid_t)atol(entry->d_name);
		path.len = 0;
		fq_buf_addf(&path, "/proc/%s/environ", entry->d_name);
		if (pid != getpid() && read_environment(path.at, &environment) &&
		        carries(&environment, run)) {
			kill(pid, SIGKILL);
			found++;
		}
	}
	closedir(processes);
	fq_buf_finish(&path);
	fq_buf_finish(&environment);
	return found;
}

size_t fq_exec_end_orphans(const char *run, int64_t patience_ns)
{
	int64_t end = fq_clock_ns() + patience_ns;
	size_t first = kill_all(run), left = first;
	/* A killed process keeps its environment until it is gone; one that was just
	 * being started appears in the second look. */
	while (left && fq_clock_ns() < end) {
		const struct timespec pause = {0, 5000000};
		nanosleep(&pause, NULL);
		left = kill_all(run);
	}
	return first;
}
