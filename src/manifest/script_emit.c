/* From marks to texts.
 *
 * The constant script is one line longer at its front than the user's, so to say:
 * the prelude stands on the user's first line, and line numbers in the shell's
 * messages are his. With a `setup` they count as if its lines stood above those
 * of the command:
 *
 *     _fq1=$1; …; set --; set +u; FIRST LINE OF SETUP
 *     …
 *     set -u; FIRST LINE OF THE COMMAND
 *
 * The normal form is for the fingerprint: two scripts with one normal form do
 * the same. It has no prelude: the references tell what that would be. */
#include "script.h"

#include <string.h>

struct emitter {
	const struct fq_task *task;
	struct fq_arena *arena;
	uint32_t *numbers; /* N of _fqN, for each of the task's refs */
	struct fq_buf text, normal;
	bool has_blanks, has_newline; /* to be added to `normal`, if more comes */
	struct fq_piece *pieces;
	size_t piece_count, piece_cap;
};

/* --- arguments ------------------------------------------------------------------------ */

static void add_value(struct emitter *e, struct fq_script *script, uint32_t ref)
{
	if (e->numbers[ref] == 0) {
		script->values[script->value_count++] = ref;
		e->numbers[ref] = script->value_count;
	}
}

static void add_values(struct emitter *e, struct fq_script *script, const struct script_lexer *lx, bool lists)
{
	for (size_t i = 0; i < lx->use_count; i++) {
		if (lx->uses[i].ref.is_list == lists) {
			add_value(e, script, lx->uses[i].interned);
		}
	}
}

/* Scalars first, at fixed places; then lists, whose lengths differ from job to job. */
static void order_values(struct emitter *e, struct fq_script *script, const struct script_parts *parts)
{
	script->values = fq_arena_alloc(e->arena, e->task->ref_count * sizeof(*script->values));
	for (int lists = 0; lists < 2; lists++) {
		add_values(e, script, &parts->setup, lists);
		add_values(e, script, &parts->command, lists);
	}
}

static void add_scalar(struct fq_buf *text, uint32_t number)
{
	fq_buf_addf(text, number < 10 ? "_fq%u=$%u; " : "_fq%u=${%u}; ", number, number);
}

static void add_list(struct fq_buf *text, uint32_t number)
{
	fq_buf_addf(text,
	        "case $1 in @*) mapfile -d '' -t _fq%u < \"${1#@}\"; shift;; "
	        "*) _fq%u=(\"${@:2:$1}\"); shift \"$(($1 + 1))\";; esac; ",
	        number, number);
}

static void add_prelude(struct emitter *e, const struct fq_script *script)
{
	uint32_t scalars = 0;
	while (scalars < script->value_count && !e->task->refs[script->values[scalars]].is_list) {
		add_scalar(&e->text, ++scalars);
	}
	if (scalars) {
		fq_buf_addf(&e->text, "shift %u; ", scalars);
	}
	for (uint32_t i = scalars; i < script->value_count; i++) {
		add_list(&e->text, i + 1);
	}
	if (script->value_count) {
		fq_buf_puts(&e->text, "set --; ");
	}
}

/* --- what the shell reads, and its normal form ------------------------------------------- */

static bool is_at_line_start(const struct fq_buf *normal)
{
	return normal->len == 0 || (normal->at[normal->len - 1] == '\n' &&
	                                   (normal->len == 1 || normal->at[normal->len - 2] != '\\'));
}

static void add_normal(struct emitter *e, const char *at, size_t len)
{
	if (len == 0) {
		return;
	}
	if (e->has_newline) {
		fq_buf_putc(&e->normal, '\n');
	} else if (e->has_blanks && !is_at_line_start(&e->normal)) {
		fq_buf_putc(&e->normal, ' ');
	}
	e->has_newline = e->has_blanks = false;
	fq_buf_add(&e->normal, at, len);
}

static void add_piece(struct emitter *e, struct fq_text text, int32_t ref, uint8_t context)
{
	if (text.len == 0 && ref < 0 && context != FQ_CONTEXT_END) {
		return;
	}
	e->pieces = fq_grow(e->pieces, &e->piece_cap, e->piece_count + 1, sizeof(*e->pieces));
	e->pieces[e->piece_count++] = (struct fq_piece){text, ref, context};
}

static void add_literal(struct emitter *e, struct fq_text text)
{
	fq_buf_add_text(&e->text, text);
	add_normal(e, text.at, text.len);
	add_piece(e, text, -1, FQ_CONTEXT_BARE);
}

static void add_use(struct emitter *e, const struct script_use *use)
{
	size_t start = e->text.len;
	uint32_t number = e->numbers[use->interned];
	switch (use->context) {
	case FQ_CONTEXT_BARE:
		fq_buf_addf(&e->text, use->ref.is_list ? "\"${_fq%u[@]}\"" : "\"${_fq%u}\"", number);
		break;
	case FQ_CONTEXT_SINGLE:
		fq_buf_addf(&e->text, "'\"${_fq%u}\"'", number);
		break;
	default:
		fq_buf_addf(&e->text, "${_fq%u}", number);
		break;
	}
	add_normal(e, e->text.at + start, e->text.len - start);
	add_piece(e, (struct fq_text){"", 0}, (int32_t)use->interned, use->context);
}

/* What a person sees: the words as written, between two pieces that say when. */
static void add_when_pieces(struct emitter *e, const struct script_lexer *lx, struct fq_text copy,
        const struct script_when *when, size_t end)
{
	size_t at = when->inner_at + strspn(copy.at + when->inner_at, " \t");
	add_piece(e, (struct fq_text){"", 0}, (int32_t)lx->uses[when->use].interned, FQ_CONTEXT_WHEN);
	for (size_t i = 0; i < when->part_count; i++) {
		const struct script_when_part *part = &lx->parts[when->first_part + i];
		if (part->use) {
			const struct script_use *use = &lx->uses[part->use - 1];
			add_piece(e, (struct fq_text){copy.at + at, use->at - at}, -1, FQ_CONTEXT_BARE);
			add_piece(e, (struct fq_text){"", 0}, (int32_t)use->interned, use->context);
			at = use->at + use->len;
		}
	}
	add_piece(e, (struct fq_text){copy.at + at, end - at}, -1, FQ_CONTEXT_BARE);
	add_piece(e, (struct fq_text){"", 0}, -1, FQ_CONTEXT_END);
}

static void add_when(
        struct emitter *e, const struct script_lexer *lx, struct fq_text copy, const struct script_mark *mark)
{
	const struct script_when *when = &lx->whens[mark->index];
	size_t start = e->text.len;
	fq_script_put_when(lx, when, e->numbers, &e->text);
	add_normal(e, e->text.at + start, e->text.len - start);
	add_when_pieces(e, lx, copy, when, mark->at + mark->len - 1);
}

/* What is no part of the meaning. */
static void add_void(struct emitter *e, const struct script_mark *mark, struct fq_text text)
{
	fq_buf_add_text(&e->text, text);
	add_piece(e, text, -1, FQ_CONTEXT_BARE);
	if (mark->kind == MARK_NEWLINE) {
		e->has_newline |= !is_at_line_start(&e->normal);
		e->has_blanks = false;
	} else if (mark->kind == MARK_BLANKS) {
		e->has_blanks = !e->has_newline;
	}
}

static void add_mark(
        struct emitter *e, const struct script_lexer *lx, struct fq_text copy, const struct script_mark *mark)
{
	struct fq_text text = {copy.at + mark->at, mark->len};
	if (mark->kind == MARK_USE) {
		add_use(e, &lx->uses[mark->index]);
	} else if (mark->kind == MARK_WHEN) {
		add_when(e, lx, copy, mark);
	} else if (mark->kind == MARK_LITERAL) {
		add_literal(e, (struct fq_text){text.at + 1, text.len - 2});
	} else {
		add_void(e, mark, text);
	}
}

static void add_part(struct emitter *e, const struct script_lexer *lx)
{
	struct fq_text copy = {fq_arena_copy(e->arena, lx->text.at, lx->text.len), lx->text.len};
	size_t at = 0;
	/* What was not understood is left as it is. */
	for (size_t i = 0; i < lx->mark_count; i++) {
		const struct script_mark *mark = &lx->marks[i];
		if (lx->trouble && mark->kind != MARK_LITERAL) {
			continue;
		}
		add_literal(e, (struct fq_text){copy.at + at, mark->at - at});
		add_mark(e, lx, copy, mark);
		at = mark->at + mark->len;
	}
	add_literal(e, (struct fq_text){copy.at + at, copy.len - at});
}

/* Joins setup and command: a line of ours that is no piece of the user's script. */
static void add_ours(struct emitter *e, const char *text, const char *normal)
{
	fq_buf_puts(&e->text, text);
	e->has_newline = e->has_blanks = false;
	fq_buf_puts(&e->normal, normal);
}

static struct fq_text keep(struct emitter *e, struct fq_buf *buf)
{
	struct fq_text text = {fq_arena_copy(e->arena, buf->at ? buf->at : "", buf->len), buf->len};
	fq_buf_finish(buf);
	return text;
}

void fq_script_emit(struct fq_task *task, struct fq_arena *arena, const struct script_parts *parts)
{
	struct fq_script *script = &task->script;
	struct emitter e = {.task = task, .arena = arena};
	e.numbers = fq_zeroed(task->ref_count, sizeof(*e.numbers));
	order_values(&e, script, parts);
	add_prelude(&e, script);
	if (parts->setup.text.len) {
		script->has_setup = true;
		add_ours(&e, "set +u; ", "set +u\n");
		add_part(&e, &parts->setup);
		add_ours(&e, "\nset -u; ", "\nset -u\n");
		add_piece(&e, (struct fq_text){"\n", 1}, -1, FQ_CONTEXT_BARE);
		script->setup_pieces = (uint32_t)e.piece_count;
	}
	add_part(&e, &parts->command);
	script->text = keep(&e, &e.text);
	script->normal = keep(&e, &e.normal);
	script->piece_count = (uint32_t)e.piece_count;
	script->pieces = fq_arena_alloc(arena, e.piece_count * sizeof(*e.pieces));
	if (e.piece_count) {
		memcpy(script->pieces, e.pieces, e.piece_count * sizeof(*e.pieces));
	}
	fq_release(e.pieces);
	fq_release(e.numbers);
}
