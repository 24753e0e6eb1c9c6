#!/bin/bash
# What tools print: lines that betray a failure, and their versions.
# usage: tools.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
mkdir bin
PATH=$work/bin:$PATH

# --- fail-on
cat >qc.ini <<'I'
[task plain]
fail-on = ^Failed to process
command = echo fine; echo 'Failed to process x.fq'; echo more; touch plain.out
output  = plain.out
[task innocent]
fail-on = ^Failed to process
command = echo 'it says: Failed to process'
[task second]
fail-on =
  ^never$
  [Ee]rror: [0-9]+
command = echo 'error: 42' >&2
[task returned]
fail-on = ^50%$
command = printf '10%%\r50%%\r90%%\n'
[task crlf]
fail-on = ^bad$
command = printf 'good\r\nbad\r\n'
[task open]
fail-on = ^no newline$
command = printf 'a line\nno newline'
[task long]
fail-on = needle$
command = head -c 60000 /dev/zero | tr '\0' x; echo needle
[task longer]
fail-on = needle
command = head -c 3000000 /dev/zero | tr '\0' x; echo needle
[task nul]
fail-on = ^a b$
command = printf 'a\0b\n'
[task both]
fail-on = boom
command = echo boom; exit 7
[task after]
after   = plain
command = true
I
run -j2
ends 'fail-on' 1
for job in second returned crlf open nul both plain; do
    says "fail-on: $job" err "FAILED $job: it printed: "
done
says 'the line' err 'FAILED plain: it printed: Failed to process x.fq'
says 'of standard error' err 'FAILED second: it printed: error: 42'
says 'ended by \r' err 'FAILED returned: it printed: 50%'
says 'not ended' err 'FAILED open: it printed: no newline'
says 'a long line is found and cut' err 'FAILED long: it printed: xxxx'
says 'a longer one too' err 'FAILED longer: it printed: xxxx'
(($(grep -o 'FAILED long: .*' err | head -n1 | wc -c) < 400)) || fail 'a long line is shown whole'
says 'the way out' err 'the exit status does not count'
same 'one is innocent' "$(ran)" innocent
[[ ! -e plain.out ]] || fail 'the output of a failed job stayed'
says 'what waits for it' err 'NOT RUN after: it waits for plain'

# --- version: asked once for each tool, side by side
# A program that is no script: only of those answers are kept.
cp "$(command -v dash)" bin/tool
cat >ask <<'S'
echo "$@" >> asked
# The two that run at once see each other, or wait in vain.
[ ! -e meet ] || { : > "at.$2"; i=0; while [ "$(ls at.* | wc -l)" -lt 2 ] && [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done; }
[ ! -e broken ] || exit 1
cat tool.version
S
echo 'tool 1.0' >tool.version
for s in a b c; do echo $s >$s.fq; done
cat >version.ini <<'I'
[samples]
a = a.fq
b = b.fq
c = c.fq
[task one]
version = tool ask --version x
output  = v/{sample}.1
command = cp {reads} {output}
[task two]
version = tool ask --version x
output  = v/{sample}.2
command = cp {reads} {output}
[task three]
version = tool ask --version y 2>&1
output  = v/{sample}.3
command = cp {reads} {output}
[task none]
output  = v/{sample}.4
command = cp {reads} {output}
I
touch meet
run -f version.ini --no-preflight
ends 'versions' 0
same 'each is asked once, side by side' "$(sort asked | paste -sd,)" '--version x,--version y'
[[ -e at.x && -e at.y ]] || fail 'they were not asked side by side'
rm meet
: >asked
run -f version.ini --no-preflight
says 'the same' out 'nothing to do'
same 'the program is the same file: it is not asked again' "$(cat asked)" '--version y'

# --- another program
echo 'tool 1.1' >tool.version
cp bin/tool bin/new
mv bin/new bin/tool
cp -p .fqrun/version.ini/versions versions.before
run -f version.ini --no-preflight -n
same 'dry: what asks it' "$(grep -c '^# [ot]' out)" 9
cmp -s .fqrun/version.ini/versions versions.before || fail 'a dry run wrote'
run -f version.ini --no-preflight --explain
ends 'another program' 0
same 'what asks it, and nothing else' "$(ran)" 'one/a one/b one/c three/a three/b three/c two/a two/b two/c'
says 'in words' out 'the version of its tool changed: was tool 1.0, is tool 1.1'

# --- a cache that is damaged, or no cache at all, changes nothing
for damage in 'printf x' 'printf "fqrun versions 1\n%s\n" garbage' 'head -c 40 versions.before' \
    'sed s/tool/fool/ versions.before' 'head -c 100 /dev/urandom'; do
    bash -c "$damage" >.fqrun/version.ini/versions
    run -f version.ini --no-preflight
    ends "damaged: $damage" 0
    says "damaged: $damage" out 'nothing to do'
done
rm .fqrun/version.ini/versions
mkdir .fqrun/version.ini/versions
run -f version.ini --no-preflight
ends 'a folder in its place' 0
says 'a folder in its place' out 'nothing to do'
rmdir .fqrun/version.ini/versions

# --- a version that cannot be told changes nothing
printf '#!/bin/sh\necho oops; exit 1\n' >bin/new
chmod +x bin/new
mv bin/new bin/tool
run -f version.ini --no-preflight
ends 'it fails' 0
says 'it fails' out 'nothing to do'
rm bin/tool
run -f version.ini --no-preflight
says 'it is gone' out 'nothing to do'
touch a.fq
echo A >a.fq
run -f version.ini --no-preflight
ends 'it is gone, and the sample changed' 0
same 'it is gone, and the sample changed' "$(ran)" 'none/a one/a three/a two/a'
printf '#!/bin/sh\ncat tool.version\n' >bin/tool
chmod +x bin/tool
run -f version.ini --no-preflight --explain
ends 'it is there again' 0
same 'it is there again' "$(ran)" 'one/a three/a two/a'
says 'it is there again' out 'the version of its tool is new: tool 1.1'

# --- while it is asked we can be stopped, and it leaves nothing behind
cat >slow.ini <<'I'
[task t]
version = sh -c 'sleep 300 & : > started; sleep 300'
command = touch never
I
env TERM=dumb "$fqrun" -f slow.ini >out 2>err &
pid=$!
wait_for test -e started
kill -TERM "$pid"
wait "$pid"
rc=$?
ends 'stopped' 143
[[ ! -e never ]] || fail 'stopped, and it started a job'
nothing_lives 'stopped'
cat >left.ini <<'I'
[task t]
version = sh -c 'yes & echo 1'
command = true
I
run -f left.ini
ends 'one that leaves a process behind' 0
nothing_lives 'one that leaves a process behind'
# Of a session of its own, it writes until nobody reads.
sed -i 's/yes &/setsid yes \&/' left.ini
run -f left.ini -B
ends 'one that writes without end' 0
wait_for [ -z "$(marked)" ]
nothing_lives 'one that writes without end'
exit "$failed"
