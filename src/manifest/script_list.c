/* The walk through a list of commands: what separates them, where a command's
 * name is expected, and the compound commands. A `case` is followed so that the `)` of
 * its patterns closes nothing. */
#include "script.h"

#include <string.h>

/* --- between commands ------------------------------------------------------------ */

static void end_command(struct script_lexer *lx, struct script_list *list)
{
	fq_script_end_simple(lx, &list->simple);
	fq_script_begin_simple(lx, &list->simple);
	list->expected = EXPECT_COMMAND;
}

/* A line that begins with `-` was meant to continue the one above. */
static void check_dash(struct script_lexer *lx, const struct script_list *list)
{
	size_t at = lx->at;
	while (at < lx->end && fq_script_is_blank(lx->text.at[at])) {
		at++;
	}
	if (at < lx->end && lx->text.at[at] == '-' && list->expected == EXPECT_COMMAND) {
		fq_manifest_complain(lx->loader, lx->value, at, "end the line above with ` \\`",
		        "this line would run as a command of its own, and the one above without it");
	}
}

static void take_newline(struct script_lexer *lx, struct script_list *list)
{
	fq_script_mark(lx, MARK_NEWLINE, lx->at++, 1, 0);
	switch (list->expected) {
	case EXPECT_FOR_IN:
	case EXPECT_CASE_IN:
	case EXPECT_PATTERN:
		break;
	default:
		end_command(lx, list);
		break;
	}
	if (lx->heredoc_count && list->first_heredoc) {
		fq_script_fail(lx, lx->at - 1, "a here-document whose line goes on in parentheses",
		        "end that line before the parentheses go on");
		return;
	}
	fq_script_bodies(lx);
	check_dash(lx, list);
}

static void take_semicolon(struct script_lexer *lx, struct script_list *list)
{
	bool ends_case = list->cases && (fq_script_peek(lx, 1) == ';' || fq_script_peek(lx, 1) == '&');
	end_command(lx, list);
	lx->at++;
	if (!ends_case) {
		return;
	}
	lx->at += fq_script_looks_at(lx, ";&") ? 2 : 1;
	list->expected = EXPECT_PATTERN;
	list->is_pattern_start = true;
}

static void take_ampersand(struct script_lexer *lx, struct script_list *list)
{
	if (fq_script_looks_at(lx, "&>")) {
		fq_script_redirection(lx, &list->simple);
		return;
	}
	end_command(lx, list);
	lx->at += fq_script_looks_at(lx, "&&") ? 2 : 1;
}

static void take_bar(struct script_lexer *lx, struct script_list *list)
{
	if (list->expected == EXPECT_PATTERN) {
		lx->at++;
		return;
	}
	if (fq_script_looks_at(lx, "||")) {
		end_command(lx, list);
		lx->at += 2;
		return;
	}
	if (lx->is_sh && fq_script_looks_at(lx, "|&")) {
		fq_script_fail(lx, lx->at, "sh has no `|&`", "write 2>&1 |");
		return;
	}
	end_command(lx, list);
	list->simple.is_piped = true;
	lx->at += fq_script_looks_at(lx, "|&") ? 2 : 1;
}

/* --- parentheses --------------------------------------------------------------------- */

/* `( )`: behind a function's name. */
static bool take_function_parentheses(struct script_lexer *lx)
{
	size_t ahead = 1, end = lx->at;
	while (fq_script_is_blank(fq_script_peek(lx, ahead))) {
		ahead++;
	}
	if (fq_script_peek(lx, ahead) != ')') {
		return false;
	}
	while (end && fq_script_is_blank(lx->text.at[end - 1])) {
		end--;
	}
	size_t start = end;
	while (start && !fq_script_is_meta(lx->text.at[start - 1])) {
		start--;
	}
	fq_script_note_function(lx->flow, (struct fq_text){lx->text.at + start, end - start});
	lx->at += ahead + 1;
	return true;
}

static void take_open(struct script_lexer *lx, struct script_list *list)
{
	if (list->expected == EXPECT_PATTERN && list->is_pattern_start) {
		list->is_pattern_start = false;
		lx->at++;
	} else if ((list->expected == EXPECT_COMMAND || list->simple.words == 1) &&
	           take_function_parentheses(lx)) {
		fq_script_begin_simple(lx, &list->simple);
		list->expected = EXPECT_COMMAND;
	} else if (list->expected == EXPECT_COMMAND) {
		lx->at++;
		fq_script_lex_nested(lx, list->is_substitution);
	} else {
		fq_script_fail(lx, lx->at, "a `(` that begins no command", "quote it");
	}
}

/* `((` where a command is expected: arithmetic in bash, two subshells in sh. */
static void take_double_open(struct script_lexer *lx, struct script_list *list)
{
	bool is_loop = list->expected == EXPECT_FOR_NAME;
	if (lx->is_sh) {
		fq_script_fail(lx, lx->at, "sh has no `(( ))`", "write $(( )), or ( ( for two subshells");
		return;
	}
	lx->at += 2;
	fq_script_arithmetic(lx, is_loop);
	list->expected = EXPECT_COMMAND;
}

/* True when it closes this list. */
static bool take_close(struct script_lexer *lx, struct script_list *list)
{
	if (list->expected == EXPECT_PATTERN) {
		lx->at++;
		list->expected = EXPECT_COMMAND;
		fq_script_begin_simple(lx, &list->simple);
		return false;
	}
	if (list->is_nested && list->cases == 0) {
		lx->at++;
		return true;
	}
	return fq_script_fail(lx, lx->at, "a `)` without its `(`", "take it away, or quote it");
}

/* Operators; true when this list is closed. */
static bool take_operator(struct script_lexer *lx, struct script_list *list)
{
	switch (fq_script_peek(lx, 0)) {
	case ';':
		take_semicolon(lx, list);
		return false;
	case '&':
		take_ampersand(lx, list);
		return false;
	case '|':
		take_bar(lx, list);
		return false;
	case '(':
		if (fq_script_looks_at(lx, "((") &&
		        (list->expected == EXPECT_COMMAND || list->expected == EXPECT_FOR_NAME)) {
			take_double_open(lx, list);
		} else {
			take_open(lx, list);
		}
		return false;
	case ')':
		return take_close(lx, list);
	default:
		fq_script_redirection(lx, &list->simple);
		return false;
	}
}

/* --- tokens ------------------------------------------------------------------------- */

/* `2>` and `{name}>`: part of the redirection. */
static bool is_descriptor(const struct script_lexer *lx, const struct script_word *word)
{
	char next = fq_script_peek(lx, 0);
	if (next != '<' && next != '>') {
		return false;
	}
	struct fq_text text = fq_script_word_text(word);
	uint64_t number;
	return word->is_plain && (fq_parse_number(text, &number) ||
	                                 (text.len > 2 && text.at[0] == '{' && text.at[text.len - 1] == '}'));
}

static void take_word(struct script_lexer *lx, struct script_list *list)
{
	struct script_word word = {.place = fq_script_place_of(list), .at = lx->at};
	struct fq_text carrier = lx->carrier;
	uint8_t demand = lx->demand, process = lx->process_demand;
	bool is_indirect = lx->is_indirect;
	if (word.place == WORD_ITEM) {
		lx->carrier = list->loop_name;
		lx->is_indirect = false;
	}
	lx->demand |= list->simple.demand | list->simple.next_demand;
	bool is_script = list->simple.has_shell && !list->simple.has_operand;
	lx->process_demand = is_script ? DEMAND_WORD : fq_script_program_input(&list->simple.program);
	fq_script_word(lx, &word);
	lx->carrier = carrier;
	lx->demand = demand;
	lx->process_demand = process;
	lx->is_indirect = is_indirect;
	if (lx->trouble) {
		return; /* its end is not known */
	}
	if (lx->at == word.at) {
		fq_script_fail(lx, lx->at, "a sign that fits nowhere", "quote it");
	} else if (lx->at > word.at && !is_descriptor(lx, &word)) {
		fq_script_scan_again(lx, word.at, list->simple.scan);
		fq_script_end_word(lx, list, &word);
	}
}

static bool is_condition(const struct script_lexer *lx, const struct script_list *list)
{
	return list->expected == EXPECT_COMMAND && fq_script_looks_at(lx, "[[") &&
	       fq_script_is_meta(fq_script_peek(lx, 2));
}

static void take_condition(struct script_lexer *lx)
{
	if (lx->is_sh) {
		fq_script_fail(lx, lx->at, "sh has no [[ ]]", "write [ ]");
		return;
	}
	fq_script_condition(lx);
}

/* True when this list is closed. */
static bool take_token(struct script_lexer *lx, struct script_list *list)
{
	char c = fq_script_peek(lx, 0), next = fq_script_peek(lx, 1);
	if (fq_script_is_blank(c)) {
		fq_script_blanks(lx);
	} else if (c == '\n') {
		take_newline(lx, list);
	} else if (c == '#') {
		fq_script_comment(lx);
	} else if (c == '\\' && next == '\n') {
		fq_script_continuation(lx);
	} else if (is_condition(lx, list)) {
		take_condition(lx);
	} else if (fq_script_is_meta(c) && !((c == '<' || c == '>') && next == '(')) {
		return take_operator(lx, list);
	} else {
		take_word(lx, list);
	}
	return false;
}

static void lex_list(struct script_lexer *lx, struct script_list *list, size_t start)
{
	bool is_closed = false;
	list->first_heredoc = lx->heredoc_count;
	fq_script_begin_simple(lx, &list->simple);
	while (fq_script_more(lx) && !is_closed) {
		is_closed = take_token(lx, list);
	}
	if (lx->trouble) {
		return;
	}
	fq_script_end_simple(lx, &list->simple);
	if (list->is_nested && !is_closed) {
		fq_script_fail_open(lx, start, "a ( that is not closed", "close it");
	} else if (lx->heredoc_count > list->first_heredoc) {
		fq_script_fail_open(lx, lx->heredocs[list->first_heredoc].at,
		        "a here-document whose text does not begin on the next line",
		        "end its line before anything is closed");
	}
}

void fq_script_lex(struct script_lexer *lx)
{
	struct script_list list = {0};
	lex_list(lx, &list, 0);
}

void fq_script_lex_nested(struct script_lexer *lx, bool is_substitution)
{
	struct script_list list = {.is_nested = true, .is_substitution = is_substitution};
	bool is_target = lx->is_target, is_indirect = lx->is_indirect;
	uint8_t demand = lx->demand;
	if (++lx->depth > DEEPEST) {
		fq_script_fail(lx, lx->at, "parentheses nested too deeply",
		        "put the inner ones into a function or a file");
		return;
	}
	if (demand & FQ_DEMAND_INTEGER) {
		/* What a command prints is reckoned with; what it is told need only be plain. */
		lx->demand = (uint8_t)((demand & ~FQ_DEMAND_INTEGER) | FQ_DEMAND_PLAIN);
	}
	lx->is_target = false;
	lx->is_indirect |= is_substitution;
	lex_list(lx, &list, lx->at - 1);
	lx->is_target = is_target;
	lx->is_indirect = is_indirect;
	lx->demand = demand;
	lx->depth--;
}
