#include "fqrun/base.h"

#include <errno.h>
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

void fq_errors_finish(struct fq_errors *errors)
{
	fq_arena_finish(&errors->arena);
	*errors = (struct fq_errors){0};
}
