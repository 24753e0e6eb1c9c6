/* `protect = yes`: outputs that are read-only once their job is done. Judged by the mode's
 * bits alone, so that it holds for root too. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { WRITE_BITS = S_IWUSR | S_IWGRP | S_IWOTH };

struct search {
	struct fq_run *run;
	uint32_t job;
	int number; /* errno of the first that could not be changed */
};

static bool is_protected(const char *path, const struct stat *file, void *context)
{
	(void)path;
	(void)context;
	return S_ISREG(file->st_mode) && !(file->st_mode & WRITE_BITS);
}

bool fq_run_may_remake(struct fq_run *run, uint32_t job, const char *output, struct fq_error *err)
{
	if (!fq_plan_rule(run->plan, job)->task->is_protected ||
	        !fq_run_any_file(output, is_protected, NULL)) {
		return true;
	}
	struct fq_buf hint = {0};
	fq_buf_puts(&hint, fq_path_is_folder(output) ? "chmod -R u+w " : "chmod u+w ");
	fq_buf_add_quoted(&hint, fq_text(output));
	fq_buf_puts(&hint, " lets it be made anew; or protect = no in the task");
	fq_fail(err, fq_plan_where(run->plan, job), hint.at,
	        "output %s is protected (it is read-only), and its job would make it anew", output);
	fq_buf_finish(&hint);
	return false;
}

/* A link leads to what may be anybody's, and so may one with a second name. */
static bool protect(const char *path, const struct stat *file, void *context)
{
	struct search *search = context;
	if (S_ISREG(file->st_mode) && (file->st_mode & WRITE_BITS) &&
	        !fq_run_is_input(search->run, search->job, file) &&
	        chmod(path, file->st_mode & 07777 & ~(mode_t)WRITE_BITS) != 0) {
		search->number = search->number ? search->number : errno;
	}
	return false;
}

void fq_run_protect(struct fq_run *run, uint32_t job)
{
	struct fq_list outputs = {0};
	if (!fq_plan_rule(run->plan, job)->task->is_protected) {
		return;
	}
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *output = NULL; (output = fq_list_next(&outputs, output));) {
		struct search search = {.run = run, .job = job};
		fq_run_any_file(output, protect, &search);
		if (search.number && !run->told_unprotected) {
			run->told_unprotected = true;
			fq_run_remark(run, fq_plan_where(run->plan, job), "`protect` needs it to be yours",
			        "output %s cannot be made read-only: %s", output, strerror(search.number));
		}
	}
	fq_list_finish(&outputs);
}
