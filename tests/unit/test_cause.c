/* Why a job failed: kind, words, and what to do about it. */
#include "run_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- a disk as the test has it, in place of the system's ------------------------------- */

static struct disk {
	uint64_t blocks, free_blocks, inodes, free_inodes;
	const char *folder; /* that is on it, NULL: all; others have room */
} disk;

int statvfs(const char *path, struct statvfs *ret)
{
	bool is_on_it = !disk.folder || strcmp(path, disk.folder) == 0;
	*ret = (struct statvfs){.f_frsize = 1024, .f_blocks = 1000, .f_bavail = 500};
	if (disk.blocks && is_on_it) {
		ret->f_bavail = disk.free_blocks;
		ret->f_files = disk.inodes;
		ret->f_favail = disk.free_inodes;
	}
	return 0;
}

static void enter(void)
{
	disk = (struct disk){0};
	enter_folder();
}

TestSuite(cause, .init = enter, .fini = leave_run);

/* --- a job that ends as the test says ---------------------------------------------------- */

static struct ending {
	int status;
	const char *log; /* what it printed, NULL: nothing */
	int64_t peak_kb;
	bool writes, holds;
	const char *line;      /* that it prints for all who listen */
	unsigned kills_so_far; /* what the kernel counts at its start; 0: as before */
} endings[4];
static const char *counter_path, *counter_format;

static void count_kills(unsigned kills)
{
	char text[200];
	snprintf(text, sizeof(text), counter_format, kills);
	put(counter_path, text);
}

static int play_ending(uint32_t slot, const struct fq_launch *launch)
{
	const struct ending *ending = &endings[player.starts - 1];
	if (ending->log) {
		put(launch->log, ending->log);
	}
	if (ending->writes) {
		put("o/t", "x");
	}
	if (ending->line) {
		launch->on_line(launch->context, slot, fq_text(ending->line));
	}
	if (ending->kills_so_far) {
		count_kills(ending->kills_so_far);
	}
	player.holds = ending->holds;
	return ending->status;
}

static uint32_t stops_left;

static bool next_ending(struct fq_executor *executor, struct fq_exit *ret)
{
	if (stops_left) {
		stops_left--;
		*ret = (struct fq_exit){.slot = 0, .stopped_by = SIGSTOP};
		return true;
	}
	bool is = player_next(executor, ret);
	ret->peak_rss_kb = is ? endings[player.starts - 1].peak_kb : 0;
	return is;
}

static struct fq_process some_process(const struct fq_executor *executor, uint32_t slot)
{
	(void)executor;
	(void)slot;
	return (struct fq_process){4321, 1};
}

static int go_to_end(void)
{
	static struct fq_executor_impl impl;
	impl = player_impl;
	impl.next_exit = next_ending;
	player.base.impl = &impl;
	player.play = play_ending;
	player.starts = 0;
	options.jobs = 1;
	return go_with(&player.base);
}

#define ONE "[task t]\nmemory = 4G\ncommand = make-it {output}\noutput = o/t\n"
#define BARE "[task t]\ncommand = make-it {output}\noutput = o/t\n"

/* A run of one job. */
static void expect_end(const char *text, struct ending ending, enum fq_cause kind, const char *cause)
{
	load(text);
	endings[0] = ending;
	options.always = true;
	cr_assert(go_to_end() == 1, "%s", cause);
	cr_assert(strcmp(watcher.cause, cause) == 0, "\"%s\", expected \"%s\"", watcher.cause, cause);
	cr_assert(watcher.failure.kind == kind, "%s: kind %d", cause, (int)watcher.failure.kind);
}

static void expect_hint(const char *part)
{
	cr_assert(strstr(watcher.hint, part), "\"%s\" is not in \"%s\"", part, watcher.hint);
}

/* --- exit statuses and signals ------------------------------------------------------------ */

static int exits(int code)
{
	return code << 8;
}

Test(cause, by_exit_status)
{
	static const struct {
		int code;
		enum fq_cause kind;
		const char *cause;
	} rows[] = {
	        {1, FQ_CAUSE_EXIT, "exit status 1"},
	        {255, FQ_CAUSE_EXIT, "exit status 255"},
	        {126, FQ_CAUSE_NOT_EXECUTABLE,
	                "exit status 126: a program of the command could not be executed"},
	        {127, FQ_CAUSE_NOT_FOUND, "exit status 127: a program of the command was not found"},
	        {128 + SIGPIPE, FQ_CAUSE_EXIT, "exit status 141: a program in a pipe was ended by SIGPIPE"},
	        {128 + SIGKILL, FQ_CAUSE_EXIT, "exit status 137: a program of the command was killed"},
	        {128 + SIGSEGV, FQ_CAUSE_EXIT,
	                "exit status 139: a program of the command was ended: Segmentation fault"},
	        {128, FQ_CAUSE_EXIT, "exit status 128"},
	        {128 + SIGWINCH, FQ_CAUSE_EXIT, "exit status 156"},
	};
	options.machine = "none";
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		expect_end(ONE, (struct ending){.status = exits(rows[i].code)}, rows[i].kind, rows[i].cause);
	}
}

Test(cause, by_a_signal)
{
	options.machine = "none";
	expect_end(ONE, (struct ending){.status = SIGSEGV}, FQ_CAUSE_SIGNAL,
	        "ended by signal 11 (Segmentation fault)");
	cr_assert_str_empty(watcher.hint);
	expect_end(ONE, (struct ending){.status = SIGKILL}, FQ_CAUSE_SIGNAL, "ended by signal 9 (Killed)");
	expect_hint("perhaps the system was out of memory");
}

static int play_refusal(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	return endings[0].status;
}

Test(cause, by_what_the_system_says_of_its_start)
{
	static const struct {
		int number;
		enum fq_cause kind;
	} rows[] = {{ENOENT, FQ_CAUSE_NOT_FOUND}, {EACCES, FQ_CAUSE_NOT_EXECUTABLE}, {ENOSPC, FQ_CAUSE_DISK},
	        {EDQUOT, FQ_CAUSE_DISK}, {E2BIG, FQ_CAUSE_OTHER}};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		load(ONE);
		endings[0].status = -rows[i].number;
		player.play = play_refusal;
		cr_assert(go() == 1 && watcher.failure.kind == rows[i].kind, "row %zu", i);
	}
}

Test(cause, its_timeout)
{
	load(ONE);
	((struct fq_task *)(uintptr_t)fq_plan_rule(&plan, 0)->task)->timeout_ns = 1000000;
	endings[0] = (struct ending){.status = SIGTERM, .holds = true};
	cr_assert(go_to_end() == 1 && watcher.failure.kind == FQ_CAUSE_TIMEOUT);
	cr_assert_str_eq(watcher.cause, "stopped at its timeout of 0.0s");
	cr_assert(player.signals[SIGTERM] == 1 && player.signals[SIGCONT] == 1);
}

/* --- memory: the kernel's count ------------------------------------------------------------ */

static void use_version_2(void)
{
	counter_path = "m/sys/fs/cgroup/job/memory.events";
	counter_format = "low 0\nhigh 3\nmax 7\noom 2\noom_kill %u\noom_group_kill 9\n";
	put("m/proc/self/cgroup", "0::/job\n");
	options.machine = "m";
}

static void use_version_1(void)
{
	counter_path = "m/sys/fs/cgroup/memory/job/memory.oom_control";
	counter_format = "oom_kill_disable 0\nunder_oom 0\noom_kill %u\n";
	put("m/proc/self/cgroup", "5:cpu:/other\n4:memory:/job\n");
	options.machine = "m";
}

Test(cause, the_kernel_counts_one_more)
{
	const int64_t peak = INT64_C(3) << 20;
	for (int version = 1; version <= 2; version++) {
		version == 1 ? use_version_1() : use_version_2();
		count_kills(5);
		expect_end(ONE, (struct ending){SIGKILL, .peak_kb = peak, .kills_so_far = 6}, FQ_CAUSE_MEMORY,
		        "out of memory: killed by the kernel (peak 3G of 4G asked)");
		expect_hint("give it more: memory = 8G, or retries = 2 and memory = 4G x2");
		expect_end(ONE, (struct ending){exits(137), .kills_so_far = 8}, FQ_CAUSE_MEMORY,
		        "out of memory: killed by the kernel");
		/* One of its programs was; it went on, and ended in another way. */
		expect_end(ONE, (struct ending){exits(1), .kills_so_far = 9}, FQ_CAUSE_EXIT, "exit status 1");
		/* Somebody else, the kernel has killed nothing. */
		expect_end(ONE, (struct ending){SIGKILL, .peak_kb = peak}, FQ_CAUSE_SIGNAL,
		        "ended by signal 9 (Killed)");
		cr_assert(fq_tree_remove("m", NULL));
	}
}

Test(cause, a_kill_before_its_start_is_not_its_own)
{
	load("[samples]\na =\nb =\n[task t]\nper = sample\ncommand = echo {sample}\n");
	use_version_2();
	count_kills(0);
	endings[0] = (struct ending){SIGKILL, .kills_so_far = 1};
	endings[1] = (struct ending){.status = SIGKILL};
	options.memory_bytes = INT64_C(1) << 33;
	cr_assert(go_to_end() == 1 && run.failure_count == 2);
	cr_assert(run.failures[0].kind == FQ_CAUSE_MEMORY && run.failures[1].kind == FQ_CAUSE_SIGNAL);
	expect_hint("perhaps the system was out of memory");
}

/* --- memory: its peak, its words ------------------------------------------------------------- */

Test(cause, killed_at_the_size_that_it_may_have)
{
	const int64_t gib_kb = 1 << 20, most_kb = 4 * gib_kb / 10 * 9 + 4;
	options.machine = "none";
	expect_end(ONE, (struct ending){SIGKILL, .peak_kb = most_kb}, FQ_CAUSE_MEMORY,
	        "out of memory, it seems: killed (peak 3.6G of 4G asked)");
	expect_hint("memory = 8G");
	expect_end(ONE, (struct ending){exits(137), .peak_kb = most_kb}, FQ_CAUSE_MEMORY,
	        "out of memory, it seems: killed (peak 3.6G of 4G asked)");
	expect_end(ONE, (struct ending){SIGKILL, .peak_kb = most_kb - 1024}, FQ_CAUSE_SIGNAL,
	        "ended by signal 9 (Killed)");
	expect_end(ONE, (struct ending){exits(3), .peak_kb = most_kb}, FQ_CAUSE_EXIT, "exit status 3");
	expect_end(ONE, (struct ending){SIGTERM, .peak_kb = most_kb}, FQ_CAUSE_SIGNAL,
	        "ended by signal 15 (Terminated)");
	options.memory_bytes = INT64_C(1) << 31;
	expect_end(BARE, (struct ending){SIGKILL, .peak_kb = 2 * gib_kb}, FQ_CAUSE_MEMORY,
	        "out of memory, it seems: killed (peak 2G of 2G that there is)");
	expect_hint("retries = 2 and memory = 2G x2");
	options.memory_bytes = 0; /* then by the machine's, whatever that is */
	expect_end(
	        BARE, (struct ending){SIGKILL, .peak_kb = 1}, FQ_CAUSE_SIGNAL, "ended by signal 9 (Killed)");
	load(BARE);
	endings[0] = (struct ending){SIGKILL, .peak_kb = INT64_MAX};
	cr_assert(go_to_end() == 1 && watcher.failure.kind == FQ_CAUSE_MEMORY);
}

#define LATE "Traceback:\n"
Test(cause, the_log_says_it)
{
	static const struct {
		const char *log, *cause;
		enum fq_cause kind;
	} rows[] = {
	        {"x\nException in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat A\n",
	                "out of memory, the log says: Exception in thread \"main\" "
	                "java.lang.OutOfMemoryError: "
	                "Java heap space",
	                FQ_CAUSE_MEMORY},
	        {"  what():  std::bad_alloc", "out of memory, the log says: what():  std::bad_alloc",
	                FQ_CAUSE_MEMORY},
	        {LATE "MemoryError\n", "out of memory, the log says: MemoryError", FQ_CAUSE_MEMORY},
	        {"fork: cannot ALLOCATE memory\n",
	                "out of memory, the log says: fork: cannot ALLOCATE memory", FQ_CAUSE_MEMORY},
	        {"10%\r20%\rOut of Memory.\r", "out of memory, the log says: Out of Memory.",
	                FQ_CAUSE_MEMORY},
	        {"sort: write failed: No space left on device\n",
	                "disk full, the log says: sort: write failed: No space left on device; 500K free in "
	                "o",
	                FQ_CAUSE_DISK},
	        {"cp: disk quota exceeded",
	                "disk full, the log says: cp: disk quota exceeded; 500K free in o", FQ_CAUSE_DISK},
	        {"out of\nmemory\nBad alloc, no space left", "exit status 1", FQ_CAUSE_EXIT},
	        {"", "exit status 1", FQ_CAUSE_EXIT},
	};
	options.machine = "none";
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		expect_end(ONE, (struct ending){.status = exits(1), .log = rows[i].log}, rows[i].kind,
		        rows[i].cause);
	}
	load(ONE);
	endings[0] = (struct ending){.log = "std::bad_alloc\n", .writes = true};
	cr_assert(go_to_end() == 0, "one that ended well may say what it likes");
}

Test(cause, only_the_end_of_the_log_counts)
{
	enum { TAIL = 4096, LONG = 300 };
	static char log[2 * TAIL];
	options.machine = "none";
	memset(log, 'x', sizeof(log) - 1);
	memcpy(log, "MemoryError\n", 12);
	expect_end(ONE, (struct ending){.status = exits(1), .log = log}, FQ_CAUSE_EXIT, "exit status 1");
	/* Of a long line what stands around it is shown, in whole characters. */
	memset(log, 0, sizeof(log));
	for (int i = 0; i < LONG; i++) {
		strcat(log, "\xc3\xa4");
	}
	strcat(log, " MemoryError");
	load(ONE);
	endings[0] = (struct ending){.status = exits(1), .log = log};
	cr_assert(go_to_end() == 1 && watcher.failure.kind == FQ_CAUSE_MEMORY);
	const char *shown = strstr(watcher.cause, "says: ") + 6;
	cr_assert(strlen(shown) < 200 && strncmp(shown, "\xc3\xa4", 2) == 0, "%s", watcher.cause);
	cr_assert(strcmp(shown + strlen(shown) - 12, " MemoryError") == 0);
}

static int play_nul(uint32_t slot, const struct fq_launch *launch)
{
	static const char log[] = "a\0std::bad_alloc\n";
	(void)slot;
	put(launch->log, "");
	int fd = open(launch->log, O_WRONLY);
	cr_assert(write(fd, log, sizeof(log) - 1) == (ssize_t)sizeof(log) - 1);
	close(fd);
	return exits(1);
}

Test(cause, a_nul_in_the_log_hides_nothing)
{
	load(ONE);
	player.play = play_nul;
	options.machine = "none";
	cr_assert(go() == 1 && watcher.failure.kind == FQ_CAUSE_MEMORY);
	cr_assert_str_eq(watcher.cause, "out of memory, the log says: a std::bad_alloc");
}

/* --- disks ----------------------------------------------------------------------------------- */

Test(cause, no_room_where_it_writes)
{
	options.machine = "none";
	disk = (struct disk){1000, 0, 0, 0, "o"};
	expect_end(ONE, (struct ending){.status = exits(1)}, FQ_CAUSE_DISK, "disk full; nothing free in o");
	expect_hint("make room");
	disk = (struct disk){1000, 9, 500, 0, "o"};
	expect_end(ONE, (struct ending){.status = exits(1)}, FQ_CAUSE_DISK, "disk full; nothing free in o");
	disk = (struct disk){1000, 9, 0, 0, "o"}; /* one that does not count inodes */
	expect_end(ONE, (struct ending){.status = exits(1)}, FQ_CAUSE_EXIT, "exit status 1");
	disk = (struct disk){1000, 0, 0, 0, "elsewhere"};
	expect_end(ONE, (struct ending){.status = exits(1)}, FQ_CAUSE_EXIT, "exit status 1");
	disk = (struct disk){1000, 0, 0, 0, NULL};
	load("[task t]\ncommand = x\n");
	endings[0].status = SIGBUS;
	cr_assert(go_to_end() == 1 && watcher.failure.kind == FQ_CAUSE_DISK, "its {tmp}");
	expect_end(ONE, (struct ending){.status = 0}, FQ_CAUSE_DISK, "disk full; nothing free in o");
}

/* --- outputs and patterns ---------------------------------------------------------------------- */

Test(cause, its_outputs)
{
	expect_end(ONE, (struct ending){.status = 0}, FQ_CAUSE_OUTPUT, "output o/t is missing");
	cr_assert(mkdir("o", 0700) == 0 || errno == EEXIST);
	put("o/t", "a user's");
	expect_end(ONE, (struct ending){.status = 0}, FQ_CAUSE_OUTPUT,
	        "output o/t was there before, and the command did not write it");
}

Test(cause, a_line_that_fits)
{
	const char *fails = ONE "fail-on = ^bad\n";
	expect_end(fails, (struct ending){.line = "bad thing", .writes = true}, FQ_CAUSE_PATTERN,
	        "it printed: bad thing");
	expect_end(fails, (struct ending){.line = "bad: No space left on device", .writes = true},
	        FQ_CAUSE_DISK, "it printed: bad: No space left on device");
	expect_end(fails, (struct ending){.line = "bad: out of memory", .writes = true}, FQ_CAUSE_MEMORY,
	        "it printed: bad: out of memory");
}

/* --- one that stands still ----------------------------------------------------------------------- */

Test(cause, standing_still_is_no_end)
{
	static struct fq_executor_impl impl;
	impl = player_impl;
	impl.next_exit = next_ending;
	impl.process = some_process;
	for (int has_timeout = 0; has_timeout < 2; has_timeout++) {
		load(ONE);
		((struct fq_task *)(uintptr_t)fq_plan_rule(&plan, 0)->task)->timeout_ns =
		        has_timeout ? INT64_C(3600000000000) : 0;
		endings[0] = (struct ending){.writes = true};
		stops_left = 1;
		options.always = true;
		player.base.impl = &impl;
		player.play = play_ending;
		player.starts = 0;
		cr_assert(go_with(&player.base) == 0 && watcher.remarks == 1 && stops_left == 0);
		cr_assert(strstr(watcher.remark, "t stands still: stopped by signal 19 (Stopped (signal))"),
		        "%s", watcher.remark);
		cr_assert(strstr(watcher.remark, has_timeout ? "[kill -CONT 4321 continues it, its timeout or"
		                                             : "[kill -CONT 4321 continues it, an interrupt"),
		        "%s", watcher.remark);
		expect_state("t", FQ_STATE_DONE);
	}
}

Test(cause, standing_still_it_meets_its_timeout)
{
	load(ONE);
	((struct fq_task *)(uintptr_t)fq_plan_rule(&plan, 0)->task)->timeout_ns = 1000000;
	endings[0] = (struct ending){.status = SIGTERM, .holds = true};
	stops_left = 1;
	raise(SIGCHLD);
	cr_assert(go_to_end() == 1 && watcher.failure.kind == FQ_CAUSE_TIMEOUT);
}
