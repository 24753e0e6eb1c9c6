#!/bin/bash
# The preset multiqc: a report on the samples of the manifest, or on what lies below
# results/; a sample that failed keeps it from being made.
# usage: multiqc.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
for program in multiqc samtools; do
    command -v "$program" >/dev/null || {
        echo "skipped: $program is not installed"
        exit 77
    }
done
ln -s "$(realpath -- "$here/../../presets")" presets

# sam NAME COUNT: so many alignments
sam() {
    printf '@SQ\tSN:chr1\tLN:1000\n' >"$1.sam"
    for ((i = 1; i <= $2; i++)); do
        printf 'r%d\t0\tchr1\t%d\t60\t4M\t*\t0\t0\tACGT\tIIII\n' "$i" "$i" >>"$1.sam"
    done
}
sam one 3
sam two 4
cat >m.ini <<'END'
[samples]
one = one.sam
two = two.sam
[task flagstat]
use = samtools-flagstat
input = {reads}
[task multiqc]
use = multiqc
after = flagstat
END
sed 's/^after = flagstat/input = {flagstat.output}/' m.ini >exact.ini

# The samples in the report.
in_report() {
    awk -F '\t' 'NR > 1 { print $1 }' results/multiqc/multiqc_data/multiqc_samtools_flagstat.txt |
        sed 's/\.flagstat.*//' | sort | paste -sd ' '
}

run -f m.ini -j 2
ends 'below results' 0
[[ -s results/multiqc/multiqc_report.html ]] || fail 'no report'
same 'below results' "$(in_report)" 'one two'
run -f m.ini
says 'again' out 'nothing to do'

# What a sample that is no longer in the manifest left behind.
sed 's/3 /9 /' results/flagstat/one.flagstat.txt >results/flagstat/gone.flagstat.txt
run -f m.ini -B multiqc
ends 'a stale file, below results' 0
same 'a stale file, below results' "$(in_report)" 'gone one two'
rm -r results/multiqc
run -f exact.ini -j 2
ends 'a stale file, exact' 0
same 'a stale file, exact' "$(in_report)" 'one two'

printf '@SQ\tSN:chr1\tLN:1000\nr1\t0\tchr1\t1\t60\t4M\t*\t0\t0\tAC' >two.sam
run -f exact.ini -j 2
ends 'a sample cut off' 1
says 'a sample cut off' err 'FAILED flagstat/two'
says 'a sample cut off' err 'NOT RUN multiqc: it waits for flagstat/two'
exit "$failed"
