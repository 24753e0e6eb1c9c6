#!/bin/bash
# The six samples through the real FastQC and MultiQC.
# usage: fastqc.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
for tool in fastqc multiqc; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool not installed"
        exit 77
    }
done
cp -R -- "$examples/six-samples/." . || exit
rm -rf .fqrun results
rm -rf results .fqrun
cp -p reads/case3_R1.fq.gz kept
line=$(grep -n '^case3 ' fastqc.ini | cut -d : -f 1)

# --- without fastq-stats in front of it: FastQC ends well, and writes no report
awk '/^\[task whole\]/ { skip = 1 } /^\[task fastqc\]/ { skip = 0 } !skip && !/^after *= whole/' fastqc.ini >alone.ini
head -c 3000 kept >reads/case3_R1.fq.gz
run -f alone.ini -j 3 case3
ends 'FastQC alone' 1
grep -qE 'FAILED fastqc/case3/L1/R1: (it printed: Failed to process|output .*/case3_R1_fastqc.zip is missing|exit status [1-9])' err ||
    fail "FastQC alone: $(tail -n 20 err)"
says 'the line of its sample' err "alone.ini:$line:1"
same 'the other file' "$(ran)" 'fastqc/case3/L1/R2'

# --- the example as it is
rm -rf results .fqrun
run -f fastqc.ini -j 3
ends 'a file cut off' 1
says 'a file cut off' err 'FAILED whole/case3: exit status 1'
says 'the line of its sample' err "sample fastqc.ini:$line:1"
says 'what waits for it' err 'NOT RUN multiqc: it waits for fastqc/case3'
same 'the other five samples' "$(ran | tr ' ' '\n' | grep -c .)" 12
[[ ! -e results/multiqc ]] || fail 'a report over samples of which one failed'

cp -p kept reads/case3_R1.fq.gz
run -f fastqc.ini -j 3
ends 'restored' 0
same 'that sample and the report' "$(ran)" 'fastqc/case3/L1/R1 fastqc/case3/L1/R2 multiqc whole/case3'
[[ -s results/multiqc/multiqc_report.html ]] || fail 'no report'
same 'all files have theirs' "$(find results/fastqc -name '*_fastqc.zip' | wc -l)" 9
run -f fastqc.ini -j 3
ends 'again' 0
says 'again' out 'nothing to do: 16 jobs are up to date'
exit "$failed"
