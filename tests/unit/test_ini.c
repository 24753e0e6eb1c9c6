/* The manifest's lines, keys and sections: what is read, and what is refused where. */
#include "manifest_text.h"

TestSuite(ini, .init = make_folder, .fini = remove_folder);

#define TASK "[task t]\ncommand = true\n"

/* --- bytes and lines --------------------------------------------------------- */

Test(ini, a_long_line_is_kept_whole)
{
	struct fq_buf text = {0}, word = {0};
	while (word.len < 10240) {
		fq_buf_puts(&word, "part ; no comment # nor this; ");
	}
	fq_buf_addf(&text, "[samples]\na = '%s'\n[vars]\nv = '%s'\n[task t]\ncommand = echo '%s' \"%s\"\n",
	        word.at, word.at, word.at, word.at);
	load_bytes(text.at, text.len);
	expect_files(0, word.at);
	expect_variable("v", word.at);
	struct fq_buf script = {0}, right = {0};
	add_pieces(&script, task("t"), task("t")->script.pieces, task("t")->script.piece_count);
	fq_buf_addf(&right, "echo '%s' \"%s\"", word.at, word.at);
	cr_assert_str_eq(script.at, right.at);
	fq_buf_finish(&script);
	fq_buf_finish(&right);
	fq_buf_finish(&text);
	fq_buf_finish(&word);
}

Test(ini, semicolon_and_hash_begin_no_comment_inside_a_line)
{
	load("[vars]\nv = a ; b #c\n" TASK);
	expect_variable("v", "a|;|b|#c");
}

Test(ini, a_line_may_have_one_mebibyte_and_no_more)
{
	const size_t most = 1 << 20;
	static const char head[] = "[task t]\ncommand = true\n[samples]\na = ";
	struct fq_buf text = {0};
	fq_buf_puts(&text, head);
	for (size_t i = strlen("a = "); i < most; i++) {
		fq_buf_putc(&text, 'x');
	}
	load_bytes(text.at, text.len);
	cr_assert_eq(strlen(manifest.files[0].path), most - strlen("a = "));
	fq_buf_putc(&text, 'x');
	refuse_bytes(text.at, text.len);
	expect_finding(4, 1, "more than 1 MiB", NULL);
	fq_buf_finish(&text);
}

Test(ini, a_byte_order_mark_is_no_part_of_the_text)
{
	load("\xef\xbb\xbf[samples]\na = x\n" TASK);
	expect_files(0, "x");
	load("\xef\xbb\xbf; a comment\n[samples]\na = x\n" TASK);
	expect_files(0, "x");
	refuse("\xef\xbb\xbf[smaples]\na = x\n" TASK, 1, 2, "unknown section [smaples]", "\"samples\"");
	cr_assert(fq_text_is(errors.first->source, "[smaples]"));
}

Test(ini, lines_may_end_in_crlf)
{
	load("[samples]\r\na = x y\r\n; comment\r\n\r\nb =\r\n  z\r\n[task t]\r\ncommand = echo "
	     "{v}\r\n[vars]\r\nv = 'p\r\n  q'\r\n");
	expect_files(0, "x|y");
	expect_files(1, "z");
	expect_variable("v", "p\nq");
}

Test(ini, the_last_newline_may_be_missing)
{
	load(TASK "[samples]\na = x");
	expect_files(0, "x");
	load(TASK "[samples]\na = x\r");
	expect_files(0, "x");
	refuse(TASK "[samples]\na", 4, 1, "neither a section nor", "key = value");
}

Test(ini, an_empty_file_has_nothing_to_do)
{
	static const char *const empty[] = {
	        "", "\n", "\n\n  \n", "; comment", "\xef\xbb\xbf", "[samples]\na = x\n"};
	for (size_t i = 0; i < FQ_COUNT(empty); i++) {
		refuse(empty[i], 0, 0, "no task", "[task NAME]");
	}
}

Test(ini, a_file_that_is_not_there_is_named)
{
	cr_assert_not(fq_manifest_load(&manifest, "/nonexistent/qc.ini", NULL, 0, &errors));
	cr_assert(errors.errors == 1 && strstr(errors.first->text, "/nonexistent/qc.ini"), "%s",
	        errors.first->text);
}

Test(ini, a_nul_is_refused_with_its_place)
{
	static const char in_value[] = "[samples]\na = x\0y\n" TASK,
	                  in_comment[] = "; \0\n[samples]\na = x\n" TASK;
	refuse_bytes(in_value, sizeof(in_value) - 1);
	expect_finding(2, 6, "NUL", NULL);
	refuse_bytes(in_comment, sizeof(in_comment) - 1);
	expect_finding(1, 3, "NUL", NULL);
}

/* --- values ------------------------------------------------------------------- */

Test(ini, the_first_equals_or_colon_ends_the_key)
{
	load("[samples]\na = x\nb: y\nc=z\nd:w\ne   =   p=q:r\nf : s=t\n" TASK);
	expect_files(0, "x");
	expect_files(1, "y");
	expect_files(2, "z");
	expect_files(3, "w");
	expect_files(4, "p=q:r");
	expect_files(5, "s=t");
	cr_assert_str_eq(manifest.samples[4].name, "e");
	cr_assert_str_eq(manifest.samples[5].name, "f");
}

Test(ini, an_indented_line_continues_the_value)
{
	load("[vars]\nv = 'a\n  b\n    c\n  d'\nw =\n\t'a\n\t\tb\n  c'\nx = 'a\n    b\n  c'\n" TASK);
	expect_variable("v", "a\nb\n  c\nd");
	expect_variable("w", "a\n\tb\n  c");
	expect_variable("x", "a\nb\nc");
}

Test(ini, comments_and_empty_lines_in_a_value_keep_the_count_of_lines)
{
	load("[vars]\nv = 'a\n; comment\n\n# comment\n  b'\n" TASK);
	expect_variable("v", "a\n\n\n\nb");
	refuse("[task t]\ncommand = true\noutput = a\n; comment\n\n     b {nope}\n", 6, 8, "{nope}", NULL);
	refuse("[task t]\ncommand = true\noutput =\n  a\n    {nope}\n", 5, 5, "{nope}", NULL);
}

Test(ini, an_indented_comment_is_text)
{
	load("[vars]\nv = a\n  ; b\n\t# c\n" TASK);
	expect_variable("v", "a|;|b|#|c");
}

Test(ini, a_continuation_of_nothing_is_refused)
{
	refuse("  a = x\n" TASK, 1, 3, "there is none", "first column");
	refuse("[samples]\n  a = x\n" TASK, 2, 3, "there is none", "first column");
}

Test(ini, what_is_no_line_of_a_manifest_is_refused)
{
	refuse("[samples]\na x\n" TASK, 2, 1, "neither a section nor", NULL);
	refuse("[samples]\n= x\n" TASK, 2, 1, "no key", NULL);
	refuse("[samples\n" TASK, 1, 8, "without its end", "]");
	refuse("[samples] a\n" TASK, 1, 11, "behind a section", NULL);
	load("[samples] ; comment\na = x\n" TASK);
}

/* --- keys ---------------------------------------------------------------------- */

Test(ini, the_example_of_the_contract)
{
	refuse("[task fastqc]\ncommand = true\noutputs = a\n", 3, 1,
	        "unknown key \"outputs\" in [task fastqc]", "did you mean \"output\"?");
	cr_assert(fq_text_is(errors.first->source, "outputs = a"));
	cr_assert_str_eq(errors.first->where.file, path);
}

Test(ini, an_unknown_key_is_refused)
{
	refuse("[fqrun]\njbos = 3\n" TASK, 2, 1, "unknown key \"jbos\" in [fqrun]", "did you mean \"jobs\"?");
	refuse(TASK "cpus = 3\n", 3, 1, "unknown key \"cpus\" in [task", "did you mean \"threads\"?");
	refuse("[fqrun]\ncpus = 3\n" TASK, 2, 1, "unknown key \"cpus\" in [fqrun]", "there are name, jobs");
	refuse(TASK "zzzzzz = 3\n", 3, 1, "unknown key \"zzzzzz\"", NULL);
	refuse(TASK "Output = 3\n", 3, 1, "unknown key \"Output\"", "\"output\"");
}

Test(ini, a_key_twice_is_refused)
{
	refuse(TASK "command = false\n", 3, 1, "\"command\" is already on line 2", NULL);
	refuse("[fqrun]\njobs = 1\njobs: 1\n" TASK, 3, 1, "\"jobs\" is already on line 2", NULL);
	refuse("[vars]\na = 1\na = 1\n" TASK, 3, 1, "\"a\" is already on line 2", NULL);
	refuse("[samples]\na = 1\nb = 2\na = 3\n" TASK, 4, 1, "\"a\" is already on line 2", NULL);
	load("[task a]\ncommand = true\n[task b]\ncommand = true\n");
}

Test(ini, a_key_in_front_of_all_sections_is_refused)
{
	refuse("a = x\n" TASK, 1, 1, "in front of the first section", "[samples]");
}

/* The contract's keys that are still to come: refused by name, none ignored. */
static const char *const later_fqrun[] = {"executor"};

Test(ini, keys_that_come_later_are_refused_by_name)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[fqrun]\n");
	for (size_t i = 0; i < FQ_COUNT(later_fqrun); i++) {
		fq_buf_addf(&text, "%s = 1\n", later_fqrun[i]);
	}
	fq_buf_puts(&text, TASK);
	refuse_bytes(text.at, text.len);
	cr_assert_eq(errors.errors, FQ_COUNT(later_fqrun));
	char words[100];
	for (size_t i = 0; i < FQ_COUNT(later_fqrun); i++) {
		snprintf(words, sizeof(words), "\"%s\" is not available in this version", later_fqrun[i]);
		expect_finding((uint32_t)(2 + i), 1, words, NULL);
	}
	fq_buf_finish(&text);
}

Test(ini, sections_that_come_later_are_refused_by_name)
{
	refuse("[executor slurm]\nqos = x\n" TASK, 1, 2, "[executor slurm] is not available in this version",
	        NULL);
	refuse("[notify]\nsuccess = true\n" TASK, 1, 2, "[notify] is not available in this version", NULL);
}

Test(ini, keys_of_the_run_have_effect)
{
	load("[fqrun]\nname = My run\njobs = 3\nshell = sh\nstate = .s\nfail-fast = yes\n" TASK);
	cr_assert_str_eq(manifest.name, "My run");
	cr_assert_str_eq(manifest.state, ".s");
	cr_assert(manifest.jobs == 3 && manifest.fail_fast && manifest.shell == FQ_SHELL_SH);
	cr_assert_eq(task("t")->shell, FQ_SHELL_SH);
	load(TASK);
	cr_assert_str_eq(manifest.name, "qc");
	cr_assert_str_eq(manifest.state, ".fqrun");
	cr_assert(manifest.jobs == 0 && !manifest.fail_fast && manifest.shell == FQ_SHELL_BASH);
}

Test(ini, values_of_the_run_that_say_nothing_are_refused)
{
	static const char *const jobs[] = {"0", "-1", "x", "", "4x", "1.5", "99999999999999999999"};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(jobs); i++) {
		snprintf(text, sizeof(text), "[fqrun]\njobs =%s\n" TASK, jobs[i]);
		refuse(text, 2, 7, "not a number of jobs", NULL);
	}
	refuse("[fqrun]\nshell = zsh\n" TASK, 2, 9, "`shell` cannot be \"zsh\"", "sh");
	refuse("[fqrun]\nfail-fast = true\n" TASK, 2, 13, "neither yes nor no", NULL);
	refuse("[fqrun]\nstate =\n" TASK, 2, 8, "a folder without a name", NULL);
}

/* --- sections -------------------------------------------------------------------- */

Test(ini, an_unknown_section_is_refused)
{
	refuse("[sampels]\na = x\n" TASK, 1, 2, "unknown section [sampels]", "did you mean \"samples\"?");
	refuse("[tsak t]\ncommand = x\n" TASK, 1, 2, "unknown section [tsak t]", "did you mean \"task\"?");
	refuse("[]\n" TASK, 1, 2, "unknown section []", NULL);
	refuse("[stats]\n" TASK, 1, 2, "unknown section [stats]", "[task NAME]");
}

Test(ini, a_section_twice_is_refused)
{
	refuse("[samples]\na = x\n" TASK "[samples]\nb = y\n", 5, 1, "[samples] is already on line 1", NULL);
	refuse(TASK TASK, 3, 1, "[task t] is already on line 1", NULL);
	refuse(TASK "[task \t t]\ncommand = true\n", 3, 1, "is already on line 1", NULL);
}

Test(ini, a_name_of_a_section_may_be_long)
{
	struct fq_buf text = {0};
	static const char name[] =
	        "a_name_that_is_longer_than_the_forty_nine_bytes_that_inih_would_keep_of_it_x";
	fq_buf_addf(&text, "[task %s]\ncommand = true\n[task %sy]\ncommand = true\n", name, name);
	load_bytes(text.at, text.len);
	cr_assert_str_eq(task(name)->name, name);
	cr_assert_eq(manifest.task_count, 2);
	fq_buf_finish(&text);
}

Test(ini, all_mistakes_are_told_at_once)
{
	const char *text =
	        "[fqrun]\njbos = 1\nsheet = x\n[samples]\na/b = x\n-c = x\n[nope]\n[task 1x]\n"
	        "[task t]\ncomand = true\nper = smaple\ntimeout = soon\nafter = u\noutput = {nope}\n";
	refuse_bytes(text, strlen(text));
	static const uint32_t places[][2] = {{2, 1}, {3, 9}, {5, 1}, {6, 1}, {7, 2}, {8, 7}, {10, 1}, {11, 7},
	        {12, 11}, {13, 9}, {14, 10}};
	for (size_t i = 0; i < FQ_COUNT(places); i++) {
		expect_finding(places[i][0], places[i][1], "", NULL);
	}
	cr_assert_eq(errors.errors, FQ_COUNT(places));
}

Test(ini, a_thousand_mistakes_are_a_thousand_findings)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, TASK "[samples]\n");
	for (int i = 0; i < 1000; i++) {
		fq_buf_addf(&text, "-s%d = x\n", i);
	}
	refuse_bytes(text.at, text.len);
	cr_assert_eq(errors.errors, 1000);
	expect_finding(1003, 1, "begin with `-`", NULL);
	fq_buf_finish(&text);
}
