/* Jobs that misbehave, and very many of them. */
#define SLOTS 1000
#include "exec_jobs.h"

TestSuite(exec_hard, .init = make_executor, .fini = destroy_executor, .timeout = 60);

enum { PATIENCE_S = 30 };

/* --- jobs that stand still ---------------------------------------------------- */

static void expect_nothing(void)
{
	struct fq_exit end;
	cr_assert_not(executor->impl->next_exit(executor, &end));
}

static void expect_stop(uint32_t slot)
{
	struct fq_exit end = wait_exit();
	cr_assert(end.slot == slot && end.stopped_by == SIGSTOP && end.status == 0);
	cr_assert(executor->impl->process(executor, slot).pid > 0, "it runs still");
	expect_nothing();
}

Test(exec_hard, stop_is_told_once_and_is_no_end)
{
	start_script(3, "kill -STOP $$; echo on; kill -STOP $$; echo end; exit 7", "log");
	expect_stop(3);
	executor->impl->signal(executor, 3, SIGCONT);
	expect_stop(3);
	expect_log("log", "on\n");
	executor->impl->signal(executor, 3, SIGCONT);
	struct fq_exit end = wait_exit();
	cr_assert(end.slot == 3 && !end.stopped_by && WEXITSTATUS(end.status) == 7);
	expect_log("log", "on\nend\n");
}

Test(exec_hard, stop_of_one_does_not_hide_the_end_of_another)
{
	start_script(0, "kill -STOP $$", "log0");
	expect_stop(0);
	cr_assert((start_script(1, "exit 2", "log1"), wait_exit().status) == 2 << 8);
	executor->impl->signal(executor, 0, SIGKILL);
	struct fq_exit end = wait_exit();
	cr_assert(end.slot == 0 && !end.stopped_by && WTERMSIG(end.status) == SIGKILL);
}

Test(exec_hard, killed_before_its_stop_was_seen_is_an_end)
{
	siginfo_t info;
	start_script(0, "kill -STOP $$", "log");
	cr_assert(waitid(P_ALL, 0, &info, WSTOPPED | WNOWAIT) == 0);
	executor->impl->signal(executor, 0, SIGKILL);
	cr_assert(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
	struct fq_exit end = wait_exit();
	cr_assert(!end.stopped_by && WTERMSIG(end.status) == SIGKILL);
}

Test(exec_hard, stopped_orphan_is_nobodys_stop)
{
	start_script(0,
	        "mkfifo f; setsid sh -c 'echo $$ > f; kill -STOP $$' & read p < f; echo $p; "
	        "until grep -q '^State:.T' /proc/$p/status; do :; done",
	        "log");
	struct fq_exit end = wait_exit();
	cr_assert(!end.stopped_by && end.status == 0);
	expect_nothing();
	cr_assert(fq_exec_has_children());
	fq_exec_end_children(0, INT64_C(1000000000) * PATIENCE_S);
	cr_assert(is_gone(read_pid("log")) && !fq_exec_has_children());
}

/* --- jobs that try to get away -------------------------------------------------- */

Test(exec_hard, grandchild_in_a_session_of_its_own_is_found)
{
	cr_assert(run_script("mkfifo f; setsid sh -c 'setsid sh -c \"trap : TERM HUP; echo \\$\\$ > f; "
	                     "while :; do sleep 1000; done\" >/dev/null 2>&1 &' & read p < f; echo $p") == 0);
	cr_assert(fq_exec_has_children());
	fq_exec_end_children(0, INT64_C(1000000000) * PATIENCE_S);
	cr_assert(is_gone(read_pid("log")) && !fq_exec_has_children());
}

Test(exec_hard, killing_its_group_kills_no_one_else)
{
	start_script(1, "mkfifo f; read x < f; exit 4", "log1");
	start_script(0, "sleep 1000 & kill -KILL 0", "log");
	struct fq_exit end = wait_exit();
	cr_assert(end.slot == 0 && WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL);
	while (access("f", F_OK) != 0) {
		poll(NULL, 0, 1);
	}
	close(open("f", O_WRONLY | O_CLOEXEC));
	cr_assert(WEXITSTATUS(wait_exit().status) == 4);
	wait_for_adopted();
}

Test(exec_hard, thousand_quick_grandchildren_are_reaped)
{
	cr_assert(run_script("i=0; while [ $i -lt 1000 ]; do (setsid true &) ; i=$((i + 1)); done; exit 3") ==
	          3 << 8);
	wait_for_adopted();
}

/* --- very many ------------------------------------------------------------------- */

/* Each waits for the end of what all share, and has its slot as its status. */
static void start_all(int shared)
{
	struct fq_error err = {0};
	char script[64], log[32];
	char *argv[] = {"/bin/sh", "-c", script, NULL};
	const struct fq_descriptor wanted = {.number = 0, .fd = shared};
	for (uint32_t i = 0; i < SLOTS; i++) {
		snprintf(script, sizeof(script), "read x; exit %u", i % 251);
		snprintf(log, sizeof(log), "log%u", i);
		struct fq_launch launch = {.argv = argv,
		        .env = usual_env,
		        .log = log,
		        .descriptors = &wanted,
		        .descriptor_count = 1};
		cr_assert(executor->impl->start(executor, i, &launch, &err), "%s", err.text);
	}
}

Test(exec_hard, thousand_jobs_that_end_at_once_are_each_told_once)
{
	static bool ended[SLOTS];
	struct fq_exit end;
	struct rlimit files;
	siginfo_t info;
	int shared[2];
	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < SLOTS + 100) {
		cr_skip_test("too few descriptors allowed");
	}
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){files.rlim_max, files.rlim_max});
	cr_assert(pipe2(shared, O_CLOEXEC) == 0);
	start_all(shared[0]);
	close(shared[0]);
	expect_nothing();
	close(shared[1]);
	for (uint32_t i = 0; i < SLOTS; i++) {
		id_t pid = (id_t)executor->impl->process(executor, i).pid;
		cr_assert(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		cr_assert(executor->impl->next_exit(executor, &end));
		cr_assert(end.slot < SLOTS && !ended[end.slot]);
		cr_assert(WIFEXITED(end.status) && WEXITSTATUS(end.status) == (int)(end.slot % 251));
		ended[end.slot] = true;
	}
	expect_nothing();
	cr_assert_not(fq_exec_has_children());
}
