/* One placeholder: whether it may stand where it does, and as what. */
#include "script.h"

#include <string.h>

/* The dash that begins an option: names and paths never begin with it. */
static bool may_be_option(const struct fq_ref *ref)
{
	return ref->kind == FQ_REF_VARIABLE || ref->part != FQ_PART_WHOLE;
}

/* --- what is refused ------------------------------------------------------------------ */

static bool refuse(struct script_lexer *lx, const struct fq_ref *ref, const char *where, const char *hint)
{
	fq_manifest_complain(lx->loader, lx->value, lx->at, hint, "%s may not stand %s", ref->text, where);
	return false;
}

static bool is_expansion(const struct fq_text *text, size_t at)
{
	char c = text->at[at], next = at + 1 < text->len ? text->at[at + 1] : '\0';
	if (c == '`' || c == '\\') {
		return true;
	}
	return c == '$' && ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
	                           (next >= '0' && next <= '9') || (next && strchr("_({[@*#?$!-'\"", next)));
}

/* On the line of a here-document that the lexer is at. */
static bool has_other_expansion(const struct script_lexer *lx)
{
	size_t at = lx->at;
	while (at && lx->text.at[at - 1] != '\n') {
		at--;
	}
	for (; at < lx->text.len && lx->text.at[at] != '\n'; at++) {
		if (is_expansion(&lx->text, at)) {
			return true;
		}
	}
	return false;
}

/* What works instead, if the list are reads: the first of them, or all through a pipe. */
static const char *instead_of_reads(struct script_lexer *lx, const struct fq_ref *ref, int len)
{
	struct fq_ref first = {.kind = FQ_REF_R1};
	bool has_first = ref->kind == FQ_REF_READS && !fq_manifest_is_list(lx->loader, lx->task, &first);
	size_t at = lx->at;
	while (at && fq_script_is_blank(lx->text.at[at - 1])) {
		at--;
	}
	bool is_input = lx->is_target && at && lx->text.at[at - 1] == '<';
	int part = (int)strlen("{reads");
	struct fq_arena *arena = &lx->loader->manifest->arena;
	return fq_arena_format(arena, "%s%.*s%s%s%.*s%s", is_input ? "put `cat " : "", is_input ? len : 0,
	        ref->text, is_input ? "} |` in front of the command; " : "", has_first ? "{r1" : "",
	        has_first ? len - part : 0, has_first ? ref->text + part : "",
	        has_first ? "} is one file, " : "");
}

bool fq_script_refuse_list(struct script_lexer *lx, const struct fq_ref *ref)
{
	struct fq_arena *arena = &lx->loader->manifest->arena;
	int len = (int)strcspn(ref->text, "}:");
	const char *forms = fq_arena_format(arena,
	        "%s%.*s:,} joins it with commas, %.*s:list} names a file with one a line, %.*s:list0} with "
	        "NULs",
	        instead_of_reads(lx, ref, len), len, ref->text, len, ref->text, len, ref->text);
	if (ref->kind == FQ_REF_VARIABLE) {
		forms = fq_arena_format(arena, "in [vars], quotes make it one word; %s", forms);
	}
	if (lx->is_sh) {
		forms = fq_arena_format(arena, "set `shell = bash`; or %s", forms);
		fq_manifest_complain(
		        lx->loader, lx->value, lx->at, forms, "%s is a list, and sh has none", ref->text);
		return false;
	}
	fq_manifest_complain(lx->loader, lx->value, lx->at, forms,
	        "%s is a list: it must stand alone, outside of quotes, where a command takes words",
	        ref->text);
	return false;
}

static bool is_alone(const struct script_lexer *lx, const struct script_word *word, size_t len)
{
	char next = fq_script_peek(lx, len);
	bool is_process = (next == '<' || next == '>') && fq_script_peek(lx, len + 1) == '(';
	return word && lx->at == word->at && fq_script_is_meta(next) && next != '(' && !is_process;
}

static bool may_be_list(
        const struct script_lexer *lx, enum fq_context context, const struct script_word *word, size_t len)
{
	if (context != FQ_CONTEXT_BARE || lx->is_sh || !is_alone(lx, word, len)) {
		return false;
	}
	return word->place == WORD_COMMAND || word->place == WORD_ARGUMENT || word->place == WORD_DECLARED ||
	       word->place == WORD_ITEM;
}

/* {1..{n}}: bash expands braces before it knows the value. */
static bool is_range(const struct script_lexer *lx, const struct script_word *word, size_t len)
{
	bool is_behind = lx->at >= 2 && memcmp(lx->text.at + lx->at - 2, "..", 2) == 0;
	bool is_before = fq_script_peek(lx, len) == '.' && fq_script_peek(lx, len + 1) == '.';
	return word && word->has_brace && (is_behind || is_before);
}

static bool check(struct script_lexer *lx, enum fq_context context, const struct script_word *word,
        const struct fq_ref *ref, size_t len)
{
	if (lx->forbidden) {
		return refuse(lx, ref, lx->forbidden->where, lx->forbidden->hint);
	}
	if (lx->in_heredoc && context == FQ_CONTEXT_DOUBLE && !word && has_other_expansion(lx)) {
		return refuse(lx, ref, "in a here-document line that holds another expansion",
		        "put it on a line of its own, or assign the other to a variable and print both with "
		        "printf");
	}
	if (word && word->place == WORD_NAME) {
		return refuse(lx, ref, "where the shell expects a name",
		        "write the name of a shell variable or function");
	}
	if (ref->is_list && !may_be_list(lx, context, word, len)) {
		return fq_script_refuse_list(lx, ref);
	}
	if (context == FQ_CONTEXT_BARE && is_range(lx, word, len)) {
		return refuse(lx, ref, "in a range of braces", "write $(seq 1 {...})");
	}
	return true;
}

/* --- what is taken --------------------------------------------------------------------- */

/* A variable's text is known; anything else is not. */
static void note_in_word(struct script_lexer *lx, struct script_word *word, const struct fq_ref *ref)
{
	const struct fq_manifest *manifest = lx->loader->manifest;
	bool is_first = word->len == 0 && !word->has_slash && !word->is_dynamic;
	word->is_plain = false;
	if (ref->is_list) {
		word->list = lx->use_count;
	}
	if (ref->kind == FQ_REF_VARIABLE) {
		const struct fq_variable *variable = &manifest->variables[ref->index];
		for (uint32_t i = 0; i < variable->word_count && !ref->is_list; i++) {
			for (size_t j = 0; j < variable->words[i].len; j++) {
				fq_script_word_add(word, variable->words[i].at[j]);
			}
		}
		return;
	}
	word->is_open |= is_first && may_be_option(ref);
	word->is_dynamic = true;
	if (word->place == WORD_COMMAND && !word->is_assignment && word->chooser == 0) {
		word->chooser = lx->use_count;
	}
}

static uint8_t demand_at(
        const struct script_lexer *lx, enum fq_context context, const struct script_word *word)
{
	uint8_t demand = lx->demand;
	if (context == FQ_CONTEXT_SINGLE) {
		demand |= FQ_DEMAND_PLAIN;
	}
	if (word) {
		demand |= word->demand;
	}
	return demand;
}

size_t fq_script_add_use(struct script_lexer *lx, enum fq_context context, const struct script_word *word,
        const struct placeholder *p)
{
	struct fq_where where = fq_ini_where(NULL, lx->value, lx->at);
	lx->uses = fq_grow(lx->uses, &lx->use_cap, lx->use_count + 1, sizeof(*lx->uses));
	struct script_use *use = &lx->uses[lx->use_count++];
	*use = (struct script_use){
	        .at = lx->at,
	        .len = p->len,
	        .ref = p->ref,
	        .carrier = lx->carrier,
	        .context = (uint8_t)context,
	        .is_target = lx->is_target,
	        .is_direct = !lx->is_indirect,
	};
	use->ref.line = where.line;
	use->ref.column = where.column;
	use->ref.demand |= demand_at(lx, context, word);
	return lx->use_count - 1;
}

static void take(struct script_lexer *lx, enum fq_context context, struct script_word *word,
        const struct placeholder *p)
{
	size_t use = fq_script_add_use(lx, context, word, p);
	fq_script_mark(lx, MARK_USE, lx->at, p->len, (uint32_t)use);
	if (word) {
		note_in_word(lx, word, &lx->uses[use].ref);
	}
}

/* A word that nothing defines is most likely awk's or another shell's where those stand. */
static bool take_unknown(struct script_lexer *lx, enum fq_context context, const struct placeholder *p)
{
	bool is_strict = !lx->forbidden && !lx->in_heredoc && context != FQ_CONTEXT_SINGLE;
	if (!is_strict && !p->is_near) {
		return false;
	}
	fq_manifest_complain(lx->loader, lx->value, lx->at, p->hint, "unknown placeholder %.*s", (int)p->len,
	        lx->text.at + lx->at);
	lx->at += p->len;
	return true;
}

static void take_literal(struct script_lexer *lx, struct script_word *word, const struct placeholder *p)
{
	fq_script_mark(lx, MARK_LITERAL, lx->at, p->len, 0);
	for (size_t i = 0; i < p->literal.len; i++) {
		fq_script_word_add(word, p->literal.at[i]);
	}
	lx->at += p->len;
}

bool fq_script_placeholder(struct script_lexer *lx, enum fq_context context, struct script_word *word)
{
	if (fq_script_looks_at(lx, "{?")) {
		return fq_script_take_when(lx, context, word);
	}
	struct placeholder p = fq_manifest_placeholder(lx->loader, lx->task, lx->text, lx->at);
	switch (p.kind) {
	case PLACEHOLDER_NONE:
		return false;
	case PLACEHOLDER_ESCAPED:
		take_literal(lx, word, &p);
		return true;
	case PLACEHOLDER_UNKNOWN:
		return take_unknown(lx, context, &p);
	case PLACEHOLDER_WRONG:
		fq_manifest_complain(lx->loader, lx->value, lx->at, p.hint, "%s", p.problem);
		break;
	case PLACEHOLDER_REF:
		lx->has_refs = true;
		if (check(lx, context, word, &p.ref, p.len)) {
			take(lx, context, word, &p);
		}
		break;
	}
	lx->at += p.len;
	return true;
}

void fq_script_brace(struct script_lexer *lx, enum fq_context context)
{
	if (!fq_script_placeholder(lx, context, NULL)) {
		lx->at++;
	}
}
