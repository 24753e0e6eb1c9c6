/* What most commands need: the manifest, the plan, the targets, the state. */
#ifndef FQRUN_CLI_SESSION_H
#define FQRUN_CLI_SESSION_H

#include "fqrun/preflight.h"
#include "fqrun/ui.h"
#include "options.h"

/* In the order in which it is made; zeroed but for `options` and the journal's
 * descriptors: fq_session_begin(). */
struct fq_session {
	const struct fq_options *options;
	struct fq_arena arena;
	struct fq_errors errors;
	struct fq_error err;
	struct fq_manifest manifest;
	struct fq_plan plan;
	bool *wanted;           /* by job; NULL: all */
	bool *anew;             /* by job: also if it is up to date; NULL: none */
	char *state, *identity; /* the folder; the manifest's name in its journal */
	struct fq_journal journal;
	struct fq_observer *ui;
	struct fq_makeflags makeflags;
	struct fq_tokens tokens; /* of a jobserver that we were started by, until `run` has them */
	struct fq_run run;
};

struct fq_session fq_session_begin(const struct fq_options *options);
/* Goes to -C DIR, reads the manifest, draws the plan. False: s->errors or s->err say why. */
bool fq_session_load(struct fq_session *s);
bool fq_session_select(struct fq_session *s);       /* the targets, else `default`, and what they need */
bool fq_session_select_named(struct fq_session *s); /* the targets alone; without one, all */
/* To read: takes no lock. */
bool fq_session_open_journal(struct fq_session *s, enum fq_journal_mode mode);
/* Prints all that was found wrong, and says how many; returns `status`. */
int fq_session_fail(struct fq_session *s, int status);
void fq_session_finish(struct fq_session *s);
const char *fq_session_our_path(struct fq_session *s);
const char *fq_session_logs(struct fq_session *s); /* the folder; once the journal is open */

/* For a command that changes what is known: to write, and what the last run left running if it
 * was killed is ended, as the next run would. With -n, or where nothing is known: to read. */
bool fq_session_open_to_change(struct fq_session *s);
/* A whole command of that kind: loads, selects, opens, changes; says what went wrong. Returns its
 * exit status, `change`'s if it came to that. */
int fq_session_change(const struct fq_options *options, bool (*select)(struct fq_session *s),
        int (*change)(struct fq_session *s));
/* What a run would do now, with the journal as it was at opening: a dry run with that observer.
 * `wanted` by job, NULL: all. s->run tells what came of it until it is finished. */
int fq_session_judge(struct fq_session *s, const bool *wanted, struct fq_observer *observer);

/* cmd_run.c: a run of jobs that the caller picks. `select` sets s->wanted once the manifest is
 * there, false: s->err; `narrow` (may be NULL) changes it once the journal is open, false:
 * there is nothing to run, and it has said so. */
typedef bool fq_cli_choose_fn(struct fq_session *s);
int fq_cli_run_chosen(const struct fq_options *options, fq_cli_choose_fn *select, fq_cli_choose_fn *narrow);

/* gate.c: preflight as the run's gate. The texts of its refusals live until it is finished. */
struct fq_cli_gate {
	struct fq_gate base;
	struct fq_preflight preflight;
	struct fq_arena arena;
	bool is_strict, shows_progress, is_open;
};
void fq_cli_gate_begin(struct fq_cli_gate *gate, const struct fq_options *options);
/* Looks at the samples (NULL: all); `run` NULL: nobody can stop it. False: not to start. */
bool fq_cli_gate_look(struct fq_cli_gate *gate, const struct fq_manifest *manifest, const bool *samples,
        struct fq_run *run);
void fq_cli_gate_finish(struct fq_cli_gate *gate);

/* lint.c: what is allowed and most likely not meant, as warnings. */
void fq_cli_lint(struct fq_plan *plan, struct fq_errors *errors);

#endif
