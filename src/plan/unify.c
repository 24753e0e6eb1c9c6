/* Templates compared as templates: whether two can give the same path, without
 * rendering any. */
#include "internal.h"

#include <string.h>

static bool same_piece(
        const struct fq_task *a, const struct fq_piece *x, const struct fq_task *b, const struct fq_piece *y)
{
	if (x->ref < 0 || y->ref < 0) {
		return x->ref < 0 && y->ref < 0 && fq_text_equal(x->text, y->text);
	}
	const struct fq_ref *r = &a->refs[x->ref], *s = &b->refs[y->ref];
	return r->kind == s->kind && r->index == s->index && r->part == s->part && r->form == s->form &&
	       r->kind != FQ_REF_DIR;
}

bool fq_plan_same_template(
        const struct fq_task *a, const struct fq_word *x, const struct fq_task *b, const struct fq_word *y)
{
	if (x->count != y->count) {
		return false;
	}
	for (uint32_t i = 0; i < x->count; i++) {
		if (!same_piece(a, &x->pieces[i], b, &y->pieces[i])) {
			return false;
		}
	}
	return true;
}

/* The text that every path of a template begins or ends with, in the one spelling
 * that paths are compared in. {dir} is the same for all jobs, and so is spelled out. */
struct fq_text fq_plan_fixed_end(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word,
        bool from_front, struct fq_buf *buf)
{
	buf->len = 0;
	for (uint32_t n = 0; n < word->count; n++) {
		const struct fq_piece *piece = &word->pieces[from_front ? n : word->count - 1 - n];
		if (piece->ref >= 0 && rule->task->refs[piece->ref].kind != FQ_REF_DIR) {
			break;
		}
		struct fq_buf part = {0};
		if (piece->ref >= 0) {
			fq_plan_add_dir(plan, rule, &part);
		} else {
			fq_buf_add_text(&part, piece->text);
		}
		fq_buf_add(buf, part.at, part.len);
		if (!from_front) {
			memmove(buf->at + part.len, buf->at, buf->len - part.len);
			memcpy(buf->at, part.at, part.len);
		}
		fq_buf_finish(&part);
	}
	fq_plan_tidy(buf);
	/* What stands before the end of a path may end in a slash itself. */
	size_t skipped = !from_front && buf->len && buf->at[0] == '/';
	fq_buf_puts(buf, ""); /* an empty one has a place too */
	return (struct fq_text){buf->at + skipped, buf->len - skipped};
}

bool fq_plan_starts_alike(struct fq_text a, struct fq_text b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	return len == 0 || memcmp(a.at, b.at, len) == 0;
}

bool fq_plan_ends_alike(struct fq_text a, struct fq_text b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	return len == 0 || memcmp(a.at + a.len - len, b.at + b.len - len, len) == 0;
}

static bool is_fixed(const struct fq_task *task, const struct fq_word *word)
{
	for (uint32_t i = 0; i < word->count; i++) {
		if (word->pieces[i].ref >= 0 && task->refs[word->pieces[i].ref].kind != FQ_REF_DIR) {
			return false;
		}
	}
	return true;
}

/* Whether two templates may give the same path; when unsure, yes. */
bool fq_plan_may_unify(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *x,
        const struct fq_rule *b, const struct fq_word *y)
{
	struct fq_buf left = {0}, right = {0};
	struct fq_text p = fq_plan_fixed_end(plan, a, x, true, &left),
	               q = fq_plan_fixed_end(plan, b, y, true, &right);
	bool may = fq_plan_starts_alike(p, q);
	if (is_fixed(a->task, x) && is_fixed(b->task, y)) {
		may = fq_text_equal(p, q);
	}
	if (may) {
		p = fq_plan_fixed_end(plan, a, x, false, &left);
		q = fq_plan_fixed_end(plan, b, y, false, &right);
		may = fq_plan_ends_alike(p, q);
	}
	fq_buf_finish(&left);
	fq_buf_finish(&right);
	return may;
}

/* Whether the paths of one template differ for each unit, by its form alone: a
 * sample's name holds no `/`, and stands in it once between fixed texts. */
bool fq_plan_tells_units_apart(const struct fq_task *task, const struct fq_word *word)
{
	uint32_t names = 0, others = 0;
	for (uint32_t i = 0; i < word->count; i++) {
		if (word->pieces[i].ref < 0) {
			continue;
		}
		uint8_t kind = task->refs[word->pieces[i].ref].kind;
		names += kind == FQ_REF_SAMPLE;
		others += kind != FQ_REF_SAMPLE && kind != FQ_REF_DIR && kind != FQ_REF_VARIABLE;
	}
	return task->per == FQ_PER_COHORT || (task->per == FQ_PER_SAMPLE && names == 1 && others == 0);
}
