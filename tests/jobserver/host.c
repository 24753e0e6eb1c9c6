/* A jobserver that does not trust its clients: hands out tokens that can be told apart,
 * sends signals, holds tokens back, goes away, and counts what came back.
 *
 * usage: host [OPTION...] COMMAND [ARGUMENT...]
 *   --style pipe|fifo     how the pool is offered
 *   --path PATH           of the FIFO (default: a name in the working directory)
 *   -n N                  so many tokens, each another byte (default 3)
 *   --tokens HEX,...      these bytes
 *   --nonblock            both ends of the pipe as make 4.4 leaves them (else blocking)
 *   --close               advertise descriptors that the command does not have
 *   --flags LETTERS       the user's, in front in MAKEFLAGS
 *   --variables TEXT      goes behind ` -- ` in MAKEFLAGS
 *   --count               as make does: any byte may come back, and flags be changed
 *   --signal NAME --when FILE  send it to the command when FILE is there
 *   --late FILE           no token is in the pool until FILE is there
 *   --started FILE        tell how long after the release FILE came
 *   --gone FILE           close the pool's ends when FILE is there
 *   --limit SECONDS       kill everything after so long (default 60)
 *   --report FILE         where to say what came back (default: standard error)
 *
 * Waits for the command and for all that it left behind. Exit status: 0 the same bytes
 * came back, 1 they did not, 2 usage, 3 it hung. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct host_options options;
static int ends[2] = {-1, -1};
static int end_flags[2];
static int event_fd = -1, child_fd = -1;
static pid_t child = -1;
static int child_status = -1;
static bool all_ended;
static struct timespec released;

/* --- the pool ------------------------------------------------------------------------- */

static void set_flags(int fd, int flags)
{
	if (fcntl(fd, F_SETFL, flags) != 0)
		fq_host_die("fcntl");
}

/* Of ours the read end is never blocking; a command that inherits it gets what was asked for. */
static void open_pool(void)
{
	if (options.fifo) {
		if (mkfifo(options.path, 0600) != 0)
			fq_host_die("%s", options.path);
		ends[0] = open(options.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		ends[1] = open(options.path, O_WRONLY | O_CLOEXEC);
	} else if (pipe(ends) != 0) {
		fq_host_die("pipe");
	}
	if (ends[0] < 0 || ends[1] < 0)
		fq_host_die("%s", options.path);
	for (int i = 0; i < 2 && options.nonblock; i++)
		set_flags(ends[i], fcntl(ends[i], F_GETFL) | O_NONBLOCK);
	for (int i = 0; i < 2; i++)
		end_flags[i] = fcntl(ends[i], F_GETFL);
}

static void release(void)
{
	size_t count = options.token_count;
	clock_gettime(CLOCK_MONOTONIC, &released);
	if (count && write(ends[1], options.tokens, count) != (ssize_t)count)
		fq_host_die("the pool takes no %zu tokens", count);
}

static void close_pool(void)
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
	if (options.fifo)
		unlink(options.path);
}

/* Blanks in the path are escaped, as make does. */
static void set_makeflags(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		fq_host_die("open_memstream");
	fprintf(out, "%s -j%zu --jobserver-auth=", options.flags, options.token_count + 1);
	if (options.fifo) {
		char cwd[PATH_MAX];
		if (!getcwd(cwd, sizeof cwd))
			fq_host_die("getcwd");
		fputs("fifo:", out);
		for (const char *at = cwd; *at; at++)
			fprintf(out, "%s%c", strchr(" \t\\", *at) ? "\\" : "", *at);
		fputc('/', out);
		for (const char *at = options.path; *at; at++)
			fprintf(out, "%s%c", strchr(" \t\\", *at) ? "\\" : "", *at);
	} else {
		fprintf(out, "%d,%d", ends[0], ends[1]);
	}
	if (*options.variables)
		fprintf(out, " -- %s", options.variables);
	if (fclose(out) != 0 || setenv("MAKEFLAGS", text, 1) != 0)
		fq_host_die("MAKEFLAGS");
	free(text);
}

/* --- the command ---------------------------------------------------------------------- */

/* In the child: signals as a login shell has them, whoever started us. */
static _Noreturn void become_command(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int i = 1; i < 32; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_makeflags();
	if (options.closed || options.fifo)
		close_range((unsigned)(ends[0] < ends[1] ? ends[0] : ends[1]), ~0U, 0);
	execvp(options.command[0], options.command);
	fq_host_die("%s", options.command[0]);
}

static void start_command(void)
{
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	child_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	/* What the command leaves behind becomes ours, so that we know when it is gone. */
	if (child_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0)
		fq_host_die("waiting");
	child = fork();
	if (child < 0)
		fq_host_die("fork");
	if (child == 0)
		become_command();
}

static void reap(void)
{
	struct signalfd_siginfo info[8];
	while (read(child_fd, info, sizeof info) > 0)
		;
	for (;;) {
		int status = 0;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			all_ended = true;
		if (pid <= 0)
			return;
		if (pid == child)
			child_status = status;
	}
}

/* --- events --------------------------------------------------------------------------- */

static void watch_files(void)
{
	event_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (event_fd < 0)
		fq_host_die("inotify");
	for (int i = 0; i < EVENT_COUNT; i++) {
		if (!options.files[i])
			continue;
		char folder[PATH_MAX];
		snprintf(folder, sizeof folder, "%s", options.files[i]);
		char *slash = strrchr(folder, '/');
		snprintf(slash ? slash : folder, 3, "%s", slash ? "/." : ".");
		if (inotify_add_watch(event_fd, folder, IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
			fq_host_die("%s", folder);
	}
}

static void tell_delay(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t ns = (int64_t)(now.tv_sec - released.tv_sec) * 1000000000 + (now.tv_nsec - released.tv_nsec);
	fprintf(options.report, "started after %lld us\n", (long long)(ns / 1000));
}

static void act(enum event_kind kind)
{
	switch (kind) {
	case EVENT_SIGNAL:
		if (child_status < 0)
			kill(child, options.signal);
		break;
	case EVENT_LATE:
		release();
		break;
	case EVENT_STARTED:
		tell_delay();
		break;
	case EVENT_GONE:
		close_pool();
		break;
	case EVENT_COUNT:
		break;
	}
}

static void look_for_files(void)
{
	_Alignas(struct inotify_event) char events[4096];
	while (read(event_fd, events, sizeof events) > 0)
		;
	for (int i = 0; i < EVENT_COUNT; i++) {
		if (!options.files[i] || access(options.files[i], F_OK) != 0)
			continue;
		options.files[i] = NULL;
		act((enum event_kind)i);
	}
}

/* False: it hung. */
static bool watch_command(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	time_t deadline = now.tv_sec + options.limit_s;
	while (!all_ended) {
		struct pollfd fds[] = {
		        {.fd = event_fd, .events = POLLIN}, {.fd = child_fd, .events = POLLIN}};
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= deadline)
			return false;
		if (poll(fds, 2, 1000) < 0 && errno != EINTR)
			fq_host_die("poll");
		look_for_files();
		reap();
	}
	return true;
}

/* Children, also of children: whoever has lost its parent is ours. */
static void kill_all(void)
{
	while (!all_ended) {
		char path[64];
		snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
		FILE *in = fopen(path, "re");
		long pid = 0;
		while (in && fscanf(in, "%ld", &pid) == 1)
			kill((pid_t)pid, SIGKILL);
		if (in)
			fclose(in);
		struct pollfd fd = {.fd = child_fd, .events = POLLIN};
		poll(&fd, 1, 100);
		reap();
	}
}

/* --- the audit ------------------------------------------------------------------------ */

static void tell_bytes(const char *what, const unsigned *counts)
{
	fprintf(options.report, "%s", what);
	for (unsigned byte = 0; byte < 256; byte++) {
		for (unsigned i = 0; i < counts[byte]; i++)
			fprintf(options.report, " %02x", byte);
	}
	fputc('\n', options.report);
}

/* Bytes that stand in `has` and not in `other`. */
static unsigned count_more(const unsigned *has, const unsigned *other, unsigned *ret)
{
	unsigned sum = 0;
	for (int i = 0; i < 256; i++) {
		ret[i] = has[i] > other[i] ? has[i] - other[i] : 0;
		sum += ret[i];
	}
	return sum;
}

/* make changes them, nobody else may. */
static bool have_same_flags(void)
{
	return fcntl(ends[0], F_GETFL) == end_flags[0] && fcntl(ends[1], F_GETFL) == end_flags[1];
}

static bool audit(void)
{
	unsigned given[256] = {0}, found[256] = {0}, missing[256], strange[256];
	unsigned given_count = (unsigned)options.token_count, found_count = 0;
	for (size_t i = 0; i < options.token_count; i++)
		given[options.tokens[i]]++;
	bool same_flags = options.count_only || have_same_flags();
	set_flags(ends[0], end_flags[0] | O_NONBLOCK);
	uint8_t byte = 0;
	for (; read(ends[0], &byte, 1) == 1; found_count++)
		found[byte]++;
	unsigned changed = count_more(given, found, missing), extra = count_more(found, given, strange);
	unsigned lost = given_count > found_count ? given_count - found_count : 0;
	unsigned gained = found_count > given_count ? found_count - given_count : 0;
	changed = options.count_only ? 0 : changed < extra ? changed : extra;
	fprintf(options.report, "lost %u gained %u changed %u\n", lost, gained, changed);
	if (lost || changed)
		tell_bytes("missing", missing);
	if (gained || changed)
		tell_bytes("strange", strange);
	if (!same_flags)
		fprintf(options.report, "the flags of the shared descriptors were changed\n");
	return !lost && !gained && !changed && same_flags;
}

static void tell_status(void)
{
	if (WIFSIGNALED(child_status))
		fprintf(options.report, "status %d\n", 128 + WTERMSIG(child_status));
	else
		fprintf(options.report, "status %d\n", WEXITSTATUS(child_status));
}

int main(int argc, char **argv)
{
	fq_host_options(&options, argc, argv);
	open_pool();
	watch_files();
	if (!options.files[EVENT_LATE])
		release();
	start_command();
	look_for_files();
	bool hung = !watch_command();
	if (hung) {
		fprintf(options.report, "it hung, or left something behind\n");
		kill_all();
	}
	tell_status();
	bool is_gone = ends[0] < 0;
	/* Tokens that were never released cannot have been lost. */
	if (options.files[EVENT_LATE])
		options.token_count = 0;
	bool good = is_gone || audit();
	close_pool();
	return hung ? 3 : !good;
}
