/* What is started for a job, and what a person is shown of it. */
#include "plan_fixture.h"

#include <spawn.h>
#include <sys/wait.h>

TestSuite(plan_command, .init = enter_folder, .fini = leave_folder);

static struct fq_job_command command;
static struct fq_error refusal;
static const struct fq_job_context context = {
        .fqrun = "/bin/fqrun", .tmp = "/t", .values = "/v", .lists = "lists"};

static bool build(const char *name)
{
	fq_job_command_finish(&command);
	fq_error_finish(&refusal);
	bool ok = fq_plan_command(&plan, job_of(name), &context, &command, &refusal);
	cr_assert(ok == !refusal.text, "%s", refusal.text ? refusal.text : "refused without a word");
	return ok;
}

static void put_away(void)
{
	fq_job_command_finish(&command);
	fq_error_finish(&refusal);
}

static const char *joined(const struct fq_list *list, const char *from)
{
	words.len = 0;
	for (const char *text = from; text; text = fq_list_next(list, text)) {
		fq_buf_addf(&words, "%s<%s>", words.len ? " " : "", text);
	}
	fq_buf_puts(&words, "");
	return words.at;
}

static void expect_words(const char *name, const char *right)
{
	cr_assert(build(name), "%s: %s", name, refusal.text);
	cr_assert(
	        strcmp(joined(&command.argv, fq_list_next(&command.argv, NULL)), right) == 0, "%s", words.at);
}

/* The values behind `bash -euo pipefail -c SCRIPT fqrun`. */
static void expect_values(const char *name, const char *right)
{
	cr_assert(build(name), "%s: %s", name, refusal.text);
	const char *text = fq_list_next(&command.argv, NULL);
	for (int i = 0; i < 6; i++) {
		text = fq_list_next(&command.argv, text);
	}
	cr_assert(strcmp(joined(&command.argv, text), right) == 0, "%s", words.at);
}

static void expect_refusal(const char *name, const char *text)
{
	cr_assert(!build(name), "%s is accepted", name);
	cr_assert(strstr(refusal.text, text) && refusal.where.line && refusal.hint, "%s", refusal.text);
}

Test(plan_command, without_a_shell, .fini = put_away)
{
	load(SIX "[vars]\no = -a -b\n[task a]\ncommand = wc {o} {reads} --x={sample} {threads} {tmp}\n");
	expect_words("a/s2", "<wc> <-a> <-b> <r/s2_1.fq> <r/s2_2.fq> <--x=s2> <1> </t>");
}

Test(plan_command, with_bash, .fini = put_away)
{
	load(SIX "[task a]\ncommand = wc {reads} > {output}\noutput = o/{sample}\n");
	cr_assert(build("a/s2"));
	const char *all = joined(&command.argv, fq_list_next(&command.argv, NULL));
	cr_assert(strncmp(all, "<bash> <-euo> <pipefail> <-c> <", 31) == 0, "%s", all);
	expect_values("a/s2", "<o/s2> <2> <r/s2_1.fq> <r/s2_2.fq>");
	expect_values("a/s1", "<o/s1> <1> <r/s1.fq>");
}

Test(plan_command, with_sh, .fini = put_away)
{
	load(SIX "[task a]\nshell = sh\ncommand = wc {r1} > {output}\noutput = o/{sample}\n");
	cr_assert(build("a/s2"));
	const char *all = joined(&command.argv, fq_list_next(&command.argv, NULL));
	cr_assert(strncmp(all, "<sh> <-eu> <-c> <", 17) == 0, "%s", all);
	cr_assert(strstr(all, "> <fqrun> <r/s2_1.fq> <o/s2>"), "%s", all);
}

Test(plan_command, builtin, .fini = put_away)
{
	load("[samples]\ns2 = -b_1.fq b_2.fq\n[task st]\nbuiltin = fastq-stats\noutput = -o/{sample}.json\n");
	expect_words("st/s2",
	        "</bin/fqrun> <fastq-stats> <--name> <s2> <-o> <./-o/s2.json> <--> <./-b_1.fq> <b_2.fq>");
}

Test(plan_command, builtin_reads_what_it_gathers, .fini = put_away)
{
	load(SIX "[task trim]\nper = file\ncommand = cp {file} {output}\noutput = t/{file.name}\n"
	         "[task st]\nper = sample\nbuiltin = fastq-stats\ninput = {trim.output}\noutput = "
	         "st/{sample}\n"
	         "[task all]\nper = cohort\nbuiltin = fastq-stats\ninput = {trim.output} r/s1.fq\noutput = "
	         "st.json\n");
	expect_words("st/s2",
	        "</bin/fqrun> <fastq-stats> <--name> <s2> <-o> <st/s2> <--> <t/s2_1.fq> <t/s2_2.fq>");
	expect_words("all",
	        "</bin/fqrun> <fastq-stats> <-o> <st.json> <--> <t/s1.fq> <t/s2_1.fq> <t/s2_2.fq> "
	        "<t/s3.fq> <r/s1.fq>");
}

Test(plan_command, forms, .fini = put_away)
{
	load(SIX "[task a]\nper = sample\ncommand = star --in={reads:,} {r1.name} {reads.stem}\n"
	         "[task b]\nper = sample\ncommand = cat {reads:list} {reads:list0}\n[task c]\ncommand = star "
	         "{r1:,}\nper = cohort\n");
	expect_words("a/s2", "<star> <--in=r/s2_1.fq,r/s2_2.fq> <s2_1.fq> <s2_1> <s2_2>");
	expect_words("c", "<star> <r/s1.fq,r/s2_1.fq,r/s3.fq>");
	cr_assert(build("b/s2") && command.wrote_lists);
	const char *first = fq_list_next(&command.argv, fq_list_next(&command.argv, NULL));
	const char *second = fq_list_next(&command.argv, first);
	struct fq_error err = {0};
	struct fq_buf zeros = {0};
	cr_assert(strncmp(first, "lists/", 6) == 0 && strcmp(first, second) != 0);
	cr_assert(strcmp(text_of(first), "r/s2_1.fq\nr/s2_2.fq\n") == 0, "%s", words.at);
	cr_assert(fq_file_read(second, 100, &zeros, &err) && zeros.len == 20);
	cr_assert(memcmp(zeros.at, "r/s2_1.fq\0r/s2_2.fq", 20) == 0);
	fq_buf_finish(&zeros);
}

/* --- lists that are long ----------------------------------------------------------------- */

static void load_many(uint32_t files)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "[samples]\n");
	for (uint32_t i = 0; i < files; i++) {
		fq_buf_addf(&text, "s%05u = %02048u/%05u.fq\n", i, 7, i);
	}
	fq_buf_puts(&text, "[task a]\nper = cohort\ncommand = printf '%s\\n' {reads} | wc -lc; echo $#\n");
	load(text.at);
	fq_buf_finish(&text);
}

static int run_bash(char *const *argv, char *const *env, struct fq_buf *ret)
{
	int ends[2], status;
	pid_t pid;
	posix_spawn_file_actions_t actions;
	cr_assert(pipe(ends) == 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	cr_assert(posix_spawnp(&pid, argv[0], &actions, NULL, argv, env) == 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	ret->len = 0;
	for (ssize_t got; (got = read(ends[0], fq_buf_room(ret, 4096), 4096)) > 0;) {
		ret->len += (size_t)got;
	}
	fq_buf_puts(ret, "");
	close(ends[0]);
	cr_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run_command(struct fq_buf *ret)
{
	char *argv[64] = {0};
	size_t n = 0;
	for (const char *text = NULL; (text = fq_list_next(&command.argv, text)) && n < 63;) {
		argv[n++] = (char *)(uintptr_t)text;
	}
	return run_bash(argv, environ, ret);
}

Test(plan_command, lists_travel_as_arguments_or_in_a_file, .fini = put_away)
{
	struct fq_buf got = {0};
	/* 2058 bytes each with its end: 15 are the last that fit into 32 KiB. */
	for (uint32_t files = 14; files <= 17; files++) {
		char right[64];
		load_many(files);
		cr_assert(build("a"), "%s", refusal.text);
		cr_assert(command.wrote_lists == (files * 2058 > FQ_LIST_ARGUMENTS_BYTES), "%u", files);
		cr_assert(run_command(&got) == 0);
		snprintf(right, sizeof(right), "%7u %7u\n0\n", files, files * 2058);
		cr_assert(strcmp(got.at, right) == 0, "%u: %s", files, got.at);
	}
	fq_buf_finish(&got);
}

/* --- values that are refused ------------------------------------------------------------------ */

Test(plan_command, empty_reads_are_refused_in_words, .fini = put_away)
{
	load(SIX "none =\n[task a]\nper = sample\ncommand = x {r2}\n[task b]\nper = sample\ncommand = x {r1} "
	         "> f\n"
	         "[task c]\nper = sample\ncommand = x {reads}\n");
	expect_words("a/s2", "<x> <r/s2_2.fq>");
	expect_refusal("a/s1", "{r2} is empty: this sample has one file");
	expect_refusal("a/none", "{r2} is empty: this sample has no file");
	expect_refusal("b/none", "{r1} is empty: this sample has no file");
	expect_words("c/none", "<x>");
}

Test(plan_command, words_that_are_there_with_a_value, .fini = put_away)
{
	load(SIX "none =\n[task a]\ncommand = printf '<%s>' {?r2 -I {r2} x} {?reads \"a  b\" {reads}}\n"
	         "[task b]\nper = sample\ncommand = x {?r2 -I {r2}} {r2}\n");
	struct fq_buf said = {0};
	expect_values("a/s2", "<r/s2_2.fq> <2> <r/s2_1.fq> <r/s2_2.fq>");
	cr_assert(run_command(&said) == 0);
	fq_buf_puts(&said, "");
	cr_assert(strcmp(said.at, "<-I><r/s2_2.fq><x><a  b><r/s2_1.fq><r/s2_2.fq>") == 0, "%s", said.at);
	expect_values("a/s1", "<> <1> <r/s1.fq>");
	said.len = 0;
	cr_assert(run_command(&said) == 0);
	fq_buf_puts(&said, "");
	cr_assert(strcmp(said.at, "<a  b><r/s1.fq>") == 0, "%s", said.at);
	fq_buf_finish(&said);
	expect_values("a/none", "<> <0>");
	cr_assert(build("b/s2"));
	expect_refusal("b/s1", "{r2} is empty: this sample has one file");
	cr_assert(strstr(refusal.hint, "{?r2 -I {r2}}"), "%s", refusal.hint);
}

Test(plan_command, what_a_list_file_holds_is_checked, .fini = put_away)
{
	load("[samples]\nx = a;b\ny = ab\n[task a]\ncommand = while read -r x; do eval \"$x\"; done < "
	     "{reads:list}\n");
	cr_assert(build("a/y"));
	expect_refusal("a/x", "holds ';'");
}

Test(plan_command, each_demand_refuses_that_job_alone, .fini = put_away)
{
	load("[samples]\nplain-1.x = a\nx;y =\na b =\n12 =\n[task q]\nper = sample\ncommand = awk 'END{print "
	     "\"{sample}\"}'\n"
	     "[task n]\nper = sample\ncommand = echo $(( {sample} + 1 ))\n"
	     "[task e]\nper = sample\ncommand = eval echo {sample}\n");
	cr_assert(build("q/plain-1.x") && build("q/a b") && build("q/12"));
	expect_refusal("q/x;y", "holds ';', which would become part of the program");
	cr_assert(build("n/12"));
	expect_refusal("n/a b", "is no whole number");
	cr_assert(build("e/12") && build("e/plain-1.x"));
	expect_refusal("e/a b", "holds a blank");
	expect_refusal("e/x;y", "holds ';'");
	cr_assert(refusal.where.line == 14, "%u", refusal.where.line);
}

/* --- environment ---------------------------------------------------------------------------------- */

Test(plan_command, environment, .fini = put_away)
{
	load("[samples]\n$(x) = a.fq\n[task a]\ncommand = x {reads}\nenv = A={sample} 'B=a  b' TMPDIR=/mine\n"
	     "[task c]\ncommand = true\n");
	cr_assert(build("a/$(x)"));
	cr_assert(strcmp(joined(&command.env, fq_list_next(&command.env, NULL)),
	                  "<A=$(x)> <B=a  b> <TMPDIR=/mine> <FQRUN_TASK=a> <FQRUN_SAMPLE=$(x)> "
	                  "<FQRUN_VALUES=/v> <TMPDIR=/t>") == 0,
	        "%s", words.at);
	cr_assert(build("c"));
	cr_assert(strcmp(joined(&command.env, fq_list_next(&command.env, NULL)),
	                  "<FQRUN_TASK=c> <FQRUN_VALUES=/v> <TMPDIR=/t>") == 0);
}

/* --- what is shown ------------------------------------------------------------------------------------ */

static void expect_shown(const char *name, const char *right)
{
	words.len = 0;
	fq_plan_show_command(&plan, job_of(name), &words);
	fq_buf_puts(&words, "");
	cr_assert(strcmp(words.at, right) == 0, "%s", words.at);
}

Test(plan_command, shown_as_a_person_would_type_it)
{
	load(SIX "[task a]\ncommand = cat {reads} | tee \"x {sample}\" {tmp} \"{tmp}\" > {output}\noutput = "
	         "o/{sample}.t\n"
	         "[task b]\ncommand = cat {a.output:list} {a.output:list0} {a.output:,}\n"
	         "[task st]\nbuiltin = fastq-stats\noutput = j/{sample}\n");
	expect_shown("a/s2", "cat r/s2_1.fq r/s2_2.fq | tee \"x s2\" \"$TMPDIR\" \"$TMPDIR\" > o/s2.t");
	expect_shown("b", "cat <(printf '%s\\n' o/s1.t o/s2.t o/s3.t) <(printf '%s\\0' o/s1.t o/s2.t o/s3.t) "
	                  "o/s1.t,o/s2.t,o/s3.t");
	expect_shown("st/s1", "fqrun fastq-stats --name s1 -o j/s1 -- r/s1.fq");
}

Test(plan_command, shown_words_are_there_with_a_value)
{
	load(SIX "[task a]\ncommand = x {?r2  -I {r2} 'a b'} {r1} {?reads -r=\"{sample}\"}\n");
	expect_shown("a/s2", "x -I r/s2_2.fq 'a b' r/s2_1.fq -r=\"s2\"");
	expect_shown("a/s1", "x  r/s1.fq -r=\"s1\"");
}

Test(plan_command, a_refused_value_is_not_there_to_paste)
{
	load("[samples]\nx;touch PWNED =\n[task a]\nper = sample\ncommand = sh -c 'echo {sample}'; eval echo "
	     "{sample}\n");
	expect_shown("a/x;touch PWNED", "sh -c 'echo {sample}'; eval echo {sample}");
}

/* Pasted into a bash, the shown command says what the job says. */
static void compare_shown(uint32_t job)
{
	struct fq_buf shown = {0}, said = {0}, right = {0};
	fq_job_command_finish(&command);
	cr_assert(fq_plan_command(&plan, job, &context, &command, &refusal), "%s", refusal.text);
	int status = run_command(&right);
	fq_plan_show_command(&plan, job, &shown);
	char *const argv[] = {"bash", "-c", shown.at, NULL};
	cr_assert(run_bash(argv, environ, &said) == status && status == 0, "%s", shown.at);
	cr_assert(said.len == right.len && memcmp(said.at, right.at, said.len) == 0, "%s: %s", shown.at,
	        said.at);
	for (size_t i = 0; i < shown.len; i++) {
		cr_assert((unsigned char)shown.at[i] >= 0x20 || shown.at[i] == '\n', "%s", shown.at);
	}
	fq_buf_finish(&shown);
	fq_buf_finish(&said);
	fq_buf_finish(&right);
}

Test(plan_command, pasted_it_gives_the_same, .fini = put_away)
{
	load("[samples]\n$(touch PWNED) =\nit's =\na\"b\\ =\n`id` $HOME =\na\033[31m\001 =\n\\ =\n* ? ~ "
	     "=\n!x #y =\n\xff\xc3\xa9 =\n"
	     "{a,b} {sample} =\na\tb =\n$'\\n' =\n\"; touch PWNED; \" =\n&x|y;z>PWNED =\n"
	     "[task bare]\nper = sample\ncommand = printf '<%s>' {sample} x{sample}y $(echo {sample})\n"
	     "[task double]\nper = sample\ncommand = printf '<%s>' \"{sample}\" \"a$(printf '%s' "
	     "\"{sample}\")\"\n"
	     "[task here]\nper = sample\ncommand =\n  cat <<EOF\n  <{sample}> and\n  EOF\n");
	for (uint32_t job = 0; job < plan.job_count; job++) {
		compare_shown(job);
	}
	cr_assert(!is_there("PWNED"));
}
