#!/bin/bash
# [fqrun] min-free: no job is started while the disk has less.
# usage: min-free.sh PATH_TO_FQRUN
# shellcheck disable=SC2016,SC2119 # run and would_run take no argument here
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# --- more than any disk has
printf '[fqrun]\nmin-free = 900000T\n[task one]\ncommand = echo > {output}\noutput = one\n' >qc.ini
run
ends 'too much' 3
says 'too much' err 'no more jobs are started: '
says 'too much' err ' are free on the disk of the working directory, and min-free asks for 900000T'
says 'too much' err 'hint: make room there, or lower `min-free` in [fqrun]'
says 'too much' out '1 not started'
[[ ! -e one ]] || fail 'too much: a job was started'
same '-n does not ask' "$(would_run)" 'one'
sed -i 's/900000T/1K/' qc.ini
run
ends 'a little' 0
run
says 'nothing to do' out 'nothing to do'
sed -i 's/1K/900000T/' qc.ini
run
ends 'too much, and nothing to start' 0

# --- a disk that fills up, of 8 MiB
mkdir disk
if ! unshare -rm sh -c 'mount -t tmpfs -o size=8M tmpfs "$1"' sh "$work/disk" 2>/dev/null; then
    echo 'the rest is skipped: no file system may be mounted here'
    exit "$failed"
fi
cat >"$work/inside" <<'END'
cd "$1/disk" && mount -t tmpfs -o size=8M tmpfs "$1/disk" && cd "$1/disk" || exit
# It takes a second and more: so often the disk is looked at.
printf '[fqrun]\nmin-free = 4M\n[task one]\ncommand = head -c 6M /dev/zero > junk; sleep 1.2; echo > {output}\noutput = one\n[task two]\nafter = one\ncommand = echo > {output}\noutput = two\n' >qc.ini
"$2" -j 1 >"$1/out" 2>"$1/err"
echo $? >"$1/status"
ls >"$1/listing"
rm junk
"$2" -j 1 >"$1/out2" 2>"$1/err2"
echo $? >>"$1/status"

# While another job runs it waits, and goes on when there is room again.
printf '[fqrun]\nmin-free = 4M\n[task hold]\ncommand = until test -e three; do sleep 0.05; done; echo > {output}\noutput = hold\n[task fill]\ncommand = head -c 6M /dev/zero > junk; sleep 1.2; echo > {output}\noutput = fill\n[task three]\nafter = fill\ncommand = echo > {output}\noutput = three\n' >wait.ini
"$2" -f wait.ini -j 2 >"$1/out3" 2>"$1/err3" &
for i in $(seq 400); do
    grep -q 'no job is started for now' "$1/err3" && break
    sleep 0.05
done
ls three >"$1/early" 2>/dev/null
rm junk
wait $!
echo $? >>"$1/status"

# The state is elsewhere, and there is no room for it.
cd "$1" || exit
printf '[fqrun]\nmin-free = 4M\nstate = disk/state\n[task four]\ncommand = echo > {output}\noutput = four\n' >state.ini
head -c 6M /dev/zero >disk/junk
"$2" -f state.ini >"$1/out4" 2>"$1/err4"
echo $? >>"$1/status"
END
unshare -rm bash "$work/inside" "$work" "$fqrun"
same 'exit statuses' "$(paste -sd ' ' status)" '3 0 0 3'
says 'it fills up' err 'and min-free asks for 4M'
says 'it fills up' out '1 ran, 1 not started'
same 'the one that ran is done' "$(paste -sd ' ' listing)" 'junk one qc.ini'
same 'then the other runs' "$(sed -n 's/^\[.*\] //p' out2)" 'two'
says 'while one runs' err3 'warning: no job is started for now: '
same 'while one runs' "$(<early)" ''
says 'and goes on' out3 'done: 3 jobs, 3 ran'
says 'the state' err4 'are free on the disk of disk/state, and min-free asks for 4M'

nothing_lives 'at the end'
exit "$failed"
