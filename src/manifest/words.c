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
	struct fq_piece *pieces;   /* of the word in hand */
	bool in_word, is_bare_end; /* is_bare_end: the last byte was not quoted */
	struct plain_word plain;   /* the word in hand; its text is set at the end */
	struct fq_word *words;
	struct plain_word *plains;
	size_t word_count, word_cap, plain_cap;
};

static void add_piece(struct word_parser *p, struct fq_piece piece)
{
	p->pieces = fq_grow(p->pieces, &p->piece_cap, p->word.count + 1, sizeof(*p->pieces));
	p->pieces[p->word.count++] = piece;
}

/* "./a//b/./c" is "a/b/c": outputs are compared as text. */
static void tidy_literal(struct word_parser *p)
{
	char *at = p->literal.at;
	size_t len = p->literal.len, kept = 0;
	bool is_start = p->word.count == 0;
	for (size_t i = 0; i < len; i++) {
		bool begins_part = kept ? at[kept - 1] == '/' : is_start;
		if (at[i] == '/' && kept && begins_part) {
			continue;
		}
		if (begins_part && i + 2 < len && at[i] == '.' && at[i + 1] == '/') {
			i++;
			while (i + 2 < len && at[i + 1] == '/') {
				i++;
			}
			continue;
		}
		at[kept++] = at[i];
	}
	p->literal.len = kept;
}

/* What is no path may hold `//` and end in `?`: env = URL=http://x/? */
static bool is_path(const struct word_parser *p)
{
	static const char *const others[] = {"env", "options", "wrap"};
	for (size_t i = 0; i < FQ_COUNT(others); i++) {
		if (fq_text_is(p->value->key, others[i])) {
			return false;
		}
	}
	return p->with_placeholders;
}

static void end_literal(struct word_parser *p)
{
	if (p->literal.len == 0) {
		return;
	}
	if (is_path(p)) {
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
	p->plain = (struct plain_word){.offset = at};
	p->word = (struct fq_word){.line = where.line, .column = where.column};
}

static void end_word(struct word_parser *p)
{
	if (!p->in_word) {
		return;
	}
	bool is_file = fq_text_is(p->value->key, "output") || fq_text_is(p->value->key, "input");
	bool ends_bare = is_file && p->is_bare_end && p->literal.len;
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
	p->plains = fq_grow(p->plains, &p->plain_cap, p->word_count + 1, sizeof(*p->plains));
	p->plains[p->word_count] = p->plain;
	p->words[p->word_count++] = p->word;
	p->in_word = false;
}

static const char *allowed_hint(struct word_parser *p)
{
	struct fq_buf hint = {0};
	struct fq_text key = p->value->key;
	if (fq_text_is(key, "dir")) {
		return "it is one folder for all jobs of the task: what differs stands in `output`";
	}
	fq_buf_addf(&hint, "`%.*s` takes ", (int)key.len, key.at);
	fq_manifest_add_builtins(&hint, p->allowed);
	bool has_column = p->allowed & ALLOW(FQ_REF_COLUMN);
	fq_buf_puts(&hint, has_column ? "a column or a variable" : "or a variable");
	const char *copy = fq_arena_copy(&p->loader->manifest->arena, hint.at, hint.len);
	fq_buf_finish(&hint);
	return copy;
}

/* The text stays in its place: a name that lost a part would be a second mistake. */
static size_t refuse_placeholder(struct word_parser *p, size_t at, const struct placeholder *ph)
{
	struct fq_text written = {p->value->text.at + at, ph->len};
	const char *hint = ph->hint;
	bool is_known = ph->ref.text;
	bool may_stand = !is_known || (p->allowed & ALLOW(ph->ref.kind));
	if (ph->kind == PLACEHOLDER_UNKNOWN) {
		fq_manifest_complain(p->loader, p->value, at, hint, "unknown placeholder %.*s",
		        (int)written.len, written.at);
	} else if (ph->kind == PLACEHOLDER_WRONG && may_stand) {
		fq_manifest_complain(p->loader, p->value, at, hint, "%s", ph->problem);
	} else {
		bool is_value = is_known && ph->ref.kind == FQ_REF_VALUE;
		hint = is_value    ? "paths are known before the first job: a value comes too late"
		       : may_stand ? "a file of names is made for a command alone"
		                   : allowed_hint(p);
		fq_manifest_complain(p->loader, p->value, at, hint, "%.*s cannot stand in `%.*s`",
		        (int)written.len, written.at, (int)p->value->key.len, p->value->key.at);
	}
	fq_buf_add_text(&p->literal, written);
	return ph->len;
}

/* Whether what it stands for can neither begin with `/` nor hold one. */
static bool is_one_name(const struct fq_ref *ref)
{
	return ref->kind == FQ_REF_SAMPLE || ref->kind == FQ_REF_COLUMN || ref->part != FQ_PART_WHOLE;
}

static size_t take_placeholder(struct word_parser *p, size_t at)
{
	struct placeholder ph = fq_manifest_placeholder(p->loader, p->task, p->value->text, at);
	if (ph.kind == PLACEHOLDER_NONE) {
		fq_buf_putc(&p->literal, '{');
		return 1;
	}
	if (ph.kind == PLACEHOLDER_ESCAPED) {
		fq_buf_add_text(&p->literal, ph.literal);
		return ph.len;
	}
	bool is_file_of_names = ph.ref.form == FQ_FORM_LIST || ph.ref.form == FQ_FORM_LIST0;
	if (ph.kind != PLACEHOLDER_REF || !(p->allowed & ALLOW(ph.ref.kind)) || is_file_of_names) {
		return refuse_placeholder(p, at, &ph);
	}
	struct fq_where where = fq_ini_where(NULL, p->value, at);
	ph.ref.line = where.line;
	ph.ref.column = where.column;
	end_literal(p);
	struct fq_piece *first = p->pieces;
	if (is_path(p) && p->word.count == 1 && first->ref < 0 && fq_text_is(first->text, "./") &&
	        is_one_name(&ph.ref)) {
		p->word.count = 0;
	}
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
		if (text.at[at + 1] != '\n') { /* else the value goes on in the next line */
			fq_buf_putc(&p->literal, text.at[at + 1]);
		}
		p->is_bare_end = false;
		return 2;
	}
	if (c == '{' && p->with_placeholders) {
		return take_placeholder(p, at);
	}
	if (would_act(p, c) && !p->plain.would_act) {
		p->plain.would_act = true;
		p->plain.acts_at = at;
	}
	if (would_act(p, c) && p->with_placeholders) {
		fq_manifest_complain(p->loader, p->value, at,
		        "write it out, or in quotes if it is meant as it stands",
		        "no shell reads `%.*s`: %c is not expanded here", (int)p->value->key.len,
		        p->value->key.at, c);
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
		fq_manifest_complain(
		        p->loader, p->value, start, "end it with the same quote", "this quote has no end");
		p->plain.is_broken = true;
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
	fq_release(p->plains);
	fq_buf_finish(&p->literal);
}

/* Where in the value a word's reference stands, as it is written. */
static size_t find_ref(const struct word_parser *p, size_t word, const char *text)
{
	struct fq_text value = p->value->text;
	size_t start = p->plains[word].offset;
	const char *at = memmem(value.at + start, value.len - start, text, strlen(text));
	return at ? (size_t)(at - value.at) : start;
}

static void refuse_list(struct word_parser *p, size_t word, const char *text)
{
	fq_manifest_complain(p->loader, p->value, find_ref(p, word, text),
	        fq_arena_format(&p->loader->manifest->arena,
	                "let it stand alone, or join it with commas: %.*s:,}", (int)strcspn(text, "}:"),
	                text),
	        "%s is a list, it cannot be part of a name", text);
}

/* A list must be a word of its own. */
static void check_lists(struct word_parser *p)
{
	for (size_t i = 0; i < p->word_count; i++) {
		const struct fq_word *word = &p->words[i];
		for (uint32_t j = 0; j < word->count && word->count > 1; j++) {
			int32_t ref = word->pieces[j].ref;
			if (ref >= 0 && p->task->refs[ref].is_list) {
				refuse_list(p, i, p->task->refs[ref].text);
			}
		}
	}
}

struct fq_words fq_manifest_words(
        struct loader *loader, struct fq_task *task, const struct ini_value *value, unsigned allowed)
{
	struct word_parser p = {.loader = loader,
	        .task = task,
	        .value = value,
	        .allowed = allowed,
	        .with_placeholders = true};
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
		plain[i] = p.plains[i];
		plain[i].text = text;
	}
	*ret_count = p.word_count;
	finish(&p);
	return plain;
}
