/* condition: what a task's `when` says, and whether it holds.
 *
 * Knows no manifest and no job: a reference is a number, and whoever asks says
 * what it stands for.
 *
 *   {stats.reads} >= 1000 and ({condition} == "case" or not {flag})
 *   {sample} matches "^case[0-9]+$"        POSIX extended regular expression
 *   {condition} in ("case", "control")     equal to one of them
 *
 * `or` binds least, then `and`, `not`, a comparison. Text stands in '…', where
 * no byte is special, or in "…", where \" and \\ are " and \, and any other
 * backslash is itself.
 *
 * A value is a number if its whole text is a finite decimal one: sign, digits,
 * fraction, exponent. Where both sides are numbers, == != < <= > >= and `in`
 * compare numbers: integers between -2^63 and 2^63 - 1 exactly, others as
 * double. Else == != and `in` compare bytes, and an order is an error. A literal
 * in quotes is text to == != and `in`: {sample} == "001" is not sample 1.
 * A reference alone holds unless it is empty, a number that is zero, or "no" or
 * "false" in whatever case. */
#ifndef FQRUN_CONDITION_H
#define FQRUN_CONDITION_H

#include "fqrun/base.h"

enum fq_condition_kind {
	FQ_CONDITION_OR,  /* of its parts */
	FQ_CONDITION_AND, /* of its parts */
	FQ_CONDITION_NOT, /* its one part */
	FQ_CONDITION_ALONE,
	FQ_CONDITION_EQUAL,
	FQ_CONDITION_UNEQUAL,
	FQ_CONDITION_LESS,
	FQ_CONDITION_LESS_EQUAL,
	FQ_CONDITION_GREATER,
	FQ_CONDITION_GREATER_EQUAL,
	FQ_CONDITION_MATCHES,
	FQ_CONDITION_IN,
};

/* A literal or, with ref >= 0, a reference; then `text` is what was written, "{stats.reads}". */
struct fq_operand {
	struct fq_text text;
	int32_t ref;
	bool is_quoted; /* a literal in quotes */
};

struct fq_condition_part {
	enum fq_condition_kind kind;
	struct fq_condition_part *first, *next; /* its own parts; its neighbour in the one above */
	struct fq_operand left;
	struct fq_operand *right; /* one, or the choices of `in` */
	uint32_t right_count;
	struct fq_pattern *pattern;
};

/* Lives in the arena it was parsed into, but for its compiled patterns, which
 * fq_condition_finish() frees. At most FQ_CONDITION_DEPTH_MAX levels deep. */
struct fq_condition {
	struct fq_condition_part *whole;
	struct fq_pattern *patterns;
	struct fq_where where; /* of the text's first byte, for errors; set by whoever parsed it */
};
enum { FQ_CONDITION_DEPTH_MAX = 64 };
void fq_condition_finish(struct fq_condition *condition); /* NULL is fine */

/* --- reading one ----------------------------------------------------------------- */

/* What is at `{`: its length and its number, or FQ_REF_NONE if these braces
 * hold no placeholder, or FQ_REF_REFUSED if the callback has told the error. */
enum { FQ_REF_NONE = 0, FQ_REF_REFUSED = -1 };
typedef ptrdiff_t fq_condition_ref_fn(void *context, size_t offset, int32_t *ret_ref);
typedef void fq_condition_error_fn(void *context, size_t offset, const char *hint, const char *text);

/* Offsets are bytes of `text`. */
struct fq_condition_reader {
	struct fq_text text;
	struct fq_arena *arena;
	fq_condition_ref_fn *on_ref;
	fq_condition_error_fn *on_error;
	void *context;
};

/* NULL after the first error, which was told. */
struct fq_condition *fq_condition_parse(const struct fq_condition_reader *reader);

/* Why the system's compiler must not see a regular expression, which may take all memory
 * for one of thirty bytes; NULL: it may. */
const char *fq_pattern_problem(struct fq_text text);

/* --- asking it ------------------------------------------------------------------- */

enum fq_truth { FQ_FALSE, FQ_TRUE, FQ_UNKNOWN };

/* The value of a reference; `at` NULL: it was not reported. The text must stay
 * as it is until fq_condition_holds() returns. */
typedef struct fq_text fq_condition_lookup_fn(void *context, int32_t ref);

/* From left to right; what decides nothing any more is not looked up. UNKNOWN:
 * `err` says which value is missing or is no number where an order was asked. */
enum fq_truth fq_condition_holds(const struct fq_condition *condition, fq_condition_lookup_fn *lookup,
        void *context, struct fq_error *err);

#endif
