/* Walks folders: which files are called like reads. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	struct fq_discovery *discovery;
	struct reads_files *found;
	struct fq_buf path;  /* of the folder in hand, ends in `/`; empty: here */
	size_t given;        /* bytes of it that the caller gave */
	struct fq_error err; /* of the folder in hand */
};

static bool look_into(struct walk *walk, int depth);

struct fq_text fq_discover_last(struct fq_text folder)
{
	size_t start = folder.len;
	while (start && folder.at[start - 1] != '/') {
		start--;
	}
	return (struct fq_text){folder.at + start, folder.len - start};
}

/* The folder that a file of this lane is grouped in: BaseSpace gives each lane one. */
static struct fq_text group_folder(struct fq_text folder, uint32_t lane)
{
	char mark[16];
	int len = snprintf(mark, sizeof(mark), "_L%03u", lane);
	struct fq_text last = fq_discover_last(folder);
	if (lane && memmem(last.at, last.len, mark, (size_t)len)) {
		folder.len -= folder.len > last.len ? last.len + 1 : last.len;
	}
	return folder;
}

static void add_file(struct walk *walk, const char *name)
{
	struct fq_arena *arena = &walk->discovery->arena;
	size_t folder_len = walk->path.len;
	const char *path = fq_arena_format(arena, "%s%s", walk->path.at, name);
	struct fq_text folder = {path + walk->given, folder_len - walk->given};
	folder.len -= folder.len ? 1 : 0;
	struct fq_reads_name said = fq_discover_name(fq_text(path + folder_len));
	struct reads_files *found = walk->found;
	found->files = fq_grow(found->files, &found->cap, found->count + 1, sizeof(*found->files));
	found->files[found->count++] =
	        (struct reads_file){path, folder, group_folder(folder, said.lane), said};
}

static void remark(struct walk *walk, enum fq_remark what, const char *name)
{
	struct fq_arena *arena = &walk->discovery->arena;
	fq_discover_remark(walk->discovery, what, fq_arena_format(arena, "%s%s", walk->path.at, name));
}

static bool is_passed_by(const char *name)
{
	static const char *const left_by_tools[] = {"results", "work", "node_modules"};
	for (size_t i = 0; i < FQ_COUNT(left_by_tools); i++) {
		if (strcmp(name, left_by_tools[i]) == 0) {
			return true;
		}
	}
	return name[0] == '.';
}

static void take_folder(struct walk *walk, const char *name, int depth)
{
	if (is_passed_by(name)) {
		return;
	}
	if (depth == FQ_DISCOVER_DEPTH) {
		remark(walk, FQ_REMARK_DEEP, name);
		return;
	}
	size_t len = walk->path.len;
	fq_buf_addf(&walk->path, "%s/", name);
	if (!look_into(walk, depth + 1)) {
		walk->path.len = len;
		walk->path.at[len] = '\0';
		remark(walk, FQ_REMARK_UNREADABLE, name);
		fq_error_finish(&walk->err);
	}
	walk->path.len = len;
	walk->path.at[len] = '\0';
}

/* A link may lead to a file, not to a folder: it may lead back up. */
static mode_t kind_of(int folder, const char *name, bool *ret_is_link)
{
	struct stat st;
	*ret_is_link = false;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		return 0;
	}
	if (S_ISLNK(st.st_mode)) {
		*ret_is_link = true;
		return fstatat(folder, name, &st, 0) == 0 ? st.st_mode & S_IFMT : 0;
	}
	return st.st_mode & S_IFMT;
}

static void take_entry(struct walk *walk, int folder, const struct dirent *entry, int depth)
{
	const char *name = entry->d_name;
	bool is_link = false, is_reads = fq_discover_name(fq_text(name)).kind != FQ_READS_NONE;
	mode_t kind = 0;
	if (entry->d_type == DT_REG) {
		kind = S_IFREG;
	} else if (entry->d_type == DT_DIR) {
		kind = S_IFDIR;
	} else if (entry->d_type == DT_UNKNOWN || is_reads) {
		kind = kind_of(folder, name, &is_link);
	} else {
		return;
	}
	if (kind == S_IFDIR) {
		if (!is_link) {
			take_folder(walk, name, depth);
		}
	} else if (!is_reads || name[0] == '.') {
		return;
	} else if (kind != S_IFREG) {
		remark(walk, FQ_REMARK_UNREADABLE, name);
	} else if (memchr(walk->path.at, '\n', walk->path.len) || strchr(name, '\n')) {
		remark(walk, FQ_REMARK_NEWLINE, name);
	} else {
		add_file(walk, name);
	}
}

static void note_folder(struct walk *walk)
{
	struct fq_discovery *d = walk->discovery;
	size_t len = walk->path.len;
	const char *name = len > 1 ? fq_arena_copy(&d->arena, walk->path.at, len - 1) : len ? "/" : ".";
	d->folders = fq_grow(d->folders, &d->folder_cap, d->folder_count + 1, sizeof(*d->folders));
	d->folders[d->folder_count++] = name;
}

static bool look_into(struct walk *walk, int depth)
{
	const char *path = walk->path.len ? walk->path.at : ".";
	DIR *folder = opendir(path);
	if (!folder) {
		return fq_fail_errno(&walk->err, "cannot look into %s", path);
	}
	note_folder(walk);
	errno = 0;
	for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
		take_entry(walk, dirfd(folder), entry, depth);
	}
	bool ok = errno == 0 || fq_fail_errno(&walk->err, "cannot look into %s", path);
	closedir(folder);
	return ok;
}

bool fq_discover_walk(
        struct fq_discovery *discovery, const char *folder, struct reads_files *ret, struct fq_error *err)
{
	struct walk walk = {.discovery = discovery, .found = ret};
	while (strncmp(folder, "./", 2) == 0) {
		folder += 2;
		folder += strspn(folder, "/");
	}
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/') {
		len--;
	}
	fq_buf_puts(&walk.path, "");
	if (len && strcmp(folder, ".") != 0) {
		fq_buf_add(&walk.path, folder, len);
		fq_buf_puts(&walk.path, folder[len - 1] == '/' ? "" : "/");
	}
	walk.given = walk.path.len;
	bool ok = look_into(&walk, 0);
	if (!ok) {
		*err = walk.err;
	}
	fq_buf_finish(&walk.path);
	return ok;
}
