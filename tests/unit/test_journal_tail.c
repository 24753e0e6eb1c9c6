/* What stands behind the last whole line: kept aside, cut off, and not touched by readers. */
#include "../../src/journal/internal.h"
#include "journal_files.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

TestSuite(tail, .init = make_folder, .fini = remove_folder, .timeout = 120);

static void append(const void *at, size_t len)
{
	int fd = open("state/journal", O_WRONLY | O_APPEND);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len));
	close(fd);
}

static void write_two(void)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "u", "oa\t1 1");
	write_done(&journal, "t", "v", "ob\t2 2");
	fq_journal_close(&journal);
}

static void expect_two(enum fq_journal_mode mode)
{
	struct fq_journal journal;
	open_journal(&journal, mode);
	cr_assert(fq_text_is(find_job(&journal, "t", "u").items, "oa\t1 1"));
	cr_assert(fq_text_is(find_job(&journal, "t", "v").items, "ob\t2 2"));
	cr_assert(journal.bad_records == 0);
	fq_journal_close(&journal);
}

static bool is_aside(int number, const void *at, size_t len)
{
	char path[64];
	struct fq_buf bytes = {0};
	snprintf(path, sizeof(path), "state/journal.bad.%d", number);
	bool is = fq_file_read(path, 1 << 21, &bytes, &(struct fq_error){0}) && bytes.len == len &&
	          (len == 0 || memcmp(bytes.at, at, len) == 0);
	fq_buf_finish(&bytes);
	return is;
}

static size_t count_aside(void)
{
	size_t count = 0;
	DIR *dir = opendir("state");
	for (const struct dirent *entry; (entry = readdir(dir));) {
		count += strncmp(entry->d_name, "journal.bad.", 12) == 0;
	}
	closedir(dir);
	return count;
}

/* --- aside ----------------------------------------------------------------------------- */

Test(tail, is_kept_aside_by_a_writer_and_left_by_a_reader)
{
	static const struct {
		const char *at;
		size_t len;
	} tails[] = {{"1234abcd\t9\tdone", 15}, {"\0\0\0\0", 4}, {"\n\n", 2}, {" \t\r\n", 4}, {"x", 1},
	        {"\n\nhalf", 6}, {"half\0\0", 6}};
	write_two();
	off_t size = fq_stamp_read("state/journal").size_bytes;
	for (int i = 0; i < (int)FQ_COUNT(tails); i++) {
		append(tails[i].at, tails[i].len);
		off_t with_tail = fq_stamp_read("state/journal").size_bytes;
		expect_two(FQ_JOURNAL_READ);
		cr_assert(
		        count_aside() == (size_t)i && fq_stamp_read("state/journal").size_bytes == with_tail);
		expect_two(FQ_JOURNAL_WRITE);
		cr_assert(fq_stamp_read("state/journal").size_bytes == size, "%d", i);
		cr_assert(is_aside(i + 1, tails[i].at, tails[i].len), "%d", i);
		expect_two(FQ_JOURNAL_WRITE); /* its own work needs none */
		cr_assert(count_aside() == (size_t)i + 1);
	}
}

Test(tail, ten_are_kept_and_the_oldest_go)
{
	write_two();
	for (int i = 1; i <= 25; i++) {
		char text[8];
		int len = snprintf(text, sizeof(text), "x%d", i);
		append(text, (size_t)len);
		expect_two(FQ_JOURNAL_WRITE);
		cr_assert(is_aside(i, text, (size_t)len) && count_aside() == (size_t)(i < 10 ? i : 10), "%d",
		        i);
		cr_assert(i <= 10 || access("state/journal.bad.1", F_OK) != 0);
	}
	cr_assert(is_aside(16, "x16", 3));
}

Test(tail, of_any_length_costs_little_aside)
{
	static char noise[3 << 20];
	memset(noise, 'x', sizeof(noise));
	write_two();
	append(noise, sizeof(noise));
	expect_two(FQ_JOURNAL_READ);
	expect_two(FQ_JOURNAL_WRITE);
	cr_assert(is_aside(1, noise, 1 << 20));
}

Test(tail, is_cut_off_also_where_nothing_can_be_kept_aside)
{
	write_two();
	cr_assert(mkdir("state/journal.bad.18446744073709551615", 0700) == 0); /* no number is free */
	append("half", 4);
	expect_two(FQ_JOURNAL_WRITE);
	expect_two(FQ_JOURNAL_WRITE);
}

Test(tail, a_file_of_blanks_is_an_empty_journal)
{
	static const char blanks[20000];
	write_bytes(blanks, sizeof(blanks));
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_NONE);
	fq_journal_close(&journal);
	write_two();
	expect_two(FQ_JOURNAL_READ);
	cr_assert(is_aside(1, blanks, sizeof(blanks)));
}

/* --- very large ---------------------------------------------------------------------------- */

Test(tail, holes_of_any_size_are_no_hang, .timeout = 60)
{
	write_two();
	off_t size = fq_stamp_read("state/journal").size_bytes;
	for (off_t large = (off_t)1 << 30; large <= (off_t)1 << 42; large <<= 4) {
		if (truncate("state/journal", large) != 0) {
			break; /* more than this file system holds */
		}
		expect_two(FQ_JOURNAL_READ);
		expect_two(FQ_JOURNAL_WRITE);
		cr_assert(fq_stamp_read("state/journal").size_bytes == size);
	}
}

Test(tail, a_hole_before_a_record_is_damage, .timeout = 60)
{
	write_two();
	cr_assert(truncate("state/journal", (off_t)1 << 30) == 0);
	append("x\n", 2);
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.bad_records == 1 && find_job(&journal, "t", "v").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}

Test(tail, what_is_too_large_is_refused)
{
	write_two();
	if (truncate("state/journal", (off_t)17 << 30) != 0) {
		cr_skip_test("such a file cannot be made here");
	}
	append("x\n", 2);
	expect_refusal(FQ_JOURNAL_READ, "too large for a journal: 17 GiB");
	expect_refusal(FQ_JOURNAL_WRITE, "too large for a journal: 17 GiB");
}

Test(tail, a_file_that_may_not_be_read_is_refused)
{
	write_two();
	cr_assert(chmod("state/journal", 0) == 0);
	if (geteuid() == 0) {
		cr_assert(chmod(".", 0711) == 0 && chmod("state", 0711) == 0 && seteuid(65534) == 0);
	}
	expect_refusal(FQ_JOURNAL_READ, "Permission denied");
	cr_assert(seteuid(getuid()) == 0 && chmod("state/journal", 0600) == 0);
}

Test(tail, links_that_go_round_and_devices_are_refused)
{
	cr_assert(mkdir("state", 0700) == 0 && symlink("journal", "state/journal") == 0);
	expect_refusal(FQ_JOURNAL_READ, "symbolic link");
	expect_refusal(FQ_JOURNAL_WRITE, "symbolic link");
	cr_assert(unlink("state/journal") == 0 && symlink("/dev/zero", "state/journal") == 0);
	expect_refusal(FQ_JOURNAL_READ, "symbolic link");
	cr_assert(unlink("state/journal") == 0);
	if (mknod("state/journal", S_IFCHR | 0600, 1 << 8 | 5) == 0) { /* /dev/zero */
		expect_refusal(FQ_JOURNAL_READ, "");
		expect_refusal(FQ_JOURNAL_WRITE, "");
	}
}

/* --- a reader while one writes ------------------------------------------------------------------- */

/* All that the reader may touch, once more. */
static void read_all(struct fq_journal *journal)
{
	struct fq_journal_event event;
	struct fq_journal_job job;
	size_t at = 0, events = 0, jobs = 0;
	while (fq_journal_next_event(journal, &at, &event)) {
		events += event.type == FQ_EVENT_JOB;
	}
	for (at = 0; fq_journal_next_job(journal, &at, &job);) {
		jobs++;
		cr_assert(job.record.verdict != FQ_VERDICT_DONE || fq_text_is(job.record.items, "oa\t1 1"));
	}
	cr_assert(events >= jobs);
}

Test(tail, a_reader_survives_that_it_is_cut_off)
{
	static char half[3 << 16];
	struct fq_journal reader;
	memset(half, 'x', sizeof(half));
	write_two();
	append(half, sizeof(half));
	open_journal(&reader, FQ_JOURNAL_READ);
	expect_two(FQ_JOURNAL_WRITE);
	struct fq_journal_event event;
	size_t at = 0, count = 0;
	while (fq_journal_next_event(&reader, &at, &event)) {
		count++;
	}
	cr_assert(count == 2 && fq_text_is(find_job(&reader, "t", "v").items, "ob\t2 2"));
	fq_journal_close(&reader);
}

Test(tail, a_reader_survives_that_it_is_cut_off_before_it_is_looked_at)
{
	write_two();
	off_t size = fq_stamp_read("state/journal").size_bytes;
	int fd = open("state/journal", O_RDONLY);
	for (off_t was = size; was < size + 200000; was += 1 + (was - size) * 2) {
		size_t end;
		cr_assert(fq_journal_find_end(fd, was, &end) && end == (size_t)size, "%ld", (long)was);
	}
	close(fd);
}

/* Writes until it is killed, sometimes half a record. */
static void write_for_ever(uint32_t seed)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	for (uint32_t i = seed;; i++) {
		char unit[16];
		snprintf(unit, sizeof(unit), "u%u", i % 50);
		if (!fq_journal_begin(&journal, fq_text("t"), fq_text(unit), fq_text("oa\t-"), NULL)) {
			_exit(1);
		}
		write_done(&journal, "t", unit, "oa\t1 1");
		if (i % 97 == 0) {
			append("1234abcd\t1\tdone\tt\t", 18);
			raise(SIGKILL);
		}
	}
}

Test(tail, a_reader_beside_writers_that_are_killed)
{
	enum { WRITERS = 40, READS = 12 };
	write_two();
	cr_assert(unlink("state/journal") == 0);
	for (uint32_t i = 0; i < WRITERS; i++) {
		pid_t writer = fork();
		if (writer == 0) {
			write_for_ever(i * 31);
		}
		for (uint32_t reads = 0; reads < READS + i % 7; reads++) {
			struct fq_journal journal;
			open_journal(&journal, FQ_JOURNAL_READ);
			read_all(&journal);
			cr_assert(journal.bad_records == 0);
			fq_journal_close(&journal);
		}
		kill(writer, SIGKILL);
		int status;
		cr_assert(waitpid(writer, &status, 0) == writer && WIFSIGNALED(status));
	}
}

/* --- while it is open to write ------------------------------------------------------- */

Test(tail, what_another_cut_off_is_not_read_and_nothing_is_written_behind_it)
{
	for (int i = 0; i < 2; i++) {
		struct fq_journal journal;
		struct fq_error err = {0};
		char digest[FQ_DIGEST_LEN + 1];
		write_bytes("", 0);
		open_journal(&journal, FQ_JOURNAL_WRITE);
		write_done(&journal, "t", "before", "ia\tb");
		fq_journal_close(&journal);
		open_journal(&journal, FQ_JOURNAL_WRITE);
		write_done(&journal, "t", "after", "ia\tb");
		/* Where nothing is left of a page, reading it would be the end of the process. */
		cr_assert(truncate("state/journal", i ? 40 : 0) == 0);
		cr_assert(find_job(&journal, "t", "before").verdict == FQ_VERDICT_NONE);
		cr_assert_not(fq_journal_keep_text(&journal, fq_text("a text"), digest, &err));
		cr_assert(err.text && strstr(err.text, "was cut off while we run"), "%s", err.text);
		cr_assert_not(fq_journal_is_lost(&journal));
		fq_journal_close(&journal);
		cr_assert(fq_stamp_read("state/journal").size_bytes == (i ? 40 : 0));
		fq_error_finish(&err);
	}
}

Test(tail, half_a_line_of_another_does_not_spoil_the_next_record)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "before", "ia\tb");
	int fd = open("state/journal", O_WRONLY | O_APPEND);
	cr_assert(fd >= 0 && write(fd, "half", 4) == 4 && close(fd) == 0);
	write_done(&journal, "t", "after", "ia\tb");
	write_done(&journal, "t", "last", "ia\tb");
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.bad_records == 1 && journal.seq == 3);
	cr_assert(find_job(&journal, "t", "before").verdict == FQ_VERDICT_DONE);
	cr_assert(find_job(&journal, "t", "after").verdict == FQ_VERDICT_DONE);
	cr_assert(find_job(&journal, "t", "last").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}
