#!/bin/bash
# One run at a time for a manifest; another manifest beside it is free.
# usage: lock.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
printf '[task wait]\noutput = out.txt\ncommand = touch begun; until [ -e go ]; do sleep 0.05; done; echo 1 > {output}\n' >one.ini
printf '[task free]\noutput = free.txt\ncommand = echo 1 > {output}\n' >two.ini
ln -s one.ini link.ini

"$fqrun" -f one.ini >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
for path in one.ini ./one.ini "$work/one.ini"; do
    run -f "$path"
    ends "a second run of $path" 3
    says "a second run of $path" err 'another fqrun is running this manifest'
    says 'it names the first' err "(pid $pid on "
    same 'nothing ran' "$(<out)" ''
done
run -f one.ini -n
ends '-n asks no one' 0
same '-n asks no one' "$(would_run -f one.ini)" wait
run -f two.ini
ends 'another manifest' 0
same 'another manifest' "$(<free.txt)" 1
mkdir sub
cp one.ini sub/
(cd sub && "$fqrun" -f one.ini >../out 2>../err </dev/null) &
other=$!
wait_for test -e sub/begun
touch go sub/go
wait "$other"
rc=$?
ends 'the same name in another folder' 0
wait "$pid"
rc=$?
ends 'the first' 0
run -f one.ini
ends 'the lock is free again' 0
says 'the lock is free again' out 'nothing to do'

# --- the lock dies with its process, however that ends
rm -rf .fqrun begun go
"$fqrun" -f one.ini >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
kill -KILL "$pid"
wait "$pid" 2>/dev/null
touch go
run -f one.ini
ends 'after kill -9' 0
same 'after kill -9' "$(ran)" wait

# --- a process that the killed one was just starting has its lock for a moment
# shellcheck disable=SC2317 # wait_for calls it
holds_it() {
    [[ $(readlink /proc/"$1"/fd/* 2>/dev/null) == *"$lock"* ]]
}

rm -rf .fqrun begun go out.txt
"$fqrun" -f one.ini >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
kill -KILL "$pid"
wait "$pid" 2>/dev/null
touch go
lock=$(realpath .fqrun/*/lock)
(exec 9<>"$lock" && flock 9 && touch held && exec sleep 60) &
holder=$!
wait_for test -e held
"$fqrun" -f one.ini >out 2>err </dev/null &
pid=$!
# Without the wait for it, it has ended with an error by then.
wait_for holds_it "$pid"
kill "$holder"
wait "$pid"
rc=$?
ends 'a lock that outlives its process for a moment' 0
same 'a lock that outlives its process for a moment' "$(ran)" wait

# --- what it does is told, and whoever waits is told for whom
rm -rf .fqrun begun go out.txt
"$fqrun" -f one.ini -j 3 >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
run -f one.ini
ends 'its command line' 3
says 'its command line' err ": fqrun -f one.ini -j 3)"
says 'the way to wait' err '--wait'
"$fqrun" -f one.ini --wait >second.out 2>second.err </dev/null &
second=$!
wait_for test -s second.err
grep -qF "waiting: another fqrun is running this manifest (pid $pid on " second.err || fail "--wait: $(<second.err)"
[[ ! -s second.out ]] || fail "--wait did not wait: $(<second.out)"
touch go
wait "$pid"
rc=$?
: >out
: >err
ends 'the first of two' 0
wait "$second"
rc=$?
ends 'the one that waited' 0
# What the first recorded was read only after it had ended.
grep -q 'nothing to do: 1 job is up to date' second.out || fail "--wait: $(<second.out)"
same '--wait says so once' "$(wc -l <second.err)" 1

# --- an interrupt ends the waiting
rm -rf .fqrun begun go out.txt
"$fqrun" -f one.ini >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
rm second.err
# The shell has its background jobs ignore it.
env --default-signal=INT "$fqrun" -f one.ini --wait >second.out 2>second.err </dev/null &
second=$!
wait_for test -s second.err
kill -INT "$second"
wait "$second"
same 'an interrupt ends the waiting' $? 130
touch go
wait "$pid"
rc=$?
ends 'the first is not disturbed' 0

# --- the state is removed or replaced while a run goes on: never a second writer unnoticed
printf '[task a]\noutput = a.txt\ncommand = touch begun; until [ -e go ]; do sleep 0.05; done; echo 1 > {output}\n[task b]\nafter = a\noutput = b.txt\ncommand = echo 2 > {output}\n' >lost.ini
for what in .fqrun .fqrun/lost.ini/lock .fqrun/lost.ini/journal moved emptied; do
    rm -rf .fqrun gone begun go a.txt b.txt
    word='was removed or replaced while we run'
    "$fqrun" -f lost.ini -j1 >out 2>err </dev/null &
    pid=$!
    wait_for test -e begun
    case $what in
    moved) mv .fqrun gone ;;
    emptied)
        : >.fqrun/lost.ini/journal
        word='was cut off while we run'
        ;;
    *) rm -rf $what ;;
    esac
    touch go
    wait "$pid"
    rc=$?
    ends "$what is gone" 3
    says "$what is gone" err "$word"
    [[ ! -e b.txt ]] || fail "$what is gone: the next job was started"
    rm -f out
    run -f lost.ini
    ends "after $what was gone" 0
    same "after $what was gone" "$(ran)" 'a b'
    run -f lost.ini
    says "after $what was gone" out 'nothing to do'
done
nothing_lives 'at the end'
exit "$failed"
