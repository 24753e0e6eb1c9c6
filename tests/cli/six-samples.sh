#!/bin/bash
# The main job on real reads: what runs, what is right, and what runs again.
# usage: six-samples.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cp -R -- "$examples/six-samples/." . || exit
rm -rf .fqrun results
rm -rf results .fqrun
samples=(case1 case2 case3 control1 control2 control3)
all="$(printf 'lines/%s ' "${samples[@]}")$(printf 'stats/%s ' "${samples[@]}")summary"

# agree CASE EXPECTED [OPTION...]: -n foretells what then runs
agree() {
    same "$1: -n" "$(would_run -f qc.ini "${@:3}")" "${foretold-$2}"
    run -f qc.ini -j 3 "${@:3}"
    ends "$1" 0
    same "$1" "$(ran)" "$2"
    same "$1: afterwards" "$(would_run -f qc.ini)" ''
}

agree 'first run' "$all"
says 'first run' out 'done: 13 jobs, 13 ran'
expected_header=$'sample\tfastq-stats\tzcat\tagree'
same 'summary' "$(head -n 1 results/summary.tsv)" "$expected_header"
same 'six samples that agree' "$(grep -c $'\tyes$' results/summary.tsv)" 6
if command -v seqkit >/dev/null; then
    for sample in "${samples[@]}"; do
        theirs=$(seqkit stats -T reads/"$sample"*.fq.gz | awk 'NR > 1 {reads += $4; bases += $5} END {print reads, bases}')
        counted=$(awk -F '[:, ]+' '/"(reads|bases)":/ && n < 2 {printf n++ ? " %s\n" : "%s", $3}' results/stats/"$sample".json)
        same "seqkit on $sample" "$counted" "$theirs"
    done
else
    echo 'skipped: seqkit not installed'
fi

agree 'second run' ''
says 'second run' out 'nothing to do: 13 jobs are up to date'

touch -t 203701010000 reads/case1_R2.fq.gz
agree 'one input touched' ''
touch -t 198001010000 reads/case1_R2.fq.gz
agree 'touched, older than all' ''
# The same reads, packed anew: other bytes, and older than all that was made of them.
zcat reads/case1_R2.fq.gz | gzip -1 >other && mv other reads/case1_R2.fq.gz
touch -t 198001010000 reads/case1_R2.fq.gz
# Of them the same is made again, so what waits for that need not run; -n cannot know.
foretold='lines/case1 stats/case1 summary' agree 'one input changed' 'lines/case1 stats/case1'

sed -i 's/zcat {reads}/gzip -dc {reads}/' qc.ini
every=$(printf 'lines/%s ' "${samples[@]}")
foretold="${every}summary" agree 'a command changed' "${every% }"
sed -i 's/^\[task lines\]/; a comment\n\n&/' qc.ini
agree 'a comment' ''

printf '@r\nACGT\n+\nIIII\n' | gzip >reads/new.fq.gz
sed -i 's|^control1 = .*|&\nnew = reads/new.fq.gz|' qc.ini
agree 'a sample more' 'lines/new stats/new summary'
same 'it is in the summary' "$(grep -c '^new' results/summary.tsv)" 1
sed -i '/^new = /d' qc.ini
agree 'that sample removed' summary
same 'it is not in the summary' "$(grep -c '^new' results/summary.tsv)" 0

rm results/lines/case3.txt
foretold='lines/case3 summary' agree 'an output removed' lines/case3
echo 0 >>results/stats/control2.json
foretold='stats/control2 summary' agree 'an output edited' stats/control2
same 'it is as it was' "$(tail -c 2 results/stats/control2.json)" '}'

run -f qc.ini -B lines/case2
ends 'one target again' 0
same 'one target again' "$(ran)" lines/case2
agree 'the cohort after it' ''

# --- one sample is cut off
cp -p reads/case2_R2.fq.gz kept
cp -p results/summary.tsv kept.tsv
line=$(grep -n '^case2 ' qc.ini | cut -d : -f 1)
head -c 3000 kept >reads/case2_R2.fq.gz
run -f qc.ini -j 3
ends 'a sample cut off' 1
says 'a sample cut off' err 'FAILED stats/case2: exit status 1'
says 'it is named with its line' err "sample qc.ini:$line:1"
says 'and why' err 'reads/case2_R2.fq.gz: record '
says 'and what waits for it' err 'NOT RUN summary: it waits for '
same 'no other sample ran' "$(grep -v FAILED out | ran)" ''
cmp -s results/summary.tsv kept.tsv || fail 'a summary was made in spite of a sample that failed'
[[ ! -e results/stats/case2.json && ! -e results/lines/case2.txt ]] || fail 'half a result is left'
run -f qc.ini -j 3
ends 'cut off still' 1
cp -p kept reads/case2_R2.fq.gz
agree 'restored' 'lines/case2 stats/case2 summary'
same 'six samples that agree again' "$(grep -c $'\tyes$' results/summary.tsv)" 6

# --- cut off from the beginning: the other five are finished
rm -rf results .fqrun
head -c 3000 kept >reads/case2_R2.fq.gz
run -f qc.ini -j 3
ends 'cut off in the first run' 1
same 'the others are finished' "$(ran | tr ' ' '\n' | grep -c '^[ls]')" 10
[[ ! -e results/summary.tsv ]] || fail 'a summary in spite of a sample that failed'
cp -p kept reads/case2_R2.fq.gz
agree 'restored' 'lines/case2 stats/case2 summary'
exit "$failed"
