#!/bin/bash
# Tasks once a value of a column: fan-in, rows without a value, and a barrier where
# the column cuts samples apart.
# usage: columns.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir raw
cat >sheet.csv <<'CSV'
sample,fastq_1,run,patient
x,raw/x1.fq,r1,p1
y,raw/y1.fq,r1,p2
y,raw/y2.fq,r2,p2
z,raw/z1.fq,r2,p1
w,raw/w1.fq,r2,
CSV
for f in x1 y1 y2 z1 w1; do printf '@%s\nACGT\n+\nIIII\n' "$f" >raw/$f.fq; done
cat >qc.ini <<'INI'
[fqrun]
sheet = sheet.csv

[task lanes]
per     = lane
command = head -n 1 {reads} > {output}
output  = lanes/{sample}_{lane}

[task samples]
command = cat {lanes.output} > {output}
output  = samples/{sample}

[task runs]
per     = run
command = { echo {run}; cat {lanes.output}; } > {output}
output  = runs/{run}
after   = samples

[task patients]
per     = patient
command = cat {samples.output} > {output}
output  = patients/{patient}

[task back]
command = cp {patients.output} {output}
output  = back/{sample}
when    = {patient} != ""
INI

everything="back/x back/y back/z lanes/w/L1 lanes/x/L1 lanes/y/L1 lanes/y/L2 lanes/z/L1 patients/p1 patients/p2 \
runs/r1 runs/r2 samples/w samples/x samples/y samples/z"
run -f qc.ini -j 4
ends first 0
same first "$(ran)" "$everything"
same r1 "$(paste -sd ' ' runs/r1)" 'r1 @x1 @y1'
same r2 "$(paste -sd ' ' runs/r2)" 'r2 @y2 @z1 @w1'
same p1 "$(paste -sd ' ' patients/p1)" '@x1 @z1'
same 'z of p1' "$(paste -sd ' ' back/z)" '@x1 @z1'
run -f qc.ini
same again "$(ran)" ''

# A sample without a patient is in none: no patient waits for it. The runs wait for all samples.
printf '@w1b\nACGT\n+\nIIII\n' >raw/w1.fq
run -f qc.ini -j 4
same 'no patient' "$(ran)" 'lanes/w/L1 runs/r1 runs/r2 samples/w'

# One that cuts runs: both, and its patient.
printf '@y2b\nACGT\n+\nIIII\n' >raw/y2.fq
run -f qc.ini -j 4
same 'one lane of y' "$(ran)" 'back/y lanes/y/L2 patients/p2 runs/r1 runs/r2 samples/y'
same 'r2 again' "$(paste -sd ' ' runs/r2)" 'r2 @y2b @z1 @w1b'

# A cell that is filled in: that patient, and those of it.
sed -i 's/^w,.*/w,raw\/w1.fq,r2,p2/' sheet.csv
run -f qc.ini -j 4
same 'a patient more' "$(ran)" 'back/w back/y patients/p2'
same 'w has a patient' "$(paste -sd ' ' back/w)" '@y1 @y2b @w1b'

# A lane that fails: its sample, its patient and all runs are blocked, and no other.
rm -rf .fqrun lanes samples runs patients back
sed -i 's/^command = head.*/command = [ {sample} != x ] \&\& head -n 1 {reads} > {output}/' qc.ini
run -f qc.ini -j 4
ends failed 1
same failed "$(ran)" "back/w back/y lanes/w/L1 lanes/y/L1 lanes/y/L2 lanes/z/L1 patients/p2 \
samples/w samples/y samples/z"

# missing = allow: the runs do without it.
sed -i 's/^after   = samples/&\nmissing = allow/' qc.ini
run -f qc.ini -j 4
ends 'a run without x' 1
same 'a run without x' "$(ran)" 'runs/r1 runs/r2'
same 'r1 without x' "$(paste -sd ' ' runs/r1)" 'r1 @y1'

# Targets: a value of a column.
rm -rf .fqrun lanes samples runs patients back
run -f qc.ini patients/p2
ends target 0
same target "$(ran)" 'lanes/w/L1 lanes/y/L1 lanes/y/L2 patients/p2 samples/w samples/y'

# A barrier has no list: the error names a sample that is cut.
sed -i 's/^command = { echo {run}.*/command = cat {samples.output} > {output}/' qc.ini
run -f qc.ini
ends barrier 2
says barrier err 'sample "y" lies in several of '

exit "$failed"
