#!/bin/bash
# The pool that we make for our jobs: gone with the run, mended when a job lost tokens
# or put some in, and no more than -j in use with all who draw on it.
# usage: server.sh PATH_TO_FQRUN PATH_TO_HOST
# shellcheck source=tests/jobserver/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
command -v make >/dev/null || exit 77
export fqrun work

# nothing_left CASE
nothing_left() {
    same "$1: left in TMPDIR" "$(ls -A "$TMPDIR")" ''
    nothing_lives "$1"
}

# begin MANIFEST: it runs behind us, its job has begun
begin() {
    "$fqrun" -f "$1" -j4 >out 2>err </dev/null &
    pid=$!
    wait_for test -e begun.one
}

# --- a task that runs make
# shellcheck disable=SC2016 # make's
printf 'leaves := $(shell seq 12)\nall: $(leaves)\n$(leaves):\n\t@"$(work)"/leaf\n' >leaf.mk
printf '[samples]\na =\nb =\n[task one]\ncommand = : {sample}; make -f leaf.mk\n' >make.ini
filled 'make' 4 24 run -f make.ini -j4
nothing_left 'make'
TMPDIR="$work/a b" && mkdir "$TMPDIR"
filled 'blanks in TMPDIR' 4 24 run -f make.ini -j4
nothing_left 'blanks in TMPDIR'
TMPDIR="$work/tmp"

printf '[task one]\njobserver = pipe\ncommand = : >begun.one; sleep 1000\n' >slow.ini
printf '[task one]\ncommand = true\n' >quick.ini
for signal in TERM HUP; do
    fresh
    begin slow.ini
    kill -"$signal" "$pid"
    wait "$pid"
    nothing_left "$signal"
done

# --- killed, and its guard with it: the next run clears away
fresh
begin slow.ini
guard=$(pgrep -P "$pid" -x fqrun-guard)
[[ $guard ]] || fail "no guard among its children: $(ps -o pid=,comm= --ppid "$pid")"
# Both stand still first, so that neither does anything about the other.
# shellcheck disable=SC2086 # one or none
kill -STOP "$pid" $guard && kill -KILL "$pid" $guard
wait "$pid" 2>/dev/null
[[ $(ls -A "$TMPDIR") ]] || fail 'nothing was left by kill -9: this tests nothing'
cp quick.ini slow.ini
run -f slow.ini -j4
ends 'after kill -9 of both' 0
nothing_left 'after kill -9 of both'

# --- killed alone: the guard ends the job
fresh
printf '[task one]\njobserver = pipe\ncommand = : >begun.one; sleep 1000\n' >slow.ini
begin slow.ini
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# shellcheck disable=SC2317 # wait_for calls it
none_lives() {
    [[ -z $(marked) ]]
}
wait_for none_lives
rm -rf "${TMPDIR:?}"/*

# --- a job that takes tokens and does not give them back, or puts in its own
cat >draw <<'I'
#!/bin/bash
# usage: draw TAKE GIVE: takes so many tokens, gives so many
auth=${MAKEFLAGS##*--jobserver-auth=}
auth=${auth%% *}
read=${auth%,*} write=${auth#*,}
case $auth in
fifo:*)
    exec {read}<>"${auth#fifo:}"
    write=$read
    ;;
esac
for ((i = 0; i < $1; i++)); do IFS= read -r -t 20 -N 1 -u "$read" _ || exit 9; done
for ((i = 0; i < $2; i++)); do printf + >&"$write"; done
I
chmod +x draw
cat >meet.part <<'I'
[samples]
a =
b =
c =
d =
[task meet]
after   = odd
timeout = 20s
command = ./meet met 4 {sample}
[task leaf]
after   = meet
command = : {sample}; ./leaf
[task more]
after   = meet
command = : {sample}; ./leaf
I
# odd CASE STYLE TAKE GIVE WORDS: what is said of it; then the full width is there, and no more
odd() {
    { printf '[task odd]\njobserver = %s\ncommand = exec ./draw %s %s\n' "$2" "$3" "$4" && cat meet.part; } >odd.ini
    fresh
    run -f odd.ini -j4
    ends "$1, $2" 0
    if [[ $5 ]]; then
        says "$1, $2" err "$5"
        grep -qw odd err || fail "$1, $2: the task is not named: $(cat err)"
    else
        ! grep -i token err || fail "$1, $2: complaints"
    fi
    (($(most_at_once) <= 4)) || fail "$1, $2: $(most_at_once) at once"
    nothing_left "$1, $2"
}
for style in pipe fifo; do
    odd 'takes and gives' "$style" 3 3 ''
    odd 'keeps two' "$style" 2 0 'lost 2 tokens'
    odd 'keeps all' "$style" 3 0 'lost 3 tokens'
    odd 'keeps one' "$style" 3 2 'lost 1 token'
    odd 'gives two too many' "$style" 0 2 'made up 2 tokens'
    odd 'gives two more than it took' "$style" 1 3 'made up 2 tokens'
done

# --- while another that may draw lives, nothing is mended: what it holds is not lost
cat >both.ini <<'I'
[task odd]
jobserver = pipe
timeout = 30s
command = ./draw 1 0; ./meet met 2 odd
[task even]
jobserver = pipe
timeout = 30s
command = exec ./even
[task plain]
after   = odd
timeout = 30s
command = ./meet met-again 2 plain
I
cat >even <<'I'
#!/bin/bash
auth=${MAKEFLAGS##*--jobserver-auth=}
auth=${auth%% *}
IFS= read -r -t 20 -N 1 -u "${auth%,*}" token || exit 9
./meet met 2 even
./meet met-again 2 even
printf %s "$token" >&"${auth#*,}"
I
chmod +x even
fresh
run -f both.ini -j4
ends 'two that draw' 0
says 'two that draw' err 'lost 1 token'
! grep -E 'made up|lost 2' err || fail 'two that draw: counted while one of them held a token'
nothing_left 'two that draw'

# --- a job that ends while a remark is being written is not overlooked, even if its end
# is all that it tells
cat >blocked.ini <<'I'
[task odd]
jobserver = pipe
command = ./draw 1 0; : >begun.odd
[task plain]
command = exec >/dev/null 2>&1; until [ -e begun.plain ]; do sleep 0.02; done
I
fresh
mkfifo full
exec 7<>full
# As much as it takes, so that whoever writes to it waits.
dd if=/dev/zero of=full bs=4096 oflag=nonblock 2>dd.err
timeout 20 "$fqrun" -f blocked.ini -j4 >out 2>full </dev/null 7>&- &
pid=$!
wait_for test -e begun.odd
sleep 0.5
: >begun.plain
sleep 0.5
exec 8<full 7>&-
tr -d '\0' <&8 >err
exec 8<&-
wait "$pid"
rc=$?
ends 'a job ends while a remark is written' 0
grep -qa 'lost 1 token' err || fail 'a job ends while a remark is written: no remark, this tests nothing'
nothing_left 'a job ends while a remark is written'

# --- a job that is killed while it holds tokens
# shellcheck disable=SC2016 # not ours
{
    printf '[task odd]\njobserver = pipe\ncommand = ./draw 2 0; : >begun.odd; kill -KILL $$\n'
    printf '[task until]\ntimeout = 20s\ncommand = until [ -e begun.odd ]; do sleep 0.02; done\n'
    sed 's/^after   = odd/after = until/' meet.part
} >killed.ini
fresh
run -f killed.ini -j4
ends 'killed with tokens' 1
says 'killed with tokens' err 'lost 2 tokens'
nothing_left 'killed with tokens'

# --- a job that is one of us is killed: its guard, late or not, gives back no token that
# was put back in its stead
cat >inner.ini <<'I'
[samples]
a =
b =
c =
[task hold]
command = ./meet met-inner 3 {sample}; echo "$PPID" >inner.{sample}; : >begun.all; sleep 1000
I
{
    # shellcheck disable=SC2016 # not ours
    printf '[task odd]\njobserver = pipe\ncommand = "$fqrun" -f inner.ini || exit 0\n'
    cat meet.part
    printf '[task last]\njobserver = pipe\nafter = leaf more\ncommand = true\n'
} >outer.ini
for way in free stopped; do
    fresh
    rm -rf met-inner inner.[abc]
    "$fqrun" -f outer.ini -j4 >out 2>err </dev/null &
    pid=$!
    wait_for test -e begun.all
    inner=$(cat inner.[abc] | sort -u)
    guard=$(pgrep -P "$inner" -x fqrun-guard)
    [[ $guard ]] || fail "one of us is killed: it has no guard"
    # shellcheck disable=SC2086 # one or none
    [[ $way == free ]] || kill -STOP $guard
    kill -KILL "$inner"
    # Another may have ended it meanwhile, which is well.
    # shellcheck disable=SC2086 # one or none
    [[ $way == free ]] || { sleep 0.5 && kill -CONT $guard 2>/dev/null; }
    wait "$pid"
    rc=$?
    ends "one of us is killed, guard $way" 0
    ! grep 'made up' err || fail "one of us is killed, guard $way: tokens twice"
    (($(most_at_once) <= 4)) || fail "one of us is killed, guard $way: $(most_at_once) at once"
    nothing_left "one of us is killed, guard $way"
done
exit "$failed"
