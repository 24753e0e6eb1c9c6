#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 15, NEAR_BYTES = 4096 };

static int64_t ring_bytes(const struct fq_exec_log *log)
{
	return log->limit_bytes / 2;
}

static int64_t head_bytes(const struct fq_exec_log *log)
{
	return log->limit_bytes - ring_bytes(log);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Where it is put in order, before it takes the place of the log. */
static void add_part_path(struct fq_buf *buf, const char *path)
{
	fq_buf_addf(buf, "%s.part", path);
}

void fq_exec_log_begin(struct fq_exec_log *log, const char *path, int64_t limit_bytes)
{
	size_t len = strlen(path) + 1;
	log->path = fq_grow(log->path, &log->path_cap, len, 1);
	memcpy(log->path, path, len);
	log->fd = -1;
	log->failed = false;
	log->limit_bytes = limit_bytes;
	log->came_bytes = 0;
	unlink(path); /* nobody shall take an earlier run's words for this one's */
	if (limit_bytes > 0) {
		struct fq_buf part = {0};
		add_part_path(&part, path);
		unlink(part.at);
		fq_buf_finish(&part);
	}
}

static void drop_spare(struct fq_exec_log *log)
{
	if (log->spare >= 0) {
		close(log->spare);
		log->spare = -1;
	}
}

static bool open_log(struct fq_exec_log *log)
{
	drop_spare(log);
	int how = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
	log->fd = open(log->path, how, 0666);
	if (log->fd < 0 && errno == ENOENT && fq_folder_make_for(log->path, NULL)) {
		log->fd = open(log->path, how, 0666);
	}
	return log->fd >= 0;
}

static bool write_at(int fd, const char *at, size_t len, int64_t place)
{
	while (len) {
		ssize_t put = pwrite(fd, at, len, place);
		if (put < 0 && errno != EINTR) {
			return false;
		}
		size_t done = put > 0 ? (size_t)put : 0;
		at += done;
		place += (int64_t)done;
		len -= done;
	}
	return true;
}

/* The place in the file of the byte that has `number` bytes before it, and how many
 * stand behind it in one piece. */
static int64_t place_of(const struct fq_exec_log *log, int64_t number, int64_t *ret_len)
{
	int64_t head = head_bytes(log), ring = ring_bytes(log);
	if (number < log->limit_bytes) {
		*ret_len = log->limit_bytes - number;
		return number;
	}
	int64_t round = (number - head) % ring;
	*ret_len = ring - round;
	return head + round;
}

static bool write_limited(struct fq_exec_log *log, const char *at, int64_t len)
{
	while (len) {
		/* What this very piece would write over itself is not written at all. */
		if (log->came_bytes >= log->limit_bytes && len > ring_bytes(log)) {
			int64_t skipped = len - ring_bytes(log);
			log->came_bytes += skipped;
			at += skipped;
			len -= skipped;
			continue;
		}
		int64_t room, place = place_of(log, log->came_bytes, &room);
		int64_t part = smaller(len, room);
		if (!write_at(log->fd, at, (size_t)part, place)) {
			return false;
		}
		log->came_bytes += part;
		at += part;
		len -= part;
	}
	return true;
}

void fq_exec_log_write(struct fq_exec_log *log, const char *at, size_t len)
{
	if (log->failed || (log->fd < 0 && !open_log(log)) ||
	        !(log->limit_bytes > 0 ? write_limited(log, at, (int64_t)len)
	                               : fq_file_write_all(log->fd, at, len))) {
		log->failed = true;
	}
}

/* --- putting it in order ------------------------------------------------------------------- */

/* Reads what is kept, counted from the first byte of the last half: in one piece, perhaps
 * less than is asked for. Not more than 0: it cannot be read. */
static int64_t read_tail(const struct fq_exec_log *log, int64_t from, char *ret, int64_t most)
{
	int64_t in_piece, place = place_of(log, log->came_bytes + from, &in_piece);
	ssize_t got;
	do {
		got = pread(log->fd, ret, (size_t)smaller(most, in_piece), place);
	} while (got < 0 && errno == EINTR);
	return got;
}

static int64_t bytes_to_next_line(const struct fq_exec_log *log)
{
	char block[NEAR_BYTES];
	int64_t near = smaller(ring_bytes(log) / 2, NEAR_BYTES), got;
	for (int64_t done = 0; done < near; done += got) {
		got = read_tail(log, done, block, near - done);
		if (got <= 0) {
			return 0;
		}
		const char *end = memchr(block, '\n', (size_t)got);
		if (end) {
			return done + (end - block) + 1;
		}
	}
	return 0;
}

static bool copy_head(const struct fq_exec_log *log, int to, bool *ret_ends_line)
{
	char block[COPY_BYTES];
	ssize_t got;
	for (int64_t done = 0; done < head_bytes(log); done += got) {
		got = pread(log->fd, block, (size_t)smaller(COPY_BYTES, head_bytes(log) - done), done);
		if (got <= 0 || !fq_file_write_all(to, block, (size_t)got)) {
			return false;
		}
		*ret_ends_line = block[got - 1] == '\n';
	}
	return true;
}

static bool copy_tail(const struct fq_exec_log *log, int to, int64_t from)
{
	char block[COPY_BYTES];
	int64_t got;
	for (int64_t done = from; done < ring_bytes(log); done += got) {
		got = read_tail(log, done, block, smaller(COPY_BYTES, ring_bytes(log) - done));
		if (got <= 0 || !fq_file_write_all(to, block, (size_t)got)) {
			return false;
		}
	}
	return true;
}

static bool copy_in_order(const struct fq_exec_log *log, int to)
{
	struct fq_buf words = {0};
	bool ends_line = true;
	if (!copy_head(log, to, &ends_line)) {
		return false;
	}
	int64_t skipped = bytes_to_next_line(log);
	fq_buf_puts(&words, ends_line ? "[fqrun: " : "\n[fqrun: ");
	fq_buf_add_number(&words, log->came_bytes - log->limit_bytes + skipped);
	fq_buf_puts(&words, " bytes left out here]\n");
	bool ok = fq_file_write_all(to, words.at, words.len) && copy_tail(log, to, skipped);
	fq_buf_finish(&words);
	return ok;
}

static bool put_in_order(const struct fq_exec_log *log)
{
	struct fq_buf part = {0};
	add_part_path(&part, log->path);
	int to = open(part.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool ok = to >= 0 && copy_in_order(log, to);
	ok = to >= 0 && close(to) == 0 && ok;
	ok = ok && rename(part.at, log->path) == 0;
	if (to >= 0 && !ok) {
		unlink(part.at);
	}
	fq_buf_finish(&part);
	return ok;
}

bool fq_exec_log_end(struct fq_exec_log *log)
{
	drop_spare(log);
	if (log->fd >= 0) {
		bool is_round = log->limit_bytes > 0 && log->came_bytes > log->limit_bytes;
		log->failed = log->failed || (is_round && !put_in_order(log));
		log->failed = close(log->fd) != 0 || log->failed;
		log->fd = -1;
	}
	return !log->failed;
}
