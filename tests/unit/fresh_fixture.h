/* For the tests of whether a success holds: successes that nobody ran for. */
#ifndef FQRUN_TEST_FRESH_FIXTURE_H
#define FQRUN_TEST_FRESH_FIXTURE_H

#include "plan_fixture.h"

static uint32_t seqs[64];
static struct fq_buf why;

/* Records the job's success as a run does, with its files as they are now. */
static inline void succeed(const char *name)
{
	uint32_t job = job_of(name);
	struct fq_buf items = {0}, unit = {0};
	struct fq_error err = {0};
	char digest[FQ_DIGEST_LEN + 1];
	const struct fq_rule *rule = fq_plan_rule(&plan, job);
	fq_plan_forget_stamps(&plan);
	fq_plan_add_items(&plan, job, &items);
	cr_assert(fq_plan_add_output_items(&plan, job, &items, NULL), "%s misses an output", name);
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(&plan, job, &unit);
	cr_assert(fq_journal_keep_text(&journal, rule->recipe, digest, &err));
	cr_assert(fq_journal_done(&journal, fq_text(rule->task->name), (struct fq_text){unit.at, unit.len},
	        &(struct fq_record){.usage.ms = 5, .items = {items.at, items.len}}, &err));
	seqs[job] = journal.seq;
	fq_buf_finish(&items);
	fq_buf_finish(&unit);
}

/* Asks with and without words: the two may not disagree. */
static inline bool is_fresh(const char *name)
{
	uint32_t job = job_of(name);
	struct fq_fresh f, again;
	fq_plan_forget_stamps(&plan);
	why.len = 0;
	fq_buf_puts(&why, "");
	bool fresh = fq_plan_is_fresh(&plan, job, &journal, seqs, &f, &why);
	cr_assert(fq_plan_is_fresh(&plan, job, &journal, seqs, &again, NULL) == fresh &&
	          f.since == again.since);
	cr_assert(fresh == (why.len == 0), "%s: %s", name, why.at);
	cr_assert(fresh == (f.since != 0));
	fq_buf_puts(&why, "");
	return fresh;
}

static inline void expect_stale(const char *name, const char *part)
{
	cr_assert(!is_fresh(name), "%s is fresh", name);
	cr_assert(strstr(why.at, part), "%s: not \"%s\":\n%s", name, part, why.at);
}

static inline void set_time(const char *path, long seconds)
{
	struct timespec times[2] = {{seconds, 5}, {seconds, 5}};
	cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static inline void end(void)
{
	fq_buf_finish(&why);
	leave_folder();
}

#endif
