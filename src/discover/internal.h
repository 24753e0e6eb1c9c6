/* Inside the room discover. */
#ifndef FQRUN_DISCOVER_INTERNAL_H
#define FQRUN_DISCOVER_INTERNAL_H

#include "fqrun/discover.h"

/* A file that is called like reads. */
struct reads_file {
	const char *path;
	struct fq_text folder; /* below the folder that was given; empty: that one */
	struct fq_text group;  /* the same, or without the folder of a lane */
	struct fq_reads_name name;
};

struct reads_files {
	struct reads_file *files;
	size_t count, cap;
};

/* folder.c: finds, in no order. */
bool fq_discover_walk(
        struct fq_discovery *discovery, const char *folder, struct reads_files *ret, struct fq_error *err);

/* The last of `a/b/c`. */
struct fq_text fq_discover_last(struct fq_text folder);

/* order.c */
typedef int fq_discover_order(const struct reads_file *x, const struct reads_file *y);
fq_discover_order fq_discover_by_sample; /* of one name in one folder */
fq_discover_order fq_discover_by_group;  /* and what says its read, and its number; reads first */
fq_discover_order fq_discover_by_lane;   /* and the lane */
void fq_discover_sort(struct reads_files *files);
/* Where those end that are alike to the one at `start`. */
size_t fq_discover_end(const struct reads_files *files, size_t start, fq_discover_order *order);

/* judge.c: whether a last number is a read's; what is no read's becomes part of the name. */
void fq_discover_judge(struct fq_discovery *discovery, struct reads_files *files, fq_discover_mates *mates);
void fq_discover_unmark(struct reads_file *file);

/* group.c: makes samples of them; sorts `files`. */
void fq_discover_group(struct fq_discovery *discovery, struct reads_files *files, fq_discover_mates *mates);

/* unique.c: no two samples of one name. */
void fq_discover_make_unique(struct fq_discovery *discovery);

#endif
