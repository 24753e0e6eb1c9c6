/* discover: the reads in a folder, and which of them belong together.
 *
 * Looks at names, never into a file itself. Knows how sequencers and archives call
 * their files; knows nothing of manifests, so a sample's name may be one that
 * none can hold: fq_sample_name_problem() of the manifest room tells.
 *
 * Sources of the names: bcl2fastq2 guide 15051736, "FASTQ Files"
 * (NAME_S1_L001_R1_001.fastq.gz); CASAVA 1.8 guide (NAME_INDEX_L001_R1_002: chunks);
 * BaseSpace (a folder for each lane, NAME_L001_ds.ID); fasterq-dump --split-files
 * (SRR1_1.fastq); Trim Galore (NAME_R1_val_1); Trimmomatic (NAME_1P). */
#ifndef FQRUN_DISCOVER_H
#define FQRUN_DISCOVER_H

#include "fqrun/base.h"

/* --- one name (name.c) ----------------------------------------------------------- */

enum fq_reads_kind {
	FQ_READS_NONE,         /* not called like reads */
	FQ_READS_FILE,         /* reads of a sample */
	FQ_READS_INDEX,        /* I1, I2: barcodes */
	FQ_READS_UNDETERMINED, /* what no sample of the run got */
	FQ_READS_PACKED,       /* reads, but neither plain nor gzip */
};

/* How far a read's number is to be trusted. */
enum fq_reads_trust {
	FQ_TRUST_SURE,   /* x_S1_L001_R1_001, SRR1_1 */
	FQ_TRUST_LETTER, /* x_R1: a replicate, if there is an x_R3 too */
	FQ_TRUST_BARE,   /* x_1: and a sample of its own, if there is no x_2 */
};

/* The texts are slices of the name. The sample is called `sample` + `tail`; `number`
 * ("_S1") follows the sample, and tells two of one name apart. */
struct fq_reads_name {
	enum fq_reads_kind kind;
	enum fq_reads_trust trust;
	uint32_t read;                       /* 0: the name does not say; 1 and 2 are a pair */
	uint32_t lane, chunk;                /* 0: the name does not say */
	struct fq_text stem;                 /* without .fastq.gz */
	struct fq_text sample, number, tail; /* sample empty: R1.fastq.gz, in a folder of the sample */
	bool is_odd;                         /* R1 or R2 where no rule looks for it */
};
struct fq_reads_name fq_discover_name(struct fq_text name);

/* Numbers in names by their value: s2 before s10. Below, at or above 0; 0 only if equal. */
int fq_discover_compare(struct fq_text a, struct fq_text b);

/* --- a folder (folder.c, group.c) ------------------------------------------------ */

/* What a person should know. Up to FQ_REMARK_LEFT_OUT the file is in no sample. */
enum fq_remark {
	FQ_REMARK_INDEX,
	FQ_REMARK_UNDETERMINED,
	FQ_REMARK_PACKED,
	FQ_REMARK_THIRD,      /* an R3 */
	FQ_REMARK_TWICE,      /* x_R1.fastq beside x_R1.fastq.gz */
	FQ_REMARK_HALF_LANE,  /* of a sample whose other lanes are pairs */
	FQ_REMARK_NEWLINE,    /* in the path */
	FQ_REMARK_UNREADABLE, /* a link to nothing, a FIFO, a folder that cannot be opened */
	FQ_REMARK_DEEP,       /* a folder below FQ_DISCOVER_DEPTH */
	FQ_REMARK_LEFT_OUT,   /* by the caller: its sample's name cannot be used */
	FQ_REMARK_HALF,       /* a read of a pair, its mate is not there: taken as single-end */
	FQ_REMARK_BARE,       /* x_1 and x_2 were taken for a pair */
	FQ_REMARK_COUNTED,    /* x_1, x_2 and x_3 were taken for three samples */
	FQ_REMARK_STRANGERS,  /* x_1 and x_2, or x_R1 and x_R2, begin with different reads */
	FQ_REMARK_UNPAIRED,   /* x.fq beside the pair x_1.fq, x_2.fq */
	FQ_REMARK_FOLDER,     /* the folder's name was put in front: two samples had one name */
	FQ_REMARK_ODD,        /* R1 or R2 inside the name: taken as single-end */
	FQ_REMARK_COUNT
};
extern const char *const fq_remark_words[FQ_REMARK_COUNT];

struct fq_reads_remark {
	enum fq_remark what;
	const char *path;
};

struct fq_reads_lane {
	const char *files[2]; /* files[1] NULL: single-end */
};

struct fq_reads_sample {
	const char *name;
	struct fq_reads_lane *lanes;
	size_t lane_count;
	bool is_paired; /* all its lanes */
	/* for group.c: */
	struct fq_text folder;
	bool is_half;
};

enum { FQ_DISCOVER_DEPTH = 6 };

/* Everything lives until fq_discovery_finish(). Paths begin with the folder that was
 * given, "." is not written. Samples stand in the order of their paths. */
struct fq_discovery {
	struct fq_arena arena;
	struct fq_reads_sample *samples;
	size_t sample_count, sample_cap;
	struct fq_reads_remark *remarks;
	size_t remark_count, remark_cap;
	const char **folders; /* looked into, the given one first */
	size_t folder_count, folder_cap;
};

/* Whether two files, each by its first read, are the reads of a pair. */
enum fq_mates { FQ_MATES_UNKNOWN, FQ_MATES_YES, FQ_MATES_NO };
typedef enum fq_mates fq_discover_mates(const char *first, const char *second);

/* Looks into `folder` and those below it; links to folders, hidden folders and what tools leave
 * (results, work, node_modules) are passed by. `mates` (NULL: by
 * names alone) is asked where a name leaves it open (FQ_TRUST_LETTER and FQ_TRUST_BARE): in each
 * folder of the first 16 pairs, and of all once it said NO. False: `folder` itself cannot be read. */
bool fq_discover(
        struct fq_discovery *ret, const char *folder, fq_discover_mates *mates, struct fq_error *err);
void fq_discover_remark(struct fq_discovery *discovery, enum fq_remark what, const char *path);
void fq_discovery_finish(struct fq_discovery *discovery);

#endif
