#!/bin/bash
# `why`: of each job what it is, the reasons, what it waits for, its command.
# usage: why.sh PATH_TO_FQRUN
# shellcheck disable=SC2016,SC2119 # it is the jobs that expand those
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/cli/mixed.sh
. "$here/mixed.sh"

# shellcheck disable=SC2317 # mix_until_killed calls it
while_it_runs() {
    run why one/d
    same 'while it runs' "$(head -n 1 out)" 'one/d is running'
}
mix_until_killed while_it_runs
mix
before=$(state)

# --- one that is up to date
run why two/a
ends 'up to date' 0
expect 'up to date' <<'O'
two/a is up to date (done WHEN, TIME)
  command
    cat one/a > two/a
O

# --- each other way to be
run why one/c two/c
expect 'stale' <<'O'
one/c is stale (done WHEN, TIME)
  because input in/c changed: was 3 bytes of WHEN, is 8 bytes of WHEN
  command
    echo "hello from c"
    if [ -e bad.c ]; then exit 3; fi
    if [ -e slow.c ]; then touch begun.c; sleep 1000; fi
    cat in/c > one/c
  log .fqrun/qc.ini/logs/one/c.log
two/c is stale (done WHEN, TIME)
  because one/c will have run before it
  waits for one/c (stale)
  command
    cat one/c > two/c
O
run why two/b
expect 'blocked' <<'O'
two/b never ran, it is blocked
  waits for one/b (failed)
  command
    cat one/b > two/b
O
run why task:all
says 'a cohort' out 'all never ran, it is blocked'
says 'a cohort' out '  waits for two/b (blocked), two/c (stale), two/d (missing), two/e (missing)'

# --- without a name: all that a run would look at, and no more
run why
ends 'all' 0
expect 'all' <<'O'
one/b failed (WHEN, TIME)
  because it failed: exit status 3
one/c is stale (done WHEN, TIME)
  because input in/c changed: was 3 bytes of WHEN, is 8 bytes of WHEN
one/d was cut off
  because it was started and did not finish
one/e never ran
two/b never ran, it is blocked
  waits for one/b (failed)
two/c is stale (done WHEN, TIME)
  because one/c will have run before it
  waits for one/c (stale)
two/d never ran
  waits for one/d (cut off)
two/e never ran
  waits for one/e (missing)
all never ran, it is blocked
  waits for two/b (blocked), two/c (stale), two/d (missing), two/e (missing)
O

# --- the same words as --explain has
run -n --explain
sed -nE 's/^#   because //p' out | sort >explained
run why
same '--explain and why' "$(sed -nE 's/^  because //p' out | sort)" "$(grep -v 'it never ran' explained)"

# --- JSON
run why --json two/c
ends '--json' 0
same '--json' "$(json job state reasons waits_for command)" \
    "two/c stale ['one/c will have run before it'] ['one/c'] cat one/c > two/c"
run why --json
same '--json: all' "$(json job | paste -sd ' ')" 'one/b one/c one/d one/e two/b two/c two/d two/e all'
same 'nothing was written' "$(state)" "$before"

# --- a reason of several lines: another command
rm bad.b slow.d
run -j4 --no-preflight
sed -i 's|^command = cat {one.output}|command = cat -u {one.output}|' qc.ini
run why two/a
says 'another command' out '  because its command, variables or environment changed'
says 'another command' out '      was: cat {one.output}'
says 'another command' out '      is:  cat -u {one.output}'
run why --json two/a
same 'another command: one reason' "$(json reasons | grep -o changed | wc -l) $(python3 -c \
    'import json; print(len(json.loads(open("out").read())["reasons"]))')" '1 1'
run
run why
same 'nothing to tell' "$(<out)" 'all jobs are up to date'
run why --json
same 'nothing to tell, in JSON' "$(<out)" ''

# --- left out, and what stands behind it
cat >when.ini <<'I'
[samples]
a =
b =
[task t]
when    = {sample} == "a"
output  = t/{sample}
command = touch {output}
[task u]
after   = t
output  = u/{sample}
command = touch {output}
I
run -f when.ini why t/b u/b
says 'left out' out 't/b is left out'
says 'left out' out '  because its `when` does not hold (when.ini:5)'
says 'behind it' out 'u/b is left out'
says 'behind it' out '  because what it waits for is left out'

# --- what was done before and only looked at since; what a person said; a tab in a command
printf '[samples]\na = in/a\n[task t]\ncommand = if test -e {reads}; then\n  cat\t{reads} > {output}; fi\noutput = t.txt\n' >tab.ini
run -f tab.ini --no-preflight
run -f tab.ini
run -f tab.ini why
same 'looked at' "$(<out)" 'all jobs are up to date'
run -f tab.ini why t/a
same 'looked at: done' "$(masked out | head -n 1)" 't/a is up to date (done WHEN, TIME)'
says 'a tab' out $'    cat\tin/a > t.txt; fi'
run -f tab.ini history t/a
same 'looked at: no attempt' "$(tail -n +2 out | wc -l)" 1
run -f tab.ini accept t/a
run -f tab.ini why t/a
same 'accepted' "$(masked out | head -n 1)" 't/a is up to date (accepted; done WHEN, TIME)'
run -f tab.ini history t/a
same 'accepted: an event, no attempt' "$(tail -n 1 out | tr -s ' ')" '- t/a accepted - - -'

# --- wrong names
run why nonsense
ends 'no such target' 2
nothing_lives 'at the end'
exit "$failed"
