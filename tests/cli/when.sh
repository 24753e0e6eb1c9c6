#!/bin/bash
# Jobs that `when` leaves out, and those that go without one that failed.
# usage: when.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# is FILE TEXT
is() {
    same "$1" "$(cat -- "$1" 2>&1)" "$2"
}
for s in a b c; do printf '@%s\nACGT\n+\nIIII\n' $s >$s.fq; done
printf 'sample,fastq_1,condition\na,a.fq,case\nb,b.fq,control\nc,c.fq,case\n' >sheet.csv

# --- by column, value and expression; what stands behind, beside and across
cat >qc.ini <<'I'
[fqrun]
sheet = sheet.csv
[task count]
input   = {reads}
output  = o/{sample}.n
command = cat n/{sample} >> "$FQRUN_VALUES"; touch {output}
[task big]
when    = {count.n} >= 1000 and {condition} == "case"
output  = o/{sample}.big
command = echo {sample} > {output}
[task behind]
after   = big
output  = o/{sample}.behind
command = echo {sample} > {output}
[task gather]
output  = o/gather
command = cat {big.output} > {output}
[task named]
when    = {sample} matches "^[ab]$"
output  = o/{sample}.named
command = touch {output}
[task beside]
output  = o/{sample}.beside
command = touch {output}
I
mkdir n
echo n=1000 >n/a
echo n=5000 >n/b
echo n=999 >n/c
run -j2 -v
ends 'some are left out' 0
same 'which ran' "$(grep -o '^\[.*' out | sed 's/.*\] //' | sort | paste -sd ' ')" \
    'behind/a beside/a beside/b beside/c big/a count/a count/b count/c gather named/a named/b'
is o/gather a
says 'how many' out '16 jobs, 11 ran, 5 left out'
for job in big/b big/c behind/b behind/c named/c; do
    says "told by -v: $job" out "$job"
done
run
ends 'again' 0
says 'again' out 'nothing to do: 11 jobs are up to date, 5 left out'
run -n
says 'again, dry' out '# 0 jobs would run, 11 up to date, 5 left out'

# --- what is left out changes
echo n=1001 >n/c
printf '@x\nACGT\n+\nIIII\n' >c.fq
run -n
same 'dry: a value to come may let it run' "$(grep '^# ' out | paste -sd ' ')" \
    '# count/c # big/c # gather # behind/c # 4 jobs would run, 9 up to date, 3 left out'
run --explain
ends 'one more' 0
same 'one more' "$(ran)" 'behind/c big/c count/c gather'
says 'one more, in words' out 'it waits for 2 jobs of big, was 1'
is o/gather $'a\nc'
echo n=1 >n/a
printf '@y\nACGT\n+\nIIII\n' >a.fq
run
same 'one less' "$(ran)" 'count/a gather'
is o/gather c
run
says 'one less, again' out 'nothing to do: 11 jobs are up to date, 5 left out'

# --- all are left out
echo n=1 >n/c
printf '@z\nACGT\n+\nIIII\n' >c.fq
run
ends 'all' 0
same 'all' "$(ran)" 'count/c'
says 'a job that gathers nothing is left out' out '16 jobs, 1 ran, 7 up to date, 8 left out'
run -v
says 'all, again' out 'nothing to do: 8 jobs are up to date, 8 left out'
run gather
says 'all, as a target' out 'left out'

# --- a value that is not there, or no number
rm n/a
printf '@w\nACGT\n+\nIIII\n' >a.fq
: >n/a
echo n=many >n/b
printf '@w\nACGT\n+\nIIII\n' >b.fq
sed -i 's/control/case/' sheet.csv
run -n big
same 'dry: not known' "$(grep -c '^# big/' out)" 2
run
ends 'unknown' 1
says 'unknown: in words' err 'FAILED big/a'
says 'unknown: which' err '{count.n}'
says 'no number' err 'FAILED big/b'
says 'unknown: the way out' err 'hint'
same 'unknown: what waits for it' "$(grep -c 'NOT RUN behind/' err)" 2
says 'unknown: the one that gathers does not run' err 'NOT RUN gather'

# --- a job behind two, one of which fails at its `when`, waits for the other
cat >two.ini <<'I'
[samples]
a = a.fq
b = b.fq
[task count]
command = [ {sample} = a ] || echo n=2 >> "$FQRUN_VALUES"
[task judged]
when    = {count.n} > 1
output  = two/{sample}
command = until [ -e go ]; do sleep 0.02; done; echo {sample} > {output}
[task other]
per     = sample
after   = count
command = [ {sample} = a ] || touch go
[task last]
missing = allow
output  = two/last
command = cat {judged.output} > {output}
I
run -f two.ini -j3
ends 'behind two' 1
is two/last b
says 'behind two' out '7 jobs, 6 ran, 1 failed ('

# --- fan-out and arrows by a file's name
cat >out.ini <<'I'
[samples]
a = a.fq
b = b.fq
[vars]
do = no
[task once]
when    = {do} == "yes"
output  = p/once
command = touch {output}
[task each]
after   = once
output  = p/{sample}.each
command = touch {output}
[task made]
when    = {sample} == "a"
output  = p/{sample}.made
command = touch {output}
[task looks]
input   = p/a.made
output  = p/a.read
command = touch {output}
[task looks_b]
input   = p/b.made
output  = p/b.read
command = touch {output}
I
run -f out.ini
ends 'fan-out' 0
same 'fan-out' "$(ran)" 'looks made/a'
run -f out.ini --set do=yes
ends 'fan-out' 0
same 'fan-out: now' "$(ran)" 'each/a each/b once'

# --- missing = allow
cat >miss.ini <<'I'
[samples]
a = a.fq
b = b.fq
[task t]
output  = m/{sample}
command = [ -e ok.{sample} ] && echo {sample} > {output}
[task refuses]
output  = m/refuses
command = cat {t.output} > {output}
[task allows]
missing = allow
output  = m/allows
command = cat {t.output} > {output}
I
run -f miss.ini
ends 'nothing is left' 1
says 'nothing is left: blocked' err 'NOT RUN allows: it waits for t/a, t/b'
touch ok.a
run -f miss.ini
ends 'on the rest' 1
says 'on the rest' err 'NOT RUN refuses: it waits for t/b'
same 'on the rest' "$(ran)" 'allows t/a'
is m/allows a
run -f miss.ini
ends 'still failed' 1
same 'still failed: it holds' "$(ran)" ''
touch ok.b
run -f miss.ini --explain
ends 'all are there' 0
same 'all are there' "$(ran)" 'allows refuses t/b'
is m/allows $'a\nb'
says 'why' out 'it waits for 2 jobs of t, was 1'
run -f miss.ini
says 'and hold' out 'nothing to do: 4 jobs are up to date'
exit "$failed"
