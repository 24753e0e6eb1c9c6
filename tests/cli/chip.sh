#!/bin/bash
# An input that is another sample's output: each IP waits for the BAM of its control,
# which many share, wherever the control stands in the sheet.
# usage: chip.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cat >chip.ini <<'INI'
[fqrun]
sheet = samplesheet.csv

[task align]
command = { echo "bam of {sample}"; cat {reads}; } > {output}
output  = bam/{sample}.bam

[task peaks]
input   = bam/{sample}.bam bam/{control}.bam
command = cat {input} > {output}
output  = peaks/{sample}.txt
when    = {control} != ""
INI

mkdir raw
for s in ip1 ip2 ip3 input1 input2; do
    printf '@%s\nACGT\n+\nIIII\n' "$s" >"raw/$s.fq"
done
declare -A control=([ip1]=input1 [ip2]=input2 [ip3]=input1 [input1]='' [input2]='')

# sheet SAMPLE...: in this order
sheet() {
    local s
    echo sample,fastq_1,fastq_2,antibody,control
    for s in "$@"; do
        echo "$s,raw/$s.fq,,${control[$s]:+H3K4me3},${control[$s]}"
    done
}

everything='align/input1 align/input2 align/ip1 align/ip2 align/ip3 peaks/ip1 peaks/ip2 peaks/ip3'
for order in 'ip1 ip2 ip3 input1 input2' 'input1 input2 ip1 ip2 ip3' 'ip3 input2 ip1 input1 ip2'; do
    rm -rf .fqrun bam peaks
    # shellcheck disable=SC2086
    sheet $order >samplesheet.csv
    run -f chip.ini -j 4
    ends "$order" 0
    same "$order: jobs" "$(ran)" "$everything"
    same "$order: ip3" "$(grep bam peaks/ip3.txt | paste -sd ' ')" 'bam of ip3 bam of input1'
    same "$order: ip2" "$(grep bam peaks/ip2.txt | paste -sd ' ')" 'bam of ip2 bam of input2'
    [[ -e peaks/input1.txt ]] && fail "$order: a control has peaks"
    run -f chip.ini
    same "$order: again" "$(ran)" ''
done

# A control alone brings what reads it along, and no other.
printf '@input2\nTTTT\n+\nIIII\n' >raw/input2.fq
run -f chip.ini -j 4
ends 'one control' 0
same 'one control' "$(ran)" 'align/input2 peaks/ip2'

# A target brings its control.
rm -rf .fqrun bam peaks
run -f chip.ini peaks/ip3
ends target 0
same target "$(ran)" 'align/input1 align/ip3 peaks/ip3'

# A control that fails blocks those that need it; the others run.
rm -rf .fqrun bam peaks
sed -i 's/^command = { echo.*/command = { [ {sample} != input1 ] \&\& cat {reads}; } > {output}/' chip.ini
run -f chip.ini -j 4
ends 'failed control' 1
same 'failed control' "$(ran)" 'align/input2 align/ip1 align/ip2 align/ip3 peaks/ip2'

# A control that nothing makes and nobody has.
control[ip2]=nobody
sheet ip1 ip2 input1 input2 >samplesheet.csv
run -f chip.ini -j 4
ends 'no such control' 1
says 'no such control' err bam/nobody.bam

exit "$failed"
