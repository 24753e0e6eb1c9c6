/* Commands that are refused, and values that must be plain. */
#include "script_run.h"

TestSuite(script_refused, .init = make_folder, .fini = remove_printed);

/* `column` counts from the command's first byte. */
static void refuse_command(const char *command, uint32_t column, const char *words, const char *hint)
{
	char text[2000];
	snprintf(text, sizeof(text), "[vars]\nv = 1\nw = 1 2\n" BASH "%s\n", command);
	refuse(text, 10, 10 + column, words, hint);
}

static void refuse_sh(const char *command, uint32_t column, const char *words, const char *hint)
{
	char text[500];
	snprintf(text, sizeof(text), SH "%s\n", command);
	refuse(text, 7, 10 + column, words, hint);
}

static uint8_t demand_in(const char *command)
{
	char text[500];
	snprintf(text, sizeof(text), "[vars]\nv = eval\nw = bash -c\nq = fastqc -q\n" BASH "%s\n", command);
	load(text);
	return ref_of(task("t"), "{sample}")->demand;
}

/* --- where a placeholder may not stand ------------------------------------------------ */

Test(script_refused, inside_backticks)
{
	refuse_command("echo `echo {sample}`", 12, "{sample} may not stand inside backticks", "write $( )");
	refuse_command("echo \"`echo {sample}`\"", 13, "backticks", "write $( )");
}

Test(script_refused, inside_parameters)
{
	refuse_command("echo ${x:-{sample}}", 11, "inside ${ }", "assign it first");
	refuse_command("echo \"${x:-a{sample}}\"", 13, "inside ${ }", "assign it first");
	refuse_command("echo ${x:-$(echo {sample})}", 18, "inside ${ }", "assign it first");
}

Test(script_refused, behind_a_backslash_in_quotes)
{
	refuse_command("echo \"a\\{sample}\"", 9, "behind a `\\`", "{{word}}");
	load(BASH "echo \\{sample} \"\\{x}\"\n");
}

Test(script_refused, inside_conditions)
{
	refuse_command("[[ {sample} == a ]]", 4, "inside [[ ]]", "write [ ]");
	refuse_command("if [[ -n \"{sample}\" ]]; then x; fi", 11, "inside [[ ]]", "write [ ]");
}

Test(script_refused, inside_dollar_quotes)
{
	refuse_command("echo $'a{sample}'", 9, "inside $'...'", "end that quote");
	refuse_command("echo $\"a{sample}\"", 9, "inside $\"...\"", "without the $");
}

Test(script_refused, in_quoted_here_documents)
{
	refuse("[samples]\na = x\n[task t]\nper = sample\ncommand = cat <<'EOF'\n    a {sample}\n    EOF\n",
	        6, 7, "here-document whose end word is quoted", "<<EOF without quotes");
	refuse("[samples]\na = x\n[task t]\nper = sample\ncommand = cat <<\\EOF\n    {sample}\n    EOF\n", 6,
	        5, "quoted", "<<EOF");
}

Test(script_refused, beside_expansions_in_here_documents)
{
	static const char *const lines[] = {
	        "$(date) {sample}", "{sample} `date`", "{sample}${x}", "\\{sample}", "{sample} $x"};
	char text[300];
	for (size_t i = 0; i < FQ_COUNT(lines); i++) {
		snprintf(text, sizeof(text),
		        "[samples]\na = x\n[task t]\nper = sample\ncommand = cat <<EOF\n    %s\n    EOF\n",
		        lines[i]);
		refuse(text, 6, 5 + (uint32_t)(strstr(lines[i], "{sample}") - lines[i]),
		        "here-document line that holds another expansion", "line of its own");
	}
	refuse("[samples]\na = x\n[task t]\nper = sample\ncommand = cat <<EOF\n    $(echo\n    {sample}\n    "
	       ")\n    EOF\n",
	        7, 5, "here-document line", "line of its own");
}

Test(script_refused, where_a_name_is_expected)
{
	refuse_command("for {sample} in a; do x; done", 5, "where the shell expects a name", "variable");
	refuse_command("function {sample} { x; }", 10, "where the shell expects a name", "function");
}

Test(script_refused, in_subscripts_and_ranges)
{
	refuse_command("a[{threads}]=1", 3, "in an array's subscript", "reckon");
	refuse_command("a[ 1 + {threads} ]=1", 8, "in an array's subscript", "reckon");
	refuse_command("a=( [{threads}]=1 )", 6, "in an array's subscript", "reckon");
	refuse_command("for i in {1..{threads}}; do x; done", 14, "range of braces", "seq");
}

Test(script_refused, as_the_program)
{
	refuse_command("{sample} x", 1, "{sample} may not choose the program", "[vars]");
	refuse_command("a && {sample} x", 6, "may not choose the program", "[vars]");
	refuse_command("if {sample}; then x; fi", 4, "may not choose the program", "[vars]");
	refuse_command("exec {sample}", 6, "may not choose the program", "[vars]");
	refuse_command("env A=1 {sample}", 9, "may not choose the program", "[vars]");
	refuse_command("echo $({reads})", 8, "may not choose the program", "[vars]");
	load("[vars]\nv = a b\n" BASH "{v} {sample}; ./{sample}.sh; {threads}/x\n");
}

/* --- lists -------------------------------------------------------------------------------- */

Test(script_refused, lists_that_are_not_alone)
{
	static const char *const commands[] = {"echo \"{reads}\"", "echo '{reads}'", "echo x{reads}",
	        "echo {reads}x", "x={reads}", "cat < {reads}", "cat <<< {reads}",
	        "case {reads} in a) x;; esac", "case a in {reads}) x;; esac", "echo $(( {reads} ))",
	        "echo {reads}<(x)", "echo {reads}{reads:,}", "--x={reads}", "export A={reads}"};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		refuse_command(commands[i], 1 + (uint32_t)(strstr(commands[i], "{reads}") - commands[i]),
		        "{reads} is a list: it must stand alone",
		        "{reads:,} joins it with commas, {reads:list} names a file with one a line, "
		        "{reads:list0}");
	}
	refuse("[samples]\na = x1 x2\n[task t]\nper = sample\ncommand = cat <<EOF\n    {reads}\n    EOF\n", 6,
	        5, "{reads} is a list", "{reads:,}");
}

Test(script_refused, lists_have_hints_that_fit)
{
	static const char wrong[] = "{reads} is a list: it must stand alone";
	refuse_command(
	        "wc < {reads}", 6, wrong, "put `cat {reads} |` in front of the command; {r1} is one file");
	refuse_command("wc \"{reads}\"", 5, wrong, "{r1} is one file, {reads:,} joins");
	refuse_command(
	        "wc {reads.stem}.x", 4, "{reads.stem} is a list", "{r1.stem} is one file, {reads.stem:,}");
	refuse("[samples]\na = x1 x2\n[task t]\nper = cohort\ncommand = wc < {reads}\n", 5, 16, wrong,
	        "in front of the command; {reads:,} joins");
}

Test(script_refused, lists_in_sh)
{
	refuse_sh("cat {reads}", 5, "{reads} is a list, and sh has none", "shell = bash");
	load(SH "cat {reads:list} {reads:,}\n");
}

/* --- unknown and wrong ones ------------------------------------------------------------------ */

Test(script_refused, unknown_words)
{
	refuse_command("echo {smaple}", 6, "unknown placeholder {smaple}", "{sample}");
	refuse_command("echo \"a {nothing}\"", 9, "unknown placeholder {nothing}", "{{nothing}}");
	refuse_command("echo $(( {nothing} ))", 10, "unknown placeholder {nothing}", "[vars]");
	refuse_command("awk '{smaple}'", 6, "unknown placeholder {smaple}", "{sample}");
	load(BASH "awk '{print} {nothing}' {sample} # {smaple}\n");
	load(BASH "cat <<EOF\n  {nothing}\n  EOF\n");
	refuse("[samples]\na = x\n[task t]\nper = sample\ncommand = cat <<'EOF'\n    {smaple}\n    EOF\n", 6,
	        5, "unknown placeholder", "{sample}");
}

Test(script_refused, wrong_ones_everywhere)
{
	refuse_command("echo '{reads:x}'", 7, "no such form", NULL);
	refuse_command("echo {sample.name}", 6, "no such part", NULL);
	load(BASH "echo # {reads:x}\n");
}

/* --- scripts that are not understood ------------------------------------------------------------ */

Test(script_refused, unfinished_scripts)
{
	refuse_command(
	        "echo {sample} 'a", 15, "the script ends inside a quote: a ' that is not closed", "close");
	refuse_command("echo \"a {sample}", 6, "a \" that is not closed", "close");
	refuse_command("echo {sample} $(a", 16, "a ( that is not closed", "close");
	refuse_command("echo {sample} ${a", 15, "a ${ that is not closed", "close");
	refuse_command("echo {sample} )", 15, "a `)` without its `(`", "quote");
	refuse_command("cat {sample} <<EOF", 14, "a here-document whose", "line");
	refuse_command("cat {sample} <<EOF\n  x", 14, "here-document whose end word does not come", "line");
}

Test(script_refused, quotes_without_an_end)
{
	static const char words[] = "the script ends inside a quote";
	refuse("[task t]\ncommand = echo 'a\n  b\n", 2, 16, words, "close");
	refuse("[task t]\ncommand = echo x\n  if a; then echo \"b; fi\n", 3, 19, words, "close");
	refuse("[task t]\ncommand = echo $'a\\'\n", 2, 16, words, "close");
	load("[task t]\ncommand = echo a'b'c # it's\n  cat <<EOF\n  it's\n  EOF\n");
	load("[task t]\ncommand = awk '{print \"it'\"'\"'s\"}' \"'\" \\' a\\\"\n");
}

Test(script_refused, what_shells_read_differently)
{
	refuse_command("echo {sample} $(case a in a) b;; esac)", 17, "`case` inside $( )", "function");
	refuse_command("echo {sample} `echo \"a\"`", 21, "quotes inside backticks", "$( )");
	refuse_command("echo {sample} \"${x:-it's}\"", 23, "quotes inside ${ } inside quotes", "variable");
	refuse_command("echo {sample} $((echo a); b)", 16, "a (( that does not end in ))", "blank");
	refuse_command("((echo {threads}); b)", 1, "a (( that does not end in ))", "blank");
	refuse_command("echo {sample} $[1+2]", 15, "$[ ]", "$(( ))");
	refuse_command("ls {sample} @(a|b)", 13, "extended pattern", "case");
	refuse_command("alias a=b; a {sample}", 1, "aliases", "function");
	refuse_command("cat {sample} <<$x\n  $x", 14, "unusual end word", "<<EOF");
	refuse("[samples]\na = x\n[task t]\nper = sample\ncommand = cat {sample} <<EOF\n    a\\\n    EOF\n   "
	       " EOF\n",
	        6, 6, "here-document line that ends in `\\`", NULL);
}

Test(script_refused, what_sh_does_not_have)
{
	refuse_sh("a {sample} &> b", 12, "sh takes `&>` for", "2>&1");
	refuse_sh("a <(b {sample})", 3, "sh has no `<( )`", "bash");
	refuse_sh("a {sample} <<< b", 12, "sh has no `<<<`", "bash");
	refuse_sh("[[ -n a ]]; b {sample}", 1, "sh has no [[ ]]", "[ ]");
	refuse_sh("a=(b); c {sample}", 3, "sh has no arrays", "bash");
	refuse_sh("a {sample} $'b'", 12, "$'...'", "bash");
	refuse_sh("(( 1 )); a {sample}", 1, "sh has no `(( ))`", "$(( ))");
	refuse_sh("a {sample} |& b", 12, "sh has no `|&`", "2>&1");
	refuse_sh("function f { a {sample}; }", 1, "sh has no `function`", "NAME()");
}

Test(script_refused, lines_that_begin_with_a_dash)
{
	static const char words[] = "this line would run as a command of its own";
	refuse("[task t]\ncommand = fastp -i x\n    -o y\n", 3, 5, words, "\\");
	refuse("[task t]\ncommand =\n  fastp -i x # \\\n    -o y\n", 4, 5, words, "\\");
	refuse("[task t]\ncommand = echo $(fastp\n    -o y)\n", 3, 5, words, "\\");
	load("[task t]\ncommand = fastp -i x \\\n    -o 'a\n    -b' \"c\n    -d\"\n");
	load("[task t]\ncommand = cat <<EOF\n    -x\n    EOF\n");
	load("[task t]\ncommand = case $1 in\n    -h) a ;;\n    -*) b ;;\n    esac\n  a=(\n    -x\n  )\n");
}

Test(script_refused, setups_that_do_not_end)
{
	refuse("[task t]\nsetup = echo 'a\ncommand = b'\n", 2, 14, "a `setup` must be whole", "close");
	refuse("[task t]\nsetup = echo \\\ncommand = b\n", 2, 14, "a `setup` must be whole", "remove");
	refuse("[task t]\nsetup = cat <<EOF\ncommand = b\n", 2, 13, "a `setup` must be whole", NULL);
}

Test(script_refused, too_long)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, BASH);
	for (int i = 0; i < 14000; i++) {
		fq_buf_puts(&text, "echo {sample}\n  ");
	}
	refuse(text.at, 7, 11, "longer than a shell takes (131072)", "file");
	fq_buf_finish(&text);
}

Test(script_refused, nested_without_end)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, BASH "echo {sample} ");
	for (int i = 0; i < 20000; i++) {
		fq_buf_puts(&text, i % 2 ? "${a:-" : "$(");
	}
	fq_buf_putc(&text, '\n');
	refuse(text.at, 7, 258, "nested too deeply", NULL);
	fq_buf_finish(&text);
}

/* --- what is parsed a second time ------------------------------------------------------------------ */

Test(script_refused, words_of_commands_that_parse_again)
{
	static const char *const commands[] = {"eval \"x {sample}\"", "trap 'x {sample}' EXIT",
	        "sh -c 'x {sample}'", "/bin/bash -euc \"x {sample}\"", "env A=1 dash -c {sample}",
	        "sudo -u a zsh -c {sample}", "ssh h {sample}", "nice ssh -p 1 h \"x {sample}\"",
	        "find . -exec sh -c 'x {sample}' \\;", "xargs bash -c {sample}", "parallel x ::: {sample}",
	        "let x={sample}", "declare x={sample}", "export {sample}", "local x={sample}",
	        "typeset -i x={sample}", "readonly x={sample}", "read {sample}", "printf -v {sample} x",
	        "mapfile {sample}", "unset {sample}", "[ -v {sample} ]", "test -v {sample}",
	        "source {sample}", ". {sample}", "getopts a {sample}", "wait -p {sample}",
	        "compgen -W {sample}", "command eval {sample}", "builtin eval {sample}", "{v} {sample}",
	        "{w} {sample}", "x {w} {sample}", "coproc eval {sample}", "time -p eval {sample}",
	        "if eval {sample}; then x; fi", "$TOOL {sample}", "\"$@\" {sample}", "printf \"$f\" {sample}",
	        "bash <<EOF\n  {sample}\n  EOF", "ssh h <<EOF\n  {sample}\n  EOF", "echo {sample} | bash",
	        "bash -euo pipefail <<< {sample}", "eval \"$(x {sample})\"",
	        "bash -s a <<EOF\n  {sample}\n  EOF", "source <(x {sample})", "BASH_ENV={sample} x",
	        "PS4={sample} x", "RANDOM={sample}", "f eval {sample}"};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		cr_assert_eq(demand_in(commands[i]), FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK, "%s", commands[i]);
	}
}

Test(script_refused, words_of_other_commands_are_free)
{
	static const char *const commands[] = {"eval x; y {sample}", "x {sample} | ssh h y",
	        "bash x.sh {sample}", "{q} {sample}", "printf '%s' -v {sample}", "[ {sample} = \"$x\" ]",
	        "eval x > {sample}", "read x <<< {sample}", "command -v {sample}", "PATH=$x:{sample} y",
	        "$HOME/bin/fastqc {sample}", "export A=1 B=$(x {sample})", "f() { local x=$1; }; f {sample}",
	        "echo sh {sample} -c", "x {sample}; echo a | bash y"};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		cr_assert_eq(demand_in(commands[i]), 0, "%s", commands[i]);
	}
}

Test(script_refused, variables_that_carry_a_value_to_arithmetic)
{
	static const char *const commands[] = {"n={sample}; echo $((n + 1))", "n={sample}; m=$n; (( m++ ))",
	        "for n in {sample}; do echo $(( $n )); done", "n={sample}; [[ $n -gt 1 ]]",
	        "n={sample}; echo ${x:n}", "n={sample}; echo ${x[$n]}", "n={sample}; echo ${!n}",
	        "n={sample}; a[$n]=1", "n=$(x {sample}); echo $((n))", "f() { echo $(( $1 )); }; f {sample}",
	        "declare -i n=1; n={sample}", "echo $(( $(x {sample}) ))",
	        "a=( {sample} ); echo $(( a[0] ))"};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		cr_assert_eq(demand_in(commands[i]), FQ_DEMAND_PLAIN, "%s", commands[i]);
	}
	cr_assert_eq(demand_in("n={sample}; eval \"x $n\""), FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK);
	cr_assert_eq(demand_in("n={sample}; i=0; echo $((i + 1)) \"$n\""), 0);
}
