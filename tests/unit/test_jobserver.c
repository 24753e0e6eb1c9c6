/* A client of a jobserver. Tests are named for a rule of GNU make's manual, "POSIX
 * Jobserver Interaction", or one that its users learned:
 *     3 an unknown kind   4 negative descriptors   5 closed ones   6 the implicit token
 *     7 one byte a task   8 the same byte back   9 as many back   12 the server went away
 *     13 -jN is a cap   15 -j without a number */
#include "jobserver_pool.h"

TestSuite(jobserver, .init = begin, .fini = end, .timeout = 60);

/* --- no way in ----------------------------------------------------------------------------- */

static void expect_pool_of_one(const char *text, const char *hint)
{
	struct fq_token token;
	cr_assert(strstr(err.text, text), "%s", err.text);
	cr_assert(strstr(err.hint, hint), "%s", err.hint);
	cr_assert(tokens.kind == FQ_TOKENS_OWN && tokens.limit == 1 && fq_tokens_watch(&tokens) == -1);
	token = take();
	cr_assert(token.byte == FQ_TOKEN_IMPLICIT);
	expect_none();
	fq_tokens_give(&tokens, &token);
	cr_assert(fq_tokens_are_home(&tokens));
}

Test(jobserver, rule_3_an_unknown_kind_is_one_job_and_a_word)
{
	cr_assert(!join(" -j3 --jobserver-auth=sem:gmake-1", 0));
	expect_pool_of_one("--jobserver-auth=sem:gmake-1", "--jobserver-style=");
}

Test(jobserver, rule_4_negative_descriptors_are_one_job_and_a_word)
{
	cr_assert(!join(" -j3 --jobserver-auth=3,4 --jobserver-auth=-2,-2", 0));
	expect_pool_of_one("--jobserver-auth=-2,-2", "`+fqrun");
}

Test(jobserver, rule_5_closed_descriptors_are_one_job_and_a_word)
{
	close(pool[1]);
	cr_assert(!join_fds(pool[0], pool[1], 0));
	expect_pool_of_one("is not open", "`+fqrun");
	cr_assert(fcntl(pool[0], F_GETFD) == 0, "what is not ours stays as it was");
}

Test(jobserver, rule_5_numbers_that_are_another_file_by_now_are_told)
{
	int file = open("/proc/self/stat", O_RDONLY);
	cr_assert(!join_fds(file, pool[1], 0));
	expect_pool_of_one("is no pipe", "`+fqrun");
	close(file);
}

Test(jobserver, rule_5_descriptors_that_go_the_other_way_are_told)
{
	cr_assert(!join_fds(pool[1], pool[0], 0));
	expect_pool_of_one("goes the other way", "`+fqrun");
}

Test(jobserver, rule_5_a_character_device_may_be_a_server)
{
	int device = open("/dev/zero", O_RDWR);
	struct fq_token one, two;
	cr_assert(join_fds(device, device, 0), "%s", err.text);
	one = take();
	two = take();
	cr_assert(one.byte == FQ_TOKEN_IMPLICIT && two.byte == 0);
	fq_tokens_give(&tokens, &two);
	cr_assert(tokens.held == 0 && !tokens.is_gone);
}

/* --- one at a time -------------------------------------------------------------------------- */

Test(jobserver, rule_6_the_implicit_one_is_free_and_never_written)
{
	struct fq_token token;
	must_join();
	cr_assert(fq_tokens_are_home(&tokens));
	token = take();
	cr_assert(token.byte == FQ_TOKEN_IMPLICIT && !fq_tokens_are_home(&tokens));
	fq_tokens_give(&tokens, &token);
	cr_assert(token.byte == FQ_TOKEN_NONE && fq_tokens_are_home(&tokens));
	expect_bytes(pool[0], "", 0);
}

Test(jobserver, rule_7_one_byte_for_each_more_and_none_when_idle)
{
	struct fq_token held[3];
	put("++++", 4);
	must_join();
	cr_assert(count_in(pool[0]) == 4);
	for (int i = 0; i < 3; i++) {
		held[i] = take();
		cr_assert(count_in(pool[0]) == 4 - i && (int)tokens.held == i);
	}
	for (int i = 0; i < 3; i++) {
		fq_tokens_give(&tokens, &held[i]);
	}
	cr_assert(count_in(pool[0]) == 4 && fq_tokens_are_home(&tokens));
}

Test(jobserver, rule_8_the_same_byte_goes_back)
{
	static const char bytes[] = {0, '+', (char)255, 'a'};
	struct fq_token held[4], implicit;
	put(bytes, 4);
	must_join();
	implicit = take();
	for (int i = 0; i < 4; i++) {
		held[i] = take();
		cr_assert(held[i].byte == (uint8_t)bytes[i] && tokens.held_bytes[(uint8_t)bytes[i]] == 1);
	}
	for (int i = 3; i >= 0; i--) {
		fq_tokens_give(&tokens, &held[i]);
		expect_bytes(pool[0], &bytes[i], 1);
		cr_assert(tokens.held_bytes[(uint8_t)bytes[i]] == 0);
	}
	fq_tokens_give(&tokens, &implicit);
	cr_assert(fq_tokens_are_home(&tokens));
}

Test(jobserver, rule_9_all_goes_back_once)
{
	struct fq_token held[4];
	put("a\0a", 3);
	must_join();
	for (int i = 0; i < 4; i++) {
		held[i] = take();
	}
	fq_tokens_give(&tokens, &held[2]);
	expect_bytes(pool[0], "\0", 1);
	fq_tokens_give_all(&tokens);
	cr_assert(fq_tokens_are_home(&tokens));
	for (int i = 0; i < 4; i++) {
		fq_tokens_give(&tokens, &held[i]);
	}
	fq_tokens_give_all(&tokens);
	expect_bytes(pool[0], "aa", 2);
	cr_assert(fq_tokens_are_home(&tokens));
}

/* Takes three, has a guard that sees its end, and is killed. */
static void take_and_die(void)
{
	int life[2];
	char byte;
	if (!join_fds(pool[0], pool[1], 0) || pipe(life) != 0) {
		_exit(1);
	}
	take();
	take();
	if (fork() == 0) {
		close(life[1]);
		bool is_over = read(life[0], &byte, 1) == 0;
		fq_tokens_give_all(&tokens);
		_exit(!is_over);
	}
	take();
	take();
	kill(getpid(), SIGKILL);
}

Test(jobserver, rule_9_a_guard_gives_back_what_the_dead_one_held)
{
	int status;
	char got[4] = "";
	put("xyz", 3);
	pid_t pid = fork();
	if (pid == 0) {
		take_and_die();
	}
	cr_assert(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	for (int i = 0; i < 3; i++) {
		cr_assert(read(pool[0], &got[i], 1) == 1);
	}
	cr_assert_str_eq(got, "xyz");
	cr_assert(count_in(pool[0]) == 0);
}

Test(jobserver, rule_9_a_pool_that_is_full_loses_nothing)
{
	char filler[4096];
	struct fq_token implicit, token;
	memset(filler, '+', sizeof(filler));
	put("x", 1);
	must_join();
	implicit = take();
	token = take();
	cr_assert(fcntl(pool[1], F_SETFL, O_NONBLOCK) == 0);
	while (write(pool[1], filler, sizeof(filler)) > 0) {
	}
	fq_tokens_give(&tokens, &token);
	cr_assert(token.byte == FQ_TOKEN_NONE && tokens.held == 1 && tokens.held_bytes['x'] == 1);
	cr_assert(read(pool[0], filler, sizeof(filler)) == (ssize_t)sizeof(filler));
	fq_tokens_give_all(&tokens);
	cr_assert(tokens.held_bytes['x'] == 0 && !tokens.is_gone && implicit.byte == FQ_TOKEN_IMPLICIT);
}

/* --- the server went away --------------------------------------------------------------------- */

static void expect_gone(void)
{
	struct fq_token token;
	cr_assert(tokens.is_gone && fq_tokens_watch(&tokens) == -1);
	token = take();
	cr_assert(token.byte == FQ_TOKEN_IMPLICIT);
	expect_none();
	fq_tokens_give(&tokens, &token);
	cr_assert(fq_tokens_are_home(&tokens));
}

Test(jobserver, rule_12_nobody_writes_any_more)
{
	int other[2];
	cr_assert(pipe(other) == 0);
	cr_assert(join_fds(pool[0], other[1], 0), "%s", err.text);
	struct fq_token implicit = take();
	expect_none();
	cr_assert(!tokens.is_gone);
	close(pool[1]);
	expect_none();
	fq_tokens_give(&tokens, &implicit);
	expect_gone();
}

Test(jobserver, rule_12_nobody_reads_any_more)
{
	int other[2];
	cr_assert(pipe(other) == 0);
	put("+", 1);
	cr_assert(join_fds(pool[0], other[1], 0), "%s", err.text);
	struct fq_token implicit = take(), token = take();
	close(other[0]);
	fq_tokens_give(&tokens, &token);
	fq_tokens_give(&tokens, &implicit);
	expect_gone();
}

Test(jobserver, rule_12_the_fifo_is_not_there)
{
	cr_assert(!join(" -j3 --jobserver-auth=fifo:/nonexistent/GMfifo1", 0));
	expect_pool_of_one("/nonexistent/GMfifo1 cannot be opened: No such file", "has ended");
}

Test(jobserver, rule_12_the_fifo_is_something_else)
{
	cr_assert(!join(" -j3 --jobserver-auth=fifo:/proc/self/stat", 0));
	expect_pool_of_one("/proc/self/stat, which MAKEFLAGS names as jobserver, is no FIFO", "from a make");
}

/* --- how many ---------------------------------------------------------------------------------- */

Test(jobserver, rule_13_a_limit_of_ours_is_a_cap)
{
	put("++++", 4);
	cr_assert(join_fds(pool[0], pool[1], 3));
	for (int i = 0; i < 3; i++) {
		take();
	}
	expect_none();
	cr_assert(count_in(pool[0]) == 2 && tokens.total == 5);
	fq_tokens_give_all(&tokens);
	cr_assert(count_in(pool[0]) == 4);
}

Test(jobserver, rule_15_the_limit_is_the_pools_if_it_says)
{
	must_join();
	cr_assert(tokens.limit == 5 && tokens.total == 5);
	fq_tokens_finish(&tokens);
	cr_assert(join(fq_arena_format(&arena, " -j --jobserver-auth=%d,%d", pool[0], pool[1]), 0));
	cr_assert(tokens.limit == 256 && tokens.total == 0);
	fq_tokens_finish(&tokens);
	cr_assert(join(fq_arena_format(&arena, " --jobserver-fds=%d,%d", pool[0], pool[1]), 0));
	cr_assert(tokens.limit == 256 && tokens.total == 0);
}
