/* Stamps that prove nothing, contents that do, and what a job left for those behind it. */
#include "fresh_fixture.h"

#include <time.h>

TestSuite(plan_stale, .init = enter_folder, .fini = end);

#define COPY "[task copy]\ninput = in\noutput = out\ncommand = cp in out\n"

static int64_t now_ns(void)
{
	return fq_clock_wall_ns();
}

static void set_ns(const char *path, int64_t ns)
{
	struct timespec time = {ns / 1000000000, ns % 1000000000};
	cr_assert(utimensat(AT_FDCWD, path, (struct timespec[2]){time, time}, 0) == 0);
}

/* A success of `copy`, recorded while its input has that age; the output is old. */
static void succeed_with_age(const char *text, int64_t age_ns)
{
	load(text);
	reopen_journal();
	put("in", "text\n");
	put("out", "text\n");
	set_time("out", 1000000000);
	set_ns("in", now_ns() - age_ns);
	succeed("copy");
	reopen_journal();
}

static struct fq_record record_of(const char *task)
{
	return fq_journal_find(&journal, fq_text(task), fq_text(""));
}

static bool is_recorded(const char *part)
{
	struct fq_text items = record_of("copy").items;
	return memmem(items.at, items.len, part, strlen(part)) != NULL;
}

/* The file gets other content in the same instant. */
static void forge(const char *path, const char *text)
{
	struct fq_stamp stamp = fq_stamp_read(path);
	put(path, text);
	set_ns(path, stamp.mtime_ns);
	cr_assert(fq_stamp_equal(fq_stamp_read(path), stamp));
}

static const int64_t second = 1000000000;

/* --- racy stamps -------------------------------------------------------------------------- */

Test(plan_stale, a_young_stamp_is_marked_on_either_side_of_now)
{
	static const struct {
		int64_t age_ds;
		bool is_racy;
	} rows[] = {{0, true}, {10, true}, {25, false}, {-10, true}, {-40, false}, {36000, false},
	        {-360000, false}};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		succeed_with_age(COPY, rows[i].age_ds * second / 10);
		cr_assert(is_recorded(" ~") == rows[i].is_racy, "%lld", (long long)rows[i].age_ds);
		cr_assert(is_fresh("copy"), "%s", why.at);
	}
}

Test(plan_stale, what_is_written_in_the_same_instant_is_seen)
{
	for (int i = 0; i < 5; i++) {
		succeed_with_age(COPY, 0);
		forge("in", "TEXT\n");
		expect_stale(
		        "copy", "input in: its content changed, with the same size and time: 5 bytes of ");
		forge("in", "text\n");
		cr_assert(is_fresh("copy"), "%s", why.at);
	}
}

Test(plan_stale, an_output_written_in_the_same_instant_is_seen)
{
	succeed_with_age(COPY, 3 * second);
	set_ns("out", now_ns());
	succeed("copy");
	reopen_journal();
	forge("out", "TEXT\n");
	expect_stale("copy", "output out: its content changed, with the same size and time: 5 bytes of ");
}

/* Without a hash the stamp is all there is. */
Test(plan_stale, by_the_stamp_alone_there_is_no_mark)
{
	succeed_with_age(COPY "compare = stamp\n", 0);
	cr_assert(!is_recorded("~"));
	cr_assert(is_fresh("copy"));
	succeed_with_age(COPY "compare = exists\n", 0);
	cr_assert(!is_recorded("~") && is_recorded("iin\t+"));
}

/* --- recorded anew -------------------------------------------------------------------------- */

static struct fq_fresh ask(const char *name)
{
	struct fq_fresh fresh, again;
	fq_plan_forget_stamps(&plan);
	cr_assert(fq_plan_is_fresh(&plan, job_of(name), &journal, seqs, &fresh, NULL));
	why.len = 0;
	cr_assert(fq_plan_is_fresh(&plan, job_of(name), &journal, seqs, &again, &why));
	cr_assert(fresh.is_restamped == again.is_restamped);
	return fresh;
}

static void restamp(const char *name)
{
	struct fq_buf items = {0};
	struct fq_error err = {0};
	struct fq_record record = record_of(name);
	fq_plan_restamp(&plan, job_of(name), record.items, &items);
	record.items = (struct fq_text){items.at, items.len};
	record.how = FQ_HOW_KEPT;
	cr_assert(fq_journal_done(&journal, fq_text(name), fq_text(""), &record, &err));
	fq_buf_finish(&items);
	reopen_journal();
}

Test(plan_stale, another_time_is_recorded_once)
{
	succeed_with_age(COPY, 9 * second);
	cr_assert(!ask("copy").is_restamped);
	set_time("in", 900000000);
	set_time("out", 1900000000);
	cr_assert(ask("copy").is_restamped);
	uint32_t since = record_of("copy").since;
	restamp("copy");
	cr_assert(!ask("copy").is_restamped && record_of("copy").since == since);
	cr_assert(record_of("copy").seq > since && record_of("copy").usage.ms == 5);
	/* The stamp is believed now, so the file is not read. */
	forge("in", "TEXT\n");
	cr_assert(is_fresh("copy"));
}

Test(plan_stale, a_mark_goes_when_the_file_is_older)
{
	succeed_with_age(COPY, -1 * second);
	cr_assert(!ask("copy").is_restamped, "as young as before: the mark would be written again");
	struct fq_buf items = {0};
	struct fq_error err = {0};
	fq_buf_addf(&items, "%.*s", (int)record_of("copy").items.len, record_of("copy").items.at);
	/* The same record, of a file that has become old meanwhile. */
	char *mtime = strstr(items.at, "iin\t5 ") + strlen("iin\t5 ");
	int64_t old = now_ns() - 5 * second;
	char digits[32];
	snprintf(digits, sizeof(digits), "%lld", (long long)old);
	memcpy(mtime, digits, strlen(digits));
	set_ns("in", old);
	cr_assert(fq_journal_done(&journal, fq_text("copy"), fq_text(""),
	        &(struct fq_record){.items = {items.at, items.len}}, &err));
	reopen_journal();
	cr_assert(is_recorded("~") && ask("copy").is_restamped);
	restamp("copy");
	cr_assert(!is_recorded("~") && !ask("copy").is_restamped);
	forge("in", "TEXT\n");
	cr_assert(is_fresh("copy"));
	fq_buf_finish(&items);
}

/* What does not hold is never written over. */
Test(plan_stale, recording_anew_keeps_the_words_of_what_changed)
{
	succeed_with_age(COPY, 0);
	struct fq_buf items = {0};
	forge("in", "TEXT\n");
	fq_plan_forget_stamps(&plan);
	fq_plan_restamp(&plan, job_of("copy"), record_of("copy").items, &items);
	cr_assert(fq_text_equal((struct fq_text){items.at, items.len}, record_of("copy").items));
	fq_buf_finish(&items);
}

Test(plan_stale, names_and_values_are_kept_when_recorded_anew)
{
	load("[task copy]\ninput = 'i\\n'\noutput = out\ncommand = true\n");
	put("i\\n", "text");
	put("out", "text");
	set_time("i\\n", 1000000000);
	set_time("out", 1000000000);
	reopen_journal();
	succeed("copy");
	reopen_journal();
	struct fq_buf items = {0}, now = {0};
	struct fq_text old = record_of("copy").items;
	fq_buf_add_text(&items, old);
	fq_items_add(&items, FQ_ITEM_VALUE, fq_text("n"), fq_text("a\tb\\"));
	set_time("i\\n", 1000000001);
	fq_plan_forget_stamps(&plan);
	fq_plan_restamp(&plan, job_of("copy"), (struct fq_text){items.at, items.len}, &now);
	char *time = strstr(items.at, "1000000000000000005");
	time[9] = '1';
	cr_assert_str_eq(now.at, items.at);
	fq_buf_finish(&items);
	fq_buf_finish(&now);
}

/* Paths as short as these met each other's stamps of a time before. */
Test(plan_stale, a_stamp_is_of_its_own_file)
{
	load("[samples]\na = o/a\nb = o/b\nc = o/c\nd = o/d\n[task t]\ncommand = cat {reads}\n");
	struct fq_buf text = {0}, items = {0};
	for (uint32_t i = 0; i < 4; i++) {
		char path[] = {'o', '/', (char)('a' + i), '\0'};
		fq_buf_puts(&text, "x");
		put(path, text.at);
	}
	for (uint32_t age = 0; age < 40; age++) {
		for (uint32_t job = 0; job < 4; job++) {
			char expected[] = {
			        '\t', 'i', 'o', '/', (char)('a' + job), '\t', (char)('1' + job), ' ', '\0'};
			fq_plan_forget_stamps(&plan);
			items.len = 0;
			fq_plan_add_items(&plan, job, &items);
			cr_assert(strstr(items.at, expected), "%s: %s", expected, items.at);
		}
	}
	fq_buf_finish(&text);
	fq_buf_finish(&items);
}

/* --- records of before ------------------------------------------------------------------------ */

/* As they were written before there were marks: nothing runs again. */
Test(plan_stale, a_record_of_an_older_version_holds)
{
	load(COPY);
	put("in", "text\n");
	put("out", "text\n");
	set_time("in", 1000000000);
	set_time("out", 1000000001);
	reopen_journal();
	struct fq_error err = {0};
	struct fq_buf items = {0};
	fq_buf_addf(&items,
	        "r\t%s\tiin\t5 1000000000000000005 c2db14294a01dbb9\toout\t5 1000000001000000005 "
	        "c2db14294a01dbb9",
	        "f3fcaa79d5f34b910fe4ae8245983e0a");
	cr_assert(fq_journal_done(&journal, fq_text("copy"), fq_text(""),
	        &(struct fq_record){.usage.ms = 5, .items = {items.at, items.len}}, &err));
	reopen_journal();
	cr_assert(!ask("copy").is_restamped);
	set_time("in", 1000000003);
	cr_assert(ask("copy").is_restamped, "the hash is still the same");
	fq_buf_finish(&items);
}

/* --- the same again ------------------------------------------------------------------------------ */

static bool is_same(const char *before, const char *now)
{
	return fq_plan_left_the_same(fq_text(before), fq_text(now));
}

Test(plan_stale, what_is_the_same_for_those_behind)
{
	cr_assert(is_same("r\tA\too\t5 1 00aa", "r\tB\tii\t7 1\too\t5 9 ~00aa"));
	cr_assert(is_same("oo\t5 1 ~00aa\toq\t-\tvn\t1", "oo\t5 2 00aa\toq\t-\tvn\t1"));
	cr_assert(is_same("oo\t5 1", "oo\t5 1"), "an old time, kept");
	cr_assert(!is_same("oo\t5 1 00aa", "oo\t5 1 00ab"));
	cr_assert(!is_same("oo\t5 1 00aa", "oo\t6 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa", "oo\t5 1"));
	cr_assert(!is_same("oo\t5 1", "oo\t5 2"), "without a hash any new time is a change");
	cr_assert(!is_same("oo\t5 1 00aa", "oo\t5 1 00aa\top\t5 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa\top\t5 1 00aa", "oo\t5 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa", "op\t5 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa\toq\t-", "oo\t5 1 00aa\toq\t5 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa\tvn\t1", "oo\t5 1 00aa\tvn\t2"));
	cr_assert(!is_same("oo\t5 1 00aa\tvn\t1", "oo\t5 1 00aa"));
	cr_assert(!is_same("oo\t5 1 00aa", "oo\t5 1 00aa\tvn\t1"));
	cr_assert(!is_same("oo\t+", "oo\t+"), "it exists: that is all that is known");
	cr_assert(!is_same("r\tA", "r\tA"), "what a job does that names no outputs nobody knows");
	cr_assert(!is_same("oo\t-", "oo\t-"));
}

Test(plan_stale, a_stamp_alone_that_is_young_is_not_the_same)
{
	char items[64];
	snprintf(items, sizeof(items), "oo\t5 %lld", (long long)now_ns());
	cr_assert(!is_same(items, items));
}

Test(plan_stale, one_that_was_accepted_before_it_did_not_run)
{
	struct fq_error err = {0};
	load("[task a]\ncommand = true\n[task copy]\ncommand = true\nafter = a\n");
	reopen_journal();
	succeed("copy");
	cr_assert(fq_journal_done(
	        &journal, fq_text("a"), fq_text(""), &(struct fq_record){.how = FQ_HOW_ACCEPTED}, &err));
	seqs[job_of("a")] = journal.seq;
	reopen_journal();
	plan.journal = &journal;
	expect_stale("copy", "a was accepted as it is since\n");
	seqs[job_of("a")]++;
	expect_stale("copy", "a ran since\n");
}
