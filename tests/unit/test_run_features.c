/* What jobs print, threads and memory, the gate: over an executor that the test plays. */
#include "run_fixture.h"

TestSuite(run_features, .init = enter_folder, .fini = leave_run);

/* --- lines ----------------------------------------------------------------------------- */

static void say(const struct fq_launch *launch, uint32_t slot, const char *line)
{
	launch->on_line(launch->context, slot, (struct fq_text){line, strlen(line)});
}

static double told[8];

static int tell_progress(uint32_t slot, const struct fq_launch *launch)
{
	static const char *const lines[] = {"Started analysis", "Approx 5% complete", "Approx 7x% complete",
	        "Approx 42.5% complete", "Approx 400% complete", "Approx nan% complete", "100% complete",
	        "Approx 100% complete"};
	for (size_t i = 0; i < FQ_COUNT(lines); i++) {
		say(launch, slot, lines[i]);
		told[i] = run.slots[slot].percent;
	}
	return 0;
}

Test(run_features, progress_is_what_the_first_group_holds)
{
	static const double expected[] = {-1, 5, 5, 42.5, 42.5, 42.5, 42.5, 100};
	load("[task t]\nprogress = ^Approx ([0-9a-z.]+)% complete\ncommand = true\n");
	player.play = tell_progress;
	cr_assert(go() == 0);
	for (size_t i = 0; i < FQ_COUNT(expected); i++) {
		/* "7x" begins with a number, and that is what is taken. */
		double wanted = i == 2 ? 7 : expected[i];
		cr_assert(told[i] == wanted, "line %zu: %f", i, told[i]);
	}
}

static int listens(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	told[0] = launch->on_line != NULL;
	return 0;
}

Test(run_features, nobody_listens_where_nothing_is_asked)
{
	load("[task t]\ncommand = true\n");
	player.play = listens;
	options.always = true;
	cr_assert(go() == 0 && told[0] == 0);
	unload();
	load("[task t]\nfail-on = never\ncommand = true\n");
	cr_assert(go() == 0 && told[0] == 1);
}

static int betray_first(uint32_t slot, const struct fq_launch *launch)
{
	if (player.starts == 1) {
		say(launch, slot, "oops 1");
		say(launch, slot, "oops 2");
	}
	return 0;
}

Test(run_features, a_line_betrays_its_own_job_alone)
{
	load("[task t]\nfail-on = ^oops\ncommand = true\n"
	     "[task u]\nfail-on = ^oops\ncommand = true\n");
	player.play = betray_first;
	options.jobs = 1; /* the second has the slot of the first */
	cr_assert(go() == 1 && run.counts[FQ_STATE_FAILED] == 1 && run.counts[FQ_STATE_DONE] == 1);
	cr_assert_str_eq(watcher.cause, "it printed: oops 1");
}

/* --- threads and memory -------------------------------------------------------------------- */

static int64_t most_memory;
static size_t most_tokens;

static int measure(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	size_t tokens = 0;
	int64_t memory = 0;
	for (uint32_t i = 0; i < run.slot_count; i++) {
		bool is_used = run.slots[i].job != UINT32_MAX;
		tokens += is_used ? run.slots[i].token_count : 0;
		memory += is_used ? run.slots[i].memory_bytes : 0;
	}
	most_tokens = tokens > most_tokens ? tokens : most_tokens;
	most_memory = memory > most_memory ? memory : most_memory;
	cr_assert(memory == run.memory_used_bytes && tokens <= options.jobs);
	return 0;
}

#define THREE "[samples]\na = a.fq\nb = b.fq\nc = c.fq\n"

Test(run_features, tokens_are_held_and_come_back)
{
	for (options.jobs = 1; options.jobs <= 8; options.jobs++) {
		load(THREE "[task t]\nthreads = 2-3\ncommand = echo {sample}\n");
		player.play = measure;
		most_tokens = 0;
		options.always = true;
		cr_assert(go() == 0 && watcher.runs == 3);
		/* Of 4: three, and one left, which is too few; of 5: three and two; of 7: as of 6. */
		size_t expected = options.jobs == 4 || options.jobs == 7 ? options.jobs - 1 : options.jobs;
		cr_assert(most_tokens == expected, "%u: %zu", options.jobs, most_tokens);
		unload();
	}
}

Test(run_features, memory_is_never_exceeded_but_by_one_alone)
{
	static const struct {
		int64_t limit, most;
	} rows[] = {{0, 12}, {4, 4}, {7, 4}, {8, 8}, {11, 8}, {12, 12}, {3, 4}, {1, 4}};
	const int64_t gib = INT64_C(1) << 30;
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		load(THREE "[task t]\nmemory = 4G\ncommand = echo {sample}\n");
		player.play = measure;
		most_memory = 0;
		options.jobs = 8;
		options.always = true;
		options.memory_bytes = rows[i].limit * gib;
		cr_assert(go() == 0 && watcher.runs == 3 && run.memory_used_bytes == 0);
		cr_assert(
		        most_memory == rows[i].most * gib, "row %zu: %lld", i, (long long)most_memory / gib);
		unload();
	}
}

/* --- the gate -------------------------------------------------------------------------------- */

static uint32_t looks;

static bool stop_while_it_looks(struct fq_gate *gate, struct fq_run *of, const bool *samples)
{
	(void)gate;
	looks++;
	cr_assert(samples[0] && samples[1] && samples[2]);
	cr_assert(!fq_run_is_stopped(of));
	raise(SIGINT);
	cr_assert(fq_run_is_stopped(of));
	return true;
}

Test(run_features, stopped_while_it_looks_nothing_starts)
{
	struct fq_gate gate = {.look = stop_while_it_looks};
	load(THREE "[task t]\ncommand = cat {reads}\n");
	put("a.fq", "");
	put("b.fq", "");
	put("c.fq", "");
	options.gate = &gate;
	cr_assert(go() == 128 + SIGINT && looks == 1 && player.starts == 0);
	cr_assert(run.counts[FQ_STATE_CANCELLED] == 3 && watcher.stoppings == 1);
}

static bool refuse_b(struct fq_gate *gate, struct fq_run *of, const bool *samples)
{
	static struct fq_refusal refusals[2];
	(void)of;
	(void)samples;
	refusals[0] = (struct fq_refusal){.sample = 0, .text = "odd", .is_warning = true};
	refusals[1] = (struct fq_refusal){.sample = 1, .text = "bad"};
	gate->refusals = refusals;
	gate->refusal_count = 2;
	return true;
}

Test(run_features, a_refused_sample_blocks_what_reads_it_and_what_is_behind)
{
	struct fq_gate gate = {.look = refuse_b};
	load(THREE "[task t]\ncommand = cat {reads}\n[task u]\ncommand = echo {sample}\n"
	           "[task all]\nafter = t\ncommand = true\n");
	put("a.fq", "");
	put("b.fq", "");
	put("c.fq", "");
	options.gate = &gate;
	options.jobs = 8;
	cr_assert(go() == 1 && run.counts[FQ_STATE_DONE] == 5 && run.counts[FQ_STATE_BLOCKED] == 2);
	expect_state("t/b", FQ_STATE_BLOCKED);
	expect_state("u/b", FQ_STATE_DONE);
	expect_state("all", FQ_STATE_BLOCKED);
}

/* --- a job that fails at its `when` --------------------------------------------------------------- */

Test(run_features, one_that_fails_at_its_when_lets_go_once)
{
	load("[task count]\ncommand = true\n"
	     "[task judged]\nwhen = {count.n} > 1\ncommand = true\n"
	     "[task slow]\ncommand = true\nafter = count\n"
	     "[task last]\nafter = judged slow\ncommand = true\n");
	options.jobs = 1;
	cr_assert(go() == 1 && run.counts[FQ_STATE_FAILED] == 1);
	cr_assert(run.waits[job_of("last")] == 0, "%u", run.waits[job_of("last")]);
	expect_state("last", FQ_STATE_BLOCKED);
}
