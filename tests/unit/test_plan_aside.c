/* Where the command of a task with outputs aside puts them, and what people are shown. */
#include "plan_fixture.h"

TestSuite(plan_aside, .init = enter_folder, .fini = leave_folder);

static const struct fq_job_context context = {
        .fqrun = "fqrun", .tmp = "/t", .values = "/v", .lists = "lists", .aside = ".x"};

/* Its first words, without what a shell gets in front. */
static void expect(const char *name, const char *right)
{
	struct fq_job_command command;
	struct fq_error err = {0};
	cr_assert(fq_plan_command(&plan, job_of(name), &context, &command, &err), "%s", err.text);
	words.len = 0;
	for (const char *text = NULL; (text = fq_list_next(&command.argv, text));) {
		fq_buf_addf(&words, "%s%s", words.len ? " " : "", text);
	}
	cr_assert_str_eq(words.at, right);
	cr_assert(plan.aside == NULL, "only while the command is made");
	fq_job_command_finish(&command);
}

static void expect_shown(const char *name, const char *right)
{
	words.len = 0;
	fq_plan_show_command(&plan, job_of(name), &words);
	cr_assert_str_eq(words.at, right);
}

Test(plan_aside, beside_each_output)
{
	load("[task t]\noutput = a b/c /d/e ./f\ncommand = make {output}\n");
	expect("t", "make .x/a b/.x/c /d/.x/e .x/f");
	expect_shown("t", "make a b/c /d/e f");
}

Test(plan_aside, a_folder_as_a_whole)
{
	load("[task t]\ndir = d\noutput = a\ncommand = make {output}\n");
	static const char *const rows[][2] = {{"g/h/", "g/.x/h/"}, {"h/", ".x/h/"}, {"/h/", "/.x/h/"},
	        {"d/h/", "d/.x/h/"}, {"d/", ".x/d/"}};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		words.len = 0;
		fq_plan_add_aside(&plan, &plan.rules[0], ".x", rows[i][0], &words);
		cr_assert_str_eq(words.at, rows[i][1]);
	}
}

Test(plan_aside, a_name_is_the_same_there)
{
	load("[task t]\ndir = d\noutput = {dir}/x.fastq.gz\ncommand = make {output.name} {output.stem} "
	     "--out={output}\n");
	expect("t", "make x.fastq.gz x --out=d/.x/x.fastq.gz");
}

Test(plan_aside, below_dir_in_its_folder)
{
	load("[task t]\ndir = d\noutput = {dir}/x {dir}/sub/y else/z\ncommand = make {dir} {output}\n");
	expect("t", "make d/.x d/.x/x d/.x/sub/y else/.x/z");
	expect_shown("t", "make d d/x d/sub/y else/z");
}

Test(plan_aside, dir_stays_where_no_output_is_below_it)
{
	load("[task t]\ndir = d\noutput = dd/x\ncommand = make {dir} {output}\n");
	expect("t", "make d dd/.x/x");
}

Test(plan_aside, a_slash_behind_dir)
{
	load("[task t]\ndir = d/\noutput = {dir}x\ncommand = make {dir} {output}\n");
	expect("t", "make d/.x d/.x/x");
}

Test(plan_aside, what_others_made_stays_in_place)
{
	load(SIX "[task a]\ndir = d\noutput = {dir}/{sample}\ncommand = make {output}\n"
	         "[task b]\noutput = b\ncommand = join {a.output} {output}\n");
	expect("b", "join d/s1 d/s2 d/s3 .x/b");
	expect("a/s2", "make d/.x/s2");
}

Test(plan_aside, in_options_and_behind_other_words)
{
	load("[task t]\ndir = d\noutput = {dir}/x\noptions = -v --to={output} {output}\ncommand = make "
	     "{options}\n");
	expect("t", "make -v --to=d/.x/x d/.x/x");
}

Test(plan_aside, the_builtin)
{
	load(SIX "[task t]\nbuiltin = fastq-stats\noutput = o/{sample}.json\n");
	expect("t/s1", "fqrun fastq-stats --name s1 -o o/.x/s1.json -- r/s1.fq");
	expect_shown("t/s1", "fqrun fastq-stats --name s1 -o o/s1.json -- r/s1.fq");
}

Test(plan_aside, whole_where_the_job_runs_elsewhere)
{
	load("[task t]\noutput = a/b\ncwd = c\ncommand = make {output}\n");
	struct fq_job_command command;
	struct fq_error err = {0};
	cr_assert(fq_plan_command(&plan, job_of("t"), &context, &command, &err), "%s", err.text);
	bool is_whole = false;
	for (const char *text = NULL; (text = fq_list_next(&command.argv, text));) {
		is_whole |= text[0] == '/' && strstr(text, "/a/.x/b");
	}
	cr_assert(is_whole);
	cr_assert_str_eq(command.cwd.at, "c");
	fq_job_command_finish(&command);
}

Test(plan_aside, each_folder_once)
{
	struct fq_list folders = {0};
	load("[task t]\ndir = d\noutput = {dir}/x {dir}/sub/y d/z z e/f\ncommand = make {output}\n");
	fq_plan_asides(&plan, job_of("t"), ".x", &folders);
	words.len = 0;
	for (const char *text = NULL; (text = fq_list_next(&folders, text));) {
		fq_buf_addf(&words, "%s ", text);
	}
	cr_assert_str_eq(words.at, "d/.x .x e/.x ");
	fq_list_finish(&folders);
}

Test(plan_aside, atomic_needs_a_place_in_the_command)
{
	static const char *const good[] = {"command = a {output}", "command = a -o {dir}",
	        "env = O={output}\ncommand = a", "options = -o {output}\ncommand = a {options}",
	        "cwd = {dir}\ncommand = a", "command = a > {output:list}"};
	static const char *const bad[] = {"command = a > d/x", "command = a {output.name}",
	        "options = {output}\ncommand = a", "command = a '{output.stem}'"};
	struct fq_buf text = {0};
	for (size_t i = 0; i < FQ_COUNT(good) + FQ_COUNT(bad); i++) {
		bool is_good = i < FQ_COUNT(good);
		text.len = 0;
		fq_buf_addf(&text, "[task t]\ndir = d\noutput = {dir}/x\natomic = yes\n%s\n",
		        is_good ? good[i] : bad[i - FQ_COUNT(good)]);
		unload();
		put("m.ini", text.at);
		bool ok = fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors);
		cr_assert(ok == is_good, "%s%s", text.at, findings());
		cr_assert(ok || strstr(findings(), "4: `atomic` of a task whose command names neither"), "%s",
		        words.at);
	}
	fq_buf_finish(&text);
}
