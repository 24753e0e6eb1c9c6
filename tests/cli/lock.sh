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
nothing_lives 'at the end'
exit "$failed"
