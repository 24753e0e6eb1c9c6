/* Linux: /proc tells each process' environment. A run that was killed cannot end
 * its jobs; the next one can, and must before it starts a second writer. */
#include "fqrun/exec.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_BYTES_MAX = 4 << 20 };

/* Read by hand: files of /proc have no size. */
static bool read_file(const char *path, struct fq_buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ret->len = 0;
	if (fd < 0) {
		return false;
	}
	ssize_t got;
	do {
		got = read(fd, fq_buf_room(ret, 1 << 16), 1 << 16);
		ret->len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 || (got < 0 && errno == EINTR)) && ret->len < ENVIRONMENT_BYTES_MAX);
	close(fd);
	return ret->len > 0;
}

/* Whether `run` is one of the words that colons part. */
static bool is_among(const char *words, size_t len, const char *run)
{
	size_t run_len = strlen(run);
	while (len) {
		const char *colon = memchr(words, ':', len);
		size_t word = colon ? (size_t)(colon - words) : len;
		if (word == run_len && memcmp(words, run, word) == 0) {
			return true;
		}
		size_t taken = word + (colon != NULL);
		words += taken;
		len -= taken;
	}
	return false;
}

/* FQRUN_RUN=ID, or OUTER:ID of a run inside a job of another. */
static bool carries(const struct fq_buf *environment, const char *run)
{
	static const char name[] = "FQRUN_RUN=";
	size_t at = 0;
	while (at < environment->len) {
		const char *start = environment->at + at;
		size_t left = environment->len - at;
		const char *end = memchr(start, '\0', left);
		size_t len = end ? (size_t)(end - start) : left;
		if (len >= sizeof(name) - 1 && memcmp(start, name, sizeof(name) - 1) == 0) {
			return is_among(start + sizeof(name) - 1, len - (sizeof(name) - 1), run);
		}
		at += len + 1;
	}
	return false;
}

/* What of /proc/PID/stat tells whose a process is. */
struct origin {
	int64_t parent, session, started_ticks;
	bool is_dead;  /* a zombie: it writes nothing any more, whether or not somebody reaps it */
	bool is_guard; /* of a run: it ends by itself, once it has given back what its run held */
};

/* The program's name, in parentheses, may hold anything: what follows counts from its end. */
static bool read_origin(const char *pid, struct origin *ret)
{
	enum { PARENT = 2, SESSION = 4, STARTED = 20, FIELDS = 20 };
	struct fq_buf path = {0}, text = {0};
	int64_t fields[FIELDS + 1] = {0};
	fq_buf_addf(&path, "/proc/%s/stat", pid);
	bool ok = read_file(path.at, &text);
	char *at = ok ? memrchr(text.at, ')', text.len) : NULL;
	if (at) {
		text.at[text.len] = '\0';
		static const char guard[] = "(" FQ_GUARD_NAME ")";
		size_t len = sizeof(guard) - 1;
		bool is_guard = at + 1 - text.at >= (ptrdiff_t)len && memcmp(at + 1 - len, guard, len) == 0;
		at += 2;
		bool is_dead = *at == 'Z' || *at == 'X';
		for (int i = 1; i <= FIELDS && *at; i++) {
			fields[i] = strtoll(at, NULL, 10);
			at += strcspn(at, " ");
			at += *at == ' ';
		}
		*ret = (struct origin){fields[PARENT], fields[SESSION], fields[STARTED], is_dead, is_guard};
	}
	fq_buf_finish(&path);
	fq_buf_finish(&text);
	return at != NULL;
}

/* Who is to be ended. */
struct wanted {
	const char *run; /* NULL: our children */
	int64_t besides; /* but for this one */
	struct fq_process *sessions;
	size_t session_count;
	struct fq_buf environment;
	bool is_patient;        /* guards are let end by themselves */
	bool is_guard, is_dead; /* the one that was looked at last */
};

enum { INEXACT_TICKS = 5 };

/* A session's number is not given away while one of its processes lives; a later session
 * with that number has a leader that began later. Of one without its leader nobody knows
 * which of the two it is, unless there was no time yet for another. */
static bool is_still_of(const struct fq_process *job, bool has_just_ended)
{
	struct origin leader = {0};
	struct fq_buf pid = {0};
	fq_buf_add_number(&pid, job->pid);
	bool is_there = read_origin(pid.at, &leader);
	fq_buf_finish(&pid);
	if (!is_there) {
		return has_just_ended;
	}
	return leader.session == job->pid && leader.started_ticks + INEXACT_TICKS >= job->started_ticks &&
	       leader.started_ticks <= job->started_ticks + INEXACT_TICKS;
}

/* Looked at once, before any is ended. Processes that began outside of our container all
 * have session 0. */
static void find_sessions(
        struct wanted *wanted, const struct fq_process *jobs, size_t job_count, bool has_just_ended)
{
	size_t cap = 0;
	for (size_t i = 0; i < job_count; i++) {
		if (jobs[i].pid > 0 && is_still_of(&jobs[i], has_just_ended)) {
			wanted->sessions = fq_grow(
			        wanted->sessions, &cap, wanted->session_count + 1, sizeof(*wanted->sessions));
			wanted->sessions[wanted->session_count++] = jobs[i];
		}
	}
}

static bool is_of_session(const struct wanted *wanted, int64_t pid, const struct origin *origin)
{
	for (size_t i = 0; i < wanted->session_count; i++) {
		const struct fq_process *job = &wanted->sessions[i];
		if (origin->session == job->pid &&
		        origin->started_ticks + INEXACT_TICKS >= job->started_ticks &&
		        (pid != job->pid || origin->started_ticks <= job->started_ticks + INEXACT_TICKS)) {
			return true;
		}
	}
	return false;
}

static bool is_wanted(struct wanted *wanted, const char *name, int64_t pid)
{
	struct origin origin = {0};
	bool is_known = read_origin(name, &origin);
	wanted->is_guard = origin.is_guard;
	wanted->is_dead = origin.is_dead;
	if (!wanted->run) {
		return is_known && origin.parent == getpid() && pid != wanted->besides;
	}
	struct fq_buf path = {0};
	fq_buf_addf(&path, "/proc/%s/environ", name);
	bool is = read_file(path.at, &wanted->environment) && carries(&wanted->environment, wanted->run);
	fq_buf_finish(&path);
	return is || (is_known && !origin.is_dead && is_of_session(wanted, pid, &origin));
}

/* Between the look and the signal its number may go to another process: so it is held by a
 * descriptor, and looked at once more. */
static void send(struct wanted *wanted, const char *name, pid_t pid, int number)
{
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0) {
		if (is_wanted(wanted, name, pid)) {
			syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
		}
		close(fd);
		return;
	}
	if (errno == ESRCH) {
		return;
	}
#endif
	kill(pid, number); /* a kernel before 5.3, or no descriptor is left */
}

/* Sends each such process the signal; returns how many there are. 0: counts those that live. A zombie of ours
 * counts until it is reaped. */
static size_t kill_all(struct wanted *wanted, int number)
{
	size_t found = 0;
	DIR *processes = opendir("/proc");
	if (!processes) {
		return 0;
	}
	for (struct dirent *entry; (entry = readdir(processes));) {
		if (!isdigit((unsigned char)entry->d_name[0])) {
			continue;
		}
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid == getpid() || !is_wanted(wanted, entry->d_name, pid)) {
			continue;
		}
		if (number && !(wanted->is_patient && wanted->is_guard)) {
			send(wanted, entry->d_name, pid, number);
		}
		found += number || !wanted->is_dead;
	}
	closedir(processes);
	return found;
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

static size_t end_all(struct wanted *wanted, int64_t patience_ns)
{
	int64_t end = fq_clock_ns() + patience_ns;
	wanted->is_patient = true;
	size_t first = kill_all(wanted, SIGKILL), left = first;
	/* A killed process is there until it is gone; one that was just being started
	 * appears in the next look. */
	while (left && fq_clock_ns() < end) {
		const struct timespec pause = {0, 5000000};
		nanosleep(&pause, NULL);
		if (!wanted->run) {
			reap_all();
		}
		left = kill_all(wanted, SIGKILL);
	}
	if (left) {
		wanted->is_patient = false;
		kill_all(wanted, SIGKILL);
	}
	fq_buf_finish(&wanted->environment);
	return first;
}

size_t fq_exec_count_children(void)
{
	struct wanted wanted = {0};
	return kill_all(&wanted, 0);
}

size_t fq_exec_end_orphans(const char *run, const struct fq_process *jobs, size_t job_count,
        bool has_just_ended, int64_t patience_ns)
{
	struct wanted wanted = {.run = run};
	find_sessions(&wanted, jobs, job_count, has_just_ended);
	size_t count = end_all(&wanted, patience_ns);
	fq_release(wanted.sessions);
	return count;
}

/* As the kernel lists them, where it does; it may miss one while others end. */
static bool has_child_besides(int64_t pid)
{
	struct fq_buf listed = {0}, one = {0};
	fq_buf_add_number(&one, pid);
	fq_buf_putc(&one, ' ');
	bool is_alone = read_file("/proc/thread-self/children", &listed) && listed.len == one.len &&
	                memcmp(listed.at, one.at, one.len) == 0;
	fq_buf_finish(&listed);
	fq_buf_finish(&one);
	return !is_alone && fq_exec_has_children();
}

void fq_exec_end_children(int64_t besides, int64_t patience_ns)
{
	struct wanted wanted = {.besides = besides};
	if (has_child_besides(besides)) {
		end_all(&wanted, patience_ns);
		reap_all();
	}
}
