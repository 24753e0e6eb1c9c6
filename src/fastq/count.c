#include "inner.h"

/* A table gives each byte three counters of 21 bits in one word: a byte costs
 * two loads and an addition. A block is short enough that none can overflow. */
enum { SOME_SHIFT = 21, OTHER_SHIFT = 42, LARGEST_BLOCK_BYTES = 1 << 20 };
#define COUNTER_MASK ((UINT64_C(1) << 21) - 1)

#define VALID UINT64_C(1)
#define SOME (VALID | UINT64_C(1) << SOME_SHIFT)
#define OTHER (VALID | UINT64_C(1) << OTHER_SHIFT)
#define BOTH (SOME | OTHER)

#define BOTH_CASES(letter, value) [letter] = (value), [(letter) + 'a' - 'A'] = (value)
#define TWICE(value) value, value
#define TIMES_4(value) TWICE(value), TWICE(value)
#define TIMES_16(value) TIMES_4(value), TIMES_4(value), TIMES_4(value), TIMES_4(value)

/* IUPAC nucleotides (NC-IUB 1984), U, and what aligners and editors leave behind. */
static const uint64_t base_table[256] = {
        BOTH_CASES('A', VALID),
        BOTH_CASES('T', VALID),
        BOTH_CASES('U', VALID),
        BOTH_CASES('G', SOME),
        BOTH_CASES('C', SOME),
        BOTH_CASES('S', SOME),
        BOTH_CASES('W', VALID),
        BOTH_CASES('R', VALID),
        BOTH_CASES('Y', VALID),
        BOTH_CASES('K', VALID),
        BOTH_CASES('M', VALID),
        BOTH_CASES('B', VALID),
        BOTH_CASES('D', VALID),
        BOTH_CASES('H', VALID),
        BOTH_CASES('V', VALID),
        BOTH_CASES('N', OTHER),
        ['.'] = VALID,
        ['*'] = VALID,
        ['-'] = VALID,
};

/* Phred+33: '!' is 0, '5' is 20, '?' is 30, '~' is 93. */
static const uint64_t quality_table[256] = {
        ['!'] = TIMES_16(VALID),
        TIMES_4(VALID),
        ['5'] = TIMES_4(SOME),
        TIMES_4(SOME),
        TWICE(SOME),
        ['?'] = TIMES_16(BOTH),
        TIMES_16(BOTH),
        TIMES_16(BOTH),
        TIMES_16(BOTH),
};

static uint64_t sum_block(const uint64_t table[256], const unsigned char *at, size_t len)
{
	uint64_t sum[4] = {0};
	for (; len >= 4; at += 4, len -= 4) {
		sum[0] += table[at[0]];
		sum[1] += table[at[1]];
		sum[2] += table[at[2]];
		sum[3] += table[at[3]];
	}
	for (; len; at++, len--) {
		sum[0] += table[at[0]];
	}
	return sum[0] + sum[1] + sum[2] + sum[3];
}

static struct fq_fastq_tally count(const uint64_t table[256], const char *at, size_t len)
{
	struct fq_fastq_tally tally = {0};
	while (len) {
		size_t block = len < LARGEST_BLOCK_BYTES ? len : LARGEST_BLOCK_BYTES;
		uint64_t sum = sum_block(table, (const unsigned char *)at, block);
		tally.valid += sum & COUNTER_MASK;
		tally.some += sum >> SOME_SHIFT & COUNTER_MASK;
		tally.other += sum >> OTHER_SHIFT & COUNTER_MASK;
		at += block;
		len -= block;
	}
	return tally;
}

struct fq_fastq_tally fq_fastq_count_bases(const char *at, size_t len)
{
	return count(base_table, at, len);
}

struct fq_fastq_tally fq_fastq_count_qualities(const char *at, size_t len)
{
	return count(quality_table, at, len);
}
