#include "cli.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

static bool has_failed(struct fq_session *s, uint32_t job, struct fq_buf *unit)
{
	unit->len = 0;
	fq_plan_add_unit(&s->plan, job, unit);
	struct fq_record record = fq_journal_find(&s->journal,
	        fq_text(fq_plan_rule(&s->plan, job)->task->name), (struct fq_text){unit->at, unit->len});
	return record.verdict == FQ_VERDICT_FAILED || record.verdict == FQ_VERDICT_BEGUN;
}

static void keep_failed(struct fq_session *s)
{
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		s->anew[job] = s->anew[job] && has_failed(s, job, &unit);
	}
	fq_buf_finish(&unit);
}

static bool select_targets(struct fq_session *s)
{
	bool is_good = true;
	s->anew = fq_zeroed(s->plan.job_count, sizeof(*s->anew));
	memset(s->anew, s->options->target_count == 0, s->plan.job_count);
	for (size_t i = 0; i < s->options->target_count && is_good; i++) {
		is_good = fq_plan_select(&s->plan, s->options->targets[i], s->anew, &s->err);
	}
	return is_good;
}

/* Those, and what they need as far as that is not up to date. */
static bool narrow(struct fq_session *s)
{
	bool is_any = false;
	if (s->options->failed) {
		keep_failed(s);
	}
	s->wanted = fq_zeroed(s->plan.job_count, sizeof(*s->wanted));
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		s->wanted[job] = s->anew[job];
		is_any |= s->anew[job];
		s->anew[job] &= !s->options->failed; /* as it is they run, and say why */
	}
	if (!is_any && !s->options->quiet) {
		puts(s->options->target_count ? "nothing to do: none of these failed or was cut off"
		                              : "nothing to do: no job failed or was cut off");
	}
	fq_plan_select_needed(&s->plan, s->wanted);
	return is_any;
}

int fq_cli_rerun(const struct fq_options *options)
{
	if (!options->failed && options->target_count == 0) {
		struct fq_error err = {0};
		fq_fail(&err, FQ_NOWHERE,
		        "fqrun rerun --failed runs what failed, fqrun rerun TASK/SAMPLE that job; fqrun -B "
		        "runs all",
		        "rerun needs --failed or a TARGET");
		fq_cli_print_error(&err);
		fq_error_finish(&err);
		return 2;
	}
	return fq_cli_run_chosen(options, select_targets, narrow);
}
