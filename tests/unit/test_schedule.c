/* What keeps a job from starting: what tasks ask for, the load, the system, and tokens that
 * others draw on. */
#include "run_fixture.h"

#include <sys/ioctl.h>

static struct fq_buf remarks; /* a line each */

static void hear_begin(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
	remarks.len = 0;
	fq_buf_puts(&remarks, "");
}

static void hear_move(struct fq_observer *observer, const struct fq_run *of, uint32_t job, enum fq_state from,
        const struct fq_failure *failure)
{
	(void)observer;
	(void)of;
	(void)job;
	(void)from;
	(void)failure;
}

static void hear(struct fq_observer *observer, const struct fq_run *of, struct fq_where where,
        const char *text, const char *hint)
{
	(void)observer;
	(void)of;
	(void)hint;
	fq_buf_addf(&remarks, "%u: %s\n", where.line, text);
}

static void hear_end(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	(void)of;
}

static struct fq_observer hearer = {.begin = hear_begin, .moved = hear_move, .remark = hear, .end = hear_end};

static void expect_remarks(const char *text)
{
	fq_buf_puts(&remarks, "");
	cr_assert(strcmp(remarks.at, text) == 0, "%s", remarks.at);
}

/* What jobs found when they started. */
static uint32_t widths[16], beside[16], start_count;

static int note_start(uint32_t slot, const struct fq_launch *launch)
{
	(void)launch;
	cr_assert(start_count < FQ_COUNT(widths));
	widths[start_count] = (uint32_t)run.slots[slot].token_count;
	beside[start_count++] = run.counts[FQ_STATE_RUNNING];
	return 0;
}

static void enter(void)
{
	enter_folder();
	observers[1] = &hearer;
	observer_count = 2;
	player.play = note_start;
}

static void leave(void)
{
	leave_run();
	fq_buf_finish(&remarks);
}

TestSuite(schedule, .init = enter, .fini = leave);

/* --- what tasks ask for -------------------------------------------------------------------- */

Test(schedule, more_threads_than_there_are_is_cut_down)
{
	load("[task wide]\nthreads = 8\ncommand = true\n"
	     "[task range]\nafter = wide\nthreads = 2-5\ncommand = true\n"
	     "[task one]\nafter = range\ncommand = true\n");
	options.jobs = 3;
	cr_assert(go_in_own_time() == 0);
	cr_assert(start_count == 3 && widths[0] == 3 && widths[1] == 3 && widths[2] == 1);
	expect_remarks("1: task wide asks for 8 threads, -j 3: it gets 3\n");
	start_count = 0;
	cr_assert(go_in_own_time() == 0 && start_count == 0);
	expect_remarks(""); /* it has nothing to run */
}

Test(schedule, more_memory_than_there_is_runs_alone)
{
	load(SIX "[task huge]\nmemory = 64G\ncommand = true\n"
	         "[task small]\nper = sample\nmemory = 1536M\ncommand = true\n");
	options.jobs = 8;
	options.memory_bytes = INT64_C(16) << 30;
	cr_assert(go_in_own_time() == 0 && start_count == 4);
	cr_assert(beside[0] == 0 && beside[1] == 0 && beside[2] == 1 && beside[3] == 2);
	expect_remarks("5: task huge asks for 64G of memory, there are 16G: it will run alone\n");
}

/* --- the machine ------------------------------------------------------------------------------- */

Test(schedule, under_load_one_runs_at_a_time)
{
	load(SIX "[task t]\nper = sample\ncommand = true\n");
	options.jobs = 4;
	cr_assert(go_in_own_time() == 0 && watcher.most_running == 3);
	options.always = true;
	options.load = 1e-9; /* with one job there is more */
	cr_assert(go_in_own_time() == 0 && watcher.most_running == 1 && watcher.runs == 3);
}

static uint32_t refusals;
static int refuse(uint32_t slot, const struct fq_launch *launch)
{
	if (refusals) {
		refusals--;
		return -EAGAIN;
	}
	return note_start(slot, launch);
}

Test(schedule, no_room_for_one_job_is_waited_for)
{
	load("[task t]\ncommand = true\n");
	player.play = refuse;
	refusals = 5;
	cr_assert(go_in_own_time() == 0 && player.starts == 6);
	cr_assert(player.now_ns == INT64_C(5000000000), "%lld", (long long)player.now_ns);
	cr_assert(strstr(remarks.at, "there is no room even for one job: "), "%s", remarks.at);
	cr_assert(strchr(remarks.at, 0x0a) == remarks.at + strlen(remarks.at) - 1, "%s", remarks.at);
}

Test(schedule, no_room_for_a_minute_is_a_fault)
{
	load("[task t]\ncommand = true\n");
	player.play = refuse;
	refusals = UINT32_MAX;
	cr_assert(go_in_own_time() == 3 && run.fault.number == EAGAIN && start_count == 0);
	cr_assert(player.now_ns >= INT64_C(60000000000) && player.now_ns < INT64_C(62000000000));
	expect_state("t", FQ_STATE_CANCELLED);
}

/* --- tokens that others draw on -------------------------------------------------------------------- */

static int pool[2];

/* Joins a pool of so many, of which that many bytes are there. */
static void join(uint32_t total, const char *bytes)
{
	struct fq_makeflags flags = {.style = FQ_JOBSERVER_PIPE, .jobs = total, .auth = "R,W"};
	struct fq_error err = {0};
	cr_assert(pipe(pool) == 0 && fq_file_write_all(pool[1], bytes, strlen(bytes)));
	flags.read_fd = pool[0];
	flags.write_fd = pool[1];
	cr_assert(fq_tokens_join(&joined, &flags, 0, &err), "%s", err.text);
	options.jobs = total;
}

static int in_pool(void)
{
	int count = -1;
	cr_assert(ioctl(pool[0], FIONREAD, &count) == 0);
	return count;
}

/* All that is there must be these, in any order. */
static void expect_pool(const char *bytes)
{
	char got[16] = {0};
	cr_assert(in_pool() == (int)strlen(bytes) && read(pool[0], got, sizeof(got) - 1) > 0);
	for (const char *at = bytes; *at; at++) {
		cr_assert(strchr(got, *at), "%c was lost: %s", *at, got);
	}
}

/* Who holds two of the three until a time, and how long we held the third, the longest time
 * at a stretch, and how often. */
static int64_t others_until_ns, held_since_ns, held_longest_ns, free_longest_ns, free_since_ns;
static uint32_t holds;

static void watch_pool(const struct fq_run *of)
{
	bool holds_now = in_pool() == 0;
	int64_t now = player.now_ns;
	if (holds_now && held_since_ns < 0) {
		held_since_ns = now;
		holds++;
		free_longest_ns =
		        now - free_since_ns > free_longest_ns ? now - free_since_ns : free_longest_ns;
	} else if (!holds_now && held_since_ns >= 0) {
		held_longest_ns =
		        now - held_since_ns > held_longest_ns ? now - held_since_ns : held_longest_ns;
		held_since_ns = -1;
		free_since_ns = now;
	}
	if (others_until_ns && now >= others_until_ns) {
		others_until_ns = 0;
		cr_assert(fq_file_write_all(pool[1], "bc", 2));
	}
	cr_assert(of->counts[FQ_STATE_RUNNING] == 0 || others_until_ns == 0);
}

Test(schedule, a_wide_job_does_not_hold_some_while_it_waits_for_more)
{
	load("[task t]\nthreads = 4\ncommand = true\n");
	join(4, "a");
	others_until_ns = INT64_C(20000000000);
	held_since_ns = -1;
	watcher.on_tick = watch_pool;
	cr_assert(go_in_own_time() == 0 && start_count == 1 && widths[0] == 4);
	/* Windows of 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 s and so on, each half of that to one and a half,
	 * and as long away in between, until 20 s have passed: at least five rounds. */
	cr_assert(holds >= 4 && holds <= 9, "%u", holds);
	cr_assert(held_longest_ns < INT64_C(10000000000) && free_longest_ns < INT64_C(10000000000));
	cr_assert(held_longest_ns > INT64_C(800000000) && free_longest_ns > INT64_C(800000000));
	cr_assert(player.now_ns >= INT64_C(20000000000) && player.now_ns < INT64_C(40000000000));
	expect_pool("abc");
}

static void stop_when_held(const struct fq_run *of)
{
	(void)of;
	if (in_pool() == 0) {
		raise(SIGTERM);
	}
}

Test(schedule, what_was_collected_goes_back_at_a_signal)
{
	load("[task t]\nthreads = 3\ncommand = true\n");
	join(4, "a");
	watcher.on_tick = stop_when_held;
	cr_assert(go_in_own_time() == 128 + SIGTERM && start_count == 0);
	expect_pool("a");
}

/* Puts a token into the pool once we sleep; and lives on, so that its end does not wake
 * us: the run ends it. */
static void bring_token_later(void)
{
	struct fq_buf path = {0};
	fq_buf_addf(&path, "/proc/%d/stat", (int)getpid());
	pid_t pid = fork();
	while (pid == 0) {
		char state, text[64];
		int fd = open(path.at, O_RDONLY);
		ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[len > 0 ? len : 0] = '\0';
		const char *end = strrchr(text, ')');
		state = end && end[1] ? end[2] : 0;
		if (state == 'S') {
			fq_file_write_all(pool[1], "x", 1);
			pause();
			_exit(0);
		}
	}
	fq_buf_finish(&path);
}

static uint32_t ticks;

static void end_two(struct fq_observer *observer, const struct fq_run *of)
{
	(void)observer;
	if (++ticks == 1) {
		cr_assert(of->counts[FQ_STATE_RUNNING] == 1);
		bring_token_later();
	}
	while (of->counts[FQ_STATE_RUNNING] == 2 && player.held_count) {
		end_slot(player.held[--player.held_count]);
	}
}

/* Two narrow jobs, and an empty pool: the second starts as soon as a token comes. */
Test(schedule, a_token_that_comes_starts_a_job, .timeout = 20)
{
	load(SIX "[task t]\nper = sample\ncommand = true\n");
	join(2, "");
	player.holds = true;
	bool wanted[3] = {true, true, false};
	options.wanted = wanted;
	hearer.tick = end_two;
	cr_assert(go() == 0 && start_count == 2 && watcher.most_running == 2);
	cr_assert(ticks <= 4, "%u: it does not sleep", ticks);
	expect_pool("x");
}

static void lose_server(const struct fq_run *of)
{
	(void)of;
	run.tokens.is_gone = true;
}

Test(schedule, without_its_jobserver_one_job_runs_at_a_time)
{
	load(SIX "[task t]\nper = sample\ncommand = true\n[task wide]\nafter = t\nthreads = 3\ncommand = "
	         "true\n");
	join(4, "");
	watcher.on_tick = lose_server;
	cr_assert(go_in_own_time() == 0 && start_count == 4 && watcher.most_running == 1);
	cr_assert(widths[3] == 1);
	expect_remarks("0: the jobserver went away: one job at a time from now on\n");
}

Test(schedule, of_a_pool_of_unknown_size_a_job_takes_what_it_gets)
{
	load("[task t]\nthreads = 4\ncommand = true\n");
	join(0, "a");
	options.jobs = 8;
	cr_assert(go_in_own_time() == 0 && start_count == 1 && widths[0] == 2);
	expect_remarks("1: task t asks for 4 threads, the jobserver has no more than 2: it gets them\n");
	expect_pool("a");
}

/* Its make, or one like us that waits as well, holds the third; and says so once. */
Test(schedule, what_never_comes_is_not_waited_for_for_ever)
{
	load(SIX "[task t]\nper = sample\nthreads = 4\ncommand = true\n");
	join(4, "ab");
	cr_assert(go_in_own_time() == 0 && start_count == 3);
	for (uint32_t i = 0; i < start_count; i++) {
		cr_assert(widths[i] == 3);
	}
	const char *told = strstr(remarks.at, "the jobserver has no more than 3 for us: it gets them\n");
	cr_assert(told && !strstr(strchr(told, '\n'), "for us"), "%s", remarks.at);
	expect_pool("ab");
}

/* Nobody knows when the others give theirs back: the wide one keeps no narrow one waiting
 * at first. */
Test(schedule, a_wide_job_that_stays_away_is_passed)
{
	load(SIX "[task wide]\npriority = 1\nthreads = 4\ncommand = true\n"
	         "[task narrow]\nper = sample\ncommand = true\n");
	join(4, "a");
	cr_assert(go_in_own_time() == 0 && start_count == 4);
	cr_assert(widths[0] == 1 && widths[1] == 1 && widths[2] == 1 && widths[3] == 2);
	expect_pool("a");
}
