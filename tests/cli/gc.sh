#!/bin/bash
# gc: what the manifest knows no more.
# usage: gc.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2016
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# manifest SAMPLE...
manifest() {
    {
        echo '[samples]'
        printf '%s =\n' "$@"
        cat <<'EOF'
[task one]
output = made/one/{sample}.txt
command = echo {sample}; echo {sample} > {output}
[task two]
output = made/two/{sample}.txt
retries = 2
command = echo {sample}; if [ ! -e go ]; then touch go; exit 1; fi; cat {one.output} > {output}
[task all]
output = all.txt
command = cat {two.output} > {output}
EOF
    } >qc.ini
}
anew() {
    rm -rf .fqrun made all.txt
    manifest a b c
    touch go
    run
    ends 'a run' 0
}
made() {
    find . -path ./.fqrun -prune -o -type f -path './made/*' -print | sort | paste -sd ' '
}
logs() {
    (cd .fqrun/qc.ini/logs && find . -name '*.log*' | sort | paste -sd ' ')
}

# --- all that there is is known: nothing to do
anew
run gc
ends 'nothing' 0
same 'nothing' "$(<out)" 'nothing to remove'
run gc a
ends 'a target' 2
says 'a target' err 'gc takes no TARGET'

# --- a sample has left the manifest
rm go # so that its next attempt fails, and the one after that is well
run forget two/c
run
ends 'the second attempt' 0
[[ -e .fqrun/qc.ini/logs/two/c.log.1 ]] || fail 'no log of an attempt'
manifest a b
run
ends 'without c' 0
before=$(made)
run gc
ends 'nobody to ask' 2
says 'nobody to ask' err 'gc would remove '
run gc -n
ends '-n' 0
says '-n' out 'would remove made/one/c.txt'
says '-n' out 'would remove made/two/c.txt'
says '-n' out 'would remove .fqrun/qc.ini/logs/two/c.log.1'
says '-n' out 'would forget one/c'
says '-n' out 'and the records of 2 jobs'
same '-n' "$(made)" "$before"
run gc --json -n
says '--json' out '{"path":"made/one/c.txt","files":1,"bytes":2}'
same '--json' "$(sed -n '/^"forget/,$p' out | paste -sd ' ')" '"forget": [   "one/c",   "two/c" ]}'
run gc --yes
ends 'gc' 0
same 'gc' "$(made)" './made/one/a.txt ./made/one/b.txt ./made/two/a.txt ./made/two/b.txt'
same 'logs' "$(logs)" './one/a.log ./one/b.log ./two/a.log ./two/b.log'
run
says 'the others are untouched' out 'nothing to do: 5 jobs'
run gc
same 'and again' "$(<out)" 'nothing to remove'
manifest a b c
run
same 'c comes back' "$(ran)" 'all one/c two/c'

# --- a task has left the manifest; its folders and its log go with it
anew
sed -i '/^\[task all/,$d' qc.ini
run gc -y
ends 'a task' 0
[[ ! -e all.txt && ! -e .fqrun/qc.ini/logs/all.log ]] || fail 'a task: its output is still there'
anew
sed -i '/^\[task two/,$d' qc.ini
run gc -y
same 'a task: its folder' "$(ls made)" one
same 'a task: its logs' "$(ls .fqrun/qc.ini/logs)" one

# --- what was changed, is protected or is needed stays
anew
echo more >>made/one/c.txt
chmod 444 made/two/c.txt
manifest a b
run gc -y
ends 'what stays' 0
says 'what stays' err 'kept made/one/c.txt: it was changed since a job made it'
says 'what stays' err 'kept made/two/c.txt: it is write-protected'
same 'what stays' "$(made)" './made/one/a.txt ./made/one/b.txt ./made/one/c.txt ./made/two/a.txt ./made/two/b.txt ./made/two/c.txt'
run gc -y
same 'the changed one is the user'"'s now" "$(<err)" 'fqrun: kept made/two/c.txt: it is write-protected'
chmod 644 made/two/c.txt
run gc -y
[[ ! -e made/two/c.txt ]] || fail 'it is write-protected no more'
[[ -e made/one/c.txt ]] || fail 'the user'"'s file is gone"
anew
sed -i '/^\[task all/,$d' qc.ini
printf '[task next]\ninput = all.txt\noutput = made/next\ncommand = cat {input} > {output}\n' >>qc.ini
run gc -y
says 'an input now' err 'kept all.txt: it is in use'
[[ -e all.txt ]] || fail 'an input now: it is gone'

# --- a task is called otherwise, its outputs are the same: they stay
anew
sed -i 's/^\[task one\]/[task first]/; s/{one.output}/{first.output}/' qc.ini
run gc -y
ends 'renamed' 0
says 'renamed' err 'kept made/one/a.txt: another job makes it now'
same 'renamed' "$(find made/one -mindepth 1 -printf '%f\n' | sort | paste -sd ' ')" 'a.txt b.txt c.txt'
# ... also where the new one spells them otherwise
anew
ln -s made same
sed -i 's/^\[task one\]/[task first]/; s/{one.output}/{first.output}/; s|made/one/|same/one/|' qc.ini
run gc -y
same 'renamed, through a link' "$(find made/one -mindepth 1 -printf '%f\n' | sort | paste -sd ' ')" 'a.txt b.txt c.txt'
rm same

# --- forgotten, then gone
anew
run forget one/c
manifest a b
run gc -y
[[ ! -e made/one/c.txt ]] || fail 'forgotten: it is still there'

# --- an old log of a name that a job of today writes to stays
printf 'sample,fastq_1\na,x.fq\n' >sheet.csv
printf '@r\nA\n+\nI\n' >x.fq
printf '[fqrun]\nsheet = sheet.csv\n[task t]\nper = lane\noutput = lane/{sample}\ninput = {reads}\ncommand = echo said; echo > {output}\n' >lane.ini
run -f lane.ini
ends 'lanes' 0
[[ -e .fqrun/lane.ini/logs/t/a.L1.log ]] || fail 'no log of a lane'
printf 'sample,fastq_1\na.L1,x.fq\n' >sheet.csv
sed -i 's/per = lane/per = sample/' lane.ini
run -f lane.ini gc -y
ends 'the same log' 0
[[ -e .fqrun/lane.ini/logs/t/a.L1.log ]] || fail 'the log of a job of today is gone'
[[ ! -e lane ]] || fail 'the output of the lane is still there'

# --- names that are syntax
cat >hostile.ini <<'EOF'
[samples]
$(touch hacked) =
it's "quoted" =
a b =
-x =
[task t]
output = hostile/{sample}
command = echo {sample} > {output}
EOF
sed -i '/^-x/d' hostile.ini
run -f hostile.ini
ends 'hostile names' 0
sed -i '/^\$/d; /^it/d' hostile.ini
run -f hostile.ini gc -y
ends 'hostile names' 0
same 'hostile names' "$(ls hostile)" 'a b'
[[ ! -e hacked ]] || fail 'a name became syntax'

# --- the state: damaged journals but the last, versions that nobody asks for
anew
touch .fqrun/qc.ini/journal.bad.{1,2,9,10} .fqrun/qc.ini/journal.bad.x
run gc -y
ends 'damaged ones' 0
same 'damaged ones' "$(cd .fqrun/qc.ini && echo journal.bad.*)" 'journal.bad.10 journal.bad.x'
printf '[task t]\noutput = v\nversion = cat --version\ncommand = echo > {output}\n[task u]\noutput = w\nversion = ls --version\ncommand = echo > {output}\n' >version.ini
run -f version.ini
same 'two answers' "$(wc -l <.fqrun/version.ini/versions)" 3
sed -i '/^\[task u/,$d' version.ini
run -f version.ini gc -y
ends 'versions' 0
same 'one answer' "$(grep -c coreutils .fqrun/version.ini/versions) $(grep -c '(GNU coreutils)' .fqrun/version.ini/versions) $(grep -o 'cat (GNU' .fqrun/version.ini/versions)" '1 1 cat (GNU'
run -f version.ini -n
says 'versions' out '0 jobs would run'

# --- while a run goes on
mkfifo gate
printf '[task t]\noutput = gated\ncommand = cat gate > {output}\n' >gated.ini
"$fqrun" -f gated.ini >/dev/null 2>&1 </dev/null &
exec 9>gate
run -f gated.ini gc -y
ends 'while it runs' 3
says 'while it runs' err 'another fqrun'
run -f gated.ini gc -n
ends 'while it runs, -n' 0
exec 9>&-
wait
nothing_lives 'at the end'
exit "$failed"
