# shellcheck shell=bash disable=SC2119,SC2120,SC2154
# A state with something of everything, for those that test what is told of it: source it
# after lib.sh. Times are masked as WHEN, how long it took as TIME.

# mix_until_killed [ACTION]: a is done, b failed, c is done, d still ran when all was killed;
# ACTION while it runs.
mix_until_killed() {
    rm -rf .fqrun one two all.txt begun.* bad.* slow.* in
    mkdir in
    printf '@a\n' >in/a
    printf '@b\n' >in/b
    printf '@c\n' >in/c
    printf '@d\n' >in/d
    touch bad.b slow.d
    cat >qc.ini <<'I'
[samples]
a = in/a
b = in/b
c = in/c
d = in/d
[task one]
output  = one/{sample}
command =
  echo "hello from {sample}"
  if [ -e bad.{sample} ]; then exit 3; fi
  if [ -e slow.{sample} ]; then touch begun.{sample}; sleep 1000; fi
  cat {reads} > {output}
[task two]
output  = two/{sample}
command = cat {one.output} > {output}
[task all]
output  = all.txt
command = cat {two.output} > {output}
I
    "$fqrun" -j4 --no-preflight >mix.out 2>mix.err </dev/null &
    local pid=$!
    wait_for mixed_enough "$pid"
    "${1:-true}" "$pid"
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
}

# shellcheck disable=SC2317 # wait_for calls it
mixed_enough() {
    [[ -e begun.d ]] && grep -q 'two/a$' mix.out && grep -q 'two/c$' mix.out && grep -q 'FAILED one/b' mix.err
}

# After it c has another input, and e is new.
mix() {
    mix_until_killed
    echo 'changed' >in/c
    printf '@e\n' >in/e
    sed -i 's|^d = .*|&\ne = in/e|' qc.ini
}

# masked FILE
masked() {
    sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/WHEN/g' \
        -e 's/\b(under 1s|[0-9]+m[0-9]+s|[0-9.]+s)\b/TIME/g' -e 's/pid [0-9]+/pid PID/g' "$1"
}

# expect CASE: what is in out, masked, is what comes on standard input
expect() {
    local expected got
    expected=$(cat) got=$(masked out)
    [[ $got == "$expected" ]] || fail "$1: $(diff <(printf '%s\n' "$expected") <(printf '%s\n' "$got"))"
}

# json KEY...: of each line of out, which must be an object, these, a line each
json() {
    python3 -c '
import json, sys
for line in open("out", encoding="utf-8"):
    object = json.loads(line)
    print(" ".join(str(object.get(key, "-")) for key in sys.argv[1:]))
' "$@" || fail 'that is no JSON'
}

# What a reader must not touch.
state() {
    find .fqrun -printf '%p %s %T@\n' | sort
    cksum .fqrun/qc.ini/journal
}
