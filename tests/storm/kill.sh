#!/bin/bash
# Ended at random moments in every way, up to five times a round; then ONE plain run
# must make every output right: whole, by one writer, of the newest inputs. Nothing may
# be left running, no job may have had two writers, no job that was told done may run
# again, and every token of the jobserver that lent them must be back. Nothing that was
# written beside an output or kept of a failed job may be left, nor a temporary output.
#
# The ways: SIGKILL of fqrun, of it and all that it started, of one of its processes;
# SIGINT, SIGTERM, SIGINT twice.
# usage: kill.sh PATH_TO_FQRUN PATH_TO_HOST ROUNDS SEED [WAY...]
usage='usage: kill.sh PATH_TO_FQRUN PATH_TO_HOST ROUNDS SEED [WAY...]'
host=$(realpath -- "${2:?$usage}")
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
rounds=${3:?$usage}
RANDOM=${4:?$usage}
ways=("${@:5}")
((${#ways[@]})) || ways=(kill tree child int term double)
export TMPDIR=$work/tmp
mkdir tmp
job=$here/../storm/job.sh
samples=(s{01..12})
{
    echo '[samples]'
    for sample in "${samples[@]}"; do echo "$sample = in/$sample"; done
    cat <<I
[vars]
job = '$job'
[task first]
output  = first/{sample}
keep-partial = yes
command = bash {job} first/{sample} {output} {reads}
[task second]
output  = second/{sample}
temp    = yes
command = : ; bash {job} second/{sample} {output} {first.output}; :
[task third]
output  = third/{sample}
atomic  = yes
command = bash {job} third/{sample} {output} {second.output}
[task pages]
output  = pages/
command = bash {job} pages {output}one {third.output}; bash {job} pages {output}two {third.output}
[task all]
output  = all
command = bash {job} all {output} {third.output}
I
} >qc.ini

# check_output NAME WANT: WANT is the cksum of its inputs
check_output() {
    local want=$2
    awk -v want="$want" -v name="$1" '
        NR == 1 { pid = $1 }
        { rest = $0; sub(/^[^ ]+ [^ ]+ /, "", rest) }
        $1 != pid { print name ": two writers"; exit 1 }
        rest != want { print name ": of an old input"; exit 1 }
        NR <= 10 && $2 != NR - 1 { print name ": line " NR " is wrong"; exit 1 }
        END { if (NR != 11 || $2 != "end") { print name ": " NR " lines"; exit 1 } }' "$1" || failed=1
}

# last_made NAME: what its last run held, and ` of ` the cksum of its inputs
last_made() {
    sed -n "s|^made $1 ||p" side.log | tail -n 1
}

check_all_outputs() {
    local sample second third
    for sample in "${samples[@]}"; do
        check_output "first/$sample" "$(cksum <"in/$sample")"
        # It is gone: its job's word stands for it, and that it was whole.
        second=$(last_made "second/$sample")
        same "second/$sample is of" "${second#* of }" "$(cksum <"first/$sample")"
        check_output "third/$sample" "${second% of *}"
    done
    third=$(cat -- "${samples[@]/#/third/}" | cksum)
    check_output all "$third"
    check_output pages/one "$third"
    check_output pages/two "$third"
    same 'left' "$(find . -path ./.fqrun -prune -o \( -name '.fqrun-*' -o -path './second/*' \) -print)" ''
}

# Two writers: one begins while another, which is no orphan that was ended, still
# writes. One that was killed never tells its end; its lines after another's begin
# would be in the output. One that was not must have ended before the next begins.
check_side_log() {
    awk '{
            if ($1 == "end" && open[$2] != $3) { print $2 ": " $3 " ended while " open[$2] " had begun"; bad = 1 }
            if ($1 != "made") { open[$2] = $1 == "begin" ? $3 : "" }
        }
        END { exit bad }' side.log || failed=1
}

# What a killed run told on its standard output is done: how often it had begun then.
note_done() {
    local name
    while read -r name; do
        echo "$name $(grep -c "^begin $name " side.log)" >>told-done
    done < <(sed -nE 's/^\[ *[0-9]+\/[0-9]+\] ([a-z0-9/]+)$/\1/p' told)
}

check_not_again() {
    local name count
    while read -r name count; do
        same "$name was told done; begun" "$(grep -c "^begin $name " side.log)" "$count"
    done <told-done
}

# One of the processes that it started, whichever.
kill_child() {
    local alive
    mapfile -t alive < <(marked)
    ((${#alive[@]})) && kill -KILL "${alive[RANDOM % ${#alive[@]}]}" 2>/dev/null
}

kill_tree() {
    local left
    # From the top, so that it starts no more.
    kill -KILL "$1" 2>/dev/null
    for left in $(marked); do kill -KILL "$left" 2>/dev/null; done
}

# end_run WAY PID
end_run() {
    case $1 in
    kill) kill -KILL "$2" ;;
    tree) kill_tree "$2" ;;
    child) kill_child ;;
    int) kill -INT "$2" ;;
    term) kill -TERM "$2" ;;
    double) kill -INT "$2" && sleep "0.0$((RANDOM % 10))" && kill -INT "$2" ;;
    esac 2>/dev/null
}

# kill_once WAY: starts a run, ends it at a random moment
kill_once() {
    local host_rc host_pid
    rm -f pid report
    # Three tokens are lent, and the implicit one.
    # shellcheck disable=SC2016 # the shell's
    "$host" --limit 60 --report report bash -c 'echo $$ >pid.new; mv pid.new pid; exec env --default-signal=INT "$0" >told 2>told.err' \
        "$fqrun" </dev/null &
    host_pid=$! # not for long: a process substitution has that number too
    wait_for test -e pid || return
    sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
    end_run "$1" "$(<pid)"
    wait "$host_pid"
    host_rc=$?
    same "tokens after $1" "$host_rc" 0
    ((host_rc)) && cat report
    note_done
    killed=$((killed + 1))
}

one_round() {
    local times=$((1 + RANDOM % 5)) i sample
    rm -rf .fqrun first second third pages all in side.log told told-done
    mkdir in
    : >side.log
    : >told-done
    for sample in "${samples[@]}"; do echo "$sample $RANDOM" >"in/$sample"; done
    if ((RANDOM % 4 == 0)); then
        # From a finished run, whose outputs are all out of date in some samples.
        "$fqrun" -q -j12 >/dev/null 2>&1
        for sample in s03 s07 s11; do echo "$sample $RANDOM" >"in/$sample"; done
    fi
    for ((i = 0; i < times; i++)); do
        kill_once "${ways[RANDOM % ${#ways[@]}]}"
    done
    run -j4
    ends "round $round" 0
    check_all_outputs
    check_side_log
    check_not_again
    nothing_lives "round $round"
    run -j4
    says "round $round, again" out 'nothing to do: 38 jobs'
    same "round $round: temporary folders" "$(ls tmp)" ''
}

killed=0
for ((round = 1; round <= rounds; round++)); do
    one_round
    if ((failed)); then
        echo "round $round of seed $4:"
        cat side.log
        exit 1
    fi
done
echo "ended $killed times in $((round - 1)) rounds"
