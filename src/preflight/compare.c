#include "internal.h"

#include <string.h>

/* All files against each other, in their order. Each map holds the first file of its
 * kind. Ten thousand folders may each hold a reads_1.fq.gz: of those that are alike, one
 * warning speaks, at the second of them, and counts the others. */

struct alike {
	uint32_t second, more; /* the second file (never 0), and how many follow */
};

struct comparison {
	const struct fq_preflight_work *work;
	struct fq_preflight_notes *notes;
	uint32_t file; /* that is looked at now */
	struct fq_map files, contents, stems;
	struct alike *same_files, *same_contents, *same_stems; /* by the first file */
};

/* --- what is alike ----------------------------------------------------------------- */

static bool same_file(uint32_t other, const void *context)
{
	const struct comparison *now = context;
	const struct fq_preflight_seen *a = &now->work->seen[other], *b = &now->work->seen[now->file];
	return a->device == b->device && a->inode == b->inode;
}

static bool same_content(uint32_t other, const void *context)
{
	const struct comparison *now = context;
	const struct fq_preflight_seen *a = &now->work->seen[other], *b = &now->work->seen[now->file];
	return a->head_hash == b->head_hash && a->stamp.size_bytes == b->stamp.size_bytes;
}

static struct fq_text stem_of(const struct comparison *now, uint32_t file)
{
	return fq_path_part(fq_text(now->work->manifest->files[file].path), FQ_PART_STEM);
}

static bool same_stem(uint32_t other, const void *context)
{
	const struct comparison *now = context;
	return fq_text_equal(stem_of(now, other), stem_of(now, now->file));
}

/* The first file that is alike, or NULL: then this one is the first. */
static const uint32_t *find_first(
        struct comparison *now, struct fq_map *map, uint64_t hash, fq_map_same_fn *same)
{
	const uint32_t *found = fq_map_find(map, hash, same, now);
	if (!found) {
		fq_map_add(map, hash, now->file);
	}
	return found;
}

static void count_alike(struct alike *alike, uint32_t file)
{
	alike->more += alike->second != 0;
	alike->second = alike->second ? alike->second : file;
}

/* --- one file ------------------------------------------------------------------------ */

static const char *path_of(const struct comparison *now, uint32_t file)
{
	return now->work->manifest->files[file].path;
}

static bool is_same_path(const struct comparison *now, uint32_t first, uint32_t file)
{
	return strcmp(path_of(now, first), path_of(now, file)) == 0;
}

/* In one sample it is an error, and each sample's own. */
static void note_same_file(struct comparison *now, uint32_t first)
{
	const struct fq_manifest *manifest = now->work->manifest;
	bool is_link = !is_same_path(now, first, now->file);
	if (fq_preflight_sample(manifest, first) != fq_preflight_sample(manifest, now->file)) {
		count_alike(&now->same_files[first], now->file);
		return;
	}
	fq_preflight_error(now->notes, now->file, FQ_PREFLIGHT_TWICE, "name each file once",
	        "stands twice in this sample%s%s", is_link ? ", by a link also as " : "",
	        is_link ? path_of(now, first) : "");
}

static bool check_file(struct comparison *now, const struct fq_preflight_seen *seen)
{
	uint64_t hash =
	        fq_hash_next(fq_hash(&seen->device, sizeof(seen->device)), &seen->inode, sizeof(seen->inode));
	const uint32_t *first = find_first(now, &now->files, hash, same_file);
	if (first) {
		note_same_file(now, *first);
	}
	return !first;
}

/* Below 64 KiB are toys and tests, which may well be equal. */
static void check_content(struct comparison *now, const struct fq_preflight_seen *seen)
{
	if (seen->stamp.size_bytes <= FQ_FASTQ_PEEK_BYTES || !seen->head_hash || seen->is_copy) {
		return;
	}
	const uint32_t *first = find_first(now, &now->contents, seen->head_hash, same_content);
	if (first) {
		count_alike(&now->same_contents[*first], now->file);
	}
}

static void check_stem(struct comparison *now)
{
	struct fq_text stem = stem_of(now, now->file);
	const uint32_t *first = find_first(now, &now->stems, fq_hash(stem.at, stem.len), same_stem);
	if (first) {
		count_alike(&now->same_stems[*first], now->file);
	}
}

/* --- what is said of all that are alike ------------------------------------------------- */

/* "reads/x.fq of sample \"s\"", and how many more. */
static void add_others(struct fq_buf *buf, const struct comparison *now, uint32_t first, uint32_t more)
{
	const struct fq_manifest *manifest = now->work->manifest;
	fq_buf_addf(buf, "%s of sample \"%s\"", path_of(now, first),
	        manifest->samples[fq_preflight_sample(manifest, first)].name);
	if (more) {
		fq_buf_addf(buf, " (and %u more)", more);
	}
}

static void note_alike(const struct comparison *now, uint32_t first)
{
	struct alike files = now->same_files[first], contents = now->same_contents[first];
	struct alike stems = now->same_stems[first];
	struct fq_buf others[3] = {0};
	add_others(&others[0], now, first, files.more);
	add_others(&others[1], now, first, contents.more);
	add_others(&others[2], now, first, stems.more);
	if (files.second) {
		fq_preflight_warn(now->notes, files.second, FQ_PREFLIGHT_TWICE,
		        "if that is a mistake, the same reads pass for two samples'",
		        "is the same file as %s", others[0].at);
	}
	if (contents.second) {
		fq_preflight_warn(now->notes, contents.second, FQ_PREFLIGHT_TWICE,
		        "if that is a mistake, the same reads pass for others",
		        "looks like a copy of %s: same size, same first 64 KiB", others[1].at);
	}
	if (stems.second) {
		struct fq_text stem = stem_of(now, first);
		fq_preflight_warn(now->notes, stems.second, FQ_PREFLIGHT_MERGED,
		        "give each another name, for example by a link: ln -s FILE OTHER_NAME",
		        "FastQC and MultiQC would show it and %s as one, \"%.*s\"", others[2].at,
		        (int)stem.len, stem.at);
	}
	for (size_t i = 0; i < FQ_COUNT(others); i++) {
		fq_buf_finish(&others[i]);
	}
}

static bool has_alike(const struct comparison *now, uint32_t first)
{
	return now->same_files[first].second || now->same_contents[first].second ||
	       now->same_stems[first].second;
}

void fq_preflight_compare_files(const struct fq_preflight_work *work, struct fq_preflight_notes *notes)
{
	struct comparison now = {.work = work, .notes = notes};
	uint32_t count = (uint32_t)work->manifest->file_count;
	struct alike *alike = fq_zeroed((size_t)count * 3, sizeof(*alike));
	now.same_files = alike;
	now.same_contents = alike + count;
	now.same_stems = alike + (size_t)count * 2;
	for (now.file = 0; now.file < count; now.file++) {
		const struct fq_preflight_seen *seen = &work->seen[now.file];
		if (seen->was_looked_at && seen->stamp.size_bytes >= 0 && check_file(&now, seen)) {
			check_content(&now, seen);
			check_stem(&now);
		}
	}
	for (uint32_t first = 0; first < count; first++) {
		if (has_alike(&now, first)) {
			note_alike(&now, first);
		}
	}
	fq_release(alike);
	fq_map_finish(&now.files);
	fq_map_finish(&now.contents);
	fq_map_finish(&now.stems);
}
