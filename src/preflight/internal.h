/* Inside the room: look.c looks at one lane, in any thread; preflight.c runs the
 * threads; pair.c compares the two files of a lane; missing.c, compare.c and
 * changing.c see all files, afterwards and in one thread. */
#ifndef FQRUN_PREFLIGHT_INTERNAL_H
#define FQRUN_PREFLIGHT_INTERNAL_H

#include "fqrun/fastq.h"
#include "fqrun/preflight.h"

/* What is kept of a look at a file. */
struct fq_preflight_seen {
	struct fq_stamp stamp; /* size_bytes -1: could not be looked at */
	uint64_t device, inode, head_hash;
	bool was_looked_at; /* its sample is wanted */
	bool is_missing, has_changed, is_finished;
	bool is_copy; /* of the other file of its pair; said already */
};

/* Findings as they come, without order. Zeroed is empty. */
struct fq_preflight_notes {
	struct fq_arena arena;
	struct fq_preflight_finding *at;
	size_t count, cap;
};

struct fq_preflight_work {
	const struct fq_manifest *manifest;
	struct fq_preflight_seen *seen; /* by file */
};

static inline uint32_t fq_preflight_sample(const struct fq_manifest *manifest, uint32_t file)
{
	return manifest->lanes[manifest->files[file].lane].sample;
}

void fq_preflight_error(struct fq_preflight_notes *notes, uint32_t file, enum fq_preflight_check check,
        const char *hint, const char *format, ...) FQ_PRINTF(5, 6);
void fq_preflight_warn(struct fq_preflight_notes *notes, uint32_t file, enum fq_preflight_check check,
        const char *hint, const char *format, ...) FQ_PRINTF(5, 6);
void fq_preflight_notes_finish(struct fq_preflight_notes *notes);

/* Looks at the files [first, end) of a lane. False: the system refused us, not the file. */
bool fq_preflight_look(const struct fq_preflight_work *work, struct fq_preflight_notes *notes, uint32_t first,
        uint32_t end, struct fq_error *err);

/* `second` is the second file of a pair; both looks said that nothing is wrong. */
void fq_preflight_compare_pair(const struct fq_preflight_work *work, struct fq_preflight_notes *notes,
        uint32_t second, const struct fq_fastq_peek peek[2]);

void fq_preflight_explain_missing(const struct fq_preflight_work *work, struct fq_preflight_notes *notes);
void fq_preflight_compare_files(const struct fq_preflight_work *work, struct fq_preflight_notes *notes);
void fq_preflight_find_changing(const struct fq_preflight_work *work, struct fq_preflight_notes *notes);

#endif
