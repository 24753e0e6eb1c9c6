/* [task]: keys with few words, arrows, builtins, what a task reads. */
#include "manifest_text.h"

TestSuite(tasks, .init = make_folder, .fini = remove_folder);

#define SAMPLES "[samples]\na = a1 a2\n"

static const char *after_of(const char *name)
{
	static char names[200];
	names[0] = '\0';
	for (uint32_t i = 0; i < task(name)->after_count; i++) {
		strcat(names, i ? " " : "");
		strcat(names, manifest.tasks[task(name)->after[i].task].name);
	}
	return names;
}

/* --- names ---------------------------------------------------------------------- */

Test(tasks, are_found_by_name)
{
	load("[task a]\ncommand = true\n[task b_2-x]\ncommand = true\n[task _]\ncommand = true\n");
	cr_assert(manifest.task_count == 3 && task("b_2-x") == &manifest.tasks[1]);
	cr_assert(task("b_2-x")->line == 3 && task("b_2-x")->column == 7);
	cr_assert_null(fq_manifest_task(&manifest, fq_text("c")));
	cr_assert_null(fq_manifest_task(&manifest, fq_text("")));
}

Test(tasks, without_a_good_name_are_refused)
{
	static const char *const wrong[] = {"1a", "-a", "a b", "a.b", "a/b", "\xc3\xa9", "a$", "../x"};
	char text[100];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[task %s]\ncommand = true\n[task t]\ncommand = true\n",
		        wrong[i]);
		refuse(text, 1, 7, "not a task's name", "letter");
	}
	refuse("[task t]\ncommand = true\n[task]\ncommand = true\n", 3, 7, "a task without a name", NULL);
	refuse("[task t]\ncommand = true\n[  task   1x]\ncommand = true\n", 3, 11, "not a task's name", NULL);
}

Test(tasks, called_like_a_command_are_warned_about)
{
	load("[task report]\ncommand = true\n[task fastq-stats]\ncommand = true\n" SAMPLES);
	cr_assert_eq(errors.warnings, 2);
	expect_finding(1, 7, "\"report\" has the name of a command", "fqrun run");
	expect_finding(3, 7, "\"fastq-stats\" has the name of a command", "fqrun run");
}

/* --- what it does ------------------------------------------------------------------ */

Test(tasks, do_one_thing)
{
	refuse("[task t]\noutput = x\n", 1, 7, "task \"t\" does nothing", "command");
	refuse("[task t]\nbuiltin = fastq-stats\ncommand = true\noutput = x\n", 2, 1, "not both", NULL);
	refuse("[task t]\ncommand = true\nbuiltin = fastq-stats\noutput = x\n", 3, 1, "not both", NULL);
	refuse("[task t]\ncommand =\n", 1, 7, "task \"t\" does nothing", "command");
}

Test(tasks, may_be_a_builtin)
{
	load(SAMPLES "[task t]\nbuiltin = fastq-stats\noutput = x/{sample}.json\n");
	cr_assert(task("t")->builtin == FQ_BUILTIN_FASTQ_STATS && task("t")->script.text.len == 0);
	expect_words(task("t"), &task("t")->inputs, "{reads}");
	cr_assert(!task("t")->has_input_key && task("t")->own_input_count == 0);
	load(SAMPLES "[task t]\nbuiltin = fastq-stats\ninput = x.fq\noutput = x.json\n");
	expect_words(task("t"), &task("t")->inputs, "x.fq");
	cr_assert(task("t")->per == FQ_PER_COHORT && task("t")->has_input_key);
}

Test(tasks, with_a_builtin_keep_to_it)
{
	refuse("[task t]\nbuiltin = fastq-stat\noutput = x\n", 2, 11, "`builtin` cannot be \"fastq-stat\"",
	        "did you mean \"fastq-stats\"?");
	refuse("[task t]\nbuiltin = md5\noutput = x\n", 2, 11, "`builtin` cannot be \"md5\"", "fastq-stats");
	refuse("[task t]\nbuiltin = fastq-stats\n", 1, 7, "one output, this task has 0", "output =");
	refuse("[task t]\nbuiltin = fastq-stats\noutput = x y\n", 3, 1, "one output, this task has 2", NULL);
	refuse("[vars]\nv = x y\n[task t]\nbuiltin = fastq-stats\noutput = {v}\n", 5, 1, "one output", NULL);
	refuse("[task t]\nbuiltin = fastq-stats\noutput = x\nshell = sh\n", 4, 1, "no `shell`", NULL);
	refuse("[task t]\nbuiltin = fastq-stats\noutput = x\nsetup = true\n", 4, 1, "no `setup`", NULL);
}

/* --- shell, timeout, env -------------------------------------------------------------- */

Test(tasks, may_have_a_shell_of_their_own)
{
	load("[fqrun]\nshell = sh\n[task a]\ncommand = true\n[task b]\ncommand = true\nshell = bash\n");
	cr_assert(task("a")->shell == FQ_SHELL_SH && task("b")->shell == FQ_SHELL_BASH);
	refuse("[task a]\ncommand = true\nshell = bsah\n", 3, 9, "`shell` cannot be \"bsah\"",
	        "did you mean \"bash\"?");
	refuse("[task a]\ncommand = true\nshell = bash -x\n", 3, 9, "`shell` cannot be \"bash -x\"", NULL);
	refuse("[task a]\ncommand = true\nshell =\n", 3, 8, "`shell` cannot be \"\"", "bash, sh");
}

Test(tasks, may_have_a_timeout)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"90s", 90}, {"1m", 60}, {"2h30m", 9000}, {"1d", 86400}, {"1h1m1s", 3661}};
	static const char *const wrong[] = {
	        "soon", "0s", "-1s", "10", "1x", "1 h", "", "30m 2h x", "99999999999d"};
	char text[100];
	for (size_t i = 0; i < FQ_COUNT(good); i++) {
		snprintf(text, sizeof(text), "[task t]\ncommand = true\ntimeout = %s\n", good[i].text);
		load(text);
		cr_assert_eq(task("t")->timeout_ns, good[i].seconds * 1000000000, "%s", good[i].text);
	}
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[task t]\ncommand = true\ntimeout =%s\n", wrong[i]);
		refuse(text, 3, 10, "not a time", "2h30m");
	}
	load("[task t]\ncommand = true\n");
	cr_assert_eq(task("t")->timeout_ns, 0);
}

Test(tasks, have_words_of_env)
{
	load(SAMPLES "[task t]\ncommand = true\nper = sample\noutput = o\n"
	             "env = A=1 B='x y' C= D={sample}/{output} URL=http://h//x? E=./x _9=y F=\"$x\"\n");
	expect_words(task("t"), &task("t")->env,
	        "A=1|B=x y|C=|D={sample}/{output}|URL=http://h//x?|E=./x|_9=y|F=$x");
	static const struct {
		const char *env;
		uint32_t column;
	} wrong[] = {{"A", 7}, {"=x", 7}, {"1A=x", 7}, {"A-B=x", 7}, {"A=1 B", 11}, {"{one}=x", 7},
	        {"A.B=x", 7}, {"''", 7}};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[vars]\none = x\n[task t]\ncommand = true\nenv = %s\n",
		        wrong[i].env);
		refuse(text, 5, wrong[i].column, "NAME=VALUE", "env =");
	}
	refuse("[task t]\ncommand = true\nenv = A=$HOME\n", 3, 9, "not expanded here", "quotes");
}

/* --- arrows ----------------------------------------------------------------------------- */

Test(tasks, wait_for_those_that_they_name)
{
	load(SAMPLES "[task c]\ncommand = echo {a.output}\nafter = b a\n  b\n[task a]\ncommand = "
	             "true\noutput = x\n"
	             "[task b]\ncommand = true\n[task d]\ncommand = echo {a.output} {c-2.output:,}\n"
	             "[task c-2]\ncommand = true\noutput = y z\n");
	cr_assert_str_eq(after_of("c"), "b a");
	cr_assert_str_eq(after_of("a"), "");
	cr_assert_str_eq(after_of("d"), "a c-2");
	cr_assert_eq(task("c")->after[1].line, 5);
	cr_assert_eq(task("d")->after[0].line, 13);
}

Test(tasks, that_nobody_knows_are_refused)
{
	refuse("[task stats]\ncommand = true\n[task t]\ncommand = true\nafter = stast\n", 5, 9,
	        "no task is called \"stast\"", "did you mean \"stats\"?");
	refuse("[task stats]\ncommand = true\n[task t]\ncommand = true\nafter = stats\n  nope\n", 6, 3,
	        "no task is called \"nope\"", NULL);
	refuse("[task t]\ncommand = true\nafter = ''\n", 3, 9, "no task is called \"\"", NULL);
	load("[task t]\ncommand = true\nafter =\n");
	cr_assert_eq(task("t")->after_count, 0);
}

/* --- what it reads ------------------------------------------------------------------------- */

static void expect_inputs(const char *lines, const char *right, uint32_t own)
{
	char text[500];
	snprintf(text, sizeof(text), SAMPLES "[task m]\ncommand = true\noutput = m1 m2\n[task t]\n%s\n",
	        lines);
	load(text);
	expect_words(task("t"), &task("t")->inputs, right);
	cr_assert_eq(task("t")->own_input_count, own, "%s", lines);
}

Test(tasks, read_what_they_refer_to)
{
	expect_inputs("command = true", "", 0);
	expect_inputs("command = echo {sample}", "", 0);
	expect_inputs("command = cat {reads}", "{reads}", 0);
	expect_inputs("command = echo {reads.name}", "", 0);
	expect_inputs("command = cat {r1}", "{reads}", 0);
	expect_inputs("command = cat {file}", "{reads}", 0);
	expect_inputs("command = cat {m.output}", "{m.output}", 0);
	expect_inputs("command = cat {m.output} {reads}\ninput = x", "x|{m.output}|{reads}", 1);
	expect_inputs("command = cat {m.output}\ninput = x {m.output}", "x|{m.output}", 2);
	expect_inputs("command = cat {input}\ninput = {reads}", "{reads}", 1);
	expect_inputs("command = cat {input}\ninput = x y", "x|y", 2);
	expect_inputs("command = cat {m.output:list}", "{m.output:list}", 0);
	cr_assert_eq(task("t")->refs[task("t")->inputs.words[0].pieces[0].ref].form, FQ_FORM_WORDS);
}

Test(tasks, may_have_samples_without_files)
{
	load("[samples]\na =\nb =\n[task t]\ncommand = echo {sample} {reads}\noutput = o/{sample}\n");
	cr_assert(manifest.sample_count == 2 && manifest.lane_count == 2 && manifest.file_count == 0);
	cr_assert_eq(task("t")->per, FQ_PER_SAMPLE);
}
