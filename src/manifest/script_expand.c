/* What begins with `$`, and backticks. */
#include "script.h"

#include <string.h>

static const struct script_reason in_parameter = {
        "inside ${ }", "assign it first: `name={...}`, then use ${name...}"};
static const struct script_reason in_backticks = {"inside backticks", "write $( ) instead of backticks"};
static const struct script_reason in_ansi = {"inside $'...'", "end that quote in front of it"};
static const struct script_reason in_locale = {"inside $\"...\"", "write \"...\" without the $"};

/* --- backticks and $'…' ------------------------------------------------------------ */

/* Which quotes hold inside of backticks differs; so quotes are not followed. */
void fq_script_backticks(struct script_lexer *lx, struct script_word *word)
{
	size_t start = lx->at++;
	const struct script_reason *forbidden = lx->forbidden;
	if (word) {
		word->is_dynamic = true;
	}
	lx->forbidden = &in_backticks;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '`') {
		char c = fq_script_peek(lx, 0);
		if (c == '{') {
			fq_script_brace(lx, FQ_CONTEXT_BARE);
		} else if (c == '$') {
			fq_script_take_name(lx, 1);
		} else if (strchr("\\'\"\n#", c)) {
			fq_script_fail(lx, lx->at, "quotes inside backticks", in_backticks.hint);
		} else {
			lx->at++;
		}
	}
	if (!fq_script_more(lx)) {
		fq_script_fail_open(lx, start, "a ` that is not closed", "write $( ) instead of backticks");
		return;
	}
	lx->forbidden = forbidden;
	fq_script_note_drawers(lx, start + 1, lx->at);
	lx->at++;
}

static void lex_ansi(struct script_lexer *lx)
{
	size_t start = lx->at;
	const struct script_reason *forbidden = lx->forbidden;
	if (lx->is_sh) {
		fq_script_fail(lx, start, "not every sh knows $'...'",
		        "use printf, or set `shell = bash` for this task");
		return;
	}
	lx->at += 2;
	lx->forbidden = &in_ansi;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '\'') {
		if (fq_script_peek(lx, 0) == '{') {
			fq_script_brace(lx, FQ_CONTEXT_SINGLE);
		} else {
			lx->at += fq_script_peek(lx, 0) == '\\' && fq_script_peek(lx, 1) ? 2 : 1;
		}
	}
	if (!fq_script_more(lx)) {
		lx->is_open_quote |= !lx->trouble;
		fq_script_fail_open(lx, start, "a $' that is not closed", "close it");
		return;
	}
	lx->forbidden = forbidden;
	lx->at++;
}

static void lex_locale(struct script_lexer *lx, struct script_word *word)
{
	const struct script_reason *forbidden = lx->forbidden;
	lx->forbidden = &in_locale;
	lx->at++;
	fq_script_double(lx, word);
	lx->forbidden = forbidden;
}

/* --- ${ } --------------------------------------------------------------------------- */

/* Inside "…" and here-documents shells differ on quotes within ${ } (bash pairs the
 * `'` of "${x:-it's}", in POSIX mode and in dash it is a letter): what is read alike
 * by all is a pair with nothing in it that could end anything. */
static void lex_simple_quotes(struct script_lexer *lx)
{
	size_t start = lx->at;
	char quote = fq_script_peek(lx, 0);
	lx->at++;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != quote) {
		if (strchr("}{\"'$`\\\n", fq_script_peek(lx, 0))) {
			fq_script_fail(lx, start, "quotes inside ${ } inside quotes",
			        "assign it to a variable first");
			return;
		}
		lx->at++;
	}
	lx->at += fq_script_more(lx);
}

static void lex_parameter_quote(struct script_lexer *lx, bool in_double)
{
	char c = fq_script_peek(lx, 0);
	if (in_double) {
		lex_simple_quotes(lx);
	} else if (c == '"') {
		fq_script_double(lx, NULL);
	} else {
		fq_script_single(lx, NULL);
	}
}

/* ${NAME, ${#NAME, ${!NAME, ${1, ${@ */
static struct fq_text lex_parameter_name(struct script_lexer *lx)
{
	char c = fq_script_peek(lx, 0), next = fq_script_peek(lx, 1);
	bool has_prefix = (c == '#' || c == '!') && next && !strchr("}:-=+?%/[", next);
	lx->at += has_prefix;
	struct fq_text name = fq_script_identifier(lx, lx->at);
	if (name.len == 0) {
		name = (struct fq_text){lx->text.at + lx->at, fq_script_more(lx) ? 1 : 0};
	}
	lx->at += name.len;
	bool is_keys = fq_script_looks_at(lx, "[@]") || fq_script_looks_at(lx, "[*]");
	if (has_prefix && c == '!' && !is_keys) {
		fq_script_add_sink(lx->flow, name, FQ_DEMAND_PLAIN);
		fq_script_note_variable(lx, (struct fq_text){"*", 1}); /* what that names, nobody knows */
	}
	if (!has_prefix || (c == '!' && !is_keys)) {
		fq_script_note_variable(lx, name);
	}
	return name;
}

static void lex_parameter_rest(struct script_lexer *lx, bool in_double, bool is_offset)
{
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '}') {
		char c = fq_script_peek(lx, 0), next = fq_script_peek(lx, 1);
		if (c == '$' && in_double && (next == '\'' || next == '"')) {
			fq_script_fail(lx, lx->at, "quotes inside ${ } inside quotes",
			        "assign it to a variable first");
		} else if (c == '$') {
			fq_script_dollar(lx, NULL, in_double);
		} else if (c == '\\') {
			lx->at += next ? 2 : 1;
		} else if (c == '\'' || c == '"') {
			lex_parameter_quote(lx, in_double);
		} else if (c == '`') {
			fq_script_backticks(lx, NULL);
		} else if (c == '{') {
			fq_script_brace(lx, in_double ? FQ_CONTEXT_DOUBLE : FQ_CONTEXT_BARE);
		} else if (is_offset && fq_script_is_name_start(c)) {
			fq_script_take_name(lx, 0);
		} else {
			lx->at++;
		}
	}
}

static void lex_parameter(struct script_lexer *lx, bool in_double)
{
	size_t start = lx->at;
	const struct script_reason *forbidden = lx->forbidden;
	uint8_t demand = lx->demand;
	lx->at += 2;
	lx->forbidden = &in_parameter;
	struct fq_text name = lex_parameter_name(lx);
	if (fq_script_peek(lx, 0) == '[') {
		fq_script_subscript(lx);
	}
	if (fq_script_looks_at(lx, "@P")) {
		fq_script_add_sink(lx->flow, name, DEMAND_WORD);
	}
	bool has_colon = fq_script_peek(lx, 0) == ':';
	char operator= fq_script_peek(lx, has_colon);
	bool is_value = operator&& strchr("-=+?", operator);
	if (has_colon && !is_value) {
		lx->demand |= FQ_DEMAND_PLAIN;
	}
	struct fq_text carrier = lx->carrier;
	lx->carrier = is_value && operator== '=' ? name : carrier;
	lex_parameter_rest(lx, in_double, has_colon && !is_value);
	lx->carrier = carrier;
	lx->demand = demand;
	if (!fq_script_more(lx)) {
		fq_script_fail_open(lx, start, "a ${ that is not closed", "close it");
		return;
	}
	lx->forbidden = forbidden;
	lx->at++;
}

/* --- $ ------------------------------------------------------------------------------- */

static void lex_variable(struct script_lexer *lx)
{
	char c = fq_script_peek(lx, 1);
	if (fq_script_is_digit(c) || c == '@' || c == '*') {
		fq_script_note_variable(lx, (struct fq_text){lx->text.at + lx->at + 1, 1});
		lx->at += 2;
	} else if (c && strchr("#?$!-", c)) {
		lx->at += 2;
	} else {
		fq_script_take_name(lx, 1);
	}
}

static void lex_dollar(struct script_lexer *lx, struct script_word *word, bool in_double)
{
	char c = fq_script_peek(lx, 1);
	if (word) {
		word->is_open |= word->len == 0 && !word->has_slash;
		word->is_dynamic = true;
	}
	if (fq_script_looks_at(lx, "$((")) {
		lx->at += 3;
		fq_script_arithmetic(lx, false);
	} else if (c == '(') {
		lx->at += 2;
		fq_script_lex_nested(lx, true);
	} else if (c == '{') {
		lex_parameter(lx, in_double);
	} else if (c == '[') {
		fq_script_fail(
		        lx, lx->at, "the old arithmetic $[ ]", "write $(( )), or \\$[ for the two bytes");
	} else if (c == '\'' && !in_double) {
		lex_ansi(lx);
	} else if (c == '"' && !in_double) {
		lex_locale(lx, word);
	} else if (c == '\\' && fq_script_peek(lx, 2) == '\n') {
		fq_script_fail(lx, lx->at, "a `$` in front of a `\\` at the end of its line",
		        "move it to the next line");
	} else {
		lex_variable(lx);
	}
}

void fq_script_dollar(struct script_lexer *lx, struct script_word *word, bool in_double)
{
	if (++lx->depth > DEEPEST) {
		fq_script_fail(lx, lx->at, "expansions nested too deeply",
		        "assign the inner ones to variables first");
		return;
	}
	lex_dollar(lx, word, in_double);
	lx->depth--;
}
