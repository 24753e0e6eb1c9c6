/* Another attempt for a job that failed. */
#include "internal.h"

int64_t fq_run_memory_of(const struct fq_run *run, uint32_t job)
{
	return fq_plan_rule(run->plan, job)->task->memory_bytes;
}

bool fq_run_retry(struct fq_run *run, const struct fq_failure *failure)
{
	(void)run;
	(void)failure;
	return false;
}

void fq_run_retry_wake(struct fq_run *run, int64_t now)
{
	(void)run;
	(void)now;
}

int64_t fq_run_retry_due(const struct fq_run *run)
{
	(void)run;
	return 0;
}
