#!/bin/bash
# `status`: what is done and what is not, for people and as JSON; it writes nothing.
# usage: status.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/cli/mixed.sh
. "$here/mixed.sh"

# --- while a run goes on; nobody waits for its lock
# shellcheck disable=SC2317 # mix_until_killed calls it
while_it_runs() {
    run status
    ends 'while it runs' 0
    expect 'while it runs' <<'O'
sample  one      two
a       done     done
b       failed   blocked
c       done     done
d       running  missing

all  blocked

  failed   one/b: exit status 3
  blocked  two/b: it waits for one/b
  blocked  all: it waits for two/b and 1 more

9 jobs: 4 done, 1 running, 1 failed, 2 blocked, 1 missing
a run goes on since WHEN (pid PID)
O
    says 'who runs' out "(pid $1)"
}
mix_until_killed while_it_runs

# --- after it: all that there can be
mix
before=$(state)
run status
ends 'a mixed state' 0
same 'a mixed state: no word beside it' "$(<err)" ''
expect 'a mixed state' <<'O'
sample  one      two
a       done     done
b       failed   blocked
c       stale    stale
d       cut off  missing
e       missing  missing

all  blocked

  failed   one/b: exit status 3
  cut off  one/d: it was started and did not finish
  stale    one/c: input in/c changed: was 3 bytes of WHEN, is 8 bytes of WHEN
  stale    two/c: one/c will have run before it
  blocked  two/b: it waits for one/b
  blocked  all: it waits for two/b and 3 more

11 jobs: 2 done, 1 failed, 1 cut off, 2 stale, 2 blocked, 3 missing
last run WHEN: was killed
O
run status --json
ends '--json' 0
same '--json says the same' "$(json job state | paste -sd ,)" \
    'one/a done,one/b failed,one/c stale,one/d cut off,one/e missing,two/a done,two/b blocked,two/c stale,two/d missing,two/e missing,all blocked'
same '--json: reasons' "$(json reasons | sed -n 2p)" "['it failed: exit status 3']"
same '--json: names and files' "$(json job task unit sample outputs log | sed -n '1p;11p')" \
    "one/a one a a ['one/a'] .fqrun/qc.ini/logs/one/a.log
all all - - ['all.txt'] -"
same '--json: what was used' "$(json how attempt | sed -n '1p;5p')" $'ran 1\n- -'
[[ $(json ended | sed -n 1p) =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]] || fail "when: $(json ended)"
same 'nothing was written' "$(state)" "$before"

# --- targets: only those are shown, though others are looked at
run status two/c d
expect 'targets' <<'O'
sample  one      two
c       -        stale
d       cut off  missing

  cut off  one/d: it was started and did not finish
  stale    two/c: one/c will have run before it

3 jobs: 1 cut off, 1 stale, 1 missing
last run WHEN: was killed
O
run status nonsense
ends 'no such target' 2
same 'no such target: nothing is shown' "$(<out)" ''

# --- one plain run makes all right
rm bad.b slow.d
run -j4 --no-preflight
run status
expect 'all is well' <<'O'
sample  one   two
a       done  done
b       done  done
c       done  done
d       done  done
e       done  done

all  done

11 jobs: 11 done
last run WHEN: done after TIME
O

# --- stopped by a signal: cut off, not failed
rm one/a
touch slow.a
"$fqrun" -j1 --no-preflight >mix.out 2>mix.err </dev/null &
pid=$!
wait_for test -e begun.a
kill -TERM "$pid"
wait "$pid"
run status one/a
says 'stopped' out 'a       cut off'
says 'stopped' out ': stopped (Terminated) after '

# --- no journal; a damaged one is told of once; what is none is refused
rm -rf .fqrun one two all.txt slow.a
run status all
ends 'no journal' 0
expect 'no journal' <<'O'
all  missing

1 job: 1 missing
no run is known
O
[[ ! -e .fqrun ]] || fail 'status made the state'
run --no-preflight
sed -i '3s/./x/' .fqrun/qc.ini/journal
before=$(state)
run status
ends 'a damaged record' 0
same 'a damaged record' "$(grep -c 'warning: .*: 1 damaged record is left out' err)" 1
truncate -s -9 .fqrun/qc.ini/journal
before=$(state)
run status
same 'a torn end is left as it is' "$(state)" "$before"
rm -rf .fqrun
mkdir -p .fqrun/qc.ini/journal
run status
ends 'a folder for a journal' 3

# --- several files of a sample in one cell; a task that leaves out; names of all kinds
rm -rf .fqrun in o
mkdir in
for file in 1 2 3; do echo "@$file" >"in/$file"; done
long=$(printf 'abcdefghij%.0s' 1 2 3 4 5 6)
printf '[samples]\nboth = in/1 in/2\none = in/3\n%s = in/3\n\xe6\x97\xa5\xe6\x9c\xac = in/3\nx\x1b[31m = in/3\n' "$long" >qc.ini
cat >>qc.ini <<'I'
[task each]
per     = file
output  = o/{sample}.{read}
command = if [ -e bad.{read} ]; then exit 1; fi; cat {file} > {output}
[task some]
when    = {sample} == "both"
output  = o/{sample}
command = cat {reads} > {output}
I
touch bad.2
run --no-preflight
run status
says 'files of a sample' out 'both                              1/2 failed  done'
says 'left out' out 'one                               done        left out'
says 'a long name' out 'abcdefghijabcd...fghijabcdefghij  done        left out'
says 'a wide name' out $'\xe6\x97\xa5\xe6\x9c\xac                              done        left out'
says 'a name of control bytes' out 'x\x1b[31m                         done        left out'
grep -q $'\x1b' out && fail 'a control byte reached the terminal'
rm bad.2 o/both.1
run --no-preflight -B both
rm o/both.2
run status
says 'files of a sample' out 'both                              1/2 done'
run status --color always
says 'colour' out $'\x1b[32mdone\x1b[0m'
run status --json
same 'names in JSON' "$(json sample | sort -u | wc -l)" 5

# --- lanes are in the row of their sample; what gathers several has a line of its own
printf 'sample,fastq_1,cond\ns1,in/1,case\ns1,in/2,case\ns2,in/3,ctrl\ns3,in/3,\n' >sheet.csv
cat >sheet.ini <<'I'
[fqrun]
sheet = sheet.csv
[task each]
per     = lane
output  = l/{sample}.{lane}
command = if [ -e bad.{sample}.{lane} ]; then exit 1; fi; cat {reads} > {output}
[task some]
per     = cond
missing = allow
output  = l/{cond}
command = cat {each.output} > {output}
[task again]
per     = sample
after   = each
command = true
I
touch bad.s1.2
run -f sheet.ini --no-preflight
run status -f sheet.ini
expect 'lanes and columns' <<'O'
sample  each        again
s1      1/2 failed  blocked
s2      done        done
s3      done        done

some/case  stale
some/ctrl  done

  failed   each/s1/L2: exit status 1
  stale    some/case: each/s1/L2 will have run before it (and 1 more reason)
  blocked  again/s1: it waits for each/s1/L2

9 jobs: 6 done, 1 failed, 1 stale, 1 blocked
last run WHEN: failed after TIME
O
run status -f sheet.ini --json some
same 'columns in JSON' "$(json unit sample state | paste -sd ,)" 'case - stale,ctrl - done'

# --- more columns than fit: below, with the names again
{
    printf '[samples]\na = in/1\n'
    for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
        printf '[task task-of-length-%s]\noutput = o/{sample}.%s\ncommand = touch {output}\n' "$number" "$number"
    done
} >wide.ini
run status -f wide.ini
same 'no line is too long' "$(awk 'length > 80' out)" ''
same 'all tasks are there' "$(grep -o 'task-of-length-[0-9]*' out | sort -u | wc -l)" 12
# Four of 16 letters fit beside "sample" (78), but not one of them and three of 17 (81).
same 'the sample in each part' "$(grep -c '^a  ' out)" 4

# --- many samples: a line a task, and some of the reasons
{
    echo '[samples]'
    for ((number = 1; number <= 60; number++)); do echo "s$number = in/1"; done
    printf '[task t]\noutput = o/{sample}\ncommand = exit 1\n[task u]\nafter = t\noutput = u/{sample}\ncommand = true\n'
} >many.ini
run -f many.ini --no-preflight t
run status -f many.ini
expect 'many samples' <<O
task  jobs  failed  blocked
t       60      60        0
u       60       0       60

$(for ((number = 1; number <= 20; number++)); do echo "  failed   t/s$number: exit status 1"; done)
  ... and 100 more (fqrun status --json lists all)

120 jobs: 60 failed, 60 blocked
last run WHEN: failed after TIME
O

# --- who reads no more
{
    echo '[samples]'
    for ((number = 1; number <= 3000; number++)); do echo "s$number ="; done
    printf '[task t]\noutput = o/{sample}\ncommand = true\n'
} >huge.ini
for command in status why; do
    "$fqrun" "$command" -f huge.ini --json t 2>err | head -n 1 >out
    same "$command | head" "${PIPESTATUS[0]} $(<err)" '141 '
    same "$command | head: a whole line" "$(json state)" missing
done
nothing_lives 'at the end'
exit "$failed"
