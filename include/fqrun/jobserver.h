/* jobserver: tokens, shared with make and its like.
 *
 * A token is the right to run one thing at a time. Whoever runs N at once holds the
 * implicit one, which it was started with, and N - 1 that it took from a pool; each
 * goes back, the same byte, when what it was taken for has ended. Knows no jobs.
 *
 * The pool is one of three, behind one face:
 *     OWN     a number: nobody but us draws on it
 *     SERVER  a FIFO of ours, on which jobs may draw as well
 *     CLIENT  the pool of the make (or fqrun, ...) that started us
 *
 * Protocol: the GNU make manual, "POSIX Jobserver Interaction" (make 4.4), and what
 * make before 4.4 and before 4.2 say instead. */
#ifndef FQRUN_JOBSERVER_H
#define FQRUN_JOBSERVER_H

#include "fqrun/base.h"

/* --- MAKEFLAGS (makeflags.c) ------------------------------------------------------------- */

enum fq_jobserver_style {
	FQ_JOBSERVER_NONE,
	FQ_JOBSERVER_PIPE,    /* R,W: descriptors */
	FQ_JOBSERVER_FIFO,    /* fifo:PATH */
	FQ_JOBSERVER_UNKNOWN, /* anything else */
};

/* What it says, as far as we heed it. Zeroed: nothing. */
struct fq_makeflags {
	enum fq_jobserver_style style; /* of the last --jobserver-auth= or --jobserver-fds= */
	int read_fd, write_fd;         /* of a pipe; negative: switched off for us */
	const char *path;              /* of a FIFO, its blanks no more escaped */
	const char *auth;              /* as it stands there; NULL: none */
	uint32_t jobs;                 /* of -jN, --jobs=N; 0: not said, UINT32_MAX: -j alone */
	bool is_dry_run;
};
/* Texts go into the arena. NULL is an empty text. */
void fq_makeflags_read(const char *text, struct fq_arena *arena, struct fq_makeflags *ret);

/* Adds `text` without -jN, --jobserver-auth and --jobserver-fds: all else is the user's
 * own, and stays as it stands there. Nothing if nothing is left. (One exception: what
 * make ignores as it is neither flag nor variable goes when it would become the first
 * word, which make takes for flag letters.) */
void fq_makeflags_add_bare(const char *text, struct fq_buf *buf);

/* Adds `text` with this pool in place of any other: its options first, then
 * ` -jJOBS --jobserver-auth=AUTH` (blanks in AUTH escaped; jobs 0: no -j), then
 * ` -- VARIABLE...`. */
void fq_makeflags_add_offer(const char *text, uint32_t jobs, const char *auth, struct fq_buf *buf);

/* --- tokens (tokens.c, client.c, server.c) -------------------------------------------------- */

/* A token is a value: the byte that was taken is the byte that goes back. */
struct fq_token {
	int16_t byte; /* FQ_TOKEN_NONE, FQ_TOKEN_IMPLICIT or 0..255 */
};
enum { FQ_TOKEN_NONE = -1, FQ_TOKEN_IMPLICIT = 256 };

enum fq_tokens_kind { FQ_TOKENS_OWN, FQ_TOKENS_SERVER, FQ_TOKENS_CLIENT };

struct fq_tokens {
	enum fq_tokens_kind kind;
	uint32_t limit; /* most that we hold at once, the implicit one among them; at least 1 */
	uint32_t total; /* in the pool and the implicit one; of a CLIENT what its -jN says, or 0 */
	uint32_t held;  /* by us, without the implicit one */
	bool implicit_is_free;
	bool is_gone;           /* of a CLIENT: the server went away, the implicit one is left */
	uint32_t *held_bytes;   /* by byte: how many of it we hold; what must go back whatever happens */
	size_t held_bytes_size; /* of its mapping, shared with those we fork */
	int read_fd, write_fd;  /* -1: none. Never blocking, nobody else's, above 63 */
	bool is_shared;         /* ... but where that could not be had: copies of passed_* */
	int passed_read, passed_write; /* of a CLIENT: as inherited, -1. Not ours to close */
	char *path; /* what a job opens to draw on the pool; a word of any shell; owned, NULL: nothing */
};

/* Of our own, limit = total = `jobs`. */
void fq_tokens_own(struct fq_tokens *ret, uint32_t jobs);

/* Makes a pool of our own, of which nothing is taken, one that jobs may draw on: a
 * FIFO `jobserver` in `folder`, which must be ours alone and is removed by its owner (a
 * FIFO that a dead run left there is replaced). A pool of one has nothing to offer and
 * stays OWN. False: it stays as it was. */
bool fq_tokens_serve(struct fq_tokens *tokens, const char *folder, struct fq_error *err);

/* Becomes a client of the pool that `flags` names; to be called before anything else
 * opens a descriptor (a number that make closed would be another's by then). `limit` 0:
 * as many as the pool has, 256 if it does not say. False: there is no way in, *ret is a
 * pool of one, and err says why and what to do. The inherited descriptors become
 * close-on-exec; their other flags are everybody's and stay. */
bool fq_tokens_join(
        struct fq_tokens *ret, const struct fq_makeflags *flags, uint32_t limit, struct fq_error *err);

/* Never blocks. False: none is there now, or the limit is reached. */
bool fq_tokens_take(struct fq_tokens *tokens, struct fq_token *ret);
/* Makes *token NONE. SIGPIPE must be ignored. A pool so full that nothing goes in for
 * 0.1 s has more tokens than it should: then we go on holding it until give_all. */
void fq_tokens_give(struct fq_tokens *tokens, struct fq_token *token);

/* A descriptor that polls readable when a token may have come (others may be faster);
 * -1: none will come that we do not give ourselves. Leave it out while nothing could
 * start: it would go on saying so. */
int fq_tokens_watch(const struct fq_tokens *tokens);

/* How a job may draw on the pool. To a SERVER's or CLIENT's only; a CLIENT whose `path`
 * is NULL has no FIFO to offer. The numbers are those of our own read_fd and write_fd,
 * which a job does not get: so nothing else that it is to inherit can be in their place. */
struct fq_offer {
	enum fq_jobserver_style style; /* NONE: it may not */
	struct fq_buf auth;            /* "R,W" or "fifo:PATH"; the caller frees */
	const char *path;      /* PIPE: to be opened, for reading as R and for writing as W; else NULL */
	int read_fd, write_fd; /* PIPE, and path NULL: to be copied there; else -1 */
	int read_number, write_number; /* R and W: above 63, out of the way of a script's own */
};
void fq_tokens_offer(const struct fq_tokens *tokens, enum fq_jobserver_style style, struct fq_offer *ret);

/* How many tokens a SERVER's pool lacks (< 0) or has too many, ours counted. */
int64_t fq_tokens_surplus(const struct fq_tokens *tokens);

/* To be called while nobody but us can draw on a SERVER's pool: counts, puts back what
 * is missing, takes out what is too much. Returns how many were lost (< 0) or too many. */
int64_t fq_tokens_mend(struct fq_tokens *tokens);

/* Gives back all that we hold, at the end of everything; what is given after it counts
 * no more. Safe in a signal handler, and in a process that was forked from us. */
void fq_tokens_give_all(struct fq_tokens *tokens);

bool fq_tokens_are_home(const struct fq_tokens *tokens); /* we hold nothing */
void fq_tokens_finish(struct fq_tokens *tokens);         /* gives nothing back; takes a zeroed one */

#endif
