/* What all parts of the walk use. */
#include "script.h"

#include <string.h>

bool fq_script_looks_at(const struct script_lexer *lx, const char *string)
{
	size_t len = strlen(string);
	return lx->at < lx->end && lx->end - lx->at >= len && memcmp(lx->text.at + lx->at, string, len) == 0;
}

static bool is_name_byte(char c, bool is_first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!is_first && c >= '0' && c <= '9');
}

struct fq_text fq_script_identifier(const struct script_lexer *lx, size_t at)
{
	size_t end = at;
	while (end < lx->end && is_name_byte(lx->text.at[end], end == at)) {
		end++;
	}
	return (struct fq_text){lx->text.at + at, end - at};
}

void fq_script_mark(struct script_lexer *lx, enum mark_kind kind, size_t at, size_t len, uint32_t index)
{
	lx->marks = fq_grow(lx->marks, &lx->mark_cap, lx->mark_count + 1, sizeof(*lx->marks));
	lx->marks[lx->mark_count++] = (struct script_mark){at, len, kind, index};
}

bool fq_script_fail(struct script_lexer *lx, size_t at, const char *trouble, const char *hint)
{
	if (!lx->trouble) {
		lx->trouble = trouble;
		lx->trouble_hint = hint;
		lx->trouble_at = at;
	}
	lx->at = lx->end = 0;
	return false;
}

bool fq_script_fail_open(struct script_lexer *lx, size_t at, const char *trouble, const char *hint)
{
	lx->is_unfinished |= !lx->trouble;
	return fq_script_fail(lx, at, trouble, hint);
}

/* A shell takes `\` and newline out before it reads on. Where that would join
 * two bytes into something else than a word's letters we do not follow. */
bool fq_script_continuation(struct script_lexer *lx)
{
	if (fq_script_peek(lx, 0) != '\\' || fq_script_peek(lx, 1) != '\n') {
		return false;
	}
	char before = lx->at ? lx->text.at[lx->at - 1] : '\n';
	char after = fq_script_peek(lx, 2);
	bool is_apart = fq_script_is_blank(before) || before == '\n' || fq_script_is_blank(after);
	bool is_letter = is_name_byte(after, false) || strchr("./,:-%\n", after) != NULL;
	if (before == '$' || (!is_apart && !is_letter)) {
		fq_script_fail(lx, lx->at, "a `\\` at the end of a line in the middle of a word or sign",
		        "put a blank in front of the `\\`");
		return true;
	}
	lx->at += 2;
	return true;
}

void fq_script_blanks(struct script_lexer *lx)
{
	size_t start = lx->at;
	while (fq_script_is_blank(fq_script_peek(lx, 0))) {
		lx->at++;
	}
	fq_script_mark(lx, MARK_BLANKS, start, lx->at - start, 0);
}

void fq_script_comment(struct script_lexer *lx)
{
	size_t start = lx->at;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '\n') {
		lx->at++;
	}
	fq_script_mark(lx, MARK_COMMENT, start, lx->at - start, 0);
}
