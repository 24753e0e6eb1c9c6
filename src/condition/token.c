#include "internal.h"

#include <string.h>

struct token fq_condition_refuse(
        const struct fq_condition_reader *reader, size_t offset, const char *hint, const char *format, ...)
{
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	reader->on_error(reader->context, offset, hint, text.at);
	fq_buf_finish(&text);
	return (struct token){.kind = TOKEN_WRONG, .offset = offset};
}

/* --- words ----------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Anything that is not of the language itself, so that `case-1` and `a/b` are one word. */
static bool is_of_word(char c)
{
	return !is_blank(c) && !(c && strchr("()<>=!&|\"'{},", c));
}

static size_t word_len(struct fq_text text)
{
	size_t len = 0;
	while (len < text.len && is_of_word(text.at[len])) {
		len++;
	}
	return len;
}

static bool is_in_capitals(struct fq_text text, const char *word)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < 'A' || text.at[i] > 'Z' || text.at[i] - 'A' != word[i] - 'a') {
			return false;
		}
	}
	return text.len == strlen(word);
}

static const char *quotes_hint(struct fq_arena *arena, const char *word, int len)
{
	bool may_be_ref = (word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z');
	return may_be_ref ? fq_arena_format(arena,
	                            "text stands in quotes, \"%.*s\"; a placeholder in braces, {%.*s}", len,
	                            word, len, word)
	                  : fq_arena_format(arena, "text stands in quotes, \"%.*s\"", len, word);
}

static struct token take_word(
        const struct fq_condition_reader *reader, struct token token, struct fq_text rest)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}, {"in", TOKEN_IN},
	        {"matches", TOKEN_MATCHES}};
	struct fq_text word = {rest.at, word_len(rest)};
	token.len = word.len;
	for (size_t i = 0; i < FQ_COUNT(words); i++) {
		if (fq_text_is(word, words[i].word)) {
			token.kind = words[i].kind;
			return token;
		}
		if (is_in_capitals(word, words[i].word)) {
			return fq_condition_refuse(reader, token.offset,
			        fq_arena_format(reader->arena, "write `%s`", words[i].word),
			        "unknown word %.*s", (int)word.len, word.at);
		}
	}
	int shown = word.len > 200 ? 200 : (int)word.len;
	return fq_condition_refuse(reader, token.offset, quotes_hint(reader->arena, word.at, shown),
	        "neither a value nor one of `and or not in matches`: %.*s", shown, word.at);
}

static struct token take_number(
        const struct fq_condition_reader *reader, struct token token, struct fq_text rest)
{
	struct fq_text number = {rest.at, fq_condition_number_len(rest)};
	struct number value;
	size_t len = word_len(rest);
	int shown = len > 200 ? 200 : (int)len;
	if (len != number.len) {
		return fq_condition_refuse(reader, token.offset,
		        "write all its digits, 1000000 or 1e6; text stands in quotes", "not a number: %.*s",
		        shown, rest.at);
	}
	if (!fq_condition_number(number, &value)) {
		return fq_condition_refuse(reader, token.offset, "they go up to 1e308",
		        "a number that is too large: %.*s", shown, rest.at);
	}
	token.kind = TOKEN_NUMBER;
	token.len = number.len;
	token.operand = (struct fq_operand){
	        .text = {fq_arena_copy(reader->arena, number.at, number.len), number.len}, .ref = -1};
	return token;
}

/* --- quotes and braces -------------------------------------------------------------- */

/* Braces in "…" that look like a placeholder were most likely meant to be one. */
static bool looks_like_ref(struct fq_text text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] = "0123456789-.:,";
	size_t i = 1;
	if (text.len < 3 || !memchr(letters, text.at[1], sizeof(letters) - 1)) {
		return false;
	}
	while (i < text.len && (memchr(letters, text.at[i], sizeof(letters) - 1) ||
	                               memchr(others, text.at[i], sizeof(others) - 1))) {
		i++;
	}
	return i < text.len && text.at[i] == '}';
}

static struct token take_text(
        const struct fq_condition_reader *reader, struct token token, struct fq_text rest)
{
	const char quote = rest.at[0];
	char *copy = fq_arena_alloc(reader->arena, rest.len);
	size_t len = 0, i = 1;
	for (; i < rest.len && rest.at[i] != quote; i++) {
		struct fq_text here = {rest.at + i, rest.len - i};
		if (quote == '"' && here.at[0] == '{' && looks_like_ref(here)) {
			return fq_condition_refuse(reader, token.offset + i,
			        "a placeholder stands without quotes; for the braces themselves write '…'",
			        "a placeholder in quotes would be only text");
		}
		if (quote == '"' && here.len > 1 && here.at[0] == '\\' &&
		        (here.at[1] == '"' || here.at[1] == '\\')) {
			i++;
		}
		copy[len++] = rest.at[i];
	}
	if (i == rest.len) {
		return fq_condition_refuse(
		        reader, token.offset, "end it with the same quote", "a quote without its end");
	}
	token.kind = TOKEN_TEXT;
	token.len = i + 1;
	token.operand = (struct fq_operand){.text = {copy, len}, .ref = -1, .is_quoted = true};
	return token;
}

static struct token take_ref(
        const struct fq_condition_reader *reader, struct token token, struct fq_text rest)
{
	int32_t ref = -1;
	ptrdiff_t len = reader->on_ref(reader->context, token.offset, &ref);
	if (len < 0) {
		token.kind = TOKEN_WRONG;
		return token;
	}
	if (len == FQ_REF_NONE || (size_t)len > rest.len) {
		return fq_condition_refuse(reader, token.offset,
		        "a placeholder is {NAME} or {TASK.NAME}, without blanks", "not a placeholder");
	}
	token.kind = TOKEN_REF;
	token.len = (size_t)len;
	token.operand = (struct fq_operand){
	        .text = {fq_arena_copy(reader->arena, rest.at, token.len), token.len}, .ref = ref};
	return token;
}

/* --- signs ------------------------------------------------------------------------------ */

/* Longer ones first. Those of other languages are refused with ours as the hint. */
static const struct sign {
	const char *text, *hint;
	enum token_kind kind;
	enum fq_condition_kind compare;
} signs[] = {
        {"===", "write ==", TOKEN_WRONG, 0},
        {"!==", "write !=", TOKEN_WRONG, 0},
        {"==", NULL, TOKEN_COMPARE, FQ_CONDITION_EQUAL},
        {"!=", NULL, TOKEN_COMPARE, FQ_CONDITION_UNEQUAL},
        {"<=", NULL, TOKEN_COMPARE, FQ_CONDITION_LESS_EQUAL},
        {">=", NULL, TOKEN_COMPARE, FQ_CONDITION_GREATER_EQUAL},
        {"=~", "write `matches`", TOKEN_WRONG, 0},
        {"!~", "write `not {x} matches \"…\"`", TOKEN_WRONG, 0},
        {"=<", "write <=", TOKEN_WRONG, 0},
        {"=>", "write >=", TOKEN_WRONG, 0},
        {"<>", "write !=", TOKEN_WRONG, 0},
        {"&&", "write `and`", TOKEN_WRONG, 0},
        {"||", "write `or`", TOKEN_WRONG, 0},
        {"<", NULL, TOKEN_COMPARE, FQ_CONDITION_LESS},
        {">", NULL, TOKEN_COMPARE, FQ_CONDITION_GREATER},
        {"=", "write ==", TOKEN_WRONG, 0},
        {"!", "write `not`", TOKEN_WRONG, 0},
        {"&", "write `and`", TOKEN_WRONG, 0},
        {"|", "write `or`", TOKEN_WRONG, 0},
        {"(", NULL, TOKEN_OPEN, 0},
        {")", NULL, TOKEN_CLOSE, 0},
        {",", NULL, TOKEN_COMMA, 0},
        {"}", "take it away, or write its { in front", TOKEN_WRONG, 0},
};

static struct token take_sign(
        const struct fq_condition_reader *reader, struct token token, struct fq_text rest)
{
	const struct sign *sign = signs;
	while (rest.len < strlen(sign->text) || memcmp(rest.at, sign->text, strlen(sign->text)) != 0) {
		sign++;
	}
	if (sign->kind == TOKEN_WRONG) {
		return fq_condition_refuse(
		        reader, token.offset, sign->hint, "%s is no sign of a condition", sign->text);
	}
	token.kind = sign->kind;
	token.compare = sign->compare;
	token.len = strlen(sign->text);
	return token;
}

/* At or behind `offset`. */
struct token fq_condition_token(const struct fq_condition_reader *reader, size_t offset)
{
	struct fq_text text = reader->text;
	while (offset < text.len && is_blank(text.at[offset])) {
		offset++;
	}
	struct token token = {.kind = TOKEN_END, .offset = offset};
	struct fq_text rest = {text.at + offset, text.len - offset};
	if (rest.len == 0) {
		return token;
	}
	if (rest.at[0] == '"' || rest.at[0] == '\'') {
		return take_text(reader, token, rest);
	}
	if (rest.at[0] == '{') {
		return take_ref(reader, token, rest);
	}
	if (fq_condition_number_len(rest)) {
		return take_number(reader, token, rest);
	}
	return is_of_word(rest.at[0]) ? take_word(reader, token, rest) : take_sign(reader, token, rest);
}
