#include "fqrun/exec.h"

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

static struct fq_process process(const struct fq_executor *executor, uint32_t slot)
{
	(void)executor;
	(void)slot;
	return (struct fq_process){0, 0};
}

static void send_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	(void)executor;
	(void)slot;
	(void)number;
}

static size_t watch(struct fq_executor *executor, struct pollfd *ret)
{
	(void)executor;
	(void)ret;
	return 0;
}

static void absorb(struct fq_executor *executor, const struct pollfd *watched, size_t count)
{
	(void)executor;
	(void)watched;
	(void)count;
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

static const struct fq_executor_impl impl = {
        "noop", start, process, send_signal, watch, absorb, next_exit, NULL, NULL, destroy};

struct fq_executor *fq_exec_noop(uint32_t slots)
{
	struct noop *noop = fq_zeroed(1, sizeof(*noop));
	noop->base.impl = &impl;
	noop->ended = fq_zeroed(slots, sizeof(*noop->ended));
	noop->slots = slots;
	return &noop->base;
}
