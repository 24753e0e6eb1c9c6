/* Whose journal it is; and one of before, as bytes. */
#include "journal_files.h"

TestSuite(identity, .init = make_folder, .fini = remove_folder, .timeout = 60);

static bool open_as(
        struct fq_journal *journal, const char *identity, enum fq_journal_mode mode, struct fq_error *err)
{
	struct fq_journal_options options = {.mode = mode, .identity = identity};
	return fq_journal_open(journal, "state", &options, err);
}

static void expect_opens(const char *identity, enum fq_journal_mode mode, size_t jobs)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	cr_assert(open_as(&journal, identity, mode, &err), "%s", err.text);
	cr_assert(journal.jobs.count == jobs && journal.bad_records == 0);
	fq_journal_close(&journal);
}

static void expect_not_ours(const char *identity, enum fq_journal_mode mode)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	struct fq_stamp before = fq_stamp_read("state/journal");
	cr_assert_not(open_as(&journal, identity, mode, &err));
	cr_assert(strstr(err.text, "it is the journal of another manifest, a/qc.ini"), "%s", err.text);
	cr_assert(strstr(err.hint, "`state`") && strstr(err.hint, "move") && err.where.file, "%s", err.hint);
	fq_journal_close(&journal);
	fq_error_finish(&err);
	cr_assert(fq_stamp_equal(before, fq_stamp_read("state/journal")));
}

static void write_as(const char *identity, const char *unit)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	cr_assert(open_as(&journal, identity, FQ_JOURNAL_WRITE, &err), "%s", err.text);
	write_done(&journal, "t", unit, "oa\t1 1");
	fq_journal_close(&journal);
}

Test(identity, that_of_another_is_refused_and_kept)
{
	write_as("a/qc.ini", "u");
	for (int mode = FQ_JOURNAL_READ; mode <= FQ_JOURNAL_WRITE; mode++) {
		expect_opens("a/qc.ini", mode, 1);
		expect_opens(NULL, mode, 1);
		expect_not_ours("b/qc.ini", mode);
		expect_not_ours("a/qc.in", mode);
		expect_not_ours("", mode);
	}
}

Test(identity, of_any_bytes_is_known_again)
{
	static const char odd[] = "a\tb\nc\\d\377/\033[m.ini";
	write_as(odd, "u");
	expect_opens(odd, FQ_JOURNAL_WRITE, 1);
	struct fq_journal journal;
	struct fq_error err = {0};
	cr_assert_not(open_as(&journal, "a\tb", FQ_JOURNAL_READ, &err));
	cr_assert(!strchr(err.text, '\033') && !strchr(err.text, '\n'), "%s", err.text);
	fq_journal_close(&journal);
	fq_error_finish(&err);
}

Test(identity, is_told_by_the_first_writer_of_one_that_had_none)
{
	write_as(NULL, "u");
	expect_opens("b/qc.ini", FQ_JOURNAL_READ, 1);
	struct fq_buf before = read_bytes();
	cr_assert(!strstr(before.at, "qc.ini"), "a reader writes nothing");
	fq_buf_finish(&before);
	write_as("a/qc.ini", "v");
	expect_not_ours("b/qc.ini", FQ_JOURNAL_READ);
	expect_opens("a/qc.ini", FQ_JOURNAL_WRITE, 2);
}

Test(identity, outlives_that_the_journal_is_written_anew)
{
	for (int i = 0; i < 3; i++) {
		struct fq_journal journal;
		cr_assert(open_as(&journal, "a/qc.ini", FQ_JOURNAL_WRITE, NULL));
		cr_assert(i == 0 || journal.record_count < 10, "%zu", journal.record_count);
		for (int round = 0; round < 3000; round++) {
			write_done(&journal, "t", "u", "oa\t1 1");
		}
		fq_journal_close(&journal);
	}
	expect_not_ours("b/qc.ini", FQ_JOURNAL_READ);
}

Test(identity, damaged_is_told_again)
{
	write_as("a/qc.ini", "u");
	struct fq_buf bytes = read_bytes();
	*strstr(bytes.at, "qc.ini") = 'Q';
	write_bytes(bytes.at, bytes.len);
	fq_buf_finish(&bytes);
	struct fq_journal journal;
	cr_assert(open_as(&journal, "a/qc.ini", FQ_JOURNAL_WRITE, NULL) && journal.bad_records == 1);
	fq_journal_close(&journal);
	expect_not_ours("b/qc.ini", FQ_JOURNAL_WRITE);
}

/* --- one of before ------------------------------------------------------------------------- */

/* As the first versions wrote it: no identity, no host and command, an old form of what a job
 * used. Of its records none may be lost: upgrading reruns nothing. */
static const char of_before[] =
        "fqrun journal 1\n"
        "856606f2\t1\trun\tR1\t1795539157\t4710\t/tmp/fqrun-R1\tb446fa54-5b5e-45ac-8e10-6a57cf0c44e"
        "8\n"
        "2fbcb600\t2\ttext\t44e9b3a7a7fbc6ad0dd6c9d6bc45f00d\tcp\\ta\\nb\n"
        "08d19eb5\t3\tbegin\ttrim\tS1\too.fq\t-\n"
        "6ea3438d\t4\tjob\t4711\t3914147\n"
        "faf22505\t5\tdone\ttrim\tS1\t1234\tr\t44e9b3a7a7fbc6ad0dd6c9d6bc45f00d\tia.fq\t21 17955391"
        "55279061196 ff7247c293ae6f28\too.fq\t21 1795539157067956165\n"
        "98fabe59\t6\tbegin\ttrim\tS2\too2.fq\t-\n"
        "db4a61e8\t7\tfail\ttrim\tS2\t99,2048,7,1,4096,16384,2\texit status 1\n"
        "38f8e73d\t8\tbad\t0\n"
        "c90b2753\t9\tend\tR1\t1\n"
        "8f448db2\t10\trun\tR2\t1795539158\t4713\t/tmp/fqrun-R2\tb446fa54-5b5e-45ac-8e10-6a57cf0c44"
        "e8\n"
        "5870a4b1\t11\tdone\ta\\tb\tc\\nd\\\\e\t8,2048,7,1,4096,16384,1\too3.fq\t0 1\n"
        "45fbb844\t12\tbegin\tall\t\n"
        "88127f25\t13\tjob\t4712\t3914150\n";

Test(identity, one_of_before_is_read_whole)
{
	static const struct {
		const char *task, *unit, *items;
		enum fq_verdict verdict;
		uint32_t seq;
		struct fq_usage usage;
	} jobs[] = {
	        {"trim", "S1",
	                "r\t44e9b3a7a7fbc6ad0dd6c9d6bc45f00d\tia.fq\t21 1795539155279061196 ff7247c293ae6f28"
	                "\too.fq\t21 1795539157067956165",
	                FQ_VERDICT_DONE, 5, {.ms = 1234}},
	        {"trim", "S2", "", FQ_VERDICT_FAILED, 7, {99, 2048, 7, 1, 4096, 16384, 2, 0}},
	        {"a\tb", "c\nd\\e", "oo3.fq\t0 1", FQ_VERDICT_DONE, 11, {8, 2048, 7, 1, 4096, 16384, 1, 0}},
	        {"all", "", "", FQ_VERDICT_BEGUN, 12, {0}},
	};
	write_bytes(of_before, sizeof(of_before) - 1);
	for (int mode = FQ_JOURNAL_READ; mode <= FQ_JOURNAL_WRITE; mode++) {
		struct fq_journal journal;
		struct fq_error err = {0};
		cr_assert(open_as(&journal, "qc.ini", mode, &err), "%s", err.text);
		for (size_t i = 0; i < FQ_COUNT(jobs); i++) {
			struct fq_record got = find_job(&journal, jobs[i].task, jobs[i].unit);
			cr_assert(got.verdict == jobs[i].verdict && got.seq == jobs[i].seq, "%zu: %u", i,
			        got.seq);
			cr_assert(fq_text_is(got.items, jobs[i].items), "%zu", i);
			cr_assert(is_same_usage(&got.usage, &jobs[i].usage), "%zu", i);
			cr_assert(got.verdict != FQ_VERDICT_DONE || got.since == got.seq);
		}
		cr_assert_str_eq(fq_journal_text(&journal, "44e9b3a7a7fbc6ad0dd6c9d6bc45f00d"), "cp\ta\nb");
		cr_assert(journal.bad_records == 0 && journal.jobs.count == FQ_COUNT(jobs));
		cr_assert_str_eq(journal.unfinished.run, "R2");
		cr_assert(journal.unfinished.job_count == 1 && journal.unfinished.jobs[0].pid == 4712);
		fq_journal_close(&journal);
	}
}
