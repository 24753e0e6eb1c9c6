/* preflight: a cheap look at the reads' files before the first job.
 *
 * Finds the broken file now, and not after eight hours. Looks at both ends of each
 * file, in parallel (fq_fastq_peek), and compares files with each other. Knows
 * nothing of jobs, of what was run, or of a terminal.
 *
 * What an error says is certain, or as good as. What may be meant so is a warning.
 * That a gzip file is whole only reading it can tell, which is not done here.
 *
 * What a caller does with it:
 * - Before the first job, and in `check`; not for a dry run, nor with --no-preflight.
 *   `wanted` are the samples with a job that is about to run; if there is none, no call.
 * - Shows each finding at its sample's line of the manifest:
 *   "qc.ini:14: case1: reads/case1.fq.gz: TEXT", then the hint. TEXT may hold any
 *   bytes that a file or its name holds, so it goes through what keeps control bytes
 *   from a terminal. A hint that begins with "did you mean" ends the sentence.
 * - Leaves out the samples that `is_bad` names, runs the others, and exits 1; with
 *   --strict does not start at all if there is a finding of either kind.
 * - On false nothing is known: the system refused us (descriptors, memory), or the
 *   caller's own progress function said stop, and then err has no text. */
#ifndef FQRUN_PREFLIGHT_H
#define FQRUN_PREFLIGHT_H

#include "fqrun/manifest.h"

/* What was looked at. The findings of a file come in this order. */
enum fq_preflight_check {
	FQ_PREFLIGHT_FILE,     /* there, readable, regular, FASTQ, whole as far as seen: error */
	FQ_PREFLIGHT_EMPTY,    /* no bytes: error; gzip that holds no text: warning */
	FQ_PREFLIGHT_PAIR,     /* the two files of a lane begin with different reads: error */
	FQ_PREFLIGHT_ORDER,    /* they say that they are 2 and 1: error; both the same: warning */
	FQ_PREFLIGHT_TWICE,    /* the same file, by a link too: error in a sample, warning in another; a
	                        * copy: error in a pair, elsewhere warning, if above 64 KiB */
	FQ_PREFLIGHT_END,      /* no end block, zeros at the end: warning */
	FQ_PREFLIGHT_NAME,     /* called .gz and is not, or the other way round: warning */
	FQ_PREFLIGHT_CHANGING, /* it changed while we looked, or less than 2 seconds ago and it is not
	                        * known that nobody has it open for writing: warning */
	FQ_PREFLIGHT_MERGED,   /* {file.stem} is the same, so FastQC and MultiQC take two for one: warning.
	                        * Of all files that are alike, over samples, one warning speaks (TWICE too) */
};

struct fq_preflight_finding {
	uint32_t sample, file; /* indices in the manifest; of a pair, the second file */
	uint8_t check;
	bool is_warning;
	const char *text; /* continues "PATH: "; other files are named in it */
	const char *hint; /* may be NULL */
};

struct fq_preflight_options {
	const bool *wanted; /* by sample; NULL: all. Others are not looked at, nor compared */
	uint32_t threads;   /* the caller's among them; 0: up to 16, since a network disk makes each wait */
	/* May be NULL. Called by the caller's own thread, every 100 ms or less often, never
	 * for what is done at once. False: stop. */
	bool (*progress)(void *context, size_t done, size_t total);
	void *context;
};

struct fq_preflight {
	struct fq_arena arena;
	struct fq_preflight_finding *findings; /* by sample, file, check: whatever the threads did */
	size_t count, errors, warnings;
	bool *is_bad; /* by sample: it has an error */
};

/* `options` may be NULL. *ret need not be zeroed; finish it either way. */
bool fq_preflight(struct fq_preflight *ret, const struct fq_manifest *manifest,
        const struct fq_preflight_options *options, struct fq_error *err);
/* Whether the first reads of two files, whose names are known and whole, are one read's two ends. */
struct fq_fastq_peek;
bool fq_preflight_are_mates(const struct fq_fastq_peek *first, const struct fq_fastq_peek *second);

void fq_preflight_finish(struct fq_preflight *preflight);

#endif
