/* Contexts with a grammar of their own: arithmetic, subscripts, [[ ]]. What stands
 * there by its name alone is a variable, whose value bash parses again. */
#include "script.h"

#include <string.h>

static const struct script_reason in_condition = {"inside [[ ]]", "write [ ] instead of [[ ]]"};
static const struct script_reason in_subscript = {
        "in an array's subscript", "bash would reckon with it: use a number that you count yourself"};

/* --- arithmetic ------------------------------------------------------------------------ */

/* 0x1f, 16#ff: letters behind a digit are no names. */
static void take_number(struct script_lexer *lx)
{
	char c = fq_script_peek(lx, 0);
	while (fq_script_is_digit(c) || fq_script_is_name_start(c) || c == '#') {
		lx->at++;
		c = fq_script_peek(lx, 0);
	}
}

static void lex_arithmetic_byte(struct script_lexer *lx, bool has_semicolons)
{
	char c = fq_script_peek(lx, 0);
	if (c == '$') {
		fq_script_dollar(lx, NULL, true);
	} else if (c == '"') {
		fq_script_double(lx, NULL);
	} else if (c == '{') {
		fq_script_brace(lx, FQ_CONTEXT_ARITHMETIC);
	} else if (fq_script_is_name_start(c)) {
		fq_script_take_name(lx, 0);
	} else if (fq_script_is_digit(c)) {
		take_number(lx);
	} else if (strchr("'`\\#", c) || (c == ';' && !has_semicolons) || (c == '\n' && lx->heredoc_count)) {
		if (c != '\\' || !fq_script_continuation(lx)) {
			fq_script_fail(lx, lx->at, "quotes or commands in (( ))",
			        "for a subshell put a blank between the two `(`");
		}
	} else {
		lx->at++;
	}
}

void fq_script_arithmetic(struct script_lexer *lx, bool has_semicolons)
{
	size_t start = lx->at, depth = 0;
	uint8_t demand = lx->demand;
	lx->demand |= FQ_DEMAND_INTEGER;
	while (fq_script_more(lx)) {
		char c = fq_script_peek(lx, 0);
		if (c == ')' && depth == 0) {
			break;
		}
		if (c == '(' || c == ')') {
			depth += c == '(' ? 1 : (size_t)-1;
			lx->at++;
		} else {
			lex_arithmetic_byte(lx, has_semicolons);
		}
	}
	lx->demand = demand;
	if (!fq_script_more(lx)) {
		fq_script_fail_open(lx, start - 2, "a (( that is not closed", "close it with ))");
	} else if (fq_script_peek(lx, 1) != ')') {
		fq_script_fail(lx, start - 2, "a (( that does not end in ))",
		        "for a subshell put a blank between the two `(`");
	} else {
		lx->at += 2;
	}
}

/* --- subscripts and [[ ]] ------------------------------------------------------------- */

/* Quotes and expansions where nothing else is special; false: none of them. */
static bool lex_special(struct script_lexer *lx)
{
	char c = fq_script_peek(lx, 0);
	if (c == '$') {
		fq_script_dollar(lx, NULL, false);
	} else if (c == '\'') {
		fq_script_single(lx, NULL);
	} else if (c == '"') {
		fq_script_double(lx, NULL);
	} else if (c == '`') {
		fq_script_backticks(lx, NULL);
	} else if (c == '{') {
		fq_script_brace(lx, FQ_CONTEXT_BARE);
	} else if (c == '\\') {
		lx->at += fq_script_peek(lx, 1) ? 2 : 1;
	} else if (fq_script_is_name_start(c)) {
		fq_script_take_name(lx, 0);
	} else {
		return false;
	}
	return true;
}

void fq_script_subscript(struct script_lexer *lx)
{
	size_t start = lx->at++, depth = 0;
	const struct script_reason *forbidden = lx->forbidden;
	uint8_t demand = lx->demand;
	lx->forbidden = &in_subscript;
	lx->demand |= FQ_DEMAND_PLAIN;
	while (fq_script_more(lx) && (depth || fq_script_peek(lx, 0) != ']')) {
		char c = fq_script_peek(lx, 0);
		if (c == '\n') {
			break;
		}
		if (!lex_special(lx)) {
			depth += c == '[' ? 1 : c == ']' ? (size_t)-1 : 0;
			lx->at++;
		}
	}
	if (fq_script_peek(lx, 0) != ']') {
		fq_script_fail(lx, start, "a [ behind a name, and no ]", "quote it");
		return;
	}
	lx->forbidden = forbidden;
	lx->demand = demand;
	lx->at++;
}

/* Whether a [[ ]] reckons: bash reads both sides of -eq as arithmetic. */
static bool is_reckoning(const struct script_lexer *lx)
{
	static const char *const operators[] = {" -eq", " -ne", " -lt", " -le", " -gt", " -ge", " -v", " -R"};
	struct fq_text rest = {lx->text.at + lx->at, lx->end - lx->at};
	const char *end = memmem(rest.at, rest.len, "]]", 2);
	rest.len = end ? (size_t)(end - rest.at) : rest.len;
	for (size_t i = 0; i < FQ_COUNT(operators); i++) {
		if (memmem(rest.at, rest.len, operators[i], strlen(operators[i]))) {
			return true;
		}
	}
	return false;
}

void fq_script_condition(struct script_lexer *lx)
{
	size_t start = lx->at;
	const struct script_reason *forbidden = lx->forbidden;
	uint8_t demand = lx->demand;
	bool is_start = false;
	lx->forbidden = &in_condition;
	lx->demand |= is_reckoning(lx) ? FQ_DEMAND_PLAIN : 0;
	lx->at += 2;
	while (fq_script_more(lx)) {
		char c = fq_script_peek(lx, 0);
		if (is_start && fq_script_looks_at(lx, "]]") && fq_script_is_meta(fq_script_peek(lx, 2))) {
			break;
		}
		if ((is_start && c == '#') || (c == '\n' && lx->heredoc_count) ||
		        fq_script_looks_at(lx, "<(")) {
			fq_script_fail(
			        lx, lx->at, "comments or commands inside [[ ]]", "put them in front of it");
			return;
		}
		is_start = fq_script_is_blank(c) || c == '\n';
		if (!lex_special(lx)) {
			lx->at++;
		}
	}
	if (!fq_script_more(lx)) {
		fq_script_fail_open(lx, start, "a [[ that is not closed", "close it with ]]");
		return;
	}
	lx->forbidden = forbidden;
	lx->demand = demand;
	lx->at += 2;
}
