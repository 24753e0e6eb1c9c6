#!/bin/bash
# Threads and memory: who may run beside whom. Told by events, never by a clock.
# usage: limits.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
for s in a b c d; do echo $s >$s.fq; done
cat >samples.part <<'I'
[samples]
a = a.fq
b = b.fq
c = c.fq
d = d.fq
I
# `enter N` says that a job began and how many tokens it holds, `leave N` that it ended.
mkdir bin
PATH=$work/bin:$PATH
cat >bin/enter <<'S'
#!/bin/sh
echo "+$1" >> events
S
cat >bin/leave <<'S'
#!/bin/sh
echo "-$1" >> events
S
# meet N: waits until N jobs are here at once
cat >bin/meet <<'S'
#!/bin/sh
: > "here.$2"
i=0
while [ "$(ls here.* | wc -l)" -lt "$1" ]; do
    i=$((i + 1))
    [ $i -lt 400 ] || exit 1
    sleep 0.05
done
S
chmod +x bin/*

# most: the largest sum of what was held at one time
most() {
    awk '{ sum += $1; if (sum > most) most = sum } END { print most + 0, sum + 0 }' events
    rm -f events here.*
}

# --- threads
cat samples.part - >threads.ini <<'I'
[task two]
threads = 2
command = enter {threads}; [ {threads} = 2 ] && leave {threads} # {sample}
[task one]
command = enter {threads}; [ {threads} = 1 ] && leave {threads} # {sample}
[task huge]
threads = 99
command = enter {threads}; [ {threads} = 3 ] && leave {threads} # {sample}
I
run -f threads.ini -j3 --no-preflight
ends 'threads' 0
read -r peak rest <<<"$(most)"
((peak >= 2 && peak <= 3)) || fail "threads: $peak tokens of 3"
same 'threads: all ended' "$rest" 0

# --- a range takes what is free: two that are there at once hold four and one of five
cat >range.ini <<'I'
[task first]
threads = 1-4
command = echo {threads} > first; meet 2 first
[task second]
threads = 1-4
command = echo {threads} > second; meet 2 second
I
run -f range.ini -j5
ends 'a range' 0
same 'a range' "$(cat first second | paste -sd ' ')" '4 1'
rm -f here.*
cat >alone.ini <<'I'
[task t]
threads = 2-8
command = echo {threads} > alone
I
run -f alone.ini -j3
same 'a range alone' "$(cat alone)" 3
run -f alone.ini -j1
says 'threads are no part of it' out 'nothing to do'
run -f alone.ini -j1 -B
ends 'fewer tokens than its least' 0
same 'fewer tokens than its least' "$(cat alone)" 1

# --- memory: no two of 4G under 6G, two of 2G meet
cat samples.part - >memory.ini <<'I'
[task big]
memory  = 4G
command = enter 4; leave 4 # {sample}
[task small]
memory  = 2G
command = enter 2; leave 2 # {sample}
I
run -f memory.ini -j4 --memory 6G --no-preflight
ends 'memory' 0
read -r peak rest <<<"$(most)"
((peak <= 6)) || fail "memory: ${peak}G of 6G"
same 'memory: all ended' "$rest" 0
cat samples.part - >meet.ini <<'I'
[task t]
memory  = 3G
command = meet 2 {sample}
I
run -f meet.ini -j4 --memory 6G --no-preflight
ends 'two of 3G meet under 6G' 0
rm -f here.*

# --- one that asks for more than there is runs alone
cat samples.part - >more.ini <<'I'
[task small]
memory  = 1G
command = enter 1; leave 1 # {sample}
[task more]
memory  = 100G
command = enter 100; leave 100 # {sample}
[task small2]
memory  = 1G
command = enter 1; leave 1 # {sample}
I
run -f more.ini -j4 --memory 6G --no-preflight
ends 'more than there is' 0
read -r peak rest <<<"$(most)"
same 'more than there is: alone' "$peak" 100
run -f more.ini -n -B -j4 --memory 1G
says 'dry' out '# 12 jobs would run'
says 'dry: more than there is' err 'it will run alone'
# --- few descriptors: as many at once as there is room for, and their logs
rm -rf .fqrun
{
    echo '[samples]'
    printf 's%s =\n' {1..40}
    printf '[task t]\ncommand = echo {sample}; sleep 0.05; echo {sample}\n'
} >many.ini
(
    ulimit -n 30
    run -f many.ini -j40
    ends 'few descriptors' 0
    same 'few descriptors: the logs' "$(cat .fqrun/many.ini/logs/t/*.log | wc -l)" 80
    exit "$failed"
) || failed=1

# --- no file may grow: an error with its place, and jobs find the signal as a shell has it
printf '[task t]\ncommand = head -c 2000000 /dev/zero > {output}\noutput = zeros\n' >zeros.ini
rm -rf .fqrun
(
    ulimit -f 0
    "$fqrun" -f zeros.ini >/dev/null 2>&1 </dev/null
    same 'no file may grow' $? 3
    exit "$failed"
) || failed=1
(
    ulimit -f 1000
    run -f zeros.ini
    ends 'a file that may not grow' 1
    says 'a file that may not grow' err 'a program of the command was ended: File size limit exceeded'
    exit "$failed"
) || failed=1

exit "$failed"
