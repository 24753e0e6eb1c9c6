/* Backtracking, with the positions from which nothing came of it remembered: a
 * pattern of many `*` costs its length times the name's. */
#include "find.h"

#include <string.h>

struct match {
	struct fq_text part, name;
	struct captures *captures;
	char *is_dead; /* by position in the part and in the name */
};

size_t fq_find_wildcard(struct fq_text pattern, int *ret_capture)
{
	static const char *const names[] = {"{sample}", "{lane}", "{read}"};
	*ret_capture = -1;
	if (pattern.len == 0 || pattern.at[0] != '{') {
		return pattern.len && pattern.at[0] == '*';
	}
	for (int i = 0; i < CAPTURE_COUNT; i++) {
		size_t len = strlen(names[i]);
		if (pattern.len >= len && memcmp(pattern.at, names[i], len) == 0) {
			*ret_capture = i;
			return len;
		}
	}
	return 0;
}

static struct fq_text behind(struct fq_text text, size_t len)
{
	return (struct fq_text){text.at + len, text.len - len};
}

bool fq_find_has_wildcard(struct fq_text part)
{
	int capture;
	for (size_t i = 0; i < part.len; i++) {
		if (fq_find_wildcard(behind(part, i), &capture)) {
			return true;
		}
	}
	return false;
}

static bool may_hold(int capture, char c)
{
	if (capture == CAPTURE_READ) {
		return c == '1' || c == '2';
	}
	bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return capture != CAPTURE_LANE || is_alnum;
}

static size_t longest(int capture, struct fq_text name)
{
	size_t len = 0, most = capture == CAPTURE_READ ? 1 : name.len;
	while (len < most && len < name.len && may_hold(capture, name.at[len])) {
		len++;
	}
	return len;
}

static bool comes_again(struct fq_text pattern, int wanted)
{
	int capture;
	for (size_t i = 0; i < pattern.len; i++) {
		if (fq_find_wildcard(behind(pattern, i), &capture) && capture == wanted) {
			return true;
		}
	}
	return false;
}

static size_t state_count(const struct match *m)
{
	return (m->part.len + 1) * (m->name.len + 1);
}

static bool matches(struct match *m, struct fq_text pattern, struct fq_text name);

static bool try_capture(
        struct match *m, int capture, struct fq_text taken, struct fq_text pattern, struct fq_text rest)
{
	struct fq_text before = m->captures->text[capture];
	if (before.at && !fq_text_equal(before, taken)) {
		return false;
	}
	m->captures->text[capture] = taken;
	if (!before.at && comes_again(pattern, capture)) {
		memset(m->is_dead, 0, state_count(m)); /* what is further on depends on what was taken */
	}
	if (matches(m, pattern, rest)) {
		return true;
	}
	m->captures->text[capture] = before;
	return false;
}

static bool matches_wildcard(
        struct match *m, struct fq_text pattern, struct fq_text name, size_t skipped, int capture)
{
	size_t least = capture >= 0;
	for (size_t len = longest(capture, name) + 1; len-- > least;) {
		struct fq_text taken = {name.at, len}, next = behind(pattern, skipped);
		struct fq_text rest = behind(name, len);
		if (capture < 0 ? matches(m, next, rest) : try_capture(m, capture, taken, next, rest)) {
			return true;
		}
	}
	return false;
}

static bool matches(struct match *m, struct fq_text pattern, struct fq_text name)
{
	int capture = -1;
	size_t skipped = 0;
	while (pattern.len && (skipped = fq_find_wildcard(pattern, &capture)) == 0) {
		if (name.len == 0 || name.at[0] != pattern.at[0]) {
			return false;
		}
		pattern = behind(pattern, 1);
		name = behind(name, 1);
	}
	if (pattern.len == 0) {
		return name.len == 0;
	}
	while (capture < 0 && pattern.len > 1 && pattern.at[1] == '*') {
		pattern = behind(pattern, 1);
	}
	char *is_dead = &m->is_dead[(size_t)(pattern.at - m->part.at) * (m->name.len + 1) +
	                            (size_t)(name.at - m->name.at)];
	if (*is_dead) {
		return false;
	}
	bool does = matches_wildcard(m, pattern, name, skipped, capture);
	*is_dead = !does;
	return does;
}

bool fq_find_matches(
        struct fq_text part, struct fq_text name, struct captures *captures, struct fq_buf *scratch)
{
	struct match m = {part, name, captures, NULL};
	if (name.len > FIND_NAME_BYTES_MAX) {
		return false;
	}
	scratch->len = 0;
	m.is_dead = fq_buf_room(scratch, state_count(&m));
	memset(m.is_dead, 0, state_count(&m));
	return matches(&m, part, name);
}
