/* Jobs that the system has no room for: they wait until a job of ours has ended, or others. */
#include "schedule.h"

#include <errno.h>

bool fq_run_is_crowd(int number)
{
	return number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE;
}

/* Nothing of ours runs that could make room: others have to. */
static void wait_for_others(struct fq_run *run, struct fq_error *err)
{
	static const int64_t again_ns = INT64_C(1000000000), patience_ns = INT64_C(60000000000);
	struct fq_run_queue *queue = run->queue;
	int64_t now = fq_run_now(run);
	if (queue->crowd_since_ns < 0) {
		queue->crowd_since_ns = now;
		fq_run_remark(run, FQ_NOWHERE, "it is tried again each second, for a minute",
		        "there is no room even for one job: %s", err->text);
	}
	if (now - queue->crowd_since_ns >= patience_ns) {
		fq_run_fault(run, err);
	}
	queue->crowd_due_ns = now + again_ns;
}

void fq_run_put_back(struct fq_run *run, uint32_t job, struct fq_error *err)
{
	if (run->counts[FQ_STATE_RUNNING] == 0) {
		wait_for_others(run, err);
	}
	fq_error_finish(err);
	run->is_crowded = true;
	fq_run_queue_push(run->queue, job);
}
