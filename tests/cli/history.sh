#!/bin/bash
# `history`: the runs, or the attempts of jobs; the newest last.
# usage: history.sh PATH_TO_FQRUN
# shellcheck disable=SC2016,SC2119 # it is the jobs that expand those
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/cli/mixed.sh
. "$here/mixed.sh"

# Blanks are one; what differs is masked.
told() {
    masked out | sed -E -e "s/ $(uname -n) / HOST /" -e 's/ [0-9.]+[KMG] / PEAK /' -e 's/ +/ /g'
}

# shellcheck disable=SC2317 # mix_until_killed calls it
while_it_runs() {
    run history
    ends 'while it runs' 0
    same 'while it runs' "$(told | tail -n 1)" 'WHEN TIME running 4 done, 1 failed HOST fqrun -j4 --no-preflight'
    run history one/d
    same 'while it runs: a job' "$(told | tail -n 1)" '- one/d running - - -'
    run history --json
    same 'while it runs, in JSON' "$(json state pid ended)" "running $1 -"
    # From another host nobody can tell.
    if unshare -u hostname elsewhere 2>/dev/null; then
        unshare -u sh -c 'hostname elsewhere; exec "$0" history' "$fqrun" >out
        same 'from elsewhere' "$(told | tail -n 1)" 'WHEN - no end is known 4 done, 1 failed HOST fqrun -j4 --no-preflight'
        unshare -u sh -c 'hostname elsewhere; exec "$0" status one/d' "$fqrun" >out
        says 'from elsewhere' out 'd       running'
        says 'from elsewhere' out ": no end is known; it began on $(uname -n), where it may still run"
    else
        echo 'skipped: another host'
    fi
}
mix_until_killed while_it_runs
run history
same 'killed, and nobody came yet' "$(told | tail -n 1)" 'WHEN - was killed 4 done, 1 failed HOST fqrun -j4 --no-preflight'
run history one/d
same 'killed, and nobody came yet: a job' "$(told | tail -n 1)" '- one/d cut off - - -'

# --- killed, and whoever started it has not waited for it
rm -f begun.d one/d
# shellcheck disable=SC2016 # it is perl
perl -e '$| = 1; my $pid = fork; exec @ARGV if !$pid; print "$pid\n"; sleep 1000' \
    "$fqrun" -j1 -q --no-preflight one/d >begun.pid 2>mix.err </dev/null &
parent=$!
wait_for test -e begun.d
pid=$(head -n 1 begun.pid)
kill -KILL "$pid"
wait_for grep -q ') Z' "/proc/$pid/stat"
run history
same 'a dead process that is still listed' "$(told | tail -n 1)" \
    'WHEN - was killed - HOST fqrun -j1 -q --no-preflight one/d'
kill -KILL "$parent"
wait "$parent" 2>/dev/null

# --- more of them: one that fails, one that is stopped, one that has nothing to do, one that is well
rm slow.d
run -j1 --no-preflight
rm -f one/d bad.b
touch slow.d
rm -f begun.d
"$fqrun" -j1 --no-preflight one/d >mix.out 2>mix.err </dev/null &
pid=$!
wait_for test -e begun.d
kill -TERM "$pid"
wait "$pid"
rm slow.d
run -j1 -q --no-preflight
run
says 'nothing to do' out 'nothing to do'
before=$(state)
run history
ends 'runs' 0
same 'runs' "$(told)" 'began took state jobs host command
WHEN - was killed 4 done, 1 failed HOST fqrun -j4 --no-preflight
WHEN - was killed - HOST fqrun -j1 -q --no-preflight one/d
WHEN TIME failed 2 done, 1 failed, 4 up to date, 2 not run HOST fqrun -j1 --no-preflight
WHEN TIME stopped (Terminated) 1 not run HOST fqrun -j1 --no-preflight one/d
WHEN TIME done 5 done, 4 up to date HOST fqrun -j1 -q --no-preflight'
run history one/d one/b
ends 'jobs' 0
same 'jobs' "$(told)" 'ended job state took peak attempt
WHEN one/b failed TIME PEAK 1 exit status 3
- one/d cut off - - - fqrun was killed while it ran
- one/d cut off - - - fqrun was killed while it ran
WHEN one/b failed TIME PEAK 1 exit status 3
WHEN one/d done TIME PEAK 1
WHEN one/d cut off TIME PEAK 1 it was stopped with the run
WHEN one/b done TIME PEAK 1
WHEN one/d done TIME PEAK 1'

# --- JSON says the same
run history --json
ends '--json' 0
same '--json' "$(json state exit_status 'done' failed up_to_date not_run command)" 'was killed - 4 1 - - fqrun -j4 --no-preflight
was killed - 0 0 - - fqrun -j1 -q --no-preflight one/d
failed 1 2 1 4 2 fqrun -j1 --no-preflight
stopped (Terminated) 143 0 0 0 1 fqrun -j1 --no-preflight one/d
done 0 5 0 4 0 fqrun -j1 -q --no-preflight'
[[ $(json began host | tail -n 1) =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\ .+$ ]] || fail "when and where: $(json began host)"
run history --json one/b
same '--json: a job' "$(json job state attempt cause)" 'one/b failed 1 exit status 3
one/b failed 1 exit status 3
one/b done 1 -'
same 'nothing was written' "$(state)" "$before"

# --- nothing is known
run history task:all two/e
ends 'no such target' 2
sed -i 's|^d = .*|&\ne = in/d|' qc.ini
run history two/e
same 'of a job that never ran' "$(<out)" 'nothing is known of that'
rm -rf .fqrun
run history
ends 'no run' 0
same 'no run' "$(<out)" 'no run is known'
run history --json
same 'no run, in JSON' "$(<out)" ''
[[ ! -e .fqrun ]] || fail 'history made the state'

# --- names with all kinds of bytes; attempts
printf '[samples]\na\tb\\c = in/a\nx\x1b[2J = in/a\n[task t]\nretries = 1\ncommand = echo x >> tries.{sample}; test $(wc -l < tries.{sample}) = 2\n' >odd.ini
run -f odd.ini -j1 --no-preflight
run -f odd.ini history t
same 'odd names' "$(told)" 'ended job state took peak attempt
WHEN t/a\x09b\c failed TIME PEAK 1 exit status 1
WHEN t/a\x09b\c done TIME PEAK 2
WHEN t/x\x1b[2J failed TIME PEAK 1 exit status 1
WHEN t/x\x1b[2J done TIME PEAK 2'
nothing_lives 'at the end'
exit "$failed"
