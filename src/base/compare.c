/* Names in the order in which people count: s2 before s10. */
#include "fqrun/base.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that begins at *at, without leading zeros; *at goes behind it. */
static struct fq_text next_number(struct fq_text text, size_t *at)
{
	while (*at < text.len && text.at[*at] == '0') {
		++*at;
	}
	size_t start = *at;
	while (*at < text.len && is_digit(text.at[*at])) {
		++*at;
	}
	return (struct fq_text){text.at + start, *at - start};
}

static int compare_bytes(struct fq_text a, struct fq_text b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.at, b.at, len) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

int fq_text_compare(struct fq_text a, struct fq_text b)
{
	size_t i = 0, j = 0;
	while (i < a.len && j < b.len) {
		if (is_digit(a.at[i]) && is_digit(b.at[j])) {
			struct fq_text x = next_number(a, &i), y = next_number(b, &j);
			int order = x.len == y.len ? compare_bytes(x, y) : x.len < y.len ? -1 : 1;
			if (order) {
				return order;
			}
		} else if (a.at[i] != b.at[j]) {
			return (unsigned char)a.at[i] < (unsigned char)b.at[j] ? -1 : 1;
		} else {
			i++;
			j++;
		}
	}
	bool a_left = i < a.len, b_left = j < b.len;
	return a_left != b_left ? (a_left ? 1 : -1) : compare_bytes(a, b);
}
