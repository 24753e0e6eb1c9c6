#!/bin/bash
# forget: it is to run again.
# usage: forget.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cat >qc.ini <<'EOF'
[samples]
a =
b =
[task plain]
output = made/{sample}.plain
command = echo {sample} > {output}
[task careful]
output = made/{sample}.careful
command = set -C; cat {plain.output} > {output}
EOF
run forget
ends 'no target' 2
says 'no target' err 'forget needs a TARGET'

run
ends 'a first run' 0
run
says 'all is done' out 'nothing to do: 4 jobs'

# --- a plain job runs again, and what stands there is not touched before
inode=$(stat -c %i made/a.plain)
run forget plain/a
ends 'plain' 0
same 'plain' "$(<out)" 'forgot plain/a'
same 'its output is untouched' "$(<made/a.plain)$(stat -c %i made/a.plain)" "a$inode"
says_why() { "$fqrun" -n --explain 2>&1; }
same 'plain: why' "$("$fqrun" why plain/a | head -n 1)" 'plain/a was forgotten'
[[ $(says_why) == *'it was forgotten'* ]] || fail "no reason: $(says_why)"
run
ends 'plain, again' 0
[[ " $(ran) " == *' plain/a '* ]] || fail "plain/a did not run: $(ran)"
[[ " $(ran) " != *' plain/b '* ]] || fail 'plain/b ran'

# --- a tool that refuses to overwrite: its output is still known as ours, and makes room
run
run forget careful
ends 'careful' 0
same 'careful' "$(sort out | paste -sd ' ')" 'forgot careful/a forgot careful/b'
run
ends 'careful, again' 0
same 'careful, again' "$(ran)" 'careful/a careful/b'

# --- twice is as once
run forget careful/a
run forget careful/a
ends 'twice' 0
same 'twice' "$(<out)" 'nothing is known of careful/a'
run
same 'twice' "$(ran)" careful/a

# --- what no run made is not ours by forgetting
rm -rf .fqrun made
mkdir made
echo mine >made/a.careful
run
ends 'a file of the user' 1
same 'it is untouched' "$(<made/a.careful)" mine
run forget careful/a
run
ends 'a file of the user, forgotten' 1
same 'it is untouched still' "$(<made/a.careful)" mine
rm made/a.careful
run
ends 'without it' 0
# ... nor one that a person accepted
echo mine >made/a.careful
run accept careful/a
run forget careful/a
run
ends 'accepted and forgotten' 1
same 'it is untouched still' "$(<made/a.careful)" mine
rm made/a.careful

# --- one that was cut off: what it left is ours
printf '[task t]\noutput = cut\ncommand = set -C; echo half > {output}; test -e go || kill -KILL $PPID; echo done >> {output}\n' >cut.ini
run -f cut.ini
[[ -e cut ]] || fail 'the job did not begin'
touch go
run -f cut.ini forget t
ends 'cut off' 0
run -f cut.ini
ends 'cut off, again' 0
same 'cut off, again' "$(paste -sd ' ' cut)" 'half done'

# ... but what was there before is not
rm -rf cut go .fqrun/cut.ini
echo mine >./cut
printf '[task t]\noutput = cut\ncommand = set -C; test -e go || kill -KILL $PPID; echo done > {output}\n' >cut.ini
run -f cut.ini
touch go
run -f cut.ini forget t
run -f cut.ini
ends 'cut off, and the file of the user' 1
same 'cut off, and the file of the user' "$(<./cut)" mine

# ... nor is what it wrote beside its output lost sight of
cat >aside.ini <<'EOF'
[task t]
output  = aside
command = echo half > {output}; test -e go || kill -KILL $PPID
atomic  = yes
EOF
rm -rf go
run -f aside.ini 2>/dev/null
[[ $(find . -name '.fqrun-tmp-*') ]] || fail 'aside: the job did not begin'
run -f aside.ini forget t
ends 'aside' 0
same 'aside' "$(find . -name '.fqrun-tmp-*')" ''


# --- -n forgets nothing
run
run -n forget plain/a
same '-n' "$(<out)" 'would forget plain/a'
run
says '-n' out 'nothing to do'

# --- names that are syntax
cat >hostile.ini <<'EOF'
[samples]
$(touch hacked) =
it's "quoted" =
[task t]
output = hostile/x{sample}
command = set -C; echo {sample} > {output}
EOF
run -f hostile.ini
# shellcheck disable=SC2016
run -f hostile.ini forget 'sample:$(touch hacked)' "hostile/xit's \"quoted\""
ends 'hostile names' 0
run -f hostile.ini
ends 'hostile names' 0
# shellcheck disable=SC2016
same 'hostile names' "$(ran)" 't/$(touch hacked) t/it'\''s "quoted"'
[[ ! -e hacked ]] || fail 'a name became syntax'
nothing_lives 'at the end'
exit "$failed"
