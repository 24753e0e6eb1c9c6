/* Inside the condition room. */
#ifndef FQRUN_CONDITION_INTERNAL_H
#define FQRUN_CONDITION_INTERNAL_H

#include "fqrun/condition.h"

#include <regex.h>

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_IN,
	TOKEN_MATCHES,
	TOKEN_COMPARE, /* `compare` says which */
	TOKEN_TEXT,
	TOKEN_NUMBER,
	TOKEN_REF,
	TOKEN_WRONG, /* the error was told */
};

struct token {
	enum token_kind kind;
	enum fq_condition_kind compare;
	size_t offset, len; /* of the source */
	struct fq_operand operand;
};
struct token fq_condition_token(const struct fq_condition_reader *reader, size_t offset);

struct token fq_condition_refuse(const struct fq_condition_reader *reader, size_t offset, const char *hint,
        const char *format, ...) FQ_PRINTF(4, 5);

/* A number as the language knows it. */
struct number {
	bool is_integer;
	int64_t integer;
	double real; /* also of an integer */
};
size_t fq_condition_number_len(struct fq_text text); /* of the number it begins with; 0: none */
bool fq_condition_number(struct fq_text text, struct number *ret);

/* A regular expression that is bounded in length and repetition, since the
 * system's compiler is not: NULL with its words in *ret_problem (arena). */
struct fq_pattern {
	struct fq_pattern *next;
	regex_t regex;
};
struct fq_pattern *fq_pattern_compile(struct fq_arena *arena, struct fq_text text, const char **ret_problem);
enum fq_truth fq_pattern_matches(
        const struct fq_pattern *pattern, const char *string); /* UNKNOWN: no memory */
void fq_pattern_finish(struct fq_pattern *pattern);            /* and all behind it */

#endif
