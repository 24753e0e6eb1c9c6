/* A pool of our own, with and without jobs that draw on it. Rules of a server:
 *     1 N - 1 tokens   3 any byte comes back   5 a job gets opens of its own   6 the FIFO
 *     7 a pipe may be small   9 what was lost is put back */
#include "jobserver_pool.h"

TestSuite(jobserver_server, .init = begin, .fini = end, .timeout = 60);

static void serve(uint32_t jobs)
{
	fq_tokens_own(&tokens, jobs);
	cr_assert(fq_tokens_serve(&tokens, folder, &err), "%s", err.text);
}

/* --- numbers only ------------------------------------------------------------------------ */

Test(jobserver_server, own_tokens_are_a_number)
{
	struct fq_token held[3];
	size_t before = count_open();
	fq_tokens_own(&tokens, 3);
	for (int i = 0; i < 3; i++) {
		held[i] = take();
	}
	expect_none();
	cr_assert(fq_tokens_watch(&tokens) == -1 && count_open() == before);
	fq_tokens_give(&tokens, &held[1]);
	held[1] = take();
	for (int i = 0; i < 3; i++) {
		fq_tokens_give(&tokens, &held[i]);
	}
	cr_assert(fq_tokens_are_home(&tokens) && fq_tokens_mend(&tokens) == 0);
}

Test(jobserver_server, own_tokens_are_not_offered)
{
	struct fq_offer offer;
	fq_tokens_own(&tokens, 3);
	for (int style = FQ_JOBSERVER_NONE; style <= FQ_JOBSERVER_UNKNOWN; style++) {
		fq_tokens_offer(&tokens, (enum fq_jobserver_style)style, &offer);
		cr_assert(offer.style == FQ_JOBSERVER_NONE && !offer.auth.at && !offer.path);
	}
}

Test(jobserver_server, at_least_one_job_may_run)
{
	fq_tokens_own(&tokens, 0);
	take();
	expect_none();
}

/* --- a FIFO -------------------------------------------------------------------------------- */

Test(jobserver_server, rule_1_one_token_less_than_jobs_and_we_take_like_everyone)
{
	serve(4);
	cr_assert(tokens.kind == FQ_TOKENS_SERVER && count_in(tokens.read_fd) == 3);
	for (int i = 0; i < 4; i++) {
		struct fq_token token = take();
		cr_assert(token.byte == (i ? '+' : FQ_TOKEN_IMPLICIT) && count_in(tokens.read_fd) == 3 - i);
	}
	expect_none();
	cr_assert(!fq_tokens_are_home(&tokens) && tokens.held_bytes['+'] == 3);
	fq_tokens_give_all(&tokens);
	cr_assert(fq_tokens_are_home(&tokens) && count_in(tokens.read_fd) == 3);
}

Test(jobserver_server, rule_1_one_job_is_no_pool)
{
	struct fq_offer offer;
	serve(1);
	cr_assert(tokens.kind == FQ_TOKENS_OWN && fq_folder_is_empty(folder));
	fq_tokens_offer(&tokens, FQ_JOBSERVER_PIPE, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_NONE);
}

Test(jobserver_server, rule_3_any_byte_may_come_back)
{
	char byte;
	serve(3);
	int job = open(tokens.path, O_RDWR);
	cr_assert(read(job, &byte, 1) == 1 && byte == '+' && write(job, "x", 1) == 1);
	cr_assert(fq_tokens_mend(&tokens) == 0);
	struct fq_token implicit = take(), plus = take(), strange = take();
	cr_assert(implicit.byte == FQ_TOKEN_IMPLICIT && plus.byte == '+' && strange.byte == 'x');
	fq_tokens_give(&tokens, &strange);
	expect_bytes(job, "x", 1);
	close(job);
}

Test(jobserver_server, rule_5_a_job_gets_none_of_our_descriptors)
{
	serve(3);
	cr_assert(tokens.read_fd > 63 && tokens.write_fd > 63);
	cr_assert(fcntl(tokens.read_fd, F_GETFD) == FD_CLOEXEC &&
	          fcntl(tokens.write_fd, F_GETFD) == FD_CLOEXEC);
}

Test(jobserver_server, rule_6_a_fifo_that_is_ours_alone)
{
	struct stat st;
	serve(3);
	cr_assert_str_eq(tokens.path, fq_arena_format(&arena, "%s/jobserver", folder));
	cr_assert(stat(tokens.path, &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 0777) == 0600);
}

Test(jobserver_server, rule_6_a_stale_one_is_replaced)
{
	struct fq_tokens dead;
	serve(5);
	dead = tokens;
	serve(3);
	cr_assert(count_in(tokens.read_fd) == 2 && count_in(dead.read_fd) == 4);
	fq_tokens_finish(&dead);
	const char *path = fq_arena_format(&arena, "%s/jobserver", folder);
	fq_tokens_finish(&tokens);
	cr_assert(unlink(path) == 0 && symlink("/nonexistent", path) == 0);
	serve(3);
	cr_assert(count_in(tokens.read_fd) == 2);
}

Test(jobserver_server, rule_6_a_path_without_blanks_wherever_the_folder_is)
{
	const char *inner = fq_arena_format(&arena, "%s/a b", folder);
	cr_assert(mkdir(inner, 0700) == 0 && chdir(folder) == 0);
	fq_tokens_own(&tokens, 3);
	cr_assert(fq_tokens_serve(&tokens, "a b", &err), "%s", err.text);
	cr_assert(!strchr(tokens.path, ' '), "%s", tokens.path);
	int job = open(tokens.path, O_RDWR);
	expect_bytes(job, "++", 2);
	close(job);
	fq_tokens_finish(&tokens);
	fq_tokens_own(&tokens, 3);
	cr_assert(fq_tokens_serve(&tokens, ".", &err), "%s", err.text);
	cr_assert(tokens.path[0] == '/');
}

Test(jobserver_server, rule_7_more_tokens_than_a_pipe_holds_at_first)
{
	serve(100000);
	cr_assert(count_in(tokens.read_fd) == 99999);
}

Test(jobserver_server, rule_7_more_tokens_than_a_pipe_may_hold)
{
	size_t before = count_open();
	drop_privileges();
	fq_tokens_own(&tokens, 40000000);
	cr_assert(!fq_tokens_serve(&tokens, folder, &err));
	cr_assert(strstr(err.text, "40000000 jobs at once need 39999999") && err.hint, "%s", err.text);
	cr_assert(tokens.kind == FQ_TOKENS_OWN && tokens.total == 40000000 && tokens.read_fd == -1);
	cr_assert(fq_folder_is_empty(folder) && count_open() == before);
}

Test(jobserver_server, a_folder_that_is_not_there_is_told)
{
	fq_tokens_own(&tokens, 3);
	cr_assert(!fq_tokens_serve(&tokens, "/nonexistent", &err));
	cr_assert(strstr(err.text, "/nonexistent") && err.number == ENOENT && tokens.kind == FQ_TOKENS_OWN);
	take();
}

Test(jobserver_server, rule_9_what_a_job_lost_is_put_back)
{
	char bytes[2];
	serve(5);
	int job = open(tokens.path, O_RDWR);
	struct fq_token implicit = take(), token = take();
	cr_assert(read(job, bytes, 2) == 2);
	cr_assert(fq_tokens_mend(&tokens) == -2 && count_in(job) == 3);
	cr_assert(fq_tokens_mend(&tokens) == 0);
	fq_tokens_give(&tokens, &token);
	fq_tokens_give(&tokens, &implicit);
	cr_assert(fq_tokens_mend(&tokens) == 0 && count_in(job) == 4);
	close(job);
}

Test(jobserver_server, rule_9_what_a_job_made_is_taken_out)
{
	char filler[3000];
	memset(filler, '+', sizeof(filler));
	serve(5);
	int job = open(tokens.path, O_RDWR);
	cr_assert(write(job, filler, sizeof(filler)) == (ssize_t)sizeof(filler));
	cr_assert(fq_tokens_mend(&tokens) == 3000 && count_in(job) == 4);
	close(job);
}

Test(jobserver_server, no_descriptor_is_left_open)
{
	size_t before = count_open();
	serve(5);
	fq_tokens_finish(&tokens);
	cr_assert(count_open() == before && !fq_folder_is_empty(folder));
}
