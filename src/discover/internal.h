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

/* group.c: makes samples of them; sorts `files`. */
void fq_discover_group(struct fq_discovery *discovery, struct reads_files *files);

/* unique.c: no two samples of one name. */
void fq_discover_make_unique(struct fq_discovery *discovery);

#endif
