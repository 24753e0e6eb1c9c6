/* A folder and all that is in it, as one thing. However deep it is, one descriptor is
 * open at a time: the way back up goes through `..`, and must lead to where we came from. */
#include "fqrun/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool fq_path_is_folder(const char *path)
{
	size_t len = strlen(path);
	return len && path[len - 1] == '/';
}

bool fq_name_is_aside(const char *name)
{
	const size_t len = sizeof(FQ_ASIDE_PREFIX) - 1, digits = 16;
	return strncmp(name, FQ_ASIDE_PREFIX, len) == 0 && strlen(name) == len + digits &&
	       strspn(name + len, "0123456789abcdef") == digits;
}

/* --- the walk ------------------------------------------------------------------------------ */

/* A folder that we are in. */
struct level {
	size_t first, next; /* of its names: the first, and the one to look at next */
	dev_t device;
	ino_t number;
};

struct walk {
	int fd;              /* of the folder in hand */
	struct fq_buf names; /* of all levels, each ended by a NUL */
	size_t *at;          /* where each begins */
	const char **sorted; /* scratch */
	struct level *levels;
	size_t count, cap, sorted_cap, depth, level_cap;
	/* What it is for. `meet`: each thing, a folder before what is in it; `leave`: a folder
	 * behind that, seen from the one around it. False, with errno, ends the walk. */
	bool (*meet)(struct walk *w, const char *name, const struct stat *st);
	bool (*leave)(struct walk *w, const char *name);
	bool is_removing;
	struct fq_buf record; /* of the thing in hand */
	uint64_t hash;
	struct fq_tree *ret;
	int64_t most_bytes; /* of a file whose content counts; -1: of none does */
	bool (*is_stopped)(void *context);
	void *context;
};

/* Of what is refused to us, or goes while we look, the rest is told; whatever else fails may
 * be there at the next look, and half an answer would be another one. */
static bool is_lasting(int number)
{
	return number == ENOENT || number == ENOTDIR || number == EACCES || number == EPERM ||
	       number == ELOOP;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct walk *w, size_t first)
{
	size_t count = w->count - first;
	w->sorted = fq_grow(w->sorted, &w->sorted_cap, count, sizeof(*w->sorted));
	for (size_t i = 0; i < count; i++) {
		w->sorted[i] = w->names.at + w->at[first + i];
	}
	fq_sort(w->sorted, count, sizeof(*w->sorted), compare_names);
	for (size_t i = 0; i < count; i++) {
		w->at[first + i] = (size_t)(w->sorted[i] - w->names.at);
	}
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static bool read_names(struct walk *w)
{
	/* Through a description of its own, and only where things in it can be looked up. */
	int fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	if (!folder) {
		int number = errno;
		if (fd >= 0) {
			close(fd);
		}
		errno = number;
		return false;
	}
	size_t first = w->count;
	errno = 0;
	for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
		if (!is_dots(entry->d_name)) {
			w->at = fq_grow(w->at, &w->cap, w->count + 1, sizeof(*w->at));
			w->at[w->count++] = w->names.len;
			fq_buf_add(&w->names, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	int number = errno;
	closedir(folder);
	errno = number;
	if (!w->is_removing) {
		sort_names(w, first);
	}
	return number == 0;
}

static void drop_names(struct walk *w, size_t first)
{
	w->names.len = w->count > first ? w->at[first] : w->names.len;
	/* Sorted, the first is not the one that stands in front. */
	for (size_t i = first; i < w->count; i++) {
		w->names.len = w->at[i] < w->names.len ? w->at[i] : w->names.len;
	}
	w->count = first;
}

/* Takes the descriptor over. */
static bool enter(struct walk *w, int fd)
{
	struct stat st;
	int before = w->fd;
	size_t first = w->count;
	if (fd < 0) {
		return false;
	}
	w->fd = fd;
	bool ok = fstat(fd, &st) == 0;
	/* What cannot be written to cannot be emptied. */
	if (ok && w->is_removing && (st.st_mode & S_IRWXU) != S_IRWXU) {
		fchmod(fd, (st.st_mode & 07777) | S_IRWXU);
	}
	if (!ok || !read_names(w)) {
		int number = errno;
		drop_names(w, first);
		close(fd);
		w->fd = before;
		errno = number;
		return false;
	}
	w->levels = fq_grow(w->levels, &w->level_cap, w->depth + 1, sizeof(*w->levels));
	w->levels[w->depth++] = (struct level){first, first, st.st_dev, st.st_ino};
	if (before >= 0) {
		close(before);
	}
	return true;
}

static const char *name_in_hand(const struct walk *w)
{
	return w->names.at + w->at[w->levels[w->depth - 1].next - 1];
}

static bool go_up(struct walk *w)
{
	struct stat st;
	drop_names(w, w->levels[w->depth - 1].first);
	if (--w->depth == 0) {
		return true;
	}
	const struct level *parent = &w->levels[w->depth - 1];
	int fd = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(w->fd);
	w->fd = fd;
	if (fd < 0 || fstat(fd, &st) != 0) {
		return false;
	}
	if (st.st_dev != parent->device || st.st_ino != parent->number) {
		errno = ENOENT; /* it was moved away under us */
		return false;
	}
	return w->leave(w, name_in_hand(w));
}

static int open_folder(const struct walk *w, const char *name)
{
	static const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(w->fd, name, how);
	if (fd < 0 && errno == EACCES && w->is_removing && fchmodat(w->fd, name, S_IRWXU, 0) == 0) {
		fd = openat(w->fd, name, how);
	}
	return fd;
}

static bool meet_next(struct walk *w)
{
	struct stat st;
	w->levels[w->depth - 1].next++;
	const char *name = name_in_hand(w);
	if (fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		return errno == ENOENT || (!w->is_removing && is_lasting(errno)); /* gone meanwhile */
	}
	/* It comes and goes with the jobs of others: no part of what they made. */
	if (!w->is_removing && S_ISDIR(st.st_mode) &&
	        (strcmp(name, FQ_PARTIAL_NAME) == 0 || fq_name_is_aside(name))) {
		return true;
	}
	if (!w->meet(w, name, &st)) {
		return false;
	}
	if (!S_ISDIR(st.st_mode) || enter(w, open_folder(w, name))) {
		return true;
	}
	/* It was not entered: what the names stood in may have moved. */
	return errno == ENOENT || (!w->is_removing && is_lasting(errno) && w->leave(w, name_in_hand(w)));
}

static bool walk_in(struct walk *w, int fd)
{
	w->fd = -1;
	bool ok = enter(w, fd);
	while (ok && w->depth) {
		const struct level *level = &w->levels[w->depth - 1];
		ok = level->next < w->count ? meet_next(w) : go_up(w);
	}
	int number = errno;
	if (w->fd >= 0) {
		close(w->fd);
	}
	fq_buf_finish(&w->names);
	fq_buf_finish(&w->record);
	fq_release(w->at);
	fq_release(w->sorted);
	fq_release(w->levels);
	errno = number;
	return ok;
}

/* --- what it is like ------------------------------------------------------------------------ */

static void add_record(struct walk *w, char kind, const char *name, const void *more, size_t len)
{
	w->record.len = 0;
	fq_buf_putc(&w->record, kind);
	fq_buf_add(&w->record, name, strlen(name) + 1);
	fq_buf_add(&w->record, more, len);
	w->hash = fq_hash_next(w->hash, w->record.at, w->record.len);
}

static bool add_link(struct walk *w, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(w->fd, name, target, sizeof(target));
	if (len < 0 && !is_lasting(errno)) {
		return false;
	}
	add_record(w, 'l', name, target, len > 0 ? (size_t)len : 0);
	return true;
}

/* *ret_read: whether it was; false where it is too large, or refused to us. */
static bool read_content(
        struct walk *w, const char *name, const struct stat *st, uint64_t *ret, bool *ret_read)
{
	*ret_read = false;
	if (st->st_size > w->most_bytes) {
		return true;
	}
	int fd = openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		return is_lasting(errno);
	}
	*ret_read = fq_file_hash_open(fd, ret, w->is_stopped, w->context);
	close(fd);
	return *ret_read;
}

static bool add_file(struct walk *w, const char *name, const struct stat *st)
{
	/* Without sign: beyond the year 2262 it wraps, and still differs. */
	uint64_t mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;
	uint64_t parts[2] = {(uint64_t)st->st_size, mtime_ns};
	bool is_content;
	if (!read_content(w, name, st, &parts[1], &is_content)) {
		return false;
	}
	add_record(w, is_content ? 'c' : 'f', name, parts, sizeof(parts));
	w->ret->stamp.size_bytes += st->st_size;
	if ((int64_t)mtime_ns > w->ret->newest_ns) {
		w->ret->newest_ns = (int64_t)mtime_ns;
	}
	return true;
}

static bool meet_to_look(struct walk *w, const char *name, const struct stat *st)
{
	bool ok = true;
	w->ret->files += !S_ISDIR(st->st_mode);
	if (S_ISREG(st->st_mode)) {
		ok = add_file(w, name, st);
	} else if (S_ISLNK(st->st_mode)) {
		ok = add_link(w, name);
	} else {
		add_record(w, S_ISDIR(st->st_mode) ? 'd' : 'o', name, NULL, 0);
	}
	return ok && !(w->is_stopped && w->is_stopped(w->context));
}

static bool leave_looked_at(struct walk *w, const char *name)
{
	(void)name;
	add_record(w, '.', "", NULL, 0);
	return true;
}

static bool look(const char *path, struct walk *w, struct fq_tree *ret)
{
	*ret = (struct fq_tree){.newest_ns = INT64_MIN};
	w->ret = ret;
	w->meet = meet_to_look;
	w->leave = leave_looked_at;
	return walk_in(w, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

bool fq_tree_look(const char *path, struct fq_tree *ret)
{
	struct walk w = {.most_bytes = -1};
	bool ok = look(path, &w, ret);
	/* One that we may not read to its end is there all the same, if it is a folder. */
	struct stat st;
	if (!ok && (!is_lasting(errno) || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))) {
		*ret = (struct fq_tree){.stamp = {-1, 0}, .newest_ns = INT64_MIN};
		return false;
	}
	uint64_t files = ret->files < FQ_TREE_FILES_MOST ? ret->files : FQ_TREE_FILES_MOST;
	ret->stamp.mtime_ns = (int64_t)(w.hash >> (FQ_TREE_FILES_BITS + 1) << FQ_TREE_FILES_BITS | files);
	return true;
}

struct fq_stamp fq_tree_stamp(const char *path)
{
	struct fq_tree tree;
	fq_tree_look(path, &tree);
	return tree.stamp;
}

bool fq_tree_hash(const char *path, int64_t most_bytes, uint64_t *ret_hash, bool (*is_stopped)(void *context),
        void *context)
{
	struct fq_tree ignored;
	struct walk w = {.most_bytes = most_bytes, .is_stopped = is_stopped, .context = context};
	bool ok = look(path, &w, &ignored);
	*ret_hash = w.hash;
	return ok;
}

bool fq_tree_is_hollow(const char *path)
{
	struct fq_tree tree;
	return fq_tree_look(path, &tree) && tree.files == 0;
}

/* --- removed -------------------------------------------------------------------------------- */

static bool meet_to_remove(struct walk *w, const char *name, const struct stat *st)
{
	return S_ISDIR(st->st_mode) || unlinkat(w->fd, name, 0) == 0 || errno == ENOENT;
}

static bool leave_removed(struct walk *w, const char *name)
{
	return unlinkat(w->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

static bool remove_all(const char *path)
{
	struct walk w = {.is_removing = true, .meet = meet_to_remove, .leave = leave_removed};
	if (unlink(path) == 0 || errno == ENOENT) {
		return true;
	}
	/* Linux says EISDIR, POSIX and the BSDs EPERM. */
	if (errno != EISDIR && errno != EPERM) {
		return false;
	}
	int refused = errno;
	w.fd = AT_FDCWD;
	int fd = open_folder(&w, path);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		errno = refused; /* no folder: it is the file that must not go */
	}
	return walk_in(&w, fd) && (rmdir(path) == 0 || errno == ENOENT);
}

bool fq_tree_remove(const char *path, struct fq_error *err)
{
	struct fq_buf bare = {0};
	fq_buf_puts(&bare, path);
	/* "x/" would be what a link points to. */
	while (bare.len > 1 && bare.at[bare.len - 1] == '/') {
		bare.at[--bare.len] = '\0';
	}
	bool ok = remove_all(bare.at) || fq_fail_errno(err, "cannot remove %s", path);
	fq_buf_finish(&bare);
	return ok;
}
