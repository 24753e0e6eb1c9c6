/* How a job starts, what it finds around it, and where its output goes. */
#include "exec_jobs.h"

TestSuite(exec, .init = make_executor, .fini = destroy_executor, .timeout = 60);

/* --- the log ------------------------------------------------------------- */

Test(exec, log_has_output_and_errors_in_their_order)
{
	cr_assert(run_script("echo a; echo b >&2; echo c; printf d >&2; printf e") == 0);
	expect_log("log", "a\nb\nc\nde");
}

Test(exec, log_is_made_when_the_first_byte_comes)
{
	cr_assert(run_script("true") == 0);
	cr_assert(access("log", F_OK) != 0);
	start_script(0, "mkfifo f; read x < f; echo $x", "deep/er/log");
	cr_assert(access("deep", F_OK) != 0);
	while (access("f", F_OK) != 0) {
		poll(NULL, 0, 1);
	}
	int fd = open("f", O_WRONLY | O_CLOEXEC);
	cr_assert(write(fd, "text\n", 5) == 5);
	close(fd);
	cr_assert(wait_exit().status == 0);
	expect_log("deep/er/log", "text\n");
}

Test(exec, log_of_an_earlier_run_is_removed_at_the_start)
{
	struct fq_error err = {0};
	char *argv[] = {"no-such-program", NULL};
	cr_assert(run_script("echo long output") == 0 && run_script("echo b") == 0);
	expect_log("log", "b\n");
	cr_assert(run_script("true") == 0);
	cr_assert(access("log", F_OK) != 0);
	cr_assert(run_script("echo old") == 0);
	cr_assert_not(start_words(0, argv, usual_env, "log", &err));
	cr_assert(access("log", F_OK) != 0, "the log of another run for a job that did not start");
	fq_error_finish(&err);
}

Test(exec, log_through_a_link_does_not_touch_what_it_names)
{
	put_program("mine", "mine", 0600);
	cr_assert(symlink("mine", "log") == 0 && run_script("echo b") == 0);
	expect_log("mine", "mine");
	expect_log("log", "b\n");
}

Test(exec, log_that_cannot_be_written_is_told_and_the_job_goes_on)
{
	put_program("file", "", 0600);
	start_script(0, "head -c 300000 /dev/zero; echo done > end", "file/log");
	struct fq_exit end = wait_exit();
	cr_assert(end.status == 0 && end.log_failed);
	expect_log("end", "done\n");
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, RLIM_INFINITY}) == 0);
	start_script(0, "head -c 300000 /dev/zero; true", "log");
	end = wait_exit();
	cr_assert(end.status == 0 && end.log_failed && fq_stamp_read("log").size_bytes == 1000);
	start_script(0, "echo short", "log");
	cr_assert_not(wait_exit().log_failed);
}

Test(exec, megabytes_of_output_arrive_whole_in_little_memory)
{
	cr_assert(run_script("head -c 100000 /dev/zero") == 0);
	long before = peak_kb();
	cr_assert(run_script("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end >&2") == 0);
	cr_assert(peak_kb() < before + 2048, "%ld, then %ld", before, peak_kb());
	struct fq_buf got = {0};
	cr_assert(fq_file_read("log", 64 << 20, &got, NULL) && got.len == 5000005);
	cr_assert(strspn(got.at, "x") == 5000000 && strcmp(got.at + 5000000, "\nend\n") == 0);
	fq_buf_finish(&got);
}

Test(exec, outputs_of_many_jobs_are_not_mixed)
{
	bool ended[SLOTS] = {false};
	char script[100], log[16], text[32];
	for (uint32_t i = 0; i < SLOTS; i++) {
		snprintf(script, sizeof(script), "for i in 1 2 3; do echo %u; done; exit %u", i, i);
		snprintf(log, sizeof(log), "log%u", i);
		start_script(i, script, log);
	}
	for (int i = 0; i < SLOTS; i++) {
		struct fq_exit end = wait_exit();
		cr_assert(end.slot < SLOTS && !ended[end.slot]);
		cr_assert(WIFEXITED(end.status) && WEXITSTATUS(end.status) == (int)end.slot);
		ended[end.slot] = true;
		snprintf(log, sizeof(log), "log%u", end.slot);
		snprintf(text, sizeof(text), "%u\n%u\n%u\n", end.slot, end.slot, end.slot);
		expect_log(log, text);
	}
}

/* --- which program ------------------------------------------------------- */

static void expect_no_start(char *const *argv, char *const *env, const char *words, const char *hint)
{
	struct fq_error err = {0};
	struct fq_exit end;
	cr_assert_not(start_words(0, argv, env, "log", &err), "%s", argv[0]);
	cr_assert(strstr(err.text, words) && strstr(err.text, argv[0]), "%s", err.text);
	cr_assert(strstr(err.hint, hint), "%s", err.hint);
	cr_assert_not(executor->impl->next_exit(executor, &end));
	fq_error_finish(&err);
	cr_assert(run_script("exit 3") == 3 << 8, "the slot is free");
}

Test(exec, program_that_is_not_there_does_not_start)
{
	char *bare[] = {"no-such-program", NULL}, *path[] = {"./no-such-program", NULL},
	     *empty[] = {"", NULL};
	expect_no_start(bare, usual_env, "no such program in PATH", "install it");
	expect_no_start(path, usual_env, "no such program", "is it there");
	expect_no_start(empty, usual_env, "", "");
	cr_assert(run_script("no-such-program") == 127 << 8, "exit 127 is the shell's");
}

Test(exec, program_that_may_not_be_executed_does_not_start)
{
	char *bare[] = {"tool", NULL}, *path[] = {"./tool", NULL}, *script[] = {"./script", NULL};
	char *env[] = {"PATH=/nowhere:.", NULL};
	put_program("tool", "#!/bin/sh\n", 0644);
	put_program("script", "#!/no/such/interpreter\n", 0755);
	expect_no_start(bare, env, "may not be executed", "chmod +x");
	expect_no_start(path, env, "may not be executed", "chmod +x");
	expect_no_start(script, env, "no such program", "first line");
}

Test(exec, path_of_the_job_is_searched_and_not_ours)
{
	char *tool[] = {"tool", "x y", NULL}, *sh[] = {"sh", NULL};
	char *env[] = {"A=b", "PATH=/nowhere:one:two:three", NULL}, *none[] = {"PATH=/nowhere", NULL};
	struct fq_error err = {0};
	cr_assert(mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0 && mkdir("three", 0700) == 0);
	cr_assert(mkdir("one/tool", 0700) == 0);
	put_program("two/tool", "#!/bin/sh\necho wrong\n", 0600);
	put_program("three/tool", "#!/bin/sh\necho \"$0-$1-$#\"\n", 0700);
	cr_assert(start_words(0, tool, env, "log", &err), "%s", err.text);
	cr_assert(wait_exit().status == 0);
	expect_log("log", "three/tool-x y-1\n");
	expect_no_start(sh, none, "no such program in PATH", "PATH");
}

Test(exec, empty_part_of_path_is_this_folder)
{
	char *tool[] = {"tool", NULL};
	char *const envs[][2] = {{"PATH="}, {"PATH=:/bin"}, {"PATH=/bin:"}, {"PATH=/bin::/usr/bin"}};
	put_program("tool", "#!/bin/sh\necho here\n", 0700);
	for (size_t i = 0; i < FQ_COUNT(envs); i++) {
		cr_assert(start_words(0, tool, envs[i], "log", NULL), "%s", envs[i][0]);
		cr_assert(wait_exit().status == 0);
		expect_log("log", "here\n");
	}
}

Test(exec, without_path_the_usual_folders_are_searched)
{
	struct fq_buf found = {0};
	char *env[] = {"A=b", NULL};
	cr_assert(fq_exec_find("sh", env, &found, NULL) && found.at[0] == '/');
	fq_buf_finish(&found);
}

Test(exec, text_without_an_interpreter_line_is_a_script)
{
	char *bare[] = {"tool", "a b", "c", NULL}, *path[] = {"./tool", "a b", "c", NULL},
	     *env[] = {"PATH=.", NULL};
	put_program("tool", "echo \"$0|$1|$2|$#\"\n", 0700);
	cr_assert(start_words(0, bare, env, "log", NULL));
	cr_assert(wait_exit().status == 0);
	expect_log("log", "./tool|a b|c|2\n");
	cr_assert(start_words(0, path, env, "log", NULL));
	cr_assert(wait_exit().status == 0);
	expect_log("log", "./tool|a b|c|2\n");
}

Test(exec, too_many_arguments_are_told_in_words)
{
	enum { BYTES = 200000 }; /* one word may have 128 KiB */
	static char word[BYTES + 1];
	char *argv[] = {"echo", word, NULL};
	memset(word, 'x', BYTES);
	expect_no_start(argv, usual_env, "too many", "{reads:list}");
}

/* --- what a job finds around it ------------------------------------------ */

Test(exec, environment_is_the_one_given)
{
	char *argv[] = {"/usr/bin/env", NULL}, *env[] = {"A=1", "B=x\ny", "A=2", NULL};
	cr_assert(start_words(0, argv, env, "log", NULL));
	cr_assert(wait_exit().status == 0);
	expect_log("log", "A=1\nB=x\ny\nA=2\n");
}

Test(exec, standard_input_is_empty)
{
	cr_assert(run_script("cat; readlink /proc/$$/fd/0") == 0);
	expect_log("log", "/dev/null\n");
}

Test(exec, no_descriptor_of_ours_reaches_a_job)
{
	start_script(1, "echo first; mkfifo f; read x < f", "log1");
	wait_for_text("log1", "first");
	cr_assert(run_script("ls /proc/$$/fd; :") == 0);
	expect_log("log", "0\n1\n2\n");
}

Test(exec, job_has_a_session_and_a_group_of_its_own)
{
	cr_assert(run_script("set -- $(cat /proc/$$/stat); [ $1 = $$ ] && [ $5 = $$ ] && [ $6 = $$ ] && [ $7 "
	                     "= 0 ]") == 0);
}

Test(exec, job_has_usual_signals_whatever_we_do_with_ours)
{
	sigset_t all;
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	int status =
	        run_script("grep -q '^SigBlk:.0*$' /proc/self/status && sh -c 'kill -PIPE $$'; [ $? = 141 ]");
	cr_assert(status == 0, "%d", status);
}

Test(exec, job_sees_a_pipe_break_although_we_ignore_it)
{
	signal(SIGPIPE, SIG_IGN);
	cr_assert(run_script("{ yes; echo $? >&2; } | head -n 1 > head") == 0);
	expect_log("log", "141\n");
}
