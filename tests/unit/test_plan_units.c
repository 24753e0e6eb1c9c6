/* Which jobs overlap, compared with atoms counted by hand. */
#include "plan_fixture.h"

TestSuite(plan_units);

enum { SAMPLES_MAX = 8, ATOMS_MAX = 64 };

static struct fq_task tasks[2];
static struct fq_task_after {
	struct fq_after after;
} first_task[1];

/* The atoms of a world: where each lies. A lane without files is one atom. */
static uint32_t atom_unit[FQ_PER_COLUMN][ATOMS_MAX];
static uint32_t atom_count;

static uint64_t seed;
static uint32_t roll(uint32_t sides)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % sides;
}

static void add_atom(uint32_t file)
{
	atom_unit[FQ_PER_FILE][atom_count] = file;
	atom_unit[FQ_PER_LANE][atom_count] = (uint32_t)manifest.lane_count;
	atom_unit[FQ_PER_SAMPLE][atom_count] = (uint32_t)manifest.sample_count;
	atom_unit[FQ_PER_COHORT][atom_count] = 0;
	atom_count++;
}

static void add_lane(uint32_t files)
{
	manifest.lanes[manifest.lane_count] = (struct fq_lane){.sample = (uint32_t)manifest.sample_count,
	        .first_file = (uint32_t)manifest.file_count,
	        .sheet = UINT32_MAX};
	for (uint32_t i = 0; i < files; i++) {
		add_atom((uint32_t)manifest.file_count);
		manifest.files[manifest.file_count++] = (struct fq_file){"f", (uint32_t)manifest.lane_count};
	}
	if (files == 0) {
		add_atom(UINT32_MAX);
	}
	manifest.lane_count++;
}

static void make_world(uint32_t samples)
{
	atom_count = 0;
	manifest = (struct fq_manifest){.path = "m.ini", .tasks = tasks, .task_count = 2};
	manifest.files = fq_zeroed(ATOMS_MAX, sizeof(*manifest.files));
	manifest.lanes = fq_zeroed(ATOMS_MAX, sizeof(*manifest.lanes));
	manifest.samples = fq_zeroed(SAMPLES_MAX, sizeof(*manifest.samples));
	for (uint32_t i = 0; i < samples; i++) {
		manifest.samples[i] = (struct fq_sample){"s", 1, (uint32_t)manifest.lane_count, 1, 1};
		uint32_t lanes = 1 + roll(3), files = roll(3);
		for (uint32_t j = 0; j < lanes; j++) {
			add_lane(files);
		}
		manifest.sample_count++;
	}
}

static void end_world(void)
{
	fq_release(manifest.files);
	fq_release(manifest.lanes);
	fq_release(manifest.samples);
	manifest = (struct fq_manifest){0};
	fq_errors_finish(&errors);
}

static bool overlap(enum fq_per a, uint32_t unit_a, enum fq_per b, uint32_t unit_b)
{
	for (uint32_t i = 0; i < atom_count; i++) {
		if (atom_unit[a][i] == unit_a && atom_unit[b][i] == unit_b) {
			return true;
		}
	}
	return false;
}

/* A fileless sample has no file, and so no job that is `per = file`. */
static void compare_all(enum fq_per from, enum fq_per to)
{
	const struct fq_rule *first = &plan.rules[0], *second = &plan.rules[1];
	for (uint32_t i = 0; i < first->job_count; i++) {
		struct fq_jobs after = fq_plan_after(&plan, plan.arrows, first->first_job + i);
		for (uint32_t j = 0; j < second->job_count; j++) {
			uint32_t job = second->first_job + j;
			struct fq_jobs before = fq_plan_before(&plan, plan.arrows, job);
			bool right = overlap(from, i, to, j);
			/* The cohort gathers all there is, and all there is waits for it. */
			right |= from == FQ_PER_COHORT || to == FQ_PER_COHORT;
			cr_assert(is_among(before, first->first_job + i) == right, "%d %u > %d %u", (int)from,
			        i, (int)to, j);
			cr_assert(is_among(after, job) == right, "%d %u < %d %u", (int)from, i, (int)to, j);
		}
	}
}

static void check_pair(enum fq_per from, enum fq_per to)
{
	first_task[0].after = (struct fq_after){0, 1};
	tasks[0] = (struct fq_task){.name = "a", .per = from};
	tasks[1] = (struct fq_task){.name = "b", .per = to, .after = &first_task[0].after, .after_count = 1};
	cr_assert(fq_plan_init(&plan, &manifest, &errors), "%s", findings());
	cr_assert(plan.arrow_count == 1 && plan.side_count == 0);
	compare_all(from, to);
	fq_plan_finish(&plan);
}

static void check_world(uint32_t samples)
{
	make_world(samples);
	for (int from = 0; from < FQ_PER_COLUMN; from++) {
		for (int to = 0; to < FQ_PER_COLUMN; to++) {
			check_pair((enum fq_per)from, (enum fq_per)to);
		}
	}
	end_world();
	fq_buf_finish(&words);
}

Test(plan_units, every_pair_overlaps_as_its_atoms_do)
{
	for (seed = 1; seed < 60; seed++) {
		check_world(1 + roll(SAMPLES_MAX - 1));
	}
}

Test(plan_units, no_sample_at_all)
{
	check_world(0);
}

Test(plan_units, names_and_places_of_single_paired_and_fileless_samples, .init = enter_folder,
        .fini = leave_folder)
{
	load("[samples]\ns1 = a.fq\ns2 = b_1.fq b_2.fq\ns3 =\n"
	     "[task f]\nper = file\ncommand = echo {file}\n[task l]\nper = lane\ncommand = true\n"
	     "[task s]\nper = sample\ncommand = true\n[task c]\ncommand = true\n");
	cr_assert(plan.job_count == 3 + 3 + 3 + 1);
	const char *const names[] = {"f/s1/L1/R1", "f/s2/L1/R1", "f/s2/L1/R2", "l/s1/L1", "l/s2/L1",
	        "l/s3/L1", "s/s1", "s/s2", "s/s3", "c"};
	for (uint32_t i = 0; i < FQ_COUNT(names); i++) {
		cr_assert(job_of(names[i]) == i, "%s", names[i]);
	}
	cr_assert(fq_plan_where(&plan, job_of("s/s2")).line == 3);
	cr_assert(fq_plan_where(&plan, job_of("c")).line == 14);
	cr_assert(fq_plan_sample(&plan, job_of("f/s2/L1/R2")) == 1);
	cr_assert(fq_plan_sample(&plan, job_of("c")) == UINT32_MAX);
}

Test(plan_units, rules_without_jobs_disturb_no_other, .init = enter_folder, .fini = leave_folder)
{
	load("[samples]\ns1 =\n[task a]\nper = file\ncommand = echo {file}\n[task b]\nper = sample\ncommand "
	     "= true\n"
	     "[task c]\nper = file\ncommand = echo {file}\nafter = b\n[task d]\ncommand = true\nafter = a b "
	     "c\n"
	     "[task e]\nper = file\ncommand = echo {file}\nafter = d\n");
	cr_assert(strstr(findings(), "\"a\" has nothing to run on"), "%s", words.at);
	cr_assert(plan.job_count == 2 && fq_plan_rule(&plan, 0)->task == &manifest.tasks[1]);
	cr_assert(fq_plan_rule(&plan, 1)->task == &manifest.tasks[3] && waits("d", "b/s1"));
}
