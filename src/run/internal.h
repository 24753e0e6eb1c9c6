/* Inside the run room. */
#ifndef FQRUN_RUN_INTERNAL_H
#define FQRUN_RUN_INTERNAL_H

#include "fqrun/run.h"

/* state.c: the one function that moves a job: checks the move, counts it, tells. */
void fq_run_move(struct fq_run *run, uint32_t job, enum fq_state to, const struct fq_failure *failure);

/* queue.c: jobs that may start; schedule.h has the rest */
struct fq_run_queue;
void fq_run_queue_push(struct fq_run_queue *queue, uint32_t job);

/* settle.c */

/* What became of the jobs before a job, as far as it matters to it. */
enum {
	MARK_BLOCKED = 1,  /* one that it needs did not succeed */
	MARK_LEFT_OUT = 2, /* one that it needs was left out by `when` */
	MARK_MISSED = 4,   /* it gathers, and goes without one */
};

void fq_run_begin_jobs(
        struct fq_run *run); /* counts what each waits for, checks those that wait for nothing */
void fq_run_settle(struct fq_run *run,
        uint32_t job); /* DONE, FRESH, FAILED, BLOCKED or CANCELLED: lets the next ones go */

/* What the end of `job` means to one behind it: 0, or one of the marks. */
uint8_t fq_run_mark_of(const struct fq_run *run, uint32_t job, bool gathers, bool may_miss);

/* temp.c */
void fq_run_temp_begin(struct fq_run *run); /* run->temp stays NULL where no task is temporary */
void fq_run_temp_end(struct fq_run *run);
/* With run->temp: a job came to its end, once more if it was revived. Removes what nobody
 * reads any more. */
void fq_run_temp_settle(struct fq_run *run, uint32_t job);
/* All are settled: removes also what was kept for one that might have been revived, or that
 * is not part of this run. */
void fq_run_temp_sweep(struct fq_run *run);
void fq_run_temp_note(struct fq_run *run, uint32_t job, bool is_gone); /* FRESH, its outputs gone */
bool fq_run_temp_is_revived(const struct fq_run *run, uint32_t job);
/* A job that is READY and must run: true if outputs that it reads are made again first, or
 * could not be. It is WANTED then; where it waits for nothing, it has a mark more. */
bool fq_run_temp_holds(struct fq_run *run, uint32_t job);
/* Queues a revived job that waits for nothing more; false: it is none. */
bool fq_run_temp_go_on(struct fq_run *run, uint32_t job);
/* Takes one of those that wait for a revived job. */
struct fq_waiting {
	uint32_t job, count;
	bool gathers, may_miss; /* fq_run_mark_of() */
};
bool fq_run_temp_next_waiting(struct fq_run *run, uint32_t job, struct fq_waiting *ret);

/* disk.c: whether min-free keeps jobs from starting. If nothing runs that could make room,
 * that is the end of the run. */
bool fq_run_disk_is_full(struct fq_run *run);
/* records.c */
/* The journal's blocks for what a job, and all that run, have still to record. */
bool fq_run_reserve(struct fq_run *run, struct fq_slot *slot, struct fq_error *err);
void fq_run_record_end(struct fq_run *run, int status);
/* What is due in the journal: syncing, the lock's sign of life. Costs nothing when nothing is. */
void fq_run_tend(struct fq_run *run);
int64_t fq_run_tend_due(const struct fq_run *run); /* 0: nothing will be */

/* start.c */
void fq_run_begin_run(struct fq_run *run); /* its record, its folder, its pool, its guard */
void fq_run_start_ready(struct fq_run *run);
/* `was_begun` false: nothing was started, and what is known of its last success,
 * or of what one that was cut off left behind, still holds. */
void fq_run_fail(struct fq_run *run, uint32_t job, const struct fq_failure *failure, bool was_begun);
/* Writes how an attempt ended. */
void fq_run_record_failure(struct fq_run *run, uint32_t job, const struct fq_failure *failure);
bool fq_run_record_done(
        struct fq_run *run, uint32_t job, const struct fq_record *record, struct fq_error *err);
void fq_run_fail_with(struct fq_run *run, uint32_t job, struct fq_error *err, bool was_begun);
void fq_run_free_slot(struct fq_run *run, struct fq_slot *slot);

/* The last word of earlier runs on a job. */
struct fq_record fq_run_find_record(struct fq_run *run, uint32_t job);
struct fq_record fq_run_find_last_success(struct fq_run *run, uint32_t job); /* further back */

/* launch.c */
bool fq_run_shell_would_differ(const struct fq_run *run, const struct fq_task *task);
bool fq_run_spawn(
        struct fq_run *run, struct fq_slot *slot, const struct fq_job_command *command, struct fq_error *err);
/* A list as main() gets it; its texts stay the list's. Free with fq_release(). */
char **fq_run_list_words(const struct fq_list *list);

/* slots.c: tokens, memory and files of a running job */
void fq_run_add_slot_path(
        const struct fq_run *run, const struct fq_slot *slot, const char *kind, struct fq_buf *buf);

/* cause.c */
/* Before the first job: from here on it is seen whether the kernel kills. */
void fq_run_watch_memory(struct fq_run *run);
/* Kind, cause and hint of a failure by how it ended; false: all seems well. */
bool fq_run_find_cause(
        struct fq_run *run, struct fq_slot *slot, const struct fq_exit *end, struct fq_failure *ret);
/* Of one that ended well, without that output. */
void fq_run_blame_output(
        struct fq_run *run, const struct fq_slot *slot, const char *path, struct fq_failure *ret);

/* inputs.c */
void fq_run_watch_inputs(
        struct fq_run *run, struct fq_slot *slot); /* before it starts; slot->items are there */
/* Of one that ended well: true if it read what it was recorded with, the items then with the stamps
 * of now; false: one changed, and ret says which and whether it is to run again. */
enum fq_left { FQ_LEFT_GOES, FQ_LEFT_ASIDE, FQ_LEFT_STAYS };
/* What becomes of the outputs of a job that did not succeed: where an input is gone that no job
 * makes, they may be all that there is of it. */
enum fq_left fq_run_left_of(struct fq_run *run, uint32_t job, struct fq_slot *slot); /* NULL: of
                                                                                        another run */
bool fq_run_is_made(struct fq_run *run, const char *path);                           /* by a job of today */
bool fq_run_inputs_hold(struct fq_run *run, struct fq_slot *slot, struct fq_failure *ret);
bool fq_run_ran_again(const struct fq_run *run, uint32_t job);
void fq_run_again_end(struct fq_run *run);

/* tail.c: what the end of a text says of memory or a disk; *ret_line is in the arena */
enum fq_cause fq_run_read_words(struct fq_run *run, struct fq_text text, const char **ret_line);
enum fq_cause fq_run_read_log(struct fq_run *run, uint32_t job, const char **ret_line);

/* environment.c */
void fq_run_set_environment(struct fq_run *run); /* ours, once */
/* The whole environment of a job with variables of its own; `extra` (may be NULL) over all;
 * free with fq_release(). */
char **fq_run_merge_environment(const struct fq_run *run, const struct fq_list *own, char *extra);

/* retry.c */
/* What a job asks for: more than its task says, once it failed for want of memory. */
int64_t fq_run_memory_of(const struct fq_run *run, uint32_t job);
/* Puts a job that failed aside for another attempt; false: it has had them all. */
bool fq_run_retry(struct fq_run *run, struct fq_failure *failure);
/* Queues those whose time has come; the time of the next, 0: none. */
void fq_run_retry_wake(struct fq_run *run, int64_t now);
int64_t fq_run_retry_due(const struct fq_run *run);
void fq_run_retry_end(struct fq_run *run);
/* Which attempt runs, or would be the next, from 1. */
uint32_t fq_run_attempt(const struct fq_run *run, uint32_t job);
/* Before a first attempt: the logs that attempts of earlier runs left beside its own. */
void fq_run_forget_attempts(const struct fq_run *run, uint32_t job, const char *log);

/* state.c: what is no failure, but to be known */
void fq_run_remark(struct fq_run *run, struct fq_where where, const char *hint, const char *format, ...)
        FQ_PRINTF(4, 5);

/* draw.c: jobs that may draw on our tokens */
bool fq_run_open_pool(struct fq_run *run, struct fq_error *err); /* before the first token is taken */
struct fq_run_offer {
	struct fq_buf makeflags; /* MAKEFLAGS=..., empty: it may not draw */
	struct fq_descriptor descriptors[2];
	size_t descriptor_count;
};
/* `env`: the job's own variables. The caller frees makeflags. */
void fq_run_offer(
        struct fq_run *run, const struct fq_task *task, const struct fq_list *env, struct fq_run_offer *ret);
void fq_run_begin_drawing(struct fq_run *run, struct fq_slot *slot);
void fq_run_end_drawing(struct fq_run *run, struct fq_slot *slot);
void fq_run_mend(struct fq_run *run); /* once none draws any more */
void fq_run_use_implicit(struct fq_run *run);

/* guard.c */
bool fq_run_guard_begin(struct fq_run *run, struct fq_error *err);
void fq_run_guard_note(struct fq_run *run, uint32_t slot, struct fq_process process);
int64_t fq_run_guard_pid(const struct fq_run *run); /* 0: there is none */
void fq_run_guard_end(struct fq_run *run);

/* lines.c: what jobs print, as far as `fail-on` and `progress` ask for it */
bool fq_run_listens(struct fq_run *run, const struct fq_rule *rule);
void fq_run_take_line(void *context, uint32_t number, struct fq_text line);
void fq_run_lines_end(struct fq_run *run);

/* report.c: values that a job reported, as items; NULL, or why they cannot be read */
const char *fq_run_add_values(struct fq_run *run, struct fq_slot *slot);

/* version.c: asks each tool once */
void fq_run_ask_versions(struct fq_run *run);

/* version_cache.c. A key is of the question's words and of the file that answers it;
 * false: there is none. A cache is the text of the file, empty if it is of no use. */
bool fq_run_version_key(const struct fq_run *run, const struct fq_job_command *command, char *const *env,
        char ret_key[FQ_DIGEST_LEN + 1]);
void fq_run_versions_load(const struct fq_run *run, struct fq_buf *ret);
bool fq_run_versions_find(const struct fq_buf *cache, const char *key, struct fq_buf *ret);
void fq_run_versions_add(struct fq_buf *lines, const char *key, struct fq_text answer);
/* Writes the cache anew if some of its keys are not among `keys`. */
void fq_run_versions_keep(const struct fq_run *run, const struct fq_buf *cache, const struct fq_buf *keys);
void fq_run_versions_save(const struct fq_run *run, const struct fq_buf *cache, const struct fq_buf *lines);

/* gate.c */
void fq_run_pass_gate(struct fq_run *run);

/* outputs.c */

/* One more kind of item in slot->before and in a job's `begin`: a folder that is made for it, `-`. */
enum { FQ_BEFORE_FOLDER = 't' };
/* Items: those that stand now. */
void fq_run_add_ours(const struct fq_record *record, struct fq_buf *items);
bool fq_run_clear_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_error *err);
/* After a failure: all that it made; what is to be said of it is added to ret_words. */
void fq_run_remove_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_buf *ret_words);
void fq_run_forget_inodes(struct fq_run *run);
bool fq_run_is_foreign(
        const struct fq_slot *slot, const char *path); /* there before the job, and the same still */
/* How an output was when its job began: `-` nothing, FQ_ITEM_STAYS, or FQ_ITEM_OUTPUT: not ours. */
char fq_run_before(const struct fq_slot *slot, const char *path);
/* By what it is, not by its name: a sample's file, the manifest and what it reads, or an
 * input of that job (UINT32_MAX: none). */
struct stat;
bool fq_run_is_input(struct fq_run *run, uint32_t job, const struct stat *file);

/* aside.c. A path that ends in `/` is a folder's. */
bool fq_run_stands(const char *path); /* a link to nothing does too, and what cannot be looked at */
/* All of it; what cannot be is told of. */
void fq_run_remove_temporary(struct fq_run *run, const char *folder);
/* A folder only where the path is one's. */
bool fq_run_remove_path(const char *path, struct fq_error *err);
/* Shows all files of an output, itself or in it, until one is what `visit` looks for. Follows no link. */
bool fq_run_any_file(
        const char *path, bool (*visit)(const char *, const struct stat *, void *), void *context);
/* Removes what stands at `left`, or moves it aside, to .fqrun-partial beside the place of `output`;
 * FQ_LEFT_STAYS: where that cannot be, it stays. What a person should know of that is added to
 * `words`. */
void fq_run_take_away(const char *left, const char *output, enum fq_left what, struct fq_buf *words);
void fq_run_forget_partials(struct fq_run *run, uint32_t job); /* once it succeeded */

/* atomic.c: outputs that are written in a folder beside their place; of other jobs these do nothing */
void fq_run_add_aside_name(const struct fq_run *run, uint32_t job, struct fq_buf *buf); /* of the folder */
void fq_run_add_aside(struct fq_run *run, uint32_t job, const char *output, struct fq_buf *buf);
void fq_run_note_asides(struct fq_run *run, struct fq_slot *slot); /* in slot->before */
bool fq_run_make_asides(struct fq_run *run, uint32_t job, struct fq_error *err);
/* It stays if something is in it. */
void fq_run_remove_aside(struct fq_run *run, const char *folder, enum fq_left what);
void fq_run_remove_asides(struct fq_run *run, uint32_t job, enum fq_left what);
/* Once it ended well; false: `failure` says why that is none. */
bool fq_run_put_in_place(struct fq_run *run, struct fq_slot *slot, struct fq_failure *failure);

/* protect.c; of other tasks these do nothing */
bool fq_run_may_remake(struct fq_run *run, uint32_t job, const char *output, struct fq_error *err);
void fq_run_protect(struct fq_run *run, uint32_t job);

/* sweep.c: what jobs left that were cut off with their run */
void fq_run_sweep(struct fq_run *run);

/* folders.c: outputs that are folders. Whether the job may have all that stands there: `ours`
 * is what its record says of it, NULL where it is not ours. Touches nothing. */
bool fq_run_check_folder(
        struct fq_run *run, uint32_t job, const char *path, const struct fq_text *ours, struct fq_error *err);
bool fq_run_empty_folder(const char *path, struct fq_error *err); /* there, and nothing in it */
/* What is wrong with it behind a job that ended well, in words; NULL: nothing, or it is missing. */
const char *fq_run_folder_fault(const char *path, bool is_optional, const char **ret_hint);
void fq_run_forget_around(struct fq_run *run);

/* reap.c */
void fq_run_reap(struct fq_run *run);

/* run.c */
int64_t fq_run_now(const struct fq_run *run); /* where jobs run: ns, never goes back */

/* stop.c */
void fq_run_listen(struct fq_run *run); /* were we told to stop? */
/* Ends jobs that are out of time, and those that did not end when they were told to. */
void fq_run_check_deadlines(struct fq_run *run, int64_t now);

/* signals.c */
void fq_run_signals_begin(struct fq_run *run);
void fq_run_signals_end(void);
int fq_run_signals_take(void);   /* INT, TERM or another that would end us, 0: none */
bool fq_run_signals_came(void);  /* whether either of these has something to tell */
bool fq_run_signals_child(void); /* a child changed since the last call */
int fq_run_signals_wait(struct pollfd *watched, size_t count, int64_t timeout_ns); /* ppoll; < 0: for ever */

/* The system failed: no job is started any more, the first fault is kept. */
void fq_run_fault(struct fq_run *run, struct fq_error *err);

#endif
