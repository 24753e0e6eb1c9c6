/* A pool for test_jobserver*.c: a pipe that a make of ours, so to speak, passes on. */
#ifndef JOBSERVER_POOL_H
#define JOBSERVER_POOL_H

#include "fqrun/jobserver.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static struct fq_tokens tokens;
static struct fq_error err;
static struct fq_arena arena;
static int pool[2]; /* read, write */
static char folder[] = "/tmp/fqrun-jobserver-XXXXXX";

static void begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	cr_assert(pipe(pool) == 0 && mkdtemp(folder));
}

static void end(void)
{
	struct fq_error why = {0};
	fq_tokens_finish(&tokens);
	fq_error_finish(&err);
	fq_arena_finish(&arena);
	cr_expect((geteuid() == getuid() || seteuid(getuid()) == 0) && fq_tree_remove(folder, &why), "%s",
	        why.text);
}

static inline void put(const char *bytes, size_t len)
{
	cr_assert(write(pool[1], bytes, len) == (ssize_t)len);
}

static inline int count_in(int fd)
{
	int there = -1;
	cr_assert(ioctl(fd, FIONREAD, &there) == 0);
	return there;
}

static inline bool join(const char *makeflags, uint32_t limit)
{
	struct fq_makeflags flags;
	fq_makeflags_read(makeflags, &arena, &flags);
	return fq_tokens_join(&tokens, &flags, limit, &err);
}

static inline bool join_fds(int read_fd, int write_fd, uint32_t limit)
{
	return join(fq_arena_format(&arena, " -j5 --jobserver-auth=%d,%d", read_fd, write_fd), limit);
}

static inline void must_join(void)
{
	cr_assert(join_fds(pool[0], pool[1], 0), "%s", err.text);
}

static inline struct fq_token take(void)
{
	struct fq_token token;
	cr_assert(fq_tokens_take(&tokens, &token));
	return token;
}

static inline void expect_none(void)
{
	struct fq_token token;
	cr_assert(!fq_tokens_take(&tokens, &token) && token.byte == FQ_TOKEN_NONE);
}

static inline void expect_bytes(int fd, const char *bytes, size_t len)
{
	char got[64];
	cr_assert(count_in(fd) == (int)len, "%d", count_in(fd));
	cr_assert(len == 0 || read(fd, got, sizeof(got)) == (ssize_t)len);
	cr_assert(len == 0 || memcmp(got, bytes, len) == 0);
}

/* Of our own process. */
static inline size_t count_open(void)
{
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	cr_assert(dir);
	while (readdir(dir)) {
		count++;
	}
	closedir(dir);
	return count;
}

/* From here on we may do no more than anybody. */
static inline void drop_privileges(void)
{
	if (geteuid() == 0) {
		cr_assert(chown(folder, NOBODY, NOBODY) == 0 && seteuid(NOBODY) == 0);
	}
}

#endif
