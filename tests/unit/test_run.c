/* Who runs when, and what is believed of it, over an executor that the test plays. */
#include "run_fixture.h"

#include <sys/resource.h>

TestSuite(run, .init = enter_folder, .fini = leave_run);

#define COUNT "[task count]\ncommand = wc {reads} > {output}\noutput = o/{sample}\n"
#define SUM "[task sum]\ncommand = cat {count.output} > {output}\noutput = sum\n"

static void put_reads(void)
{
	static const char *const files[] = {"r/s1.fq", "r/s2_1.fq", "r/s2_2.fq", "r/s3.fq"};
	for (size_t i = 0; i < FQ_COUNT(files); i++) {
		put(files[i], "@r\nA\n+\nI\n");
	}
}

/* Writes the outputs of the job that starts. */
static int write_outputs(uint32_t slot, const struct fq_launch *launch)
{
	(void)launch;
	struct fq_list outputs = {0};
	fq_plan_outputs(&plan, run.slots[slot].job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		put(path, "result\n");
	}
	fq_list_finish(&outputs);
	return 0;
}

static int fail_s2(uint32_t slot, const struct fq_launch *launch)
{
	write_outputs(slot, launch);
	return strcmp(env_of(launch, "FQRUN_SAMPLE"), "s2") == 0 ? 3 << 8 : 0;
}

static void load_three(void)
{
	load(SIX COUNT SUM);
	put_reads();
	player.play = write_outputs;
}

/* --- order, states, tokens --------------------------------------------------------- */

Test(run, runs_all_then_nothing)
{
	load_three();
	cr_assert(go() == 0 && watcher.runs == 4 && player.starts == 4);
	cr_assert(watcher.moves == 4 * 5 && watcher.most_running == 2);
	expect_state("sum", FQ_STATE_DONE);
	cr_assert(go() == 0 && player.starts == 0 && run.counts[FQ_STATE_FRESH] == 4);
	cr_assert(watcher.moves == 4 * 3 && !run.has_begun);
}

Test(run, limit_of_jobs_is_never_exceeded)
{
	load_three();
	for (options.jobs = 1; options.jobs <= 5; options.jobs++) {
		options.always = true;
		cr_assert(go() == 0 && watcher.runs == 4);
		cr_assert(watcher.most_running == (options.jobs < 3 ? options.jobs : 3));
	}
}

Test(run, only_what_is_wanted)
{
	bool wanted[4] = {0};
	struct fq_error err = {0};
	load_three();
	cr_assert(fq_plan_select(&plan, "s2", wanted, &err));
	options.wanted = wanted;
	cr_assert(go() == 0 && watcher.runs == 1 && fq_run_wanted(&run) == 1);
	expect_state("count/s1", FQ_STATE_UNWANTED);
	options.wanted = NULL;
	cr_assert(go() == 0 && watcher.runs == 3);
	expect_state("count/s2", FQ_STATE_FRESH);
}

Test(run, twenty_thousand_jobs_into_one_cohort_are_linear)
{
	enum { MANY = 20000 };
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < MANY; i++) {
		fq_buf_addf(&text, "s%d =\n", i);
	}
	fq_buf_puts(&text, "[task a]\nper = sample\ncommand = true\n[task b]\ncommand = true\nafter = a\n"
	                   "[task c]\nper = sample\ncommand = true\nafter = b\n");
	load(text.at);
	cr_assert(go() == 0 && player.starts == 2 * MANY + 1 && watcher.moves == 5 * (2 * MANY + 1));
	cr_assert(go() == 0 && player.starts == 0 && watcher.moves == 3 * (2 * MANY + 1));
	fq_buf_finish(&text);
}

/* --- failures ------------------------------------------------------------------------- */

Test(run, a_failed_member_blocks_the_cohort_and_nobody_else)
{
	load_three();
	player.play = fail_s2;
	cr_assert(go() == 1);
	expect_state("count/s1", FQ_STATE_DONE);
	expect_state("count/s2", FQ_STATE_FAILED);
	expect_state("count/s3", FQ_STATE_DONE);
	expect_state("sum", FQ_STATE_BLOCKED);
	cr_assert(strcmp(watcher.cause, "exit status 3") == 0 && !is_there("o/s2") && is_there("o/s3"));
	player.play = write_outputs;
	cr_assert(go() == 0 && player.starts == 2);
}

Test(run, fail_fast_starts_no_more)
{
	load_three();
	player.play = fail_s2;
	options.fail_fast = true;
	options.jobs = 1;
	cr_assert(go() == 1 && watcher.runs == 2);
	expect_state("count/s3", FQ_STATE_CANCELLED);
	expect_state("sum", FQ_STATE_CANCELLED);
}

Test(run, missing_input_fails_that_job_alone)
{
	load_three();
	unlink("r/s2_2.fq");
	cr_assert(go() == 1 && player.starts == 2);
	expect_state("count/s2", FQ_STATE_FAILED);
	cr_assert(strcmp(watcher.cause, "input r/s2_2.fq is not there") == 0);
	expect_state("count/s3", FQ_STATE_DONE);
	cr_assert(run.failures[0].where.line == 3);
}

Test(run, a_refused_value_fails_that_job_alone)
{
	load("[samples]\nx;y =\nz =\n[task a]\nper = sample\ncommand = awk 'BEGIN{print \"{sample}\"}' > "
	     "f\n");
	cr_assert(go() == 1 && player.starts == 1);
	expect_state("a/z", FQ_STATE_DONE);
	expect_state("a/x;y", FQ_STATE_FAILED);
	cr_assert(run.failures[0].where.line == 6 && strstr(watcher.hint, "as an argument"));
}

static int write_nothing(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	return 0;
}

Test(run, missing_output_is_a_failure)
{
	load_three();
	player.play = write_nothing;
	cr_assert(go() == 1 && strncmp(watcher.cause, "output o/s", 10) == 0 &&
	          strstr(watcher.cause, " is missing"));
}

/* --- what lies where an output will be --------------------------------------------------- */

Test(run, a_foreign_file_is_neither_deleted_nor_believed)
{
	load_three();
	put("o/s1", "precious");
	player.play = write_nothing;
	for (int i = 0; i < 3; i++) {
		cr_assert(go() == 1);
		expect_state("count/s1", FQ_STATE_FAILED);
		cr_assert(strcmp(text_of("o/s1"), "precious") == 0);
		cr_assert(strcmp(run.failures[0].cause,
		                  "output o/s1 was there before, and the command did not write it") == 0);
	}
	player.play = write_outputs;
	cr_assert(go() == 0 && strcmp(text_of("o/s1"), "result\n") == 0);
}

static bool was_there;
static int look_first(uint32_t slot, const struct fq_launch *launch)
{
	was_there |= strcmp(env_of(launch, "FQRUN_SAMPLE"), "s1") == 0 && is_there("o/s1");
	return write_outputs(slot, launch);
}

Test(run, old_output_is_removed_before_it_runs_again)
{
	load_three();
	cr_assert(go() == 0);
	put("r/s1.fq", "changed");
	player.play = look_first;
	cr_assert(go() == 0 && watcher.runs == 1 && !was_there);
}

/* As if fqrun was killed: the job was begun with this at its output's place. */
static void begin_s1(const char *stamp)
{
	struct fq_error err = {0};
	struct fq_buf items = {0};
	reopen_journal();
	fq_items_add(&items, 'o', fq_text("o/s1"), fq_text(stamp));
	cr_assert(fq_journal_begin(
	        &journal, fq_text("count"), fq_text("s1"), (struct fq_text){items.at, items.len}, &err));
	fq_buf_finish(&items);
}

Test(run, what_a_killed_run_left_is_removed_first)
{
	load_three();
	begin_s1("-");
	put("o/s1", "half a res");
	player.play = look_first;
	cr_assert(go() == 0 && watcher.runs == 4 && !was_there);
}

Test(run, what_a_killed_run_found_stays)
{
	struct fq_buf stamp = {0};
	load_three();
	put("o/s1", "precious");
	struct fq_stamp now = fq_stamp_read("o/s1");
	fq_buf_addf(&stamp, "%lld %lld", (long long)now.size_bytes, (long long)now.mtime_ns);
	begin_s1(stamp.at);
	player.play = write_nothing;
	cr_assert(go() == 1 && strcmp(text_of("o/s1"), "precious") == 0);
	fq_buf_finish(&stamp);
}

Test(run, partial_output_stays_ours_through_a_run_that_cannot_start_it)
{
	load_three();
	begin_s1("-");
	put("o/s1", "half a res");
	rename("r/s1.fq", "r/away");
	cr_assert(go() == 1);
	rename("r/away", "r/s1.fq");
	player.play = look_first;
	cr_assert(go() == 0 && !was_there);
}

Test(run, a_new_output_name_deletes_no_file_of_others)
{
	load_three();
	cr_assert(go() == 0);
	put("p/s1", "precious");
	load(SIX "[task count]\ncommand = wc {reads} > {output}\noutput = p/{sample}\n");
	player.play = write_nothing;
	cr_assert(go() == 1 && strcmp(text_of("p/s1"), "precious") == 0);
	cr_assert(go() == 1 && strcmp(text_of("p/s1"), "precious") == 0);
}

Test(run, an_input_that_was_away_for_a_while_forgets_no_success)
{
	load_three();
	cr_assert(go() == 0);
	rename("r", "away");
	cr_assert(go() == 1 && player.starts == 0 && run.counts[FQ_STATE_FAILED] == 3);
	rename("away", "r");
	cr_assert(go() == 0 && player.starts == 0 && run.counts[FQ_STATE_FRESH] == 4);
}

/* --- a dry run ------------------------------------------------------------------------------- */

Test(run, dry_run_starts_nothing_and_writes_nothing)
{
	struct fq_error err = {0};
	load_three();
	options.dry_run = true;
	struct fq_executor *noop = fq_exec_noop(2);
	cr_assert(fq_journal_open(
	        &journal, "state", &(struct fq_journal_options){.mode = FQ_JOURNAL_READ}, &err));
	watcher.base = (struct fq_observer){
	        watch_begin, watch_moved, watch_tick, NULL, watch_stopping, watch_end, 0};
	run = (struct fq_run){.plan = &plan,
	        .journal = &journal,
	        .executor = noop,
	        .observers = observers,
	        .observer_count = 1,
	        .options = options};
	cr_assert(fq_run(&run) == 0 && watcher.runs == 4 && watcher.most_running <= 2);
	cr_assert(!is_there("state") && !is_there("o") && !is_there("logs") && !is_there(run.tmp));
	noop->impl->destroy(noop);
}

/* --- the system fails us ------------------------------------------------------------------------ */

/* From now on no file may grow beyond what the journal is. */
static int fill_disk(uint32_t slot, const struct fq_launch *launch)
{
	int status = write_outputs(slot, launch);
	rlim_t most = (rlim_t)fq_stamp_read("state/journal").size_bytes;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, RLIM_INFINITY}) == 0);
	return status;
}

Test(run, a_journal_that_cannot_be_written_stops_the_start_of_more)
{
	load_three();
	player.play = fill_disk;
	options.jobs = 1;
	cr_assert(go() == 3 && player.starts == 1 && run.fault.number == EFBIG);
	expect_state("count/s1", FQ_STATE_FAILED);
	expect_state("count/s2", FQ_STATE_CANCELLED);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0);
	player.play = write_outputs;
	cr_assert(go() == 0 && player.starts == 4);
}

static const char *taken_away;

static int take_away(uint32_t slot, const struct fq_launch *launch)
{
	cr_assert(fq_tree_remove(taken_away, NULL));
	return write_outputs(slot, launch);
}

/* A second run may have begun by then: what stands in our outputs' places may be its. */
Test(run, a_state_that_was_removed_stops_all_and_nothing_is_touched)
{
	static const char *const parts[] = {"state", "state/lock", "state/journal"};
	load_three();
	options.jobs = 1;
	for (size_t i = 0; i < FQ_COUNT(parts); i++) {
		taken_away = parts[i];
		player.play = take_away;
		cr_assert(fq_tree_remove("state", NULL));
		cr_assert(go() == 3 && player.starts == 1 && strstr(run.fault.text, "was removed"));
		expect_state("count/s1", FQ_STATE_FAILED);
		cr_assert(
		        strcmp(watcher.cause, "its success could not be recorded") == 0, "%s", watcher.cause);
		expect_state("count/s2", FQ_STATE_CANCELLED);
		cr_assert(strstr(watcher.hint, "left where it is"), "%s", watcher.hint);
		cr_assert(is_there("o/s1"), "what it made is left");
		player.play = write_outputs;
		cr_assert(go() == 0 && player.starts == 4);
	}
}

static int take_away_and_fail(uint32_t slot, const struct fq_launch *launch)
{
	take_away(slot, launch);
	return 1 << 8;
}

Test(run, what_a_job_left_that_failed_after_the_state_was_removed_is_not_touched)
{
	load_three();
	options.jobs = 1;
	taken_away = "state";
	player.play = take_away_and_fail;
	cr_assert(go() == 3 && player.starts == 1 && strstr(run.fault.text, "was removed"));
	cr_assert(is_there("o/s1"));
}

static bool was_synced;

static void end_once_synced(const struct fq_run *of)
{
	const int64_t longest_ns = INT64_C(20000000000);
	bool is_synced = journal.care.unsynced_ns == 0;
	if (player.held_count && (is_synced || fq_clock_ns() - of->started_ns > longest_ns)) {
		was_synced |= is_synced;
		player.holds = false;
		player_signal(NULL, player.held[0].slot, SIGTERM);
	}
}

Test(run, what_was_written_is_synced_while_jobs_run)
{
	load_three();
	options.jobs = 1;
	player.play = write_outputs;
	player.holds = true;
	watcher.on_tick = end_once_synced;
	cr_assert(go() == 0 && was_synced);
}

static uint32_t crowd;
static int be_crowded(uint32_t slot, const struct fq_launch *launch)
{
	if (run.counts[FQ_STATE_RUNNING] > 0) {
		crowd++;
		return -EAGAIN;
	}
	return write_outputs(slot, launch);
}

Test(run, no_room_for_a_process_puts_the_job_back)
{
	load_three();
	options.jobs = 4;
	player.play = be_crowded;
	cr_assert(go() == 0 && watcher.runs == 4 && watcher.most_running == 1 && crowd > 0);
	cr_assert(watcher.moves == 4 * 5);
}

static int be_full(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	return -ENOMEM;
}

Test(run, no_room_even_for_one_is_a_fault)
{
	load_three();
	player.play = be_full;
	cr_assert(go() == 3 && run.fault.number == ENOMEM && run.counts[FQ_STATE_CANCELLED] == 4);
}

static int be_absent(uint32_t slot, const struct fq_launch *launch)
{
	return strcmp(env_of(launch, "FQRUN_SAMPLE"), "s1") == 0 ? -ENOENT : write_outputs(slot, launch);
}

Test(run, a_program_that_cannot_start_fails_that_job_alone)
{
	load_three();
	player.play = be_absent;
	cr_assert(go() == 1 && watcher.runs == 2);
	expect_state("count/s1", FQ_STATE_FAILED);
}
