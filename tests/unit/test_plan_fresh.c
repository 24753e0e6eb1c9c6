/* Whether a recorded success still holds, and the words when it does not. */
#include "fresh_fixture.h"

#include <time.h>

TestSuite(plan_fresh, .init = enter_folder, .fini = leave_folder);

#define TWO "[samples]\ns1 = r/s1.fq\ns2 = r/s2_1.fq r/s2_2.fq\n"
#define COUNT "[task count]\ncommand = wc {reads} > {output}\noutput = o/{sample}\n"
#define SUM "[task sum]\ncommand = cat {count.output} > {output}\noutput = sum\n"

static void put_files(void)
{
	static const char *const files[] = {"r/s1.fq", "r/s2_1.fq", "r/s2_2.fq", "o/s1", "o/s2", "sum"};
	for (size_t i = 0; i < FQ_COUNT(files); i++) {
		put(files[i], "text\n");
		set_time(files[i], 1000000000 + (long)i);
	}
	setenv("TZ", "UTC", 1);
	tzset();
	memset(seqs, 0, sizeof(seqs));
	reopen_journal();
}

/* All three jobs have succeeded; then `text` is the manifest. */
static void succeed_all_then(const char *text)
{
	load(TWO COUNT SUM);
	put_files();
	succeed("count/s1");
	succeed("count/s2");
	succeed("sum");
	reopen_journal();
	load(text);
}

Test(plan_fresh, nothing_changed, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	cr_assert(is_fresh("count/s1") && is_fresh("count/s2") && is_fresh("sum"));
}

Test(plan_fresh, it_never_ran_or_did_not_finish_or_failed, .fini = end)
{
	struct fq_error err = {0};
	load(TWO COUNT SUM);
	put_files();
	expect_stale("count/s1", "it never ran\n");
	fq_journal_begin(&journal, fq_text("count"), fq_text("s1"), (struct fq_text){0}, &err);
	fq_journal_fail(&journal, fq_text("sum"), fq_text(""), &(struct fq_record){.usage.ms = 1},
	        fq_text("exit\tstatus 3"), &err);
	reopen_journal();
	expect_stale("count/s1", "it was started and did not finish\n");
	expect_stale("sum", "it failed: exit\tstatus 3\n");
}

Test(plan_fresh, changed_input_names_it_and_both_times, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	put("r/s2_2.fq", "TEXT\n");
	set_time("r/s2_2.fq", 1100000000);
	expect_stale("count/s2", "input r/s2_2.fq changed: was 5 bytes of 2001-09-09 01:46:42.000000005, "
	                         "is 5 bytes of 2004-11-09 11:33:20.000000005\n");
	cr_assert(is_fresh("count/s1"));
}

Test(plan_fresh, older_input_is_a_change_too, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	put("r/s1.fq", "TEXT\n");
	set_time("r/s1.fq", 900000000);
	expect_stale("count/s1", "input r/s1.fq changed");
	cr_assert(is_fresh("count/s2"));
}

Test(plan_fresh, touched_files_with_the_same_content_are_no_change, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	set_time("r/s1.fq", 900000000);
	set_time("o/s1", 1100000000);
	cr_assert(is_fresh("count/s1") && is_fresh("sum"), "%s", why.at);
}

/* All jobs have succeeded under that `compare`, and then s1's input is touched. */
static void succeed_and_touch(const char *manifest_text)
{
	load(manifest_text);
	put_files();
	succeed("count/s1");
	reopen_journal();
	load(manifest_text);
	set_time("r/s1.fq", 900000000);
}

Test(plan_fresh, compare_stamp_takes_a_touch_for_a_change, .fini = end)
{
	succeed_and_touch(TWO COUNT "compare = stamp\n");
	expect_stale("count/s1", "input r/s1.fq changed");
}

Test(plan_fresh, compare_exists_asks_for_no_more, .fini = end)
{
	succeed_and_touch(TWO COUNT "compare = exists\n");
	put("r/s1.fq", "other text\n");
	cr_assert(is_fresh("count/s1"), "%s", why.at);
	cr_assert(unlink("o/s1") == 0);
	expect_stale("count/s1", "output o/s1 is missing: was there");
}

Test(plan_fresh, compare_of_the_whole_run_and_of_one_task, .fini = end)
{
	succeed_and_touch("[fqrun]\ncompare = stamp\n" TWO COUNT);
	expect_stale("count/s1", "input r/s1.fq changed");
	succeed_and_touch("[fqrun]\ncompare = stamp\n" TWO COUNT "compare = auto\n");
	cr_assert(is_fresh("count/s1"), "%s", why.at);
}

Test(plan_fresh, a_large_file_is_judged_by_content_only_if_asked, .fini = end)
{
	char *big = malloc((1 << 20) + 2);
	memset(big, 'x', (1 << 20) + 1);
	big[(1 << 20) + 1] = '\0';
	static const char *const ways[] = {"auto", "content"};
	for (size_t i = 0; i < FQ_COUNT(ways); i++) {
		char text[200];
		snprintf(text, sizeof(text), TWO COUNT "compare = %s\n", ways[i]);
		load(text);
		put_files();
		put("r/s1.fq", big);
		succeed("count/s1");
		reopen_journal();
		load(text);
		set_time("r/s1.fq", 900000000);
		cr_assert(is_fresh("count/s1") == (i == 1), "%s", ways[i]);
	}
	free(big);
}

Test(plan_fresh, input_of_another_size_in_the_same_instant, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	put("r/s1.fq", "more text\n");
	set_time("r/s1.fq", 1000000000);
	expect_stale("count/s1", "was 5 bytes of 2001-09-09 01:46:40.000000005, is 10 bytes of 2001");
}

Test(plan_fresh, missing_input_and_missing_and_edited_output, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	unlink("r/s1.fq");
	expect_stale("count/s1", "input r/s1.fq is missing: was 5 bytes of 2001-09-09 01:46:40");
	unlink("o/s2");
	expect_stale("count/s2", "output o/s2 is missing: was 5 bytes of 2001-09-09 01:46:44");
	put("sum", "by hand\n");
	expect_stale(
	        "sum", "output sum changed: was 5 bytes of 2001-09-09 01:46:45.000000005, is 8 bytes of ");
}

Test(plan_fresh, changed_command_shows_both, .fini = end)
{
	succeed_all_then(TWO "[task count]\ncommand = wc -l {reads} > {output}\noutput = o/{sample}\n" SUM);
	expect_stale("count/s1", "its command, variables or environment changed\n");
	cr_assert(strstr(why.at, "was:") && strstr(why.at, "wc {reads} > {output}"), "%s", why.at);
	cr_assert(strstr(why.at, "is: ") && strstr(why.at, "wc -l {reads} > {output}"), "%s", why.at);
	cr_assert(is_fresh("sum"), "%s", why.at);
}

Test(plan_fresh, comments_and_blanks_are_no_change, .fini = end)
{
	succeed_all_then(TWO "[task count]\ncommand =\n  # counts\n  wc   {reads}  >   {output}  # all\n"
	                     "output = o/{sample}\n" SUM);
	cr_assert(is_fresh("count/s1") && is_fresh("sum"), "%s", why.at);
}

Test(plan_fresh, blanks_in_quotes_are_a_change, .fini = end)
{
	load("[task a]\ncommand = echo 'a b' > x\n");
	put_files();
	succeed("a");
	reopen_journal();
	load("[task a]\ncommand = echo 'a  b' > x\n");
	expect_stale("a", "was:");
}

Test(plan_fresh, changed_shell, .fini = end)
{
	load("[task a]\ncommand = echo a > x\n");
	put_files();
	succeed("a");
	reopen_journal();
	load("[task a]\nshell = sh\ncommand = echo a > x\n");
	expect_stale("a", "  was: shell bash\n  is:  shell sh\n");
}

Test(plan_fresh, variable_changed_by_set_shows_both_values, .fini = end)
{
	const char *text =
	        "[vars]\nopts = -l\nother = x\n[task a]\ncommand = wc {opts} > f\n[task b]\ncommand = true\n";
	load(text);
	put_files();
	succeed("a");
	succeed("b");
	reopen_journal();
	cr_assert(try_to_load(text, "other", "y") && is_fresh("a"));
	cr_assert(try_to_load(text, "opts", "-c -w"));
	expect_stale("a", "  was: opts = -l\n  is:  opts = -c -w\n");
	cr_assert(is_fresh("b"));
}

Test(plan_fresh, env_and_dir_changed, .fini = end)
{
	load("[task a]\ncommand = echo > f\nenv = A=1\ndir = d\n");
	put_files();
	succeed("a");
	reopen_journal();
	load("[task a]\ncommand = echo > f\nenv = A=2\ndir = d\n");
	expect_stale("a", "  was: env A=1\n  is:  env A=2\n");
	load("[task a]\ncommand = echo > f\nenv = A=1\ndir = e\n");
	expect_stale("a", "  was: dir d\n  is:  dir e\n");
}

Test(plan_fresh, timeout_is_no_part_of_it, .fini = end)
{
	load("[task a]\ncommand = echo > f\n");
	put_files();
	succeed("a");
	reopen_journal();
	load("[task a]\ncommand = echo > f\ntimeout = 3h\n");
	cr_assert(is_fresh("a"));
}

/* --- samples that come and go ----------------------------------------------------- */

Test(plan_fresh, added_sample_makes_itself_and_the_cohort_stale, .fini = end)
{
	succeed_all_then(TWO "s3 = r/s1.fq\n" COUNT SUM);
	cr_assert(is_fresh("count/s1") && is_fresh("count/s2"));
	expect_stale("count/s3", "it never ran");
	expect_stale("sum", "it waits for 3 jobs of count, was 2\n");
}

Test(plan_fresh, removed_sample_makes_the_cohort_stale, .fini = end)
{
	succeed_all_then("[samples]\ns1 = r/s1.fq\n" COUNT SUM);
	cr_assert(is_fresh("count/s1"));
	expect_stale("sum", "it waits for 1 jobs of count, was 2\n");
}

Test(plan_fresh, replaced_sample_makes_the_cohort_stale, .fini = end)
{
	succeed_all_then("[samples]\ns1 = r/s1.fq\nx2 = r/s2_1.fq r/s2_2.fq\n" COUNT SUM);
	cr_assert(is_fresh("count/s1"));
	expect_stale("count/x2", "it never ran");
	expect_stale("sum", "it waits for other jobs of count than before\n");
}

Test(plan_fresh, a_sample_that_got_another_file, .fini = end)
{
	succeed_all_then("[samples]\ns1 = r/s2_1.fq\ns2 = r/s2_1.fq r/s2_2.fq\n" COUNT SUM);
	expect_stale("count/s1", "input r/s2_1.fq is new\ninput r/s1.fq is no longer one of it\n");
	cr_assert(is_fresh("count/s2"));
}

Test(plan_fresh, files_in_another_order, .fini = end)
{
	succeed_all_then("[samples]\ns1 = r/s1.fq\ns2 = r/s2_2.fq r/s2_1.fq\n" COUNT SUM);
	expect_stale("count/s2", "its files are in another order\n");
}

Test(plan_fresh, a_task_more_or_less_to_wait_for, .fini = end)
{
	succeed_all_then(TWO COUNT "[task more]\ncommand = true\n" SUM "after = more\n");
	expect_stale("sum", "it waits for 1 jobs of more, was 0\n");
	load(TWO COUNT "[task sum]\ncommand = echo > {output}\noutput = sum\n");
	expect_stale("sum", "task count is no longer one of it\n");
}

/* --- jobs before it that ran ------------------------------------------------------------ */

Test(plan_fresh, a_member_that_ran_since, .fini = end)
{
	succeed_all_then(TWO COUNT SUM);
	succeed("count/s2");
	reopen_journal();
	cr_assert(is_fresh("count/s2"));
	expect_stale("sum", "count/s2 ran since\n");
	cr_assert(!strstr(why.at, "count/s1"));
	seqs[job_of("count/s2")] = FQ_SEQ_WILL_RUN;
	expect_stale("sum", "count/s2 will have run before it\n");
	succeed("sum");
	seqs[job_of("count/s2")] = journal.seq - 1;
	reopen_journal();
	cr_assert(is_fresh("sum"));
}

Test(plan_fresh, many_that_ran_are_counted, .fini = end)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < 20; i++) {
		fq_buf_addf(&text, "s%d =\n", i);
	}
	fq_buf_puts(&text, "[task a]\nper = sample\ncommand = true\n[task b]\ncommand = true\nafter = a\n");
	load(text.at);
	put_files();
	succeed("b");
	reopen_journal();
	for (uint32_t i = 0; i < 20; i++) {
		seqs[i] = 100 + i;
	}
	expect_stale("b", "a/s2 ran since\n17 more ran or will run before it\n");
	fq_buf_finish(&text);
}

Test(plan_fresh, a_control_that_ran_since, .fini = end)
{
	load(TWO "[task bam]\nper = sample\ncommand = true\noutput = o/{sample}\n"
	         "[task call]\nper = sample\ncommand = echo {sample}\ninput = o/s1\n");
	put_files();
	succeed("bam/s1");
	succeed("call/s2");
	reopen_journal();
	cr_assert(is_fresh("call/s2"));
	seqs[job_of("bam/s1")] = 99;
	expect_stale("call/s2", "bam/s1 ran since\n");
}

Test(plan_fresh, optional_output_may_be_absent_but_not_come_or_go, .fini = end)
{
	load("[task a]\ncommand = true\noutput = must maybe?\n");
	put_files();
	put("must", "");
	succeed("a");
	reopen_journal();
	cr_assert(is_fresh("a"));
	put("maybe", "");
	expect_stale("a", "output maybe changed: was not there, is 0 bytes of");
	unlink("must");
	struct fq_buf missing = {0}, items = {0};
	fq_plan_forget_stamps(&plan);
	cr_assert(!fq_plan_add_output_items(&plan, 0, &items, &missing));
	cr_assert(missing.len == 4 && memcmp(missing.at, "must", 4) == 0);
	fq_buf_finish(&missing);
	fq_buf_finish(&items);
}

Test(plan_fresh, names_with_tabs_and_backslashes_hold, .fini = end)
{
	load("[samples]\na\\n\tb = r/s1.fq\n" COUNT);
	put_files();
	put("o/a\\n\tb", "x");
	succeed("count/a\\n\tb");
	reopen_journal();
	cr_assert(is_fresh("count/a\\n\tb"), "%s", why.at);
	put("o/a\\n\tb", "xy");
	expect_stale("count/a\\n\tb", "output o/a\\n\tb changed");
}

/* Short names that differ in a letter, one of them looked at before, the other since. */
Test(plan_fresh, the_stamp_of_one_file_is_never_that_of_another, .fini = end)
{
	struct fq_buf items = {0};
	load("[task one]\ncommand = true\ninput = o/t1.s3\n[task two]\ncommand = true\ninput = o/t3.s3\n");
	put("o/t3.s3", "x");
	for (int age = 0; age < 64; age++) {
		fq_plan_add_items(&plan, job_of("one"), &items);
		fq_plan_forget_stamps(&plan);
		items.len = 0;
		fq_plan_add_items(&plan, job_of("two"), &items);
		fq_buf_puts(&items, "");
		cr_assert(strstr(items.at, "io/t3.s3\t1 "), "%d: %s", age, items.at);
	}
	fq_buf_finish(&items);
}
