/* Samples from sheets: what the columns are, what rows become, and where mistakes are. */
#include "manifest_text.h"

#include <sys/stat.h>

static char back[4096];

static void enter(void)
{
	make_folder();
	cr_assert(getcwd(back, sizeof(back)) && chdir(folder) == 0);
}

static void leave(void)
{
	cr_assert(chdir(back) == 0);
	remove_folder();
}

TestSuite(sheet, .init = enter, .fini = leave);

#define TASK "[task t]\ncommand = true\n"

static void put_bytes(const char *name, const char *at, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len));
	close(fd);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void load_sheet(const char *text)
{
	put("s.csv", text);
	load("[fqrun]\nsheet = s.csv\n" TASK);
}

/* All samples with their lanes: "a: 1.fq 2.fq | 3.fq 4.fq; b: 5.fq" */
static void expect_samples(const char *right)
{
	struct fq_buf got = {0};
	fq_buf_puts(&got, "");
	for (size_t s = 0; s < manifest.sample_count; s++) {
		fq_buf_addf(&got, "%s%s:", s ? "; " : "", manifest.samples[s].name);
		for (size_t i = 0; i < manifest.lane_count; i++) {
			if (manifest.lanes[i].sample != s) {
				continue;
			}
			fq_buf_puts(&got, i > manifest.samples[s].first_lane ? " |" : "");
			for (size_t j = 0; j < manifest.file_count; j++) {
				if (manifest.files[j].lane == i) {
					fq_buf_addf(&got, " %s", manifest.files[j].path);
				}
			}
		}
	}
	cr_assert_str_eq(got.at, right, "got %s, not %s", got.at, right);
	fq_buf_finish(&got);
}

static void expect_cell(uint32_t lane, const char *column, const char *right)
{
	for (uint32_t i = 0; i < manifest.column_count; i++) {
		if (strcmp(manifest.columns[i].name, column) == 0) {
			struct fq_text got = fq_manifest_cell(&manifest, lane, i);
			cr_assert(fq_text_is(got, right), "%s of lane %u is %.*s, not %s", column, lane,
			        (int)got.len, got.at, right);
			return;
		}
	}
	cr_assert_fail("no column %s", column);
}

/* One error and no more, at that place of the sheet. */
static void refuse_sheet(const char *text, uint32_t line, uint32_t column, const char *part, const char *hint)
{
	put("s.csv", text);
	refuse("[fqrun]\nsheet = s.csv\n" TASK, line, column, part, hint);
	cr_assert_str_eq(find_finding(line, column, part)->where.file, "s.csv");
}

/* --- forms ------------------------------------------------------------------------- */

Test(sheet, columns_stand_in_any_order)
{
	load_sheet("condition,fastq_2,sample,fastq_1\ncase,a2.fq,a,a1.fq\ncontrol,,b,b.fq\n");
	expect_samples("a: a1.fq a2.fq; b: b.fq");
	expect_cell(0, "condition", "case");
	expect_cell(1, "condition", "control");
	expect_cell(0, "fastq_2", "a2.fq");
	expect_cell(1, "fastq_2", "");
}

Test(sheet, quotes_hold_commas_quotes_and_newlines)
{
	load_sheet("sample,fastq_1,note\n\"a,b\",\"r/x y.fq\",\"he said \"\"no\"\"\"\nc,c.fq,\"one\ntwo\"\n"
	           "d,\"d\n.fq\",\"\"\n");
	expect_samples("a,b: r/x y.fq; c: c.fq; d: d\n.fq");
	expect_cell(0, "note", "he said \"no\"");
	expect_cell(1, "note", "one\ntwo");
	expect_cell(2, "note", "");
	cr_assert_eq(manifest.lanes[1].line - manifest.lanes[0].line, 1);
	cr_assert_eq(manifest.lanes[2].line - manifest.lanes[1].line, 2);
}

/* The same sheet in the dialects of several programs. */
static const char *const dialects[] = {
        "sample,fastq_1,kind\na,1.fq,x\nb,2.fq,\n",
        "sample,fastq_1,kind\r\na,1.fq,x\r\nb,2.fq,\r\n",
        "\xef\xbb\xbfsample,fastq_1,kind\r\na,1.fq,x\r\nb,2.fq,",
        "\n\nsample,fastq_1,kind\n\na,1.fq,x\n   \nb,2.fq,\n\n\n",
        "sample,fastq_1,kind,\na,1.fq,x,\nb,2.fq,,\n",
        "sample,fastq_1,kind\na,1.fq,x,,,\nb,2.fq,,,\n",
        "sample,fastq_1,kind\na,1.fq,x\nb,2.fq,\n,,\n,,\n",
        ",,\nsample,fastq_1,kind\na,1.fq,x\n,,,\nb,2.fq,\n",
        "\"sample\",\"fastq_1\",\"kind\"\n\"a\",\"1.fq\",\"x\"\n\"b\",\"2.fq\",\"\"\n",
        "sample , fastq_1 , kind\na , 1.fq , x \nb , 2.fq , \n",
        "sample,fastq_1,kind\ra,1.fq,x\rb,2.fq,\r",
        "\xef\xbb\xbf\"sample\",fastq_1,kind\na,1.fq,\"x\"\nb,2.fq,\n",
};

Test(sheet, dialects_say_the_same)
{
	for (size_t i = 0; i < FQ_COUNT(dialects); i++) {
		load_sheet(dialects[i]);
		cr_assert_eq(manifest.lane_count, 2, "dialect %zu", i);
		expect_samples("a: 1.fq; b: 2.fq");
		expect_cell(0, "kind", "x");
		expect_cell(1, "kind", "");
		cr_assert_eq(errors.warnings, 0, "dialect %zu", i);
	}
}

Test(sheet, tabs_and_blanks_within_cells)
{
	put("s.tsv", "sample\tfastq_1\tnote\na b\tmy reads.fq\t1, 2\nc\tc.fq\t\"x\ty\"\n");
	load("[fqrun]\nsheet = s.tsv\n" TASK);
	expect_samples("a b: my reads.fq; c: c.fq");
	expect_cell(0, "note", "1, 2");
	expect_cell(1, "note", "x\ty");
	put("S.TSV", "sample\tfastq_1\na\ta.fq\n");
	load("[fqrun]\nsheet = S.TSV\n" TASK);
	expect_samples("a: a.fq");
}

Test(sheet, paths_that_tools_would_misread)
{
	load_sheet("sample,fastq_1,fastq_2\na,-1.fq,r/-2.fq\n");
	expect_samples("a: ./-1.fq r/-2.fq");
}

/* --- conventions ------------------------------------------------------------------- */

static const char *const headers[] = {"sample,fastq_1,fastq_2", "sampleID,forwardReads,reverseReads",
        "sample,fastq1,fastq2", "sample,short_reads_1,short_reads_2", "sample_id,fastq_1,fastq_2",
        "Sample,FASTQ_1,Fastq_2", "sample_name,fastq_1,fastq_2"};

Test(sheet, names_of_columns_are_those_of_the_pipelines)
{
	for (size_t i = 0; i < FQ_COUNT(headers); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s\nx,x_1.fq,x_2.fq\n", headers[i]);
		load_sheet(text);
		expect_samples("x: x_1.fq x_2.fq");
	}
}

Test(sheet, beside_sample_its_cousins_are_plain_columns)
{
	load_sheet("sample_name,sample,fastq_1,sample_id\nlong name,a,a.fq,17\n");
	expect_samples("a: a.fq");
	expect_cell(0, "sample_name", "long name");
	expect_cell(0, "sample_id", "17");
	refuse_sheet(
	        "sample_id,sample_name,fastq_1\n1,x,x.fq\n", 1, 11, "second column for the ", "keep one");
	refuse_sheet("sample,fastq_1,fastq1\nx,x.fq,y.fq\n", 1, 16, "second column for the ", "keep one");
}

Test(sheet, sarek_with_a_column_called_like_a_placeholder)
{
	put("s.csv", "patient,sex,status,sample,lane,fastq_1,fastq_2\n"
	             "p1,XX,0,normal,lane_1,n1_1.fq,n1_2.fq\np1,XX,0,normal,lane_2,n2_1.fq,n2_2.fq\n"
	             "p1,XX,1,tumor,lane_1,t_1.fq,t_2.fq\n");
	load("[fqrun]\nsheet = s.csv\n"
	     "[task t]\nper = lane\ncommand = echo {sheet.lane} {lane} {sample} {patient} {sex}\n");
	expect_samples("normal: n1_1.fq n1_2.fq | n2_1.fq n2_2.fq; tumor: t_1.fq t_2.fq");
	const struct fq_finding *f = find_finding(1, 27, "column \"lane\" is called like the built-in");
	cr_assert(
	        f && f->is_warning && strstr(f->hint, "{sheet.lane}") && strcmp(f->where.file, "s.csv") == 0);
	cr_assert_eq(errors.warnings, 1, "{sample} is its column, nobody is warned of it");
	cr_assert_eq(ref_of(task("t"), "{sheet.lane}")->kind, FQ_REF_COLUMN);
	cr_assert_eq(ref_of(task("t"), "{lane}")->kind, FQ_REF_LANE);
	cr_assert_eq(ref_of(task("t"), "{sample}")->kind, FQ_REF_SAMPLE);
	cr_assert_eq(ref_of(task("t"), "{patient}")->kind, FQ_REF_COLUMN);
	expect_cell(1, "lane", "lane_2");
}

Test(sheet, odd_names_of_columns_become_placeholders)
{
	put("s.csv", "sample,fastq_1,age (years),2nd,-x,\xc3\xa4\na,a.fq,40,second,minus,umlaut\n");
	load("[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo {age__years_} {_2nd} {_x} {__} "
	     "{sheet._2nd}\n");
	expect_cell(0, "age__years_", "40");
	expect_cell(0, "_2nd", "second");
	expect_cell(0, "_x", "minus");
	expect_cell(0, "__", "umlaut");
	refuse_sheet("sample,fastq_1,a b,a_b\nx,x.fq,1,2\n", 1, 20, "two columns are called {a_b}", "rename");
}

Test(sheet, every_column_is_a_placeholder)
{
	put("s.csv", "sample,fastq_1,strandedness\na,a.fq,reverse\n");
	load("[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo {strandedness} {fastq_1} {sheet.sample}\n");
	cr_assert_eq(task("t")->per, FQ_PER_SAMPLE);
	refuse("[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo {strandednes}\n", 4, 16,
	        "unknown placeholder", "did you mean {strandedness}?");
	refuse("[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo {sheet.strand}\n", 4, 16,
	        "no sheet has such", "sample, fastq_1, strandedness");
}

/* --- lanes --------------------------------------------------------------------------- */

Test(sheet, lanes_are_rows_of_one_sample_wherever_they_stand)
{
	load_sheet("sample,fastq_1\nb,b1.fq\na,a1.fq\nb,b2.fq\nc,c1.fq\na,a2.fq\nb,b3.fq\n");
	expect_samples("b: b1.fq | b2.fq | b3.fq; a: a1.fq | a2.fq; c: c1.fq");
	cr_assert_eq(fq_manifest_where(&manifest, manifest.lanes[2].line, 1).line, 7, "the row of b3");
}

Test(sheet, single_and_paired_rows_do_not_mix)
{
	refuse_sheet("sample,fastq_1,fastq_2\na,1.fq,\nb,2.fq,3.fq\na,4.fq,5.fq\n", 4, 8,
	        "sample \"a\" mixes paired reads here and single reads on line 2", "a sample of their own");
	refuse_sheet("sample,fastq_1,fastq_2\na,1.fq,2.fq\na,4.fq,\n", 3, 8,
	        "sample \"a\" mixes single reads here and paired reads on line 2", NULL);
	refuse_sheet("sample,note,fastq_1,fastq_2\na,,1.fq,\na,\"x\ny\",4.fq,5.fq\n", 4, 9,
	        "mixes paired reads here", NULL);
}

Test(sheet, a_sheet_without_files_names_samples)
{
	load_sheet("sample,condition\na,case\nb,control\n");
	expect_samples("a:; b:");
}

/* --- several sources -------------------------------------------------------------------- */

Test(sheet, samples_of_all_sources_in_order)
{
	put("s.csv", "sample,fastq_1,condition\na,a.fq,case\n");
	put("t.csv", "condition,fastq_1,sample\ncontrol,b.fq,b\n");
	cr_assert(mkdir("raw", 0700) == 0);
	put("raw/c.fq", "");
	load("[fqrun]\nfind = raw/{sample}.fq\nsheet = s.csv t.csv\n[samples]\nz = z.fq\n" TASK);
	expect_samples("z: z.fq; a: a.fq; b: b.fq; c: raw/c.fq");
	cr_assert_eq(manifest.column_count, 3, "two sheets share their columns");
	expect_cell(0, "condition", "");
	expect_cell(1, "condition", "case");
	expect_cell(2, "condition", "control");
	expect_cell(3, "condition", "");
}

Test(sheet, a_name_of_two_sources_names_both_places)
{
	put("s.csv", "sample,fastq_1\na,a.fq\nb,b.fq\n");
	put("t.csv", "sample,fastq_1\nb,c.fq\n");
	refuse("[fqrun]\nsheet = s.csv\n[samples]\na = z.fq\n" TASK, 2, 1, "sample \"a\" is already on ",
	        "once");
	cr_assert_str_eq(errors.first->where.file, "s.csv");
	cr_assert(strstr(errors.first->text, "/qc.ini:4"), "%s", errors.first->text);
	refuse("[fqrun]\nsheet = s.csv t.csv\n" TASK, 2, 1, "sample \"b\" is already on s.csv:3", NULL);
	cr_assert_str_eq(errors.first->where.file, "t.csv");
	cr_assert(mkdir("raw", 0700) == 0);
	put("raw/b.fq", "");
	refuse("[fqrun]\nsheet = s.csv\nfind = raw/{sample}.fq\n" TASK, 3, 8,
	        "sample \"b\" is already on s.csv:3", NULL);
}

Test(sheet, columns_tasks_and_variables_are_one_namespace)
{
	put("s.csv", "sample,fastq_1,t\na,a.fq,x\n");
	refuse("[fqrun]\nsheet = s.csv\n" TASK, 3, 7, "\"t\" is also a column, on s.csv:1", "rename");
	refuse("[fqrun]\nsheet = s.csv\n[vars]\nt = 1\n[task u]\ncommand = true\n", 4, 1,
	        "\"t\" is also a column, on s.csv:1", "rename");
}

/* --- mistakes --------------------------------------------------------------------------- */

Test(sheet, mistakes_are_where_they_stand)
{
	refuse_sheet(
	        "name,fastq_1\na,a.fq\n", 1, 1, "no column \"sample\"", "the first row names the columns");
	refuse_sheet("sample;fastq_1\na;a.fq\n", 1, 1, "no column \"sample\"", "with commas");
	refuse_sheet("sample,fastq_2\na,a.fq\n", 1, 8, "second reads but no first", "fastq_1");
	refuse_sheet("sample,fastq_1,x\na,a.fq\n", 2, 1, "the row has 2 cells, the first row has 3", "comma");
	refuse_sheet("sample,fastq_1\na,a.fq,x\n", 2, 8, "behind the last column", "quotes");
	refuse_sheet("sample,fastq_1,\na,a.fq,x\n", 2, 8, "a column without a name", "first row");
	refuse_sheet("sample,fastq_1\n,a.fq\n", 2, 1, "names no sample", NULL);
	refuse_sheet("sample,fastq_1,fastq_2\na,,b.fq\n", 2, 3, "names no reads", NULL);
	refuse_sheet("sample,fastq_1\na,s3://bucket/a.fq\n", 2, 3, "an address", "download");
	refuse_sheet("sample,fastq_1,fastq_2\na,a.fq,https://x/a.fq\n", 2, 8, "an address", "download");
	refuse_sheet("sample,fastq_1\na/b,a.fq\n", 2, 1, "no `/`", NULL);
	refuse_sheet("sample,fastq_1\n\"a\nb\",a.fq\n", 2, 1, "no end of line", NULL);
	refuse_sheet("sample,fastq_1\n-a,a.fq\n", 2, 1, "may not begin with `-`", NULL);
	refuse_sheet("sample,fastq_1\n..,a.fq\n", 2, 1, "called . or ..", NULL);
}

Test(sheet, places_behind_cells_of_several_lines)
{
	refuse_sheet("sample,note,fastq_1\na,\"1\n2\n3\",ftp://x/a.fq\n", 4, 4, "an address", NULL);
	cr_assert(fq_text_is(errors.first->source, "3\",ftp://x/a.fq"));
	refuse_sheet("sample,note,fastq_1\na,\"1\n2\n3\",a.fq\n,x,b.fq\n", 5, 1, "names no sample", NULL);
	refuse_sheet("sample,fastq_1\r\n\"a\"x,a.fq\r\n", 2, 4, "text behind a closing quote", NULL);
	refuse_sheet("sample,fastq_1\na,\"a.fq\nb,b.fq\n", 2, 3, "a quote without its end", NULL);
}

Test(sheet, lines_that_a_lone_return_ends)
{
	refuse_sheet("sample,fastq_1\ra,a.fq\r,b.fq\rc,c.fq\r", 3, 1, "names no sample", NULL);
	cr_assert(fq_text_is(errors.first->source, ",b.fq"));
	/* What is read behind it keeps its own numbers. */
	put("s.csv", "sample,fastq_1\ra,a.fq\rb,b.fq\rc,c.fq\r");
	put("t.csv", "sample,fastq_1\n,d.fq\n");
	refuse("[fqrun]\nsheet = s.csv t.csv\n" TASK, 2, 1, "names no sample", NULL);
	cr_assert_str_eq(errors.first->where.file, "t.csv");
}

Test(sheet, sheets_that_are_none)
{
	refuse("[fqrun]\nsheet = none.csv\n" TASK, 2, 9, "none.csv", NULL);
	refuse("[fqrun]\nsheet = s.xlsx\n" TASK, 2, 9, "ends in .csv or .tsv", "save it as text");
	refuse("[fqrun]\nsheet =\n" TASK, 2, 8, "`sheet` without a name", NULL);
	put("s.csv", "sample,fastq_1\n");
	refuse("[fqrun]\nsheet = s.csv\n" TASK, 2, 9, "has no samples", NULL);
	put("s.csv", "");
	refuse("[fqrun]\nsheet = s.csv\n" TASK, 2, 9, "has no samples", NULL);
	put("s.tsv", "sample,fastq_1\na,a.fq\n");
	refuse("[fqrun]\nsheet = s.tsv\n" TASK, 1, 1, "no column \"sample\"", "call it .csv");
	put_bytes("s.csv", "sample,fastq_1\na\0,b\n", 20);
	refuse("[fqrun]\nsheet = s.csv\n" TASK, 2, 2, "a NUL byte", NULL);
}
