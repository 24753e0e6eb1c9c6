#!/bin/bash
# The state: one folder for each manifest; damage costs work, never a wrong result.
# usage: state.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
printf '[samples]\na =\nb =\nc =\n[task one]\noutput = made/{sample}\ncommand = echo {sample} > {output}\n[task all]\noutput = made/all\ncommand = cat {one.output} > {output}\n' >qc.ini
sed 's|made/|other/|' qc.ini >other.ini
journal=.fqrun/qc.ini/journal

right() {
    same "$1: what was made" "$(paste -sd ' ' made/all)" 'a b c'
}

# --- two manifests in one folder, and one called by other names
run -f qc.ini
run -f other.ini
ends 'the other manifest' 0
same 'both ran' "$(ran)" 'all one/a one/b one/c'
for path in qc.ini ./qc.ini "$work/qc.ini" other.ini; do
    run -f "$path"
    says "$path again" out 'nothing to do: 4 jobs'
done
same 'a folder each' "$(cd .fqrun && echo *)" 'other.ini qc.ini'

# --- state = FOLDER
printf '[fqrun]\nstate = elsewhere/state\n' | cat - qc.ini >moved.ini
run -f moved.ini
ends 'state = ' 0
[[ -s elsewhere/state/moved.ini/journal ]] || fail 'state = is not where it was to be'
run -f moved.ini
says 'state = ' out 'nothing to do'

# --- two projects that share a folder by its absolute name, each with a manifest of one name
for project in one two; do
    mkdir "$project"
    printf '[fqrun]\nstate = %s/shared\n' "$work" | cat - qc.ini | sed "s/echo {sample}/echo $project {sample}/" >"$project/qc.ini"
    (cd "$project" && "$fqrun" -f qc.ini >../out 2>../err </dev/null) || fail "project $project: $(<err)"
    same "project $project ran all" "$(ran)" 'all one/a one/b one/c'
done
for project in one two; do
    same "project $project: what was made" "$(paste -sd , "$project/made/all")" "$project a,$project b,$project c"
    for path in qc.ini ./qc.ini "$work/$project/qc.ini"; do
        (cd "$project" && "$fqrun" -f "$path" >../out 2>../err </dev/null) || fail "project $project, $path: $(<err)"
        says "project $project again, as $path" out 'nothing to do: 4 jobs'
    done
done
same 'a folder for each project' "$(find shared -mindepth 1 -maxdepth 1 | wc -l)" 2

# --- the journal of another manifest
cp -r .fqrun/qc.ini .fqrun/renamed.ini
cp qc.ini renamed.ini
run -f renamed.ini
ends 'the journal of another manifest' 3
says 'the journal of another manifest' err '.fqrun/renamed.ini/journal: '
says 'the journal of another manifest' err 'it is the journal of another manifest, qc.ini'
says 'the journal of another manifest' err 'state'
run -n -f renamed.ini
ends 'the journal of another manifest, -n' 3
mv .fqrun/renamed.ini/journal kept
run -f renamed.ini
ends 'moved away' 0
# One that was made before journals told whose they are.
sed '/\tof\t/d' .fqrun/qc.ini/journal >.fqrun/renamed.ini/journal
for again in 1 2; do
    run -f renamed.ini
    says "without a name, $again" out 'nothing to do: 4 jobs'
done

# --- -n writes nothing
rm -rf .fqrun made other elsewhere
run -f qc.ini -n
ends '-n' 0
[[ ! -e .fqrun && ! -e made ]] || fail '-n wrote something'

# --- damage: after any of it, one run makes all right, and the next does nothing
# damaged CASE COMMAND WARNS
damaged() {
    rm -rf .fqrun made
    run -f qc.ini
    eval "$2"
    run -f qc.ini
    ends "$1" 0
    right "$1"
    if [[ $3 == warns ]]; then
        says "$1" err "warning: $journal: "
    else
        same "$1: no word" "$(<err)" ''
    fi
    run -f qc.ini
    ends "$1, again" 0
    says "$1, again" out 'nothing to do: 4 jobs'
}
damaged 'a torn end' "truncate -s -7 $journal" silent
damaged 'a torn end, kept aside' "truncate -s -7 $journal; tail -n 1 $journal > torn" silent
same 'the torn end is kept aside' "$(<"$journal.bad.1")" "$(<torn)"
damaged 'zeros at the end' "head -c 5000 /dev/zero >> $journal" silent
same 'the zeros are kept aside' "$(stat -c %s "$journal.bad.1")" 5000
damaged 'a hole at the end' "truncate -s 1G $journal" silent
damaged 'a hole larger than the disk' "truncate -s 1T $journal" silent
damaged 'half a line at the end' "printf '1234abcd\t99\tdone\tone' >> $journal" silent
damaged 'an empty file' ": > $journal" silent
damaged 'no file' "rm $journal" silent
damaged 'no state' 'rm -rf .fqrun' silent
damaged 'a letter changed' "sed -i '/\tdone\tone\tb/s/\tb\t/\tc\t/' $journal" warns
damaged 'noise in the middle' "sed -i '4s/.*/noise/' $journal" warns
damaged 'a NUL' "sed -i '5s/\t/\x00/' $journal" warns
damaged 'all lines but the first are noise' "sed -i '2,\$s/./x/' $journal" warns
damaged 'lines twice' "sed -n '2,\$p' $journal > copy; cat copy >> $journal" silent
damaged 'lines in another order' "{ head -n 1 $journal; tail -n +2 $journal | tac; } > copy; cp copy $journal" silent
damaged 'blank lines' "sed -i '4s/$/\n\n/' $journal" warns
damaged 'blank lines at the end' "printf '\n\n\n' >> $journal" silent
size=$(stat -c %s "$journal")
for ((cut = 0; cut < size; cut += 37)); do
    rm -rf .fqrun made
    run -f qc.ini
    truncate -s "$cut" "$journal"
    run -f qc.ini
    [[ $rc == 0 && $(paste -sd ' ' made/all) == 'a b c' ]] || fail "cut at $cut: $rc $(<err)"
done

# --- what is no journal is not touched
rm -rf .fqrun made
run -f qc.ini
echo 'my notes' >"$journal"
run -f qc.ini
ends 'a file of another kind' 3
says 'a file of another kind' err "$journal"
same 'it is untouched' "$(<"$journal")" 'my notes'
for kind in folder fifo link; do
    rm -rf .fqrun
    mkdir -p .fqrun/qc.ini
    case $kind in
    folder) mkdir "$journal" ;;
    fifo) mkfifo "$journal" ;;
    link) ln -s "$work/qc.ini" "$journal" ;;
    esac
    run -f qc.ini
    ends "a $kind for a journal" 3
    says "a $kind for a journal" err "$journal"
    says "a $kind for a journal" err 'hint: move it away'
    run -n -f qc.ini
    ends "a $kind for a journal, -n" 3
done
same 'the manifest behind the link' "$(head -n 1 qc.ini)" '[samples]'

# --- a file where a folder should be
for where in .fqrun .fqrun/qc.ini; do
    rm -rf .fqrun
    [[ $where == */* ]] && mkdir .fqrun
    echo 'my notes' >"$where"
    run -f qc.ini
    ends "a file called $where" 3
    says "a file called $where" err "$where"
    same 'nothing ran' "$(<out)" ''
    same 'it is untouched' "$(<"$where")" 'my notes'
done
rm -rf .fqrun made
echo 'my notes' >made
run -f qc.ini
ends 'a file where the outputs belong' 1
says 'a file where the outputs belong' err 'FAILED one/a: '
same 'it is untouched' "$(<made)" 'my notes'
rm -rf .fqrun made
mkdir -p .fqrun/qc.ini
echo 'my notes' >.fqrun/qc.ini/logs
sed 's/command = echo/command = echo hello; echo/' qc.ini >logged.ini
mkdir -p .fqrun/logged.ini
echo 'my notes' >.fqrun/logged.ini/logs
run -f logged.ini
same 'a file where the logs belong is untouched' "$(<.fqrun/logged.ini/logs)" 'my notes'
[[ $rc == 0 || $rc == 1 || $rc == 3 ]] || fail "a file where the logs belong: exit $rc"

# --- not writable: needs someone who is not root
chmod_works() {
    [[ $(id -u) != 0 ]] || command -v setpriv >/dev/null
}
if chmod_works; then
    as_other=()
    [[ $(id -u) != 0 ]] || as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    mkdir locked
    cp qc.ini locked/
    chmod 755 "$work" locked
    [[ $(id -u) != 0 ]] && chmod 555 locked
    (cd locked && "${as_other[@]}" "$fqrun" -f qc.ini >../out 2>../err </dev/null)
    rc=$?
    ends 'a folder that may not be written' 3
    says 'a folder that may not be written' err 'fqrun: '
    says 'a folder that may not be written' err '.fqrun'
    says 'a folder that may not be written' err 'Permission denied'
    says 'a folder that may not be written: what to do' err 'hint: its owner can change that: chmod'
    same 'nothing ran' "$(<out)" ''
    (cd locked && "${as_other[@]}" "$fqrun" -n -f qc.ini >../out 2>../err </dev/null)
    rc=$?
    ends '-n needs no state' 0
    chmod 755 locked
else
    echo 'skipped: root without setpriv'
fi
nothing_lives 'at the end'
exit "$failed"
