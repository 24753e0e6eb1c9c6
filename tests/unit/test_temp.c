/* `temp = yes`: what is removed when, and what is made again for whom. */
#include "run_fixture.h"

TestSuite(temp, .init = enter_folder, .fini = leave_run);

#define TWO "[samples]\ns1 =\ns2 =\n"
#define RAW "[task raw]\nper = sample\ntemp = yes\ncommand = true\noutput = t/{sample}.raw\n"
#define CUT "[task cut]\ntemp = yes\ncommand = cat {raw.output}\noutput = t/{sample}.cut\n"
#define LAST "[task last]\ncommand = cat {cut.output}\noutput = o/{sample}\n"
#define SIDE "[task side]\ncommand = cat {raw.output}\noutput = side/{sample}\n"
#define CHAIN TWO RAW CUT LAST

static char started[1000];          /* the names of the jobs, a blank behind each */
static const char *spied;           /* when this job starts, */
static const char *spied_path;      /* is that there? */
static bool spied_there, was_spied; /* it was, or was not */
static const char *broken;          /* this job fails */

static const char *name_of(uint32_t job)
{
	static struct fq_buf name;
	name.len = 0;
	fq_plan_add_name(&plan, job, &name);
	fq_buf_puts(&name, "");
	return name.at;
}

/* What it makes is never the same twice. */
static int make(uint32_t slot, const struct fq_launch *launch)
{
	static int number;
	char text[40];
	struct fq_list outputs = {0};
	(void)launch;
	const char *name = name_of(run.slots[slot].job);
	snprintf(started + strlen(started), sizeof(started) - strlen(started), "%s ", name);
	if (spied && strcmp(name, spied) == 0) {
		spied_there = is_there(spied_path);
		was_spied = true;
	}
	if (broken && strcmp(name, broken) == 0) {
		return 3 << 8;
	}
	fq_plan_outputs(&plan, run.slots[slot].job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		snprintf(text, sizeof(text), "%s %d\n", name, ++number);
		put(path, text);
	}
	fq_list_finish(&outputs);
	return 0;
}

static int go_on(void)
{
	player.play = make;
	options.jobs = 1;
	started[0] = '\0';
	was_spied = false;
	return go();
}

/* Runs, and those must have started, in that order. */
static void expect_starts(const char *names)
{
	int status = go_on();
	cr_assert(status == 0 && strcmp(started, names) == 0, "%d: \"%s\", not \"%s\" (%s, %s)", status,
	        started, names, watcher.cause, watcher.remark);
}

static void load_and_run(const char *text)
{
	load(text);
	cr_assert(go_on() == 0, "%s", watcher.cause);
}

/* As if a run had been killed before it removed anything: the same with `temp = no `. */
static void run_and_keep(const char *text)
{
	char *kept = strdup(text);
	for (char *at = kept; (at = strstr(at, "temp = yes"));) {
		memcpy(at, "temp = no ", 10);
	}
	load_and_run(kept);
	free(kept);
	load(text);
}

/* --- removed -------------------------------------------------------------------------- */

Test(temp, outputs_go_with_their_last_reader)
{
	load_and_run(CHAIN);
	cr_assert(!is_there("t/s1.raw") && !is_there("t/s1.cut") && !is_there("t/s2.cut"));
	cr_assert(is_there("o/s1") && is_there("o/s2"));
	expect_starts("");
	cr_assert(run.counts[FQ_STATE_FRESH] == 6 && !run.has_begun && !is_there("t/s1.raw"));
}

Test(temp, outputs_are_not_kept_until_the_end)
{
	spied = "last/s1";
	spied_path = "t/s1.raw";
	load_and_run(CHAIN);
	cr_assert(was_spied && !spied_there);
}

Test(temp, outputs_stay_while_a_reader_is_to_come)
{
	spied = "side/s1";
	spied_path = "t/s1.raw";
	load_and_run(CHAIN SIDE);
	cr_assert(was_spied && spied_there && !is_there("t/s1.raw"));
}

Test(temp, outputs_stay_behind_a_reader_that_failed)
{
	broken = "last/s1";
	load(CHAIN);
	cr_assert(go_on() == 1 && is_there("t/s1.cut") && !is_there("t/s1.raw") && !is_there("t/s2.cut"));
	broken = NULL;
	expect_starts("last/s1 ");
	cr_assert(!is_there("t/s1.cut"));
	run_and_keep(CHAIN);
	cr_assert(unlink("t/s1.cut") == 0 && unlink("o/s1") == 0);
	expect_starts("cut/s1 last/s1 ");
	cr_assert(!is_there("t/s1.raw"));
	run_and_keep(CHAIN);
	cr_assert(unlink("t/s1.cut") == 0);
	expect_starts("");
	cr_assert(!is_there("t/s1.raw"));
}

Test(temp, a_killed_run_is_swept_by_the_next)
{
	run_and_keep(CHAIN);
	cr_assert(is_there("t/s1.raw") && is_there("t/s2.cut"));
	options.dry_run = true;
	cr_assert(go_on() == 0 && is_there("t/s1.raw") && is_there("t/s2.cut"));
	options.dry_run = false;
	expect_starts("");
	cr_assert(!is_there("t/s1.raw") && !is_there("t/s1.cut") && !is_there("t/s2.cut"));
	expect_starts("");
}

Test(temp, a_removal_that_was_cut_off_goes_on)
{
	static const char two[] = TWO "[task raw]\nper = sample\ntemp = yes\ncommand = true\n"
	                              "output = t/{sample}.1 t/{sample}.2\n"
	                              "[task last]\ncommand = cat {raw.output}\noutput = o/{sample}\n";
	run_and_keep(two);
	cr_assert(unlink("t/s1.1") == 0);
	expect_starts("");
	cr_assert(!is_there("t/s1.2") && !is_there("t/s2.1"));
}

Test(temp, what_a_person_put_there_is_made_again)
{
	load(CHAIN);
	player.play = make;
	broken = "last/s1";
	cr_assert(go_on() == 1);
	broken = NULL;
	put("t/s1.cut", "a user's own\n");
	expect_starts("raw/s1 cut/s1 last/s1 "); /* it is not as cut left it */
	put("t/s1.cut", "a user's own\n");
	expect_starts("raw/s1 cut/s1 last/s1 ");
}

static int spoil(uint32_t slot, const struct fq_launch *launch)
{
	if (strcmp(name_of(run.slots[slot].job), "last/s1") == 0) {
		put("t/s1.cut", "written by its reader\n");
	}
	return make(slot, launch);
}

Test(temp, what_its_reader_wrote_stays_and_is_told_of)
{
	load(CHAIN);
	player.play = spoil;
	options.jobs = 1;
	cr_assert(go() == 0 && is_there("t/s1.cut") && !is_there("t/s2.cut"));
	/* It runs once more, for its input changed; then this, and that what it reads is left. */
	cr_assert(watcher.remarks == 2 && strstr(watcher.remark, "cut/s1 were not removed"), "%s",
	        watcher.remark);
}

Test(temp, what_nobody_reads_stays)
{
	load_and_run(TWO RAW);
	cr_assert(is_there("t/s1.raw"));
	cr_assert(unlink("t/s1.raw") == 0);
	expect_starts("raw/s1 ");
}

/* --- targets ------------------------------------------------------------------------------- */

static bool wanted[16];

static void want(const char *target)
{
	struct fq_error err = {0};
	memset(wanted, false, sizeof(wanted));
	cr_assert(fq_plan_select(&plan, target, wanted, &err), "%s", err.text);
	fq_plan_select_needed(&plan, wanted);
	options.wanted = wanted;
}

Test(temp, outputs_stay_for_a_reader_that_never_ran)
{
	load(CHAIN SIDE);
	want("last");
	expect_starts("raw/s1 raw/s2 cut/s1 cut/s2 last/s1 last/s2 ");
	cr_assert(is_there("t/s1.raw") && !is_there("t/s1.cut"));
	options.wanted = NULL;
	expect_starts("side/s1 side/s2 ");
	cr_assert(!is_there("t/s1.raw"));
}

Test(temp, a_reader_that_is_well_needs_no_part_in_the_run)
{
	load_and_run(CHAIN SIDE);
	cr_assert(unlink("o/s1") == 0);
	want("last/s1");
	expect_starts("raw/s1 cut/s1 last/s1 ");
	cr_assert(!is_there("t/s1.raw") && !is_there("t/s1.cut"));
}

/* --- made again -------------------------------------------------------------------------------- */

Test(temp, one_chain_runs_for_an_output_that_is_gone)
{
	load_and_run(CHAIN SIDE);
	cr_assert(unlink("o/s1") == 0);
	expect_starts("raw/s1 cut/s1 last/s1 ");
	expect_state("side/s1", FQ_STATE_FRESH);
	cr_assert(!is_there("t/s1.raw") && !is_there("t/s1.cut") && is_there("o/s1"));
	expect_starts("");
}

Test(temp, other_readers_hold_though_it_was_made_otherwise)
{
	load_and_run("[fqrun]\ncompare = stamp\n" CHAIN SIDE);
	for (int i = 0; i < 3; i++) {
		cr_assert(unlink("o/s1") == 0);
		expect_starts("raw/s1 cut/s1 last/s1 ");
		expect_starts("");
		cr_assert(unlink("side/s1") == 0);
		expect_starts("raw/s1 side/s1 ");
		expect_starts("");
	}
}

Test(temp, only_as_much_of_a_chain_as_is_gone)
{
	run_and_keep(CHAIN);
	cr_assert(unlink("o/s1") == 0);
	expect_starts("last/s1 ");
	run_and_keep(CHAIN);
	cr_assert(unlink("t/s1.raw") == 0 && unlink("o/s1") == 0);
	expect_starts("last/s1 ");
	cr_assert(!is_there("t/s1.cut"));
	run_and_keep(CHAIN);
	cr_assert(unlink("t/s1.cut") == 0 && unlink("o/s1") == 0);
	expect_starts("cut/s1 last/s1 ");
	cr_assert(!is_there("t/s1.raw"));
	run_and_keep(CHAIN);
	cr_assert(unlink("t/s1.cut") == 0);
	expect_starts("");
	cr_assert(!is_there("t/s1.raw"));
}

Test(temp, several_wait_for_one)
{
	load_and_run(CHAIN SIDE);
	cr_assert(unlink("o/s1") == 0 && unlink("side/s1") == 0);
	expect_starts("raw/s1 cut/s1 last/s1 side/s1 ");
	cr_assert(watcher.runs == 4 && run.counts[FQ_STATE_FRESH] == 4 && !is_there("t/s1.raw"));
	expect_starts("");
}

/* `late` is looked at when the job that it needs is on its way for another. */
Test(temp, one_that_comes_later_waits_for_what_is_under_way)
{
	static const char text[] =
	        "[samples]\ns1 =\n" RAW
	        "[task slow]\npriority = 1\nper = sample\ncommand = true\noutput = o/slow\n"
	        "[task early]\ncommand = cat {raw.output}\noutput = o/early\n"
	        "[task late]\ncommand = cat {raw.output}\ninput = {slow.output}\noutput = o/late\n";
	load_and_run(text);
	cr_assert(unlink("o/slow") == 0 && unlink("o/early") == 0);
	expect_starts("slow/s1 raw/s1 early late ");
	cr_assert(unlink("o/slow") == 0 && unlink("o/early") == 0);
	broken = "raw/s1";
	cr_assert(go_on() == 1);
	expect_state("early", FQ_STATE_BLOCKED);
	expect_state("late", FQ_STATE_BLOCKED);
	broken = NULL;
	expect_starts("raw/s1 early late ");
	cr_assert(!is_there("t/s1.raw"));
}

/* And here that has ended long before what `late` waits for. */
Test(temp, one_that_comes_later_still_waits_for_all_else)
{
	static const char text[] =
	        "[samples]\ns1 =\n" RAW "[task slow]\nper = sample\ncommand = true\noutput = o/slow\n"
	        "[task early]\ncommand = cat {raw.output}\noutput = o/early\n"
	        "[task late]\ncommand = cat {raw.output}\ninput = {slow.output}\n"
	        "output = o/late\n";
	load_and_run(text);
	cr_assert(unlink("o/slow") == 0 && unlink("o/early") == 0);
	expect_starts("raw/s1 slow/s1 early late ");
	cr_assert(!is_there("t/s1.raw"));
	cr_assert(unlink("o/slow") == 0 && unlink("o/early") == 0);
	broken = "raw/s1";
	cr_assert(go_on() == 1 && strcmp(started, "raw/s1 slow/s1 ") == 0, "%s", started);
	expect_state("late", FQ_STATE_BLOCKED);
}

Test(temp, one_that_fails_again_blocks_who_needs_it_and_nobody_else)
{
	load_and_run(CHAIN SIDE);
	cr_assert(unlink("o/s1") == 0 && unlink("o/s2") == 0);
	broken = "raw/s1";
	cr_assert(go_on() == 1 && strcmp(started, "raw/s1 raw/s2 cut/s2 last/s2 ") == 0, "%s", started);
	expect_state("cut/s1", FQ_STATE_BLOCKED);
	expect_state("last/s1", FQ_STATE_BLOCKED);
	expect_state("side/s1", FQ_STATE_FRESH);
	expect_state("last/s2", FQ_STATE_DONE);
}

Test(temp, who_gathers_needs_them_all)
{
	load_and_run(TWO RAW "[task all]\ncommand = cat {raw.output}\noutput = o/all\n");
	cr_assert(!is_there("t/s1.raw"));
	cr_assert(unlink("o/all") == 0);
	expect_starts("raw/s1 raw/s2 all ");
	cr_assert(!is_there("t/s1.raw") && !is_there("t/s2.raw"));
	expect_starts("");
}

Test(temp, a_new_sample_runs_alone)
{
	load_and_run(CHAIN);
	load("[samples]\ns1 =\ns2 =\ns3 =\n" RAW CUT LAST);
	expect_starts("raw/s3 cut/s3 last/s3 ");
}

Test(temp, a_changed_command_needs_what_it_reads)
{
	load_and_run(CHAIN);
	load(TWO RAW CUT "[task last]\ncommand = tac {cut.output}\noutput = o/{sample}\n");
	expect_starts("raw/s1 raw/s2 cut/s1 cut/s2 last/s1 last/s2 ");
	expect_starts("");
}

Test(temp, a_file_that_is_named_is_read_all_the_same)
{
	load_and_run(
	        TWO RAW "[task last]\nper = cohort\ncommand = true\ninput = ./t//s2.raw\noutput = o/last\n");
	cr_assert(!is_there("t/s2.raw") && is_there("t/s1.raw"));
	expect_starts("");
	cr_assert(unlink("o/last") == 0);
	expect_starts("raw/s2 last ");
}

/* The second output is there for s1 alone. */
static int make_some(uint32_t slot, const struct fq_launch *launch)
{
	make(slot, launch);
	unlink("t/s2.2");
	return 0;
}

Test(temp, one_that_may_be_absent_is_as_it_was)
{
	load(TWO "[task raw]\nper = sample\ntemp = yes\ncommand = true\noutput = t/{sample}.1 t/{sample}.2?\n"
	         "[task last]\ncommand = cat {input}\ninput = t/{sample}.1 t/{sample}.2?\noutput = "
	         "o/{sample}\n");
	player.play = make_some;
	cr_assert(go() == 0 && player.starts == 4 && !is_there("t/s1.2"), "%s", watcher.cause);
	cr_assert(go() == 0 && player.starts == 0);
	cr_assert(unlink("o/s1") == 0 && unlink("o/s2") == 0);
	cr_assert(go() == 0 && player.starts == 4 && !is_there("t/s1.2"));
	cr_assert(go() == 0 && player.starts == 0);
}

Test(temp, one_that_may_be_absent_is_made_again_too)
{
	load_and_run(TWO "[task raw]\nper = sample\ntemp = yes\ncommand = true\noutput = t/{sample}?\n"
	                 "[task last]\ncommand = cat {input}\ninput = t/{sample}?\noutput = o/{sample}\n");
	cr_assert(!is_there("t/s1") && unlink("o/s1") == 0);
	expect_starts("raw/s1 last/s1 ");
	expect_starts("");
}

Test(temp, ten_thousand_are_made_again_in_one_go)
{
	enum { MANY = 10000 };
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < MANY; i++) {
		fq_buf_addf(&text, "s%d =\n", i);
	}
	fq_buf_puts(&text, "[task a]\nper = sample\ntemp = yes\ncommand = true\noutput = t/{sample}\n"
	                   "[task b]\ncommand = true\nafter = a\noutput = b\n");
	load(text.at);
	options.dry_run = true;
	cr_assert(go() == 0 && watcher.runs == MANY + 1);
	fq_buf_finish(&text);
}

/* --- told ----------------------------------------------------------------------------------- */

static char reasons[4000];

static void note_reason(struct fq_observer *observer, const struct fq_run *of, uint32_t job,
        enum fq_state from, const struct fq_failure *failure)
{
	(void)observer;
	(void)from;
	(void)failure;
	if (of->states[job] == FQ_STATE_QUEUED) {
		snprintf(reasons + strlen(reasons), sizeof(reasons) - strlen(reasons), "%s: %.*s",
		        name_of(job), (int)of->why.len, of->why.at);
	}
}

static void ignore(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
}

Test(temp, a_dry_run_tells_who_needs_what)
{
	static struct fq_observer listener = {.begin = ignore, .moved = note_reason, .end = ignore};
	load_and_run(CHAIN SIDE);
	cr_assert(unlink("o/s1") == 0);
	observers[1] = &listener;
	observer_count = 2;
	options.dry_run = options.explain = true;
	player.play = NULL;
	cr_assert(go() == 0 && watcher.runs == 3 && run.counts[FQ_STATE_FRESH] == 5);
	cr_assert(strstr(reasons, "raw/s1: its temporary output is needed again by cut/s1\n"), "%s", reasons);
	cr_assert(
	        strstr(reasons, "cut/s1: its temporary output is needed again by last/s1\n"), "%s", reasons);
	cr_assert(strstr(reasons, "last/s1: output o/s1 is missing"), "%s", reasons);
	cr_assert(!is_there("t/s1.raw") && !is_there("o/s1"));
}

/* --- asked for ------------------------------------------------------------------------------ */

Test(temp, what_is_asked_for_anew_gets_what_it_reads)
{
	static bool anew[16];
	load_and_run(CHAIN SIDE);
	anew[job_of("last/s2")] = true;
	options.anew = anew;
	expect_starts("raw/s2 cut/s2 last/s2 ");
	options.anew = NULL;
	expect_starts("");
}
