/* Inside the plan room: files that two jobs share, found by path. */
#ifndef FQRUN_PLAN_COLLIDE_H
#define FQRUN_PLAN_COLLIDE_H

#include "internal.h"

/* An output that was looked up. */
struct fq_made {
	uint32_t job, output;
	bool is_folder;
};

/* A folder that a job reads, or one more job that reads it. */
struct fq_read_folder {
	size_t path; /* in `paths` of the matcher, ended by a NUL */
	uint32_t job;
	uint32_t next; /* 1 + the index of another job that reads it; 0: none */
};

/* How an input of a rule meets the outputs of another: not at all, by one arrow between
 * the rules, or by paths that must be looked up. */
enum fq_meeting { MEET_NEVER, MEET_ARROW, MEET_LOOK_UP };

struct fq_matcher {
	struct fq_plan *plan;
	struct fq_buf tidy; /* the path in hand, in the spelling that is compared */
	struct fq_errors *errors;
	struct fq_arrow_list *arrows;
	bool *is_hashed; /* by rule: its outputs are in the map */
	uint32_t *told;  /* by rule: 1 + the rule whose outputs it shares; one error tells of all its jobs */
	struct fq_map map;
	struct fq_made *made;
	size_t made_count, made_cap, folder_count;
	struct fq_side_arrow *side;
	size_t side_count, side_cap;
	struct fq_arrow *between; /* one for each pair of rules that side arrows join */
	size_t between_count, between_cap;
	/* collide_folder.c */
	bool *reads_folder, *is_in_folder; /* by rule: its inputs, its outputs are to be looked up */
	struct fq_map read_map;
	struct fq_read_folder *read;
	size_t read_count, read_cap;
	struct fq_buf paths;
};

/* The spelling that is compared, without a slash at its end; in `buf`, or the path itself. */
struct fq_text fq_matcher_tidy(const char *path, struct fq_buf *buf);
/* The output of that path, which is tidy, or NULL. */
const struct fq_made *fq_matcher_find(struct fq_matcher *m, struct fq_text path);
void fq_matcher_add_side(struct fq_matcher *m, uint32_t from, uint32_t to);
/* "stats/case1 (line 12)": a job, and where its first output is written. */
void fq_matcher_add_place(const struct fq_matcher *m, uint32_t job, uint32_t beside, struct fq_buf *buf);
/* Whether it is the first time that these two are told of. */
bool fq_matcher_is_news(struct fq_matcher *m, uint32_t job, uint32_t before);

/* --- collide_folder.c: what lies in a folder ------------------------------------------------ */

/* The folder output that a path, which is tidy, lies in, or NULL; its own path in *ret. */
const struct fq_made *fq_matcher_find_around(struct fq_matcher *m, struct fq_text path, struct fq_text *ret);
/* Refuses outputs in the folder of another output, when all outputs are known. */
void fq_matcher_check_nested(struct fq_matcher *m, uint32_t job);
/* Refuses a task's `dir` there. */
void fq_matcher_check_dirs(struct fq_matcher *m);
/* Folders among a job's inputs; then who makes something in one of them. */
void fq_matcher_add_read_folders(struct fq_matcher *m, uint32_t job);
void fq_matcher_find_readers(struct fq_matcher *m, uint32_t job);
/* Which outputs may lie in another's folder. */
void fq_matcher_mark_nested(struct fq_matcher *m);
/* An input x that may be a folder, and an output y that may lie in it. */
enum fq_meeting fq_matcher_meet_folder(
        struct fq_matcher *m, uint32_t to, const struct fq_word *x, uint32_t from, const struct fq_word *y);

#endif
