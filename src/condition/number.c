#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t digits_len(struct fq_text text, size_t from)
{
	size_t at = from;
	while (at < text.len && text.at[at] >= '0' && text.at[at] <= '9') {
		at++;
	}
	return at - from;
}

static bool is_sign(struct fq_text text, size_t at)
{
	return at < text.len && (text.at[at] == '-' || text.at[at] == '+');
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or behind the point. */
size_t fq_condition_number_len(struct fq_text text)
{
	size_t at = is_sign(text, 0);
	size_t digits = digits_len(text, at), more = 0;
	at += digits;
	if (at < text.len && text.at[at] == '.') {
		more = digits_len(text, at + 1);
		at += digits || more ? more + 1 : 0;
	}
	if (digits + more == 0) {
		return 0;
	}
	if (at < text.len && (text.at[at] == 'e' || text.at[at] == 'E')) {
		size_t exponent = at + 1 + is_sign(text, at + 1);
		size_t len = digits_len(text, exponent);
		at = len ? exponent + len : at;
	}
	return at;
}

static bool take_integer(struct fq_text text, int64_t *ret)
{
	bool is_negative = text.at[0] == '-';
	size_t sign = is_sign(text, 0);
	uint64_t number, most = (uint64_t)INT64_MAX + is_negative;
	if (!fq_parse_number((struct fq_text){text.at + sign, text.len - sign}, &number) || number > most) {
		return false;
	}
	*ret = (int64_t)(is_negative ? 0 - number : number);
	return true;
}

/* strtod takes no length; nobody calls setlocale, so its point is a point. */
static double take_real(struct fq_text text)
{
	struct fq_buf copy = {0};
	fq_buf_add_text(&copy, text);
	double real = strtod(copy.at, NULL);
	fq_buf_finish(&copy);
	return real;
}

bool fq_condition_number(struct fq_text text, struct number *ret)
{
	*ret = (struct number){0};
	if (text.len == 0 || fq_condition_number_len(text) != text.len) {
		return false;
	}
	ret->is_integer = take_integer(text, &ret->integer);
	ret->real = ret->is_integer ? (double)ret->integer : take_real(text);
	return isfinite(ret->real);
}
