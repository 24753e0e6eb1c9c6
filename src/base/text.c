#include "fqrun/base.h"

#include <stdio.h>
#include <string.h>

struct fq_text fq_text(const char *string)
{
	return (struct fq_text){string, string ? strlen(string) : 0};
}

bool fq_text_equal(struct fq_text a, struct fq_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool fq_text_is(struct fq_text a, const char *string)
{
	return fq_text_equal(a, fq_text(string));
}

bool fq_text_is_utf16(struct fq_text text)
{
	return text.len >= 2 && (memcmp(text.at, "\xff\xfe", 2) == 0 || memcmp(text.at, "\xfe\xff", 2) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct fq_text fq_text_trim(struct fq_text text)
{
	while (text.len && is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len && is_blank(text.at[text.len - 1])) {
		text.len--;
	}
	return text;
}

char *fq_buf_room(struct fq_buf *buf, size_t len)
{
	if (buf->cap - buf->len <= len) {
		buf->at = fq_grow(buf->at, &buf->cap, buf->len + len + 1, 1);
	}
	return buf->at + buf->len;
}

void fq_buf_add(struct fq_buf *buf, const void *at, size_t len)
{
	char *room = fq_buf_room(buf, len);
	if (len) {
		memcpy(room, at, len);
	}
	room[len] = '\0';
	buf->len += len;
}

void fq_buf_add_text(struct fq_buf *buf, struct fq_text text)
{
	fq_buf_add(buf, text.at, text.len);
}

void fq_buf_puts(struct fq_buf *buf, const char *string)
{
	fq_buf_add(buf, string, strlen(string));
}

void fq_buf_putc(struct fq_buf *buf, char c)
{
	char *room = fq_buf_room(buf, 1);
	room[0] = c;
	room[1] = '\0';
	buf->len++;
}

void fq_buf_add_number(struct fq_buf *buf, int64_t number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
	                            "25262728293031323334353637383940414243444546474849"
	                            "50515253545556575859606162636465666768697071727374"
	                            "75767778798081828384858687888990919293949596979899";
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	for (; rest >= 100; rest /= 100) {
		at -= 2;
		memcpy(digits + at, &pairs[rest % 100 * 2], 2);
	}
	if (rest >= 10) {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	}
	digits[--at] = (char)('0' + rest);
	if (number < 0) {
		digits[--at] = '-';
	}
	fq_buf_add(buf, digits + at, sizeof(digits) - at);
}

void fq_buf_vaddf(struct fq_buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len >= 0) {
		vsnprintf(fq_buf_room(buf, (size_t)len), (size_t)len + 1, format, args);
		buf->len += (size_t)len;
	}
}

void fq_buf_addf(struct fq_buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(buf, format, args);
	va_end(args);
}

void fq_buf_finish(struct fq_buf *buf)
{
	fq_release(buf->at);
	*buf = (struct fq_buf){0};
}

static bool is_plain_word(struct fq_text text)
{
	static const char plain[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	for (size_t i = 0; i < text.len; i++) {
		if (!memchr(plain, text.at[i], sizeof(plain) - 1)) {
			return false;
		}
	}
	return text.len > 0 && text.at[0] != '=';
}

/* Whether the byte at i controls a terminal: of UTF-8 also U+0080 to U+009F, where xterm
 * finds its escape sequences a second time. */
static bool is_control(struct fq_text text, size_t i)
{
	unsigned char c = (unsigned char)text.at[i];
	if (c == 0xc2) {
		return i + 1 < text.len && (text.at[i + 1] & 0xe0) == 0x80;
	}
	return c < 0x20 || c == 0x7f || ((c & 0xe0) == 0x80 && i && (unsigned char)text.at[i - 1] == 0xc2);
}

static bool has_control_byte(struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_control(text, i)) {
			return true;
		}
	}
	return false;
}

static void add_ansi_quoted(struct fq_buf *buf, struct fq_text text)
{
	fq_buf_puts(buf, "$'");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '\'' || c == '\\') {
			fq_buf_putc(buf, '\\');
			fq_buf_putc(buf, (char)c);
		} else if (is_control(text, i)) {
			fq_buf_addf(buf, "\\%03o", c);
		} else {
			fq_buf_putc(buf, (char)c);
		}
	}
	fq_buf_putc(buf, '\'');
}

void fq_buf_add_quoted(struct fq_buf *buf, struct fq_text text)
{
	if (is_plain_word(text)) {
		fq_buf_add_text(buf, text);
		return;
	}
	if (has_control_byte(text)) {
		add_ansi_quoted(buf, text);
		return;
	}
	fq_buf_putc(buf, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\'') {
			fq_buf_puts(buf, "'\\''");
		} else {
			fq_buf_putc(buf, text.at[i]);
		}
	}
	fq_buf_putc(buf, '\'');
}

void fq_buf_add_file_name(struct fq_buf *buf, struct fq_text text)
{
	enum { LONGEST = 200 };
	size_t start = buf->len;
	if (text.len == 0) {
		fq_buf_putc(buf, '%');
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (is_control(text, i) || c == '/' || c == '%' || (c == '.' && i == 0)) {
			fq_buf_addf(buf, "%%%02X", c);
		} else {
			fq_buf_putc(buf, (char)c);
		}
	}
	if (buf->len - start > LONGEST) {
		buf->len = start + LONGEST;
		fq_buf_addf(buf, "%%%016llx", (unsigned long long)fq_hash(text.at, text.len));
	}
}

bool fq_parse_number(struct fq_text text, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (text.len == 0) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)text.at[i] - '0';
		if (digit > 9 || number > (UINT64_MAX - digit) / 10) {
			return false;
		}
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

/* --- UTF-8 -------------------------------------------------------------------------- */

size_t fq_utf8_measure(const char *at, size_t room)
{
	const unsigned char *byte = (const unsigned char *)at;
	unsigned char c = byte[0];
	if (c < 0x80) {
		return 1;
	}
	size_t len = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < len; i++) {
		if (i >= room || (byte[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if (len == 0) {
		return 0;
	}
	bool is_overlong = (c == 0xe0 && byte[1] < 0xa0) || (c == 0xf0 && byte[1] < 0x90);
	bool is_surrogate = c == 0xed && byte[1] >= 0xa0;
	bool is_beyond = c == 0xf4 && byte[1] >= 0x90;
	return is_overlong || is_surrogate || is_beyond ? 0 : len;
}

void fq_buf_add_utf8(struct fq_buf *buf, struct fq_text text)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = fq_utf8_measure(text.at + at, text.len - at);
		if (len) {
			fq_buf_add(buf, text.at + at, len);
		} else {
			fq_buf_puts(buf, "\xef\xbf\xbd");
		}
		at += len ? len : 1;
	}
}

/* --- sizes -------------------------------------------------------------------------- */

/* 1 for B, 1024 for K …; 0: no unit. */
static double unit_of(struct fq_text text)
{
	static const char letters[] = "KMGTP";
	double factor = 1;
	text = fq_text_trim(text);
	if (text.len == 0) {
		return 0;
	}
	if (text.at[text.len - 1] == 'B' || text.at[text.len - 1] == 'b') {
		text.len--;
	}
	if (text.len && text.at[text.len - 1] == 'i') {
		text.len--;
	}
	if (text.len == 0) {
		return factor;
	}
	const char *letter = text.len == 1 ? strchr(letters, text.at[0] & ~0x20) : NULL;
	for (const char *at = letters; letter && at <= letter; at++) {
		factor *= 1024;
	}
	return letter ? factor : 0;
}

bool fq_parse_size(struct fq_text text, int64_t *ret_bytes)
{
	double number = 0, digit = 1;
	size_t at = 0;
	bool has_digit = false, has_dot = false;
	for (; at < text.len &&
	        ((text.at[at] >= '0' && text.at[at] <= '9') || (text.at[at] == '.' && !has_dot));
	        at++) {
		if (text.at[at] == '.') {
			has_dot = true;
			continue;
		}
		has_digit = true;
		digit = has_dot ? digit / 10 : 1;
		number = has_dot ? number + (text.at[at] - '0') * digit : number * 10 + (text.at[at] - '0');
	}
	double bytes = number * unit_of((struct fq_text){text.at + at, text.len - at});
	*ret_bytes = bytes < 9e18 ? (int64_t)bytes : 0;
	return has_digit && bytes >= 1 && bytes < 9e18;
}

void fq_buf_add_size(struct fq_buf *buf, int64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;
	double size = (double)bytes / 1024;
	while (size >= 1024 && units[unit + 1]) {
		size /= 1024;
		unit++;
	}
	int64_t tenths = (int64_t)(size * 10 + 0.5);
	fq_buf_add_number(buf, tenths / 10);
	if (tenths % 10) {
		fq_buf_addf(buf, ".%d", (int)(tenths % 10));
	}
	fq_buf_putc(buf, units[unit]);
}
