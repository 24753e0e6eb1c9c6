/* -l LOAD: the load of the machine.
 *
 * Its one-minute average is slow: what has just been started is hardly in it, what has
 * just ended still is. So our own share is reckoned in the same way and taken out of it, and
 * what runs now is put in its place. */
#include "schedule.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static uint32_t used_tokens(const struct fq_run *run)
{
	return run->tokens.held + !run->tokens.implicit_is_free - (uint32_t)run->queue->claim.count;
}

/* e^-x for x >= 0, near enough. */
static double fade(double x)
{
	double half = 1 + x / 8;
	half *= half;
	half *= half;
	return 1 / (half * half);
}

void fq_run_load_note(struct fq_run *run)
{
	static const double minute_ns = 60e9;
	struct fq_run_queue *queue = run->queue;
	if (run->options.load <= 0) {
		return;
	}
	int64_t now = fq_run_now(run);
	double kept = queue->load_ns ? fade((double)(now - queue->load_ns) / minute_ns) : 0;
	queue->load_ours = queue->load_ns ? queue->load_ours * kept + used_tokens(run) * (1 - kept) : 0;
	queue->load_ns = now;
}

static double read_load(void)
{
	char text[64];
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0) {
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	return strtod(text, NULL);
}

bool fq_run_load_is_high(struct fq_run *run)
{
	if (run->options.load <= 0 || run->counts[FQ_STATE_RUNNING] == 0) {
		return false;
	}
	fq_run_load_note(run);
	double others = read_load() - run->queue->load_ours;
	return (others > 0 ? others : 0) + used_tokens(run) >= run->options.load;
}
