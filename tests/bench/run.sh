#!/bin/bash
# Measures fqrun beside its limits and its peers, interleaved, and prints a
# table of medians and ratios in Markdown; progress goes to stderr.
#
# usage: run.sh FQRUN [FOLDER_OF_GEN_AND_LIMITS]     (a release build)
#
# Needs ninja, make, hyperfine and GNU time. The environment may say:
#   SAMPLES=10000 (no-op)   MANY=100000 (dry run, memory)   JOBS=2000 (spawn)
#   ROUNDS=7                ONLY='noop dry memory spawn sync linear small late'
#   TMPFS=/dev/shm (sync)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fqrun=$(realpath "${1:?usage: run.sh FQRUN [FOLDER_OF_GEN_AND_LIMITS]}")
programs=$(realpath "${2:-$(dirname "$fqrun")/tests/bench}")
samples=${SAMPLES:-10000} many=${MANY:-100000} jobs=${JOBS:-2000} rounds=${ROUNDS:-7}
only=${ONLY:-noop dry memory spawn sync linear small late}
for tool in ninja make hyperfine "$programs/gen" "$programs/limit_stat" "$programs/limit_spawn" /usr/bin/time; do
    command -v "$tool" >/dev/null || { printf 'run.sh: %s is needed\n' "$tool" >&2 && exit 1; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/fqrun-bench.XXXXXX")
memory= # a folder on a disk of memory, while one is needed
trap 'rm -rf "$work" ${memory:+"$memory"}' EXIT

say() {
    printf '%s\n' "$*" >&2
}

# --- measuring -------------------------------------------------------------------

declare -A commands folders befores # a contestant's command, where, and what is done first, untimed
contestants=()

contest_new() {
    contestants=()
    rm -f "$work"/times.*
}

contestant() { # NAME FOLDER COMMAND [BEFORE]
    contestants+=("$1")
    folders[$1]=$2 commands[$1]=$3 befores[$1]=${4:-}
}

once() { # NAME RUNS: appends the median of so many, in microseconds, to times.NAME
    cd "${folders[$1]}"
    hyperfine -N --style none --runs "$2" --warmup 0 --output "$work/out" --export-csv "$work/csv" \
        ${befores[$1]:+--prepare "${befores[$1]}"} "${commands[$1]}" >"$work/error" 2>&1 || {
        say "failed in ${folders[$1]}: ${commands[$1]}"
        cat "$work/error" >&2
        exit 1
    }
    awk -F , 'NR == 2 { printf "%d\n", $(NF - 4) * 1e6 }' "$work/csv" >>"$work/times.$1"
}

contest() { # ROUNDS [RUNS]: one round unmeasured, then each in turn
    local round name
    for ((round = 0; round <= $1; round++)); do
        for name in "${contestants[@]}"; do
            once "$name" "${2:-1}"
            ((round)) || rm "$work/times.$name"
        done
    done
}

median() { # NAME
    sort -n "$work/times.$1" | awk '{ at[NR] = $1 } END { print (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2 }'
}

peak_kb() { # FOLDER COMMAND...
    cd "$1"
    /usr/bin/time -o "$work/peak" -f %M "${@:2}" >"$work/out" 2>&1 || {
        say "failed in $1: ${*:2}"
        exit 1
    }
    tail -n 1 "$work/peak"
}

# --- the table ---------------------------------------------------------------------

calc() { # FORMAT EXPRESSION
    awk "BEGIN { printf \"$1\", $2 }"
}

ratio() { # OURS THEIRS
    awk -v r="$1" -v t="$2" 'BEGIN { r /= t; printf r < 0.1 ? "%.4f" : "%.2f", r }'
}

row() { # WHAT FQRUN AGAINST VALUE RATIO [BOUND]
    local verdict='' bound=${6:-}
    [[ -z $bound ]] || verdict=$(awk -v r="$5" -v b="$bound" 'BEGIN { print (r <= b ? "yes" : "**no**") }')
    printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$2" "$3" "$4" "$5" "${bound:+≤ $bound}" "$verdict"
}

ms() { # NAME: median in milliseconds
    calc %.2f "$(median "$1") / 1000"
}

versus() { # WHAT US THEM LABEL [BOUND]: medians of two contestants
    row "$1" "$(ms "$2") ms" "$4" "$(ms "$3") ms" "$(ratio "$(median "$2")" "$(median "$3")")" "${5:-}"
}

# --- what is measured ----------------------------------------------------------------

generate() { # SHAPE SAMPLES NAME: a folder in which nothing was run yet
    [[ -d $work/$3 ]] || "$programs/gen" "$1" "$2" "$work/$3"
}

bench_noop() {
    local what="no-op, $samples samples"
    say "$what"
    for name in fqrun ninja make; do
        generate files "$samples" "noop-$name"
    done
    (cd "$work/noop-fqrun" && "$fqrun" -f bench.ini -j 2 -q >/dev/null)
    (cd "$work/noop-ninja" && ninja -j2 --quiet)
    (cd "$work/noop-make" && make -s -j2)
    contest_new
    contestant fqrun "$work/noop-fqrun" "$fqrun -f bench.ini -j 2"
    contestant ninja "$work/noop-ninja" 'ninja -j2'
    contestant make "$work/noop-make" 'make -j2'
    contestant statx1 "$work" "$programs/limit_stat $samples noop-fqrun 1"
    contestant statx2 "$work" "$programs/limit_stat $samples noop-fqrun 2"
    contest "$rounds"
    versus "$what" fqrun statx1 'statx loop, one thread' 1.7
    versus "$what" fqrun statx2 'statx loop, two threads'
    versus "$what" fqrun ninja ninja 0.8
    versus "$what" fqrun make make
    rm -rf "$work"/noop-*
}

bench_dry() {
    local what="dry run from clean, $many samples"
    say "$what"
    generate files "$many" many
    contest_new
    contestant fqrun "$work/many" "$fqrun -f bench.ini -n"
    contest "$rounds"
    row "$what" "$(ms fqrun) ms" 'one second' '1000 ms' "$(calc %.2f "$(median fqrun) / 1000000")" 1
    contestant make "$work/many" 'make -n'
    contest 2
    versus "$what" fqrun make make
    # Minutes, for at each edge it looks through the cohort's inputs from the first: once will do.
    contestant ninja "$work/many" 'ninja -n'
    once ninja 1
    versus "$what" fqrun ninja ninja
}

# Bytes of peak resident memory for each of the 2 N + 1 jobs.
memory_row() { # WHAT OUR_KB PEER THEIR_KB
    local count=$((2 * many + 1))
    row "$1, bytes a job" "$(calc %.0f "$2 * 1024 / $count")" "$3" "$(calc %.0f "$4 * 1024 / $count")" \
        "$(ratio "$2" "$4")" "${5:-}"
}

bench_memory() {
    local dry noop limit
    say "memory, $many samples"
    generate files "$many" many
    limit=$(calc %.0f "300 * (2 * $many + 1) / 1024")
    dry=$(peak_kb "$work/many" "$fqrun" -f bench.ini -n)
    memory_row "memory, dry run, $many samples" "$dry" '300 bytes' "$limit" 1
    memory_row "memory, dry run, $many samples" "$dry" ninja "$(peak_kb "$work/many" ninja -n)"
    memory_row "memory, dry run, $many samples" "$dry" make "$(peak_kb "$work/many" make -n)"
    say "  running $((2 * many + 1)) jobs once"
    memory_row "memory, first run, $many samples" "$(peak_kb "$work/many" "$fqrun" -f bench.ini -j 2 -q)" \
        '300 bytes' "$limit" 1
    noop=$(peak_kb "$work/many" "$fqrun" -f bench.ini -j 2)
    memory_row "memory, no-op, $many samples" "$noop" '300 bytes' "$limit" 1
    contest_new
    contestant fqrun "$work/many" "$fqrun -f bench.ini -j 2"
    contestant statx1 "$work" "$programs/limit_stat $many many 1"
    contest "$rounds"
    versus "no-op, $many samples" fqrun statx1 'statx loop, one thread'
}

# Microseconds a job, of runs that start `jobs` of them.
spawn_row() { # US THEM LABEL [BOUND]
    row "a job's start, output captured, -j2" "$(calc %.0f "$(median "$1") / $jobs") µs" "$3" \
        "$(calc %.0f "$(median "$2") / $jobs") µs" "$(calc %.2f "$(median "$1") / $(median "$2")")" "${4:-}"
}

bench_spawn() {
    say "spawn, $jobs jobs"
    generate spawn "$jobs" spawn
    contest_new
    contestant fqrun "$work/spawn" "$fqrun -f bench.ini -j 2 -q" 'rm -rf .fqrun'
    contestant piped "$work" "$programs/limit_spawn $jobs 2 pipe"
    contestant plain "$work" "$programs/limit_spawn $jobs 2"
    contestant make "$work/spawn" 'make -s -j2 -O'
    contestant ninja "$work/spawn" 'ninja -j2 --quiet' 'rm -f .ninja_log .ninja_deps'
    contest "$rounds"
    spawn_row fqrun piped 'posix_spawn loop with a pipe' 1.15
    spawn_row fqrun plain 'posix_spawn loop'
    spawn_row fqrun make 'make -O'
    spawn_row fqrun ninja ninja
}

# What the journal costs a job: on the disk where we are, and on one of memory.
bench_sync() {
    local how
    say "sync, $jobs jobs"
    memory=$(mktemp -d "${TMPFS:-/dev/shm}/fqrun-bench.XXXXXX")
    generate spawn "$jobs" sync
    "$programs/gen" spawn "$jobs" "$memory/sync"
    contest_new
    for how in full batch off; do
        contestant "disk-$how" "$work/sync" "$fqrun -f bench.ini -j 2 -q --sync $how" 'rm -rf .fqrun'
        contestant "memory-$how" "$memory/sync" "$fqrun -f bench.ini -j 2 -q --sync $how" 'rm -rf .fqrun'
    done
    contest "$rounds"
    for how in full batch; do
        row "a job's start and end, --sync=$how, $(stat -f -c %T "$work")" \
            "$(calc %.0f "$(median "disk-$how") / $jobs") µs" '--sync=off' \
            "$(calc %.0f "$(median disk-off) / $jobs") µs" "$(ratio "$(median "disk-$how")" "$(median disk-off)")"
        row "a job's start and end, --sync=$how, $(stat -f -c %T "$memory")" \
            "$(calc %.0f "$(median "memory-$how") / $jobs") µs" '--sync=off' \
            "$(calc %.0f "$(median memory-off) / $jobs") µs" "$(ratio "$(median "memory-$how")" "$(median memory-off)")"
    done
    rm -rf "$memory"
    memory=
}

# Twice the jobs, twice the time: what a job of the largest costs beside one of
# the smallest.
growth_row() { # WHAT SMALL LARGE (contestants called by their number of samples) BOUND
    local small large
    small=$(calc %.3f "$(median "$2") / $2") large=$(calc %.3f "$(median "$3") / $3")
    row "$1, a sample of $3" "$large µs" "a sample of $2" "$small µs" "$(calc %.2f "$large / $small")" "$4"
}

bench_linear() {
    local n quarter=$((many / 4)) tenth=$((many / 10))
    say "linear: dry runs of $quarter, $((2 * quarter)), $((4 * quarter)) samples into one cohort task"
    contest_new
    for n in "$quarter" $((2 * quarter)) $((4 * quarter)); do
        generate fanin "$n" "fanin-$n"
        contestant "$n" "$work/fanin-$n" "$fqrun -f bench.ini -n"
    done
    contest "$rounds"
    growth_row 'fan-in, dry run' "$quarter" $((2 * quarter)) 1.2
    growth_row 'fan-in, dry run' "$quarter" $((4 * quarter)) 1.2
    say "linear: runs of $tenth, $((2 * tenth)), $((4 * tenth)) jobs into one cohort task"
    contest_new
    for n in "$tenth" $((2 * tenth)) $((4 * tenth)); do
        generate fanin "$n" "fanin-$n"
        contestant "$n" "$work/fanin-$n" "$fqrun -f bench.ini -j 2 -q" 'rm -rf .fqrun'
    done
    contest 2
    growth_row 'fan-in, real run' "$tenth" $((2 * tenth)) 1.2
    growth_row 'fan-in, real run' "$tenth" $((4 * tenth)) 1.2
}

# A millisecond or so: fifty runs for each figure.
bench_small() {
    say 'six samples, nothing to do'
    cp -r "$here/../../examples/six-samples" "$work/six"
    generate files 6 six-ninja
    (cd "$work/six" && rm -rf .fqrun results && "$fqrun" -f qc.ini -j 2 -q >/dev/null)
    (cd "$work/six-ninja" && ninja --quiet)
    contest_new
    contestant fqrun "$work/six" "$fqrun -f qc.ini -j 2"
    contestant true "$work/six" /bin/true
    contestant ninja "$work/six-ninja" ninja
    contest "$rounds" 50
    versus 'six samples, nothing to do' fqrun true /bin/true 3
    versus 'six samples, nothing to do' fqrun ninja ninja
}

# From the moment that a token is there until a job that waited for it has run `touch`,
# while another job runs. The host of tests/jobserver tells.
bench_late() {
    local style round
    say 'late tokens'
    mkdir -p "$work/late"
    cd "$work/late"
    cat >bench.ini <<'I'
[task holds]
priority = 1
command  = : >go; until [ -e begun ]; do sleep 0.01; done
[task waits]
command  = touch begun
I
    for style in pipe fifo; do
        for ((round = 0; round < 20 * rounds; round++)); do
            rm -rf .fqrun go begun
            "$programs/../host" --report report --style "$style" -n 1 --late go --started begun \
                "$fqrun" -f bench.ini -q >/dev/null 2>&1
            sed -n 's/^started after \(.*\) us$/\1/p' report >>"$work/times.$style"
        done
        row "a late token, $style, to the end of a job's start, median" "$(ms "$style") ms" '10 ms' '' \
            "$(calc %.2f "$(median "$style") / 10000")" 1
        row "a late token, $style, the slowest of $((20 * rounds))" \
            "$(calc %.2f "$(sort -n "$work/times.$style" | tail -n 1) / 1000") ms" '10 ms' '' \
            "$(calc %.2f "$(sort -n "$work/times.$style" | tail -n 1) / 10000")"
    done
}

printf '| what | fqrun | against | | ratio | must | met |\n'
printf '| --- | --- | --- | --- | --- | --- | --- |\n'
for name in $only; do
    "bench_$name"
done
