#!/bin/bash
# A token that comes late is taken while other work goes on, and waiting for one
# costs nothing.
# usage: late.sh PATH_TO_FQRUN PATH_TO_HOST
# shellcheck source=tests/jobserver/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# The first job ends when the second has begun: on a token that comes while it runs.
cat >late.ini <<'I'
[samples]
a =
b =
[task meet]
timeout = 30s
command = : >>go; ./meet met 2 {sample}; : >>met-all
I
for options in '--style pipe' '--style pipe --nonblock' '--style fifo'; do
    for tokens in 1 3; do
        fresh
        rm -f go met-all
        # shellcheck disable=SC2086 # words
        hosted $options -n "$tokens" --late go --started met-all "$fqrun" -f late.ini
        same "a late token, $options: exit" "$rc" 0
        grep -q 'started after' report || fail "a late token, $options: it was never told"
    done
done

# --- while it waits: no wakeups but a few. What a job reads of its parent.
cat >idle <<'I'
#!/bin/bash
switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' /proc/$PPID/status; }
mkdir met 2>/dev/null || exit 0
[[ $(cat /proc/$PPID/comm) == fqrun ]] || { echo "$PPID is not fqrun"; exit 1; }
before=$(switches)
sleep 2
echo $(($(switches) - before)) >switches.new
mv switches.new switches
I
chmod +x idle
cat >idle.ini <<'I'
[samples]
a =
b =
c =
[task idle]
command = exec ./idle
[task wide]
threads = 3
command = :
I
# One job runs on the implicit token; none comes for the others.
for options in '--style pipe' '--style pipe --nonblock' '--style fifo'; do
    fresh
    # shellcheck disable=SC2086 # words
    hosted $options -n 3 --late never "$fqrun" -f idle.ini idle
    same "waiting, $options: exit" "$rc" 0
    (($(cat switches) < 30)) || fail "waiting, $options: $(cat switches) context switches"
done
# Tokens are there, and nothing that may start: the load is above, or nothing is ready.
fresh
hosted -n 3 "$fqrun" -f idle.ini idle -l 0.0001
same 'above the load: exit' "$rc" 0
(($(cat switches) < 30)) || fail "above the load: $(cat switches) context switches"
fresh
printf '[task idle]\ncommand = exec ./idle\n[task then]\nafter = idle\ncommand = :\n' >alone.ini
hosted -n 3 "$fqrun" -f alone.ini
same 'nothing is ready: exit' "$rc" 0
(($(cat switches) < 30)) || fail "nothing is ready: $(cat switches) context switches"
# A peer has two of three: the wide job gathers and gives back, at leisure.
cat >peer <<'I'
#!/bin/bash
auth=${MAKEFLAGS##*auth=}
IFS= read -r -N 2 -u "${auth%,*}" tokens
"$@" &
until [[ -e switches ]]; do sleep 0.05; done
printf %s "$tokens" >&"${auth#*,}"
wait $!
I
chmod +x peer
fresh
rm -f switches
hosted --tokens 61,62,63 ./peer "$fqrun" -f idle.ini
same 'a peer that keeps two: exit' "$rc" 0
(($(cat switches) < 60)) || fail "a peer that keeps two: $(cat switches) context switches"

# --- whichever of two jobs ends, what is kept is the implicit slot: the token is back
cat >early.ini <<'I'
[task first]
timeout = 30s
command = ./meet met 2 first; : >both; until [ -e end-first ]; do sleep 0.02; done
[task second]
timeout = 30s
command = ./meet met 2 second; : >both; until [ -e end-second ]; do sleep 0.02; done
I
cat >lender <<'I'
#!/bin/bash
# usage: lender FIRST SECOND COMMAND...: one job ends, then there is a token to be had
auth=${MAKEFLAGS##*auth=}
ends=("$1" "$2")
shift 2
"$@" &
until [[ -e both ]]; do sleep 0.02; done
: >"${ends[0]}"
IFS= read -r -t 10 -N 1 -u "${auth%,*}" token || echo 'no token' >missed
: >"${ends[1]}"
printf %s "$token" >&"${auth#*,}"
wait $!
I
chmod +x lender
for ends in 'end-first end-second' 'end-second end-first'; do
    fresh
    rm -f both end-first end-second missed
    # shellcheck disable=SC2086 # words
    hosted --tokens 61 ./lender $ends "$fqrun" -f early.ini
    same "one of two ends, $ends: exit" "$rc" 0
    [[ ! -e missed ]] || fail "one of two ends, $ends: the other keeps a token, the implicit slot is idle"
done

# --- the server goes away: the implicit token is left
printf '[samples]\na =\nb =\nc =\n[task one]\ncommand = : >>go; echo {sample}\n' >gone.ini
for style in pipe fifo; do
    fresh
    rm -f go
    hosted --style "$style" --gone go "$fqrun" -f gone.ini
    same "a server that goes away, $style: exit" "$rc" 0
done
exit "$failed"
