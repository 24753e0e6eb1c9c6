#!/bin/bash
# enter: a shell where the job would run.
# usage: enter.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2016
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
mkdir tmp
export TMPDIR=$work/tmp
cat >qc.ini <<'EOF'
[samples]
a =
b =
$(touch hacked) =
it's "q" =
[task one]
output = made/{sample}.one
command = echo one > {output}; echo n=5 >> "$FQRUN_VALUES"
[task two]
input = {one.output}
output = made/deep/{sample}.two
setup = OPTION="from setup"
 loaded() { echo "loaded $1"; }
env = GREETING="hello {sample}" SECOND=2
cwd = cwd/{sample}
command = echo "$OPTION {one.n}" > {output}
 echo 'a  b' | cat - {input} >> {output}
[task direct]
output = made/direct
command = touch {output}
[task stats]
builtin = fastq-stats
input = x.fq
output = made/stats.json
EOF

# enter TARGET LINE...: the shell gets the lines
enter() {
    local target=$1
    shift
    printf '%s\n' "$@" | "$fqrun" enter "$target" >"$work/out" 2>"$work/err"
    rc=$?
}

# --- one job exactly
run enter
ends 'no target' 2
says 'no target' err 'enter needs a TARGET'
run enter two
ends 'several jobs' 2
says 'several jobs' err 'these are 4 jobs, the first is two/a'
run enter two/nobody
ends 'no such job' 2

run one
ends 'a run' 0
cp -a .fqrun/qc.ini/journal journal.before

# --- what a job finds: its variables, its own and ours, its folder, its setup
enter two/a 'echo "$FQRUN_TASK|$FQRUN_SAMPLE|$GREETING|$SECOND|$OPTION|$FQ_TEST_MARK"' 'pwd' 'loaded it'
ends 'what it finds' 0
same 'what it finds' "$(paste -sd ' ' out)" "two|a|hello a|2|from setup|$work $work/cwd/a loaded it"
enter two/a 'echo "${FQRUN_VALUES%/*}" "$TMPDIR"; ls -A "$TMPDIR"; touch "$TMPDIR/x"; echo k=v >> "$FQRUN_VALUES"; stat -c %a "${TMPDIR%/*}"'
ends 'its own folder' 0
read -r folder tmp <out
same 'its own folder is private' "$(tail -n +2 out)" 700
[[ $folder == "$work"/tmp/fqrun-* && $tmp == "$folder"/* ]] || fail "TMPDIR: $tmp"
same 'nothing is left of it' "$(ls -A tmp)" ''

# --- the same as a job has, but for its own folder
cat >env.ini <<'EOF'
[task t]
output = env.job
env = OWN=1
command = env -0 | grep -zv '^\(TMPDIR\|FQRUN_VALUES\|FQRUN_RUN\|_\|SHLVL\)=' | sort -z > {output}
EOF
run -f env.ini
"$fqrun" -f env.ini enter t >/dev/null 2>err <<<"env -0 | grep -zv '^\(TMPDIR\|FQRUN_VALUES\|FQRUN_RUN\|_\|SHLVL\)=' | sort -z > env.shell"
cmp env.job env.shell || fail "not a job's environment: $(diff <(tr '\0' '\n' <env.job) <(tr '\0' '\n' <env.shell))"
echo 'FROM_ENV_FILE=yes' >env.sh
BASH_ENV=$work/env.sh enter one/a 'echo "$FROM_ENV_FILE $BASH_ENV"'
same 'BASH_ENV of ours is read, and handed on' "$(<out)" "yes $work/env.sh"

# --- the command is in the history, as a person would type it, and can be run as it stands
enter two/a 'history | tail -n +1'
same 'the history' "$(sed 's/^ *[0-9]* *//' out | head -n 2)" "echo \"\$OPTION 5\" > $work/made/deep/a.two
echo 'a  b' | cat - $work/made/a.one >> $work/made/deep/a.two"
enter two/a 'eval "$(fc -ln -2 -2)"'
same 'run from there' "$(paste -sd '|' made/deep/a.two)" 'from setup 5|a  b|one'
rm -r made/deep
enter direct 'history' 
says 'a command without a shell' out 'touch made/direct'
enter stats 'history'
says 'a builtin' out 'fastq-stats -o made/stats.json'

# --- what is told goes to standard error; -q tells nothing
enter two/a true
same 'standard output is the shell'"'s" "$(<out)" ''
says 'told' err 'two/a would run'
says 'told' err 'OPTION="from setup"'
says 'told' err 'by bash -euo pipefail'
says 'told' err "    echo \"\$OPTION 5\" > $work/made/deep/a.two"
"$fqrun" -q enter two/a <<<true >out 2>err
same '-q' "$(<err)" ''

# --- its end is the shell's
enter one/a 'exit 7'
ends 'exit 7' 7
enter one/a 'kill -TERM $$'
ends 'by a signal' 143
enter one/a false 'echo on'
same 'a failed command does not end it' "$(<out)" on

# --- names that are syntax
enter 'two/$(touch hacked)' 'echo "$FQRUN_SAMPLE"' 'echo "${PS1@P}" >/dev/null' 'eval "$(fc -ln -3 -3)"'
same 'a hostile name' "$(<out)" '$(touch hacked)'
[[ -z $(find . -name hacked) ]] || fail 'a name became syntax'
[[ -s made/deep/'$(touch hacked).two' ]] || fail 'the command of the hostile one did not run'
enter "two/it's \"q\"" 'echo "$GREETING"; eval "$(fc -ln -2 -2)"'
same 'quotes in a name' "$(<out)" "hello it's \"q\""
[[ -s made/deep/"it's \"q\".two" ]] || fail 'the command of the quoted one did not run'

# --- wrap: the shell runs inside
cat >wrap.ini <<'EOF'
[samples]
a =
[task t]
output = wrapped
wrap = env "WRAPPED=a b"
command = echo "$WRAPPED" > {output}
EOF
"$fqrun" -f wrap.ini enter t <<<'echo "$WRAPPED"; history' >out 2>err
same 'wrap' "$(head -n 1 out)" 'a b'
same 'the command is without it' "$(sed -n 's/^ *1 *//p' out)" 'echo "$WRAPPED" > wrapped'
cat >>wrap.ini <<'EOF'
[task gone]
output = made/none
wrap = no-such-wrapper
command = true
EOF
"$fqrun" -f wrap.ini enter gone <<<'echo on' >out 2>err
rc=$?
ends 'a wrapper that is not there' 3
says 'a wrapper that is not there' err no-such-wrapper
same 'nothing is left' "$(ls -A tmp)" ''

# --- nothing is recorded, and no lock is needed
cmp journal.before .fqrun/qc.ini/journal || fail 'something was recorded'
mkfifo gate
printf '[task t]\noutput = gated\ncommand = cat gate > {output}\n[task u]\noutput = u\ncommand = echo u > {output}\n' >gated.ini
"$fqrun" -f gated.ini t >/dev/null 2>&1 </dev/null &
exec 9>gate
"$fqrun" -f gated.ini enter t <<<'echo "in $FQRUN_TASK"' >out 2>err
same 'while it runs' "$(<out)" 'in t'
exec 9>&-
wait

# --- told to end: the shell is too, and nothing is left
mkfifo typed
"$fqrun" enter one/a <typed >out 2>err &
pid=$!
exec 9>typed
echo 'echo ready' >&9
wait_for grep -q ready out
kill -TERM "$pid"
wait "$pid"
rc=$?
exec 9>&-
ends 'told to end' 143
same 'nothing is left' "$(ls -A tmp)" ''

# --- in a terminal: its prompt says which job, Up shows the command, Ctrl-C ends what runs there
if command -v tmux >/dev/null; then
    # shellcheck disable=SC2317 # called through wait_for
    screen() { tmux -S "$work/tmux" capture-pane -p; }
    # shellcheck disable=SC2317 # called through wait_for
    shows() { [[ $(screen) == *"$1"* ]]; }
    tmux -S "$work/tmux" -f /dev/null new-session -d -x 100 -y 30 "$fqrun" enter two/b
    wait_for shows "[fqrun 'two/b'] "
    tmux -S "$work/tmux" send-keys Up
    wait_for shows "two/b'] $work/cwd/b"
    wait_for eval '[[ $(screen | grep -cF "OPTION 5") == 2 ]]'
    tmux -S "$work/tmux" send-keys Enter
    wait_for test -s made/deep/b.two
    same 'Up and Enter' "$(head -n 1 made/deep/b.two)" 'from setup 5'
    tmux -S "$work/tmux" send-keys 'touch begun; read -r x' Enter
    wait_for test -e cwd/b/begun
    tmux -S "$work/tmux" send-keys C-c
    # What is typed too soon behind Ctrl-C is thrown away with the line.
    # shellcheck disable=SC2317 # called through wait_for
    types() { tmux -S "$work/tmux" send-keys 'touch still' Enter && test -e cwd/b/still; }
    wait_for types
    tmux -S "$work/tmux" send-keys 'exit' Enter
    # shellcheck disable=SC2317 # called through wait_for
    gone() { ! tmux -S "$work/tmux" has-session 2>/dev/null; }
    wait_for gone
    same 'nothing is left' "$(ls -A tmp)" ''
else
    echo 'skipped: no tmux'
fi
nothing_lives 'at the end'
exit "$failed"
