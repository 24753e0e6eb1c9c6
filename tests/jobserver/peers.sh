#!/bin/bash
# fqrun between make and make: leaves of all branches together are never more than N,
# and mostly N.
# usage: peers.sh PATH_TO_FQRUN PATH_TO_HOST
# shellcheck source=tests/jobserver/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
command -v make >/dev/null || exit 77
export fqrun work

# timed COMMAND...: leaves out, err, rc; a deadlock ends after a minute
timed() {
    timeout -k 5 60 "$@" >out 2>err </dev/null
    rc=$?
    [[ $rc != 124 ]] || fail "it hung: $*"
}

# no_complaint CASE: neither make nor we had to do without a jobserver
no_complaint() {
    ! grep -iE 'jobserver|-j[0-9]* forced' err || fail "$1: complaints"
}

# leaves NAME N TASK_KEY...: a manifest NAME.ini with N leaves
leaves() {
    {
        echo '[samples]'
        for ((i = 0; i < $2; i++)); do echo "$1$i ="; done
        printf '[task leaf]\n'
        printf '%s\n' "${@:3}"
        # shellcheck disable=SC2016 # not ours
        echo 'command = : {sample}; $work/leaf'
    } >"$1.ini"
}
leaves a 20
leaves b 20
# shellcheck disable=SC2016 # make's
{
    printf 'all: a b\na b:\n\t+$(fqrun) -f $@.ini\n' >both.mk
    printf 'all: a\na:\n\t$(fqrun) -f $@.ini\n' >bare.mk
    printf 'all: c\nc:\n\t+$(fqrun) -f $@.ini\n' >nested.mk
    printf 'all: d\nd:\n\t+$(fqrun) -f $@.ini\n' >deep.mk
    printf 'leaves := $(shell seq 20)\nall: $(leaves)\n$(leaves):\n\t@$(work)/leaf\n' >leaf.mk
}

# --- make -> two of us
filled 'make and two of us' 4 40 timed make -j4 -f both.mk
no_complaint 'make and two of us'

# --- without `+` make has closed the descriptors: one at a time, and we say why
fresh
timed make -j4 -f bare.mk
ends 'no +' 0
same 'no +: most at once' "$(most_at_once)" 1
says 'no +' err '+'
grep -qi 'jobserver' err || fail "no +: not a word about it: $(cat err)"

# --- the same, seen by the host: nobody draws on numbers that are not there
fresh
hosted --close "$fqrun" -f a.ini
same 'closed descriptors: exit' "$rc" 0
same 'closed descriptors: most at once' "$(most_at_once)" 1

# --- make -> us -> make
printf '[task one]\ncommand = make -f leaf.mk\n[task two]\ncommand = make -f leaf.mk\n' >c.ini
filled 'make, us, make' 4 40 timed make -j4 -f nested.mk
no_complaint 'make, us, make'

# --- us -> make
filled 'us, make' 4 40 timed "$fqrun" -f c.ini -j4
no_complaint 'us, make'
grep -riE 'jobserver|forced' .fqrun --include='*.log' && fail 'us, make: make complained in its log'

# --- us -> us
# shellcheck disable=SC2016 # not ours
printf '[task one]\ncommand = : fqrun; "$fqrun" -f a.ini\n[task two]\ncommand = : fqrun; "$fqrun" -f b.ini\n' >e.ini
sed -i 's/^command/jobserver = pipe\n&/' e.ini
filled 'us, us' 4 40 timed "$fqrun" -f e.ini -j4

# --- make -> us -> us -> make, and a cap of ours in the midst does no harm
# shellcheck disable=SC2016 # not ours
printf '[task inner]\njobserver = pipe\ncommand = "$fqrun" -f c.ini -j4\n' >d.ini
filled 'make, us, us, make' 4 40 timed make -j4 -f deep.mk
no_complaint 'make, us, us, make'

# --- the host counts: through us, make and what make starts, all is back
filled 'the host, us, make' 4 40 hosted --count "$fqrun" -f c.ini
filled 'the host, us, us' 4 40 hosted --style fifo --count "$fqrun" -f e.ini

# --- wide jobs of two of us: neither may wait for what the other holds
leaves a 4 'threads = 3'
leaves b 4 'threads = 3'
fresh
timed make -j4 -f both.mk
ends 'wide jobs' 0
same 'wide jobs: leaves' "$(grep -c '^-' "$LEAVES")" 8
same 'wide jobs: most at once' "$(most_at_once)" 1
# The worst moment: each of the two has got one of the two tokens that both need.
cat >wedge <<'I'
#!/bin/bash
auth=${MAKEFLAGS##*auth=}
read=${auth%,*} write=${auth#*,}
IFS= read -r -N 2 -u "$read" tokens
give() { # until it is taken
    printf %s "$1" >&"$write"
    while read -r -t 0 -u "$read"; do sleep 0.005; done
}
"$fqrun" -f a.ini &
first=$!
"$fqrun" -f b.ini &
second=$!
kill -STOP $second
give "${tokens:0:1}"
kill -STOP $first
kill -CONT $second
give "${tokens:1:1}"
kill -CONT $first
wait $first && wait $second
I
chmod +x wedge
leaves a 1 'threads = 3'
leaves b 1 'threads = 3'
for ((i = 0; i < 3; i++)); do
    fresh
    hosted --tokens 61,62 ./wedge
    same 'each has one of two: exit' "$rc" 0
    same 'each has one of two: leaves' "$(grep -c '^-' "$LEAVES")" 2
done
# More than there are: cut down to what there is, not waited for.
leaves a 2 'threads = 9'
fresh
hosted "$fqrun" -f a.ini
same 'wider than the pool: exit' "$rc" 0
same 'wider than the pool: leaves' "$(grep -c '^-' "$LEAVES")" 2
# A narrow job that ends is no reason to starve the wide one.
leaves a 20
{
    cat a.ini
    # shellcheck disable=SC2016 # not ours
    printf '[task broad]\nthreads = 4\ncommand = $work/leaf\n'
} >mixed.ini
fresh
hosted "$fqrun" -f mixed.ini
same 'wide beside narrow: exit' "$rc" 0
same 'wide beside narrow: leaves' "$(grep -c '^-' "$LEAVES")" 21
exit "$failed"
