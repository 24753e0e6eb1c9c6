/* What `fqrun init` writes. */
#ifndef FQRUN_CLI_INIT_H
#define FQRUN_CLI_INIT_H

#include "fqrun/discover.h"

struct fq_init {
	struct fq_discovery found; /* its samples have names that a manifest can hold */
	size_t file_count, paired_count;
	const char *manifest, *sheet; /* paths to be written; sheet NULL: none is needed */
	bool has_lanes;               /* all samples are in the sheet */
	bool has_fastqc, has_multiqc; /* in PATH */
};

/* Whether a line of [samples] can hold it. */
bool fq_cli_init_fits_line(const struct fq_reads_sample *sample);

/* What was left out or is doubtful: what it is behind `head`, and its first paths, each a line. */
struct fq_remark_style {
	const char *head, *indent, *gap;
	size_t shown; /* paths of a kind */
};
void fq_cli_init_add_remarks(
        struct fq_buf *buf, const struct fq_discovery *found, const struct fq_remark_style *style);

/* "6 samples: 3 paired, 3 single, in reads/" */
void fq_cli_init_add_found(struct fq_buf *buf, const struct fq_init *init);

void fq_cli_init_add_manifest(struct fq_buf *buf, const struct fq_init *init);
void fq_cli_init_add_sheet(struct fq_buf *buf, const struct fq_init *init);

#endif
