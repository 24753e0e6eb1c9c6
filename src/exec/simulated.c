#include "internal.h"

#include <signal.h>

struct task {
	uint32_t slot;
	int status;
	int64_t end_ns;
};

struct simulated {
	struct fq_executor base;
	int64_t now_ns;
	int64_t (*duration_ns)(void *context, uint32_t slot);
	void *context;
	struct task *running; /* in no order: there are as many as slots at most */
	uint32_t count;
};

static bool start(
        struct fq_executor *executor, uint32_t slot, const struct fq_launch *launch, struct fq_error *err)
{
	struct simulated *simulated = (struct simulated *)executor;
	(void)launch;
	(void)err;
	simulated->running[simulated->count++] =
	        (struct task){slot, 0, simulated->now_ns + simulated->duration_ns(simulated->context, slot)};
	return true;
}

/* Those that heed no TERM are not simulated, nor those that stand still. */
static void send_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	struct simulated *simulated = (struct simulated *)executor;
	for (uint32_t i = 0; i < simulated->count && (number == SIGTERM || number == SIGKILL); i++) {
		struct task *task = &simulated->running[i];
		if (task->slot == slot && task->end_ns > simulated->now_ns) {
			task->end_ns = simulated->now_ns;
			task->status = number;
		}
	}
}

static bool is_before(const struct task *a, const struct task *b)
{
	return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->slot < b->slot;
}

/* The one that ends first; NULL: none runs. */
static struct task *find_first(const struct simulated *simulated)
{
	struct task *first = NULL;
	for (uint32_t i = 0; i < simulated->count; i++) {
		struct task *task = &simulated->running[i];
		first = !first || is_before(task, first) ? task : first;
	}
	return first;
}

static bool next_exit(struct fq_executor *executor, struct fq_exit *ret)
{
	struct simulated *simulated = (struct simulated *)executor;
	struct task *first = find_first(simulated);
	if (!first || first->end_ns > simulated->now_ns) {
		return false;
	}
	*ret = (struct fq_exit){.slot = first->slot, .status = first->status};
	*first = simulated->running[--simulated->count];
	return true;
}

static int64_t now_ns(const struct fq_executor *executor)
{
	return ((const struct simulated *)executor)->now_ns;
}

static void pass(struct fq_executor *executor, int64_t until_ns)
{
	struct simulated *simulated = (struct simulated *)executor;
	const struct task *first = find_first(simulated);
	int64_t to = first && (until_ns < 0 || first->end_ns < until_ns) ? first->end_ns : until_ns;
	simulated->now_ns = to > simulated->now_ns ? to : simulated->now_ns;
}

static void destroy(struct fq_executor *executor)
{
	struct simulated *simulated = (struct simulated *)executor;
	if (simulated) {
		fq_release(simulated->running);
		fq_release(simulated);
	}
}

static const struct fq_executor_impl impl = {"simulated", start, fq_exec_no_process, send_signal,
        fq_exec_watch_nothing, fq_exec_absorb_nothing, next_exit, now_ns, pass, destroy};

struct fq_executor *fq_exec_simulated(
        uint32_t slots, int64_t (*duration_ns)(void *context, uint32_t slot), void *context)
{
	struct simulated *simulated = fq_zeroed(1, sizeof(*simulated));
	simulated->base.impl = &impl;
	simulated->duration_ns = duration_ns;
	simulated->context = context;
	simulated->running = fq_zeroed(slots, sizeof(*simulated->running));
	return &simulated->base;
}
