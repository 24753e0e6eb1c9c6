/* Templates compared as templates: whether two can give the same path, without
 * rendering any. */
#include "internal.h"

#include <string.h>

/* --- the same path ---------------------------------------------------------------------------- */

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

static bool is_fixed(const struct fq_task *task, const struct fq_word *word)
{
	for (uint32_t i = 0; i < word->count; i++) {
		if (word->pieces[i].ref >= 0 && task->refs[word->pieces[i].ref].kind != FQ_REF_DIR) {
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
	/* A folder is the same path with its slash and without. */
	bool has_end = !from_front || is_fixed(rule->task, word);
	buf->len -= has_end && buf->len > 1 && buf->at[buf->len - 1] == '/';
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

/* Whether two templates may give the same path; when unsure, yes. */
bool fq_plan_may_unify(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *x,
        const struct fq_rule *b, const struct fq_word *y)
{
	struct fq_buf left = {0}, right = {0};
	struct fq_text p = fq_plan_fixed_end(plan, a, x, true, &left),
	               q = fq_plan_fixed_end(plan, b, y, true, &right);
	bool may = fq_plan_starts_alike(p, q);
	/* A path that is shorter than the front of the other is no path of it. */
	may = may && !(is_fixed(a->task, x) && p.len < q.len) && !(is_fixed(b->task, y) && q.len < p.len);
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

/* --- in a folder ------------------------------------------------------------------------------ */

static bool ends_in_slash(struct fq_text text)
{
	return text.len && text.at[text.len - 1] == '/';
}

bool fq_plan_may_be_folder(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word)
{
	if (word->count == 0) {
		return false;
	}
	const struct fq_piece *last = &word->pieces[word->count - 1];
	if (last->ref < 0) {
		return ends_in_slash(last->text);
	}
	const struct fq_ref *ref = &rule->task->refs[last->ref];
	bool is = false;
	if (ref->kind == FQ_REF_VARIABLE) {
		const struct fq_variable *variable = &plan->manifest->variables[ref->index];
		for (uint32_t i = 0; i < variable->word_count; i++) {
			is |= ends_in_slash(variable->words[i]);
		}
	} else if (ref->kind == FQ_REF_DIR) {
		struct fq_buf dir = {0};
		fq_plan_add_dir(plan, rule, &dir);
		is = ends_in_slash((struct fq_text){dir.at, dir.len});
		fq_buf_finish(&dir);
	}
	return is;
}

static uint32_t count_in(struct fq_text text)
{
	uint32_t count = 0;
	for (size_t i = 0; i < text.len; i++) {
		count += text.at[i] == '/';
	}
	return count;
}

/* How many slashes stand in each path of a template, but for one at its end; UINT32_MAX: unknown. */
static uint32_t count_slashes(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < word->count; i++) {
		const struct fq_piece *piece = &word->pieces[i];
		uint8_t kind = piece->ref < 0 ? FQ_REF_DIR : rule->task->refs[piece->ref].kind;
		if (piece->ref >= 0 && kind == FQ_REF_DIR) {
			struct fq_buf dir = {0};
			fq_plan_add_dir(plan, rule, &dir);
			fq_plan_tidy(&dir);
			count += count_in((struct fq_text){dir.at, dir.len});
			fq_buf_finish(&dir);
		} else if (piece->ref < 0) {
			bool is_last = i + 1 == word->count;
			count += count_in(piece->text) - (is_last && ends_in_slash(piece->text));
		} else if (kind != FQ_REF_SAMPLE && kind != FQ_REF_LANE && kind != FQ_REF_READ &&
		           kind != FQ_REF_COLUMN) {
			return UINT32_MAX;
		}
	}
	return count;
}

/* "./": no text is in front of what it holds. */
static bool is_here(const struct fq_rule *rule, const struct fq_word *folder, struct fq_text front)
{
	return front.len == 0 && is_fixed(rule->task, folder);
}

bool fq_plan_may_hold_path(
        struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *folder, struct fq_text path)
{
	struct fq_buf buf = {0};
	struct fq_text front = fq_plan_fixed_end(plan, rule, folder, true, &buf);
	bool may = path.len > front.len && fq_plan_starts_alike(path, front);
	if (is_here(rule, folder, front)) {
		may = may && path.at[0] != '/';
	} else if (is_fixed(rule->task, folder)) {
		may = may && path.at[front.len] == '/';
	}
	fq_buf_finish(&buf);
	return may;
}

/* The same where the path has parts that are not known. */
static bool may_hold_unknown(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *folder,
        const struct fq_rule *b, const struct fq_word *word)
{
	struct fq_buf left = {0}, right = {0};
	struct fq_text p = fq_plan_fixed_end(plan, a, folder, true, &left),
	               q = fq_plan_fixed_end(plan, b, word, true, &right);
	uint32_t outer = count_slashes(plan, a, folder), inner = count_slashes(plan, b, word);
	bool may = fq_plan_starts_alike(p, q) &&
	           (outer == UINT32_MAX || inner == UINT32_MAX || inner > outer || is_here(a, folder, p));
	fq_buf_finish(&left);
	fq_buf_finish(&right);
	return may;
}

bool fq_plan_may_hold(struct fq_plan *plan, const struct fq_rule *a, const struct fq_word *folder,
        const struct fq_rule *b, const struct fq_word *word)
{
	if (!fq_plan_may_be_folder(plan, a, folder)) {
		return false;
	}
	if (!is_fixed(b->task, word)) {
		return may_hold_unknown(plan, a, folder, b, word);
	}
	struct fq_buf buf = {0};
	struct fq_text path = fq_plan_fixed_end(plan, b, word, true, &buf);
	bool may = fq_plan_may_hold_path(plan, a, folder, path);
	fq_buf_finish(&buf);
	return may;
}

bool fq_plan_holds_alike(const struct fq_task *a, const struct fq_word *folder, const struct fq_task *b,
        const struct fq_word *word)
{
	uint32_t last = folder->count ? folder->count - 1 : 0;
	if (folder->count == 0 || word->count < last || folder->pieces[last].ref >= 0) {
		return false;
	}
	for (uint32_t i = 0; i < last; i++) {
		if (!same_piece(a, &folder->pieces[i], b, &word->pieces[i])) {
			return false;
		}
	}
	struct fq_text end = folder->pieces[last].text, rest = {"", 0};
	if (word->count > last) {
		rest = word->pieces[last].text;
	}
	if (!ends_in_slash(end) || (word->count > last && word->pieces[last].ref >= 0)) {
		return false;
	}
	bool is_bare = rest.len + 1 == end.len && word->count <= last + 1;
	return (is_bare || rest.len >= end.len) && fq_plan_starts_alike(rest, end);
}

bool fq_plan_is_fixed(const struct fq_task *task, const struct fq_word *word)
{
	return is_fixed(task, word);
}
