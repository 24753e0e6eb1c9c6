#include "past.h"
#include "fqrun/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* --- does it still run? -------------------------------------------------------------------- */

static void read_small(const char *path, struct fq_buf *ret)
{
	struct fq_error err = {0};
	enum { MOST = 1 << 12 };
	fq_buf_puts(ret, "");
	fq_file_read(path, MOST, ret, &err);
	fq_error_finish(&err);
}

/* A process that got the number later is hardly called as we are; one that nobody has
 * waited for is dead all the same. */
static bool is_fqrun(int64_t pid)
{
	struct fq_arena arena = {0};
	struct fq_buf name = {0}, ours = {0}, stat = {0};
	read_small(fq_arena_format(&arena, "/proc/%lld/comm", (long long)pid), &name);
	read_small(fq_arena_format(&arena, "/proc/%lld/stat", (long long)pid), &stat);
	read_small("/proc/self/comm", &ours);
	const char *behind = stat.len ? strrchr(stat.at, ')') : NULL;
	bool is_dead = behind && (strncmp(behind, ") Z", 3) == 0 || strncmp(behind, ") X", 3) == 0);
	bool is_same = ours.len == 0 || strcmp(name.at, ours.at) == 0; /* without /proc nobody can tell */
	fq_buf_finish(&name);
	fq_buf_finish(&ours);
	fq_buf_finish(&stat);
	fq_arena_finish(&arena);
	return is_same && !is_dead;
}

static enum fq_run_end find_end(const struct fq_past_run *run, const struct fq_unfinished_run *unfinished)
{
	char boot[64], host[256] = "";
	fq_boot_id(boot);
	gethostname(host, sizeof(host) - 1);
	if (!unfinished->run || strcmp(unfinished->run, run->id) != 0) {
		return FQ_RUN_KILLED; /* what came later has put an end to it */
	}
	if (strcmp(host, run->host) != 0) {
		return FQ_RUN_UNKNOWN;
	}
	bool is_there = run->pid > 0 && (kill((pid_t)run->pid, 0) == 0 || errno == EPERM);
	return strcmp(boot, unfinished->boot) == 0 && is_there && is_fqrun(run->pid) ? FQ_RUN_RUNNING
	                                                                             : FQ_RUN_KILLED;
}

/* --- from the journal ---------------------------------------------------------------------- */

static const char *copy(struct fq_arena *arena, struct fq_text escaped)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "");
	fq_buf_add_unescaped(&text, escaped);
	const char *at = fq_arena_copy(arena, text.at, text.len);
	fq_buf_finish(&text);
	return at;
}

static void end_run(struct fq_past *past, const struct fq_journal_event *event)
{
	struct fq_past_run *run = past->count ? &past->runs[past->count - 1] : NULL;
	if (!run || !fq_text_is(event->run, run->id)) {
		return;
	}
	/* By who came after it: when it was killed nobody knows. */
	if (event->status == 128 + SIGKILL) {
		run->end = FQ_RUN_KILLED;
		return;
	}
	run->end = FQ_RUN_ENDED;
	run->status = event->status;
	run->ended_s = event->time_s;
	run->totals = event->totals;
}

bool fq_past_add(struct fq_past *past, struct fq_arena *arena, const struct fq_journal_event *event)
{
	struct fq_past_run *run = past->count ? &past->runs[past->count - 1] : NULL;
	switch (event->type) {
	case FQ_EVENT_RUN:
		past->runs = fq_grow(past->runs, &past->cap, past->count + 1, sizeof(*past->runs));
		past->runs[past->count++] = (struct fq_past_run){.end = FQ_RUN_KILLED,
		        .seq = event->seq,
		        .began_s = event->time_s,
		        .pid = event->pid,
		        .id = copy(arena, event->run),
		        .host = copy(arena, event->host),
		        .command = copy(arena, event->command)};
		return true;
	case FQ_EVENT_END:
		end_run(past, event);
		return false;
	case FQ_EVENT_JOB:
		if (run && run->end != FQ_RUN_ENDED) {
			const struct fq_record *record = &event->job.record;
			run->totals.done += record->verdict == FQ_VERDICT_DONE && record->how == FQ_HOW_RAN;
			run->totals.failed +=
			        record->verdict == FQ_VERDICT_FAILED && !fq_cause_is_cut_off(record->cause);
		}
		return false;
	case FQ_EVENT_FORGET:
		return false;
	}
	return false;
}

void fq_past_settle(struct fq_past *past, const struct fq_journal *journal)
{
	struct fq_past_run *run = past->count ? &past->runs[past->count - 1] : NULL;
	if (run && run->end == FQ_RUN_KILLED) {
		run->end = find_end(run, &journal->unfinished);
	}
}

void fq_past_finish(struct fq_past *past)
{
	fq_release(past->runs);
	*past = (struct fq_past){0};
}

/* --- in words ------------------------------------------------------------------------------ */

void fq_past_add_end(const struct fq_past_run *run, struct fq_buf *buf)
{
	static const char *const words[] = {[FQ_RUN_KILLED] = "was killed",
	        [FQ_RUN_RUNNING] = "running",
	        [FQ_RUN_UNKNOWN] = "no end is known"};
	if (run->end != FQ_RUN_ENDED) {
		fq_buf_puts(buf, words[run->end]);
	} else if (run->status > 128) {
		fq_buf_addf(buf, "stopped (%s)", strsignal(run->status - 128));
	} else {
		fq_buf_puts(buf, run->status == 0   ? "done"
		                 : run->status == 1 ? "failed"
		                                    : "the system failed");
	}
}

enum fq_tint fq_past_tint(const struct fq_past_run *run)
{
	if (run->end == FQ_RUN_ENDED) {
		return run->status == 0 ? FQ_TINT_GREEN : FQ_TINT_RED;
	}
	return run->end == FQ_RUN_RUNNING ? FQ_TINT_BOLD : FQ_TINT_YELLOW;
}

void fq_past_add_totals(const struct fq_past_run *run, struct fq_buf *buf)
{
	const struct {
		uint32_t count;
		const char *word;
	} parts[] = {{run->totals.done, "done"}, {run->totals.failed, "failed"},
	        {run->totals.fresh, "up to date"}, {run->totals.other, "not run"}};
	const char *gap = "";
	for (size_t i = 0; i < FQ_COUNT(parts); i++) {
		if (parts[i].count) {
			fq_buf_addf(buf, "%s%u %s", gap, parts[i].count, parts[i].word);
			gap = ", ";
		}
	}
}

void fq_past_add_took(const struct fq_past_run *run, struct fq_buf *buf)
{
	const int64_t ms_a_s = 1000, few_s = 10;
	int64_t end_s = run->end == FQ_RUN_RUNNING ? fq_clock_wall_s() : run->ended_s;
	if (end_s < run->began_s || run->began_s == 0) {
		fq_buf_puts(buf, "-");
	} else if (end_s == run->began_s) {
		fq_buf_puts(buf, "under 1s");
	} else if (end_s - run->began_s < few_s) {
		fq_buf_addf(buf, "%llds", (long long)(end_s - run->began_s)); /* tenths are not known */
	} else {
		fq_cli_add_ms(buf, (end_s - run->began_s) * ms_a_s);
	}
}

json_t *fq_past_json(const struct fq_past_run *run)
{
	struct fq_buf end = {0};
	json_t *object = json_object();
	fq_past_add_end(run, &end);
	fq_json_set(object, "run", run->id);
	fq_json_set_time(object, "began", run->began_s);
	fq_json_set_time(object, "ended", run->ended_s);
	fq_json_set(object, "state", end.at);
	if (run->end == FQ_RUN_ENDED) {
		fq_json_set_number(object, "exit_status", run->status);
	}
	fq_json_set_number(object, "done", run->totals.done);
	fq_json_set_number(object, "failed", run->totals.failed);
	if (run->end == FQ_RUN_ENDED) {
		fq_json_set_number(object, "up_to_date", run->totals.fresh);
		fq_json_set_number(object, "not_run", run->totals.other);
	}
	fq_json_set(object, "command", run->command);
	fq_json_set(object, "host", run->host);
	fq_json_set_number(object, "pid", run->pid);
	fq_buf_finish(&end);
	return object;
}
