/* Samples found on disk by a pattern. */
#include "manifest_text.h"

#include <sys/stat.h>

static char back[4096];

static void enter(void)
{
	make_folder();
	cr_assert(getcwd(back, sizeof(back)) && chdir(folder) == 0);
}

static void leave(void)
{
	cr_assert(chdir(back) == 0);
	remove_folder();
}

TestSuite(find, .init = enter, .fini = leave, .timeout = 60);

#define TASK "[task t]\ncommand = true\n"
#define FIND(pattern) "[fqrun]\nfind = " pattern "\n" TASK

static void touch(const char *name)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make_for(name, &err), "%s", err.text);
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	cr_assert(fd >= 0, "%s", name);
	close(fd);
}

/* Names with blanks between them. */
static void touch_all(const char *names)
{
	char copy[4096];
	snprintf(copy, sizeof(copy), "%s", names);
	for (char *at = strtok(copy, " "); at; at = strtok(NULL, " ")) {
		touch(at);
	}
}

/* "a: 1.fq 2.fq | 3.fq 4.fq; b: 5.fq" */
static void expect_samples(const char *right)
{
	struct fq_buf got = {0};
	fq_buf_puts(&got, "");
	for (size_t s = 0; s < manifest.sample_count; s++) {
		fq_buf_addf(&got, "%s%s:", s ? "; " : "", manifest.samples[s].name);
		for (size_t j = 0; j < manifest.file_count; j++) {
			uint32_t lane = manifest.files[j].lane;
			if (manifest.lanes[lane].sample == s) {
				bool begins = j == manifest.lanes[lane].first_file;
				bool is_later = lane > manifest.samples[s].first_lane;
				fq_buf_addf(&got, "%s %s", begins && is_later ? " |" : "",
				        manifest.files[j].path);
			}
		}
	}
	cr_assert_str_eq(got.at, right, "got %s, not %s", got.at, right);
	fq_buf_finish(&got);
}

/* --- schemes ------------------------------------------------------------------------ */

Test(find, names_of_bcl2fastq)
{
	touch_all("raw/b_S2_L001_R2_001.fastq.gz raw/b_S2_L001_R1_001.fastq.gz "
	          "raw/a_1_S10_L002_R1_001.fastq.gz "
	          "raw/a_1_S10_L002_R2_001.fastq.gz raw/a_1_S10_L001_R1_001.fastq.gz "
	          "raw/a_1_S10_L001_R2_001.fastq.gz raw/a_1_S10_L001_I1_001.fastq.gz raw/notes.txt");
	load(FIND("raw/{sample}_S*_L{lane}_R{read}_001.fastq.gz"));
	expect_samples("a_1: raw/a_1_S10_L001_R1_001.fastq.gz raw/a_1_S10_L001_R2_001.fastq.gz | "
	               "raw/a_1_S10_L002_R1_001.fastq.gz raw/a_1_S10_L002_R2_001.fastq.gz; "
	               "b: raw/b_S2_L001_R1_001.fastq.gz raw/b_S2_L001_R2_001.fastq.gz");
}

Test(find, names_of_the_archives)
{
	touch_all("SRR2_1.fastq.gz SRR2_2.fastq.gz SRR10_2.fastq.gz SRR10_1.fastq.gz SRR3.fastq.gz");
	load(FIND("{sample}_{read}.fastq.gz"));
	expect_samples("SRR2: SRR2_1.fastq.gz SRR2_2.fastq.gz; SRR10: SRR10_1.fastq.gz SRR10_2.fastq.gz");
}

Test(find, plain_names_in_the_order_in_which_people_count)
{
	touch_all("s10.fq.gz s2.fq.gz s1.fq.gz s02.fq.gz t.fq.gz s2b.fq.gz s.fq");
	load(FIND("{sample}.fq.gz"));
	expect_samples(
	        "s1: s1.fq.gz; s02: s02.fq.gz; s2: s2.fq.gz; s2b: s2b.fq.gz; s10: s10.fq.gz; t: t.fq.gz");
}

Test(find, lanes_are_counted_too)
{
	touch_all("a_L10.fq a_L2.fq a_L1.fq");
	load(FIND("{sample}_L{lane}.fq"));
	expect_samples("a: a_L1.fq | a_L2.fq | a_L10.fq");
}

Test(find, a_sample_in_its_folder_and_again_in_the_name)
{
	touch_all("d/a/a_R1.fq d/a/a_R2.fq d/b/b_R1.fq d/b/b_R2.fq d/b/a_R1.fq d/c/x.fq");
	load(FIND("d/{sample}/{sample}_R{read}.fq"));
	expect_samples("a: d/a/a_R1.fq d/a/a_R2.fq; b: d/b/b_R1.fq d/b/b_R2.fq");
	touch_all("twice/x_x.fq twice/x_y.fq twice/xx.fq twice/a_a_a.fq twice/a_b_a_b.fq");
	load(FIND("twice/{sample}_{sample}.fq"));
	expect_samples("a_b: twice/a_b_a_b.fq; x: twice/x_x.fq");
}

Test(find, a_folder_a_sample_and_fixed_names)
{
	touch_all("s1/R1.fq s1/R2.fq s2/R1.fq s2/R2.fq s3/other.fq file");
	load(FIND("{sample}/R{read}.fq"));
	expect_samples("s1: s1/R1.fq s1/R2.fq; s2: s2/R1.fq s2/R2.fq");
	load(FIND("*/{sample}her.fq"));
	expect_samples("ot: s3/other.fq");
}

Test(find, absolute_and_several_patterns)
{
	char text[512];
	touch_all("p/a.fq q/b_1.fq q/b_2.fq");
	snprintf(
	        text, sizeof(text), "[fqrun]\nfind = '%s/p/{sample}.fq' q/{sample}_{read}.fq\n" TASK, folder);
	load(text);
	snprintf(text, sizeof(text), "a: %s/p/a.fq; b: q/b_1.fq q/b_2.fq", folder);
	expect_samples(text);
}

/* --- what is on disks ------------------------------------------------------------------ */

Test(find, hidden_files_need_a_dot)
{
	touch_all("d/.a.fq d/b.fq .h/c.fq");
	load(FIND("d/{sample}.fq"));
	expect_samples("b: d/b.fq");
	load(FIND("d/.{sample}.fq"));
	expect_samples("a: d/.a.fq");
	refuse(FIND("*/{sample}_1.fq"), 2, 8, "no file fits", NULL);
	load(FIND(".h/{sample}.fq"));
	expect_samples("c: .h/c.fq");
	touch("x.fq");
	refuse(FIND("d/.{sample}/x.fq"), 2, 8, "no file fits", NULL);
}

Test(find, folders_are_no_reads)
{
	touch_all("d/a.fq/x d/b.fq");
	load(FIND("d/{sample}.fq"));
	expect_samples("b: d/b.fq");
}

Test(find, symbolic_links)
{
	touch_all("store/1.fq store/deep/2.fq");
	cr_assert(mkdir("d", 0700) == 0 && symlink("../store/1.fq", "d/a.fq") == 0);
	cr_assert(symlink("nowhere", "d/b.fq") == 0 && symlink("../store/deep", "d/c.fq") == 0);
	cr_assert(symlink("loop", "d/loop") == 0 && symlink("../store/deep", "d/linked") == 0);
	load(FIND("d/{sample}.fq"));
	expect_samples("a: d/a.fq; b: d/b.fq"); /* b is the preflight's to refuse */
	load(FIND("d/linked/{sample}.fq"));
	expect_samples("2: d/linked/2.fq");
	load(FIND("d/l*/{sample}.fq"));
	expect_samples("2: d/linked/2.fq");
}

Test(find, odd_names_travel_as_they_are)
{
	touch("d/my sample_1.fq");
	touch("d/my sample_2.fq");
	touch("d/\xff\xfe_1.fq");
	touch("d/\xff\xfe_2.fq");
	touch("d/$(x)'\"_1.fq");
	touch("d/$(x)'\"_2.fq");
	load(FIND("d/{sample}_{read}.fq"));
	expect_samples(
	        "$(x)'\": d/$(x)'\"_1.fq d/$(x)'\"_2.fq; my sample: d/my sample_1.fq d/my sample_2.fq; "
	        "\xff\xfe: d/\xff\xfe_1.fq d/\xff\xfe_2.fq");
	touch("my dir/a.fq");
	load(FIND("'my dir/{sample}.fq'"));
	expect_samples("a: my dir/a.fq");
	touch("n/a\nb.fq");
	refuse(FIND("n/{sample}.fq"), 2, 8, "no end of line and no NUL byte: n/a\nb.fq", "another name");
	touch("m/-a.fq");
	refuse(FIND("m/{sample}.fq"), 2, 8, "begin with `-`: tools would take it for an option: m/-a.fq",
	        NULL);
}

/* --- mistakes ---------------------------------------------------------------------------- */

Test(find, half_a_pair_is_named)
{
	touch_all("d/a_1.fq d/a_2.fq d/b_2.fq");
	refuse(FIND("d/{sample}_{read}.fq"), 2, 8, "sample \"b\" has half a pair: d/b_2.fq", "single reads");
	load(FIND("d/{sample}_2.fq"));
	expect_samples("a: d/a_2.fq; b: d/b_2.fq");
}

Test(find, what_fits_twice_is_listed)
{
	touch_all("d/a_S1_R1.fq d/a_S1_R2.fq d/a_S2_R1.fq d/a_S2_R2.fq");
	refuse(FIND("d/{sample}_S*_R{read}.fq"), 2, 8,
	        "more than one file for the same reads: d/a_S1_R1.fq, d/a_S2_R1.fq, d/a_S1_R2.fq, "
	        "d/a_S2_R2.fq",
	        "{lane}");
	touch_all("e/a_x_R1.fq e/a_y_R1.fq");
	refuse(FIND("e/{sample}_*_R{read}.fq"), 2, 8, "more than one file", NULL);
	touch_all("f/1/a.fq f/2/a.fq");
	refuse(FIND("f/*/{sample}.fq"), 2, 8, "more than one file for the same reads: f/1/a.fq, f/2/a.fq",
	        NULL);
	load(FIND("f/{lane}/{sample}.fq"));
	expect_samples("a: f/1/a.fq | f/2/a.fq");
}

Test(find, nothing_found_shows_what_is_there)
{
	touch_all("d/b.txt d/a.fastq d/.hidden");
	refuse(FIND("d/{sample}.fq"), 2, 8, "no file fits the pattern d/{sample}.fq",
	        "d/ holds a.fastq, b.txt");
	refuse(FIND("nowhere/{sample}.fq"), 2, 8, "no file fits", ". holds d, qc.ini");
	refuse(FIND("d/e/f/{sample}.fq"), 2, 8, "no file fits", "d/ holds a.fastq, b.txt");
	cr_assert(mkdir("empty", 0700) == 0);
	refuse(FIND("empty/{sample}.fq"), 2, 8, "no file fits", "empty/ holds nothing");
	for (int i = 0; i < 14; i++) {
		char name[32];
		snprintf(name, sizeof(name), "many/%02d", i);
		touch(name);
	}
	refuse(FIND("many/{sample}.fq"), 2, 8, "no file fits", "08, 09 and 4 more");
}

Test(find, patterns_that_are_none)
{
	touch("a.fq");
	refuse(FIND("*.fq"), 2, 8, "a pattern without {sample}", NULL);
	refuse(FIND("{sample}{lane}_R{read}.fq"), 2, 8, "where does the name end", "some text");
	refuse(FIND("{sample}_{foo}.fq"), 2, 17, "{foo} cannot stand in `find`", NULL);
	refuse(FIND(""), 2, 7, "`find` without a pattern", NULL);
}

Test(find, a_folder_that_cannot_be_read_is_told)
{
	char text[512] = "[fqrun]\nfind = ";
	for (int i = 0; i < 300; i++) {
		strcat(text, "n");
	}
	strcat(text, "/{sample}.fq\n" TASK);
	refuse(text, 2, 8, "n/ cannot be read: File name too long", NULL);
	touch("d/a.fq");
	cr_assert(chmod("d", 0) == 0);
	bool ok = load_with(FIND("d/{sample}.fq"), strlen(FIND("d/{sample}.fq")), NULL, 0);
	chmod("d", 0700);
	cr_assert_eq(ok, geteuid() == 0, "root reads all");
	cr_assert(ok || find_finding(2, 8, "the folder d/ cannot be read"));
}

/* --- time ----------------------------------------------------------------------------------- */

/* With backtracking alone each of these takes longer than the universe has. */
static const char *const heavy[] = {
        "d/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*{sample}b",
        "d/{sample}*a*a*a*a*a*a*a*a*a*a*a*a*{lane}*{read}*a*c",
        "d/{sample}*a*a*a*a*a*a*a*{sample}*a*a*a*a*a*b",
};

Test(find, many_stars_end_in_time, .timeout = 30)
{
	char name[256] = "d/";
	memset(name + 2, 'a', 250);
	touch(name);
	for (size_t i = 0; i < FQ_COUNT(heavy); i++) {
		char text[512];
		snprintf(text, sizeof(text), "[fqrun]\nfind = %s\n" TASK, heavy[i]);
		refuse(text, 2, 8, "no file fits", NULL);
	}
}

Test(find, many_stars_find_what_there_is, .timeout = 30)
{
	char name[256] = "d/";
	memset(name + 2, 'a', 240);
	strcat(name, "x");
	touch(name);
	load(FIND("d/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*{sample}"));
	expect_files(0, name);
	cr_assert_str_eq(manifest.samples[0].name, "x");
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[fqrun]\nfind = d/");
	for (int i = 0; i < 3000; i++) {
		fq_buf_putc(&text, '*');
	}
	fq_buf_puts(&text, "{sample}\n" TASK);
	load(text.at);
	expect_files(0, name);
	fq_buf_finish(&text);
}

/* Random small patterns and names, against a matcher that tries everything. */
static uint64_t seed = 7;
static uint32_t roll(uint32_t sides)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % sides;
}

static bool fits(const char *pattern, const char *name, const char **sample, size_t *sample_len)
{
	if (*pattern == '\0') {
		return *name == '\0';
	}
	bool is_sample = strncmp(pattern, "{sample}", 8) == 0;
	if (!is_sample && *pattern != '*') {
		return *name == *pattern && fits(pattern + 1, name + 1, sample, sample_len);
	}
	for (size_t len = strlen(name) + 1; len-- > (is_sample ? 1 : 0);) {
		const char *kept = *sample;
		size_t kept_len = *sample_len;
		if (is_sample && *sample && (*sample_len != len || strncmp(*sample, name, len) != 0)) {
			continue;
		}
		if (is_sample && !*sample) {
			*sample = name;
			*sample_len = len;
		}
		if (fits(pattern + (is_sample ? 8 : 1), name + len, sample, sample_len)) {
			return true;
		}
		*sample = kept;
		*sample_len = kept_len;
	}
	return false;
}

Test(find, random_patterns_find_what_trying_all_finds)
{
	static const char *const parts[] = {"a", "b", "*", "{sample}", "*", "{sample}"};
	uint32_t found = 0;
	for (int round = 0; round < 400; round++) {
		char name[16] = "", pattern[128] = "", text[256], place[32];
		for (uint32_t i = 1 + roll(8); i > 0; i--) {
			strcat(name, roll(2) ? "a" : "b");
		}
		for (uint32_t i = roll(4); i > 0; i--) {
			strcat(pattern, parts[roll(6)]);
		}
		strcat(pattern, "{sample}");
		for (uint32_t i = roll(4); i > 0; i--) {
			strcat(pattern, parts[roll(6)]);
		}
		snprintf(place, sizeof(place), "r%d/%s", round, name);
		touch(place);
		snprintf(text, sizeof(text), "[fqrun]\nfind = r%d/%s\n" TASK, round, pattern);
		const char *sample = NULL;
		size_t len = 0;
		bool right = fits(pattern, name, &sample, &len);
		bool got = load_with(text, strlen(text), NULL, 0);
		cr_assert_eq(got, right, "%s on %s", pattern, name);
		cr_assert(!got || (strlen(manifest.samples[0].name) == len &&
		                          strncmp(manifest.samples[0].name, sample, len) == 0),
		        "%s on %s took %s", pattern, name, manifest.samples[0].name);
		found += got;
	}
	cr_assert(found > 50 && found < 350, "%u", found);
}
