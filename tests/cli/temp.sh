#!/bin/bash
# temp = yes: outputs go with their last reader, and that makes nothing run again.
# usage: temp.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# manifest SAMPLE...
manifest() {
    printf '[samples]\n'
    printf '%s =\n' "$@"
    cat <<'END'
[task raw]
per = sample
temp = yes
command = echo {sample} > {output}
output = t/{sample}.raw
[task cut]
temp = yes
command = cat {raw.output} > {output}
output = t/{sample}.cut
[task last]
command = cat {cut.output} > {output}
output = o/{sample}
[task side]
command = test -s {raw.output}; cp {raw.output} {output}
output = side/{sample}
END
}
manifest a b >qc.ini

temporary() {
    find t -type f 2>/dev/null | sort | paste -sd ' '
}

# idle CASE JOBS: nothing runs, nothing appears
idle() {
    run
    ends "$1" 0
    says "$1" out "nothing to do: $2 jobs are up to date"
    same "$1: what is left" "$(temporary)" ''
}

# --- removed, and nothing to do
run -j 2
ends 'first run' 0
same 'all are made' "$(cat o/a o/b side/a side/b | paste -sd ' ')" 'a b a b'
same 'none is left' "$(temporary)" ''
idle 'again' 8
run -j 2 -B
ends '-B' 0
same '-B runs all' "$(ran | wc -w)" 8
idle 'after -B' 8

# --- one output is gone: its chain runs
rm o/a
# shellcheck disable=SC2119 # of all
same '-n tells the chain' "$(would_run)" 'cut/a last/a raw/a'
same '-n makes nothing' "$(temporary)" ''
run --explain
ends 'one is gone' 0
same 'its chain ran' "$(ran)" 'cut/a last/a raw/a'
says 'why' out 'because its temporary output is needed again by cut/a'
says 'how many' out 'done: 8 jobs, 3 ran, 5 up to date'
idle 'after its chain' 8

# --- a new sample, alone
manifest a b c >qc.ini
run
same 'a new sample' "$(ran)" 'cut/c last/c raw/c side/c'
idle 'after a new sample' 12

# --- asked for: it is made, and stays until a run is about all
run rerun raw/b
ends 'rerun raw/b' 0
same 'it is there' "$(temporary)" 't/b.raw'
run
ends 'after that' 0
idle 'and again' 12

# --- a reader that fails keeps it; the next run begins there
rm o/a
printf '[task last]\ncommand = cat {cut.output} > {output}; exit 3\noutput = o/{sample}\n' |
    cat <(manifest a b c | sed '/^\[task last\]/,/^output = o/d') - >broken.ini
cp qc.ini good.ini
cp broken.ini qc.ini
run last/a
ends 'a reader fails' 1
same 'what it needs stays' "$(temporary)" 't/a.cut'
cp good.ini qc.ini
run
same 'it alone runs' "$(ran)" 'last/a'
idle 'after that failure' 12

# --- a job that gathers goes on without what could not be made again
cat >gather.ini <<'END'
[samples]
a =
b =
[task raw]
per = sample
temp = yes
command = test ! -e broken || test {sample} = b; echo {sample} > {output}
output = g/{sample}
[task all]
missing = allow
command = cat {raw.output} > {output}
output = g.all
END
run -f gather.ini
ends 'gather' 0
rm g.all
touch broken
run -f gather.ini
ends 'one cannot be made again' 1
same 'the rest' "$(cat g.all)" 'b'
rm broken g.all
run -f gather.ini
ends 'it can again' 0
same 'all of them' "$(paste -sd ' ' g.all)" 'a b'
same 'gathered, and gone' "$(ls g)" ''

# --- killed when the last reader is done and nothing is removed yet: fqrun says so first,
#     and nobody reads what it says
rm -rf .fqrun t o side
run raw side cut
ends 'before the kill' 0
mkfifo full
exec 3<>full
dd if=/dev/zero of=full bs=1024 oflag=nonblock 2>/dev/null
"$fqrun" last/a >full 2>err </dev/null &
pid=$!
# shellcheck disable=SC2317 # wait_for calls it
is_recorded() {
    grep -q $'\tdone\tlast\ta\t' .fqrun/qc.ini/journal
}
wait_for is_recorded
kill -KILL "$pid"
wait "$pid" 2>/dev/null
exec 3>&-
[[ -e t/a.cut ]] || fail 'killed: it was removed before the kill'
run
ends 'after the kill' 0
same 'what the kill left to do' "$(ran)" 'last/b last/c'
idle 'killed' 12

# --- killed while it is made again for one reader: it and the others stay as they were
for atomic in no yes; do
    rm -rf .fqrun/again.ini again slow
    cat >again.ini <<EOF
[task raw]
temp    = yes
atomic  = $atomic
command = date +%N > {output}; [[ ! -e slow ]] || kill -KILL \$PPID
output  = again/raw
[task one]
command = cat {raw.output} > {output}
output  = again/one
[task two]
command = cat {raw.output} > {output}
output  = again/two
EOF
    run -f again.ini
    ends "again, atomic $atomic" 0
    one=$(<again/one)
    rm again/two
    touch slow
    run -f again.ini
    [[ -e again/raw || $atomic == yes ]] || fail "again, atomic $atomic: it did not begin"
    rm slow
    run -f again.ini
    ends "again, atomic $atomic, killed" 0
    same "again, atomic $atomic, killed" "$(ran)" 'raw two'
    same "again, atomic $atomic: the other" "$(<again/one)" "$one"
    same "again, atomic $atomic: gone" "$(cd again && echo *)" 'one two'
    touch slow
    rm again/two
    run -f again.ini
    rm slow
    echo by hand >again/two
    run -f again.ini accept two
    run -f again.ini
    says "again, atomic $atomic, not needed" out 'nothing to do'
    touch slow
    rm again/two
    run -f again.ini
    rm slow
    run -f again.ini forget raw
    run -f again.ini
    same "again, atomic $atomic, forgotten" "$(ran)" 'one raw two'
done

# --- what a person made and accepted stays, and so does what he put into a folder
cat >theirs.ini <<'EOF'
[fqrun]
compare = exists
[task plain]
temp    = yes
command = echo made > {output}
output  = theirs/file
[task folder]
temp    = yes
command = echo made > {output}x
output  = theirs/folder/
[task all]
command = [[ ! -e bad ]]; cat {plain.output} theirs/folder/x > {output}
after   = folder
output  = theirs/all
EOF
mkdir theirs
echo mine >theirs/file
run -f theirs.ini accept plain
touch bad
run -f theirs.ini
ends 'theirs, not yet' 1
rm bad
touch -d '+1 hour' theirs/folder/mine
run -f theirs.ini
ends 'theirs' 0
same 'theirs' "$(cat theirs/file) $(cd theirs/folder && echo *)" 'mine mine x'

# --- nobody reads it
printf '[task one]\ntemp = yes\ncommand = echo > {output}\noutput = alone\n' >alone.ini
run -f alone.ini check
says 'nobody reads it' err 'alone.ini:1:7: warning: nothing waits for "one": its temporary outputs stay'
run -f alone.ini
[[ -e alone ]] || fail 'nobody reads it: removed'

nothing_lives 'at the end'
exit "$failed"
