#!/bin/bash
# `log`: what a job printed, byte for byte into a file, safely on a terminal.
# usage: log.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/cli/mixed.sh
. "$here/mixed.sh"

# --- while it runs: what there is by now; nobody waits for the lock
# shellcheck disable=SC2317 # mix_until_killed calls it
while_it_runs() {
    run log one/d
    ends 'while it runs' 0
    same 'while it runs' "$(<out)" 'hello from d'
}
mix_until_killed while_it_runs
before=$(state)

run log one/a
ends 'one' 0
same 'one' "$(<out)$(<err)" 'hello from a'
run log one/b one/a two
ends 'several' 0
same 'several' "$(<out)" $'==> one/a <==\nhello from a\n\n==> one/b <==\nhello from b'
same 'several: those without' "$(<err)" 'fqrun: of 4 jobs there is no log: nothing was printed'
run log ./one/c
same 'by its output' "$(<out)" 'hello from c'

# --- none
run log two/a
ends 'it printed nothing' 1
same 'it printed nothing' "$(<out)$(<err)" 'fqrun: two/a printed nothing'
run log task:all
ends 'never ran' 1
same 'never ran' "$(<out)$(<err)" 'fqrun: all never ran'
run log
ends 'of what?' 2
says 'of what?' err 'log needs the name of a job'
run log nonsense
ends 'no such target' 2
same 'nothing was written' "$(state)" "$before"

# --- attempts
rm -rf .fqrun
cat >qc.ini <<'I'
[task t]
command = echo x >> tries; n=$(wc -l < tries); [ $n = 2 ] || echo said $n; [ $n = 4 ]
retries = 3
[task quiet]
command = exit 4
I
run -j1 t
ends 'the fourth attempt' 0
for attempt in 1 3 4; do
    run log t --attempt "$attempt"
    ends "attempt $attempt" 0
    same "attempt $attempt" "$(<out)" "said $attempt"
done
run log t --attempt 2
ends 'one that printed nothing' 0
same 'one that printed nothing' "$(<out)$(<err)" ''
run log t
same 'the last' "$(<out)" 'said 4'
run log t --attempt 5
ends 'one too many' 1
same 'one too many' "$(<out)$(<err)" 'fqrun: t had no attempt 5, it had 4'
run quiet
run log quiet
ends 'it failed without a word' 1
same 'it failed without a word' "$(<err)" 'fqrun: quiet printed nothing; it failed: exit status 4'

# --- byte for byte; on a terminal as text
printf '[task raw]\ncommand = cat given\n' >raw.ini
{
    head -c 300000 /dev/urandom
    printf '\n\x1b[2Jend\tof it\xff\xe2\x82\xac'
} >given
run -f raw.ini
"$fqrun" -f raw.ini log raw >out
cmp out given || fail 'it is not byte for byte'
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$fqrun' -f raw.ini log raw" /dev/null </dev/null | tr -d '\r' >out
    same 'on a terminal: the end' "$(tail -n 1 out)" $'\\x1b[2Jend\tof it\\xff\xe2\x82\xac'
    same 'on a terminal: no control bytes' "$(tr -d '\t\n -~\200-\377' <out | wc -c)" 0
    same 'on a terminal: lines' "$(wc -l <out)" "$(($(tr -cd '\n' <given | wc -c) + 1))"
else
    echo 'skipped: no terminal'
fi

# --- what stands there is no log
log=.fqrun/raw.ini/logs/raw.log
rm "$log"
mkfifo "$log"
run -f raw.ini log raw
ends 'a FIFO' 3
says 'a FIFO' err "cannot read $log"

# --- who reads no more
rm "$log"
yes 'a line' | head -n 1000000 >"$log"
"$fqrun" -f raw.ini log raw 2>err | head -n 1 >out
same 'log | head' "${PIPESTATUS[0]} $(<out)$(<err)" '141 a line'
nothing_lives 'at the end'
exit "$failed"
