/* What a task may hold and when it may run: pools, priority, retries; how it draws on our tokens. */
#include "manifest_text.h"

TestSuite(resources, .init = make_folder, .fini = remove_folder);

#define TASK "[task t]\ncommand = true\n"
#define SECOND INT64_C(1000000000)

/* A task with one more line. */
static const struct fq_task *with(const char *line)
{
	char text[300];
	snprintf(text, sizeof(text), TASK "%s\n", line);
	load(text);
	return task("t");
}

static void refuse_line(const char *line, uint32_t column, const char *words, const char *hint)
{
	char text[300];
	snprintf(text, sizeof(text), TASK "%s\n", line);
	refuse(text, 3, column, words, hint);
}

static void put(const char *name, const char *text)
{
	char place[256];
	snprintf(place, sizeof(place), "%s/%s", folder, name);
	int fd = open(place, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)));
	close(fd);
}

/* --- pools -------------------------------------------------------------------------- */

Test(resources, a_task_is_in_no_pool_unless_it_says_so)
{
	load(TASK);
	cr_assert_eq(task("t")->pool, FQ_NO_POOL);
	cr_assert_eq(manifest.pool_count, 0);
}

Test(resources, a_pool_may_stand_above_or_below_its_tasks)
{
	load("[task a]\ncommand = true\npool = net\n[pool disk]\ndepth = 1\n[pool  net]\ndepth: 100000\n"
	     "[task b]\ncommand = true\npool = disk\n[task c]\ncommand = true\npool = net\n");
	cr_assert_eq(errors.warnings, 0);
	cr_assert_eq(manifest.pool_count, 2);
	const struct fq_pool *disk = &manifest.pools[0], *net = &manifest.pools[1];
	cr_assert_str_eq(disk->name, "disk");
	cr_assert(disk->depth == 1 && disk->line == 4 && disk->column == 7);
	cr_assert_str_eq(net->name, "net");
	cr_assert(net->depth == 100000 && net->line == 6 && net->column == 8);
	cr_assert_eq(task("a")->pool, 1);
	cr_assert_eq(task("b")->pool, 0);
	cr_assert_eq(task("c")->pool, 1);
}

Test(resources, an_included_file_may_hold_a_pool)
{
	put("pools.ini", "[pool net]\ndepth = 3\n");
	load("[fqrun]\ninclude = pools.ini\n[pool disk]\ndepth = 1\n[task d]\ncommand = true\npool = "
	     "disk\n" TASK "pool = net\n");
	cr_assert_eq(manifest.pools[task("t")->pool].depth, 3);
	cr_assert_eq(manifest.pools[task("d")->pool].depth, 1);
}

Test(resources, a_pool_without_tasks_is_warned_about)
{
	load("[pool a]\ndepth = 1\n[pool b]\ndepth = 1\n" TASK "pool = b\n");
	cr_assert_eq(errors.warnings, 1);
	expect_finding(1, 7, "no task is in pool \"a\"", "`pool = a`");
}

/* One mistake, one error: no warning of the pool that was meant. */
Test(resources, an_unknown_pool_is_refused)
{
	refuse("[pool downloads]\ndepth = 2\n" TASK "pool = download\n", 5, 8,
	        "no pool is called \"download\"", "did you mean \"downloads\"?");
	cr_assert_eq(errors.warnings, 0);
	refuse_line("pool = net", 8, "no pool is called \"net\"", "[pool net] with `depth = 2`");
	refuse_line("pool = a b", 8, "no pool is called \"a b\"", "one pool");
	refuse_line("pool =", 7, "`pool` without a name", NULL);
}

Test(resources, a_pool_needs_a_depth)
{
	refuse("[pool p]\n" TASK "pool = p\n", 1, 7, "pool \"p\" has no depth", "depth = 2");
	static const char *const wrong[] = {"0", "-1", "2.5", "two", "100001", "99999999999999999999", ""};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[pool p]\ndepth =%s\n" TASK "pool = p\n", wrong[i]);
		refuse(text, 2, 8, "not a depth from 1 to 100000", "depth = 2");
	}
}

/* A depth is not missed where a line that may be it was refused. */
Test(resources, a_misspelt_depth_is_one_error)
{
	refuse("[pool p]\ndept = 2\n" TASK "pool = p\n", 2, 1, "unknown key \"dept\" in [pool p]",
	        "did you mean \"depth\"?");
	refuse("[pool p]\ndepth 2\n" TASK "pool = p\n", 2, 1, "", NULL);
	refuse("[pool p]\ndepth = 7\nthreads = 2\n" TASK "pool = p\n", 3, 1, "unknown key \"threads\"",
	        "a key of [task NAME]");
	cr_assert_eq(manifest.pools[0].depth, 7);
}

Test(resources, a_pool_is_there_once)
{
	refuse("[pool p]\ndepth = 1\n[pool p]\ndepth = 2\n" TASK "pool = p\n", 3, 1,
	        "[pool p] is already on line 1", NULL);
	refuse("[pool p]\ndepth = 1\n[pool  p ]\ndepth = 2\n" TASK "pool = p\n", 3, 1,
	        "[pool p] is already on line 1", NULL);
	cr_assert(manifest.pool_count == 1 && manifest.pools[0].depth == 1);
}

Test(resources, a_pool_is_called_like_a_task)
{
	refuse("[pool]\ndepth = 1\n" TASK, 1, 7, "a pool without a name", "[pool NAME]");
	refuse("[pool 9]\ndepth = 1\n" TASK, 1, 7, "not a pool's name: \"9\"", "letters");
	refuse("[pool a.b]\ndepth = 1\n" TASK, 1, 7, "not a pool's name: \"a.b\"", "letters");
	load("[pool t]\ndepth = 1\n" TASK "pool = t\n"); /* not one namespace with tasks */
	cr_assert_eq(task("t")->pool, 0);
}

/* --- priority ------------------------------------------------------------------------- */

Test(resources, a_priority_has_a_sign)
{
	cr_assert_eq(with("")->priority, 0);
	cr_assert_eq(with("priority = 7")->priority, 7);
	cr_assert_eq(with("priority = +7")->priority, 7);
	cr_assert_eq(with("priority = -7")->priority, -7);
	cr_assert_eq(with("priority = -0")->priority, 0);
	cr_assert_eq(with("priority = 1000")->priority, 1000);
	cr_assert_eq(with("priority = -1000")->priority, -1000);
}

Test(resources, other_priorities_are_refused)
{
	static const char *const wrong[] = {
	        "1001", "-1001", "--1", "+-1", "- 1", "1.5", "high", "-", "99999999999999999999", "0x10"};
	char line[100];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(line, sizeof(line), "priority = %s", wrong[i]);
		refuse_line(line, 12, "not a priority from -1000 to 1000", "priority = 10");
	}
	refuse_line("priority =", 11, "not a priority", NULL);
}

/* --- trying again ----------------------------------------------------------------------- */

Test(resources, retries_and_backoff)
{
	cr_assert(with("")->retries == 0 && with("")->backoff_ns == 0);
	cr_assert(with("retries = 3")->retries == 3 && task("t")->backoff_ns == 0);
	cr_assert_eq(with("retries = 100")->retries, 100);
	cr_assert_eq(with("retries = 2\nbackoff = 30s")->backoff_ns, 30 * SECOND);
	cr_assert_eq(with("backoff = 1h30m\nretries = 2")->backoff_ns, 5400 * SECOND);
	cr_assert_eq(with("retries = 2\nbackoff = 0s")->backoff_ns, 0);
	cr_assert_eq(errors.warnings, 0);
	static const char *const wrong[] = {"-1", "101", "two", "1.5", "4294967297"};
	char line[100];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(line, sizeof(line), "retries = %s", wrong[i]);
		refuse_line(line, 11, "not a number of retries from 0 to 100", "retries = 2");
	}
	refuse(TASK "retries = 1\nbackoff = 30\n", 4, 11, "not a time: \"30\"", "backoff = 30s");
}

Test(resources, what_means_nothing_without_retries_is_warned_about)
{
	with("backoff = 30s");
	cr_assert_eq(errors.warnings, 1);
	expect_finding(3, 11, "`backoff` means nothing without `retries`", "retries = 2");
	with("memory = 4G x2");
	cr_assert_eq(errors.warnings, 1);
	expect_finding(3, 13, "the factor of `memory` means nothing without `retries`", "retries = 2");
	with("memory = 4G x2\nretries = 1");
	cr_assert(errors.warnings == 0 && task("t")->memory_factor == 2);
	with("memory = 4G x2\nbackoff = 1s\nretries = 0"); /* who says so knows it */
	cr_assert_eq(errors.warnings, 0);
	with("memory = 4G x1\n");
	cr_assert_eq(errors.warnings, 0);
	refuse_line("memory = x2", 10, "not an amount of memory", NULL);
	cr_assert_eq(errors.warnings, 0);
	refuse_line("backoff = 30", 11, "not a time", NULL);
	cr_assert_eq(errors.warnings, 0);
}

Test(resources, memory_without_a_unit_is_refused)
{
	refuse_line("memory = 4", 10, "not an amount of memory: \"4\"", "memory = 4G");
	refuse_line("memory = 4 x2\nretries = 1", 10, "not an amount of memory: \"4 x2\"", "memory = 4G");
	refuse("[fqrun]\nmemory = 16\n" TASK, 2, 10, "not an amount of memory: \"16\"", "memory = 16G");
}

/* --- presets ------------------------------------------------------------------------------ */

static void preset(const char *text)
{
	struct fq_error err = {0};
	cr_assert(chdir(folder) == 0);
	cr_assert(fq_folder_make("presets", &err), "%s", err.text);
	put("presets/tool.ini", text);
}

Test(resources, keys_of_the_task_win_over_those_of_a_preset)
{
	preset("[task]\ncommand = make\npool = net\npriority = 5\nretries = 4\nbackoff = 1m\njobserver = "
	       "fifo\n");
	load("[pool net]\ndepth = 1\n[pool disk]\ndepth = 1\n[task p]\nuse = tool\n"
	     "[task q]\nuse = tool\npool = disk\npriority = -5\nretries = 1\nbackoff = 2m\njobserver = no\n");
	const struct fq_task *p = task("p"), *q = task("q");
	cr_assert(p->pool == 0 && p->priority == 5 && p->retries == 4 && p->backoff_ns == 60 * SECOND);
	cr_assert(q->pool == 1 && q->priority == -5 && q->retries == 1 && q->backoff_ns == 120 * SECOND);
	cr_assert(p->draws == FQ_DRAWS_FIFO && q->draws == FQ_DRAWS_NOT);
}

Test(resources, a_preset_names_no_pool_that_is_not_there)
{
	preset("[task]\ncommand = true\npool = net\n");
	refuse("[task t]\nuse = tool\n", 3, 8, "no pool is called \"net\"", "[pool net]");
	load("[pool net]\ndepth = 1\n[task t]\nuse = tool\n");
	cr_assert_eq(task("t")->pool, 0);
}

/* It may say so for those who add `retries`. */
Test(resources, a_preset_is_not_warned_about)
{
	preset("[task]\ncommand = true\nmemory = 4G x2\nbackoff = 30s\n");
	load("[task t]\nuse = tool\n");
	cr_assert_eq(errors.warnings, 0);
}

/* --- jobserver ---------------------------------------------------------------------------- */

static const struct {
	const char *script;
	enum fq_draws draws;
} scripts[] = {
        {"make", FQ_DRAWS_PIPE},
        {"make -C src all", FQ_DRAWS_PIPE},
        {"gmake", FQ_DRAWS_PIPE},
        {"cargo build --release", FQ_DRAWS_PIPE},
        {"fqrun -f other.ini", FQ_DRAWS_PIPE},
        {"ninja -C b", FQ_DRAWS_FIFO},
        {"ninja-build", FQ_DRAWS_FIFO},
        {"samu", FQ_DRAWS_FIFO},
        {"/usr/bin/make", FQ_DRAWS_PIPE},
        {"./tools/ninja", FQ_DRAWS_FIFO},
        {"$HOME/bin/make", FQ_DRAWS_PIPE},
        {"\"$HOME/my bin\"/make", FQ_DRAWS_PIPE},
        {"{v}/make", FQ_DRAWS_PIPE},
        {"env A=1 make", FQ_DRAWS_PIPE},
        {"nice -n 5 ninja -C b", FQ_DRAWS_FIFO},
        {"cd x && make", FQ_DRAWS_PIPE},
        {"(cd x;make)", FQ_DRAWS_PIPE},
        {"make|tee log", FQ_DRAWS_PIPE},
        {"if test -e Makefile; then make; fi", FQ_DRAWS_PIPE},
        {"for i in 1 2; do\n  make $i\n  done", FQ_DRAWS_PIPE},
        {"case $x in\n  a) make ;;\n  esac", FQ_DRAWS_PIPE},
        {"make \\\n  -C x", FQ_DRAWS_PIPE},
        {"true\n  make\\\n    -C x", FQ_DRAWS_PIPE},
        {"make\\\n  -C x", FQ_DRAWS_NOT}, /* make-C */
        {"echo \"$(make -s x)\"", FQ_DRAWS_PIPE},
        {"x=$(make -s x)", FQ_DRAWS_PIPE},
        {"echo `make -s x`", FQ_DRAWS_PIPE},
        {"diff <(make -s x) y", FQ_DRAWS_PIPE},
        {"tool=(ninja -C b); \"${tool[@]}\"", FQ_DRAWS_FIFO},
        {"cat <<E\n  make it\n  E\n  ninja", FQ_DRAWS_FIFO},
        {"cat <<E\n  $(make -s x)\n  E", FQ_DRAWS_PIPE},
        {"ninja; make", FQ_DRAWS_PIPE},
        {"make; ninja", FQ_DRAWS_PIPE},
        {"echo make", FQ_DRAWS_PIPE}, /* as the contract has it: a bare word */
        {"true", FQ_DRAWS_NOT},
        {"echo \"make\"", FQ_DRAWS_NOT},
        {"echo 'make'", FQ_DRAWS_NOT},
        {"echo '/usr/bin/make'", FQ_DRAWS_NOT},
        {"echo 'please make it'", FQ_DRAWS_NOT},
        {"bash -c 'make'", FQ_DRAWS_NOT},
        {"true # make", FQ_DRAWS_NOT},
        {"true\n  # make\n  true", FQ_DRAWS_NOT},
        {"cat <<E\n  make\n  E", FQ_DRAWS_NOT},
        {"cat <<'E'\n  $(make)\n  E", FQ_DRAWS_NOT},
        {"makeblastdb -in x.fa", FQ_DRAWS_NOT},
        {"cmake --build b", FQ_DRAWS_NOT},
        {"make/run", FQ_DRAWS_NOT},
        {"make.sh", FQ_DRAWS_NOT},
        {"./make-all", FQ_DRAWS_NOT},
        {"echo make,", FQ_DRAWS_NOT},
        {"echo $make ${make}", FQ_DRAWS_NOT},
        {"make=1", FQ_DRAWS_NOT},
        {"MAKE", FQ_DRAWS_NOT},
        /* Behind what the lexer does not follow, words are still words. */
        {"x=$(case 1 in 1) true;; esac)\n  make", FQ_DRAWS_PIPE},
        {"x=$(case 1 in 1) true;; esac) # make\n  ninja", FQ_DRAWS_FIFO},
        {"x=$(case 1 in 1) true;; esac) # make", FQ_DRAWS_NOT},
        {"make; x=$(case 1 in 1) true;; esac)", FQ_DRAWS_PIPE},
};

Test(resources, a_bare_word_of_the_script_tells_how_it_draws)
{
	char text[400];
	for (size_t i = 0; i < FQ_COUNT(scripts); i++) {
		snprintf(text, sizeof(text), "[vars]\nv = x\n[task t]\ncommand = %s\n", scripts[i].script);
		load(text);
		cr_assert_eq(
		        task("t")->draws, scripts[i].draws, "%s: %d", scripts[i].script, task("t")->draws);
		snprintf(text, sizeof(text), "[vars]\nv = x\n[task t]\nsetup = %s\ncommand = true\n",
		        scripts[i].script);
		load(text);
		cr_assert_eq(task("t")->draws, scripts[i].draws, "setup: %s: %d", scripts[i].script,
		        task("t")->draws);
	}
	load("[task t]\nsetup = ninja\ncommand = make\n");
	cr_assert_eq(task("t")->draws, FQ_DRAWS_PIPE);
}

Test(resources, its_version_and_its_wrap_are_not_the_script)
{
	load("[task t]\nversion = make --version\nwrap = make\ncommand = true\n");
	cr_assert_eq(task("t")->draws, FQ_DRAWS_NOT);
}

Test(resources, a_task_may_say_how_it_draws)
{
	load("[task t]\ncommand = make\njobserver = no\n[task u]\ncommand = bash -c 'make'\njobserver = "
	     "pipe\n"
	     "[task v]\ncommand = make\njobserver = fifo\n[task w]\ncommand = make\njobserver = auto\n"
	     "[task x]\ncommand = true\njobserver = auto\n");
	cr_assert_eq(task("t")->draws, FQ_DRAWS_NOT);
	cr_assert_eq(task("u")->draws, FQ_DRAWS_PIPE);
	cr_assert_eq(task("v")->draws, FQ_DRAWS_FIFO);
	cr_assert_eq(task("w")->draws, FQ_DRAWS_PIPE);
	cr_assert_eq(task("x")->draws, FQ_DRAWS_NOT);
	refuse_line("jobserver = fife", 13, "`jobserver` cannot be \"fife\"", "did you mean \"fifo\"?");
	refuse_line("jobserver = yes", 13, "`jobserver` cannot be \"yes\"", "auto, pipe, fifo, no");
}

Test(resources, threads_that_a_make_does_not_get_are_warned_about)
{
	static const char *const meant[] = {"command = make\nthreads = 1\n",
	        "command = make -j{threads}\nthreads = 4\n", "command = true\nthreads = 4\n",
	        "command = make\nthreads = 4\njobserver = no\n",
	        "command = make\nthreads = 4\njobserver = pipe\n"};
	load("[task t]\ncommand = make\nthreads = 1-4\n");
	cr_assert_eq(errors.warnings, 1);
	expect_finding(3, 11, "`threads` is not for a make in the command", "jobserver = no");
	for (size_t i = 0; i < FQ_COUNT(meant); i++) {
		char text[200];
		snprintf(text, sizeof(text), "[task t]\n%s", meant[i]);
		load(text);
		cr_assert_eq(errors.warnings, 0, "%s", meant[i]);
	}
}

Test(resources, a_make_that_leaves_the_pool_is_warned_about)
{
	static const char *const meant[] = {"make", "make -j{threads}", "make -k", "make -j$N", "xargs -j4",
	        "make 'a -j4'", "make # -j4"};
	load("[task t]\ncommand = cd x; make -j8 all\n");
	cr_assert_eq(errors.warnings, 1);
	expect_finding(2, 22, "with a -j of its own", "-j{threads}");
	load("[task t]\ncommand = make -j\n");
	cr_assert_eq(errors.warnings, 1);
	load("[task t]\ncommand = make -j4\nthreads = 4\n");
	cr_assert_eq(errors.warnings, 0);
	cr_assert_eq(task("t")->draws, FQ_DRAWS_NOT);
	for (size_t i = 0; i < FQ_COUNT(meant); i++) {
		char text[200];
		snprintf(text, sizeof(text), "[task t]\ncommand = %s\n", meant[i]);
		load(text);
		cr_assert_eq(errors.warnings, 0, "%s", meant[i]);
	}
}

Test(resources, a_builtin_draws_on_nothing)
{
	load("[task t]\nbuiltin = fastq-stats\ninput = x.fq\noutput = x.json\n");
	cr_assert_eq(task("t")->draws, FQ_DRAWS_NOT);
	refuse("[task t]\nbuiltin = fastq-stats\ninput = x.fq\noutput = x.json\njobserver = pipe\n", 5, 1,
	        "no `jobserver`", "remove it");
}

/* --- log-limit ------------------------------------------------------------------------------ */

Test(resources, a_log_has_a_limit)
{
	load(TASK);
	cr_assert_eq(manifest.log_limit_bytes, 16 << 20);
	load("[fqrun]\nlog-limit = 64K\n" TASK);
	cr_assert_eq(manifest.log_limit_bytes, 64 << 10);
	load("[fqrun]\nlog-limit = 1G\n" TASK);
	cr_assert_eq(manifest.log_limit_bytes, 1 << 30);
	load("[fqrun]\nlog-limit = no\n" TASK);
	cr_assert_eq(manifest.log_limit_bytes, 0);
	static const char *const wrong[] = {"0", "65535", "63K", "-1M", "yes", "16MM"};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[fqrun]\nlog-limit = %s\n" TASK, wrong[i]);
		refuse(text, 2, 13, "not a size from 64K on", "log-limit = no");
	}
}
