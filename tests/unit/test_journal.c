#include "journal_files.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(journal, .init = make_folder, .fini = remove_folder, .timeout = 120);

/* --- what comes back ----------------------------------------------------- */

Test(journal, all_that_was_written_is_found_again)
{
	size_t ends[STEPS];
	bool is_there[STEPS];
	struct fq_journal journal;
	memset(is_there, true, sizeof(is_there));
	write_steps(ends);
	for (int mode = FQ_JOURNAL_READ; mode <= FQ_JOURNAL_WRITE; mode++) {
		open_journal(&journal, mode);
		expect_steps(&journal, is_there, 0);
		cr_assert(journal.bad_records == 0 && journal.seq == STEPS);
		fq_journal_close(&journal);
	}
}

Test(journal, a_job_that_was_never_written_is_not_found)
{
	static const char *const strangers[][2] = {{"trim", "S"}, {"trim", "S11"}, {"tri", "S1"}, {"", "S1"},
	        {"trim", "S1\t"}, {"trim\tS1", ""}, {"a", "b"}, {"a\\tb", "c\nd\\e"}, {"", ""}};
	size_t ends[STEPS];
	struct fq_journal journal;
	write_steps(ends);
	open_journal(&journal, FQ_JOURNAL_READ);
	for (size_t i = 0; i < FQ_COUNT(strangers); i++) {
		cr_assert(find_job(&journal, strangers[i][0], strangers[i][1]).verdict == FQ_VERDICT_NONE,
		        "%s", strangers[i][0]);
	}
	fq_journal_close(&journal);
}

static size_t random_text(uint32_t *state, char *ret, size_t most)
{
	*state = *state * 1664525 + 1013904223;
	size_t len = (*state >> 8) % most;
	for (size_t i = 0; i < len; i++) {
		*state = *state * 1664525 + 1013904223;
		ret[i] = *state >> 31 ? "\t\n\\tn "[(*state >> 8) % 6] : (char)(*state >> 16);
	}
	return len;
}

Test(journal, names_of_any_bytes_come_back)
{
	enum { JOBS = 2000, MOST = 24 };
	struct fq_journal journal;
	char task[MOST], unit[MOST + 6], value[MOST];
	for (int mode = FQ_JOURNAL_WRITE; mode >= FQ_JOURNAL_READ; mode--) {
		uint32_t state = 7;
		open_journal(&journal, mode);
		for (int i = 0; i < JOBS; i++) {
			struct fq_buf items = {0};
			struct fq_text one = {task, random_text(&state, task, MOST)}, two = {unit, 6};
			snprintf(unit, 7, "%06d", i);
			two.len += random_text(&state, unit + 6, MOST);
			struct fq_text three = {value, random_text(&state, value, MOST)};
			fq_items_add(&items, 'i', two, three);
			struct fq_text all = {items.at, items.len};
			if (mode == FQ_JOURNAL_WRITE) {
				cr_assert(fq_journal_done(&journal, one, two,
				        &(struct fq_record){.usage.ms = i, .items = all}, NULL));
			} else {
				struct fq_record got = fq_journal_find(&journal, one, two);
				cr_assert(got.verdict == FQ_VERDICT_DONE && got.usage.ms == i &&
				          fq_text_equal(got.items, all));
			}
			fq_buf_finish(&items);
		}
		fq_journal_close(&journal);
	}
}

Test(journal, numbers_of_any_length_come_back)
{
	enum { JOBS = 500 };
	struct fq_journal journal;
	for (int mode = FQ_JOURNAL_WRITE; mode >= FQ_JOURNAL_READ; mode--) {
		uint64_t state = 1;
		open_journal(&journal, mode);
		for (int i = 0; i < JOBS; i++) {
			int64_t n[8];
			char unit[16];
			snprintf(unit, sizeof(unit), "%d", i);
			for (size_t k = 0; k < FQ_COUNT(n); k++) {
				state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
				n[k] = (int64_t)(state >> 1 >> (state >> 16) % 63);
			}
			struct fq_usage usage = {n[0], n[1], n[2], n[3], n[4], n[5], 1 + n[6] / 2, n[7]};
			struct fq_record record = {.usage = usage}, got;
			if (mode == FQ_JOURNAL_WRITE) {
				cr_assert(fq_journal_done(
				        &journal, fq_text("t"), fq_text(unit), &record, NULL));
			} else {
				got = find_job(&journal, "t", unit);
				cr_assert(is_same_usage(&got.usage, &usage), "%d", i);
				got = fq_journal_find_items(&journal, fq_text("t"), fq_text(unit));
				cr_assert(got.verdict == FQ_VERDICT_DONE && got.seq == (uint32_t)i + 1);
			}
		}
		fq_journal_close(&journal);
	}
}

Test(journal, items_are_taken_apart_as_they_were_built)
{
	struct fq_buf items = {0}, text = {0};
	struct fq_item item;
	fq_items_add(&items, 'i', fq_text("a\tb"), fq_text("1\n2"));
	fq_items_add(&items, 'o', fq_text(""), fq_text(""));
	fq_items_add(&items, 'x', fq_text("\\"), fq_text("\\t"));
	struct fq_text rest = {items.at, items.len};
	cr_assert(fq_items_next(&rest, &item) && item.kind == 'i' && fq_text_is(item.name, "a\\tb"));
	fq_buf_add_unescaped(&text, item.value);
	cr_assert_str_eq(text.at, "1\n2");
	cr_assert(fq_items_next(&rest, &item) && item.kind == 'o' && !item.name.len && !item.value.len);
	cr_assert(fq_items_next(&rest, &item) && item.kind == 'x');
	text.len = 0;
	fq_buf_add_unescaped(&text, item.name);
	fq_buf_add_unescaped(&text, item.value);
	cr_assert_str_eq(text.at, "\\\\t");
	cr_assert_not(fq_items_next(&rest, &item));
	cr_assert_not(fq_items_next(&(struct fq_text){0}, &item));
	cr_assert_not(fq_items_next(&(struct fq_text){"lonely", 6}, &item));
	fq_buf_finish(&items);
	fq_buf_finish(&text);
}

Test(journal, a_text_is_written_once)
{
	struct fq_journal journal;
	char digest[FQ_DIGEST_LEN + 1];
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_keep_text(&journal, fq_text("a\n\tb\\"), digest, NULL));
	fq_journal_close(&journal);
	struct fq_stamp once = fq_stamp_read("state/journal");
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_keep_text(&journal, fq_text("a\n\tb\\"), digest, NULL));
	cr_assert_str_eq(fq_journal_text(&journal, digest), "a\n\tb\\");
	cr_assert_null(fq_journal_text(&journal, "00000000000000000000000000000000"));
	fq_journal_close(&journal);
	cr_assert(fq_stamp_read("state/journal").size_bytes == once.size_bytes);
}

Test(journal, a_hundred_thousand_records_are_right)
{
	enum { JOBS = 100000 };
	struct fq_journal journal;
	char unit[16], items[32];
	open_journal(&journal, FQ_JOURNAL_WRITE);
	for (int i = 0; i < JOBS; i++) {
		snprintf(unit, sizeof(unit), "S%d", i);
		snprintf(items, sizeof(items), "ia\t%d", i);
		cr_assert(fq_journal_done(&journal, fq_text("t"), fq_text(unit),
		        &(struct fq_record){.usage.ms = i, .items = fq_text(items)}, NULL));
	}
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.seq == JOBS && journal.bad_records == 0 && journal.jobs.count == JOBS);
	for (int i = JOBS - 1; i >= 0; i--) {
		snprintf(unit, sizeof(unit), "S%d", i);
		snprintf(items, sizeof(items), "ia\t%d", i);
		struct fq_record got = find_job(&journal, "t", unit);
		cr_assert(got.verdict == FQ_VERDICT_DONE && got.seq == (uint32_t)i + 1 && got.usage.ms == i,
		        "%d", i);
		cr_assert(fq_text_is(got.items, items), "%d", i);
	}
	fq_journal_close(&journal);
}

/* --- runs ---------------------------------------------------------------- */

Test(journal, a_run_that_did_not_end_is_known)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert_null(journal.unfinished.run);
	cr_assert(fq_journal_run(&journal, "A", "tmp/A\nx", NULL));
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert_str_eq(journal.unfinished.run, "A");
	cr_assert_str_eq(journal.unfinished.tmp, "tmp/A\nx");
	cr_assert(
	        fq_journal_run(&journal, "B", "tmp/B", NULL) && fq_journal_end(&journal, "B", 1, NULL, NULL));
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(!journal.unfinished.run && !journal.unfinished.tmp);
	fq_journal_close(&journal);
}

/* --- the lock ------------------------------------------------------------ */

/* A process that holds the lock until it is killed. */
static pid_t hold_lock(void)
{
	int ends[2];
	char byte;
	cr_assert(pipe(ends) == 0);
	pid_t holder = fork();
	if (holder == 0) {
		struct fq_journal journal;
		open_journal(&journal, FQ_JOURNAL_WRITE);
		write_done(&journal, "t", "held", "");
		cr_assert(write(ends[1], "x", 1) == 1);
		for (;;) {
			pause();
		}
	}
	close(ends[1]);
	cr_assert(read(ends[0], &byte, 1) == 1);
	close(ends[0]);
	return holder;
}

Test(journal, the_second_writer_is_told_of_the_first)
{
	char pid[32], host[256] = "";
	struct fq_journal journal;
	pid_t holder = hold_lock();
	snprintf(pid, sizeof(pid), "pid %ld on ", (long)holder);
	gethostname(host, sizeof(host) - 1);
	expect_refusal(FQ_JOURNAL_WRITE, pid);
	expect_refusal(FQ_JOURNAL_WRITE, host);
	/* A reader needs no lock, and sees what is there. */
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(find_job(&journal, "t", "held").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
	kill(holder, SIGKILL);
	cr_assert(waitpid(holder, NULL, 0) == holder);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(find_job(&journal, "t", "held").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}

Test(journal, the_lock_ends_with_closing)
{
	struct fq_journal first, second;
	open_journal(&first, FQ_JOURNAL_WRITE);
	expect_refusal(FQ_JOURNAL_WRITE, "another fqrun");
	fq_journal_close(&first);
	fq_journal_close(&first);
	open_journal(&second, FQ_JOURNAL_WRITE);
	fq_journal_close(&second);
}

Test(journal, reading_makes_nothing)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_NONE && journal.fd < 0);
	fq_journal_close(&journal);
	cr_assert(fq_folder_is_empty("."));
	cr_assert(mkdir("state", 0700) == 0);
	open_journal(&journal, FQ_JOURNAL_READ);
	fq_journal_close(&journal);
	cr_assert(fq_folder_is_empty("state"));
}

Test(journal, no_descriptor_reaches_a_program)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fcntl(journal.fd, F_GETFD) & FD_CLOEXEC && fcntl(journal.lock_fd, F_GETFD) & FD_CLOEXEC);
	fq_journal_close(&journal);
}

/* --- a full disk --------------------------------------------------------- */

static bool write_within(struct fq_journal *journal, const char *unit, size_t more_bytes)
{
	rlim_t most = (rlim_t)fq_stamp_read("state/journal").size_bytes + more_bytes;
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, RLIM_INFINITY}) == 0);
	bool ok = fq_journal_done(journal, fq_text("t"), fq_text(unit),
	        &(struct fq_record){.usage.ms = 1, .items = fq_text("ia\tb")}, NULL);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0);
	return ok;
}

Test(journal, a_record_cut_by_a_full_disk_does_not_spoil_the_next)
{
	struct fq_journal journal;
	signal(SIGXFSZ, SIG_IGN);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "before", "ia\tb");
	for (size_t bytes = 0; bytes < 20; bytes++) {
		cr_assert_not(write_within(&journal, "cut", bytes));
	}
	write_done(&journal, "t", "after", "ia\tb");
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(journal.bad_records == 0 && journal.seq == 2);
	cr_assert(find_job(&journal, "t", "before").verdict == FQ_VERDICT_DONE);
	cr_assert(find_job(&journal, "t", "cut").verdict == FQ_VERDICT_NONE);
	cr_assert(find_job(&journal, "t", "after").verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}

static off_t size_of_journal(void)
{
	struct stat st;
	cr_assert(stat("state/journal", &st) == 0);
	return st.st_size;
}

/* --- written anew -------------------------------------------------------------- */

static void write_rounds(int rounds)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_run(&journal, "run", "/tmp/x", &err));
	for (int i = 0; i < rounds; i++) {
		char items[32];
		snprintf(items, sizeof(items), "r\t%d", i);
		cr_assert(fq_journal_begin(&journal, fq_text("t"), fq_text("u"), fq_text(""), &err));
		struct fq_usage usage = {i, 2 * i, 3, 4, 5, 6, 1 + i % 3, 8};
		cr_assert(fq_journal_done(&journal, fq_text("t"), fq_text("u"),
		        &(struct fq_record){.usage = usage, .items = fq_text(items)}, &err));
	}
	cr_assert(fq_journal_fail(&journal, fq_text("t"), fq_text("v"), &(struct fq_record){.usage.ms = 1},
	        fq_text("cause"), &err));
	cr_assert(fq_journal_end(&journal, "run", 0, NULL, &err));
	fq_journal_close(&journal);
}

Test(journal, a_mostly_dead_one_is_written_anew_and_says_the_same)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	write_rounds(2000);
	off_t before = size_of_journal();
	open_journal(&journal, FQ_JOURNAL_READ);
	uint32_t seq = journal.seq;
	cr_assert(size_of_journal() == before, "a reader changes nothing");
	fq_journal_close(&journal);
	cr_assert(seq == 4003);
	for (int again = 0; again < 2; again++) {
		open_journal(&journal, FQ_JOURNAL_WRITE);
		cr_assert(size_of_journal() < 1000, "it is small");
		cr_assert(journal.seq == seq, "numbers go on from the highest");
		struct fq_record u = fq_journal_find(&journal, fq_text("t"), fq_text("u"));
		cr_assert(u.verdict == FQ_VERDICT_DONE && fq_text_is(u.items, "r\t1999") && u.seq == 4001);
		struct fq_usage usage = {1999, 3998, 3, 4, 5, 6, 2, 8};
		cr_assert(is_same_usage(&u.usage, &usage));
		cr_assert(fq_journal_find(&journal, fq_text("t"), fq_text("v")).verdict == FQ_VERDICT_FAILED);
		cr_assert(journal.bad_records == 0 && !journal.unfinished.run);
		fq_journal_close(&journal);
	}
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_done(&journal, fq_text("t"), fq_text("w"),
	        &(struct fq_record){.usage.ms = 1, .items = fq_text("r\tw")}, &err));
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(fq_journal_find(&journal, fq_text("t"), fq_text("w")).seq == seq + 1);
	fq_journal_close(&journal);
}

Test(journal, what_a_killed_rewriting_left_does_no_harm)
{
	struct fq_journal journal;
	write_rounds(2000);
	int fd = open("state/journal.new", O_WRONLY | O_CREAT, 0600);
	cr_assert(fd >= 0 && write(fd, "half", 4) == 4);
	close(fd);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(size_of_journal() < 1000 && access("state/journal.new", F_OK) != 0);
	cr_assert(fq_journal_find(&journal, fq_text("t"), fq_text("u")).verdict == FQ_VERDICT_DONE);
	fq_journal_close(&journal);
}
