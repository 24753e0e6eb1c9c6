/* A job's outputs: what stands in their places before it, and what it left there. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Not so where it only cannot be looked at. */
static bool is_nothing(const char *path)
{
	struct stat file;
	return stat(path, &file) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
}

/* One output's item as it is now: its path and stamp, `-` where nothing is; no file's stamp
 * where that cannot be told. */
static struct fq_item describe(const char *path, struct fq_buf *buf)
{
	struct fq_stamp stamp = fq_path_is_folder(path) ? fq_tree_stamp(path) : fq_stamp_read(path);
	struct fq_buf value = {0};
	struct fq_item item;
	buf->len = 0;
	if (stamp.size_bytes < 0) {
		fq_buf_puts(&value, is_nothing(path) ? "-" : "0 0");
	} else {
		fq_buf_addf(&value, "%lld %lld", (long long)stamp.size_bytes, (long long)stamp.mtime_ns);
	}
	fq_items_add(buf, 'o', fq_text(path), (struct fq_text){value.at, value.len});
	fq_buf_finish(&value);
	struct fq_text text = {buf->at, buf->len};
	fq_items_next(&text, &item);
	return item;
}

static bool is_absent(const struct fq_item *item)
{
	return fq_text_is(item->value, "-");
}

/* Whether the items name that output, and what they say of it. */
static bool find_output(struct fq_text items, const struct fq_item *wanted, struct fq_item *ret)
{
	while (fq_items_next(&items, ret)) {
		if (ret->kind != FQ_BEFORE_FOLDER && fq_text_equal(ret->name, wanted->name)) {
			return true;
		}
	}
	return false;
}

/* A file is ours where the record says so; *ret_then is what it says of it. Any other is the
 * user's: it is never removed. */
static bool find_ours(const struct fq_record *record, const struct fq_item *now, struct fq_text *ret_then)
{
	struct fq_text rest = record->items;
	struct fq_item item;
	bool is = false;
	while (!is && fq_items_next(&rest, &item)) {
		is = fq_text_equal(item.name, now->name) && fq_record_is_made(record, &item);
		*ret_then = item.value;
	}
	return is;
}

void fq_run_add_ours(const struct fq_record *record, struct fq_buf *items)
{
	struct fq_text rest = record->items;
	struct fq_buf path = {0}, buf = {0};
	struct fq_item item;
	while (fq_items_next(&rest, &item)) {
		struct fq_item known;
		if (!fq_record_is_made(record, &item) ||
		        find_output((struct fq_text){items->at, items->len}, &item, &known)) {
			continue;
		}
		path.len = 0;
		fq_buf_add_unescaped(&path, item.name);
		if (fq_run_stands(path.at)) {
			fq_items_add(items, FQ_ITEM_OUTPUT, (struct fq_text){path.at, path.len},
			        describe(path.at, &buf).value);
		}
	}
	fq_buf_finish(&path);
	fq_buf_finish(&buf);
}

/* --- places that must not be written to ------------------------------------------------------ */

static bool is_same_file(const struct stat *file, const char *path)
{
	struct stat other;
	return stat(path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

/* Through links, and however the two are spelled. */
static bool is_own_input(struct fq_run *run, uint32_t job, const struct stat *file)
{
	struct fq_list inputs = {0};
	bool is = false;
	fq_plan_inputs(run->plan, job, &inputs);
	for (const char *path = NULL; !is && (path = fq_list_next(&inputs, path));) {
		is = is_same_file(file, path);
	}
	fq_list_finish(&inputs);
	return is;
}

/* The samples' files, by what they are and not by their names. */
struct fq_run_inodes {
	struct fq_map map;
	struct inode {
		uint64_t device, number;
	} * inodes;
};

static bool same_inode(uint32_t index, const void *context)
{
	const struct inode *const *two = context;
	return two[0][index].device == two[1]->device && two[0][index].number == two[1]->number;
}

/* Looked at once, when something stands at the place of an output. */
static void find_inodes(struct fq_run *run)
{
	const struct fq_manifest *manifest = run->plan->manifest;
	run->inodes = fq_zeroed(1, sizeof(*run->inodes));
	run->inodes->inodes = fq_zeroed(manifest->file_count, sizeof(struct inode));
	for (uint32_t i = 0; i < manifest->file_count; i++) {
		struct stat file;
		struct inode *inode = &run->inodes->inodes[i];
		if (stat(manifest->files[i].path, &file) == 0) {
			*inode = (struct inode){(uint64_t)file.st_dev, (uint64_t)file.st_ino};
			fq_map_add(&run->inodes->map, fq_hash(inode, sizeof(*inode)), i);
		}
	}
}

void fq_run_forget_inodes(struct fq_run *run)
{
	fq_run_forget_around(run);
	if (run->inodes) {
		fq_map_finish(&run->inodes->map);
		fq_release(run->inodes->inodes);
		fq_release(run->inodes);
		run->inodes = NULL;
	}
}

static bool is_sample_file(struct fq_run *run, const struct stat *file)
{
	if (!run->inodes) {
		find_inodes(run);
	}
	struct inode inode = {(uint64_t)file->st_dev, (uint64_t)file->st_ino};
	const struct inode *const two[] = {run->inodes->inodes, &inode};
	return fq_map_find(&run->inodes->map, fq_hash(&inode, sizeof(inode)), same_inode, two) != NULL;
}

/* The manifest, what it includes, its sheets. */
static bool is_source(const struct fq_run *run, const struct stat *file)
{
	const struct fq_manifest *manifest = run->plan->manifest;
	bool is = false;
	for (size_t i = 0; i < manifest->source_count && !is; i++) {
		is = is_same_file(file, manifest->sources[i].path);
	}
	return is;
}

bool fq_run_is_input(struct fq_run *run, uint32_t job, const struct stat *file)
{
	return is_sample_file(run, file) || is_source(run, file) ||
	       (job != UINT32_MAX && is_own_input(run, job, file));
}

/* Something stands at the place of an output: may the job have it? */
static bool check_place(struct fq_run *run, uint32_t job, const char *path, bool ours, struct fq_error *err)
{
	struct fq_where where = fq_plan_where(run->plan, job);
	struct stat file;
	if (stat(path, &file) != 0) {
		return errno == ENOENT || errno == ELOOP
		               ? fq_fail(err, where, "remove the link", "output %s is a link to nothing",
		                         path)
		               : fq_fail_errno(err, "cannot look at output %s", path);
	}
	if (S_ISDIR(file.st_mode)) {
		return fq_fail(err, where, "if the folder is the output, end its name in a `/`",
		        "output %s is a folder", path);
	}
	if (is_source(run, &file)) {
		return fq_fail(err, where, "give the output another name",
		        "output %s is the manifest, or what it reads", path);
	}
	if (is_own_input(run, job, &file)) {
		return fq_fail(err, where, "give the output another name",
		        "output %s is the same file as an input of this job", path);
	}
	if (!ours && is_sample_file(run, &file)) {
		return fq_fail(err, where,
		        "give the output another name, or remove the file if the job is to make it",
		        "output %s is a sample's file that no run has made", path);
	}
	return true;
}

static bool is_in_state(const struct fq_run *run, const char *path)
{
	const char *state = run->plan->manifest->state;
	size_t len = strlen(state);
	path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	return len && strncmp(path, state, len) == 0 && path[len] == '/';
}

/* Where we put away what is no output, and remove it. */
static bool is_aside(const char *path)
{
	const size_t len = sizeof(FQ_PARTIAL_NAME) - 1;
	bool is = false;
	for (const char *at = path; !is && (at = strstr(at, FQ_PARTIAL_NAME)); at++) {
		is = (at == path || at[-1] == '/') && at[len] == '/';
	}
	return is;
}

/* A file as young as the clock's tick could be written anew without a trace of it. */
static void let_age(const char *path)
{
	const int64_t tick_ns = 20000000;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - fq_stamp_read(path).mtime_ns;
	if (age_ns >= 0 && age_ns < tick_ns) {
		nanosleep(&(struct timespec){0, tick_ns}, NULL);
	}
}

static bool check_output(struct fq_run *run, uint32_t job, const struct fq_record *record, const char *path,
        struct fq_error *err)
{
	struct fq_buf buf = {0};
	struct fq_text then;
	bool ok = true;
	if (is_in_state(run, path)) {
		ok = fq_fail(err, fq_plan_where(run->plan, job), "give the output another name",
		        "output %s is in the folder of fqrun's records", path);
	} else if (is_aside(path)) {
		ok = fq_fail(err, fq_plan_where(run->plan, job), "give the output another name",
		        "output %s is in a folder where fqrun puts what failed jobs left", path);
	} else if (fq_run_stands(path)) {
		struct fq_item now = describe(path, &buf);
		bool ours = find_ours(record, &now, &then);
		ok = (fq_path_is_folder(path) ? fq_run_check_folder(run, job, path, ours ? &then : NULL, err)
		                              : check_place(run, job, path, ours, err)) &&
		     fq_run_may_remake(run, job, path, err);
	}
	fq_buf_finish(&buf);
	return ok;
}

/* For one that is no folder, or is written elsewhere. */
static bool clear_place(bool is_atomic, bool ours, const char *path, struct fq_item *now, char *ret_kind,
        struct fq_error *err)
{
	if (!fq_run_stands(path)) {
		return fq_folder_make_for(path, err);
	}
	if (ours && is_atomic) {
		*ret_kind = FQ_ITEM_STAYS;
		return true;
	}
	if (ours) {
		now->value = fq_text("-");
		return fq_run_remove_path(path, err);
	}
	if (fq_path_is_folder(path)) {
		now->value = fq_text("-"); /* empty */
	} else if (!is_atomic) {
		let_age(path);
	}
	return true;
}

static bool clear_output(struct fq_run *run, struct fq_slot *slot, const struct fq_record *record,
        const char *path, struct fq_error *err)
{
	bool is_atomic = fq_plan_rule(run->plan, slot->job)->task->is_atomic, ok;
	struct fq_buf buf = {0};
	struct fq_text then;
	struct fq_item now = describe(path, &buf);
	char kind = FQ_ITEM_OUTPUT;
	if (fq_path_is_folder(path) && !is_atomic) {
		ok = fq_run_empty_folder(path, err);
		now.value = fq_text("-");
	} else {
		ok = clear_place(is_atomic, find_ours(record, &now, &then), path, &now, &kind, err);
	}
	fq_items_add(&slot->before, kind, fq_text(path), now.value);
	fq_buf_finish(&buf);
	return ok;
}

/* What stands where an output will be: ours is removed, unless it is to be there until the
 * new one is; a file that no run made is noted, so that it is neither lost nor taken for
 * the job's. Nothing is touched if any of them must not be. */
bool fq_run_clear_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	struct fq_record record = fq_run_find_record(run, slot->job);
	struct fq_list outputs = {0};
	bool ok = true;
	slot->before.len = 0;
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		ok = check_output(run, slot->job, &record, path, err);
	}
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		ok = clear_output(run, slot, &record, path, err);
	}
	fq_list_finish(&outputs);
	fq_run_note_asides(run, slot);
	return ok;
}

bool fq_run_is_foreign(const struct fq_slot *slot, const char *path)
{
	struct fq_buf buf = {0};
	struct fq_item now = describe(path, &buf), then;
	bool is = !is_absent(&now) &&
	          find_output((struct fq_text){slot->before.at, slot->before.len}, &now, &then) &&
	          fq_text_equal(then.value, now.value);
	fq_buf_finish(&buf);
	return is;
}

char fq_run_before(const struct fq_slot *slot, const char *path)
{
	struct fq_buf buf = {0};
	struct fq_item now = describe(path, &buf), then;
	bool is_known = find_output((struct fq_text){slot->before.at, slot->before.len}, &now, &then);
	char kind = !is_known || is_absent(&then) ? '-' : then.kind;
	fq_buf_finish(&buf);
	return is_known ? kind : FQ_ITEM_OUTPUT;
}

/* Only what was not there before: a user's file that a job spoiled is not ours to remove. */
void fq_run_remove_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_buf *ret_words)
{
	bool is_atomic = fq_plan_rule(run->plan, slot->job)->task->is_atomic;
	enum fq_left what = fq_run_left_of(run, slot->job, slot);
	struct fq_list outputs = {0};
	struct fq_buf aside = {0};
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		aside.len = 0;
		if (is_atomic) {
			fq_run_add_aside(run, slot->job, path, &aside);
			fq_run_take_away(aside.at, path, what, ret_words);
		}
		if (fq_run_before(slot, path) == '-') {
			fq_run_take_away(path, path, what, ret_words);
		}
	}
	fq_run_remove_asides(run, slot->job, what);
	fq_list_finish(&outputs);
	fq_buf_finish(&aside);
}
