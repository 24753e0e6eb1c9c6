#!/bin/bash
# Jobs that leave something behind: nothing hangs, nothing survives the run.
# usage: daemon.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# left CASE COMMAND: the command ends at once; so must the run
left() {
    local begin=$EPOCHSECONDS
    rm -rf .fqrun out.txt
    printf '[task one]\noutput = out.txt\ncommand =\n  %s\n  echo whole > {output}\n[task two]\nafter = one\ncommand = cat {one.output}\n' \
        "$2" >qc.ini
    run -j2
    ends "$1" 0
    ((EPOCHSECONDS - begin < 60)) || fail "$1: it hung"
    nothing_lives "$1"
}

left 'a child that holds its output' 'sleep 1000 &'
left 'a child that hears no HUP' 'nohup sleep 1000 &'
left 'a child in a session of its own' 'setsid sleep 1000 &'
left 'one that holds nothing' 'setsid sleep 1000 </dev/null >/dev/null 2>&1 &'
left 'one that hears no TERM' "setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1; done' &"
left 'a grandchild in a session of its own' '( ( setsid sleep 1000 & ) & )'
left 'one that writes for ever' 'setsid sh -c "while :; do echo noise; sleep 0.01; done" &'
left 'one that starts others' 'setsid sh -c "while :; do sleep 0.05 & sleep 0.02; done" >/dev/null 2>&1 &'

# --- output that came before the end is in the log, even if another holds the pipe
printf '[task one]\ncommand = echo before; setsid sleep 1000 & echo after; exit 1\n' >qc.ini
rm -rf .fqrun
run
ends 'a failure beside a daemon' 1
says 'its words' err '    | before'
says 'its last words' err '    | after'
nothing_lives 'a failure beside a daemon'

# --- a timeout reaches the whole group
printf '[task one]\ntimeout = 1s\ncommand = sleep 1000 & sleep 1000 | cat\n' >qc.ini
rm -rf .fqrun
run
ends 'a timeout' 1
says 'a timeout' err 'stopped at its timeout of 1'
nothing_lives 'a timeout'

# --- interrupted with a daemon about
printf '[task one]\ncommand = setsid sleep 1000 & touch begun; sleep 1000\n' >qc.ini
rm -rf .fqrun
"$fqrun" >out 2>err </dev/null &
pid=$!
wait_for test -e begun
kill -TERM "$pid"
wait "$pid"
rc=$?
ends 'interrupted' 143
nothing_lives 'interrupted'

# --- killed with a daemon about: the next run ends it
rm -rf .fqrun begun
"$fqrun" >out 2>err </dev/null &
pid=$!
wait_for test -e begun
kill -KILL "$pid"
wait "$pid" 2>/dev/null
printf '[task one]\ncommand = true\n' >qc.ini
run
ends 'after kill -9' 0
nothing_lives 'after kill -9'

# --- a guard that stands still does not hold the end
rm -rf .fqrun
# shellcheck disable=SC2016 # the job's
printf '[task one]\ncommand = kill -STOP $(pgrep -P $PPID -x fqrun-guard)\n' >qc.ini
timeout -k 1 20 "$fqrun" >out 2>err </dev/null
rc=$?
ends 'a guard stopped' 0
nothing_lives 'a guard stopped'

# --- what was started by whoever became fqrun is none of its jobs, and stays
rm -rf .fqrun
printf '[task one]\noutput = out.txt\ncommand = setsid sleep 1000 & touch {output}\n' >qc.ini
# shellcheck disable=SC2016 # the inner shell's
bash -c 'sleep 1000 & echo $! >neighbour; exec "$1" >out 2>err' bash "$fqrun" </dev/null
rc=$?
ends 'a neighbour' 0
kill -KILL "$(<neighbour)" || fail 'what ran before fqrun was ended by it'
nothing_lives 'a neighbour'

# --- jobs inherit no file of ours (3 is that of ls itself), nor one that was left open for us
printf '[task one]\noutput = fds\ncommand = ls /proc/self/fd > {output}\n' >qc.ini
rm -rf .fqrun
run
ends 'descriptors' 0
same 'descriptors' "$(sort fds | paste -sd ' ')" '0 1 2 3'
rm -rf .fqrun fds
run 5<qc.ini 77<>one
ends 'descriptors left open' 0
same 'descriptors left open' "$(sort fds | paste -sd ' ')" '0 1 2 3'
exit "$failed"
