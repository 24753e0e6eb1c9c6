#!/bin/bash
# What tries to get away: from being ended, from being stopped, from being told.
# usage: escapes.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2317 # also called through wait_for
is_gone() { [[ $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) != [^ZX] ]]; }

# --- killed -9, its job has no environment to be known by: no second writer
cat >qc.ini <<'I'
[task one]
command = env -i bash -c 'echo $$ > writer; while :; do echo orphan >> out.txt; sleep 0.02; done'
output  = out.txt
I
"$fqrun" >out 2>err </dev/null &
pid=$!
wait_for test -s writer
kill -KILL "$pid"
wait "$pid" 2>/dev/null
sed -i 's/^command.*/command = echo whole > {output}/' qc.ini
run
ends 'after a kill' 0
is_gone "$(<writer)" || fail "the orphan lives"
same 'after a kill' "$(<out.txt)" whole

# --- the same in a session of its own, while we live
rm -rf .fqrun out.txt
cat >qc.ini <<'I'
[task one]
command = env -i setsid bash -c 'echo $$ > writer; exec sleep 1000' & until [ -s writer ]; do :; done; echo whole > {output}
output  = out.txt
I
rm -f writer
run
ends 'a nameless daemon' 0
is_gone "$(<writer)" || { fail 'a nameless daemon lives' && kill -KILL "$(<writer)"; }

# --- nobody reads what we say: we can still be stopped
{
    printf '[samples]\n'
    printf 's%s =\n' {1..4000}
    printf '[task t]\nper = sample\ncommand = /bin/true\n'
} >many.ini
mkfifo pipe
exec 8<>pipe
"$fqrun" -f many.ini -j2 >pipe 2>err </dev/null &
pid=$!
# shellcheck disable=SC2317 # called through wait_for
full() { [[ $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status") == S && $(pgrep -r D,R,S -lP "$pid") == *" fqrun-guard" ]]; }
wait_for full
kill -TERM "$pid"
wait_for is_gone "$pid"
wait "$pid"
same 'stopped while its reader sleeps' $? 143
exec 8>&-

# --- a reader that has seen enough
"$fqrun" -f many.ini -n -B 2>errors | head -n 1 >/dev/null
same 'fqrun -n | head' "${PIPESTATUS[0]} $(<errors)" '141 '

# --- a damaged record is told of once
rm -rf .fqrun
printf '[task one]\ncommand = touch {output}\noutput = one\n[task two]\ncommand = touch {output}\noutput = two\n' >qc.ini
run
sed -i '3s/.*/noise/' .fqrun/qc.ini/journal
run
says 'damage' err 'damaged record'
run
same 'damage, once more' "$(<err)" ''

# --- names that cannot be made fail their sample alone, with its line
long=$(printf 'n%.0s' {1..252})
printf '[samples]\na = /dev/null\n%s = /dev/null\n[task t]\ncommand = touch {output}\noutput = o/{sample}.txt\n' \
    "$long" >qc.ini
run
ends 'a long name' 1
says 'a long name' err 'qc.ini:3'
says 'a long name' err 'more than 255 bytes'
[[ -e o/a.txt ]] || fail 'the other sample did not run'
printf '[samples]\na = x\n[task t]\ncommand = touch {output}\noutput = o/{r2.stem}.txt\n' >qc.ini
touch x
run
ends 'no second read' 1
says 'no second read' err '{r2.stem} is empty'

# --- what a job prints reaches the terminal as text: in its report, and in the line that fits
# no_control CASE: no byte that steers a terminal, and nothing that is no UTF-8
no_control() {
    iconv -f UTF-8 -t UTF-8 <err >/dev/null 2>&1 || fail "$1: bytes that are no UTF-8: $(cat -v err)"
    if LC_ALL=C grep -qa "[$(printf '\001-\010\013-\037\177')]" err || LC_ALL=C grep -qaP '\xc2[\x80-\x9f]|\x00' err; then
        fail "$1: control bytes: $(cat -v err)"
    fi
}
# shellcheck disable=SC2028 # bash's printf has them
bytes='\033]0;evil\007\2332J\302\2332J\000\010\377\r50%%\343\201'
for key in 'retries = 0' 'fail-on = evil' 'retries = 1'; do
    rm -rf .fqrun
    printf '[task t]\ncommand = printf "%s"; echo; printf "x%s" >&2; exit 3\n%s\n' \
        "${bytes//\\/\\\\}" "${bytes//\\/\\\\}" "$key" >qc.ini
    sed -i 's/%/%%/g; s/%%%%/%%/g' qc.ini
    run -v
    ends "raw bytes, $key" 1
    says "raw bytes, $key" err '\x1b]0;evil\x07\x9b2J\xc2\x9b2J\x00\x08\xff\x0d50%'
    no_control "raw bytes, $key"
done
rm -rf .fqrun

# --- a file that bash reads first is read, whoever sets it
printf 'export FROM=bash\n' >first.sh
printf '[task t]\nenv = BASH_ENV=first.sh\ncommand = printenv FROM\n' >qc.ini
run -v
ends 'BASH_ENV of a task' 0

printf '[samples]\na = x\n[task t]\nenv = BASH_ENV={sample}\ncommand = true {sample}\n' >qc.ini
run
ends 'a value in BASH_ENV' 2
says 'a value in BASH_ENV' err 'qc.ini:4:7: this variable is evaluated'

# --- an input, the manifest and a sample's file are never written over, however they are spelled
# spares CASE FILE: the last run refused, and the file is as it was
spares() {
    ends "$1" 1
    same "$1" "$(<"$2")" precious
}
rm -rf .fqrun
echo precious >data.txt
printf '[samples]\na = data.txt\n[task t]\nper = sample\ninput = {reads}\ncommand = sed -i s/p/P/ data.txt\noutput = %s/data.txt\n' \
    "$work" >qc.ini
run
spares 'by its whole path' data.txt
says 'by its whole path' err 'the same file as an input'
mkdir -p linked
ln -s ../data.txt linked/a.txt
printf '[samples]\na = data.txt\n[task t]\ncommand = sort {reads} > {output}\noutput = linked/{sample}.txt\n' >qc.ini
run
spares 'through a link' data.txt
ln data.txt hard.txt
printf '[samples]\na = data.txt\n[task t]\ncommand = sort {reads} > {output}\noutput = hard.txt\n' >qc.ini
run
spares 'through a hard link' data.txt
printf '[samples]\na = data.txt\n[task t]\ncommand = echo x > {output}\noutput = data.txt\n' >qc.ini
run
spares "a sample's file" data.txt
printf '[task t]\ncommand = echo x > {output}\noutput = qc.ini\n' >qc.ini
run
ends 'the manifest' 1
says 'the manifest' err 'is the manifest'
grep -q 'output = qc.ini' qc.ini || fail 'the manifest was written over'
ln -s nowhere dangling
printf '[task t]\ncommand = true\noutput = dangling\n' >qc.ini
run
ends 'a link to nothing' 1
[[ -L dangling ]] || fail "the user's link is gone"

# --- a user's file that a failing job touched is not removed, and never believed
echo 'user data' >mine.o
printf '[task t]\ncommand = echo more >> {output}; false\noutput = mine.o\n' >qc.ini
run
ends "a user's file" 1
[[ $(head -n 1 mine.o) == 'user data' ]] || fail "a user's file was removed"

# --- a folder is no output
printf '[task t]\ncommand = mkdir {output}\noutput = folder\n' >qc.ini
run
ends 'a folder' 1
says 'a folder' err 'output folder is a folder'

# --- a log that cannot be written
rm -rf .fqrun
printf '[task t]\ncommand = echo words\n' >qc.ini
run -n
mkdir -p .fqrun/qc.ini
touch .fqrun/qc.ini/logs
run
ends 'no room for logs' 3
says 'no room for logs' err 'cannot write the log'

# --- reads that an output would reach by another way
rm -rf ./* .fqrun
mkdir r o d
printf '@r\nA\n+\nI\n' | tee r/a.fq >r/b.fq
for output in 'o/../r/b.fq' "$PWD/r/b.fq" 'd/b.fq'; do
    ln -sfn ../r/b.fq d/b.fq
    printf '[samples]\na = r/a.fq\nb = r/b.fq\n[task t]\ncommand = echo hi > {output}\nper = cohort\noutput = %s\n' "$output" >qc.ini
    run --no-preflight
    ends "output = $output" 1
    says "output = $output" err "is a sample's file that no run has made"
    same "output = $output: the reads" "$(head -c 1 r/b.fq)" '@'
done

# --- a sheet, an included file, the records
printf 'sample,fastq_1,v\na,r/a.fq,x\n' >s.csv
printf '[vars]\nw = 1\n' >inc.ini
for output in s.csv ./inc.ini .fqrun/qc.ini/journal; do
    printf '[fqrun]\nsheet = s.csv\ninclude = inc.ini\n[task t]\ncommand = echo hi > {output}\noutput = %s\n' "$output" >qc.ini
    run
    ends "output = $output" 1
    same "output = $output: what it was" "$(head -n 1 s.csv inc.ini | grep -c 'sample,\|vars')" 2
done

# --- cells where they would choose a folder or a program
printf 'sample,fastq_1,v\na,r/a.fq,../elsewhere\n' >s.csv
for key in 'cwd = {v}' 'cwd = w/{v}' 'wrap = env {v}' 'env = PATH={v}:/bin' 'env = LD_PRELOAD={v}'; do
    printf '[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo {sample}\n%s\n' "$key" >qc.ini
    run -n
    ends "$key" 2
done
# shellcheck disable=SC2016 # it is the job that expands it
printf '[vars]\nv = tools\n[task t]\ncommand = echo "$PATH"\nenv = PATH={v}:/bin:/usr/bin\n' >qc.ini
run
ends 'a variable of the user may choose' 0

# --- numbers that a shell reads otherwise
for v in 010 08 99999999999999999999 -007; do
    printf 'sample,fastq_1,v\na,r/a.fq,%s\n' "$v" >s.csv
    # shellcheck disable=SC2016
    printf '[fqrun]\nsheet = s.csv\n[task t]\ncommand = echo $(( {v} + 1 ))\n' >qc.ini
    run
    ends "arithmetic with $v" 1
    says "arithmetic with $v" err 'is no whole number'
done

# --- an input without an end is not read to it
ln -s /dev/zero zero
printf '[task t]\ncommand = echo hi > {output}\ninput = zero\noutput = out\n' >qc.ini
timeout 60 "$fqrun" >out 2>err
same 'a device as an input' "$?" 0
exit "$failed"
