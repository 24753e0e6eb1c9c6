/* What a TARGET names. */
#include "plan_fixture.h"

TestSuite(plan_select, .init = enter_folder, .fini = leave_folder);

#define TASKS                                                                                                \
	SIX "count = r/c.fq\n"                                                                               \
	    "[task count]\ncommand = wc {reads} > {output}\noutput = o/{sample}.txt\n"                       \
	    "[task qc]\nper = file\ncommand = echo {file} > {output}\noutput = q/{file.name}\n"              \
	    "[task sum]\ncommand = cat {count.output} > sum.txt\noutput = sum.txt\n"                         \
	    "[task late]\ncommand = true\nafter = sum\n"

static bool wanted[64];

static uint32_t count_wanted(void)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < plan.job_count; i++) {
		count += wanted[i];
	}
	return count;
}

static void want(const char *target, uint32_t count)
{
	struct fq_error err = {0};
	memset(wanted, 0, sizeof(wanted));
	cr_assert(fq_plan_select(&plan, target, wanted, &err), "%s: %s", target, err.text);
	cr_assert(count_wanted() == count, "%s: %u jobs", target, count_wanted());
}

static void refuse(const char *target, const char *text, const char *hint)
{
	struct fq_error err = {0};
	memset(wanted, 0, sizeof(wanted));
	cr_assert(!fq_plan_select(&plan, target, wanted, &err), "%s", target);
	cr_assert(
	        strstr(err.text, text) && strstr(err.hint, hint), "%s: %s (%s)", target, err.text, err.hint);
	cr_assert(count_wanted() == 0);
	fq_error_finish(&err);
}

Test(plan_select, a_task)
{
	load(TASKS);
	want("qc", 5);
	want("sum", 1);
	want("task:qc", 5);
}

Test(plan_select, a_sample_without_the_cohort)
{
	load(TASKS);
	want("s2", 3);
	cr_assert(
	        wanted[job_of("qc/s2/L1/R1")] && wanted[job_of("qc/s2/L1/R2")] && wanted[job_of("count/s2")]);
	want("sample:s1", 2);
	want("sample:count", 2);
}

Test(plan_select, one_job)
{
	load(TASKS);
	want("qc/s2/L1/R2", 1);
	cr_assert(wanted[job_of("qc/s2/L1/R2")]);
	want("count/s3", 1);
	want("task:count/s3", 1);
}

Test(plan_select, an_output_in_any_spelling)
{
	static const char *const paths[] = {
	        "o/s3.txt", "./o/s3.txt", ".//o/s3.txt", "o//s3.txt", "./o/./s3.txt"};
	load(TASKS);
	for (size_t i = 0; i < FQ_COUNT(paths); i++) {
		want(paths[i], 1);
		cr_assert(wanted[job_of("count/s3")]);
	}
	want("sum.txt", 1);
	want("q/s2_2.fq", 1);
}

Test(plan_select, an_output_that_begins_with_a_dash)
{
	load(SIX "[task a]\ncommand = true\noutput = -x\n");
	want("./-x", 1);
}

Test(plan_select, two_meanings_are_refused_and_can_be_told)
{
	load(TASKS);
	refuse("count", "\"count\" names two things", "task:NAME, sample:NAME or ./PATH");
	want("task:count", 4);
	load(SIX "[task a]\nper = sample\ncommand = true\n[task b]\nper = sample\ncommand = true\noutput = "
	         "a/{sample}\n");
	refuse("a/s1", "names two things", "./PATH");
	want("./a/s1", 1);
	cr_assert(wanted[job_of("b/s1")]);
	want("task:a/s1", 1);
	cr_assert(wanted[job_of("a/s1")]);
	load(SIX "[task a]\nper = sample\ncommand = true\noutput = a/{sample}\n");
	want("a/s1", 1);
	load("[task x]\ncommand = true\noutput = x\n");
	refuse("x", "names two things", "./PATH");
	want("./x", 1);
}

Test(plan_select, unknown_targets_get_a_hint)
{
	load(TASKS);
	refuse("cuont", "no target \"cuont\" in m.ini", "did you mean \"count\"?");
	refuse("s22", "no target", "did you mean \"s2\"?");
	refuse("nothing/like/it", "no target", "TASK/SAMPLE");
	refuse("count/s9", "no target", "");
	refuse("task:s1", "no target", "");
	refuse("sample:qc", "no target", "");
	refuse("", "no target", "");
	refuse("./", "no target", "");
	refuse("task:", "no target", "");
}

Test(plan_select, what_is_needed_comes_along)
{
	load(TASKS);
	want("late", 1);
	fq_plan_select_needed(&plan, wanted);
	cr_assert(count_wanted() == 6 && wanted[job_of("count/s1")] && !wanted[job_of("qc/s1/L1/R1")]);
	load(SIX "[task bam]\nper = sample\ncommand = true\noutput = b/{sample}\n"
	         "[task call]\nper = sample\ncommand = echo {sample}\ninput = b/s1\n");
	want("call/s3", 1);
	fq_plan_select_needed(&plan, wanted);
	cr_assert(count_wanted() == 2 && wanted[job_of("bam/s1")]);
}
