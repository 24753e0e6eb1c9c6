/* What a job left that is not to be believed: away with it, or aside. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Without the slash of a folder's name, which no call takes for a link or a file. */
static void add_plain(struct fq_buf *buf, const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/') {
		len--;
	}
	fq_buf_add(buf, path, len);
}

bool fq_run_stands(const char *path)
{
	struct fq_buf plain = {0};
	struct stat file;
	add_plain(&plain, path);
	/* One that cannot be looked at is not known to be absent. */
	bool is = lstat(plain.at, &file) == 0 || (errno != ENOENT && errno != ENOTDIR);
	fq_buf_finish(&plain);
	return is;
}

bool fq_run_remove_path(const char *path, struct fq_error *err)
{
	struct fq_buf plain = {0};
	struct stat file;
	bool ok = true;
	add_plain(&plain, path);
	if (lstat(plain.at, &file) != 0) {
		ok = errno == ENOENT || errno == ENOTDIR || fq_fail_errno(err, "cannot look at %s", path);
	} else if (!S_ISDIR(file.st_mode)) {
		ok = unlink(plain.at) == 0 || errno == ENOENT || fq_fail_errno(err, "cannot remove %s", path);
	} else if (fq_path_is_folder(path)) {
		ok = fq_tree_remove(plain.at, err);
	}
	fq_buf_finish(&plain);
	return ok;
}

void fq_run_remove_temporary(struct fq_run *run, const char *folder)
{
	struct fq_error err = {0};
	/* Twice: what is left of it nobody would look for. */
	if (!fq_tree_remove(folder, NULL) && !fq_tree_remove(folder, &err)) {
		fq_run_remark(run, FQ_NOWHERE, "nobody needs it any more", "a temporary folder is left: %s",
		        err.text);
		fq_error_finish(&err);
	}
}

/* --- all files of an output ----------------------------------------------------------------- */

static bool visit_content(
        const char *folder, bool (*visit)(const char *, const struct stat *, void *), void *context)
{
	struct fq_buf path = {0};
	DIR *open = opendir(folder);
	bool is_found = false;
	for (struct dirent *entry; open && !is_found && (entry = readdir(open));) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			path.len = 0;
			fq_buf_addf(&path, "%s/%s", folder, entry->d_name);
			is_found = fq_run_any_file(path.at, visit, context);
		}
	}
	if (open) {
		closedir(open);
	}
	fq_buf_finish(&path);
	return is_found;
}

bool fq_run_any_file(
        const char *path, bool (*visit)(const char *, const struct stat *, void *), void *context)
{
	struct fq_buf plain = {0};
	struct stat file;
	add_plain(&plain, path);
	bool is_found = lstat(plain.at, &file) == 0 &&
	                (S_ISDIR(file.st_mode) ? visit_content(plain.at, visit, context)
	                                       : visit(plain.at, &file, context));
	fq_buf_finish(&plain);
	return is_found;
}

/* --- aside -------------------------------------------------------------------------------------- */

/* Length of the folder that the output stands in, with its slash; *ret_name is behind it. */
static size_t split(const struct fq_buf *plain, const char **ret_name)
{
	const char *slash = strrchr(plain->at, '/');
	size_t len = slash ? (size_t)(slash + 1 - plain->at) : 0;
	*ret_name = plain->at + len;
	return len;
}

static void add_partial(struct fq_buf *buf, const char *output)
{
	struct fq_buf plain = {0};
	const char *name;
	add_plain(&plain, output);
	size_t len = split(&plain, &name);
	fq_buf_add(buf, plain.at, len);
	fq_buf_addf(buf, FQ_PARTIAL_NAME "/%s", name);
	fq_buf_finish(&plain);
}

/* The folder of a path that was made just now; never through a link. */
static bool make_partial_folder(const char *path, struct fq_error *err)
{
	struct fq_buf folder = {0};
	struct stat file;
	fq_buf_add(&folder, path, (size_t)(strrchr(path, '/') - path));
	bool ok = mkdir(folder.at, 0777) == 0 ||
	          (errno == EEXIST && lstat(folder.at, &file) == 0 && S_ISDIR(file.st_mode)) ||
	          fq_fail_errno(err, "cannot make the folder %s", folder.at);
	fq_buf_finish(&folder);
	return ok;
}

/* Where there is one already, it goes. */
static bool move_aside(const char *from, const char *to, struct fq_error *err)
{
	struct fq_buf plain = {0};
	add_plain(&plain, from);
	bool ok = make_partial_folder(to, err) && fq_tree_remove(to, err) &&
	          (rename(plain.at, to) == 0 || fq_fail_errno(err, "cannot move %s to %s", from, to));
	fq_buf_finish(&plain);
	return ok;
}

void fq_run_take_away(const char *left, const char *output, enum fq_left what, struct fq_buf *words)
{
	struct fq_error err = {0};
	struct fq_buf to = {0};
	if (!fq_run_stands(left)) {
		return;
	}
	add_partial(&to, output);
	const char *behind = words->len ? "; " : "";
	if (what == FQ_LEFT_GOES) {
		if (!fq_run_remove_path(left, &err)) {
			fq_buf_addf(words, "%swhat it left is still there: %s", behind, err.text);
		}
	} else if (move_aside(left, to.at, &err)) {
		fq_buf_addf(words, "%swhat it left is in %s", behind, to.at);
	} else if (what == FQ_LEFT_STAYS) {
		fq_buf_addf(words, "%swhat it left is in %s: %s", behind, left, err.text);
	} else {
		bool is_gone = fq_run_remove_path(left, NULL);
		fq_buf_addf(words, "%swhat it left %s: %s", behind,
		        is_gone ? "was removed" : "is still there", err.text);
	}
	fq_error_finish(&err);
	fq_buf_finish(&to);
}

void fq_run_forget_partials(struct fq_run *run, uint32_t job)
{
	struct fq_list outputs = {0};
	struct fq_buf path = {0};
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *output = NULL; (output = fq_list_next(&outputs, output));) {
		path.len = 0;
		add_partial(&path, output);
		char *slash = strrchr(path.at, '/');
		struct stat folder;
		*slash = '\0';
		bool is_there = lstat(path.at, &folder) == 0 && S_ISDIR(folder.st_mode);
		*slash = '/';
		if (is_there && fq_tree_remove(path.at, NULL)) {
			*slash = '\0';
			rmdir(path.at); /* others' may be in it */
		}
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&path);
}
