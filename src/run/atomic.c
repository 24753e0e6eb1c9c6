/* `atomic = yes`: a job writes in a folder beside each output's place, and what it made is
 * renamed when it is done. Whoever watches the place sees the old output or the new one. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct fq_task *task_of(const struct fq_run *run, uint32_t job)
{
	return fq_plan_rule(run->plan, job)->task;
}

/* --- names -------------------------------------------------------------------------------- */

void fq_run_add_aside_name(const struct fq_run *run, uint32_t job, struct fq_buf *buf)
{
	uint64_t hash = fq_hash_next(fq_hash(run->id, strlen(run->id)), &job, sizeof(job));
	fq_buf_addf(buf, FQ_ASIDE_PREFIX "%016llx", (unsigned long long)hash);
}

void fq_run_add_aside(struct fq_run *run, uint32_t job, const char *output, struct fq_buf *buf)
{
	struct fq_buf name = {0};
	fq_run_add_aside_name(run, job, &name);
	fq_plan_add_aside(run->plan, fq_plan_rule(run->plan, job), name.at, output, buf);
	fq_buf_finish(&name);
}

/* The job's folders; none where it is not atomic. */
static void list_folders(struct fq_run *run, uint32_t job, struct fq_list *ret)
{
	struct fq_buf name = {0};
	if (task_of(run, job)->is_atomic) {
		fq_run_add_aside_name(run, job, &name);
		fq_plan_asides(run->plan, job, name.at, ret);
	}
	fq_buf_finish(&name);
}

/* --- before and after --------------------------------------------------------------------- */

void fq_run_note_asides(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_list folders = {0};
	list_folders(run, slot->job, &folders);
	for (const char *path = NULL; (path = fq_list_next(&folders, path));) {
		fq_items_add(&slot->before, FQ_BEFORE_FOLDER, fq_text(path), fq_text("-"));
	}
	fq_list_finish(&folders);
}

/* What a command finds of its output's place: its folder, itself if it is one. */
static bool make_for_output(struct fq_run *run, uint32_t job, const char *output, struct fq_error *err)
{
	struct fq_buf path = {0};
	fq_run_add_aside(run, job, output, &path);
	bool ok = fq_folder_make_for(path.at, err);
	if (ok && fq_path_is_folder(output)) {
		path.at[path.len - 1] = '\0';
		ok = fq_folder_make(path.at, err);
	}
	fq_buf_finish(&path);
	return ok;
}

bool fq_run_make_asides(struct fq_run *run, uint32_t job, struct fq_error *err)
{
	struct fq_list outputs = {0};
	bool ok = true;
	if (!task_of(run, job)->is_atomic) {
		return true;
	}
	fq_run_remove_asides(run, job, FQ_LEFT_GOES); /* of its last attempt */
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		ok = make_for_output(run, job, path, err);
	}
	fq_list_finish(&outputs);
	return ok;
}

void fq_run_remove_aside(struct fq_run *run, const char *folder, enum fq_left what)
{
	if (what != FQ_LEFT_STAYS || fq_tree_is_hollow(folder)) {
		fq_run_remove_temporary(run, folder);
	}
}

void fq_run_remove_asides(struct fq_run *run, uint32_t job, enum fq_left what)
{
	struct fq_list folders = {0};
	list_folders(run, job, &folders);
	for (const char *path = NULL; (path = fq_list_next(&folders, path));) {
		fq_run_remove_aside(run, path, what);
	}
	fq_list_finish(&folders);
}

/* --- is all there? -------------------------------------------------------------------------- */

static bool blame(struct fq_run *run, struct fq_failure *failure, const char *cause, const char *hint)
{
	failure->kind = FQ_CAUSE_OUTPUT;
	failure->cause = fq_arena_copy(&run->arena, cause, strlen(cause));
	failure->hint = hint ? fq_arena_copy(&run->arena, hint, strlen(hint)) : NULL;
	return false;
}

static bool blame_missing(struct fq_run *run, const struct fq_slot *slot, const char *output,
        const char *aside, struct fq_failure *failure)
{
	fq_run_blame_output(run, slot, output, failure);
	if (failure->kind == FQ_CAUSE_OUTPUT) {
		failure->hint = fq_arena_format(&run->arena,
		        "it was looked for in %s, which {output} was in its command (atomic = yes)", aside);
	}
	return false;
}

/* One that may lack is not what somebody else put there. */
static bool check_absent(
        struct fq_run *run, const struct fq_slot *slot, const char *output, struct fq_failure *failure)
{
	struct fq_buf cause = {0};
	bool ok = fq_run_before(slot, output) == FQ_ITEM_STAYS || !fq_run_stands(output);
	fq_buf_addf(&cause, "output %s was there before, and the command did not write it", output);
	ok = ok || blame(run, failure, cause.at, "remove the file, or let the command write it anew");
	fq_buf_finish(&cause);
	return ok;
}

static const char *fault_of(const char *output, const char *aside, bool may_lack, const char **ret_hint)
{
	struct stat made;
	if (fq_path_is_folder(output)) {
		return fq_run_folder_fault(aside, may_lack, ret_hint);
	}
	*ret_hint = "if the folder is the output, end its name in a `/`";
	return stat(aside, &made) == 0 && S_ISDIR(made.st_mode) ? "is a folder" : NULL;
}

static bool check_made(struct fq_run *run, const struct fq_slot *slot, const char *output, bool may_lack,
        struct fq_failure *failure)
{
	struct fq_buf aside = {0}, cause = {0};
	const char *hint = NULL;
	struct stat made;
	bool ok = true;
	fq_run_add_aside(run, slot->job, output, &aside);
	const char *fault = fault_of(output, aside.at, may_lack, &hint);
	if (fault) {
		fq_buf_addf(
		        &cause, "output %s%s %s", fq_path_is_folder(output) ? "folder " : "", output, fault);
		ok = blame(run, failure, cause.at, hint);
	} else if (stat(aside.at, &made) != 0) {
		ok = may_lack ? check_absent(run, slot, output, failure)
		              : blame_missing(run, slot, output, aside.at, failure);
	}
	fq_buf_finish(&aside);
	fq_buf_finish(&cause);
	return ok;
}

/* What it reported is read twice, so that nothing is put in place in vain. */
static bool check_values(struct fq_run *run, struct fq_slot *slot, struct fq_failure *failure)
{
	size_t len = slot->items.len;
	failure->cause = fq_run_add_values(run, slot);
	slot->items.len = len;
	if (failure->cause) {
		failure->hint = "echo reads=1000 >> \"$FQRUN_VALUES\"";
	}
	return !failure->cause;
}

/* --- in place ------------------------------------------------------------------------------- */

/* A folder takes the place of our old one, which goes. _GNU_SOURCE, which the build defines:
 * renameat2. */
static bool replace_folder(const char *from, const char *to)
{
	struct fq_buf old = {0};
	bool ok = false;
#ifdef RENAME_EXCHANGE
	ok = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0;
	fq_buf_puts(&old, from);
#endif
	if (!ok) {
		old.len = 0;
		fq_buf_addf(&old, "%s.old", from);
		ok = rename(to, old.at) == 0 && rename(from, to) == 0;
	}
	if (ok) {
		fq_tree_remove(old.at, NULL); /* it is no file that was written beside the outputs */
	}
	fq_buf_finish(&old);
	return ok;
}

static void drop_slash(struct fq_buf *path)
{
	while (path->len > 1 && path->at[path->len - 1] == '/') {
		path->at[--path->len] = '\0';
	}
}

static bool place(struct fq_run *run, const struct fq_slot *slot, const char *output, struct fq_error *err)
{
	struct fq_buf from = {0}, to = {0};
	bool ok;
	fq_run_add_aside(run, slot->job, output, &from);
	fq_buf_puts(&to, output);
	drop_slash(&from);
	drop_slash(&to);
	bool is_made = fq_run_stands(from.at), is_kept = fq_run_before(slot, output) == FQ_ITEM_STAYS;
	if (!is_made) {
		ok = !is_kept || fq_run_remove_path(output, err); /* it may be absent, and now it is */
	} else {
		ok = rename(from.at, to.at) == 0;
	}
	if (is_made && !ok && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) && is_kept) {
		ok = replace_folder(from.at, to.at);
	}
	ok = ok || !is_made || fq_fail_errno(err, "cannot move %s to %s", from.at, output);
	fq_buf_finish(&from);
	fq_buf_finish(&to);
	return ok;
}

/* --- what it wrote beside its outputs ---------------------------------------------------------- */

static bool place_others(struct fq_run *run, const char *from, const char *to, struct fq_error *err);

/* As if the command had written it there: over a file of that name, and into a folder. */
static bool place_other(struct fq_run *run, const char *from, const char *to, struct fq_error *err)
{
	struct stat made, old;
	bool is_there = stat(to, &old) == 0;
	if (lstat(from, &made) == 0 && S_ISDIR(made.st_mode) && is_there && S_ISDIR(old.st_mode)) {
		return place_others(run, from, to, err);
	}
	if (is_there && fq_run_is_input(run, UINT32_MAX, &old)) {
		return fq_fail(err, FQ_NOWHERE, NULL,
		        "%s, beside its outputs, is a sample's file, or the manifest", to);
	}
	return rename(from, to) == 0 || fq_fail_errno(err, "cannot move %s to %s", from, to);
}

static bool place_others(struct fq_run *run, const char *from, const char *to, struct fq_error *err)
{
	struct fq_buf path = {0}, there = {0};
	DIR *folder = opendir(from);
	bool ok = folder || errno == ENOENT || fq_fail_errno(err, "cannot read the folder %s", from);
	for (struct dirent *entry; folder && ok && (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			path.len = there.len = 0;
			fq_buf_addf(&path, "%s/%s", from, entry->d_name);
			fq_buf_addf(&there, "%s/%s", to, entry->d_name);
			ok = place_other(run, path.at, there.at, err);
		}
	}
	if (folder) {
		closedir(folder);
	}
	fq_buf_finish(&path);
	fq_buf_finish(&there);
	return ok;
}

/* DIR/.fqrun-tmp-…: what is left in it belongs in DIR. */
static bool empty_folder(struct fq_run *run, const char *folder, struct fq_error *err)
{
	struct fq_buf parent = {0};
	const char *slash = strrchr(folder, '/');
	if (slash) {
		fq_buf_add(&parent, folder, (size_t)(slash - folder));
	}
	fq_buf_puts(&parent, slash == folder ? "/" : slash ? "" : ".");
	bool ok = place_others(run, folder, parent.at, err);
	fq_buf_finish(&parent);
	return ok;
}

static bool place_all(
        struct fq_run *run, struct fq_slot *slot, const struct fq_list *outputs, struct fq_error *err)
{
	struct fq_list folders = {0};
	bool ok = true;
	for (const char *path = NULL; ok && (path = fq_list_next(outputs, path));) {
		ok = place(run, slot, path, err);
	}
	list_folders(run, slot->job, &folders);
	for (const char *path = NULL; ok && (path = fq_list_next(&folders, path));) {
		ok = empty_folder(run, path, err);
	}
	fq_list_finish(&folders);
	return ok;
}

bool fq_run_put_in_place(struct fq_run *run, struct fq_slot *slot, struct fq_failure *failure)
{
	const struct fq_task *task = task_of(run, slot->job);
	struct fq_list outputs = {0};
	struct fq_error err = {0};
	uint32_t number = 0;
	bool ok = true;
	if (!task->is_atomic) {
		return true;
	}
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path)); number++) {
		ok = check_made(run, slot, path, fq_plan_may_lack(task, &outputs, number), failure);
	}
	ok = ok && check_values(run, slot, failure) &&
	     (place_all(run, slot, &outputs, &err) || blame(run, failure, err.text, err.hint));
	if (ok) {
		fq_run_remove_asides(run, slot->job, FQ_LEFT_GOES);
	}
	fq_error_finish(&err);
	fq_list_finish(&outputs);
	return ok;
}
