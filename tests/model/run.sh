#!/bin/bash
# The token protocol, in all its states: what must hold holds, and each broken rule
# is found out, in the way that it should. Skipped (77) without spin.
# usage: run.sh [CC...]
set -uo pipefail
model=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/tokens.pml
cc=("${@:-cc}")
command -v spin >/dev/null || {
    echo 'skipped: there is no spin here'
    exit 77
}
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
cd "$work" || exit
failed=0

# verify "DEFINES" [LTL]: leaves pan.log; false if it could not be run to an end
verify() {
    local how=(-DSAFETY) options=(-m1000000)
    if [[ ${2:-} ]]; then
        how=(-DNFAIR=3)
        # -f: weak fairness, who can go on will go on.
        options+=(-a -f -N "$2")
    fi
    rm -f pan pan.* ./*.trail
    cp -- "$model" tokens.pml
    # shellcheck disable=SC2086 # words
    spin $1 ${2:+-DLTL} -a tokens.pml >pan.log 2>&1 &&
        "${cc[@]}" -w -O0 "${how[@]}" -o pan pan.c >>pan.log 2>&1 &&
        ./pan "${options[@]}" >>pan.log 2>&1
    grep -qE 'errors: [0-9]' pan.log && ! grep -q 'max search depth too small\|out of memory' pan.log
}

# verdict WHAT CONDITION...
verdict() {
    if "${@:2}"; then
        printf 'ok      %s (%s states)\n' "$1" "$(sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' pan.log)"
    else
        printf 'FAILED  %s\n' "$1"
        tail -n 40 pan.log
        failed=1
    fi
}

# holds WHAT "DEFINES" [LTL]
holds() {
    verify "$2" "${3:-}" || : >pan.log
    verdict "$1" grep -q 'errors: 0' pan.log
}

# breaks WHAT "DEFINES" HOW [LTL]: found out, by those words
breaks() {
    verify "$2" "${4:-}" || : >pan.log
    verdict "$1, is found out" grep -qF -- "$3" pan.log
}

crowded='assertion violated (running<=' audit='assertion violated ((q_len(pool)+own)=='
holds 'tokens: none lost or gained, never too many, no deadlock' '-DNARROW=3'
holds 'the same, told to stop at any moment' '-DNARROW=3 -DSTOPS'
holds 'the same, stopped or killed at any moment' '-DNARROW=3 -DSTOPS -DKILLS'
holds 'all ends, under weak fairness' -DLUCK ends
holds 'a wide job is able to start, under weak fairness' -DLUCK starts
holds 'all ends, stopped or killed' '-DNARROW=1 -DLUCK -DSTOPS -DKILLS' ends
holds 'a wide job starts or is given up, stopped or killed' '-DNARROW=1 -DLUCK -DSTOPS -DKILLS' starts
breaks 'gathering without giving back' -DBREAK_HOLD 'invalid end state'
breaks 'giving back, all in step for ever' '' 'acceptance cycle' starts
breaks 'mending while a client lives' -DBREAK_EAGER "$crowded"
breaks 'mending while the guard of one that was killed lives' '-DKILLS -DBREAK_HASTY' "$crowded"
breaks 'forgetting a token at a stop' '-DSTOPS -DBREAK_FORGET' "$audit"
breaks 'giving back before the children are reaped' '-DSTOPS -DBREAK_EARLY' "$crowded"
breaks 'giving back another byte' -DBREAK_BYTE 'assertion violated (mended||'
breaks 'giving back twice' -DBREAK_TWICE "$audit"
exit "$failed"
