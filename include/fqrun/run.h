/* run: who may start now.
 *
 * One loop, one thread. It asks the plan which jobs hold, takes a token for each
 * that does not, lets an executor start it, writes the journal, and tells the
 * observers. It never prints, and no string but a job's name moves here.
 *
 *     WANTED -> READY -> QUEUED -> RUNNING -> DONE | FAILED
 *                  \-> FRESH
 *     WANTED, READY -> OFF (left out by `when`)
 *     WANTED, QUEUED -> BLOCKED (something before it failed, its reads are bad) | CANCELLED
 *     RUNNING -> CANCELLED (we were told to stop)
 *     FRESH -> QUEUED, WANTED; READY -> WANTED (a `temp` job whose outputs are gone, and one
 *              behind it that must run and reads them)
 *
 * READY means that what it waits for is settled: the moment to look whether its
 * `when` holds, and whether its last success still does.
 *
 * The inputs of a job are looked at when it begins and when it has ended well. One that changed
 * meanwhile: nobody knows what of it the job read, so it runs once more at once. Its inputs that
 * changed are hashed before; if that content is still there when it ends, the job changes
 * its own input in a way that comes to rest, and that is accepted and said. If not, it fails. One
 * of which nothing is left when it ends was used up: it fails, and its outputs stay, as they
 * may be all that is left.
 *
 * A job that ran again and left the same as before has not changed for those behind it.
 *
 * Behind a job that was left out, those of the same unit, or of finer ones, are left
 * out too; one that gathers runs on the rest, and if nothing is left of an arrow it is
 * left out. A failed job blocks those behind it; with `missing = allow` one that
 * gathers runs on the rest, unless nothing is left.
 *
 * Which of the QUEUED jobs starts next. By `priority`, the greater first; then by the time
 * that is expected to pass until all behind it has ended, the longest first; then in the
 * order of the manifest. Where few can run at a time (a pool, wide or large jobs), all that
 * wait for that are a way as well, as long as they take together: if it is the longest,
 * the first of them is next. All this is reckoned in whole seconds, and not at all where
 * only one can run at a time (-j 1), nor in a dry run, unless `expect` is set: then the
 * manifest has the say.
 *
 * What it must get to start: all of the least tokens that its `threads` ask for (and as many
 * more, up to the most, as are free), its `memory`, and a place in its `pool`. Nobody waits
 * for what cannot come: one whose `threads` are more than we may ever hold (-j, or the
 * jobserver's own) gets as many as those, and {threads} says so; one whose `memory` is more
 * than there is runs alone. A remark says either at the start.
 *
 * How a wide job gets its tokens (and a large one its memory, or any its place in a pool).
 * The first in line that does not fit keeps its place, and is told when it can start: when
 * running jobs are expected to end, in their order, until enough is free. Meanwhile others
 * may start, in the same order, if they fit now and
 *   - take nothing that it waits for or needs, or
 *   - are expected to have ended by then, or
 *   - leave enough for it also then.
 * But not for ever: where nobody knows when it can start, it is passed for 5 s at most since
 * it came to be the first; and where it is known, for 5 s at most after the time that was
 * reckoned first. From then on what it waits for is kept for it. So it starts at the latest
 * when all have ended that ran at that time.
 *
 * Where others draw on the tokens too (make, or jobs of ours that do), that is not enough:
 * what is free now another may take. So the first in line, if it asks for more than one,
 * holds what it has got for a while and waits for the rest: 0.1 s, twice as long each time,
 * an hour at most, and at random half of that to one and a half. Then it gives all back and
 * stays away for as long before it tries again. Two who are in each other's way part sooner
 * or later, and the longer it waits the more it catches of what others give back. But
 * two who hold a token each and ask for all would wait for ever, and so would one whose
 * own make holds what it waits for: after eight rounds while nothing else of ours runs (six
 * in a pool whose size nobody told us, three after that) it takes what it has got. Whoever asks for one waits
 * for it with empty hands. */
#ifndef FQRUN_RUN_H
#define FQRUN_RUN_H

#include "fqrun/exec.h"
#include "fqrun/jobserver.h"
#include "fqrun/plan.h"

enum fq_state {
	FQ_STATE_UNWANTED,
	FQ_STATE_WANTED,
	FQ_STATE_READY,
	FQ_STATE_QUEUED,
	FQ_STATE_RUNNING,
	FQ_STATE_DONE,
	FQ_STATE_FAILED,
	FQ_STATE_FRESH,
	FQ_STATE_OFF,
	FQ_STATE_BLOCKED,
	FQ_STATE_CANCELLED,
	FQ_STATE_COUNT,
};
extern const char *const fq_state_names[FQ_STATE_COUNT];

/* --- observers ---------------------------------------------------------------------------- */

struct fq_run;

enum fq_cause {
	FQ_CAUSE_OTHER,  /* a value refused, an input missing, the system at a loss */
	FQ_CAUSE_EXIT,   /* an exit status */
	FQ_CAUSE_SIGNAL, /* a signal that we did not send */
	FQ_CAUSE_TIMEOUT,
	FQ_CAUSE_MEMORY,         /* it, or the kernel, had no more */
	FQ_CAUSE_DISK,           /* full, or the quota is */
	FQ_CAUSE_OUTPUT,         /* missing, a folder, not written */
	FQ_CAUSE_INPUT,          /* changed while it ran */
	FQ_CAUSE_PATTERN,        /* `fail-on` fits a line */
	FQ_CAUSE_NOT_FOUND,      /* a program */
	FQ_CAUSE_NOT_EXECUTABLE, /* a program */
	FQ_CAUSE_COUNT,
};

/* Why a job failed. Texts live as long as the run. */
struct fq_failure {
	uint32_t job;
	enum fq_cause kind;
	const char *cause;          /* "exit status 2", "output results/x is missing" */
	const char *hint;           /* or NULL */
	const char *log;            /* its path, NULL if there is none */
	struct fq_where where;      /* of the template that refused a value; else no place */
	int64_t ns;                 /* it ran for so long */
	uint32_t attempt;           /* which of its attempts this was, from 1 */
	int64_t retry_ns;           /* it is tried again after so long; < 0: it is not */
	bool is_again;              /* no failure: it runs once more, for an input changed while it ran */
	int64_t retry_memory_bytes; /* it asks for so much then; 0: for what it had */
	struct fq_usage used;       /* by this attempt; all 0 where it did not start */
	struct fq_text left;        /* items of outputs that it left and that could not be removed */
};

struct fq_observer {
	void (*begin)(struct fq_observer *observer, const struct fq_run *run);
	/* After each move. `failure` where the job has FAILED, or is QUEUED again for another
	 * attempt (failure->is_again: without having failed); else NULL. */
	void (*moved)(struct fq_observer *observer, const struct fq_run *run, uint32_t job,
	        enum fq_state from, const struct fq_failure *failure);
	/* Before the loop sleeps, and each tick_ns while it sleeps. May be NULL. */
	void (*tick)(struct fq_observer *observer, const struct fq_run *run);
	/* Something to know that is no failure: a task that lost tokens, a job that stands
	 * still, a demand that was cut down. `text` holds for the call. May be NULL. */
	void (*remark)(struct fq_observer *observer, const struct fq_run *run, struct fq_where where,
	        const char *text, const char *hint);
	/* We were told to stop by this signal. May be NULL. */
	void (*stopping)(struct fq_observer *observer, const struct fq_run *run, int number);
	void (*end)(struct fq_observer *observer, const struct fq_run *run);
	int64_t tick_ns; /* 0: only when something happened */
};

/* --- the gate -------------------------------------------------------------------------------- */

/* A sample whose reads are bad: none of its jobs that read them is started. */
struct fq_refusal {
	uint32_t sample;
	struct fq_where where;
	const char *text, *hint; /* as long as the gate lives; hint may be NULL */
	bool is_warning;         /* it runs all the same */
};

/* Asked once before the first job, with the samples that have a job to run which reads
 * their files. False: do not start at all. */
struct fq_gate {
	bool (*look)(struct fq_gate *gate, struct fq_run *run, const bool *samples);
	struct fq_refusal *refusals;
	size_t refusal_count;
};

/* --- a run ----------------------------------------------------------------------------------- */

struct fq_run_options {
	uint32_t jobs; /* most jobs at once, at least 1 */
	double load;   /* start no job beside others while the machine's load is above; 0: no limit */
	const enum fq_jobserver_style *style; /* how jobs may draw on our tokens, over the word of each
	                                          task; NULL: as the tasks say */
	bool fail_fast;
	bool dry_run;         /* nothing is started, removed or written */
	bool always;          /* no success holds */
	bool explain;         /* fill in `why` before a job is QUEUED */
	int64_t grace_ns;     /* between SIGTERM and SIGKILL */
	const char *fqrun;    /* path of this program, for builtins */
	const char *logs;     /* folder */
	const char *versions; /* file that keeps what tools answered; NULL: none */
	const bool *wanted;   /* by job; NULL: all */
	const bool *anew;     /* by job: its success does not hold; NULL: as `always` says */
	int64_t memory_bytes; /* that running jobs may ask for together; 0: no limit */
	struct fq_gate *gate; /* NULL: none */
	/* How long a job is expected to take, in seconds; NULL: by its last success, else by
	 * the bytes that it reads (and in a dry run nobody knows). */
	double (*expect)(void *context, uint32_t job);
	void *expect_context;
	const char *machine; /* the folder that has proc and sys; NULL: this machine's */
};

struct fq_rule_patterns;
struct fq_run_around;
struct fq_run_guard;
struct fq_run_inodes;
struct fq_run_retries;
struct fq_run_again;
struct fq_run_temp;

/* An input of a running job, as it was when it began. */
struct fq_watched_input {
	struct fq_file_state state;
	uint64_t hash; /* of its content, if has_hash */
	bool has_hash, has_changed;
};

struct fq_slot {
	uint32_t job; /* UINT32_MAX: free */
	struct fq_token *tokens;
	size_t token_count, token_cap;
	int64_t memory_bytes;
	double percent;       /* that it told of; < 0: nothing */
	const char *betrayal; /* the line of its output that `fail-on` fits, in the arena */
	int64_t started_ns, deadline_ns, kill_ns; /* 0: none */
	bool timed_out;
	struct fq_usage used;            /* once it has ended */
	double expected_s;               /* how long it will take, as far as anyone knows; 0: nobody does */
	struct fq_buf items;             /* what it depends on, from before it began */
	struct fq_watched_input *inputs; /* as its items name them */
	size_t input_count, input_cap;
	bool keeps_outputs;   /* even if it failed: of what it read nothing is left */
	struct fq_buf before; /* items: its outputs as they were when it began, what was ours removed */
	size_t record_bytes;  /* what it may still have to record */
	bool has_lists;
	bool draws; /* it may draw on our tokens */
};

struct fq_run {
	struct fq_plan *plan;
	struct fq_journal *journal;
	struct fq_executor *executor;
	struct fq_run_options options;
	struct fq_observer **observers;
	size_t observer_count;

	struct fq_arena arena;
	uint8_t *states;   /* by job: enum fq_state */
	uint32_t *waits;   /* by job: how many before it are not settled */
	uint32_t *seqs;    /* by job: of its success */
	uint8_t *attempts; /* by job: how many failed and were followed by another; NULL until one was */
	uint8_t *marks;    /* by job: what became of those before it (settle.c) */
	bool *absent;      /* by job: it is settled and did not succeed; the plan's is_absent */
	uint32_t counts[FQ_STATE_COUNT];
	struct fq_tokens tokens;
	struct fq_slot *slots;
	uint32_t slot_count;
	struct fq_run_queue *queue;
	struct fq_buf why; /* reasons for the job that moves to QUEUED, a line each */
	struct fq_failure *failures;
	size_t failure_count, failure_cap;
	int64_t started_ns;
	char id[33], *tmp;     /* tmp: a folder of this run's own, for {tmp} */
	char **environment;    /* ours, without what each job gets anew; ends in NULL */
	const char *makeflags; /* ours, without a jobserver's words */
	struct fq_run_guard *guard;
	uint32_t drawing_count; /* running jobs that may draw on our tokens */
	bool must_mend;         /* their pool is to be counted */
	bool *drew;             /* by rule: it has drawn since the pool was last counted */
	bool *recipe_is_kept;   /* by rule: its text is in the journal */
	bool had_children; /* before it began: whoever became us had started them (sh -c 'x & exec fqrun') */
	bool has_begun;    /* the journal knows of this run */
	bool is_crowded;   /* the system had no room for one more process */
	bool is_barred;    /* the gate said no */
	bool told_unprotected; /* that an output could not be made read-only */
	bool disk_is_full;     /* less is free than min-free asks for, as of when it was last looked at */
	int64_t disk_due_ns;   /* when that is looked at again */
	int64_t memory_used_bytes;
	uint32_t retried_count;            /* jobs that failed and had another attempt */
	uint32_t again_count;              /* jobs that ran once more, for an input that changed meanwhile */
	struct fq_run_again *again;        /* those; NULL until there is one */
	struct fq_run_retries *retries;    /* those that wait for it; NULL until one does */
	int64_t oom_kills, oom_risen_ns;   /* as last looked at, -1 unknown; when it was seen to have risen */
	struct fq_run_temp *temp;          /* NULL: no task is temporary */
	struct fq_run_inodes *inodes;      /* of the samples' files; NULL until one is asked for */
	struct fq_run_around *around;      /* folders that hold what must stay; NULL until one is asked for */
	struct fq_rule_patterns *patterns; /* by rule: its regular expressions, compiled */
	int stop_signal;                   /* 0: go on */
	bool starts_no_more;
	struct fq_error fault; /* the system failed us: journal, disk, spawn */
	struct fq_buf scratch;
};

/* Runs all that is wanted and does not hold. Returns the exit status: 0 all done,
 * 1 a job failed or was left out, 3 the system failed us (run->fault), 128+n
 * ended by signal n. The caller zeroes *run, sets plan, journal, executor,
 * options, observers, and `tokens` where it has joined a pool; it finishes it afterwards. */
int fq_run(struct fq_run *run);
void fq_run_finish(struct fq_run *run);

/* Ends the processes that the run before this one left behind, if it was killed, and removes its
 * folder. A run does it by itself; for others who write: of `run`, plan, journal and
 * options.dry_run are looked at, and run->fault is set. */
void fq_run_clean_up_after(struct fq_run *run);

/* Drops from the file options.versions what no task of today asks for. `run`: plan and
 * options are looked at. */
void fq_run_prune_versions(struct fq_run *run);

/* Whether a signal told us to stop; to be asked while something takes long. */
bool fq_run_is_stopped(struct fq_run *run);

/* How many jobs are settled, and how many there are to settle. */
uint32_t fq_run_settled(const struct fq_run *run);
uint32_t fq_run_wanted(const struct fq_run *run);
/* How many wait until their next attempt is due. */
uint32_t fq_run_retrying(const struct fq_run *run);

/* How many attempts it may have in all, as things are. */
uint32_t fq_run_attempts(const struct fq_run *run, uint32_t job);

/* Writes for an observer. A reader that does not read must not keep us from being
 * stopped: once we were told to stop, what cannot be written within a second is
 * dropped. False: not all was written; errno tells why, EINTR where it was dropped. */
bool fq_run_write(int fd, const char *at, size_t len);

/* --- where a job would run --------------------------------------------------------------------- */

/* A shell of a person's own, as a job's command would find its surroundings: environment,
 * folders, `wrap`, `setup`, with the command in its history. Nothing is recorded. */
struct fq_entry {
	struct fq_launch launch;
	struct fq_job_command surroundings;
	struct fq_buf setup, command; /* as a person would type them */
	struct fq_list words;
	struct fq_buf startup; /* BASH_ENV=FILE */
};
/* `run`: after a dry run, which has found the values that others reported. False: there is
 * nowhere to go. To be left either way. */
bool fq_run_enter(
        struct fq_run *run, uint32_t job, bool is_interactive, struct fq_entry *ret, struct fq_error *err);
void fq_run_leave(struct fq_run *run, struct fq_entry *entry); /* removes its folder */

/* The name of a job's log below options.logs; that of any task and unit below `logs`. Attempts
 * before the last have .1, .2 and so on behind it. */
void fq_run_add_log(const struct fq_run *run, uint32_t job, struct fq_buf *buf);
void fq_run_add_log_of(const char *logs, struct fq_text task, struct fq_text unit, struct fq_buf *buf);

/* Of a record of a job that was cut off: whether the item is a folder that it wrote in beside
 * its outputs (`atomic = yes`); removes them all. For whoever writes another record of the job:
 * with this one nobody would know of them any more. */
bool fq_run_is_aside_item(const struct fq_item *item);
void fq_run_drop_asides(const struct fq_record *record);

/* Kills all running jobs and gives our tokens back, without memory of its own: for when
 * memory is exhausted. */
void fq_run_abandon(void);

#endif
