/* How a job ends, and all that it started with it. */
#include "exec_jobs.h"

#include <sys/prctl.h>

TestSuite(exec, .init = make_executor, .fini = destroy_executor, .timeout = 60);

/* --- by itself ----------------------------------------------------------- */

Test(exec, exit_status_is_told)
{
	cr_assert(run_script("exit 0") == 0);
	cr_assert(WEXITSTATUS(run_script("exit 1")) == 1);
	cr_assert(WEXITSTATUS(run_script("exit 255")) == 255);
}

Test(exec, signal_that_ended_it_is_told)
{
	int status = run_script("kill -TERM $$");
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = run_script("kill -KILL $$");
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = run_script("kill -TERM 0");
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "and we live");
}

Test(exec, time_and_memory_of_a_job_are_told)
{
	start_script(0, "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done", "log");
	struct fq_exit end = wait_exit();
	cr_assert(end.user_ns + end.system_ns > 0 && end.peak_rss_kb > 100);
}

Test(exec, job_that_closed_its_output_is_waited_for_without_its_pipe)
{
	struct pollfd watched[SLOTS];
	start_script(0, "mkfifo f; echo ready; exec >&- 2>&-; read x < f; exit 4", "log");
	while (executor->impl->watch(executor, watched)) {
		wait_events();
	}
	expect_log("log", "ready\n");
	int fd = open("f", O_WRONLY | O_CLOEXEC);
	close(fd);
	cr_assert(WEXITSTATUS(wait_exit().status) == 4);
}

Test(exec, output_left_in_the_pipe_is_logged_at_the_end)
{
	siginfo_t info;
	struct fq_exit end;
	start_script(0, "echo last words", "log");
	cr_assert(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
	cr_assert(executor->impl->next_exit(executor, &end) && end.status == 0);
	expect_log("log", "last words\n");
}

/* --- what it leaves ------------------------------------------------------ */

Test(exec, background_process_of_its_group_is_killed)
{
	cr_assert(run_script("sleep 1000 & echo $!") == 0);
	wait_for_adopted();
	cr_assert(is_gone(read_pid("log")));
}

Test(exec, daemon_that_holds_the_pipe_does_not_hold_the_end)
{
	cr_assert(run_script("mkfifo f; setsid sh -c 'echo $$ > f; exec sleep 1000' & read p < f; echo $p") ==
	          0);
	pid_t daemon = read_pid("log");
	cr_assert(fq_exec_has_children());
	cr_assert(kill(daemon, SIGKILL) == 0);
	wait_for_adopted();
	cr_assert(is_gone(daemon));
}

Test(exec, daemon_that_writes_without_end_does_not_hold_the_end)
{
	enum { PIPE_BYTES = 1 << 20 };
	siginfo_t info;
	/* A log without end must not fill the disk of who tests this. */
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){50 << 20, RLIM_INFINITY}) == 0);
	start_script(0,
	        "mkfifo f; perl -e 'fcntl(STDOUT, 1031, 1 << 20)'; setsid sh -c 'yes & yes & exec yes' & "
	        "read p < f",
	        "log");
	wait_for_text("log", "y\ny\n");
	int fd = open("f", O_WRONLY | O_CLOEXEC);
	close(fd);
	cr_assert(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
	int64_t before = fq_stamp_read("log").size_bytes;
	cr_assert(WEXITSTATUS(wait_exit().status) == 1);
	/* No more than the pipe held when the job had ended. */
	cr_assert(fq_stamp_read("log").size_bytes <= before + PIPE_BYTES);
	wait_for_adopted();
}

Test(exec, slot_serves_again)
{
	for (int i = 0; i < 50; i++) {
		cr_assert(WEXITSTATUS(run_script(i % 2 ? "echo odd; exit 1" : "exit 2")) == 2 - i % 2);
		cr_assert((access("log", F_OK) == 0) == (i % 2));
	}
}

/* The numbers of orphans come between those of jobs, and are looked up like them. */
Test(exec, slot_serves_again_among_orphans)
{
	for (int i = 0; i < 100; i++) {
		cr_assert(WEXITSTATUS(run_script("sleep 1000 & sleep 1000 & exit 2")) == 2);
	}
	wait_for_adopted();
}

Test(exec, no_descriptor_stays_open_here)
{
	struct fq_error err = {0};
	char *argv[] = {"./none", NULL};
	size_t before = count_descriptors();
	cr_assert(run_script("echo a") == 0 && run_script("true") == 0);
	cr_assert_not(start_words(0, argv, usual_env, "log", &err));
	fq_error_finish(&err);
	cr_assert(count_descriptors() == before);
}

/* --- by us --------------------------------------------------------------- */

Test(exec, signal_reaches_the_whole_group)
{
	start_script(0,
	        "trap : TERM; sh -c 'trap \"echo got; exit 0\" TERM; echo ready; sleep 1000 & wait' & wait; "
	        "wait; echo end",
	        "log");
	wait_for_text("log", "ready");
	executor->impl->signal(executor, 0, SIGTERM);
	cr_assert(wait_exit().status == 0);
	expect_log("log", "ready\ngot\nend\n");
}

Test(exec, job_that_does_not_heed_a_signal_is_killed)
{
	start_script(0, "trap 'echo no' TERM; echo ready; while :; do sleep 1000 & wait; done", "log");
	wait_for_text("log", "ready");
	executor->impl->signal(executor, 0, SIGTERM);
	wait_for_text("log", "no");
	executor->impl->signal(executor, 0, SIGKILL);
	int status = wait_exit().status;
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	wait_for_adopted();
}

Test(exec, stopped_job_can_be_killed)
{
	start_script(0, "echo ready; kill -STOP $$; echo on", "log");
	wait_for_text("log", "ready");
	executor->impl->signal(executor, 0, SIGKILL);
	int status = wait_exit().status;
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

Test(exec, signal_to_a_free_slot_reaches_nobody)
{
	executor->impl->signal(executor, 0, SIGKILL);
	cr_assert(run_script("exit 5") == 5 << 8);
	executor->impl->signal(executor, 0, SIGKILL);
}

Test(exec, destroying_kills_what_runs)
{
	start_script(0, "echo $$; exec sleep 1000", "log0");
	start_script(5, "trap '' TERM INT HUP; echo $$; exec sleep 1000", "log5");
	wait_for_text("log0", "\n");
	wait_for_text("log5", "\n");
	executor->impl->destroy(executor);
	cr_assert(is_gone(read_pid("log0")) && is_gone(read_pid("log5")));
	executor = NULL;
	cr_assert_not(fq_exec_has_children());
}

/* --- after a run that was killed ------------------------------------------ */

/* A sleeping process with one variable in its environment, behind `bytes` of another. */
static pid_t leave_orphan(const char *run, size_t bytes)
{
	int ends[2];
	char byte, *padding = calloc(1, bytes + 3), variable[64];
	memset(padding, 'x', bytes + 2);
	padding[1] = '=';
	snprintf(variable, sizeof(variable), "FQRUN_RUN=%s", run);
	cr_assert(pipe2(ends, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = {"sleep", "1000", NULL}, *env[] = {"A=b", padding, variable, NULL};
		setsid();
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing */
		execve("/bin/sleep", argv, env);
		_exit(127);
	}
	close(ends[1]);
	cr_assert(read(ends[0], &byte, 1) == 0, "it has become another program");
	close(ends[0]);
	free(padding);
	return pid;
}

static bool is_killed(pid_t pid)
{
	int status; /* what has no environment any more may be on its last steps */
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

Test(exec, orphans_of_a_run_are_ended_and_no_one_else)
{
	char run[64], outer[80], inner[80], other[80], others_inner[80];
	snprintf(run, sizeof(run), "test-%ld-%s", (long)getpid(), folder + strlen(folder) - 6);
	snprintf(outer, sizeof(outer), "a:%s", run);
	snprintf(inner, sizeof(inner), "%s:b", run);
	snprintf(other, sizeof(other), "%sx", run);
	snprintf(others_inner, sizeof(others_inner), "a:x%s:", run);
	pid_t ours[] = {leave_orphan(run, 1), leave_orphan(run, 100000), leave_orphan(run, 0),
	        leave_orphan(outer, 1), leave_orphan(inner, 1)};
	pid_t others[] = {leave_orphan(other, 1), leave_orphan("", 1), leave_orphan(others_inner, 1)};
	cr_assert(fq_exec_end_orphans(run, NULL, 0, false, INT64_C(30000000000)) == FQ_COUNT(ours));
	for (size_t i = 0; i < FQ_COUNT(ours); i++) {
		cr_assert(is_killed(ours[i]), "%zu", i);
	}
	for (size_t i = 0; i < FQ_COUNT(others); i++) {
		cr_assert(waitpid(others[i], NULL, WNOHANG) == 0, "%zu", i);
		kill(others[i], SIGKILL);
		waitpid(others[i], NULL, 0);
	}
	cr_assert(fq_exec_end_orphans(run, NULL, 0, false, INT64_C(30000000000)) == 0);
}

/* A session of two, the second of them without a mark; returns its leader. */
static pid_t leave_session(pid_t *ret_member)
{
	int ends[2];
	cr_assert(pipe2(ends, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid_t member = fork();
		if (member != 0) {
			ssize_t put = write(ends[1], &member, sizeof(member));
			(void)put;
		}
		alarm(60); /* a test that fails leaves nothing for long */
		pause();
		_exit(0);
	}
	cr_assert(read(ends[0], ret_member, sizeof(*ret_member)) == sizeof(*ret_member));
	close(ends[0]);
	close(ends[1]);
	return pid;
}

/* The run ended long ago, and the number of its job's session is another's by now. */
Test(exec, session_that_got_the_number_of_a_job_is_let_be)
{
	const int64_t a_second = sysconf(_SC_CLK_TCK), patience_ns = INT64_C(30000000000);
	int64_t now = fq_clock_ticks();
	pid_t member, leader = leave_session(&member);
	struct fq_process job = {leader, now - 10 * a_second};
	for (int i = 0; i < 2; i++) {
		cr_assert(fq_exec_end_orphans("none", &job, 1, i == 1, patience_ns) == 0);
		cr_assert(kill(member, 0) == 0 && waitpid(leader, NULL, WNOHANG) == 0);
	}
	job.started_ticks = now;
	cr_assert(fq_exec_end_orphans("none", &job, 1, false, patience_ns) == 2, "it is the job's");
	cr_assert(is_killed(leader) && is_killed(member), "the second came to us");
}

/* Without its leader a session is a job's only if there was no time for another. */
Test(exec, session_without_its_leader)
{
	const int64_t patience_ns = INT64_C(30000000000);
	struct fq_process job = {.started_ticks = fq_clock_ticks()};
	pid_t member, leader = leave_session(&member);
	job.pid = leader;
	kill(leader, SIGKILL);
	cr_assert(is_killed(leader));
	cr_assert(fq_exec_end_orphans("none", &job, 1, false, patience_ns) == 0);
	cr_assert(kill(member, 0) == 0);
	cr_assert(fq_exec_end_orphans("none", &job, 1, true, patience_ns) == 1);
	cr_assert(is_killed(member));
}
