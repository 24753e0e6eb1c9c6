/* A job's outputs: what stands in their places before it, and what it left there. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One output's item as it is now: its path and stamp, `-` where nothing is. */
static struct fq_item describe(const char *path, struct fq_buf *buf)
{
	struct fq_stamp stamp = fq_stamp_read(path);
	struct fq_buf value = {0};
	struct fq_item item;
	buf->len = 0;
	fq_buf_addf(&value, stamp.size_bytes < 0 ? "-" : "%lld %lld", (long long)stamp.size_bytes,
	        (long long)stamp.mtime_ns);
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
static bool find_output(struct fq_text items, const struct fq_item *wanted, struct fq_text *ret_value)
{
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		if (item.kind == 'o' && fq_text_equal(item.name, wanted->name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

/* A file is ours where the record says that a run made it. Any other is the user's: it
 * is never removed. */
static bool is_ours(const struct fq_record *record, const struct fq_item *now)
{
	struct fq_text then;
	return find_output(record->items, now, &then) && fq_record_is_made(record, then);
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

/* Something stands at the place of an output: may the job have it? */
static bool check_place(struct fq_run *run, uint32_t job, const char *path, bool ours, struct fq_error *err)
{
	struct fq_where where = fq_plan_where(run->plan, job);
	struct stat file;
	if (stat(path, &file) != 0) {
		return fq_fail(err, where, "remove the link", "output %s is a link to nothing", path);
	}
	if (S_ISDIR(file.st_mode)) {
		return fq_fail(err, where,
		        "name the files in it; a folder as an output is not available in this version",
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

static bool is_there(const char *path)
{
	struct stat file;
	return lstat(path, &file) == 0;
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

/* What stands where an output will be: ours is removed; a file that no run made
 * is noted, so that it is neither lost nor taken for the job's. */
bool fq_run_clear_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	struct fq_record record = fq_run_find_record(run, slot->job);
	struct fq_list outputs = {0};
	struct fq_buf buf = {0};
	bool ok = true;
	slot->before.len = 0;
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		struct fq_item now = describe(path, &buf);
		bool ours = is_ours(&record, &now);
		if (is_in_state(run, path)) {
			ok = fq_fail(err, fq_plan_where(run->plan, slot->job), "give the output another name",
			        "output %s is in the folder of fqrun's records", path);
		} else if (!is_there(path)) {
			ok = fq_folder_make_for(path, err);
		} else if (!check_place(run, slot->job, path, ours, err)) {
			ok = false;
		} else if (ours) {
			ok = unlink(path) == 0 || errno == ENOENT ||
			     fq_fail_errno(err, "cannot remove the old %s", path);
			now.value = fq_text("-");
		} else {
			let_age(path);
		}
		fq_items_add(&slot->before, 'o', fq_text(path), now.value);
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&buf);
	return ok;
}

bool fq_run_is_foreign(const struct fq_slot *slot, const char *path)
{
	struct fq_buf buf = {0};
	struct fq_text then;
	struct fq_item now = describe(path, &buf);
	bool is = !is_absent(&now) &&
	          find_output((struct fq_text){slot->before.at, slot->before.len}, &now, &then) &&
	          fq_text_equal(then, now.value);
	fq_buf_finish(&buf);
	return is;
}

/* Only what was not there before: a user's file that a job spoiled is not ours to remove. */
void fq_run_remove_outputs(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_text before = {slot->before.at, slot->before.len}, then;
	struct fq_list outputs = {0};
	struct fq_buf buf = {0};
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		struct fq_item now = describe(path, &buf);
		if (find_output(before, &now, &then) && fq_text_is(then, "-")) {
			unlink(path);
		}
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&buf);
}
