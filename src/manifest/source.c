/* The texts that were read, and places in them. */
#include "internal.h"

#include <string.h>

enum { SOURCES_SHOWN = 200 };

/* Behind the line that `at` is in, or NULL. In a sheet, CR alone ends one as well. */
static const char *next_line(const struct fq_source *source, const char *at)
{
	const char *end = source->text.at + source->text.len;
	if (!source->has_cr) {
		at = memchr(at, '\n', (size_t)(end - at));
		return at ? at + 1 : NULL;
	}
	while (at < end && *at != '\n' && *at != '\r') {
		at++;
	}
	bool is_crlf = at + 1 < end && at[0] == '\r' && at[1] == '\n';
	return at == end ? NULL : at + 1 + is_crlf;
}

static uint32_t count_lines(const struct fq_source *source)
{
	uint32_t count = 1;
	const char *at = source->text.at;
	while (at && (at = next_line(source, at))) {
		count++;
	}
	return count;
}

uint32_t fq_manifest_add_source(
        struct fq_manifest *manifest, const char *path, struct fq_buf *text, bool is_sheet)
{
	manifest->sources = fq_grow(manifest->sources, &manifest->source_cap, manifest->source_count + 1,
	        sizeof(*manifest->sources));
	uint32_t before = 0;
	if (manifest->source_count) {
		const struct fq_source *last = &manifest->sources[manifest->source_count - 1];
		before = last->lines_before + last->line_count;
	}
	struct fq_source source = {
	        .path = fq_arena_copy(&manifest->arena, path, strlen(path)),
	        .text = *text,
	        .lines_before = before,
	        .has_cr = is_sheet && text->len && memchr(text->at, '\r', text->len),
	};
	source.line_count = count_lines(&source);
	*text = (struct fq_buf){0};
	manifest->sources[manifest->source_count] = source;
	return (uint32_t)manifest->source_count++;
}

const struct fq_source *fq_manifest_source(const struct fq_manifest *manifest, uint32_t line)
{
	size_t i = manifest->source_count;
	while (i > 1 && manifest->sources[i - 1].lines_before >= line) {
		i--;
	}
	return i ? &manifest->sources[i - 1] : NULL;
}

struct fq_where fq_manifest_where(const struct fq_manifest *manifest, uint32_t line, uint32_t column)
{
	const struct fq_source *source = fq_manifest_source(manifest, line);
	if (line == 0 || !source) {
		return (struct fq_where){manifest->path, 0, 0};
	}
	return (struct fq_where){source->path, line - source->lines_before, column};
}

struct fq_text fq_manifest_line(const struct fq_manifest *manifest, uint32_t line)
{
	const struct fq_source *source = line ? fq_manifest_source(manifest, line) : NULL;
	if (!source || source->text.len == 0) {
		return (struct fq_text){"", 0};
	}
	const char *at = source->text.at, *end = at + source->text.len;
	for (uint32_t number = line - source->lines_before; at && number > 1; number--) {
		at = next_line(source, at);
	}
	if (!at) {
		return (struct fq_text){"", 0};
	}
	if (at == source->text.at && end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3; /* columns count from behind the mark */
	}
	const char *next = next_line(source, at);
	size_t len = (size_t)((next ? next : end) - at);
	len -= len && at[len - 1] == '\n';
	return (struct fq_text){at, len && at[len - 1] == '\r' ? len - 1 : len};
}

void fq_manifest_add_place(
        const struct fq_manifest *manifest, struct fq_buf *buf, uint32_t line, uint32_t beside)
{
	struct fq_where where = fq_manifest_where(manifest, line, 0);
	if (line == 0) {
		fq_buf_puts(buf, "--set");
	} else if (fq_manifest_source(manifest, line) == fq_manifest_source(manifest, beside)) {
		fq_buf_addf(buf, "line %u", where.line);
	} else {
		fq_buf_addf(buf, "%s:%u", where.file, where.line);
	}
}

const char *fq_manifest_place(struct loader *loader, uint32_t line, uint32_t beside)
{
	struct fq_buf buf = {0};
	fq_manifest_add_place(loader->manifest, &buf, line, beside);
	const char *copy = fq_arena_copy(&loader->manifest->arena, buf.at, buf.len);
	fq_buf_finish(&buf);
	return copy;
}

/* --- complaints ---------------------------------------------------------------- */

static void add_finding(
        struct loader *loader, struct fq_where at, bool is_warning, const char *hint, const char *text)
{
	struct fq_where where = fq_manifest_where(loader->manifest, at.line, at.column);
	if (at.line == 0) {
		where = (struct fq_where){"--set", 0, at.column};
	}
	struct fq_finding *finding = is_warning ? fq_errors_warn(loader->errors, where, hint, "%s", text)
	                                        : fq_errors_add(loader->errors, where, hint, "%s", text);
	/* Finding a line is a walk from the top; nobody reads more of them than this. */
	if (loader->errors->errors + loader->errors->warnings <= SOURCES_SHOWN) {
		finding->source = fq_manifest_line(loader->manifest, at.line);
	}
}

static void complain_where(
        struct loader *loader, struct fq_where where, const char *hint, const char *format, va_list args)
{
	struct fq_buf text = {0};
	fq_buf_vaddf(&text, format, args);
	add_finding(loader, where, false, hint, text.at);
	fq_buf_finish(&text);
}

void fq_manifest_complain(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain_where(loader, fq_ini_where(NULL, value, offset), hint, format, args);
	va_end(args);
}

void fq_manifest_complain_of_file(struct loader *loader, const struct ini_value *value, size_t offset,
        const char *hint, const struct fq_error *err)
{
	fq_manifest_complain(loader, value, offset,
	        err->number ? hint
	        : err->hint ? err->hint
	                    : "name a file",
	        "%s%s%s", err->where.file ? err->where.file : "", err->where.file ? ": " : "", err->text);
}

void fq_manifest_complain_at(
        struct loader *loader, uint32_t line, uint32_t column, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain_where(loader, (struct fq_where){NULL, line, column}, hint, format, args);
	va_end(args);
}

void fq_manifest_warn_at(
        struct loader *loader, uint32_t line, uint32_t column, const char *hint, const char *format, ...)
{
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	add_finding(loader, (struct fq_where){NULL, line, column}, true, hint, text.at);
	fq_buf_finish(&text);
}
