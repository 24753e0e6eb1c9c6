/* Redirections and here-documents. */
#include "script.h"

#include <string.h>

static const char sh_hint[] = "set `shell = bash` for this task";

/* --- here-documents: their first line ------------------------------------------------- */

static bool is_end_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.+-:@%,/=!", c));
}

static void take_heredoc(struct script_lexer *lx)
{
	struct script_heredoc doc = {.at = lx->at};
	lx->at += 2;
	doc.strips_tabs = fq_script_peek(lx, 0) == '-';
	lx->at += doc.strips_tabs;
	while (fq_script_is_blank(fq_script_peek(lx, 0))) {
		lx->at++;
	}
	char quote = fq_script_peek(lx, 0);
	doc.is_quoted = quote == '\'' || quote == '"' || quote == '\\';
	lx->at += doc.is_quoted;
	doc.word.at = lx->text.at + lx->at;
	while (is_end_word_byte(fq_script_peek(lx, doc.word.len))) {
		doc.word.len++;
	}
	lx->at += doc.word.len;
	bool is_closed = !doc.is_quoted || quote == '\\' || fq_script_peek(lx, 0) == quote;
	lx->at += doc.is_quoted && quote != '\\';
	if (doc.word.len == 0 || !is_closed || !fq_script_is_meta(fq_script_peek(lx, 0))) {
		fq_script_fail(
		        lx, doc.at, "an unusual end word of a here-document", "write <<EOF or <<'EOF'");
		return;
	}
	lx->heredocs = fq_grow(lx->heredocs, &lx->heredoc_cap, lx->heredoc_count + 1, sizeof(*lx->heredocs));
	lx->heredocs[lx->heredoc_count++] = doc;
}

/* --- redirections ------------------------------------------------------------------ */

/* Only a file's name is exempt from what is demanded of the command's words. */
static void lex_target(struct script_lexer *lx, struct simple_command *simple, bool is_file, bool is_output)
{
	while (fq_script_is_blank(fq_script_peek(lx, 0)) || fq_script_looks_at(lx, "\\\n")) {
		if (!fq_script_continuation(lx)) {
			fq_script_blanks(lx);
		}
	}
	struct script_word word = {.place = WORD_TARGET, .at = lx->at};
	uint8_t demand = lx->demand, outer = lx->outer_demand;
	lx->outer_demand = demand | (simple->class & COMMAND_READS ? DEMAND_WORD : 0);
	lx->demand = is_file ? 0 : demand;
	lx->is_target = is_file;
	fq_script_word(lx, &word);
	if (lx->at == word.at) {
		fq_script_fail(lx, lx->at, "a redirection without a file",
		        "name the file (>&- closes a descriptor), or quote the sign");
	}
	if (!lx->trouble) {
		fq_script_note_file(lx, &word, is_output);
	}
	lx->is_target = false;
	lx->demand = demand;
	lx->outer_demand = outer;
}

void fq_script_redirection(struct script_lexer *lx, struct simple_command *simple)
{
	bool is_string = fq_script_looks_at(lx, "<<<");
	if (!is_string && fq_script_looks_at(lx, "<<")) {
		take_heredoc(lx);
		return;
	}
	if (lx->is_sh && (is_string || fq_script_looks_at(lx, "&>"))) {
		fq_script_fail(lx, lx->at, is_string ? "sh has no `<<<`" : "sh takes `&>` for `&` and `>`",
		        is_string ? sh_hint : "write > FILE 2>&1");
		return;
	}
	bool is_output = !fq_script_looks_at(lx, "<") || fq_script_looks_at(lx, "<>");
	if (is_string) {
		simple->has_string = true;
		simple->string_use = lx->use_count;
		simple->string_note = lx->notes.count;
		lx->at += 3;
	} else if (fq_script_looks_at(lx, "&>")) {
		lx->at += fq_script_looks_at(lx, "&>>") ? 3 : 2;
	} else {
		lx->at++;
		char next = fq_script_peek(lx, 0);
		lx->at += next == '>' || next == '&' || next == '|';
	}
	lex_target(lx, simple, !is_string, is_output);
}

/* --- their bodies ---------------------------------------------------------------------- */

static const struct script_reason in_quoted = {"in a here-document whose end word is quoted",
        "write <<EOF without quotes; in its text, $ then needs a \\"};
static const struct script_reason in_line = {"in a here-document line that holds another expansion",
        "put it on a line of its own, or assign the other to a variable first and print both with printf"};

/* From the lexer's place: where the line that ends it begins, and what is behind. */
static bool find_end(
        struct script_lexer *lx, const struct script_heredoc *doc, size_t *ret_end, size_t *ret_after)
{
	for (size_t at = lx->at; at < lx->end;) {
		const char *newline = memchr(lx->text.at + at, '\n', lx->end - at);
		size_t end = newline ? (size_t)(newline - lx->text.at) : lx->end;
		struct fq_text line = {lx->text.at + at, end - at};
		while (doc->strips_tabs && line.len && line.at[0] == '\t') {
			line.at++;
			line.len--;
		}
		if (fq_text_equal(line, doc->word)) {
			*ret_end = at;
			*ret_after = end + (newline != NULL);
			return true;
		}
		if (!doc->is_quoted && line.len && line.at[line.len - 1] == '\\') {
			return fq_script_fail(lx, end - 1, "a here-document line that ends in `\\`",
			        "write it in one line");
		}
		at = end + 1;
	}
	return fq_script_fail_open(lx, doc->at, "a here-document whose end word does not come",
	        "put it on a line of its own, without blanks");
}

static void lex_body_byte(struct script_lexer *lx, bool is_quoted)
{
	char c = fq_script_peek(lx, 0);
	if (c == '{' && fq_script_placeholder(lx, FQ_CONTEXT_DOUBLE, NULL)) {
		return;
	}
	if (is_quoted || !strchr("\\$`", c)) {
		lx->at++;
		return;
	}
	const struct script_reason *forbidden = lx->forbidden;
	lx->forbidden = &in_line;
	if (c == '\\') {
		lx->at += fq_script_peek(lx, 1) == '{' ? 1 : 2;
	} else if (c == '`') {
		fq_script_backticks(lx, NULL);
	} else {
		fq_script_dollar(lx, NULL, true);
	}
	lx->forbidden = forbidden;
}

static void lex_body(struct script_lexer *lx, const struct script_heredoc *doc)
{
	size_t end = 0, after = 0, limit = lx->end;
	uint8_t demand = lx->demand;
	const struct script_reason *forbidden = lx->forbidden;
	if (!find_end(lx, doc, &end, &after)) {
		return;
	}
	lx->end = end;
	lx->demand |= doc->demand;
	lx->forbidden = doc->is_quoted ? &in_quoted : forbidden;
	while (fq_script_more(lx)) {
		lex_body_byte(lx, doc->is_quoted);
	}
	lx->forbidden = forbidden;
	lx->demand = demand;
	if (!lx->trouble) {
		lx->end = limit;
		lx->at = after;
	}
}

void fq_script_bodies(struct script_lexer *lx)
{
	struct script_heredoc *docs = lx->heredocs;
	size_t count = lx->heredoc_count;
	bool was_in_heredoc = lx->in_heredoc;
	lx->heredocs = NULL;
	lx->heredoc_count = lx->heredoc_cap = 0;
	lx->in_heredoc = true;
	for (size_t i = 0; i < count && !lx->trouble; i++) {
		lex_body(lx, &docs[i]);
	}
	lx->in_heredoc = was_in_heredoc;
	fq_release(docs);
}
