# shellcheck shell=bash
# What the scripts beside this share: lib.sh of tests/cli, and besides a host that
# counts its tokens, leaves that log when they run, and who may draw.
# shellcheck disable=SC2034 # used by those who source this
# Source it with the paths of fqrun and of host as $1 and $2.
host=$(realpath -- "${2:?usage: ${0##*/} PATH_TO_FQRUN PATH_TO_HOST}")
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
unset MFLAGS CARGO_MAKEFLAGS MAKELEVEL GNUMAKEFLAGS
export TMPDIR="$work/tmp" host
mkdir "$TMPDIR"

# hosted [HOST_OPTION...] COMMAND...: leaves out, err, report, and rc of the command;
# fails unless the same tokens came back and nothing was left behind
hosted() {
    local status=0
    "$host" --limit 40 --report "$work/report" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    rc=$(sed -n 's/^status //p' "$work/report")
    ((status == 0)) || fail "host $*: $(paste -sd ';' "$work/report"): $(tail -qn 5 "$work/out" "$work/err")"
    return "$status"
}

# A leaf is work that takes a moment and logs when. Each line is one write at the end.
cat >"$work/leaf" <<'I'
#!/bin/bash
echo "+ ${EPOCHREALTIME/./}" >>"$LEAVES"
sleep 0.2
echo "- ${EPOCHREALTIME/./}" >>"$LEAVES"
I
chmod +x "$work/leaf"
export LEAVES="$work/leaves"

# How many leaves ran at once, at most.
most_at_once() {
    awk '$1 == "+" && ++now > most { most = now } $1 == "-" { now-- } END { print most + 0 }' "$LEAVES"
}

# How much of the time, in percent, N leaves ran, while there were many left to begin.
fullness() {
    local begins
    begins=$(grep -c '^+' "$LEAVES")
    sort -k 2,2n "$LEAVES" | awk -v n="$1" -v begins="$begins" '
        NR > 1 && now >= n { full += $2 - before }
        NR == 1 { first = $2 }
        $1 == "+" { now++; if (++begun == begins - 2 * n) { print int(100 * full / ($2 - first)); exit } }
        $1 == "-" { now-- }
        { before = $2 }'
}

# filled CASE N LEAVES COMMAND...: so many leaves run, never more than N at once. And
# mostly N: the best of three, for a machine that does other work too.
filled() {
    local try percent
    for try in 1 2 3; do
        fresh
        "${@:4}"
        same "$1: exit" "$rc" 0
        same "$1: leaves" "$(grep -c '^-' "$LEAVES")" "$3"
        same "$1: most at once" "$(most_at_once)" "$2"
        percent=$(fullness "$2")
        ((failed || ${percent:-0} >= 80)) && break
    done
    ((${percent:-0} >= 80)) || fail "$1: $2 ran at once in $percent % of the time only"
    printf '%s: %s at once in %s %% of the time, try %s\n' "$1" "$2" "$percent" "$try"
}

# Waits until all of N that call it have: no time passes for its own sake, and where
# fewer than N run at once it never returns.
cat >"$work/meet" <<'I'
#!/bin/bash
# usage: meet FOLDER N NAME
mkdir -p "$1"
: >"$1/$3"
until set -- "$1" "$2" "$3" "$1"/* && (($# - 3 >= $2)); do sleep 0.02; done
I
chmod +x "$work/meet"

# fresh: as before the first run
fresh() {
    rm -rf .fqrun "$LEAVES" met begun.* all
    : >"$LEAVES"
}
