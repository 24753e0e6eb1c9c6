#include "internal.h"

#include <string.h>

/* All files against each other, in their order: the later one is spoken of. Each
 * map holds the first file of its kind. */

struct probe {
	const struct fq_preflight_work *work;
	uint32_t file;
};

static bool same_file(uint32_t other, const void *context)
{
	const struct probe *probe = context;
	const struct fq_preflight_seen *a = &probe->work->seen[other], *b = &probe->work->seen[probe->file];
	return a->device == b->device && a->inode == b->inode;
}

static bool same_content(uint32_t other, const void *context)
{
	const struct probe *probe = context;
	const struct fq_preflight_seen *a = &probe->work->seen[other], *b = &probe->work->seen[probe->file];
	return a->head_hash == b->head_hash && a->stamp.size_bytes == b->stamp.size_bytes;
}

static struct fq_text stem_of(const struct fq_preflight_work *work, uint32_t file)
{
	return fq_path_part(fq_text(work->manifest->files[file].path), FQ_PART_STEM);
}

static bool same_stem(uint32_t other, const void *context)
{
	const struct probe *probe = context;
	return fq_text_equal(stem_of(probe->work, other), stem_of(probe->work, probe->file));
}

/* The first file that is the same, or NULL: then this one is the first. */
static const uint32_t *find_or_add(
        struct fq_map *map, uint64_t hash, fq_map_same_fn *same, const struct probe *probe)
{
	const uint32_t *found = fq_map_find(map, hash, same, probe);
	if (!found) {
		fq_map_add(map, hash, probe->file);
	}
	return found;
}

struct maps {
	struct fq_map files, contents, stems;
};

static void note_same_file(struct fq_preflight_notes *notes, const struct probe *probe, uint32_t first)
{
	const struct fq_manifest *manifest = probe->work->manifest;
	const char *path = manifest->files[first].path;
	uint32_t sample = fq_preflight_sample(manifest, first);
	bool is_same_path = strcmp(path, manifest->files[probe->file].path) == 0;
	const char *name = manifest->samples[sample].name;
	if (sample == fq_preflight_sample(manifest, probe->file)) {
		fq_preflight_error(notes, probe->file, FQ_PREFLIGHT_TWICE, "name each file once",
		        "stands twice in this sample%s%s", is_same_path ? "" : ", by a link also as ",
		        is_same_path ? "" : path);
	} else {
		fq_preflight_warn(notes, probe->file, FQ_PREFLIGHT_TWICE, NULL,
		        "stands in sample \"%s\" too%s%s", name, is_same_path ? "" : ", by a link as ",
		        is_same_path ? "" : path);
	}
}

static bool check_twice(struct maps *maps, struct fq_preflight_notes *notes, const struct probe *probe)
{
	const struct fq_preflight_seen *seen = &probe->work->seen[probe->file];
	uint64_t hash = fq_hash_next(
	        fq_hash_next(0, &seen->device, sizeof(seen->device)), &seen->inode, sizeof(seen->inode));
	const uint32_t *first = find_or_add(&maps->files, hash, same_file, probe);
	if (first) {
		note_same_file(notes, probe, *first);
		return true;
	}
	if (seen->stamp.size_bytes <= FQ_FASTQ_PEEK_BYTES || !seen->head_hash || seen->is_copy) {
		return false;
	}
	first = find_or_add(&maps->contents, seen->head_hash, same_content, probe);
	if (first) {
		const struct fq_manifest *manifest = probe->work->manifest;
		fq_preflight_warn(notes, probe->file, FQ_PREFLIGHT_TWICE,
		        "if that is a mistake, the reads count twice",
		        "looks like a copy of %s of sample \"%s\": same size, same first 64 KiB",
		        manifest->files[*first].path,
		        manifest->samples[fq_preflight_sample(manifest, *first)].name);
	}
	return false;
}

static void check_stem(struct maps *maps, struct fq_preflight_notes *notes, const struct probe *probe)
{
	const struct fq_manifest *manifest = probe->work->manifest;
	struct fq_text stem = stem_of(probe->work, probe->file);
	const uint32_t *first = find_or_add(&maps->stems, fq_hash(stem.at, stem.len), same_stem, probe);
	if (first) {
		fq_preflight_warn(notes, probe->file, FQ_PREFLIGHT_MERGED,
		        "give one another name, for example by a link: ln -s FILE OTHER_NAME",
		        "FastQC and MultiQC would show it and %s of sample \"%s\" as one, \"%.*s\"",
		        manifest->files[*first].path,
		        manifest->samples[fq_preflight_sample(manifest, *first)].name, (int)stem.len,
		        stem.at);
	}
}

void fq_preflight_compare_files(const struct fq_preflight_work *work, struct fq_preflight_notes *notes)
{
	struct maps maps = {0};
	for (uint32_t file = 0; file < work->manifest->file_count; file++) {
		const struct fq_preflight_seen *seen = &work->seen[file];
		struct probe probe = {work, file};
		if (!seen->was_looked_at || seen->stamp.size_bytes < 0) {
			continue;
		}
		if (!check_twice(&maps, notes, &probe)) {
			check_stem(&maps, notes, &probe);
		}
	}
	fq_map_finish(&maps.files);
	fq_map_finish(&maps.contents);
	fq_map_finish(&maps.stems);
}

/* --- what somebody still writes to ---------------------------------------------- */

static bool is_recent(const struct fq_preflight_seen *seen, int64_t now_s)
{
	int64_t age_s = now_s - seen->stamp.mtime_ns / 1000000000;
	return age_s <= 2 && age_s >= -2 && !seen->is_finished;
}

void fq_preflight_find_changing(const struct fq_preflight_work *work, struct fq_preflight_notes *notes)
{
	int64_t now_s = fq_clock_wall_s();
	for (uint32_t file = 0; file < work->manifest->file_count; file++) {
		const struct fq_preflight_seen *seen = &work->seen[file];
		if (!seen->was_looked_at || seen->stamp.size_bytes < 0) {
			continue;
		}
		bool is_fresh = is_recent(seen, now_s);
		struct fq_stamp now = seen->stamp;
		if (is_fresh) {
			now = fq_stamp_read(work->manifest->files[file].path);
		}
		if (seen->has_changed || !fq_stamp_equal(now, seen->stamp)) {
			fq_preflight_warn(notes, file, FQ_PREFLIGHT_CHANGING, "wait until it is whole",
			        "is being written: it changed while we looked at it");
		} else if (is_fresh) {
			fq_preflight_warn(notes, file, FQ_PREFLIGHT_CHANGING,
			        "if it is, wait until it is whole",
			        "changed less than 2 seconds ago: is it still being written?");
		}
	}
}
