# shellcheck shell=bash disable=SC2034
# What the behaviour scripts share: source it with the path of fqrun as $1.
# It makes $work and goes there, sets $fqrun, and cleans up at the end.
set -uo pipefail
fqrun=$(realpath -- "${1:?usage: ${0##*/} PATH_TO_FQRUN}")
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
examples=$(realpath -- "$here/../../examples")
work=$(mktemp -d) || exit
# A marker in the environment, by which everything that we started is found.
export FQ_TEST_MARK="$work" LC_ALL=C TERM=dumb
unset NO_COLOR MAKEFLAGS TMPDIR
failed=0 rc=0
trap 'kill_marked; rm -rf -- "$work"' EXIT
cd "$work" || exit

fail() {
    printf 'FAILED: %s\n' "$*"
    failed=1
}

# run ARGUMENT...: leaves out, err, rc
run() {
    "$fqrun" "$@" >"$work/out" 2>"$work/err" </dev/null
    rc=$?
}

# ends CASE RC
ends() {
    [[ $rc == "$2" ]] || fail "$1: exit $rc, expected $2: $(tail -qn 15 "$work/out" "$work/err")"
}

# says CASE out|err WORDS
says() {
    grep -qF -- "$3" "$work/$2" || fail "$1: no \"$3\" in $2: $(tail -n 30 "$work/$2")"
}

# same CASE GOT EXPECTED
same() {
    [[ $2 == "$3" ]] || fail "$1: got \"$2\", expected \"$3\""
}

# The jobs that ran well, as the plain lines on stdout tell, sorted, in one line.
ran() {
    sed -nE 's/^\[ *[0-9]+\/[0-9]+\] //p' "$work/out" | sort | paste -sd ' '
}

# The jobs that -n would run.
would_run() {
    "$fqrun" -n "$@" 2>"$work/err" | sed -nE 's/^# ([^ ]+)$/\1/p' | sort | paste -sd ' '
}

# Everything alive that carries the marker, but this shell and what it waits for.
marked() {
    local ours file pid
    # One look for all: a process each for each of a machine's hundreds takes a second.
    mapfile -t ours < <(grep -lzxF -- "FQ_TEST_MARK=$work" /proc/[0-9]*/environ 2>/dev/null)
    ((${#ours[@]})) || return 0
    # The shell's own children are of its session; a job has one of its own.
    while read -r file; do
        pid=${file#/proc/}
        pid=${pid%/environ}
        [[ $pid == "$$" || $pid == "$BASHPID" ]] || echo "$pid"
    done < <(grep -lzE '^FQRUN_RUN=' "${ours[@]}" 2>/dev/null)
}

kill_marked() {
    local pid
    for pid in $(marked); do
        kill -KILL "$pid" 2>/dev/null
    done
}

# nothing_lives CASE
nothing_lives() {
    local left
    left=$(marked)
    if [[ $left ]]; then
        # shellcheck disable=SC2086
        fail "$1: still alive: $(ps -o pid=,args= -p $left)"
        kill_marked
    fi
}

# wait_for CONDITION...: up to 20 s, until the command holds
wait_for() {
    local i
    for ((i = 0; i < 400; i++)); do
        "$@" && return
        sleep 0.05
    done
    fail "waited in vain for: $*"
    return 1
}
