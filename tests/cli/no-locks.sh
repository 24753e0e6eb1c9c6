#!/bin/bash
# A file system without locks: still one run at a time, and none waits for the dead.
# usage: no-locks.sh PATH_TO_FQRUN PATH_TO_NO_FLOCK
preload=$(realpath -- "${2:?usage: no-locks.sh PATH_TO_FQRUN PATH_TO_NO_FLOCK}")
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
printf '[task wait]\noutput = out.txt\ncommand = touch begun; until [ -e go ]; do sleep 0.05; done; echo 1 > {output}\n' >one.ini
state=.fqrun/one.ini
export LD_PRELOAD=$preload
if ! "$fqrun" --version >/dev/null 2>&1; then
    echo 'skipped: nothing can be preloaded into this program'
    exit 77
fi

"$fqrun" -f one.ini -j2 >first.out 2>&1 </dev/null &
pid=$!
wait_for test -e begun
[[ -f $state/lease ]] || fail 'flock(2) was not refused'
run -f one.ini
ends 'a second run' 3
says 'a second run' err "another fqrun is running this manifest (pid $pid on "
says 'a second run' err ': fqrun -f one.ini -j2)'
grep -qiE 'remove|delete|rm ' err && fail "asks to delete something: $(<err)"
same 'nothing ran' "$(<out)" ''
"$fqrun" -f one.ini --wait >second.out 2>second.err </dev/null &
second=$!
wait_for test -s second.err
grep -qF "(pid $pid on " second.err || fail "--wait: $(<second.err)"
touch go
wait "$pid"
rc=$?
ends 'the first' 0
wait "$second"
rc=$?
ends 'the one that waited' 0
grep -q 'nothing to do' second.out || fail "--wait: $(<second.out)"
[[ ! -e $state/lease ]] || fail 'the lease is not given back'

# --- it outlives its process, but holds nobody up
for round in 1 2 3; do
    rm -rf .fqrun begun go out.txt
    "$fqrun" -f one.ini >first.out 2>&1 </dev/null &
    pid=$!
    wait_for test -e begun
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    [[ -f $state/lease ]] || fail 'no lease is left'
    touch go
    run -f one.ini
    ends "after kill -9 ($round)" 0
    same "after kill -9 ($round)" "$(ran)" wait
    [[ ! -e $state/lease ]] || fail "after kill -9 ($round): the lease is not given back"
done

# --- another machine's: nobody knows, so it is not broken at once
printf 'pid 5 on node7 since 2026-11-24 06:12:33: fqrun -j 8\nlease 1\tnode7\tm\tboot\tpid:[1]\t5\t100\n%020d\n' 3 >$state/lease
run -f one.ini
ends "another machine's" 3
says "another machine's" err '(pid 5 on node7 since 2026-11-24 06:12:33: fqrun -j 8)'
says "another machine's" err '--wait'
run -f one.ini -n
ends 'readers ask no one' 0

# --- it is removed while we run
rm -rf .fqrun begun go out.txt
printf '[task b]\nafter = wait\ncommand = touch b.txt\n' | cat one.ini - >two.ini
"$fqrun" -f two.ini >out 2>err </dev/null &
pid=$!
wait_for test -e begun
rm .fqrun/two.ini/lease
touch go
wait "$pid"
rc=$?
ends 'the lease is gone' 3
says 'the lease is gone' err '.fqrun/two.ini/lease was removed or replaced while we run'
[[ ! -e b.txt ]] || fail 'the lease is gone: the next job was started'
unset LD_PRELOAD
nothing_lives 'at the end'
exit "$failed"
