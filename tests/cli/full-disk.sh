#!/bin/bash
# The disk of the state fills up, may not be written to, or allows no larger file: said in
# words, nothing that was done is lost, and one plain run makes all right.
# usage: full-disk.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

right() {
    same "$1: what was made" "$(paste -sd ' ' made/all)" 'a b c d'
    run -f "${2:-qc.ini}"
    ends "$1, again" 0
    says "$1, again" out 'nothing to do: 5 jobs'
}

# --- no file may grow: jobs that run end and are recorded, no more are started
cat >limit.ini <<'I'
[fqrun]
state = state
[samples]
a =
b =
c =
d =
[task one]
output = made/{sample}
command = echo {sample} > {output}
[task all]
output = made/all
command = cat {one.output} > {output}
I
for blocks in 4 6 8; do
    rm -rf made state
    (
        ulimit -f "$blocks"
        # A pipe: what is said must not be cut by the limit.
        "$fqrun" -f limit.ini -j2 2>&1 </dev/null
        printf 'exit %d\n' $?
    ) | cat >out
    grep -q 'state/limit.ini/journal: File too large' out || fail "$blocks blocks: $(<out)"
    grep -q 'hint: .*ulimit -f' out || fail "$blocks blocks: $(<out)"
    grep -qx 'exit 3' out || fail "$blocks blocks: $(<out)"
    grep -q FAILED out && fail "$blocks blocks: a job is blamed: $(<out)"
    recorded=$(ran)
    run -f limit.ini
    ends "after $blocks blocks" 0
    for job in $(ran); do
        [[ " $recorded " != *" $job "* ]] || fail "after $blocks blocks: $job ran again"
    done
    right "after $blocks blocks" limit.ini
done

# --- a small disk of its own: needs root
mkdir disk
if ! mount -t tmpfs -o size=256k none disk 2>/dev/null; then
    echo 'skipped: the rest needs the right to mount'
    exit "$failed"
fi
trap 'kill_marked; umount -l -- "$work/disk"; rm -rf -- "$work"' EXIT

# `b` fills the disk while `a` runs: both are done. Others start as long as there is room
# for all that they may have to record.
{
    printf '[fqrun]\nstate = disk/state\n[samples]\nb =\na =\n'
    printf 's%s =\n' {1..300}
    cat <<'I'
[task one]
output = made/{sample}
command = case {sample} in
    b) until [ -e a.runs ]; do sleep 0.02; done; cp zeros disk/fill 2>/dev/null || true; touch full ;;
    a) touch a.runs; until [ -e full ]; do sleep 0.02; done ;;
  esac
  echo {sample} >{output}
[task all]
output = all
command = cat {one.output} | wc -l > {output}
I
} >qc.ini
head -c 1M /dev/zero >zeros
rm -rf made
run -f qc.ini -j2
ends 'a disk that fills up' 3
says 'a disk that fills up' err 'disk/state/qc.ini/journal: No space left on device; '
says 'a disk that fills up' err ' free'
says 'a disk that fills up' err 'hint: make room there and run it again'
grep -q FAILED err && fail "a disk that fills up: a job is blamed: $(<err)"
ran | tr ' ' '\n' >recorded
count=$(wc -l <recorded)
((count >= 2 && count < 302)) || fail "a disk that fills up: $count ran"
says 'what ended is counted' out "failed: 303 jobs, $count ran, $((303 - count)) not started"
same 'what ran while it filled up is recorded' "$(grep -cx 'one/[ab]' recorded)" 2
same 'what has no record has no output' "$(find made -type f | wc -l)" "$count"
run -f qc.ini -j2
ends 'as full as before' 3
ran | sed '/^$/d' | tr ' ' '\n' >>recorded
rm disk/fill
run -f qc.ini -j2
ends 'there is room again' 0
ran | tr ' ' '\n' >>recorded
same 'nothing ran twice, nothing was left out' "$(sort -u recorded | wc -l) of $(wc -l <recorded)" '303 of 303'
same 'what was made' "$(<all)" 302
run -f qc.ini
says 'again' out 'nothing to do: 303 jobs'
cp zeros disk/fill 2>/dev/null
run -f qc.ini
ends 'nothing to do on a full disk' 0
says 'nothing to do on a full disk' out 'nothing to do: 303 jobs'
rm disk/fill

# --- what was kept and not used is given back
blocks=$(stat -c %b disk/state/qc.ini/journal)
((blocks * 512 <= $(stat -c %s disk/state/qc.ini/journal) + 8192)) || fail "the journal keeps $blocks blocks"

# --- full before the first job
rm -rf made disk/state full a.runs
cp zeros disk/fill 2>/dev/null
run -f qc.ini -j2
ends 'a full disk' 3
says 'a full disk' err 'No space left on device'
[[ ! -e made ]] || fail 'a full disk: a job was started'
rm disk/fill

# --- a disk that may only be read
mount -o remount,ro disk
sed -i 's|^state = state|state = disk/state|' limit.ini
run -f limit.ini
ends 'a disk to be read only' 3
says 'a disk to be read only' err 'disk/state/limit.ini: Read-only file system'
[[ ! -e made ]] || fail 'a disk to be read only: a job was started'
run -f limit.ini -n
ends '-n on a disk to be read only' 0
mount -o remount,rw disk
run -f limit.ini
ends 'it may be written to again' 0
right 'it may be written to again' limit.ini
nothing_lives 'at the end'
exit "$failed"
