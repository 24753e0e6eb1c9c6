#!/bin/bash
# The keys that say how a command is started: wrap, setup, cwd, options, strip, env.
# usage: keys.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# is FILE TEXT
is() {
    same "$1" "$(cat -- "$1" 2>&1)" "$2"
}
mkdir bin 'a b' reads
PATH=$work/bin:$PATH
printf '#!/bin/sh\nfor word; do printf "[%%s]" "$word"; done\necho\n' >bin/show
# Says how it was called, then does it.
printf '#!/bin/sh\necho "wrapped $1 $2 $3" >> wrapped\nshift 2\nexec "$@"\n' >bin/wrapper
chmod +x bin/*
printf '@r\nA\n+\nI\n' | tee reads/a.fq reads/b.fq >"reads/it's.fq"

# --- wrap
cat >wrap.ini <<'I'
[samples]
a  = reads/a.fq
it's = "reads/it's.fq"
[vars]
env = "my env"
[task direct]
wrap    = wrapper -n {env}
command = show {sample} {file.stem}
[task shell]
wrap    = wrapper -n "{threads}x"
output  = wrap/{sample}
command = show {sample} | cat > {output}
[task gone]
wrap    = no-such-wrapper
command = true
I
run -f wrap.ini -j1 --no-preflight
ends 'wrap' 1
is wrap/a '[a]'
is "wrap/it's" "[it's]"
is ".fqrun/wrap.ini/logs/direct/it's.L1.R1.log" "[it's][it's]"
same 'in front of the shell' "$(sort -u wrapped | paste -sd ';')" "wrapped -n 1x bash;wrapped -n my env bash"
says 'one that is not there' err 'FAILED gone: no-such-wrapper: no such program in PATH'

# --- setup: conda and modules as they are in the wild
cat >activate <<'S'
# Unbound variables, a test that fails, functions.
if [ -n "$PS1_THAT_NOBODY_SET" ]; then :; fi
_conda_hook() { export TOOL_HOME=$1; [ -n "$NEVER" ] && echo never; return 0; }
_conda_hook "$CONDA_PREFIX_THAT_NOBODY_SET/opt"
export PATH="$PWD/tools:$PATH"
S
mkdir tools
printf '#!/bin/sh\necho "tool of $TOOL_HOME"\n' >tools/tool
chmod +x tools/tool
cat >setup.ini <<'I'
[vars]
e = ./activate
[task conda]
setup   = source {e}
command = tool > conda.out
output  = conda.out
[task strict]
setup   = source ./activate
command = echo "$NOT_SET_EITHER" > strict.out
[task module]
setup   =
  module() { [ "$1" = load ] && PATH=$PWD/tools:$PATH; unset_too=$nothing; }
  module load tool/1.0
command = tool > module.out
output  = module.out
[task fails]
setup   = source not-there
command = touch never
[task wrapped]
wrap    = wrapper -n w
setup   = source ./activate
command = tool > wrapped.out
I
run -f setup.ini
ends 'setup' 1
is conda.out 'tool of /opt'
is module.out 'tool of '
is wrapped.out 'tool of /opt'
says 'the command is strict all the same' err 'FAILED strict: exit status 1'
says 'a setup that fails' err 'FAILED fails: '
same 'those that fail' "$(grep -c '^  FAILED' err)" 2
[[ ! -e never ]] || fail 'a command ran though its setup failed'
sed -i 's,source ./activate$,source  ./activate,' setup.ini
run -f setup.ini
same 'setup is part of it: only blanks changed' "$(ran)" ''
sed -i 's/^  module load.*/  module load tool\/2.0/' setup.ini
run -f setup.ini --explain module
same 'setup is part of it' "$(ran)" module
if [[ -r /usr/share/modules/init/bash ]]; then
    mkdir -p modules/mytool
    printf '#%%Module1.0\nprepend-path PATH %s/tools\nsetenv TOOL_HOME /from/module\n' "$work" >modules/mytool/1.0
    cat >environment.ini <<'I'
[task t]
setup   =
  source /usr/share/modules/init/bash
  module use modules
  module load mytool/1.0
command = tool > environment.out
output  = environment.out
I
    run -f environment.ini
    ends 'environment-modules' 0
    is environment.out 'tool of /from/module'
fi

# --- cwd
printf '#!/bin/sh\necho "script in $(basename "$PWD")" > ran\n' >tools/script.sh
chmod +x tools/script.sh
cat >cwd.ini <<'I'
[samples]
a    = reads/a.fq
it's = "reads/it's.fq"
[task make]
cwd     = work/{sample}
dir     = shared
output  = cwd/{sample}.out
command = show {file} {output} {sample} {dir} {file.name} > {output}; pwd >> {output}
[task direct]
cwd     = work2/{sample}
command = show {file} {sample}
[task private]
cwd     = {tmp}
output  = cwd/tmp.out
command = touch here; [ "$PWD" = "$TMPDIR" ] && ls > {output}
[task relative]
cwd     = tools
command = ./script.sh
[task relative_shell]
after   = relative
cwd     = tools
command = mv ran ran.1; ./script.sh && true
[task gather]
cwd     = work3
output  = cwd/gather
command = cat {make.output} > {output}
I
run -f cwd.ini -j1 --no-preflight
ends 'cwd' 0
is cwd/a.out "[$work/reads/a.fq][$work/cwd/a.out][a][$work/shared][a.fq]"$'\n'"$work/work/a"
is "cwd/it's.out" "[$work/reads/it's.fq][$work/cwd/it's.out][it's][$work/shared][it's.fq]"$'\n'"$work/work/it's"
is ".fqrun/cwd.ini/logs/direct/a.L1.R1.log" "[$work/reads/a.fq][a]"
is cwd/tmp.out here
is tools/ran 'script in tools'
is tools/ran.1 'script in tools'
[[ -d work2/a ]] || fail 'cwd was not made'
same 'cwd: gathered' "$(wc -l <cwd/gather)" 4
run -f cwd.ini
says 'cwd: again' out 'nothing to do'
# What -n shows does the same when it is pasted.
run -f cwd.ini -n -B make direct private relative
grep -v '^#' out >pasted.sh
cp -r cwd cwd.before
rm -r cwd work tools/ran
mkdir cwd
bash pasted.sh >/dev/null 2>pasted.err || fail "pasted: $(cat pasted.sh pasted.err)"
for file in a.out "it's.out"; do
    cmp -s "cwd/$file" "cwd.before/$file" || fail "pasted: $file: $(cat "cwd/$file" 2>&1) $(cat pasted.sh)"
done
is tools/ran 'script in tools'

# --- what -n shows of wrap, env and setup can be pasted as well
cat >paste.ini <<'I'
[samples]
a    = reads/a.fq
it's = "reads/it's.fq"
[task t]
wrap    = wrapper -n "{threads}x"
env     = GREETING='hello  $USER' NAME={sample}
setup   = source ./activate
output  = paste/{sample}
command = show "$GREETING" "$NAME" "$TOOL_HOME" > {output}
I
run -f paste.ini
ends 'all at once' 0
is "paste/it's" "[hello  \$USER][it's][/opt]"
cp -r paste paste.before
run -f paste.ini -n -B
grep -v '^#' out >pasted.sh
rm wrapped paste/*
bash pasted.sh 2>pasted.err || fail "pasted: $(cat pasted.sh pasted.err)"
diff -r paste paste.before >/dev/null || fail "pasted: $(cat pasted.sh pasted.err)"
same 'pasted: wrapped' "$(wc -l <wrapped)" 2

# --- options, strip, env
cat >options.ini <<'I'
[samples]
a    = reads/a.fq
[task t]
options = --name {sample} "two words" -x {file} {file.stem} {tmp}/t
strip   = .fq a
env     = A='x B=y'
command = show {options} end | sed "s,$TMPDIR,TMP,"; show "$A"
I
run -f options.ini
ends 'options' 0
log=.fqrun/options.ini/logs/t/a.L1.R1.log
is $log $'[--name][a][two words][-x][reads/a.fq][a][TMP/t][end]\n[x B=y]'
sed -i 's/^strip.*/strip   = q/' options.ini
run -f options.ini --explain
same 'strip is part of it' "$(ran)" t/a/L1/R1
is $log $'[--name][a][two words][-x][reads/a.fq][a.f][TMP/t][end]\n[x B=y]'
sed -i "s/^env.*/env     = A=x B=y/" options.ini
run -f options.ini --explain
same 'the words of env are part of it' "$(ran)" t/a/L1/R1
is $log $'[--name][a][two words][-x][reads/a.fq][a.f][TMP/t][end]\n[x]'
sed -i 's/"two words"/two words/' options.ini
run -f options.ini
same 'the words of options are part of it' "$(ran)" t/a/L1/R1
is $log $'[--name][a][two][words][-x][reads/a.fq][a.f][TMP/t][end]\n[x]'
exit "$failed"
