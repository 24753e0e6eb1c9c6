#include "fqrun/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool fq_fail(struct fq_error *err, struct fq_where where, const char *hint, const char *format, ...)
{
	if (!err || err->text) {
		return false;
	}
	struct fq_buf text = {0}, copy = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	if (hint) {
		fq_buf_puts(&copy, hint);
	}
	*err = (struct fq_error){.where = where, .text = text.at, .hint = copy.at};
	return false;
}

bool fq_fail_errno(struct fq_error *err, const char *format, ...)
{
	int number = errno;
	if (!err || err->text) {
		return false;
	}
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	fq_buf_addf(&text, ": %s", strerror(number));
	*err = (struct fq_error){.text = text.at, .number = number};
	return false;
}

void fq_error_finish(struct fq_error *err)
{
	fq_release(err->text);
	fq_release(err->hint);
	*err = (struct fq_error){0};
}

static struct fq_finding *add_finding(
        struct fq_errors *errors, struct fq_where where, const char *hint, const char *format, va_list args)
{
	struct fq_buf text = {0};
	fq_buf_vaddf(&text, format, args);
	struct fq_finding *finding = fq_arena_alloc(&errors->arena, sizeof(*finding));
	finding->where = where;
	finding->text = fq_arena_copy(&errors->arena, text.at, text.len);
	finding->hint = hint ? fq_arena_copy(&errors->arena, hint, strlen(hint)) : NULL;
	fq_buf_finish(&text);
	if (errors->last) {
		errors->last->next = finding;
	} else {
		errors->first = finding;
	}
	errors->last = finding;
	return finding;
}

struct fq_finding *fq_errors_add(
        struct fq_errors *errors, struct fq_where where, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct fq_finding *finding = add_finding(errors, where, hint, format, args);
	va_end(args);
	errors->errors++;
	return finding;
}

struct fq_finding *fq_errors_warn(
        struct fq_errors *errors, struct fq_where where, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct fq_finding *finding = add_finding(errors, where, hint, format, args);
	va_end(args);
	finding->is_warning = true;
	errors->warnings++;
	return finding;
}

/* --- order ---------------------------------------------------------------------- */

struct ranked {
	struct fq_finding *finding;
	size_t file, number;
};

static int by_place(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct fq_where *p = &x->finding->where, *q = &y->finding->where;
	if (x->file != y->file) {
		return x->file < y->file ? -1 : 1;
	}
	if (p->line != q->line) {
		return p->line < q->line ? -1 : 1;
	}
	if (p->column != q->column) {
		return p->column < q->column ? -1 : 1;
	}
	return (x->number > y->number) - (x->number < y->number);
}

static bool same_file(const struct fq_finding *a, const struct fq_finding *b)
{
	const char *x = a->where.file, *y = b->where.file;
	return x == y || (x && y && strcmp(x, y) == 0);
}

void fq_errors_sort(struct fq_errors *errors)
{
	size_t count = 0, cap = errors->errors + errors->warnings;
	struct ranked *all = fq_zeroed(cap, sizeof(*all));
	for (struct fq_finding *f = errors->first; f && count < cap; f = f->next, count++) {
		size_t first = count && same_file(f, all[count - 1].finding) ? all[count - 1].file : 0;
		while (first < count && !same_file(f, all[first].finding)) {
			first++;
		}
		all[count] = (struct ranked){f, first < count ? all[first].file : count, count};
	}
	fq_sort(all, count, sizeof(*all), by_place);
	for (size_t i = 0; i < count; i++) {
		all[i].finding->next = i + 1 < count ? all[i + 1].finding : NULL;
	}
	errors->first = count ? all[0].finding : NULL;
	errors->last = count ? all[count - 1].finding : NULL;
	fq_release(all);
}

void fq_errors_finish(struct fq_errors *errors)
{
	fq_arena_finish(&errors->arena);
	*errors = (struct fq_errors){0};
}
