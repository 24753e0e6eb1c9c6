/* One line of the journal: its check, its number, its type, its fields. */
#include "internal.h"

#include <endian.h>
#include <string.h>

uint32_t fq_journal_check(const char *at, size_t len)
{
	return (uint32_t)fq_hash(at, len);
}

/* As 8 hex digits. All at once, since each line of a journal is looked at at each start. */
static void write_hex(uint32_t number, char ret[FQ_JOURNAL_CHECK_LEN])
{
	uint64_t nibbles = number;
	nibbles = (nibbles << 16 | nibbles) & UINT64_C(0x0000ffff0000ffff);
	nibbles = (nibbles << 8 | nibbles) & UINT64_C(0x00ff00ff00ff00ff);
	nibbles = (nibbles << 4 | nibbles) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	uint64_t letters = (nibbles + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	uint64_t digits = htobe64(nibbles + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
	memcpy(ret, &digits, FQ_JOURNAL_CHECK_LEN);
}

void fq_journal_set_check(char *line, size_t len)
{
	size_t room = FQ_JOURNAL_CHECK_LEN + 1;
	write_hex(fq_journal_check(line + room, len - room), line);
}

bool fq_journal_field(struct fq_text *line, struct fq_text *ret)
{
	if (!line->at) {
		return false;
	}
	const char *tab = memchr(line->at, '\t', line->len);
	if (!tab) {
		*ret = *line;
		*line = (struct fq_text){0};
		return true;
	}
	*ret = (struct fq_text){line->at, (size_t)(tab - line->at)};
	*line = (struct fq_text){tab + 1, line->len - ret->len - 1};
	return true;
}

const char *fq_journal_digits(const char *at, const char *end, uint64_t *ret)
{
	enum { DIGITS_MAX = 19 }; /* so many always fit */
	const char *start = at;
	uint64_t number = 0;
	for (; at < end && (unsigned char)(*at - '0') < 10; at++) {
		number = number * 10 + (unsigned char)(*at - '0');
	}
	*ret = number;
	return at - start <= DIGITS_MAX ? at : start;
}

static bool is_word(struct fq_text type, const char *word, size_t len)
{
	return type.len == len && memcmp(type.at, word, len) == 0;
}
#define IS(type, word) is_word(type, word, sizeof(word) - 1)

static enum fq_journal_type read_type(struct fq_text type)
{
	switch (type.len ? type.at[0] : '\0') {
	case 'd':
		return IS(type, "done") ? FQ_JOURNAL_DONE : FQ_JOURNAL_OTHER;
	case 'k':
		return IS(type, "kept") ? FQ_JOURNAL_KEPT : FQ_JOURNAL_OTHER;
	case 'g':
		return IS(type, "good") ? FQ_JOURNAL_GOOD : FQ_JOURNAL_OTHER;
	case 'b':
		return IS(type, "begin") ? FQ_JOURNAL_BEGIN
		       : IS(type, "bad") ? FQ_JOURNAL_BAD
		                         : FQ_JOURNAL_OTHER;
	case 'f':
		return IS(type, "fail")     ? FQ_JOURNAL_FAIL
		       : IS(type, "forget") ? FQ_JOURNAL_FORGET
		                            : FQ_JOURNAL_OTHER;
	case 'j':
		return IS(type, "job") ? FQ_JOURNAL_JOB : FQ_JOURNAL_OTHER;
	case 'r':
		return IS(type, "run") ? FQ_JOURNAL_RUN : FQ_JOURNAL_OTHER;
	case 'e':
		return IS(type, "end") ? FQ_JOURNAL_END : FQ_JOURNAL_OTHER;
	case 't':
		return IS(type, "text") ? FQ_JOURNAL_TEXT : FQ_JOURNAL_OTHER;
	case 'o':
		return IS(type, "of") ? FQ_JOURNAL_OF : FQ_JOURNAL_OTHER;
	default:
		return FQ_JOURNAL_OTHER;
	}
}

/* Types are short: a loop is faster than a call. */
static struct fq_text take_type(struct fq_text *rest)
{
	size_t len = 0;
	while (len < rest->len && rest->at[len] != '\t') {
		len++;
	}
	struct fq_text type = {rest->at, len};
	*rest = len < rest->len ? (struct fq_text){rest->at + len + 1, rest->len - len - 1}
	                        : (struct fq_text){0};
	return type;
}

bool fq_journal_read_line(struct fq_text line, struct fq_journal_line *ret)
{
	enum { ROOM = FQ_JOURNAL_CHECK_LEN + 1 };
	char check[FQ_JOURNAL_CHECK_LEN];
	if (line.len <= ROOM || line.at[FQ_JOURNAL_CHECK_LEN] != '\t') {
		return false;
	}
	struct fq_text rest = {line.at + ROOM, line.len - ROOM};
	write_hex(fq_journal_check(rest.at, rest.len), check);
	if (memcmp(check, line.at, sizeof(check)) != 0) {
		return false;
	}
	uint64_t seq;
	const char *end = rest.at + rest.len, *at = fq_journal_digits(rest.at, end, &seq);
	if (at == rest.at || at == end || *at != '\t' || seq > UINT32_MAX) {
		return false;
	}
	rest = (struct fq_text){at + 1, (size_t)(end - at) - 1};
	ret->seq = (uint32_t)seq;
	ret->type = read_type(take_type(&rest));
	ret->rest = rest;
	return true;
}

struct fq_text fq_journal_key(struct fq_text rest)
{
	const char *tab = rest.at ? memchr(rest.at, '\t', rest.len) : NULL;
	if (!tab) {
		return (struct fq_text){0};
	}
	size_t task = (size_t)(tab - rest.at) + 1;
	const char *end = memchr(tab + 1, '\t', rest.len - task);
	return (struct fq_text){rest.at, end ? (size_t)(end - rest.at) : rest.len};
}

struct fq_text fq_journal_line_at(const struct fq_journal *journal, size_t offset)
{
	const char *start = journal->map + offset;
	const char *end = memchr(start, '\n', journal->map_len - offset);
	return (struct fq_text){start, (size_t)(end - start)};
}

bool fq_journal_next_line(const struct fq_journal *journal, size_t *at, struct fq_text *ret)
{
	if (*at >= journal->map_len) {
		return false;
	}
	*ret = fq_journal_line_at(journal, *at);
	*at += ret->len + 1;
	return true;
}
