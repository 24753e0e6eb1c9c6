/* x_1 and x_2, x_R1 and x_R2: the reads of a pair, or two samples? What is in the files
 * says it, if somebody looks; else whether the names of that folder count on beyond 2. */
#include "internal.h"

enum { ONE = 1 << 1, TWO = 1 << 2, PAIR = ONE | TWO, MOST_ASKED = 16 };

/* What is known of the names of one trust in one folder. */
struct evidence {
	bool is_counted; /* some go on beyond 2 */
	unsigned asked, yes, no;
};

struct judge {
	struct fq_discovery *discovery;
	struct reads_files *files;
	fq_discover_mates *mates;
	struct evidence evidence[FQ_TRUST_BARE + 1];
	bool has_pairs;
};

/* The files of one group. */
struct range {
	size_t start, end;
};

void fq_discover_unmark(struct reads_file *file)
{
	struct fq_reads_name *name = &file->name;
	name->kind = FQ_READS_FILE;
	name->sample = name->stem;
	name->number = name->tail = (struct fq_text){"", 0};
	name->read = name->lane = name->chunk = 0;
	name->trust = FQ_TRUST_SURE;
	file->group = file->folder;
}

/* Bit N: there is a read N. */
static unsigned reads_of(const struct reads_files *files, struct range range)
{
	unsigned reads = 0;
	for (size_t i = range.start; i < range.end; i++) {
		reads |= 1U << files->files[i].name.read;
	}
	return reads;
}

/* --- evidence --------------------------------------------------------------------------- */

static void ask(struct judge *judge, struct evidence *evidence, struct range range)
{
	const char *paths[3] = {NULL};
	for (size_t i = range.start; i < range.end; i++) {
		const struct reads_file *file = &judge->files->files[i];
		paths[file->name.read] = file->path;
	}
	enum fq_mates said = judge->mates(paths[1], paths[2]);
	evidence->asked++;
	evidence->yes += said == FQ_MATES_YES;
	evidence->no += said == FQ_MATES_NO;
}

static void gather(struct judge *judge, struct range range)
{
	enum fq_reads_trust trust = judge->files->files[range.start].name.trust;
	struct evidence *evidence = &judge->evidence[trust];
	unsigned reads = reads_of(judge->files, range);
	judge->has_pairs |= reads == PAIR;
	if (trust == FQ_TRUST_SURE) {
		return;
	}
	evidence->is_counted |= (reads & ONE) && (reads & ~(unsigned)PAIR);
	if (reads == PAIR && judge->mates && evidence->asked < MOST_ASKED) {
		ask(judge, evidence, range);
	}
}

/* --- the verdict -------------------------------------------------------------------------- */

/* Most of the folder decide: one pair that does not fit is a broken pair, which whoever reads the
 * files will tell, and not two samples. */
static bool judge_pair(const struct judge *judge, const struct reads_file *first)
{
	const struct evidence *evidence = &judge->evidence[first->name.trust];
	if (evidence->no > evidence->yes) {
		fq_discover_remark(judge->discovery, FQ_REMARK_STRANGERS, first->path);
		return false;
	}
	if (evidence->yes) {
		return true;
	}
	if (evidence->is_counted) {
		fq_discover_remark(judge->discovery, FQ_REMARK_COUNTED, first->path);
	} else if (first->name.trust == FQ_TRUST_BARE) {
		fq_discover_remark(judge->discovery, FQ_REMARK_BARE, first->path);
	}
	return !evidence->is_counted;
}

/* Whether the numbers are reads, of a group that is no pair. */
static bool judge_others(const struct judge *judge, const struct reads_file *first, unsigned reads)
{
	enum fq_reads_trust trust = first->name.trust;
	bool is_counted = judge->evidence[trust].is_counted, is_half = reads == ONE || reads == TWO;
	if (is_counted && (reads & PAIR)) {
		fq_discover_remark(judge->discovery, FQ_REMARK_COUNTED, first->path);
	} else if (trust == FQ_TRUST_BARE && is_half && judge->has_pairs) {
		fq_discover_remark(judge->discovery, FQ_REMARK_HALF, first->path);
	}
	return trust == FQ_TRUST_LETTER && is_half && !is_counted;
}

static void judge_group(struct judge *judge, struct range range)
{
	const struct reads_file *first = &judge->files->files[range.start];
	unsigned reads = reads_of(judge->files, range);
	if (first->name.read == 0 || first->name.trust == FQ_TRUST_SURE) {
		return;
	}
	if (reads == PAIR ? judge_pair(judge, first) : judge_others(judge, first, reads)) {
		return;
	}
	for (size_t i = range.start; i < range.end; i++) {
		fq_discover_unmark(&judge->files->files[i]);
	}
}

static int compare_folders(const struct reads_file *x, const struct reads_file *y)
{
	return fq_discover_compare(x->group, y->group);
}

static void judge_folder(struct judge judge, struct range folder)
{
	struct range group = {folder.start, 0};
	for (; group.start < folder.end; group.start = group.end) {
		group.end = fq_discover_end(judge.files, group.start, fq_discover_by_group);
		gather(&judge, group);
	}
	for (group.start = folder.start; group.start < folder.end; group.start = group.end) {
		/* by_group looks at what unmarking changes, but only of groups that are behind us */
		group.end = fq_discover_end(judge.files, group.start, fq_discover_by_group);
		judge_group(&judge, group);
	}
}

void fq_discover_judge(struct fq_discovery *discovery, struct reads_files *files, fq_discover_mates *mates)
{
	struct judge judge = {.discovery = discovery, .files = files, .mates = mates};
	struct range folder = {0};
	fq_discover_sort(files);
	for (; folder.start < files->count; folder.start = folder.end) {
		folder.end = fq_discover_end(files, folder.start, compare_folders);
		judge_folder(judge, folder);
	}
	fq_discover_sort(files);
}
