/* Inside the run room: what choosing the next job needs. */
#ifndef FQRUN_RUN_SCHEDULE_H
#define FQRUN_RUN_SCHEDULE_H

#include "internal.h"

/* --- queue.c ------------------------------------------------------------------------------ */

/* `path`: seconds from its start to the end of all that waits for it; 0 where nobody knows. */
struct fq_queued {
	float path;
	uint32_t job;
};

/* All jobs of a rule ask for the same, so each rule has a heap of its own, the one with
 * the longest path first, and of equal ones the one that comes first in the manifest. As
 * long as jobs come in order, it is a row: what is in order is a heap from anywhere on. */
struct fq_rule_queue {
	struct fq_queued *row;
	size_t first, count, cap; /* the heap: from row[first] on */
	bool is_mixed;            /* a heap that is not in order */
	uint32_t place;           /* in `busy` */
	double waiting_s;         /* what all of them are expected to take */
};
static inline struct fq_queued *fq_run_queue_heap(const struct fq_rule_queue *rule)
{
	return rule->row + rule->first;
}

/* Tokens that a wide job collects from a pool that others draw on (claim.c). */
struct fq_claim {
	uint32_t job; /* UINT32_MAX: nobody claims */
	struct fq_token *tokens;
	size_t count, cap;
	int64_t since_ns;
	int64_t until_ns; /* of the window, or of the time to stay away; 0: neither */
	int64_t window_ns;
	uint32_t rounds;
	bool is_away, was_told;
	bool has_settled; /* the last one started with less than it asked for */
	uint64_t random;
};

/* When a running job is expected to end; INT64_MAX: nobody knows. */
struct fq_end {
	int64_t ns;
	uint32_t slot;
};

struct fq_run_queue {
	struct fq_run *run;
	struct fq_rule_queue *rules;
	uint32_t rule_count;
	uint32_t *busy; /* rules with queued jobs */
	uint32_t busy_count;
	size_t count;   /* entries; some may be queued no more */
	bool is_ranked; /* paths are known: there was more to start than fits */
	bool is_plain;  /* every job takes one token, and nothing else */

	uint32_t *free_slots;
	uint32_t free_count;
	uint32_t *pool_used;    /* by pool */
	double *pool_waiting_s; /* by pool: what all that are queued for it are expected to take */

	uint32_t head; /* the first in line that did not fit, UINT32_MAX: none; and since when */
	int64_t head_since_ns;
	int64_t promised_ns; /* when it was to start, as was reckoned first; 0: nobody knows yet */
	struct fq_end *ends; /* room for one a slot */
	struct fq_claim claim;
	bool wants_token; /* a job starts when a token comes */
	bool is_held;     /* by the machine's load */
	bool was_told_gone;
	int64_t crowd_since_ns; /* the system has no room even for one job; -1: it has */
	int64_t crowd_due_ns;   /* when it is asked again */

	double load_ours; /* what of the load average is of our own jobs */
	int64_t load_ns;  /* as of then */
	struct fq_expectations *expectations;
};

void fq_run_queue_begin(struct fq_run *run);
void fq_run_queue_end(struct fq_run *run);
/* `number`: of a rule. Its first that still is queued; NULL: none. Drops those that are not. */
const struct fq_queued *fq_run_queue_first(struct fq_run_queue *queue, uint32_t number);
void fq_run_queue_remove(struct fq_run_queue *queue, uint32_t number, size_t entry);
/* Paths from here on: sorts all anew. */
void fq_run_queue_rank(struct fq_run_queue *queue);
bool fq_run_queue_is_ordered(const struct fq_run *run); /* paths count at all */

/* --- choose.c ------------------------------------------------------------------------------- */

struct fq_need {
	uint32_t least, most; /* tokens, as far as we may ever hold them */
	int64_t memory_bytes;
	uint32_t pool;
	bool is_alone; /* it asks for more memory than there is */
};
struct fq_need fq_run_need(const struct fq_run *run, uint32_t job);

/* Takes the next job that may start out of the queue and gives it a slot with its
 * tokens; NULL: none may start now. */
struct fq_slot *fq_run_choose(struct fq_run *run);

/* --- room.c: what is free --------------------------------------------------------------------- */

uint32_t fq_run_most_tokens(const struct fq_run *run); /* that we may ever hold */
uint32_t fq_run_free_tokens(const struct fq_run *run); /* as far as that goes: others may have them */
int64_t fq_run_free_memory(const struct fq_run *run);
uint32_t fq_run_free_depth(const struct fq_run *run, uint32_t pool);
bool fq_run_has_room(const struct fq_run *run, const struct fq_need *need); /* tokens apart */

/* What is there beside the first in line at the moment when it may start, and when that is. */
struct fq_shadow {
	int64_t ns; /* INT64_MAX: nobody knows */
	int64_t tokens, memory_bytes, depth;
};
struct fq_shadow fq_run_shadow(struct fq_run *run, const struct fq_need *head, int64_t now);

/* --- demands.c: what tasks ask for that they will not get ----------------------------------------- */

void fq_run_tell_demands(struct fq_run *run);

/* --- slots.c -------------------------------------------------------------------------------- */

/* The slot that is opened next; NULL: none is free. */
struct fq_slot *fq_run_next_slot(const struct fq_run *run);
/* Tokens for a slot that is not open yet: all or none of the least, and up to the most. */
bool fq_run_take_tokens(struct fq_run *run, struct fq_slot *slot, uint32_t least, uint32_t most);
void fq_run_open_slot(struct fq_run *run, struct fq_slot *slot, uint32_t job, const struct fq_need *need);

/* --- claim.c --------------------------------------------------------------------------------- */

/* Whether anybody but us may draw on the tokens now. */
bool fq_run_is_shared(const struct fq_run *run);
/* Tokens for the first in line; false: it does not get its least now. */
bool fq_run_claim(struct fq_run *run, uint32_t job, const struct fq_need *need);
/* Hands what is claimed to a slot that is not open yet. */
void fq_run_claim_give(struct fq_run *run, struct fq_slot *slot);
/* Gives it back, and forgets for whom it was. */
void fq_run_claim_drop(struct fq_run *run);
/* When a window, or a time to stay away, is over; 0: neither. */
int64_t fq_run_claim_due(const struct fq_run *run);
/* A descriptor to be polled for a token, -1: none; and what that said. */
int fq_run_token_fd(const struct fq_run *run);
void fq_run_token_polled(struct fq_run *run, short events);
/* Whether the jobserver went away just now. */
bool fq_run_is_deserted(struct fq_run *run);

/* --- expect.c -------------------------------------------------------------------------------- */

double fq_run_expected(struct fq_run *run, uint32_t job); /* seconds; 0: nobody knows */
double fq_run_expected_path(struct fq_run *run, uint32_t job);
void fq_run_expectations_end(struct fq_run *run);

/* --- load.c ---------------------------------------------------------------------------------- */

/* To be called when the number of tokens in use is about to change. */
void fq_run_load_note(struct fq_run *run);
bool fq_run_load_is_high(struct fq_run *run);

/* --- crowd.c ------------------------------------------------------------------------------ */

/* Whether an error number says that the system has no room for one more. */
bool fq_run_is_crowd(int number);
/* Queues the job again: it waits until there is room. */
void fq_run_put_back(struct fq_run *run, uint32_t job, struct fq_error *err);

#endif
