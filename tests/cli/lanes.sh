#!/bin/bash
# The worked example of units: align each lane, merge each sample, one summary for all.
# usage: lanes.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cp -r "$examples/lanes/." .
chmod -R u+w .

# content NAME: what the fake aligner made of it, in one line
content() {
    grep -v '^[ACGT+I]*$' "$1" | paste -sd ' '
}

all='align/a/L1 align/a/L2 align/b/L1 align/c/L1 align/c/L2 align/c/L3 merge/a merge/b merge/c summary'
run -f qc.ini -j 4
ends first 0
same first "$(ran)" "$all"
# a is paired, its rows are not neighbours; b is paired in one lane; c is single, in three.
same 'lane 2 of a' "$(content results/lanes/a_L2.sam)" '@RG a L2 run2 @a:2/1 @a:2/2'
same 'lane 3 of c' "$(content results/lanes/c_L3.sam)" '@RG c L3 run2 @c:3'
same 'merged a' "$(content results/a.sam)" '@RG a L1 run1 @a:1/1 @a:1/2 @RG a L2 run2 @a:2/1 @a:2/2'
same 'merged b' "$(content results/b.sam)" '@RG b L1 run1 @b:1/1 @b:1/2'
same 'merged c' "$(content results/c.sam)" '@RG c L1 run1 @c:1 @RG c L2 run1 @c:2 @RG c L3 run2 @c:3'
same summary "$(cat results/summary.txt)" $'results/a.sam 2\nresults/b.sam 1\nresults/c.sam 3'

run -f qc.ini
ends again 0
same again "$(ran)" ''

# A sample of a task that has a job for each of its lanes: all of them.
same 'TASK/SAMPLE' "$("$fqrun" -f qc.ini why --json align/c | grep -o '"job":"[^"]*"' | paste -sd ' ')" \
    '"job":"align/c/L1" "job":"align/c/L2" "job":"align/c/L3"'
run -f qc.ini why align/d
ends 'no such sample' 2
run -f qc.ini why alnig/c
ends 'a typo in TASK/SAMPLE' 2
says 'a typo in TASK/SAMPLE' err 'did you mean "align/c"?'
run -f qc.ini why summary/c
ends 'a task that gathers is of no sample' 2

# The same bytes with another date are no change.
touch reads/c_L2.fq
run -f qc.ini -n
same touched "$(would_run -f qc.ini)" ''

# One lane's file: that lane, its sample, the cohort.
printf '@c:2b\nACGT\n+\nIIII\n' >reads/c_L2.fq
same 'one lane, planned' "$(would_run -f qc.ini)" 'align/c/L2 merge/c summary'
run -f qc.ini -j 4
ends 'one lane' 0
same 'one lane' "$(ran)" 'align/c/L2 merge/c summary'
same 'one lane: merged' "$(content results/c.sam)" \
    '@RG c L1 run1 @c:1 @RG c L2 run1 @c:2b @RG c L3 run2 @c:3'

# The second read of a pair counts as much.
printf '@a:1/2\nTTTT\n+\nIIII\n' >reads/a_L1_R2.fq
run -f qc.ini -j 4
same 'one mate' "$(ran)" 'align/a/L1 merge/a summary'

# A lane more: that lane, its sample, the cohort.
printf '@b:2/1\nACGT\n+\nIIII\n' >reads/b_L2_R1.fq
printf '@b:2/2\nACGT\n+\nIIII\n' >reads/b_L2_R2.fq
echo 'b,reads/b_L2_R1.fq,reads/b_L2_R2.fq,run2' >>samples.csv
run -f qc.ini -j 4
ends 'a lane more' 0
same 'a lane more' "$(ran)" 'align/b/L2 merge/b summary'
same 'a lane more: merged' "$(content results/b.sam)" '@RG b L1 run1 @b:1/1 @b:1/2 @RG b L2 run2 @b:2/1 @b:2/2'

# A lane less: nothing to align, and its sample again.
sed -i '/b_L2/d' samples.csv
run -f qc.ini -j 4
same 'a lane less' "$(ran)" 'merge/b summary'

# A sample more touches no other sample.
printf '@d:1\nACGT\n+\nIIII\n' >reads/d.fq
echo 'd,reads/d.fq,,run2' >>samples.csv
run -f qc.ini -j 4
same 'a sample more' "$(ran)" 'align/d/L1 merge/d summary'

# A bad lane leaves its sample out, and the summary waits for a better day.
printf 'no FASTQ\n' >reads/c_L1.fq
printf '@b:1/1\nTTTT\n+\nIIII\n' >reads/b_L1_R1.fq
printf '@b:1/2\nTTTT\n+\nIIII\n' >reads/b_L1_R2.fq
run -f qc.ini -j 4
ends 'a bad lane' 1
says 'a bad lane' err reads/c_L1.fq
same 'a bad lane' "$(ran)" 'align/b/L1 merge/b'

# Targets: a lane, a sample.
rm -rf .fqrun results
printf '@c:1\nACGT\n+\nIIII\n' >reads/c_L1.fq
run -f qc.ini align/c/L2
same 'a lane as target' "$(ran)" 'align/c/L2'
run -f qc.ini merge/c
same 'a sample as target' "$(ran)" 'align/c/L1 align/c/L3 merge/c'

exit "$failed"
