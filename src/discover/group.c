/* Which files are one sample. Sorted, those of one sample stand together. */
#include "internal.h"

#include <stdlib.h>
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
        [FQ_REMARK_UNPAIRED] = "stands beside a pair of that name: taken for a sample, NAME_unpaired",
        [FQ_REMARK_FOLDER] = "more samples have this name: the folder's name is put in front",
        [FQ_REMARK_ODD] = "R1 or R2 stands inside the name: taken as single-end",
};

/* --- order ------------------------------------------------------------------------ */

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int first_of(const int *orders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (orders[i]) {
			return orders[i];
		}
	}
	return 0;
}

/* All but the sample's number; those with a read first. */
static int compare_samples(const struct reads_file *x, const struct reads_file *y)
{
	const struct fq_reads_name *a = &x->name, *b = &y->name;
	const int orders[] = {
	        fq_discover_compare(x->group, y->group),
	        fq_discover_compare(a->sample, b->sample),
	        fq_discover_compare(a->tail, b->tail),
	};
	return first_of(orders, FQ_COUNT(orders));
}

static int compare_groups(const struct reads_file *x, const struct reads_file *y)
{
	const struct fq_reads_name *a = &x->name, *b = &y->name;
	const int orders[] = {
	        compare_samples(x, y),
	        (b->read > 0) - (a->read > 0),
	        fq_discover_compare(a->number, b->number),
	        (int)a->trust - (int)b->trust,
	};
	return first_of(orders, FQ_COUNT(orders));
}

static int compare_lanes(const struct reads_file *x, const struct reads_file *y)
{
	const int orders[] = {
	        compare_groups(x, y),
	        compare_numbers(x->name.lane, y->name.lane),
	        compare_numbers(x->name.chunk, y->name.chunk),
	        fq_discover_compare(x->folder, y->folder),
	};
	return first_of(orders, FQ_COUNT(orders));
}

static int by_place(const void *a, const void *b)
{
	const struct reads_file *x = a, *y = b;
	int order = compare_lanes(x, y);
	order = order ? order : compare_numbers(x->name.read, y->name.read);
	/* gzip in front of plain: "x.fq.gz" is longer than "x.fq" */
	return order ? order : -strcmp(x->path, y->path);
}

typedef int compare_fn(const struct reads_file *x, const struct reads_file *y);

/* Where those end that are alike to the first, beginning there. */
static size_t end_of(const struct reads_files *files, size_t start, compare_fn *compare)
{
	size_t end = start + 1;
	while (end < files->count && compare(&files->files[start], &files->files[end]) == 0) {
		end++;
	}
	return end;
}

/* --- numbers that may count replicates ------------------------------------------------ */

enum { ONE = 1 << 1, TWO = 1 << 2, PAIR = ONE | TWO };

static unsigned reads_of(const struct reads_files *files, size_t start, size_t end)
{
	unsigned reads = 0;
	for (size_t i = start; i < end; i++) {
		reads |= 1U << files->files[i].name.read;
	}
	return reads;
}

/* The whole stem is the sample's name. */
static void unmark(struct reads_file *file)
{
	struct fq_reads_name *name = &file->name;
	name->kind = FQ_READS_FILE;
	name->sample = name->stem;
	name->number = name->tail = (struct fq_text){"", 0};
	name->read = name->lane = name->chunk = 0;
	name->trust = FQ_TRUST_SURE;
	file->group = file->folder;
}

static bool is_counted(unsigned reads)
{
	return (reads & ~(unsigned)PAIR) && (reads & ONE);
}

struct range {
	size_t start, end;
};

/* `counted`: others of this folder count beyond 2; `has_pairs`: others are pairs. */
static void judge_group(
        struct fq_discovery *d, struct reads_files *files, struct range range, bool counted, bool has_pairs)
{
	const struct reads_file *first = &files->files[range.start];
	unsigned reads = reads_of(files, range.start, range.end);
	bool is_bare = first->name.trust == FQ_TRUST_BARE, is_pair = reads == PAIR && !counted;
	if (is_bare && is_pair) {
		fq_discover_remark(d, FQ_REMARK_BARE, first->path);
	}
	if (is_pair || (!is_bare && !counted && !(reads & ~(unsigned)PAIR))) {
		return;
	}
	if (counted && (reads & PAIR)) {
		fq_discover_remark(d, FQ_REMARK_COUNTED, first->path);
	} else if (is_bare && has_pairs && (reads == ONE || reads == TWO)) {
		fq_discover_remark(d, FQ_REMARK_HALF, first->path);
	}
	for (size_t i = range.start; i < range.end; i++) {
		unmark(&files->files[i]);
	}
}

/* One folder: x_1, x_2, x_3 say that y_1 and y_2 are no pair either. */
static void judge_folder(struct fq_discovery *d, struct reads_files *files, size_t start, size_t stop)
{
	bool counted[FQ_TRUST_BARE + 1] = {false}, has_pairs = false;
	for (size_t i = start, end; i < stop; i = end) {
		end = end_of(files, i, compare_groups);
		unsigned reads = reads_of(files, i, end);
		enum fq_reads_trust trust = files->files[i].name.trust;
		counted[trust] |= trust != FQ_TRUST_SURE && is_counted(reads);
		has_pairs |= reads == PAIR;
	}
	for (size_t i = start, end; i < stop; i = end) {
		end = end_of(files, i, compare_groups);
		enum fq_reads_trust trust = files->files[i].name.trust;
		if (files->files[i].name.read && trust != FQ_TRUST_SURE) {
			judge_group(d, files, (struct range){i, end}, counted[trust], has_pairs);
		}
	}
}

static int compare_folders(const struct reads_file *x, const struct reads_file *y)
{
	return fq_discover_compare(x->group, y->group);
}

static void judge_numbers(struct fq_discovery *d, struct reads_files *files)
{
	qsort(files->files, files->count, sizeof(*files->files), by_place);
	for (size_t i = 0, end; i < files->count; i = end) {
		end = end_of(files, i, compare_folders);
		judge_folder(d, files, i, end);
	}
	qsort(files->files, files->count, sizeof(*files->files), by_place);
}

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
	qsort(files->files, files->count, sizeof(*files->files), by_place);
	for (size_t i = 0, end; i < files->count; i = end) {
		bool has_reads = false;
		end = end_of(files, i, compare_samples);
		for (size_t j = i; j < end; j++) {
			const struct fq_reads_name *name = &files->files[j].name;
			has_reads |= name->kind == FQ_READS_FILE && name->read;
		}
		for (size_t j = i; j < end; j++) {
			const struct fq_reads_name *name = &files->files[j].name;
			if (name->kind == FQ_READS_INDEX && name->trust == FQ_TRUST_BARE && !has_reads) {
				unmark(&files->files[j]);
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
	bool before =
	        start && compare_samples(&at[start - 1], &at[start]) == 0 && at[start - 1].name.number.len;
	bool behind =
	        end < files->count && compare_samples(&at[start], &at[end]) == 0 && at[end].name.number.len;
	return at[start].name.number.len && (before || behind);
}

static void add_sample(struct fq_discovery *d, const struct reads_files *files, size_t start, size_t end)
{
	const struct reads_file *first = &files->files[start];
	bool is_beside_pair = !first->name.read && start && files->files[start - 1].name.read &&
	                      compare_samples(first, &files->files[start - 1]) == 0;
	struct fq_reads_sample sample = {
	        .name = make_name(d, first, needs_number(files, start, end), is_beside_pair),
	        .lanes = fq_arena_alloc(&d->arena, (end - start) * sizeof(struct fq_reads_lane)),
	        .folder = first->group,
	};
	for (size_t i = start, lane_end; i < end; i = lane_end) {
		lane_end = end_of(files, i, compare_lanes);
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

void fq_discover_group(struct fq_discovery *discovery, struct reads_files *files)
{
	if (files->count == 0) {
		return;
	}
	judge_indexes(files);
	leave_out(discovery, files);
	judge_numbers(discovery, files);
	for (size_t i = 0, end; i < files->count; i = end) {
		end = end_of(files, i, compare_groups);
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

bool fq_discover(struct fq_discovery *ret, const char *folder, struct fq_error *err)
{
	struct reads_files found = {0};
	*ret = (struct fq_discovery){0};
	bool ok = fq_discover_walk(ret, folder, &found, err);
	if (ok) {
		fq_discover_group(ret, &found);
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
