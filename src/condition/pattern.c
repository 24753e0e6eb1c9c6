#include "internal.h"

#include <string.h>

/* glibc's regcomp copies what is repeated, once more for each + and n times for
 * {n}, keeps the square of what may be empty, and needs stack for each bracket:
 * x++++++ with thirty signs ends the machine. So the copies are counted first. */
enum { PATTERN_BYTES_MAX = 1000, COPIES_MAX = 2000, DEPTH_MAX = 100 };

struct measure {
	struct fq_text text;
	size_t at;
	unsigned depth;
	uint64_t sizes[DEPTH_MAX + 1]; /* of the open brackets' contents */
	uint64_t last;                 /* of what a repetition would repeat */
	bool is_too_large, repeats_twice;
};

static char byte_at(const struct measure *m, size_t at)
{
	return at < m->text.len ? m->text.at[at] : '\0';
}

static void add_atom(struct measure *m, uint64_t size)
{
	m->last = size;
	m->sizes[m->depth] += size;
	m->is_too_large |= m->sizes[m->depth] > COPIES_MAX;
}

static void repeat(struct measure *m, uint64_t times)
{
	uint64_t copies = times > 1 ? (times - 1) * m->last : 0;
	m->last += copies;
	m->sizes[m->depth] += copies;
	m->is_too_large |= m->sizes[m->depth] > COPIES_MAX;
}

/* In a set, ] is an ordinary byte at its beginning and in [:alpha:] and its like. */
static void pass_set(struct measure *m)
{
	m->at += byte_at(m, m->at + 1) == '^' ? 2 : 1;
	m->at += byte_at(m, m->at) == ']';
	while (m->at < m->text.len && byte_at(m, m->at) != ']') {
		char kind = byte_at(m, m->at + 1);
		bool is_class = byte_at(m, m->at) == '[' && (kind == ':' || kind == '.' || kind == '=');
		m->at += is_class ? 2 : 1;
		while (is_class && m->at < m->text.len &&
		        !(byte_at(m, m->at) == ']' && byte_at(m, m->at - 1) == kind)) {
			m->at++;
		}
		m->at += is_class;
	}
}

static uint64_t take_digits(struct measure *m)
{
	uint64_t number = 0;
	for (char c; c = byte_at(m, m->at), c >= '0' && c <= '9'; m->at++) {
		number = number > COPIES_MAX ? number : number * 10 + (uint64_t)(c - '0');
	}
	return number;
}

/* {n} {n,} {n,m} {,m} */
static void take_interval(struct measure *m)
{
	m->at++;
	uint64_t least = take_digits(m), most = least;
	if (byte_at(m, m->at) == ',') {
		m->at++;
		most = take_digits(m);
		most = most > least ? most : least + 1;
	}
	repeat(m, most);
	m->at -= byte_at(m, m->at) != '}'; /* no interval: read on at what it is */
}

static void take_bracket(struct measure *m, bool is_open)
{
	if (is_open) {
		m->is_too_large |= m->depth == DEPTH_MAX;
		m->depth += m->depth < DEPTH_MAX;
		m->sizes[m->depth] = 1;
	} else if (m->depth) {
		m->depth--;
		add_atom(m, m->sizes[m->depth + 1]);
	}
}

/* POSIX leaves open what a++ means, and glibc takes seconds for a long row of them. */
static void measure(struct measure *ret, struct fq_text text)
{
	struct measure m = {.text = text};
	bool was_repetition = false;
	for (; m.at < text.len && !m.is_too_large; m.at++) {
		char c = text.at[m.at];
		bool is_repetition = strchr("*+?{", c) && c;
		m.repeats_twice |= is_repetition && was_repetition;
		was_repetition = is_repetition;
		if (c == '(' || c == ')') {
			take_bracket(&m, c == '(');
		} else if (c == '{') {
			take_interval(&m);
		} else if (c == '+') {
			repeat(&m, 2);
		} else if (c != '*' && c != '?') {
			add_atom(&m, 1);
			m.at += c == '\\';
		}
		if (c == '[') {
			pass_set(&m);
		}
	}
	*ret = m;
}

const char *fq_pattern_problem(struct fq_text text)
{
	if (text.len > PATTERN_BYTES_MAX) {
		return "over 1000 bytes";
	}
	struct measure m;
	measure(&m, text);
	return m.repeats_twice  ? "a repetition of a repetition: put what is repeated in brackets"
	       : m.is_too_large ? "its repetitions make it too large"
	                        : NULL;
}

struct fq_pattern *fq_pattern_compile(struct fq_arena *arena, struct fq_text text, const char **ret_problem)
{
	*ret_problem = fq_pattern_problem(text);
	if (*ret_problem) {
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
