#!/bin/bash
# A manifest that includes others, with a default.
# usage: include.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p lab/common raw
printf '@s1\nACGT\n+\nIIII\n' >raw/s1.fq
printf 'sample,fastq_1\ns1,raw/s1.fq\n' >sheet.csv
cat >lab/common/tasks.ini <<'INI'
[fqrun]
name    = common
default = slow

[task quick]
command = cp {reads} {output}
output  = {out}/quick/{sample}.fq

[task slow]
command = cat {quick.output} > {output}
output  = {out}/slow/{sample}.txt

[task other]
command = echo {sample} > {output}
output  = {out}/other/{sample}.txt
INI
cat >lab/base.ini <<'INI'
[fqrun]
include = common/tasks.ini

[vars]
out = results
INI
# The sheet is looked for where fqrun runs, the manifests beside the one that names them.
cat >lab/qc.ini <<'INI'
[fqrun]
include = base.ini
sheet   = sheet.csv
default = quick
INI

run -f lab/qc.ini
ends default 0
same default "$(ran)" quick/s1
run -f lab/qc.ini slow
same 'a task' "$(ran)" slow/s1
run -f lab/qc.ini other/s1
same 'a job' "$(ran)" other/s1
run -f lab/qc.ini
same 'default again' "$(ran)" ''
rm -r results
run -f lab/qc.ini s1
same 'a sample is all of its jobs' "$(ran)" 'other/s1 quick/s1 slow/s1'

# A mistake is shown in the file that it is in, with its line.
printf '[fqrun]\n\n[task bad]\ncommand = echo {smaple}\n' >lab/bad.ini
sed -i 's/^include.*/& bad.ini/' lab/qc.ini
run -f lab/qc.ini
ends mistake 2
says mistake err 'lab/bad.ini:4:16: unknown placeholder {smaple}; did you mean {sample}?'
says mistake err '    command = echo {smaple}'

# A cycle names both files.
printf '[fqrun]\ninclude = ../lab/qc.ini\n' >lab/bad.ini
run -f lab/qc.ini
ends cycle 2
says cycle err 'lab/bad.ini:2:11: a cycle: lab/qc.ini is being read already'

# A newer version than this.
printf '[fqrun]\nrequires = 99.1\n' >lab/bad.ini
run -f lab/qc.ini
ends requires 2
says requires err 'lab/bad.ini:2:12: this manifest requires fqrun 99.1'

# A manifest that was changed by way of what it includes runs again what changed.
sed -i 's/ bad.ini//' lab/qc.ini
sed -i 's/echo {sample}/echo again {sample}/' lab/common/tasks.ini
run -f lab/qc.ini task:other task:slow
ends changed 0
same changed "$(ran)" other/s1

exit "$failed"
