#include "internal.h"

struct noop {
	struct fq_executor base;
	uint32_t *ended;
	uint32_t first, count, slots; /* a ring */
};

static bool start(
        struct fq_executor *executor, uint32_t slot, const struct fq_launch *launch, struct fq_error *err)
{
	struct noop *noop = (struct noop *)executor;
	(void)launch;
	(void)err;
	noop->ended[(noop->first + noop->count++) % noop->slots] = slot;
	return true;
}

struct fq_process fq_exec_no_process(const struct fq_executor *executor, uint32_t slot)
{
	(void)executor;
	(void)slot;
	return (struct fq_process){0, 0};
}

size_t fq_exec_watch_nothing(struct fq_executor *executor, struct pollfd *ret)
{
	(void)executor;
	(void)ret;
	return 0;
}

void fq_exec_absorb_nothing(struct fq_executor *executor, const struct pollfd *watched, size_t count)
{
	(void)executor;
	(void)watched;
	(void)count;
}

static void send_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	(void)executor;
	(void)slot;
	(void)number;
}

static bool next_exit(struct fq_executor *executor, struct fq_exit *ret)
{
	struct noop *noop = (struct noop *)executor;
	if (noop->count == 0) {
		return false;
	}
	*ret = (struct fq_exit){.slot = noop->ended[noop->first]};
	noop->first = (noop->first + 1) % noop->slots;
	noop->count--;
	return true;
}

static void destroy(struct fq_executor *executor)
{
	struct noop *noop = (struct noop *)executor;
	if (noop) {
		fq_release(noop->ended);
		fq_release(noop);
	}
}

static const struct fq_executor_impl impl = {"noop", start, fq_exec_no_process, send_signal,
        fq_exec_watch_nothing, fq_exec_absorb_nothing, next_exit, NULL, NULL, destroy};

struct fq_executor *fq_exec_noop(uint32_t slots)
{
	struct noop *noop = fq_zeroed(1, sizeof(*noop));
	noop->base.impl = &impl;
	noop->ended = fq_zeroed(slots, sizeof(*noop->ended));
	noop->slots = slots;
	return &noop->base;
}
