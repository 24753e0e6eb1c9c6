/* Placeholders: what they name, how many things they stand for, and the unit of work that follows. */
#include "manifest_text.h"

TestSuite(templates, .init = make_folder, .fini = remove_folder);

/* Three tasks before the one in question; two samples, one variable of each kind. */
#define BEFORE                                                                                               \
	"[samples]\na = a1 a2\nb = b1\n[vars]\none = x\ntwo = x y\nnone =\n"                                 \
	"[task each]\ncommand = cat {sample} > {output}\noutput = e/{sample}\n"                              \
	"[task pair]\ncommand = true\nper = sample\noutput = p/{sample}.1 p/{sample}.2\n"                    \
	"[task bits]\ncommand = cat {file} > {output}\noutput = f/{file.name}\n"                             \
	"[task once]\ncommand = true\noutput = o\n"                                                          \
	"[task silent]\ncommand = true\n"
enum { BEFORE_LINES = 22 };

static char text[4096];

/* The task t with these lines. */
static void load_task(const char *lines)
{
	snprintf(text, sizeof(text), BEFORE "[task t]\n%s\n", lines);
	load(text);
}

/* Line 1 is the first behind [task t]. */
static void refuse_task(
        const char *lines, uint32_t line, uint32_t column, const char *words, const char *hint)
{
	snprintf(text, sizeof(text), BEFORE "[task t]\n%s\n", lines);
	refuse(text, BEFORE_LINES + 1 + line, column, words, hint);
}

/* --- what they name -------------------------------------------------------------- */

static const struct {
	const char *text, *lines;
	uint8_t kind, part, form;
	bool is_list;
} refs[] = {
        {"{sample}", "per = sample", FQ_REF_SAMPLE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{sample}", "per = lane", FQ_REF_SAMPLE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{sample}", "per = file", FQ_REF_SAMPLE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{lane}", "per = lane", FQ_REF_LANE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{lane}", "per = file", FQ_REF_LANE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{read}", "per = file", FQ_REF_READ, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{file}", "per = file", FQ_REF_FILE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{file.name}", "per = file", FQ_REF_FILE, FQ_PART_NAME, FQ_FORM_WORDS, false},
        {"{file.stem}", "per = file", FQ_REF_FILE, FQ_PART_STEM, FQ_FORM_WORDS, false},
        {"{reads}", "per = sample", FQ_REF_READS, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{reads}", "per = cohort", FQ_REF_READS, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{reads.stem}", "per = sample", FQ_REF_READS, FQ_PART_STEM, FQ_FORM_WORDS, true},
        {"{reads:,}", "per = cohort", FQ_REF_READS, FQ_PART_WHOLE, FQ_FORM_COMMA, false},
        {"{reads.name:,}", "per = cohort", FQ_REF_READS, FQ_PART_NAME, FQ_FORM_COMMA, false},
        {"{reads:list}", "per = cohort", FQ_REF_READS, FQ_PART_WHOLE, FQ_FORM_LIST, false},
        {"{reads:list0}", "per = cohort", FQ_REF_READS, FQ_PART_WHOLE, FQ_FORM_LIST0, false},
        {"{r1}", "per = sample", FQ_REF_R1, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{r2}", "per = sample", FQ_REF_R2, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{r1.name}", "per = lane", FQ_REF_R1, FQ_PART_NAME, FQ_FORM_WORDS, false},
        {"{r2.stem}", "per = lane", FQ_REF_R2, FQ_PART_STEM, FQ_FORM_WORDS, false},
        {"{r1}", "per = cohort", FQ_REF_R1, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{r2:,}", "per = cohort", FQ_REF_R2, FQ_PART_WHOLE, FQ_FORM_COMMA, false},
        {"{dir}", "dir = d", FQ_REF_DIR, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{input}", "input = i", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{input}", "input = i j", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{input}", "input = {reads}", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{input}", "input = {one}", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{input}", "input = {two}", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{input}", "input = {each.output}", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{input}", "input = {once.output}", FQ_REF_INPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{input.stem:,}", "input = i j", FQ_REF_INPUT, FQ_PART_STEM, FQ_FORM_COMMA, false},
        {"{output}", "output = o1", FQ_REF_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{output}", "output = o1 o2", FQ_REF_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{output}", "output = {two}", FQ_REF_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{output.name}", "output = o1", FQ_REF_OUTPUT, FQ_PART_NAME, FQ_FORM_WORDS, false},
        {"{threads}", "per = cohort", FQ_REF_THREADS, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{tmp}", "per = cohort", FQ_REF_TMP, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{one}", "per = cohort", FQ_REF_VARIABLE, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{two}", "per = cohort", FQ_REF_VARIABLE, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{two:,}", "per = cohort", FQ_REF_VARIABLE, FQ_PART_WHOLE, FQ_FORM_COMMA, false},
        {"{none}", "per = cohort", FQ_REF_VARIABLE, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{each.output}", "per = sample", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{each.output}", "per = file", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{each.output}", "per = cohort", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{pair.output}", "per = sample", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, true},
        {"{once.output}", "per = file", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_WORDS, false},
        {"{once.output:,}", "per = cohort", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_COMMA, false},
        {"{each.output:list0}", "per = cohort", FQ_REF_TASK_OUTPUT, FQ_PART_WHOLE, FQ_FORM_LIST0, false},
};

Test(templates, name_what_the_contract_says)
{
	for (size_t i = 0; i < FQ_COUNT(refs); i++) {
		char lines[200];
		snprintf(lines, sizeof(lines), "command = echo %s\n%s", refs[i].text, refs[i].lines);
		load_task(lines);
		const struct fq_ref *ref = ref_of(task("t"), refs[i].text);
		cr_assert(ref->kind == refs[i].kind && ref->part == refs[i].part && ref->form == refs[i].form,
		        "%s", lines);
		cr_assert_eq(ref->is_list, refs[i].is_list, "%s", lines);
	}
}

Test(templates, gathered_outputs_are_a_list_and_shared_ones_are_not)
{
	load_task("command = echo {bits.output}\nper = sample");
	cr_assert(ref_of(task("t"), "{bits.output}")->is_list);
	load_task("command = echo {bits.output}\nper = file");
	cr_assert_not(ref_of(task("t"), "{bits.output}")->is_list);
	load_task("command = echo {bits.output:,}\nper = cohort");
	const struct fq_words *inputs = &task("t")->inputs;
	cr_assert(inputs->count == 1 && task("t")->refs[inputs->words[0].pieces[0].ref].is_list);
}

Test(templates, index_says_which_variable_or_task)
{
	load_task("command = echo {two} {once.output}");
	cr_assert_str_eq(manifest.variables[ref_of(task("t"), "{two}")->index].name, "two");
	cr_assert_str_eq(manifest.tasks[ref_of(task("t"), "{once.output}")->index].name, "once");
}

Test(templates, a_reference_is_kept_once_with_its_first_place)
{
	load_task("command = echo {one} {one} {one:,}\noutput = a.{one}");
	uint32_t count = 0;
	for (uint32_t i = 0; i < task("t")->ref_count; i++) {
		count += task("t")->refs[i].kind == FQ_REF_VARIABLE;
	}
	cr_assert_eq(count, 2);
	cr_assert(ref_of(task("t"), "{one}")->line == BEFORE_LINES + 3 &&
	          ref_of(task("t"), "{one}")->column == 12);
}

/* A value that is refused is shown with the place that refuses it. */
Test(templates, a_place_with_a_demand_wins)
{
	load_task("command = awk '{ print \"{sample}\" }'\noutput = o/{sample}");
	const struct fq_ref *ref = ref_of(task("t"), "{sample}");
	cr_assert(ref->demand == FQ_DEMAND_PLAIN && ref->line == BEFORE_LINES + 2 && ref->column == 25);
	load_task("command = echo {sample} '{sample}' '{sample}'\nper = sample");
	cr_assert_eq(ref_of(task("t"), "{sample}")->column, 26);
}

Test(templates, more_references_than_the_first_room_holds)
{
	load_task("command = echo {reads} {reads:,} {reads:list} {reads:list0} {reads.name} {reads.name:,} "
	          "{reads.stem} {r1} "
	          "{r1.name} {r1.stem} {r1:,} {one} {one:,} {two} {two:,} {sample} {sample:,} {each.output} "
	          "{tmp} {threads}");
	cr_assert(ref_of(task("t"), "{reads}")->kind == FQ_REF_READS);
	cr_assert(ref_of(task("t"), "{threads}")->kind == FQ_REF_THREADS);
	cr_assert_geq(task("t")->ref_count, 20);
}

Test(templates, other_braces_are_left_alone)
{
	load_task("command = true\noutput = {} {a,b} {1} {a.} {a:} {a{one}b} '{'x {{one}} \"{{two.x}}\" } {a "
	          "b");
	expect_words(
	        task("t"), &task("t")->outputs, "{}|{a,b}|{1}|{a.}|{a:}|{a{one}b}|{x|{one}|{two.x}|}|{a|b");
	cr_assert_eq(task("t")->outputs.words[7].pieces[0].ref, -1);
	load_task("command = awk '{print $1}' ${HOME}/x {a,b} {} {{one}} '{print}'");
	cr_assert_eq(task("t")->ref_count, 0);
}

/* --- what is refused -------------------------------------------------------------- */

Test(templates, unknown_words_are_refused_with_a_hint)
{
	refuse_task("command = echo {smaple}", 1, 16, "{smaple}", "{sample}");
	refuse_task("command = true\noutput = x/{smaple}", 2, 12, "unknown placeholder {smaple}",
	        "did you mean {sample}?");
	refuse_task(
	        "command = true\noutput = x {condition}", 2, 12, "unknown placeholder {condition}", "[vars]");
	refuse_task("command = true\noutput = 'x {condition}'", 2, 13, "unknown placeholder {condition}",
	        "{{condition}}");
	refuse_task(
	        "command = true\ninput = {eahc.output}", 2, 9, "unknown placeholder {eahc.output}", "each");
	refuse_task("command = true\ninput = {nope.output}", 2, 9, "unknown placeholder {nope.output}", NULL);
	refuse_task("command = true\ninput = {one.name}", 2, 9, "{one.name}", NULL);
}

Test(templates, parts_and_forms_are_those_of_the_contract)
{
	refuse_task("command = true\ninput = {r1.base}", 2, 9, "no such part", "{file.stem}");
	refuse_task("command = true\nper = sample\ninput = {sample.name}", 3, 9, "no such part", NULL);
	refuse_task("command = true\nenv = A={threads.stem}", 2, 9, "no such part", NULL);
	refuse_task("command = true\ninput = {reads:words}", 2, 9, "no such form", ":list0}");
	refuse_task("command = true\ninput = {reads:,,}", 2, 9, "no such form", NULL);
}

Test(templates, what_cannot_be_known_is_refused)
{
	refuse_task(
	        "command = true\ninput = {each.reads}", 2, 9, "cannot stand in `input`", "comes too late");
	refuse_task("command = true\ninput = {sheet.x}", 2, 9, "no sheet has such a column", "add `sheet");
	refuse_task("command = true\ninput = {?r2 {r2}}\nper = sample", 2, 9, "in a command alone", NULL);
	refuse_task("command = true\ninput = {reads:;}", 2, 9, "no such form", NULL);
}

Test(templates, what_this_task_does_not_have_is_refused)
{
	refuse_task("command = echo {input}", 1, 16, "`input`, which is not set", "input = FILE");
	refuse_task("command = echo {output}", 1, 16, "`output`, which is not set", "output = FILE");
	refuse_task("command = echo {dir}", 1, 16, "`dir`, which is not set", "dir = FOLDER");
	refuse_task("command = echo {silent.output}", 1, 16, "no `output`", "after");
}

Test(templates, what_this_unit_does_not_have_is_refused)
{
	refuse_task("command = echo {sample}\nper = cohort", 1, 16, "runs once for all", "per = sample");
	refuse_task("command = echo {file}\nper = sample", 1, 16, "job for each file", "per = file");
	refuse_task("command = echo {file.stem}\nper = cohort", 1, 16, "job for each file", "per = file");
	refuse_task("command = echo {read}\nper = lane", 1, 16, "job for each file", "per = file");
	refuse_task("command = echo {read}", 1, 16, "job for each file", "per = file");
	refuse_task("command = echo {lane}", 1, 16, "job for each lane", "per = lane");
	refuse_task("command = echo {lane}\nper = sample", 1, 16, "job for each lane", "per = lane");
}

Test(templates, each_key_takes_what_is_known_in_time)
{
	refuse_task("command = true\noutput = x.{output}", 2, 12, "cannot stand in `output`", NULL);
	refuse_task("command = true\noutput = {each.output}.x\nper = sample", 2, 10,
	        "cannot stand in `output`", NULL);
	refuse_task("command = true\noutput = {later.output}.x\n[task later]\ncommand = true\noutput = y", 2,
	        10, "cannot stand in `output`", NULL);
	refuse_task("command = true\noutput = {input}.x\ninput = x", 2, 10, "cannot stand in `output`", NULL);
	refuse_task("command = true\noutput = {tmp}/x", 2, 10, "cannot stand in `output`", NULL);
	refuse_task("command = true\noutput = {threads}", 2, 10, "cannot stand in `output`", NULL);
	refuse_task(
	        "command = true\nper = sample\noutput = {reads}", 3, 10, "cannot stand in `output`", NULL);
	refuse_task("command = true\ninput = {input}", 2, 9, "cannot stand in `input`", NULL);
	refuse_task("command = true\ninput = {tmp}/x", 2, 9, "cannot stand in `input`", NULL);
	refuse_task("command = true\ndir = {dir}", 2, 7, "cannot stand in `dir`", NULL);
	refuse_task("command = true\nper = sample\ndir = d/{sample}", 3, 9, "cannot stand in `dir`", NULL);
}

Test(templates, a_list_in_a_name_is_refused)
{
	refuse_task("command = true\ninput = x/{two}", 2, 11, "{two} is a list", "commas");
	refuse_task("command = true\ninput = {reads}.x\nper = sample", 2, 9, "{reads} is a list", NULL);
	refuse_task("command = true\ninput = '{once.output} {each.output}'", 2, 24, "{each.output} is a list",
	        NULL);
	refuse_task("command = true\noutput = {none}x", 2, 10, "{none} is a list", NULL);
	refuse_task("command = true\nenv = A={two}", 2, 9, "{two} is a list", ":,}");
	load_task("command = true\nenv = A={two:,} B={one}");
	expect_words(task("t"), &task("t")->env, "A={two:,}|B={one}");
}

/* A file of names is made for a command; a path cannot be one. */
Test(templates, a_file_of_names_is_for_commands)
{
	refuse_task(
	        "command = true\nenv = A={reads:list}\nper = sample", 2, 9, "cannot stand in `env`", NULL);
	refuse_task("command = true\nenv = A={two:list}", 2, 9, "cannot stand in `env`", "command");
	refuse_task("command = true\ninput = {two:list0}", 2, 9, "cannot stand in `input`", "command");
	refuse_task("command = true\noutput = {two:list}", 2, 10, "cannot stand in `output`", "command");
}

/* --- the unit of work ---------------------------------------------------------------- */

static const struct {
	const char *lines;
	enum fq_per per;
} units[] = {
        {"command = echo hi", FQ_PER_COHORT},
        {"command = echo {sample}", FQ_PER_SAMPLE},
        {"command = echo {reads}", FQ_PER_SAMPLE},
        {"command = echo {reads:,}", FQ_PER_SAMPLE},
        {"command = echo {r1}", FQ_PER_SAMPLE},
        {"command = echo {r2.stem}", FQ_PER_SAMPLE},
        {"command = echo '{sample}'", FQ_PER_SAMPLE},
        {"command = echo {file}", FQ_PER_FILE},
        {"command = echo {file.name}", FQ_PER_FILE},
        {"command = echo {sample} {file}", FQ_PER_FILE},
        {"command = echo {file} {reads}", FQ_PER_FILE},
        {"command = true\noutput = x/{sample}", FQ_PER_SAMPLE},
        {"command = true\noutput = x/{file.stem}", FQ_PER_FILE},
        {"command = true\ninput = x/{sample}", FQ_PER_SAMPLE},
        {"command = true\ninput = x/{file}", FQ_PER_FILE},
        {"command = echo {each.output}", FQ_PER_COHORT},
        {"command = echo {bits.output}", FQ_PER_COHORT},
        {"command = true\ninput = {each.output}", FQ_PER_COHORT},
        {"command = echo {each.output} {sample}", FQ_PER_SAMPLE},
        {"command = echo {one} {two} {tmp} {threads}", FQ_PER_COHORT},
        {"command = echo {dir}\ndir = x", FQ_PER_COHORT},
        {"command = echo {{sample}} {{file.name}}", FQ_PER_COHORT},
        {"command = awk '{print}' x", FQ_PER_COHORT},
        {"command = echo {sample}\nper = file", FQ_PER_FILE},
        {"command = echo {sample}\nper = lane", FQ_PER_LANE},
        {"command = true\nper = sample", FQ_PER_SAMPLE},
        {"command = echo {reads}\nper = cohort", FQ_PER_COHORT},
        {"builtin = fastq-stats\noutput = x/{sample}", FQ_PER_SAMPLE},
        {"builtin = fastq-stats\noutput = x/{file.name}", FQ_PER_FILE},
        {"builtin = fastq-stats\noutput = x\nper = cohort", FQ_PER_COHORT},
        {"builtin = fastq-stats\noutput = x", FQ_PER_COHORT},
};

Test(templates, decide_the_unit_of_work)
{
	for (size_t i = 0; i < FQ_COUNT(units); i++) {
		load_task(units[i].lines);
		cr_assert_eq(task("t")->per, units[i].per, "%s: %s", fq_per_name(&manifest, task("t")->per),
		        units[i].lines);
	}
}

Test(templates, the_unit_is_a_known_word)
{
	refuse_task("command = true\nper = smaple", 2, 7, "`per` cannot be \"smaple\"",
	        "did you mean \"sample\"?");
	refuse_task("command = true\nper = condition", 2, 7, "`per` cannot be \"condition\"",
	        "file, lane, sample, cohort");
	refuse_task("command = true\nper =", 2, 6, "`per` cannot be \"\"", NULL);
}
