#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

struct slot {
	pid_t pid;           /* 0: free */
	struct slot *behind; /* the next of those whose pids fall into the same bucket */
	int64_t started_ticks;
	int output; /* read end of its pipe, -1: it closed it */
	struct fq_exec_log log;
	void (*on_line)(void *context, uint32_t slot, struct fq_text line);
	void *context;
	struct fq_buf line; /* what came of the one that is not ended yet */
};

struct local {
	struct fq_executor base;
	struct slot *slots;
	uint32_t slot_count, running_count;
	struct slot **buckets; /* running jobs by pid */
	uint32_t bucket_mask;
	uint32_t *watched; /* the slot behind each descriptor of the last watch() */
	struct fq_exec_spawner spawner;
	struct fq_buf buffer;
};

/* --- which job a process is ------------------------------------------------------------- */

static struct slot **bucket_of(const struct local *local, pid_t pid)
{
	return &local->buckets[(uint32_t)pid & local->bucket_mask];
}

static struct slot *slot_of(const struct local *local, pid_t pid)
{
	struct slot *slot = *bucket_of(local, pid);
	while (slot && slot->pid != pid) {
		slot = slot->behind;
	}
	return slot;
}

static void remember(struct local *local, struct slot *slot)
{
	struct slot **bucket = bucket_of(local, slot->pid);
	slot->behind = *bucket;
	*bucket = slot;
	local->running_count++;
}

static void forget(struct local *local, struct slot *slot)
{
	struct slot **at = bucket_of(local, slot->pid);
	while (*at != slot) {
		at = &(*at)->behind;
	}
	*at = slot->behind;
	slot->pid = 0;
	local->running_count--;
}

/* --- lines ------------------------------------------------------------------------------ */

enum { LINE_BYTES = 1 << 16 };

static void end_line(struct local *local, struct slot *slot)
{
	if (slot->line.len) {
		slot->on_line(slot->context, (uint32_t)(slot - local->slots),
		        (struct fq_text){slot->line.at, slot->line.len});
		slot->line.len = 0;
	}
}

static void cut_lines(struct local *local, struct slot *slot, const char *at, size_t len)
{
	for (size_t i = 0; slot->on_line && i < len; i++) {
		if (at[i] == '\n' || at[i] == '\r' || slot->line.len == LINE_BYTES) {
			end_line(local, slot);
		}
		if (at[i] != '\n' && at[i] != '\r') {
			fq_buf_putc(&slot->line, at[i] ? at[i] : ' ');
		}
	}
}

/* --- output ------------------------------------------------------------------------------ */

static void close_output(struct slot *slot)
{
	if (slot->output >= 0) {
		close(slot->output);
		slot->output = -1;
	}
}

/* One read: what poll(2) promised, and never more than that. */
static size_t read_output(struct local *local, struct slot *slot, size_t most)
{
	char *room = fq_buf_room(&local->buffer, READ_BYTES);
	ssize_t got = read(slot->output, room, most < READ_BYTES ? most : READ_BYTES);
	if (got > 0) {
		fq_exec_log_write(&slot->log, room, (size_t)got);
		cut_lines(local, slot, room, (size_t)got);
	} else if (got == 0 || errno != EINTR) {
		close_output(slot);
	}
	return got > 0 ? (size_t)got : 0;
}

/* What is in the pipe now that its job has ended. Asked once: others may still hold
 * the pipe, and write into it without end. */
static void drain_output(struct local *local, struct slot *slot)
{
	int ready = 0;
	if (slot->output >= 0 && ioctl(slot->output, FIONREAD, &ready) != 0) {
		ready = 0;
	}
	for (size_t left = ready > 0 ? (size_t)ready : 0; left && slot->output >= 0;) {
		left -= read_output(local, slot, left);
	}
	close_output(slot);
}

/* --- starting ---------------------------------------------------------------------------- */

/* Room for its log, which is opened when all is under way; and, beside others, for what we
 * open for a moment. */
static bool keep_room(const struct local *local, struct fq_exec_log *log)
{
	enum { MOMENTARY = 8 };
	struct rlimit most;
	log->spare = fcntl(local->spawner.null, F_DUPFD_CLOEXEC, 0);
	bool is_last = local->running_count && getrlimit(RLIMIT_NOFILE, &most) == 0 &&
	               (rlim_t)log->spare + MOMENTARY >= most.rlim_cur;
	errno = is_last ? EMFILE : errno;
	return log->spare >= 0 && !is_last;
}

static bool start(
        struct fq_executor *executor, uint32_t number, const struct fq_launch *launch, struct fq_error *err)
{
	struct local *local = (struct local *)executor;
	struct slot *slot = &local->slots[number];
	int ends[2];
	fq_exec_log_begin(&slot->log, launch->log, launch->log_limit_bytes);
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return fq_fail_errno(err, "cannot make a pipe");
	}
	bool ok = keep_room(local, &slot->log)
	                  ? fq_exec_spawn(&local->spawner, launch, ends[1], &slot->pid, err)
	                  : fq_fail_errno(err, "cannot keep room for a log");
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		fq_exec_log_end(&slot->log);
		slot->pid = 0;
		return false;
	}
	remember(local, slot);
	slot->started_ticks = fq_clock_ticks();
	slot->output = ends[0];
	slot->on_line = launch->on_line;
	slot->context = launch->context;
	slot->line.len = 0;
	return true;
}

static struct fq_process process(const struct fq_executor *executor, uint32_t slot)
{
	const struct local *local = (const struct local *)executor;
	return (struct fq_process){local->slots[slot].pid, local->slots[slot].started_ticks};
}

static void send_signal(struct fq_executor *executor, uint32_t slot, int number)
{
	struct local *local = (struct local *)executor;
	if (local->slots[slot].pid > 0) {
		kill(-local->slots[slot].pid, number);
	}
}

/* --- waiting ------------------------------------------------------------------------------ */

static size_t watch(struct fq_executor *executor, struct pollfd *ret)
{
	struct local *local = (struct local *)executor;
	size_t count = 0;
	for (uint32_t i = 0; i < local->slot_count; i++) {
		if (local->slots[i].pid && local->slots[i].output >= 0) {
			local->watched[count] = i;
			ret[count++] = (struct pollfd){.fd = local->slots[i].output, .events = POLLIN};
		}
	}
	return count;
}

static void absorb(struct fq_executor *executor, const struct pollfd *watched, size_t count)
{
	struct local *local = (struct local *)executor;
	for (size_t i = 0; i < count; i++) {
		if (watched[i].revents) {
			read_output(local, &local->slots[local->watched[i]], READ_BYTES);
		}
	}
}

static int64_t time_ns(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

/* While the process is a zombie its number cannot be another's: the moment to end
 * what is left of its group, before its outputs are looked at. */
static void reap(struct local *local, struct slot *slot, struct fq_exit *ret)
{
	struct rusage usage = {0};
	kill(-slot->pid, SIGKILL);
	drain_output(local, slot);
	if (slot->on_line) {
		end_line(local, slot);
	}
	while (wait4(slot->pid, &ret->status, 0, &usage) < 0 && errno == EINTR) {
	}
	ret->user_ns = time_ns(&usage.ru_utime);
	ret->system_ns = time_ns(&usage.ru_stime);
	ret->peak_rss_kb = usage.ru_maxrss;
	ret->read_bytes = (int64_t)usage.ru_inblock * 512;
	ret->written_bytes = (int64_t)usage.ru_oublock * 512;
	ret->log_failed = !fq_exec_log_end(&slot->log);
	forget(local, slot);
}

/* Takes in that a process stands still: by which signal; 0: no more. */
static int take_stop(pid_t pid)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid ? info.si_status : 0;
}

static bool next_exit(struct fq_executor *executor, struct fq_exit *ret)
{
	struct local *local = (struct local *)executor;
	siginfo_t info;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 ||
		        info.si_pid == 0) {
			return false;
		}
		/* None: an orphan of a job, which we adopted as its subreaper. */
		struct slot *slot = slot_of(local, info.si_pid);
		*ret = (struct fq_exit){.slot = slot ? (uint32_t)(slot - local->slots) : 0};
		if (info.si_code == CLD_STOPPED) {
			ret->stopped_by = take_stop(info.si_pid);
		} else if (slot) {
			reap(local, slot, ret);
			return true;
		} else {
			waitpid(info.si_pid, NULL, WNOHANG);
		}
		if (slot && ret->stopped_by) {
			return true;
		}
	}
}

bool fq_exec_has_children(void)
{
	siginfo_t info;
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static void destroy(struct fq_executor *executor)
{
	struct local *local = (struct local *)executor;
	if (!local) {
		return;
	}
	for (uint32_t i = 0; i < local->slot_count; i++) {
		if (local->slots[i].pid > 0) {
			struct fq_exit ignored;
			kill(-local->slots[i].pid, SIGKILL);
			reap(local, &local->slots[i], &ignored);
		}
		fq_release(local->slots[i].log.path);
		fq_buf_finish(&local->slots[i].line);
	}
	fq_exec_spawner_finish(&local->spawner);
	fq_buf_finish(&local->buffer);
	fq_release(local->buckets);
	fq_release(local->watched);
	fq_release(local->slots);
	fq_release(local);
}

static const struct fq_executor_impl impl = {
        "local", start, process, send_signal, watch, absorb, next_exit, NULL, NULL, destroy};

struct fq_executor *fq_exec_local(uint32_t slots, struct fq_error *err)
{
	struct local *local = fq_zeroed(1, sizeof(*local));
	local->base.impl = &impl;
	local->slots = fq_zeroed(slots, sizeof(*local->slots));
	local->watched = fq_zeroed(slots, sizeof(*local->watched));
	local->slot_count = slots;
	for (local->bucket_mask = 1; local->bucket_mask < slots;) {
		local->bucket_mask = local->bucket_mask * 2 + 1;
	}
	local->buckets = fq_zeroed((size_t)local->bucket_mask + 1, sizeof(struct slot *));
	for (uint32_t i = 0; i < slots; i++) {
		local->slots[i].output = local->slots[i].log.fd = local->slots[i].log.spare = -1;
	}
	fq_exec_keep_descriptors();
	/* Orphans of jobs come to us, not to init: see next_exit(). */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!fq_exec_spawner_init(&local->spawner, err)) {
		destroy(&local->base);
		return NULL;
	}
	return &local->base;
}
