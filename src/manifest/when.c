/* A task's `when`: its references are those of the task. */
#include "fqrun/condition.h"
#include "internal.h"

#include <string.h>

enum {
	IN_WHEN = ALLOW(FQ_REF_SAMPLE) | ALLOW(FQ_REF_LANE) | ALLOW(FQ_REF_READ) | ALLOW(FQ_REF_FILE) |
	          ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_COLUMN) | ALLOW(FQ_REF_VARIABLE) |
	          ALLOW(FQ_REF_VALUE)
};

struct reading_when {
	struct loader *loader;
	struct fq_task *task;
	const struct ini_value *value;
};

static ptrdiff_t refuse(
        const struct reading_when *r, size_t offset, size_t len, const char *hint, const char *problem)
{
	struct fq_text written = {r->value->text.at + offset, len};
	fq_manifest_complain(r->loader, r->value, offset, hint, problem, (int)written.len, written.at);
	return FQ_REF_REFUSED;
}

static ptrdiff_t take_ref(void *context, size_t offset, int32_t *ret_ref)
{
	const struct reading_when *r = context;
	struct placeholder ph = fq_manifest_placeholder(r->loader, r->task, r->value->text, offset);
	switch (ph.kind) {
	case PLACEHOLDER_NONE:
	case PLACEHOLDER_ESCAPED:
		return FQ_REF_NONE;
	case PLACEHOLDER_UNKNOWN:
		return refuse(r, offset, ph.len, ph.hint, "unknown placeholder %.*s");
	case PLACEHOLDER_WRONG:
		fq_manifest_complain(r->loader, r->value, offset, ph.hint, "%s", ph.problem);
		return FQ_REF_REFUSED;
	case PLACEHOLDER_REF:
		break;
	}
	if (!(ALLOW(ph.ref.kind) & IN_WHEN) || ph.ref.form != FQ_FORM_WORDS) {
		return refuse(r, offset, ph.len,
		        "a condition asks for {sample}, a column, a variable or {TASK.VALUE}",
		        "%.*s cannot stand in `when`");
	}
	if (ph.ref.is_list) {
		return refuse(r, offset, ph.len, "a condition compares one value",
		        "%.*s is a list here, and cannot stand in `when`");
	}
	struct fq_where where = fq_ini_where(NULL, r->value, offset);
	ph.ref.line = where.line;
	ph.ref.column = where.column;
	ph.ref.is_of_when = true;
	*ret_ref = (int32_t)fq_manifest_intern(r->loader, r->task, &ph.ref);
	return (ptrdiff_t)ph.len;
}

static void take_error(void *context, size_t offset, const char *hint, const char *text)
{
	const struct reading_when *r = context;
	fq_manifest_complain(r->loader, r->value, offset, hint, "%s", text);
}

void fq_manifest_set_when(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_WHEN];
	if (!value) {
		return;
	}
	struct reading_when context = {loader, task, value};
	struct fq_condition_reader reader = {.text = value->text,
	        .arena = &loader->manifest->arena,
	        .on_ref = take_ref,
	        .on_error = take_error,
	        .context = &context};
	task->when = fq_condition_parse(&reader);
	if (task->when) {
		struct fq_where where = fq_ini_where(NULL, value, 0);
		task->when->where = fq_manifest_where(loader->manifest, where.line, where.column);
	}
}
