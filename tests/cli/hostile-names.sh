#!/bin/bash
# Samples whose names are shell syntax: data where a value may stand; in a
# program of another language refused in words, for that sample alone.
# usage: hostile-names.sh PATH_TO_FQRUN
set -uo pipefail
fqrun=$(realpath -- "${1:?usage: hostile-names.sh PATH_TO_FQRUN}")
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
cd "$work" || exit
export LC_ALL=C
unset MAKEFLAGS
failed=0
# shellcheck disable=SC2016 # they are data
names=('x;touch PWNED' '$(touch PWNED)' "it's" 'a b')

fail() {
    printf 'FAILED: %s\n' "$*"
    failed=1
}

# run ARGUMENT...: leaves said, rc
run() {
    "$fqrun" --color never "$@" >said 2>&1 </dev/null
    rc=$?
    [[ ! $(find . -name PWNED -print -quit) ]] || fail "$*: a name was run"
}

# expect CASE RC
expect() {
    [[ $rc == "$2" ]] || fail "$1: exit $rc, expected $2: $(<said)"
}

# holds FILE TEXT
holds() {
    if [[ ! -f $1 ]]; then
        fail "no file $1"
    elif [[ $(<"$1") != "$2" ]]; then
        fail "$1: got $(<"$1"), expected $2"
    fi
}

# says WORDS
says() {
    grep -qF -- "$1" said || fail "not said: $1, but: $(<said)"
}

samples() {
    printf '[samples]\n'
    printf '%s =\n' "${names[@]}"
}

# --- where a value may stand ---------------------------------------------------

{
    samples
    cat <<'INI'
[task bare]
command = echo {sample} > {output}
output  = bare/{sample}.txt
[task quoted]
command = echo "{sample}" > "{output}"
output  = quoted/{sample}.txt
[task argument]
command = awk -v s={sample} 'BEGIN { print s }' > {output}
output  = argument/{sample}.txt
[task direct]
command = cp {bare.output} {output}
output  = direct/{sample}.txt
[task all]
command = cat {quoted.output} > {output}
output  = all.txt
INI
} >good.ini
run -f good.ini -j 3
expect 'names are data' 0
for name in "${names[@]}"; do
    for task in bare quoted argument direct; do
        holds "$task/$name.txt" "$name"
    done
done
holds all.txt "$(printf '%s\n' "${names[@]}")"
run -f good.ini -j 3
expect 'again' 0
run -f good.ini -n
says '0 jobs would run'
for name in "${names[@]}"; do
    run -f good.ini -B "bare/$name"
    expect "TARGET bare/$name" 0
done

# --- inside a program -------------------------------------------------------------

{
    samples
    cat <<'INI'
[task program]
command = awk 'BEGIN { print "{sample}" }' > {output}
output  = program/{sample}.txt
[task other]
command = echo {sample} > {output}
output  = other/{sample}.txt
[task all]
command = cat {program.output} > {output}
output  = gathered.txt
INI
} >program.ini
run -f program.ini -j 3
expect 'in a program' 1
holds 'program/a b.txt' 'a b'
for name in "${names[@]}"; do
    holds "other/$name.txt" "$name"
done
for name in "${names[@]:0:3}"; do
    [[ ! -e program/$name.txt ]] || fail "program/$name.txt was made"
done
[[ ! -e gathered.txt ]] || fail 'gathered in spite of missing ones'

# Each is told with its name, the place in the manifest, the byte and the way out.
line=$(grep -n "awk 'BEGIN" program.ini | cut -d: -f1)
column=$(grep "awk 'BEGIN" program.ini | grep -bo '{sample}' | head -n 1 | cut -d: -f1)
place="program.ini:$line:$((column + 1))"
[[ $(grep -cF "$place" said) == 3 ]] || fail "not three times $place: $(<said)"
says "the value 'x;touch PWNED' of {sample}"
says "the value '\$(touch PWNED)' of {sample}"
says "the value 'it'\\''s' of {sample}"
[[ $(grep -cF 'awk -v s={sample}' said) -ge 3 ]] || fail "the way out is not told: $(<said)"
grep -qF "'a b'" said && fail "\"a b\" is complained about: $(<said)"
[[ ! -e PWNED ]] || fail 'PWNED'
exit "$failed"
