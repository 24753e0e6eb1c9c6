/* How a job draws on our pool, or on the one that we are a client of; with the make that
 * is installed as the job. */
#include "jobserver_pool.h"

TestSuite(jobserver_offer, .init = begin, .fini = end, .timeout = 60);

/* What a job writes by the path, we can take. */
static void expect_opens_the_pool(const char *path)
{
	int job = open(path, O_WRONLY | O_NONBLOCK);
	cr_assert(job >= 0 && write(job, "j", 1) == 1, "%s", path);
	close(job);
	struct fq_token implicit = take(), token = take();
	cr_assert(token.byte == 'j');
	fq_tokens_give(&tokens, &token);
	fq_tokens_give(&tokens, &implicit);
	job = open(path, O_RDONLY | O_NONBLOCK);
	expect_bytes(job, "j", 1);
	close(job);
}

static void expect_offers(void)
{
	struct fq_offer offer;
	fq_tokens_offer(&tokens, FQ_JOBSERVER_PIPE, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_PIPE && offer.read_fd == -1 && offer.write_fd == -1);
	cr_assert(
	        offer.read_number > 63 && offer.write_number > 63 && offer.read_number != offer.write_number);
	cr_assert_str_eq(
	        offer.auth.at, fq_arena_format(&arena, "%d,%d", offer.read_number, offer.write_number));
	expect_opens_the_pool(offer.path);
	fq_buf_finish(&offer.auth);
	fq_tokens_offer(&tokens, FQ_JOBSERVER_FIFO, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_FIFO && !offer.path && strncmp(offer.auth.at, "fifo:", 5) == 0);
	cr_assert(!strpbrk(offer.auth.at, " \\'\"$,#\n"), "%s", offer.auth.at);
	expect_opens_the_pool(offer.auth.at + 5);
	fq_buf_finish(&offer.auth);
	fq_tokens_offer(&tokens, FQ_JOBSERVER_NONE, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_NONE && !offer.auth.at);
}

Test(jobserver_offer, rule_16_a_job_may_draw_on_the_pipe_of_a_make)
{
	must_join();
	expect_offers();
}

static const char *make_fifo(const char *name)
{
	const char *path = fq_arena_format(&arena, "%s/%s", folder, name);
	cr_assert(mkfifo(path, 0600) == 0);
	return path;
}

Test(jobserver_offer, rule_16_a_job_may_draw_on_the_fifo_of_a_make)
{
	const char *path = make_fifo("GMfifo1");
	cr_assert(join(fq_arena_format(&arena, " -j3 --jobserver-auth=fifo:%s", path), 0), "%s", err.text);
	cr_assert_str_eq(tokens.path, path);
	expect_offers();
}

Test(jobserver_offer, rule_16_a_job_need_not_take_a_path_to_pieces)
{
	static const char *const names[] = {"a b", "a\\b", "a'b", "a$b", "a,b", "a#b", "a\nb"};
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		struct fq_buf text = {0};
		fq_makeflags_add_offer(
		        NULL, 3, fq_arena_format(&arena, "fifo:%s", make_fifo(names[i])), &text);
		cr_assert(join(text.at, 0), "%s", err.text);
		expect_offers();
		fq_tokens_finish(&tokens);
		fq_buf_finish(&text);
	}
}

Test(jobserver_offer, rule_16_a_job_gets_what_we_got_where_nothing_else_is_left)
{
	struct fq_offer offer;
	cr_assert(fchmod(pool[0], 0) == 0);
	drop_privileges();
	must_join();
	fq_tokens_offer(&tokens, FQ_JOBSERVER_PIPE, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_PIPE && !offer.path);
	cr_assert(offer.read_fd == pool[0] && offer.write_fd == pool[1]);
	fq_buf_finish(&offer.auth);
	fq_tokens_offer(&tokens, FQ_JOBSERVER_FIFO, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_NONE);
}

Test(jobserver_offer, a_pool_that_went_away_is_not_offered)
{
	struct fq_offer offer;
	must_join();
	tokens.is_gone = true;
	fq_tokens_offer(&tokens, FQ_JOBSERVER_PIPE, &offer);
	cr_assert(offer.style == FQ_JOBSERVER_NONE && !offer.auth.at);
}

/* --- make as the job ------------------------------------------------------------------------ */

static void serve(uint32_t jobs)
{
	fq_tokens_own(&tokens, jobs);
	cr_assert(fq_tokens_serve(&tokens, folder, &err), "%s", err.text);
}

/* What an executor does between fork and exec. */
static void open_offer(const struct fq_offer *offer)
{
	int ways[] = {O_RDONLY, O_WRONLY}, numbers[] = {offer->read_number, offer->write_number};
	for (int i = 0; i < 2; i++) {
		int fd = open(offer->path, ways[i]);
		if (fd < 0 || dup2(fd, numbers[i]) < 0) {
			_exit(126);
		}
		close(fd);
	}
}

static void become_make(const struct fq_offer *offer, const char *makeflags)
{
	int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	open_offer(offer);
	dup2(out, 1);
	dup2(out, 2);
	close(out);
	setenv("MAKEFLAGS", makeflags, 1);
	unsetenv("MAKELEVEL");
	execlp("make", "make", "--no-print-directory", (char *)NULL);
	_exit(127);
}

/* Its exit status; what it said is in `ret`. */
static int run_make(const char *text, struct fq_buf *ret)
{
	struct fq_offer offer;
	struct fq_buf makeflags = {0};
	int status;
	fq_tokens_offer(&tokens, FQ_JOBSERVER_PIPE, &offer);
	fq_makeflags_add_offer(text, tokens.total, offer.auth.at, &makeflags);
	pid_t pid = fork();
	if (pid == 0) {
		become_make(&offer, makeflags.at);
	}
	fq_buf_finish(&offer.auth);
	fq_buf_finish(&makeflags);
	cr_assert(waitpid(pid, &status, 0) == pid);
	fq_buf_puts(ret, "");
	cr_assert(fq_file_read("out", 4096, ret, NULL));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_makefile(const char *text)
{
	cr_assert(chdir(folder) == 0);
	FILE *file = fopen("Makefile", "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Three recipes that wait for each other end only if all run at once: make has its
 * implicit token and took the two of the pool, which are there again afterwards. */
Test(jobserver_offer, make_draws_on_the_pool_that_it_is_offered)
{
	static const char *const texts[] = {NULL, "k", "s -I/a\\ b -- X=a\\ b", "-j1 foo", "-- X=1",
	        " -j7 --jobserver-auth=fifo:/nonexistent"};
	write_makefile("all: one two three\n"
	               "one:; @: >a; read -r line <b\n"
	               "two:; @read -r line <a; : >c; echo >b\n"
	               "three:; @read -r line <c || :\n");
	make_fifo("a");
	make_fifo("b");
	make_fifo("c");
	serve(3);
	for (size_t i = 0; i < FQ_COUNT(texts); i++) {
		struct fq_buf said = {0};
		int status = run_make(texts[i], &said);
		cr_assert(status == 0 && said.len == 0, "[%s]: %d %s", texts[i] ? texts[i] : "", status,
		        said.at);
		cr_assert(count_in(tokens.read_fd) == 2);
		fq_buf_finish(&said);
	}
}

/* While we hold all tokens, make has its implicit one and finishes its recipes one by one. */
Test(jobserver_offer, make_does_without_what_we_hold)
{
	struct fq_buf said = {0};
	write_makefile("all: one two three\n"
	               "one two three:; @mkdir alone && echo $@ && rmdir alone\n");
	serve(3);
	struct fq_token implicit = take(), one = take(), two = take();
	cr_assert(run_make(NULL, &said) == 0, "%s", said.at);
	cr_assert_str_eq(said.at, "one\ntwo\nthree\n");
	fq_tokens_give(&tokens, &one);
	fq_tokens_give(&tokens, &two);
	fq_tokens_give(&tokens, &implicit);
	cr_assert(count_in(tokens.read_fd) == 2);
	fq_buf_finish(&said);
}
