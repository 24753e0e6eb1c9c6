/* fastq: one FASTQ file, read once, front to back.
 *
 * Knows nothing of samples, manifests or runs. Constant memory, whatever the
 * file's size: under 2 MiB, and twice the longest record above that. Strict: a
 * file that is cut off, damaged or not FASTQ gives an error that says where, and
 * no number at all.
 *
 * Format: four lines a record (Cock et al., Nucleic Acids Research 2010,
 * 38:1767, doi:10.1093/nar/gkp1137), qualities Phred+33.
 * - Accepted: LF or CRLF; a last line without newline; empty lines behind the
 *   last record; a '+' line that is bare or repeats the whole title; reads
 *   without bases; any length; IUPAC letters of either case, U, '.', '*', '-'.
 * - Refused: everything else, among it records wrapped over more lines, empty
 *   lines between or before records, NUL in a title.
 * - A file of no bytes has 0 reads, unless its name ends in .gz or .bgz: no gzip
 *   writer leaves that, a broken copy does.
 *
 * gzip: RFC 1952, recognised by content, any number of members, empty ones too,
 * zero padding after the last. Header CRC, CRC and length of each are checked. A
 * file cut exactly between two members, and there between two records, is a
 * valid file and cannot be told from a whole one (BGZF's end block is not asked
 * for: several writers leave it out). */
#ifndef FQRUN_FASTQ_H
#define FQRUN_FASTQ_H

#include "fqrun/base.h"

/* Counts of one file, or the sum of several. As `seqkit stats -a` counts them
 * (2.3.0 compared), but for S, the code for "G or C", which seqkit leaves out of GC.
 * Shares are of all bases, N and gaps among them. */
struct fq_fastq_stats {
	uint64_t reads;
	uint64_t bases;
	uint64_t gc;  /* bases that are G, C or S, either case */
	uint64_t n;   /* bases that are N or n */
	uint64_t q20; /* bases of Phred quality 20 or more (Phred+33) */
	uint64_t q30;
	uint64_t min_length, max_length; /* bases; both 0 without reads */
};

/* Reads `path` ("-": standard input) to its end; a pipe will do. On false *ret is
 * zeroed and `err` says what is wrong: where.file is `path` itself (not a copy; "standard
 * input" for "-"), the text is "record N, byte M: expected ..., found ...". Records
 * count from 1; bytes from 0 in the text, inflated if it is gzip: the byte that may
 * not stand there, the line that is wrong, or the end of the text where it is cut
 * off. A fault of the compression adds ", compressed byte K": how far the file was
 * used. What cannot be opened has no record and no byte. */
bool fq_fastq_read(const char *path, struct fq_fastq_stats *ret, struct fq_error *err);

/* --- a look at both ends, without reading the file ------------------------- */

enum fq_fastq_kind { FQ_FASTQ_PLAIN, FQ_FASTQ_GZIP, FQ_FASTQ_BGZF };
enum { FQ_FASTQ_PEEK_BYTES = 64 << 10, FQ_FASTQ_NAME_BYTES = 256 };

/* What a look at a file's ends told. Holds no memory. */
struct fq_fastq_peek {
	/* Known also after a failure, unless size_bytes is -1: then there is no such file, or none
	 * that is regular. */
	struct fq_stamp stamp;
	uint64_t device, inode; /* equal for two names of one file, links of either kind among them */
	bool has_changed;       /* size or mtime was another after the look than before it */

	uint8_t kind;
	bool is_empty;        /* holds no text at all, so no reads */
	bool has_record;      /* the first record was seen whole; else it is longer than what was looked at */
	bool lacks_end_block; /* BGZF (SAM specification, 4.1.2) that ends after a whole block which is not
	                       * the empty one: cut off there, or by a writer that leaves it out */
	bool ends_in_zeros;   /* gzip: 64 KiB of zeros behind it, as no writer leaves them but a copy that was
	                       * given its size before its bytes */
	uint64_t head_hash;   /* of the first 64 KiB, as they lie in the file */
	/* The first read's, empty if its title is longer than what was looked at. Cut at 255
	 * bytes each; then is_name_cut. Any bytes but NUL and newline. */
	char name[FQ_FASTQ_NAME_BYTES];        /* without '@', up to the first blank */
	char description[FQ_FASTQ_NAME_BYTES]; /* behind that blank */
	bool is_name_cut;
};

/* Looks at the first and the last 64 KiB of a regular file, three reads at most; several
 * threads may do so. Waits for nobody: what is no regular file is never opened.
 *
 * True says that nothing is wrong there, not that the file is whole: that only reading it
 * can say. False says that the file is certainly not whole and right FASTQ, in the words of
 * fq_fastq_read(), but without a record or byte where there is none; err->number is errno
 * where the system refused it. Looked at are: the format, by content; gzip's header and data
 * as far as the first record; that record and those that come with it; and the end: that
 * plain text ends with a whole record and BGZF with a whole block. A record longer than
 * 64 KiB is no fault. */
bool fq_fastq_peek(const char *path, struct fq_fastq_peek *ret, struct fq_error *err);

/* sum += more */
void fq_fastq_add(struct fq_fastq_stats *sum, const struct fq_fastq_stats *more);

/* A file and its counts, for printing. */
struct fq_fastq_row {
	const char *file;
	struct fq_fastq_stats stats;
};

/* The printed keys: reads, bases, min_length, mean_length, max_length, gc,
 * gc_percent, n, q20, q20_percent, q30, q30_percent. Mean and shares have two
 * decimals (JSON: at most), rounded half up from the exact fraction; 0 where there
 * is nothing to divide by. seqkit rounds a binary fraction: where the exact value
 * ends in a 5 behind two decimals, it may print 0.01 less.
 *
 * One JSON object, indented, a key a line, ending in a newline. `name` (a
 * sample's, may be NULL: then there is no such key) stands first, then the sum,
 * then "files" with "file" and the same keys for each. Names that are not UTF-8
 * have their stray bytes as U+FFFD. */
void fq_fastq_add_json(struct fq_buf *buf, const char *name, const struct fq_fastq_row *rows, size_t count);

/* Tab-separated, a header and a line a file, no sum; tab, newline and backslash in
 * a name appear as \t, \n and \\, other control bytes as \x1b. */
void fq_fastq_add_tsv(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count);

/* A line NAME=VALUE for each number of the sum, under the names of the JSON: what a
 * task reports to those behind it. */
void fq_fastq_add_values(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count);

/* For people: aligned columns, and a last line "total" where there are several.
 * Without the counts behind the shares. */
void fq_fastq_add_table(struct fq_buf *buf, const struct fq_fastq_row *rows, size_t count);

#endif
