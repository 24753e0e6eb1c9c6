/* Executors that run nothing. */
#include "fqrun/exec.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t durations[4];

static int64_t duration_of(void *context, uint32_t slot)
{
	cr_assert(context == durations && slot < FQ_COUNT(durations));
	return durations[slot];
}

static struct fq_executor *make_simulated(void)
{
	struct fq_executor *executor = fq_exec_simulated(FQ_COUNT(durations), duration_of, durations);
	cr_assert(executor->impl->now_ns(executor) == 0);
	return executor;
}

static void start(struct fq_executor *executor, uint32_t slot, int64_t duration_ns)
{
	char *argv[] = {"no-such-program", NULL}, *env[] = {NULL};
	durations[slot] = duration_ns;
	cr_assert(executor->impl->start(
	        executor, slot, &(struct fq_launch){.argv = argv, .env = env, .log = "/nowhere/log"}, NULL));
	cr_assert(executor->impl->process(executor, slot).pid == 0);
}

static void expect_exit(struct fq_executor *executor, uint32_t slot, int status)
{
	struct fq_exit end;
	cr_assert(executor->impl->next_exit(executor, &end));
	cr_assert(end.slot == slot && end.status == status && !end.stopped_by && !end.log_failed,
	        "slot %u, status %d", end.slot, end.status);
}

static void expect_none(struct fq_executor *executor)
{
	struct fq_exit end;
	cr_assert_not(executor->impl->next_exit(executor, &end));
}

static void expect_time(struct fq_executor *executor, int64_t until_ns, int64_t expected_ns)
{
	executor->impl->pass(executor, until_ns);
	cr_assert(executor->impl->now_ns(executor) == expected_ns, "%lld",
	        (long long)executor->impl->now_ns(executor));
}

Test(simulated, jobs_end_in_the_order_of_their_ends_then_of_their_slots)
{
	struct fq_executor *executor = make_simulated();
	start(executor, 0, 30);
	start(executor, 3, 20);
	start(executor, 2, 10);
	start(executor, 1, 20);
	expect_none(executor);
	expect_time(executor, -1, 10);
	expect_exit(executor, 2, 0);
	expect_none(executor);
	start(executor, 2, 10); /* from now on: it ends at 20, too */
	expect_time(executor, -1, 20);
	expect_exit(executor, 1, 0);
	expect_exit(executor, 2, 0);
	expect_exit(executor, 3, 0);
	expect_none(executor);
	expect_time(executor, -1, 30);
	expect_exit(executor, 0, 0);
	expect_none(executor);
	executor->impl->destroy(executor);
}

Test(simulated, time_goes_on_to_what_comes_first)
{
	struct fq_executor *executor = make_simulated();
	expect_time(executor, -1, 0);
	expect_time(executor, 5, 5);
	start(executor, 0, 100);
	expect_time(executor, 50, 50);
	expect_none(executor);
	expect_time(executor, 20, 50); /* never back */
	expect_time(executor, 1000, 105);
	expect_time(executor, 1000, 105); /* its end was not taken yet */
	expect_exit(executor, 0, 0);
	start(executor, 0, 0);
	expect_exit(executor, 0, 0);
	expect_time(executor, 1000, 1000);
	executor->impl->destroy(executor);
}

Test(simulated, all_that_ended_meanwhile_is_told_in_its_order)
{
	struct fq_executor *executor = make_simulated();
	start(executor, 0, 10);
	start(executor, 1, 10);
	expect_time(executor, -1, 10);
	start(executor, 2, 0);
	expect_exit(executor, 0, 0);
	expect_exit(executor, 1, 0);
	expect_exit(executor, 2, 0);
	expect_none(executor);
	executor->impl->destroy(executor);
}

Test(simulated, signals_end_a_job_now)
{
	struct fq_executor *executor = make_simulated();
	start(executor, 0, 100);
	start(executor, 1, 100);
	start(executor, 2, 100);
	expect_time(executor, 40, 40);
	executor->impl->signal(executor, 1, SIGCONT);
	expect_none(executor);
	executor->impl->signal(executor, 1, SIGTERM);
	executor->impl->signal(executor, 1, SIGKILL); /* it has ended already */
	executor->impl->signal(executor, 0, SIGKILL);
	executor->impl->signal(executor, 3, SIGKILL); /* nobody */
	expect_exit(executor, 0, SIGKILL);
	expect_exit(executor, 1, SIGTERM);
	cr_assert(WIFSIGNALED(SIGTERM) && WTERMSIG(SIGTERM) == SIGTERM, "that is what wait(2) has");
	expect_none(executor);
	expect_time(executor, -1, 100);
	executor->impl->signal(executor, 2, SIGTERM); /* too late: it ended well */
	expect_exit(executor, 2, 0);
	executor->impl->destroy(executor);
}

Test(simulated, nothing_is_to_be_watched_nor_made)
{
	struct fq_executor *executor = make_simulated();
	struct pollfd watched[FQ_COUNT(durations)];
	start(executor, 0, 1);
	cr_assert(executor->impl->watch(executor, watched) == 0);
	executor->impl->absorb(executor, watched, 0);
	const struct fq_executor_impl *impl = executor->impl;
	impl->destroy(executor); /* while one runs */
	impl->destroy(NULL);
}

Test(noop, says_that_all_went_well_in_the_order_of_starts)
{
	static const uint32_t order[] = {2, 0, 1};
	struct fq_executor *noop = fq_exec_noop(3);
	struct fq_exit end;
	struct pollfd watched[3];
	char *argv[] = {"no-such-program", NULL}, *env[] = {NULL};
	cr_assert_not(noop->impl->next_exit(noop, &end));
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < FQ_COUNT(order); i++) {
			cr_assert(noop->impl->start(noop, order[i],
			        &(struct fq_launch){.argv = argv, .env = env, .log = "log"}, NULL));
		}
		cr_assert(noop->impl->watch(noop, watched) == 0);
		noop->impl->absorb(noop, watched, 0);
		noop->impl->signal(noop, 0, SIGKILL);
		for (size_t i = 0; i < FQ_COUNT(order); i++) {
			cr_assert(noop->impl->next_exit(noop, &end));
			cr_assert(end.slot == order[i] && end.status == 0 && !end.log_failed);
		}
		cr_assert_not(noop->impl->next_exit(noop, &end));
	}
	const struct fq_executor_impl *impl = noop->impl;
	impl->destroy(noop);
	impl->destroy(NULL);
	cr_assert(access("log", F_OK) != 0);
}
