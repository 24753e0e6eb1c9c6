#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_UNSAID = 256 };

static const char one_job[] = "put a + in front of the recipe's line: `+fqrun ...`; until then one job "
                              "runs at a time";

/* CUSE servers are character devices. */
static bool is_pool(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode));
}

/* NULL: it is what it should be. */
static const char *find_fault(int fd, int wrong_way, struct stat *st)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0) {
		return "is not open";
	}
	if (!is_pool(fd, st)) {
		return "is no pipe";
	}
	return (flags & O_ACCMODE) == wrong_way ? "goes the other way" : NULL;
}

static bool check_passed(const struct fq_makeflags *flags, bool *ret_is_one_file, struct fq_error *err)
{
	struct stat one, other;
	if (flags->read_fd < 0 || flags->write_fd < 0) {
		return fq_fail(err, FQ_NOWHERE, one_job,
		        "the recipe that started fqrun passes no jobserver on (--jobserver-auth=%s)",
		        flags->auth);
	}
	int fd = flags->read_fd;
	const char *fault = find_fault(fd, O_WRONLY, &one);
	if (!fault) {
		fd = flags->write_fd;
		fault = find_fault(fd, O_RDONLY, &other);
	}
	if (fault) {
		return fq_fail(err, FQ_NOWHERE, one_job,
		        "the recipe that started fqrun passes no jobserver on (--jobserver-auth=%s, and "
		        "descriptor "
		        "%d %s)",
		        flags->auth, fd, fault);
	}
	*ret_is_one_file = one.st_dev == other.st_dev && one.st_ino == other.st_ino;
	return true;
}

/* A description of our own: others see neither its flags nor we theirs. */
static int open_again(int fd, int how)
{
	struct fq_buf path = {0};
	fq_buf_addf(&path, "/proc/self/fd/%d", fd);
	int opened = fq_tokens_open(path.at, how);
	fq_buf_finish(&path);
	return opened;
}

/* Where there is no /proc, or the pipe is another user's (make under sudo), we have to
 * do with what was passed: see read_shared(). */
static bool share_passed(struct fq_tokens *tokens)
{
	tokens->is_shared = true;
	tokens->read_fd = fq_tokens_copy(tokens->passed_read);
	tokens->write_fd = fq_tokens_copy(tokens->passed_write);
	return tokens->read_fd >= 0 && tokens->write_fd >= 0;
}

static bool join_pipe(struct fq_tokens *tokens, const struct fq_makeflags *flags, struct fq_error *err)
{
	bool is_one_file = false;
	if (!check_passed(flags, &is_one_file, err)) {
		return false;
	}
	tokens->passed_read = flags->read_fd;
	tokens->passed_write = flags->write_fd;
	fcntl(flags->read_fd, F_SETFD, FD_CLOEXEC);
	fcntl(flags->write_fd, F_SETFD, FD_CLOEXEC);
	tokens->read_fd = open_again(flags->read_fd, O_RDONLY);
	tokens->write_fd = open_again(flags->write_fd, O_WRONLY);
	if (tokens->read_fd < 0 || tokens->write_fd < 0) {
		fq_tokens_close(tokens);
		if (!share_passed(tokens)) {
			return fq_fail_errno(
			        err, "cannot use the jobserver --jobserver-auth=%s", flags->auth);
		}
	}
	if (is_one_file && !tokens->is_shared) {
		tokens->path = fq_tokens_choose_path(tokens, NULL);
	}
	return true;
}

static bool join_fifo(struct fq_tokens *tokens, const struct fq_makeflags *flags, struct fq_error *err)
{
	struct stat st;
	tokens->read_fd = fq_tokens_open(flags->path, O_RDONLY);
	if (tokens->read_fd >= 0 && !is_pool(tokens->read_fd, &st)) {
		return fq_fail(err, FQ_NOWHERE,
		        "start fqrun from a make that still runs; one job runs at a time",
		        "%s, which MAKEFLAGS names as jobserver, is no FIFO", flags->path);
	}
	if (tokens->read_fd >= 0) {
		tokens->write_fd = fq_tokens_open(flags->path, O_WRONLY);
	}
	if (tokens->write_fd < 0) {
		const char *words = strerror(errno);
		return fq_fail(err, FQ_NOWHERE,
		        "whoever made it has ended, or it cannot be seen from here (a container): start "
		        "fqrun from a "
		        "make that still runs; one job runs at a time",
		        "the jobserver's FIFO %s cannot be opened: %s", flags->path, words);
	}
	tokens->path = fq_tokens_choose_path(tokens, flags->path);
	return true;
}

static bool join(struct fq_tokens *tokens, const struct fq_makeflags *flags, struct fq_error *err)
{
	switch (flags->style) {
	case FQ_JOBSERVER_PIPE:
		return join_pipe(tokens, flags, err);
	case FQ_JOBSERVER_FIFO:
		return join_fifo(tokens, flags, err);
	case FQ_JOBSERVER_UNKNOWN:
		return fq_fail(err, FQ_NOWHERE,
		        "fqrun knows --jobserver-auth=R,W and fifo:PATH (make's --jobserver-style=pipe and "
		        "fifo); one "
		        "job runs at a time",
		        "MAKEFLAGS names a jobserver of an unknown kind: --jobserver-auth=%s", flags->auth);
	case FQ_JOBSERVER_NONE:
		break;
	}
	return fq_fail(err, FQ_NOWHERE, NULL, "MAKEFLAGS names no jobserver");
}

bool fq_tokens_join(
        struct fq_tokens *ret, const struct fq_makeflags *flags, uint32_t limit, struct fq_error *err)
{
	struct fq_tokens made;
	fq_tokens_own(ret, 1);
	made = *ret;
	made.kind = FQ_TOKENS_CLIENT;
	made.total = flags->jobs == UINT32_MAX ? 0 : flags->jobs;
	made.limit = limit ? limit : made.total ? made.total : LIMIT_UNSAID;
	if (!join(&made, flags, err) || !fq_tokens_count_bytes(&made, err)) {
		fq_tokens_finish(&made);
		return false;
	}
	*ret = made;
	return true;
}
