/* Folders as outputs and inputs: who waits for whom, what is refused, what is a change. */
#include "plan_fixture.h"

TestSuite(plan_folder, .init = enter_folder, .fini = leave_folder);

#define STAR "[task star]\ncommand = map {reads} {output}\noutput = star/{sample}/\n"

/* --- who waits for whom ------------------------------------------------------------------ */

Test(plan_folder, what_lies_in_it_is_an_arrow_for_each_sample)
{
	static const char *const inputs[] = {"star/{sample}/a.bam", "star/{sample}/d/{sample}.bam",
	        "star/{sample}/", "star/{sample}", "./star//{sample}/x"};
	for (size_t i = 0; i < FQ_COUNT(inputs); i++) {
		struct fq_buf text = {0};
		fq_buf_addf(&text, SIX STAR "[task sort]\ncommand = cat {input} {sample}\ninput = %s\n",
		        inputs[i]);
		load(text.at);
		cr_assert(plan.arrow_count == 1 && plan.side_count == 0, "%s", inputs[i]);
		cr_assert(waits("sort/s1", "star/s1") && !waits("sort/s1", "star/s2"), "%s", inputs[i]);
		fq_buf_finish(&text);
	}
}

Test(plan_folder, what_does_not_lie_in_it_does_not_wait)
{
	static const char *const inputs[] = {"star/{sample}.bam", "star/{sample}x/a", "star", "star/",
	        "x/star/{sample}/", "{sample}/star/", "../star/{sample}/x"};
	for (size_t i = 0; i < FQ_COUNT(inputs); i++) {
		struct fq_buf text = {0};
		fq_buf_addf(&text, SIX STAR "[task sort]\ncommand = cat {input} {sample}\ninput = %s\n",
		        inputs[i]);
		load(text.at);
		bool holds_all = i == 3; /* whoever reads a folder reads what is made in it */
		cr_assert(waits("sort/s1", "star/s1") == holds_all, "%s", inputs[i]);
		cr_assert(waits("sort/s1", "star/s2") == holds_all, "%s", inputs[i]);
		fq_buf_finish(&text);
	}
}

Test(plan_folder, a_path_in_one_samples_folder_is_waited_for_by_all)
{
	load(SIX STAR "[vars]\nv = star/s1/x star/s2/\n[task one]\ncommand = cat {input} {sample}\n"
	              "input = star/s3/Log.out\n"
	              "[task two]\ncommand = cat {input} {sample}\ninput = {v}\n");
	cr_assert(waits("one/s1", "star/s3") && waits("one/s3", "star/s3") && !waits("one/s2", "star/s2"));
	cr_assert(waits("two/s3", "star/s1") && waits("two/s3", "star/s2") && !waits("two/s3", "star/s3"));
}

Test(plan_folder, a_samples_file_in_a_folder_that_is_made)
{
	load("[samples]\na = raw/x/a.fq\nb = other/b.fq\n"
	     "[task demux]\ncommand = true\noutput = raw/\n"
	     "[task stats]\nbuiltin = fastq-stats\noutput = st/{sample}.json\n");
	cr_assert(waits("stats/a", "demux") && !waits("stats/b", "demux"));
}

Test(plan_folder, who_reads_a_folder_waits_for_what_is_made_in_it)
{
	load(SIX "[task one]\ncommand = cp {reads} {output}\noutput = r/q/{sample}.txt\nper = sample\n" STAR
	         "[task all]\ncommand = ls {input}\ninput = r/\n"
	         "[task each]\ncommand = ls {input} {sample}\ninput = r/q/\n"
	         "[task own]\ncommand = ls {input} {sample}\ninput = star/{sample}/\n");
	cr_assert(waits("all", "one/s1") && waits("all", "one/s3") && !waits("all", "star/s1"));
	cr_assert(waits("each/s1", "one/s1") && waits("each/s1", "one/s2"));
	cr_assert(waits("own/s2", "star/s2") && !waits("own/s2", "star/s1"));
}

Test(plan_folder, a_sample_reads_the_folder_that_its_files_jobs_fill)
{
	load(SIX "[task q]\nper = file\ncommand = q {file}\noutput = q/{sample}/{file.stem}.txt\n"
	         "[task sum]\ncommand = ls {input} {sample}\ninput = q/{sample}/\n");
	cr_assert(waits("sum/s2", "q/s2/L1/R1") && waits("sum/s2", "q/s2/L1/R2") &&
	          !waits("sum/s2", "q/s1/L1/R1"));
}

Test(plan_folder, who_reads_the_folder_that_we_are_in)
{
	load(SIX "[task one]\ncommand = true\noutput = {sample}.txt\n[task two]\ncommand = true\n"
	         "output = /tmp/two\n[task all]\ncommand = ls {input}\ninput = ./\n");
	cr_assert(waits("all", "one/s1") && waits("all", "one/s3") && !waits("all", "two"));
	expect_refused(SIX "[task a]\ncommand = ls {input}\ninput = ./\noutput = x\n", "into the folder ./");
}

Test(plan_folder, who_reads_a_whole_folder_gathers_by_an_arrow)
{
	load(SIX "[task one]\ncommand = cp {reads} {output}\noutput = r/{sample}.txt\nper = sample\n"
	         "[task all]\ncommand = ls {input}\ninput = r/\n");
	cr_assert(plan.arrow_count == 1 && plan.side_count == 0);
}

Test(plan_folder, a_cycle_through_a_folder_is_one)
{
	expect_refused(SIX "[task a]\ncommand = true {input}\ninput = x/{sample}/y\noutput = z/{sample}/\n"
	                   "[task b]\ncommand = true {input}\ninput = z/{sample}/w\noutput = x/{sample}/\n",
	        "a cycle: a (line 7) waits for b");
}

/* --- one folder, one job ------------------------------------------------------------------- */

Test(plan_folder, what_lies_in_the_folder_of_another_is_refused)
{
	static const char *const outputs[] = {
	        "star/{sample}/x", "star/s1/x/y", "star/{sample}/d/", "./star/s2//x?"};
	for (size_t i = 0; i < FQ_COUNT(outputs); i++) {
		for (int is_first = 0; is_first < 2; is_first++) {
			struct fq_buf text = {0};
			const char *per = i % 2 ? "cohort" : "sample";
			fq_buf_addf(&text, SIX "%s[task o]\ncommand = true\nper = %s\noutput = %s\n%s",
			        is_first ? "" : STAR, per, outputs[i], is_first ? STAR : "");
			expect_refused(text.at, "lies in star/s");
			cr_assert(errors.errors == 1, "%s", findings());
			fq_buf_finish(&text);
		}
	}
}

Test(plan_folder, beside_it_is_room)
{
	load(SIX STAR "[task o]\ncommand = true\ndir = star\noutput = star/{sample}.txt star/x{sample}/y "
	              "{dir}/{sample}.x\n"
	              "per = sample\n"
	              "[task p]\ncommand = true\ndir = p\nper = sample\noutput = {dir}/{sample}/ "
	              "{dir}/{sample}.log\n");
	cr_assert(plan.side_count == 0 && plan.arrow_count == 0);
}

Test(plan_folder, a_file_and_a_folder_of_one_name_are_one_output)
{
	expect_refused(SIX STAR "[task o]\ncommand = true\noutput = star/{sample}\n", "have the same output");
	expect_refused(SIX
	        "[task o]\ncommand = true\noutput = all/\n[task p]\ncommand = true\noutput = ./all\n",
	        "have the same output");
	expect_refused(SIX "[task o]\ncommand = true\nper = sample\noutput = all/\n", "have the same output");
}

/* --- a change --------------------------------------------------------------------------------- */

static struct fq_buf items;

static void record(const char *name)
{
	uint32_t job = job_of(name);
	items.len = 0;
	fq_plan_forget_stamps(&plan);
	fq_plan_add_items(&plan, job, &items);
	cr_assert(fq_plan_add_output_items(&plan, job, &items, NULL));
	const struct fq_rule *rule = fq_plan_rule(&plan, job);
	struct fq_error err = {0};
	cr_assert(fq_journal_done(&journal, fq_text(rule->task->name), fq_text("s1"),
	        &(struct fq_record){.items = {items.at, items.len}}, &err));
	reopen_journal();
}

static bool is_fresh(const char *name)
{
	static uint32_t seqs[64];
	struct fq_fresh fresh;
	fq_plan_forget_stamps(&plan);
	words.len = 0;
	fq_buf_puts(&words, "");
	return fq_plan_is_fresh(&plan, job_of(name), &journal, seqs, &fresh, &words);
}

static void age(const char *path, long seconds)
{
	struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
	cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static const struct {
	const char *compare;
	bool sees_touch, sees_small, sees_large;
} kinds[] = {{"auto", false, true, true}, {"content", false, true, true}, {"stamp", true, true, true},
        {"exists", false, false, false}};

Test(plan_folder, compare_is_for_each_file_in_it)
{
	reopen_journal();
	put("r/s1.fq", "x");
	char *large = fq_zeroed((2 << 20) + 1, 1);
	memset(large, 'x', 2 << 20);
	for (size_t i = 0; i < FQ_COUNT(kinds); i++) {
		struct fq_buf text = {0};
		put("star/s1/small", "one");
		put("star/s1/large", large);
		age("star/s1/large", 1000);
		fq_buf_addf(&text, "[samples]\ns1 = r/s1.fq\n" STAR "compare = %s\n", kinds[i].compare);
		load(text.at);
		record("star/s1");
		cr_assert(is_fresh("star/s1"), "%s", words.at);
		age("star/s1/small", 2000);
		cr_assert(is_fresh("star/s1") != kinds[i].sees_touch, "%s: %s", kinds[i].compare, words.at);
		put("star/s1/small", "two");
		cr_assert(is_fresh("star/s1") != kinds[i].sees_small, "%s: %s", kinds[i].compare, words.at);
		put("star/s1/small", "one");
		record("star/s1");
		large[0] = 'y';
		put("star/s1/large", large);
		age("star/s1/large", 3000);
		cr_assert(is_fresh("star/s1") != kinds[i].sees_large, "%s: %s", kinds[i].compare, words.at);
		large[0] = 'x';
		fq_buf_finish(&text);
	}
	fq_release(large);
}

Test(plan_folder, a_large_file_in_it_is_judged_by_its_time)
{
	reopen_journal();
	put("r/s1.fq", "x");
	char *large = fq_zeroed((2 << 20) + 1, 1);
	memset(large, 'x', 2 << 20);
	put("star/s1/large", large);
	age("star/s1/large", 1000);
	load("[samples]\ns1 = r/s1.fq\n" STAR);
	record("star/s1");
	age("star/s1/large", 1001);
	cr_assert(!is_fresh("star/s1"));
	load("[samples]\ns1 = r/s1.fq\n" STAR "compare = content\n");
	record("star/s1");
	age("star/s1/large", 1002);
	cr_assert(is_fresh("star/s1"), "%s", words.at);
	fq_release(large);
}

Test(plan_folder, one_without_a_file_is_missing)
{
	struct fq_buf missing = {0};
	struct fq_error err = {0};
	load(SIX STAR "[task o]\ncommand = true\nper = sample\noutput = o/{sample}/?\n");
	cr_assert(fq_folder_make("star/s1/d", &err) && fq_folder_make("o/s1", &err));
	cr_assert(!fq_plan_add_output_items(&plan, job_of("star/s1"), &items, &missing));
	cr_assert_str_eq(missing.at, "star/s1/");
	put("star/s1/d/x", "");
	fq_plan_forget_stamps(&plan);
	cr_assert(fq_plan_add_output_items(&plan, job_of("star/s1"), &items, &missing));
	cr_assert(fq_plan_add_output_items(&plan, job_of("o/s1"), &items, &missing));
	cr_assert(fq_plan_add_output_items(&plan, job_of("o/s2"), &items, &missing));
	fq_buf_finish(&missing);
}

/* --- targets ------------------------------------------------------------------------------- */

static void want(const char *target, const char *name)
{
	bool wanted[64] = {false};
	struct fq_error err = {0};
	cr_assert(fq_plan_select(&plan, target, wanted, &err), "%s: %s", target, err.text);
	for (uint32_t job = 0; job < plan.job_count; job++) {
		cr_assert(wanted[job] == (job == job_of(name)), "%s: %u", target, job);
	}
}

Test(plan_folder, a_target_is_the_folder_or_in_it)
{
	load(SIX STAR
	        "[task index]\ncommand = true\noutput = index/\n[task o]\ncommand = true\noutput = s3/\n");
	static const char *const targets[] = {
	        "star/s2/", "star/s2", "star/s2/x", "./star//s2/d/y", "star/s2/d/"};
	for (size_t i = 0; i < FQ_COUNT(targets); i++) {
		want(targets[i], "star/s2");
	}
	/* a name without a slash is a task's or a sample's first */
	want("index", "index");
	want("index/x", "index");
	want("./s3", "o");
	want("s3/", "o");
	want("s3", "star/s3");
	bool wanted[64] = {false};
	struct fq_error err = {0};
	cr_assert(!fq_plan_select(&plan, "star/s2x", wanted, &err) &&
	          !fq_plan_select(&plan, "star/", wanted, NULL));
	fq_error_finish(&err);
}
