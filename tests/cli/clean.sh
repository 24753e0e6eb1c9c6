#!/bin/bash
# clean: removes what jobs made, as they left it, and nothing else.
# usage: clean.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2016
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

manifest() {
    cat >qc.ini <<'EOF'
[samples]
a = reads/a.fq
b = reads/b.fq
[task one]
input = {reads} ref/genome
output = made/one/{sample}.txt
command = cat {input} > {output}
[task two]
input = {one.output}
output = made/two/{sample}/x.txt made/two/{sample}/opt.txt?
command = cat {input} > made/two/{sample}/x.txt
[task all]
output = all.txt
after = two
command = cat made/two/*/x.txt > {output}
EOF
}
manifest
# anew: a run from nothing
anew() {
    chmod -R u+w made 2>/dev/null
    rm -rf .fqrun made all.txt reads ref
    mkdir reads ref
    printf '@r\nA\n+\nI\n' >reads/a.fq
    printf '@s\nC\n+\nI\n' >reads/b.fq
    echo ACGT >ref/genome
    run
    ends 'a run' 0
}
tree() {
    find . -path ./.fqrun -prune -o ! -name out ! -name err ! -name '*.ini' ! -name tmux -print | sort | paste -sd ' '
}
sources='. ./reads ./reads/a.fq ./reads/b.fq ./ref ./ref/genome'

# --- where nothing is known nothing is made, not even the state
for command in 'clean -y' 'gc -y' 'forget one'; do
    # shellcheck disable=SC2086
    run $command
    ends "$command" 0
    [[ ! -e .fqrun ]] || fail "$command: there is a state now"
done

# --- without a terminal: it refuses, and removes nothing
anew
before=$(tree)
run clean
ends 'nobody to ask' 2
says 'nobody to ask' err 'clean would remove 5 files (84 bytes), and there is no terminal to ask at'
says 'nobody to ask' err 'fqrun clean --yes'
same 'nobody to ask' "$(tree)" "$before"

# --- -n lists, asks nothing, removes nothing
run clean -n
ends '-n' 0
same '-n' "$(grep -v ' files ' out | sort | paste -sd ' ')" 'would remove all.txt would remove made/one/a.txt would remove made/one/b.txt would remove made/two/a/x.txt would remove made/two/b/x.txt'
says '-n' out 'would remove 5 files (84 bytes)'
same '-n' "$(tree)" "$before"
run clean --dry-run --json two/a
same '--json' "$(paste -sd ' ' out)" '{"remove": [   {"path":"made/two/a/x.txt","files":1,"bytes":14} ], "keep": [ ], "forget": [ ]}'

# --- --yes: all that was made, the folders with it; what was given stays, and so do the logs
run clean --yes -v
ends 'clean' 0
same 'clean' "$(tree)" "$sources"
says 'clean' out 'removed made/two/b/x.txt'
says 'clean' out 'removed 5 files (84 bytes)'
run clean -y
ends 'again' 0
same 'again' "$(<out)" 'nothing to remove'
run clean -n
same 'again, -n' "$(<out)" 'nothing to remove'
run -n
says 'all of it runs again' out '5 jobs would run, 0 up to date'
run
ends 'all of it runs again' 0

# --- only what is named; folders that hold something stay
anew
run clean -y two/a
ends 'one job' 0
same 'one job' "$(tree)" ". ./all.txt ./made ./made/one ./made/one/a.txt ./made/one/b.txt ./made/two ./made/two/b ./made/two/b/x.txt${sources#.}"
run
same 'it runs again' "$(ran)" 'all two/a'
run clean -y a
same 'a sample' "$(cd made && find . -type f | sort | paste -sd ' ')" './one/b.txt ./two/b/x.txt'
run clean nobody
ends 'no such target' 2

# --- what nobody's record names stays, and its folder with it
anew
echo mine >made/one/mine.txt
mkdir made/empty
run clean -y
same 'a file of the user' "$(cd made && find . | sort | paste -sd ' ')" '. ./empty ./one ./one/mine.txt'
rm -r made

# --- an output that was there before any run is the user's
rm -rf .fqrun made all.txt
mkdir -p made/one
echo mine >made/one/a.txt
run clean -y
ends 'no run was' 0
same 'no run was' "$(<made/one/a.txt)" mine
rm -r made

# --- changed by hand: kept and named, also with --yes; touched alone is not changed
anew
echo more >>made/one/a.txt
touch -d '2001-01-01' made/one/b.txt
run clean -y
ends 'changed by hand' 0
says 'changed by hand' err 'kept made/one/a.txt: it was changed since a job made it'
same 'changed by hand' "$(cd made && find . -type f)" ./one/a.txt
# ... and the same size and time, but a record as young as the file: by its content
anew
printf 'XXXXXXXXXXXXXX' | dd of=made/one/a.txt conv=notrunc status=none
run clean -y
same 'the same size' "$(cd made && find . -type f)" ./one/a.txt

# --- accepted as a person made it: kept and named
anew
echo by hand >made/one/a.txt
run accept one/a
run clean -y one
says 'accepted' err 'kept made/one/a.txt: it was accepted as it is, and no run made it so'
same 'accepted' "$(cd made/one && find . -type f)" ./a.txt
# ... but one whose output is as its run left it goes
anew
printf '@t\nA\n+\nI\n' >>reads/a.fq
run accept one/a
run clean -y one/a
[[ ! -e made/one/a.txt ]] || fail 'accepted as it was made: it stayed'

# --- protected: by the task, and by the file's own mode
anew
sed -i '/^\[task one/a protect = yes' qc.ini
run clean -y
ends 'protect' 0
says 'protect' err 'kept made/one/a.txt: '
same 'protect' "$(cd made && find . -type f | sort | paste -sd ' ')" './one/a.txt ./one/b.txt'
manifest
anew
chmod 444 made/one/a.txt
run clean -y
ends 'write-protected' 0
says 'write-protected' err 'kept made/one/a.txt: it is write-protected'
same 'write-protected' "$(cd made && find . -type f)" ./one/a.txt
same 'what stays whole is known still' "$(would_run one/a)" ''
chmod 644 made/one/a.txt
run clean -y one
same 'and once it is not' "$(cd made 2>/dev/null && find . -type f)" ''

# ... where only that it exists was recorded: by when it was written
{
    printf '[samples]\n'
    printf '%s =\n' a b c d e f g h
    printf '[task t]\ncompare = exists\noutput = made/{sample}/\ncommand = echo {sample} > {output}x\n'
} >folder.ini
run -f folder.ini
touch -d '+1 hour' made/b/x
run -f folder.ini clean -y
same 'a folder, by its time' "$(ls made)" b
says 'a folder, by its time' err 'kept made/b/: it was changed'
rm -rf made .fqrun/folder.ini

# --- a link to a file of the user: only the link goes
cat >link.ini <<'EOF'
[samples]
a = reads/a.fq
[task link]
input = {reads}
output = made/{sample}.fq
command = ln -s "$PWD"/reads/{sample}.fq {output}
EOF
anew
run clean -y
run -f link.ini
ends 'a link' 0
[[ -L made/a.fq ]] || fail 'no link was made'
run -f link.ini clean -y
ends 'a link' 0
same 'a link' "$(tree)" "$sources"
same 'what it led to' "$(head -n 1 reads/a.fq)" '@r'

# ... and not even that where the link is a sample's file now
run -f link.ini
cp link.ini before.ini
sed 's|^a = .*|a = made/a.fq|; s|^output = made|output = other|' before.ini >link.ini
run -f link.ini clean -y
says 'the link is read' err 'kept made/a.fq: it is in use'
[[ -L made/a.fq ]] || fail 'the link is read: it is gone'
rm -r made
mv before.ini link.ini

# --- a hard link of an input is the input
sed -i 's|ln -s .*.fq|ln {input}|' link.ini
run -f link.ini
ends 'a hard link' 0
same 'it is one' "$(stat -c %h made/a.fq)" 2
run -f link.ini clean -y
ends 'a hard link' 0
says 'a hard link' err 'kept made/a.fq: it is in use'
same 'a hard link' "$(stat -c %h reads/a.fq)" 2
rm -r made

# --- a folder that became a link to the reads: what is there is an input
cat >moved.ini <<'EOF'
[samples]
a = reads/a.fq
[task copy]
input = {reads}
output = made/{sample}.fq
command = cp -p {input} {output}
EOF
anew
rm -r made
run -f moved.ini
ends 'a copy' 0
rm -r made
ln -s reads made
run -f moved.ini clean -y
ends 'the folder of the reads' 0
same 'the folder of the reads' "$(head -n 1 reads/a.fq)" '@r'
rm made

# --- the manifest's output is now a file of the user; what was made stands in the journal
run -f moved.ini
ends 'a copy' 0
cp -p reads/a.fq kept.fq
mkdir -p other
cp -p reads/a.fq other/a.fq
sed -i 's|^output = .*|output = other/{sample}.fq|' moved.ini
run -f moved.ini clean -y
ends 'another output' 0
same 'another output' "$(ls other) $(find made -mindepth 1 -maxdepth 1 2>&1 | wc -l)" 'a.fq 1'
[[ ! -e made/a.fq ]] || fail 'what was made is still there'
# ... and now it is an input of another task
sed -i 's|^output = .*|output = made/{sample}.fq|' moved.ini
run -f moved.ini
sed -i 's|^output = .*|output = other2/{sample}.fq|' moved.ini
printf '[task next]\ninput = made/a.fq\noutput = next\ncommand = cat {input} > {output}\n' >>moved.ini
run -f moved.ini clean -y
says 'an input of another task' err 'kept made/a.fq: it is in use'
same 'an input of another task' "$(head -n 1 made/a.fq)" '@r'
rm -rf made other kept.fq

# --- the manifest itself
cat >self.ini <<'EOF'
[task t]
output = made.ini
command = echo '; nothing' > {output}
EOF
run -f self.ini
ends 'a text' 0
{ echo '[fqrun]'; echo 'include = made.ini'; cat self.ini; } >both
cp both self.ini
run -f self.ini clean -y
[[ -e made.ini ]] || fail 'what the manifest includes was removed'
says 'what it includes' err 'kept made.ini: it is in use'
rm -f made.ini self.ini both

# --- a job that was cut off: its half is ours
printf '[task t]\noutput = made/cut\ncommand = echo half > {output}; kill -KILL $PPID\n' >cut.ini
run -f cut.ini 2>/dev/null
[[ -e made/cut ]] || fail 'the job did not begin'
run -f cut.ini clean -y
ends 'cut off' 0
[[ ! -e made ]] || fail 'cut off: its half is still there'

# ... but what was there before is not
mkdir made
echo mine >made/cut
sed -i 's/echo half > {output}; //' cut.ini
run -f cut.ini 2>/dev/null
run -f cut.ini clean -y
same 'cut off: what was there before' "$(<made/cut)" mine
rm -r made

# --- what a person puts where something was removed is his
anew
run clean -y one/a
echo mine >made/one/a.txt
sed -i '/^\[task one/,/^command/s/^command = .*/command = false/' qc.ini
run
ends 'put there' 1
same 'put there' "$(<made/one/a.txt)" mine
manifest

# --- forgotten: still ours
anew
run forget one/a
run clean -y one/a
ends 'forgotten' 0
[[ ! -e made/one/a.txt ]] || fail 'forgotten: it is still there'

# --- what failed jobs left aside
anew
mkdir made/one/.fqrun-partial
echo half >made/one/.fqrun-partial/a.txt
echo mine >made/one/.fqrun-partial/other
run clean -y one
same 'aside' "$(cd made/one && find . -type f)" ./.fqrun-partial/other
rm -r made
anew
mkdir made/one/.fqrun-partial
echo half >made/one/.fqrun-partial/a.txt
run clean -y
same 'aside, all' "$(tree)" "$sources"

# ... and not behind a link
rm -rf made
mkdir made theirs
printf '[task t]\noutput = made/left\ncommand = echo > {output}\n' >left.ini
run -f left.ini
ln -s ../theirs made/.fqrun-partial
echo mine >theirs/left
run -f left.ini clean -y
ends 'aside, behind a link' 0
same 'aside, behind a link' "$(<theirs/left)" mine
[[ ! -e made/left ]] || fail 'aside, behind a link: its output stays'
rm -rf made theirs

# --- outside of the working directory: the file goes, folders stay
mkdir -p elsewhere/here elsewhere/there
cp link.ini elsewhere/here/abs.ini
sed -i "s|^output = .*|output = ../there/deep/{sample}.fq $work/elsewhere/there/abs/{sample}.fq $work/elsewhere/here/in/deep/{sample}.fq|; s|reads/a.fq|x.fq|; s|^command = .*|command = for f in {output}; do cp {input} \"\$f\"; done|" elsewhere/here/abs.ini
cp reads/a.fq elsewhere/here/x.fq
run -C elsewhere/here -f abs.ini
ends 'elsewhere' 0
run -C elsewhere/here -f abs.ini clean -y
ends 'elsewhere' 0
same 'elsewhere' "$(cd elsewhere && find . -path ./here/.fqrun -prune -o -print | sort | paste -sd ' ')" '. ./here ./here/abs.ini ./here/x.fq ./there ./there/abs ./there/deep'
rm -r elsewhere

# --- names that are syntax
cat >hostile.ini <<'EOF'
[samples]
$(touch hacked) =
it's "quoted" =
a b =
[task t]
output = {sample}.txt made/{sample}/x
command = for f in {output}; do echo {sample} > "$f"; done
EOF
run -f hostile.ini
ends 'hostile names' 0
run -f hostile.ini clean -y 't/$(touch hacked)' "sample:it's \"quoted\""
ends 'hostile names' 0
same 'hostile names' "$(find . -name '*.txt' -o -name x | sort | paste -sd ' ')" './a b.txt ./made/a b/x'
run -f hostile.ini clean -y
[[ ! -e hacked && ! -e made && ! -e 'a b.txt' ]] || fail 'hostile names: something is left'
# a path that begins with a dash
printf '[task t]\noutput = -rf -- made/x\ncommand = for f in {output}; do echo > "$f"; done\n' >dash.ini
run -f dash.ini
ends 'a dash' 0
run -f dash.ini clean -y
ends 'a dash' 0
[[ ! -e ./-rf && ! -e ./-- && ! -e made ]] || fail 'a dash: something is left'

# --- it cannot be removed: said, and the record stays, so that the next one tries again
if [[ $(id -u) != 0 ]] || command -v setpriv >/dev/null; then
    as_other=()
    [[ $(id -u) != 0 ]] || as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    anew
    chmod 755 "$work"
    [[ $(id -u) != 0 ]] || chown -R 65534:65534 .
    chmod 555 made/one
    "${as_other[@]}" "$fqrun" clean -y one >out 2>err </dev/null
    rc=$?
    ends 'may not be removed' 1
    says 'may not be removed' err 'cannot remove made/one/a.txt'
    [[ -e made/one/a.txt ]] || fail 'it was removed all the same'
    chmod 755 made/one
    "${as_other[@]}" "$fqrun" clean -y one >out 2>err </dev/null
    [[ ! -e made/one ]] || fail 'the next one does not try again'
    [[ $(id -u) != 0 ]] || chown -R 0:0 .
else
    echo 'skipped: root without setpriv'
fi

# --- killed between the files and their record: the next one ends it
anew
cp .fqrun/qc.ini/journal journal.before
run clean -y one/a
cp journal.before .fqrun/qc.ini/journal
run
ends 'killed in between' 0
same 'it is made anew' "$(ran)" 'one/a'

# --- at a terminal it asks; anything but yes is no
if command -v tmux >/dev/null; then
    anew
    # shellcheck disable=SC2317 # called through wait_for
    screen() { tmux -S "$work/tmux" capture-pane -p; }
    # shellcheck disable=SC2317 # called through wait_for
    shows() { [[ $(screen) == *"$1"* ]]; }
    # shellcheck disable=SC2317 # called through wait_for
    gone() { ! tmux -S "$work/tmux" has-session 2>/dev/null; }
    # answers KEYS
    answers() {
        rm -f status
        tmux -S "$work/tmux" -f /dev/null new-session -d -x 100 -y 30 "$fqrun clean; echo \$? > status"
        wait_for shows 'remove 5 files (84 bytes)? [y/N]'
        tmux -S "$work/tmux" send-keys "$1" Enter
        wait_for test -s status
        wait_for gone
    }
    answers n
    same 'no' "$(<status)" 1
    answers x
    same 'no answer' "$(<status) $(tail -n 1 made/one/a.txt)" '1 ACGT'
    answers y
    same 'yes' "$(<status)" 0
    rm -f status
    same 'yes' "$(tree | tr ' ' '\n' | grep -v journal | paste -sd ' ')" "$sources"
else
    echo 'skipped: no tmux'
fi

# --- while a run goes on: refused with its words, but -n is not
mkfifo gate
printf '[task t]\noutput = gated\ncommand = cat gate > {output}\n' >gated.ini
"$fqrun" -f gated.ini >/dev/null 2>&1 </dev/null &
exec 9>gate
run -f gated.ini clean -y
ends 'while it runs' 3
says 'while it runs' err 'another fqrun'
run -f gated.ini clean -n
ends 'while it runs, -n' 0
exec 9>&-
wait
[[ -e gated ]] || fail 'the run did not end well'
nothing_lives 'at the end'
exit "$failed"
