/* A text that a shell is to parse once more, as `eval` and `trap` do, holds no value
 * by itself: `trap 'rm -rf "$tmp"' EXIT` expands $tmp then, as data. But what that
 * text evaluates is parsed a third time: `eval 'eval "$x"'`. It is not walked like a
 * script: any sign that something in it evaluates makes each name of it suspect. */
#include "script.h"

#include <string.h>

static struct fq_text text_since(const struct script_lexer *lx, size_t from)
{
	return (struct fq_text){lx->text.at + from, lx->at > from ? lx->at - from : 0};
}

static bool is_name_byte(char c)
{
	return fq_script_is_name_start(c) || fq_script_is_digit(c);
}

/* The name that begins at `*at`, or the next one behind; false at the end. A number is none. */
static bool next_name(struct fq_text text, size_t *at, struct fq_text *ret)
{
	while (*at < text.len) {
		size_t start = *at;
		while (*at < text.len && is_name_byte(text.at[*at])) {
			++*at;
		}
		*ret = (struct fq_text){text.at + start, *at - start};
		if (ret->len && fq_script_is_name_start(ret->at[0])) {
			return true;
		}
		*at += ret->len == 0;
	}
	return false;
}

static bool has_bytes(struct fq_text text, const char *bytes)
{
	return memmem(text.at, text.len, bytes, strlen(bytes)) != NULL;
}

/* A `$x` where a command begins: its words are one, and its name may be `eval`. */
static bool has_unknown_command(struct fq_text text)
{
	bool is_start = true;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (is_start && c == '$') {
			return true;
		}
		if (strchr(";|&(\n{'", c)) {
			is_start = true;
		} else if (!fq_script_is_blank(c) && c != '"' && c != '\\') {
			is_start = false;
		}
	}
	return false;
}

/* ${x:n}, but not ${x:-…} and its like. */
static bool has_offset(struct fq_text text)
{
	for (size_t i = 0; i + 1 < text.len && has_bytes(text, "${"); i++) {
		if (text.at[i] == ':' && !strchr("-=+? /", text.at[i + 1])) {
			return true;
		}
	}
	return false;
}

/* A subscript, or [[ ]]; not the command `[`. */
static bool has_bracket(struct fq_text text)
{
	for (size_t i = 1; i < text.len; i++) {
		if (text.at[i] == '[' && (is_name_byte(text.at[i - 1]) || strchr("[@$", text.at[i - 1]))) {
			return true;
		}
	}
	return false;
}

static bool evaluates(struct fq_text text)
{
	static const char *const signs[] = {"((", "@P", "${!", "`", ". ", "\\", "\"\"", "''"};
	unsigned suspect = COMMAND_REPARSES | COMMAND_SHELL | COMMAND_FEEDS;
	struct fq_text name;
	for (size_t i = 0; i < FQ_COUNT(signs); i++) {
		if (has_bytes(text, signs[i])) {
			return true;
		}
	}
	for (size_t at = 0; next_name(text, &at, &name);) {
		if (fq_script_command_class(name) & suspect) {
			return true;
		}
	}
	return has_bracket(text) || has_unknown_command(text) || has_offset(text);
}

static bool is_expanded(struct fq_text text, const struct fq_text *name)
{
	size_t at = (size_t)(name->at - text.at);
	return at > 0 && strchr("${!#", text.at[at - 1]);
}

static void add_positional(struct script_lexer *lx, struct fq_text text)
{
	for (size_t i = 1; i < text.len; i++) {
		char c = text.at[i];
		if ((text.at[i - 1] == '$' || text.at[i - 1] == '{') &&
		        (fq_script_is_digit(c) || c == '@' || c == '*')) {
			fq_script_add_sink(lx->flow, (struct fq_text){text.at + i, 1}, DEMAND_WORD);
		}
	}
}

/* The shell's own variables may be set by the text: to what, nobody knows. */
static bool sets_variables(struct fq_text text)
{
	struct fq_text name;
	for (size_t at = 0; next_name(text, &at, &name);) {
		if ((fq_script_command_class(name) & COMMAND_FILLS) || fq_text_is(name, "for")) {
			return true;
		}
	}
	return has_bytes(text, "=");
}

void fq_script_scan_again(struct script_lexer *lx, size_t from, enum scan_kind kind)
{
	struct fq_text text = text_since(lx, from), name;
	bool is_evaluated = kind == SCAN_ARITHMETIC || (kind != SCAN_NONE && evaluates(text));
	bool is_set = kind == SCAN_HERE && sets_variables(text);
	for (size_t at = 0; (is_evaluated || is_set) && next_name(text, &at, &name);) {
		bool is_counted = !fq_text_is(name, "_") || is_expanded(text, &name);
		if (is_evaluated && is_counted) {
			fq_script_add_sink(lx->flow, name, DEMAND_WORD);
		}
		if (is_set) {
			fq_script_note_filled(lx->flow, name);
		}
	}
	if (is_evaluated && kind == SCAN_HERE) {
		add_positional(lx, text);
	}
	if (is_evaluated) {
		fq_script_add_name(&lx->flow->texts, text);
	}
}

/* c='eval "$x"'; eval "$c" */
void fq_script_scan_carried(struct script_lexer *lx, size_t from)
{
	struct fq_text text = text_since(lx, from), name;
	bool is_evaluated = evaluates(text);
	for (size_t at = 0; next_name(text, &at, &name);) {
		if (!fq_text_is(name, "_") || is_expanded(text, &name)) {
			fq_script_add_edge(
			        lx->flow, (struct flow_edge){lx->carrier, name, false, !is_evaluated});
		}
	}
}
