#!/bin/bash
# How a changed file is judged: compare in its four ways, and the words of --explain.
# usage: compare.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
{
    printf '[task auto]\ninput = in\noutput = auto.out\ncommand = cp in auto.out\n'
    for way in content stamp exists; do
        printf '[task %s]\ncompare = %s\ninput = in\noutput = %s.out\ncommand = cp in %s.out\n' $way $way $way $way
    done
} >qc.ini
echo one >in
run
ends 'first' 0
nothing() {
    run -n
    says "$1" out '# 0 jobs would run, 4 up to date'
}
nothing 'the same'

# --- another time, the same bytes
touch -d '2001-01-01' in
run --explain
same 'the same bytes' "$(ran)" stamp
says 'why' out 'input in changed: was 4 bytes of '
says 'why: both values' out ', is 4 bytes of 2001-01-01 '
nothing 'the same bytes, again'

# --- other bytes of the same length, with the old time: it was young when it was recorded
touch -d '+1 second' in
run
same 'another time, and young' "$(ran)" stamp
stamp=$(date -r in '+%F %T.%N')
echo two >in
touch -d "$stamp" in
run
ends 'a forged time' 0
same 'a forged time: the stamp does not tell, the bytes do' "$(ran)" 'auto content'

# --- other bytes
echo three >in
run
same 'other bytes' "$(ran)" 'auto content stamp'

# --- gone
rm in
run -n --explain
same 'gone' "$(grep -c '^# [ace]' out)" 3
says 'gone' out 'input in is missing: was 6 bytes of'
echo three >in
run
same 'back' "$(ran)" 'stamp'

# --- outputs
cp -p auto.out kept
touch -d '2002-02-02' auto.out content.out stamp.out exists.out
run --explain
same 'outputs of another time' "$(ran)" stamp
says 'an output, in words' out 'output stamp.out changed: was 6 bytes of'
for way in auto content stamp exists; do echo spoiled >$way.out; done
run
same 'outputs with other bytes' "$(ran)" 'auto content stamp'
same 'they are made anew' "$(cat auto.out content.out stamp.out | sort -u)" three
rm ./*.out
run
same 'outputs that are gone' "$(ran)" 'auto content exists stamp'
nothing 'at the end'

# --- over 1 MiB `auto` goes by the stamp, `content` by the bytes
head -c 1100000 /dev/zero >in
run
same 'large' "$(ran)" 'auto content stamp'
touch -d '2003-03-03' in
run
same 'large, another time' "$(ran)" 'auto stamp'
nothing 'large, again'

# --- the way is changed
sed -i 's/compare = exists/compare = content/' qc.ini
run
ends 'another way' 0
nothing 'another way'
exit "$failed"
