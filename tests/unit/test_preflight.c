/* Each check, with a file that is good and one that is not. */
#include "fqrun/preflight.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <time.h>
#include <zlib.h>

static char folder[] = "/tmp/fqrun-preflight-XXXXXX";
static struct fq_manifest manifest;
static struct fq_preflight got;
static struct fq_buf said; /* the findings as text */

static void enter_folder(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void unload(void)
{
	fq_preflight_finish(&got);
	fq_manifest_finish(&manifest);
}

static void leave_folder(void)
{
	struct fq_error err = {0};
	unload();
	fq_buf_finish(&said);
	cr_assert(seteuid(getuid()) == 0 && chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

TestSuite(preflight, .init = enter_folder, .fini = leave_folder);

/* --- files -------------------------------------------------------------------------- */

static void put_bytes(const char *path, const void *at, size_t len)
{
	/* An hour old: who writes to it has ended long ago. */
	struct timespec old = {.tv_sec = time(NULL) - 3600};
	struct fq_error err = {0};
	cr_assert(fq_folder_make_for(path, &err), "%s", err.text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len), "%s", path);
	cr_assert(futimens(fd, (struct timespec[]){old, old}) == 0);
	close(fd);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void put_gzip(const char *path, const char *text)
{
	char bytes[2048];
	z_stream stream = {0};
	cr_assert(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	stream.next_in = (Bytef *)text;
	stream.avail_in = strlen(text);
	stream.next_out = (Bytef *)bytes;
	stream.avail_out = sizeof(bytes);
	cr_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	put_bytes(path, bytes, stream.total_out);
	deflateEnd(&stream);
}

/* One read of that title, and of bases that follow from it. */
static void put_read(const char *path, const char *title)
{
	char text[1024];
	uint64_t sum = fq_hash(path, strlen(path));
	char bases[9] = {0};
	for (size_t i = 0; i < 8; i++) {
		bases[i] = "ACGT"[sum >> 2 * i & 3];
	}
	snprintf(text, sizeof(text), "@%s\n%s\n+\nIIIIIIII\n", title, bases);
	put_gzip(path, text);
}

/* --- findings ------------------------------------------------------------------------ */

static const char *say_findings(void)
{
	said.len = 0;
	fq_buf_puts(&said, "");
	for (size_t i = 0; i < got.count; i++) {
		const struct fq_preflight_finding *f = &got.findings[i];
		fq_buf_addf(&said, "%s: %s%s: %s (%s)\n", manifest.samples[f->sample].name,
		        f->is_warning ? "warning: " : "", manifest.files[f->file].path, f->text,
		        f->hint ? f->hint : "");
		cr_assert_eq(manifest.lanes[manifest.files[f->file].lane].sample, f->sample);
		cr_assert(f->is_warning || got.is_bad[f->sample]);
	}
	return said.at;
}

static void load(const char *samples)
{
	struct fq_errors errors = {0};
	char text[4096];
	unload();
	snprintf(text, sizeof(text), "[samples]\n%s[task t]\ncommand = cat {reads}\n", samples);
	put("m.ini", text);
	bool ok = fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors);
	cr_assert(ok, "%s", ok ? "" : errors.first->text);
	fq_errors_finish(&errors);
}

static const char *look_with(const struct fq_preflight_options *options)
{
	struct fq_error err = {0};
	fq_preflight_finish(&got);
	cr_assert(fq_preflight(&got, &manifest, options, &err), "%s", err.text);
	cr_assert_eq(got.count, got.errors + got.warnings);
	return say_findings();
}

static const char *look(const char *samples)
{
	load(samples);
	return look_with(NULL);
}

static void expect_nothing(const char *samples)
{
	look(samples);
	cr_assert(got.count == 0, "%s", said.at);
}

/* One finding and no other; its line, and part of its hint. */
static void expect_one(const char *samples, bool is_error, const char *line, const char *hint)
{
	look(samples);
	cr_assert(got.count == 1 && got.errors == is_error, "expected: %s\ngot: %s", line, said.at);
	cr_assert(strncmp(said.at, line, strlen(line)) == 0, "expected: %s\ngot: %s", line, said.at);
	cr_assert(strstr(said.at + strlen(line), hint), "no \"%s\": %s", hint, said.at);
	cr_assert_eq(got.is_bad[got.findings[0].sample], is_error);
}

static void expect_error(const char *samples, const char *line, const char *hint)
{
	expect_one(samples, true, line, hint);
}

static void expect_warning(const char *samples, const char *line, const char *hint)
{
	expect_one(samples, false, line, hint);
}

/* --- one file ---------------------------------------------------------------------------- */

Test(preflight, good_files_are_passed_over)
{
	put_read("r/a.fq.gz", "a");
	put_read("r/b_R1.fq.gz", "b/1");
	put_read("r/b_R2.fq.gz", "b/2");
	put("r/c.fq", "@c\nA\n+\nI\n");
	expect_nothing("a = r/a.fq.gz\nb = r/b_R1.fq.gz r/b_R2.fq.gz\nc = r/c.fq\n");
}

Test(preflight, a_sample_without_files_is_nothing_to_look_at)
{
	fq_preflight_finish(&got);
	struct fq_lane lane = {0};
	struct fq_sample sample = {.name = "s"};
	struct fq_manifest bare = {.samples = &sample, .lanes = &lane, .sample_count = 1, .lane_count = 1};
	cr_assert(fq_preflight(&got, &bare, NULL, NULL));
	cr_assert(got.count == 0 && !got.is_bad[0]);
}

Test(preflight, what_is_broken_is_told_in_the_words_of_fastq)
{
	put("a.fq", "@a\nACGT\n+\nIII\n");
	expect_error("a = a.fq\n", "a: a.fq: record 1, byte 10: expected 4 qualities", "four lines");
	put("b.fq.gz", "<html>404</html>");
	expect_error(
	        "b = b.fq.gz\n", "b: b.fq.gz: expected FASTQ, plain or gzip, found a web page", "download");
	put("c.fq.gz", "");
	expect_error("c = c.fq.gz\n", "c: c.fq.gz: expected gzip data, found an empty file", "cut off");
}

Test(preflight, a_pipe_is_refused_and_never_opened)
{
	cr_assert(mkfifo("pipe.fq", 0600) == 0);
	expect_error("a = pipe.fq\n", "a: pipe.fq: expected a file, found a named pipe", "to a file");
	cr_assert(mkdir("reads.fq", 0700) == 0);
	expect_error("a = reads.fq\n", "a: reads.fq: expected a file, found a folder", "file in it");
}

/* A sample may name what is no FASTQ, and a tool that reads it. */
Test(preflight, what_is_not_called_reads_is_not_read_as_such)
{
	put("table.tsv", "x\ty\n");
	put("empty.bam", "");
	cr_assert(mkdir("fast5", 0700) == 0);
	expect_nothing("a = table.tsv\nb = empty.bam\nc = fast5\n");
	expect_error("a = gone.bam\n", "a: gone.bam: is not there", "");
}

Test(preflight, an_empty_file_is_an_error_and_no_reads_a_warning)
{
	put("a.fq", "");
	expect_error("a = a.fq\n", "a: a.fq: is empty", "make or copy it again");
	put_gzip("b.fq.gz", "");
	expect_warning("b = b.fq.gz\n", "b: warning: b.fq.gz: holds no reads", "take the sample out");
}

Test(preflight, a_file_that_may_not_be_read_says_who_can_change_it)
{
	put_read("a.fq.gz", "a");
	cr_assert(chmod("a.fq.gz", 0) == 0 && chmod(folder, 0755) == 0);
	load("a = a.fq.gz\n");
	cr_assert(geteuid() != 0 || seteuid(65534) == 0); /* root reads everything */
	look_with(NULL);
	cr_assert(strncmp(said.at, "a: a.fq.gz: cannot open: Permission denied (its owner", 53) == 0, "%s",
	        said.at);
}

Test(preflight, a_name_that_lies_about_gzip_is_a_warning)
{
	put("a.fq.gz", "@a\nA\n+\nI\n");
	expect_warning("a = a.fq.gz\n", "a: warning: a.fq.gz: is plain text", "gzip");
	put_gzip("b.fastq", "@b\nA\n+\nI\n");
	expect_warning("b = b.fastq\n", "b: warning: b.fastq: is gzip data", "end in .gz");
}

Test(preflight, bgzf_without_its_end_block_is_a_warning)
{
	/* One block: stored, "@a\nA\n+\nI\n"; its length and CRC are filled in. */
	char block[64] = "\x1f\x8b\x08\x04\0\0\0\0\0\xff\6\0BC\2\0";
	static const char text[] = "@a\nA\n+\nI\n",
	                  end[] = "\x1f\x8b\x08\x04\0\0\0\0\0\xff\6\0BC\2\0\x1b\0\3\0";
	uint32_t sum = crc32(0, (const Bytef *)text, 9);
	memcpy(block + 18, "\1\x09\0\xf6\xff", 5);
	memcpy(block + 23, text, 9);
	for (size_t i = 0; i < 4; i++) {
		block[32 + i] = (char)(sum >> 8 * i);
	}
	block[36] = 9;
	block[16] = 39;
	put_bytes("a.fq.gz", block, 40);
	expect_warning(
	        "a = a.fq.gz\n", "a: warning: a.fq.gz: is a BGZF file without its end block", "samtools");
	struct fq_buf bytes = {0};
	fq_buf_add(&bytes, block, 40);
	fq_buf_add(&bytes, end, 20);
	fq_buf_add(&bytes, "\0\0\0\0\0\0\0\0", 8);
	put_bytes("a.fq.gz", bytes.at, bytes.len);
	expect_nothing("a = a.fq.gz\n");
	fq_buf_finish(&bytes);
}

/* --- what is not there -------------------------------------------------------------------- */

Test(preflight, a_missing_file_is_compared_with_what_is_there)
{
	put_read("reads/case1_R1.fastq.gz", "a");
	put_read("reads/case2.fq.gz", "a");
	expect_error("a = reads/case1_R1.fq.gz\n", "a: reads/case1_R1.fq.gz: is not there",
	        "did you mean reads/case1_R1.fastq.gz?");
	expect_error("a = reads/csae2.fq.gz\n", "a: reads/csae2.fq.gz: is not there",
	        "did you mean reads/case2.fq.gz?");
	expect_error("a = reads/other.fq.gz\n", "a: reads/other.fq.gz: is not there", "()");
	expect_error("a = ./reads/csae2.fq.gz\n", "a: ./reads/csae2.fq.gz: is not there",
	        "(did you mean ./reads/case2.fq.gz?)");
}

Test(preflight, the_other_file_of_a_pair_is_not_what_was_meant)
{
	put_read("reads/a_R1.fq.gz", "a");
	expect_error("a = reads/a_R1.fq.gz reads/a_R2.fq.gz\n", "a: reads/a_R2.fq.gz: is not there", "()");
}

Test(preflight, each_folder_is_searched_for_its_own)
{
	put_read("x/one.fq.gz", "a");
	put_read("y/two.fq.gz", "a");
	look("a = x/onne.fq.gz\nb = y/twoo.fq.gz\nc = x/oe.fq.gz\n");
	cr_assert(strstr(said.at, "a: x/onne.fq.gz: is not there (did you mean x/one.fq.gz?)\n"
	                          "b: y/twoo.fq.gz: is not there (did you mean y/two.fq.gz?)\n"
	                          "c: x/oe.fq.gz: is not there (did you mean x/one.fq.gz?)\n"),
	        "%s", said.at);
}

Test(preflight, a_missing_folder_is_followed_up_to_one_that_is_there)
{
	put_read("data/reads/a.fq.gz", "a");
	expect_error("a = data/raeds/a.fq.gz\n", "a: data/raeds/a.fq.gz: is not there",
	        "(there is no folder data/raeds; did you mean data/reads?)");
	expect_error("a = data/x/y/z/a.fq.gz\n", "a: data/x/y/z/a.fq.gz: is not there",
	        "(there is no folder data/x in data)");
	expect_error("a = m.ini/a.fq.gz\n", "a: m.ini/a.fq.gz: is not there", "(m.ini is no folder)");
	cr_assert(mkdir("disk", 0700) == 0);
	expect_error("a = disk/a.fq.gz\n", "a: disk/a.fq.gz: is not there", "the folder disk is empty");
}

Test(preflight, a_link_to_nothing_says_where_it_points)
{
	cr_assert(symlink("/mnt/x/a.fq.gz", "a.fq.gz") == 0);
	expect_error(
	        "a = a.fq.gz\n", "a: a.fq.gz: is a link to /mnt/x/a.fq.gz, which is not there", "mounted");
	cr_assert(symlink(".git/annex/objects/3x/MD5E", "b.fq.gz") == 0);
	expect_error("b = b.fq.gz\n", "b: b.fq.gz: is a link to .git/annex", "git annex get");
}

/* --- pairs --------------------------------------------------------------------------------- */

enum verdict { FINE, OTHER_READS, WRONG_ORDER, SAME_NUMBER };
static const struct {
	const char *first, *second;
	enum verdict verdict;
} pairs[] = {
        {"a", "a", FINE},
        {"a/1", "a/2", FINE},
        {"a/1", "a/3", FINE},
        {"a/1", "a", FINE},
        {"a", "a/2", FINE},
        {"M:1:F:1:11:22:33 1:N:0:ACGT", "M:1:F:1:11:22:33 2:N:0:ACGT", FINE},
        {"M:1:F:1:11:22:33 1:Y:18:1", "M:1:F:1:11:22:33 2:N:18:1", FINE},
        {"SRR1.1 x:7 length=9", "SRR1.1 x:7 length=9", FINE},
        {"SRR1.1.1 x:7 length=9", "SRR1.1.2 x:7 length=9", FINE},
        {"R0.1", "R0.2", FINE},
        {"V300L1C001R0010000001/1", "V300L1C001R0010000001/2", FINE},
        {"a_1", "a_2", FINE},
        {"a_1", "a_1", FINE},
        {"a_R1", "a_R2", FINE},
        {"a 1:2:3", "a 1:2:3", FINE},
        {"a/1", "b/2", OTHER_READS},
        {"a", "b", OTHER_READS},
        {"a/1", "ab/2", OTHER_READS},
        {"a_1", "a", OTHER_READS},
        {"SRR1.1", "SRR1.2", OTHER_READS},
        {"SRR1.1 1:N:0:A", "SRR1.2 2:N:0:A", OTHER_READS},
        {"M:1:F:1:11:22:1", "M:1:F:1:11:22:2", OTHER_READS},
        {"read1", "read2", OTHER_READS},
        {"a1", "a2", OTHER_READS},
        {"a/2", "a/1", WRONG_ORDER},
        {"a 2:N:0:A", "a 1:N:0:A", WRONG_ORDER},
        {"SRR1.1.2", "SRR1.1.1", WRONG_ORDER},
        {"a/1", "a/1", SAME_NUMBER},
        {"a 1:N:0:A", "a 1:N:0:A", SAME_NUMBER},
        {"a 2:N:0:A", "a 2:N:0:A", SAME_NUMBER},
};

Test(preflight, pairs_are_judged_by_their_first_reads_names)
{
	static const char *const words[] = {
	        "", "begins with read \"", "stands second, behind r1.fq.gz", "says that it holds reads "};
	for (size_t i = 0; i < FQ_COUNT(pairs); i++) {
		put_read("r1.fq.gz", pairs[i].first);
		put_read("r2.fq.gz", pairs[i].second);
		look("s = r1.fq.gz r2.fq.gz\n");
		cr_assert_eq(got.count, pairs[i].verdict != FINE, "%s and %s: %s", pairs[i].first,
		        pairs[i].second, said.at);
		cr_assert(strstr(said.at, words[pairs[i].verdict]), "%s", said.at);
		cr_assert_eq(got.errors, pairs[i].verdict == OTHER_READS || pairs[i].verdict == WRONG_ORDER);
		cr_assert(got.count == 0 || got.findings[0].file == 1);
	}
}

Test(preflight, both_names_of_a_wrong_pair_are_shown)
{
	put_read("r1.fq.gz", "a/1");
	put_read("r2.fq.gz", "b/2");
	expect_error("s = r1.fq.gz r2.fq.gz\n",
	        "s: r2.fq.gz: begins with read \"b/2\", but r1.fq.gz with \"a/1\"", "same order");
}

Test(preflight, a_pair_of_which_one_is_empty_is_an_error)
{
	put_read("r1.fq.gz", "a");
	put_gzip("r2.fq.gz", "");
	look("s = r1.fq.gz r2.fq.gz\n");
	cr_assert(got.errors == 1 && got.warnings == 1, "%s", said.at);
	cr_assert(strstr(said.at, "r2.fq.gz: holds no reads, but r1.fq.gz does"), "%s", said.at);
	put_gzip("r1.fq.gz", "");
	look("s = r1.fq.gz r2.fq.gz\n");
	cr_assert(got.errors == 0 && got.warnings == 2, "%s", said.at);
}

Test(preflight, a_pair_of_copies_is_an_error)
{
	put_gzip("r1.fq.gz", "@a\nA\n+\nI\n");
	put_gzip("r2.fq.gz", "@a\nA\n+\nI\n");
	expect_error("s = r1.fq.gz r2.fq.gz\n", "s: r2.fq.gz: holds the same as r1.fq.gz", "two files");
}

/* --- files against each other ------------------------------------------------------------------ */

Test(preflight, a_file_twice_in_a_sample_is_an_error)
{
	put_read("r1.fq.gz", "a");
	cr_assert(link("r1.fq.gz", "r2.fq.gz") == 0 && symlink("r1.fq.gz", "r3.fq.gz") == 0);
	expect_error("s = r1.fq.gz r1.fq.gz\n", "s: r1.fq.gz: stands twice in this sample (", "once");
	expect_error("s = r1.fq.gz r2.fq.gz\n",
	        "s: r2.fq.gz: stands twice in this sample, by a link also as r1", "once");
	expect_error("s = r1.fq.gz r3.fq.gz\n",
	        "s: r3.fq.gz: stands twice in this sample, by a link also as r1", "once");
}

Test(preflight, a_file_in_two_samples_is_a_warning)
{
	put_read("r1.fq.gz", "a");
	cr_assert(symlink("r1.fq.gz", "r2.fq.gz") == 0);
	expect_warning("s = r1.fq.gz\nt = r1.fq.gz\n",
	        "t: warning: r1.fq.gz: is the same file as r1.fq.gz of sample \"s\" (", "mistake");
	expect_warning("s = r1.fq.gz\nt = r2.fq.gz\nu = r1.fq.gz\nv = r1.fq.gz\n",
	        "t: warning: r2.fq.gz: is the same file as r1.fq.gz of sample \"s\" (and 2 more) (",
	        "mistake");
}

Test(preflight, a_copy_in_another_sample_is_a_warning_if_it_is_no_toy)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "@a\nA\n+\nI\n");
	put_bytes("a.fq", text.at, text.len);
	put_bytes("b.fq", text.at, text.len);
	expect_nothing("s = a.fq\nt = b.fq\n");
	while (text.len <= 1 << 16) {
		fq_buf_puts(&text, "@a\nA\n+\nI\n");
	}
	put_bytes("a.fq", text.at, text.len);
	put_bytes("b.fq", text.at, text.len);
	expect_warning("s = a.fq\nt = b.fq\n", "t: warning: b.fq: looks like a copy of a.fq of sample \"s\"",
	        "mistake");
	/* In a pair it is said once, as an error. */
	expect_error("s = a.fq b.fq\n", "s: b.fq: holds the same as a.fq", "two files");
	put_bytes("b.fq", text.at, text.len - 9);
	expect_nothing("s = a.fq\nt = b.fq\n");
	fq_buf_finish(&text);
}

Test(preflight, names_that_a_tool_would_merge_are_a_warning)
{
	put_read("run1/x_R1.fastq.gz", "a");
	put("run2/x_R1.fq", "@b\nA\n+\nI\n");
	put("run2/y_R1.fq", "@b\nA\n+\nC\n");
	expect_warning("s = run1/x_R1.fastq.gz\nt = run2/x_R1.fq\n",
	        "t: warning: run2/x_R1.fq: FastQC and MultiQC would show it and run1/x_R1.fastq.gz of sample "
	        "\"s\" as one, \"x_R1\"",
	        "ln -s");
	expect_nothing("s = run1/x_R1.fastq.gz\nt = run2/y_R1.fq\n");
}

Test(preflight, many_that_are_alike_are_told_once)
{
	static const char *const paths[] = {"a/r.fq.gz", "b/r.fq.gz", "c/r.fq.gz", "d/r.fq.gz"};
	for (size_t i = 0; i < FQ_COUNT(paths); i++) {
		put_read(paths[i], "a");
	}
	expect_warning("a = a/r.fq.gz\nb = b/r.fq.gz\nc = c/r.fq.gz\nd = d/r.fq.gz\n",
	        "b: warning: b/r.fq.gz: FastQC and MultiQC would show it and a/r.fq.gz of sample \"a\" (and "
	        "2 "
	        "more) as one, \"r\"",
	        "ln -s");
}

/* A file system that gives no leases cannot tell that nobody writes. */
static bool can_lease(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool can = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	close(fd);
	return can;
}

Test(preflight, a_file_that_is_being_written_is_a_warning)
{
	put_read("a.fq.gz", "a");
	bool can = can_lease("a.fq.gz");
	int fd = open("a.fq.gz", O_WRONLY | O_APPEND);
	cr_assert(futimens(fd, NULL) == 0);
	expect_warning("s = a.fq.gz\n", "s: warning: a.fq.gz: changed less than 2 seconds ago", "wait");
	close(fd);
	cr_assert(utimensat(AT_FDCWD, "a.fq.gz", NULL, 0) == 0);
	look("s = a.fq.gz\n");
	cr_assert(got.count == !can, "%s", said.at);
}

/* --- the run as a whole -------------------------------------------------------------------------- */

Test(preflight, only_wanted_samples_are_looked_at)
{
	bool wanted[3] = {true, false, true};
	struct fq_preflight_options options = {.wanted = wanted};
	put_read("a.fq.gz", "a");
	load("s = none.fq\nt = gone.fq\nu = a.fq.gz\n");
	look_with(&options);
	cr_assert(got.count == 1 && got.findings[0].sample == 0, "%s", said.at);
	cr_assert(got.is_bad[0] && !got.is_bad[1] && !got.is_bad[2]);
	/* Nor compared with what is wanted. */
	load("s = a.fq.gz\nt = a.fq.gz\nu = a.fq.gz\n");
	look_with(&options);
	cr_assert(got.count == 1 &&
	                  strstr(said.at, "u: warning: a.fq.gz: is the same file as a.fq.gz of sample \"s\""),
	        "%s", said.at);
}

/* `samples`, every third of one file, so that pairs begin anywhere; of the pairs, every
 * seventh holds a web page and every fifth is swapped. Returns how many are wrong. */
static size_t load_many(size_t samples)
{
	struct fq_buf text = {0};
	struct fq_errors errors = {0};
	size_t wrong = 0;
	fq_buf_puts(&text, "[samples]\n");
	for (size_t i = 0; i < samples; i++) {
		size_t files = i % 3 == 0 ? 1 : 2;
		bool is_broken = files == 2 && i % 7 == 0, is_swapped = files == 2 && i % 5 == 0;
		fq_buf_addf(&text, "s%zu =", i);
		for (size_t k = 0; k < files; k++) {
			char path[32], title[32];
			snprintf(path, sizeof(path), "r/s%zu_%zu.fq.gz", i, k + 1);
			snprintf(title, sizeof(title), "r%zu/%zu", i, is_swapped ? 2 - k : k + 1);
			if (is_broken && k == 1) {
				put(path, "<html>");
			} else {
				put_read(path, title);
			}
			fq_buf_addf(&text, " %s", path);
		}
		fq_buf_puts(&text, "\n");
		wrong += is_broken || is_swapped;
	}
	fq_buf_puts(&text, "[task t]\ncommand = cat {reads}\n");
	put("m.ini", text.at);
	cr_assert(fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors));
	fq_errors_finish(&errors);
	fq_buf_finish(&text);
	return wrong;
}

Test(preflight, any_number_of_threads_finds_the_same)
{
	struct fq_preflight_options options = {.threads = 1};
	size_t wrong = load_many(500);
	char *one = strdup(look_with(&options));
	cr_assert(got.errors == wrong && got.warnings == 0 && wrong > 90, "%s", said.at);
	for (options.threads = 0; options.threads < 40; options.threads += 3) {
		cr_assert_str_eq(look_with(&options), one);
	}
	free(one);
}

/* --- progress: one pair under so many names that the look takes longer than 100 ms ---- */

enum { MANY_SAMPLES = 100000 };

static void load_the_same(void)
{
	struct fq_buf text = {0};
	struct fq_errors errors = {0};
	put_read("r1.fq.gz", "a/1");
	put_read("r2.fq.gz", "a/2");
	fq_buf_puts(&text, "[samples]\n");
	for (size_t i = 0; i < MANY_SAMPLES; i++) {
		fq_buf_addf(&text, "s%zu = r1.fq.gz r2.fq.gz\n", i);
	}
	fq_buf_puts(&text, "[task t]\ncommand = cat {reads}\n");
	put("m.ini", text.at);
	cr_assert(fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors));
	fq_errors_finish(&errors);
	fq_buf_finish(&text);
}

static struct told {
	size_t calls, done;
	int64_t at_ns;
	bool go_on, is_wrong; /* no assertion among threads: it would jump out of them */
} told;

static bool keep_told(void *context, size_t done, size_t total)
{
	static pthread_t caller;
	caller = told.calls ? caller : pthread_self();
	told.is_wrong |= !pthread_equal(caller, pthread_self()) || context != &told;
	told.is_wrong |= done <= told.done || done > total || total != 2 * MANY_SAMPLES;
	told.is_wrong |= fq_clock_ns() - told.at_ns < 100000000;
	told.at_ns = fq_clock_ns();
	told.done = done;
	told.calls++;
	return told.go_on;
}

Test(preflight, progress_is_told_ten_times_a_second_by_one_thread)
{
	struct fq_preflight_options options = {.threads = 4, .progress = keep_told, .context = &told};
	load_the_same();
	told.go_on = true;
	told.at_ns = fq_clock_ns();
	fq_preflight_finish(&got);
	cr_assert(fq_preflight(&got, &manifest, &options, NULL));
	cr_assert(told.calls > 0 && !told.is_wrong);
	/* Each of the two files is in all samples. */
	cr_assert(got.errors == 0 && got.warnings == 2, "%s", say_findings());
}

Test(preflight, progress_can_stop_it)
{
	struct fq_preflight_options options = {.progress = keep_told, .context = &told};
	struct fq_error err = {0};
	load_the_same();
	fq_preflight_finish(&got);
	cr_assert_not(fq_preflight(&got, &manifest, &options, &err));
	cr_assert(told.calls == 1 && !err.text && got.count == 0);
}

Test(preflight, too_few_descriptors_are_no_fault_of_a_file)
{
	struct fq_error err = {0};
	put_read("a.fq.gz", "a");
	load("s = a.fq.gz\n");
	struct rlimit before;
	cr_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	cr_assert(setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, before.rlim_max}) == 0);
	fq_preflight_finish(&got);
	bool ok = fq_preflight(&got, &manifest, NULL, &err);
	cr_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
	cr_assert(!ok && err.number == EMFILE && strstr(err.text, "a.fq.gz"), "%s", err.text);
	cr_assert(got.count == 0 && !got.is_bad[0]);
	fq_error_finish(&err);
}
