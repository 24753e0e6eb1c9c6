#!/bin/bash
# What becomes of outputs: swept after a kill, moved aside, renamed when done, read-only.
# usage: outputs.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# cut: starts fqrun, and kills it once `begun` is there
cut() {
    rm -f begun
    "$fqrun" "$@" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    wait_for test -e begun
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
}

# gone CASE PATH..., there CASE PATH...
gone() {
    local path
    for path in "${@:2}"; do [[ ! -e $path && ! -L $path ]] || fail "$1: $path is there"; done
}
there() {
    local path
    for path in "${@:2}"; do [[ -e $path ]] || fail "$1: $path is not there"; done
}

# hidden: what is left of our folders
hidden() {
    find . -path ./.fqrun -prune -o -name '.fqrun-*' -print | sort | paste -sd ' '
}

slow='printf half > {output}; touch begun; until [ -e go ]; do sleep 0.05; done; echo whole > {output}'
# manifest TASKS...: samples a and b
manifest() {
    {
        printf '[samples]\na =\nb =\n'
        printf '%s\n' "$@"
    } >qc.ini
}
slow_task="[task slow]
output  = made/{sample}
command = $slow"
other_task='[task other]
output  = other.txt
command = echo other > {output}'

# --- a kill: the next start sweeps, whatever it is asked for
fresh() {
    rm -rf .fqrun made other.txt go begun reads.fq
    manifest "$slow_task" "$other_task"
    cut slow/a
    there 'a job that was cut off' made/a
}
fresh
run -n other
there '-n sweeps nothing' made/a
run other
ends 'another target' 0
gone 'another target' made/a
fresh
manifest "$other_task"
run
ends 'the task is gone' 0
gone 'the task is gone' made/a
fresh
printf '[samples]\nb =\n%s\n' "$other_task" >qc.ini
run
gone 'the sample is gone' made/a
fresh
run other
echo mine >made/a
manifest "$other_task"
run
same 'it is swept once' "$(<made/a)" mine
fresh
run -q other
run -n --explain slow/a
says 'why' out 'because fqrun was killed while it ran'
touch go
run slow
ends 'it runs after that' 0
same 'it runs after that' "$(cat made/a made/b | paste -sd ' ')" 'whole whole'

# --- what was there before is not swept
rm -rf .fqrun made go
mkdir made
echo mine >made/a
cut slow/a
run other
there "a user's file" made/a

# --- nor a sample's file, the manifest, or an input that nothing makes
# stays CASE TASKS [SAMPLE]
stays() {
    {
        printf '[samples]\na =%s\n' "${3:+ $3}"
        printf '%s\n' "$2"
    } >qc.ini
    run -q --no-preflight
    there "$1" made/a
}
fresh
stays "a sample's file" "$other_task" made/a
fresh
ln made/a reads.fq
stays "a sample's file by another name" "$other_task" reads.fq
fresh
ln -s made/a reads.fq
stays "a sample's file behind a link" "$other_task" reads.fq
fresh
echo '>reads' >reads.fq
ln -sf ../reads.fq made/a
stays "a link to a sample's file" "$other_task" reads.fq
same "a link to a sample's file" "$(<reads.fq)" '>reads'
fresh
stays 'an input' "[task reader]
input   = made/a
output  = other.txt
command = cat {input} > {output}"
run -n
fresh
manifest '[task reader]
input   = made/a
output  = other.txt
command = cat {input} > {output}'
run
says 'an input' err 'slow/a was cut off while it wrote made/a, which is an input now: it stays'
fresh
manifest '[task renamed]
output  = made/{sample}
command = echo renamed > {output}' '[task reader]
output  = other.txt
command = cat {renamed.output} > {output}'
run -q
same 'an input that is made today' "$(paste -sd ' ' other.txt)" 'renamed renamed'

# --- keep-partial
partial_task='[task slow]
output  = made/{sample}
keep-partial = yes
command = printf half > {output}; touch begun; [ ! -e bad ] || exit 1; until [ -e go ]; do sleep 0.05; done; echo whole > {output}'
rm -rf .fqrun made go begun other.txt reads.fq
manifest "$partial_task"
touch bad
run slow/a
ends 'keep-partial, failed' 1
gone 'keep-partial, failed' made/a
same 'keep-partial, failed' "$(<made/.fqrun-partial/a)" half
says 'keep-partial, failed' err 'hint   what it left is in made/.fqrun-partial/a'
sed -i 's/printf half/printf newer/' qc.ini
run slow/a
same 'a newer one replaces it' "$(<made/.fqrun-partial/a)" newer
rm bad
sed -i 's/printf newer/printf killed/' qc.ini
cut slow/b
run -n --explain slow/b
same 'keep-partial, killed: not yet' "$(<made/b)" killed
rm -f begun
# shellcheck disable=SC2016 # it is perl
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$fqrun" slow/a >out 2>err </dev/null &
pid=$!
wait_for test -e begun
same 'keep-partial, killed' "$(<made/.fqrun-partial/b)" killed
gone 'keep-partial, killed' made/b
kill -INT "$pid"
wait "$pid"
rc=$?
ends 'keep-partial, stopped' 130
gone 'keep-partial, stopped' made/a
same 'keep-partial, stopped' "$(<made/.fqrun-partial/a)" killed
run -n --explain
says 'why' out 'because it was stopped with the run; what it left is in made/.fqrun-partial/a'
says 'why' out 'because fqrun was killed while it ran; what it left is in made/.fqrun-partial/b'
touch go made/.fqrun-partial/mine
run
ends 'keep-partial, at last' 0
same 'keep-partial, at last' "$(cat made/a made/b | paste -sd ' ')" 'whole whole'
same 'only ours go' "$(ls made/.fqrun-partial)" mine
rm made/.fqrun-partial/mine
run -B
same 'the folder goes with the last' "$(hidden)" ''
# Never through a link.
mkdir elsewhere
ln -s ../elsewhere made/.fqrun-partial
touch bad
run -B slow/a
same 'a link for our folder' "$(ls elsewhere)" ''
says 'a link for our folder' err 'what it left was removed: cannot make the folder made/.fqrun-partial'
rm -r bad elsewhere made/.fqrun-partial

# --- atomic: whoever looks sees the old output or the new one, whole
rm -rf .fqrun made go begun
cat >qc.ini <<'I'
[task atomic]
input   = version
output  = made/out.txt
atomic  = yes
command = { cat version; touch begun; sleep 0.05; cat version; } > {output}; touch written; sleep 0.05; [ ! -e bad ]
I
echo 1 >version
run
ends 'atomic' 0
cat >watch.sh <<'W'
until [[ -e stop ]]; do
    text=$(cat made/out.txt 2>&1)
    [[ $text =~ ^([0-9]+)$'\n'([0-9]+)$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] || echo "seen: $text"
    : >looked
done
W
bash watch.sh >seen 2>&1 &
watcher=$!
for i in {2..7}; do
    echo "$i" >version
    rm -f looked written
    wait_for test -e looked
    if ((i % 2)); then
        cut
        same 'atomic, killed: the old one' "$(tail -n 1 made/out.txt)" "$((i - 1))"
    else
        touch bad
        run
        ends 'atomic, failed' 1
        rm bad
    fi
    rm -f looked
    wait_for test -e looked
    run
    ends "atomic, version $i" 0
    same "atomic, version $i" "$(paste -sd ' ' made/out.txt)" "$i $i"
    run
    says "atomic, version $i again" out 'nothing to do'
done
touch stop
wait "$watcher"
same 'the watcher' "$(<seen)" ''
same 'atomic: no folder is left' "$(hidden)" ''
echo 8 >version
cut
[[ $(hidden) == ./made/.fqrun-tmp-* ]] || fail 'a kill: no folder, this test tests nothing'
manifest "$other_task"
run
same 'a kill: the folder is swept' "$(hidden)" ''
same 'a kill: the old one stays' "$(paste -sd ' ' made/out.txt)" '7 7'

# --- atomic: an old output that is not believed is ours still, and removed as such
cat >qc.ini <<'I'
[task atomic]
output  = made/out.txt
atomic  = yes
command = echo done > {output}; [ ! -e bad ]
I
rm -rf .fqrun made version stop
run
touch bad
run -B
run
rm bad
sed -i '/atomic  =/d; s/echo done/[ ! -e {output} ]; echo done/' qc.ini
run
ends 'ours after two failures' 0
same 'ours after two failures' "$(<made/out.txt)" 'done'

# --- atomic: several folders, {dir}, side files, env, cwd, lists; an output that may be absent
mkdir old
cat >qc.ini <<'I'
[samples]
a =
[task many]
dir     = results
output  = {dir}/{sample}.txt {dir}/deep/{sample}.txt else/{sample}.log bare.txt {dir}/maybe?
atomic  = yes
env     = LOG={output:,}
command =
  for name in {output}; do echo "$name" > "$name" ; done
  case $LOG in *results/.fqrun-tmp-*) ;; *) exit 9 ;; esac
  [ -e maybe.too ] || rm {dir}/maybe
  echo side > {dir}/{sample}.txt.idx
  mkdir -p {dir}/more
  echo side > {dir}/more/$(cat maybe.too || echo first)
I
touch maybe.too
echo second >maybe.too
run
ends 'atomic, many' 0
there 'atomic, many' results/a.txt results/deep/a.txt else/a.log bare.txt results/maybe results/a.txt.idx \
    results/more/second
[[ $(<results/deep/a.txt) == results/.fqrun-tmp-*/deep/a.txt ]] || fail "{dir}: $(<results/deep/a.txt)"
same 'atomic, many: no folder is left' "$(hidden)" ''
rm maybe.too
run -B
ends 'atomic, absent now' 0
gone 'atomic, absent now' results/maybe
there 'a side folder is merged' results/more/first results/more/second
run
says 'atomic, many' out 'nothing to do'
run -n -B
says '-n' out 'for name in results/a.txt results/deep/a.txt else/a.log bare.txt results/maybe'
run -v -B
[[ $(<out) != *.fqrun-tmp-[0-9a-f]* ]] || fail '-v shows the folder'

# --- atomic: not written; reported wrongly; names neither; the builtin; a working directory of its own
cat >qc.ini <<'I'
[samples]
a = a.fq
[task none]
output  = none.txt
atomic  = yes
command = : {output}
[task told]
output  = told.txt
atomic  = yes
command = echo {output} > {output}; echo 'no value' >> "$FQRUN_VALUES"
[task stats]
builtin = fastq-stats
output  = stats/{sample}.json
atomic  = yes
[task there]
output  = there/{sample}.txt
dir     = there
cwd     = {dir}
atomic  = yes
command = pwd > {output.name}; cp {output} kept
I
printf '@r\nACGT\n+\nIIII\n' >a.fq
echo old >told.txt
run none
ends 'atomic, not written' 1
says 'atomic, not written' err 'output none.txt is missing'
says 'atomic, not written' err 'it was looked for in .fqrun-tmp-'
run told
ends 'atomic, reported wrongly' 1
same 'atomic, reported wrongly' "$(<told.txt)" old
run stats there
ends 'atomic, builtin' 0
[[ $(<stats/a.json) == *'"reads"'* ]] || fail 'atomic, builtin'
[[ $(<there/a.txt) == */there/.fqrun-tmp-* && -s there/kept ]] || fail 'atomic, cwd'
same 'atomic: no folder is left' "$(hidden)" ''
printf '[task no]\noutput = no.txt\natomic = yes\ncommand = echo > no.txt\n' >qc.ini
run
ends 'atomic of a command without a place' 2
# shellcheck disable=SC2016 # it is no command
says 'atomic of a command without a place' err 'qc.ini:3:1: `atomic` of a task whose command names neither {output} nor {dir}'

# --- atomic and keep-partial
cat >qc.ini <<'I'
[task both]
dir     = both
output  = {dir}/deep/out.txt {dir}/list.txt
atomic  = yes
keep-partial = yes
command = echo half > {dir}/deep/out.txt; touch begun; if [ -e bad ]; then exit 1; fi; until [ -e go ]; do sleep 0.05; done; echo > {dir}/list.txt
I
rm -f begun go
touch bad
run
ends 'both, failed' 1
same 'both, failed' "$(hidden) $(<both/deep/.fqrun-partial/out.txt)" './both/deep/.fqrun-partial half'
rm -r bad both/deep/.fqrun-partial
cut
manifest "$other_task" "$(<qc.ini)"
run other
same 'both, killed' "$(hidden) $(<both/deep/.fqrun-partial/out.txt)" './both/deep/.fqrun-partial half'
touch go
run both
ends 'both, at last' 0
same 'both, at last' "$(hidden)" ''

# --- protect
mode() { stat -c %a "$@" | paste -sd ' '; }
cat >qc.ini <<'I'
[task kept]
input   = version
output  = kept/one kept/two
protect = yes
command = cp version kept/one; cat version > kept/two; chmod 664 kept/one; chmod 640 kept/two; : {output}
[task after]
output  = after.txt
command = cat {kept.output} > {output}
I
echo 1 >version
run
ends 'protect' 0
same 'protect' "$(mode kept/one kept/two after.txt)" "444 440 $(mode after.txt)"
run
says 'protect, again' out 'nothing to do'
echo 22 >version
for args in '' -B; do
    # shellcheck disable=SC2086
    run $args
    ends "protect, stale $args" 1
    says "protect, stale $args" err 'output kept/one is protected (it is read-only), and its job would make it anew'
    says "protect, stale $args" err 'hint   chmod u+w kept/one lets it be made anew; or protect = no in the task'
    same "protect, stale $args" "$(cat kept/one kept/two after.txt | paste -sd ' ')" '1 1 1 1'
done
chmod u+w kept/one
run
ends 'one of two unprotected' 1
same 'one of two unprotected: nothing is touched' "$(cat kept/one kept/two | paste -sd ' ')" '1 1'
chmod u+w kept/two
run
ends 'unprotected' 0
same 'unprotected' "$(cat kept/one after.txt | paste -sd ' ') $(mode kept/one)" '22 22 22 444'
chmod u+w kept/one
run
says 'protected at a run that does nothing' out 'nothing to do'
same 'protected at a run that does nothing' "$(mode kept/one)" 444
echo 333 >version
sed -i '/^protect/d' qc.ini
run
ends 'protect = no' 0
same 'protect = no' "$(paste -sd ' ' after.txt)" '333 333'
# A link is not followed, and an input with two names keeps its mode.
cat >qc.ini <<'I'
[task linked]
input   = version
output  = linked hard
protect = yes
command = ln -s version linked; ln version hard; : {output}
I
chmod 644 version
run
ends 'protect, links' 0
same 'protect, links' "$(mode version)" 644
# With atomic.
cat >qc.ini <<'I'
[task two]
input   = version
output  = two.txt
protect = yes
atomic  = yes
command = cat version > {output}
I
run
same 'protect and atomic' "$(mode two.txt)" 444
echo 4444 >version
run
ends 'protect and atomic, stale' 1
same 'protect and atomic, stale' "$(<two.txt)" 333
chmod u+w two.txt
run
same 'protect and atomic, unprotected' "$(<two.txt) $(mode two.txt)" '4444 444'
# A job that was cut off asks nobody, whatever its command did to the mode.
cat >qc.ini <<'I'
[task cut]
output  = cut.txt
protect = yes
command = printf half > {output}; chmod 444 {output}; touch begun; until [ -e go ]; do sleep 0.05; done
I
rm -f go
cut
touch go
run
ends 'protect, cut off' 0

# --- all of it for outputs that are folders
rm -rf .fqrun made go begun bad
cat >qc.ini <<'I'
[task plain]
output  = made/plain/
keep-partial = yes
command = printf half > {output}/x; mkdir {output}/deep; touch {output}/deep/y begun; [ ! -e bad ] || exit 1; until [ -e go ]; do sleep 0.05; done
[task whole]
output  = made/whole/
atomic  = yes
protect = yes
command = ls made/whole > was || :; printf half > {output}/x; touch begun; until [ -e go ]; do sleep 0.05; done; cp version {output}/version
[task other]
output  = other.txt
command = echo other > {output}
I
cut plain
there 'a folder, killed' made/plain/deep/y
run other
gone 'a folder, killed' made/plain
there 'a folder, killed' made/.fqrun-partial/plain/deep/y
touch bad
run plain
ends 'a folder, failed' 1
same 'a folder, failed' "$(find made | sort | paste -sd ' ')" \
    'made made/.fqrun-partial made/.fqrun-partial/plain made/.fqrun-partial/plain/deep made/.fqrun-partial/plain/deep/y made/.fqrun-partial/plain/x'
rm bad
touch go
run plain
ends 'a folder, at last' 0
same 'a folder, at last' "$(hidden) $(ls made/plain)" $' deep\nx'
run plain
says 'a folder, again' out 'nothing to do'
run whole
ends 'a folder, atomic' 0
same 'a folder, atomic' "$(cd made/whole && echo *) $(<was) $(hidden)" 'version x  '
same 'a folder, protected' "$(mode made/whole made/whole/*)" "$(mode made/plain) 444 444"
run whole
says 'a folder, atomic, again' out 'nothing to do'
run -B whole
ends 'a folder, protected' 1
says 'a folder, protected' err 'hint   chmod -R u+w made/whole/ lets it be made anew'
chmod -R u+w made/whole
rm go
cut -B whole
same 'a folder, atomic, killed' "$(cd made/whole && echo *)" 'version x'
[[ $(hidden) == ./made/.fqrun-tmp-* ]] || fail 'a folder, atomic, killed: no folder'
run other
same 'a folder, atomic, swept' "$(cd made/whole && echo *) $(hidden)" 'version x '
touch go
echo 5 >version
run whole
ends 'a folder, atomic, anew' 0
same 'a folder, atomic, anew' "$(paste -sd ' ' was) $(<made/whole/version) $(hidden)" 'version x 5 '

# --- a command that uses up its input, and does not succeed: what it made is all that is left
cat >eat.ini <<'EOF'
[samples]
a = eaten.fq
[task plain]
input   = {reads}
output  = eat/{sample}.fq
command = mv {r1} {output}; case $HOW in fail) exit 3 ;; kill) kill -KILL $PPID ;; term) kill -TERM $PPID; sleep 20 ;; esac
[task atomic]
input   = {reads}
output  = eat/{sample}/{sample}.fq
atomic  = yes
command = mv {r1} {output}; case $HOW in fail) exit 3 ;; kill) kill -KILL $PPID ;; term) kill -TERM $PPID; sleep 20 ;; esac
EOF
for task in plain atomic; do
    for how in fail kill term; do
        rm -rf eat
        printf '@r\nACGT\n+\nIIII\n' >eaten.fq
        HOW=$how run -f eat.ini "$task"
        run -f eat.ini "$task"
        ends "$task, $how: its input is gone" 1
        place=eat
        [[ $task == plain ]] || place=eat/a
        same "$task, $how" "$(find eat -type f)" "$place/.fqrun-partial/a.fq"
        mv "$place/.fqrun-partial/a.fq" eaten.fq
        HOW='' run -f eat.ini "$task"
        ends "$task, $how: its input is back" 1
        says "$task, $how: its input is back" err 'what it made is still there'
        same "$task, $how: its input is back" "$(find eat -type f)" "$place/a.fq"
    done
done

# --- what is put aside is removed some day: no place for an output
printf '[task t]\noutput = aside/.fqrun-partial/x\ncommand = echo > {output}\n' >aside.ini
run -f aside.ini
ends 'in the folder aside' 1
says 'in the folder aside' err 'is in a folder where fqrun puts what failed jobs left'

# ... where the sample is gone with its file, and where the input is there and empty
cat >eat.ini <<'EOF'
[fqrun]
find = raw/{sample}.fq
[task found]
input   = {reads}
output  = eat/found/{sample}.fq
command = mv {r1} {output}; kill -KILL $PPID
[task emptied]
input   = {reads}
output  = eat/emptied/{sample}.fq
command = cat {r1} > {output}; : > {r1}; exit 3
[task moved]
input   = raw/
per     = sample
output  = eat/moved/{sample}/
command = mv raw/* {output}; exit 3
EOF
for task in found emptied moved; do
    rm -rf eat raw
    mkdir raw
    printf '@r\nACGT\n+\nIIII\n' >raw/a.fq
    run -f eat.ini "$task"
    if [[ $task == found ]]; then
        cp eat/found/a.fq raw/b.fq
        run -f eat.ini found
    fi
    same "$task: kept" "$(find eat -name a.fq -size +0 | head -n 1)" \
        "eat/$task/.fqrun-partial/a$([[ $task == moved ]] && echo /a).fq"
done
exit $failed
