/* MAKEFLAGS: what is read of it, and what a job gets instead. Rules: those of a client of
 * GNU make's jobserver ("POSIX Jobserver Interaction"), by number as in test_jobserver.c. */
#include "fqrun/jobserver.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fq_arena arena;
static struct fq_makeflags flags;
static struct fq_buf made;

static void finish(void)
{
	fq_buf_finish(&made);
	fq_arena_finish(&arena);
}

TestSuite(makeflags, .fini = finish, .timeout = 60);

static void expect_pipe(const char *text, int read_fd, int write_fd)
{
	fq_makeflags_read(text, &arena, &flags);
	cr_assert(flags.style == FQ_JOBSERVER_PIPE, "%s", text);
	cr_assert(flags.read_fd == read_fd && flags.write_fd == write_fd && !flags.path, "%s", text);
}

static void expect_fifo(const char *text, const char *path)
{
	fq_makeflags_read(text, &arena, &flags);
	cr_assert(flags.style == FQ_JOBSERVER_FIFO, "%s", text);
	cr_assert_str_eq(flags.path, path);
}

static void expect_style(const char *text, enum fq_jobserver_style style)
{
	fq_makeflags_read(text, &arena, &flags);
	cr_assert(flags.style == style, "%s", text);
}

static void expect_jobs(const char *text, uint32_t jobs)
{
	fq_makeflags_read(text, &arena, &flags);
	cr_assert(flags.jobs == jobs, "%s: %u", text, flags.jobs);
}

static void expect_dry(const char *text, bool is_dry_run)
{
	fq_makeflags_read(text, &arena, &flags);
	cr_assert(flags.is_dry_run == is_dry_run, "%s", text);
}

static void expect_bare(const char *text, const char *bare)
{
	made.len = 0;
	fq_buf_puts(&made, "");
	fq_makeflags_add_bare(text, &made);
	cr_assert_str_eq(made.at, bare, "%s: [%s]", text, made.at);
}

static void expect_offer(const char *text, const char *offer)
{
	made.len = 0;
	fq_makeflags_add_offer(text, 4, "64,65", &made);
	cr_assert_str_eq(made.at, offer, "%s: [%s]", text, made.at);
}

/* --- read ------------------------------------------------------------------------------ */

Test(makeflags, nothing_says_nothing)
{
	static const char *const texts[] = {NULL, "", " ", "\t  ", "k", " -- X=1", "--"};
	for (size_t i = 0; i < FQ_COUNT(texts); i++) {
		fq_makeflags_read(texts[i], &arena, &flags);
		cr_assert(flags.style == FQ_JOBSERVER_NONE && !flags.auth && flags.jobs == 0 &&
		          !flags.is_dry_run);
	}
}

Test(makeflags, rule_1_a_backslash_keeps_a_blank_in_its_word)
{
	expect_fifo(" -j3 --jobserver-auth=fifo:/tmp/a\\ b/GMfifo1", "/tmp/a b/GMfifo1");
	expect_fifo(" --jobserver-auth=fifo:/a\\\\b\\\tc\\d", "/a\\b\tcd");
	expect_fifo("--jobserver-auth=fifo:/a\\", "/a\\");
	expect_style(" -I/x\\ --jobserver-auth=3,4", FQ_JOBSERVER_NONE);
	expect_pipe("\t-j3\t--jobserver-auth=3,4\t", 3, 4);
}

Test(makeflags, rule_1_variables_are_none_of_our_words)
{
	expect_pipe(" -j3 --jobserver-auth=3,4 -- X=a\\ --jobserver-auth=fifo:/nonexistent", 3, 4);
	expect_pipe(" --jobserver-auth=3,4 -- --jobserver-auth=5,6 -j9", 3, 4);
	cr_assert(flags.jobs == 0);
	expect_style("-- --jobserver-auth=3,4", FQ_JOBSERVER_NONE);
}

Test(makeflags, rule_2_the_last_of_both_names_wins)
{
	expect_pipe(" --jobserver-auth=3,4 --jobserver-auth=5,6", 5, 6);
	expect_pipe(" --jobserver-fds=3,4", 3, 4);
	expect_pipe(" --jobserver-auth=fifo:/f --jobserver-fds=3,4", 3, 4);
	expect_fifo(" --jobserver-fds=3,4 --jobserver-auth=fifo:/f", "/f");
	expect_style(" --jobserver-auth=3,4 --jobserver-auth=sem:1", FQ_JOBSERVER_UNKNOWN);
	expect_pipe(" --jobserver-auth=3,4 --jobserver-style=fifo --sync-mutex=fnm:/tmp/m", 3, 4);
}

Test(makeflags, rule_3_what_is_neither_pipe_nor_fifo_is_unknown)
{
	static const char *const auths[] = {"", "3", "3,", ",4", "3,4,5", "3,4x", "x3,4", " 3,4", "3, 4",
	        "+3,4", "--3,4", "-,4", "fifo:", "FIFO:/f", "sem:x", "0x3,4", "3,99999999999999999999",
	        "-9999999999999999999,4", "2147483648,4"};
	for (size_t i = 0; i < FQ_COUNT(auths); i++) {
		struct fq_buf text = {0};
		fq_makeflags_add_offer(NULL, 3, auths[i], &text);
		expect_style(text.at, FQ_JOBSERVER_UNKNOWN);
		cr_assert_str_eq(flags.auth, auths[i]);
		fq_buf_finish(&text);
	}
}

Test(makeflags, rule_4_negative_descriptors_are_read_as_they_are)
{
	expect_pipe(" -j3 --jobserver-auth=3,4 --jobserver-auth=-2,-2", -2, -2);
	expect_pipe(" --jobserver-auth=3,-1", 3, -1);
}

Test(makeflags, rule_13_and_15_jobs_as_make_and_people_write_them)
{
	expect_jobs(" -j3 --jobserver-auth=3,4", 3);
	expect_jobs(" -j", UINT32_MAX);
	expect_jobs(" -j1", 1);
	expect_jobs("-j 4", 4);
	expect_jobs("-j -k 4", UINT32_MAX);
	expect_jobs("-j 4x", UINT32_MAX);
	expect_jobs("j8", 8);
	expect_jobs("kj8", 8);
	expect_jobs("-ksj8", 8);
	expect_jobs("--jobs=5", 5);
	expect_jobs("--jobs", UINT32_MAX);
	expect_jobs("-j2 -j7", 7);
	expect_jobs("-j4294967295", UINT32_MAX - 1);
	expect_jobs("-j99999999999999999999", 0);
	expect_jobs("-j0", 0);
	expect_jobs("-j3x", 0);
	expect_jobs("j=3", 0);
	expect_jobs("k j3", 0);
	expect_jobs("-Ij3 -Oj3 -lj3 -oj3 -Wj3", 0);
	expect_jobs("--jobsx=3 --job=3", 0);
}

Test(makeflags, rule_14_n_among_the_letters_is_a_dry_run)
{
	expect_dry("n", true);
	expect_dry("kn -j3 --jobserver-auth=3,4", true);
	expect_dry("nj3", true);
	expect_dry("k -j3", false);
	expect_dry("-n", false);
	expect_dry(" n", false);
	expect_dry(" --no-print-directory -j3", false);
	expect_dry("--no-print-directory", false);
	expect_dry("FOO=n", false);
	expect_dry("k -- n", false);
	expect_dry("k n", false);
	expect_dry("Oline", false);
}

/* --- without a jobserver --------------------------------------------------------------------- */

Test(makeflags, bare_takes_out_the_pool_and_nothing_else)
{
	expect_bare(NULL, "");
	expect_bare("  ", "");
	expect_bare(" -j3 --jobserver-auth=3,4", "");
	expect_bare(" -j", "");
	expect_bare("kn -j3 --jobserver-auth=3,4", "kn");
	expect_bare("k -I/a\\ b -j3 --jobserver-auth=fifo:/a\\ b --no-print-directory -- X=a\\ b",
	        "k -I/a\\ b --no-print-directory -- X=a\\ b");
	expect_bare(" -j3 --jobserver-fds=3,4 --sync-mutex=fnm:/tmp/m --jobserver-style=pipe",
	        " --sync-mutex=fnm:/tmp/m --jobserver-style=pipe");
	expect_bare(" -j3 --jobserver-auth=3,4 -- X=-j3 -j5 --jobserver-auth=7,8",
	        " -- X=-j3 -j5 --jobserver-auth=7,8");
	expect_bare("k  -s\t-w ", "k  -s\t-w ");
}

Test(makeflags, bare_knows_jobs_in_every_dress)
{
	expect_bare("-j 4", "");
	expect_bare("j8", "");
	expect_bare("kj8 -s", "k -s");
	expect_bare("-kj 8 -s", "-k -s");
	expect_bare("--jobs=4 --jobs -s", " -s");
	expect_bare("-s -j4 X=1", "-s X=1");
	expect_bare("-\\j3", "");
	expect_bare("\\kj3", "k");
}

Test(makeflags, bare_makes_no_letters_of_what_were_none)
{
	expect_bare("-j3 n -k", " -k");
	expect_bare("--jobserver-auth=3,4 n", "");
	expect_bare("-j3 X=1 n", " X=1 n");
	expect_bare("k n", "k n");
}

Test(makeflags, a_bare_text_stays_and_is_added_behind_what_is_there)
{
	fq_buf_puts(&made, "MAKEFLAGS=");
	fq_makeflags_add_bare("-j3 n -- X=1", &made);
	cr_assert_str_eq(made.at, "MAKEFLAGS= -- X=1");
	made.len = 0;
	fq_buf_puts(&made, "MAKEFLAGS=");
	fq_makeflags_add_offer("", 0, "fifo:/a b", &made);
	cr_assert_str_eq(made.at, "MAKEFLAGS= --jobserver-auth=fifo:/a\\ b");
}

/* --- an offer -------------------------------------------------------------------------------- */

Test(makeflags, server_rule_4_an_offer_stands_behind_flags_and_before_variables)
{
	expect_offer(NULL, " -j4 --jobserver-auth=64,65");
	expect_offer(" -j3 --jobserver-auth=3,4", " -j4 --jobserver-auth=64,65");
	expect_offer("kn", "kn -j4 --jobserver-auth=64,65");
	expect_offer("kn -j3 --jobserver-auth=3,4 -- X=1 Y=2", "kn -j4 --jobserver-auth=64,65 -- X=1 Y=2");
	expect_offer("-- X=1", " -j4 --jobserver-auth=64,65 -- X=1");
	expect_offer(" -j8 -I/x", " -I/x -j4 --jobserver-auth=64,65");
	expect_offer("k\\", "k\\\\ -j4 --jobserver-auth=64,65");
	expect_offer("k\\\\", "k\\\\ -j4 --jobserver-auth=64,65");
}

/* Words of the kinds that matter, and of the bytes that do. */
static void add_random(struct fq_buf *text, unsigned *state)
{
	static const char *const words[] = {"-j3", "-j", "j4", "kn", "-k", "4", "--jobserver-auth=3,4",
	        "--jobserver-fds=fifo:/a\\ b", "--", "X=1", "foo", "\\", "\\ ", "--jobs=2", "-I/a\\ b", "\t",
	        "=", "-", "n"};
	static const char *const blanks[] = {" ", " ", " ", "", "  ", "\t"};
	unsigned count = (unsigned)rand_r(state) % 7;
	fq_buf_puts(text, "");
	for (unsigned i = 0; i < count; i++) {
		fq_buf_puts(text, blanks[(unsigned)rand_r(state) % FQ_COUNT(blanks)]);
		fq_buf_puts(text, words[(unsigned)rand_r(state) % FQ_COUNT(words)]);
	}
}

Test(makeflags, an_offer_taken_back_leaves_what_was_there)
{
	unsigned state = 20260718;
	for (int i = 0; i < 20000; i++) {
		struct fq_buf text = {0}, bare = {0}, offer = {0}, again = {0};
		add_random(&text, &state);
		fq_buf_puts(&bare, "");
		fq_buf_puts(&again, "");
		fq_makeflags_add_bare(text.at, &bare);
		fq_makeflags_add_offer(text.at, 4, "fifo:/a b\\c", &offer);
		fq_makeflags_add_bare(offer.at, &again);
		cr_assert_str_eq(again.at, bare.at, "[%s]: [%s] [%s]", text.at, again.at, bare.at);
		bool was_dry = (fq_makeflags_read(text.at, &arena, &flags), flags.is_dry_run);
		expect_fifo(offer.at, "/a b\\c");
		cr_assert(flags.jobs == 4 && flags.is_dry_run == was_dry, "[%s]", text.at);
		expect_style(bare.at, FQ_JOBSERVER_NONE);
		cr_assert(flags.jobs == 0 && flags.is_dry_run == was_dry, "[%s]", text.at);
		fq_buf_finish(&text);
		fq_buf_finish(&bare);
		fq_buf_finish(&offer);
		fq_buf_finish(&again);
	}
}

/* --- what the make that is installed makes of it ----------------------------------------------- */

static char folder[] = "/tmp/fqrun-makeflags-XXXXXX";

static void write_makefile(const char *text)
{
	char path[64];
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/Makefile", folder);
	FILE *file = fopen(path, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static int run_make(const char *makeflags, struct fq_buf *ret_output)
{
	int ends[2], status;
	char chunk[512];
	cr_assert(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		setenv("MAKEFLAGS", makeflags, 1);
		unsetenv("MAKELEVEL");
		execlp("make", "make", "--no-print-directory", "-C", folder, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	for (ssize_t got; (got = read(ends[0], chunk, sizeof(chunk))) > 0;) {
		fq_buf_add(ret_output, chunk, (size_t)got);
	}
	close(ends[0]);
	cr_assert(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_makefile(void)
{
	struct fq_error err = {0};
	cr_assert(fq_tree_remove(folder, &err), "%s", err.text);
}

/* A recipe shows the value of X, and the letters k and s in $(MAKEFLAGS). */
Test(makeflags, make_reads_a_bare_text_as_it_read_the_whole)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	        {"k -j3 -- X=a\\ b", "k a b\n"},
	        {" -j3 -- X=1", " 1\n"},
	        {"-j3 k X=1", " 1\n"},
	        {"kj3 X=1", "k 1\n"},
	        {"-j 3 -k -- X=1", "k 1\n"},
	};
	write_makefile("all:; @echo '$(findstring k,$(firstword -$(MAKEFLAGS)))' '$(X)'\n");
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		struct fq_buf output = {0};
		made.len = 0;
		fq_makeflags_add_bare(cases[i].text, &made);
		cr_expect(run_make(made.at, &output) == 0);
		cr_expect_str_eq(output.at, cases[i].says, "%s: %s", made.at, output.at);
		fq_buf_finish(&output);
	}
	remove_makefile();
}
