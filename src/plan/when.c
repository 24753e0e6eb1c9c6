#include "internal.h"

enum fq_truth fq_plan_when(struct fq_plan *plan, uint32_t job, struct fq_error *err)
{
	(void)plan;
	(void)job;
	(void)err;
	return FQ_TRUE;
}
