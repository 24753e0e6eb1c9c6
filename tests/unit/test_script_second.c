/* A value that the user's own script would parse once more: what is demanded of it. */
#include "script_run.h"

TestSuite(script_second, .init = make_folder, .fini = remove_printed);

enum { PLAIN = FQ_DEMAND_PLAIN, WORD = FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK };

static void load_command(const char *command)
{
	char text[700];
	snprintf(text, sizeof(text), "[vars]\nprog = {print}\n" BASH "%s\n", command);
	load(text);
}

/* Of the placeholder that stands in it. */
static uint8_t demand_in(const char *command, const char *placeholder)
{
	load_command(command);
	return ref_of(task("t"), placeholder)->demand & (WORD | FQ_DEMAND_INTEGER);
}

static void expect_demand(const char *const *commands, size_t count, uint8_t right)
{
	for (size_t i = 0; i < count; i++) {
		bool is_list = strstr(commands[i], "{reads}") && !strstr(commands[i], "{sample}");
		uint8_t demand = demand_in(commands[i], is_list ? "{reads}" : "{sample}");
		cr_assert_eq(demand, right, "%u instead of %u: %s", demand, right, commands[i]);
	}
}
#define EXPECT(right, ...)                                                                                   \
	expect_demand(                                                                                       \
	        (const char *const[]){__VA_ARGS__}, FQ_COUNT(((const char *const[]){__VA_ARGS__})), right)

static void refuse_command(const char *command, uint32_t column, const char *words, const char *hint)
{
	char text[700];
	snprintf(text, sizeof(text), BASH "%s\n", command);
	refuse(text, 7, 10 + column, words, hint);
}

/* --- our own names ------------------------------------------------------------------------ */

Test(script_second, own_names_are_refused)
{
	static const char words[] = "names that begin with _fq are fqrun's own";
	refuse_command("x {sample}; eval \"$_fq1\"", 20, words, "write the placeholder itself");
	refuse_command("x {sample}; eval '$_fq1'", 20, words, "another name");
	refuse_command("x {sample}; echo ${_fq2[@]}", 20, words, "another name");
	refuse_command("_fq1=x; x {sample}", 1, words, "another name");
	load_command("x {sample} # _fq1");
	refuse_command("x {sample}; n=_fq$i; eval \"\\$$n\"", 15, words, "another name");
	load_command("x {sample} my_fq1 _f; grep _fq x");
	load_command("x $_fq1");
	refuse("[samples]\na = x\n[task t]\nper = sample\nsetup = a=$_fq1\ncommand = x {sample}\n", 5, 12,
	        words, "another name");
}

/* --- variables -------------------------------------------------------------------------------- */

Test(script_second, texts_that_evaluate_a_variable)
{
	EXPECT(WORD, "x={sample}; eval 'eval \"$x\"'", "x={sample}; eval 'y=$x'; eval \"$y\"",
	        "x={sample}; trap 'eval \"$x\"' EXIT", "x={sample}; trap '$x' EXIT",
	        "x={sample}; eval 'echo $((x))'", "x={sample}; eval 'echo ${y:x}'",
	        "x={sample}; eval 'a[x]=1'", "set -- {sample}; eval 'eval \"$1\"'",
	        "x={sample} bash -c 'eval \"$x\"'", "x={sample}; export x; bash -c 'eval \"$x\"'",
	        "x={sample} sh x.sh", "export x={sample}");
	EXPECT(0, "tmp={sample}; trap 'rm -rf \"$tmp\"' EXIT",
	        "tmp={sample}; trap '[ -e \"$tmp\" ] && rm \"$tmp\"' EXIT",
	        "c() { rm -f \"$d\"; }; d={sample}; trap c EXIT", "bash -c 'cat \"$1\"' _ x; y {sample}");
}

Test(script_second, texts_in_variables)
{
	EXPECT(WORD, "x={sample}; c='eval \"$x\"'; eval \"$c\"",
	        "x={sample}; c='eval \"$x\"'; trap \"$c\" EXIT", "x={sample}; : ${y:=$x}; eval \"$y\"",
	        "set -- {sample}; for i; do eval \"$i\"; done", "set -- {sample}; for i do eval \"$i\"; done",
	        "touch {sample}; for f in *; do eval \": $f\"; done", "touch {sample}; eval \"$(ls)\"");
	EXPECT(PLAIN, "k={sample}; declare -i j; j=k");
	EXPECT(0, "x={sample}; c='rm \"$x\"'; eval \"$c\"", "k={sample}; j=k; echo $((j))",
	        "for f in *.x; do echo \"$f\" {sample}; done");
}

Test(script_second, commands_in_variables)
{
	EXPECT(WORD, "y=(eval); y+=( {sample} ); \"${y[@]}\"", "y=(bash -c); y+=( {sample} ); \"${y[@]}\"",
	        "y[0]=eval; y[1]={sample}; \"${y[@]}\"", "y=(let x={sample}); \"${y[@]}\"",
	        "r() { $*; }; r {sample}", "r() { $1; }; r {sample}", "x={sample}; timeout 5 $x",
	        "x={sample}; xargs $x", "x={sample}; find . -exec $x \\;");
	EXPECT(0, "x={sample}; timeout 5 y \"$x\"", "x={sample}; y $x");
}

Test(script_second, arithmetic_by_a_builtin)
{
	EXPECT(WORD, "x={sample}; let y=x", "x={sample}; declare -i y=x", "x={sample}; let 'y = x + 1'");
	EXPECT(PLAIN, "echo $(( 1 + $(cat <<< {sample}) ))", "declare -i n; read n <<< {sample}",
	        "declare -i n; echo {sample} | read n");
}

Test(script_second, variables_that_a_shell_parses_by_itself)
{
	EXPECT(WORD, "for PS4 in {sample}; do x; done", "for BASH_ENV in {sample}; do x; done",
	        "for RANDOM in {sample}; do x; done", "select PS4 in {sample}; do x; done",
	        "read PS4 <<< {sample}", "x={sample}; PS4=$x");
}

Test(script_second, variables_that_a_shell_fills)
{
	EXPECT(WORD, ": {sample}; eval \"$_\"", "x={sample}; [[ $x =~ (.*) ]]; eval \"${BASH_REMATCH[1]}\"",
	        "read <<< {sample}; eval $REPLY", "cd {sample}; eval \"x $PWD\"",
	        "mapfile -C eval a <<< {sample}");
	EXPECT(PLAIN, ": {sample}; echo $(( _ ))", "echo {sample} | while read f; do (( f > 1 )); done",
	        "mapfile -t a < <(echo {sample}); echo $((a[0]))");
}

Test(script_second, what_is_read_may_be_any_value)
{
	EXPECT(WORD, "read x <<< {sample}; eval \"$x\"", "readarray a <<< {sample}; eval \"${a[0]}\"",
	        "echo {sample} > f; while read -r x; do eval \"$x\"; done < f");
	cr_assert_eq(demand_in("while read -r x; do eval \"$x\"; done < {reads:list}", "{reads:list}"), WORD);
	cr_assert_eq(demand_in("while read -r x; do wc \"$x\"; done < {reads:list}", "{reads:list}"), 0);
}

Test(script_second, names_of_variables_in_variables)
{
	EXPECT(WORD, "x={sample}; n=x; eval \"${!n}\"", "x={sample}; n=x; y=${!n}; eval \"$y\"",
	        "x={sample}; declare -n r=x; eval \"$r\"");
	EXPECT(PLAIN, "n={sample}; echo ${!n}");
}

Test(script_second, prompts)
{
	EXPECT(WORD, "x=( {sample} ); echo \"${x[0]@P}\"", "x=( {sample} ); echo \"${x[@]@P}\"",
	        "x={sample}; echo \"${x@P}\"", "set -- {sample}; echo \"${@@P}\"");
	EXPECT(0, "x={sample}; echo \"${x@Q}\"");
}

Test(script_second, what_a_function_prints)
{
	EXPECT(WORD, "f() { echo {sample}; }; eval \"$(f)\"", "f() { echo {sample}; }; x=$(f); eval \"$x\"",
	        "function f { echo {sample}; }; eval \"$(f)\"");
	EXPECT(0, "f() { echo {sample}; }; eval \"$(g)\"", "f() { echo {sample}; }; x=$(f); echo \"$x\"");
}

Test(script_second, variables_that_choose_the_program)
{
	refuse_command("x={sample}; $x a", 3, "{sample} may not choose the program", "[vars]");
	refuse_command("x={sample}; y=$x; \"$y\"", 3, "may not choose the program", "[vars]");
	refuse_command("for x in {sample}; do $x; done", 10, "may not choose the program", "[vars]");
	load_command("x={prog}; $x a");
	EXPECT(WORD, "x=$(grep {sample} t | cut -f 2); $x a", "$(x {sample}) a");
	EXPECT(0, "x=$(grep {sample} t | cut -f 2); \"$x\" a", "x=$(y); z={sample}; $x \"a\"");
	load_command("x=( a {reads} ); \"${x[@]}\"");
	load_command("r() { \"$@\"; }; r a {sample}");
}

/* --- a shell that reads ----------------------------------------------------------------------------- */

Test(script_second, scripts_from_elsewhere)
{
	EXPECT(WORD, "echo {sample} | source /dev/stdin", "echo {sample} | . /dev/stdin",
	        "{ . /dev/stdin; } <<< {sample}", "f() { . /dev/fd/0; }; echo {sample} | f",
	        "echo {sample} | sh", "echo {sample} | bash /dev/stdin", "bash <(echo {sample})",
	        "bash --rcfile <(echo {sample}) -i", "x={sample}; bash <(echo \"$x\")",
	        "nice bash -x <(echo {sample})", "bash -O extglob <<EOF\n  {sample}\n  EOF",
	        "cat <<EOF | bash\n  {sample}\n  EOF", "sbatch <<EOF\n  {sample}\n  EOF",
	        "echo {sample} | sbatch", "at now <<EOF\n  {sample}\n  EOF");
	EXPECT(0, "bash x.sh <(echo {sample})", "sbatch x.sh {sample}");
}

Test(script_second, scripts_that_the_script_writes)
{
	EXPECT(WORD, "echo {sample} > r.sh; bash r.sh", "echo {sample} > r.sh; . ./r.sh",
	        "echo {sample} > r; . ./r", "cat > r.sh <<EOF\n  {sample}\n  EOF\n  bash 'r.sh'",
	        "echo {sample} > r; chmod +x r; ./r", "echo {sample} | tee r.sh; sbatch r.sh",
	        "echo {sample} > ./r.sh; ./r.sh", "echo {sample} > x{threads}; sh x{threads}");
	EXPECT(WORD, "echo {sample} > f; x=$(<f); eval \"$x\"", "echo {sample} > f; eval \"$(cat f)\"",
	        "echo {sample} > f; bash -c '. ./f'", "echo {sample} > f; eval '. ./f'",
	        "echo {sample} > f; cp f g; bash g", "echo {sample} > f; mv f g; ln g h; bash h",
	        "f={sample}; cat > g <<EOF\n  $f\n  EOF\n  bash g");
	EXPECT(0, "echo {sample} > r.txt; bash y.sh r.txt", "cp y.sh z.sh; bash z.sh; echo {sample} > f",
	        "echo {sample} > f; x=$(wc f); echo \"$x\"", "echo {sample} > ./r.txt; wc ./r.txt");
}

/* --- who is called ------------------------------------------------------------------------------------ */

Test(script_second, names_of_shells_in_disguise)
{
	EXPECT(WORD, "{bash,-c} {sample}", "env {bash,-c} {sample}", "/bin/b?sh -c {sample}",
	        "timeout 5 /bin/b[a]sh -c {sample}", "b\\ash -c {sample}", "\"ba\"sh -c {sample}",
	        "$'bash' -c {sample}", "$SHELL -c {sample}", "\"$SHELL\" -c {sample}", "$X/$Y -c {sample}",
	        "a=( bash -c {sample} ); \"${a[@]}\"", "set -- bash -c {sample}; \"$@\"");
	EXPECT(0, "cp {sample}{.a,.b}", "grep -c x *.txt {sample}", "a=( x -c {sample} ); \"${a[@]}\"");
}

Test(script_second, commands_that_start_a_shell)
{
	EXPECT(WORD, "flock f -c \"x {sample}\"", "flock f bash -c {sample}", "script -qc \"x {sample}\" f",
	        "script -c {sample}", "split --filter=\"gzip > {sample}\" x",
	        "split --filter \"gzip > {sample}\" x", "sbatch --wrap \"x {sample}\"",
	        "s={sample}; sbatch --wrap=\"x $s\"", "bsub \"x {sample}\"", "tmux new -d \"x {sample}\"",
	        "tar --to-command=\"x {sample}\" -xf y", "srun bash -c {sample}");
	EXPECT(WORD, "timeout 5 bash -c {sample}", "nohup bash -c {sample}", "env A=b bash -c {sample}",
	        "time bash -c {sample}", "stdbuf -oL bash -c {sample}", "ionice -c2 bash -c {sample}",
	        "taskset -c 0 bash -c {sample}", "numactl -N 0 bash -c {sample}", "chroot / bash -c {sample}",
	        "sudo -u a bash -c {sample}", "su -c \"x {sample}\"", "runuser -u a -- bash -c {sample}",
	        "watch \"x {sample}\"", "bash -O extglob -c {sample}", "docker run i sh -c \"x {sample}\"",
	        "singularity exec i sh -c \"x {sample}\"", "apptainer exec i bash -c \"x {sample}\"",
	        "conda run -n a bash -c \"x {sample}\"", "micromamba run -n a bash -c \"x {sample}\"",
	        "ssh h x {sample}");
	EXPECT(0, "flock {sample} cat {sample}", "tar -czf \"{sample}.gz\" -C x .", "split -l 4 \"{sample}\"",
	        "sbatch -c 4 -J \"{sample}\" x.sh", "docker run -v {sample}:/x i a {sample}");
	refuse_command("env -S \"bash -c {sample}\"", 17, "may not choose the program", "[vars]");
}

Test(script_second, what_is_read_as_arguments)
{
	EXPECT(WORD, "xargs -I X sh -c 'x {sample} X'", "printf %s {sample} | xargs -I X sh -c 'x X'",
	        "echo {sample} | xargs sh -c", "xargs bash -c {sample}",
	        "find {sample} -exec sh -c 'x {}' \\;", "printf %s {sample} | parallel",
	        "printf %s {sample} | xargs ssh h");
	EXPECT(0, "find . -name \"{sample}*\" -print0 | xargs -0 cat", "find {sample} -exec gzip -t {} +");
	cr_assert_eq(demand_in("cat {reads:list} | parallel", "{reads:list}"), WORD);
}

/* --- programs in other languages ------------------------------------------------------------------------ */

Test(script_second, programs_in_double_quotes)
{
	EXPECT(PLAIN, "awk \"/{sample}/\"", "awk -F , -v a=b \"/{sample}/\" x", "gawk -e \"/{sample}/\"",
	        "timeout 4 mawk \"/{sample}/\"", "s={sample}; awk \"/$s/\"", "python3 -c \"x('{sample}')\"",
	        "python3.11 -uc \"x('{sample}')\"", "perl -e \"x {sample}\"", "perl -lane \"x {sample}\"",
	        "perl -0777 -pe \"x {sample}\"", "Rscript -e \"x({sample})\"", "R -q -e \"x({sample})\"",
	        "ruby -ne \"x {sample}\"", "node --eval=\"x {sample}\"", "lua -e \"x {sample}\"",
	        "srun python -c \"x {sample}\"");
	EXPECT(PLAIN, "sed \"s/x/{sample}/\"", "sed -e s/x/{sample}/", "sed -ne \"s/x/{sample}/p\" x",
	        "sed s/x/{sample}/ {r1}", "sed --expression=s/x/{sample}/",
	        "sed \"s/x/$(basename {sample})/\"", "jq \".{sample}\" x", "jq -r --arg a b \".{sample}\" x",
	        "sqlite3 x.db \"select {sample}\"", "mysql -u a -e \"select {sample}\"",
	        "psql -h x -c \"select {sample}\"", "psql --command=\"select {sample}\"");
	EXPECT(PLAIN, "python3 - <<EOF\n  x {sample}\n  EOF", "sqlite3 x.db <<EOF\n  x {sample}\n  EOF",
	        "bc <<< \"{sample} * 2\"", "echo {sample} | perl", "echo \"{sample}\" | sqlite3 x.db",
	        "perl <(echo {sample})");
	cr_assert_eq(demand_in("awk {prog} x", "{prog}"), 0);
}

Test(script_second, arguments_of_programs_are_free)
{
	EXPECT(0, "awk -v s={sample} '{print s,$1}'", "awk -v \"s={sample}\" -F '\\t' '{print s}'",
	        "awk 'NR>1' \"{sample}.txt\"", "awk -f x.awk \"{sample}.txt\"", "sed s/a/b/ {sample}",
	        "sed -i.bak -e s/a/b/ \"{sample}.txt\"", "sed -n 1p \"{sample}.txt\"",
	        "python3 x.py -c \"{sample}.x\"", "python3 -m x \"{sample}.x\"",
	        "python3 - {sample} <<'EOF'\n  import x\n  EOF", "perl x.pl -e \"{sample}.x\"",
	        "perl -pi -e 's/a/b/' \"{sample}.x\"", "Rscript x.R \"{sample}.x\"",
	        "jq -r --arg s \"{sample}\" '.[$s]' \"{sample}.json\"", "sqlite3 {sample} 'select 1'",
	        "echo sed \"x {sample}\" awk", "mysql -h x db < {sample}", "cat {sample} | perl x.pl",
	        "cat {sample} | python3 -c 'x'", "awk 'x' <(cat {sample})", "cat {sample} | sed s/a/b/",
	        "perl x.pl <(cat {sample})", "awk -f x.awk <(cat {sample})");
}

/* --- ordinary scripts ----------------------------------------------------------------------------------- */

Test(script_second, ordinary_scripts_are_left_alone)
{
	EXPECT(0, "for f in {reads}; do zcat \"$f\"; done",
	        "x={sample}; echo \"$x\" \"${x##*/}\" \"${x:-z}\"",
	        "a=( {reads} ); echo \"${a[0]}\" \"${#a[@]}\"; \"${a[@]}\"",
	        "f() { local x=$1; echo \"$x\"; }; f {sample}", "cat <<EOF\n  x {sample}\n  EOF",
	        "declare -A m; m[a]={sample}; echo \"${m[a]}\"",
	        "declare -a a; a=( {reads} ); echo \"${a[@]}\"",
	        "f() { local x; x={sample}; echo \"$x\"; }; f",
	        "i=0; for f in {reads}; do i=$((i + 1)); cp \"$f\" x$i; done",
	        "for f in {reads}; do b=$(basename \"$f\"); [ -e \"$b\" ] || ln -s \"$f\" \"$b\"; done",
	        "eval \"$(conda shell.bash hook)\"; conda activate a; x {sample}",
	        "r() { echo \"$*\" >&2; \"$@\"; }; r x {sample}", "x={sample}; export x; y \"$x\"",
	        "n=$(wc -l < x); echo $((n / 4)) {sample}", "source x.sh; y {sample}",
	        "A={sample} x {sample}");
	cr_assert_eq(demand_in("n=$(zcat {r1} | wc -l); echo $((n / 4))", "{r1}"), PLAIN);
}

Test(script_second, ordinary_tools_are_left_alone)
{
	EXPECT(0, "bwa mem -R \"@RG\\tID:{sample}\" ref.fa x {?r2 {r2}} | samtools sort -o y -",
	        "zcat {r1} | seqkit split -p 4 -o \"{sample}\"", "zcat x | tool at \"{sample}\" | tool batch",
	        "java -jar x.jar -e \"{sample}\" R=\"{sample}\"", "R --vanilla --args {sample} < x.R",
	        "source \"$(conda info --base)/etc/profile.d/conda.sh\"; conda activate x; y {sample}",
	        "T=$(mktemp -d); trap 'rm -rf \"$T\"' EXIT; x {sample} \"$T\"/*.gz",
	        "exec > >(tee \"{sample}.log\") 2>&1; x {sample}",
	        "s={sample}; [[ $s =~ ^(.*)_L ]] && echo \"${BASH_REMATCH[1]}\"",
	        "find x -name '*.fq' -exec gzip {} \\; ; echo {sample}", "make SAMPLE={sample}",
	        "docker run -v $PWD:/d i x {sample}", "srun -n $N x {sample}",
	        "r() { srun \"$@\"; }; r x {sample}", "bash run.sh \"{sample}\" > {output}",
	        "grep -c \"^>{sample}\" x.fa",
	        "printf '%s\\n' {reads} | while read -r f; do md5sum \"$f\"; done",
	        "jq -n --arg s {sample} '{sample: $s}'", "set +e; x {sample}; s=$?; exit $s");
}
