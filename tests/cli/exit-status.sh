#!/bin/bash
# 0 all done, 1 a job failed or was left out, 2 command line or manifest, 3 the system.
# usage: exit-status.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
printf '[samples]\na =\nb =\n[vars]\nbad = none\n[task one]\noutput = {sample}.txt\ncommand = test {sample} != {bad} && echo 1 > {output}\n[task all]\nafter = one\ncommand = true\n' >qc.ini

run
ends 'all done' 0
run
ends 'nothing to do' 0
run -n
ends '-n' 0
run -B --set bad=a
ends 'a job failed' 1
says 'a job failed' err 'FAILED one/a'
run --set bad=none
ends 'and is well again' 0
run -n -B --set bad=a
ends '-n of a job that would fail' 0
run --help
ends '--help' 0
run help
ends 'help' 0
run --version
ends '--version' 0
run --no-such
ends 'an option' 2
run -f none.ini
ends 'a manifest' 2
run no-such
ends 'a target' 2
run -C none
ends 'a folder' 2
run --set other=1
ends '--set' 2
run watch
ends 'a command of later' 2
run -j x
ends '-j' 2

# --- a result that nobody can be told of
if [[ -c /dev/full ]]; then
    for words in --help --version -n '-B -j1'; do
        # shellcheck disable=SC2086
        "$fqrun" $words >/dev/full 2>err </dev/null
        rc=$?
        : >out
        ends "$words to a full disk" 3
        says "$words to a full disk" err 'cannot write'
    done
fi
"$fqrun" -n -B >&- 2>err
rc=$?
ends 'closed standard output' 3
"$fqrun" -n -B 2>&- >out
rc=$?
ends 'closed standard error' 0
"$fqrun" -B >out 2>err <&-
rc=$?
ends 'closed standard input' 0

# --- descriptors that were closed must not become a job's or the journal's
for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&- 2>&-'; do
    rm -rf .fqrun ./*.txt
    eval "\"\$fqrun\" -j2 >noise 2>&1 $closed"
    run
    ends "after a run with $closed" 0
    says "after a run with $closed" out 'nothing to do'
    same "its outputs ($closed)" "$(cat a.txt b.txt | paste -sd ' ')" '1 1'
done
nothing_lives 'at the end'
exit "$failed"
