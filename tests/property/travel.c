/* How a value travels, by property: random scripts with placeholders, run once
 * with a harmless value and once with a hostile one. The second output must be
 * the first with the values exchanged, nothing may have run (no file PWNED), and
 * the script's normal form must do the same as the script.
 *
 * Usage: travel [SEED [COUNT [bash|sh]]] */
#include "fqrun/manifest.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static uint64_t state;
static bool is_bash, is_second_parse;
static struct fq_buf out; /* the template being made */

static const char *const hostile[] = {"q;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "a'b;touch PWNED;'",
        "a\"b;touch PWNED;\"", "\ntouch PWNED\nz", "\nEOF\ntouch PWNED\nz", "'\ntouch PWNED\n'",
        "}; touch PWNED; {", ")\ntouch PWNED\n(", "a\\'; touch PWNED #", "BASH_VERSINFO[$(touch PWNED)]",
        "';touch PWNED;\"$(touch PWNED)\"`touch PWNED`", "*", "~/x", "a  b\\", "\\n", "caf\xc3\xa9 \xe9",
        "%s%n", "&touch PWNED&", "|touch PWNED", "{a,b}", "!x", "$HOME", "${x:=$(touch PWNED)}",
        "]]; touch PWNED; [[", "esac; touch PWNED", "x=$(touch PWNED)", "# y", "[a-z]*",
        "_fq1[$(touch PWNED)]", "@PWNED", "((touch PWNED))", "$'\\n'touch PWNED", "<(touch PWNED)", ">PWNED",
        "touch PWNED", ": ;touch PWNED", "a[$(touch${IFS}PWNED)]", "x;touch${IFS}PWNED",
        "s/x/y/e;e touch PWNED", "\";system(\"touch PWNED\");\"", "),system(q(touch PWNED)),q("};
/* For each set of demands there is one that holds them. */
static const char *const plain[] = {
        "a b", "7", "a=b", "x,y", "%s", "@z", "+x", "caf\xc3\xa9", "a:b", "..", "if", "done", "_"};

/* --- chance ----------------------------------------------------------------------------- */

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state * 0x2545F4914F6CDD1DULL) >> 33) % n;
}

static void put(const char *text)
{
	fq_buf_puts(&out, text);
}

#define PICK(...) pick((const char *const[]){__VA_ARGS__}, FQ_COUNT(((const char *const[]){__VA_ARGS__})))
static void pick(const char *const *texts, size_t count)
{
	put(texts[below((unsigned)count)]);
}

/* --- templates --------------------------------------------------------------------------- */

/* bash 5.2 itself loses commands behind a here-document in a loop inside $( ), and
 * the `;` in front of `break` in a loop behind one. */
static unsigned substitutions, blocks;

static void make_list(unsigned depth, bool has_newline);

static void make_substitution(const char *open, unsigned depth, bool has_newline)
{
	unsigned outer = blocks;
	blocks = 0;
	substitutions++;
	put(open);
	make_list(depth, has_newline);
	put(")");
	substitutions--;
	blocks = outer;
}

static void make_double(unsigned depth)
{
	unsigned parts = 1 + below(3);
	put("\"");
	while (parts--) {
		if (depth && below(6) == 0) {
			make_substitution("$(", depth - 1, false);
		} else {
			PICK("a ", "it's ", "{sample}", "{sample}", "\\\"", "${no:-z}", "${no:-'q'}", "$# ",
			        "{sample}x", "  ", "$${no:+y}", "\\$", "# ", "{a,b}", "{{sample}}", "\\\\");
			if (out.len > 7 && memcmp(out.at + out.len - 7, "{no:+y}", 7) == 0) {
				/* the process number differs from run to run */
				out.len -= strlen("$${no:+y}");
			}
		}
	}
	put("\"");
}

/* A file for each place, so that no command reads what it writes. */
static void put_through_file(const char *command)
{
	static unsigned count;
	count++;
	put(command);
	fq_buf_addf(&out, "{threads}.%u; cat {threads}.%u", count, count);
}

static void make_rare_word(void)
{
	if (below(4) == 0) {
		put("'${x}'");
	} else if (below(2)) {
		PICK("{?sample -- {sample}}", "{?sample a'b  $'\"{sample}\" ''}", "{?threads --x={sample}=*}",
		        "{?sample x{sample}y{threads} 'q {sample}'}");
	} else if (below(2)) {
		put(is_bash ? "{?reads -r {reads} z}" : "{?reads:, a}");
	} else if (is_bash) {
		PICK("${no:-{sample}}", "`echo {sample}`", "$'a{sample}'", "\"{reads}\"", "x{reads}",
		        "\"${no:-it's}\"", "$\"{sample}\"");
	} else {
		PICK("${no:-{sample}}", "`echo {sample}`", "{reads}", "$'x'", "<(echo)", "\"${no:-it's}\"");
	}
}

static void make_word(unsigned depth)
{
	switch (below(17)) {
	case 0:
		put("w");
		break;
	case 1:
	case 2:
		put("{sample}");
		break;
	case 3:
	case 4:
		make_double(depth);
		break;
	case 5:
		PICK("'{sample}'", "'a {sample} b'", "'{print $1}'", "'it is \"{sample}\"'", "'  x'");
		break;
	case 6:
		put("it\\'s{sample}");
		break;
	case 7:
		put(is_bash ? "{reads}" : "{sample}");
		break;
	case 8:
		put("x{sample}y");
		break;
	case 9:
		PICK("a#b", "${#home}", "$#", "\\#", "{a,b}", "{}", "\\{sample", "a\\ \\ b", "''", "\"\"",
		        "[x]", "-{sample}");
		break;
	case 10:
		PICK("$((1<<2))", "$(( {threads} + 1 ))", "$(( (1 + 2) * 3 ))", "$(( 1 + $(printf %s 2) ))");
		break;
	case 11:
		put("{sample}{sample}");
		break;
	case 12:
		put("{reads:,}");
		break;
	case 13:
		if (depth) {
			make_substitution("\"$(", depth - 1, true);
			put("\"");
			break;
		}
		put("{threads}");
		break;
	case 14:
		put("{sample}\"{sample}\"");
		break;
	case 15:
		put("\"${x}\"{sample}");
		break;
	default:
		make_rare_word();
		break;
	}
}

static void make_words(unsigned depth)
{
	unsigned count = 1 + below(3);
	while (count--) {
		PICK(" ", " ", "  ", " \\\n  ");
		make_word(depth);
	}
}

static void make_print(unsigned depth)
{
	put("printf '%s\\n'");
	make_words(depth);
}

static void make_heredoc(void)
{
	static const char *const ends[] = {"EOF", "'EOF'", "\\EOF", "\"EOF\""};
	unsigned quoted = below(4) == 0 ? 1 + below(3) : 0;
	bool is_tabbed = below(4) == 0;
	put(is_tabbed ? "cat <<-" : "cat <<");
	put(ends[quoted]);
	PICK("", " | cat", " >&1", " # it's");
	put("\n");
	if (quoted) {
		PICK("it's `$x ${y\n", "  a  b # c\n", "\"\n", "{print}\n");
	} else {
		PICK("it's {sample}\n", "\" {sample}  z\n", "{sample}\n", "# {sample}\n", "({sample}\n",
		        "$(printf %s y)\n", "{sample} costs 5$ \n", "'\n", "  {sample}{sample}\n",
		        "{sample} $x\n");
	}
	put(is_tabbed ? "\tEOF\n" : "EOF\n");
}

static void make_bash_only(unsigned depth)
{
	switch (below(10)) {
	case 0:
		make_substitution("cat <(", depth, false);
		break;
	case 1:
		put("cat <<< {sample}");
		break;
	case 2:
		put("a=( {reads} {sample} # it's\n  'b c' ); printf '%s\\n' \"${a[@]}\"");
		break;
	case 3:
		put("(( {threads} > 1 )) && ");
		make_print(depth);
		break;
	case 4:
		put("for ((i = 0; i < {threads}; i++)); do ");
		make_print(depth);
		put("; done");
		break;
	case 5:
		put("for f in {reads} {sample}; do printf '%s\\n' \"$f\" \"${f#/}\"; done");
		break;
	case 6:
		put("function g { ");
		make_print(depth);
		put("; }; g a b");
		break;
	case 7:
		put("x={sample}; [[ $x == VVV* || -n $x ]] && printf '%s\\n' \"$x\"");
		break;
	case 8:
		make_print(depth);
		put(" |& cat");
		break;
	default:
		put_through_file("printf '%s\\n' \"${x[@]}\" {reads} &> ");
		break;
	}
}

/* One that reaches a second parse by a way of its own; what it says does not matter. */
static void make_detour(void)
{
	put("( ");
	if (is_bash) {
		PICK("x={sample}; let y=x", "x={sample} bash -c 'eval \": $x\"'",
		        "declare -i n; read n <<< {sample}", "for PS4 in {sample}; do set -x; :; done",
		        "for RANDOM in {sample}; do :; done",
		        "for BASH_ENV in {sample}; do export BASH_ENV; bash -c :; done",
		        "x={sample}; [[ $x =~ (.*) ]]; eval \": ${BASH_REMATCH[1]}\"",
		        "x=( {sample} ); : \"${x[0]@P}\"", "x=( {reads} ); : \"${x[@]@P}\"",
		        "x={sample}; : \"${x@P}\"", "x={sample}; n=x; eval \": ${!n}\"",
		        "x={sample}; declare -n r=x; eval \": $r\"", "read x <<< {sample}; eval \": $x\"",
		        "mapfile -t a < <(printf '%s\\n' {sample}); : $((a[0]))",
		        "while read -r f; do eval \": $f\"; done <<< {sample}",
		        "bash <(printf '%s\\n' \": {sample}\")", "{bash,-c} \": {sample}\"",
		        "/bin/b?sh -c \": {sample}\"", "$BASH -c \": {sample}\"",
		        "a=( bash -c \": {sample}\" ); \"${a[@]}\"", "xargs -I X sh -c ': X' <<< {sample}",
		        "readarray a <<< {sample}; eval \": ${a[0]}\"", "nice -n 1 bash -c \": {sample}\"");
	} else {
		PICK("printf '%s\\n' {sample} | ( read -r x; eval \": $x\" )",
		        "for PS4 in {sample}; do set -x; :; done", "/bin/d?sh -c \": {sample}\"",
		        "x={sample}; : $((x))", "sh -c \"$(printf '%s' \": {sample}\")\"",
		        "printf '%s\\n' {sample} | xargs -I X sh -c ': X'",
		        "nice -n 1 dash -c \": {sample}\"");
	}
	put(" ) >&3 2>&3 || :");
}

static void make_shared_detour(void)
{
	put("( ");
	PICK(": {sample}; eval \": $_\"", "x={sample}; eval 'eval \": $x\"'",
	        "x={sample}; eval 'y=$x'; eval \": $y\"", "x={sample}; trap 'eval \": $x\"' EXIT",
	        "x={sample}; export x; sh -c 'eval \": $x\"'", "printf '%s\\n' \": {sample}\" | . /dev/stdin",
	        "printf '%s\\n' {sample} | sh", "f() { printf '%s\\n' \": {sample}\"; }; eval \"$(f)\"",
	        "printf '%s\\n' \": {sample}\" > r{threads}; . ./r{threads}",
	        "printf '%s\\n' \": {sample}\" > r{threads}; sh r{threads}", "flock . -c \": {sample}\"",
	        "timeout 5 sh -c \": {sample}\"", "printf '%s\\n' {sample} | xargs sh -c",
	        "find . -maxdepth 0 -exec sh -c ': {sample}' ';'",
	        "mkdir -p d{threads}/{sample}; find d{threads} -exec sh -c ': {}' ';'",
	        "split --filter=\": {sample}\" m.ini", "env A=b sh -c \": {sample}\"",
	        "printf '%s\\n' {sample} | while read -r f; do eval \": $f\"; done",
	        "set -- {sample}; eval 'eval \": $1\"'", "cd d{threads}/{sample}; eval \": $PWD\"",
	        "set -- sh -c \": {sample}\"; \"$@\"", "b() { sh -c \"$1\"; }; b \": {sample}\"",
	        "sed s#x#{sample}# m.ini", "sed -e \"s|x|{sample}|\" m.ini");
	put(" ) >&3 2>&3 || :");
}

/* Programs in other languages, which print the value. */
static void make_program(void)
{
	PICK("awk \"BEGIN { print \\\"{sample}\\\" }\"", "x={sample}; awk \"BEGIN { print \\\"$x\\\" }\"",
	        "printf 'x\\n' | sed s#x#{sample}#", "printf 'x\\n' | sed -n -e \"s|x|{sample}|p\"",
	        "perl -e \"print q({sample}), qq(\\n)\"", "perl -le \"print q({sample})\"",
	        "printf 'x\\n' | awk -v s={threads} \"{ print \\\"{sample}\\\" }\"");
}

/* Places where the shell parses a value again, if it lets it. */
static void make_second_parse(void)
{
	switch (below(6)) {
	case 0:
	case 1:
		make_detour();
		return;
	case 2:
	case 3:
		make_shared_detour();
		return;
	case 4:
		make_program();
		return;
	default:
		break;
	}
	if (!is_bash) {
		PICK("eval \"printf '%s\\\\n' {sample}\"", "sh -c \"printf '%s\\\\n' {sample}\"",
		        "sh -c 'printf \"%s\\n\" {sample}'", "y={sample}; eval \": \\\"$y\\\"\"",
		        "printf '%s\\n' ': {sample}' | sh", "trap 'printf \"x%s\" {sample}' EXIT",
		        "export Y={sample}", "y={sample}; eval : $y");
		return;
	}
	PICK("eval \"printf '%s\\\\n' {sample}\"", "bash -ec \"printf '%s\\\\n' {sample}\"",
	        "bash -c 'printf \"%s\\n\" {sample}'",
	        "n={sample}; ( : $((n)) ) 2>&3 || :", "n={sample}; m=$n; ( : $((m + 1)) ) 2>&3 || :",
	        "n=$(printf %s {sample}); ( ((n)) ) 2>&3 || :",
	        "( : $(( $(printf %s {sample}) )) ) 2>&3 || :", "f() { ( (( $1 )) ) 2>&3 || :; }; f {sample}",
	        "( printf -v {sample} x ) 2>&3 || :", "( [ -v {sample} ] ) 2>&3 || :",
	        "( read {sample} ) 2>&3 <<< x || :", "n={sample}; ( [[ $n -eq 1 ]] ) 2>&3 || :",
	        "( let {sample} ) 2>&3 || :", "( RANDOM={sample} ) 2>&3 || :",
	        "( PS4={sample}; set -x; : ) 2>&3 || :", "n={sample}; ( : ${x:n} ) 2>&3 || :",
	        "n={sample}; ( : ${!n} ) 2>&3 || :", "n={sample}; ( a[$n]=1 ) 2>&3 || :",
	        "n={sample}; ( : ${a[$n]:-} ) 2>&3 || :", "declare -i k=0; ( k={sample} ) 2>&3 || :",
	        "export Y={sample}; bash -c 'printf \"%s\\n\" \"$Y\"'",
	        "( for n in {reads}; do : $((n)); done ) 2>&3 || :", "bash <<EOF\n: {sample}\nEOF\n",
	        "printf '%s\\n' ': {sample}' | bash",
	        "( declare -a z={sample} ) 2>&3 || :", "trap ': {sample}' EXIT",
	        "env BASH_ENV={sample} bash -c : 2>&3 || :", "( unset {sample} ) 2>&3 || :",
	        "( source <(printf '%s\\n' ': {sample}') ) 2>&3 || :", "( wait -p {sample} ) 2>&3 || :");
}

static void make_block(unsigned depth)
{
	switch (below(8)) {
	case 0:
		put("for i in");
		make_words(depth);
		put("; do ");
		make_list(depth, false);
		put("; printf '%s\\n' \"$i\"; done");
		break;
	case 1:
		put("case {sample} in ");
		PICK("{sample})", "\"{sample}\"|z)", "(zz*)", "zz*)", "\"$x\"{sample}|'(')");
		put(" ");
		make_print(depth);
		put(" ;;\n  *) : ;;\nesac");
		break;
	case 2:
		put("{ ");
		make_list(depth, true);
		put("\n}");
		break;
	case 3:
		put("( ");
		make_list(depth, true);
		put("\n)");
		break;
	case 4:
		put("f() {\n  ");
		make_list(depth, false);
		put("\n  printf '%s\\n' \"$#\" \"$@\"\n}; f a b {sample}");
		break;
	case 5:
		put("if [ -n {sample} ]; then ");
		make_list(depth, false);
		put("; else :; fi");
		break;
	case 6:
		put(substitutions ? "for w in 1; do " : "while :; do ");
		make_list(depth, false);
		put_through_file(substitutions ? "; done > " : "; break; done > ");
		break;
	default:
		make_list(depth, false);
		PICK(" | cat", " && :", " || :", " | { cat; }", " >&2 2>&1", " > /dev/null", " 2>&1 | (cat)");
		break;
	}
}

static void make_command(unsigned depth)
{
	switch (below(15)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (depth) {
			blocks++;
			make_block(depth - 1);
			blocks--;
			break;
		}
		make_print(0);
		break;
	case 4:
		make_print(depth);
		put(" # it's {sample} \" $( `\n");
		break;
	case 5:
		if (substitutions && blocks) {
			make_print(0);
			break;
		}
		make_heredoc();
		break;
	case 6:
		put("x={sample}; Y={sample}z printf '%s\\n' \"$x\"");
		break;
	case 7:
		put("awk 'BEGIN { print \"{sample}\" }'");
		break;
	case 8:
		put("set -- {sample} b; printf '%s\\n' \"$@\"");
		break;
	case 9:
		if (is_bash) {
			make_bash_only(depth ? depth - 1 : 0);
			break;
		}
		make_print(depth);
		break;
	case 10:
		if (below(2) && !(substitutions && blocks)) {
			make_second_parse();
			break;
		}
		make_print(depth);
		break;
	default:
		make_print(depth);
		break;
	}
}

static bool ends_line(void)
{
	return out.len && out.at[out.len - 1] == '\n';
}

static void make_list(unsigned depth, bool has_newline)
{
	make_command(depth);
	if (has_newline && below(3) == 0) {
		if (!ends_line()) {
			PICK("\n", "; ", "\n\n  ", " && ", "\n# it's\n");
		}
		make_command(depth);
	}
	if (ends_line()) {
		put(":");
	}
}

/* --- one manifest ------------------------------------------------------------------------- */

static void put_indented(FILE *file, const char *key, const char *text)
{
	fprintf(file, "%s =\n  ", key);
	for (; *text; text++) {
		fputc(*text, file);
		if (*text == '\n') {
			fputs("  ", file);
		}
	}
	fputc('\n', file);
}

static void write_manifest(const char *setup, const char *command)
{
	FILE *file = fopen("m.ini", "w");
	if (!file) {
		abort();
	}
	fprintf(file, "[samples]\na = x1 x2\n[task t]\nper = sample\nshell = %s\n", is_bash ? "bash" : "sh");
	if (setup[0]) {
		put_indented(file, "setup", setup);
	}
	put_indented(file, "command", command);
	fclose(file);
}

/* --- running -------------------------------------------------------------------------------- */

static int run(char *const *argv, struct fq_buf *ret)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = -1;
	struct fq_error err = {0};
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&actions, 2, "err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&actions, 3, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0) {
		waitpid(pid, &status, 0);
	}
	posix_spawn_file_actions_destroy(&actions);
	ret->len = 0;
	fq_buf_puts(ret, "");
	fq_file_read("out", 16 << 20, ret, &err);
	fq_error_finish(&err);
	return status;
}

static int run_with(const struct fq_task *task, const char *text, const char *value, struct fq_buf *ret)
{
	char *argv[64];
	size_t n = 0;
	char joined[256], *list[] = {"2", (char *)value, (char *)value};
	snprintf(joined, sizeof(joined), "%s,%s", value, value);
	argv[n++] = is_bash ? "bash" : "sh";
	argv[n++] = is_bash ? "-euo" : "-eu";
	if (is_bash) {
		argv[n++] = "pipefail";
	}
	argv[n++] = "-c";
	argv[n++] = (char *)text;
	argv[n++] = "fqrun";
	for (uint32_t i = 0; i < task->script.value_count; i++) {
		const struct fq_ref *ref = &task->refs[task->script.values[i]];
		if (ref->is_list) {
			memcpy(argv + n, list, sizeof(list));
			n += FQ_COUNT(list);
		} else if (ref->kind == FQ_REF_READS) {
			argv[n++] = joined;
		} else {
			argv[n++] = ref->kind == FQ_REF_THREADS ? "3" : (char *)value;
		}
	}
	argv[n] = NULL;
	return run(argv, ret);
}

static bool holds(const struct fq_task *task, const char *value)
{
	for (uint32_t i = 0; i < task->script.value_count; i++) {
		const struct fq_ref *ref = &task->refs[task->script.values[i]];
		char bad;
		if (ref->kind != FQ_REF_THREADS && !fq_demand_holds(ref->demand, fq_text(value), &bad)) {
			return false;
		}
	}
	return true;
}

static void exchange(const struct fq_buf *from, const char *value, struct fq_buf *ret)
{
	ret->len = 0;
	fq_buf_puts(ret, "");
	for (size_t i = 0; i < from->len; i++) {
		if (from->len - i >= 3 && memcmp(from->at + i, "VVV", 3) == 0) {
			fq_buf_puts(ret, value);
			i += 2;
		} else {
			fq_buf_putc(ret, from->at[i]);
		}
	}
}

/* --- the property ------------------------------------------------------------------------------ */

static struct tally {
	unsigned accepted, refused, same, different, pwned, no_oracle, held, exchanged, normal_differs,
	        direct;
} tally;

static void show(const char *what, const char *value, const struct fq_task *task, const struct fq_buf *want,
        const struct fq_buf *got)
{
	printf("%s with value <%s>\n%s\n--- compiled\n%s\n--- normal\n%s\n--- wanted\n%s\n--- "
	       "got\n%s\n=====\n",
	        what, value, out.at, task->script.text.at, task->script.normal.at, want->at, got->at);
}

/* The prelude ends in the first `set --; `. */
static void check_normal(const struct fq_task *task, const char *value, const struct fq_buf *want)
{
	struct fq_buf text = {0}, got = {0};
	const char *end = task->script.value_count ? strstr(task->script.text.at, "set --; ") : NULL;
	if (end) {
		fq_buf_add(&text, task->script.text.at, (size_t)(end - task->script.text.at));
		fq_buf_puts(&text, "set --; ");
	}
	fq_buf_add_text(&text, task->script.normal);
	if (run_with(task, text.at, value, &got) || got.len != want->len ||
	        memcmp(got.at, want->at, got.len) != 0) {
		tally.normal_differs++;
		show("NORMAL", value, task, want, &got);
	}
	fq_buf_finish(&text);
	fq_buf_finish(&got);
}

static const char *choose_value(const struct fq_task *task)
{
	const char *value = hostile[below(FQ_COUNT(hostile))];
	if (holds(task, value)) {
		tally.held++;
		return value;
	}
	tally.exchanged++;
	do {
		value = plain[below(FQ_COUNT(plain))];
	} while (!holds(task, value));
	return value;
}

static void check_value(const struct fq_task *task, const struct fq_buf *harmless)
{
	struct fq_buf want = {0}, got = {0};
	const char *value = choose_value(task);
	exchange(harmless, value, &want);
	int status = run_with(task, task->script.text.at, value, &got);
	if (status == 0 && got.len == want.len && memcmp(got.at, want.at, got.len) == 0) {
		tally.same++;
	} else {
		tally.different++;
		show("DIFFERENT", value, task, &want, &got);
	}
	check_normal(task, value, &want);
	if (access("PWNED", F_OK) == 0) {
		tally.pwned++;
		unlink("PWNED");
		show("INJECTED", value, task, &want, &got);
	}
	fq_buf_finish(&want);
	fq_buf_finish(&got);
}

static void check_task(const struct fq_task *task)
{
	struct fq_buf harmless = {0};
	tally.accepted++;
	tally.direct += task->script.is_direct;
	if (run_with(task, task->script.text.at, "VVV", &harmless) != 0) {
		tally.no_oracle++;
		if (getenv("TRAVEL_VERBOSE")) {
			show("NO ORACLE", "VVV", task, &harmless, &harmless);
		}
	} else {
		for (unsigned i = 0; i < (is_second_parse ? 5 : 1); i++) {
			check_value(task, &harmless);
		}
	}
	fq_buf_finish(&harmless);
}

/* One in four holds a second parse and little else, so that no other demand hides
 * one that is missing; and is tried with more values. */
static void make_template(void)
{
	is_second_parse = below(4) == 0;
	if (is_second_parse) {
		make_second_parse();
	} else {
		make_list(3, true);
	}
	if (!ends_line()) {
		put("\n");
	}
	if (is_second_parse) {
		put("printf '%s\\n' {sample}");
	} else {
		make_list(2, true);
	}
}

static void try_one(void)
{
	struct fq_manifest manifest;
	struct fq_errors errors = {0};
	struct fq_buf setup = {0};
	out.len = 0;
	if (below(6) == 0) {
		make_list(1, true);
		fq_buf_add(&setup, out.at, out.len);
		out.len = 0;
	}
	fq_buf_puts(&setup, "");
	make_template();
	write_manifest(setup.at, out.at);
	if (fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors)) {
		check_task(&manifest.tasks[0]);
	} else {
		tally.refused++;
		if (getenv("TRAVEL_REFUSALS")) {
			printf("%s\n", errors.first->text);
		}
	}
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
	fq_buf_finish(&setup);
}

static bool check_shell(uint64_t seed, unsigned count, bool bash)
{
	state = seed * 0x9E3779B97F4A7C15ULL + 1;
	is_bash = bash;
	tally = (struct tally){0};
	for (unsigned i = 0; i < count; i++) {
		try_one();
	}
	printf("%s: %u accepted (%u direct), %u refused; %u same, %u different, %u injected, %u normal forms "
	       "differ; "
	       "%u without oracle; value hostile in %u, held to a demand in %u\n",
	        bash ? "bash" : "sh", tally.accepted, tally.direct, tally.refused, tally.same,
	        tally.different, tally.pwned, tally.normal_differs, tally.no_oracle, tally.held,
	        tally.exchanged);
	bool is_meaningful = tally.accepted * 10 > count * 4 && tally.no_oracle * 10 < tally.accepted &&
	                     tally.held * 4 > tally.accepted;
	return is_meaningful && tally.different == 0 && tally.pwned == 0 && tally.normal_differs == 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 500;
	char folder[] = "/tmp/fqrun-travel-XXXXXX";
	struct fq_error err = {0};
	bool ok = true;
	if (!mkdtemp(folder) || chdir(folder) != 0) {
		return 3;
	}
	setenv("x", "X", 1);
	setenv("home", "four", 1);
	if (argc < 4 || strcmp(argv[3], "bash") == 0) {
		ok &= check_shell(seed, count, true);
	}
	if (argc < 4 || strcmp(argv[3], "sh") == 0) {
		ok &= check_shell(seed, count, false);
	}
	fq_buf_finish(&out);
	ok &= chdir("/") == 0 && fq_tree_remove(folder, &err);
	fq_error_finish(&err);
	return ok ? 0 : 1;
}
