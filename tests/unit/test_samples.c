/* [samples] and [vars]: names, files, words, --set. */
#include "manifest_text.h"

TestSuite(samples, .init = make_folder, .fini = remove_folder);
TestSuite(vars, .init = make_folder, .fini = remove_folder);

#define TASK "[task t]\ncommand = true\n"

/* --- names ------------------------------------------------------------------- */

static uint64_t state = 20240607;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state * 0x2545F4914F6CDD1DULL) >> 33) % n;
}

/* Any bytes that a key can hold; neither blank at an end nor what begins another kind of line. */
static void make_name(struct fq_buf *ret, unsigned longest)
{
	unsigned len = 1 + below(longest);
	do {
		ret->len = 0;
		while (ret->len < len) {
			char c = (char)(1 + below(255));
			bool is_edge = ret->len == 0 || ret->len + 1 == len;
			if (strchr("\n/=:", c) || (is_edge && strchr(" \t", c)) ||
			        (ret->len == 0 && strchr("-;#[", c))) {
				continue;
			}
			fq_buf_putc(ret, c);
		}
	} while (strcmp(ret->at, ".") == 0 || strcmp(ret->at, "..") == 0);
}

Test(samples, names_of_any_bytes_are_loaded_as_written)
{
	enum { ROUNDS = 40, NAMES = 60 };
	struct fq_buf names[NAMES] = {0}, text = {0};
	for (int round = 0; round < ROUNDS; round++) {
		text.len = 0;
		fq_buf_puts(&text, TASK "[samples]\n");
		size_t count = 0;
		while (count < NAMES) {
			make_name(&names[count], round % 2 ? 255 : 4);
			bool is_new = true;
			for (size_t i = 0; i < count; i++) {
				is_new &= strcmp(names[i].at, names[count].at) != 0;
			}
			if (is_new) {
				static const char *const ends[] = {" = ", "=", "\t:  ", ":"};
				fq_buf_addf(&text, "%s%sf%zu\n", names[count].at, ends[below(4)], count);
				count++;
			}
		}
		load_bytes(text.at, text.len);
		cr_assert_eq(manifest.sample_count, NAMES);
		for (size_t i = 0; i < NAMES; i++) {
			cr_assert_str_eq(manifest.samples[i].name, names[i].at);
			cr_assert_eq(manifest.samples[i].name_len, names[i].len);
		}
	}
	for (size_t i = 0; i < NAMES; i++) {
		fq_buf_finish(&names[i]);
	}
	fq_buf_finish(&text);
}

Test(samples, each_byte_may_stand_in_a_name)
{
	for (int byte = 1; byte < 256; byte++) {
		char text[] = "[samples]\naXb = x\n" TASK;
		text[11] = (char)byte;
		bool ok = load_with(text, sizeof(text) - 1, NULL, 0);
		if (strchr("=:", byte)) {
			/* the first of them ends the key: sample `a` with files b, =, x */
			cr_assert(!ok && find_finding(2, byte == '=' ? 3 : 3, "3 files"));
		} else if (byte == '\n') {
			cr_assert(!ok && find_finding(2, 1, "neither a section nor"));
		} else if (byte == '/') {
			cr_assert(!ok && find_finding(2, 1, "no `/`"));
		} else {
			char right[] = {'a', (char)byte, 'b', '\0'};
			cr_assert(ok, "byte %d", byte);
			cr_assert_str_eq(manifest.samples[0].name, right);
		}
	}
}

Test(samples, blanks_around_a_name_are_no_part_of_it)
{
	load("[samples]\na b \t = x\n" TASK);
	cr_assert_str_eq(manifest.samples[0].name, "a b");
}

Test(samples, names_that_cannot_be_one_are_refused)
{
	refuse("[samples]\n. = x\n" TASK, 2, 1, "cannot be called . or ..", NULL);
	refuse("[samples]\n.. = x\n" TASK, 2, 1, "cannot be called . or ..", NULL);
	refuse("[samples]\n-a = x\n" TASK, 2, 1, "may not begin with `-`", NULL);
	refuse("[samples]\na/b = x\n" TASK, 2, 1, "no `/`", NULL);
	refuse("[samples]\n/ = x\n" TASK, 2, 1, "no `/`", NULL);
	load("[samples]\n... = x\n.a = y\na- = z\n" TASK);
}

Test(samples, a_name_may_have_255_bytes)
{
	char name[257];
	struct fq_buf text = {0};
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	fq_buf_addf(&text, "[samples]\n%s = x\n" TASK, name);
	load_bytes(text.at, text.len);
	cr_assert_str_eq(manifest.samples[0].name, name);
	text.len = 0;
	name[255] = 'n';
	name[256] = '\0';
	fq_buf_addf(&text, "[samples]\n%s = x\n" TASK, name);
	refuse(text.at, 2, 1, "255 bytes", NULL);
	fq_buf_finish(&text);
}

Test(samples, a_name_twice_shows_both_lines)
{
	refuse("[samples]\na = x\nb = y\n\na = z\n" TASK, 5, 1, "sample \"a\" is already on line 2", NULL);
	load("[samples]\na = x\nA = y\n" TASK);
}

/* --- files -------------------------------------------------------------------- */

Test(samples, files_are_single_or_paired)
{
	load("[samples]\na = x\nb = y z\nc = p\n  q\nd =\n" TASK);
	cr_assert(manifest.sample_count == 4 && manifest.lane_count == 4 && manifest.file_count == 5);
	expect_files(0, "x");
	expect_files(1, "y|z");
	expect_files(2, "p|q");
	expect_files(3, "");
	refuse("[samples]\na = x y z\n" TASK, 2, 5, "sample \"a\" has 3 files", "sheet");
	refuse("[samples]\na = 'x' 'y' 'z'\n" TASK, 2, 5, "sample \"a\" has 3 files", "sheet");
}

Test(samples, lanes_and_files_know_to_whom_they_belong)
{
	load("[samples]\na = x y\nb = z\n" TASK);
	cr_assert(manifest.samples[0].first_lane == 0 && manifest.samples[1].first_lane == 1);
	cr_assert(manifest.lanes[0].sample == 0 && manifest.lanes[0].first_file == 0);
	cr_assert(manifest.lanes[1].sample == 1 && manifest.lanes[1].first_file == 2);
	cr_assert(manifest.files[0].lane == 0 && manifest.files[1].lane == 0 && manifest.files[2].lane == 1);
	cr_assert(manifest.samples[1].line == 3 && manifest.samples[1].column == 1);
}

Test(samples, ten_samples_three_tasks)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (int i = 0; i < 10; i++) {
		fq_buf_addf(&text, i % 2 ? "s%d = r/%d_1.fq r/%d_2.fq\n" : "s%d = r/%d.fq\n", i, i, i);
	}
	fq_buf_puts(&text, "[task a]\ncommand = cat {reads}\n[task b]\ncommand = cat {file}\n[task "
	                   "c]\ncommand = true\n");
	load_bytes(text.at, text.len);
	cr_assert(manifest.sample_count == 10 && manifest.lane_count == 10 && manifest.file_count == 15);
	cr_assert(manifest.task_count == 3 && errors.warnings == 0);
	fq_buf_finish(&text);
}

Test(samples, none_is_a_warning)
{
	load(TASK);
	cr_assert(errors.warnings == 0, "a cohort needs none; the plan tells of tasks without jobs");
}

Test(samples, paths_are_quoted_like_shell_words)
{
	load("[samples]\na = 'r 1/a.fq' \"r 2/a.fq\"\nb = r\\ 1/b.fq r'  'x\nc = 'it'\\''s' "
	     "\"a\\\"b\\\\c\\d\"\n"
	     "d = '*' '~'\ne = \"$x\" \"\\$x\"\nf = \\*\\~ x~\ng = a'*'b\nh = x\\\n  y\n" TASK);
	expect_files(0, "r 1/a.fq|r 2/a.fq");
	expect_files(1, "r 1/b.fq|r  x");
	expect_files(2, "it's|a\"b\\c\\d");
	expect_files(3, "*|~");
	expect_files(4, "$x|$x");
	expect_files(5, "*~|x~");
	expect_files(6, "a*b");
	expect_files(7, "xy");
}

Test(samples, what_a_shell_would_expand_is_refused)
{
	refuse("[samples]\na = ~/x\n" TASK, 2, 5, "not expanded here", "quotes");
	refuse("[samples]\na = r/*.fq\n" TASK, 2, 7, "not expanded here", "quotes");
	refuse("[samples]\na = x $HOME/x\n" TASK, 2, 7, "not expanded here", "quotes");
	refuse("[samples]\na = 'r'/$x\n" TASK, 2, 9, "not expanded here", "quotes");
	refuse("[samples]\na = `x`\n" TASK, 2, 5, "not expanded here", "quotes");
}

Test(samples, quotes_end_and_names_are_not_empty)
{
	refuse("[samples]\na = x 'y\n" TASK, 2, 7, "quote has no end", NULL);
	refuse("[samples]\na = \"y\n" TASK, 2, 5, "quote has no end", NULL);
	refuse("[samples]\na = ''\n" TASK, 2, 5, "empty file name", NULL);
}

Test(samples, a_path_that_looks_like_an_option_gets_a_folder)
{
	load("[samples]\na = -x '-y z'\n" TASK);
	expect_files(0, "./-x|./-y z");
}

/* --- variables ------------------------------------------------------------------ */

Test(vars, are_shell_words)
{
	load("[vars]\na = x\nb = x y  z\nc = 'x y'\nd =\ne = ''\nf = \"a'b\"'c\"d'\ng = x\n  y\nh = "
	     "{a}{{b}}\n" TASK);
	expect_variable("a", "x");
	expect_variable("b", "x|y|z");
	expect_variable("c", "x y");
	expect_variable("d", "");
	expect_variable("e", "");
	expect_variable("f", "a'bc\"d");
	expect_variable("g", "x|y");
	expect_variable("h", "{a}{{b}}");
	cr_assert(manifest.variables[3].word_count == 0 && manifest.variables[4].word_count == 1);
}

Test(vars, names_are_those_of_placeholders)
{
	load("[vars]\n_a-9 = x\n" TASK);
	refuse("[vars]\n1a = x\n" TASK, 2, 1, "not a variable's name", "letter");
	refuse("[vars]\na.b = x\n" TASK, 2, 1, "not a variable's name", "letter");
	refuse("[vars]\na b = x\n" TASK, 2, 1, "not a variable's name", "letter");
}

Test(vars, no_name_is_that_of_a_builtin_or_a_task)
{
	static const char *const builtins[] = {"sample", "lane", "reads", "r1", "r2", "read", "file", "dir",
	        "input", "output", "threads", "tmp"};
	char text[100];
	for (size_t i = 0; i < FQ_COUNT(builtins); i++) {
		snprintf(text, sizeof(text), "[vars]\n%s = x\n" TASK, builtins[i]);
		refuse(text, 2, 1, "built-in placeholder", "another name");
		snprintf(text, sizeof(text), "[task %s]\ncommand = true\n" TASK, builtins[i]);
		refuse(text, 1, 7, "built-in placeholder", "another name");
	}
	refuse("[vars]\nt = x\n" TASK, 3, 7, "\"t\" is also a variable, on line 2", NULL);
}

Test(vars, set_overrides)
{
	static const char text[] = "[vars]\na = x\nb = y\n" TASK;
	const struct fq_setting settings[] = {{"b", "p 'q r'"}, {"a", "1"}, {"a", "=2"}};
	cr_assert(load_with(text, sizeof(text) - 1, settings, 3));
	expect_variable("a", "=2");
	expect_variable("b", "p|q r");
	const struct fq_setting empty[] = {{"a", ""}};
	cr_assert(load_with(text, sizeof(text) - 1, empty, 1));
	expect_variable("a", "");
}

Test(vars, set_of_an_unknown_name_is_refused)
{
	static const char text[] = "[vars]\nadapter = x\n" TASK;
	const struct fq_setting settings[] = {{"adaptre", "1"}, {"zzz", "1"}, {"adapter", "'open"}};
	cr_assert_not(load_with(text, sizeof(text) - 1, settings, 3));
	expect_finding(0, 0, "no variable \"adaptre\"", "did you mean \"adapter\"?");
	expect_finding(0, 0, "no variable \"zzz\"", NULL);
	expect_finding(0, 1, "quote has no end", NULL);
	cr_assert_str_eq(errors.first->where.file, "--set");
	cr_assert_eq(errors.errors, 3);
	cr_assert_not(load_with(TASK, sizeof(TASK) - 1, settings, 1));
	expect_finding(0, 0, "no variable \"adaptre\"", NULL);
}
