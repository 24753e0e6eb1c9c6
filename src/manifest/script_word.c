/* One word: quotes, escapes, subscripts, arrays, and what of it is known before
 * the run (its text, for the names that mean something to a shell). */
#include "script.h"

#include <string.h>

static void lex_quoted_newline(struct script_lexer *lx)
{
	if (lx->heredoc_count) {
		fq_script_fail(lx, lx->at, "a quote that goes on below the line of a here-document",
		        "end the quote on that line");
		return;
	}
	lx->at++;
}

/* --- what is known of it ---------------------------------------------------------- */

struct fq_text fq_script_word_text(const struct script_word *word)
{
	bool is_known = word->len <= sizeof(word->text) && !word->is_dynamic;
	return (struct fq_text){word->text, is_known ? word->len : 0};
}

void fq_script_word_add(struct script_word *word, char c)
{
	if (!word) {
		return;
	}
	if (c == '/') {
		word->has_slash = true;
		word->is_dynamic = false;
		word->len = 0;
		return;
	}
	if (word->len < sizeof(word->text)) {
		word->text[word->len] = c;
	}
	word->len++;
}

/* --- quotes ------------------------------------------------------------------------ */

void fq_script_single(struct script_lexer *lx, struct script_word *word)
{
	size_t start = lx->at++;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '\'') {
		char c = fq_script_peek(lx, 0);
		bool is_variable = c == '{' && lx->text.at[lx->at - 1] == '$';
		if (c == '{' && !is_variable && fq_script_placeholder(lx, FQ_CONTEXT_SINGLE, word)) {
			continue;
		}
		if (c == '\n') {
			lex_quoted_newline(lx);
		} else {
			lx->at++;
		}
		fq_script_word_add(word, c);
	}
	if (!fq_script_more(lx)) {
		lx->is_open_quote |= !lx->trouble;
		fq_script_fail_open(
		        lx, start, "a ' that is not closed", "close it; an apostrophe is written \\'");
		return;
	}
	lx->at++;
}

/* `\` is no escape in front of `{` there: it would be one of the `$` that we put. */
static void lex_double_escape(struct script_lexer *lx, struct script_word *word)
{
	static const struct script_reason behind_backslash = {
	        "behind a `\\` in quotes", "remove the `\\`, or write {{word}} for the text itself"};
	const struct script_reason *forbidden = lx->forbidden;
	if (fq_script_peek(lx, 1) == '{') {
		fq_script_word_add(word, '\\');
		lx->at++;
		lx->forbidden = &behind_backslash;
		if (!fq_script_placeholder(lx, FQ_CONTEXT_DOUBLE, word)) {
			fq_script_word_add(word, '{');
			lx->at++;
		}
		lx->forbidden = forbidden;
	} else {
		fq_script_word_add(word, fq_script_peek(lx, 1));
		lx->at += 2;
	}
}

static void lex_double_byte(struct script_lexer *lx, struct script_word *word)
{
	char c = fq_script_peek(lx, 0);
	if (c == '$') {
		fq_script_dollar(lx, word, true);
	} else if (c == '`') {
		fq_script_backticks(lx, word);
	} else if (c == '\n') {
		lex_quoted_newline(lx);
	} else if (c == '\\' && !fq_script_continuation(lx)) {
		lex_double_escape(lx, word);
	} else if (c == '{' && fq_script_placeholder(lx, FQ_CONTEXT_DOUBLE, word)) {
		return;
	} else if (c != '\\') {
		fq_script_word_add(word, c);
		lx->at++;
	}
}

void fq_script_double(struct script_lexer *lx, struct script_word *word)
{
	size_t start = lx->at++;
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != '"') {
		lex_double_byte(lx, word);
	}
	if (!fq_script_more(lx)) {
		lx->is_open_quote |= !lx->trouble;
		fq_script_fail_open(lx, start, "a \" that is not closed", "close it");
		return;
	}
	lx->at++;
}

/* --- arrays ------------------------------------------------------------------------ */

/* An array may be a command, "${a[@]}": its items are looked at as if it were. */
static void lex_item(struct script_lexer *lx, struct simple_command *simple)
{
	struct script_word item = {.place = WORD_ITEM, .at = lx->at};
	uint8_t demand = lx->demand;
	lx->demand |= simple->demand;
	if (fq_script_peek(lx, 0) == '[') {
		fq_script_subscript(lx);
	}
	fq_script_word(lx, &item);
	lx->demand = demand;
	if (lx->trouble) {
		return;
	}
	if (lx->at == item.at) {
		fq_script_fail(lx, lx->at, "an operator among an array's items", "quote it");
		return;
	}
	fq_script_argument_word(lx, simple, &item);
	unsigned class = fq_script_command_class(fq_script_word_text(&item));
	if (class & (COMMAND_REPARSES | COMMAND_SHELL | COMMAND_FEEDS)) {
		/* Whatever is added to it later. */
		simple->demand |= simple->words == 1 ? DEMAND_WORD : 0;
		fq_script_add_sink(lx->flow, lx->carrier, DEMAND_WORD);
	}
}

/* NAME=( … ), from its `(`. */
static void lex_array(struct script_lexer *lx)
{
	size_t start = lx->at++;
	struct simple_command simple;
	fq_script_begin_simple(lx, &simple);
	if (lx->is_sh) {
		fq_script_fail(lx, start, "sh has no arrays", "set `shell = bash` for this task");
		return;
	}
	while (fq_script_more(lx) && fq_script_peek(lx, 0) != ')') {
		char c = fq_script_peek(lx, 0);
		if (fq_script_is_blank(c)) {
			fq_script_blanks(lx);
		} else if (c == '#') {
			fq_script_comment(lx);
		} else if (c == '\n' && lx->heredoc_count == 0) {
			fq_script_mark(lx, MARK_NEWLINE, lx->at++, 1, 0);
		} else if (!fq_script_continuation(lx)) {
			lex_item(lx, &simple);
		}
	}
	if (!fq_script_more(lx)) {
		fq_script_fail_open(lx, start, "a ( that is not closed", "close it");
		return;
	}
	lx->at++;
}

/* `(` in or behind a word; false: it is none of the word. */
static bool lex_open(struct script_lexer *lx, struct script_word *word)
{
	if (lx->at == word->at) {
		return false;
	}
	char before = lx->text.at[lx->at - 1];
	if (word->is_assignment && before == '=' && lx->at - word->at <= word->name_len + 2) {
		lex_array(lx);
		return true;
	}
	if (strchr("?*+@!=", before)) {
		return fq_script_fail(lx, lx->at - 1, "an extended pattern such as `@( )`",
		        "list the names, or loop over them with `case`");
	}
	return false;
}

/* --- the word ---------------------------------------------------------------------- */

static bool lex_process(struct script_lexer *lx, struct script_word *word)
{
	if (fq_script_peek(lx, 1) != '(' || (fq_script_peek(lx, 0) != '<' && fq_script_peek(lx, 0) != '>')) {
		return false;
	}
	if (lx->is_sh) {
		return fq_script_fail(
		        lx, lx->at, "sh has no `<( )`", "set `shell = bash` for this task, or use a pipe");
	}
	uint8_t demand = lx->demand;
	if (word->place == WORD_TARGET) {
		lx->demand = lx->outer_demand;
	}
	lx->demand |= lx->process_demand;
	word->is_dynamic = true;
	lx->at += 2;
	fq_script_lex_nested(lx, true);
	lx->demand = demand;
	return true;
}

static bool lex_meta(struct script_lexer *lx, struct script_word *word)
{
	return fq_script_peek(lx, 0) == '(' ? lex_open(lx, word) : lex_process(lx, word);
}

static void lex_escape(struct script_lexer *lx, struct script_word *word)
{
	if (fq_script_continuation(lx)) {
		return;
	}
	word->is_plain = false;
	fq_script_word_add(word, fq_script_peek(lx, 1));
	lx->at += fq_script_peek(lx, 1) ? 2 : 1;
}

static void lex_bracket(struct script_lexer *lx, struct script_word *word)
{
	if (word->name_len == 0 || lx->at != word->at + word->name_len) {
		word->has_glob = true;
		fq_script_word_add(word, '[');
		lx->at++;
		return;
	}
	fq_script_subscript(lx);
	word->is_assignment = fq_script_looks_at(lx, "=") || fq_script_looks_at(lx, "+=");
}

/* The next part of the word; false at its end. */
static bool lex_part(struct script_lexer *lx, struct script_word *word)
{
	char c = fq_script_peek(lx, 0);
	if (fq_script_is_meta(c)) {
		return lex_meta(lx, word);
	}
	word->is_plain &= c != '\'' && c != '"' && c != '$' && c != '`';
	if (c == '\'') {
		fq_script_single(lx, word);
	} else if (c == '"') {
		fq_script_double(lx, word);
	} else if (c == '$') {
		fq_script_dollar(lx, word, false);
	} else if (c == '`') {
		fq_script_backticks(lx, word);
	} else if (c == '\\') {
		lex_escape(lx, word);
	} else if (c == '[') {
		lex_bracket(lx, word);
	} else if (c != '{' || !fq_script_placeholder(lx, FQ_CONTEXT_BARE, word)) {
		word->has_brace |= c == '{';
		word->has_glob |= c == '*' || c == '?';
		fq_script_word_add(word, c);
		lx->at++;
	}
	return true;
}

struct fq_text fq_script_assigned(const struct script_lexer *lx, bool *ret_is_assignment)
{
	struct fq_text name = fq_script_identifier(lx, lx->at);
	char c = fq_script_peek(lx, name.len), next = fq_script_peek(lx, name.len + 1);
	*ret_is_assignment = name.len && (c == '=' || (c == '+' && next == '='));
	if (!*ret_is_assignment && c != '[') {
		name.len = 0;
	}
	return name;
}

static void begin_assignment(struct script_lexer *lx, struct script_word *word)
{
	struct fq_text name = fq_script_assigned(lx, &word->is_assignment);
	word->name_len = name.len;
	if (word->place == WORD_DECLARED && !word->is_assignment) {
		lx->demand |= DEMAND_WORD;
	}
	if (name.len == 0) {
		return;
	}
	word->demand = word->place == WORD_DECLARED ? DEMAND_WORD : 0;
	lx->carrier = name;
	lx->is_indirect = false;
	if (fq_script_is_parsed_variable(name)) {
		lx->demand |= DEMAND_WORD;
	}
}

void fq_script_word(struct script_lexer *lx, struct script_word *word)
{
	struct fq_text carrier = lx->carrier;
	uint8_t demand = lx->demand;
	bool is_indirect = lx->is_indirect;
	word->is_plain = true;
	word->first_use = lx->use_count;
	word->first_note = lx->notes.count;
	if (word->place == WORD_COMMAND || word->place == WORD_DECLARED) {
		begin_assignment(lx, word);
	}
	while (fq_script_more(lx) && lex_part(lx, word)) {
	}
	if (!lx->trouble) {
		fq_script_note_drawer(lx, word->at);
	}
	if (!lx->trouble && lx->carrier.len && word->place != WORD_ARGUMENT && word->place != WORD_TARGET) {
		fq_script_scan_carried(lx, word->at + word->name_len);
		if (word->has_glob && word->place == WORD_ITEM) {
			fq_script_note_filled(lx->flow, lx->carrier); /* files may be called like a value */
		}
	}
	lx->carrier = carrier;
	lx->demand = demand;
	lx->is_indirect = is_indirect;
}
