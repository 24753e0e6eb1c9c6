#!/bin/bash
# Sheets of nf-core's pipelines, unchanged, run by manifests that use their columns.
# usage: nf-core.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# fastq FILE NAME: one record, gzipped
fastq() {
    mkdir -p -- "${1%/*}"
    printf '@%s\nACGTN\n+\nIIII#\n' "$2" | gzip -n >"$1"
}

# --- rnaseq: sample,fastq_1,fastq_2,strandedness; rows of one sample are sequenced again
cat >samplesheet.csv <<'CSV'
sample,fastq_1,fastq_2,strandedness
CONTROL_REP1,fq/AEG588A1_S1_L002_R1_001.fastq.gz,fq/AEG588A1_S1_L002_R2_001.fastq.gz,auto
CONTROL_REP1,fq/AEG588A1_S1_L003_R1_001.fastq.gz,fq/AEG588A1_S1_L003_R2_001.fastq.gz,auto
CONTROL_REP1,fq/AEG588A1_S1_L004_R1_001.fastq.gz,fq/AEG588A1_S1_L004_R2_001.fastq.gz,auto
CONTROL_REP2,fq/AEG588A2_S2_L002_R1_001.fastq.gz,fq/AEG588A2_S2_L002_R2_001.fastq.gz,forward
TREATMENT_REP1,fq/AEG588A4_S4_L003_R1_001.fastq.gz,,reverse
TREATMENT_REP1,fq/AEG588A4_S4_L004_R1_001.fastq.gz,,reverse
CSV
for lane in A1_S1_L002 A1_S1_L003 A1_S1_L004 A2_S2_L002; do
    for read in 1 2; do fastq "fq/AEG588${lane}_R${read}_001.fastq.gz" "$lane/$read"; done
done
for lane in A4_S4_L003 A4_S4_L004; do fastq "fq/AEG588${lane}_R1_001.fastq.gz" "$lane"; done
cat >rnaseq.ini <<'INI'
[fqrun]
sheet = samplesheet.csv

[task stats]
builtin = fastq-stats
output  = stats/{sample}.json

[task cat]
command = zcat {r1} > {output}
output  = merged/{sample}.fq

[task quant]
command = echo {sample} --strandedness {strandedness} $(grep -c '^@' {cat.output}) > {output}
output  = quant/{sample}.txt

[task table]
per     = strandedness
command = cat {quant.output} > {output}
output  = table/{strandedness}.txt
INI
run -f rnaseq.ini -j 4
ends rnaseq 0
same 'rnaseq: jobs' "$(ran)" "$(printf '%s\n' {cat,quant,stats}/{CONTROL_REP1,CONTROL_REP2,TREATMENT_REP1} \
    table/{auto,forward,reverse} | sort | paste -sd ' ')"
same 'rnaseq: first reads' "$(grep -h @ merged/CONTROL_REP1.fq | paste -sd ' ')" \
    '@A1_S1_L002/1 @A1_S1_L003/1 @A1_S1_L004/1'
same 'rnaseq: table' "$(cat table/auto.txt table/reverse.txt)" \
    $'CONTROL_REP1 --strandedness auto 3\nTREATMENT_REP1 --strandedness reverse 2'
# Three pairs are six files of one read each.
grep -q '"reads": *6' stats/CONTROL_REP1.json || fail "rnaseq: stats: $(cat stats/CONTROL_REP1.json)"
run -f rnaseq.ini
same 'rnaseq: again' "$(ran)" ''

# --- sarek: patient,sex,status,sample,lane,fastq_1,fastq_2
cat >sarek.csv <<'CSV'
patient,sex,status,sample,lane,fastq_1,fastq_2
patient1,XX,0,normal_sample,lane_1,sk/n_L001_1.fastq.gz,sk/n_L001_2.fastq.gz
patient1,XX,0,normal_sample,lane_2,sk/n_L002_1.fastq.gz,sk/n_L002_2.fastq.gz
patient1,XX,1,tumor_sample,lane_1,sk/t_L001_1.fastq.gz,sk/t_L001_2.fastq.gz
patient1,XX,1,relapse_sample,lane_1,sk/r_L001_1.fastq.gz,sk/r_L001_2.fastq.gz
patient2,XY,0,other_normal,lane_1,sk/o_L001_1.fastq.gz,sk/o_L001_2.fastq.gz
CSV
for lane in n_L001 n_L002 t_L001 r_L001 o_L001; do
    for read in 1 2; do fastq "sk/${lane}_$read.fastq.gz" "$lane/$read"; done
done
cat >sarek.ini <<'INI'
[fqrun]
sheet = sarek.csv

[task map]
per     = lane
command = { echo "@RG {patient}.{sample}.{sheet.lane}"; zcat {r1} {r2}; } > {output}
output  = mapped/{sample}-{lane}.sam

[task markdup]
command = cat {map.output} > {output}
output  = marked/{sample}.sam

[task call]
command = wc -l < {markdup.output} > {output}
output  = tumours/{sample}.txt
when    = {status} == "1"

[task joint]
per     = patient
command = echo {patient} {sex} {markdup.output} > {output}
output  = joint/{patient}.txt
INI
run -f sarek.ini -j 4
ends sarek 0
says 'sarek: lane' err '{sheet.lane}'
same 'sarek: jobs' "$(ran)" "call/relapse_sample call/tumor_sample joint/patient1 joint/patient2 \
map/normal_sample/L1 map/normal_sample/L2 map/other_normal/L1 map/relapse_sample/L1 map/tumor_sample/L1 \
markdup/normal_sample markdup/other_normal markdup/relapse_sample markdup/tumor_sample"
same 'sarek: lanes' "$(grep -h @ marked/normal_sample.sam | paste -sd ' ')" \
    '@RG patient1.normal_sample.lane_1 @n_L001/1 @n_L001/2 @RG patient1.normal_sample.lane_2 @n_L002/1 @n_L002/2'
same 'sarek: patients' "$(cat joint/patient1.txt joint/patient2.txt)" \
    $'patient1 XX marked/normal_sample.sam marked/tumor_sample.sam marked/relapse_sample.sam\npatient2 XY marked/other_normal.sam'
fastq sk/r_L001_1.fastq.gz r_L001/1 # the same bytes
run -f sarek.ini
same 'sarek: again' "$(ran)" ''
printf '@o_L001/2\nGGGG\n+\nIIII\n' | gzip -n >sk/o_L001_2.fastq.gz
run -f sarek.ini -j 4
same 'sarek: one patient' "$(ran)" 'joint/patient2 map/other_normal/L1 markdup/other_normal'

# --- ampliseq: tabs, sampleID, forwardReads, reverseReads, run
printf '%s\t%s\t%s\t%s\n' sampleID forwardReads reverseReads run \
    sample1 am/S1_R1_001.fastq.gz am/S1_R2_001.fastq.gz A \
    sample2 am/S2_R1_001.fastq.gz am/S2_R2_001.fastq.gz B \
    sample3 am/S3_R1_001.fastq.gz am/S3_R2_001.fastq.gz A >Samplesheet.tsv
for s in 1 2 3; do
    for read in 1 2; do fastq "am/S${s}_R${read}_001.fastq.gz" "S$s/$read"; done
done
cat >ampliseq.ini <<'INI'
[fqrun]
sheet = Samplesheet.tsv

[vars]
forward = GTGYCAGCMGCCGCGGTAA

[task cutadapt]
command = { echo "g={forward} {sample}"; zcat {r1} {r2}; } > {output}
output  = trimmed/{sample}.fq

[task errors]
per     = run
command = cat {cutadapt.output} > {output}
output  = errors/run{run}.txt

[task denoise]
input   = {cutadapt.output} {errors.output}
command = head -qn 1 {input} > {output}
output  = asv/{sample}.txt

[task summary]
command = cat {denoise.output} > {output}
output  = asv/all.txt
INI
run -f ampliseq.ini -j 4
ends ampliseq 0
same 'ampliseq: jobs' "$(ran)" "cutadapt/sample1 cutadapt/sample2 cutadapt/sample3 \
denoise/sample1 denoise/sample2 denoise/sample3 errors/A errors/B summary"
same 'ampliseq: run A' "$(grep -h @ errors/runA.txt | paste -sd ' ')" '@S1/1 @S1/2 @S3/1 @S3/2'
same 'ampliseq: summary' "$(sed 's/.* //' asv/all.txt | paste -sd ' ')" \
    'sample1 sample1 sample2 sample2 sample3 sample1'
# Another run's samples do not wait for this one's errors.
printf '@S2/1\nTTTT\n+\nIIII\n' | gzip -n >am/S2_R1_001.fastq.gz
run -f ampliseq.ini -j 4
same 'ampliseq: run B' "$(ran)" 'cutadapt/sample2 denoise/sample2 errors/B'

exit "$failed"
