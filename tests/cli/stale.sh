#!/bin/bash
# Inputs and outputs that change in all ways: what runs again, what does not, and what is said.
# usage: stale.sh PATH_TO_FQRUN
# shellcheck disable=SC2016 # it is the jobs that expand those
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
large() { head -c 1100000 /dev/zero | tr '\0' "$1"; }
rest() {
    run
    ends "$1: at rest" 0
    says "$1: at rest" out 'nothing to do: '
}
begin() {
    rm -rf .fqrun in* made ran
    printf '[task t]\ninput = in\noutput = made\ncommand = %s\n' "${1:-cp in made; echo x >> ran}" >qc.ini
    echo one >in
    touch -d '2020-01-01' in
    run
    ends "first: ${1-}" 0
}
# again CASE: it runs, and then rests, and has made what the input holds
again() {
    run
    ends "$1" 0
    same "$1" "$(ran)" t
    cmp -s in made || fail "$1: what was made is not what is in it"
    rest "$1"
}

# --- put in the place of another
begin
rest 'nothing changed'
printf 'two\n' >older && touch -d '2001-01-01' older
cp -p older in
again 'an older file'
cp -p in backup
printf 'six\n' >in
again 'edited'
cp -p backup in
again 'a backup put back'
cp -p backup in
rest 'the backup once more, its time is as it was'
touch -d '2002-02-02' in
rest 'a backup with another time'
printf 'more\n' >in && touch -d '2002-02-02' in
again 'of another size, with the same time'

# --- clocks
begin
touch -d '2037-01-01' in
rest 'a time in the future'
printf 'two\n' >in
again 'edited since'
printf 'six\n' >in && touch -d '2037-01-01' in
again 'edited, in the future'
printf 'ten\n' >in && touch -d '1971-01-01' in
again 'a clock that was set back'

# --- links
begin
ln in in.link
rest 'a link to it'
printf 'two\n' >in.link
again 'edited by its other name'
printf 'six\n' >in.other && touch -d '2020-01-01' in.other
rm in && ln -s in.link in
rest 'a link to the same'
ln -sfn in.other in
again 'the link leads to another file'
ln -sfn in.link in
printf 'six\n' >in.link && touch -d '2020-01-01' in.link
rest 'and to another with the same content'

# --- in the same instant: only what was as young as its record can be
begin
for letter in a b c d e; do
    echo "first $letter" >in
    run
    stamp=$(date -r in '+%F %T.%N')
    echo "other $letter" >in
    touch -d "$stamp" in
    run --explain
    same "in the same instant, $letter" "$(ran)" t
    says "in the same instant, $letter" out 'input in: its content changed, with the same size and time: 8 bytes of '
    cmp -s in made || fail "in the same instant, $letter"
done
# It is read once more, and then never again.
begin
touch -d '3 seconds ago' in made
rest 'touched'
kept() { grep -c -P '\tkept\tt\t' .fqrun/qc.ini/journal; }
same 'recorded anew' "$(kept)" 1
rest 'not touched since'
same 'and no more' "$(kept)" 1
if strace -o trace true 2>trace.err; then
    reads() {
        strace -f -o trace -e trace=openat "$fqrun" >run.out 2>run.err </dev/null
        grep -c -E '"(in|made)"' trace
    }
    same 'read again' "$(reads)" 0
    touch -d '4 seconds ago' in
    same 'read, as its time is another' "$(reads)" 1
    same 'read no more' "$(reads)" 0
else
    echo 'skipped: strace cannot be used'
fi

# --- outputs
echo spoiled >made
run --explain
same 'an output edited' "$(ran)" t
says 'an output edited' out 'output made changed: was 4 bytes of '
touch -d '2003-03-03' made
rest 'an output touched'

# --- while it runs: it waits for us
begin
for size in small large; do
    rm -f ready go
    printf '[task t]\ninput = in\noutput = made\ncommand = cp in made; echo %s; touch ready; until [ -e go ]; do sleep 0.02; done\n' $size >qc.ini
    if [[ $size == large ]]; then large a >in; else echo one >in; fi
    touch -d '2020-01-01' in
    "$fqrun" >"$work/run.out" 2>"$work/run.err" </dev/null &
    pid=$!
    wait_for test -e ready
    if [[ $size == large ]]; then large b >in; else echo two >in; fi
    touch -d '2020-01-01' in
    touch go
    wait "$pid"
    same "$size: status" $? 0
    cmp -s in made || fail "$size: what was made is not what is there"
    grep -qxF 't runs again: input in changed while it ran' run.err || fail "$size: $(<run.err)"
    grep -q '^done: 1 job, 1 ran; 1 ran again (' run.out || fail "$size: $(<run.out)"
    rest "$size, while it runs"
done

# --- by its own doing
rm -f ran
begin 'cp in made; touch in; echo x >> ran'
same 'one that touches a small input' "$(wc -l <ran) $(<err)" '1 '
rest 'one that touches a small input'
large a >in
run
ends 'one that touches a large input' 0
says 'one that touches a large input' err 't runs again: input in changed while it ran'
says 'one that touches a large input' err 'qc.ini:1:7: warning: t changes its own input in; taken as it is now'
rest 'one that touches a large input'
begin "sed -i 's/one/two/' in; cp in made"
says 'sed -i' err 't runs again: input in changed while it ran'
same 'sed -i' "$(<made)" two
rest 'sed -i'
rm -rf .fqrun
printf '[task t]\nretries = 3\ninput = in\noutput = made\ncommand = cp in made; echo more >> in; echo x >> ran\n' >qc.ini
: >ran
run
ends 'one that adds' 1
says 'one that adds' err 'FAILED t: input in changed while it ran, twice ('
says 'one that adds' err ', attempt 2 of 5)'
says 'one that adds' err 'is something else still writing it? a job that adds to its own input'
same 'one that adds: how often' "$(wc -l <ran)" 2
printf '[task t]\ninput = in\noutput = in.gz\ncommand = gzip -f in\n' >qc.ini
echo one >in
run
ends 'one that uses it up' 1
says 'one that uses it up' err 'FAILED t: input in is gone: it was there when it began ('
run
ends 'one that uses it up, again' 1
same 'what is left of it' "$(zcat in.gz)" one

# --- for those behind
rm -rf .fqrun in* made
printf '[samples]\na = in.a\nb = in.b\n[task up]\noutput = made/{sample}\ncommand = head -n 1 {reads} > {output}; echo n=$(wc -l < {output}) > "$FQRUN_VALUES"\n[task each]\ninput = {up.output}\noutput = made/{sample}.each\ncommand = cat {up.output} > {output}\n[task all]\noutput = made/all\ncommand = cat {up.output} > {output}\n' >qc.ini
printf 'one\nx\n' | tee in.a >in.b
run --no-preflight
ends 'a chain' 0
echo y >>in.a
same 'would run' "$(would_run --no-preflight)" 'all each/a up/a'
run --no-preflight
same 'the same came of it' "$(ran)" up/a
rest 'the same came of it'
sed -i 's/one/two/' in.a
run --no-preflight --explain
same 'something else came of it' "$(ran)" 'all each/a up/a'
says 'something else came of it' out 'because up/a ran since'
rest 'something else came of it'
run --no-preflight -B up
same 'all of one task again' "$(ran)" 'up/a up/b'
rest 'all of one task again'
rm made/a
run --no-preflight
same 'an output that is gone comes back' "$(ran)" up/a
rest 'an output that is gone comes back'
exit "$failed"
