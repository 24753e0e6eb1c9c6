/* Which files are one sample. Sorted, those of one sample stand together. */
#include "internal.h"

#include <string.h>

const char *const fq_remark_words[FQ_REMARK_COUNT] = {
        [FQ_REMARK_INDEX] = "index reads (I1, I2)",
        [FQ_REMARK_UNDETERMINED] = "reads that were given to no sample (Undetermined)",
        [FQ_REMARK_PACKED] = "neither plain nor gzip: pack it with gzip",
        [FQ_REMARK_THIRD] = "a third read (R3)",
        [FQ_REMARK_TWICE] = "the same read of the same sample as the file beside it",
        [FQ_REMARK_HALF_LANE] = "its mate is not there, and the sample's other lanes are pairs",
        [FQ_REMARK_NEWLINE] = "a newline in its path",
        [FQ_REMARK_UNREADABLE] = "cannot be read, or is no file",
        [FQ_REMARK_DEEP] = "too deep: a folder below six others",
        [FQ_REMARK_LEFT_OUT] = "no sample can have this name: rename the file",
        [FQ_REMARK_HALF] = "a read of a pair without its mate: taken as single-end",
        [FQ_REMARK_BARE] = "_1 and _2 are taken for the reads of a pair, not for two samples",
        [FQ_REMARK_COUNTED] = "counted on beyond 2: taken for samples of their own, not for reads of a pair",
        [FQ_REMARK_STRANGERS] =
                "begin with different reads: taken for samples of their own, not for reads of a pair",
        [FQ_REMARK_UNPAIRED] = "stands beside a pair of that name: taken for a sample, NAME_unpaired",
        [FQ_REMARK_FOLDER] = "more samples have this name: the folder's name is put in front",
        [FQ_REMARK_ODD] = "R1 or R2 stands inside the name: taken as single-end",
};

/* --- what is no sample's ------------------------------------------------------------------ */

static void leave_out(struct fq_discovery *d, struct reads_files *files)
{
	static const enum fq_remark why[] = {
	        [FQ_READS_INDEX] = FQ_REMARK_INDEX,
	        [FQ_READS_UNDETERMINED] = FQ_REMARK_UNDETERMINED,
	        [FQ_READS_PACKED] = FQ_REMARK_PACKED,
	};
	size_t kept = 0;
	for (size_t i = 0; i < files->count; i++) {
		struct reads_file *file = &files->files[i];
		if (file->name.kind != FQ_READS_FILE) {
			fq_discover_remark(d, why[file->name.kind], file->path);
		} else if (file->name.trust == FQ_TRUST_SURE && file->name.read > 2) {
			fq_discover_remark(d, FQ_REMARK_THIRD, file->path);
		} else {
			files->files[kept++] = *file;
		}
	}
	files->count = kept;
}

/* x_I1 without x_R1 is a name that ends so. */
static void judge_indexes(struct reads_files *files)
{
	fq_discover_sort(files);
	for (size_t i = 0, end; i < files->count; i = end) {
		bool has_reads = false;
		end = fq_discover_end(files, i, fq_discover_by_sample);
		for (size_t j = i; j < end; j++) {
			const struct fq_reads_name *name = &files->files[j].name;
			has_reads |= name->kind == FQ_READS_FILE && name->read;
		}
		for (size_t j = i; j < end; j++) {
			const struct fq_reads_name *name = &files->files[j].name;
			if (name->kind == FQ_READS_INDEX && name->trust == FQ_TRUST_BARE && !has_reads) {
				fq_discover_unmark(&files->files[j]);
			}
		}
	}
}

/* --- samples --------------------------------------------------------------------------------- */

/* One lane's files: a mate each, or a remark. */
static struct fq_reads_lane make_lane(
        struct fq_discovery *d, const struct reads_files *files, size_t start, size_t end)
{
	struct fq_reads_lane lane = {0};
	for (size_t i = start; i < end; i++) {
		const struct reads_file *file = &files->files[i];
		size_t read = file->name.read == 2;
		if (lane.files[read]) {
			fq_discover_remark(d, FQ_REMARK_TWICE, file->path);
		} else {
			lane.files[read] = file->path;
		}
	}
	return lane;
}

static void keep_pairs(struct fq_discovery *d, struct fq_reads_sample *sample)
{
	size_t kept = 0;
	for (size_t i = 0; i < sample->lane_count; i++) {
		struct fq_reads_lane lane = sample->lanes[i];
		if (lane.files[0] && lane.files[1]) {
			sample->lanes[kept++] = lane;
		} else {
			fq_discover_remark(
			        d, FQ_REMARK_HALF_LANE, lane.files[0] ? lane.files[0] : lane.files[1]);
		}
	}
	sample->lane_count = kept;
}

/* No lane is a pair: whichever read is there. Returns whether one was an R2. */
static bool keep_singles(struct fq_reads_sample *sample)
{
	bool any_second = false;
	for (size_t i = 0; i < sample->lane_count; i++) {
		struct fq_reads_lane *lane = &sample->lanes[i];
		if (!lane->files[0]) {
			*lane = (struct fq_reads_lane){{lane->files[1], NULL}};
			any_second = true;
		}
	}
	return any_second;
}

static const char *make_name(
        struct fq_discovery *d, const struct reads_file *file, bool with_number, bool is_beside_pair)
{
	struct fq_text sample = file->name.sample, number = file->name.number, tail = file->name.tail;
	if (sample.len == 0) {
		sample = file->group.len ? fq_discover_last(file->group) : fq_text("sample");
	}
	return fq_arena_format(&d->arena, "%.*s%.*s%.*s%s", (int)sample.len, sample.at,
	        with_number ? (int)number.len : 0, number.len ? number.at : "", (int)tail.len, tail.at,
	        is_beside_pair ? "_unpaired" : "");
}

/* Whether _S1 and _S5 of one name are both there, in this folder. */
static bool needs_number(const struct reads_files *files, size_t start, size_t end)
{
	const struct reads_file *at = files->files;
	bool before = start && fq_discover_by_sample(&at[start - 1], &at[start]) == 0 &&
	              at[start - 1].name.number.len;
	bool behind = end < files->count && fq_discover_by_sample(&at[start], &at[end]) == 0 &&
	              at[end].name.number.len;
	return at[start].name.number.len && (before || behind);
}

static void add_sample(struct fq_discovery *d, const struct reads_files *files, size_t start, size_t end)
{
	const struct reads_file *first = &files->files[start];
	bool is_beside_pair = !first->name.read && start && files->files[start - 1].name.read &&
	                      fq_discover_by_sample(first, &files->files[start - 1]) == 0;
	struct fq_reads_sample sample = {
	        .name = make_name(d, first, needs_number(files, start, end), is_beside_pair),
	        .lanes = fq_arena_alloc(&d->arena, (end - start) * sizeof(struct fq_reads_lane)),
	        .folder = first->group,
	};
	for (size_t i = start, lane_end; i < end; i = lane_end) {
		lane_end = fq_discover_end(files, i, fq_discover_by_lane);
		struct fq_reads_lane lane = make_lane(d, files, i, lane_end);
		sample.is_paired |= lane.files[0] && lane.files[1];
		sample.lanes[sample.lane_count++] = lane;
	}
	if (sample.is_paired) {
		keep_pairs(d, &sample);
	} else if (keep_singles(&sample)) { /* whatever the other samples are, an R1 is missing */
		fq_discover_remark(d, FQ_REMARK_HALF, sample.lanes[0].files[0]);
	} else {
		sample.is_half = first->name.read;
	}
	if (is_beside_pair) {
		fq_discover_remark(d, FQ_REMARK_UNPAIRED, first->path);
	}
	if (first->name.is_odd) {
		fq_discover_remark(d, FQ_REMARK_ODD, first->path);
	}
	d->samples = fq_grow(d->samples, &d->sample_cap, d->sample_count + 1, sizeof(*d->samples));
	d->samples[d->sample_count++] = sample;
}

/* Where no sample is a pair, R1 alone is what a single-end run gives. */
static void tell_halves(struct fq_discovery *d)
{
	bool has_pairs = false;
	for (size_t i = 0; i < d->sample_count; i++) {
		has_pairs |= d->samples[i].is_paired;
	}
	for (size_t i = 0; has_pairs && i < d->sample_count; i++) {
		if (d->samples[i].is_half) {
			fq_discover_remark(d, FQ_REMARK_HALF, d->samples[i].lanes[0].files[0]);
		}
	}
}

void fq_discover_group(struct fq_discovery *discovery, struct reads_files *files, fq_discover_mates *mates)
{
	if (files->count == 0) {
		return;
	}
	judge_indexes(files);
	leave_out(discovery, files);
	fq_discover_judge(discovery, files, mates);
	for (size_t i = 0, end; i < files->count; i = end) {
		end = fq_discover_end(files, i, fq_discover_by_group);
		add_sample(discovery, files, i, end);
	}
	tell_halves(discovery);
	fq_discover_make_unique(discovery);
}

/* --- the door ----------------------------------------------------------------------------------- */

void fq_discover_remark(struct fq_discovery *discovery, enum fq_remark what, const char *path)
{
	discovery->remarks = fq_grow(discovery->remarks, &discovery->remark_cap, discovery->remark_count + 1,
	        sizeof(*discovery->remarks));
	discovery->remarks[discovery->remark_count++] = (struct fq_reads_remark){what, path};
}

bool fq_discover(struct fq_discovery *ret, const char *folder, fq_discover_mates *mates, struct fq_error *err)
{
	struct reads_files found = {0};
	*ret = (struct fq_discovery){0};
	bool ok = fq_discover_walk(ret, folder, &found, err);
	if (ok) {
		fq_discover_group(ret, &found, mates);
	}
	fq_release(found.files);
	return ok;
}

void fq_discovery_finish(struct fq_discovery *discovery)
{
	fq_release(discovery->samples);
	fq_release(discovery->remarks);
	fq_release(discovery->folders);
	fq_arena_finish(&discovery->arena);
	*discovery = (struct fq_discovery){0};
}
