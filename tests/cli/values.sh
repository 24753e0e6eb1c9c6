#!/bin/bash
# Each placeholder and form, from the manifest to what a command receives.
# usage: values.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
mkdir bin
# Prints each of its arguments in brackets.
printf '#!/bin/sh\nfor word; do printf "[%%s]" "$word"; done\necho\n' >bin/show
chmod +x bin/show
PATH=$work/bin:$PATH
printf '@r\nA\n+\nI\n' | tee "it's.fq" >./-x.fq
printf '@r\nA\n+\nI\n' | gzip | tee plain.fq.gz >'two words_R1.fastq.gz'
printf '@r\nC\n+\nI\n' | gzip >'two words_R2.fastq.gz'
cat >qc.ini <<'I'
[samples]
plain = plain.fq.gz
odd   = "it's.fq"
a b   = 'two words_R1.fastq.gz' "two words_R2.fastq.gz"
dash  = -x.fq
$(touch PWNED) = plain.fq.gz

[vars]
words = -a "b c" d
none  =
one   = 1

[task direct]
dir     = made/here
input   = {reads}
command = show {sample} {input} {r1} {dir} {words} x{one}y {none}
[task shell]
output  = shell/{sample}.txt
command = show {sample} "in {sample} quotes" 'in {sample} single' {reads} > {output}
[task forms]
output  = forms/{sample}.txt
command =
  show {reads:,} "$(cat {reads:list})" > {output}
  xargs -0 -a {reads:list0} show >> {output}
[task each]
output  = each/{sample}.{file.name}.txt
command = show {file} {file.name} {file.stem} {read} > {output}
[task value]
output  = value/{sample}
command = printf %s "{forms.output:,}" > {output}
[task private]
output  = private/{sample}
command = [ {tmp} = "$TMPDIR" ] && [ -z "$(ls -A {tmp})" ] && touch {tmp}/x && echo {threads} > {output}
[task env]
env     = GREETING={one} LIST='a b'
setup   = export FROM_SETUP="$GREETING$undefined"
output  = env.txt
command = show "$GREETING" "$LIST" "$FROM_SETUP" > {output}
[task script]
output  = script.txt
command =
  count() { echo $#; }
  set -- 1 2 3
  count "$@" > {output}
  echo ${BASH_VERSINFO[0]:+bash} {{one}} ${HOME:+home} {a,b} >> {output}
  cat <<EOF >> {output}
  {one} of {words:,}
  EOF
  echo "$(( {one} + 1 ))" >> {output}
[task gather]
output  = gather.txt
command = show {private.output} > {output}
I

run -j2
ends 'one name is no word of a program' 1
same 'it is refused for that sample alone' "$(grep -c '^  FAILED' err)" 1
says 'it is refused' err "FAILED shell/\$(touch PWNED): the value '\$(touch PWNED)' of {sample} holds '\$'"
says 'with the place of the template' err "at     qc.ini:$(grep -n "'in {sample} single'" qc.ini | cut -d : -f 1):"
says 'with the way out' err "hint   pass it as an argument"
[[ ! -e PWNED ]] || fail 'a name was run as a command'

# is FILE TEXT
is() {
    same "$1" "$(<"$1")" "$2"
}
logs=.fqrun/qc.ini/logs/direct
is "$logs/plain.log" '[plain][plain.fq.gz][plain.fq.gz][made/here][-a][b c][d][x1y]'
is "$logs/a b.log" '[a b][two words_R1.fastq.gz][two words_R2.fastq.gz][two words_R1.fastq.gz][made/here][-a][b c][d][x1y]'
is "$logs/dash.log" '[dash][./-x.fq][./-x.fq][made/here][-a][b c][d][x1y]'
is "$logs/\$(touch PWNED).log" '[$(touch PWNED)][plain.fq.gz][plain.fq.gz][made/here][-a][b c][d][x1y]'
is "$logs/odd.log" "[odd][it's.fq][it's.fq][made/here][-a][b c][d][x1y]"
[[ -d made/here ]] || fail 'dir was not made'
is 'shell/a b.txt' '[a b][in a b quotes][in a b single][two words_R1.fastq.gz][two words_R2.fastq.gz]'
is 'shell/dash.txt' '[dash][in dash quotes][in dash single][./-x.fq]'
is 'forms/a b.txt' $'[two words_R1.fastq.gz,two words_R2.fastq.gz][two words_R1.fastq.gz\ntwo words_R2.fastq.gz]\n[two words_R1.fastq.gz][two words_R2.fastq.gz]'
is 'forms/odd.txt' $'[it\'s.fq][it\'s.fq]\n[it\'s.fq]'
is 'forms/$(touch PWNED).txt' $'[plain.fq.gz][plain.fq.gz]\n[plain.fq.gz]'
is "each/odd.it's.fq.txt" "[it's.fq][it's.fq][it's][1]"
is 'each/a b.two words_R2.fastq.gz.txt' '[two words_R2.fastq.gz][two words_R2.fastq.gz][two words_R2][2]'
is 'value/a b' 'forms/a b.txt'
is 'private/$(touch PWNED)' 1
is env.txt '[1][a b][1]'
is script.txt $'3\nbash {one} home a b\n1 of -a,b c,d\n2'
is gather.txt '[private/plain][private/odd][private/a b][private/dash][private/$(touch PWNED)]'

# --- another value runs what holds it, and nothing else
run -j2 --set one=2
same 'only what holds {one}' "$(ran)" 'direct/$(touch PWNED) direct/a b direct/dash direct/odd direct/plain env script'
is env.txt '[2][a b][2]'
run -j2 --set one=2 env script
ends 'the same value again' 0
says 'the same value again' out 'nothing to do'

# --- what must be a number
run script --set one=x
ends 'no number in $(( ))' 1
says 'no number in $(( ))' err 'FAILED script: '
same 'no number in $(( )): it did not start' "$(grep -c 'log  ' err)" 0

# --- what -n shows can be pasted
run -n -B --set one=2 shell direct
while IFS= read -r line; do
    [[ $line == '#'* ]] || printf '%s\n' "$line"
done <out >pasted.sh
rm -rf shell .fqrun
mkdir shell
bash pasted.sh >pasted.out
is 'shell/a b.txt' '[a b][in a b quotes][in a b single][two words_R1.fastq.gz][two words_R2.fastq.gz]'
[[ ! -e PWNED ]] || fail 'a name was run as a command'
same 'pasted' "$(grep -c '^\[dash\]\[./-x.fq\]\[./-x.fq\]\[made/here\]\[-a\]\[b c\]\[d\]\[x2y\]$' pasted.out)" 1
# --- the name of a run
printf '[fqrun]\nname = my study\n[task t]\ncommand = true\n' >named.ini
run -f named.ini
ends 'a name' 0
says 'a name' out 'my study: done: 1 job'

exit "$failed"
