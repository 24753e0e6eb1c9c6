#include "inner.h"

#include <string.h>

static const char four_lines_hint[] = "a record has four lines: '@' title, bases, '+', quality";

/* A record taken apart exactly, line for line; the last one may be cut. */
struct look {
	struct fq_text text, line[4];
	size_t lines;
	bool is_end, is_cut; /* is_cut: the last line ends with the file, not with a newline */
	struct fq_error *why;
	size_t fault_at;
};

static void split_lines(struct look *look)
{
	const char *at = look->text.at, *end = at + look->text.len;
	while (look->lines < 4 && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct fq_text line = {at, (size_t)((newline ? newline : end) - at)};
		look->is_cut = !newline;
		at = newline ? newline + 1 : end;
		if (line.len && line.at[line.len - 1] == '\r') {
			line.len--;
		}
		look->line[look->lines++] = line;
	}
}

static bool is_last(const struct look *look, size_t line)
{
	return look->is_end && look->is_cut && look->lines == line + 1;
}

static void set_place(struct look *look, const char *at)
{
	look->fault_at = (size_t)(at - look->text.at);
}

static bool fail_cut(struct look *look, const char *expected)
{
	look->fault_at = look->text.len;
	return fq_fail(look->why, FQ_NOWHERE, fq_fastq_cut_hint,
	        "the record is cut off: expected %s, found the end of the file", expected);
}

/* A byte in words that disturb no terminal. */
static void add_byte(struct fq_buf *buf, char byte)
{
	unsigned char c = (unsigned char)byte;
	static const struct {
		char byte;
		const char *name;
	} named[] = {{'\0', "a NUL byte"}, {'\t', "a tab"}, {'\n', "an empty line"},
	        {'\r', "a carriage return"}, {' ', "a space"}, {'\'', "an apostrophe"}};
	for (size_t i = 0; i < FQ_COUNT(named); i++) {
		if (named[i].byte == byte) {
			fq_buf_puts(buf, named[i].name);
			return;
		}
	}
	if (c > ' ' && c < 0x7f) {
		fq_buf_addf(buf, "'%c'", c);
	} else {
		fq_buf_addf(buf, "byte 0x%02x", c);
	}
}

static bool fail_byte(struct look *look, const char *at, const char *hint, const char *expected)
{
	struct fq_buf found = {0};
	add_byte(&found, *at);
	set_place(look, at);
	fq_fail(look->why, FQ_NOWHERE, hint, "expected %s, found %s", expected, found.at);
	fq_buf_finish(&found);
	return false;
}

/* At most 40 bytes of a line, for a message. */
static void add_start(struct fq_buf *buf, struct fq_text line)
{
	size_t len = line.len;
	if (len > 40) {
		len = 40;
	}
	fq_buf_putc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line.at[i];
		fq_buf_putc(buf, c < ' ' || c == 0x7f ? '?' : (char)c);
	}
	fq_buf_puts(buf, len < line.len ? "...\"" : "\"");
}

static const char *hint_for_title(const struct look *look)
{
	static const struct {
		const char *start, *hint;
	} known[] = {
	        {">", "this looks like FASTA, which has no qualities"},
	        {"\xef\xbb\xbf", "an editor has put a byte order mark in front: remove these three bytes"},
	        {"\x1f\x8b", "this is gzip inside of gzip: decompress it once more"},
	};
	for (size_t i = 0; i < FQ_COUNT(known); i++) {
		size_t len = strlen(known[i].start);
		if (look->text.len >= len && memcmp(look->text.at, known[i].start, len) == 0) {
			return known[i].hint;
		}
	}
	const struct fq_fastq_foreign *foreign = fq_fastq_recognise(look->text.at, look->text.len);
	return foreign ? foreign->hint : four_lines_hint;
}

static bool check_title(struct look *look)
{
	struct fq_text line = look->line[0];
	if (line.len == 0) {
		set_place(look, line.at);
		return fq_fail(look->why, FQ_NOWHERE, four_lines_hint,
		        "expected a title that begins with '@', found an empty line");
	}
	if (line.at[0] != '@') {
		return fail_byte(look, line.at, hint_for_title(look), "a title that begins with '@'");
	}
	const char *nul = memchr(line.at, 0, line.len);
	return !nul || fail_byte(look, nul, fq_fastq_damaged_hint, "a title of text");
}

/* The first byte that may not stand there, or NULL. */
static const char *find_bad(struct fq_text line, struct fq_fastq_tally (*count)(const char *at, size_t len))
{
	if (count(line.at, line.len).valid == line.len) {
		return NULL;
	}
	for (size_t i = 0; i < line.len; i++) {
		if (count(line.at + i, 1).valid == 0) {
			return line.at + i;
		}
	}
	return NULL;
}

static bool check_bases(struct look *look)
{
	if (look->lines < 2) {
		return fail_cut(look, "a line of bases");
	}
	const char *bad = find_bad(look->line[1], fq_fastq_count_bases);
	return !bad || fail_byte(look, bad, four_lines_hint, "a base (IUPAC letter, '.', '*' or '-')");
}

static bool fail_without_plus(struct look *look)
{
	struct fq_text line = look->line[2];
	set_place(look, line.at);
	if (line.len == 0) {
		return fq_fail(
		        look->why, FQ_NOWHERE, four_lines_hint, "expected a '+' line, found an empty line");
	}
	if (find_bad(line, fq_fastq_count_bases)) {
		return fail_byte(look, line.at, four_lines_hint, "a '+' line");
	}
	return fq_fail(look->why, FQ_NOWHERE,
	        "make it four lines a record first, for example with seqtk seq -l0",
	        "expected a '+' line, found more bases: multi-line records are not supported yet");
}

static bool check_plus(struct look *look)
{
	if (look->lines < 3) {
		return fail_cut(look, "a '+' line");
	}
	if (look->line[2].len == 0 || look->line[2].at[0] != '+') {
		return fail_without_plus(look);
	}
	struct fq_text title = {look->line[0].at + 1, look->line[0].len - 1};
	struct fq_text plus = {look->line[2].at + 1, look->line[2].len - 1};
	if (plus.len == 0 || fq_text_equal(title, plus)) {
		return true;
	}
	if (is_last(look, 2)) {
		return fail_cut(look, "the rest of the '+' line");
	}
	struct fq_buf texts[2] = {0};
	add_start(&texts[0], title);
	add_start(&texts[1], plus);
	set_place(look, plus.at);
	fq_fail(look->why, FQ_NOWHERE, "two records may have run into each other",
	        "expected nothing behind '+', or the title %s again, found %s", texts[0].at, texts[1].at);
	fq_buf_finish(&texts[0]);
	fq_buf_finish(&texts[1]);
	return false;
}

static bool check_quality(struct look *look)
{
	size_t bases = look->line[1].len;
	struct fq_text quality = look->line[3];
	if (look->lines < 4) {
		return fail_cut(look, "a line of qualities");
	}
	const char *bad = find_bad(quality, fq_fastq_count_qualities);
	if (bad) {
		return fail_byte(look, bad, NULL, "a quality from '!' to '~'");
	}
	if (is_last(look, 3) && quality.len < bases) {
		look->fault_at = look->text.len;
		return fq_fail(look->why, FQ_NOWHERE, fq_fastq_cut_hint,
		        "the record is cut off: expected %zu qualities, found the end of the file after %zu",
		        bases, quality.len);
	}
	set_place(look, quality.at);
	return fq_fail(look->why, FQ_NOWHERE, four_lines_hint,
	        "expected %zu qualities, one for each base, found %zu", bases, quality.len);
}

bool fq_fastq_explain(struct fq_text text, bool is_end, size_t *ret_at, struct fq_error *why)
{
	struct look look = {.text = text, .is_end = is_end, .why = why};
	split_lines(&look);
	if (check_title(&look) && check_bases(&look) && check_plus(&look)) {
		check_quality(&look);
	}
	*ret_at = look.fault_at;
	return false;
}
