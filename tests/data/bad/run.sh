#!/bin/bash
# Wrong input, and what fqrun says about it, word for word: FAMILY/NAME.ini with
# FAMILY/NAME.err beside it. Each must be refused: exit 2, these words alone,
# nothing made. FQ_BLESS=1 writes the words anew: read them before you commit them.
# usage: run.sh PATH_TO_FQRUN [FAMILY/NAME...]
set -uo pipefail
usage='usage: run.sh PATH_TO_FQRUN [FAMILY/NAME...]'
fqrun=$(realpath -- "${1:?$usage}")
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
shift
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
unset MAKEFLAGS XDG_CONFIG_HOME FQ_CASE_FAILED
export LC_ALL=C TERM=dumb HOME=$work fqrun here work

cp -R -- "$here" "$work/bad" && cd "$work/bad" && rm -f -- */*.err || exit

# What is too long, or too odd for an editor, to lie in the tree.
lines() {
    local i
    for ((i = $1; i <= $2; i++)); do
        # shellcheck disable=SC2059
        printf -- "$3\n" "$i"
    done
}
bytes() {
    head -c "$1" /dev/zero | tr '\0' "$2"
}
generate() {
    local task=$'[task count]\ncommand = wc -l {reads} > {output}\noutput = counts/{sample}.txt\n'
    mkdir -p generated && cd generated || return
    printf '[fqrun]\nname = %s\n[task hello]\ncommand = echo hello\n' "$(bytes 1100000 x)" >long-line.ini
    printf '[task hello]\ncommand =\n%s\n' "$(lines 1 20000 '  echo line %05d {threads}')" >long-script.ini
    printf '[fqrun]\nsheet = bad-rows.csv\n%s' "$task" >bad-rows.ini
    { echo sample,fastq_1 && lines 1 150 's%d'; } >bad-rows.csv
    printf '[fqrun]\nsheet = long-cell.csv\n%s' "$task" >long-cell.ini
    printf 'sample,fastq_1\na,%s.fq\n' "$(bytes 1100000 x)" >long-cell.csv
    printf '[fqrun]\nsheet = long-quote.csv\n%s' "$task" >long-quote.ini
    printf 'sample,fastq_1\na,"a.fq\n%s\n' "$(lines 1 200000 's%06d,x.fq')" >long-quote.csv
    printf '[samples]\n%s = a.fq\n%s' "$(bytes 256 s)" "$task" >long-name.ini
    printf '[task deep]\ncommand = echo deep\nper = sample\nwhen = %s{sample}%s\n' \
        "$(bytes 70 '(')" "$(bytes 70 ')')" >deep-condition.ini
    printf '[task hello]\ncommand = %secho {nothing}\n' "$(bytes 300 ' ')" >far-column.ini
    printf '[task hello]\ncommand = echo \303\244\303\266\303\274%s {nothing}\n' "$(bytes 300 x)" >far-utf8.ini
    printf '[task deep]\ncommand = %secho {threads}%s\n' "$(lines 1 300 '( ' | tr -d '\n')" "$(bytes 300 ')')" \
        >deep-script.ini
    : >empty.ini
    printf '[task hello]\ncommand = ec\0ho hello\n' >nul.ini
    printf '\0' >nul-alone.ini
    printf '[task hello]\ncommand = echo \377\376 {nothing}\n' >latin.ini
    printf '[task h\344llo]\ncommand = echo hello\n' >latin-name.ini
    printf '[task hello]\ncommand = echo \033[31mred {nothing}\n' >escape.ini
    printf '\357\273\277[tusk hello]\ncommand = echo hello\n' >mark-first-line.ini
    printf '\357\273\277command = echo hello\n' >mark-key.ini
    printf '[task hello]\r\ncommand = echo {nothing}\r\noutput = "x\r\nnonsense\r\n' >crlf.ini
    printf '[task hello]\rcommand = echo hello\r' >cr-alone.ini
    printf '[task hello]\ncommand = echo {nothing}' >no-newline.ini
    printf '\377\376[\0t\0a\0s\0k\0' >utf16.ini
    printf '\376\377\0[\0t\0a\0s\0k' >utf16-big.ini
    printf '[fqrun]\nsheet = utf16.csv\n%s' "$task" >utf16-sheet.ini
    printf '\377\376s\0a\0m\0p\0l\0e\0\n\0a\0\n\0' >utf16.csv
    printf '[fqrun]\nsheet = nul.csv\n%s' "$task" >nul-sheet.ini
    printf 'sample,fastq_1\na,a\0.fq\nb,b.fq\n' >nul.csv
    printf 'PK\003\004\024\0\006\0\b\0' >workbook.ini
    cd ..
}

# one FAMILY/NAME: compares, or writes
one() {
    local out="$work/out/$1" family="${1%%/*}"
    mkdir -p "${out%/*}"
    (cd "$family" && timeout -k 5 20 "$fqrun" -f "${1#*/}.ini" -n >"$out.out" 2>"$out.err" </dev/null)
    local rc=$?
    sed -i 's/ and this is [0-9][0-9.a-z-]*$/ and this is VERSION/' "$out.err" # of every release
    [[ $rc == 2 ]] || echo "$1: exit $rc, expected 2"
    [[ -s $out.out ]] && echo "$1: prints to stdout: $(head -n 3 "$out.out")"
    if [[ ${FQ_BLESS-} ]]; then
        mkdir -p "$here/$family" && cp -- "$out.err" "$here/$1.err"
    elif ! cmp -s "$here/$1.err" "$out.err"; then
        diff -u --label "$1, expected" --label "$1, got" "$here/$1.err" "$out.err"
    fi
    return 0
}
export -f one

generate || exit
[[ $# -gt 0 ]] || mapfile -t all < <(printf '%s\n' */*.ini | sed 's/\.ini$//')
find . | sort >"$work/before"
# shellcheck disable=SC2016
printf '%s\0' "${@:-${all[@]}}" | xargs -0 -n 8 -P "$(nproc)" \
    bash -c 'for name; do one "$name"; done' one >"$work/said" 2>&1
find . | sort | diff -u --label 'files before' --label 'and after' "$work/before" - >>"$work/said"
for file in "$here"/*/*.err; do
    name=${file#"$here/"}
    [[ -e ${name%.err}.ini ]] || echo "$name: no manifest beside it" >>"$work/said"
done
cat -- "$work/said"
[[ ! -s $work/said ]]
