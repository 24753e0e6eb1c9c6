#!/bin/bash
# The look at the reads before a run, and `fqrun check`.
# usage: preflight.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
for s in a b c; do printf '@%s\nACGT\n+\nIIII\n' $s >$s.fq; done
printf 'no fastq\n' >bad.fq
cat >qc.ini <<'I'
[samples]
a   = a.fq
bad = bad.fq
c   = c.fq
[task t]
output  = o/{sample}
command = cp {reads} {output}
[task behind]
after   = t
command = echo {sample} >> behind
[task gather]
output  = o/all
command = cat {t.output} > {output}
[task aside]
command = echo {sample} >> aside
I
run -j2
ends 'a bad sample' 1
same 'the others run' "$(ran)" 'aside/a aside/bad aside/c behind/a behind/c t/a t/c'
says 'it is told' err 'LEFT OUT sample bad: bad.fq: '
says 'with its line' err 'sample qc.ini:3:1'
says 'what waits for it' err 'NOT RUN behind/bad: it waits for t/bad'
says 'those that gather' err 'NOT RUN gather: it waits for t/bad'
says 'the reader' err 'NOT RUN t/bad: its sample is left out'
same 'no task was blamed' "$(grep -c '^  FAILED' err)" 0
run
ends 'again' 1
same 'again: nothing else' "$(ran)" ''

# --- strict, and none
rm -r o .fqrun behind aside
run --strict
ends 'strict' 1
same 'strict: nothing' "$(ran)" ''
[[ ! -e o ]] || fail 'strict: something ran'
run --strict -q
ends 'strict, quiet' 1
says 'strict, quiet' err 'LEFT OUT sample bad'
run --no-preflight
ends 'no preflight' 0
says 'no preflight' out '10 jobs, 10 ran'

# --- nothing is looked at when nothing is to do, nor in a dry run
printf 'no fastq\n' >a.fq
rm o/c
run -n
ends 'dry' 0
same 'dry: it does not look' "$(cat err)" ''
printf '@a\nACGT\n+\nIIII\n' >a.fq
run --no-preflight
run
ends 'nothing to do' 0
same 'nothing to do: it does not look' "$(cat err)" ''

# --- a warning
printf '@a/1\nACGT\n+\nIIII\n' >r1.fq
printf '@other/2\nACGT\n+\nIIII\n' >r2.fq
cat >pair.ini <<'I'
[samples]
p = r1.fq r2.fq
[task t]
output  = p/{sample}
command = cat {reads} > {output}
I
run -f pair.ini
pair=$rc
run check -f pair.ini
[[ $pair == "$rc" ]] || fail "a pair that does not agree: run $pair, check $rc"

# --- a sample's file that another job makes is not looked at
cat >made.ini <<'I'
[samples]
m = made/m.fq
[task make_it]
per     = cohort
output  = made/m.fq
command = printf '@m\nA\n+\nI\n' > {output}
[task t]
input   = {reads}
output  = made/{sample}.out
command = cp {reads} {output}
I
run -f made.ini
ends 'made by a job' 0
run -f made.ini
says 'made by a job, again' out 'nothing to do'

# --- stopped while it looks: a FIFO would keep it for ever, if it were opened
mkfifo fifo.fq
cat >fifo.ini <<'I'
[samples]
f = fifo.fq
a = a.fq
[task t]
output  = f/{sample}
command = cat {reads} > {output}
I
run -f fifo.ini
ends 'a FIFO' 1
same 'a FIFO: the other runs' "$(ran)" t/a
says 'a FIFO' err 'LEFT OUT sample f'

# --- check
printf '[samples]\na = a.fq\n[task t]\ncommand = cat {reads}\n' >good.ini
run check -f good.ini
ends 'check' 0
same 'check' "$(cat out err)" 'good.ini: 1 sample, 1 task, 1 job: 0 errors, 0 warnings'
run check
ends 'check: a bad sample' 1
says 'check: a bad sample' err 'qc.ini:3:1: sample "bad": bad.fq: '
says 'check: a bad sample' out '3 samples, 4 tasks, 10 jobs: 1 error, 0 warnings'
run check --no-preflight
ends 'check without a look' 0
run check a
ends 'check of one sample' 0
[[ $(find . -name .fqrun -newer good.ini | wc -l) -le 1 ]] || fail 'check wrote a state'
printf '[task t]\ncomand = x\n' >wrong.ini
run check -f wrong.ini
ends 'check: wrong' 2
says 'check: wrong' err 'did you mean "command"?'

# --- what a manifest may say and does not mean
printf 'sample,fastq_1,batch\na,a.fq,x\n' >lint.csv
for i in 1 2 3 4 5 6 7; do printf 's%d,c.fq,\n' $i >>lint.csv; done
cat >lint.ini <<'I'
[fqrun]
sheet   = lint.csv
default = wanted
[task base]
command = echo base
[task wanted]
after   = base
output  = lint/a.made
command = touch {output}
[task lonely]
output  = lint/inside ../outside.txt
command = touch {output}
[task made_of_lonely]
input   = lint/inside
command = ls {input}
[task by]
per     = batch
command = echo {batch}
[task globs]
command = echo "quoted *.txt" '*.gz' \*.bam # a comment *.vcf
  ls results/*.txt
[task fine]
command = echo {sample}
I
run check -f lint.ini
ends 'lint' 0
says 'not reached' err 'lint.ini:10:7: warning: task "lonely" runs only when it is named'
says 'not reached' err 'task "made_of_lonely" runs only when it is named'
same 'reached' "$(grep -cE 'task "(base|wanted)" runs' err)" 0
says 'outside' err 'lint.ini:11:23: warning: output ../outside.txt is outside of this folder'
says 'a glob' err 'results/*.txt in the command of "globs" is looked up by the shell'
same 'one glob' "$(grep -c 'looked up by the shell' err)" 1
says 'an empty cell' err 'lint.csv:3:1: warning: sample "s1" has nothing in column "batch"'
says 'and the rest of them' err '2 more rows have nothing in column "batch"'
run check -f lint.ini --strict
ends 'lint, strict' 1

# --- list
printf 'sample,fastq_1,note\n"q""uote",c.fq,"two\twords"\n\xff\xfe,a.fq,\xc3\xa9\n' >list.csv
cat >list.ini <<'I'
[fqrun]
sheet = list.csv
[task t]
output  = l/{sample}
command = cp {reads} {output}
[task all]
after   = t
command = true
I
run list -f list.ini
ends 'list' 0
says 'list' out 'samples (2)'
says 'list' out 't  per sample, 2 jobs'
says 'list' out 'all  per cohort, 1 job, after t'
run list --json -f list.ini
ends 'list --json' 0
python3 -m json.tool out >json 2>json.err || fail "list --json: $(cat json.err out)"
same 'list --json' "$(python3 -c '
import json, sys
d = json.load(open("out"))
print(len(d["samples"]), len(d["tasks"]), len(d["jobs"]), d["samples"][0]["name"], d["samples"][0]["lanes"][0]["columns"]["note"], d["jobs"][2]["name"])')" $'2 2 3 q"uote two\twords all'
run list --json -f list.ini all
same 'list --json TARGET: what it needs' "$(python3 -c 'import json; print(len(json.load(open("out"))["jobs"]))')" 3
cat >resources.ini <<'I'
[pool net]
depth   = 3
[task plain]
command = true
[task rich]
command = true
pool    = net
priority = -4
retries = 2
threads = 1-8
memory  = 2G
I
run list --json -f resources.ini
ends 'list --json: resources' 0
same 'list --json: resources' "$(python3 -c '
import json
keys = ["threads", "least_threads", "memory_bytes", "pool", "pool_depth", "priority", "retries"]
for task in json.load(open("out"))["tasks"]:
    print(task["name"], *(task.get(key) for key in keys))')" 'plain 1 None None None None 0 0
rich 8 1 2147483648 net 3 -4 2'
[[ ! -e .fqrun/list.ini ]] || fail 'list wrote a state'

# --- presets
mkdir presets
cat >presets/mytool.ini <<'I'
[preset]
about   = counts things
command = true
I
run presets
ends 'presets' 0
says 'presets' out 'mytool'
says 'presets' out 'counts things'
run presets mytool
says 'one preset' out 'presets/mytool.ini'
says 'one preset' out 'about   = counts things'
run presets mytol
ends 'no such preset' 2
says 'no such preset' err 'did you mean "mytool"?'
exit "$failed"
