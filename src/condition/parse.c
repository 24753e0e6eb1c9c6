#include "internal.h"

#include <string.h>

struct parser {
	const struct fq_condition_reader *reader;
	struct token token; /* the next one */
	size_t end;         /* of the one before */
	unsigned depth;
	struct fq_condition *condition;
};

static void advance(struct parser *p)
{
	p->end = p->token.offset + p->token.len;
	p->token = fq_condition_token(p->reader, p->end);
}

/* What is wrong with the token at hand; if it was refused already, that was said. */
static void *refuse_token(struct parser *p, const char *hint, const char *text)
{
	if (p->token.kind != TOKEN_WRONG) {
		fq_condition_refuse(p->reader, p->token.offset, hint, "%s", text);
	}
	return NULL;
}

static struct fq_condition_part *make_part(struct parser *p, enum fq_condition_kind kind)
{
	struct fq_condition_part *part = fq_arena_alloc(p->reader->arena, sizeof(*part));
	part->kind = kind;
	return part;
}

/* --- comparisons -------------------------------------------------------------------- */

static bool is_comparing(const struct token *token)
{
	return token->kind == TOKEN_COMPARE || token->kind == TOKEN_MATCHES || token->kind == TOKEN_IN;
}

static bool take_operand(struct parser *p, struct fq_operand *ret)
{
	if (p->token.kind != TOKEN_TEXT && p->token.kind != TOKEN_NUMBER && p->token.kind != TOKEN_REF) {
		return refuse_token(p, "a value is a {placeholder}, a number or \"text\"",
		        p->token.kind == TOKEN_END ? "a value is missing at the end"
		                                   : "here should be a value");
	}
	*ret = p->token.operand;
	advance(p);
	return true;
}

static bool take_right(struct parser *p, struct fq_condition_part *part)
{
	part->right = fq_arena_alloc(p->reader->arena, sizeof(*part->right));
	part->right_count = 1;
	return take_operand(p, part->right);
}

static bool take_choices(struct parser *p, struct fq_condition_part *part)
{
	struct fq_operand *choices = NULL;
	size_t cap = 0;
	uint32_t count = 0;
	bool ok = p->token.kind == TOKEN_OPEN;
	if (!ok) {
		refuse_token(p, "write `in (\"a\", \"b\")`", "here should be ( and the choices");
	}
	do {
		if (ok) {
			advance(p);
			choices = fq_grow(choices, &cap, count + 1, sizeof(*choices));
			ok = take_operand(p, &choices[count++]);
		}
	} while (ok && p->token.kind == TOKEN_COMMA);
	if (ok && p->token.kind != TOKEN_CLOSE) {
		ok = refuse_token(
		        p, "write `in (\"a\", \"b\")`", "here should be a comma or the ) behind the choices");
	}
	if (ok) {
		advance(p);
		part->right = fq_arena_alloc(p->reader->arena, count * sizeof(*choices));
		memcpy(part->right, choices, count * sizeof(*choices));
		part->right_count = count;
	}
	fq_release(choices);
	return ok;
}

static bool take_pattern(struct parser *p, struct fq_condition_part *part)
{
	if (p->token.kind != TOKEN_TEXT) {
		return refuse_token(p, "write `matches \"^case[0-9]+$\"`",
		        "here should be a regular expression in quotes");
	}
	const char *problem = NULL;
	part->pattern = fq_pattern_compile(p->reader->arena, p->token.operand.text, &problem);
	if (!part->pattern) {
		fq_condition_refuse(p->reader, p->token.offset,
		        "as grep -E takes it (\\( is a bracket itself), and not too large",
		        "not an extended regular expression: %s", problem);
		return false;
	}
	part->pattern->next = p->condition->patterns;
	p->condition->patterns = part->pattern;
	return take_right(p, part);
}

static bool is_order(enum fq_condition_kind kind)
{
	return kind >= FQ_CONDITION_LESS && kind <= FQ_CONDITION_GREATER_EQUAL;
}

/* What can be known without the values: a comparison of literals alone is a
 * forgotten brace, and an order of text is none. */
static bool check_operands(struct parser *p, const struct fq_condition_part *part, size_t offset)
{
	bool has_ref = part->left.ref >= 0;
	struct number number;
	const struct fq_operand *text = part->left.ref < 0 ? &part->left : NULL;
	for (uint32_t i = 0; i < part->right_count; i++) {
		has_ref |= part->right[i].ref >= 0;
		text = part->right[i].ref < 0 ? &part->right[i] : text;
	}
	if (!has_ref) {
		fq_condition_refuse(p->reader, offset, "one of its values is a {placeholder}",
		        "a comparison that is the same for every job");
		return false;
	}
	if (is_order(part->kind) && text && !fq_condition_number(text->text, &number)) {
		fq_condition_refuse(p->reader, offset, "text is compared with == or !=, or with `matches`",
		        "an order of what is no number");
		return false;
	}
	return true;
}

/* `1 < {x} < 5` */
static void *refuse_chain(struct parser *p, size_t start, size_t right)
{
	const char *text = p->reader->text.at;
	const char *hint = NULL;
	size_t end = p->end;
	if (end - start <= 200) {
		hint = fq_arena_format(p->reader->arena, "write %.*s and %.*s %.*s …", (int)(end - start),
		        text + start, (int)(end - right), text + right, (int)p->token.len,
		        text + p->token.offset);
	}
	return refuse_token(p, hint ? hint : "write two, with `and` between", "two comparisons in a chain");
}

static bool take_rest(struct parser *p, const struct token *sign, struct fq_condition_part *part)
{
	switch (sign->kind) {
	case TOKEN_MATCHES:
		part->kind = FQ_CONDITION_MATCHES;
		return take_pattern(p, part);
	case TOKEN_IN:
		part->kind = FQ_CONDITION_IN;
		return take_choices(p, part);
	default:
		part->kind = sign->compare;
		return take_right(p, part);
	}
}

static struct fq_condition_part *finish_alone(struct parser *p, struct fq_condition_part *part, size_t start)
{
	if (part->left.ref >= 0 || p->token.kind == TOKEN_WRONG) {
		return part;
	}
	fq_condition_refuse(p->reader, start, "compare it, {placeholder} == …",
	        "a number or text alone is neither true nor false");
	return NULL;
}

static struct fq_condition_part *parse_comparison(struct parser *p)
{
	struct fq_condition_part *part = make_part(p, FQ_CONDITION_ALONE);
	size_t start = p->token.offset;
	if (!take_operand(p, &part->left)) {
		return NULL;
	}
	struct token sign = p->token;
	if (!is_comparing(&sign)) {
		return finish_alone(p, part, start);
	}
	advance(p);
	size_t right = p->token.offset;
	bool is_told = !take_rest(p, &sign, part) || p->token.kind == TOKEN_WRONG;
	if (is_told || !check_operands(p, part, start)) {
		return NULL;
	}
	return is_comparing(&p->token) ? refuse_chain(p, start, right) : part;
}

/* --- and, or, not, ( ) ------------------------------------------------------------------ */

static const char between_hint[] = "write {x} == \"a\", and put `and` or `or` between two of them";

static struct fq_condition_part *parse_list(struct parser *p, enum fq_condition_kind kind);

static bool enter(struct parser *p)
{
	if (++p->depth <= FQ_CONDITION_DEPTH_MAX) {
		advance(p);
		return true;
	}
	return refuse_token(p, "take the outer ones away", "more than 64 levels of ( and `not`");
}

static struct fq_condition_part *parse_group(struct parser *p)
{
	size_t start = p->token.offset;
	struct fq_condition_part *whole = enter(p) ? parse_list(p, FQ_CONDITION_OR) : NULL;
	if (!whole) {
		return NULL;
	}
	if (p->token.kind == TOKEN_END) {
		fq_condition_refuse(p->reader, start, "end it with )", "a ( without its )");
		return NULL;
	}
	if (p->token.kind != TOKEN_CLOSE) {
		return refuse_token(p, between_hint, "here should be `and`, `or` or )");
	}
	p->depth--;
	advance(p);
	if (is_comparing(&p->token)) {
		return refuse_token(p, "put the whole comparison into the ( )",
		        "values are compared, not what stands in ( )");
	}
	return whole;
}

static struct fq_condition_part *parse_unary(struct parser *p)
{
	if (p->token.kind == TOKEN_OPEN) {
		return parse_group(p);
	}
	if (p->token.kind != TOKEN_NOT) {
		return parse_comparison(p);
	}
	struct fq_condition_part *part = make_part(p, FQ_CONDITION_NOT);
	part->first = enter(p) ? parse_unary(p) : NULL;
	p->depth--;
	return part->first ? part : NULL;
}

/* A long list is wide, not deep. */
static struct fq_condition_part *parse_list(struct parser *p, enum fq_condition_kind kind)
{
	bool is_or = kind == FQ_CONDITION_OR;
	enum token_kind between = is_or ? TOKEN_OR : TOKEN_AND;
	struct fq_condition_part *part = is_or ? parse_list(p, FQ_CONDITION_AND) : parse_unary(p);
	if (!part || p->token.kind != between) {
		return part;
	}
	struct fq_condition_part *list = make_part(p, kind);
	list->first = part;
	while (part && p->token.kind == between) {
		advance(p);
		part->next = is_or ? parse_list(p, FQ_CONDITION_AND) : parse_unary(p);
		part = part->next;
	}
	return part ? list : NULL;
}

static struct fq_condition_part *parse_whole(struct parser *p)
{
	advance(p);
	if (p->token.kind == TOKEN_END) {
		return refuse_token(
		        p, "write {stats.reads} >= 1000, or leave the key out", "an empty condition");
	}
	struct fq_condition_part *whole = parse_list(p, FQ_CONDITION_OR);
	if (!whole || p->token.kind == TOKEN_END) {
		return whole;
	}
	if (p->token.kind == TOKEN_CLOSE) {
		return refuse_token(p, "take it away, or write its ( in front", "a ) without its (");
	}
	return refuse_token(p,
	        p->token.kind == TOKEN_NOT ? "`not` stands in front: not {x} in (\"a\", \"b\")"
	                                   : between_hint,
	        "here should be a comparison, `and` or `or`");
}

struct fq_condition *fq_condition_parse(const struct fq_condition_reader *reader)
{
	struct parser parser = {
	        .reader = reader, .condition = fq_arena_alloc(reader->arena, sizeof(struct fq_condition))};
	parser.condition->whole = parse_whole(&parser);
	if (parser.condition->whole) {
		return parser.condition;
	}
	fq_condition_finish(parser.condition);
	return NULL;
}

void fq_condition_finish(struct fq_condition *condition)
{
	if (condition) {
		fq_pattern_finish(condition->patterns);
		condition->patterns = NULL;
	}
}
