/* Inside the room: input gives bytes, parse makes records of them, count looks
 * at each byte, explain says what is wrong.
 *
 * Here an error's text says what was expected and what was found; read.c, which
 * alone sees both ends, puts file, record and offsets in front. */
#ifndef FQRUN_FASTQ_INNER_H
#define FQRUN_FASTQ_INNER_H

#include "fqrun/fastq.h"

/* 128 and 256 KiB stay in a core's second-level cache; more gained nothing. */
enum { FQ_FASTQ_INPUT_BYTES = 128 << 10, FQ_FASTQ_TEXT_BYTES = 256 << 10 };

extern const char fq_fastq_cut_hint[];
extern const char fq_fastq_damaged_hint[];

/* --- foreign.c: what is no FASTQ, known by its first bytes ----------------- */

struct fq_fastq_foreign {
	const char *name, *hint; /* "a zip archive", and what to do */
};
/* NULL: nothing that is known. Never a FASTQ file, nor gzip, nor FASTA. */
const struct fq_fastq_foreign *fq_fastq_recognise(const char *at, size_t len);

/* --- inflate.c: one gzip member (RFC 1952) at a time; the only user of zlib - */

struct fq_fastq_inflater;
enum fq_fastq_inflated { FQ_INFLATED_SOME, FQ_INFLATED_MEMBER, FQ_INFLATED_DAMAGE };

/* Bytes to inflate and room for what comes of them; both ends move. */
struct fq_fastq_flow {
	const char *from;
	size_t from_len;
	char *to;
	size_t to_len;
};

struct fq_fastq_inflater *fq_fastq_create_inflater(void);
void fq_fastq_destroy_inflater(struct fq_fastq_inflater *inflater);
void fq_fastq_reset_inflater(struct fq_fastq_inflater *inflater); /* for the next member */

/* SOME: all of `from` or all of `to` is used up. MEMBER: the member ended, and
 * its CRC and length are right. DAMAGE: *ret_fault says what, in words. */
enum fq_fastq_inflated fq_fastq_inflate(
        struct fq_fastq_inflater *inflater, struct fq_fastq_flow *flow, const char **ret_fault);

/* --- input.c: the text of a file, plain or (gzip.c) inflated -------------- */

struct fq_fastq_input {
	int fd;
	bool is_gzip, is_eof, in_member, is_damaged;
	char *held; /* read from the file, not used yet */
	size_t held_at, held_len;
	uint64_t offset;  /* in the file, of held[held_at] */
	uint64_t members; /* gzip members begun */
	struct fq_fastq_inflater *inflater;
};

/* Takes a zeroed input; close it also after a failure. Before anything is read,
 * the format must be detected: by content, the path counts only where there is none. */
bool fq_fastq_open_input(struct fq_fastq_input *input, const char *path, struct fq_error *why);
bool fq_fastq_detect_input(struct fq_fastq_input *input, const char *path, struct fq_error *why);
void fq_fastq_close_input(struct fq_fastq_input *input);
bool fq_fastq_is_called_gzip(const char *path); /* .gz or .bgz */

/* Fills `to`, less only at the end (0: nothing is left) or before a failure:
 * on false the *ret_len bytes in front of it are still good. */
bool fq_fastq_read_input(
        struct fq_fastq_input *input, char *to, size_t len, size_t *ret_len, struct fq_error *why);

/* For gzip.c: reads until `want` bytes are held (at most 16), or the file's end. */
bool fq_fastq_hold_input(struct fq_fastq_input *input, size_t want, struct fq_error *why);
void fq_fastq_use_input(struct fq_fastq_input *input, size_t len); /* of the bytes held */

/* gzip.c: fills `flow` from the members of the file, as far as they go. */
bool fq_fastq_read_gzip(struct fq_fastq_input *input, struct fq_fastq_flow *flow, struct fq_error *why);

/* --- ends.c: the last bytes of a file, for peek.c ---------------------------- */

/* The length of the BGZF block whose header stands there; 0: there is none. */
size_t fq_fastq_bgzf_block(const char *at, size_t len);
/* `tail`: the last 64 KiB, or the whole file. Sets peek's lacks_end_block and ends_in_zeros. */
bool fq_fastq_check_end(struct fq_text tail, bool is_all, struct fq_fastq_peek *peek, struct fq_error *why);

/* --- count.c: the loops over bases and qualities; a SIMD kernel goes here - */

/* `valid` is how many bytes may stand there at all; of them `some` are G, C or S
 * (quality: 20 or more) and `other` are N (quality: 30 or more). */
struct fq_fastq_tally {
	uint64_t valid, some, other;
};
struct fq_fastq_tally fq_fastq_count_bases(const char *at, size_t len);
struct fq_fastq_tally fq_fastq_count_qualities(const char *at, size_t len);

/* --- parse.c: records out of text that comes in pieces ------------------- */

struct fq_fastq_parser {
	char *at; /* text whose records are not complete yet, and room */
	size_t len, cap;
	uint64_t offset; /* in the text, of at[0] */
	bool is_end;     /* no more text follows */
	bool in_tail;    /* only empty lines from tail_offset on */
	uint64_t tail_offset;
	uint64_t fault_offset; /* in the text, where the trouble is; set on false */
	struct fq_fastq_stats stats;
};

/* Borrowed text will do, while no room is asked for: `at`, `cap` (a byte more than `len`)
 * set by the caller, and no fq_fastq_parser_finish().
 * Where text may be put, *ret_len bytes of room (never 0). Then tell how many came. */
char *fq_fastq_parser_room(struct fq_fastq_parser *parser, size_t *ret_len);
bool fq_fastq_parse(struct fq_fastq_parser *parser, size_t len, struct fq_error *why);
bool fq_fastq_parse_end(struct fq_fastq_parser *parser, struct fq_error *why);
void fq_fastq_parser_finish(struct fq_fastq_parser *parser);

/* --- explain.c: the slow second look at a record that is not right -------- */

/* What is wrong with the record that begins `text`; `is_end` if nothing follows
 * the text. Always false, with *ret_at the place of the trouble in the text. */
bool fq_fastq_explain(struct fq_text text, bool is_end, size_t *ret_at, struct fq_error *why);

#endif
