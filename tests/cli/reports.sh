#!/bin/bash
# What went wrong in other tools, as their trackers tell, and what must not here. By
# number; each case makes the situation and looks at what fqrun does. Where a rule is of the
# journal's bytes or the token protocol alone, tests/unit/test_journal*.c and
# tests/jobserver have more.
# usage: reports.sh PATH_TO_FQRUN
# shellcheck disable=SC2016 # commands of manifests
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
journal=.fqrun/qc.ini/journal
number=0

# begin NUMBER WHAT: from nothing
begin() {
    ((failed)) || [[ $number == 0 ]] || printf 'ok      %s\n' "$number"
    number=$1
    what="$1 ($2)"
    cd "$work" || exit
    rm -rf case
    mkdir case
    cd case || exit
}

# three: a manifest of three jobs that leave what they read, and how often they ran
three() {
    mkdir -p in
    printf 'one\n' >in/a
    printf 'two\n' >in/b
    printf '%s\n' '[samples]' 'a = in/a' 'b = in/b' '[task copy]' 'output = made/{sample}' \
        'command = echo {sample} >> ran; cat {reads} > {output}' \
        '[task all]' 'output = made/all' 'command = echo all >> ran; cat {copy.output} > {output}' >qc.ini
}

right() {
    same "$what: what was made" "$(paste -sd ' ' made/all)" 'one two'
}

# quiet_again: a plain run has nothing to do and nothing to say
quiet_again() {
    run
    ends "$what, again" 0
    says "$what, again" out 'nothing to do'
    same "$what, again: words" "$(<"$work/err")" ''
}

# killed COMMAND-WORDS: a run, killed when `begun` appears
kill_when_begun() {
    "$fqrun" -j4 >told 2>&1 </dev/null &
    wait_for test -e begun
    kill -KILL $!
    wait $! 2>/dev/null
}

begin 1 'ninja #553, #556, PR #1361: a torn record, a compaction that was killed'
three
run
printf '0badf00d\t9\tdone\tcopy\ta' >>"$journal"
printf 'half a journal' >.fqrun/qc.ini/journal.new
quiet_again
right

begin 2 'ninja #2703, #2787: damage that comes back on each run'
three
run
sed -i '4s/.$/#/' "$journal"
run
ends "$what" 0
says "$what" err 'warning: '
right
quiet_again

begin 3 'ninja #604: a dry run that writes'
three
run
printf 'noise' >>"$journal"
sed -i '4s/.$/#/' "$journal"
cp "$journal" before
run -n
cmp -s before "$journal" || fail "$what: the journal was written to"
for file in .fqrun/qc.ini/*bad*; do
    [[ ! -e $file ]] || fail "$what: it left $file"
done

begin 4 'ninja #1978, #805, #2048: fields out of range'
three
run
# Fields that no run writes, in records whose check is right, are in test_journal_damage.c;
# here the whole is something else.
head -c 3000 /dev/urandom | sed '1s/^/fqrun journal 1\n/' >"$journal"
run
ends "$what" 0
right
quiet_again

begin 5 'samurai #76, #38: another manifest in the same folder drops records'
three
run
sed 's/copy/other/' qc.ini | sed 's|made/|elsewhere/|' >other.ini
run -f other.ini
run -f qc.ini
says "$what" out 'nothing to do'
# Nor does a task that is away for a day.
cp qc.ini whole.ini
sed '/task all/,$d' whole.ini >qc.ini
run
cp whole.ini qc.ini
quiet_again

begin 6 'ninja #74, leveldb #623: descriptors that jobs inherit'
printf '%s\n' '[task t]' 'output = fds' 'command = ls /proc/$$/fd > {output}; :' >qc.ini
exec 7>held
run
exec 7>&-
same "$what" "$(paste -sd ' ' fds)" '0 1 2'

begin 7 'ninja #1460, #1497, PR #1943: an input that is saved while its job runs'
mkdir in
echo old >in/a
printf '%s\n' '[task t]' 'input = in/a' 'output = out' \
    'command = cp in/a {output}; [ -e edited ] || { touch edited; echo newer > in/a; }' >qc.ini
run
ends "$what" 0
same "$what" "$(<out)" newer
quiet_again

begin 8 'ninja #463, #1704, #2762: dates in the future'
three
touch -d 2037-01-01 in/a
run
ends "$what" 0
quiet_again
sed -i 's/one/ten/' in/a
touch -d 2036-01-01 in/a
run
same "$what: edited" "$(paste -sd ' ' made/all)" 'ten two'

begin 9 'ninja #2740: a job that touches its input'
mkdir in
echo x >in/a
printf '%s\n' '[task t]' 'input = in/a' 'output = out' 'command = cp in/a {output}; touch in/a' >qc.ini
run
ends "$what" 0
quiet_again

begin 10 'ninja #2052, #909, #965: a background process that holds the output; a terminal'
printf '%s\n' '[task t]' 'output = out' \
    'command = sleep 300 & if : < /dev/tty; then echo tty; fi 2> /dev/null; if read -r line; then echo read; fi; echo no > {output}' >qc.ini
start=$SECONDS
run
ends "$what" 0
((SECONDS - start < 60)) || fail "$what: waited for the background process"
nothing_lives "$what"

begin 11 'ruby #5745, firedancer #11157, biomake #77: half a target taken for a whole one'
printf '%s\n' '[task t]' 'output = out' 'command = echo half > {output}; touch begun; until [ -e go ]; do sleep 0.05; done; echo whole >> {output}' >qc.ini
kill_when_begun
touch go
run
ends "$what" 0
same "$what" "$(paste -sd ' ' out)" 'half whole'

begin 12 'jobserver-rs #47, #66, #71: one style a job, and the one that it can read'
printf '%s\n' '[task t]' 'output = out' 'command = printf "all:\n\t@echo made\n" > m; make -f m > {output} 2>&1' >qc.ini
run -j2
ends "$what" 0
same "$what: make finds its tokens and has no complaint" "$(<out)" made

begin 13 'samurai PR #94: tokens that are lost when a run gives up'
three
printf '%s\n' 'all:' "	+@'$fqrun' -f bad.ini; true" "	+@'$fqrun' -q" >Makefile
echo '[task t' >bad.ini
make -j3 >"$work/out" 2>"$work/err"
rc=$?
ends "$what" 0
! grep -q INTERNAL "$work/err" || fail "$what: $(<"$work/err")"
right

begin 14 'dune #4331, firebuild #1174: a client that takes tokens and does not give them back'
printf '%s\n' '[samples]' 'a =' 'b =' 'c =' '[task thief]' 'jobserver = pipe' 'output = {sample}' \
    'command = : ; fds=${MAKEFLAGS##*--jobserver-auth=}; fds=${fds%% *}; head -c 1 <&${fds%,*} >/dev/null; echo {sample} > {output}' >qc.ini
# Three for the jobs, and three to steal.
run -j6
ends "$what" 0
same "$what: all ran" "$(cat a b c | paste -sd ' ')" 'a b c'

begin 15 'Snakemake #2919, dahak #112, drop #71: a lock that outlives its process'
printf '%s\n' '[task t]' 'output = out' 'command = touch begun; until [ -e go ]; do sleep 0.05; done; echo 1 > {output}' >qc.ini
kill_when_begun
touch go
run
ends "$what" 0
! grep -qiE 'lock|delete|remove' "$work/err" || fail "$what: $(<"$work/err")"

begin 16 'Snakemake #3808, #358, #828: an incomplete job that needs an option to run again'
three
sed -i 's/cat {reads}/cat {reads}; touch begun; until [ -e go ]; do sleep 0.05; done; cat {reads}/' qc.ini
kill_when_begun
touch go
rm -f .fqrun/qc.ini/lock
three
run
ends "$what" 0
right
quiet_again

begin 17 'Snakemake #39, #153, #344: an output that others see later'
# A job of this machine is looked at with its own eyes; see the tests of clusters.

begin 18 'Nextflow #309, #1358, #6996: a state that cannot be read, and a good run without records'
three
run
grep -q $'\tdone\tcopy\ta\t' "$journal" || fail "$what: the journal is not text"
cp -R .fqrun copy
chmod -R a-w .fqrun
"$fqrun" -n >"$work/out" 2>"$work/err" || fail "$what: read-only: $(<"$work/err")"
chmod -R u+w .fqrun
diff -r .fqrun copy >/dev/null || fail "$what: -n wrote"

# 19 to 23: Nextflow #931, #970, #226, snakemake-slurm #38, toil #4431: of clusters.

begin 24 'Bazel #14543, #6126, #17428: an output that a crash emptied, or that was not made'
three
run
: >made/a
run
ends "$what" 0
right
printf '%s\n' '[task t]' 'output = never' 'command = true' >qc.ini
run
ends "$what: no output" 1
says "$what: no output" err 'never'

begin 0 end
nothing_lives 'at the end'
exit "$failed"
