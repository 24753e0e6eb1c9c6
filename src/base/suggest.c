#include "fqrun/base.h"

#include <string.h>

enum { LONGEST_WORD = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Damerau-Levenshtein, the restricted form: a swap of neighbours is one typo. */
static size_t distance(struct fq_text a, struct fq_text b)
{
	size_t row[3][LONGEST_WORD + 1];
	size_t *two_up = row[0], *up = row[1], *now = row[2];
	for (size_t j = 0; j <= b.len; j++) {
		up[j] = j;
	}
	for (size_t i = 1; i <= a.len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.at[i - 1] == b.at[j - 1];
			now[j] = smallest(up[j] + 1, now[j - 1] + 1, up[j - 1] + !same);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1] &&
			        two_up[j - 2] + 1 < now[j]) {
				now[j] = two_up[j - 2] + 1;
			}
		}
		size_t *spare = two_up;
		two_up = up;
		up = now;
		now = spare;
	}
	return up[b.len];
}

const char *fq_suggest(struct fq_text word, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	size_t best_distance = word.len <= 4 ? 2 : 3;
	if (word.len > LONGEST_WORD) {
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct fq_text candidate = fq_text(candidates[i]);
		if (candidate.len > LONGEST_WORD) {
			continue;
		}
		size_t typos = distance(word, candidate);
		if (typos < best_distance && typos < candidate.len) {
			best_distance = typos;
			best = candidates[i];
		}
	}
	return best;
}
