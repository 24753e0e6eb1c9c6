#!/bin/bash
# The n-th call of each kind fails, for n = 1, 2, 3 ... until none does, once and from
# then on: no crash, no hang, nothing left running, no wrong belief; and ONE plain run
# makes all right, without running again what was told done. It begins from nothing, from
# a finished run whose inputs changed, from one that was killed, and where a person's file
# stands in the place of an output.
# usage: sweep.sh PATH_TO_FQRUN LIBRARY STRIDE [KIND...]
#   STRIDE: every so many calls, beginning at a random one; of malloc, which there are most
#   of, ten times so many, and of what there are few of each; 1: all
usage='usage: sweep.sh PATH_TO_FQRUN LIBRARY STRIDE [KIND...]'
library=$(realpath -- "${2:?$usage}")
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
stride=${3:?$usage}
shift 3
kinds=("$@")
((${#kinds[@]})) || kinds=(malloc open read write fsync rename spawn pipe mkdir stat unlink mmap lock
    truncate allocate space chmod copy link)
export TMPDIR=$work/tmp
mkdir tmp

# What a job writes names what it read, in pieces: half of it is not the whole.
cat >qc.ini <<'I'
[fqrun]
min-free = 1K
[samples]
a = in/a
b = in/b
[task one]
output  = one/{sample}
command = echo one/{sample} >> side.log; cat {r1} > {output}; echo reads=$(wc -l < {r1}) >> "$FQRUN_VALUES"; echo end >> {output}
[task two]
input   = {one.output}
output  = two/{sample}
when    = {one.reads} > 1
temp    = yes
command = cp {input} {output}
[task three]
input   = {two.output}
output  = three/{sample}
atomic  = yes
command = echo three/{sample} >> side.log; cat {input} > {output}; echo three >> {output}
[task pages]
input   = {three.output}
output  = pages/
keep-partial = yes
command = echo pages >> side.log; cat {input} > {output}first; mkdir -p {output}in; cat {input} > {output}in/second; echo end >> {output}first
[task fixed]
output  = fixed
protect = yes
command = echo fixed >> side.log; echo fixed > {output}
[task mine]
output  = mine
command = [ -e go ] && echo mine >> side.log && echo mine > {output}
[task all]
input   = {three.output}
output  = all
keep-partial = yes
command = echo all >> side.log; cat {input} > {output}; echo end >> {output}
I
samples=(a b)

# begin_from STATE: a folder `state` to copy from
begin_from() {
    rm -rf state work
    mkdir -p state/in
    for sample in "${samples[@]}"; do printf '%s 1\n%s 2\n' "$sample" "$sample" >"state/in/$sample"; done
    cp qc.ini state/
    touch state/go
    cd state || exit
    case $1 in
    finished)
        "$fqrun" -q -j2 >/dev/null 2>&1 </dev/null || fail 'the first run failed'
        printf 'b 1\nb 2\nb 3\n' >in/b
        ;;
    own)
        # A person's file where an output will be, and a job that fails.
        "$fqrun" -q -j2 task:all task:pages task:fixed >/dev/null 2>&1 </dev/null || fail 'the first run failed'
        echo person >mine
        rm go
        ;;
    killed)
        # Two jobs begun and one of them half written, as the journal of a killed run has it.
        sed '/one/s/echo end >> {output}$/touch begun-{sample}; until [ -e on ]; do sleep 0.05; done/' qc.ini >slow.ini
        mv slow.ini qc.ini
        "$fqrun" -j2 >/dev/null 2>&1 </dev/null &
        wait_for test -e begun-a
        wait_for test -e begun-b
        kill -KILL $!
        wait $! 2>/dev/null
        wait_for nobody_lives
        rm -f begun-a begun-b
        cp ../qc.ini .
        ;;
    esac
    rm -f side.log
    cd ..
}

# shellcheck disable=SC2317 # wait_for calls it
nobody_lives() {
    [[ -z $(marked) ]]
}

# shellcheck disable=SC2317 # wait_for calls it
stopped_or_over() {
    [[ -e /proc/$1 ]] || return 0
    grep -q 'no room even for one job' first.err && kill -TERM "$1"
}

check_right() {
    local sample whole=''
    for sample in "${samples[@]}"; do
        [[ $(<"work/one/$sample") == "$(cat "work/in/$sample")"$'\nend' ]] || fail "$1: one/$sample is wrong"
        [[ $(<"work/three/$sample") == "$(<"work/one/$sample")"$'\nthree' ]] || fail "$1: three/$sample is wrong"
        whole+=$(<"work/three/$sample")$'\n'
    done
    [[ $(<work/all) == "${whole}end" ]] || fail "$1: all is wrong"
    [[ $(<work/pages/first) == "${whole}end" ]] || fail "$1: pages/first is wrong"
    [[ $(<work/pages/in/second)$'\n' == "$whole" ]] || fail "$1: pages/in/second is wrong"
    [[ $(<work/mine) == mine ]] || fail "$1: mine is wrong"
    [[ $(<work/fixed) == fixed ]] || fail "$1: fixed is wrong"
    same "$1: left" "$(find work -path '*/.fqrun-*' -o -path 'work/two/*' | sort)" ''
}

# What was told done is run no more: each of them once in all.
check_not_again() {
    local name
    while read -r name; do
        if [[ $name != two/* && $(grep -c "^$name\$" work/side.log) != 1 ]]; then
            fail "$1: $name was told done and ran again"
        fi
    done < <(sed -nE 's/^\[ *[0-9]+\/[0-9]+\] //p' first.out)
}

# inject STATE KIND N SIGN: false when there was no such call any more
inject() {
    local name="$1, $2 $3$4"
    rm -rf work mark first.out first.err
    : >first.err
    cp -a state work
    timeout -k 5 60 env FQ_FAULT="$2:$3$4" FQ_FAULT_MARK="$work/mark" LD_PRELOAD="$library" \
        "$fqrun" -C work -j2 >first.out 2>first.err </dev/null &
    # Without room for a process it waits for a minute: time enough to be told to stop.
    [[ $4 == + ]] && wait_for stopped_or_over $!
    wait $!
    rc=$?
    [[ $rc == [0123] || $4$rc == +143 ]] || fail "$name: exit $rc: $(tail -qn 5 first.out first.err)"
    if [[ $rc != 0 && ! -s first.err && ! -s first.out ]]; then fail "$name: exit $rc without a word"; fi
    if [[ $1 == own ]]; then
        same "$name: a file that no run made" "$(cat work/mine)" person
        touch work/go
    fi
    # The guard of a run that gave up may have a moment's work still.
    wait_for nobody_lives || nothing_lives "$name"
    run -C work -j2
    ends "$name, then a plain run" 0
    # What could not be removed is told of, and left.
    grep -q 'a temporary folder is left: ' first.err && rm -rf tmp/* work/*/.fqrun-tmp-*
    check_right "$name"
    check_not_again "$name"
    run -C work -j2
    says "$name, and another" out 'nothing to do'
    same "$name: temporary folders" "$(ls tmp)" ''
    if ((failed)); then
        cat first.out first.err
        exit 1
    fi
    [[ -e mark ]]
}

count=0
for state in nothing finished killed own; do
    begin_from "$state"
    for kind in "${kinds[@]}"; do
        step=$stride of_kind=0
        [[ $state == own && $kind != @(open|stat) ]] && continue
        case $kind in
        malloc) ((stride > 1)) && step=$((stride * 10)) ;;
        fsync | rename | mmap | lock | truncate | allocate | space | chmod | link) step=1 ;;
        esac
        for sign in '' +; do
            for ((n = 1 + RANDOM % step; ; n += step)); do
                inject "$state" "$kind" "$n" "$sign" || break
                of_kind=$((of_kind + 1))
            done
        done
        # Nothing is proved by a library whose functions are not called.
        ((step > 1 || of_kind > 0)) || [[ $state != nothing ]] || fail "no call of $kind failed"
        echo "$state: $of_kind calls of $kind failed"
        count=$((count + of_kind))
    done
done
echo "$count calls failed"
exit "$failed"
