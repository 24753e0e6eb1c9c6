#!/bin/bash
# Values that tasks report, and what reads them.
# usage: reported.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# is FILE TEXT
is() {
    same "$1" "$(cat -- "$1" 2>&1)" "$2"
}
for s in a b c; do printf '@r\nACGT\n+\nIIII\n' >$s.fq; done

# --- same unit, fan-out, fan-in; in command, env and options
cat >qc.ini <<'I'
[samples]
a = a.fq
b = b.fq
c = c.fq
[task count]
input   = {reads}
output  = count/{sample}
command = touch {output}; { echo n=1; cat v/{sample}; } >> "$FQRUN_VALUES"
[task use]
output  = use/{sample}
env     = FROM_ENV={count.n}
options = -n {count.n}
command = printf '[%s]' {count.n} "$FROM_ENV" {options} > {output}
[task beside]
after   = count
output  = beside/{sample}
command = touch {output}
[task whole]
output  = whole
command = echo total=6 >> "$FQRUN_VALUES"; touch {output}
[task each]
output  = each/{sample}
command = printf '[%s]' {sample} {whole.total} > {output}
[task gather]
output  = gather
command = printf '[%s]' {count.n} {count.n:,} > {output}
I
mkdir v
echo n=10 >v/a
printf 'n=2\nn=x y; $(touch PWNED) `touch PWNED`\n' >v/b
printf "n='\"*" >v/c # no newline at the end
run -j3
ends 'values' 0
is use/a '[10][10][-n][10]'
is use/b '[x y; $(touch PWNED) `touch PWNED`][x y; $(touch PWNED) `touch PWNED`][-n][x y; $(touch PWNED) `touch PWNED`]'
is use/c "['\"*]['\"*][-n]['\"*]"
is each/b '[b][6]'
is gather "[10][x y; \$(touch PWNED) \`touch PWNED\`]['\"*][10,x y; \$(touch PWNED) \`touch PWNED\`,'\"*]"
[[ ! -e PWNED ]] || fail 'a value was run as a command'
run
says 'they are kept' out 'nothing to do: 14 jobs are up to date'

# --- a reader alone runs again, with the values of old
rm use/b gather
run
same 'the readers alone' "$(ran)" 'gather use/b'
is use/b '[x y; $(touch PWNED) `touch PWNED`][x y; $(touch PWNED) `touch PWNED`][-n][x y; $(touch PWNED) `touch PWNED`]'

# --- and after the journal was written anew
journal=.fqrun/qc.ini/journal
before=$(wc -l <$journal)
for ((i = 0; i < 1500; i++)); do
    grep -m 1 $'\tdone\t' $journal >>dead
done
cat dead >>$journal
run
run
says 'kept by a compact journal' out 'nothing to do: 14 jobs are up to date'
(($(wc -l <$journal) < before + 100)) || fail "the journal was not written anew: $(wc -l <$journal) lines"
rm use/a
run
is use/a '[10][10][-n][10]'

# --- a changed value
echo n=11 >v/a
printf '@r\nACGA\n+\nIIII\n' >a.fq
run --explain
same 'of one sample' "$(ran)" 'beside/a count/a gather use/a'
is use/a '[11][11][-n][11]'
says 'in words' out '{count.n} changed: was 10, is 11'

# --- in a dry run a value to come is shown as it was written
touch v/b
printf '@r\nACGA\n+\nIIIA\n' >b.fq
run -n use/b
says 'to come' out "env 'FROM_ENV={count.n}' bash -euo pipefail -c "
says 'to come' out '{count.n} "$FROM_ENV" -n '
run
ends 'and reported again' 0

# --- not reported
cat >none.ini <<'I'
[samples]
a = a.fq
b = b.fq
[task count]
output  = none/{sample}.n
command = if [ {sample} = a ]; then echo n=1 >> "$FQRUN_VALUES"; fi; touch {output}
[task use]
output  = none/{sample}.use
command = echo {count.n} > {output}
[task gather]
output  = none/gather
command = echo {count.n} > {output}
[task behind]
after   = use gather
output  = none/{sample}.behind
command = touch {output}
I
run -f none.ini
ends 'not reported' 1
says 'not reported' err 'FAILED use/b: {count.n} was not reported by count/b'
says 'not reported: the way out' err 'hint   the task writes NAME=VALUE lines to the file that $FQRUN_VALUES names'
says 'one of a list' err 'FAILED gather: {count.n} was not reported by count/b'
is none/a.use 1
says 'what waits for it' out '7 jobs, 3 ran, 2 failed, 2 not run because of that'

cat >options.ini <<'I'
[samples]
a = a.fq
[task count]
output  = none/{sample}.m
command = touch {output}
[task use]
options = -m {count.m}
command = echo {sample} {options}
[task maybe]
command = echo {sample} {?count.m -m {count.m}} > none/maybe
I
run -f options.ini
ends 'not reported, in options' 1
says 'not reported, in options' err 'FAILED use/a: {count.m} was not reported by count/a'
is none/maybe a

# --- lines that are none
cat >bad.ini <<'I'
[task t]
command = printf 'a=1\n\nb-2=\n3=x\n' >> "$FQRUN_VALUES"
[task u]
command = mkdir "$FQRUN_VALUES"
[task v]
command = printf 'a=1\r\nb=\0\n' >> "$FQRUN_VALUES"
I
run -f bad.ini -j1 # each has what the one before it left
ends 'a bad line' 1
says 'a bad line' err 'FAILED t: line 4 of its values is not NAME=VALUE: 3=x'
says 'a bad line: what is right' err 'echo reads=1000 >> "$FQRUN_VALUES"'
says 'a folder' err 'FAILED u: its values cannot be read'
says 'a NUL' err 'FAILED v: line 2 of its values is not NAME=VALUE'

# --- those of fastq-stats are the numbers of its JSON
cat >stats.ini <<'I'
[samples]
a = a.fq b.fq
[task stats]
builtin = fastq-stats
output  = stats/{sample}.json
[task use]
output  = stats/{sample}.txt
command =
  printf '%s\n' reads={stats.reads} bases={stats.bases} min_length={stats.min_length} > {output}
  printf '%s\n' mean_length={stats.mean_length} max_length={stats.max_length} gc={stats.gc} >> {output}
  printf '%s\n' gc_percent={stats.gc_percent} n={stats.n} q20={stats.q20} >> {output}
  printf '%s\n' q20_percent={stats.q20_percent} q30={stats.q30} q30_percent={stats.q30_percent} >> {output}
I
run -f stats.ini
ends 'fastq-stats reports' 0
# Two reads: ACGA IIII and ACGA IIIA; I is Phred 40, A is 32.
is stats/a.txt $'reads=2\nbases=8\nmin_length=4\nmean_length=4.00\nmax_length=4\ngc=4\ngc_percent=50.00\nn=0\nq20=8\nq20_percent=100.00\nq30=8\nq30_percent=100.00'
: >mine
FQRUN_VALUES=/dev/full run fastq-stats -o never.json a.fq
ends 'values that cannot be written' 3
says 'values that cannot be written' err 'cannot write values to /dev/full'
[[ ! -e never.json ]] || fail 'an output though its values were lost'
echo reads=old >mine
FQRUN_VALUES=mine run fastq-stats a.fq
ends 'values by hand' 0
same 'they are appended' "$(head -n2 mine | paste -sd ' ')" 'reads=old reads=1'
nothing_lives 'at the end'
exit "$failed"
