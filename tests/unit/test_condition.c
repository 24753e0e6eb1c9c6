/* The language of `when`: what holds, what cannot be known, what is refused where. */
#include "fqrun/condition.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* --- values by name ------------------------------------------------------------ */

static const struct {
	const char *name, *value;
} known[] = {
        {"{reads}", "1000"},
        {"{gc}", "0.41"},
        {"{condition}", "case"},
        {"{empty}", ""},
        {"{zero}", "0"},
        {"{zeros}", "0.00"},
        {"{no}", "No"},
        {"{false}", "FALSE"},
        {"{yes}", "yes"},
        {"{nothing}", "nothing"},
        {"{big}", "9223372036854775807"},
        {"{bigger}", "9223372036854775806"},
        {"{least}", "-9223372036854775808"},
        {"{huge}", "9223372036854775808"},
        {"{infinite}", "1e999"},
        {"{hex}", "0x10"},
        {"{blank}", " 1"},
        {"{minus}", "-2.5e1"},
        {"{quote}", "a\"b\\c"},
        {"{stats.reads}", NULL},
};

static struct fq_arena arena;
static struct fq_condition *condition;
static struct fq_error err;
static struct {
	unsigned count;
	size_t offset;
	char hint[400], text[400];
} told;
static unsigned looked_up[FQ_COUNT(known)];

static void finish(void)
{
	fq_condition_finish(condition);
	condition = NULL;
	fq_error_finish(&err);
	fq_arena_finish(&arena);
}

TestSuite(condition, .fini = finish);

/* Every brace that begins a known name is a reference; {bad} is refused. */
static ptrdiff_t find_ref(void *context, size_t offset, int32_t *ret_ref)
{
	const char *at = (const char *)context + offset;
	for (size_t i = 0; i < FQ_COUNT(known); i++) {
		if (strncmp(at, known[i].name, strlen(known[i].name)) == 0) {
			*ret_ref = (int32_t)i;
			return (ptrdiff_t)strlen(known[i].name);
		}
	}
	if (strncmp(at, "{bad}", 5) == 0) {
		told.count++;
		return FQ_REF_REFUSED;
	}
	return FQ_REF_NONE;
}

static void keep_error(void *context, size_t offset, const char *hint, const char *text)
{
	(void)context;
	told.count++;
	told.offset = offset;
	snprintf(told.hint, sizeof(told.hint), "%s", hint ? hint : "");
	snprintf(told.text, sizeof(told.text), "%s", text);
}

static void parse_bytes(const char *text, size_t len)
{
	finish();
	memset(&told, 0, sizeof(told));
	struct fq_condition_reader reader = {.text = {text, len},
	        .arena = &arena,
	        .on_ref = find_ref,
	        .on_error = keep_error,
	        .context = (void *)(uintptr_t)text};
	condition = fq_condition_parse(&reader);
	cr_assert_eq(condition == NULL, told.count == 1, "%u errors in %s", told.count, text);
}

static struct fq_text look_up(void *context, int32_t ref)
{
	(void)context;
	looked_up[ref]++;
	return fq_text(known[ref].value);
}

static enum fq_truth judge(const char *text)
{
	parse_bytes(text, strlen(text));
	cr_assert(condition, "%s: %s (%s)", text, told.text, told.hint);
	memset(looked_up, 0, sizeof(looked_up));
	condition->where = (struct fq_where){"qc.ini", 7, 8};
	return fq_condition_holds(condition, look_up, NULL, &err);
}

static void holds(const char *text)
{
	cr_assert_eq(judge(text), FQ_TRUE, "does not hold: %s (%s)", text, err.text ? err.text : "");
	cr_assert_null(err.text);
}

static void fails(const char *text)
{
	cr_assert_eq(judge(text), FQ_FALSE, "does not fail: %s (%s)", text, err.text ? err.text : "");
	cr_assert_null(err.text);
}

static void unknown(const char *text, const char *words)
{
	cr_assert_eq(judge(text), FQ_UNKNOWN, "known: %s", text);
	cr_assert(err.text && strstr(err.text, words), "%s: %s", text, err.text ? err.text : "no error");
	cr_assert_eq(err.where.line, 7);
}

static void refuse(const char *text, size_t offset, const char *words, const char *hint)
{
	parse_bytes(text, strlen(text));
	cr_assert_null(condition, "accepted: %s", text);
	cr_assert_eq(told.offset, offset, "%s: at %zu: %s", text, told.offset, told.text);
	cr_assert(strstr(told.text, words), "%s: %s", text, told.text);
	cr_assert(strstr(told.hint, hint), "%s: hint %s", text, told.hint);
}

/* --- numbers --------------------------------------------------------------------- */

Test(condition, numbers_are_compared_as_numbers)
{
	holds("{reads} >= 1000");
	fails("{reads} > 1000");
	holds("{reads} <= 1e3");
	holds("{reads} < 1000.5");
	holds("{reads} > 999"); /* as text, "1000" < "999" */
	holds("{reads} == 1000.0");
	fails("{reads} == '1000.0'"); /* in quotes it is text */
	holds("{reads} == '1000' and {reads} != '+1000' and {reads} in ('7', '1000')");
	fails("{reads} in ('01000', '1e3')");
	fails("{reads} != +1000");
	holds("{gc} > .4");
	holds("{gc} < 1.");
	holds("{minus} == -25");
	holds("1 < {reads}");
	holds("{reads} == 1e3");
}

Test(condition, integers_are_exact)
{
	holds("{big} > {bigger}"); /* equal as double */
	fails("{big} == {bigger}");
	holds("{big} == 9223372036854775807");
	holds("{least} == -9223372036854775808");
	holds("{least} < {big}");
	holds("{huge} >= {big}"); /* beyond int64: as double */
}

Test(condition, what_is_no_finite_decimal_number_is_text)
{
	fails("{hex} == 16");
	holds("{hex} == \"0x10\"");
	fails("{blank} == 1");
	holds("{infinite} == \"1e999\"");
	fails("{infinite} == \"2e999\"");
	unknown("{infinite} > 1", "{infinite} is no number: \"1e999\"");
	unknown("{hex} > 1", "0x10");
	unknown("{blank} > 0", "{blank} is no number: \" 1\"");
	unknown("1 < {condition}", "{condition} is no number: \"case\"");
	unknown("{empty} < 5", "{empty} is no number: \"\"");
}

/* --- text ------------------------------------------------------------------------- */

Test(condition, text_is_compared_byte_by_byte)
{
	holds("{condition} == \"case\"");
	holds("'case' == {condition}");
	fails("{condition} == 'Case'");
	holds("{condition} != 'cas'");
	holds("{empty} == \"\"");
	holds("{empty} == ''");
}

Test(condition, backslashes_in_double_quotes_escape_quote_and_backslash_alone)
{
	holds("{quote} == \"a\\\"b\\\\c\"");
	holds("{quote} == 'a\"b\\c'");
	holds("{quote} == \"a\\\"b\\c\"");
}

Test(condition, braces_in_quotes_are_text_unless_they_look_like_a_placeholder)
{
	fails("{condition} == \"{}\"");
	fails("{condition} == \"a{2}\"");
	fails("{condition} == '{reads}'");
	refuse("{condition} == \"x{reads}\"", 17, "only text", "without quotes");
}

Test(condition, matches_is_an_extended_regular_expression)
{
	holds("{condition} matches \"^c(a|o)se$\"");
	holds("{condition} matches 's'");
	fails("{condition} matches '^s'");
	holds("{quote} matches \"b\\\\\\\\c\""); /* the pattern b\\c: a backslash */
	holds("{reads} matches '^[0-9]{4}$'");
	holds("{empty} matches '^$'");
	holds("{condition} matches 'ase' and {reads} matches '00'");
}

Test(condition, many_repetitions_side_by_side_are_fine)
{
	holds("{condition} matches '^[a-z]+s+e+(x{0,255})*(y+)?z*[]+[:alpha:]{}+]*e?e?$'");
	holds("{reads} matches '^[0-9]{1,1000}$'");
	holds("{reads} matches '^(1+|2+|3+|4+|5+)(0+|1+|2+)+$'");
	fails("{reads} matches '\\+\\{9999}\\('");
}

Test(condition, in_is_equal_to_one_of_them)
{
	holds("{condition} in (\"control\", 'case')");
	fails("{condition} in (\"control\")");
	holds("{reads} in (1, 1e3)");
	holds("{condition} in ({yes}, {condition})");
	holds("not {condition} in ('a')");
}

/* --- truth --------------------------------------------------------------------------- */

Test(condition, a_reference_alone_is_asked_for_truth)
{
	holds("{yes}");
	holds("{reads}");
	holds("{nothing}"); /* begins with "no" */
	holds("{minus}");
	holds("{infinite}");
	fails("{empty}");
	fails("{zero}");
	fails("{zeros}");
	fails("{no}");
	fails("{false}");
	holds("not {false}");
}

Test(condition, or_binds_less_than_and_less_than_not_less_than_a_comparison)
{
	holds("{yes} or {no} and {no}");
	fails("({yes} or {no}) and {no}");
	holds("{no} and {no} or {yes}");
	fails("not {yes} and {no}");
	fails("not ({no} or {yes})");
	holds("not {no} and {yes}");
	holds("not {reads} == 1"); /* not ({reads} == 1) */
	holds("not not {yes}");
	holds("\n{yes}\tand\r\n  {reads}>=1000 and{yes}");
}

Test(condition, what_decides_nothing_is_not_looked_up)
{
	fails("{no} and {stats.reads} > 1 and {yes}");
	cr_assert_eq(looked_up[FQ_COUNT(known) - 1], 0);
	holds("{yes} or {stats.reads}");
	holds("{condition} in ('case', {stats.reads})");
	fails("({no} or {zero}) and not {stats.reads}");
}

Test(condition, a_value_that_was_not_reported_makes_it_unknown)
{
	unknown("{stats.reads} >= 1000", "{stats.reads} was not reported");
	unknown("not {stats.reads}", "not reported");
	unknown("{yes} and {stats.reads} == 5", "not reported");
	unknown("{no} or ({stats.reads} matches 'x' or {yes})", "not reported");
	unknown("{stats.reads} != 1", "not reported");
	unknown("1000 < {stats.reads}", "not reported");
	cr_assert(strstr(err.hint, "FQRUN_VALUES"));
}

/* --- refused ----------------------------------------------------------------------------- */

Test(condition, signs_of_other_languages_are_refused_with_ours)
{
	refuse("{reads} = 5", 8, "=", "write ==");
	refuse("{reads} === 5", 8, "===", "write ==");
	refuse("{yes} && {no}", 6, "&&", "`and`");
	refuse("{yes} || {no}", 6, "||", "`or`");
	refuse("!{yes}", 0, "!", "`not`");
	refuse("{reads} <> 5", 8, "<>", "!=");
	refuse("{reads} => 5", 8, "=>", ">=");
	refuse("{condition} =~ 'x'", 12, "=~", "matches");
	refuse("{yes} AND {no}", 6, "AND", "`and`");
	refuse("{yes} and }", 10, "}", "");
}

Test(condition, bare_words_are_refused_with_a_hint_to_quote_them)
{
	refuse("{condition} == case", 15, "case", "\"case\"");
	refuse("{condition} == a/b-c.gz", 15, "a/b-c.gz", "\"a/b-c.gz\"");
	refuse("stats.reads > 5", 0, "stats.reads", "{stats.reads}");
	refuse("{yes} andnot {no}", 6, "andnot", "");
}

Test(condition, numbers_are_decimal_and_whole)
{
	refuse("{reads} > 5M", 10, "not a number: 5M", "1000000");
	refuse("{reads} > 0x10", 10, "0x10", "");
	refuse("{reads} > 1e", 10, "1e", "");
	refuse("{reads} > 1.2.3", 10, "1.2.3", "");
	refuse("{reads} > 1e999", 10, "too large", "");
	refuse("{reads} > -", 10, "-", "");
	refuse("{reads} > 1_000", 10, "1_000", "");
}

Test(condition, comparisons_are_not_chained)
{
	refuse("1 < {reads} < 5", 12, "chain", "write 1 < {reads} and {reads} <");
	refuse("{reads} == {gc} == {zero}", 16, "chain", "{reads} == {gc} and {gc} ==");
	refuse("{reads} in (1) == 2", 15, "chain", "");
	refuse("({reads} > 1) == 2", 14, "( )", "");
}

Test(condition, a_comparison_without_a_reference_is_refused)
{
	refuse("1 == 1", 0, "same for every job", "{placeholder}");
	refuse("\"reads\" >= 1000", 0, "same for every job", "");
	refuse("'a' matches 'b'", 0, "same for every job", "");
	refuse("'a' in ('a', 'b')", 0, "same for every job", "");
	refuse("1000", 0, "neither true nor false", "compare");
	refuse("{yes} and \"case\"", 10, "neither true nor false", "compare");
}

Test(condition, text_has_no_order)
{
	refuse("{condition} < \"b\"", 0, "order", "==");
	refuse("{yes} and \"b\" >= {condition}", 10, "order", "==");
}

Test(condition, bad_regular_expressions_are_refused_with_the_systems_words)
{
	refuse("{condition} matches \"a[b\"", 20, "Unmatched [", "");
	refuse("{condition} matches '('", 20, "Unmatched (", "");
	refuse("{condition} matches {yes}", 20, "regular expression in quotes", "");
	refuse("{condition} matches '((x{999}){999}){999}'", 20, "repetitions", "");
	refuse("{condition} matches '((x{0}){99}){99}'", 20, "repetitions", ""); /* a gigabyte in glibc */
	refuse("{condition} matches 'x+++++++++++++++++++++++++++++++++++++++++++++'", 20,
	        "a repetition of a repetition", "");
	refuse("{condition} matches '((x+){40}y){40,}'", 20, "repetitions", "");
	refuse("{condition} matches 'x{99999999999999999999}'", 20, "repetitions", "");
	refuse("{yes} matches 'a' and {yes} matches '('", 36, "Unmatched", "");
}

Test(condition, what_is_missing_is_said_where_it_is_missing)
{
	refuse("", 0, "empty", "leave the key out");
	refuse("  ", 2, "empty", "");
	refuse("{reads} >=", 10, "missing at the end", "");
	refuse("{yes} and", 9, "missing at the end", "");
	refuse("{yes} or and {no}", 9, "should be a value", "");
	refuse("({yes}", 0, "( without its )", "");
	refuse("{yes} and ({no} {yes}", 16, "`and`, `or` or )", "");
	refuse("{yes})", 5, ") without its (", "");
	refuse("()", 1, "should be a value", "");
	refuse("{yes} {no}", 6, "`and` or `or`", "");
	refuse("{condition} not in ('a')", 12, "`and` or `or`", "`not` stands in front");
	refuse("{condition} in 'a'", 15, "choices", "in (");
	refuse("{condition} in ()", 16, "should be a value", "");
	refuse("{condition} in ('a' 'b')", 20, "comma", "");
	refuse("{condition} in ('a'", 19, "comma", "");
	refuse("{condition} == \"case", 15, "quote without its end", "");
	refuse("{condition} == \"case\\\"", 15, "quote without its end", "");
	refuse("{condition} == '", 15, "quote without its end", "");
	refuse("{no such} == 1", 0, "not a placeholder", "{TASK.NAME}");
}

Test(condition, what_the_resolver_refused_is_told_once)
{
	parse_bytes("{yes} and {bad} == 1", 20);
	cr_assert_null(condition);
	cr_assert_eq(told.text[0], '\0'); /* nothing of the parser's own */
	parse_bytes("{bad}", 5);
	parse_bytes("{yes} in ({bad})", 16);
	parse_bytes("{yes} {bad}", 11);
	parse_bytes("({yes} {bad}", 12);
}

Test(condition, two_mistakes_are_told_one_at_a_time)
{
	refuse("1 < 6 x", 6, "x", "\"x\"");
	refuse("{condition} < 'b' && {yes}", 18, "&&", "`and`");
	refuse("'a' x", 4, "x", "");
}

Test(condition, a_nul_byte_is_no_condition)
{
	parse_bytes("{yes} \0", 7);
	cr_assert_null(condition);
	cr_assert_eq(told.offset, 6);
}

/* --- size ------------------------------------------------------------------------------------ */

static void nest(struct fq_buf *buf, const char *open, unsigned depth)
{
	buf->len = 0;
	for (unsigned i = 0; i < depth; i++) {
		fq_buf_puts(buf, open);
	}
	fq_buf_puts(buf, "{yes}");
	for (unsigned i = 0; i < depth && open[0] == '('; i++) {
		fq_buf_putc(buf, ')');
	}
}

Test(condition, sixty_four_levels_and_no_more)
{
	struct fq_buf buf = {0};
	nest(&buf, "(", 64);
	holds(buf.at);
	nest(&buf, "not ", 64);
	holds(buf.at);
	nest(&buf, "(", 65);
	refuse(buf.at, 64, "64 levels", "");
	nest(&buf, "not ", 100000);
	refuse(buf.at, 256, "64 levels", "");
	fq_buf_finish(&buf);
}

Test(condition, siblings_are_no_levels)
{
	struct fq_buf buf = {0};
	fq_buf_puts(&buf, "({yes}) and not {no}");
	for (unsigned i = 0; i < 50000; i++) {
		fq_buf_puts(&buf, i % 2 ? " and ({yes})" : " and not {no}");
	}
	holds(buf.at);
	fq_buf_puts(&buf, " and {no}");
	fails(buf.at);
	fq_buf_finish(&buf);
}
