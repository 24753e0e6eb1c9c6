/* Compiled commands that are accepted: what the child receives. */
#include "script_run.h"

TestSuite(script, .init = make_folder, .fini = remove_printed);

#define EVIL "a'b\"c $(touch PWNED) `touch PWNED` ; touch PWNED #\\ \n* "

static void expect_evil(const char *text, const char *right)
{
	expect_run(text, WITH(EVIL), right);
	cr_assert_neq(access("PWNED", F_OK), 0);
}

/* --- each row of "How a value travels" --------------------------------------------- */

Test(script, bare_is_one_word)
{
	expect_evil(BASH "printf '<%s>' {sample} x{sample} | cat\n", "<" EVIL "><x" EVIL ">");
	expect_evil(SH "printf '<%s>' {sample} x{sample} | cat\n", "<" EVIL "><x" EVIL ">");
}

Test(script, bare_in_nested_commands)
{
	expect_evil(BASH "printf '<%s>' \"$(printf %s {sample}x)\"; ( printf %s {sample} )\n",
	        "<" EVIL "x>" EVIL);
	expect_evil(BASH "cat <(printf %s {sample}) <<< {sample} -\n", EVIL EVIL "\n");
	expect_evil(SH "printf '<%s>' \"$(printf %s \"$(printf %s {sample}x)\")\"\n", "<" EVIL "x>");
}

Test(script, list_is_separate_words)
{
	expect_evil(BASH "printf '<%s>' a {reads} z; (printf '<%s>' {reads})\n",
	        "<a><" EVIL "><" EVIL "><z><" EVIL "><" EVIL ">");
	expect_evil(BASH "for f in {reads}; do printf '<%s>' \"$f\"; done\n", "<" EVIL "><" EVIL ">");
	expect_evil(BASH "a=( {reads} x ); printf '<%s>' \"${a[@]}\"\n", "<" EVIL "><" EVIL "><x>");
	expect_evil(BASH "f() { echo $#; }; f {reads} >&1; set -- {reads}; echo \"$#\"\n", "2\n2\n");
	expect_evil(BASH "cat <(printf '<%s>' {reads})\n", "<" EVIL "><" EVIL ">");
}

Test(script, empty_list_is_no_word)
{
	struct values with = WITH("x");
	with.list_count = 0;
	expect_run(BASH "echo a {reads} {sample}; for f in {reads}; do echo no; done\n", with, "a x\n");
}

Test(script, long_list_comes_from_a_file)
{
	struct values with = WITH("x");
	char file[160];
	snprintf(file, sizeof(file), "%s/list 1", folder);
	int fd = open(file, O_WRONLY | O_CREAT, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, "a\nb\0c d\0", 8));
	close(fd);
	with.list_file = file;
	expect_run(BASH "printf '<%s>' {sample} {reads} {threads}; echo $#\n", with, "<x><a\nb><c d><3>0\n");
}

Test(script, missing_list_file_fails_the_job)
{
	struct values with = WITH("x");
	with.list_file = "no-such-file";
	load(BASH "true; printf ran {reads}\n");
	cr_assert_eq(run_script(task("t"), with), 1);
	cr_assert_null(strstr(printed.at, "ran"));
}

Test(script, double_quotes_hold_it_together)
{
	expect_evil(BASH "printf '<%s>' \"a {sample}\\\" $# ${x:-z}\"\n", "<a " EVIL "\" 0 z>");
	expect_evil(SH "printf '<%s>' \"a {sample}\\\" $# ${x:-z}\"\n", "<a " EVIL "\" 0 z>");
}

Test(script, here_document_holds_it)
{
	expect_evil(BASH "cat <<EOF\n  it's \" {sample}\n  costs 5$ {sample}\n  $(echo y)\n  EOF\n",
	        "it's \" " EVIL "\ncosts 5$ " EVIL "\ny\n");
	expect_evil(BASH "cat <<-A - <<'B' | cat; echo {sample}\n  \t{sample}\n  \tA\n  $x {print}\n  B\n",
	        "$x {print}\n" EVIL "\n");
	expect_evil(SH "cat <<EOF; printf %s {sample}\n  it's {sample}\n  EOF\n", "it's " EVIL "\n" EVIL);
}

Test(script, single_quotes_demand_a_plain_value)
{
	expect_run(BASH "printf '<%s>' 'a {sample} {print} \"b\"'\n", WITH("v w"), "<a v w {print} \"b\">");
	cr_assert_eq(ref_of(task("t"), "{sample}")->demand, FQ_DEMAND_PLAIN);
	expect_run(SH "awk 'BEGIN { print \"{sample}\", NR }'\n", WITH("v w"), "v w 0\n");
	cr_assert_eq(ref_of(task("t"), "{sample}")->demand, FQ_DEMAND_PLAIN);
}

Test(script, shell_variables_in_single_quotes_are_left_alone)
{
	expect_run(
	        BASH "printf '<%s>' '${sample} {nothing}' {sample}\n", WITH("v"), "<${sample} {nothing}><v>");
}

Test(script, arithmetic_demands_an_integer)
{
	expect_run(BASH "echo $(( {threads} * 2 )) $(({threads}<<1)); (( {threads} > 2 )) && echo yes\n",
	        WITH("x"), "6 6\nyes\n");
	cr_assert_eq(ref_of(task("t"), "{threads}")->demand, FQ_DEMAND_INTEGER);
	expect_run(BASH "for ((i = 0; i < {threads}; i++)); do echo $i; done\n", WITH("x"), "0\n1\n2\n");
	expect_run(SH "echo $(( 1 + {threads} ))\n", WITH("x"), "4\n");
	cr_assert_eq(ref_of(task("t"), "{threads}")->demand, FQ_DEMAND_INTEGER);
}

/* --- the script stays the user's own -------------------------------------------------- */

Test(script, depends_on_the_template_alone)
{
	load(BASH "echo {sample} | cat\n");
	cr_assert_str_eq(task("t")->script.text.at, "_fq1=$1; shift 1; set --; echo \"${_fq1}\" | cat");
	load(BASH "echo {sample} {reads} {sample} {threads} | cat\n");
	const struct fq_script *script = &task("t")->script;
	cr_assert_eq(script->value_count, 3);
	cr_assert_eq(task("t")->refs[script->values[0]].kind, FQ_REF_SAMPLE);
	cr_assert_eq(task("t")->refs[script->values[1]].kind, FQ_REF_THREADS);
	cr_assert_eq(task("t")->refs[script->values[2]].kind, FQ_REF_READS);
}

Test(script, takes_more_than_nine_values)
{
	expect_run("[samples]\na = x\n[vars]\na1 = 1\na2 = 2\na3 = 3\na4 = 4\na5 = 5\na6 = 6\na7 = 7\na8 = "
	           "8\na9 = 9\n"
	           "[task t]\nper = sample\ncommand = echo "
	           "{a1}{a2}{a3}{a4}{a5}{a6}{a7}{a8}{a9}{threads}{sample} {reads}\n",
	        WITH("v"), "vvvvvvvvv3v v v\n");
}

Test(script, line_numbers_are_the_users)
{
	load(BASH "true {sample}\n  nosuch {reads}\n");
	cr_assert_eq(run_script(task("t"), WITH("x")), 127);
	cr_assert(strstr(printed.at, "line 2: nosuch"), "%s", printed.at);
}

Test(script, arguments_functions_and_variables_are_untouched)
{
	expect_run(BASH "f() { echo $# \"$1\"; }; echo $#; set -- a b; f {sample}; echo $# \"$@\"; env | "
	                "grep -c _fq || :\n",
	        WITH("v w"), "0\n1 v w\n2 a b\n0\n");
	expect_run(SH "f() { echo $# \"$1\"; }; echo $#; set -- a b; f {sample}; echo $# \"$@\"\n",
	        WITH("v w"), "0\n1 v w\n2 a b\n");
}

Test(script, without_placeholders_is_passed_on)
{
	load(BASH "echo `date` \"${x:-'}\" $[1] (  $( case\n");
	cr_assert_str_eq(task("t")->script.text.at, "echo `date` \"${x:-'}\" $[1] (  $( case");
	cr_assert_str_eq(task("t")->script.normal.at, "echo `date` \"${x:-'}\" $[1] (  $( case");
	cr_assert_eq(task("t")->script.value_count, 0);
}

Test(script, setup_runs_first_and_without_u)
{
	expect_run("[samples]\na = x\n[task t]\nper = sample\nsetup = y=$nosuch{sample}\n  # it's done\n"
	           "command = echo $y; (echo $nosuch) 2> /dev/null || echo strict\n",
	        WITH("v"), "v\nstrict\n");
	expect_run("[samples]\na = x\n[task t]\nper = sample\nshell = sh\nsetup = y=$nosuch\ncommand = echo "
	           "{sample}$y\n",
	        WITH("v w"), "v w\n");
}

Test(script, setup_counts_as_lines_above_the_command)
{
	load("[samples]\na = x\n[task t]\nsetup = true\n  true\ncommand = true\n  nosuch\n");
	cr_assert_eq(run_script(task("t"), WITH("x")), 127);
	cr_assert(strstr(printed.at, "line 4: nosuch"), "%s", printed.at);
}

Test(script, comments_are_inert)
{
	expect_run(BASH "# it's {smaple} {sample} \" $( `\n  echo {sample} # {reads:x} '\n  echo a#b $#\n",
	        WITH("v"), "v\na#b 0\n");
}

Test(script, doubled_braces_are_literal)
{
	expect_run(BASH "echo {{sample}} '{{sample}}' \"{{sample}}\" {} {a,b} ${x:-{}\n", WITH("v"),
	        "{sample} {sample} {sample} {} a b {\n");
	expect_run(BASH "exec {{fd}}> o2; echo {sample} >&$fd; cat o2\n", WITH("v"), "v\n");
}

/* --- what ordinary users write ---------------------------------------------------------- */

Test(script, ordinary_commands)
{
	static const char *const commands[] = {"cat {reads} | sort > {output}; cat < {output}",
	        "if [ -s {sample} ]; then echo {sample}; elif false; then :; else { echo x; }; fi",
	        "! grep -q x {sample}", "{ echo {sample}; } > {output} 2>&1 && cat {output} >&2 || exit 1",
	        "while read -r l; do echo \"$l\" {sample}; done < {sample}",
	        "echo \\\n    {sample} \\\n    -x",
	        "case {sample} in a*|(b) echo )) echo {sample};; *) echo ')';; esac",
	        "diff <(sort {sample}) >(cat) || :",
	        "n=$(( $(cat {reads} | wc -l) / 4 )); echo \"$n\" >| {output}",
	        "function g { echo \"$1\"; }; g {sample} |& cat",
	        "echo ${x:-'a}'} \"${x:-'b'}\" \"${x#y}\" ${#x} {sample}",
	        "time -p cat {sample} &> {output}; wait",
	        ("sed -n '1~4s/^@//p' {sample} | awk -F'\\t' '{c[$1]++} END {for (k in c) print k \"\\t\" "
	         "c[k]}'"),
	        "r=( {reads} ); for i in \"${!r[@]}\"; do echo \"${r[$i]}\" ${#r[@]}; done",
	        "( (cat {sample}) )", "python3 - {sample} <<'EOF'\n    d = {\"a\": 1}\n    EOF",
	        "local_() ( local x=$1; echo \"$x\" ); local_ {sample}",
	        "[[ -n $HOME && $HOME == /* ]] && echo {sample}",
	        "xargs -0 -a {reads:list0} cat; echo `date` {reads:,}"};
	char text[400];
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		snprintf(text, sizeof(text), BASH "%s\n", commands[i]);
		if (i != 6) {
			load(text);
			cr_assert_not(task("t")->script.is_direct);
		}
	}
}

Test(script, file_of_a_redirection_needs_not_be_plain)
{
	load(BASH "bash -c 'cat' < {sample} > {output}; echo $(( $(wc -l < {sample}) ))\n");
	cr_assert_eq(ref_of(task("t"), "{sample}")->demand, 0);
	load(BASH "read -r n < <(wc -l {sample}); eval \"$(conda shell hook --shell bash)\"; echo $n\n");
	cr_assert_eq(ref_of(task("t"), "{sample}")->demand, 0);
}

/* --- the normal form ---------------------------------------------------------------------- */

static void expect_normal(const char *text, const char *right)
{
	load(text);
	cr_assert_str_eq(task("t")->script.normal.at, right, "got: %s", task("t")->script.normal.at);
}

Test(script, normal_form_drops_comments_and_blanks)
{
	expect_normal(BASH "echo   a \t b   # c\n\n  # d\n    echo  {sample}  ;  x\n",
	        "echo a b\necho \"${_fq1}\" ; x");
	expect_normal(BASH "a=( 1   2 # x\n    3 );  x  {sample}\n", "a=( 1 2\n3 ); x \"${_fq1}\"");
}

Test(script, normal_form_keeps_what_has_a_meaning)
{
	expect_normal(BASH "echo 'a  # b' \"c  d\" e\\  f a#b $#\n", "echo 'a  # b' \"c  d\" e\\  f a#b $#");
	expect_normal(BASH "x\n  echo a\\\n    b # c\n  d\n", "x\necho a\\\n b\nd");
	expect_normal(BASH "cat <<EOF  # x\n  a  # b\n\n  EOF\n  c   d\n", "cat <<EOF\na  # b\n\nEOF\nc d");
	expect_normal(BASH "echo $(( 1   + 2 ))  ${x:-a  b}   [[ -n  x ]]\n",
	        "echo $(( 1   + 2 )) ${x:-a  b} [[ -n x ]]");
}

Test(script, normal_form_with_a_setup)
{
	load("[task t]\nsetup = a  b # c\ncommand = d  e\n");
	cr_assert_str_eq(task("t")->script.normal.at, "set +u\na b\nset -u\nd e");
	cr_assert_str_eq(task("t")->script.text.at, "set +u; a  b # c\nset -u; d  e");
}

Test(script, pieces_are_the_users_script)
{
	struct fq_buf got = {0};
	load("[samples]\na = x\n[task t]\nper = sample\nsetup = a  b\ncommand = echo  {sample} '{sample}' "
	     "\"{sample}\" # c\n");
	const struct fq_script *script = &task("t")->script;
	uint8_t contexts[3];
	size_t n = 0;
	add_pieces(&got, task("t"), script->pieces, script->piece_count);
	cr_assert_str_eq(got.at, "a  b\necho  {sample} '{sample}' \"{sample}\" # c");
	for (uint32_t i = 0; i < script->piece_count; i++) {
		if (script->pieces[i].ref >= 0 && n < 3) {
			contexts[n++] = script->pieces[i].context;
		}
	}
	cr_assert(n == 3 && contexts[0] == FQ_CONTEXT_BARE && contexts[1] == FQ_CONTEXT_SINGLE &&
	          contexts[2] == FQ_CONTEXT_DOUBLE);
	fq_buf_finish(&got);
}

/* --- without a shell ------------------------------------------------------------------------ */

Test(script, simple_words_need_no_shell)
{
	load(BASH "fastqc -o  d/{sample} 'a  $b'\"c;d\" --x={threads} {reads} ''\n");
	cr_assert(task("t")->script.is_direct);
	expect_words(
	        task("t"), &task("t")->script.direct, "fastqc|-o|d/{sample}|a  $bc;d|--x={threads}|{reads}|");
	cr_assert_eq(task("t")->script.direct.words[1].line, 7);
	cr_assert_eq(task("t")->script.direct.words[1].column, 18);
}

Test(script, others_need_a_shell)
{
	static const char *const commands[] = {"a | b", "a > b", "a; b", "a $b", "a \"$b\"", "a \"`b`\"",
	        "a \"\\b\"", "a *", "a ~", "a {{sample}}", "a {}", "a #b", "x=1 a", "echo a", "cd a", "if",
	        "exec a", "{tool} a", "a &", "a\n  b", "a \\\n  b", "a 'b\n  c'", "a\\b", "'x=1' a", "a !",
	        "[ a ]", "''"};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		snprintf(text, sizeof(text), "[vars]\ntool = t\n" BASH "%s\n", commands[i]);
		load(text);
		cr_assert_not(task("t")->script.is_direct, "%s", commands[i]);
	}
	load("[task t]\nsetup = a\ncommand = b\n");
	cr_assert_not(task("t")->script.is_direct);
}
