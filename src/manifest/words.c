#include "internal.h"

#include <string.h>

/* One value being cut into words. The bytes of a literal gather in `literal`. */
struct word_parser {
	struct loader *loader;
	struct fq_task *task;
	const struct ini_value *value;
	unsigned allowed;
	bool with_placeholders;
	struct fq_buf literal;
	struct fq_word word;
	size_t piece_cap;
	struct fq_piece *pieces; /* of the word in hand */
	bool in_word, is_bare_end; /* is_bare_end: the last byte was not quoted */
	size_t word_offset;
	struct fq_word *words;
	size_t word_count, word_cap;
	size_t *offsets;
	size_t offset_cap;
};

static void add_piece(struct word_parser *p, struct fq_piece piece)
{
	p->pieces = fq_grow(p->pieces, &p->piece_cap, p->word.count + 1, sizeof(*p->pieces));
	p->pieces[p->word.count++] = piece;
}

/* "./a//b" is "a/b": outputs are compared as text. */
static void tidy_literal(struct word_parser *p)
{
	char *at = p->literal.at;
	size_t len = p->literal.len, kept = 0, from = 0;
	while (p->word.count == 0 && len - from > 2 && at[from] == '.' && at[from + 1] == '/') {
		from += 2;
	}
	for (size_t i = from; i < len; i++) {
		if (at[i] == '/' && kept && at[kept - 1] == '/') {
			continue;
		}
		at[kept++] = at[i];
	}
	p->literal.len = kept;
}

static void end_literal(struct word_parser *p)
{
	if (p->literal.len == 0) {
		return;
	}
	if (p->with_placeholders) {
		tidy_literal(p);
	}
	struct fq_text text = {
		fq_arena_copy(&p->loader->manifest->arena, p->literal.at, p->literal.len), p->literal.len};
	add_piece(p, (struct fq_piece){.text = text, .ref = -1});
	p->literal.len = 0;
}

static void begin_word(struct word_parser *p, size_t at)
{
	if (p->in_word) {
		return;
	}
	struct fq_where where = fq_ini_where(NULL, p->value, at);
	p->in_word = true;
	p->word_offset = at;
	p->word = (struct fq_word){.line = where.line, .column = where.column};
}

static void end_word(struct word_parser *p)
{
	if (!p->in_word) {
		return;
	}
	bool ends_bare = p->with_placeholders && p->is_bare_end && p->literal.len;
	if (ends_bare && p->literal.at[p->literal.len - 1] == '?') {
		p->literal.len--;
		p->word.is_optional = true;
	}
	end_literal(p);
	size_t bytes = p->word.count * sizeof(struct fq_piece);
	p->word.pieces = fq_arena_alloc(&p->loader->manifest->arena, bytes);
	if (bytes) {
		memcpy(p->word.pieces, p->pieces, bytes);
	}
	p->words = fq_grow(p->words, &p->word_cap, p->word_count + 1, sizeof(*p->words));
	p->offsets = fq_grow(p->offsets, &p->offset_cap, p->word_count + 1, sizeof(*p->offsets));
	p->offsets[p->word_count] = p->word_offset;
	p->words[p->word_count++] = p->word;
	p->in_word = false;
}

static size_t take_placeholder(struct word_parser *p, size_t at)
{
	struct placeholder ph = fq_manifest_placeholder(p->loader, p->task, p->value->text, at);
	switch (ph.kind) {
	case PLACEHOLDER_NONE:
		fq_buf_putc(&p->literal, '{');
		return 1;
	case PLACEHOLDER_ESCAPED:
		fq_buf_add_text(&p->literal, ph.literal);
		return ph.len;
	case PLACEHOLDER_UNKNOWN:
		fq_manifest_complain(p->loader, p->value, at, ph.hint, "unknown placeholder %.*s", (int)ph.len,
			p->value->text.at + at);
		return ph.len;
	case PLACEHOLDER_WRONG:
		fq_manifest_complain(p->loader, p->value, at, ph.hint, "%s", ph.problem);
		return ph.len;
	case PLACEHOLDER_REF:
		break;
	}
	if (!(p->allowed & ALLOW(ph.ref.kind))) {
		fq_manifest_complain(p->loader, p->value, at, NULL, "%s cannot stand in `%.*s`", ph.ref.text,
			(int)p->value->key.len, p->value->key.at);
		return ph.len;
	}
	struct fq_where where = fq_ini_where(NULL, p->value, at);
	ph.ref.line = where.line;
	ph.ref.column = where.column;
	end_literal(p);
	add_piece(p, (struct fq_piece){.ref = (int32_t)fq_manifest_intern(p->loader, p->task, &ph.ref)});
	return ph.len;
}

static bool would_act(const struct word_parser *p, char c)
{
	return c == '$' || c == '`' || c == '*' || (c == '~' && p->literal.len == 0 && p->word.count == 0);
}

static size_t take_bare(struct word_parser *p, size_t at)
{
	struct fq_text text = p->value->text;
	char c = text.at[at];
	p->is_bare_end = true;
	if (c == '\\' && at + 1 < text.len) {
		fq_buf_putc(&p->literal, text.at[at + 1]);
		p->is_bare_end = false;
		return 2;
	}
	if (c == '{' && p->with_placeholders) {
		return take_placeholder(p, at);
	}
	if (would_act(p, c) && p->with_placeholders) {
		fq_manifest_complain(p->loader, p->value, at,
			"write it in quotes if the name really holds it",
			"no shell reads `%.*s`: %c is not expanded here", (int)p->value->key.len, p->value->key.at, c);
	}
	fq_buf_putc(&p->literal, c);
	return 1;
}

/* From the opening quote to behind the closing one. */
static size_t take_quoted(struct word_parser *p, size_t start)
{
	struct fq_text text = p->value->text;
	char quote = text.at[start];
	size_t at = start + 1;
	p->is_bare_end = false;
	while (at < text.len && text.at[at] != quote) {
		if (quote == '"' && text.at[at] == '\\' && at + 1 < text.len &&
			strchr("\\\"$`", text.at[at + 1])) {
			fq_buf_putc(&p->literal, text.at[at + 1]);
			at += 2;
		} else if (text.at[at] == '{' && p->with_placeholders) {
			at += take_placeholder(p, at);
		} else {
			fq_buf_putc(&p->literal, text.at[at++]);
		}
	}
	if (at >= text.len) {
		fq_manifest_complain(p->loader, p->value, start, NULL, "this quote has no end");
		return text.len - start;
	}
	return at + 1 - start;
}

static void cut(struct word_parser *p)
{
	struct fq_text text = p->value->text;
	for (size_t at = 0; at < text.len;) {
		char c = text.at[at];
		if (c == ' ' || c == '\t' || c == '\n') {
			end_word(p);
			at++;
			continue;
		}
		begin_word(p, at);
		at += c == '\'' || c == '"' ? take_quoted(p, at) : take_bare(p, at);
	}
	end_word(p);
}

static void finish(struct word_parser *p)
{
	fq_release(p->pieces);
	fq_release(p->words);
	fq_release(p->offsets);
	fq_buf_finish(&p->literal);
}

/* A list must be a word of its own. */
static void check_lists(struct word_parser *p)
{
	for (size_t i = 0; i < p->word_count; i++) {
		const struct fq_word *word = &p->words[i];
		for (uint32_t j = 0; j < word->count && word->count > 1; j++) {
			int32_t ref = word->pieces[j].ref;
			if (ref >= 0 && p->task->refs[ref].is_list) {
				fq_manifest_complain(p->loader, p->value, p->offsets[i],
					"let it stand alone, or join it with commas: {reads:,}",
					"%s is a list, it cannot be part of a name", p->task->refs[ref].text);
			}
		}
	}
}

struct fq_words fq_manifest_words(
	struct loader *loader, struct fq_task *task, const struct ini_value *value, unsigned allowed)
{
	struct word_parser p = {
		.loader = loader, .task = task, .value = value, .allowed = allowed, .with_placeholders = true};
	cut(&p);
	check_lists(&p);
	size_t bytes = p.word_count * sizeof(struct fq_word);
	struct fq_words words = {fq_arena_alloc(&loader->manifest->arena, bytes), (uint32_t)p.word_count};
	if (bytes) {
		memcpy(words.words, p.words, bytes);
	}
	finish(&p);
	return words;
}

struct plain_word *fq_manifest_split(struct loader *loader, const struct ini_value *value, size_t *ret_count)
{
	struct word_parser p = {.loader = loader, .value = value};
	cut(&p);
	struct plain_word *plain =
		fq_arena_alloc(&loader->manifest->arena, p.word_count * sizeof(struct plain_word));
	for (size_t i = 0; i < p.word_count; i++) {
		struct fq_text text = p.words[i].count ? p.words[i].pieces[0].text : (struct fq_text){"", 0};
		plain[i] = (struct plain_word){text, p.offsets[i]};
	}
	*ret_count = p.word_count;
	finish(&p);
	return plain;
}
