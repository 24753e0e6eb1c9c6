#!/bin/bash
# Jobs that fail and are tried again, and what is said of why.
# usage: retries.sh PATH_TO_FQRUN
# shellcheck disable=SC2016 # it is the jobs that expand those
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
logs=.fqrun/qc.ini/logs

# The last records of a kind: the attempt's number, and how many numbers there are.
records() {
    awk -F '\t' -v type="$1" '$3 == type { n = split($6, used, ","); print used[7] "/" n }' .fqrun/qc.ini/journal | paste -sd ' '
}

# --- well at the third attempt; each finds a clean place, and keeps its log
printf '%s\n' '[samples]' 'a = /dev/null' 'b = /dev/null' '[task t]' 'per = sample' \
    'command = echo {sample} >> tries; n=$(grep -c ^{sample}$ tries); echo attempt $n of {sample}; [ ! -e {output} ] || exit 9; echo part > {output}; [ {sample} = b ] || [ $n = 3 ]' \
    'output = o/{sample}.txt' 'retries = 2' >qc.ini
run --no-preflight -j1
ends 'the third attempt' 0
same 'who ran' "$(ran)" 't/a t/b'
says 'the third attempt' err 't/a failed (exit status 1): attempt 2 of 3'
says 'the third attempt' err 't/a failed (exit status 1): attempt 3 of 3'
says 'the third attempt' out 'done: 2 jobs, 2 ran; 1 retried ('
same 'how often' "$(sort tries | uniq -c | tr -s ' \n' ' ')" ' 3 a 1 b '
same 'the logs' "$(cat $logs/t/a.log.1 $logs/t/a.log.2 $logs/t/a.log | paste -sd ,)" \
    'attempt 1 of a,attempt 2 of a,attempt 3 of a'
[[ ! -e $logs/t/b.log.1 ]] || fail 'b has a log of an attempt that never was'
same 'failures in the journal' "$(records fail)" '1/8 2/8'
same 'successes in the journal' "$(records 'done' | tr ' ' '\n' | sort | paste -sd ' ')" '1/8 3/8'
run --no-preflight
says 'once more' out 'nothing to do: 2 jobs are up to date'
[[ -e $logs/t/a.log.2 ]] || fail 'a log went although nothing ran'
echo 'a' >>tries # an a that begins now would be well at once
sed -i 's/echo part/echo whole/; s/\$n = 3/$n -ge 3/' qc.ini
run --no-preflight
ends 'another command' 0
[[ ! -e $logs/t/a.log.1 && ! -e $logs/t/a.log.2 ]] || fail 'logs of the attempts of an earlier run are left'

# --- all in vain; the next run begins anew
rm -rf .fqrun tries o
printf '[task t]\ncommand = echo x >> tries; echo said $(wc -l < tries); exit 4\nretries = 2\n' >qc.ini
for count in 3 6; do
    run
    ends 'in vain' 1
    same 'tries in vain' "$(wc -l <tries)" "$count"
    says 'in vain' err ', attempt 3 of 3)'
    says 'in vain' err "said $count"
    says 'in vain' out 'failed: 1 job, 1 failed; 1 retried ('
done
run -q
same 'quiet, of the attempts' "$(grep -c 'attempt [23] of 3$' err)" 0
says 'quiet' err 'FAILED t: exit status 4'

# --- not tried again: what was never started, and what would be after --fail-fast
rm -rf .fqrun tries
printf '[task t]\ncommand = no-such-program-anywhere\nretries = 5\n' >qc.ini
run
ends 'no such program' 1
says 'no such program' err 'FAILED t: '
same 'attempts of what is not there' "$(grep -c attempt err)" 0
printf '[task t]\ncommand = echo x >> tries; until [ -e failed ]; do sleep 0.02; done; sleep 0.2; exit 1\nretries = 5\n[task u]\ncommand = touch failed; exit 1\n' >qc.ini
run -j2 --fail-fast
ends 'fail fast' 1
same 'attempts after the first failure' "$(wc -l <tries)" 1

# --- it waits; others run; told to stop, it waits no more
rm -rf .fqrun tries
printf '[task t]\ncommand = exit 1\nretries = 3\nbackoff = 1h\n[task u]\ncommand = touch {output}\noutput = u.out\npriority = -5\n' >qc.ini
"$fqrun" -j1 >out 2>err </dev/null &
pid=$!
wait_for grep -q 't failed (exit status 1): attempt 2 of 4 in 1h00m' err
wait_for test -e u.out
kill -TERM "$pid" # a shell lets those behind it ignore an interrupt
wait "$pid"
same 'stopped while it waits' $? 143
says 'stopped while it waits' out '1 stopped or not started; 1 retried ('
same 'who ran meanwhile' "$(ran)" u
nothing_lives 'stopped while it waits'

# --- more memory, for one that lacked it; all there is, and no more
rm -rf .fqrun tries
printf '[fqrun]\nmemory = 3G\n[task t]\ncommand = echo x >> tries; echo MemoryError; exit 1\nmemory = 1G x2\nretries = 9\n' >qc.ini
run
ends 'no more memory' 1
says 'no more memory' err 't failed (out of memory, the log says: MemoryError): attempt 2 of 10 with memory = 2G'
says 'no more memory' err 'attempt 3 of 10 with memory = 3G'
says 'no more memory' err 'hint   not tried again: it had all that --memory allows'
same 'attempts until there was no more' "$(wc -l <tries)" 3
sed -i 's/echo MemoryError/echo nothing/' qc.ini
run
same 'of another cause' "$(grep -c 'with memory' err)" 0
same 'attempts for another cause' "$(wc -l <tries)" 13

# --- a disk that is full, as a program says it
printf '[task t]\ncommand = echo sort: write failed: No space left on device; exit 2\n' >qc.ini
run
says 'a full disk' err 'FAILED t: disk full, the log says: sort: write failed: No space left on device; '
if [[ -c /dev/full ]]; then
    printf '[task t]\ncommand = echo much > /dev/full\n' >qc.ini
    run
    says 'a full device' err 'FAILED t: disk full, the log says: '
fi

# --- killed by itself, not by want of memory
printf '[task t]\ncommand = kill -KILL $$\n' >qc.ini
run
says 'killed' err 'FAILED t: ended by signal 9 (Killed)'
printf '[task t]\ncommand = bash -c '"'kill -KILL \$\$'"'; exit $?\nshell = sh\n' >qc.ini
run
says 'an inner kill' err 'FAILED t: exit status 137: a program of the command was killed'

# --- one that stands still is told of, and goes on when it is continued
rm -rf .fqrun
printf '[task t]\ncommand = kill -STOP $$; echo on > {output}\noutput = on.txt\ntimeout = 1h\n' >qc.ini
"$fqrun" >out 2>err </dev/null &
pid=$!
wait_for grep -q 'hint: kill -CONT' err
says 'standing still' err 'qc.ini:1:7: warning: t stands still: stopped by signal 19 (Stopped (signal))'
says 'standing still' err 'continues it, its timeout or an interrupt ends it'
kill -CONT "$(sed -nE 's/.*kill -CONT ([0-9]+) .*/\1/p' err)"
wait "$pid"
same 'continued' "$? $(cat on.txt)" '0 on'
sed -i 's/timeout = 1h/timeout = 1s/; s/echo on/echo again/' qc.ini
run
ends 'standing still until its timeout' 1
says 'standing still until its timeout' err 'FAILED t: stopped at its timeout of 1.0s'
nothing_lives 'standing still'
exit "$failed"
