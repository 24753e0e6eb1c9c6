/* Told to stop, and processes of this machine: ended, cleaned up after, not believed. */
#include "run_fixture.h"

#include <sys/wait.h>

TestSuite(run_stop, .init = enter_folder, .fini = leave_run);

static struct fq_executor *local;

static int go_local(void)
{
	struct fq_error err = {0};
	local = local ? local : fq_exec_local(options.jobs, &err);
	cr_assert(local, "%s", err.text);
	return go_with(local);
}

static void leave_local(void)
{
	if (local) {
		local->impl->destroy(local);
	}
	leave_run();
}

static const char *awaited;
static int number_to_send, times_to_send = 1;

/* Sends the signal as soon as a job has said, by making a file, that it is there. */
static void send_when_there(const struct fq_run *of)
{
	if (times_to_send && of->counts[FQ_STATE_RUNNING] && (!awaited || is_there(awaited))) {
		times_to_send--;
		raise(number_to_send);
	}
}

static void stop_when_there(const char *path, int number)
{
	awaited = path;
	number_to_send = number;
	watcher.on_tick = send_when_there;
}

/* --- over the player --------------------------------------------------------------------- */

static int write_output(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	put(env_of(launch, "OUT"), "half");
	return 0;
}

#define THREE "[samples]\na =\nb =\nc =\n"
#define JOB "[task t]\nper = sample\ncommand = true\noutput = o/{sample}\nenv = OUT=o/{sample}\n"

Test(run_stop, a_job_that_was_told_to_end_is_not_believed)
{
	load(THREE JOB);
	player.play = write_output;
	player.holds = true;
	stop_when_there(NULL, SIGTERM);
	cr_assert(go() == 128 + SIGTERM && player.starts == 2 && run.counts[FQ_STATE_CANCELLED] == 3);
	cr_assert(
	        player.signals[SIGTERM] == 2 && player.signals[SIGCONT] == 2 && player.signals[SIGKILL] == 0);
	cr_assert(!is_there("o/a") && !is_there("o/b") && watcher.stoppings == 1);
	player.holds = false;
	watcher.on_tick = NULL;
	cr_assert(go() == 0 && player.starts == 3);
}

static void stop_after_end(const struct fq_run *of)
{
	(void)of;
	if (times_to_send && player.starts) {
		times_to_send--;
		raise(SIGINT);
	}
}

Test(run_stop, a_job_that_had_ended_by_itself_is)
{
	load(THREE JOB);
	player.play = write_output;
	watcher.on_tick = stop_after_end;
	cr_assert(go() == 128 + SIGINT && run.counts[FQ_STATE_DONE] == 2 &&
	          run.counts[FQ_STATE_CANCELLED] == 1);
	cr_assert(is_there("o/a") && player.signals[SIGTERM] == 0);
}

Test(run_stop, a_descriptor_that_is_always_ready_keeps_no_signal_out)
{
	load(THREE JOB);
	player.play = write_output;
	player.holds = true;
	player.watched = open("/dev/zero", O_RDONLY);
	stop_when_there(NULL, SIGHUP);
	cr_assert(go() == 128 + SIGHUP);
	player.holds = false;
	watcher.on_tick = NULL;
	cr_assert(go() == 0);
}

static void stop_at_once(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
	raise(SIGINT);
}

static void ignore_move(struct fq_observer *observer, const struct fq_run *of, uint32_t job,
        enum fq_state from, const struct fq_failure *failure)
{
	(void)observer;
	(void)of;
	(void)job;
	(void)from;
	(void)failure;
}

static void ignore(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
}

Test(run_stop, a_signal_is_heard_while_files_are_looked_at)
{
	static struct fq_observer early = {.begin = stop_at_once, .moved = ignore_move, .end = ignore};
	load(THREE JOB);
	observers[1] = &early;
	observer_count = 2;
	cr_assert(go() == 128 + SIGINT && player.starts == 0 && run.counts[FQ_STATE_CANCELLED] == 3);
	options.dry_run = true;
	cr_assert(go() == 128 + SIGINT && player.starts == 0);
}

/* --- processes of this machine ------------------------------------------------------------ */

static bool is_alive(const char *file)
{
	char path[64], state = 'X';
	snprintf(path, sizeof(path), "/proc/%d/stat", atoi(text_of(file)));
	FILE *stat = fopen(path, "r");
	bool is = stat && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1 && state != 'Z' && state != 'X';
	if (stat) {
		fclose(stat);
	}
	return is;
}

Test(run_stop, all_children_get_term_and_their_outputs_go, .fini = leave_local)
{
	load("[task a]\ncommand = sleep 1000 & echo $! > kid; echo x > out; touch ready; wait\noutput = out\n"
	     "[task b]\ncommand = true\nafter = a\n");
	stop_when_there("ready", SIGTERM);
	cr_assert(go_local() == 128 + SIGTERM && !is_alive("kid") && !is_there("out"));
	expect_state("a", FQ_STATE_CANCELLED);
	expect_state("b", FQ_STATE_CANCELLED);
}

Test(run_stop, who_ignores_term_is_killed_after_the_grace, .fini = leave_local)
{
	load("[task a]\ncommand = trap '' TERM; echo $$ > kid; echo x > out; touch ready; sleep 1000; sleep "
	     "1000\n"
	     "output = out\n");
	options.grace_ns = 50000000;
	stop_when_there("ready", SIGHUP);
	cr_assert(go_local() == 128 + SIGHUP && !is_alive("kid") && !is_there("out"));
}

Test(run_stop, a_second_signal_kills_without_grace, .fini = leave_local)
{
	load("[task a]\ncommand = trap '' TERM; touch ready; sleep 1000; sleep 1000\n");
	times_to_send = 2;
	stop_when_there("ready", SIGINT);
	cr_assert(go_local() == 128 + SIGINT && watcher.stoppings == 2);
}

Test(run_stop, a_job_that_stands_still_is_ended_too, .fini = leave_local)
{
	load("[task a]\ncommand = echo $$ > kid; touch ready; kill -STOP $$; sleep 1000\n");
	stop_when_there("ready", SIGQUIT);
	cr_assert(go_local() == 128 + SIGQUIT && !is_alive("kid"));
}

Test(run_stop, exit_status_0_after_term_is_not_believed, .fini = leave_local)
{
	load("[task a]\ncommand = trap 'exit 0' TERM; echo half > out; touch ready; sleep 1000 & "
	     "wait\noutput = out\n");
	stop_when_there("ready", SIGTERM);
	cr_assert(go_local() == 128 + SIGTERM && !is_there("out"));
	expect_state("a", FQ_STATE_CANCELLED);
}

Test(run_stop, a_job_that_writes_without_pause_can_be_stopped, .fini = leave_local)
{
	load("[task a]\ncommand = touch ready; yes\n[task b]\ncommand = true\n");
	stop_when_there("ready", SIGINT);
	cr_assert(go_local() == 128 + SIGINT);
}

Test(run_stop, timeout_ends_a_job_and_says_so, .fini = leave_local)
{
	load("[task a]\ncommand = sleep 1000 & echo $! > kid; echo half > out; wait\noutput = out\ntimeout = "
	     "0.3s\n"
	     "[task b]\ncommand = trap 'exit 0' TERM; echo half > out2; sleep 1000 & wait\noutput = "
	     "out2\ntimeout = 0.2s\n"
	     "[task c]\ncommand = echo > out3\noutput = out3\ntimeout = 1h\n");
	cr_assert(go_local() == 1 && !is_there("out") && !is_there("out2") && !is_alive("kid"));
	expect_state("a", FQ_STATE_FAILED);
	expect_state("b", FQ_STATE_FAILED);
	expect_state("c", FQ_STATE_DONE);
	cr_assert(strncmp(run.failures[0].cause, "stopped at its timeout of 0.", 28) == 0, "%s",
	        run.failures[0].cause);
}

Test(run_stop, a_left_child_does_not_survive_a_job, .fini = leave_local)
{
	load("[task a]\ncommand = sleep 1000 & echo $! > kid; setsid sleep 1000 & echo $! > kid2\noutput = "
	     "kid kid2\n");
	cr_assert(go_local() == 0 && !is_alive("kid") && !is_alive("kid2"));
}

Test(run_stop, causes_logs_and_folders, .fini = leave_local)
{
	load("[samples]\na b =\n[task a]\nper = sample\ncommand = echo said; echo loud >&2; ls -A {tmp} > "
	     "seen; exit 7\n"
	     "[task gone]\ncommand = no-such-program-here x\n[task shell]\ncommand = no-such-program-here x; "
	     "true\n"
	     "[task self]\ncommand = kill -9 $$; true\n");
	options.jobs = 1;
	cr_assert(go_local() == 1 && run.failure_count == 4);
	cr_assert(strcmp(run.failures[0].cause, "exit status 7") == 0, "%s", run.failures[0].cause);
	cr_assert(strcmp(run.failures[0].log, "logs/a/a b.log") == 0 && text_of("seen")[0] == '\0');
	cr_assert(strcmp(text_of(run.failures[0].log), "said\nloud\n") == 0);
	for (size_t i = 1; i < 4; i++) {
		const char *cause = run.failures[i].cause;
		cr_assert(strstr(cause, "no such program in PATH") || strstr(cause, "exit status 127: ") ||
		                  strstr(cause, "ended by signal 9 "),
		        "%s", cause);
	}
}

/* The second time it finds what it writes, so that comes to rest. */
Test(run_stop, an_input_that_changes_while_the_job_runs_makes_it_run_again, .fini = leave_local)
{
	put("in", "old");
	load("[task a]\ncommand = cat in > out; echo newer > in\ninput = in\noutput = out\n");
	cr_assert(go_local() == 0 && watcher.runs == 2);
	cr_assert(strcmp(text_of("out"), "newer\n") == 0);
	cr_assert(go_local() == 0 && watcher.runs == 0);
}

Test(run_stop, tmp_is_empty_for_each_job_of_a_slot, .fini = leave_local)
{
	load(THREE "[task a]\nper = sample\ncommand = ls -A {tmp} >> seen; touch {tmp}/.x {tmp}/y; chmod 500 "
	           "{tmp}; test $TMPDIR = {tmp}\n");
	options.jobs = 1;
	cr_assert(go_local() == 0 && watcher.runs == 3 && text_of("seen")[0] == '\0');
}
