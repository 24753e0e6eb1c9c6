/* The journal after a kill, a full disk, a bad disk, a stray hand: what is not
 * whole is not believed, what is whole is. */
#include "journal_files.h"

TestSuite(journal, .init = make_folder, .fini = remove_folder, .timeout = 120);

/* What a damaged journal must still do: take a record, and have it and the others at the next start. */
static void expect_goes_on(const bool is_there[STEPS], size_t where)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	open_journal(&journal, FQ_JOURNAL_WRITE);
	expect_steps(&journal, is_there, where);
	cr_assert(fq_journal_done(&journal, fq_text("new"), fq_text("job"),
	                  &(struct fq_record){.usage.ms = 1, .items = fq_text("ia\tb")}, &err),
	        "%s", err.text);
	uint32_t seq = journal.seq;
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	expect_steps(&journal, is_there, where);
	struct fq_record got = find_job(&journal, "new", "job");
	cr_assert(got.verdict == FQ_VERDICT_DONE && got.seq == seq && fq_text_is(got.items, "ia\tb"));
	fq_journal_close(&journal);
}

Test(journal, cut_at_every_byte_it_tells_what_stands_before_the_cut)
{
	size_t ends[STEPS];
	struct fq_journal journal;
	write_steps(ends);
	struct fq_buf bytes = read_bytes();
	for (size_t cut = 0; cut <= bytes.len; cut++) {
		bool is_there[STEPS];
		for (size_t i = 0; i < STEPS; i++) {
			is_there[i] = ends[i] <= cut;
		}
		write_bytes(bytes.at, cut);
		open_journal(&journal, FQ_JOURNAL_READ);
		expect_steps(&journal, is_there, cut);
		cr_assert(journal.bad_records == 0);
		fq_journal_close(&journal);
		expect_goes_on(is_there, cut);
	}
	fq_buf_finish(&bytes);
}

/* Where the names of a record stand, with the tabs around them; a newline that is lost
 * damages a name before it. */
static bool hits_names(const char *line, size_t at)
{
	enum { FIELDS_BEFORE = 3, FIELDS = 5 };
	size_t field = 0, i = 0;
	for (; i < at && field < FIELDS; i++) {
		field += line[i] == '\t';
	}
	bool is_tab_before = line[at] == '\t' && field + 1 == FIELDS_BEFORE;
	return is_tab_before || (i == at && field >= FIELDS_BEFORE && field < FIELDS);
}

/* The record that the byte belongs to is lost; with its newline, the next one too. */
static size_t mark_lost(const char *bytes, const size_t ends[STEPS], size_t at, bool is_there[STEPS])
{
	size_t record = 0;
	memset(is_there, true, STEPS);
	memset(is_damaged, false, sizeof(is_damaged));
	while (ends[record] <= at) {
		record++;
	}
	size_t start = record ? ends[record - 1] : HEADER_LEN;
	is_there[record] = false;
	are_names_damaged = hits_names(bytes + start, at - start);
	is_damaged[record] = !are_names_damaged;
	if (at + 1 == ends[record] && record + 1 < STEPS) {
		is_there[record + 1] = false;
		is_damaged[record + 1] = true;
	}
	if (at + 1 == ends[STEPS - 1]) {
		is_damaged[record] = false; /* torn, not damaged */
	}
	return record;
}

/* With the last newline goes the line: torn, not bad. */
static size_t count_bad(const size_t ends[STEPS], size_t at, char now)
{
	if (at + 1 == ends[STEPS - 1]) {
		return 0;
	}
	bool is_blank_then = at + 2 == ends[STEPS - 1]; /* the second of the two lines */
	return now == '\n' && !is_blank_then ? 2 : 1;
}

static void flip(const struct fq_buf *bytes, const size_t ends[STEPS], size_t at, char now)
{
	struct fq_journal journal;
	bool is_there[STEPS];
	int fd = open("state/journal", O_WRONLY);
	cr_assert(pwrite(fd, &now, 1, (off_t)at) == 1);
	mark_lost(bytes->at, ends, at, is_there);
	open_journal(&journal, FQ_JOURNAL_READ);
	expect_steps(&journal, is_there, at);
	cr_assert(journal.bad_records == count_bad(ends, at, now), "byte %zu to %d: %zu", at, now,
	        journal.bad_records);
	fq_journal_close(&journal);
	cr_assert(pwrite(fd, &bytes->at[at], 1, (off_t)at) == 1);
	close(fd);
}

Test(journal, with_any_byte_changed_it_believes_nothing_new)
{
	size_t ends[STEPS];
	write_steps(ends);
	struct fq_buf bytes = read_bytes();
	for (size_t at = HEADER_LEN; at < bytes.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			flip(&bytes, ends, at, (char)(bytes.at[at] ^ 1 << bit));
		}
		if (bytes.at[at] != '\n') {
			flip(&bytes, ends, at, '\n');
		}
		if (bytes.at[at] != '\t') {
			flip(&bytes, ends, at, '\t');
		}
		flip(&bytes, ends, at, '\0');
	}
	fq_buf_finish(&bytes);
}

Test(journal, with_a_byte_changed_it_goes_on)
{
	size_t ends[STEPS];
	write_steps(ends);
	struct fq_buf bytes = read_bytes();
	for (size_t at = HEADER_LEN; at < bytes.len; at++) {
		bool is_there[STEPS];
		mark_lost(bytes.at, ends, at, is_there);
		bytes.at[at] ^= 1;
		write_bytes(bytes.at, bytes.len);
		expect_goes_on(is_there, at);
		bytes.at[at] ^= 1;
	}
	fq_buf_finish(&bytes);
}

Test(journal, a_changed_header_is_refused_and_the_file_kept)
{
	size_t ends[STEPS];
	write_steps(ends);
	struct fq_buf bytes = read_bytes();
	for (size_t at = 0; at < HEADER_LEN; at++) {
		bytes.at[at] ^= 1;
		write_bytes(bytes.at, bytes.len);
		const char *words =
		        at < HEADER_LEN - 2 ? "not a journal of fqrun" : "written by a newer fqrun";
		expect_refusal(FQ_JOURNAL_READ, words);
		expect_refusal(FQ_JOURNAL_WRITE, words);
		struct fq_buf after = read_bytes();
		cr_assert(after.len == bytes.len && memcmp(after.at, bytes.at, bytes.len) == 0);
		fq_buf_finish(&after);
		bytes.at[at] ^= 1;
	}
	fq_buf_finish(&bytes);
}

Test(journal, noise_and_zeros_at_the_end_are_cut_off_or_counted)
{
	size_t ends[STEPS];
	bool is_there[STEPS];
	memset(is_there, true, sizeof(is_there));
	write_steps(ends);
	struct fq_buf bytes = read_bytes();
	size_t len = bytes.len;
	static char noise[20000];
	for (size_t i = 0; i < sizeof(noise); i++) {
		noise[i] = (char)(i * i * 7 >> 3);
	}
	fq_buf_add(&bytes, noise, sizeof(noise));
	write_bytes(bytes.at, bytes.len);
	expect_goes_on(is_there, 0);
	memset(bytes.at + len, 0, sizeof(noise));
	write_bytes(bytes.at, bytes.len);
	expect_goes_on(is_there, 1);
	/* A line of nothing, a line of tabs, a check of the right form. */
	bytes.len = len;
	fq_buf_puts(&bytes, "\n\t\t\t\n00000000\t1\tdone\ttrim\tS3\t1\tix\ty\nABCDEF01\t9\n12345678\t");
	write_bytes(bytes.at, bytes.len);
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.bad_records == 4, "%zu", journal.bad_records);
	fq_journal_close(&journal);
	expect_goes_on(is_there, 2);
	fq_buf_finish(&bytes);
}

Test(journal, a_long_torn_tail_is_cut_and_long_names_still_found)
{
	struct fq_journal journal;
	static char name[30000];
	memset(name, 'n', sizeof(name) - 1);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", name, "ia\tb");
	write_done(&journal, "t", name, "ic\td");
	fq_journal_close(&journal);
	cr_assert(truncate("state/journal", fq_stamp_read("state/journal").size_bytes - 1) == 0);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_stamp_read("state/journal").size_bytes < 31000);
	cr_assert(fq_text_is(find_job(&journal, "t", name).items, "ia\tb"));
	cr_assert(find_job(&journal, "t", name + 1).verdict == FQ_VERDICT_NONE);
	write_done(&journal, "t", "next", "");
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.bad_records == 0 && find_job(&journal, "t", "next").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}

/* --- what a job used, by an older fqrun, a newer one, a stray hand --------------------- */

static void add_raw_record(struct fq_buf *buf, const char *record)
{
	fq_buf_addf(buf, "%08x\t%s\n", (uint32_t)fq_hash(record, strlen(record)), record);
}

Test(journal, one_of_an_older_fqrun_is_whole_and_goes_on)
{
	struct fq_buf old = {0};
	fq_buf_puts(&old, "fqrun journal 1\n");
	add_raw_record(&old, "1\tbegin\ttrim\tS1");
	add_raw_record(&old, "2\tdone\ttrim\tS1\t1234\tia.fq\t5 1\toa.bam\t6 2");
	add_raw_record(&old, "3\tfail\ttrim\tS2\t99\texit status 1");
	write_bytes(old.at, old.len);
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	struct fq_record done = find_job(&journal, "trim", "S1"), failed = find_job(&journal, "trim", "S2");
	struct fq_usage first = {.ms = 1234}, second = {.ms = 99};
	cr_assert(journal.bad_records == 0 && journal.seq == 3);
	cr_assert(done.verdict == FQ_VERDICT_DONE && is_same_usage(&done.usage, &first));
	cr_assert(fq_text_is(done.items, "ia.fq\t5 1\toa.bam\t6 2"));
	cr_assert(failed.verdict == FQ_VERDICT_FAILED && is_same_usage(&failed.usage, &second));
	cr_assert(fq_text_is(failed.cause, "exit status 1"));
	struct fq_usage now = {7, 6, 5, 4, 3, 2, 1, 0};
	cr_assert(fq_journal_done(&journal, fq_text("trim"), fq_text("S2"),
	        &(struct fq_record){.usage = now, .items = fq_text("ix\ty")}, NULL));
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	done = find_job(&journal, "trim", "S2");
	cr_assert(done.seq == 4 && is_same_usage(&done.usage, &now) && fq_text_is(done.items, "ix\ty"));
	fq_journal_close(&journal);
	fq_buf_finish(&old);
}

Test(journal, what_it_cannot_read_of_a_usage_is_not_known)
{
	static const struct {
		const char *field;
		struct fq_usage usage;
	} rows[] = {
	        {"7,6,5,4,3,2,1", {7, 6, 5, 4, 3, 2, 1, 0}},
	        {"7,6,5,4,3,2,1,9", {7, 6, 5, 4, 3, 2, 1, 9}},
	        {"7,6,5,4,3,2,1,0,99,x", {7, 6, 5, 4, 3, 2, 1, 0}}, /* a newer one */
	        {"7,6,5,4,3,2", {.ms = 7}},
	        {"7,6,5,4,3,2,", {.ms = 7}},
	        {"7,6,5,4,3,2,0", {.ms = 7}},
	        {"7,6,-5,4,3,2,1", {.ms = 7}},
	        {"7,,,,,,", {.ms = 7}},
	        {"7,9223372036854775807,5,4,3,2,1", {7, INT64_MAX, 5, 4, 3, 2, 1, 0}},
	        {"7,9223372036854775808,5,4,3,2,1", {.ms = 7}},
	        {"99999999999999999999", {0}},
	        {"7,6,5,4,3,2,1;8", {.ms = 7}},
	        {"7.5", {0}},
	        {"", {0}},
	        {",1,1,1,1,1,1", {0}},
	        {"x", {0}},
	};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		struct fq_buf text = {0}, record = {0};
		struct fq_journal journal;
		fq_buf_addf(&record, "1\tdone\tt\tu\t%s\tia\tb", rows[i].field);
		fq_buf_puts(&text, "fqrun journal 1\n");
		add_raw_record(&text, record.at);
		write_bytes(text.at, text.len);
		open_journal(&journal, FQ_JOURNAL_READ);
		struct fq_record got = find_job(&journal, "t", "u");
		cr_assert(got.verdict == FQ_VERDICT_DONE && fq_text_is(got.items, "ia\tb"), "%zu", i);
		cr_assert(is_same_usage(&got.usage, &rows[i].usage), "row %zu: %lld", i,
		        (long long)got.usage.ms);
		fq_journal_close(&journal);
		fq_buf_finish(&text);
		fq_buf_finish(&record);
	}
}

/* --- something else at its place ----------------------------------------- */

Test(journal, another_file_is_refused_and_kept)
{
	static const char *const others[][2] = {{"hello\n", "not a journal of fqrun"},
	        {"fqrun journal 2\nxyz\n", "written by a newer fqrun"},
	        {"fqrun journal 10\n", "written by a newer fqrun"}, {"fqrun  journal 1\n", "not a journal"},
	        {"x", "not a journal"}};
	for (size_t i = 0; i < FQ_COUNT(others); i++) {
		write_bytes(others[i][0], strlen(others[i][0]));
		expect_refusal(FQ_JOURNAL_READ, others[i][1]);
		expect_refusal(FQ_JOURNAL_WRITE, others[i][1]);
		struct fq_buf after = read_bytes();
		cr_assert_str_eq(after.at, others[i][0]);
		fq_buf_finish(&after);
	}
}

Test(journal, a_fifo_a_folder_and_a_link_are_refused_without_waiting)
{
	cr_assert(mkdir("state", 0700) == 0 && mkfifo("state/journal", 0600) == 0);
	expect_refusal(FQ_JOURNAL_READ, "not a regular file");
	expect_refusal(FQ_JOURNAL_WRITE, "not a regular file");
	cr_assert(unlink("state/journal") == 0 && mkdir("state/journal", 0700) == 0);
	expect_refusal(FQ_JOURNAL_READ, "not a regular file");
	expect_refusal(FQ_JOURNAL_WRITE, "s a directory");
	cr_assert(rmdir("state/journal") == 0 && symlink("/etc/passwd", "state/journal") == 0);
	expect_refusal(FQ_JOURNAL_READ, "symbolic link");
	expect_refusal(FQ_JOURNAL_WRITE, "symbolic link");
}

Test(journal, a_lock_that_is_no_file_is_refused_without_waiting)
{
	cr_assert(mkdir("state", 0700) == 0 && mkfifo("state/lock", 0600) == 0);
	expect_refusal(FQ_JOURNAL_WRITE, "state/lock");
	cr_assert(unlink("state/lock") == 0 && mkdir("state/lock", 0700) == 0);
	expect_refusal(FQ_JOURNAL_WRITE, "state/lock");
	cr_assert(rmdir("state/lock") == 0 && symlink("elsewhere", "state/lock") == 0);
	expect_refusal(FQ_JOURNAL_WRITE, "state/lock");
	cr_assert(fq_stamp_read("elsewhere").size_bytes == -1);
}

Test(journal, a_folder_that_cannot_be_made_is_an_error)
{
	int fd = open("state", O_WRONLY | O_CREAT, 0600);
	close(fd);
	expect_refusal(FQ_JOURNAL_WRITE, "state");
	expect_refusal(FQ_JOURNAL_READ, "state");
}
