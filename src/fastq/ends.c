#include "inner.h"

#include <string.h>

/* What the last 64 KiB of a file tell. Only what is certain is called a fault. */

/* --- BGZF (SAM specification, 4.1): gzip members that know their own length -- */

enum { BGZF_HEADER_BYTES = 18, GZIP_FIXED_BYTES = 10, SMALLEST_BLOCK_BYTES = 26 };
static const char bgzf_magic[] = "\x1f\x8b\x08\x04";

static size_t little_16(const char *at)
{
	const unsigned char *byte = (const unsigned char *)at;
	return byte[0] | (size_t)byte[1] << 8;
}

size_t fq_fastq_bgzf_block(const char *at, size_t len)
{
	if (len < BGZF_HEADER_BYTES || memcmp(at, bgzf_magic, 4) != 0) {
		return 0;
	}
	size_t extra = little_16(at + GZIP_FIXED_BYTES), left = len - GZIP_FIXED_BYTES - 2;
	const char *field = at + GZIP_FIXED_BYTES + 2;
	left = extra < left ? extra : left;
	while (left >= 6) {
		size_t field_len = little_16(field + 2);
		if (field[0] == 'B' && field[1] == 'C' && field_len == 2) {
			return little_16(field + 4) + 1;
		}
		if (left - 4 < field_len) {
			break;
		}
		field += 4 + field_len;
		left -= 4 + field_len;
	}
	return 0;
}

/* Where the last block begins, or `len`. A block has 64 KiB at most, so what is
 * left of the last one of a file that was cut off lies in the tail. */
static size_t find_last_block(struct fq_text tail)
{
	for (size_t at = tail.len; at-- > 0;) {
		if (tail.at[at] == '\x1f' &&
		        fq_fastq_bgzf_block(tail.at + at, tail.len - at) >= SMALLEST_BLOCK_BYTES) {
			return at;
		}
	}
	return tail.len;
}

static bool fail_cut_block(size_t expected, size_t found, struct fq_error *why)
{
	return fq_fail(why, FQ_NOWHERE, fq_fastq_cut_hint,
	        "expected a last BGZF block of %zu bytes, found the end of the file after %zu", expected,
	        found);
}

static bool check_bgzf(struct fq_text tail, struct fq_fastq_peek *peek, struct fq_error *why)
{
	size_t at = find_last_block(tail), left = tail.len - at;
	size_t len = fq_fastq_bgzf_block(tail.at + at, left);
	if (len > left) {
		return fail_cut_block(len, left, why);
	}
	size_t behind = left - len;
	if (len && behind && behind < BGZF_HEADER_BYTES &&
	        memcmp(tail.at + at + len, bgzf_magic, behind < 4 ? behind : 4) == 0) {
		return fail_cut_block(SMALLEST_BLOCK_BYTES, behind, why);
	}
	/* The end block is one that holds nothing: its length, the last field, is 0. */
	peek->lacks_end_block = behind || len == 0 || memcmp(tail.at + tail.len - 4, "\0\0\0\0", 4) != 0;
	return true;
}

/* --- plain text -------------------------------------------------------------- */

/* The lines from the last upwards, empty ones at the end left out; true: it lies
 * wholly in the tail, so its beginning is known. */
struct upwards {
	struct fq_text left;
	bool is_all; /* nothing stands before the text */
};

static bool take_last_line(struct upwards *upwards, struct fq_text *ret)
{
	struct fq_text *left = &upwards->left;
	const char *newline = left->len ? memrchr(left->at, '\n', left->len) : NULL;
	size_t start = newline ? (size_t)(newline + 1 - left->at) : 0;
	*ret = (struct fq_text){left->at + start, left->len - start};
	ret->len -= ret->len && ret->at[ret->len - 1] == '\r';
	left->len = newline ? start - 1 : 0;
	return newline || upwards->is_all;
}

static bool begins(struct fq_text line, char c)
{
	return line.len && line.at[0] == c;
}

/* line[0] is the file's last, and `whole` of them are seen from their beginning; of
 * the next, if there is one, the end. Whether they may end a whole record. */
static bool may_end(const struct fq_text line[4], size_t whole)
{
	if (whole == 0) {
		return true;
	}
	/* A read without bases: its line of qualities is one of the empty ones. */
	bool is_bare = begins(line[0], '+') && line[1].len == 0 && (whole < 3 || begins(line[2], '@'));
	bool is_framed = whole < 2 || begins(line[1], '+');
	size_t bases = line[2].len, qualities = line[0].len;
	bool is_equal = whole < 3 ? bases <= qualities : bases == qualities;
	return is_bare || (is_framed && is_equal && (whole < 4 || begins(line[3], '@')));
}

static bool check_text(struct fq_text tail, struct fq_error *why)
{
	struct fq_text line[4] = {{0}};
	size_t whole = 0;
	bool has_end = tail.len && tail.at[tail.len - 1] == '\n';
	while (tail.len && (tail.at[tail.len - 1] == '\n' || tail.at[tail.len - 1] == '\r')) {
		tail.len--;
	}
	struct upwards upwards = {.left = tail};
	while (whole < 4 && take_last_line(&upwards, &line[whole])) {
		whole++;
	}
	return may_end(line, whole) || fq_fail(why, FQ_NOWHERE, fq_fastq_cut_hint,
	                                       "expected a whole record at the end of the file, found %s",
	                                       has_end ? "a part of one" : "a line that breaks off");
}

/* --- each ------------------------------------------------------------------ */

static bool is_zeros(struct fq_text tail)
{
	return tail.len && tail.at[0] == 0 && memcmp(tail.at, tail.at + 1, tail.len - 1) == 0;
}

bool fq_fastq_check_end(struct fq_text tail, bool is_all, struct fq_fastq_peek *peek, struct fq_error *why)
{
	bool is_plain = peek->kind == FQ_FASTQ_PLAIN;
	if (!is_all && is_zeros(tail)) {
		peek->ends_in_zeros = !is_plain;
		return !is_plain ||
		       fq_fail(why, FQ_NOWHERE, "the copy was never finished: download or copy it again",
		               "expected a whole record at the end of the file, found zeros");
	}
	if (peek->kind == FQ_FASTQ_BGZF) {
		return check_bgzf(tail, peek, why);
	}
	return !is_plain || is_all || check_text(tail, why);
}
