#include "internal.h"

#include <string.h>

static const struct builtin_word {
	const char *name;
	enum fq_ref_kind kind;
} builtin_words[] = {
        {"sample", FQ_REF_SAMPLE},
        {"lane", FQ_REF_LANE},
        {"read", FQ_REF_READ},
        {"reads", FQ_REF_READS},
        {"r1", FQ_REF_R1},
        {"r2", FQ_REF_R2},
        {"file", FQ_REF_FILE},
        {"dir", FQ_REF_DIR},
        {"input", FQ_REF_INPUT},
        {"output", FQ_REF_OUTPUT},
        {"threads", FQ_REF_THREADS},
        {"tmp", FQ_REF_TMP},
        {"options", FQ_REF_OPTIONS},
};

int fq_manifest_builtin_word(struct fq_text word)
{
	for (size_t i = 0; i < FQ_COUNT(builtin_words); i++) {
		if (fq_text_is(word, builtin_words[i].name)) {
			return (int)builtin_words[i].kind;
		}
	}
	return -1;
}

void fq_manifest_add_builtins(struct fq_buf *buf, unsigned kinds)
{
	for (size_t i = 0; i < FQ_COUNT(builtin_words); i++) {
		if (kinds & ALLOW(builtin_words[i].kind)) {
			fq_buf_addf(buf, "{%s}, ", builtin_words[i].name);
		}
	}
}

/* --- the shape ----------------------------------------------------------------- */

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word_byte(char c)
{
	return is_word_start(c) || (c >= '0' && c <= '9') || c == '-';
}

bool fq_manifest_is_name(struct fq_text text)
{
	if (text.len == 0 || !is_word_start(text.at[0])) {
		return false;
	}
	for (size_t i = 1; i < text.len; i++) {
		if (!is_word_byte(text.at[i])) {
			return false;
		}
	}
	return true;
}

static struct fq_text take_word(struct fq_text text, size_t *at)
{
	size_t start = *at;
	if (*at < text.len && is_word_start(text.at[*at])) {
		while (*at < text.len && is_word_byte(text.at[*at])) {
			++*at;
		}
	}
	return (struct fq_text){text.at + start, *at - start};
}

static struct fq_text take_form(struct fq_text text, size_t *at)
{
	size_t start = *at;
	/* Also what is no form: it is told rather than left alone. */
	while (*at < text.len && text.at[*at] > ' ' && !strchr("{}\"'`$\\", text.at[*at])) {
		++*at;
	}
	return (struct fq_text){text.at + start, *at - start};
}

struct placeholder_shape fq_manifest_shape(struct fq_text text, size_t offset)
{
	struct placeholder_shape shape = {0};
	size_t at = offset + 1;
	bool is_double = at < text.len && text.at[at] == '{';
	at += is_double;
	shape.word = take_word(text, &at);
	if (shape.word.len == 0) {
		return (struct placeholder_shape){0};
	}
	if (at < text.len && text.at[at] == '.') {
		at++;
		shape.part = take_word(text, &at);
		if (shape.part.len == 0) {
			return (struct placeholder_shape){0};
		}
	}
	if (at < text.len && text.at[at] == ':') {
		at++;
		shape.form = take_form(text, &at);
		if (shape.form.len == 0) {
			return (struct placeholder_shape){0};
		}
	}
	if (at >= text.len || text.at[at] != '}') {
		return (struct placeholder_shape){0};
	}
	shape.len = at + 1 - offset;
	if (is_double) {
		shape.is_escaped = at + 1 < text.len && text.at[at + 1] == '}';
		shape.len = shape.is_escaped ? shape.len + 1 : 0;
	}
	return shape;
}

struct placeholder_shape fq_manifest_conditional(struct fq_text text, size_t offset)
{
	struct placeholder_shape shape = {0};
	size_t at = offset + 2;
	if (at < text.len && text.at[offset + 1] == '?') {
		shape.word = take_word(text, &at);
		bool is_head = shape.word.len && at < text.len && (text.at[at] == ' ' || text.at[at] == '\t');
		shape.len = is_head ? at - offset : 0;
	}
	return shape;
}

/* --- what it names ---------------------------------------------------------------- */

struct placeholder fq_manifest_wrong(struct placeholder p, const char *problem, const char *hint)
{
	p.kind = PLACEHOLDER_WRONG;
	p.problem = problem;
	p.hint = hint;
	return p;
}

static const struct fq_variable *find_variable(const struct fq_manifest *manifest, struct fq_text name)
{
	for (size_t i = 0; i < manifest->variable_count; i++) {
		if (fq_text_is(name, manifest->variables[i].name)) {
			return &manifest->variables[i];
		}
	}
	return NULL;
}

const struct fq_task *fq_manifest_task(const struct fq_manifest *manifest, struct fq_text name)
{
	for (size_t i = 0; i < manifest->task_count; i++) {
		if (fq_text_is(name, manifest->tasks[i].name)) {
			return &manifest->tasks[i];
		}
	}
	return NULL;
}

static const struct fq_column *find_column(
        const struct fq_manifest *manifest, struct fq_text name, bool may_be_hidden)
{
	for (size_t i = 0; i < manifest->column_count; i++) {
		const struct fq_column *column = &manifest->columns[i];
		if (fq_text_is(name, column->name) && (may_be_hidden || !column->is_hidden)) {
			return column;
		}
	}
	return NULL;
}

const struct fq_column *fq_manifest_shape_column(
        const struct fq_manifest *manifest, const struct placeholder_shape *shape)
{
	bool is_sheet = fq_text_is(shape->word, "sheet") && shape->part.len;
	if (!is_sheet && shape->part.len) {
		return NULL;
	}
	return find_column(manifest, is_sheet ? shape->part : shape->word, is_sheet);
}

static struct placeholder unknown(
        struct loader *loader, struct placeholder p, const struct placeholder_shape *shape)
{
	const struct fq_manifest *manifest = loader->manifest;
	size_t count = FQ_COUNT(builtin_words) + manifest->variable_count + manifest->task_count +
	               manifest->column_count;
	const char **names = fq_zeroed(count, sizeof(*names));
	size_t n = 0;
	for (size_t i = 0; i < FQ_COUNT(builtin_words); i++) {
		names[n++] = builtin_words[i].name;
	}
	for (size_t i = 0; i < manifest->variable_count; i++) {
		names[n++] = manifest->variables[i].name;
	}
	for (size_t i = 0; i < manifest->column_count; i++) {
		names[n++] = manifest->columns[i].name;
	}
	for (size_t i = 0; i < manifest->task_count && shape->part.len; i++) {
		names[n++] = manifest->tasks[i].name;
	}
	const char *meant = fq_suggest(shape->word, names, n);
	p.kind = PLACEHOLDER_UNKNOWN;
	p.is_near = meant != NULL;
	const char *dot = meant && shape->part.len && fq_manifest_task(manifest, fq_text(meant)) ? "." : "";
	int part_len = *dot ? (int)shape->part.len : 0;
	p.hint =
	        fq_manifest_task(manifest, shape->word)
	                ? fq_arena_format(&loader->manifest->arena,
	                          "of a task there are its files, {%.*s.output}, and its values, {%.*s.NAME}",
	                          (int)shape->word.len, shape->word.at, (int)shape->word.len, shape->word.at)
	        : meant ? fq_arena_format(&loader->manifest->arena, "did you mean {%s%s%.*s}?", meant, dot,
	                          part_len, shape->part.at)
	                : fq_arena_format(&loader->manifest->arena,
	                          "define it in [vars], or write {{%.*s}} if the command needs these braces",
	                          (int)shape->word.len, shape->word.at);
	fq_release(names);
	return p;
}

static bool set_form(struct fq_ref *ref, struct fq_text form)
{
	static const char *const forms[] = {"", ",", "list", "list0"};
	for (size_t i = 0; i < FQ_COUNT(forms); i++) {
		if (fq_text_is(form, forms[i])) {
			ref->form = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool set_part(struct fq_ref *ref, struct fq_text part)
{
	unsigned of_paths = ALLOW(FQ_REF_FILE) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_READS) |
	                    ALLOW(FQ_REF_INPUT) | ALLOW(FQ_REF_OUTPUT);
	if (!(of_paths & ALLOW(ref->kind))) {
		return false;
	}
	ref->part = fq_text_is(part, "name") ? FQ_PART_NAME : FQ_PART_STEM;
	return ref->part == FQ_PART_NAME || fq_text_is(part, "stem");
}

static uint32_t intern_value(struct loader *loader, uint32_t task, struct fq_text name)
{
	struct fq_manifest *manifest = loader->manifest;
	for (size_t i = 0; i < manifest->value_count; i++) {
		if (manifest->values[i].task == task && fq_text_is(name, manifest->values[i].name)) {
			return (uint32_t)i;
		}
	}
	manifest->values = fq_grow(
	        manifest->values, &manifest->value_cap, manifest->value_count + 1, sizeof(*manifest->values));
	manifest->values[manifest->value_count] =
	        (struct fq_value_name){task, fq_arena_copy(&manifest->arena, name.at, name.len)};
	return (uint32_t)manifest->value_count++;
}

static const char *columns_hint(struct loader *loader)
{
	const struct fq_manifest *manifest = loader->manifest;
	struct fq_buf hint = {0};
	fq_buf_puts(&hint, manifest->column_count ? "there are " : "add `sheet = FILE` to [fqrun]");
	for (size_t i = 0; i < manifest->column_count; i++) {
		fq_buf_addf(&hint, "%s%s", i ? ", " : "", manifest->columns[i].name);
	}
	const char *copy = fq_arena_copy(&loader->manifest->arena, hint.at, hint.len);
	fq_buf_finish(&hint);
	return copy;
}

/* Fills in what the word names. */
static struct placeholder resolve(
        struct loader *loader, struct placeholder p, const struct placeholder_shape *shape)
{
	const struct fq_manifest *manifest = loader->manifest;
	int kind = fq_manifest_builtin_word(shape->word);
	const struct fq_variable *variable = find_variable(manifest, shape->word);
	const struct fq_task *task = fq_manifest_task(manifest, shape->word);
	const struct fq_column *column = fq_manifest_shape_column(manifest, shape);
	p.kind = PLACEHOLDER_REF;
	if (kind >= 0) {
		p.ref.kind = (uint8_t)kind;
		if (shape->part.len && !set_part(&p.ref, shape->part)) {
			return fq_manifest_wrong(p, "this placeholder has no such part",
			        "paths have two: {file.name} without the folder, {file.stem} also without "
			        ".fastq.gz");
		}
	} else if (variable && shape->part.len == 0) {
		p.ref.kind = FQ_REF_VARIABLE;
		p.ref.index = (uint32_t)(variable - manifest->variables);
	} else if (task && fq_text_is(shape->part, "output")) {
		p.ref.kind = FQ_REF_TASK_OUTPUT;
		p.ref.index = (uint32_t)(task - manifest->tasks);
	} else if (task && shape->part.len) {
		p.ref.kind = FQ_REF_VALUE;
		p.ref.index = intern_value(loader, (uint32_t)(task - manifest->tasks), shape->part);
	} else if (column) {
		p.ref.kind = FQ_REF_COLUMN;
		p.ref.index = (uint32_t)(column - manifest->columns);
	} else if (fq_text_is(shape->word, "sheet") && shape->part.len) {
		return fq_manifest_wrong(p, "no sheet has such a column", columns_hint(loader));
	} else {
		return unknown(loader, p, shape);
	}
	return p;
}

/* The length of a {?r2 -I {r2}}, which is for commands alone; 0: none. */
static size_t conditional_len(struct fq_text text, size_t offset)
{
	struct placeholder_shape head = fq_manifest_conditional(text, offset);
	size_t at = offset + head.len, depth = 1;
	bool is_one = head.len && fq_manifest_builtin_word(head.word) >= 0;
	while (is_one && at < text.len && depth) {
		depth += text.at[at] == '{';
		depth -= text.at[at++] == '}';
	}
	return is_one ? at - offset : 0;
}

struct placeholder fq_manifest_placeholder(
        struct loader *loader, const struct fq_task *task, struct fq_text text, size_t offset)
{
	struct placeholder p = {0};
	p.len = conditional_len(text, offset);
	if (p.len) {
		return fq_manifest_wrong(p, "{?…} stands in a command alone, between blanks",
		        "write it in `command`, where it makes words");
	}
	struct placeholder_shape shape = fq_manifest_shape(text, offset);
	if (shape.len == 0) {
		return p;
	}
	p.len = shape.len;
	if (shape.is_escaped) {
		p.kind = PLACEHOLDER_ESCAPED;
		p.literal = (struct fq_text){text.at + offset + 1, shape.len - 2};
		return p;
	}
	p = resolve(loader, p, &shape);
	if (p.kind != PLACEHOLDER_REF) {
		return p;
	}
	if (!set_form(&p.ref, shape.form)) {
		return fq_manifest_wrong(p, "a placeholder has no such form",
		        "there are {reads:,} (joined with commas), {reads:list} and {reads:list0} (a file of "
		        "names)");
	}
	p.ref.is_list = p.ref.form == FQ_FORM_WORDS && fq_manifest_is_list(loader, task, &p.ref);
	p.ref.text = fq_arena_copy(&loader->manifest->arena, text.at + offset, shape.len);
	return fq_manifest_check_use(loader, task, p);
}

uint32_t fq_manifest_intern(struct loader *loader, struct fq_task *task, const struct fq_ref *ref)
{
	for (uint32_t i = 0; i < task->ref_count; i++) {
		struct fq_ref *known = &task->refs[i];
		if (known->kind == ref->kind && known->index == ref->index && known->part == ref->part &&
		        known->form == ref->form) {
			if (ref->demand && !known->demand) {
				known->line = ref->line;
				known->column = ref->column;
			}
			known->demand |= ref->demand;
			known->is_of_when &= ref->is_of_when;
			return i;
		}
	}
	/* Doubles from 8; the old array stays in the arena. */
	if ((task->ref_count & (task->ref_count - 1)) == 0 &&
	        (task->ref_count >= 8 || task->ref_count == 0)) {
		size_t cap = task->ref_count ? task->ref_count * 2 : 8;
		struct fq_ref *refs = fq_arena_alloc(&loader->manifest->arena, cap * sizeof(*refs));
		if (task->ref_count) {
			memcpy(refs, task->refs, task->ref_count * sizeof(*refs));
		}
		task->refs = refs;
	}
	task->refs[task->ref_count] = *ref;
	return task->ref_count++;
}
