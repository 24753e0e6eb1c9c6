#!/bin/bash
# However a run ends, the tokens that it was lent come back: none lost, none gained,
# the same bytes. FQ_ROUNDS=100 for as many rounds of each way to end.
# usage: audit.sh PATH_TO_FQRUN PATH_TO_HOST
# shellcheck source=tests/jobserver/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
rounds=${FQ_ROUNDS:-1}
count=0

# Two narrow jobs and one of two tokens: all three tokens and the implicit one are in use
# when `all` appears. What jobs do then is in $WAY.
cat >qc.ini <<'I'
[samples]
a =
b =
[task narrow]
timeout = 60s
command = : $PPID; bash ./way narrow {sample}; :
[task wide]
threads = 2
command = : $PPID; bash ./way wide wide; :
[task after]
after   = narrow wide
command = :
I
sed 's/^threads = 2/&\ntimeout = 1s/' qc.ini >timeout.ini

# way BODY: what each job does; `met` comes back when all of them run
way() {
    # shellcheck disable=SC2016 # the jobs'
    printf '%s\n' 'set -eu; task=$1 name=$2' 'met() { ./meet met 3 "$name"; : >all; }' "$1" >way
}

# audited CASE RC MANIFEST [HOST_OPTION...]: in both styles, with and without O_NONBLOCK
audited() {
    local round options
    for ((round = 1; round <= rounds; round++)); do
        for options in '--style pipe' '--style pipe --nonblock' '--style fifo'; do
            fresh
            # shellcheck disable=SC2086 # words
            hosted $options "${@:4}" "${start[@]}" "$fqrun" -f "$3"
            [[ $2 == any || $rc == "$2" ]] ||
                fail "$1, $options: exit $rc, expected $2: $(tail -qn 5 out err)"
            [[ -e all ]] || fail "$1, $options: not all tokens were in use, this tests nothing: $(tail -qn 5 out err)"
            nothing_lives "$1, $options"
            [[ -z $(ls -A "$TMPDIR") ]] || {
                [[ $1 == KILL* ]] || fail "$1, $options: left in TMPDIR: $(ls -A "$TMPDIR")"
                rm -rf "${TMPDIR:?}"/*
            }
            count=$((count + 1))
        done
    done
    ((failed)) || printf 'ok      %s\n' "$1"
}
start=()

# shellcheck disable=SC2016 # bodies of the jobs' script
{
    way 'met'
    audited 'success' 0 qc.ini
    audited 'success, unusual tokens' 0 qc.ini --tokens 0a,00,5c
    audited 'success, tokens all alike' 0 qc.ini --tokens 2b,2b,2b
    way 'met; [ "$name" != a ]'
    audited 'a job fails' 1 qc.ini
    start=(bash -c 'exec "$@" --fail-fast' bash)
    audited 'a job fails, and the others are stopped' 1 qc.ini
    start=()
    way 'met; [ "$name" = b ] || kill -SEGV $$'
    audited 'a job crashes' 1 qc.ini
    way 'met; [ "$task" = narrow ] || kill -KILL 0'
    audited 'a job kills its group' 1 qc.ini
    for signal in INT TERM HUP QUIT; do
        way 'met; sleep 1000'
        audited "$signal" $((128 + $(kill -l "$signal"))) qc.ini --signal "$signal" --when all
    done
    # It means nothing to us: a reader that went away is seen where we write.
    way 'met; sleep 0.3'
    audited PIPE 0 qc.ini --signal PIPE --when all
    way 'met; sleep 1000'
    # A guard outlives fqrun, ends the jobs and gives back.
    audited 'KILL' 137 qc.ini --signal KILL --when all
    # AddressSanitizer ends in a way of its own.
    audited 'SEGV' any qc.ini --signal SEGV --when all
    audited 'ABRT' 134 qc.ini --signal ABRT --when all
    # The second signal kills those who do not hear the first.
    way 'if [ $task = wide ]; then trap "kill -TERM $PPID" TERM; met; while :; do sleep 0.05; done
        else trap "" TERM; met; sleep 1000; fi'
    sed -i 's/bash \.\/way/exec &/; s/; :$//' qc.ini
    audited 'TERM, and jobs that do not hear it' 143 qc.ini --signal TERM --when all
    way 'met; [ "$task" = narrow ] || sleep 1000'
    audited 'a timeout' 1 timeout.ini
}

# --- out of memory: what it has is all that it gets, and then a job reports a lot
cat >memory.ini <<'I'
[samples]
a =
b =
[task narrow]
command = exec ./eat narrow {sample}
[task wide]
threads = 2
command = exec ./eat wide wide
[task many]
after   = narrow
command = echo {sample}
I
cat >eat <<'I'
#!/bin/bash
./meet met 3 "$2"
: >all
[[ $2 == a ]] || { sleep 0.3; exit; }
now=$(awk '$1 == "VmSize:" { print $2 * 1024 }' /proc/$PPID/status)
prlimit --pid "$PPID" --as="$now" --data=1
for ((i = 0; i < 500; i++)); do printf 'value%d=%01000d\n' "$i" 7; done >"$FQRUN_VALUES"
I
chmod +x eat
ends_so=
# AddressSanitizer takes terabytes of addresses to begin with.
if ! grep -q __asan_init "$fqrun"; then
    audited 'no memory left in the midst' any memory.ini
    ends_so+=" $rc"
    for LIMIT in 100000 40000 20000 12000 8000 6000; do
        # shellcheck disable=SC2016 # not ours
        start=(bash -c 'ulimit -v $LIMIT; exec "$@"' bash)
        export LIMIT
        for options in '--style pipe' '--style fifo'; do
            fresh
            # shellcheck disable=SC2086 # words
            hosted $options "${start[@]}" "$fqrun" -f memory.ini
            nothing_lives "$LIMIT kB of memory, $options"
            ends_so+=" $rc"
            count=$((count + 1))
        done
    done
    [[ "$ends_so " == *' 3 '* ]] || fail "memory was never short, this tests nothing: exits$ends_so"
    echo "memory: exits$ends_so"
fi
start=()
((failed)) || printf '%d rounds: 0 lost, 0 gained\n' "$count"
exit "$failed"
