#include "internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is not there: what is there instead. A folder with very many files is
 * slow to search, and 10,000 missing samples have one reason: the first few are enough. */
enum { LARGEST_SEARCHES = 8, LARGEST_LISTING = 50000, LARGEST_LINK_BYTES = 4096 };

/* The names in one folder, sorted; not searched if there are more than the largest listing. */
struct listing {
	struct fq_arena arena;
	struct fq_text folder;
	const char **names;
	size_t count, cap;
};

struct search {
	const struct fq_preflight_work *work;
	struct fq_preflight_notes *notes;
	struct listing listing;
	struct fq_map paths; /* of the manifest's files */
	struct fq_buf path;  /* scratch */
	size_t searches;
};

/* --- folders ------------------------------------------------------------------- */

static struct fq_text folder_of(struct fq_text path)
{
	size_t len = path.len;
	while (len && path.at[len - 1] == '/') {
		len--;
	}
	while (len && path.at[len - 1] != '/') {
		len--;
	}
	while (len > 1 && path.at[len - 1] == '/') {
		len--;
	}
	return len ? (struct fq_text){path.at, len} : fq_text(".");
}

static const char *terminated(struct search *search, struct fq_text text)
{
	search->path.len = 0;
	fq_buf_add_text(&search->path, text);
	return search->path.at;
}

static bool is_folder(struct search *search, struct fq_text path)
{
	struct stat st;
	return stat(terminated(search, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_there(struct search *search, struct fq_text path)
{
	struct stat st;
	return stat(terminated(search, path), &st) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_folder(struct search *search, struct fq_text folder)
{
	struct listing *listing = &search->listing;
	if (listing->folder.at && fq_text_equal(listing->folder, folder)) {
		return;
	}
	fq_arena_finish(&listing->arena);
	listing->count = 0;
	listing->folder.at = fq_arena_copy(&listing->arena, folder.at, folder.len);
	listing->folder.len = folder.len;
	DIR *dir = opendir(listing->folder.at);
	for (struct dirent *entry; dir && listing->count < LARGEST_LISTING && (entry = readdir(dir));) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			listing->names =
			        fq_grow(listing->names, &listing->cap, listing->count + 1, sizeof(char *));
			listing->names[listing->count++] = fq_arena_copy(&listing->arena, name, strlen(name));
		}
	}
	if (dir) {
		closedir(dir);
	}
	fq_sort(listing->names, listing->count, sizeof(char *), compare_names);
}

/* --- what was meant --------------------------------------------------------------- */

static bool same_path(uint32_t file, const void *context)
{
	const struct search *search = context;
	return strcmp(search->work->manifest->files[file].path, search->path.at) == 0;
}

static void add_paths(struct search *search)
{
	const struct fq_manifest *manifest = search->work->manifest;
	for (uint32_t file = 0; file < manifest->file_count; file++) {
		const char *path = manifest->files[file].path;
		fq_map_add(&search->paths, fq_hash(path, strlen(path)), file);
	}
}

/* "reads/x.fq" for x.fq in the folder as it is written. */
static const char *join(struct search *search, struct fq_text path, const char *name)
{
	struct fq_text last = fq_path_part(path, FQ_PART_NAME);
	search->path.len = 0;
	fq_buf_add(&search->path, path.at, (size_t)(last.at - path.at));
	fq_buf_puts(&search->path, name);
	return search->path.at;
}

/* Puts those names in front that the manifest does not use: R1 is not meant by R2. */
static size_t keep_unused(struct search *search, struct fq_text path)
{
	struct listing *listing = &search->listing;
	size_t kept = 0;
	for (size_t i = 0; i < listing->count; i++) {
		const char *whole = join(search, path, listing->names[i]);
		if (!fq_map_find(&search->paths, fq_hash(whole, strlen(whole)), same_path, search)) {
			const char *name = listing->names[i];
			listing->names[i] = listing->names[kept];
			listing->names[kept++] = name;
		}
	}
	return kept;
}

/* The same read under another extension, else the nearest in letters; NULL: none. */
static const char *find_meant(struct search *search, struct fq_text path)
{
	struct listing *listing = &search->listing;
	if (listing->count == LARGEST_LISTING) {
		return NULL; /* the best may be among those that were not read */
	}
	size_t count = keep_unused(search, path);
	struct fq_text stem = fq_path_part(path, FQ_PART_STEM);
	const char *found = NULL;
	for (size_t i = 0; i < count && !found; i++) {
		if (fq_text_equal(stem, fq_path_part(fq_text(listing->names[i]), FQ_PART_STEM))) {
			found = listing->names[i];
		}
	}
	if (!found) {
		found = fq_suggest(fq_path_part(path, FQ_PART_NAME), listing->names, count);
	}
	fq_sort(listing->names, listing->count, sizeof(char *), compare_names);
	return found;
}

/* --- what is said ------------------------------------------------------------------ */

static void note(struct search *search, uint32_t file, const char *hint)
{
	fq_preflight_error(
	        search->notes, file, FQ_PREFLIGHT_FILE, hint && hint[0] ? hint : NULL, "is not there");
}

/* The way down is right as far as `folder`; `step` is what it lacks. */
static void note_within(struct search *search, uint32_t file, struct fq_text folder, struct fq_text step)
{
	struct fq_buf hint = {0};
	bool is_file = step.len == strlen(search->work->manifest->files[file].path);
	if (!is_file && is_there(search, step)) {
		fq_buf_addf(&hint, "%.*s is no folder", (int)step.len, step.at);
		note(search, file, hint.at);
		fq_buf_finish(&hint);
		return;
	}
	if (!is_file) {
		fq_buf_addf(&hint, "there is no folder %.*s", (int)step.len, step.at);
	}
	if (search->searches < LARGEST_SEARCHES) {
		search->searches++;
		list_folder(search, folder);
		const char *meant = find_meant(search, step);
		if (meant) {
			fq_buf_puts(&hint, is_file ? "" : "; ");
			fq_buf_addf(&hint, "did you mean %s?", join(search, step, meant));
		} else if (search->listing.count == 0) {
			fq_buf_puts(&hint, is_file ? "" : "; ");
			fq_buf_addf(&hint, "the folder %.*s is empty: is its disk mounted?", (int)folder.len,
			        folder.at);
		} else if (!is_file) {
			fq_buf_addf(&hint, " in %.*s", (int)folder.len, folder.at);
		}
	}
	note(search, file, hint.at);
	fq_buf_finish(&hint);
}

static void note_link(struct search *search, uint32_t file, const char *target)
{
	bool is_annex = strstr(target, ".git/annex/objects/") != NULL;
	fq_preflight_error(search->notes, file, FQ_PREFLIGHT_FILE,
	        is_annex ? "fetch it: git annex get FILE, or datalad get FILE"
	                 : "is the disk mounted that it points to?",
	        "is a link to %s, which is not there", target);
}

static bool note_if_link(struct search *search, uint32_t file, const char *path)
{
	char target[LARGEST_LINK_BYTES];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0) {
		return false;
	}
	target[len] = '\0';
	note_link(search, file, target);
	return true;
}

static void explain(struct search *search, uint32_t file)
{
	const char *path = search->work->manifest->files[file].path;
	if (note_if_link(search, file, path)) {
		return;
	}
	struct fq_text step = fq_text(path), folder = folder_of(step);
	while (!is_folder(search, folder) && folder.len < step.len) {
		step = folder;
		folder = folder_of(step);
	}
	note_within(search, file, folder, step);
}

void fq_preflight_explain_missing(const struct fq_preflight_work *work, struct fq_preflight_notes *notes)
{
	struct search search = {.work = work, .notes = notes};
	for (uint32_t file = 0; file < work->manifest->file_count; file++) {
		if (!work->seen[file].is_missing) {
			continue;
		}
		if (search.paths.count == 0) {
			add_paths(&search);
		}
		explain(&search, file);
	}
	fq_arena_finish(&search.listing.arena);
	fq_release(search.listing.names);
	fq_map_finish(&search.paths);
	fq_buf_finish(&search.path);
}
