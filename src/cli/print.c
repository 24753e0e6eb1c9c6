#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_COLUMNS = 100, ERRORS_SHOWN = 100 };

static void add_where(struct fq_buf *buf, struct fq_where where)
{
	if (!where.file) {
		fq_buf_puts(buf, "fqrun: ");
		return;
	}
	fq_buf_puts(buf, where.file);
	if (where.line) {
		fq_buf_addf(buf, ":%u", where.line);
	}
	if (where.line && where.column) {
		fq_buf_addf(buf, ":%u", where.column);
	}
	fq_buf_puts(buf, ": ");
}

/* "did you mean" ends the sentence; other advice has a line of its own. */
static void add_text(struct fq_buf *buf, const char *text, const char *hint)
{
	bool is_short = hint && strncmp(hint, "did you mean", 12) == 0;
	fq_buf_puts(buf, text);
	if (is_short) {
		fq_buf_addf(buf, "; %s", hint);
	}
	fq_buf_putc(buf, '\n');
}

static void add_hint(struct fq_buf *buf, const char *hint)
{
	if (hint && strncmp(hint, "did you mean", 12) != 0) {
		fq_buf_addf(buf, "  hint: %s\n", hint);
	}
}

static void add_byte(struct fq_buf *buf, char c)
{
	unsigned char byte = (unsigned char)c;
	fq_buf_putc(buf, byte == '\t' || byte >= 0x20 ? c : '?');
}

/* The line, and a caret below the column; of a long line the part around it. */
static void add_source(struct fq_buf *buf, struct fq_text source, uint32_t column)
{
	if (source.len == 0 || column == 0) {
		return;
	}
	size_t at = column - 1,
	       start = at > SHOWN_COLUMNS / 2 && source.len > SHOWN_COLUMNS ? at - SHOWN_COLUMNS / 2 : 0;
	size_t end = source.len - start > SHOWN_COLUMNS ? start + SHOWN_COLUMNS : source.len;
	fq_buf_puts(buf, start ? "    ..." : "    ");
	for (size_t i = start; i < end; i++) {
		add_byte(buf, source.at[i]);
	}
	fq_buf_puts(buf, start ? "\n       " : "\n    ");
	for (size_t i = start; i < at && i < end; i++) {
		bool is_inner = ((unsigned char)source.at[i] & 0xc0) == 0x80; /* of a UTF-8 character */
		fq_buf_puts(buf, source.at[i] == '\t' ? "\t" : is_inner ? "" : " ");
	}
	fq_buf_puts(buf, "^\n");
}

/* What a person called a sample must not reach the terminal as control bytes. */
static void put(struct fq_buf *buf)
{
	struct fq_buf shown = {0};
	for (size_t i = 0; i < buf->len; i++) {
		unsigned char c = (unsigned char)buf->at[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
			fq_buf_addf(&shown, "\\x%02x", c);
		} else {
			fq_buf_putc(&shown, (char)c);
		}
	}
	if (shown.len) {
		fwrite(shown.at, 1, shown.len, stderr);
	}
	fq_buf_finish(&shown);
	fq_buf_finish(buf);
}

void fq_cli_print_error(const struct fq_error *err)
{
	struct fq_buf buf = {0};
	add_where(&buf, err->where);
	add_text(&buf, err->text ? err->text : "an error without a text", err->hint);
	add_hint(&buf, err->hint);
	put(&buf);
}

static void add_finding(struct fq_buf *buf, const struct fq_finding *f)
{
	add_where(buf, f->where);
	fq_buf_puts(buf, f->is_warning ? "warning: " : "");
	add_text(buf, f->text, f->hint);
	add_source(buf, f->source, f->where.column);
	add_hint(buf, f->hint);
}

void fq_cli_print_findings(struct fq_errors *errors, bool with_warnings, bool runs)
{
	struct fq_buf buf = {0};
	size_t shown = 0;
	fq_errors_sort(errors);
	for (const struct fq_finding *f = errors->first; f; f = f->next) {
		if (f->is_warning ? with_warnings : shown++ < ERRORS_SHOWN) {
			add_finding(&buf, f);
		}
	}
	if (errors->errors > ERRORS_SHOWN) {
		fq_buf_addf(&buf, "fqrun: and %zu more errors\n", errors->errors - ERRORS_SHOWN);
	}
	if (runs && errors->errors > 1) {
		fq_buf_addf(&buf, "fqrun: %zu errors, nothing was run\n", errors->errors);
	}
	put(&buf);
}
