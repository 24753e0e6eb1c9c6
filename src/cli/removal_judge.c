#include "removal.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char fq_removal_gone[] = "it is not there";
static const char is_needed[] = "it is in use, as an input or by the manifest";
static const char is_locked[] = "it is write-protected";

/* Without the `/` behind a folder, so that a link to one is seen as a link. */
static void set_bare(struct fq_buf *bare, const char *path)
{
	bare->len = 0;
	fq_buf_puts(bare, path);
	while (bare->len > 1 && bare->at[bare->len - 1] == '/') {
		bare->at[--bare->len] = '\0';
	}
}

/* --- a folder with all that is in it ------------------------------------------------------------- */

static const char *count_file(
        const struct fq_removal *removal, struct fq_doomed *doomed, const struct stat *file)
{
	doomed->files++;
	doomed->bytes += file->st_size;
	if (fq_reserved_has(&removal->reserved, file)) {
		return is_needed;
	}
	bool is_own = !doomed->value.at;
	return !is_own && S_ISREG(file->st_mode) && !(file->st_mode & 0222) ? is_locked : NULL;
}

static const char *walk(const struct fq_removal *removal, struct fq_doomed *doomed, struct fq_buf *path)
{
	DIR *folder = opendir(path->at);
	size_t len = path->len;
	const char *reason = folder ? NULL : "it cannot be looked into";
	for (struct dirent *entry; !reason && (entry = readdir(folder));) {
		struct stat file;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
			continue;
		}
		path->len = len;
		fq_buf_addf(path, "/%s", entry->d_name);
		if (lstat(path->at, &file) != 0) {
			reason = errno == ENOENT ? NULL : "it cannot be looked into";
		} else if (S_ISDIR(file.st_mode)) {
			reason = fq_reserved_has(&removal->reserved, &file) ? is_needed
			                                                    : walk(removal, doomed, path);
		} else {
			reason = count_file(removal, doomed, &file);
		}
	}
	if (folder) {
		closedir(folder);
	}
	return reason;
}

/* --- one path ---------------------------------------------------------------------------------------- */

static const char *judge_kind(const struct fq_removal *removal, struct fq_doomed *doomed, struct fq_buf *bare,
        const struct stat *file)
{
	bool is_own = !doomed->value.at, is_folder = bare->len < strlen(doomed->path);
	doomed->files = 0;
	doomed->bytes = 0;
	if (S_ISLNK(file->st_mode)) {
		return count_file(removal, doomed, file);
	}
	if (S_ISDIR(file->st_mode) && fq_reserved_has(&removal->reserved, file)) {
		return is_needed;
	}
	if (S_ISDIR(file->st_mode)) {
		return is_own || is_folder ? walk(removal, doomed, bare) : "it is a folder";
	}
	return !S_ISREG(file->st_mode) ? "it is no file"
	       : is_folder             ? "it is no folder"
	                               : count_file(removal, doomed, file);
}

static const char *judge(struct fq_removal *removal, const struct fq_owner *owner, struct fq_doomed *doomed,
        struct fq_buf *bare)
{
	struct stat file;
	if (lstat(bare->at, &file) != 0) {
		return errno == ENOENT || errno == ENOTDIR ? fq_removal_gone : "it cannot be looked at";
	}
	if (removal->is_gc && doomed->value.at && fq_reserved_is_output(&removal->reserved, doomed->path)) {
		return "another job makes it now";
	}
	const char *reason = judge_kind(removal, doomed, bare, &file);
	doomed->stays_ours = reason == is_locked || owner->is_protected;
	if (reason || !doomed->value.at) {
		return reason;
	}
	if (owner->is_protected) {
		return "it is protected";
	}
	/* `-`: nothing was there before a job that was cut off. */
	bool is_left = fq_text_is(doomed->value, "-") ||
	               fq_plan_is_as_left(&removal->s->plan, doomed->path, doomed->value, owner->ended_s);
	return is_left ? NULL : "it was changed since a job made it";
}

const char *fq_removal_judge(
        struct fq_removal *removal, const struct fq_owner *owner, struct fq_doomed *doomed)
{
	struct fq_buf bare = {0};
	if (!removal->reserved.is_read) {
		fq_reserved_read(&removal->reserved, removal->s, removal->is_gc);
	}
	set_bare(&bare, doomed->path);
	const char *reason = judge(removal, owner, doomed, &bare);
	fq_buf_finish(&bare);
	return reason;
}

/* --- removing --------------------------------------------------------------------------------------------
 */

/* How much of a path is the working directory; SIZE_MAX: it is not below that. */
static size_t measure_here(struct fq_removal *removal, const char *path)
{
	char here[4096];
	(void)removal;
	if (strncmp(path, "../", 3) == 0 || strstr(path, "/../")) {
		return SIZE_MAX;
	}
	if (path[0] != '/') {
		return 0;
	}
	size_t len = getcwd(here, sizeof(here)) ? strlen(here) : 0;
	return len > 1 && strncmp(path, here, len) == 0 && path[len] == '/' ? len + 1 : SIZE_MAX;
}

static void prune(struct fq_removal *removal, struct fq_buf *path)
{
	size_t least = measure_here(removal, path->at);
	for (;;) {
		while (path->len && path->at[path->len - 1] != '/') {
			path->len--;
		}
		while (path->len && path->at[path->len - 1] == '/') {
			path->len--;
		}
		if (path->len == 0 || path->len <= least) {
			return;
		}
		path->at[path->len] = '\0';
		/* Fails for the first that still holds something, and for a link. */
		if (rmdir(path->at) != 0) {
			return;
		}
	}
}

bool fq_removal_unlink(struct fq_removal *removal, const char *path, struct fq_error *err)
{
	struct fq_buf bare = {0};
	set_bare(&bare, path);
	bool ok = fq_tree_remove(bare.at, err);
	if (ok) {
		prune(removal, &bare);
	}
	fq_buf_finish(&bare);
	return ok;
}
