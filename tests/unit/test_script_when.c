/* {?word …}: words that are there only if a value is. */
#include "script_run.h"

TestSuite(script_when, .init = make_folder, .fini = remove_printed);

#define EVIL "a'b\"c $(touch PWNED) `touch PWNED` ; touch PWNED #\\ \n* }"

/* What the command prints with a hostile value, and with an empty one. */
static void expect_both(const char *text, const char *full, const char *empty)
{
	struct values none = WITH("");
	none.list_count = 0;
	expect_run(text, WITH(EVIL), full);
	cr_assert_neq(access("PWNED", F_OK), 0);
	expect_run(text, none, empty);
}

static void refuse_command(const char *command, uint32_t column, const char *words, const char *hint)
{
	char text[500];
	snprintf(text, sizeof(text), BASH "%s\n", command);
	refuse(text, 7, 10 + column, words, hint);
}

Test(script_when, each_word_stays_one)
{
	expect_both(BASH "printf '<%s>' a {?sample -I {sample}} z\n", "<a><-I><" EVIL "><z>", "<a><z>");
	expect_both(SH "printf '<%s>' a {?sample -I {sample}} z\n", "<a><-I><" EVIL "><z>", "<a><z>");
}

Test(script_when, quotes_hold_words_together)
{
	expect_both(BASH "printf '<%s>' a {?sample --x={sample}y 'b  $c\"' \"d  {sample}\" \"\"}\n",
	        "<a><--x=" EVIL "y><b  $c\"><d  " EVIL "><>", "<a>");
	expect_both(SH "printf '<%s>' a {?sample --x={sample}y 'b  $c\"' \"d  {sample}\" \"\"}\n",
	        "<a><--x=" EVIL "y><b  $c\"><d  " EVIL "><>", "<a>");
	expect_both(BASH "printf '<%s>' a {?sample '* {x}} ~'}\n", "<a><* {x}} ~>", "<a>");
	expect_both(SH "printf '<%s>' a {?sample '* {x}} ~'}\n", "<a><* {x}} ~>", "<a>");
}

Test(script_when, whatever_ifs_is)
{
	expect_both(BASH "IFS=-x; printf '<%s>' a {?sample -I x-y {sample}} z\n", "<a><-I><x-y><" EVIL "><z>",
	        "<a><z>");
	expect_both(SH "IFS=; printf '<%s>' a {?sample -I x-y} z\n", "<a><-I><x-y><z>", "<a><z>");
}

Test(script_when, lists)
{
	expect_both(BASH "printf '<%s>' a {?reads -r {reads}}\n", "<a><-r><" EVIL "><" EVIL ">", "<a>");
	expect_both(BASH
	        "a=( {?reads {reads}} x ); for i in {?reads q} \"${a[@]}\"; do printf '<%s>' \"$i\"; done\n",
	        "<q><" EVIL "><" EVIL "><x>", "<x>");
	expect_both(BASH "printf '<%s>' a {?sample {threads}}\n", "<a><3>", "<a>");
}

Test(script_when, only_other_uses_demand_a_value)
{
	load(BASH "x {?r2 -I {r2}} {r1}\n");
	cr_assert_eq(ref_of(task("t"), "{r2}")->demand, 0);
	cr_assert_eq(ref_of(task("t"), "{r1}")->demand, FQ_DEMAND_PRESENT);
	cr_assert_not(task("t")->script.is_direct);
	load(BASH "x {?r2 -I {r2}}; y {r2}\n");
	cr_assert_eq(ref_of(task("t"), "{r2}")->demand, FQ_DEMAND_PRESENT);
	load(BASH "x {r2}\n");
	cr_assert_eq(ref_of(task("t"), "{r2}")->demand, FQ_DEMAND_PRESENT);
	cr_assert(task("t")->script.is_direct);
}

Test(script_when, its_words_may_be_options)
{
	static const char *const commands[] = {"bash {?sample -c {sample}}", "printf {?sample -v {sample}}",
	        "x {?sample bash -c {sample}}", "eval {?sample {sample}}", "[ {?sample -v {sample}} ]",
	        "bash {?threads -c} {sample}", "flock . {?sample -c {sample}}",
	        "flock . {?threads -c} {sample}"};
	char text[300];
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		snprintf(text, sizeof(text), BASH "%s\n", commands[i]);
		load(text);
		cr_assert_eq(ref_of(task("t"), "{sample}")->demand, FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK,
		        "%s", commands[i]);
	}
	load(BASH "awk {?sample -v s={sample}} '{print s}'; x {?sample '{sample}'}\n");
	cr_assert_eq(ref_of(task("t"), "{sample}")->demand, FQ_DEMAND_PLAIN);
}

Test(script_when, normal_form_and_pieces)
{
	load(BASH "x  {?sample -I  {sample}}  # c\n");
	cr_assert_str_eq(task("t")->script.normal.at, "x ${_fq1:+\"-I\"} ${_fq1:+\"${_fq1}\"}");
	const struct fq_script *script = &task("t")->script;
	uint32_t i = 0;
	while (i < script->piece_count && script->pieces[i].context != FQ_CONTEXT_WHEN) {
		i++;
	}
	cr_assert(i + 3 < script->piece_count && script->pieces[i].ref >= 0);
	cr_assert(fq_text_is(script->pieces[i + 1].text, "-I  "));
	cr_assert_eq(script->pieces[i + 2].context, FQ_CONTEXT_BARE);
	cr_assert_eq(script->pieces[i + 3].context, FQ_CONTEXT_END);
}

Test(script_when, where_it_may_not_stand)
{
	static const char words[] = "must stand alone where a command takes words";
	refuse_command("x \"{?sample a}\"", 4, words, "between blanks");
	refuse_command("x a{?sample a}", 4, words, "between blanks");
	refuse_command("x {?sample a}b", 3, words, "between blanks");
	refuse_command("x '{?sample a}'", 4, words, "between blanks");
	refuse_command("{?sample a} x", 1, words, "between blanks");
	refuse_command("x > {?sample a}", 5, words, "between blanks");
	refuse_command("x=${y:-{?sample a}}", 8, words, "between blanks");
}

Test(script_when, what_it_may_not_hold)
{
	refuse_command("x {?sample {?r1 a}}", 12, "a {?…} in another", "placeholders");
	refuse_command("x {?sample $y}", 12, "a sign that {?…} cannot hold", "quotes without $");
	refuse_command("x {?sample \"$y\"}", 13, "an expansion or a line's end", "quotes without $");
	refuse_command("x {?sample a;b}", 13, "a sign that {?…} cannot hold", "words of letters");
	refuse_command("x {?sample }", 12, "a {?…} without words", "words of letters");
	refuse_command("x {?sample a", 13, "a {?…} that is not closed", "end it with }");
	refuse_command("x {?sample a{reads}}", 13, "{reads} is a list", "{reads:,}");
	refuse_command("x {?sample '{x}' \"{x}\"}", 19, "unknown placeholder", "[vars]");
	refuse_command("x {?sample {smaple}}", 12, "unknown placeholder", "{sample}");
	refuse_command("x {?reads:list a}", 3, "has no form", "{?reads -f {reads:list}}");
	refuse_command("x {?smaple a}", 3, "unknown word in {?…}", "{sample}");
	refuse(SH "x {?reads a}\n", 7, 13, "{reads} is a list, and sh has none", "bash");
	load(BASH "awk '{?nothing a}' {sample}\n");
}
