#include "fastq_files.h"

#include <errno.h>
#include <sys/stat.h>

TestSuite(fastq, .init = make_folder, .fini = remove_folder);

static void expect_text(const char *text, const struct fq_fastq_stats *right)
{
	expect_counts("a.fq", text, strlen(text), right);
}

static void refuse_text(const char *text, const char *words, const char *hint)
{
	expect_error("a.fq", text, strlen(text), words, hint);
}

/* The text must be counted as the independent counter counts it, or be refused as there. */
static bool compare(const char *text, size_t len)
{
	struct fq_fastq_stats right, got;
	struct fq_error err = {0};
	bool is_right = naive_count(text, len, &right);
	bool ok = read_bytes("a.fq", text, len, &got, &err);
	cr_assert(ok == is_right, "%s: %s\n%.*s", ok ? "accepted" : "refused", ok ? "" : err.text, (int)len,
	        text);
	cr_assert(!ok || is_same(&got, &right), "%.*s", (int)len, text);
	fq_error_finish(&err);
	return ok;
}

/* --- what is counted ----------------------------------------------------- */

Test(fastq, counts_a_record_as_by_hand)
{
	/* G C g c S s are 6; N n 2; of the qualities 0 10 19 20 29 30 40 93 0 0 0 five reach 20, three 30. */
	expect_text("@r1 first\nGCgcSsNnATU\n+\n!+45>?I~!!!\n",
	        &(struct fq_fastq_stats){1, 11, 6, 2, 5, 3, 11, 11});
}

Test(fastq, keeps_shortest_and_longest)
{
	expect_text("@a\nAAA\n+\nIII\n@b\nG\n+\nI\n@c\nCCCCC\n+\n!!!!!\n",
	        &(struct fq_fastq_stats){3, 9, 6, 0, 4, 4, 1, 5});
}

Test(fastq, reads_without_bases_count)
{
	expect_text(
	        "@a\n\n+\n\n@b\nNN\n+\n55\n@c\n\n+\n\n", &(struct fq_fastq_stats){3, 2, 0, 2, 2, 0, 0, 2});
}

Test(fastq, every_byte_as_base_is_accepted_or_refused)
{
	for (int byte = 0; byte < 256; byte++) {
		char text[] = "@r\nACXGT\n+\nIIIII\n";
		text[5] = (char)byte;
		bool is_base = byte && strchr("ACGTURYSWKMBDHVNacgturyswkmbdhvn.*-", byte);
		cr_assert(compare(text, sizeof(text) - 1) == is_base, "byte %d", byte);
	}
}

Test(fastq, every_byte_as_quality_is_accepted_or_refused)
{
	for (int byte = 0; byte < 256; byte++) {
		char text[] = "@r\nACGTA\n+\nIIXII\n";
		text[13] = (char)byte;
		cr_assert(compare(text, sizeof(text) - 1) == (byte >= '!' && byte <= '~'), "byte %d", byte);
	}
}

Test(fastq, at_and_plus_may_begin_a_quality_line)
{
	/* '@' is 31, '+' is 10. */
	expect_text("@a\nAC\n+\n@@\n@b\nGT\n+\n++\n@c\nAA\n+\n+@\n",
	        &(struct fq_fastq_stats){3, 6, 2, 0, 3, 3, 2, 2});
}

Test(fastq, line_ends_may_be_crlf_or_mixed)
{
	const struct fq_fastq_stats right = {2, 5, 3, 0, 5, 5, 2, 3};
	expect_text("@a\r\nAC\r\n+\r\nII\r\n@b\r\nGCT\r\n+\r\nIII\r\n", &right);
	expect_text("@a\r\nAC\n+\r\nII\n@b\nGCT\r\n+\nIII\r\n", &right);
	expect_text("@a\r\nAC\r\n+a\r\nII\r\n@b x\r\nGCT\r\n+b x\nIII\r", &right);
}

Test(fastq, the_last_newline_may_be_missing)
{
	expect_text("@a\nAC\n+\nII", &(struct fq_fastq_stats){1, 2, 1, 0, 2, 2, 2, 2});
	expect_text("@a\nAC\n+\nII\n@b\n\n+\n", &(struct fq_fastq_stats){2, 2, 1, 0, 2, 2, 0, 2});
}

Test(fastq, empty_lines_may_end_the_file)
{
	const struct fq_fastq_stats right = {1, 2, 1, 0, 2, 2, 2, 2};
	expect_text("@a\nAC\n+\nII\n\n", &right);
	expect_text("@a\nAC\n+\nII\r\n\r\n\n\r\n", &right);
}

Test(fastq, a_plus_line_may_repeat_the_title)
{
	expect_text("@a b\tc\nAC\n+a b\tc\nII\n", &(struct fq_fastq_stats){1, 2, 1, 0, 2, 2, 2, 2});
}

Test(fastq, an_empty_file_has_no_reads)
{
	expect_text("", &(struct fq_fastq_stats){0});
}

Test(fastq, sums_ignore_lengths_of_files_without_reads)
{
	struct fq_fastq_stats sum = {0};
	fq_fastq_add(&sum, &(struct fq_fastq_stats){0});
	fq_fastq_add(&sum, &(struct fq_fastq_stats){2, 30, 7, 1, 20, 10, 10, 20});
	fq_fastq_add(&sum, &(struct fq_fastq_stats){0});
	fq_fastq_add(&sum, &(struct fq_fastq_stats){1, 15, 3, 2, 4, 2, 15, 15});
	cr_assert(is_same(&sum, &(struct fq_fastq_stats){3, 45, 10, 3, 24, 12, 10, 20}));
}

/* --- what is refused, and in which words --------------------------------- */

Test(fastq, refuses_a_title_without_at)
{
	refuse_text("@a\nAC\n+\nII\nxb\nAC\n+\nII\n",
	        "record 2, byte 11: expected a title that begins with '@', found 'x'", "four lines");
	refuse_text(
	        ">a\nAC\n", "record 1, byte 0: expected a title that begins with '@', found '>'", "FASTA");
	refuse_text("\xef\xbb\xbf@a\nAC\n+\nII\n", "found byte 0xef", "byte order mark");
	refuse_text("@", "record 1, byte 1: the record is cut off: expected a line of bases", "cut off");
}

Test(fastq, refuses_empty_lines_before_and_between)
{
	refuse_text("\n@a\nAC\n+\nII\n",
	        "record 1, byte 0: expected a title that begins with '@', found an empty", NULL);
	refuse_text(
	        "\n\n", "record 1, byte 0: expected a title that begins with '@', found an empty line", NULL);
	refuse_text("@a\nAC\n+\nII\n\n@b\nAC\n+\nII\n",
	        "record 2, byte 11: expected a title that begins with '@', found an empty line",
	        "only at the end");
}

Test(fastq, refuses_a_cut_record)
{
	const char *cut = "the file is cut off: download or copy it again";
	refuse_text("@a\nAC\n+\nII\n@b\n",
	        "record 2, byte 14: the record is cut off: expected a line of bases", cut);
	refuse_text("@a\nACGT\n", "record 1, byte 8: the record is cut off: expected a '+' line", cut);
	refuse_text(
	        "@a\nACGT\n+", "record 1, byte 9: the record is cut off: expected a line of qualities", cut);
	refuse_text("@a\nACGT\n+\nII",
	        "record 1, byte 12: the record is cut off: expected 4 qualities, found "
	        "the end of the file after 2",
	        cut);
	refuse_text(
	        "@abc\nACGT\n+ab", "byte 13: the record is cut off: expected the rest of the '+' line", cut);
}

Test(fastq, refuses_unequal_lengths)
{
	refuse_text("@a\nACGT\n+\nIII\n@b\nA\n+\nI\n",
	        "record 1, byte 10: expected 4 qualities, one for each base, found 3", NULL);
	refuse_text("@a\nACGT\n+\nIIIII\n",
	        "record 1, byte 10: expected 4 qualities, one for each base, found 5", NULL);
	/* The newline where the shorter line's successor happens to end must not mislead. */
	refuse_text(
	        "@a\nACGTA\n+\nII\nII\n", "byte 11: expected 5 qualities, one for each base, found 2", NULL);
}

Test(fastq, refuses_what_is_no_base)
{
	refuse_text("@a\nAC1T\n+\nIIII\n",
	        "record 1, byte 5: expected a base (IUPAC letter, '.', '*' or '-'), found '1'", NULL);
	refuse_text("@a\nAC T\n+\nIIII\n",
	        "byte 5: expected a base (IUPAC letter, '.', '*' or '-'), found a space", NULL);
	refuse_text("@a\nAC\rT\n+\nIIII\n", "found a carriage return", NULL);
	expect_error("a.fq", "@a\nA\0\n+\nII\n", 11, "record 1, byte 4: expected a base", NULL);
	expect_error("a.fq", "@a\nA\0\n+\nII\n", 11, "found a NUL byte", NULL);
}

Test(fastq, refuses_what_is_no_quality)
{
	refuse_text("@a\nACGT\n+\nII I\n",
	        "record 1, byte 12: expected a quality from '!' to '~', found a space", NULL);
	refuse_text("@a\nACGT\n+\nIII\x7f\n", "byte 13: expected a quality from '!' to '~', found byte 0x7f",
	        NULL);
}

Test(fastq, refuses_nul_in_a_title)
{
	expect_error("a.fq", "@a\0b\nA\n+\nI\n", 11,
	        "record 1, byte 2: expected a title of text, found a NUL byte", "damaged");
}

Test(fastq, refuses_another_title_behind_plus)
{
	refuse_text("@one x\nAC\n+two x\nII\n",
	        "record 1, byte 11: expected nothing behind '+', or the title \"one x\" again, found \"two "
	        "x\"",
	        NULL);
	refuse_text("@one x\nAC\n+one\nII\n", "or the title \"one x\" again, found \"one\"", NULL);
}

Test(fastq, refuses_a_missing_plus_line)
{
	refuse_text("@a\nACGT\nIIII\n@b\nACGT\n", "record 1, byte 8: expected a '+' line, found 'I'",
	        "four lines");
	refuse_text("@a\nACGT\n\nIIII\n", "record 1, byte 8: expected a '+' line, found an empty line", NULL);
}

Test(fastq, says_that_wrapped_records_are_not_supported_yet)
{
	refuse_text("@a\nACGT\nACG\n+\nIIII\nIII\n",
	        "record 1, byte 8: expected a '+' line, found more bases: multi-line records are not "
	        "supported yet",
	        "four lines a record");
}

Test(fastq, names_other_compressions)
{
	const char *first = "decompress first";
	expect_error("a.fq.bz2", "BZh91AY&SY", 10, "expected FASTQ, plain or gzip, found bzip2 data", first);
	expect_error("a.fq.xz",
	        "\xfd"
	        "7zXZ\0\0\4",
	        8, "record 1, byte 0: expected FASTQ, plain or gzip, found xz", first);
	expect_error("a.fq.zst", "\x28\xb5\x2f\xfd\4", 5, "found zstd data", first);
	expect_error("a.zip", "PK\3\4\5\6", 6, "found a zip archive", first);
}

Test(fastq, says_in_words_what_cannot_be_opened)
{
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	cr_assert(!fq_fastq_read(folder, &stats, &err));
	cr_assert(strcmp(err.text, "expected a file, found a folder") == 0 && err.where.file == folder);
	fq_error_finish(&err);
	cr_assert(!fq_fastq_read("/nonexistent/a.fq", &stats, &err));
	cr_assert(strcmp(err.text, "cannot open: No such file or directory") == 0 && err.number == ENOENT);
	fq_error_finish(&err);
	cr_assert(!fq_fastq_read("/nonexistent/a.fq", &stats, NULL));
	chmod(put_file("a.fq", "", 0), 0);
	if (geteuid() != 0) {
		cr_assert(!fq_fastq_read(path, &stats, &err) && err.number == EACCES);
		fq_error_finish(&err);
	}
}

Test(fastq, a_read_that_the_system_refuses_is_an_error)
{
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	/* Linux: nothing is mapped at address 0, so reading there gives EIO. */
	if (access("/proc/self/mem", R_OK) == 0) {
		cr_assert(!fq_fastq_read("/proc/self/mem", &stats, &err));
		cr_assert(strstr(err.text, "record 1, byte 0: cannot read on: ") && err.number == EIO, "%s",
		        err.text);
		fq_error_finish(&err);
	}
}

Test(fastq, the_first_error_stays)
{
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	fq_fail(&err, FQ_NOWHERE, NULL, "earlier");
	cr_assert(!fq_fastq_read("/nonexistent", &stats, &err) && strcmp(err.text, "earlier") == 0);
	fq_error_finish(&err);
}

/* --- against the independent counter ------------------------------------- */

static uint64_t seed = 20260801;

static unsigned draw(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}

static void add_random_record(struct fq_buf *buf, unsigned longest, const char *line_end)
{
	static const char bases[] = "ACGTACGTACGTNacgtnRYSWKMBDHVUu.*-s";
	char title[32];
	unsigned len = draw(longest + 1);
	snprintf(title, sizeof(title), "r%u%s", draw(1000000), draw(2) ? " 1:N:0" : "");
	fq_buf_addf(buf, "@%s%s", title, line_end);
	for (unsigned i = 0; i < len; i++) {
		fq_buf_putc(buf, bases[draw(sizeof(bases) - 1)]);
	}
	fq_buf_addf(buf, "%s+%s%s", line_end, draw(3) ? "" : title, line_end);
	for (unsigned i = 0; i < len; i++) {
		fq_buf_putc(buf, (char)('!' + draw(94)));
	}
	fq_buf_puts(buf, line_end);
}

Test(fastq, random_records_are_counted_as_naively)
{
	for (unsigned round = 0; round < 300; round++) {
		struct fq_buf text = {0};
		for (unsigned left = draw(40) + 1; left; left--) {
			add_random_record(&text, round % 10 ? 60 : 3000, draw(4) ? "\n" : "\r\n");
		}
		cr_assert(compare(text.at, text.len));
		fq_buf_finish(&text);
	}
}

Test(fastq, damaged_records_are_refused_as_naively)
{
	static const char strange[] = "\n\n\r@+ \tA!~I1>\x7f";
	unsigned accepted = 0;
	for (unsigned round = 0; round < 6000; round++) {
		struct fq_buf text = {0};
		for (unsigned left = draw(3) + 1; left; left--) {
			add_random_record(&text, 6, draw(4) ? "\n" : "\r\n");
		}
		for (unsigned left = draw(3); left; left--) {
			text.at[draw((unsigned)text.len)] = strange[draw(sizeof(strange))];
		}
		accepted += compare(text.at, text.len - draw(4));
		fq_buf_finish(&text);
	}
	cr_assert(accepted > 500 && accepted < 5500, "%u: the test is one-sided", accepted);
}

Test(fastq, every_cut_of_a_text_is_seen)
{
	const char text[] = "@a\nACGT\n+a\nIIII\n@b\r\n\r\n+\r\n\r\n@c\nAC\n+\n@@\n\n";
	for (size_t len = 0; len < sizeof(text); len++) {
		compare(text, len);
	}
}
