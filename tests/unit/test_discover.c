/* What names say, and which files of a folder are one sample. */
#include "fqrun/discover.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- one name ------------------------------------------------------------------- */

static const struct {
	const char *name, *sample, *number, *tail;
	uint32_t lane, chunk, read;
	enum fq_reads_trust trust;
} reads[] = {
        /* bcl2fastq and CASAVA */
        {"NA10_S1_L001_R1_001.fastq.gz", "NA10", "_S1", "", 1, 1, 1, FQ_TRUST_SURE},
        {"NA10_S12_L004_R2_001.fastq.gz", "NA10", "_S12", "", 4, 1, 2, FQ_TRUST_SURE},
        {"a_b-c_S3_R1_001.fastq.gz", "a_b-c", "_S3", "", 0, 1, 1, FQ_TRUST_SURE},
        {"x_ACGT_L002_R2_013.fastq.gz", "x_ACGT", "", "", 2, 13, 2, FQ_TRUST_SURE},
        {"x_R2_001.fastq.gz", "x", "", "", 0, 1, 2, FQ_TRUST_SURE},
        {"x_S1_L001_R3_001.fastq.gz", "x", "_S1", "", 1, 1, 3, FQ_TRUST_SURE},
        {"x_S7_L002_R1.fastq.gz", "x", "_S7", "", 2, 0, 1, FQ_TRUST_SURE},
        {"x_S7_L002.fastq.gz", "x", "_S7", "", 2, 0, 0, FQ_TRUST_SURE},
        {"x_L002.fq", "x", "", "", 2, 0, 0, FQ_TRUST_SURE},
        {"x_L000.fq", "x_L000", "", "", 0, 0, 0, FQ_TRUST_SURE},
        /* patients S1 and S2: no sample number, no _001 */
        {"p_S1_R1.fq.gz", "p_S1", "", "", 0, 0, 1, FQ_TRUST_LETTER},
        {"p_S1.fq.gz", "p_S1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        /* short forms */
        {"x_R1.fastq.gz", "x", "", "", 0, 0, 1, FQ_TRUST_LETTER},
        {"x.R2.fq", "x", "", "", 0, 0, 2, FQ_TRUST_LETTER},
        {"x-R1.fq.gz", "x", "", "", 0, 0, 1, FQ_TRUST_LETTER},
        {"x_r2.fq.gz", "x", "", "", 0, 0, 2, FQ_TRUST_LETTER},
        {"WT_R1_R2.fq.gz", "WT_R1", "", "", 0, 0, 2, FQ_TRUST_LETTER},
        {"xR1.fq.gz", "xR1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x_R11.fq.gz", "x_R11", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x_read1.fq.gz", "x", "", "", 0, 0, 1, FQ_TRUST_SURE},
        {"x_read_2.fq.gz", "x", "", "", 0, 0, 2, FQ_TRUST_SURE},
        {"x.fwd.fq.gz", "x", "", "", 0, 0, 1, FQ_TRUST_SURE},
        {"x_reverse.fq.gz", "x", "", "", 0, 0, 2, FQ_TRUST_SURE},
        {"x_2.fq.gz", "x", "", "", 0, 0, 2, FQ_TRUST_BARE},
        {"x.1.fq.gz", "x", "", "", 0, 0, 1, FQ_TRUST_BARE},
        {"x_7.fq.gz", "x", "", "", 0, 0, 7, FQ_TRUST_BARE},
        {"x_12.fq.gz", "x_12", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x_01.fq.gz", "x_01", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x-1.fq.gz", "x-1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x1.fq.gz", "x1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"A1_EKDL23-1A_HGJ7L_L4_1.fq.gz", "A1_EKDL23-1A_HGJ7L", "", "", 4, 0, 1, FQ_TRUST_SURE},
        /* archives */
        {"SRR012345_1.fastq.gz", "SRR012345", "", "", 0, 0, 1, FQ_TRUST_SURE},
        {"ERR1_2.fastq", "ERR1", "", "", 0, 0, 2, FQ_TRUST_SURE},
        {"SRR1.fastq", "SRR1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"SRRx_1.fastq", "SRRx", "", "", 0, 0, 1, FQ_TRUST_BARE},
        /* what tools put behind */
        {"x_R1.trimmed.fastq.gz", "x", "", ".trimmed", 0, 0, 1, FQ_TRUST_LETTER},
        {"x_2_clean.fq.gz", "x", "", "_clean", 0, 0, 2, FQ_TRUST_BARE},
        {"x_S1_L001_R1_001_trimmed.fq.gz", "x", "_S1", "_trimmed", 1, 1, 1, FQ_TRUST_SURE},
        {"x_R2_val_2.fq.gz", "x", "", "_val", 0, 0, 2, FQ_TRUST_SURE},
        {"x_1_val_1.fq.gz", "x", "", "_val", 0, 0, 1, FQ_TRUST_SURE},
        {"x_2P.fq.gz", "x", "", "", 0, 0, 2, FQ_TRUST_SURE},
        {"x_trimmed.fq.gz", "x_trimmed", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"xtrimmed.fq.gz", "xtrimmed", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"trimmed.fq.gz", "trimmed", "", "", 0, 0, 0, FQ_TRUST_SURE},
        /* plain, and odd */
        {"x.fq.gz", "x", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"X.FASTQ.GZ", "X", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"x.Fastq.bgz", "x", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"a b;$(c).fq", "a b;$(c)", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"R1.fastq.gz", "", "", "", 0, 0, 1, FQ_TRUST_SURE},
        {"read2.fq", "", "", "", 0, 0, 2, FQ_TRUST_SURE},
        {"R2_001.fastq.gz", "", "", "", 0, 1, 2, FQ_TRUST_SURE},
        {"_R1.fq", "_R1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"1.fq", "1", "", "", 0, 0, 0, FQ_TRUST_SURE},
        {"-x_R1.fq", "-x", "", "", 0, 0, 1, FQ_TRUST_LETTER},
        {"\xff\xfe_R1.fq", "\xff\xfe", "", "", 0, 0, 1, FQ_TRUST_LETTER},
};

static void expect_text(const char *of, const char *what, struct fq_text got, const char *right)
{
	cr_expect(fq_text_is(got, right), "%s: %s is \"%.*s\", not \"%s\"", of, what, (int)got.len,
	        got.at ? got.at : "", right);
}

Test(discover, each_scheme_is_read_as_by_hand)
{
	for (size_t i = 0; i < FQ_COUNT(reads); i++) {
		const char *name = reads[i].name;
		struct fq_reads_name got = fq_discover_name(fq_text(name));
		cr_expect_eq(got.kind, FQ_READS_FILE, "%s: kind %d", name, got.kind);
		expect_text(name, "sample", got.sample, reads[i].sample);
		expect_text(name, "number", got.number, reads[i].number);
		expect_text(name, "tail", got.tail, reads[i].tail);
		cr_expect_eq(got.lane, reads[i].lane, "%s: lane %u", name, got.lane);
		cr_expect_eq(got.chunk, reads[i].chunk, "%s: chunk %u", name, got.chunk);
		cr_expect_eq(got.read, reads[i].read, "%s: read %u", name, got.read);
		cr_expect_eq(got.trust, reads[i].trust, "%s: trust %d", name, got.trust);
		cr_expect_not(got.is_odd, "%s", name);
	}
}

static const struct {
	const char *name;
	enum fq_reads_kind kind;
} kinds[] = {
        {"x_S1_L001_I1_001.fastq.gz", FQ_READS_INDEX},
        {"x_I2_001.fastq.gz", FQ_READS_INDEX},
        {"x_I1.fastq.gz", FQ_READS_INDEX},
        {"Undetermined_S0_L001_I1_001.fastq.gz", FQ_READS_INDEX},
        {"Undetermined_S0_L001_R1_001.fastq.gz", FQ_READS_UNDETERMINED},
        {"undetermined.fq", FQ_READS_UNDETERMINED},
        {"Undetermined_x_R1.fq", FQ_READS_UNDETERMINED},
        {"Undeterminedly_R1.fq", FQ_READS_FILE},
        {"x_I3.fq", FQ_READS_FILE},
        {"x_R1.fastq.bz2", FQ_READS_PACKED},
        {"x.FQ.ZST", FQ_READS_PACKED},
        {"x.txt", FQ_READS_NONE},
        {"x.fq.txt", FQ_READS_NONE},
        {"x.bam", FQ_READS_NONE},
        {"x.gz", FQ_READS_NONE},
        {"x.fasta.gz", FQ_READS_NONE},
        {"xfq.gz", FQ_READS_NONE},
        {".fq.gz", FQ_READS_NONE},
        {".fastq", FQ_READS_NONE},
        {"fastq", FQ_READS_NONE},
        {"x.fq.gz.part", FQ_READS_NONE},
        {"", FQ_READS_NONE},
        {"x.fq.gz.gz", FQ_READS_NONE},
};

Test(discover, what_is_no_sample_is_told)
{
	for (size_t i = 0; i < FQ_COUNT(kinds); i++) {
		struct fq_reads_name got = fq_discover_name(fq_text(kinds[i].name));
		cr_expect_eq(got.kind, kinds[i].kind, "%s: kind %d", kinds[i].name, got.kind);
	}
}

Test(discover, a_mark_inside_is_odd)
{
	cr_assert(fq_discover_name(fq_text("x_R1_day3.fq.gz")).is_odd);
	cr_assert(fq_discover_name(fq_text("x.R2.unpaired.fq.gz")).is_odd);
	cr_assert_not(fq_discover_name(fq_text("x_R3_day3.fq.gz")).is_odd);
	cr_assert_not(fq_discover_name(fq_text("xR1_day3.fq.gz")).is_odd);
}

/* Every prefix and suffix of a name is one too: nothing is read beyond its ends. */
Test(discover, parts_of_names_do_no_harm)
{
	for (size_t i = 0; i < FQ_COUNT(reads); i++) {
		size_t len = strlen(reads[i].name);
		for (size_t start = 0; start <= len; start++) {
			for (size_t part = 0; part <= len - start; part++) {
				char *copy = malloc(part + 1); /* of its own: a sanitizer sees its ends */
				memcpy(copy, reads[i].name + start, part);
				struct fq_reads_name got = fq_discover_name((struct fq_text){copy, part});
				size_t said = got.sample.len + got.number.len;
				cr_assert(said <= part);
				free(copy);
			}
		}
	}
}

static const char *const ordered[] = {
        "", "1", "01", "2", "10", "a", "a1", "a1b", "a2", "a010", "a10b", "a10c", "b", "\xff"};

Test(discover, numbers_are_ordered_by_value)
{
	for (size_t i = 0; i < FQ_COUNT(ordered); i++) {
		for (size_t j = 0; j < FQ_COUNT(ordered); j++) {
			int order = fq_discover_compare(fq_text(ordered[i]), fq_text(ordered[j]));
			bool is_pair = (strcmp(ordered[i], "1") == 0 && strcmp(ordered[j], "01") == 0) ||
			               (strcmp(ordered[i], "01") == 0 && strcmp(ordered[j], "1") == 0);
			if (is_pair) { /* equal values: any order, but never equal */
				cr_assert_neq(order, 0);
			} else {
				cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s and %s",
				        ordered[i], ordered[j]);
			}
		}
	}
}

/* --- a folder ----------------------------------------------------------------------- */

static char folder[] = "/tmp/fqrun-discover-XXXXXX";
static struct fq_discovery found;
static fq_discover_mates *mates; /* who is asked */

static void make_folder(void)
{
	cr_assert(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	fq_discovery_finish(&found);
	cr_assert_eq(chdir("/"), 0);
	cr_assert(fq_tree_remove(folder, &err), "%s", err.text);
}

TestSuite(folders, .init = make_folder, .fini = remove_folder);

/* Words between blanks are files. */
static void make(const char *files)
{
	struct fq_error err = {0};
	char *copy = strdup(files);
	for (char *file = strtok(copy, " "); file; file = strtok(NULL, " ")) {
		cr_assert(fq_folder_make_for(file, &err), "%s", err.text);
		int fd = open(file, O_WRONLY | O_CREAT, 0600);
		cr_assert(fd >= 0, "%s", file);
		close(fd);
	}
	free(copy);
}

/* "name: file file / file file; ..." with lanes between slashes, and then " !N path" for each remark. */
static void expect_in(const char *where, const char *right)
{
	struct fq_buf got = {0};
	struct fq_error err = {0};
	fq_discovery_finish(&found);
	cr_assert(fq_discover(&found, where, mates, &err), "%s", err.text);
	fq_buf_puts(&got, "");
	for (size_t i = 0; i < found.sample_count; i++) {
		const struct fq_reads_sample *sample = &found.samples[i];
		fq_buf_addf(&got, "%s%s:", i ? "; " : "", sample->name);
		for (size_t j = 0; j < sample->lane_count; j++) {
			const struct fq_reads_lane *lane = &sample->lanes[j];
			fq_buf_addf(&got, "%s %s", j ? " /" : "", lane->files[0]);
			cr_assert_eq(sample->is_paired, lane->files[1] != NULL);
			fq_buf_addf(&got, "%s%s", lane->files[1] ? " " : "",
			        lane->files[1] ? lane->files[1] : "");
		}
	}
	static const char *const letters[FQ_REMARK_COUNT] = {"index", "undetermined", "packed", "third",
	        "twice", "half-lane", "newline", "unreadable", "deep", "left-out", "half", "bare", "counted",
	        "strangers", "unpaired", "folder", "odd"};
	for (int what = 0; what < FQ_REMARK_COUNT; what++) {
		for (size_t i = 0; i < found.remark_count; i++) {
			if ((int)found.remarks[i].what == what) {
				fq_buf_addf(&got, " !%s %s", letters[what], found.remarks[i].path);
			}
		}
	}
	cr_assert_str_eq(got.at, right, "\n got %s\n not %s", got.at, right);
	fq_buf_finish(&got);
}

Test(folders, pairs_and_singles)
{
	make("r/case10_R1.fq.gz r/case10_R2.fq.gz r/case2_R2.fq.gz r/case2_R1.fq.gz r/c.fq notes.txt");
	expect_in(".", "c: r/c.fq; case2: r/case2_R1.fq.gz r/case2_R2.fq.gz; "
	               "case10: r/case10_R1.fq.gz r/case10_R2.fq.gz");
	expect_in("r", "c: r/c.fq; case2: r/case2_R1.fq.gz r/case2_R2.fq.gz; "
	               "case10: r/case10_R1.fq.gz r/case10_R2.fq.gz");
	expect_in("./r//", "c: r/c.fq; case2: r/case2_R1.fq.gz r/case2_R2.fq.gz; "
	                   "case10: r/case10_R1.fq.gz r/case10_R2.fq.gz");
}

Test(folders, nothing)
{
	expect_in(".", "");
	cr_assert_eq(found.folder_count, 1);
	cr_assert_str_eq(found.folders[0], ".");
}

Test(folders, lanes_and_chunks_in_order)
{
	make("x_S1_L010_R1_001.fq x_S1_L010_R2_001.fq x_S1_L002_R1_002.fq x_S1_L002_R2_002.fq "
	     "x_S1_L002_R1_001.fq x_S1_L002_R2_001.fq x_S1_L002_I1_001.fq Undetermined_S0_L002_R1_001.fq");
	expect_in(".",
	        "x: x_S1_L002_R1_001.fq x_S1_L002_R2_001.fq / x_S1_L002_R1_002.fq x_S1_L002_R2_002.fq / "
	        "x_S1_L010_R1_001.fq x_S1_L010_R2_001.fq !index x_S1_L002_I1_001.fq "
	        "!undetermined Undetermined_S0_L002_R1_001.fq");
}

Test(folders, a_lane_that_is_half)
{
	make("x_S1_L001_R1_001.fq x_S1_L001_R2_001.fq x_S1_L002_R1_001.fq x_S1_L001_R3_001.fq");
	expect_in(".", "x: x_S1_L001_R1_001.fq x_S1_L001_R2_001.fq !third x_S1_L001_R3_001.fq "
	               "!half-lane x_S1_L002_R1_001.fq");
}

Test(folders, two_of_one_name_and_other_numbers)
{
	make("x_S1_L001_R1_001.fq x_S5_L001_R1_001.fq");
	expect_in(".", "x_S1: x_S1_L001_R1_001.fq; x_S5: x_S5_L001_R1_001.fq");
}

Test(folders, a_folder_for_each_lane)
{
	make("p/x_L001_ds.1/x_S1_L001_R1_001.fq p/x_L001_ds.1/x_S1_L001_R2_001.fq "
	     "p/x_L002_ds.2/x_S1_L002_R1_001.fq p/x_L002_ds.2/x_S1_L002_R2_001.fq "
	     "p/x_L002_ds.3/x_S1_L002_R1_001.fq p/x_L002_ds.3/x_S1_L002_R2_001.fq");
	expect_in(".", "x: p/x_L001_ds.1/x_S1_L001_R1_001.fq p/x_L001_ds.1/x_S1_L001_R2_001.fq / "
	               "p/x_L002_ds.2/x_S1_L002_R1_001.fq p/x_L002_ds.2/x_S1_L002_R2_001.fq / "
	               "p/x_L002_ds.3/x_S1_L002_R1_001.fq p/x_L002_ds.3/x_S1_L002_R2_001.fq");
}

Test(folders, a_single_end_run_is_all_r1)
{
	make("x_S1_R1_001.fq y_S2_R1_001.fq z_R1.fq");
	expect_in(".", "x: x_S1_R1_001.fq; y: y_S2_R1_001.fq; z: z_R1.fq");
}

Test(folders, a_mate_is_missed_where_others_have_one)
{
	make("x_R1.fq x_R2.fq y_R1.fq z_R2.fq");
	expect_in(".", "x: x_R1.fq x_R2.fq; y: y_R1.fq; z: z_R2.fq !half z_R2.fq !half y_R1.fq");
}

Test(folders, an_r2_alone_is_told_always)
{
	make("z_R2.fq");
	expect_in(".", "z: z_R2.fq !half z_R2.fq");
}

Test(folders, numbers_are_a_pair_or_a_count)
{
	make("a/x_1.fq a/x_2.fq a/y_1.fq b/c_1.fq b/c_2.fq b/c_3.fq b/d_1.fq b/d_2.fq c/e_1.fq c/f_2.fq");
	expect_in(".", "x: a/x_1.fq a/x_2.fq; y_1: a/y_1.fq; c_1: b/c_1.fq; c_2: b/c_2.fq; c_3: b/c_3.fq; "
	               "d_1: b/d_1.fq; d_2: b/d_2.fq; e_1: c/e_1.fq; f_2: c/f_2.fq "
	               "!half a/y_1.fq !bare a/x_1.fq !counted b/c_1.fq !counted b/d_1.fq");
}

Test(folders, replicates_r1_r2_r3)
{
	make("x_R1.fq x_R2.fq x_R3.fq y_R1.fq y_R2.fq");
	expect_in(".", "x_R1: x_R1.fq; x_R2: x_R2.fq; x_R3: x_R3.fq; y_R1: y_R1.fq; y_R2: y_R2.fq "
	               "!counted x_R1.fq !counted y_R1.fq");
}

Test(folders, replicates_that_are_pairs)
{
	make("x_R1_R1.fq x_R1_R2.fq x_R2_R1.fq x_R2_R2.fq x_R3_R1.fq x_R3_R2.fq");
	expect_in(".", "x_R1: x_R1_R1.fq x_R1_R2.fq; x_R2: x_R2_R1.fq x_R2_R2.fq; "
	               "x_R3: x_R3_R1.fq x_R3_R2.fq");
}

static unsigned asked, said_no_until;

static enum fq_mates say_yes(const char *first, const char *second)
{
	asked++;
	cr_assert_neq(strcmp(first, second), 0);
	return FQ_MATES_YES;
}

/* The first ones are strangers, the others mates. */
static enum fq_mates say_no_first(const char *first, const char *second)
{
	return asked < said_no_until ? (asked++, FQ_MATES_NO) : say_yes(first, second);
}

Test(folders, what_is_in_the_files_decides)
{
	make("c_1.fq c_2.fq c_3.fq d_1.fq d_2.fq e_R1.fq e_R2.fq SRR1_1.fq SRR1_2.fq f_R1_001.fq f_R2_001.fq "
	     "g_1.fq");
	mates = say_yes;
	expect_in(".", "SRR1: SRR1_1.fq SRR1_2.fq; c_1: c_1.fq; c_2: c_2.fq; c_3: c_3.fq; d: d_1.fq d_2.fq; "
	               "e: e_R1.fq e_R2.fq; f: f_R1_001.fq f_R2_001.fq; g_1: g_1.fq "
	               "!counted c_1.fq !counted g_1.fq");
	cr_assert_eq(asked, 2); /* d and e: the others leave nothing open */
}

Test(folders, strangers_are_two_samples)
{
	make("a_1.fq a_2.fq b_R1.fq b_R2.fq b_S1_R1_001.fq b_S1_R2_001.fq");
	mates = say_no_first;
	said_no_until = 2;
	expect_in(".", "a_1: a_1.fq; a_2: a_2.fq; b: b_S1_R1_001.fq b_S1_R2_001.fq; "
	               "b_R1: b_R1.fq; b_R2: b_R2.fq !strangers a_1.fq !strangers b_R1.fq");
}

Test(folders, one_broken_pair_stays_a_pair)
{
	make("a_1.fq a_2.fq b_1.fq b_2.fq c_1.fq c_2.fq");
	mates = say_no_first;
	said_no_until = 1;
	expect_in(".", "a: a_1.fq a_2.fq; b: b_1.fq b_2.fq; c: c_1.fq c_2.fq");
}

Test(folders, sixteen_are_asked_in_each_folder)
{
	struct fq_buf names = {0};
	for (int i = 0; i < 40; i++) {
		fq_buf_addf(&names, "%s/s%d_R1.fq %s/s%d_R2.fq ", i % 2 ? "a" : "b", i, i % 2 ? "a" : "b", i);
	}
	make(names.at);
	fq_buf_finish(&names);
	struct fq_error err = {0};
	cr_assert(fq_discover(&found, ".", say_yes, &err));
	cr_assert_eq(found.sample_count, 40);
	cr_assert_eq(asked, 32);
}

Test(folders, an_archive_s_reads_without_mates)
{
	make("SRR2_1.fastq SRR2_2.fastq SRR2.fastq SRR10_1.fastq");
	expect_in(".", "SRR2: SRR2_1.fastq SRR2_2.fastq; SRR2_unpaired: SRR2.fastq; SRR10: SRR10_1.fastq "
	               "!half SRR10_1.fastq !unpaired SRR2.fastq");
}

Test(folders, trimmed_ones_are_samples_of_their_own)
{
	make("x_R1.fq x_R2.fq x_R1.trimmed.fq x_R2.trimmed.fq");
	expect_in(".", "x: x_R1.fq x_R2.fq; x.trimmed: x_R1.trimmed.fq x_R2.trimmed.fq");
}

Test(folders, the_same_reads_packed_and_not)
{
	make("x_R1.fq x_R1.fq.gz x_R2.fq.gz y.fq y.fq.gz");
	expect_in(".", "x: x_R1.fq.gz x_R2.fq.gz; y: y.fq.gz !twice x_R1.fq !twice y.fq");
}

Test(folders, an_index_needs_its_reads)
{
	make("x_I1.fq y_I1.fq y_R1.fq y_R2.fq");
	expect_in(".", "x_I1: x_I1.fq; y: y_R1.fq y_R2.fq !index y_I1.fq");
}

Test(folders, one_name_in_many_folders)
{
	make("x.fq a/x.fq b/x.fq b/c/x.fq d/c/x.fq d/y.fq");
	expect_in(".", "x: x.fq; a_x: a/x.fq; b_x: b/x.fq; b_c_x: b/c/x.fq; y: d/y.fq; d_c_x: d/c/x.fq "
	               "!folder a/x.fq !folder b/x.fq !folder b/c/x.fq !folder d/c/x.fq");
}

Test(folders, names_that_stay_alike_are_numbered)
{
	make("a/b/x.fq a_b/x.fq");
	expect_in(".", "b_x: a/b/x.fq; a_b_x: a_b/x.fq !folder a/b/x.fq !folder a_b/x.fq");
	make("x_R1_001.fq x_R2_001.fq x_R1.fq x_R2.fq");
	fq_discovery_finish(&found);
	struct fq_error err = {0};
	cr_assert(fq_discover(&found, ".", NULL, &err));
	cr_assert_eq(found.sample_count, 4);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < i; j++) {
			cr_assert_str_neq(found.samples[i].name, found.samples[j].name);
		}
	}
}

Test(folders, a_folder_is_the_sample)
{
	make("s1/R1.fastq.gz s1/R2.fastq.gz s2/read1.fq R1.fq");
	expect_in(".", "sample: R1.fq; s1: s1/R1.fastq.gz s1/R2.fastq.gz; s2: s2/read1.fq "
	               "!half R1.fq !half s2/read1.fq");
}

Test(folders, what_is_passed_by)
{
	make(".h/a.fq .fqrun/a.fq results/a.fq work/a.fq node_modules/a.fq k/results/a.fq .b.fq c.fq");
	expect_in(".", "c: c.fq");
	expect_in("results", "a: results/a.fq");
}

Test(folders, depth_is_six)
{
	make("1/2/3/4/5/6/a.fq 1/2/3/4/5/6/7/b.fq");
	expect_in(".", "a: 1/2/3/4/5/6/a.fq !deep 1/2/3/4/5/6/7");
	expect_in("1", "a: 1/2/3/4/5/6/a.fq; b: 1/2/3/4/5/6/7/b.fq");
}

Test(folders, links_to_files_only)
{
	make("d/a.fq");
	cr_assert_eq(symlink("d", "link"), 0);
	cr_assert_eq(symlink(".", "d/loop"), 0);
	cr_assert_eq(symlink("d/a.fq", "b.fq"), 0);
	cr_assert_eq(symlink("nowhere", "c.fq"), 0);
	cr_assert_eq(symlink("d", "d.fq"), 0);
	cr_assert_eq(mkfifo("e.fq", 0600), 0);
	cr_assert_eq(mkdir("f.fq", 0700), 0);
	fq_discovery_finish(&found);
	struct fq_error err = {0};
	cr_assert(fq_discover(&found, ".", NULL, &err));
	cr_assert_eq(found.sample_count, 2);
	cr_assert_str_eq(found.samples[0].lanes[0].files[0], "b.fq");
	cr_assert_str_eq(found.samples[1].lanes[0].files[0], "d/a.fq");
	cr_assert_eq(found.remark_count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(found.remarks[i].what, FQ_REMARK_UNREADABLE);
	}
}

Test(folders, a_newline_is_told)
{
	make("a\n/x.fq b\n.fq c.fq");
	fq_discovery_finish(&found);
	struct fq_error err = {0};
	cr_assert(fq_discover(&found, ".", NULL, &err));
	cr_assert_eq(found.sample_count, 1);
	cr_assert_eq(found.remark_count, 2);
	cr_assert_eq(found.remarks[0].what, FQ_REMARK_NEWLINE);
}

Test(folders, no_such_folder_is_an_error)
{
	struct fq_error err = {0};
	cr_assert_not(fq_discover(&found, "nowhere", NULL, &err));
	cr_assert(strstr(err.text, "nowhere"));
	fq_error_finish(&err);
}
