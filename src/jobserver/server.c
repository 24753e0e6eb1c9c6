/* _GNU_SOURCE, which the build defines: F_SETPIPE_SZ. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 512 }; /* POSIX's least PIPE_BUF: so many go in whole or not at all */

/* Returns how many of `count` tokens went in. */
static uint32_t put_new(const struct fq_tokens *tokens, uint32_t count)
{
	char chunk[CHUNK];
	uint32_t done = 0;
	memset(chunk, '+', sizeof(chunk));
	while (done < count) {
		size_t len = count - done < CHUNK ? count - done : CHUNK;
		ssize_t put = write(tokens->write_fd, chunk, len);
		if (put > 0) {
			done += (uint32_t)put;
		} else if (put == 0 || errno != EINTR) {
			break;
		}
	}
	return done;
}

/* Returns how many of `count` tokens came out. */
static uint32_t take_out(const struct fq_tokens *tokens, uint32_t count)
{
	char chunk[CHUNK];
	uint32_t done = 0;
	while (done < count) {
		size_t len = count - done < CHUNK ? count - done : CHUNK;
		ssize_t got = read(tokens->read_fd, chunk, len);
		if (got > 0) {
			done += (uint32_t)got;
		} else if (got == 0 || errno != EINTR) {
			break;
		}
	}
	return done;
}

/* A pipe may be as small as a page: by the kernel's choice, or where its user has many. */
static bool fill(const struct fq_tokens *tokens, struct fq_error *err)
{
	uint32_t count = tokens->total - 1;
#ifdef F_SETPIPE_SZ
	int size = fcntl(tokens->write_fd, F_GETPIPE_SZ);
	if (size >= 0 && (uint32_t)size < count && count <= INT_MAX) {
		fcntl(tokens->write_fd, F_SETPIPE_SZ, (int)count);
	}
#endif
	uint32_t done = put_new(tokens, count);
	if (done < count) {
		return fq_fail(err, FQ_NOWHERE,
		        "allow fewer jobs at once; /proc/sys/fs/pipe-max-size and pipe-user-pages-soft are "
		        "what "
		        "limits a pipe",
		        "the jobserver's FIFO holds %lu tokens, and %lu jobs at once need %lu",
		        (unsigned long)done, (unsigned long)tokens->total, (unsigned long)count);
	}
	return true;
}

static bool make_fifo(struct fq_tokens *tokens, const char *path, struct fq_error *err)
{
	if ((unlink(path) != 0 && errno != ENOENT) || mkfifo(path, 0600) != 0) {
		return fq_fail_errno(err, "%s: cannot make a FIFO for the jobserver", path);
	}
	tokens->read_fd = fq_tokens_open(path, O_RDONLY);
	if (tokens->read_fd >= 0) {
		tokens->write_fd = fq_tokens_open(path, O_WRONLY);
	}
	if (tokens->write_fd < 0) {
		fq_fail_errno(err, "%s: cannot open the jobserver's FIFO", path);
		unlink(path);
		return false;
	}
	if (!fill(tokens, err) || !fq_tokens_count_bytes(tokens, err)) {
		unlink(path);
		return false;
	}
	return true;
}

bool fq_tokens_serve(struct fq_tokens *tokens, const char *folder, struct fq_error *err)
{
	if (tokens->total <= 1) {
		return true;
	}
	struct fq_tokens made = *tokens;
	struct fq_buf path = {0};
	char whole[PATH_MAX];
	if (!realpath(folder, whole)) {
		return fq_fail_errno(err, "%s: cannot make a FIFO for the jobserver", folder);
	}
	fq_buf_addf(&path, "%s/jobserver", whole);
	made.kind = FQ_TOKENS_SERVER;
	bool is_made = make_fifo(&made, path.at, err);
	if (is_made) {
		made.path = fq_tokens_choose_path(&made, path.at);
		*tokens = made;
	} else {
		fq_tokens_finish(&made);
	}
	fq_buf_finish(&path);
	return is_made;
}

int64_t fq_tokens_surplus(const struct fq_tokens *tokens)
{
	int there = 0;
	if (tokens->kind != FQ_TOKENS_SERVER || ioctl(tokens->read_fd, FIONREAD, &there) != 0) {
		return 0;
	}
	return (int64_t)there - ((int64_t)tokens->total - 1 - (int64_t)tokens->held);
}

int64_t fq_tokens_mend(struct fq_tokens *tokens)
{
	int64_t surplus = fq_tokens_surplus(tokens);
	if (surplus < 0) {
		put_new(tokens, (uint32_t)-surplus);
	} else if (surplus > 0) {
		take_out(tokens, (uint32_t)surplus);
	}
	return surplus;
}
