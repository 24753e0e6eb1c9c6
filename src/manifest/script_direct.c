/* Commands that need no shell: words and nothing else.
 *
 * What only the run can know is checked by those who start it: an exported
 * function of that name, BASH_ENV, a PATH of the task's own. */
#include "script.h"

#include <string.h>

struct splitter {
	struct loader *loader;
	const struct script_lexer *lx;
	size_t at, next_mark;
	struct fq_word *words;
	size_t word_count, word_cap;
	struct fq_piece *pieces; /* of the word being read */
	size_t piece_count, piece_cap;
	struct fq_buf literal;
};

static bool is_bare_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_@%+=:,./-", c));
}

static void add_piece(struct splitter *s, int32_t ref)
{
	struct fq_arena *arena = &s->loader->manifest->arena;
	s->pieces = fq_grow(s->pieces, &s->piece_cap, s->piece_count + 1, sizeof(*s->pieces));
	struct fq_text text = {ref < 0 ? fq_arena_copy(arena, s->literal.at, s->literal.len) : "", 0};
	text.len = ref < 0 ? s->literal.len : 0;
	s->pieces[s->piece_count++] = (struct fq_piece){text, ref, FQ_CONTEXT_BARE};
}

static void flush_literal(struct splitter *s)
{
	if (s->literal.len) {
		add_piece(s, -1);
	}
	s->literal.len = 0;
}

/* The mark of a placeholder at this place, or NULL. */
static const struct script_mark *mark_here(struct splitter *s)
{
	const struct script_lexer *lx = s->lx;
	while (s->next_mark < lx->mark_count && lx->marks[s->next_mark].at < s->at) {
		s->next_mark++;
	}
	if (s->next_mark == lx->mark_count) {
		return NULL;
	}
	const struct script_mark *mark = &lx->marks[s->next_mark];
	return mark->at == s->at && (mark->kind == MARK_USE || mark->kind == MARK_LITERAL) ? mark : NULL;
}

static bool take_mark(struct splitter *s, const struct script_mark *mark, bool is_quoted)
{
	if (mark->kind == MARK_USE) {
		flush_literal(s);
		add_piece(s, (int32_t)s->lx->uses[mark->index].interned);
	} else if (is_quoted) {
		fq_buf_add(&s->literal, s->lx->text.at + s->at + 1, mark->len - 2);
	} else {
		return false;
	}
	s->at += mark->len;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool take_quoted(struct splitter *s, char quote)
{
	const struct fq_text *text = &s->lx->text;
	s->at++;
	while (s->at < text->len && text->at[s->at] != quote) {
		const struct script_mark *mark = mark_here(s);
		if (mark) {
			take_mark(s, mark, true);
			continue;
		}
		char c = text->at[s->at++];
		if (c == '\n' || (quote == '"' && strchr("$`\\", c))) {
			return false;
		}
		fq_buf_putc(&s->literal, c);
	}
	s->at++;
	return s->at <= text->len;
}

static bool take_part(struct splitter *s)
{
	char c = s->lx->text.at[s->at];
	const struct script_mark *mark = mark_here(s);
	if (mark) {
		return take_mark(s, mark, false);
	}
	if (c == '\'' || c == '"') {
		return take_quoted(s, c);
	}
	if (!is_bare_byte(c)) {
		return false;
	}
	fq_buf_putc(&s->literal, c);
	s->at++;
	return true;
}

static void end_word(struct splitter *s, size_t start)
{
	struct fq_where where = fq_ini_where(NULL, s->lx->value, start);
	struct fq_word word = {.count = (uint32_t)s->piece_count, .line = where.line, .column = where.column};
	word.pieces = fq_arena_alloc(&s->loader->manifest->arena, s->piece_count * sizeof(*word.pieces));
	if (s->piece_count) {
		memcpy(word.pieces, s->pieces, s->piece_count * sizeof(*word.pieces));
	}
	s->piece_count = 0;
	s->words = fq_grow(s->words, &s->word_cap, s->word_count + 1, sizeof(*s->words));
	s->words[s->word_count++] = word;
}

static bool take_word(struct splitter *s)
{
	size_t start = s->at;
	while (s->at < s->lx->text.len && !fq_script_is_blank(s->lx->text.at[s->at])) {
		if (!take_part(s)) {
			return false;
		}
	}
	flush_literal(s);
	end_word(s, start);
	return true;
}

/* Not a word that the shell itself would act on. */
static bool is_program(const struct splitter *s)
{
	if (s->word_count == 0 || s->words[0].count != 1 || s->words[0].pieces[0].ref >= 0) {
		return false;
	}
	struct fq_text name = s->words[0].pieces[0].text;
	unsigned own = COMMAND_RESERVED | COMMAND_BUILTIN;
	return !memchr(name.at, '=', name.len) && !(fq_script_command_class(name) & own);
}

static bool split(struct splitter *s)
{
	while (s->at < s->lx->text.len) {
		if (fq_script_is_blank(s->lx->text.at[s->at])) {
			s->at++;
		} else if (!take_word(s)) {
			return false;
		}
	}
	return is_program(s);
}

void fq_script_make_direct(struct loader *loader, struct fq_task *task, const struct script_lexer *lx)
{
	struct splitter s = {.loader = loader, .lx = lx};
	if (!lx->trouble && split(&s)) {
		struct fq_words *direct = &task->script.direct;
		direct->words =
		        fq_arena_alloc(&loader->manifest->arena, s.word_count * sizeof(*direct->words));
		memcpy(direct->words, s.words, s.word_count * sizeof(*direct->words));
		direct->count = (uint32_t)s.word_count;
		task->script.is_direct = true;
	}
	fq_release(s.words);
	fq_release(s.pieces);
	fq_buf_finish(&s.literal);
}
