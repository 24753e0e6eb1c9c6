/* {?r2 -I {r2}}: words that are there only if a value is.
 *
 * The script stays constant: each word becomes one expansion of its own,
 * `${_fq3:+"-I"} ${_fq3:+"${_fq3}"}`, which is that word or none, in every shell and
 * whatever IFS is. */
#include "script.h"

#include <string.h>

static const char position_hint[] = "put it between blanks: tool {?r2 -I {r2}} {r1}";

/* --- which word ------------------------------------------------------------------------- */

static bool is_word_byte(char c)
{
	return fq_script_is_name_start(c) || fq_script_is_digit(c) || c == '-' || c == '.';
}

/* The length of WORD in {?WORD …; 0: this is none. */
static size_t word_len(const struct script_lexer *lx)
{
	size_t len = 0;
	if (fq_script_looks_at(lx, "{?") && fq_script_is_name_start(fq_script_peek(lx, 2))) {
		while (is_word_byte(fq_script_peek(lx, 2 + len))) {
			len++;
		}
	}
	char next = fq_script_peek(lx, 2 + len);
	return fq_script_is_blank(next) || next == ':' ? len : 0;
}

static struct placeholder resolve(struct script_lexer *lx, size_t len)
{
	const char *text =
	        fq_arena_format(&lx->loader->manifest->arena, "{%.*s}", (int)len, lx->text.at + lx->at + 2);
	return fq_manifest_placeholder(lx->loader, lx->task, fq_text(text), 0);
}

static void add_part(struct script_lexer *lx, struct script_when_part part)
{
	lx->parts = fq_grow(lx->parts, &lx->part_cap, lx->part_count + 1, sizeof(*lx->parts));
	lx->parts[lx->part_count++] = part;
}

/* --- what stands in it --------------------------------------------------------------------- */

static bool fail_with(struct script_lexer *lx, const char *trouble, const char *hint)
{
	lx->is_of_when |= !lx->trouble;
	return fq_script_fail(lx, lx->at, trouble, hint);
}

static bool fail(struct script_lexer *lx, const char *trouble)
{
	return fail_with(lx, trouble,
	        "in {?…} stand words of letters, digits and _@%+=:,./-, quotes without $, and "
	        "placeholders");
}

static bool take_use(
        struct script_lexer *lx, enum fq_context context, const struct placeholder *p, bool is_whole)
{
	if (p->ref.is_list && !is_whole) {
		return fq_script_refuse_list(lx, &p->ref);
	}
	size_t use = fq_script_add_use(lx, context, NULL, p);
	lx->uses[use].is_conditional = true;
	add_part(lx, (struct script_when_part){.use = use + 1});
	lx->at += p->len;
	return true;
}

static void add_literal(struct script_lexer *lx, struct fq_buf *literal)
{
	const char *copy =
	        fq_arena_copy(&lx->loader->manifest->arena, literal->at ? literal->at : "", literal->len);
	add_part(lx, (struct script_when_part){.literal = {copy, literal->len}});
	literal->len = 0;
}

static void flush(struct script_lexer *lx, struct fq_buf *literal)
{
	if (literal->len) {
		add_literal(lx, literal);
	}
}

/* At a `{`. */
static bool take_brace(
        struct script_lexer *lx, enum fq_context context, bool is_start, struct fq_buf *literal)
{
	if (word_len(lx)) {
		return fail(lx, "a {?…} in another");
	}
	struct placeholder p = fq_manifest_placeholder(lx->loader, lx->task, lx->text, lx->at);
	char next = fq_script_peek(lx, p.len);
	if (p.kind == PLACEHOLDER_REF) {
		bool ends = fq_script_is_blank(next) || next == '}';
		return take_use(lx, context, &p, is_start && ends && context == FQ_CONTEXT_BARE);
	}
	bool is_code = p.kind == PLACEHOLDER_UNKNOWN && context == FQ_CONTEXT_SINGLE && !p.is_near;
	bool is_brace = is_code || (p.kind == PLACEHOLDER_NONE && context != FQ_CONTEXT_BARE);
	if (p.kind == PLACEHOLDER_ESCAPED || is_brace) {
		fq_buf_add_text(literal, is_brace ? (struct fq_text){"{", 1} : p.literal);
		lx->at += is_brace ? 1 : p.len;
		return true;
	}
	if (p.kind == PLACEHOLDER_NONE) {
		return fail(lx, "a brace in {?…}");
	}
	return fail_with(lx,
	        p.problem ? p.problem
	                  : fq_arena_format(&lx->loader->manifest->arena, "unknown placeholder %.*s",
	                            (int)p.len, lx->text.at + lx->at),
	        p.hint);
}

static bool take_quoted(struct script_lexer *lx, struct fq_buf *literal)
{
	char quote = fq_script_peek(lx, 0);
	enum fq_context context = quote == '"' ? FQ_CONTEXT_DOUBLE : FQ_CONTEXT_SINGLE;
	for (lx->at++; fq_script_more(lx) && fq_script_peek(lx, 0) != quote;) {
		char c = fq_script_peek(lx, 0);
		if (c == '\n' || (quote == '"' && strchr("$`\\", c))) {
			return fail(lx, "an expansion or a line's end in quotes in {?…}");
		}
		if (c == '{') {
			flush(lx, literal);
			if (!take_brace(lx, context, false, literal)) {
				return false;
			}
			continue;
		}
		fq_buf_putc(literal, c);
		lx->at++;
	}
	if (!fq_script_more(lx)) {
		return fail_with(lx, "a quote in {?…} that is not closed", "close it");
	}
	lx->at++;
	return true;
}

static bool is_literal_byte(char c)
{
	return fq_script_is_name_start(c) || fq_script_is_digit(c) || (c && strchr("@%+=:,./-", c));
}

static bool take_inner_byte(struct script_lexer *lx, size_t start, struct fq_buf *literal)
{
	char c = fq_script_peek(lx, 0);
	if (c == '\'' || c == '"') {
		return take_quoted(lx, literal);
	}
	if (c == '{') {
		flush(lx, literal);
		return take_brace(lx, FQ_CONTEXT_BARE, lx->at == start, literal);
	}
	if (!is_literal_byte(c)) {
		return c ? fail(lx, "a sign that {?…} cannot hold")
		         : fail_with(lx, "a {?…} that is not closed", "end it with }: {?r2 -I {r2}}");
	}
	fq_buf_putc(literal, c);
	lx->at++;
	return true;
}

static bool take_inner_word(struct script_lexer *lx)
{
	struct fq_buf literal = {0};
	size_t start = lx->at;
	bool ok = true;
	add_part(lx, (struct script_when_part){.begins_word = true});
	while (ok && !fq_script_is_blank(fq_script_peek(lx, 0)) && fq_script_peek(lx, 0) != '}') {
		ok = take_inner_byte(lx, start, &literal);
	}
	if (ok && (literal.len || lx->parts[lx->part_count - 1].begins_word)) {
		add_literal(lx, &literal); /* an empty one for "" */
	}
	fq_buf_finish(&literal);
	return ok;
}

static bool take_inner(struct script_lexer *lx, struct script_when *when)
{
	when->first_part = lx->part_count;
	bool ok = true;
	while (ok && fq_script_peek(lx, 0) != '}') {
		if (fq_script_is_blank(fq_script_peek(lx, 0))) {
			lx->at++;
		} else {
			ok = take_inner_word(lx);
		}
	}
	when->part_count = lx->part_count - when->first_part;
	return ok && (when->part_count || fail(lx, "a {?…} without words"));
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool refuse(struct script_lexer *lx, const char *problem, const char *hint)
{
	fq_manifest_complain(lx->loader, lx->value, lx->at, hint, "%s", problem);
	lx->at += 2;
	return true;
}

static bool may_stand_here(
        const struct script_lexer *lx, enum fq_context context, const struct script_word *word)
{
	return context == FQ_CONTEXT_BARE && word && lx->at == word->at && !lx->forbidden &&
	       (word->place == WORD_ARGUMENT || word->place == WORD_ITEM);
}

static void take(struct script_lexer *lx, struct script_word *word, const struct placeholder *p, size_t len)
{
	struct script_when when = {.at = lx->at};
	when.use = fq_script_add_use(lx, FQ_CONTEXT_BARE, NULL, p);
	lx->uses[when.use].is_conditional = true;
	lx->uses[when.use].ref.demand = 0; /* its value goes nowhere */
	lx->uses[when.use].is_target = true;
	lx->at += 2 + len;
	when.inner_at = lx->at;
	if (!take_inner(lx, &when)) {
		while (fq_script_more(lx) && lx->text.at[lx->at++] != '}') {
		}
		return;
	}
	lx->at++;
	word->is_plain = false;
	word->is_dynamic = word->is_open = word->is_conditional = true;
	lx->whens = fq_grow(lx->whens, &lx->when_cap, lx->when_count + 1, sizeof(*lx->whens));
	lx->whens[lx->when_count++] = when;
	fq_script_mark(lx, MARK_WHEN, when.at, lx->at - when.at, (uint32_t)(lx->when_count - 1));
	if (!fq_script_is_meta(fq_script_peek(lx, 0))) {
		fq_manifest_complain(lx->loader, lx->value, when.at, position_hint,
		        "{?…} must stand alone where a command takes words");
	}
}

bool fq_script_take_when(struct script_lexer *lx, enum fq_context context, struct script_word *word)
{
	size_t len = word_len(lx);
	if (len == 0) {
		return false;
	}
	struct placeholder p = resolve(lx, len);
	bool is_code = context == FQ_CONTEXT_SINGLE || lx->in_heredoc || lx->forbidden;
	if (p.kind != PLACEHOLDER_REF) {
		bool is_passed = p.kind == PLACEHOLDER_NONE || (p.kind == PLACEHOLDER_UNKNOWN && is_code);
		const char *hint = p.problem || p.is_near
		                           ? p.hint
		                           : "behind the ? stands a placeholder's word: {?r2 -I {r2}}";
		return !is_passed && refuse(lx, p.problem ? p.problem : "an unknown word in {?…}", hint);
	}
	lx->has_refs = true;
	if (fq_script_peek(lx, 2 + len) == ':') {
		return refuse(lx, "the first word of {?…} has no form", "write {?reads -f {reads:list}}");
	}
	if (!may_stand_here(lx, context, word)) {
		return refuse(lx, "{?…} must stand alone where a command takes words", position_hint);
	}
	if (p.ref.is_list && lx->is_sh) {
		lx->at += fq_script_refuse_list(lx, &p.ref) ? 0 : 2;
		return true;
	}
	take(lx, word, &p, len);
	return true;
}

/* --- its text ------------------------------------------------------------------------------------ */

static void put_literal(struct fq_buf *text, struct fq_text literal)
{
	fq_buf_putc(text, '"');
	for (size_t i = 0; i < literal.len; i++) {
		if (strchr("\"$`\\", literal.at[i])) {
			fq_buf_putc(text, '\\');
		}
		fq_buf_putc(text, literal.at[i]);
	}
	fq_buf_putc(text, '"');
}

void fq_script_put_when(const struct script_lexer *lx, const struct script_when *when,
        const uint32_t *numbers, struct fq_buf *text)
{
	for (size_t i = 0; i < when->part_count; i++) {
		const struct script_when_part *part = &lx->parts[when->first_part + i];
		if (part->begins_word) {
			fq_buf_puts(text, i ? "} " : "");
			fq_buf_addf(text, "${_fq%u:+", numbers[lx->uses[when->use].interned]);
		} else if (part->use) {
			const struct script_use *use = &lx->uses[part->use - 1];
			fq_buf_addf(text, use->ref.is_list ? "\"${_fq%u[@]}\"" : "\"${_fq%u}\"",
			        numbers[use->interned]);
		} else {
			put_literal(text, part->literal);
		}
	}
	fq_buf_putc(text, '}');
}
