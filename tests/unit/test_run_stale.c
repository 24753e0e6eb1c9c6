/* Inputs that change while a job runs; jobs that run again and leave the same. */
#include "run_fixture.h"

#include <sys/resource.h>
#include <time.h>

TestSuite(run_stale, .init = enter_folder, .fini = leave_run);

#define COPY "[task copy]\ninput = in\noutput = out\ncommand = make-it\n"

enum { LARGE = (1 << 20) + 1 };

static void set_time(const char *path, long seconds)
{
	struct timespec times[2] = {{seconds, 5}, {seconds, 5}};
	cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
}

/* A file of that many of a letter, and old. */
static void fill(const char *path, size_t size, char letter)
{
	char *text = malloc(size + 1);
	memset(text, letter, size);
	text[size] = '\0';
	put(path, text);
	set_time(path, 1000000000);
	free(text);
}

/* What each start does to its input, besides making the output; then nothing more. */
static void (*deeds[4])(void);
static const char *made = "made";

static int play(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	uint32_t turn = player.starts - 1;
	cr_assert(!is_there("out"), "the place is not clean");
	put("out", made);
	if (turn < FQ_COUNT(deeds) && deeds[turn]) {
		deeds[turn]();
	}
	return 0;
}

static void begin(const char *text, size_t size)
{
	load(text);
	fill("in", size, 'a');
	memset(deeds, 0, sizeof(deeds));
	player.play = play;
	put_run_away();
	unlink("state/journal");
	unlink("out");
}

static void rewrite(void)
{
	struct fq_stamp stamp = fq_stamp_read("in");
	fill("in", (size_t)stamp.size_bytes, 'b');
	set_time("in", 1000000001);
}

static void touch(void)
{
	static long turn = 1100000000;
	set_time("in", turn++);
}

static void add(void)
{
	int fd = open("in", O_WRONLY | O_APPEND);
	cr_assert(fd >= 0 && fq_file_write_all(fd, "x", 1));
	close(fd);
}

static void expect_starts(uint32_t starts, int status)
{
	int was = go();
	cr_assert(was == status && player.starts == starts, "%d, %u starts: %s", was, player.starts,
	        watcher.cause);
}

static void expect_rest(void)
{
	expect_starts(0, 0);
	expect_state("copy", FQ_STATE_FRESH);
}

/* --- changed while it ran ------------------------------------------------------------------- */

static const size_t sizes[] = {5, LARGE};

Test(run_stale, one_that_changes_while_it_runs_is_run_again)
{
	for (size_t i = 0; i < FQ_COUNT(sizes); i++) {
		begin(COPY, sizes[i]);
		deeds[0] = rewrite;
		expect_starts(2, 0);
		cr_assert_str_eq(watcher.cause, "input in changed while it ran");
		cr_assert(watcher.failure.kind == FQ_CAUSE_INPUT && watcher.failure.is_again);
		cr_assert(watcher.failure.retry_ns == 0 && watcher.failure.attempt == 1);
		cr_assert(run.again_count == 1 && run.retried_count == 0 && run.failure_count == 0);
		cr_assert(watcher.remarks == 0);
		expect_rest();
	}
}

Test(run_stale, a_change_with_the_old_time_is_seen_too)
{
	for (size_t i = 0; i < FQ_COUNT(sizes); i++) {
		begin(COPY, sizes[i]);
		deeds[0] = rewrite;
		set_time("in", 1000000001); /* that which it will have */
		expect_starts(2, 0);
	}
}

static void replace(void)
{
	fill("other", 5, 'b');
	cr_assert(rename("other", "in") == 0);
}

Test(run_stale, one_that_is_replaced_by_another_of_the_same_time)
{
	begin(COPY, 5);
	deeds[0] = replace;
	expect_starts(2, 0);
	expect_rest();
}

Test(run_stale, the_same_bytes_are_no_change)
{
	begin(COPY, 5);
	deeds[0] = touch;
	expect_starts(1, 0);
	cr_assert(watcher.remarks == 0);
	size_t len = strlen(text_of("state/journal"));
	expect_rest();
	cr_assert(strlen(text_of("state/journal")) == len, "its new time was recorded at once");
}

Test(run_stale, by_existence_alone_nothing_is_a_change)
{
	begin(COPY "compare = exists\n", LARGE);
	deeds[0] = rewrite;
	expect_starts(1, 0);
	expect_rest();
}

static void link_and_chmod(void)
{
	cr_assert(link("in", "in.link") == 0 && chmod("in", 0444) == 0);
}

Test(run_stale, a_link_to_it_or_another_mode_are_no_change)
{
	begin(COPY, LARGE);
	deeds[0] = link_and_chmod;
	expect_starts(1, 0);
	expect_rest();
}

static void come(void)
{
	put("maybe", "here");
}

Test(run_stale, one_that_was_absent_and_comes)
{
	begin("[task copy]\ninput = in maybe?\noutput = out\ncommand = make-it\n", 5);
	deeds[0] = come;
	expect_starts(2, 0);
	cr_assert_str_eq(watcher.cause, "input maybe came while it ran");
	expect_rest();
}

/* --- its own doing ------------------------------------------------------------------------------ */

Test(run_stale, one_that_touches_its_own_large_input_is_accepted)
{
	static const char *const ways[] = {COPY, COPY "compare = stamp\n", COPY "compare = content\n"};
	for (size_t i = 0; i < FQ_COUNT(ways); i++) {
		begin(ways[i], LARGE);
		deeds[0] = deeds[1] = touch;
		expect_starts(i == 2 ? 1 : 2, 0);
		cr_assert(watcher.remarks == (i != 2));
		cr_assert(i == 2 || strcmp(watcher.remark, "1: copy changes its own input in; taken as it is "
		                                           "now []") == 0,
		        "%s", watcher.remark);
		expect_rest();
	}
}

Test(run_stale, one_that_rewrites_its_input_in_the_same_way_each_time)
{
	for (size_t i = 0; i < FQ_COUNT(sizes); i++) {
		begin(COPY, sizes[i]);
		deeds[0] = rewrite; /* sed -i: the second time nothing is left to change */
		deeds[1] = touch;
		expect_starts(2, 0);
		cr_assert(watcher.remarks == 1);
		expect_rest();
	}
}

static void touch_both(void)
{
	touch();
	set_time("in2", 1200000000 + player.starts);
}

Test(run_stale, two_inputs_of_its_own)
{
	begin("[task copy]\ninput = in in2\noutput = out\ncommand = make-it\n", LARGE);
	fill("in2", LARGE, 'c');
	deeds[0] = deeds[1] = touch_both;
	expect_starts(2, 0);
	expect_rest();
}

Test(run_stale, one_that_adds_to_its_input_each_time_fails_in_words)
{
	for (size_t i = 0; i < FQ_COUNT(sizes); i++) {
		begin(COPY "retries = 3\n", sizes[i]);
		deeds[0] = deeds[1] = add;
		expect_starts(2, 1);
		cr_assert_str_eq(watcher.cause, "input in changed while it ran, twice");
		cr_assert(strstr(
		        watcher.hint, "is something else still writing it? a job that adds to its own"));
		cr_assert(run.failure_count == 1 && watcher.failure.attempt == 2 && !is_there("out"));
		deeds[0] = deeds[1] = NULL;
		expect_starts(1, 0); /* tried again by the next run */
		expect_rest();
	}
}

static void use_up(void)
{
	unlink("in");
}

static void empty(void)
{
	put("in", "");
}

Test(run_stale, of_one_that_uses_up_its_input_the_output_stays)
{
	static void (*const ways[])(void) = {use_up, empty};
	for (size_t i = 0; i < FQ_COUNT(ways); i++) {
		begin(COPY "retries = 3\n", 5);
		deeds[0] = ways[i];
		expect_starts(1, 1);
		cr_assert_str_eq(watcher.cause, i ? "input in is empty: it was not when it began"
		                                  : "input in is gone: it was there when it began");
		cr_assert(strstr(watcher.hint, "gzip -c {input} > {output}"));
		cr_assert_str_eq(text_of("out"), "made");
	}
	/* Not its own, but nothing of it is lost. */
	unlink("in");
	expect_starts(0, 1);
	cr_assert_str_eq(text_of("out"), "made");
}

/* --- with other failures -------------------------------------------------------------------------- */

static int fail_second(uint32_t slot, const struct fq_launch *launch)
{
	play(slot, launch);
	return player.starts == 2 ? 3 << 8 : 0;
}

Test(run_stale, it_uses_up_no_retry)
{
	begin(COPY "retries = 1\n", 5);
	player.play = fail_second;
	deeds[0] = rewrite;
	expect_starts(3, 0);
	cr_assert(run.again_count == 1 && run.retried_count == 1);
	cr_assert(watcher.failure.attempt == 2 && fq_run_attempts(&run, 0) == 3);
	begin(COPY, 5);
	player.play = fail_second;
	deeds[0] = rewrite;
	expect_starts(2, 1);
	cr_assert_str_eq(watcher.cause, "exit status 3");
}

Test(run_stale, fail_fast_does_not_take_it_for_a_failure)
{
	begin(COPY, 5);
	deeds[0] = rewrite;
	options.fail_fast = true;
	expect_starts(2, 0);
}

static void interrupt(void)
{
	rewrite();
	raise(SIGINT);
}

Test(run_stale, told_to_stop_it_is_not_run_again)
{
	begin(COPY, 5);
	deeds[0] = interrupt;
	expect_starts(1, 128 + SIGINT);
	expect_state("copy", FQ_STATE_CANCELLED);
	deeds[0] = NULL;
	expect_starts(1, 0);
}

/* --- left the same ------------------------------------------------------------------------------------ */

#define CHAIN                                                                                                \
	"[samples]\na = in\nb = in2\n"                                                                       \
	"[task one]\ninput = {reads}\noutput = o/{sample}\ncommand = echo {sample}\n"                        \
	"[task each]\ninput = {one.output}\noutput = e/{sample}\ncommand = echo {sample}\n"                  \
	"[task all]\noutput = all\ncommand = cat {one.output}\n"

/* What `one` makes and reports; the others make what they always do. */
static const char *one_makes, *one_reports;

static int play_chain(uint32_t slot, const struct fq_launch *launch)
{
	struct fq_buf outputs = {0}, values = {0};
	struct fq_list list = {.bytes = outputs};
	fq_plan_outputs(&plan, run.slots[slot].job, &list);
	if (list.count) {
		put(list.bytes.at, strncmp(list.bytes.at, "o/", 2) == 0 ? one_makes : "same");
	}
	fq_list_finish(&list);
	fq_buf_addf(&values, "n=%s\n", one_reports);
	put(env_of(launch, "FQRUN_VALUES"), values.at);
	fq_buf_finish(&values);
	return 0;
}

static void change(int letter)
{
	fill("in", 5, (char)letter);
	set_time("in", 1000000000 + letter);
}

static void begin_chain(const char *text)
{
	load(text);
	fill("in", 5, 'a');
	fill("in2", 5, 'a');
	player.play = play_chain;
	one_makes = "this";
	one_reports = "1";
	cr_assert(go() == 0);
	cr_assert(go() == 0 && player.starts == 0);
}

Test(run_stale, what_ran_again_and_left_the_same_makes_nothing_run)
{
	begin_chain(CHAIN);
	for (int i = 0; i < 3; i++) {
		change('b' + i);
		expect_starts(1, 0);
		expect_state("one/a", FQ_STATE_DONE);
		expect_state("each/a", FQ_STATE_FRESH);
		expect_state("all", FQ_STATE_FRESH);
		expect_starts(0, 0);
	}
}

Test(run_stale, what_left_something_else_makes_those_behind_run)
{
	begin_chain(CHAIN);
	one_makes = "that";
	change('b');
	expect_starts(3, 0);
	expect_state("each/b", FQ_STATE_FRESH);
	expect_starts(0, 0);
}

/* The one that gathers had no chance to run: it has to, whatever is made after. */
Test(run_stale, a_change_is_not_forgotten_by_one_that_ran_later)
{
	begin_chain(CHAIN);
	bool wanted[5] = {0};
	wanted[job_of("one/a")] = true;
	options.wanted = wanted;
	one_makes = "that";
	change('b');
	expect_starts(1, 0);
	change('c');
	expect_starts(1, 0);
	options.wanted = NULL;
	expect_starts(2, 0);
	expect_state("all", FQ_STATE_DONE);
	expect_starts(0, 0);
}

Test(run_stale, another_value_makes_those_behind_run)
{
	begin_chain(CHAIN);
	one_reports = "2";
	change('b');
	expect_starts(3, 0);
}

Test(run_stale, of_one_without_outputs_nobody_knows_what_it_left)
{
	begin_chain("[task one]\ninput = in\ncommand = make\n[task all]\nafter = one\noutput = all\ncommand "
	            "= x\n");
	change('b');
	expect_starts(2, 0);
	begin_chain("[task one]\ncompare = exists\ninput = in\noutput = o/x\ncommand = make\n"
	            "[task all]\nafter = one\noutput = all\ncommand = x\n");
	unlink("o/x");
	expect_starts(2, 0);
}

Test(run_stale, in_a_dry_run_nobody_knows_and_nothing_is_written)
{
	begin_chain(CHAIN);
	change('b');
	size_t len = strlen(text_of("state/journal"));
	options.dry_run = true;
	player.play = NULL;
	set_time("in2", 1000000009); /* to be recorded anew, but not now */
	cr_assert(go() == 0 && watcher.runs == 3);
	cr_assert(strlen(text_of("state/journal")) == len);
}

Test(run_stale, another_time_is_recorded_once_by_the_run)
{
	begin_chain(CHAIN);
	size_t len = strlen(text_of("state/journal"));
	set_time("in", 1000000009);
	expect_starts(0, 0);
	const char *added = text_of("state/journal") + len;
	cr_assert(strstr(added, "\tkept\tone\ta\t") && strchr(added, '\n') == strrchr(added, '\n'), "%s",
	        added);
	len = strlen(words.at);
	expect_starts(0, 0);
	cr_assert(strlen(text_of("state/journal")) == len);
}

Test(run_stale, a_record_that_cannot_be_written_is_a_fault)
{
	begin_chain(CHAIN);
	set_time("in", 1000000009);
	put_run_away();
	struct rlimit none = {.rlim_cur = strlen(text_of("state/journal")), .rlim_max = RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &none) == 0);
	int status = go();
	none.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &none);
	cr_assert(status == 3 && run.fault.text && strstr(run.fault.text, "state/journal"));
}
