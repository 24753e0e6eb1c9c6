/* `fqrun clean [TARGET...]`: removes what jobs made. */
#include "cli.h"
#include "known.h"
#include "removal.h"

/* What it left when it failed stands beside today's outputs. */
static void add_partials(struct fq_removal *removal, uint32_t job)
{
	struct fq_list outputs = {0};
	fq_plan_outputs(&removal->s->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		fq_removal_add_partial(removal, path);
	}
	fq_list_finish(&outputs);
}

static void add_job(struct fq_removal *removal, uint32_t job)
{
	struct fq_session *s = removal->s;
	const struct fq_task *task = fq_plan_rule(&s->plan, job)->task;
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(&s->plan, job, &unit);
	struct fq_journal_job known = {
	        .task = fq_text(task->name), .unit = {unit.at, unit.len}, .record = fq_known_record(s, job)};
	fq_removal_add_job(removal, &known, task->is_protected, false);
	add_partials(removal, job);
	fq_buf_finish(&unit);
}

static int clean(struct fq_session *s)
{
	struct fq_removal removal = fq_removal_begin(s, false);
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		if (!s->wanted || s->wanted[job]) {
			add_job(&removal, job);
		}
	}
	int status = fq_removal_carry_out(&removal);
	fq_removal_finish(&removal);
	return status;
}

int fq_cli_clean(const struct fq_options *options)
{
	return fq_session_change(options, fq_session_select_named, clean);
}
