#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC_BYTES = 6, LARGEST_READ_BYTES = 1 << 30 };

const char fq_fastq_cut_hint[] = "the file is cut off: download or copy it again";
const char fq_fastq_damaged_hint[] = "the file is damaged: download or copy it again";

/* One read() that gives something, or the end: 0. A descriptor that somebody
 * else made non-blocking is waited for. */
static bool read_some(int fd, char *to, size_t len, size_t *ret_len, struct fq_error *why)
{
	for (;;) {
		ssize_t got = read(fd, to, len < LARGEST_READ_BYTES ? len : LARGEST_READ_BYTES);
		if (got >= 0) {
			*ret_len = (size_t)got;
			return true;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
		} else if (errno != EINTR) {
			*ret_len = 0;
			return fq_fail_errno(why, "cannot read on");
		}
	}
}

bool fq_fastq_hold_input(struct fq_fastq_input *input, size_t want, struct fq_error *why)
{
	if (input->held_len < want && input->held_len) {
		memmove(input->held, input->held + input->held_at, input->held_len);
		input->held_at = 0;
	}
	if (input->held_len == 0) {
		input->held_at = 0;
	}
	while (input->held_len < want && !input->is_eof) {
		size_t end = input->held_at + input->held_len, got;
		if (!read_some(input->fd, input->held + end, FQ_FASTQ_INPUT_BYTES - end, &got, why)) {
			return false;
		}
		input->held_len += got;
		input->is_eof = got == 0;
	}
	return true;
}

void fq_fastq_use_input(struct fq_fastq_input *input, size_t len)
{
	input->held_at += len;
	input->held_len -= len;
	input->offset += len;
}

bool fq_fastq_open_input(struct fq_fastq_input *input, const char *path, struct fq_error *why)
{
	struct stat st;
	input->held = fq_zeroed(FQ_FASTQ_INPUT_BYTES, 1);
	bool is_stdin = strcmp(path, "-") == 0;
	input->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0) {
		return fq_fail_errno(why, "cannot open");
	}
	if (fstat(input->fd, &st) != 0) {
		return fq_fail_errno(why, "cannot open");
	}
	if (S_ISDIR(st.st_mode)) {
		return fq_fail(why, FQ_NOWHERE, NULL, "expected a file, found a folder");
	}
#ifdef POSIX_FADV_SEQUENTIAL
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
	return true;
}

static bool holds(const struct fq_fastq_input *input, const char *magic, size_t len)
{
	return input->held_len >= len && memcmp(input->held, magic, len) == 0;
}

/* What we cannot read, but know by its first bytes. */
static bool refuse_foreign(const struct fq_fastq_input *input, struct fq_error *why)
{
	const struct fq_fastq_foreign *foreign = fq_fastq_recognise(input->held, input->held_len);
	return !foreign || fq_fail(why, FQ_NOWHERE, foreign->hint, "expected FASTQ, plain or gzip, found %s",
	                           foreign->name);
}

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);
	return len >= end_len && strcmp(path + len - end_len, end) == 0;
}

bool fq_fastq_is_called_gzip(const char *path)
{
	return ends_in(path, ".gz") || ends_in(path, ".bgz");
}

/* By content; the name counts only where there is none. */
bool fq_fastq_detect_input(struct fq_fastq_input *input, const char *path, struct fq_error *why)
{
	if (!fq_fastq_hold_input(input, MAGIC_BYTES, why) || !refuse_foreign(input, why)) {
		return false;
	}
	if (input->held_len == 0 && fq_fastq_is_called_gzip(path)) {
		return fq_fail(why, FQ_NOWHERE, fq_fastq_cut_hint, "expected gzip data, found an empty file");
	}
	input->is_gzip = holds(input, "\x1f\x8b", 2) || (input->held_len == 1 && holds(input, "\x1f", 1));
	if (!input->is_gzip) {
		return true;
	}
	input->inflater = fq_fastq_create_inflater();
	return input->inflater || fq_fail(why, FQ_NOWHERE, NULL, "the zlib found here cannot inflate");
}

void fq_fastq_close_input(struct fq_fastq_input *input)
{
	if (input->fd > STDIN_FILENO) {
		close(input->fd);
	}
	fq_fastq_destroy_inflater(input->inflater);
	fq_release(input->held);
	*input = (struct fq_fastq_input){0};
}

static bool read_plain(struct fq_fastq_input *input, struct fq_fastq_flow *flow, struct fq_error *why)
{
	size_t first = input->held_len < flow->to_len ? input->held_len : flow->to_len;
	memcpy(flow->to, input->held + input->held_at, first);
	fq_fastq_use_input(input, first);
	flow->to += first;
	flow->to_len -= first;
	while (flow->to_len && !input->is_eof) {
		size_t got;
		if (!read_some(input->fd, flow->to, flow->to_len, &got, why)) {
			return false;
		}
		input->is_eof = got == 0;
		input->offset += got;
		flow->to += got;
		flow->to_len -= got;
	}
	return true;
}

bool fq_fastq_read_input(
        struct fq_fastq_input *input, char *to, size_t len, size_t *ret_len, struct fq_error *why)
{
	struct fq_fastq_flow flow = {NULL, 0, to, len};
	bool ok = input->is_gzip ? fq_fastq_read_gzip(input, &flow, why) : read_plain(input, &flow, why);
	*ret_len = len - flow.to_len;
	return ok;
}
