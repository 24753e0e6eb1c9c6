#!/bin/bash
# 5,000 samples: direct and shell commands, fan-in, lists longer than a command line.
# usage: big.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
n=5000
printf '@r\nA\n+\nI\n' >in.fq
{
    echo '[samples]'
    seq -f 'sample%05.0f = in.fq' "$n"
    cat <<'I'
[task direct]
output  = d/{sample}
command = cp {reads} {output}
[task n]
output  = a/very/long/way/to/the/folder/of/the/outputs/{sample}.number
command = echo {sample} > {output}
[task fan-in]
output  = cat.txt
command = cat {n.output} > {output}
[task list]
output  = list.txt
command = xargs cat < {n.output:list} > {output}
[task list0]
output  = list0.txt
command = xargs -0 -a {n.output:list0} cat > {output}
[task builtins]
output  = count.txt
command = set -- {n.output}; echo $# > {output}
[task last]
after   = direct
output  = last.txt
command = cat {fan-in.output} {list.output} {list0.output} | sort | uniq -c | awk '{ print $1 }' | uniq -c > {output}
I
} >qc.ini
run -j8
ends "$n samples" 0
says "$n samples" out "done: $((2 * n + 5)) jobs, $((2 * n + 5)) ran"
same 'each job told once' "$(sed -nE 's/^\[ *[0-9]+\/[0-9]+\] //p' out | sort -u | wc -l)" $((2 * n + 5))
same 'direct' "$(find d -type f | wc -l)" "$n"
same 'builtins' "$(<count.txt)" "$n"
same 'fan-in' "$(awk '{ print $1, $2 }' last.txt)" "$n 3"
same 'each word is one argument' "$(wc -l <cat.txt)" "$n"
run -j8
says 'again' out 'nothing to do'

rm d/sample00007
echo spoilt >a/very/long/way/to/the/folder/of/the/outputs/sample02500.number
run -j8
ends 'two spoilt' 0
# They make what they made before, so nothing behind them runs.
same 'two spoilt' "$(ran)" 'direct/sample00007 n/sample02500'

# --- a program of its own (no shell) cannot take so much; it says what to do
printf '[samples]\n' >wide.ini
seq -f 'a-sample-with-quite-a-long-name-so-that-it-takes-room-%05.0f = in.fq' "$n" >>wide.ini
cat >>wide.ini <<'I'
[task n]
output  = outputs/in/a/folder/whose/name/takes/room/too/so-that-five-thousand-of-them-are-more-than-fits/whatever/the/limit/of/the/system/is/and/then/some/more/of/it/{sample}.{sample}.number
command = touch {output}
[task direct]
command = /bin/echo {n.output}
I
ulimit -s 1024
run -f wide.ini -j8 direct
ends 'too many arguments' 1
says 'too many arguments' err 'FAILED direct: '
says 'and what to do' err ':list0}'
exit "$failed"
