#!/bin/bash
# The command line of fqrun fastq-stats.
# usage: fastq-stats.sh PATH_TO_FQRUN
set -uo pipefail
fqrun=$(realpath -- "${1:?usage: fastq-stats.sh PATH_TO_FQRUN}")
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
cd "$work" || exit
failed=0

fail() {
    printf 'FAILED: %s\n' "$*"
    failed=1
}

# run ARGUMENT...: leaves out, err, rc
run() {
    "$fqrun" fastq-stats "$@" >out 2>err </dev/null
    rc=$?
}

# expect CASE RC [WORDS_ON_STDERR]: nothing on stdout unless RC is 0
expect() {
    [[ $rc == "$2" ]] || fail "$1: exit $rc, expected $2: $(<err)"
    [[ $2 == 0 || ! -s out ]] || fail "$1: something on stdout: $(<out)"
    if [[ ${3-} ]]; then
        grep -qF -- "$3" err || fail "$1: no \"$3\" in: $(<err)"
    else
        [[ ! -s err ]] || fail "$1: something on stderr: $(<err)"
    fi
}

# expect_text CASE FILE TEXT
expect_text() {
    [[ $(<"$2") == "$3" ]] || fail "$1: got $(<"$2"), expected $3"
}

printf '@a\nACGT\n+\nIIII\n@b\nGN\n+\n5!\n' >good.fq
gzip -c good.fq >good.fq.gz
printf '@a\nACGT\n+\nIII\n' >bad.fq
head -c 30 good.fq.gz >cut.fq.gz
cut_size=30

keys='file reads bases min_length mean_length max_length gc gc_percent n q20 q20_percent q30 q30_percent'
header=${keys// /$'\t'}
values=$'2\t6\t2\t3.00\t4\t3\t50.00\t1\t5\t83.33\t4\t66.67'

run good.fq good.fq.gz
expect 'TSV where no terminal is' 0
expect_text 'TSV where no terminal is' out "$header"$'\n'"good.fq"$'\t'"$values"$'\n'"good.fq.gz"$'\t'"$values"
run --tsv good.fq
expect_text '--tsv' out "$header"$'\n'"good.fq"$'\t'"$values"

run --json --name 'case "1"' good.fq good.fq.gz
expect '--json' 0
if command -v python3 >/dev/null; then
    python3 - <<'P' || fail '--json: not what it must be'
import json
d = json.load(open("out"))
one = dict(reads=2, bases=6, min_length=2, mean_length=3, max_length=4, gc=3, gc_percent=50, n=1,
    q20=5, q20_percent=83.33, q30=4, q30_percent=66.67)
two = dict(one, reads=4, bases=12, gc=6, n=2, q20=10, q30=8)
assert d == dict(two, name='case "1"', files=[dict(one, file="good.fq"), dict(one, file="good.fq.gz")])
assert list(d)[0] == "name" and list(d)[-1] == "files"
P
fi
run --json good.fq
if grep -q '"name"' out; then
    fail 'a name that nobody gave'
fi

# --- a terminal
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$fqrun' fastq-stats good.fq good.fq.gz" /dev/null </dev/null | tr -d '\r' >out
    expect_text 'a table on a terminal' out \
        'file        reads  bases  min  mean  max    GC%  N   Q20%   Q30%
good.fq         2      6    2  3.00    4  50.00  1  83.33  66.67
good.fq.gz      2      6    2  3.00    4  50.00  1  83.33  66.67
total           4     12    2  3.00    4  50.00  2  83.33  66.67'
fi

# --- standard input
"$fqrun" fastq-stats - <good.fq.gz >out 2>err
rc=$?
expect 'standard input' 0
expect_text 'standard input' out "$header"$'\n'"-"$'\t'"$values"
"$fqrun" fastq-stats - <bad.fq >out 2>err
rc=$?
expect 'a bad standard input' 1 'fqrun: standard input: record 1, byte 10: '

# --- files that fail: all are named, nothing is counted
run good.fq bad.fq missing.fq cut.fq.gz .
expect 'files that fail' 1 'fqrun: bad.fq: record 1, byte 10: expected 4 qualities, one for each base, found 3'
expect 'files that fail' 1 'fqrun: missing.fq: cannot open: No such file or directory'
expect 'files that fail' 1 'fqrun: cut.fq.gz: record '
expect 'files that fail' 1 ", compressed byte $cut_size: "
expect 'files that fail' 1 '  hint: the file is cut off: download or copy it again'
expect 'files that fail' 1 'fqrun: .: expected a file, found a folder'
printf '' >zero.fq.gz
run zero.fq.gz
expect 'zero bytes that should be gzip' 1 'found an empty file'
printf 'x' >$'odd\033.fq'
run $'odd\033.fq'
expect 'a name that disturbs the terminal' 1 'fqrun: odd?.fq: record 1, byte 0: '
printf '' >zero.fq
run zero.fq
expect 'an empty file' 0

# --- output files
run -o out.json good.fq
expect '-o out.json' 0
[[ $(head -c 2 out.json) == $'{' ]] || fail '-o out.json is no JSON'
run --output out.tsv good.fq
expect_text '-o out.tsv' out.tsv "$header"$'\n'"good.fq"$'\t'"$values"
run -o out.dat good.fq
[[ $(head -c 1 out.dat) == '{' ]] || fail '-o out.dat is no JSON'
run --tsv -o forced.json good.fq
expect_text '--tsv wins over .json' forced.json "$header"$'\n'"good.fq"$'\t'"$values"
run --json -o forced.tsv good.fq
[[ $(head -c 1 forced.tsv) == '{' ]] || fail '--json does not win over .tsv'
run -o - good.fq
expect_text '-o -' out "$header"$'\n'"good.fq"$'\t'"$values"
run -o none.json good.fq bad.fq
expect '-o with a bad file' 1 'bad.fq'
[[ ! -e none.json ]] || fail 'an output in spite of a failure'
cp out.tsv kept.tsv
run -o kept.tsv bad.fq
expect_text 'an older output stays' kept.tsv "$(<out.tsv)"
run -o no/such/folder.json good.fq
expect '-o into no folder' 3 'no/such/folder.json'
run -o good.fq good.fq.gz good.fq
expect '-o over an input' 2 'one of the files to read'
expect_text 'the input is still there' good.fq $'@a\nACGT\n+\nIIII\n@b\nGN\n+\n5!'
run -o /dev/null good.fq
expect '-o onto a device' 2 'not a regular file'
[[ -c /dev/null ]] || fail '/dev/null is gone'
rest=$(find . -name '*.tmp')
[[ -z $rest ]] || fail "left behind: $rest"

# --- writing fails
if [[ -c /dev/full ]]; then
    "$fqrun" fastq-stats good.fq >/dev/full 2>err
    rc=$?
    : >out
    expect 'a full disk' 3 'fqrun: cannot write to standard output: No space left on device'
    "$fqrun" fastq-stats --help >/dev/full 2>err
    rc=$?
    expect 'a full disk for --help' 3 'No space left on device'
fi
: >out
{
    sleep 0.2
    "$fqrun" fastq-stats good.fq 2>err
    echo $? >rc
} | true
rc=$(<rc)
expect 'a closed pipe' 3 'fqrun: cannot write to standard output: Broken pipe'
"$fqrun" fastq-stats good.fq >&- 2>err
rc=$?
expect 'closed standard output' 3 'cannot write to standard output'

# --- usage
run
expect 'no file' 2 'which FILE?'
run --jsno good.fq
expect 'a misspelt option' 2 'unknown option --jsno; did you mean --json?'
run --frobnicate good.fq
expect 'an unknown option' 2 'unknown option --frobnicate'
run good.fq -x
expect 'an unknown letter' 2 'unknown option -x'
run --json=1 good.fq
expect 'a value too much' 2 '--json takes no value'
run good.fq --name
expect 'a value missing' 2 '--name needs a value'
run good.fq -o
expect 'a value missing' 2 '--output needs a value'
run -o '' good.fq
expect 'an empty name' 2 '--output needs the name of a file'
run --json --tsv good.fq
expect 'two formats' 2 '--json and --tsv exclude each other'
run - -
expect 'standard input twice' 2 'only once'
run -- --json
expect 'a file named like an option' 1 'fqrun: --json: cannot open'
run good.fq --json
expect 'an option behind the file' 0
run --help
expect '--help' 0
for word in '--json' '--tsv' '--name NAME' '-o, --output FILE' '-h, --help' 'Exit status'; do
    grep -qF -- "$word" out || fail "--help: no $word"
done

# --- what seqkit counts
examples=/usr/share/doc/seqkit-examples/tests
if ! command -v seqkit >/dev/null; then
    echo 'skipped: seqkit not installed'
elif [[ ! -d $examples ]]; then
    echo 'skipped: seqkit-examples not installed'
else
    # reads, bases, shortest, mean (seqkit gives one decimal), longest, Q20 %, Q30 %, GC %
    for file in "$examples"/*.fq "$examples"/*.fq.gz; do
        seqkit stats -a -T "$file" 2>/dev/null |
            awk -F '\t' 'NR == 2 {print $4, $5, $6, $7, $8, $14, $15, $16}' >theirs
        run "$file"
        expect "$file" 0
        awk -F '\t' 'NR == 2 {printf "%s %s %s %.1f %s %s %s %s\n", $2, $3, $4, $3 / $2, $6, $11, $13, $8}' \
            out >ours
        cmp -s ours theirs || fail "$file: ours $(<ours), seqkit $(<theirs)"
    done
fi
exit "$failed"
