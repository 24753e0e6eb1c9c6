/* _GNU_SOURCE, which the build defines: preadv2. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* A full pool: so long we wait until somebody takes one of the tokens too many. */
enum { WRITE_TRIES = 10, WRITE_WAIT_MS = 10 };
enum { LOWEST_FD = 64, BYTES = 256 };

void fq_tokens_own(struct fq_tokens *ret, uint32_t jobs)
{
	*ret = (struct fq_tokens){.kind = FQ_TOKENS_OWN,
	        .limit = jobs ? jobs : 1,
	        .total = jobs ? jobs : 1,
	        .implicit_is_free = true,
	        .read_fd = -1,
	        .write_fd = -1,
	        .passed_read = -1,
	        .passed_write = -1};
}

/* --- descriptors and memory ------------------------------------------------------------ */

int fq_tokens_copy(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);
}

int fq_tokens_open(const char *path, int how)
{
	int fd = open(path, how | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return -1;
	}
	int copy = fq_tokens_copy(fd), number = errno;
	close(fd);
	errno = number;
	return copy;
}

void fq_tokens_close(struct fq_tokens *tokens)
{
	if (tokens->read_fd >= 0) {
		close(tokens->read_fd);
	}
	if (tokens->write_fd >= 0) {
		close(tokens->write_fd);
	}
	tokens->read_fd = tokens->write_fd = -1;
}

bool fq_tokens_count_bytes(struct fq_tokens *tokens, struct fq_error *err)
{
	size_t size = BYTES * sizeof(*tokens->held_bytes);
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		return fq_fail_errno(err, "no memory to count tokens in");
	}
	tokens->held_bytes = at;
	tokens->held_bytes_size = size;
	return true;
}

void fq_tokens_finish(struct fq_tokens *tokens)
{
	if (tokens->kind != FQ_TOKENS_OWN) {
		fq_tokens_close(tokens);
		if (tokens->held_bytes) {
			munmap(tokens->held_bytes, tokens->held_bytes_size);
		}
		fq_release(tokens->path);
	}
	*tokens = (struct fq_tokens){0};
}

/* --- one byte --------------------------------------------------------------------------- */

static bool is_ready(int fd, short events, int wait_ms)
{
	struct pollfd watched = {.fd = fd, .events = events};
	return poll(&watched, 1, wait_ms) > 0;
}

/* A description that blocks and is not ours to change. Where the kernel cannot read a
 * pipe without waiting (older ones; any FIFO), a sibling that takes the byte between poll
 * and read makes us wait for the next one; client.c says when it comes to this. */
static ssize_t read_shared(int fd, uint8_t *ret)
{
#ifdef RWF_NOWAIT
	struct iovec to = {.iov_base = ret, .iov_len = 1};
	ssize_t got = preadv2(fd, &to, 1, -1, RWF_NOWAIT);
	if (got >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) {
		return got;
	}
#endif
	if (!is_ready(fd, POLLIN, 0)) {
		errno = EAGAIN;
		return -1;
	}
	return read(fd, ret, 1);
}

/* False with is_gone set: nobody will write any more. */
static bool get_byte(struct fq_tokens *tokens, uint8_t *ret)
{
	ssize_t got;
	do {
		got = tokens->is_shared ? read_shared(tokens->read_fd, ret) : read(tokens->read_fd, ret, 1);
	} while (got < 0 && errno == EINTR);
	tokens->is_gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
	return got == 1;
}

/* Async-signal-safe. EAGAIN: the pool is full, and stayed so. */
static bool put_byte(const struct fq_tokens *tokens, uint8_t byte)
{
	errno = EAGAIN;
	for (int i = 0; i < WRITE_TRIES; i++) {
		ssize_t put = -1;
		if (!tokens->is_shared || is_ready(tokens->write_fd, POLLOUT, 0)) {
			do {
				put = write(tokens->write_fd, &byte, 1);
			} while (put < 0 && errno == EINTR);
		}
		if (put == 1 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
			return put == 1;
		}
		is_ready(tokens->write_fd, POLLOUT, WRITE_WAIT_MS);
		errno = EAGAIN;
	}
	return false;
}

/* --- tokens -------------------------------------------------------------------------------- */

bool fq_tokens_take(struct fq_tokens *tokens, struct fq_token *ret)
{
	uint8_t byte = '+';
	ret->byte = FQ_TOKEN_NONE;
	if (tokens->implicit_is_free) {
		tokens->implicit_is_free = false;
		ret->byte = FQ_TOKEN_IMPLICIT;
		return true;
	}
	if (tokens->is_gone || tokens->held + 1 >= tokens->limit) {
		return false;
	}
	if (tokens->kind != FQ_TOKENS_OWN) {
		if (!get_byte(tokens, &byte)) {
			return false;
		}
		tokens->held_bytes[byte]++;
	}
	tokens->held++;
	ret->byte = byte;
	return true;
}

/* Counts before it writes: who dies in between loses one, and gives none twice. */
static void give_byte(struct fq_tokens *tokens, uint8_t byte)
{
	if (tokens->held_bytes[byte] == 0) {
		return;
	}
	tokens->held_bytes[byte]--;
	tokens->held--;
	if (put_byte(tokens, byte)) {
		return;
	}
	if (errno == EAGAIN) {
		tokens->held_bytes[byte]++;
		tokens->held++;
	} else {
		tokens->is_gone = true;
	}
}

void fq_tokens_give(struct fq_tokens *tokens, struct fq_token *token)
{
	if (token->byte == FQ_TOKEN_IMPLICIT) {
		tokens->implicit_is_free = true;
	} else if (token->byte != FQ_TOKEN_NONE && tokens->kind != FQ_TOKENS_OWN) {
		give_byte(tokens, (uint8_t)token->byte);
	} else if (token->byte != FQ_TOKEN_NONE) {
		tokens->held--;
	}
	token->byte = FQ_TOKEN_NONE;
}

void fq_tokens_give_all(struct fq_tokens *tokens)
{
	int number = errno;
	bool is_open = tokens->kind != FQ_TOKENS_OWN;
	for (unsigned byte = 0; is_open && byte < BYTES; byte++) {
		while (is_open && tokens->held_bytes[byte] > 0) {
			tokens->held_bytes[byte]--;
			is_open = put_byte(tokens, (uint8_t)byte);
		}
	}
	tokens->held = 0;
	tokens->implicit_is_free = true;
	errno = number;
}

bool fq_tokens_are_home(const struct fq_tokens *tokens)
{
	return tokens->implicit_is_free && tokens->held == 0;
}

int fq_tokens_watch(const struct fq_tokens *tokens)
{
	bool may_come = tokens->kind != FQ_TOKENS_OWN && !tokens->is_gone && tokens->held + 1 < tokens->limit;
	return may_come ? tokens->read_fd : -1;
}
