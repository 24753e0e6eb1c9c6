#include "fqrun/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool fq_stamp_equal(struct fq_stamp a, struct fq_stamp b)
{
	return a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns;
}

struct fq_stamp fq_stamp_read(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		return (struct fq_stamp){-1, 0};
	}
	/* Without sign: beyond the year 2262 it wraps, and still differs. */
	uint64_t mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
	return (struct fq_stamp){(int64_t)st.st_size, (int64_t)mtime_ns};
}

static bool fail_size(const char *path, size_t limit, struct fq_error *err)
{
	return fq_fail(err, (struct fq_where){path, 0, 0}, NULL, "larger than %zu MiB", limit >> 20);
}

static bool read_all(int fd, const char *path, size_t limit, struct fq_buf *ret, struct fq_error *err)
{
	for (;;) {
		ssize_t got = read(fd, fq_buf_room(ret, 1 << 16), 1 << 16);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return fq_fail_errno(err, "cannot read %s", path);
		}
		ret->len += (size_t)got;
		ret->at[ret->len] = '\0';
		if (ret->len > limit) {
			return fail_size(path, limit, err);
		}
		if (got == 0) {
			return true;
		}
	}
}

/* A regular file; -1 with an error. */
static int open_regular(const char *path, struct stat *ret, struct fq_error *err)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		fq_fail_errno(err, "cannot open %s", path);
		return -1;
	}
	if (fstat(fd, ret) != 0) {
		fq_fail_errno(err, "cannot look at %s", path);
	} else if (!S_ISREG(ret->st_mode)) {
		fq_fail(err, (struct fq_where){path, 0, 0}, NULL, "not a regular file");
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

bool fq_file_read(const char *path, size_t limit_bytes, struct fq_buf *ret, struct fq_error *err)
{
	struct stat st;
	bool ok;
	int fd = open_regular(path, &st, err);
	if (fd < 0) {
		return false;
	}
	if ((uint64_t)st.st_size > limit_bytes) {
		ok = fail_size(path, limit_bytes, err);
	} else {
		/* One byte more than is there: the end shows without a second growth. */
		fq_buf_room(ret, (size_t)st.st_size + (1 << 16));
		ok = read_all(fd, path, limit_bytes, ret, err);
	}
	close(fd);
	return ok;
}

bool fq_file_read_end(
        const char *path, size_t most, struct fq_buf *ret, int64_t *ret_hidden, struct fq_error *err)
{
	struct stat st;
	int fd = open_regular(path, &st, err);
	*ret_hidden = 0;
	if (fd < 0) {
		return false;
	}
	off_t at = (uint64_t)st.st_size > most ? st.st_size - (off_t)most : 0;
	*ret_hidden = (int64_t)at;
	ssize_t got = 1;
	/* One that grows meanwhile has no more for us. */
	for (size_t left = most; left && got > 0; left -= got > 0 ? (size_t)got : 0) {
		do {
			got = pread(fd, fq_buf_room(ret, left), left, at);
		} while (got < 0 && errno == EINTR);
		ret->len += got > 0 ? (size_t)got : 0;
		at += got > 0 ? got : 0;
	}
	if (got < 0) {
		fq_fail_errno(err, "cannot read %s", path);
	}
	close(fd);
	fq_buf_puts(ret, "");
	return got >= 0;
}

bool fq_file_hash(const char *path, uint64_t *ret_hash, bool (*is_stopped)(void *context), void *context)
{
	enum { BLOCK_BYTES = 1 << 20, BLOCKS_A_LOOK = 16 };
	struct fq_buf block = {0};
	struct stat file;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) ? 1 : -1;
	*ret_hash = 0;
	for (unsigned count = 1; got > 0; count++) {
		/* Whole blocks, however the system cuts its answers. */
		fq_buf_room(&block, BLOCK_BYTES);
		do {
			got = read(fd, block.at + block.len, BLOCK_BYTES - block.len);
			block.len += got > 0 ? (size_t)got : 0;
		} while ((got > 0 && block.len < BLOCK_BYTES) || (got < 0 && errno == EINTR));
		*ret_hash = fq_hash_next(*ret_hash, block.at, block.len);
		block.len = 0;
		if (count % BLOCKS_A_LOOK == 0 && is_stopped && is_stopped(context)) {
			got = -1;
		}
	}
	if (fd >= 0) {
		close(fd);
	}
	fq_buf_finish(&block);
	return got == 0;
}

bool fq_file_write_all(int fd, const void *at, size_t len)
{
	const char *from = at;
	while (len) {
		ssize_t put = write(fd, from, len);
		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put < 0) {
			return false;
		}
		from += put;
		len -= (size_t)put;
	}
	return true;
}

bool fq_file_replace(const char *path, const void *at, size_t len, struct fq_error *err)
{
	struct fq_buf temporary = {0};
	fq_buf_addf(&temporary, "%s.%ld.tmp", path, (long)getpid());
	bool ok = false;
	int how = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(temporary.at, how, 0666);
	/* Left by one that was killed and had our number, as the first process of a container has. */
	if (fd < 0 && errno == EEXIST && unlink(temporary.at) == 0) {
		fd = open(temporary.at, how, 0666);
	}
	if (fd < 0) {
		fq_fail_errno(err, "cannot create %s", temporary.at);
		goto out;
	}
	ok = fq_file_write_all(fd, at, len);
	if (!ok) {
		fq_fail_errno(err, "cannot write %s", temporary.at);
	}
	/* close() tells of a full disk on some network file systems. */
	if (close(fd) != 0 && ok) {
		ok = fq_fail_errno(err, "cannot write %s", temporary.at);
	}
	if (ok && rename(temporary.at, path) != 0) {
		ok = fq_fail_errno(err, "cannot write %s", path);
	}
	if (!ok) {
		unlink(temporary.at);
	}
out:
	fq_buf_finish(&temporary);
	return ok;
}

/* Keeps errno. */
static bool is_folder(const char *path)
{
	struct stat st;
	int number = errno;
	bool is = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	errno = number;
	return is;
}

bool fq_folder_make(const char *path, struct fq_error *err)
{
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_folder(path))) {
		return true;
	}
	if (errno != ENOENT) {
		return fq_fail_errno(err, "cannot make the folder %s", path);
	}
	if (!fq_folder_make_for(path, err)) {
		return false;
	}
	if (mkdir(path, 0777) != 0 && !(errno == EEXIST && is_folder(path))) {
		return fq_fail_errno(err, "cannot make the folder %s", path);
	}
	return true;
}

bool fq_folder_make_for(const char *file, struct fq_error *err)
{
	const char *slash = strrchr(file, '/');
	while (slash && slash > file && slash[-1] == '/') {
		slash--;
	}
	if (!slash || slash == file) {
		return true;
	}
	struct fq_buf folder = {0};
	fq_buf_add(&folder, file, (size_t)(slash - file));
	bool ok = fq_folder_make(folder.at, err);
	fq_buf_finish(&folder);
	return ok;
}

static bool is_dot_name(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

bool fq_folder_is_empty(const char *path)
{
	DIR *folder = opendir(path);
	if (!folder) {
		return false;
	}
	bool empty = true;
	for (struct dirent *entry; empty && (entry = readdir(folder));) {
		empty = is_dot_name(entry->d_name);
	}
	closedir(folder);
	return empty;
}

static bool remove_content(int parent, const char *name);

static bool remove_entry(int folder, const char *name)
{
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
		return true;
	}
	/* Linux says EISDIR, POSIX and the BSDs EPERM. */
	if (errno != EISDIR && errno != EPERM) {
		return false;
	}
	/* An empty one goes without a descriptor, of which we may have no more. */
	if (unlinkat(folder, name, AT_REMOVEDIR) == 0) {
		return true;
	}
	return remove_content(folder, name) && (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

static bool remove_content(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		return errno == ENOENT;
	}
	DIR *folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return false;
	}
	bool ok = true;
	for (struct dirent *entry; ok && (entry = readdir(folder));) {
		ok = is_dot_name(entry->d_name) || remove_entry(fd, entry->d_name);
	}
	int number = errno;
	closedir(folder);
	errno = number;
	return ok;
}

bool fq_tree_remove(const char *path, struct fq_error *err)
{
	return remove_entry(AT_FDCWD, path) || fq_fail_errno(err, "cannot remove %s", path);
}
