#!/bin/bash
# accept: as it is, it is good.
# usage: accept.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cat >qc.ini <<'EOF'
[samples]
a =
b =
[task one]
input = in/{sample}
output = made/{sample}.one
command = cat {input} > {output}; echo "n=$(wc -c < {input})" >> "$FQRUN_VALUES"
[task two]
input = {one.output}
output = made/{sample}.two
command = echo {one.n} > {output}; cat {input} >> {output}
[task all]
output = made/all
command = cat {two.output} > {output}
EOF
fresh_start() {
    rm -rf .fqrun made in
    mkdir in
    echo first >in/a
    echo second >in/b
    run
    ends 'a first run' 0
}

# --- without a target, and with one that is none
fresh_start
run accept
ends 'no target' 2
says 'no target' err 'accept needs a TARGET'
run accept nobody
ends 'no such target' 2
says 'no such target' err 'no target "nobody"'

# --- an input changed, and what was made of it is still good: that job alone is accepted
echo changed >in/a
same 'it would run' "$(would_run)" 'all one/a two/a'
run accept one/a
ends 'accept' 0
same 'it says which' "$(<out)" 'accepted one/a'
same 'nothing else to say' "$(<err)" ''
run
says 'nothing to do' out 'nothing to do: 5 jobs'
same 'what it made is as it was' "$(<made/a.one)" first
same 'the value that it reported is kept' "$(head -n 1 made/a.two)" 6

# --- only what is named: b is as stale as before
fresh_start
echo changed >in/a
echo changed >in/b
run accept one/a
same 'b still runs' "$(would_run)" 'all one/b two/b'

# --- an output that was edited by hand: those behind it are judged anew
fresh_start
echo edited >made/a.one
same 'it would run' "$(would_run)" 'all one/a two/a'
run accept one/a
ends 'an edited output' 0
same 'those behind it run' "$(would_run)" 'all two/a'
run
ends 'those behind it' 0
same 'with what was accepted' "$(tail -n 1 made/a.two)" edited
run
says 'then all is done' out 'nothing to do'

# --- several targets, in whichever order they are named: each is good behind the other
fresh_start
echo edited >made/a.one
echo edited >made/a.two
run accept made/all two/a one/a
ends 'three' 0
same 'all of them' "$(sort out | paste -sd ' ')" 'accepted all accepted one/a accepted two/a'
run
says 'three' out 'nothing to do'
same 'nothing was made anew' "$(<made/a.two)" edited

# --- one behind a job that is not up to date: said in words
fresh_start
echo changed >in/a
run accept two/a
ends 'behind one that is stale' 0
says 'behind one that is stale' err 'two/a will run all the same'
says 'behind one that is stale' err 'one/a will have run before it'

# --- the command changed
fresh_start
sed -i 's/command = cat {two/command = cat -- {two/' qc.ini
same 'another command' "$(would_run)" all
run accept all
ends 'another command' 0
run
says 'another command' out 'nothing to do'
sed -i 's/command = cat -- {two/command = cat {two/' qc.ini
run --explain -n
says 'its text was kept' out 'cat --'

# --- an output is missing: that job alone is refused
fresh_start
rm made/a.one
echo changed >in/b
run accept one
ends 'a missing output' 1
says 'a missing output' err 'one/a is not accepted: output made/a.one is not there'
same 'the other one is' "$(<out)" 'accepted one/b'
same 'what runs then' "$(would_run)" 'all one/a two/a'

# --- where nothing is known: what stands there is good
fresh_start
rm -rf .fqrun
run accept one two all
ends 'nothing is known' 0
run
says 'nothing is known' out 'nothing to do: 5 jobs'

# --- one that failed, and whose work a person did
fresh_start
cat >fail.ini <<'EOF'
[task t]
output = byhand
command = if [ -e good ]; then echo good > {output}; else false; fi
EOF
run -f fail.ini
ends 'it fails' 1
echo mine >byhand
run -f fail.ini accept t
ends 'by hand' 0
run -f fail.ini
says 'by hand' out 'nothing to do'
same 'it is as the person made it' "$(<byhand)" mine
# ... and is not removed as if a run had made it, even when the job runs again and fails
sed -i 's/false; fi/false; : x; fi/' fail.ini
run -f fail.ini
ends 'it fails again' 1
same 'what no run made is still there' "$(<byhand)" mine

# ... nor is what it wrote beside its output lost sight of
cat >aside.ini <<'EOF'
[task t]
output  = aside
command = echo half > {output}; test -e go || kill -KILL $PPID
atomic  = yes
EOF
rm -rf go
echo old >aside
run -f aside.ini 2>/dev/null
[[ $(find . -name '.fqrun-tmp-*') ]] || fail 'aside: the job did not begin'
run -f aside.ini accept t
ends 'aside' 0
same 'aside' "$(find . -name '.fqrun-tmp-*')" ''
same 'aside, accepted' "$(<aside)" old

# --- a success, a failure, and the outputs put back: known from before the failure
fresh_start
cp -a made saved
echo changed >in/a
sed -i 's/^command = cat {input}/command = false; cat {input}/' qc.ini
run
ends 'it fails' 1
cp -a saved/a.one saved/a.two made/
sed -i 's/^command = false; cat {input}/command = cat {input}/' qc.ini
run accept one/a
ends 'put back' 0
same 'what it reported is known from its last success' "$(would_run one/a two/a)" ''
rm -rf saved
# ... also for one behind it that is accepted with it
fresh_start
cp -a made saved
echo changed >in/a
sed -i 's/^command = cat {input}/command = false; cat {input}/' qc.ini
run
cp -a saved/a.one saved/a.two made/
sed -i 's/^command = false; cat {input}/command = cat {input}/' qc.ini
run accept one/a two/a
same 'both' "$(would_run one/a two/a)" ''
rm -rf saved

# --- a tool's version: as a run would know it; one that cannot be asked keeps what is recorded
cat >version.ini <<'EOF'
[task t]
output = versioned
version = cat version | cat
command = cat version > {output}
EOF
echo 1.0 >version
run -f version.ini
echo 2.0 >version
run -f version.ini -n
says 'another version' out '1 job would run'
run -f version.ini accept t
run -f version.ini
says 'another version' out 'nothing to do'
mv version aside
touch -d '1 hour ago' versioned
run -f version.ini accept t
mv aside version
run -f version.ini
says 'a version that could not be asked' out 'nothing to do'

# --- -n accepts nothing
fresh_start
echo changed >in/a
run accept -n one/a
ends '-n' 0
same '-n' "$(<out)" 'would accept one/a'
same '-n' "$(would_run)" 'all one/a two/a'

# --- names that are syntax
mkdir hostile
cat >hostile.ini <<'EOF'
[samples]
$(touch hacked) =
it's "quoted" =
a b =
[task t]
output = hostile/x{sample}
command = echo {sample} > {output}
EOF
run -f hostile.ini
ends 'hostile names' 0
find hostile -type f -exec sh -c 'for f; do echo more >>"$f"; done' sh {} +
# shellcheck disable=SC2016
run -f hostile.ini accept 't/$(touch hacked)' "t/it's \"quoted\"" 't/a b'
ends 'hostile names' 0
same 'hostile names' "$(wc -l <out)" 3
run -f hostile.ini
says 'hostile names' out 'nothing to do: 3 jobs'
[[ ! -e hacked ]] || fail 'a name became syntax'

# --- while a run goes on it is refused, and says who runs
mkfifo gate
printf '[task t]\noutput = gated\ncommand = cat gate > {output}\n' >gated.ini
"$fqrun" -f gated.ini >/dev/null 2>&1 </dev/null &
exec 9>gate
run -f gated.ini accept t
ends 'while it runs' 3
says 'while it runs' err 'another fqrun'
exec 9>&-
wait
nothing_lives 'at the end'
exit "$failed"
