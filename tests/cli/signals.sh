#!/bin/bash
# INT, TERM and HUP, once and twice: jobs are stopped, what is done is kept, half
# outputs are gone, nothing survives, and one plain run finishes the rest.
# usage: signals.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# Each job waits until `go` is there; `stubborn` does not hear TERM.
cat >qc.ini <<'I'
[samples]
a =
b =
c =
[task quick]
output  = quick/{sample}
command = echo {sample} > {output}
[task slow]
after   = quick
output  = slow/{sample}
command =
  echo half > {output}
  touch begun.{sample}
  sleep 1000 &
  until [ -e go ]; do sleep 0.05; done
  kill $!
  echo whole > {output}
[task all]
after   = slow
output  = all.txt
command = cat {slow.output} > {output}
I
sed 's/^  touch begun/  trap "" TERM INT HUP\n&/' qc.ini >stubborn.ini

# start MANIFEST: it runs behind us, all slow jobs have begun
start() {
    rm -rf .fqrun quick slow begun.* all.txt go
    "$fqrun" -f "$1" -j3 >out 2>err </dev/null &
    pid=$!
    wait_for all_have_begun
    [[ $(marked | wc -l) -ge 3 ]] || fail 'jobs are not found by their marker: this test tests nothing'
}

# shellcheck disable=SC2317 # wait_for calls it
all_have_begun() {
    [[ -e begun.a && -e begun.b && -e begun.c ]]
}

# stopped CASE MANIFEST RC: what must hold after it
stopped() {
    wait "$pid"
    rc=$?
    ends "$1" "$3"
    nothing_lives "$1"
    same "$1: what is done is kept" "$(cat quick/* | paste -sd ' ')" 'a b c'
    [[ -z $(ls slow) ]] || fail "$1: half an output is left: $(ls slow)"
    [[ ! -e all.txt ]] || fail "$1: the last job ran"
    says "$1" out 'the same command goes on from here'
    touch go
    run -f "$2" -j3
    ends "$1, the next run" 0
    same "$1, the next run" "$(ran)" 'all slow/a slow/b slow/c'
    same "$1, its result" "$(paste -sd ' ' all.txt)" 'whole whole whole'
}

for signal in INT TERM HUP QUIT; do
    start qc.ini
    # A shell's background command ignores INT and QUIT, one under nohup HUP, and fqrun keeps to that.
    if [[ $signal != TERM ]]; then
        kill -TERM "$pid"
        wait "$pid"
        rm -rf .fqrun quick slow begun.* all.txt
        # shellcheck disable=SC2016 # it is perl
        perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT HUP); exec @ARGV' \
            "$fqrun" -f qc.ini -j3 >out 2>err </dev/null &
        pid=$!
        wait_for all_have_begun
    fi
    kill -"$signal" "$pid"
    stopped "$signal" qc.ini $((128 + $(kill -l "$signal")))
done

# --- nohup: what is ignored stays ignored
start qc.ini
kill -INT "$pid"
sleep 0.3
kill -0 "$pid" 2>/dev/null || fail 'INT was to be ignored'
touch go
wait "$pid"
rc=$?
ends 'INT that is ignored' 0

# --- jobs that do not hear TERM are killed after the grace, or at the second signal
start stubborn.ini
begin=$EPOCHSECONDS
kill -TERM "$pid"
stopped 'stubborn jobs' stubborn.ini 143
((EPOCHSECONDS - begin >= 4)) || fail 'no grace'
start stubborn.ini
begin=$EPOCHSECONDS
kill -TERM "$pid"
wait_for grep -q 'stopping' err
kill -TERM "$pid"
stopped 'twice' stubborn.ini 143
((EPOCHSECONDS - begin < 4)) || fail 'the second signal did not kill at once'
start stubborn.ini
kill -HUP "$pid"
wait_for grep -q 'stopping' err
kill -TERM "$pid"
stopped 'two kinds: the first counts' stubborn.ini 129

# --- a job that stands still cannot hear TERM, and must go all the same
cat >still.ini <<'I'
[task still]
output  = still.txt
command = echo half > {output}; touch begun; kill -STOP $$; echo whole > {output}
I
rm -rf .fqrun
"$fqrun" -f still.ini >out 2>err </dev/null &
pid=$!
wait_for test -e begun
kill -TERM "$pid"
wait "$pid"
rc=$?
ends 'a job that stands still' 143
nothing_lives 'a job that stands still'

# --- a job's own end by a signal is not ours
cat >own.ini <<'I'
[task own]
command = kill -TERM $$
[task group]
command = kill -TERM 0; sleep 5
[task other]
command = true
I
run -f own.ini -j1
ends 'a job that kills itself' 1
says 'a job that kills itself' err 'FAILED own: ended by signal 15 (Terminated)'
says 'a job that kills its group' err 'FAILED group: ended by signal 15 (Terminated)'
same 'the others run' "$(ran | grep -o 'other')" other
nothing_lives 'at the end'
exit "$failed"
