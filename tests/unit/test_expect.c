/* How long jobs are expected to take, as seen by the order in which they start. */
#include "run_fixture.h"

static struct fq_buf order; /* the names of jobs as they start */

static int note_name(uint32_t slot, const struct fq_launch *launch)
{
	(void)launch;
	fq_buf_puts(&order, order.len ? " " : "");
	fq_plan_add_name(&plan, run.slots[slot].job, &order);
	return 0;
}

static void enter(void)
{
	enter_folder();
	player.play = note_name;
	options.jobs = 2;
	options.always = true;
}

static void leave(void)
{
	leave_run();
	fq_buf_finish(&order);
}

TestSuite(expect, .init = enter, .fini = leave);

static void expect_order(const char *names)
{
	order.len = 0;
	cr_assert(go_in_own_time() == 0);
	fq_buf_puts(&order, "");
	cr_assert(strcmp(order.at, names) == 0, "%s", order.at);
}

static void put_sized(const char *path, off_t bytes)
{
	put(path, "");
	cr_assert(truncate(path, bytes) == 0);
}

static void put_success(const char *task, const char *unit, int64_t seconds)
{
	struct fq_error err = {0};
	struct fq_record record = {.usage = {.ms = seconds * 1000, .attempt = 1}};
	reopen_journal();
	cr_assert(fq_journal_done(&journal, fq_text(task), fq_text(unit), &record, &err), "%s", err.text);
}

#define FOUR                                                                                                 \
	"[samples]\n"                                                                                        \
	"s1 = r/s1.fq\n"                                                                                     \
	"s2 = r/s2.fq\n"                                                                                     \
	"s3 = r/s3_1.fq r/s3_2.fq\n"                                                                         \
	"s4 = r/s4.fq\n"

static void put_reads(void)
{
	put_sized("r/s1.fq", 1000);
	put_sized("r/s2.fq", 1000000000);
	put_sized("r/s3_1.fq", 900000000); /* the two together are the largest */
	put_sized("r/s3_2.fq", 900000000);
	put_sized("r/s4.fq", 2000); /* larger than s1, but by nothing that counts */
}

Test(expect, without_history_the_largest_reads_first)
{
	load(FOUR "[task t]\nper = sample\ncommand = true\n");
	put_reads();
	expect_order("t/s3 t/s2 t/s1 t/s4");
}

Test(expect, the_last_success_says_more_than_bytes)
{
	load(FOUR "[task t]\nper = sample\ncommand = true\n");
	put_reads();
	put_success("t", "s1", 500);
	put_success("t", "s2", 5);
	put_success("t", "s3", 50);
	put_success("t", "s4", 5);
	expect_order("t/s1 t/s3 t/s2 t/s4");
}

/* s2 took a thousand seconds for its gigabyte, so s3 takes 1800 and s1 and s4 nothing, while
 * at 50 MB/s all of `fast` takes less than the 100 seconds of its s4. */
Test(expect, what_is_new_takes_as_long_a_byte_as_others_of_its_task)
{
	load(FOUR "[task fast]\nper = sample\ncommand = true\n[task slow]\nper = sample\ncommand = true\n");
	put_reads();
	put_success("slow", "s2", 1000);
	put_success("fast", "s4", 100);
	put_success("fast", "s1", 99);
	put_success("fast", "s2", 98);
	put_success("fast", "s3", 97);
	expect_order("slow/s3 slow/s2 fast/s4 fast/s1 fast/s2 fast/s3 slow/s1 slow/s4");
}

Test(expect, what_waits_behind_a_job_counts)
{
	load(FOUR "[task a]\nper = sample\ncommand = true\n"
	          "[task b]\nper = sample\nafter = a\ncommand = true\n"
	          "[task c]\nper = sample\ncommand = true\n");
	put_reads();
	put_success("a", "s1", 1);
	put_success("a", "s2", 2);
	put_success("a", "s3", 3);
	put_success("a", "s4", 4);
	put_success("b", "s1", 1000);
	put_success("b", "s2", 2000);
	put_success("b", "s3", 3000);
	put_success("b", "s4", 4000);
	put_success("c", "s1", 2500);
	put_success("c", "s2", 1500);
	put_success("c", "s3", 500);
	put_success("c", "s4", 3500);
	/* Two at a time, which end at once. */
	expect_order("a/s4 c/s4 b/s4 a/s3 b/s3 c/s1 a/s2 c/s2 b/s2 a/s1 b/s1 c/s3");
}
