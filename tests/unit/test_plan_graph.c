/* Arrows that nobody wrote, cycles, and files that two jobs share. */
#include "plan_fixture.h"

TestSuite(plan_graph, .init = enter_folder, .fini = leave_folder);

Test(plan_graph, equal_templates_are_an_arrow_for_each_sample)
{
	load(SIX "[task a]\ncommand = cp {reads} {output}\noutput = x/{sample}.txt\n"
	         "[task b]\ncommand = cat {input}\ninput = x/{sample}.txt\nper = sample\n");
	cr_assert(plan.arrow_count == 1 && plan.side_count == 0 && plan.arrows[0].line == 10);
	cr_assert(waits("b/s1", "a/s1") && !waits("b/s1", "a/s2"));
}

Test(plan_graph, task_output_waits_as_atoms_overlap)
{
	load(SIX "[task a]\nper = file\ncommand = cp {file} {output}\noutput = x/{file.name}\n"
	         "[task b]\nper = sample\ncommand = cat {a.output}\n[task c]\ncommand = cat {a.output}\n"
	         "[task d]\nper = sample\ncommand = true\nafter = c\n");
	cr_assert(waits("b/s2", "a/s2/L1/R1") && waits("b/s2", "a/s2/L1/R2") && !waits("b/s2", "a/s1/L1/R1"));
	cr_assert(waits("c", "a/s1/L1/R1") && waits("c", "a/s3/L1/R1") && waits("d/s1", "c"));
}

Test(plan_graph, a_control_is_waited_for_by_all)
{
	load(SIX "[task bam]\ncommand = cp {reads} {output}\noutput = bam/{sample}.bam\nper = sample\n"
	         "[task call]\ncommand = cat {input} {sample}\ninput = bam/s1.bam\n");
	cr_assert(plan.side_count == 3);
	cr_assert(waits("call/s1", "bam/s1") && waits("call/s3", "bam/s1") && !waits("call/s3", "bam/s3"));
}

Test(plan_graph, a_control_named_by_a_variable)
{
	load(SIX "[vars]\ncontrols = bam/s1.bam bam/s3.bam\n"
	         "[task bam]\ncommand = cp {reads} {output}\noutput = bam/{sample}.bam\nper = sample\n"
	         "[task call]\ncommand = cat {input} {sample}\ninput = {controls}\n");
	cr_assert(waits("call/s2", "bam/s1") && waits("call/s2", "bam/s3") && !waits("call/s2", "bam/s2"));
}

Test(plan_graph, a_samples_file_that_is_an_output)
{
	load("[samples]\nmix = mix.fq\nown = own.fq\n"
	     "[task make]\ncommand = touch {output}\noutput = mix.fq\n"
	     "[task stats]\nbuiltin = fastq-stats\noutput = st/{sample}.json\n");
	cr_assert(waits("stats/mix", "make") && !waits("stats/own", "make"));
}

Test(plan_graph, an_input_below_a_samples_path_that_is_an_output)
{
	load("[samples]\nx = r/x.fq\n[task make]\ncommand = touch {output}\noutput = t/r/x.fq\n"
	     "[task use]\nper = file\ncommand = cat {input}\ninput = t/{file}\n");
	cr_assert(waits("use/x/L1/R1", "make"));
}

Test(plan_graph, spellings_of_one_path_meet)
{
	static const char *const spelled[] = {
	        "bam/s1.bam", "./bam/s1.bam", "bam//s1.bam", "././bam/./s1.bam", "'{v}/s1.bam'", "{w}s1.bam"};
	for (size_t i = 0; i < FQ_COUNT(spelled); i++) {
		struct fq_buf text = {0};
		fq_buf_addf(&text,
		        SIX "[vars]\nv = ./bam\nw = bam//\n[task bam]\ncommand = cp {reads} {output}\n"
		            "output = bam/{sample}.bam\n[task call]\ncommand = cat {input}\ninput = %s\n",
		        spelled[i]);
		load(text.at);
		cr_assert(waits("call", "bam/s1") && !waits("call", "bam/s2"), "%s", spelled[i]);
		fq_buf_finish(&text);
	}
}

Test(plan_graph, spellings_of_an_output_meet)
{
	static const char *const dirs[] = {"res", "./res", "res/.", "res//", "{v}", "{v}/."};
	for (size_t i = 0; i < FQ_COUNT(dirs); i++) {
		struct fq_buf text = {0};
		fq_buf_addf(&text,
		        SIX "[vars]\nv = ./res\n[task a]\ndir = %s\ncommand = touch {output}\n"
		            "output = {dir}/x\n[task b]\ncommand = cat res/x\ninput = res/x\n",
		        dirs[i]);
		load(text.at);
		cr_assert(waits("b", "a"), "%s", dirs[i]);
		fq_buf_finish(&text);
	}
}

Test(plan_graph, samples_files_spelled_otherwise)
{
	load("[samples]\nx = ./r//x.fq\n[task make]\ncommand = touch {output}\noutput = r/x.fq\n"
	     "[task use]\ncommand = cat {reads}\n");
	cr_assert(waits("use/x", "make"));
}

/* --- cycles ------------------------------------------------------------------ */

Test(plan_graph, a_cycle_is_named_with_its_whole_path_and_lines)
{
	expect_refused("[task a]\ncommand = true\nafter = c\n[task b]\ncommand = true\nafter = a\n"
	               "[task c]\ncommand = true\nafter = b\n",
	        "a cycle: a (line 3) waits for c, c (line 9) waits for b, b (line 6) waits for a");
	cr_assert(errors.errors == 1);
}

Test(plan_graph, a_cycle_behind_a_tail_names_only_itself)
{
	expect_refused("[task z]\ncommand = true\nafter = a\n[task a]\ncommand = true\nafter = b\n"
	               "[task b]\ncommand = true\nafter = a\n",
	        ": a cycle: a (line 6) waits for b, b (line 9) waits for a\n");
}

Test(plan_graph, a_task_that_waits_for_itself)
{
	expect_refused("[task a]\ncommand = true\nafter = a\n", "a cycle: a (line 3) waits for a");
}

Test(plan_graph, a_cycle_through_files_alone)
{
	expect_refused("[task a]\ncommand = cp y {output}\ninput = y\noutput = x\n"
	               "[task b]\ncommand = cp x {output}\ninput = x\noutput = y\n",
	        "a (line 3) waits for b, b (line 7) waits for a");
}

Test(plan_graph, a_cycle_through_a_side_arrow)
{
	expect_refused(SIX
	        "[task a]\nper = sample\ncommand = cat {input}\ninput = y/s1\noutput = x/{sample}\n"
	        "[task b]\nper = sample\ncommand = cat {input}\ninput = x/{sample}\noutput = y/{sample}\n",
	        "a cycle: ");
	cr_assert(strstr(words.at, "a (line ") && strstr(words.at, "b (line "), "%s", words.at);
}

/* --- one output, one job ----------------------------------------------------------- */

Test(plan_graph, two_tasks_with_one_output_are_named_with_both_lines)
{
	expect_refused("[task a]\ncommand = true\noutput = x\n[task b]\ncommand = true\noutput = ./x\n",
	        "a (line 3) and b (line 6) have the same output x");
}

Test(plan_graph, two_units_with_one_output)
{
	expect_refused(SIX "[task a]\nper = sample\ncommand = true\noutput = x/all\n",
	        "a/s1 (line 8) and a/s2 (line 8) have the same output x/all");
	expect_refused("[samples]\ns1 = a/r.fq\ns2 = b/r.fq\n[task a]\nper = file\ncommand = true\noutput = "
	               "x/{file.name}\n",
	        "a/s1/L1/R1 (line 7) and a/s2/L1/R1 (line 7) have the same output x/r.fq");
}

Test(plan_graph, a_template_may_meet_a_name)
{
	expect_refused(SIX "[task a]\nper = sample\ncommand = true\noutput = x/{sample}.t\n"
	                   "[task b]\ncommand = true\noutput = x/s2.t\n",
	        "a/s2 (line 8) and b (line 11) have the same output x/s2.t");
	load(SIX "[task a]\nper = sample\ncommand = true\noutput = x/{sample}.t\n"
	         "[task b]\ncommand = true\noutput = x/s9.t\n");
}

Test(plan_graph, one_output_in_two_spellings)
{
	expect_refused("[vars]\nv = ./x\n[task a]\ncommand = true\noutput = x/o\n[task b]\ncommand = "
	               "true\noutput = {v}/o\n",
	        "have the same output");
	expect_refused("[vars]\nv = ./x\n[task a]\ncommand = true\noutput = x/o\n"
	               "[task b]\ncommand = true\ndir = {v}\noutput = {dir}//o\n",
	        "have the same output");
	expect_refused("[task a]\ncommand = true\noutput = x/o x/./o\n", "have the same output");
}

Test(plan_graph, an_output_that_is_its_own_input_is_refused)
{
	expect_refused("[task a]\ncommand = sort -o x x\ninput = x\noutput = x\n",
	        "would write over its own input x");
	expect_refused("[samples]\ns = r/s.fq\n[task a]\ncommand = gzip {reads}\noutput = r/{sample}.fq\n",
	        "a/s would write over its own input r/s.fq");
	expect_refused("[samples]\ns = ./r//s.fq\n[task a]\ncommand = gzip {reads}\noutput = r/{sample}.fq\n",
	        "a/s would write over its own input");
	expect_refused("[vars]\nv = ./r\n[samples]\ns = r/s.fq\n[task a]\ncommand = gzip {reads}\noutput = "
	               "{v}/{sample}.fq\n",
	        "a/s would write over its own input");
}

Test(plan_graph, a_long_chain_is_ordered)
{
	struct fq_buf text = {0};
	for (int i = 299; i >= 0; i--) {
		fq_buf_addf(&text, "[task t%d]\ncommand = true\n", i);
		if (i) {
			fq_buf_addf(&text, "after = t%d\n", i - 1);
		}
	}
	load(text.at);
	for (uint32_t i = 0; i < plan.rule_count; i++) {
		cr_assert(plan.order[i] == plan.rule_count - 1 - i);
	}
	fq_buf_finish(&text);
}
