/* Folders as outputs: one belongs to its job with all that is in it, so before the job all
 * of that is removed. What must never be is found by what it is, not by its name: a folder
 * that a file to be kept lies in, however deep and through whatever links, is left alone. */
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- folders around files that are not ours -------------------------------------------------- */

/* What lies in a folder. */
enum { HOLDS_SAMPLE = 1, HOLDS_SOURCE = 2, HOLDS_STATE = 4, HOLDS_US = 8 };

struct fq_run_around {
	struct fq_map map, seen; /* by inode; by `what` and path, of folders that were looked at */
	struct around {
		uint64_t device, number;
		unsigned what;
	} * at;
	const char **keys;
	struct fq_arena arena; /* of the keys */
	size_t count, cap, seen_count, seen_cap;
	unsigned what; /* that is being added */
};

static bool same_inode(uint32_t index, const void *context)
{
	const struct around *const *two = context;
	return two[0][index].device == two[1]->device && two[0][index].number == two[1]->number;
}

static struct around *find_around(const struct fq_run_around *set, const struct stat *st)
{
	struct around wanted = {.device = (uint64_t)st->st_dev, .number = (uint64_t)st->st_ino};
	const struct around *const two[] = {set->at, &wanted};
	uint32_t *index = fq_map_find(&set->map, fq_hash(&wanted, 2 * sizeof(uint64_t)), same_inode, two);
	return index ? &set->at[*index] : NULL;
}

static void add_inode(struct fq_run_around *set, const struct stat *st)
{
	struct around *known = find_around(set, st);
	if (known) {
		known->what |= set->what;
		return;
	}
	struct around new = {(uint64_t)st->st_dev, (uint64_t)st->st_ino, set->what};
	set->at = fq_grow(set->at, &set->cap, set->count + 1, sizeof(*set->at));
	fq_map_add(&set->map, fq_hash(&new, 2 * sizeof(uint64_t)), (uint32_t)set->count);
	set->at[set->count++] = new;
}

/* A path without links, and all folders around it. */
static void add_chain(struct fq_run_around *set, char *path)
{
	struct stat st;
	for (size_t len = strlen(path); len; len--) {
		if (path[len] == '\0' || path[len] == '/') {
			path[len] = '\0';
			if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
				add_inode(set, &st);
			}
		}
	}
	if (stat("/", &st) == 0) {
		add_inode(set, &st);
	}
}

static bool same_key(uint32_t index, const void *context)
{
	const void *const *two = context;
	const struct fq_run_around *set = two[0];
	return strcmp(set->keys[index], two[1]) == 0;
}

/* Samples' files nearly all stand in a few folders. */
static bool is_seen(struct fq_run_around *set, const char *folder)
{
	struct fq_buf key = {0};
	fq_buf_addf(&key, "%u %s", set->what, folder);
	const void *const two[] = {set, key.at};
	uint64_t hash = fq_hash(key.at, key.len);
	bool is = fq_map_find(&set->seen, hash, same_key, two) != NULL;
	if (!is) {
		set->keys = fq_grow(set->keys, &set->seen_cap, set->seen_count + 1, sizeof(*set->keys));
		fq_map_add(&set->seen, hash, (uint32_t)set->seen_count);
		set->keys[set->seen_count++] = fq_arena_copy(&set->arena, key.at, key.len);
	}
	fq_buf_finish(&key);
	return is;
}

/* Where the name stands, and where what it names is. */
static void add_path(struct fq_run_around *set, const char *path)
{
	struct stat st;
	char real[PATH_MAX];
	struct fq_buf folder = {0};
	const char *slash = strrchr(path, '/');
	fq_buf_add_text(&folder, slash ? (struct fq_text){path, (size_t)(slash - path) + 1} : fq_text("."));
	if (!is_seen(set, folder.at) && realpath(folder.at, real)) {
		add_chain(set, real);
	}
	bool is_elsewhere = lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
	if (is_elsewhere && realpath(path, real)) {
		add_chain(set, real);
	}
	fq_buf_finish(&folder);
}

static void forget_keys(struct fq_run_around *set)
{
	fq_map_finish(&set->seen);
	fq_arena_finish(&set->arena);
	fq_release(set->keys);
	set->keys = NULL;
}

static void find_all(struct fq_run *run, struct fq_run_around *set)
{
	const struct fq_manifest *manifest = run->plan->manifest;
	set->what = HOLDS_SAMPLE;
	for (size_t i = 0; i < manifest->file_count; i++) {
		add_path(set, manifest->files[i].path);
	}
	set->what = HOLDS_SOURCE;
	for (size_t i = 0; i < manifest->source_count; i++) {
		add_path(set, manifest->sources[i].path);
	}
	set->what = HOLDS_STATE;
	add_path(set, run->journal->folder);
	if (manifest->logs) {
		add_path(set, manifest->logs);
	}
	set->what = HOLDS_US;
	add_path(set, ".");
	forget_keys(set);
}

void fq_run_forget_around(struct fq_run *run)
{
	if (run->around) {
		fq_map_finish(&run->around->map);
		fq_release(run->around->at);
		fq_release(run->around);
		run->around = NULL;
	}
}

static unsigned what_lies_in(struct fq_run *run, const struct stat *folder)
{
	if (!run->around) {
		run->around = fq_zeroed(1, sizeof(*run->around));
		find_all(run, run->around);
	}
	const struct around *found = find_around(run->around, folder);
	return found ? found->what : 0;
}

/* Also one that is the folder, or a folder around it. */
static bool holds_input(struct fq_run *run, uint32_t job, const struct stat *folder)
{
	struct fq_run_around set = {.what = 1};
	struct fq_list inputs = {0};
	fq_plan_inputs(run->plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		add_path(&set, path);
	}
	bool holds = find_around(&set, folder) != NULL;
	fq_list_finish(&inputs);
	fq_map_finish(&set.map);
	fq_release(set.at);
	forget_keys(&set);
	return holds;
}

/* --- before the job ----------------------------------------------------------------------------- */

static bool fail_holding(
        struct fq_run *run, uint32_t job, const char *path, const char *what, struct fq_error *err)
{
	return fq_fail(err, fq_plan_where(run->plan, job),
	        "all that is in an output folder is removed before its job: give it another name",
	        "output folder %s holds %s", path, what);
}

/* Whether all in it is the work of the job, as far as can be told. */
static bool is_as_left(const char *path, const struct fq_text *ours)
{
	struct fq_stamp now = fq_tree_stamp(path);
	struct fq_buf text = {0};
	fq_buf_addf(&text, "%lld %lld", (long long)now.size_bytes, (long long)now.mtime_ns);
	bool is = fq_text_is(*ours, "-");
	if (ours->len >= text.len && memcmp(ours->at, text.at, text.len) == 0) {
		is |= ours->len == text.len || ours->at[text.len] == ' ';
	}
	fq_buf_finish(&text);
	return is;
}

static bool check_content(
        struct fq_run *run, uint32_t job, const char *path, const struct fq_text *ours, struct fq_error *err)
{
	struct stat st;
	unsigned what = stat(path, &st) == 0 ? what_lies_in(run, &st) : 0;
	if (what & HOLDS_US) {
		return fail_holding(run, job, path, "the folder that fqrun works in", err);
	}
	if (what & HOLDS_SOURCE) {
		return fail_holding(run, job, path, "the manifest, or what it reads", err);
	}
	if (what & HOLDS_STATE) {
		return fail_holding(run, job, path, "fqrun's records or logs", err);
	}
	if (holds_input(run, job, &st)) {
		return fail_holding(run, job, path, "an input of this job", err);
	}
	if (ours) {
		/* A sample's file may be what the job made there. */
		return !(what & HOLDS_SAMPLE) || is_as_left(path, ours) ||
		       fail_holding(run, job, path, "a sample's file, and is not as its job left it", err);
	}
	return fq_folder_is_empty(path) ||
	       fq_fail(err, fq_plan_where(run->plan, job), "move them away, or give the output another name",
	               "output folder %s holds files that no run made", path);
}

/* Without the slash at its end, behind which a link would be followed. */
static bool look_at_place(const char *path, struct stat *ret)
{
	struct fq_buf bare = {0};
	fq_buf_puts(&bare, path);
	while (bare.len > 1 && bare.at[bare.len - 1] == '/') {
		bare.at[--bare.len] = '\0';
	}
	bool is = lstat(bare.at, ret) == 0;
	fq_buf_finish(&bare);
	return is;
}

bool fq_run_check_folder(
        struct fq_run *run, uint32_t job, const char *path, const struct fq_text *ours, struct fq_error *err)
{
	struct stat st;
	if (!look_at_place(path, &st)) {
		return true;
	}
	if (S_ISLNK(st.st_mode)) {
		return fq_fail(err, fq_plan_where(run->plan, job),
		        "remove the link: the folder is made for the job, in its place",
		        "output folder %s is a link", path);
	}
	if (!S_ISDIR(st.st_mode)) {
		return fq_fail(err, fq_plan_where(run->plan, job),
		        "remove the file; if the output is one, leave out the `/` at its end",
		        "output folder %s is a file", path);
	}
	return check_content(run, job, path, ours, err);
}

bool fq_run_empty_folder(const char *path, struct fq_error *err)
{
	struct fq_error why = {0};
	/* One that other disks are mounted at stays, and is as good if it is empty. */
	bool ok = fq_folder_is_empty(path) || fq_tree_remove(path, &why) || fq_folder_is_empty(path);
	if (!ok) {
		*err = why;
		return false;
	}
	fq_error_finish(&why);
	return fq_folder_make(path, err);
}

/* --- behind it ------------------------------------------------------------------------------------ */

const char *fq_run_folder_fault(const char *path, bool is_optional, const char **ret_hint)
{
	struct stat st;
	if (!look_at_place(path, &st)) {
		return NULL; /* is missing, as a file would be */
	}
	if (!S_ISDIR(st.st_mode)) {
		*ret_hint = "the folder is made before the command: let it write into it, and leave it there";
		return S_ISLNK(st.st_mode) ? "is a link" : "is no folder";
	}
	if (!is_optional && fq_tree_is_hollow(path)) {
		*ret_hint = "the command ended well, but wrote no file in it; one that may stay empty ends "
		            "in `/?`";
		return "is empty";
	}
	return NULL;
}
