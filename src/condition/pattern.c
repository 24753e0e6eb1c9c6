#include "internal.h"

/* glibc's regcomp needs stack for each bracket and memory for each repetition
 * of a repetition: (x{9999}){9999} ends the process. */
enum { PATTERN_BYTES_MAX = 1000, REPETITION_MAX = 10000 };

/* The product of all {n,m}: more than any nesting of them can repeat. */
static bool repeats_too_often(struct fq_text text)
{
	uint64_t product = 1;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t most = 0;
		bool is_interval = text.at[i] == '{';
		for (size_t j = i + 1; is_interval && j < text.len && text.at[j] != '}'; j++) {
			uint64_t digit = (uint64_t)(unsigned char)text.at[j] - '0';
			most = digit <= 9 ? most * 10 + digit : 0;
			if (most > REPETITION_MAX) {
				return true;
			}
		}
		product *= most > 1 ? most : 1;
		if (product > REPETITION_MAX) {
			return true;
		}
	}
	return false;
}

struct fq_pattern *fq_pattern_compile(struct fq_arena *arena, struct fq_text text, const char **ret_problem)
{
	if (text.len > PATTERN_BYTES_MAX) {
		*ret_problem = "over 1000 bytes";
		return NULL;
	}
	if (repeats_too_often(text)) {
		*ret_problem = "its {n,m} make more than 10000 repetitions";
		return NULL;
	}
	struct fq_pattern *pattern = fq_zeroed(1, sizeof(*pattern));
	struct fq_buf copy = {0}, words = {0};
	fq_buf_add_text(&copy, text);
	int code = regcomp(&pattern->regex, copy.at, REG_EXTENDED | REG_NOSUB);
	fq_buf_finish(&copy);
	if (!code) {
		return pattern;
	}
	size_t bytes = regerror(code, &pattern->regex, NULL, 0);
	regerror(code, &pattern->regex, fq_buf_room(&words, bytes), bytes);
	*ret_problem = fq_arena_copy(arena, words.at, bytes - 1);
	fq_buf_finish(&words);
	fq_release(pattern);
	return NULL;
}

enum fq_truth fq_pattern_matches(const struct fq_pattern *pattern, const char *string)
{
	int code = regexec(&pattern->regex, string, 0, NULL, 0);
	return code == 0 ? FQ_TRUE : code == REG_NOMATCH ? FQ_FALSE : FQ_UNKNOWN;
}

void fq_pattern_finish(struct fq_pattern *pattern)
{
	for (struct fq_pattern *next; pattern; pattern = next) {
		next = pattern->next;
		regfree(&pattern->regex);
		fq_release(pattern);
	}
}
