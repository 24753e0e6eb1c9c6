/* Why a job failed, in words, and what to do about it. */
#include "internal.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

static bool blame(struct fq_failure *ret, enum fq_cause kind, const char *cause, const char *hint)
{
	ret->kind = kind;
	ret->cause = cause;
	ret->hint = hint;
	return true;
}

static const char *size_of(struct fq_run *run, int64_t bytes)
{
	struct fq_buf words = {0};
	fq_buf_add_size(&words, bytes);
	const char *copy = fq_arena_copy(&run->arena, words.at, words.len);
	fq_buf_finish(&words);
	return copy;
}

/* --- memory ----------------------------------------------------------------------------- */

static int64_t count_kills(const struct fq_run *run)
{
	return fq_memory_oom_kills(run->options.machine ? run->options.machine : "");
}

void fq_run_watch_memory(struct fq_run *run)
{
	run->oom_kills = count_kills(run);
}

/* Whether the kernel killed something for want of memory while it ran. Looking is too
 * dear for each start: it is done at each bad end. */
static bool kernel_killed(struct fq_run *run, const struct fq_slot *slot)
{
	int64_t kills = run->oom_kills < 0 ? -1 : count_kills(run);
	if (kills > run->oom_kills) {
		run->oom_kills = kills;
		run->oom_risen_ns = fq_run_now(run);
	}
	return slot->started_ns < run->oom_risen_ns;
}

/* It, or a program of it, as a shell tells of that. */
static bool was_killed(const struct fq_exit *end)
{
	return WIFSIGNALED(end->status) ? WTERMSIG(end->status) == SIGKILL
	                                : WEXITSTATUS(end->status) == 128 + SIGKILL;
}

static const char *hint_at_memory(struct fq_run *run, const struct fq_slot *slot, int64_t peak)
{
	const int64_t least = INT64_C(1) << 30;
	int64_t had = slot->memory_bytes ? slot->memory_bytes : peak > least ? peak : least;
	if (had > INT64_MAX / 2) {
		return "give it more";
	}
	return fq_arena_format(&run->arena, "give it more: memory = %s, or retries = 2 and memory = %s x2",
	        size_of(run, had * 2), size_of(run, had));
}

/* What there was for it, in words; false: nobody knows. */
static bool find_allowance(
        struct fq_run *run, const struct fq_slot *slot, int64_t *ret, const char **ret_words)
{
	*ret = slot->memory_bytes;
	*ret_words = "asked";
	if (*ret == 0) {
		*ret = run->options.memory_bytes ? run->options.memory_bytes : fq_memory_available();
		*ret_words = "that there is";
	}
	return *ret > 0;
}

/* Killed, and the kernel says why, or it was as large as it may be. */
static bool blame_killer(
        struct fq_run *run, const struct fq_slot *slot, const struct fq_exit *end, struct fq_failure *ret)
{
	int64_t peak = end->peak_rss_kb < INT64_MAX / 1024 ? end->peak_rss_kb * 1024 : INT64_MAX, had;
	const char *words;
	bool by_kernel = kernel_killed(run, slot) && was_killed(end);
	bool is_known = find_allowance(run, slot, &had, &words);
	if (!was_killed(end) || (!by_kernel && !(is_known && peak >= had / 10 * 9))) {
		return false;
	}
	struct fq_buf cause = {0};
	fq_buf_puts(&cause,
	        by_kernel ? "out of memory: killed by the kernel" : "out of memory, it seems: killed");
	if (peak > 0) {
		fq_buf_addf(&cause, " (peak %s", size_of(run, peak));
		fq_buf_addf(&cause, is_known ? " of %s %s)" : ")", is_known ? size_of(run, had) : "", words);
	}
	blame(ret, FQ_CAUSE_MEMORY, fq_arena_copy(&run->arena, cause.at, cause.len),
	        hint_at_memory(run, slot, peak));
	fq_buf_finish(&cause);
	return true;
}

/* --- disks ------------------------------------------------------------------------------- */

/* The least room of the folders that a job writes to. */
struct room {
	int64_t bytes; /* < 0: not known */
	const char *folder;
};

static void look_beside(struct fq_run *run, const char *path, struct room *least)
{
	struct statvfs disk;
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	const char *folder = slash ? fq_arena_copy(&run->arena, path, len ? len : 1) : ".";
	if (statvfs(folder, &disk) != 0 || disk.f_blocks == 0) {
		return;
	}
	bool has_inodes = disk.f_files == 0 || disk.f_favail > 0;
	int64_t bytes = has_inodes ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : 0;
	if (least->bytes < 0 || bytes < least->bytes) {
		*least = (struct room){bytes, folder};
	}
}

static struct room find_room(struct fq_run *run, uint32_t job)
{
	struct fq_list outputs = {0};
	struct fq_buf log = {0};
	struct room least = {-1, NULL};
	fq_plan_outputs(run->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		look_beside(run, path, &least);
	}
	look_beside(run, run->tmp, &least);
	fq_run_add_log(run, job, &log);
	look_beside(run, log.at, &least);
	fq_list_finish(&outputs);
	fq_buf_finish(&log);
	return least;
}

/* `said` is what its log says of it, or NULL. */
static bool blame_disk(
        struct fq_run *run, const struct fq_slot *slot, const char *said, struct fq_failure *ret)
{
	struct room room = find_room(run, slot->job);
	if (!said && room.bytes != 0) {
		return false;
	}
	struct fq_buf cause = {0};
	fq_buf_puts(&cause, "disk full");
	if (said) {
		fq_buf_addf(&cause, ", the log says: %s", said);
	}
	if (room.folder) {
		fq_buf_addf(&cause, "; %s free in %s", room.bytes ? size_of(run, room.bytes) : "nothing",
		        room.folder);
	}
	blame(ret, FQ_CAUSE_DISK, fq_arena_copy(&run->arena, cause.at, cause.len),
	        "make room, or let `output` and TMPDIR be on a larger disk; the same command goes on from "
	        "here");
	fq_buf_finish(&cause);
	return true;
}

/* --- an exit status, a signal ------------------------------------------------------------ */

/* 128 + N, as shells report that a program was ended by a signal. */
static bool blame_inner_signal(struct fq_run *run, int code, struct fq_failure *ret)
{
	static const int ending[] = {
	        SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGTERM, SIGXCPU, SIGXFSZ};
	for (size_t i = 0; i < FQ_COUNT(ending); i++) {
		if (code == 128 + ending[i]) {
			const char *words = ending[i] == SIGKILL ? "was killed" : strsignal(ending[i]);
			return blame(ret, FQ_CAUSE_EXIT,
			        fq_arena_format(&run->arena, "exit status %d: a program of the command %s%s",
			                code, ending[i] == SIGKILL ? "" : "was ended: ", words),
			        ending[i] == SIGKILL ? "not by fqrun: perhaps the system was out of memory"
			                             : NULL);
		}
	}
	return false;
}

static bool blame_exit(struct fq_run *run, int code, struct fq_failure *ret)
{
	switch (code) {
	case 127:
		return blame(ret, FQ_CAUSE_NOT_FOUND,
		        "exit status 127: a program of the command was not found",
		        "install it, or set PATH in `env` or `setup`");
	case 126:
		return blame(ret, FQ_CAUSE_NOT_EXECUTABLE,
		        "exit status 126: a program of the command could not be executed",
		        "is it executable? If the log says \"argument list too long\": {reads:list} is a "
		        "file that names them, for xargs -a and its like");
	case 128 + SIGPIPE:
		return blame(ret, FQ_CAUSE_EXIT, "exit status 141: a program in a pipe was ended by SIGPIPE",
		        "a program such as head closed its input early: that fails a pipe under `set -o "
		        "pipefail`");
	default:
		return blame_inner_signal(run, code, ret) ||
		       blame(ret, FQ_CAUSE_EXIT, fq_arena_format(&run->arena, "exit status %d", code), NULL);
	}
}

static bool blame_signal(struct fq_run *run, int number, struct fq_failure *ret)
{
	return blame(ret, FQ_CAUSE_SIGNAL,
	        fq_arena_format(&run->arena, "ended by signal %d (%s)", number, strsignal(number)),
	        number == SIGKILL ? "fqrun did not send it: perhaps the system was out of memory" : NULL);
}

/* It ended badly: what stands behind that. */
static bool blame_end(
        struct fq_run *run, const struct fq_slot *slot, const struct fq_exit *end, struct fq_failure *ret)
{
	const char *line = NULL;
	if (blame_killer(run, slot, end, ret)) {
		return true;
	}
	enum fq_cause kind = fq_run_read_log(run, slot->job, &line);
	if (kind == FQ_CAUSE_DISK) {
		return blame_disk(run, slot, line, ret);
	}
	if (kind == FQ_CAUSE_MEMORY) {
		return blame(ret, kind, fq_arena_format(&run->arena, "out of memory, the log says: %s", line),
		        hint_at_memory(run, slot, end->peak_rss_kb * 1024));
	}
	if (blame_disk(run, slot, NULL, ret)) {
		return true;
	}
	return WIFSIGNALED(end->status) ? blame_signal(run, WTERMSIG(end->status), ret)
	                                : blame_exit(run, WEXITSTATUS(end->status), ret);
}

/* --- what it was told, what it left -------------------------------------------------------- */

static bool blame_timeout(struct fq_run *run, const struct fq_slot *slot, struct fq_failure *ret)
{
	struct fq_buf words = {0};
	fq_buf_add_duration(&words, fq_plan_rule(run->plan, slot->job)->task->timeout_ns);
	blame(ret, FQ_CAUSE_TIMEOUT, fq_arena_format(&run->arena, "stopped at its timeout of %s", words.at),
	        NULL);
	fq_buf_finish(&words);
	return true;
}

static bool blame_line(struct fq_run *run, const char *line, struct fq_failure *ret)
{
	const char *same;
	enum fq_cause kind = fq_run_read_words(run, fq_text(line), &same);
	return blame(ret, kind == FQ_CAUSE_OTHER ? FQ_CAUSE_PATTERN : kind,
	        fq_arena_format(&run->arena, "it printed: %s", line),
	        "`fail-on` of the task fits this line: the exit status does not count");
}

static bool blame_folder(struct fq_run *run, const char *path, bool is_optional, struct fq_failure *ret)
{
	const char *hint = NULL, *fault = fq_run_folder_fault(path, is_optional, &hint);
	return fault && blame(ret, FQ_CAUSE_OUTPUT,
	                        fq_arena_format(&run->arena, "output folder %s %s", path, fault), hint);
}

/* An output that is a folder, or that was there before and is the same still. */
static bool blame_place(struct fq_run *run, const struct fq_slot *slot, const char *path, bool is_optional,
        struct fq_failure *ret)
{
	struct stat made;
	if (fq_path_is_folder(path)) {
		return blame_folder(run, path, is_optional, ret);
	}
	if (stat(path, &made) == 0 && S_ISDIR(made.st_mode)) {
		return blame(ret, FQ_CAUSE_OUTPUT,
		        fq_arena_format(&run->arena, "output %s is a folder", path),
		        "if the folder is the output, end its name in a `/`");
	}
	return fq_run_is_foreign(slot, path) &&
	       blame(ret, FQ_CAUSE_OUTPUT,
	               fq_arena_format(&run->arena,
	                       "output %s was there before, and the command did not write it", path),
	               "remove the file, or let the command write it anew");
}

void fq_run_blame_output(
        struct fq_run *run, const struct fq_slot *slot, const char *path, struct fq_failure *ret)
{
	if (!blame_disk(run, slot, NULL, ret)) {
		blame(ret, FQ_CAUSE_OUTPUT, fq_arena_format(&run->arena, "output %s is missing", path),
		        "the command ended well, but did not write what `output` promises");
	}
}

bool fq_run_find_cause(
        struct fq_run *run, struct fq_slot *slot, const struct fq_exit *end, struct fq_failure *ret)
{
	const struct fq_task *task = fq_plan_rule(run->plan, slot->job)->task;
	struct fq_list outputs = {0};
	bool is_blamed = false;
	if (slot->betrayal) {
		return blame_line(run, slot->betrayal, ret);
	}
	if (slot->timed_out) {
		return blame_timeout(run, slot, ret);
	}
	if (end->status != 0) {
		return blame_end(run, slot, end, ret);
	}
	if (fq_plan_rule(run->plan, slot->job)->task->is_atomic) {
		return false; /* its command did not write at their places */
	}
	fq_plan_outputs(run->plan, slot->job, &outputs);
	uint32_t i = 0;
	for (const char *path = NULL; !is_blamed && (path = fq_list_next(&outputs, path)); i++) {
		bool is_optional = fq_plan_may_lack(task, &outputs, i);
		is_blamed = blame_place(run, slot, path, is_optional, ret);
	}
	fq_list_finish(&outputs);
	return is_blamed;
}
