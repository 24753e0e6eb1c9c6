#include "internal.h"

#include <string.h>

/* A value in a message is cut here. */
enum { SHOWN_BYTES = 100 };

struct judge {
	const struct fq_condition *condition;
	fq_condition_lookup_fn *lookup;
	void *context;
	struct fq_error *err;
};

static enum fq_truth truth(bool holds)
{
	return holds ? FQ_TRUE : FQ_FALSE;
}

static bool get_value(struct judge *judge, const struct fq_operand *operand, struct fq_text *ret)
{
	*ret = operand->ref < 0 ? operand->text : judge->lookup(judge->context, operand->ref);
	return ret->at ||
	       fq_fail(judge->err, judge->condition->where,
	               "a task reports a value by a line NAME=VALUE in the file that $FQRUN_VALUES names",
	               "%.*s was not reported", (int)operand->text.len, operand->text.at);
}

static enum fq_truth refuse_order(struct judge *judge, const struct fq_operand *operand, struct fq_text value)
{
	int shown = value.len > SHOWN_BYTES ? SHOWN_BYTES : (int)value.len;
	fq_fail(judge->err, judge->condition->where,
	        "< <= > >= compare numbers; text is compared with == or !=", "%.*s is no number: \"%.*s%s\"",
	        (int)operand->text.len, operand->text.at, shown, value.at,
	        value.len > SHOWN_BYTES ? "…" : "");
	return FQ_UNKNOWN;
}

/* --- comparisons ---------------------------------------------------------------------- */

/* -1, 0 or 1. */
static int order(const struct number *a, const struct number *b)
{
	if (a->is_integer && b->is_integer) {
		return (a->integer > b->integer) - (a->integer < b->integer);
	}
	return (a->real > b->real) - (a->real < b->real);
}

static bool are_equal(struct fq_text a, struct fq_text b, bool as_text)
{
	struct number left, right;
	if (!as_text && fq_condition_number(a, &left) && fq_condition_number(b, &right)) {
		return order(&left, &right) == 0;
	}
	return fq_text_equal(a, b);
}

static enum fq_truth judge_order(struct judge *judge, const struct fq_condition_part *part)
{
	struct fq_text a, b;
	struct number left, right;
	if (!get_value(judge, &part->left, &a) || !get_value(judge, part->right, &b)) {
		return FQ_UNKNOWN;
	}
	if (!fq_condition_number(a, &left)) {
		return refuse_order(judge, &part->left, a);
	}
	if (!fq_condition_number(b, &right)) {
		return refuse_order(judge, part->right, b);
	}
	int sign = order(&left, &right);
	switch (part->kind) {
	case FQ_CONDITION_LESS:
		return truth(sign < 0);
	case FQ_CONDITION_LESS_EQUAL:
		return truth(sign <= 0);
	case FQ_CONDITION_GREATER:
		return truth(sign > 0);
	default:
		return truth(sign >= 0);
	}
}

/* == is `in` with one choice. */
static enum fq_truth judge_choice(struct judge *judge, const struct fq_condition_part *part)
{
	struct fq_text value, choice;
	if (!get_value(judge, &part->left, &value)) {
		return FQ_UNKNOWN;
	}
	for (uint32_t i = 0; i < part->right_count; i++) {
		if (!get_value(judge, &part->right[i], &choice)) {
			return FQ_UNKNOWN;
		}
		if (are_equal(value, choice, part->left.is_quoted || part->right[i].is_quoted)) {
			return FQ_TRUE;
		}
	}
	return FQ_FALSE;
}

static enum fq_truth judge_pattern(struct judge *judge, const struct fq_condition_part *part)
{
	struct fq_text value;
	struct fq_buf copy = {0};
	if (!get_value(judge, &part->left, &value)) {
		return FQ_UNKNOWN;
	}
	if (value.len && memchr(value.at, '\0', value.len)) {
		fq_fail(judge->err, judge->condition->where, NULL,
		        "%.*s holds a NUL byte, which no pattern matches", (int)part->left.text.len,
		        part->left.text.at);
		return FQ_UNKNOWN;
	}
	fq_buf_add_text(&copy, value);
	enum fq_truth matches = fq_pattern_matches(part->pattern, copy.at);
	fq_buf_finish(&copy);
	if (matches == FQ_UNKNOWN) {
		fq_fail(judge->err, judge->condition->where, "choose a simpler pattern",
		        "too little memory to match %.*s", (int)part->left.text.len, part->left.text.at);
	}
	return matches;
}

static bool is_word(struct fq_text text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i < len && text.len == len; i++) {
		if ((text.at[i] | 0x20) != word[i]) {
			return false;
		}
	}
	return text.len == len;
}

static enum fq_truth judge_alone(struct judge *judge, const struct fq_condition_part *part)
{
	struct fq_text value;
	struct number number;
	if (!get_value(judge, &part->left, &value)) {
		return FQ_UNKNOWN;
	}
	if (fq_condition_number(value, &number)) {
		return truth(number.real < 0 || number.real > 0);
	}
	return truth(value.len && !is_word(value, "no") && !is_word(value, "false"));
}

/* --- the whole -------------------------------------------------------------------------- */

static enum fq_truth invert(enum fq_truth holds)
{
	return holds == FQ_UNKNOWN ? FQ_UNKNOWN : truth(holds == FQ_FALSE);
}

/* As deep as the parser allowed. */
static enum fq_truth judge_part(struct judge *judge, const struct fq_condition_part *part)
{
	enum fq_truth undecided = part->kind == FQ_CONDITION_OR ? FQ_FALSE : FQ_TRUE;
	enum fq_truth holds = undecided;
	switch (part->kind) {
	case FQ_CONDITION_OR:
	case FQ_CONDITION_AND:
		for (part = part->first; part && holds == undecided; part = part->next) {
			holds = judge_part(judge, part);
		}
		return holds;
	case FQ_CONDITION_NOT:
		return invert(judge_part(judge, part->first));
	case FQ_CONDITION_ALONE:
		return judge_alone(judge, part);
	case FQ_CONDITION_EQUAL:
	case FQ_CONDITION_IN:
		return judge_choice(judge, part);
	case FQ_CONDITION_UNEQUAL:
		return invert(judge_choice(judge, part));
	case FQ_CONDITION_MATCHES:
		return judge_pattern(judge, part);
	default:
		return judge_order(judge, part);
	}
}

enum fq_truth fq_condition_holds(const struct fq_condition *condition, fq_condition_lookup_fn *lookup,
        void *context, struct fq_error *err)
{
	struct judge judge = {condition, lookup, context, err};
	return judge_part(&judge, condition->whole);
}
