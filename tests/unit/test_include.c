/* Manifests that include others, and what [fqrun] says of the whole. */
#include "manifest_text.h"

#include <sys/stat.h>

TestSuite(include, .init = make_folder, .fini = remove_folder);

#define TASK "[task t]\ncommand = true\n"

/* A file beside the manifest, which is not in the working directory. */
static void put(const char *name, const char *text)
{
	char place[256];
	struct fq_error err = {0};
	snprintf(place, sizeof(place), "%s/%s", folder, name);
	cr_assert(fq_folder_make_for(place, &err), "%s", err.text);
	int fd = open(place, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)));
	close(fd);
}

static void expect_file(const struct fq_finding *f, const char *end)
{
	size_t len = strlen(f->where.file), end_len = strlen(end);
	cr_assert(len >= end_len && strcmp(f->where.file + len - end_len, end) == 0, "in %s, not %s",
	        f->where.file, end);
}

Test(include, files_are_looked_for_beside_the_one_that_names_them)
{
	put("lib/tasks.ini",
	        "[fqrun]\ninclude = more/vars.ini ../samples.ini\n[task u]\ncommand = echo {v} {sample}\n");
	put("lib/more/vars.ini", "[vars]\nv = deep\n");
	put("samples.ini", "[samples]\na = a.fq\n");
	load("[fqrun]\ninclude = lib/tasks.ini\n" TASK);
	expect_variable("v", "deep");
	expect_files(0, "a.fq");
	cr_assert_eq(task("u")->per, FQ_PER_SAMPLE);
	cr_assert_eq(manifest.task_count, 2);
}

Test(include, an_absolute_name_and_names_with_blanks)
{
	char text[512];
	put("my lib.ini", "[vars]\nx = 1\n");
	put("b.ini", "[vars]\ny = 2\n");
	snprintf(text, sizeof(text), "[fqrun]\ninclude = 'my lib.ini'\n  %s/b.ini\n" TASK, folder);
	load(text);
	expect_variable("x", "1");
	expect_variable("y", "2");
}

Test(include, the_including_file_has_the_last_word_in_fqrun)
{
	put("base.ini", "[fqrun]\nname = base\njobs = 3\nshell = sh\ninclude = deeper.ini\n");
	put("deeper.ini", "[fqrun]\njobs = 9\nfail-fast = yes\nstate = deep\n");
	load("[fqrun]\nname = mine\ninclude = base.ini\n" TASK);
	cr_assert_str_eq(manifest.name, "mine");
	cr_assert_eq(manifest.jobs, 3);
	cr_assert_eq(manifest.shell, FQ_SHELL_SH);
	cr_assert(manifest.fail_fast);
	cr_assert_str_eq(manifest.state, "deep");
}

Test(include, cycles_are_named)
{
	put("a.ini", "[fqrun]\ninclude = b.ini\n");
	put("b.ini", "[vars]\nx = 1\n[fqrun]\ninclude = qc.ini\n");
	refuse("[fqrun]\ninclude = a.ini\n" TASK, 4, 11, "a cycle", "take one of these");
	expect_file(errors.first, "/b.ini");
	refuse("[fqrun]\ninclude = ./qc.ini\n" TASK, 2, 11, "a cycle", NULL);
}

Test(include, what_two_files_include_is_there_once)
{
	put("common.ini", "[vars]\nx = 1\n[task c]\ncommand = true\n");
	put("a.ini", "[fqrun]\ninclude = common.ini\n");
	put("b.ini", "[fqrun]\ninclude = ./common.ini\n");
	load("[fqrun]\ninclude = a.ini b.ini common.ini\n" TASK);
	cr_assert_eq(manifest.task_count, 2);
}

Test(include, names_of_two_files_show_both_places)
{
	put("a.ini", "\n[task t]\ncommand = false\n");
	refuse("[fqrun]\ninclude = a.ini\n" TASK, 2, 1, "[task t] is already on", "together");
	expect_file(errors.first, "/a.ini");
	cr_assert(strstr(errors.first->text, "qc.ini:3"), "%s", errors.first->text);
	put("a.ini", "[samples]\ns = b.fq\n");
	refuse("[fqrun]\ninclude = a.ini\n[samples]\ns = a.fq\n" TASK, 2, 1, "sample \"s\" is already on",
	        NULL);
	expect_file(errors.first, "/a.ini");
	cr_assert(strstr(errors.first->text, "qc.ini:4"), "%s", errors.first->text);
	put("a.ini", "[vars]\nv = 2\n");
	refuse("[fqrun]\ninclude = a.ini\n[vars]\nv = 1\n" TASK, 2, 1, "\"v\" is already", NULL);
}

Test(include, mistakes_are_in_the_file_where_they_stand)
{
	put("a.ini", "[fqrun]\n\n[task u]\ncommand = echo {smaple}\n");
	put("b.ini", "[vars]\nb = 1\n[oops]\n");
	refuse_bytes(
	        "[fqrun]\ninclude = a.ini b.ini\n" TASK, strlen("[fqrun]\ninclude = a.ini b.ini\n" TASK));
	cr_assert_eq(errors.errors, 2);
	expect_finding(4, 16, "{smaple}", "did you mean {sample}?");
	expect_finding(3, 2, "unknown section [oops]", NULL);
	expect_file(find_finding(4, 16, "{smaple}"), "/a.ini");
	expect_file(find_finding(3, 2, "[oops]"), "/b.ini");
	cr_assert(fq_text_is(find_finding(4, 16, "{smaple}")->source, "command = echo {smaple}"));
}

Test(include, files_that_are_not_there)
{
	refuse("[fqrun]\ninclude =\n  gone.ini\n" TASK, 3, 3, "gone.ini", NULL);
	refuse("[fqrun]\ninclude = ''\n" TASK, 2, 11, "without a name", NULL);
	refuse("[fqrun]\ninclude =\n" TASK, 2, 10, "`include` without a name", "include = common.ini");
	put("a.ini", "[fqrun]\ninclude = gone.ini\n");
	refuse("[fqrun]\ninclude = a.ini\n" TASK, 2, 11, "gone.ini", NULL);
	expect_file(errors.first, "/a.ini");
	char place[256];
	snprintf(place, sizeof(place), "%s/dir.ini", folder);
	cr_assert(mkdir(place, 0700) == 0);
	refuse("[fqrun]\ninclude = dir.ini\n" TASK, 2, 11, "not a regular file", NULL);
}

/* --- requires and default ---------------------------------------------------------------- */

Test(include, requires_compares_numbers)
{
	static const char *const fine[] = {"0", "0.1", "0.0.9", FQ_VERSION, FQ_VERSION ".0"};
	static const char *const newer[] = {"99", "0.99", FQ_VERSION ".1"};
	static const char *const wrong[] = {"", "one", "1..2", "-1", "1.2b", ">= 1"};
	char text[128];
	for (size_t i = 0; i < FQ_COUNT(fine); i++) {
		snprintf(text, sizeof(text), "[fqrun]\nrequires = %s\n" TASK, fine[i]);
		load(text);
	}
	for (size_t i = 0; i < FQ_COUNT(newer); i++) {
		snprintf(text, sizeof(text), "[fqrun]\nrequires = %s\n" TASK, newer[i]);
		refuse(text, 2, 12, "and this is " FQ_VERSION, "newer fqrun");
	}
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "[fqrun]\nrequires = %s\n" TASK, wrong[i]);
		refuse(text, 2, wrong[i][0] ? 12 : 11, "not a version", NULL);
	}
}

Test(include, a_default_names_tasks)
{
	load("[fqrun]\ndefault = u\n  t\n" TASK "[task u]\ncommand = true\n");
	cr_assert_eq(manifest.default_count, 2);
	cr_assert_eq(manifest.defaults[0], 1);
	cr_assert_eq(manifest.defaults[1], 0);
	refuse("[fqrun]\ndefault = t algin\n" TASK "[task align]\ncommand = true\n", 2, 13,
	        "no task is called \"algin\"", "did you mean \"align\"?");
	refuse("[fqrun]\ndefault =\n" TASK, 2, 10, "`default` without a task", NULL);
	put("a.ini", "[fqrun]\ndefault = u\n[task u]\ncommand = true\n");
	load("[fqrun]\ninclude = a.ini\ndefault = t\n" TASK);
	cr_assert_eq(manifest.default_count, 1);
	cr_assert_eq(manifest.defaults[0], 0);
}
