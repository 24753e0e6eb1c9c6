/* Columns of a real sheet as partitions: which jobs overlap, compared with rows
 * and files counted by hand. */
#include "plan_fixture.h"

TestSuite(plan_columns, .init = enter_folder, .fini = leave_folder);

enum { SAMPLES_MAX = 8, LANES_MAX = 3, ROWS_MAX = SAMPLES_MAX * LANES_MAX, COLUMNS = 4, PERS = 4 + COLUMNS };

/* What a world is, as it is written: nothing here asks the program. */
struct row {
	uint32_t sample;
	bool is_paired;
	char cells[COLUMNS][8];
};
static struct row rows[ROWS_MAX];
static uint32_t row_count;

static const char *const per_names[PERS] = {
        "file", "lane", "sample", "cohort", "agree", "split", "inner", "any"};

/* The atoms in the order of samples, and the unit of each in each partition as a text; "" is none. */
struct atom {
	char units[PERS][24];
};
static struct atom atoms[ROWS_MAX * 2];
static uint32_t atom_count;

static uint64_t seed;
static uint32_t roll(uint32_t sides)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % sides;
}

/* Without a plan: false when the manifest alone is refused. */
static bool read_manifest(const char *text)
{
	unload();
	put("m.ini", text);
	return fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors);
}

static void expect_unread(const char *text, const char *part)
{
	cr_assert(!read_manifest(text), "accepted: %s", text);
	cr_assert(strstr(findings(), part), "not \"%s\": %s", part, words.at);
}

/* --- worlds ------------------------------------------------------------------------ */

static void fill_cells(struct row *row, uint32_t lane)
{
	uint32_t s = row->sample;
	/* The same in all rows of a sample; cut in two; each value in one sample; anything. */
	if (s % 4 < 3) {
		snprintf(row->cells[0], sizeof(row->cells[0]), "a%u", s % 3);
	}
	snprintf(row->cells[1], sizeof(row->cells[1]), "p%u", lane);
	if (roll(5)) {
		snprintf(row->cells[2], sizeof(row->cells[2]), "i%u_%u", s, roll(2));
	}
	if (roll(4)) {
		snprintf(row->cells[3], sizeof(row->cells[3]), "n%u", roll(4));
	}
}

/* Rows of a sample need not be neighbours. */
static void shuffle_rows(void)
{
	for (uint32_t i = row_count; i > 1; i--) {
		uint32_t j = roll(i);
		struct row kept = rows[i - 1];
		rows[i - 1] = rows[j];
		rows[j] = kept;
	}
}

static void make_rows(void)
{
	uint32_t samples = 3 + roll(6);
	row_count = 0;
	for (uint32_t s = 0; s < samples; s++) {
		uint32_t lanes = 1 + roll(3), is_paired = roll(2);
		for (uint32_t i = 0; i < lanes; i++) {
			struct row *row = &rows[row_count++];
			*row = (struct row){.sample = s, .is_paired = is_paired};
			fill_cells(row, i);
		}
	}
	shuffle_rows();
}

static void write_sheet(void)
{
	struct fq_buf buf = {0};
	fq_buf_puts(&buf, "agree,fastq_2,split,sample,inner,fastq_1,any\n");
	for (uint32_t i = 0; i < row_count; i++) {
		const struct row *row = &rows[i];
		fq_buf_addf(&buf, "%s,", row->cells[0]);
		if (row->is_paired) {
			fq_buf_addf(&buf, "r/%u_2.fq", i);
		}
		fq_buf_addf(&buf, ",%s,s%u,%s,r/%u_1.fq,%s\n", row->cells[1], row->sample, row->cells[2], i,
		        row->cells[3]);
	}
	put("sheet.csv", buf.at);
	fq_buf_finish(&buf);
}

static void add_atom(uint32_t row, uint32_t read)
{
	struct atom *atom = &atoms[atom_count];
	memset(atom, 0, sizeof(*atom));
	snprintf(atom->units[FQ_PER_FILE], sizeof(atom->units[0]), "r/%u_%u.fq", row, read);
	snprintf(atom->units[FQ_PER_LANE], sizeof(atom->units[0]), "row%u", row);
	snprintf(atom->units[FQ_PER_SAMPLE], sizeof(atom->units[0]), "s%u", rows[row].sample);
	snprintf(atom->units[FQ_PER_COHORT], sizeof(atom->units[0]), "all");
	for (int i = 0; i < COLUMNS; i++) {
		snprintf(atom->units[4 + i], sizeof(atom->units[0]), "%s", rows[row].cells[i]);
	}
	atom_count++;
}

static void add_atoms_of_sample(uint32_t sample)
{
	for (uint32_t i = 0; i < row_count; i++) {
		if (rows[i].sample == sample) {
			add_atom(i, 1);
			if (rows[i].is_paired) {
				add_atom(i, 2);
			}
		}
	}
}

/* Samples in the order of their first rows. */
static void count_atoms(void)
{
	atom_count = 0;
	for (uint32_t i = 0; i < row_count; i++) {
		bool is_first = true;
		for (uint32_t j = 0; j < i; j++) {
			is_first &= rows[j].sample != rows[i].sample;
		}
		if (is_first) {
			add_atoms_of_sample(rows[i].sample);
		}
	}
}

/* --- what is right ------------------------------------------------------------------- */

/* The units of a partition by number: in the order in which their atoms come. */
struct names {
	const char *names[ROWS_MAX * 2];
	uint32_t count;
};

static struct names units_of(int per)
{
	struct names ret = {.count = 0};
	for (uint32_t i = 0; i < atom_count; i++) {
		const char *name = atoms[i].units[per];
		bool is_new = name[0] != '\0';
		for (uint32_t j = 0; j < ret.count; j++) {
			is_new &= strcmp(ret.names[j], name) != 0;
		}
		if (is_new) {
			ret.names[ret.count++] = name;
		}
	}
	return ret;
}

static bool share_atoms(int a, const char *x, int b, const char *y)
{
	for (uint32_t i = 0; i < atom_count; i++) {
		if (strcmp(atoms[i].units[a], x) == 0 && strcmp(atoms[i].units[b], y) == 0) {
			return true;
		}
	}
	return false;
}

/* Each unit of `a` meets one of `b` at most. */
static bool refines(int a, int b)
{
	for (uint32_t i = 0; i < atom_count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			const struct atom *x = &atoms[i], *y = &atoms[j];
			bool counts = x->units[a][0] && x->units[b][0] && y->units[b][0];
			if (counts && strcmp(x->units[a], y->units[a]) == 0 &&
			        strcmp(x->units[b], y->units[b]) != 0) {
				return false;
			}
		}
	}
	return true;
}

/* As the header of plan has it; of two that refine each other, the built-in is the finer. */
static enum fq_relation right_relation(int a, int b)
{
	if (a == b) {
		return FQ_RELATION_SAME;
	}
	if (a < 4 && b < 4) {
		return a < b ? FQ_RELATION_FAN_IN : FQ_RELATION_FAN_OUT;
	}
	bool in = b == FQ_PER_COHORT || refines(a, b), out = a == FQ_PER_COHORT || refines(b, a);
	if (in && out && a != FQ_PER_COHORT && b != FQ_PER_COHORT) {
		return a < 4 ? FQ_RELATION_FAN_IN : b < 4 ? FQ_RELATION_FAN_OUT : FQ_RELATION_SAME;
	}
	if (b == FQ_PER_COHORT || a == FQ_PER_COHORT) {
		return b == FQ_PER_COHORT ? FQ_RELATION_FAN_IN : FQ_RELATION_FAN_OUT;
	}
	return in ? FQ_RELATION_FAN_IN : out ? FQ_RELATION_FAN_OUT : FQ_RELATION_NONE;
}

/* --- comparing ------------------------------------------------------------------------- */

static void compare_jobs(int a, int b)
{
	struct names from = units_of(a), to = units_of(b);
	const struct fq_rule *first = &plan.rules[0], *second = &plan.rules[1];
	bool is_barrier = right_relation(a, b) == FQ_RELATION_NONE;
	bool is_all = is_barrier || a == FQ_PER_COHORT || b == FQ_PER_COHORT;
	cr_assert(first->job_count == from.count && second->job_count == to.count, "%llu: %s %u, %s %u",
	        (unsigned long long)seed, per_names[a], first->job_count, per_names[b], second->job_count);
	for (uint32_t i = 0; i < from.count; i++) {
		struct fq_jobs after = fq_plan_after(&plan, plan.arrows, first->first_job + i);
		uint32_t right_count = 0;
		for (uint32_t j = 0; j < to.count; j++) {
			struct fq_jobs before = fq_plan_before(&plan, plan.arrows, second->first_job + j);
			bool right = is_all || share_atoms(a, from.names[i], b, to.names[j]);
			right_count += right;
			cr_assert(is_among(before, first->first_job + i) == right, "%s %s > %s %s",
			        per_names[a], from.names[i], per_names[b], to.names[j]);
			cr_assert(is_among(after, second->first_job + j) == right, "%s %s < %s %s",
			        per_names[a], from.names[i], per_names[b], to.names[j]);
		}
		cr_assert(after.count == right_count, "%s %s: a job is there twice", per_names[a],
		        from.names[i]);
	}
}

static uint32_t per_of(int per)
{
	for (uint32_t i = 0; per >= 4 && i < manifest.column_count; i++) {
		if (strcmp(manifest.columns[i].name, per_names[per]) == 0) {
			return FQ_PER_COLUMN + i;
		}
	}
	return (uint32_t)per;
}

static void check_pair(int a, int b)
{
	char text[512];
	snprintf(text, sizeof(text),
	        "[fqrun]\nsheet = sheet.csv\n[task a]\nper = %s\ncommand = true\n"
	        "[task b]\nper = %s\nafter = a\ncommand = true\n",
	        per_names[a], per_names[b]);
	load(text);
	enum fq_relation right = right_relation(a, b),
	                 got = fq_units_relation(&manifest, per_of(a), per_of(b));
	cr_assert(got == right, "%s to %s: %d, not %d\n%s", per_names[a], per_names[b], (int)got, (int)right,
	        text_of("sheet.csv"));
	bool gathers = right == FQ_RELATION_FAN_IN || right == FQ_RELATION_NONE;
	cr_assert(plan.arrow_count == 1 && plan.side_count == 0);
	cr_assert(fq_plan_is_gathering(&plan, plan.arrows) == gathers);
	compare_jobs(a, b);
}

/* --- {a.output} ---------------------------------------------------------------------------- */

/* One path a unit, told apart by what the unit is. */
static const char *output_of(int per)
{
	static const char *const outputs[PERS] = {"o/{file.name}", "o/{sample}_{lane}", "o/{sample}", "o/all",
	        "o/{agree}", "o/{split}", "o/{inner}", "o/{any}"};
	return outputs[per];
}

/* In quotes a list is refused; so is a barrier, wherever it stands. */
static void check_output(int a, int b)
{
	char text[512];
	enum fq_relation right = right_relation(a, b);
	bool gathers = right == FQ_RELATION_FAN_IN;
	snprintf(text, sizeof(text),
	        "[fqrun]\nsheet = sheet.csv\n[task a]\nper = %s\ncommand = true\noutput = %s\n"
	        "[task b]\nper = %s\ncommand = cat \"{a.output}\"\n",
	        per_names[a], output_of(a), per_names[b]);
	bool ok = read_manifest(text);
	if (right == FQ_RELATION_NONE) {
		cr_assert(!ok && strstr(findings(), "cut each other"), "%s to %s: %s", per_names[a],
		        per_names[b], findings());
	} else {
		cr_assert(ok == !gathers, "%s to %s: %s", per_names[a], per_names[b], findings());
		cr_assert(ok || strstr(findings(), "list"), "%s", words.at);
	}
}

Test(plan_columns, every_pair_overlaps_as_its_rows_do, .timeout = 100)
{
	for (uint64_t world = 1; world <= 40; world++) {
		seed = world;
		make_rows();
		write_sheet();
		count_atoms();
		for (int a = 0; a < PERS; a++) {
			for (int b = 0; b < PERS; b++) {
				check_pair(a, b);
			}
		}
	}
}

Test(plan_columns, an_output_is_a_list_where_it_gathers, .timeout = 100)
{
	for (uint64_t world = 100; world < 112; world++) {
		seed = world;
		make_rows();
		write_sheet();
		count_atoms();
		for (int a = 0; a < PERS; a++) {
			for (int b = 0; b < PERS; b++) {
				if (a != b) {
					check_output(a, b);
				}
			}
		}
	}
}

/* --- cases ---------------------------------------------------------------------------------- */

#define SPLIT_SHEET                                                                                          \
	"sample,run,fastq_1\n"                                                                               \
	"x,r1,x1.fq\n"                                                                                       \
	"y,r1,y1.fq\n"                                                                                       \
	"y,r2,y2.fq\n"
#define TWO(from, to, last)                                                                                  \
	"[fqrun]\nsheet = s.csv\n[task a]\nper = " from "\ncommand = true\noutput = o/{" from                \
	"}\n[task b]\nper = " to "\n" last

Test(plan_columns, a_barrier_names_the_sample_that_is_cut)
{
	put("s.csv", SPLIT_SHEET);
	expect_unread(
	        TWO("sample", "run", "command = cat {a.output}\n"), "sample \"y\" lies in several of `run`");
	expect_unread(
	        TWO("run", "sample", "command = cat {a.output}\n"), "sample \"y\" lies in several of `run`");
	expect_unread(
	        TWO("sample", "run", "command = echo {a.reads}\n"), "sample \"y\" lies in several of `run`");
	load(TWO("sample", "run", "after = a\ncommand = true\n"));
	cr_assert(waits("b/r1", "a/x") && waits("b/r2", "a/x") && waits("b/r2", "a/y"));
}

Test(plan_columns, two_columns_that_cut_each_other_name_a_value)
{
	put("s.csv", "sample,run,flow,fastq_1\nx,r1,f1,1.fq\ny,r1,f2,2.fq\nz,r2,f1,3.fq\n");
	expect_unread(
	        TWO("run", "flow", "command = cat {a.output}\n"), "run \"r1\" lies in several of `flow`");
}

Test(plan_columns, a_row_without_a_value_is_in_no_unit)
{
	put("s.csv", "sample,patient,fastq_1\nx,p1,x.fq\ny,,y.fq\nz,p1,z.fq\n");
	load(TWO("sample", "patient", "command = cat {a.output}\n"));
	cr_assert(plan.job_count == 4 && waits("b/p1", "a/x") && waits("b/p1", "a/z"));
	cr_assert(!waits("b/p1", "a/y"));
	load(TWO("patient", "sample", "after = a\ncommand = true\n"));
	struct fq_jobs before = fq_plan_before(&plan, plan.arrows, job_of("b/y"));
	cr_assert(before.count == 0, "y waits for no patient");
}

Test(plan_columns, a_column_without_any_value_has_nothing_to_run_on)
{
	put("s.csv", "sample,patient,fastq_1\nx,,x.fq\n");
	load(TWO("patient", "sample", "after = a\ncommand = true\n"));
	cr_assert(strstr(findings(), "\"a\" has nothing to run on"), "%s", words.at);
	cr_assert(plan.job_count == 1);
}

Test(plan_columns, samples_of_other_sources_have_no_value)
{
	put("s.csv", "sample,patient,fastq_1\nx,p1,x.fq\n");
	put("t.csv", "patient,sample,fastq_1\np1,y,y.fq\np2,z,z.fq\n");
	load("[fqrun]\nsheet = s.csv t.csv\n[samples]\nplain = q.fq\n"
	     "[task a]\nper = sample\ncommand = true\n[task b]\nper = patient\ncommand = echo "
	     "{patient}\nafter = a\n");
	cr_assert(plan.job_count == 4 + 2);
	cr_assert(waits("b/p1", "a/x") && waits("b/p1", "a/y") && waits("b/p2", "a/z"));
	cr_assert(!waits("b/p1", "a/plain") && !waits("b/p2", "a/plain") && !waits("b/p1", "a/z"));
}

Test(plan_columns, samples_of_a_unit_and_places)
{
	put("s.csv", "sample,patient,fastq_1\nx,p1,x.fq\ny,p2,y.fq\nx,p1,x2.fq\nz,p1,z.fq\n");
	load(TWO("sample", "patient", "after = a\ncommand = true\n"));
	struct fq_units samples = fq_plan_samples(&plan, job_of("b/p1"));
	cr_assert(samples.count == 2 && fq_units_at(&samples, 0) == 0 && fq_units_at(&samples, 1) == 2);
	cr_assert(fq_plan_sample(&plan, job_of("a/y")) == 1);
	struct fq_where where = fq_plan_where(&plan, job_of("a/z"));
	cr_assert(where.line == 5 && strcmp(where.file, "s.csv") == 0, "%s:%u", where.file, where.line);
}
