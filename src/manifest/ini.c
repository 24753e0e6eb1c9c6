/* inih as Debian builds it holds a line in 200 bytes, cuts names at 49, takes
 * ` ;` for a comment and tells no line numbers. So it gets a stand-in for each
 * line, of the same shape and a few bytes, and decides what the line is; its
 * verdict is applied to our own bytes, whose places we know. */
#include "internal.h"

#include <ini.h>
#include <string.h>

enum line_kind { LINE_EMPTY, LINE_SECTION, LINE_VALUE, LINE_CONTINUATION };

struct adapter {
	const struct ini_reader *reader;
	size_t next;         /* offset of the next line in the source */
	uint32_t number;     /* of the line that inih looks at */
	struct fq_text line; /* that line, without its end */
	enum line_kind kind;
	bool is_taken;          /* inih's handler accepted it */
	bool is_told;           /* what is wrong with it was said */
	struct ini_value value; /* being collected; key.at NULL: none */
	struct continuation {
		struct fq_text text;
		uint32_t line;
	} * more;
	size_t more_count, more_cap;
	struct value_line *places;
	size_t place_cap;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct fq_finding *complain(struct adapter *a, uint32_t column, const char *hint, const char *text)
{
	struct fq_where where = {a->reader->path, a->number, column};
	struct fq_finding *finding = fq_errors_add(a->reader->errors, where, hint, "%s", text);
	finding->source = a->line;
	a->is_told = true;
	if (a->reader->on_refused) {
		a->reader->on_refused(a->reader->context);
	}
	return finding;
}

/* --- values of several lines ------------------------------------------------ */

static size_t indent_of(struct fq_text line)
{
	size_t n = 0;
	while (n < line.len && is_blank(line.at[n])) {
		n++;
	}
	return n;
}

static struct fq_text trim_end(struct fq_text line)
{
	while (line.len && is_blank(line.at[line.len - 1])) {
		line.len--;
	}
	return line;
}

/* The first continuation's indentation is the block's; deeper lines keep the rest. */
static void join_lines(struct adapter *a)
{
	struct fq_text block = a->more[0].text;
	size_t common = indent_of(block), place_count = 1;
	struct fq_buf text = {0};
	fq_buf_add_text(&text, a->value.text);
	uint32_t line = a->value.line;
	for (size_t i = 0; i < a->more_count; i++) {
		struct fq_text part = a->more[i].text;
		size_t cut = 0;
		while (cut < common && cut < part.len && part.at[cut] == block.at[cut]) {
			cut++;
		}
		for (; line < a->more[i].line; line++) {
			fq_buf_putc(&text, '\n');
		}
		a->places = fq_grow(a->places, &a->place_cap, place_count + 1, sizeof(*a->places));
		a->places[place_count++] = (struct value_line){(uint32_t)text.len, line, (uint32_t)cut + 1};
		fq_buf_add(&text, part.at + cut, part.len - cut);
	}
	a->value.text = (struct fq_text){fq_arena_copy(a->reader->arena, text.at, text.len), text.len};
	a->value.line_count = place_count;
	fq_buf_finish(&text);
}

static void flush_value(struct adapter *a)
{
	if (!a->value.key.at) {
		return;
	}
	if (a->more_count) {
		join_lines(a);
	}
	a->value.lines = a->places;
	a->reader->on_value(a->reader->context, &a->value);
	a->value.key = (struct fq_text){0};
	a->more_count = 0;
}

static void begin_value(struct adapter *a)
{
	const char *line = a->line.at;
	size_t separator = 0;
	while (line[separator] != '=' && line[separator] != ':') {
		separator++;
	}
	size_t start = separator + 1;
	while (start < a->line.len && is_blank(line[start])) {
		start++;
	}
	a->value.key = trim_end((struct fq_text){line, separator});
	a->value.line = a->reader->lines_before + a->number;
	a->value.column = 1;
	a->value.text = (struct fq_text){line + start, a->line.len - start};
	a->places = fq_grow(a->places, &a->place_cap, 1, sizeof(*a->places));
	a->places[0] = (struct value_line){0, a->value.line, (uint32_t)start + 1};
	a->value.line_count = 1;
}

static void continue_value(struct adapter *a)
{
	a->more = fq_grow(a->more, &a->more_cap, a->more_count + 1, sizeof(*a->more));
	a->more[a->more_count++] = (struct continuation){a->line, a->reader->lines_before + a->number};
}

/* --- what inih calls ---------------------------------------------------------- */

static int take_line(void *user, const char *section, const char *name, const char *value)
{
	struct adapter *a = user;
	(void)section;
	(void)value;
	a->is_taken = true;
	if (a->kind == LINE_CONTINUATION) {
		continue_value(a);
	} else if (name[0] == '\0') {
		complain(a, 1, "write `key = value`", "no key in front of the separator");
	} else {
		flush_value(a);
		begin_value(a);
	}
	return 1;
}

/* inih tells only the first line that it refused: what it did not take, it refused. */
static void judge_line(struct adapter *a)
{
	if (a->is_taken || a->is_told || a->kind == LINE_EMPTY || a->kind == LINE_SECTION) {
		return;
	}
	if (a->kind == LINE_CONTINUATION) {
		complain(a, (uint32_t)indent_of(a->line) + 1, "begin the line in the first column",
		        "an indented line continues the value above it, but there is none");
	} else {
		complain(a, 1, "write `key = value`, or indent the line to continue the value above it",
		        "neither a section nor `key = value`");
	}
}

static void check_behind_name(struct adapter *a, size_t behind)
{
	struct fq_text rest = {a->line.at + behind, a->line.len - behind};
	struct fq_text text = fq_text_trim(rest);
	if (text.len && rest.at[0] == '\r') {
		complain(a, (uint32_t)behind + 1, "save the file with the line ends of Linux or Windows",
		        "a line end of old Macintosh text");
	} else if (text.len && text.at[0] != ';' && text.at[0] != '#') {
		complain(a, (uint32_t)(text.at - a->line.at) + 1, "put it on a line of its own",
		        "text behind a section's name");
	}
}

/* Keys below a name without its end are not those of the section above. */
static void begin_section(struct adapter *a)
{
	flush_value(a);
	const char *end = memchr(a->line.at, ']', a->line.len);
	size_t len = 1;
	while (len < a->line.len && a->line.at + len != end &&
	        (end || (a->line.at[len] != ';' && a->line.at[len] != '#'))) {
		len++;
	}
	a->value.section = fq_text_trim((struct fq_text){a->line.at + 1, len - 1});
	a->value.section_line = a->reader->lines_before + a->number;
	a->reader->on_section(a->reader->context, a->value.section, a->value.section_line);
	if (end) {
		check_behind_name(a, len + 1);
	} else {
		complain(a, (uint32_t)a->line.len, "end it with ]", "a section's name without its end");
	}
}

static enum line_kind classify(struct fq_text line)
{
	if (line.len == 0 || line.at[0] == ';' || line.at[0] == '#' || indent_of(line) == line.len) {
		return LINE_EMPTY;
	}
	if (is_blank(line.at[0])) {
		return LINE_CONTINUATION;
	}
	return line.at[0] == '[' ? LINE_SECTION : LINE_VALUE;
}

static void check_bytes(struct adapter *a)
{
	const char *nul = memchr(a->line.at, '\0', a->line.len);
	if (nul) {
		complain(a, (uint32_t)(nul - a->line.at) + 1, "a manifest is text: save it as UTF-8",
		        "a NUL byte")
		        ->source.len = 0;
	}
	if (a->line.len > FQ_LINE_BYTES_MAX) {
		complain(a, 1, "put a long list into a file of its own", "a line of more than 1 MiB")
		        ->source.len = 0;
	}
}

static bool next_line(struct adapter *a)
{
	struct fq_text source = a->reader->source;
	if (a->next >= source.len) {
		return false;
	}
	const char *start = source.at + a->next;
	const char *end = memchr(start, '\n', source.len - a->next);
	size_t len = end ? (size_t)(end - start) : source.len - a->next;
	a->next += len + 1;
	a->number++;
	if (len && start[len - 1] == '\r') {
		len--;
	}
	a->line = trim_end((struct fq_text){start, len});
	a->kind = classify(a->line);
	a->is_taken = a->is_told = false;
	check_bytes(a);
	return true;
}

static const char *stand_in(const struct adapter *a)
{
	struct fq_text line = a->line;
	switch (a->kind) {
	case LINE_SECTION:
		return memchr(line.at, ']', line.len) ? "[s]\n" : "[s\n";
	case LINE_CONTINUATION:
		return " x\n";
	case LINE_VALUE:
		if (line.at[0] == '=' || line.at[0] == ':') {
			return "=x\n";
		}
		return memchr(line.at, '=', line.len) || memchr(line.at, ':', line.len) ? "k=x\n" : "k\n";
	default:
		return "\n";
	}
}

static char *read_line(char *ret, int size, void *stream)
{
	struct adapter *a = stream;
	if (a->number) {
		judge_line(a);
	}
	if (!next_line(a)) {
		return NULL;
	}
	if (a->kind == LINE_SECTION) {
		begin_section(a);
	}
	const char *line = stand_in(a);
	size_t bytes = strlen(line) + 1;
	return bytes <= (size_t)size ? memcpy(ret, line, bytes) : NULL;
}

void fq_ini_read(const struct ini_reader *reader)
{
	struct ini_reader without_mark = *reader;
	if (fq_text_is_utf16(reader->source)) {
		fq_errors_add(reader->errors, (struct fq_where){reader->path, 0, 0}, "save it as UTF-8",
		        "the file is written in UTF-16");
		return;
	}
	if (reader->source.len >= 3 && memcmp(reader->source.at, "\xef\xbb\xbf", 3) == 0) {
		without_mark.source.at += 3;
		without_mark.source.len -= 3;
	}
	struct adapter a = {.reader = &without_mark};
	ini_parse_stream(read_line, &a, take_line, &a);
	flush_value(&a);
	fq_release(a.more);
	fq_release(a.places);
}

struct fq_where fq_ini_where(const char *path, const struct ini_value *value, size_t offset)
{
	size_t i = value->line_count - 1;
	while (i && value->lines[i].offset > offset) {
		i--;
	}
	const struct value_line *line = &value->lines[i];
	return (struct fq_where){path, line->line, line->column + (uint32_t)(offset - line->offset)};
}
