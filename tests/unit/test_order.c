/* Which job is next, and that none is passed for ever. */
#include "simulate_fixture.h"

TestSuite(order, .init = enter_folder, .fini = leave_run);

#define THREE                                                                                                \
	"[task a]\nper = sample\ncommand = true\n[task b]\nper = sample\ncommand = true\n"                   \
	"[task c]\nper = sample\ncommand = true\n"

Test(order, starts_in_the_manifests_order_where_nobody_knows_better)
{
	load_graph(&(struct graph){.samples = 100, .jobs = 3, .text = THREE});
	random_state = 1;
	for (uint32_t job = 0; job < plan.job_count; job++) {
		seconds[job] = 1 + draw();
	}
	simulate_fifo();
	for (uint32_t i = 0; i < started_count; i++) {
		cr_assert(started[i] == i, "job %u was number %u", started[i], i);
	}
}

Test(order, priority_goes_before_the_longest_way)
{
	load_graph(&(struct graph){.samples = 10,
	        .jobs = 1,
	        .text = "[task long]\nper = sample\ncommand = true\n"
	                "[task first]\nper = sample\npriority = 1\ncommand = true\n"
	                "[task last]\nper = sample\npriority = -1\ncommand = true\n"});
	for (uint32_t job = 0; job < plan.job_count; job++) {
		seconds[job] = job < 10 ? 100 + job : job;
	}
	simulate_with(0);
	for (uint32_t i = 0; i < 10; i++) {
		cr_assert(started[i] == 19 - i && started[10 + i] == 9 - i && started[20 + i] == 29 - i);
	}
}

/* While a thousand narrow jobs of about a second go on, one comes that needs all tokens: how
 * long it waits. `share`: of what a job takes, so much is expected. */
static double wait_of_wide(double share)
{
	load_graph(&(struct graph){.samples = 1000,
	        .jobs = 4,
	        .text = "[task prepare]\nper = cohort\ncommand = true\n"
	                "[task wide]\nper = cohort\nafter = prepare\nthreads = 4\ncommand = true\n"
	                "[task narrow]\nper = sample\ncommand = true\n"});
	uint32_t wide = job_of("wide");
	random_state = 2;
	for (uint32_t job = 0; job < plan.job_count; job++) {
		seconds[job] = job == wide ? 10 : 0.5 + draw();
		told[job] = share * seconds[job];
	}
	simulate();
	cr_assert(queued_ns[wide] > 0);
	return (double)(started_ns[wide] - queued_ns[wide]) / 1e9;
}

Test(order, a_wide_job_waits_for_those_that_run_if_it_is_known_how_long)
{
	double wait = wait_of_wide(1);
	cr_assert(wait > 0 && wait <= 1.5, "%f", wait);
}

Test(order, a_wide_job_is_passed_for_five_seconds_if_nobody_knows)
{
	double wait = wait_of_wide(0);
	cr_assert(wait > 5 && wait <= 5 + 1.5, "%f", wait);
}

Test(order, a_wide_job_is_not_passed_for_ever_by_those_that_take_longer_than_expected)
{
	double wait = wait_of_wide(0.01);
	cr_assert(wait <= 0.015 + 5 + 1.5, "%f", wait);
}

Test(order, one_that_asks_for_more_than_there_is_runs_alone)
{
	load_graph(&(struct graph){.samples = 20,
	        .jobs = 4,
	        .memory_gib = 4,
	        .text = "[task huge]\nper = cohort\nmemory = 64G\ncommand = true\n"
	                "[task small]\nper = sample\nmemory = 1G\ncommand = true\n"});
	for (uint32_t job = 0; job < plan.job_count; job++) {
		seconds[job] = 1;
	}
	/* Twenty of one second, four at a time, and one for itself. */
	cr_assert(simulate_with(0) == 6);
}

/* `late` takes a thousand seconds in place of ten, which is when `wide` was to start. From then
 * on it is known that it can when `long` has ended, but one that would end before that is
 * not believed any more. */
Test(order, once_it_is_late_none_passes_a_wide_job)
{
	static const struct {
		const char *name;
		double told, seconds;
	} jobs[] = {{"prepare", 1, 1}, {"wide", 1000, 1000}, {"late", 10, 1000}, {"long", 100, 100},
	        {"fits", 8, 20}, {"tempts", 40, 500}};
	load_graph(&(struct graph){.samples = 1,
	        .jobs = 3,
	        .text = "[task prepare]\nper = cohort\npriority = 1\ncommand = true\n"
	                "[task wide]\nper = cohort\nafter = prepare\nthreads = 2\npriority = 1\n"
	                "command = true\n"
	                "[task late]\nper = cohort\npriority = 1\ncommand = true\n"
	                "[task long]\nper = cohort\npriority = 1\ncommand = true\n"
	                "[task fits]\nper = cohort\ncommand = true\n"
	                "[task tempts]\nper = cohort\ncommand = true\n"});
	for (size_t i = 0; i < FQ_COUNT(jobs); i++) {
		told[job_of(jobs[i].name)] = jobs[i].told;
		seconds[job_of(jobs[i].name)] = jobs[i].seconds;
	}
	simulate();
	cr_assert(started_ns[job_of("fits")] == INT64_C(1000000000));
	cr_assert(started_ns[job_of("wide")] == INT64_C(100000000000), "%lld",
	        (long long)started_ns[job_of("wide")]);
}
