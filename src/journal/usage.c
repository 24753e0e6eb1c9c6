/* What an attempt used, as a field of its record. */
#include "internal.h"

#include <string.h>

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

/* One number of several; false if it is none, or out of range. */
static bool take_number(struct fq_text *field, int64_t *ret)
{
	const char *comma = memchr(field->at, ',', field->len);
	struct fq_text digits = {field->at, comma ? (size_t)(comma - field->at) : field->len};
	size_t taken = digits.len + (comma != NULL);
	uint64_t number;
	if (!fq_parse_number(digits, &number) || number > INT64_MAX) {
		return false;
	}
	*field = (struct fq_text){field->at + taken, field->len - taken};
	*ret = (int64_t)number;
	return true;
}

struct fq_usage fq_journal_read_usage(struct fq_text field)
{
	struct fq_usage usage = {0};
	int64_t *const more[] = {&usage.peak_rss_kb, &usage.user_ms, &usage.system_ms, &usage.read_bytes,
	        &usage.written_bytes, &usage.attempt, &usage.ended_s};
	bool ok = take_number(&field, &usage.ms);
	for (size_t i = 0; i < FQ_COUNT(more) && ok && field.len; i++) {
		ok = take_number(&field, more[i]);
	}
	return ok && usage.attempt ? usage : (struct fq_usage){.ms = usage.ms};
}
