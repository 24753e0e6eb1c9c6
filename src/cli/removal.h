/* What `clean` and `gc` remove: what we made, as we left it, and nothing that anybody needs. */
#ifndef FQRUN_CLI_REMOVAL_H
#define FQRUN_CLI_REMOVAL_H

#include "session.h"

#include <sys/stat.h>

/* --- hashes.c: a set of things that their hashes of 64 bits stand for ------------------------- */

struct fq_hashes {
	struct fq_map map;
	uint64_t *hashes;
	size_t cap;
};
bool fq_hashes_have(const struct fq_hashes *set, uint64_t hash);
bool fq_hashes_add(struct fq_hashes *set, uint64_t hash); /* false: it was there */
void fq_hashes_finish(struct fq_hashes *set);

/* --- reserved.c: what must not be removed --------------------------------------------------- */

/* Inputs of today's plan, the manifest and what it reads: by what they are, so that a hard link
 * counts, or another spelling of a path. */
struct fq_reserved {
	struct fq_hashes inodes, outputs; /* outputs: paths of today's */
	bool is_read;
};
/* `with_outputs`: the plan's outputs are reserved too, of whoever made them. */
void fq_reserved_read(struct fq_reserved *reserved, struct fq_session *s, bool with_outputs);
bool fq_reserved_has(const struct fq_reserved *reserved, const struct stat *file);
bool fq_reserved_is_output(const struct fq_reserved *reserved, const char *path); /* by its name */
void fq_reserved_finish(struct fq_reserved *reserved);

/* --- removal.c: what is to go ------------------------------------------------------------------ */

struct fq_doomed {
	const char *path;     /* an output that is a folder ends in `/` */
	struct fq_text value; /* of its item in a job's record; at NULL: a file of our own */
	const char *kept;     /* why it stays; NULL: it goes */
	bool stays_ours;      /* it stays, and may go another time */
	int64_t bytes;
	uint32_t files;
};

/* A job whose record says that a run made them. */
struct fq_owner {
	struct fq_text task, unit;
	size_t first;    /* the next one's is its end */
	int64_t ended_s; /* 0: not known */
	bool is_protected;
	bool must_forget; /* even if nothing of it is there */
};

struct fq_removal {
	struct fq_session *s;
	struct fq_arena arena;
	struct fq_reserved reserved;
	struct fq_owner *owners;
	struct fq_doomed *doomed;
	size_t owner_count, owner_cap, doomed_count, doomed_cap;
	bool is_gc;
	size_t files, forgotten; /* that are to go; and when they went, that did */
	int64_t bytes;
	bool has_failed;
};

struct fq_removal fq_removal_begin(struct fq_session *s, bool is_gc);
void fq_removal_finish(struct fq_removal *removal);
/* A job, and what its record says that a run made; names as they are, not escaped. */
void fq_removal_add_job(
        struct fq_removal *removal, const struct fq_journal_job *job, bool is_protected, bool must_forget);
/* A file of our own (a log, what was moved aside), of the job that was added last. */
void fq_removal_add_own(struct fq_removal *removal, const char *path);
/* What was moved aside when the job that was added last failed to make that output. */
void fq_removal_add_partial(struct fq_removal *removal, const char *output);

/* Tells what stays, and with -n what would go; else asks a person, unless we are told not to,
 * removes it, and forgets the jobs. Each is looked at once more just before. Returns the exit
 * status. */
int fq_removal_carry_out(struct fq_removal *removal);

/* --- removal_text.c ------------------------------------------------------------------------------ */

void fq_removal_tell(const struct fq_removal *removal);
void fq_removal_tell_kept(const struct fq_removal *removal, const struct fq_doomed *doomed);
/* "3 files (1.2G) and 2 jobs forgotten" after a verb. */
void fq_removal_add_totals(const struct fq_removal *removal, struct fq_buf *buf);
/* False, with the exit status: nothing is to go. */
bool fq_removal_is_agreed(const struct fq_removal *removal, int *ret_status);

/* --- removal_judge.c: one path ---------------------------------------------------------------------- */

/* Why it is to stay; NULL: it may go, and *doomed gets its files and bytes. */
const char *fq_removal_judge(
        struct fq_removal *removal, const struct fq_owner *owner, struct fq_doomed *doomed);
extern const char fq_removal_gone[]; /* as a reason: nothing is there */
/* A link, a file, or a folder with all that is in it; then the folders that it stood in, as
 * long as they are empty, up to the working directory. */
bool fq_removal_unlink(struct fq_removal *removal, const char *path, struct fq_error *err);

#endif
