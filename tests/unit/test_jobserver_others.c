/* A client among others: whose descriptors are whose. Rules as in test_jobserver.c:
 *     10 the flags of an inherited descriptor stay   11 never wait in read */
#include "jobserver_pool.h"

TestSuite(jobserver_others, .init = begin, .fini = end, .timeout = 60);

static void use_once(void)
{
	struct fq_token implicit = take(), token = take();
	expect_none();
	fq_tokens_give(&tokens, &token);
	fq_tokens_give(&tokens, &implicit);
}

static void expect_flags_stay(int status_flags)
{
	cr_assert(fcntl(pool[0], F_SETFL, status_flags) == 0 && fcntl(pool[1], F_SETFL, status_flags) == 0);
	int before[2] = {fcntl(pool[0], F_GETFL), fcntl(pool[1], F_GETFL)};
	put("+", 1);
	must_join();
	cr_assert(fcntl(pool[0], F_GETFD) == FD_CLOEXEC && fcntl(pool[1], F_GETFD) == FD_CLOEXEC);
	use_once();
	fq_tokens_finish(&tokens);
	cr_assert(fcntl(pool[0], F_GETFL) == before[0] && fcntl(pool[1], F_GETFL) == before[1]);
	expect_bytes(pool[0], "+", 1);
}

Test(jobserver_others, rule_10_a_pipe_that_waits_goes_on_waiting)
{
	expect_flags_stay(0);
}

Test(jobserver_others, rule_10_a_pipe_that_never_waits_goes_on_so)
{
	expect_flags_stay(O_NONBLOCK);
}

Test(jobserver_others, rule_10_our_own_description_never_waits)
{
	must_join();
	cr_assert(!tokens.is_shared && tokens.read_fd > 63 && tokens.write_fd > 63);
	cr_assert((fcntl(tokens.read_fd, F_GETFL) & O_NONBLOCK) &&
	          (fcntl(tokens.write_fd, F_GETFL) & O_NONBLOCK));
	cr_assert(fcntl(tokens.read_fd, F_GETFD) == FD_CLOEXEC &&
	          fcntl(tokens.write_fd, F_GETFD) == FD_CLOEXEC);
}

/* A pipe that we may not open anew, one way or both: that of a make under another user. */
static void share_as(mode_t mode)
{
	cr_assert(fchmod(pool[0], mode) == 0);
	drop_privileges();
	must_join();
	cr_assert(tokens.is_shared);
}

static void share(void)
{
	share_as(0);
}

Test(jobserver_others, rule_10_where_only_the_shared_description_is_left_it_stays_as_it_is)
{
	put("+", 1);
	share();
	use_once();
	cr_assert(!(fcntl(pool[0], F_GETFL) & O_NONBLOCK) && !(fcntl(pool[1], F_GETFL) & O_NONBLOCK));
	expect_bytes(pool[0], "+", 1);
}

/* What the kernel cannot read without waiting (a FIFO on Linux 6.18) is polled first. */
Test(jobserver_others, rule_10_a_shared_fifo_is_read_and_left_as_it_is)
{
	const char *path = fq_arena_format(&arena, "%s/f", folder);
	int keep = mkfifo(path, 0600) == 0 ? open(path, O_RDWR) : -1;
	cr_assert(keep >= 0 && dup2(keep, pool[0]) == pool[0] && dup2(keep, pool[1]) == pool[1]);
	put("+", 1);
	share();
	use_once();
	cr_assert(!(fcntl(pool[0], F_GETFL) & O_NONBLOCK));
	expect_bytes(pool[0], "+", 1);
	close(keep);
}

static void expect_no_wait_for_a_sibling(void)
{
	char byte;
	struct fq_token implicit = take();
	put("+", 1);
	struct pollfd watched = {.fd = fq_tokens_watch(&tokens), .events = POLLIN};
	cr_assert(poll(&watched, 1, 0) == 1 && (watched.revents & POLLIN));
	cr_assert(read(pool[0], &byte, 1) == 1);
	expect_none();
	cr_assert(!tokens.is_gone && tokens.held == 0);
	fq_tokens_give(&tokens, &implicit);
}

Test(jobserver_others, rule_11_a_sibling_is_faster)
{
	must_join();
	expect_no_wait_for_a_sibling();
}

Test(jobserver_others, rule_11_a_sibling_is_faster_on_a_shared_description)
{
	share();
	expect_no_wait_for_a_sibling();
}

Test(jobserver_others, rule_11_nothing_is_watched_for_at_the_limit)
{
	struct fq_token implicit, token;
	put("++", 2);
	cr_assert(join_fds(pool[0], pool[1], 2));
	implicit = take();
	cr_assert(fq_tokens_watch(&tokens) == tokens.read_fd);
	token = take();
	cr_assert(fq_tokens_watch(&tokens) == -1);
	fq_tokens_give(&tokens, &token);
	cr_assert(fq_tokens_watch(&tokens) == tokens.read_fd);
	fq_tokens_give(&tokens, &implicit);
}

/* --- nothing is left behind ------------------------------------------------------------------------ */

Test(jobserver_others, no_descriptor_is_left_open)
{
	size_t before = count_open();
	must_join();
	fq_tokens_finish(&tokens);
	const char *fifo = fq_arena_format(&arena, "%s/f", folder);
	cr_assert(mkfifo(fifo, 0600) == 0);
	cr_assert(join(fq_arena_format(&arena, " --jobserver-auth=fifo:%s", fifo), 0));
	fq_tokens_finish(&tokens);
	cr_assert(!join(" --jobserver-auth=fifo:/proc/self/stat", 0));
	fq_tokens_finish(&tokens);
	cr_assert(count_open() == before);
	for (mode_t mode = 0; mode < 0600; mode += 0200) {
		cr_assert(seteuid(getuid()) == 0);
		share_as(mode);
		fq_tokens_finish(&tokens);
		cr_assert(count_open() == before);
	}
}

Test(jobserver_others, a_zeroed_one_closes_no_descriptor)
{
	struct fq_tokens none = {0};
	int before = fcntl(0, F_GETFD);
	fq_tokens_finish(&none);
	cr_assert(fcntl(0, F_GETFD) == before && fcntl(pool[0], F_GETFD) == 0);
}
