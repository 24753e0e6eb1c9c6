/* What a person sees of a run. */
#include "run_fixture.h"

#include "fqrun/ui.h"

TestSuite(ui, .init = enter_folder, .fini = leave_run);

static char *out, *err;
static size_t out_len, err_len;
static struct fq_ui_options shows;

static const char *failing; /* the sample that fails, with a log */
static const char *log_text = "first\n1\n2\n3\n4\n\tlast \033[31m\n";

static int play(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	if (failing && strcmp(env_of(launch, "FQRUN_SAMPLE"), failing) == 0) {
		put(launch->log, log_text);
		return 2 << 8;
	}
	return 0;
}

static void no_more_texts(void)
{
	free(out);
	free(err);
	out = err = NULL;
}

/* Runs and keeps what was written to `out` and `err`. */
static int show_with(struct fq_executor *executor)
{
	no_more_texts();
	shows.out = open_memstream(&out, &out_len);
	shows.err = open_memstream(&err, &err_len);
	observers[1] = fq_ui_create(&shows);
	observer_count = 2;
	int status = executor ? go_with(executor) : go();
	fq_ui_destroy(observers[1]);
	fclose(shows.out);
	fclose(shows.err);
	return status;
}

static int show(enum fq_ui_kind kind)
{
	shows.kind = kind;
	player.play = play;
	return show_with(NULL);
}

static int show_dry(void)
{
	struct fq_executor *noop = fq_exec_noop(options.jobs);
	shows.kind = FQ_UI_DRY;
	options.dry_run = true;
	int status = show_with(noop);
	noop->impl->destroy(noop);
	return status;
}

static void end(void)
{
	no_more_texts();
	leave_run();
}

/* In this order. */
static void expect_parts(const char *text, const char *const *parts)
{
	const char *at = text;
	for (; *parts; parts++) {
		const char *found = strstr(at, *parts);
		cr_assert(found, "not \"%s\" behind what came before in:\n%s", *parts, text);
		at = found + strlen(*parts);
	}
}
#define EXPECT(text, ...) expect_parts(text, (const char *const[]){__VA_ARGS__, NULL})

/* Nothing that steers a terminal, and whole characters of UTF-8. */
static void expect_no_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		size_t bytes = fq_utf8_measure(text + i, len - i);
		cr_assert(c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f), "byte %u in:\n%s", c, text);
		cr_assert(bytes && !(c == 0xc2 && (unsigned char)text[i + 1] < 0xa0), "byte %u in:\n%s", c,
		        text);
		i += bytes;
	}
}

#define ONE "[samples]\na =\n[task t]\nper = sample\ncommand = echo {sample}\n"
#define THREE "[samples]\na =\nb =\nc =\n[task t]\nper = sample\ncommand = echo {sample}\n"
#define SUM "[task sum]\ncommand = true\nafter = t\n"

/* --- plain --------------------------------------------------------------------------- */

Test(ui, plain_lines_and_a_verdict, .fini = end)
{
	load(THREE SUM);
	options.jobs = 1;
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "[1/4] t/a\n", "[2/4] t/b\n", "[3/4] t/c\n", "[4/4] sum\n", "done: 4 jobs, 4 ran (");
	cr_assert(err_len == 0);
	expect_no_control(out, out_len);
}

Test(ui, nothing_to_do_in_singular_and_plural, .fini = end)
{
	load(ONE);
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "[1/1] t/a\n", "done: 1 job, 1 ran (");
	cr_assert(show(FQ_UI_PLAIN) == 0 && strcmp(out, "nothing to do: 1 job is up to date\n") == 0, "%s",
	        out);
	load(THREE);
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "done: 3 jobs, 2 ran, 1 up to date (");
	cr_assert(show(FQ_UI_PLAIN) == 0 && strcmp(out, "nothing to do: 3 jobs are up to date\n") == 0);
	load("[task t]\nper = sample\ncommand = true\n");
	cr_assert(show(FQ_UI_PLAIN) == 0 && strcmp(out, "nothing to do: no jobs\n") == 0);
}

Test(ui, failures_come_last_with_tail_and_path, .fini = end)
{
	load(THREE SUM);
	failing = "b";
	options.jobs = 1;
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "FAILED t/b: exit status 2", "    | first\n", "\n\n  FAILED t/b: exit status 2",
	        "sample m.ini:3:1\n", "log    logs/t/b.log\n", "      | 1\n", "      | 4\n",
	        "last \\x1b[31m\n", "  NOT RUN sum: it waits for t/b\n");
	cr_assert(!strstr(strstr(err, "\n\n"), "first"), "more than the last lines:\n%s", err);
	EXPECT(out, "t/a\n", "t/c\n", "failed: 4 jobs, 2 ran, 1 failed, 1 not run because of that (");
	expect_no_control(err, err_len);
}

Test(ui, hint_and_place_of_a_refused_value, .fini = end)
{
	load("[samples]\nx;y =\n[task t]\nper = sample\ncommand = awk 'BEGIN{print \"{sample}\"}'\n");
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "\n\n  FAILED t/x;y: the value 'x;y' of {sample} holds ';'", "sample m.ini:2:1\n",
	        "at     m.ini:5:", "hint   pass it as an argument");
	cr_assert(!strstr(err, "log  "));
}

Test(ui, quiet_shows_failures_alone, .fini = end)
{
	load(THREE);
	shows.quiet = true;
	cr_assert(show(FQ_UI_PLAIN) == 0 && out_len == 0 && err_len == 0);
	failing = "a";
	options.always = true;
	cr_assert(show(FQ_UI_PLAIN) == 1 && out_len == 0 && strstr(err, "FAILED t/a"));
}

Test(ui, verbose_shows_commands_with_their_tabs, .fini = end)
{
	load("[task t]\ncommand =\n  if true; then\n  \techo x\n  fi\n");
	shows.verbose = true;
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "start t\n", "    if true; then\n", "\techo x\n", "    fi\n", "[1/1] t\n");
}

Test(ui, explain_says_why, .fini = end)
{
	load(ONE);
	shows.explain = options.explain = true;
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "t/a will run\n#   because it never ran\n", "[1/1] t/a\n");
	options.always = true;
	cr_assert(show(FQ_UI_PLAIN) == 0);
	EXPECT(out, "#   because all jobs were asked for\n");
}

Test(ui, control_bytes_of_names_are_visible, .fini = end)
{
	load("[samples]\nx\033]0;evil\007\177\xc2\x9b"
	     "31m\xc3\xa9 =\n[task t]\nper = sample\ncommand = echo {sample} \"{sample}\"\n");
	failing = "x\033]0;evil\007\177\xc2\x9b"
	          "31m\xc3\xa9";
	shows.verbose = true;
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "FAILED t/x\\x1b]0;evil\\x07\\x7f\\xc2\\x9b31m\xc3\xa9: exit status 2");
	expect_no_control(out, out_len);
	expect_no_control(err, err_len);
	shows.verbose = false;
	cr_assert(show_dry() == 0);
	EXPECT(out, "# t/x\\x1b]0;evil\\x07");
	expect_no_control(out, out_len);
}

Test(ui, bytes_that_are_no_text_are_visible)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
	        {"plain \xc3\xa4\xe7\x8c\xab\xf0\x9f\xa7\xac\xc2\xa0",
	                "plain \xc3\xa4\xe7\x8c\xab\xf0\x9f\xa7\xac\xc2\xa0"},
	        {"\x9b"
	         "31m",
	                "\\x9b31m"}, /* what some terminals take for ESC [ */
	        {"\xc2\x9b", "\\xc2\\x9b"},
	        {"\xc2", "\\xc2"},
	        {"\xc2\n", "\\xc2\\x0a"},
	        {"a\xff\xc3\xa4", "a\\xff\xc3\xa4"},
	        {"\xc0\x9b", "\\xc0\\x9b"},          /* ESC, longer than it may be */
	        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* half of a pair of UTF-16 */
	        {"\xf5\x80", "\\xf5\\x80"},
	        {"\t\r\x7f", "\\x09\\x0d\\x7f"},
	};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		struct fq_buf shown = {0};
		fq_ui_add_shown(&shown, fq_text(rows[i].text));
		fq_buf_puts(&shown, "");
		cr_assert(strcmp(shown.at, rows[i].shown) == 0, "row %zu: %s", i, shown.at);
		fq_buf_finish(&shown);
	}
}

Test(ui, a_log_reaches_nobody_as_it_came, .fini = end)
{
	load(ONE);
	failing = "a";
	log_text = "\033]0;evil\007\x9b"
	           "2J\xc2\x9b"
	           "2J\b\xff\r50%\xe7\x8c\xab\xe7\x8c";
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "\\x1b]0;evil\\x07\\x9b2J\\xc2\\x9b2J\\x08\\xff\\x0d50%\xe7\x8c\xab\\xe7\\x8c\n",
	        "      | \\x1b]0;evil");
	expect_no_control(err, err_len);
}

/* --- other attempts, remarks --------------------------------------------------------------- */

static int fail_twice(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	put(launch->log, "words\n");
	return player.starts <= 2 ? 2 << 8 : 0;
}

static void show_retries(enum fq_ui_kind kind, uint32_t retries, int64_t backoff_ns)
{
	load(ONE);
	struct fq_task *task = (struct fq_task *)(uintptr_t)fq_plan_rule(&plan, 0)->task;
	task->retries = retries;
	task->backoff_ns = backoff_ns;
	shows.kind = kind;
	options.always = true;
	player.play = fail_twice;
	cr_assert(show_with(NULL) == (retries < 2));
}

Test(ui, another_attempt_has_a_line, .fini = end)
{
	show_retries(FQ_UI_PLAIN, 3, 0);
	cr_assert(strcmp(err, "t/a failed (exit status 2): attempt 2 of 4\n"
	                      "t/a failed (exit status 2): attempt 3 of 4\n") == 0,
	        "%s", err);
	EXPECT(out, "[1/1] t/a\n", "done: 1 job, 1 ran; 1 retried (");
	show_retries(FQ_UI_LIVE, 3, 0);
	EXPECT(err, "t/a failed (exit status 2): attempt 2 of 4\n", "attempt 3 of 4\n");
	cr_assert(!strstr(err, "words"));
	show_retries(FQ_UI_PLAIN, 1, 1000000);
	EXPECT(err, "t/a failed (exit status 2): attempt 2 of 2 in 0.0s\n", "FAILED t/a: exit status 2 (",
	        ", attempt 2 of 2)\n", "log    logs/t/a.log\n");
	EXPECT(out, "failed: 1 job, 1 failed; 1 retried (");
}

Test(ui, another_attempt_quiet_and_verbose, .fini = end)
{
	shows.quiet = true;
	show_retries(FQ_UI_PLAIN, 3, 0);
	cr_assert(err_len == 0 && out_len == 0);
	shows.quiet = false;
	shows.verbose = true;
	show_retries(FQ_UI_PLAIN, 3, 0);
	EXPECT(err, "attempt 2 of 4\n    | words\n", "attempt 3 of 4\n    | words\n");
}

static uint32_t remarks_left;

static void make_remark(const struct fq_run *of)
{
	struct fq_observer *shown = observers[1];
	if (!remarks_left || !shown->remark) {
		return;
	}
	remarks_left--;
	shown->remark(shown, of, (struct fq_where){"m.ini", 14, 0}, "t/\033[2J stands still", "kill -CONT 7");
	shown->remark(shown, of, FQ_NOWHERE, "more memory than there is", NULL);
}

Test(ui, remarks_are_warnings, .fini = end)
{
	static const enum fq_ui_kind kinds[] = {FQ_UI_PLAIN, FQ_UI_LIVE};
	watcher.on_tick = make_remark;
	for (size_t i = 0; i < FQ_COUNT(kinds); i++) {
		load(ONE);
		options.always = true;
		remarks_left = 1;
		cr_assert(show(kinds[i]) == 0 && remarks_left == 0);
		cr_assert(strcmp(err, "m.ini:14: warning: t/\\x1b[2J stands still\n  hint: kill -CONT 7\n"
		                      "fqrun: warning: more memory than there is\n") == 0,
		        "%s", err);
	}
	EXPECT(out, "\r\033[K"); /* the line made way */
	remarks_left = 1;
	shows.quiet = true;
	cr_assert(show(FQ_UI_PLAIN) == 0 && remarks_left == 0 && err_len == 0);
}

Test(ui, color_is_only_there_when_asked_for, .fini = end)
{
	load(THREE);
	failing = "a";
	shows.color = true;
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "\033[31mFAILED\033[0m t/a");
	EXPECT(out, "\033[31mfailed\033[0m: 3 jobs");
}

Test(ui, many_failures_are_cut, .fini = end)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < 30; i++) {
		fq_buf_addf(&text, "s%d = missing\n", i);
	}
	fq_buf_puts(&text, "[task t]\ncommand = cat {reads}\n" SUM);
	load(text.at);
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "\n\n", "  and 10 more failed; their logs are in logs\n",
	        "NOT RUN sum: it waits for t/s0, t/s1, t/s2, ", "t/s4 and 25 more\n");
	fq_buf_finish(&text);
}

Test(ui, a_log_that_is_long_is_cut_in_front, .fini = end)
{
	char *text = fq_zeroed(200001, 1);
	memset(text, 'x', 200000);
	load(ONE);
	failing = "a";
	log_text = text;
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "    | (134464 bytes before this are in logs/t/a.log)\n");
	cr_assert(err_len < 80000);
	fq_release(text);
}

Test(ui, a_terminal_shows_the_last_lines_of_a_log, .fini = end)
{
	struct fq_buf text = {0};
	for (int i = 1; i <= 200; i++) {
		fq_buf_addf(&text, "line %d\n", i);
	}
	load(ONE);
	failing = "a";
	log_text = text.at;
	cr_assert(show(FQ_UI_LIVE) == 1);
	/* Nine of 7 bytes, ninety of 8, sixty-one of 9: lines 1 to 160. */
	EXPECT(err, "    | (1332 bytes before this are in logs/t/a.log)\n    | line 161\n",
	        "    | line 200\n");
	cr_assert(!strstr(err, "line 160\n"));
	shows.verbose = true;
	cr_assert(show(FQ_UI_LIVE) == 1);
	EXPECT(err, "    | line 1\n", "    | line 200\n");
	fq_buf_finish(&text);
}

/* --- dry --------------------------------------------------------------------------------- */

Test(ui, dry_shows_commands_and_a_count, .fini = end)
{
	load(THREE SUM);
	cr_assert(show_dry() == 0);
	EXPECT(out, "# t/a\necho a\n", "# t/c\necho c\n", "# sum\ntrue\n",
	        "# 4 jobs would run, 0 up to date\n");
	options.dry_run = false;
	cr_assert(show(FQ_UI_PLAIN) == 0);
	cr_assert(show_dry() == 0 && strcmp(out, "# 0 jobs would run, 4 up to date\n") == 0);
	load(ONE);
	options.always = options.explain = shows.explain = true;
	cr_assert(show_dry() == 0);
	cr_assert(strcmp(out, "# t/a\n#   because all jobs were asked for\necho a\n# 1 job would run, 0 up "
	                      "to date\n") == 0,
	        "%s", out);
}

Test(ui, dry_tells_what_will_have_run_before, .fini = end)
{
	load(THREE SUM);
	cr_assert(show(FQ_UI_PLAIN) == 0);
	load("[samples]\na =\nb =\nd =\n[task t]\nper = sample\ncommand = echo {sample}\n" SUM);
	options.explain = shows.explain = true;
	cr_assert(show_dry() == 0);
	EXPECT(out, "# t/d\n#   because it never ran\n", "# sum\n#   because t/d will have run before it\n",
	        "#   because it waits for other jobs of t than before\n",
	        "# 2 jobs would run, 2 up to date\n");
}

/* --- live -------------------------------------------------------------------------------- */

/* How many columns the widest line takes; wide letters take two. */
static size_t widest(const char *text)
{
	size_t columns = 0, most = 0;
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at == '\r' || *at == '\n') {
			columns = 0;
		} else if (*at == '\033') {
			at += 2; /* ESC [ K is all there is */
		} else if ((*at & 0xc0) != 0x80) {
			columns += *at >= 0xe0 ? 2 : 1;
		}
		most = columns > most ? columns : most;
	}
	return most;
}

Test(ui, live_line_fits_and_is_wiped, .fini = end)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < 100; i++) {
		fq_buf_puts(&text, i < 84 ? "\xe7\x8c\xab" : "x");
	}
	fq_buf_puts(&text, "\xff =\n");
	fq_buf_puts(&text, "[task t]\nper = sample\ncommand = true\n");
	char *at = strstr(text.at, "x"); /* 255 bytes are the most that a name may have */
	memmove(at - 3 * 30, at, strlen(at) + 1);
	load(text.at);
	cr_assert(show(FQ_UI_LIVE) == 0);
	EXPECT(out, "\r[0/1]  1 running  ", "s  t/\xe7\x8c\xab", "\033[K", "\r\033[Kdone: 1 job, 1 ran (");
	cr_assert(widest(out) < 80, "%zu columns", widest(out));
	cr_assert(show(FQ_UI_LIVE) == 0 && strcmp(out, "nothing to do: 1 job is up to date\n") == 0);
	fq_buf_finish(&text);
}

Test(ui, live_failure_stands_above_the_line, .fini = end)
{
	load(THREE);
	failing = "b";
	options.jobs = 1;
	cr_assert(show(FQ_UI_LIVE) == 1);
	EXPECT(out, "\r\033[K", "failed: 3 jobs, 2 ran, 1 failed (");
	EXPECT(err, "FAILED t/b: exit status 2", "    | first\n", "\n\n  FAILED t/b");
	expect_no_control(err, err_len);
}

static bool is_sent;
static void interrupt(const struct fq_run *of)
{
	if (!is_sent && of->counts[FQ_STATE_RUNNING]) {
		is_sent = true;
		raise(SIGINT);
	}
}

Test(ui, a_stopped_run_says_how_it_goes_on, .fini = end)
{
	load(THREE);
	player.holds = true;
	watcher.on_tick = interrupt;
	cr_assert(show(FQ_UI_PLAIN) == 128 + SIGINT);
	EXPECT(err, "fqrun: signal 2: stopping 2 jobs\n");
	EXPECT(out, "stopped: 3 jobs, 3 stopped or not started (", "the same command goes on from here\n");
	is_sent = false;
	options.jobs = 1;
	cr_assert(show(FQ_UI_LIVE) == 128 + SIGINT);
	EXPECT(out, "stopping 1 job, once more to kill\n");
}

static void end_one(const struct fq_run *of)
{
	(void)of;
	if (player.held_count) {
		struct fq_exit first = player.held[0];
		memmove(player.held, player.held + 1, --player.held_count * sizeof(first));
		end_slot(first);
	}
}

/* a fails, and c will not start: that is no progress when b ends. */
Test(ui, what_did_not_start_is_not_counted_as_ended, .fini = end)
{
	load(THREE);
	failing = "a";
	options.jobs = 2;
	options.fail_fast = true;
	player.holds = true;
	watcher.on_tick = end_one;
	cr_assert(show(FQ_UI_PLAIN) == 1);
	EXPECT(err, "[1/3] FAILED t/a");
	EXPECT(out, "[2/3] t/b\n");
}

static void interrupt_the_wait(const struct fq_run *of)
{
	if (!is_sent && fq_run_retrying(of)) {
		is_sent = true;
		raise(SIGINT);
	}
}

Test(ui, what_waits_for_its_next_attempt_is_no_job_to_stop, .fini = end)
{
	load(ONE);
	struct fq_task *task = (struct fq_task *)(uintptr_t)fq_plan_rule(&plan, 0)->task;
	task->retries = 1;
	task->backoff_ns = INT64_C(3600) * 1000000000;
	failing = "a";
	watcher.on_tick = interrupt_the_wait;
	cr_assert(show(FQ_UI_LIVE) == 128 + SIGINT);
	EXPECT(out, "\r\033[Kstopping\n", "stopped: 1 job, 1 stopped or not started");
}
