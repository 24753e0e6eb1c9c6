/* What stands behind the last whole line: half a record of a process that was killed, or the
 * blank blocks that a power cut leaves. It is kept aside and cut off before anything is
 * written behind it. Readers take no lock: they must not map what a writer may cut. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where it begins ------------------------------------------------------------------ */

/* A hole at the end is not read: it may be as large as the disk is not. */
static off_t without_hole(int fd, off_t size)
{
	enum { PIECES_LOOKED_AT = 1000 };
	off_t data = 0;
	for (int i = 0; i < PIECES_LOOKED_AT; i++) {
		off_t hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || hole >= size) {
			return size;
		}
		data = lseek(fd, hole, SEEK_DATA);
		if (data < 0) {
			return errno == ENXIO ? hole : size;
		}
	}
	return size;
}

struct search {
	off_t newline; /* the first one of those that only blanks are behind, or what is torn; -1: none */
	bool is_torn;  /* in a line that has no end */
	off_t end;     /* -1: not found yet */
};

static bool is_blank(char c)
{
	return c == '\0' || c == '\n' || c == '\t' || c == ' ' || c == '\r';
}

/* Zeros, eight at a time. */
static size_t skip_zeros(const char *at, size_t len)
{
	uint64_t word = 0;
	while (len >= sizeof(word) && (memcpy(&word, at + len - sizeof(word), sizeof(word)), word == 0)) {
		len -= sizeof(word);
	}
	return len;
}

static void look_at(struct search *search, char c, off_t place)
{
	if (c == '\n') {
		search->newline = place;
		search->is_torn = false;
	} else if (!is_blank(c) && !search->is_torn) {
		search->is_torn = search->newline < 0;
		search->end = search->newline < 0 ? -1 : search->newline + 1;
	}
}

static void look_back(struct search *search, const char *piece, size_t len, off_t start)
{
	len = skip_zeros(piece, len);
	while (len > 0 && search->end < 0) {
		len--;
		look_at(search, piece[len], start + (off_t)len);
	}
}

static bool read_at(int fd, char *to, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t got = pread(fd, to, len, at);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return false;
		}
		if (got == 0) { /* cut off meanwhile: nothing is there */
			memset(to, 0, len);
			return true;
		}
		to += got;
		len -= (size_t)got;
		at += got;
	}
	return true;
}

bool fq_journal_find_end(int fd, off_t size, size_t *ret_end)
{
	enum { PIECE_BYTES = 1 << 16 };
	struct search search = {.newline = -1, .end = -1};
	struct fq_buf piece = {0};
	bool ok = true;
	for (off_t at = size; at > 0 && search.end < 0 && ok;) {
		/* Most ends are whole: a short look is enough. */
		size_t len = at == size ? 64 : PIECE_BYTES;
		len = (off_t)len < at ? len : (size_t)at;
		at -= (off_t)len;
		ok = read_at(fd, fq_buf_room(&piece, len), len, at);
		if (ok) {
			look_back(&search, piece.at, len, at);
		}
	}
	fq_buf_finish(&piece);
	*ret_end = search.end < 0 ? 0 : (size_t)search.end;
	return ok;
}

off_t fq_journal_size(int fd, const struct stat *st)
{
	enum { BLOCK_BYTES = 512 }; /* POSIX: of st_blocks, everywhere that we know */
	return st->st_blocks * BLOCK_BYTES < st->st_size ? without_hole(fd, st->st_size) : st->st_size;
}

/* --- aside ------------------------------------------------------------------------------ */

enum { KEPT_ASIDE = 10, ASIDE_BYTES_MAX = 1 << 20 };
static const char aside_name[] = "journal.bad.";

struct aside {
	size_t count;
	uint64_t first, last;
};

static void count_aside(struct aside *aside, const char *name)
{
	size_t len = sizeof(aside_name) - 1;
	uint64_t number;
	if (strncmp(name, aside_name, len) != 0 || !fq_parse_number(fq_text(name + len), &number)) {
		return;
	}
	aside->first = aside->count == 0 || number < aside->first ? number : aside->first;
	aside->last = number > aside->last ? number : aside->last;
	aside->count++;
}

static struct aside look_aside(const char *folder)
{
	struct aside aside = {0};
	DIR *dir = opendir(folder);
	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		count_aside(&aside, entry->d_name);
	}
	if (dir) {
		closedir(dir);
	}
	return aside;
}

static const char *aside_path(struct fq_journal *journal, uint64_t number)
{
	return fq_arena_format(
	        &journal->arena, "%s/%s%llu", journal->folder, aside_name, (unsigned long long)number);
}

static void write_aside(const char *path, const struct fq_buf *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0) {
		return;
	}
	bool ok = fq_file_write_all(fd, bytes->at, bytes->len);
	if (close(fd) != 0 || !ok) {
		unlink(path);
	}
}

/* For whoever wants to know what happened. No record is in it: if there is no room for it,
 * records need what is left. */
static void keep_aside(struct fq_journal *journal, size_t end, size_t len)
{
	struct fq_buf bytes = {0};
	len = len < ASIDE_BYTES_MAX ? len : ASIDE_BYTES_MAX;
	if (read_at(journal->fd, fq_buf_room(&bytes, len), len, (off_t)end)) {
		bytes.len = len;
		struct aside aside = look_aside(journal->folder);
		while (aside.count >= KEPT_ASIDE && unlink(aside_path(journal, aside.first)) == 0) {
			aside = look_aside(journal->folder);
		}
		write_aside(aside_path(journal, aside.last + 1), &bytes);
	}
	fq_buf_finish(&bytes);
}

bool fq_journal_cut_tail(struct fq_journal *journal, size_t end, struct fq_error *err)
{
	struct stat st;
	if (fstat(journal->fd, &st) != 0) {
		return fq_fail_errno(err, "cannot look at %s", journal->path);
	}
	if ((size_t)st.st_size <= end) {
		return true;
	}
	keep_aside(journal, end, (size_t)st.st_size - end);
	return ftruncate(journal->fd, (off_t)end) == 0 ||
	       fq_fail_errno(err, "cannot cut the torn end off %s", journal->path);
}
