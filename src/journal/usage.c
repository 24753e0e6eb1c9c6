/* What an attempt used, as a field of its record. */
#include "internal.h"

void fq_journal_add_usage(struct fq_buf *line, const struct fq_usage *usage)
{
	int64_t more[] = {usage->peak_rss_kb, usage->user_ms, usage->system_ms, usage->read_bytes,
	        usage->written_bytes, usage->attempt, usage->ended_s};
	fq_buf_add_number(line, usage->ms);
	for (size_t i = 0; usage->attempt && i < FQ_COUNT(more); i++) {
		fq_buf_putc(line, ',');
		fq_buf_add_number(line, more[i]);
	}
}

/* Reads up to `most` numbers between commas; how many were read. */
static size_t read_numbers(struct fq_text field, int64_t *ret, size_t most)
{
	const char *at = field.at, *end = field.at + field.len;
	for (size_t i = 0; i < most; i++) {
		uint64_t number;
		const char *start = at;
		at = fq_journal_digits(at, end, &number);
		bool is_last = at == end || *at == '\t';
		if (at == start || number > INT64_MAX || (!is_last && *at != ',')) {
			return i;
		}
		ret[i] = (int64_t)number;
		if (is_last) {
			return i + 1;
		}
		at++;
	}
	return most;
}

struct fq_usage fq_journal_read_usage(struct fq_text field)
{
	enum { MS, PEAK_RSS_KB, USER_MS, SYSTEM_MS, READ_BYTES, WRITTEN_BYTES, ATTEMPT, ENDED_S, NUMBERS };
	int64_t n[NUMBERS] = {0};
	size_t count = read_numbers(field, n, NUMBERS);
	if (count < ATTEMPT || n[ATTEMPT] == 0) {
		return (struct fq_usage){.ms = n[MS]};
	}
	return (struct fq_usage){n[MS], n[PEAK_RSS_KB], n[USER_MS], n[SYSTEM_MS], n[READ_BYTES],
	        n[WRITTEN_BYTES], n[ATTEMPT], n[ENDED_S]};
}
