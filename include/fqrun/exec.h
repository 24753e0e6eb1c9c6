/* exec: where a job runs.
 *
 * An executor starts commands in numbered slots and tells when they end. It
 * knows no plan: it gets words, an environment and the name of a log. `local`
 * runs them as processes of this machine; `noop` says at once that all went
 * well (a dry run, tests); `simulated` says so when its own clock comes to it.
 *
 * A local job gets a session and a process group of its own, standard input
 * from /dev/null, and its standard output and error, in the order in which they
 * come, in its log, which is made when the first byte comes. It ends when its
 * process ends, whatever it left holding its pipe; what is left of its group is
 * killed then. It has the descriptors 0, 1, 2 and those that its launch names, at
 * whichever numbers, and no other: none of ours, and none that whoever started us left
 * open for us (fq_exec_local() sees to that for this whole process).
 *
 * A job that is stopped (SIGSTOP) stands still and is told of as such, once a stop. */
#ifndef FQRUN_EXEC_H
#define FQRUN_EXEC_H

#include "fqrun/base.h"

#include <poll.h>

/* A descriptor that a job gets. */
struct fq_descriptor {
	int number;
	const char *path; /* opened anew for the job; NULL: a copy of `fd` */
	int how;          /* of open(2) */
	int fd;
};

struct fq_launch {
	char *const *argv; /* ends in NULL; argv[0] is looked up in the PATH of `env` */
	char *const *env;  /* ends in NULL; the whole environment */
	const char *log;   /* its folder is made when needed; what was there is removed */
	const char *cwd;   /* where it runs; NULL: where we are */
	/* Keep so much of its output, the first half and the last, and between them one line
	 * `[fqrun: N bytes left out here]`; 0: all. Until the job has ended, and for ever if
	 * we are killed before, the last half is a ring, out of order. */
	int64_t log_limit_bytes;
	const struct fq_descriptor *descriptors; /* besides 0, 1 and 2 */
	size_t descriptor_count;
	/* Gets each line that it prints, without its end (\n, or \r as progress bars have it);
	 * one of more than 64 KiB in pieces. NULL: nobody asks. */
	void (*on_line)(void *context, uint32_t slot, struct fq_text line);
	void *context;
};

struct fq_exit {
	uint32_t slot;
	int stopped_by; /* not 0: it has not ended, it stands still, stopped by this signal */
	int status;     /* as wait(2) tells it */
	int64_t user_ns, system_ns;
	int64_t peak_rss_kb;               /* of its largest process */
	int64_t read_bytes, written_bytes; /* from and to storage, what caches served not counted */
	bool log_failed;                   /* part of the output could not be written to the log */
};

struct fq_executor;
struct fq_executor_impl {
	const char *name;
	/* Takes nothing of `launch` beyond the call. False: not started. */
	bool (*start)(struct fq_executor *executor, uint32_t slot, const struct fq_launch *launch,
	        struct fq_error *err);
	/* The process that leads a running job's session; pid 0 where there is none. */
	struct fq_process (*process)(const struct fq_executor *executor, uint32_t slot);
	/* Sends a signal to all processes of a running job. */
	void (*signal)(struct fq_executor *executor, uint32_t slot, int number);
	/* What to wait for besides SIGCHLD: fills in at most `slots` entries. */
	size_t (*watch)(struct fq_executor *executor, struct pollfd *ret);
	/* Takes in what those had to say. */
	void (*absorb)(struct fq_executor *executor, const struct pollfd *watched, size_t count);
	/* The next job that ended, false if there is none. To be asked after SIGCHLD. */
	bool (*next_exit)(struct fq_executor *executor, struct fq_exit *ret);
	/* The time where jobs run, and letting it go on until the next one ends, `until_ns`
	 * at most (< 0: no end). NULL: this machine's. */
	int64_t (*now_ns)(const struct fq_executor *executor);
	void (*pass)(struct fq_executor *executor, int64_t until_ns);
	/* Kills what still runs, waits for it, and frees. Takes NULL. */
	void (*destroy)(struct fq_executor *executor);
};
struct fq_executor {
	const struct fq_executor_impl *impl; /* the first field of each kind */
};

struct fq_executor *fq_exec_local(uint32_t slots, struct fq_error *err);
struct fq_executor *fq_exec_noop(uint32_t slots);

/* Runs nothing, in a time of its own: a job that starts in a slot takes as long as
 * duration_ns says of that slot. To try a scheduler on. */
struct fq_executor *fq_exec_simulated(
        uint32_t slots, int64_t (*duration_ns)(void *context, uint32_t slot), void *context);

/* A command whose output is wanted, and no log of it. */
struct fq_capture {
	char *const *argv; /* as in fq_launch */
	char *const *env;
	const char *cwd;
	struct fq_buf output; /* both streams; the caller frees. 64 KiB at most are kept */
	int status;           /* as wait(2) tells it; -1: not started, or it took too long */
};
/* Runs them side by side and waits for all; `is_stopped` (asked now and then) ends it
 * early. What takes longer than timeout_ns is killed. */
void fq_exec_capture(struct fq_capture *captures, size_t count, int64_t timeout_ns,
        bool (*is_stopped)(void *context), void *context);

/* Runs a command on our own terminal and waits for it: it has our standard input, output and
 * error (`log` and `descriptors` of the launch are not looked at), and what the terminal
 * sends is for it alone; SIGTERM and SIGHUP that we get are handed on to it. False: not started. */
bool fq_exec_foreground(const struct fq_launch *launch, int *ret_status, struct fq_error *err);

/* The whole path of a program found as execvp(3) would, in the `PATH=` of env;
 * false with an error in words. */
bool fq_exec_find(const char *name, char *const *env, struct fq_buf *ret, struct fq_error *err);

/* Whether processes that jobs left behind have become our children (a local
 * executor makes us their subreaper). To be asked when no job runs. */
bool fq_exec_has_children(void);

/* How many children of ours live, jobs and those that jobs left behind. Looks at every
 * process of the machine. */
size_t fq_exec_count_children(void);

/* The name of the process that guards a run (as ps shows it): it ends by itself when the
 * run has ended, and is given the time to. */
#define FQ_GUARD_NAME "fqrun-guard"

/* Ends them, and what they started, but for the one with the pid `besides` (0: all); waits
 * until they are gone, `patience_ns` at most. */
void fq_exec_end_children(int64_t besides, int64_t patience_ns);

/* Ends the processes that a run left behind when it was killed: those that carry
 * `run` in FQRUN_RUN of their environment, and the sessions of its jobs. Long after its end
 * a session's number may be another's: then its leader must be the job's. Returns
 * how many there were; waits until they are gone, `patience_ns` at most. */
size_t fq_exec_end_orphans(const char *run, const struct fq_process *jobs, size_t job_count,
        bool has_just_ended, int64_t patience_ns);

#endif
