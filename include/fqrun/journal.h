/* journal: what earlier runs finished.
 *
 * An append-only text file, one write(2) a record, so that a kill at any moment
 * leaves whole records and at most one torn line at the end, which is cut off.
 * Knows nothing of plans or processes: a job is a task's name and a unit's name,
 * and what made it is an opaque text of items.
 *
 * Format (version 1). First line `fqrun journal 1`. Then a record a line:
 *     CHECK \t SEQ \t TYPE \t FIELD... \n
 * CHECK is the low half of XXH3-64 of all bytes behind its tab, 8 hex digits.
 * SEQ counts records from 1 and never goes back. In a field, tab, newline and
 * backslash are \t, \n and \\. Types:
 *     of     IDENTITY             whose records these are: the manifest's name
 *     run    RUN TIME PID TMP BOOT HOST COMMAND
 *                                 a run begins; TMP is its folder for temporary files
 *     end    RUN STATUS TIME DONE FAILED FRESH OTHER
 *                                 it ended by itself; how many jobs became what
 *     job    PID TICKS            a job of it was started: its session, and when, since boot
 *     bad    COUNT                so many damaged records were told of
 *     text   DIGEST TEXT          what a digest in later items stands for
 *     begin  TASK UNIT ITEM...    a job is about to start: what it leaves is not to be believed;
 *                                 items are its outputs as they were then, `-` where nothing was
 *     done   TASK UNIT USED [s SINCE] ITEM...
 *                                 it succeeded, and all its outputs were there
 *     kept   TASK UNIT USED [s SINCE] ITEM...
 *                                 that success was found to hold still, with other stamps
 *     good   TASK UNIT USED [s SINCE] ITEM...
 *                                 a person said so (`accept`)
 *     fail   TASK UNIT USED CAUSE ITEM...
 *                                 an attempt of it failed, or was stopped; items are outputs of its
 *                                 last success that are still there
 *     forget TASK UNIT ITEM... "" TASK UNIT
 *                                 nothing of it counts any more; items are outputs that a run
 *                                 made of it, and that may still be there
 * USED is MS, or MS,PEAK_RSS_KB,USER_MS,SYSTEM_MS,READ_BYTES,WRITTEN_BYTES,ATTEMPT,ENDED: whole
 * numbers, of which a later version may write more; those that are not there are not known.
 * SINCE is the SEQ of the record since which its results are what they are: a job that
 * ran again and made the same has not changed for those behind it. Without it: its own SEQ.
 *
 * The record of a job with the highest SEQ counts, wherever it stands. Types that are not
 * known are passed over.
 *
 * Damage. A line whose CHECK is wrong is skipped, counted and told of once; what it said is
 * lost. A lost success is made again. A lost `begin` or `fail` is the danger: then an older
 * success of the job seems to be the last word. So a success is not believed if a damaged line
 * behind it has two fields that are the job's names (the job then counts as begun). Where the
 * names are damaged themselves, the outputs tell: whoever begins a job removes or changes
 * them, and a success is believed only with its outputs as they are recorded. Of what was
 * forgotten nothing else tells, so that record has the names twice.
 * What stands behind the last whole line is kept aside (`journal.bad.N`, the last ten) and cut
 * off when the journal is opened to write. Readers take no lock and do not look at it.
 *
 * When a third of its records are dead the file is written anew, beside its place, and renamed. What
 * stays: each job's last record, unless it was forgotten and left no outputs, also of tasks
 * that no manifest has any more; texts that these name; the last 1000 runs; the highest SEQ.
 * One process at a time writes: a lock on `lock` beside it, which dies with the
 * process; on a file system without locks a file `lease` (lease.c), which is broken when
 * its owner is provably dead. Readers take none. A writer looks before each record whether
 * the journal and the lock are still in their places, and as long as we left it: where they
 * are not, nothing is written any more. What another appended gets a line of its own. */
#ifndef FQRUN_JOURNAL_H
#define FQRUN_JOURNAL_H

#include "fqrun/base.h"

enum fq_verdict { FQ_VERDICT_NONE, FQ_VERDICT_BEGUN, FQ_VERDICT_DONE, FQ_VERDICT_FAILED };

/* What an attempt used. */
struct fq_usage {
	int64_t ms;
	int64_t peak_rss_kb;
	int64_t user_ms, system_ms;
	int64_t read_bytes, written_bytes;
	int64_t attempt; /* from 1; 0: nobody noted more than `ms` */
	int64_t ended_s; /* since 1970; 0: not known */
};

/* How a job came to be done. */
enum fq_how { FQ_HOW_RAN, FQ_HOW_KEPT, FQ_HOW_ACCEPTED };

/* What is known of one job. `items` points into the journal and holds only until
 * the next call that takes a `struct fq_journal *`. */
struct fq_record {
	uint8_t verdict;
	uint8_t how; /* of a job done */
	uint32_t seq;
	uint32_t since; /* of a job done: see SINCE; to be written: 0 is its own */
	struct fq_usage usage;
	struct fq_text items; /* as given */
	struct fq_text cause; /* of a failed one; escaped as in the file */
};

enum fq_journal_mode { FQ_JOURNAL_READ, FQ_JOURNAL_WRITE };

/* When what was written is on disk, so that a power cut does not take it: after each
 * record of a success; at most 100 ms later; whenever the system likes. */
enum fq_sync { FQ_SYNC_BATCH, FQ_SYNC_FULL, FQ_SYNC_OFF };

struct fq_journal_options {
	enum fq_journal_mode mode;
	enum fq_sync sync;
	const char *identity; /* whose records they are; those of another are refused; NULL: of any */
	const char *command;  /* what we do, for whoever finds the lock taken; NULL: a run */
	bool waits;           /* for the lock */
	void (*on_wait)(const char *text); /* told once that, and for whom, it waits; NULL: nobody */
	int64_t patience_ns;               /* with one who shows no sign of life (lease.c); 0: a minute */
};

/* The run before this one, if it did not end by itself. */
struct fq_unfinished_run {
	char *run; /* NULL: it did */
	char *tmp, *boot;
	size_t offset;           /* of its record */
	struct fq_process *jobs; /* all that it started */
	size_t job_count, job_cap;
};

/* What is to be looked after while it is open to write. */
struct fq_journal_care {
	const char *fault, *hint; /* why nothing is written any more; NULL: all is well */
	bool is_lost;             /* that is: others may write in our place */
	bool has_no_reserve;      /* the file system keeps no blocks free */
	int64_t unsynced_ns;      /* since when something is written and not synced; 0: nothing is */
	int64_t beat_ns;          /* when the next sign of life is due; 0: there is no lease */
	uint64_t beats;
	int64_t beat_place;   /* of their count in the lease */
	int64_t reserved_end; /* the file has blocks up to here; 0: no more than it needs */
	int64_t written_end;  /* where the last whole line ends */
};

struct fq_journal {
	struct fq_arena arena;
	struct fq_journal_options options;
	char *folder, *path;
	int fd, lock_fd; /* -1: not open */
	char *lock_path;
	bool has_lease; /* the lock is one */
	struct fq_journal_care care;
	const char *map; /* the file as it was when opened */
	size_t map_len;
	struct fq_map jobs, texts;
	struct fq_journal_entry *entries, *text_entries;
	size_t entry_count, entry_cap, text_count, text_cap;
	uint32_t seq;                     /* the highest so far */
	struct fq_text identity;          /* escaped; empty: it tells none */
	size_t bad_records, told_records; /* damaged ones, and how many of them were told of before */
	size_t record_count;              /* whole ones, dead and alive */
	size_t run_records;               /* beginnings and ends of runs among them */
	uint32_t run_seq;                 /* of the last of those */
	bool is_shuffled;                 /* not in the order of SEQ */
	uint32_t finds;
	struct fq_unfinished_run unfinished;
	struct fq_buf line; /* being written */
};

/* Opens the journal in `folder`. To read: one that is not there is empty. To
 * write: makes the folder, takes the lock (if another process has it: an error that names
 * its owner, or waits), and cuts off a torn last line. While it waits, signals end the
 * process as usual: nothing is begun. To be closed either way. */
bool fq_journal_open(struct fq_journal *ret, const char *folder, const struct fq_journal_options *options,
        struct fq_error *err);
void fq_journal_close(struct fq_journal *journal);

/* All that is read is as it was at opening; of a file that another cut off since, nothing is. */
struct fq_record fq_journal_find(struct fq_journal *journal, struct fq_text task, struct fq_text unit);
/* The same without `usage`, which nobody needs who only asks whether a job is up to date. */
struct fq_record fq_journal_find_items(struct fq_journal *journal, struct fq_text task, struct fq_text unit);

/* The last word on each job that there is a word on, also of tasks that no manifest has any
 * more; in the order of the file. *at begins at 0. Names are escaped as in the file. */
struct fq_journal_job {
	struct fq_text task, unit;
	struct fq_record record;
};
bool fq_journal_next_job(struct fq_journal *journal, size_t *at, struct fq_journal_job *ret);
/* Whether any of them was cut off; reads none of the records. */
bool fq_journal_has_begun(const struct fq_journal *journal);

/* Each record, those of jobs and runs that no longer count too, as far back as the file
 * goes. Damaged ones are skipped. Texts are escaped. */
enum fq_event_type { FQ_EVENT_RUN, FQ_EVENT_END, FQ_EVENT_JOB, FQ_EVENT_FORGET };
struct fq_journal_totals {
	uint32_t done, failed, fresh, other;
};
struct fq_journal_event {
	enum fq_event_type type;
	uint32_t seq;
	struct fq_text run, host, command; /* RUN; END: run */
	int64_t time_s, pid;               /* RUN, END; 0: not known */
	int status;                        /* END */
	struct fq_journal_totals totals;   /* END */
	struct fq_journal_job job;         /* JOB, FORGET: its names and record */
};
bool fq_journal_next_event(struct fq_journal *journal, size_t *at, struct fq_journal_event *ret);

/* The last success of a job that is none now, as far back as the file goes; a job that was
 * forgotten since has none, and where records are damaged nobody knows. Reads the whole file. */
struct fq_record fq_journal_last_success(
        struct fq_journal *journal, struct fq_text task, struct fq_text unit);

/* The text behind a digest, in the arena; NULL if none is known. */
const char *fq_journal_text(struct fq_journal *journal, const char digest[FQ_DIGEST_LEN]);

/* Each writes one record. False: it may not be there; stop starting jobs. */
bool fq_journal_run(struct fq_journal *journal, const char *run, const char *tmp, struct fq_error *err);
/* totals NULL: nobody knows. */
bool fq_journal_end(struct fq_journal *journal, const char *run, int status,
        const struct fq_journal_totals *totals, struct fq_error *err);
bool fq_journal_job(struct fq_journal *journal, struct fq_process process, struct fq_error *err);
/* Damaged records are told of once. */
bool fq_journal_told(struct fq_journal *journal, struct fq_error *err);
/* Writes nothing if the text was there at opening. ret_digest gets FQ_DIGEST_LEN digits and a NUL. */
bool fq_journal_keep_text(
        struct fq_journal *journal, struct fq_text text, char *ret_digest, struct fq_error *err);
bool fq_journal_begin(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        struct fq_text items, struct fq_error *err);
/* `record`: usage, items, since, how. */
bool fq_journal_done(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        const struct fq_record *record, struct fq_error *err);
/* `record`: usage, items; `cause` is not escaped. */
bool fq_journal_fail(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        const struct fq_record *record, struct fq_text cause, struct fq_error *err);
bool fq_journal_forget(
        struct fq_journal *journal, struct fq_text task, struct fq_text unit, struct fq_error *err);
/* The same, but that a run made these outputs stays known: `items`. */
bool fq_journal_forget_but(struct fq_journal *journal, struct fq_text task, struct fq_text unit,
        struct fq_text items, struct fq_error *err);

/* Makes sure that so many bytes more can be written, whatever becomes of the disk, where the
 * file system can promise it; false: they cannot. What was kept and not used is given back
 * at closing. */
bool fq_journal_reserve(struct fq_journal *journal, size_t bytes, struct fq_error *err);

/* What is to be done from time to time while it is open to write: syncing a batch, the
 * lock's sign of life. `due_ns` (of fq_clock_ns()) 0: nothing. False: what was written may be
 * lost, or the journal is ours no more; stop starting jobs. */
int64_t fq_journal_due_ns(const struct fq_journal *journal);
bool fq_journal_tend(struct fq_journal *journal, struct fq_error *err);
/* What is written is on disk from now on (not with FQ_SYNC_OFF). `end` does it; so does
 * closing, which can tell nobody of a failure. One failure is for good. */
bool fq_journal_flush(struct fq_journal *journal, struct fq_error *err);
/* Whether records may be written: the journal and the lock stand in their places, nothing
 * failed for good. To be asked before a job's outputs are touched; each record asks too. */
bool fq_journal_is_sound(struct fq_journal *journal, struct fq_error *err);
/* Whether our place may be another's by now: the state was removed or replaced. */
bool fq_journal_is_lost(const struct fq_journal *journal);

/* Items are pairs of fields, NAME \t VALUE, tabs between them; a name begins with
 * a letter that says its kind. These build and take them apart. */
void fq_items_add(struct fq_buf *items, char kind, struct fq_text name, struct fq_text value);
struct fq_item {
	char kind;
	struct fq_text name; /* escaped, as in the file */
	struct fq_text value;
};
bool fq_items_next(struct fq_text *items, struct fq_item *ret);

/* The kinds of items that the journal itself knows of: an output; and of a job that began, one
 * of its last success, which stays where it is until there is a new one. */
enum { FQ_ITEM_OUTPUT = 'o', FQ_ITEM_STAYS = 'k' };

/* Whether a run made the output that an item of the record is about, so that we may remove it:
 * not if a person accepted what no run made, and of a job that was cut off, only if nothing was
 * there before (`-`) or it was ours then. */
bool fq_record_is_made(const struct fq_record *record, const struct fq_item *item);
/* False: a person accepted it, and no attempt is noted. */
bool fq_record_is_by_run(const struct fq_record *record);

/* What the cause begins with in the record of a job that did not fail by itself: it was
 * stopped with its run, or the run was killed. More words may follow. */
#define FQ_CAUSE_STOPPED "it was stopped with the run"
#define FQ_CAUSE_KILLED "fqrun was killed while it ran"
bool fq_cause_is_cut_off(struct fq_text cause);

void fq_buf_add_escaped(struct fq_buf *buf, struct fq_text text);
void fq_buf_add_unescaped(struct fq_buf *buf, struct fq_text text);

#endif
