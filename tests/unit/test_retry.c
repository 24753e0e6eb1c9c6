/* Another attempt: how often, when, with how much memory, and what is kept of the first. */
#include "run_fixture.h"

#include <fcntl.h>
#include <unistd.h>

TestSuite(retry, .init = enter_folder, .fini = leave_run);

#define ONE "[task t]\nmemory = 1G\ncommand = make-it {output}\noutput = o/t\n"
#define THREE "[samples]\na =\nb =\nc =\n[task t]\nper = sample\ncommand = echo {sample}\n"

static const int64_t gib = INT64_C(1) << 30;

static struct fq_task *task_of(const char *job)
{
	return (struct fq_task *)(uintptr_t)fq_plan_rule(&plan, job_of(job))->task;
}

/* The wait statuses of one start after another; then success. */
static int statuses[300];
static int64_t memory[300], began_ns[300];

static int play_in_turn(uint32_t slot, const struct fq_launch *launch)
{
	uint32_t turn = player.starts - 1;
	(void)launch;
	began_ns[turn] = player.now_ns;
	memory[turn] = run.slots[slot].memory_bytes;
	if (statuses[turn] == 0 && plan.job_count == 1) {
		put("o/t", "whole");
	}
	return statuses[turn];
}

static void fail_first(uint32_t count, int status)
{
	memset(statuses, 0, sizeof(statuses));
	for (uint32_t i = 0; i < count; i++) {
		statuses[i] = status;
	}
	player.play = play_in_turn;
}

/* --- how often --------------------------------------------------------------------------- */

Test(retry, as_often_as_the_task_says_and_no_more)
{
	for (uint32_t retries = 0; retries < 4; retries++) {
		for (uint32_t failures = 0; failures < 6; failures++) {
			load(ONE);
			task_of("t")->retries = retries;
			fail_first(failures, 3 << 8);
			options.always = true;
			bool is_done = failures <= retries;
			cr_assert(go() == !is_done);
			cr_assert(player.starts == (is_done ? failures + 1 : retries + 1));
			cr_assert(watcher.retries == (is_done ? failures : retries));
			cr_assert(
			        run.retried_count == (watcher.retries > 0) && run.failure_count == !is_done);
			cr_assert(is_done || watcher.failure.attempt == retries + 1);
			expect_state("t", is_done ? FQ_STATE_DONE : FQ_STATE_FAILED);
		}
	}
}

Test(retry, more_often_than_can_be_counted_ends)
{
	load(ONE);
	task_of("t")->retries = UINT32_MAX;
	fail_first(FQ_COUNT(statuses), 1 << 8);
	cr_assert(go() == 1 && player.starts == 255 && watcher.failure.attempt == 255);
}

Test(retry, a_job_has_attempts_of_its_own)
{
	load(THREE);
	task_of("t/a")->retries = 1;
	fail_first(3, 1 << 8);
	options.jobs = 3;
	cr_assert(go() == 0 && player.starts == 6 && run.retried_count == 3);
}

static int refuse_to_start(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	return -ENOENT;
}

Test(retry, one_that_cannot_be_started_is_not_tried_again)
{
	load(ONE);
	task_of("t")->retries = 5;
	player.play = refuse_to_start;
	cr_assert(go() == 1 && player.starts == 1 && watcher.retries == 0);
	cr_assert(watcher.failure.kind == FQ_CAUSE_NOT_FOUND && watcher.failure.retry_ns < 0);
	load("[task t]\ncommand = cat {input}\ninput = none\n");
	task_of("t")->retries = 5;
	cr_assert(go() == 1 && player.starts == 0 && watcher.failure.kind == FQ_CAUSE_OTHER);
}

Test(retry, fail_fast_in_effect_ends_all_attempts)
{
	load("[task t]\ncommand = false\n[task u]\ncommand = false 1\n");
	task_of("u")->retries = 3;
	options.fail_fast = true;
	options.jobs = 2;
	fail_first(9, 1 << 8);
	cr_assert(go() == 1 && player.starts == 2 && watcher.retries == 0);
	cr_assert(run.counts[FQ_STATE_FAILED] == 2);
	task_of("t")->retries = 1; /* not in effect while all can still be well */
	cr_assert(go() == 1 && player.starts >= 3 && watcher.retries >= 2);
}

/* --- what the first attempt left ---------------------------------------------------------- */

static const char *seen_by_second;

static int leave_something(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	if (player.starts == 1) {
		put("o/t", "half");
		put(launch->log, "first words\n");
		return 1 << 8;
	}
	seen_by_second = is_there("o/t") ? "its output" : is_there(launch->log) ? "its log" : "nothing";
	put("o/t", "whole");
	put(launch->log, "second words\n");
	return 0;
}

Test(retry, its_output_is_gone_and_its_log_kept)
{
	load(ONE);
	task_of("t")->retries = 1;
	player.play = leave_something;
	cr_assert(go() == 0 && strcmp(seen_by_second, "nothing") == 0, "%s", seen_by_second);
	cr_assert_str_eq(text_of("logs/t.log.1"), "first words\n");
	cr_assert_str_eq(text_of("logs/t.log"), "second words\n");
	cr_assert_str_eq(watcher.log, "logs/t.log.1");
	fq_plan_forget_stamps(&plan);
	cr_assert(go() == 0 && run.counts[FQ_STATE_FRESH] == 1);
	cr_assert(is_there("logs/t.log.1"), "nothing ran, nothing is removed");
}

Test(retry, logs_of_earlier_runs_are_removed_at_the_first_attempt)
{
	load(ONE);
	task_of("t")->retries = 2;
	fail_first(2, 1 << 8);
	cr_assert(
	        go() == 0 && is_there("logs/t.log.1") && is_there("logs/t.log.2"), "empty ones leave no gap");
	cr_assert_str_eq(watcher.log, "");
	fail_first(0, 0);
	options.always = true;
	cr_assert(go() == 0 && !is_there("logs/t.log.1") && !is_there("logs/t.log.2"));
}

static int note_verdict(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	if (player.starts == 2) {
		struct fq_error err = {0};
		struct fq_buf now = {0};
		cr_assert(fq_file_read("state/journal", 1 << 20, &now, &err), "%s", err.text);
		const char *fail = strstr(now.at, "\tfail\tt\t\t");
		long long attempt = 0;
		cr_assert(fail && strstr(fail, "\texit status 1\n"), "%s", now.at);
		cr_assert(sscanf(fail, "\tfail\tt\t\t%*d,%*d,%*d,%*d,%*d,%*d,%lld,", &attempt) == 1 &&
		                  attempt == 1,
		        "%s", fail);
		fq_buf_finish(&now);
	}
	put("o/t", "x");
	return player.starts == 1 ? 1 << 8 : 0;
}

Test(retry, the_journal_knows_of_each_attempt)
{
	load(ONE);
	task_of("t")->retries = 1;
	player.play = note_verdict;
	cr_assert(go() == 0);
	reopen_journal();
	struct fq_record record = fq_journal_find(&journal, fq_text("t"), fq_text(""));
	cr_assert(record.verdict == FQ_VERDICT_DONE && record.usage.attempt == 2);
}

/* The journal as a fqrun without attempts has it: of what a job used, the time alone. */
static void write_old_journal(void)
{
	struct fq_buf now = {0}, old = {0};
	struct fq_error err = {0};
	cr_assert(fq_file_read("state/journal", 1 << 20, &now, &err), "%s", err.text);
	bool was_changed = false;
	for (char *line = strtok(now.at, "\n"); line; line = strtok(NULL, "\n")) {
		char *done = strstr(line, "\tdone\t"), *comma = done ? strchr(done, ',') : NULL;
		if (comma) {
			char *behind = strchr(comma, '\t');
			memmove(comma, behind, strlen(behind) + 1);
			char *body = strchr(line, '\t') + 1;
			fq_buf_addf(&old, "%08x\t%s\n", (uint32_t)fq_hash(body, strlen(body)), body);
			was_changed = true;
		} else {
			fq_buf_addf(&old, "%s\n", line);
		}
	}
	cr_assert(was_changed);
	put("state/journal", old.at);
	fq_buf_finish(&now);
	fq_buf_finish(&old);
}

Test(retry, what_an_older_fqrun_did_holds)
{
	load(ONE);
	fail_first(0, 0);
	cr_assert(go() == 0 && player.starts == 1);
	fq_journal_close(&journal);
	write_old_journal();
	cr_assert(go() == 0 && player.starts == 0 && run.counts[FQ_STATE_FRESH] == 1);
	struct fq_record record = fq_journal_find(&journal, fq_text("t"), fq_text(""));
	cr_assert(record.verdict == FQ_VERDICT_DONE && record.usage.attempt == 0 && journal.bad_records == 0);
}

/* --- when ------------------------------------------------------------------------------------ */

/* Time goes on only when nothing has ended that is not yet known. */
static void pass_exactly(struct fq_executor *executor, int64_t until_ns)
{
	if (player.ended_count == 0) {
		player_pass(executor, until_ns);
	}
}

static int go_in_exact_time(void)
{
	static struct fq_executor_impl impl;
	impl = timed_player_impl;
	impl.pass = pass_exactly;
	player.base.impl = &impl;
	player.starts = 0;
	return go_with(&player.base);
}

Test(retry, it_waits_twice_as_long_each_time)
{
	const int64_t pause_ns = INT64_C(30000000000);
	load(ONE);
	task_of("t")->retries = 3;
	task_of("t")->backoff_ns = pause_ns;
	fail_first(3, 1 << 8);
	cr_assert(go_in_exact_time() == 0 && player.starts == 4);
	for (int i = 0; i < 3; i++) {
		cr_assert(began_ns[i + 1] - began_ns[i] == pause_ns << i, "attempt %d", i + 2);
	}
	cr_assert(watcher.failure.retry_ns == pause_ns << 2);
}

Test(retry, others_run_while_it_waits)
{
	const int64_t pause_ns = INT64_C(3600000000000);
	load(THREE);
	task_of("t/a")->retries = 1;
	task_of("t/a")->backoff_ns = pause_ns;
	options.jobs = 1;
	fail_first(1, 1 << 8);
	cr_assert(go_in_exact_time() == 0 && player.starts == 4);
	cr_assert(began_ns[1] == began_ns[0] && began_ns[2] == began_ns[0]);
	cr_assert(began_ns[3] == began_ns[0] + pause_ns);
}

Test(retry, all_wait_as_long_as_each)
{
	const int64_t pause_ns = INT64_C(1000000000);
	load(THREE);
	task_of("t/a")->retries = 3;
	task_of("t/a")->backoff_ns = pause_ns;
	options.jobs = 3;
	fail_first(6, 1 << 8); /* at 0 s all three, at 1 s again: all are due at 3 s */
	cr_assert(go_in_exact_time() == 0 && player.starts == 9 && run.retried_count == 3);
	for (int i = 0; i < 9; i++) {
		int64_t due_ns = began_ns[0] + pause_ns * (i < 3 ? 0 : i < 6 ? 1 : 3);
		cr_assert(began_ns[i] == due_ns, "start %d: %lld", i, (long long)began_ns[i]);
	}
}

Test(retry, a_short_wait_overtakes_a_long_one)
{
	const int64_t pause_ns = INT64_C(1000000000);
	load("[task s]\ncommand = false s\n[task t]\ncommand = false t\n");
	task_of("s")->retries = task_of("t")->retries = 1;
	options.jobs = 2;
	task_of("s")->backoff_ns = 7 * pause_ns;
	task_of("t")->backoff_ns = 3 * pause_ns;
	fail_first(2, 1 << 8);
	cr_assert(go_in_exact_time() == 0 && player.starts == 4);
	cr_assert(began_ns[2] == began_ns[0] + 3 * pause_ns && began_ns[3] == began_ns[0] + 7 * pause_ns);
}

static void stop_when_it_waits(const struct fq_run *of)
{
	if (of->counts[FQ_STATE_QUEUED] && !of->stop_signal && player.starts) {
		raise(SIGTERM);
	}
}

Test(retry, told_to_stop_while_it_waits_it_is_cancelled)
{
	for (int i = 0; i < 2; i++) {
		load(ONE);
		task_of("t")->retries = 200;
		task_of("t")->backoff_ns = i ? INT64_MAX / 2 : INT64_C(3600000000000);
		fail_first(1, 1 << 8);
		options.always = true;
		watcher.on_tick = stop_when_it_waits;
		cr_assert(go() == 128 + SIGTERM && player.starts == 1);
		expect_state("t", FQ_STATE_CANCELLED);
	}
}

/* --- memory ------------------------------------------------------------------------------------ */

static void play_memory(const char *factor, uint32_t retries, int64_t limit_gib, uint32_t failures)
{
	char text[200];
	snprintf(text, sizeof(text), "[task t]\nmemory = 1G%s\ncommand = make-it {output}\noutput = o/t\n",
	        factor);
	load(text);
	task_of("t")->retries = retries;
	options.memory_bytes = limit_gib * gib;
	options.always = true;
	options.machine = "none"; /* no counter: killed, and as large as it may be */
	fail_first(failures, SIGKILL);
	memset(memory, 0, sizeof(memory));
}

static bool next_with_peak(struct fq_executor *executor, struct fq_exit *ret)
{
	bool is = player_next(executor, ret);
	ret->peak_rss_kb = is ? run.slots[ret->slot].memory_bytes / 1024 : 0;
	return is;
}

static int go_at_peak(void)
{
	static struct fq_executor_impl impl;
	impl = player_impl;
	impl.next_exit = next_with_peak;
	player.base.impl = &impl;
	player.starts = 0;
	return go_with(&player.base);
}

Test(retry, more_memory_each_time_that_it_was_too_little)
{
	static const struct {
		const char *factor;
		int64_t limit;
		uint32_t retries, failures;
		int64_t asked[6]; /* GiB */
		bool is_done;
	} rows[] = {
	        {"", 0, 2, 2, {1, 1, 1}, true},
	        {" x2", 0, 3, 3, {1, 2, 4, 8}, true},
	        {" x3", 16, 2, 2, {1, 3, 9}, true},
	        {" x3", 8, 2, 2, {1, 3, 8}, true},  /* what there is is more than it had */
	        {" x2", 4, 5, 9, {1, 2, 4}, false}, /* no more to be had: no more attempts */
	        {" x2", 1, 5, 9, {1}, false},
	};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		play_memory(rows[i].factor, rows[i].retries, rows[i].limit, rows[i].failures);
		cr_assert(go_at_peak() == !rows[i].is_done, "row %zu", i);
		for (size_t j = 0; j < FQ_COUNT(rows[i].asked); j++) {
			cr_assert(memory[j] == rows[i].asked[j] * gib, "row %zu, attempt %zu: %lld", i, j + 1,
			        (long long)memory[j]);
		}
		uint32_t last = player.starts - 1;
		int64_t told = watcher.failure.retry_memory_bytes;
		bool has_grown = rows[i].is_done && memory[last] > memory[last - 1];
		cr_assert(told == (has_grown ? memory[last] : 0), "row %zu: %lld", i, (long long)told);
		bool is_told =
		        strstr(watcher.hint, "not tried again: it had all that --memory allows") != NULL;
		cr_assert(is_told == !rows[i].is_done, "row %zu: %s", i, watcher.hint);
		cr_assert(watcher.failure.kind == FQ_CAUSE_MEMORY && run.memory_used_bytes == 0);
	}
}

Test(retry, no_more_memory_for_another_cause)
{
	play_memory(" x2", 3, 4, 0);
	fail_first(3, 1 << 8);
	cr_assert(go() == 0 && player.starts == 4);
	cr_assert(memory[0] == gib && memory[3] == gib);
}
