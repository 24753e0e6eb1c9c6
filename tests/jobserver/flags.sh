#!/bin/bash
# What MAKEFLAGS says to us, and what it says to our jobs; the descriptors that go with it.
# usage: flags.sh PATH_TO_FQRUN PATH_TO_HOST
# shellcheck source=tests/jobserver/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
command -v make >/dev/null || exit 77
export fqrun work

# has CASE TEXT WORD..., has_not CASE TEXT WORD...
has() {
    local word
    for word in "${@:3}"; do
        [[ " $2 " == *"$word"* ]] || fail "$1: no \"$word\" in \"$2\""
    done
}
has_not() {
    local word
    for word in "${@:3}"; do
        [[ " $2 " != *"$word"* ]] || fail "$1: \"$word\" in \"$2\""
    done
}

# --- dry run: the letter n of make
printf '[task one]\noutput = one\ncommand = echo one >{output}\n' >one.ini
# shellcheck disable=SC2016 # make's
printf 'all:\n\t+$(fqrun) -f one.ini\n' >one.mk
for options in -n '-n -j4' '-nk -j4' '--dry-run --no-print-directory'; do
    # shellcheck disable=SC2086 # words
    make $options -f one.mk >out 2>err || fail "make $options: $(cat out err)"
    [[ ! -e one ]] || fail "make $options: a job ran"
    says "make $options" out 'echo one >'
    rm -rf one .fqrun
done
make -j4 -f one.mk >out 2>err
[[ -e one ]] || fail 'make -j4: the job did not run'
# No letter n in the first word: an option, a variable.
for flags in '--no-print-directory' ' -- n=1' ' --warn-undefined-variables' '-j4' 'k -- X=n' 'w'; do
    rm -rf one .fqrun
    MAKEFLAGS=$flags run -f one.ini
    ends "MAKEFLAGS=$flags" 0
    [[ -e one ]] || fail "MAKEFLAGS=$flags: the job did not run"
done

# --- four at once, however it is written; what stands behind `--` is not for us
printf '[samples]\na =\nb =\nc =\nd =\n[task four]\ntimeout = 20s\ncommand = ./meet met 4 {sample}\n' >four.ini
# at_once CASE HOST_OPTION...: four run at once
at_once() {
    fresh
    hosted "${@:2}" "$fqrun" -f four.ini
    same "$1: exit" "$rc" 0
}
at_once 'letters' --flags kw
at_once 'an option in front' --flags ' --no-print-directory'
at_once 'a variable' --variables 'X=1'
at_once 'a variable that looks like a pool' --variables 'X=a\ --jobserver-auth=fifo:/nonexistent\ -j1'
at_once 'variables that look like a pool' --variables '--jobserver-auth=fifo:/nonexistent -j1'
at_once 'an older pool in front' --flags ' -j9 --jobserver-auth=97,98'
at_once 'a FIFO' --style fifo
mkdir 'a b' 'c\d'
at_once 'a FIFO with blanks' --style fifo --path 'a b/the  pool'
at_once 'a FIFO with a backslash' --style fifo --path 'c\d/the pool'
at_once 'a FIFO and a variable' --style fifo --path 'a b/x' --variables 'TMPDIR=/a\ b'
at_once 'more tokens than jobs' -n 200

# --- ours is a cap: -j2 in a pool of 4
{
    printf '[samples]\n'
    for ((i = 0; i < 20; i++)); do echo "s$i ="; done
    # shellcheck disable=SC2016 # not ours
    printf '[task leaf]\ncommand = : {sample}; "$work"/leaf\n'
} >cap.ini
filled 'a cap of 2' 2 20 hosted "$fqrun" -f cap.ini -j2
fresh
hosted "$fqrun" -f cap.ini -j1
same 'a cap of 1: most at once' "$(most_at_once)" 1
fresh
hosted -n 1 "$fqrun" -f cap.ini -j16
same 'a cap above the pool: most at once' "$(most_at_once)" 2
# -jN of MAKEFLAGS alone is no pool.
fresh
MAKEFLAGS=' -j1' run -f cap.ini
same 'MAKEFLAGS of -j1: most at once' "$(most_at_once)" 1
# Nothing comes from this pool, so those who leave it do not wait.
printf '[samples]\na =\nb =\n[task two]\ntimeout = 20s\ncommand = ./meet met 2 {sample}\n' >two.ini
fresh
hosted --late never "$fqrun" -f two.ini -j2 --jobserver-style none
same 'none: exit' "$rc" 0

# --- what jobs see
cat >see <<'I'
#!/bin/bash
# usage: see FILE: what comes by the environment, and as descriptors
declare -p MAKEFLAGS MFLAGS CARGO_MAKEFLAGS >"$1" 2>/dev/null
for fd in /proc/self/fd/*; do [[ -e $fd ]] && echo "fd ${fd##*/}"; done >>"$1"
exit 0
I
cat >usable <<'I'
#!/bin/bash
# Takes a token and gives it back, by descriptors.
auth=${MAKEFLAGS%% -- *}
auth=${auth##*--jobserver-auth=}
auth=${auth%% *}
[[ -p /proc/self/fd/${auth%,*} && -p /proc/self/fd/${auth#*,} ]] || exit 9
IFS= read -r -t 10 -N 1 -u "${auth%,*}" token || exit 8
printf %s "$token" >&"${auth#*,}"
[[ ${auth%,*} != "${auth#*,}" ]]
I
chmod +x see usable
cat >see.ini <<'I'
[task no]
jobserver = no
command = exec ./see no
[task pipe]
jobserver = pipe
command = exec ./see pipe
[task fifo]
jobserver = fifo
command = exec ./see fifo
[task auto_no]
command = ./see auto_no; true
[task auto_make]
command = ./see auto_make; make --version >/dev/null
[task auto_ninja]
command = ./see auto_ninja; ninja --version >/dev/null || true
[task usable]
jobserver = pipe
command = exec ./usable
I
of() { # TASK VARIABLE
    sed -nE "s/^declare -x $2=\"(.*)\"$/\1/p" "$1"
}
fds() { # TASK: descriptors that it has and a plain command has not
    comm -23 <(sed -n 's/^fd //p' "$1" | sort) <(sed -n 's/^fd //p' baseline | sort) | sort -n | paste -sd ' '
}
"$host" bash -c 'exec ./see baseline' </dev/null >/dev/null 2>&1
# What the host lends is not plain.
sed -i '/^fd [34]$/d' baseline
[[ $(fds baseline) == '' && -s baseline ]] || fail 'no baseline'

# sees_none CASE TASK, sees_pipe CASE TASK JOBS, sees_fifo CASE TASK JOBS
sees_none() {
    local variable
    same "$1, $2: descriptors" "$(fds "$2")" ''
    for variable in MAKEFLAGS MFLAGS CARGO_MAKEFLAGS; do
        has_not "$1, $2: $variable" "$(of "$2" $variable)" ' -j' jobserver
    done
}
sees_pipe() {
    local read write flags
    flags=$(of "$2" MAKEFLAGS)
    read -r read write <<<"$(fds "$2")"
    [[ $read =~ ^[0-9]+$ && $write =~ ^[0-9]+$ ]] || fail "$1, $2: descriptors: $(fds "$2")"
    ((read > 63 && write > 63)) || fail "$1, $2: descriptors below 64: $read $write"
    [[ "$flags " == *"--jobserver-auth=$read,$write "* || "$flags " == *"--jobserver-auth=$write,$read "* ]] ||
        fail "$1, $2: $read $write are not in $flags"
    has "$1, $2" "$flags" " -j$3 "
}
sees_fifo() {
    same "$1, $2: descriptors" "$(fds "$2")" ''
    has "$1, $2" "$(of "$2" MAKEFLAGS)" ' --jobserver-auth=fifo:/' " -j$3 "
}
# The letters, the option, the variables are there; then what looks like a pool is cut away.
users_own() { # CASE TASK
    local flags
    flags=$(of "$2" MAKEFLAGS)
    [[ $flags == kw* ]] || fail "$1, $2: the letters are gone: $flags"
    has "$1, $2" "$flags" ' --no-print-directory ' ' -- X=1 Y=a' ' --jobserver-auth=97,98 '
    sed -i 's/Y=a.*--jobserver-auth=97,98/Y=a/' "$2"
}

# Of our own.
fresh
run -f see.ini -j4
ends 'ours' 0
sees_none ours no
sees_none ours auto_no
sees_pipe ours pipe 4
sees_pipe ours auto_make 4
sees_fifo ours fifo 4
sees_fifo ours auto_ninja 4
same 'ours: left in TMPDIR' "$(ls -A "$TMPDIR")" ''
# Alone there is nothing to share.
fresh
rm -f pipe
printf '[task pipe]\njobserver = pipe\ncommand = exec ./see pipe\n' >pipe.ini
run -f pipe.ini -j1
ends '-j1' 0
sees_none '-j1' pipe
# The command line has the last word.
for style in pipe fifo none; do
    fresh
    rm -f pipe
    run -f pipe.ini -j4 --jobserver-style "$style"
    ends "--jobserver-style $style" 0
    "sees_$style" "--jobserver-style $style" pipe 4
done
run -f pipe.ini --jobserver-style magic
ends 'a style that is none' 2

# Of another: the user's own letters and variables are kept, the pool is passed on.
mine=(--flags 'kw --no-print-directory' --variables 'X=1 Y=a\ --jobserver-auth=97,98 ')
for options in '--style pipe' '--style pipe --nonblock' '--style fifo'; do
    fresh
    rm -f no pipe fifo auto_*
    # shellcheck disable=SC2086 # words
    MFLAGS='-kw -j4 --jobserver-auth=3,4' CARGO_MAKEFLAGS='-j4 --jobserver-auth=3,4' \
        hosted $options "${mine[@]}" --tokens 61,62,63 "$fqrun" -f see.ini no pipe auto_no auto_make usable
    same "another's, $options: exit" "$rc" 0
    for task in no auto_no pipe auto_make; do
        users_own "another's, $options" "$task"
    done
    sees_none "another's, $options" no
    sees_none "another's, $options" auto_no
    sees_pipe "another's, $options" pipe 4
    sees_pipe "another's, $options" auto_make 4
done
exit "$failed"
