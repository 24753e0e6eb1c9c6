/* For the tests of plan, run and ui: a manifest in a folder of its own. Each
 * Criterion test is a process, so there is one of everything. */
#ifndef FQRUN_TEST_PLAN_FIXTURE_H
#define FQRUN_TEST_PLAN_FIXTURE_H

#include "fqrun/plan.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-plan-XXXXXX";
static struct fq_manifest manifest;
static struct fq_errors errors;
static struct fq_plan plan;
static struct fq_journal journal = {.fd = -1, .lock_fd = -1};
static struct fq_buf words; /* of the last answer in words */

static inline void enter_folder(void)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
	/* Whoever runs the tests may ignore some (nohup), and what is ignored stays so. */
	for (size_t i = 0; i < FQ_COUNT(stops); i++) {
		signal(stops[i], SIG_DFL);
	}
}

static inline void put(const char *path, const char *text)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make_for(path, &err), "%s", err.text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)), "%s", path);
	close(fd);
}

static inline bool is_there(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static inline const char *text_of(const char *path)
{
	struct fq_error err = {0};
	words.len = 0;
	cr_assert(fq_file_read(path, 1 << 24, &words, &err), "%s", err.text);
	fq_buf_puts(&words, "");
	return words.at;
}

static inline const char *findings(void)
{
	words.len = 0;
	fq_buf_puts(&words, "");
	for (const struct fq_finding *f = errors.first; f; f = f->next) {
		fq_buf_addf(&words, "%u: %s%s\n", f->where.line, f->is_warning ? "warning: " : "", f->text);
	}
	return words.at;
}

static inline void unload(void)
{
	fq_plan_finish(&plan);
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
}

/* Loads without asking what came of it; false when there is an error. */
static inline bool try_to_load(const char *text, const char *set_name, const char *set_value)
{
	struct fq_setting setting = {set_name, set_value};
	unload();
	put("m.ini", text);
	cr_assert(
	        fq_manifest_load(&manifest, "m.ini", &setting, set_name != NULL, &errors), "%s", findings());
	return fq_plan_init(&plan, &manifest, &errors);
}

static inline void load(const char *text)
{
	cr_assert(try_to_load(text, NULL, NULL), "%s", findings());
}

/* The plan must refuse it, in these words. */
static inline void expect_refused(const char *text, const char *part)
{
	cr_assert(!try_to_load(text, NULL, NULL), "accepted:\n%s", text);
	cr_assert(strstr(findings(), part), "not \"%s\":\n%s", part, words.at);
}

static inline uint32_t job_of(const char *name)
{
	struct fq_buf buf = {0};
	uint32_t found = UINT32_MAX;
	for (uint32_t job = 0; job < plan.job_count; job++) {
		buf.len = 0;
		fq_plan_add_name(&plan, job, &buf);
		fq_buf_puts(&buf, "");
		found = strcmp(buf.at, name) == 0 ? job : found;
	}
	fq_buf_finish(&buf);
	cr_assert(found != UINT32_MAX, "no job is called %s", name);
	return found;
}

static inline bool is_among(struct fq_jobs jobs, uint32_t job)
{
	bool is = false;
	for (uint32_t i = 0; i < jobs.count; i++) {
		is |= fq_jobs_at(&jobs, i) == job;
	}
	return is;
}

/* Whether `later` waits for `earlier`, by a regular or a side arrow, seen from both. */
static inline bool waits(const char *later, const char *earlier)
{
	uint32_t to = job_of(later), from = job_of(earlier);
	bool seen = false, seen_back = false;
	for (uint32_t i = 0; i < plan.arrow_count; i++) {
		const struct fq_arrow *arrow = &plan.arrows[i];
		if (&plan.rules[arrow->to] == fq_plan_rule(&plan, to) &&
		        &plan.rules[arrow->from] == fq_plan_rule(&plan, from)) {
			seen |= is_among(fq_plan_before(&plan, arrow, to), from);
			seen_back |= is_among(fq_plan_after(&plan, arrow, from), to);
		}
	}
	const struct fq_side_arrow *side;
	for (size_t i = 0, n = fq_plan_side_before(&plan, to, &side); i < n; i++) {
		seen |= side[i].from == from;
	}
	for (size_t i = 0, n = fq_plan_side_after(&plan, from, &side); i < n; i++) {
		seen_back |= side[i].to == to;
	}
	cr_assert(seen == seen_back, "%s and %s see it differently", later, earlier);
	return seen;
}

static inline void reopen_journal(void)
{
	struct fq_error err = {0};
	fq_journal_close(&journal);
	cr_assert(fq_journal_open(
	                  &journal, "state", &(struct fq_journal_options){.mode = FQ_JOURNAL_WRITE}, &err),
	        "%s", err.text);
}

static inline void leave_folder(void)
{
	struct fq_error err = {0};
	fq_journal_close(&journal);
	unload();
	fq_buf_finish(&words);
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

#define SIX                                                                                                  \
	"[samples]\n"                                                                                        \
	"s1 = r/s1.fq\n"                                                                                     \
	"s2 = r/s2_1.fq r/s2_2.fq\n"                                                                         \
	"s3 = r/s3.fq\n"

#endif
