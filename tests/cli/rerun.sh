#!/bin/bash
# fqrun rerun: what failed, or what is named.
# usage: rerun.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cat >qc.ini <<'END'
[samples]
a =
b =
c =
[task one]
per = sample
command = test ! -e broken.{sample}; echo {sample} > {output}
output = one/{sample}
[task two]
command = cat {one.output} > {output}
output = two/{sample}
END

# --- neither --failed nor a TARGET
run rerun
ends 'nothing named' 2
says 'nothing named' err 'rerun needs --failed or a TARGET'
says 'nothing named' err 'hint: fqrun rerun --failed'
[[ ! -e .fqrun ]] || fail 'nothing named: something was written'
run rerun nosuch
ends 'a wrong target' 2
says 'a wrong target' err 'no target "nosuch"'

# --- --failed before anything ran, and when all is well
run rerun --failed
ends 'nothing ran' 0
says 'nothing ran' out 'nothing to do: no job failed or was cut off'
touch broken.b
run
ends 'one fails' 1

# --- what failed, without those behind it and without what never ran
same '-n' "$(would_run rerun --failed)" 'one/b'
run rerun --failed
ends 'it fails again' 1
rm broken.b two/a
run rerun --failed a
ends '--failed a' 0
says '--failed a' out 'nothing to do: none of these failed'
run rerun --failed -q a
same 'quiet' "$(<out)" ''
run rerun --failed --explain
ends '--failed' 0
same 'what failed' "$(ran)" 'one/b'
says 'why' out 'because it failed: exit status 1'
run rerun --failed
says 'none is left' out 'nothing to do: no job failed'
run
same 'the rest' "$(ran)" 'two/a two/b'

# --- what it needs runs first, if it is out of date
sed -i 's/^command = cat/command = test ! -e broken.{sample}; cat/' qc.ini
touch broken.c
run two
ends 'two fails' 1
rm broken.c one/c
run rerun --failed
same 'and what it needs' "$(ran)" 'one/c two/c'

# --- cut off is failed
sed -i 's/; cat/; test ! -e hold || { touch held; sleep 1000; }; cat/' qc.ini
touch hold
"$fqrun" two/a >out 2>err </dev/null &
pid=$!
wait_for test -e held
kill -KILL "$pid"
wait "$pid" 2>/dev/null
rm hold
same 'cut off' "$(would_run rerun --failed)" 'two/a'
run rerun --failed
same 'cut off, and run' "$(ran)" 'two/a'
run
ends 'all is well' 0

# --- what is named, also if it is up to date; only that
run
says 'up to date' out 'nothing to do: 6 jobs'
same '-n rerun two/a' "$(would_run rerun two/a)" 'two/a'
run rerun two/a --explain
same 'rerun two/a' "$(ran)" 'two/a'
says 'why named' out 'because it was asked for'
says 'how many' out 'done: 2 jobs, 1 ran, 1 up to date'
run rerun ./two/b sample:c -j 2
same 'several' "$(ran)" 'one/c two/b two/c'
run rerun two -j 1
same 'a task' "$(ran)" 'two/a two/b two/c'
run
says 'and all is well' out 'nothing to do: 6 jobs'

nothing_lives 'at the end'
exit "$failed"
