#!/bin/bash
# Outputs and inputs that may be absent: single-end samples beside pairs.
# usage: optional.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
for name in a b_1 b_2; do
    printf '@r\nACGT\n+\nI%s\n' "$(printf '%-3s' "$name" | tr ' ' I)" | gzip >"$name.fq.gz"
done
cat >qc.ini <<'I'
[samples]
a = a.fq.gz
b = b_1.fq.gz b_2.fq.gz
[task trim]
command = cp {r1} t/{sample}_1; if test {?r2 -n paired}; then cp {?r2 {r2}} t/{sample}_2; fi
output  = t/{sample}_1 t/{sample}_2?
[task align]
input   = t/{sample}_1 t/{sample}_2?
command = echo {input} > {output}
output  = al/{sample}
[task all]
command = cat {align.output} > all
output  = all
I
run -n
says 'a plan names what may come' out 'echo t/a_1 t/a_2 > al/a'
run
ends 'single and paired' 0
same 'single' "$(<al/a)" t/a_1
same 'paired' "$(<al/b)" 't/b_1 t/b_2'
run
says 'again' out 'nothing to do'

# one that comes is seen, and one that goes
rm al/a
mv t/b_2 kept
run
ends 'one is gone' 0
same 'it is made again, and is what it was' "$(ran)" 'align/a trim/b'
same 'and read' "$(<al/b)" 't/b_1 t/b_2'

# the other tools know no such outputs: they wait for the job by its first
for tool in ninja make; do
    rm -rf t al all
    if [[ $tool == ninja ]]; then
        "$fqrun" export --ninja >build.ninja 2>notes
    else
        "$fqrun" export --make >Makefile 2>notes
    fi
    command -v "$tool" >/dev/null || continue
    mkdir -p t
    "$tool" >log 2>&1 || fail "$tool: $(<log)"
    [[ -s all ]] || fail "$tool made no result"
done
exit "$failed"
