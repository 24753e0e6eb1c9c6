#!/bin/bash
# From a folder of reads to results without an editor.
# usage: init.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# reads FILE...: a valid one each, packed if it is called so
reads() {
    local file sum
    for file in "$@"; do
        mkdir -p -- "$(dirname -- "$file")"
        sum=$(cksum <<<"$file") # qualities of its own: no file is a copy of another
        case ${file,,} in
        *.gz | *.bgz) printf '@r\nACGT\n+\n%s\n' "${sum:0:4}" | gzip >"$file" ;;
        *) printf '@r\nACGT\n+\n%s\n' "${sum:0:4}" >"$file" ;;
        esac
    done
}

# anew: an empty folder, and a PATH without FastQC
anew() {
    cd "$work" && rm -rf case && mkdir case && cd case || exit
}
mkdir "$work/bin"
for tool in bash sh; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
old_path=$PATH

# init ARGUMENT...: without FastQC in PATH
init() {
    PATH=$work/bin run init "$@"
}

# samples: NAME of each that the manifest has, in one line
samples() {
    sed -nE '/^\[samples\]/,/^$/s/ *= .*//p' qc.ini | paste -sd ' '
}

# --- six files, two commands
anew
reads reads/control{1,2,3}.fq.gz reads/case1_R{1,2}.fq.gz reads/case2_R1.fq.gz
mv reads/case2_R1.fq.gz reads/case2.fq.gz
init
ends 'six files' 0
says 'six files' out '5 samples: 1 paired, 4 single, in reads/'
says 'six files' out 'written: qc.ini'
same 'six files: nothing to remark' "$(<"$work/err")" ''
run -n
ends 'six files: -n' 0
run -j 2
ends 'six files: run' 0
same 'six files: results' "$(cd results/stats && printf '%s ' *)" 'case1.json case2.json control1.json control2.json control3.json '
grep -q '"reads": 2,' results/stats/case1.json || fail 'a pair is two reads'
run
says 'six files: again' out 'nothing to do'

# --- never over a file that is there
sum=$(sha256sum qc.ini)
init
ends 'there already' 2
says 'there already' err 'qc.ini is there already'
says 'there already' err '-o FILE'
same 'there already: untouched' "$(sha256sum qc.ini)" "$sum"
init -o other.ini
ends '-o' 0
says '-o' out 'fqrun -n -f other.ini'
run -n -f other.ini
ends '-o: it loads' 0
rm qc.ini
ln -s nowhere qc.ini
init
ends 'a link to nothing' 2
[[ ! -e nowhere ]] || fail 'written through a link'
rm qc.ini
echo '; mine' >fqrun.ini
init
ends 'fqrun.ini' 2
says 'fqrun.ini' err 'fqrun.ini is there already'
[[ ! -e qc.ini ]] || fail 'qc.ini beside fqrun.ini would not be read'
mkdir d.ini
init -o d.ini
ends 'a folder' 2
init -o nowhere/qc.ini
ends 'no such folder' 2
says 'no such folder' err 'cannot create nowhere/qc.ini'
if [[ -w /dev/full ]]; then
    PATH=$work/bin "$fqrun" init -n >/dev/full 2>"$work/err"
    same 'standard output is full' $? 3
fi

# --- -n writes nothing, and shows a manifest
anew
reads a.fq b_S1_L00{1,2}_R1_001.fq
init -n
ends '-n' 0
same '-n: nothing is written' "$(printf '%s ' *)" 'a.fq b_S1_L001_R1_001.fq b_S1_L002_R1_001.fq '
says '-n' out 'sheet = samples.csv'
says '-n' out ';   b,b_S1_L002_R1_001.fq,'

mv "$work/out" "$work/shown"
init -o -
cmp "$work/out" "$work/shown" || fail '-o - is not -n'

# --- lanes go to a sheet
init
ends 'lanes' 0
says 'lanes' out 'written: qc.ini and samples.csv'
same 'lanes: the sheet' "$(<samples.csv)" 'sample,fastq_1,fastq_2
a,a.fq,
b,b_S1_L001_R1_001.fq,
b,b_S1_L002_R1_001.fq,'
run -j 2
ends 'lanes: run' 0
grep -q '"reads": 2,' results/stats/b.json || fail 'two lanes are two reads'
rm qc.ini
init
ends 'a sheet is there' 2
says 'a sheet is there' err 'samples.csv is there already'
[[ ! -e qc.ini ]] || fail 'half of two files was written'
mkdir sub
init -o sub/x.ini
ends 'beside the manifest' 0
[[ -f sub/x.samples.csv ]] || fail 'no sheet beside sub/x.ini'
says 'beside the manifest' out 'sub/x.ini and sub/x.samples.csv'
same 'beside the manifest' "$(grep ^sheet sub/x.ini)" 'sheet = sub/x.samples.csv'
chmod a-w sub
if [[ ! -w sub ]]; then
    init -o sub/y.ini
    ends 'a folder that cannot be written' 3
fi
chmod u+w sub

# --- each scheme, in a folder of its own
while read -r files; do
    anew
    # shellcheck disable=SC2086
    reads $files
    init
    ends "scheme of $files" 0
    same "scheme of $files" "$(samples)" x
    says "scheme of $files" out '1 sample: 1 paired, 0 single, here'
    run
    ends "scheme of $files: run" 0
    grep -q '"reads": 2,' results/stats/x.json || fail "scheme of $files: not a pair"
done <<'I'
x_S1_L001_R1_001.fastq.gz x_S1_L001_R2_001.fastq.gz
x_S1_R1_001.fastq.gz x_S1_R2_001.fastq.gz
x_R1_001.fastq x_R2_001.fastq
x_R1.fq.gz x_R2.fq.gz
x.R1.fq x.R2.fq
x-R1.fq x-R2.fq
x_1.fastq.gz x_2.fastq.gz
x.1.fq.gz x.2.fq.gz
x_read1.fq x_read2.fq
x_fwd.fq x_rev.fq
x_R1.FASTQ.GZ x_R2.FASTQ.GZ
x_R1.fastq.bgz x_R2.fastq.bgz
I

# --- what may be a pair or two samples: the first reads tell, of most in that folder
anew
for name in x_1 x_2 y_R1 y_R2; do
    printf '@%s.1\nACGT\n+\nIIII\n' "${name/_/.}" >"$name.fq"
done
init
ends 'two samples' 0
same 'two samples' "$(samples)" 'x_1 x_2 y_R1 y_R2'
says 'two samples' err 'begin with different reads'
run
ends 'two samples: run' 0
anew
for read in 1 2; do
    printf '@r/%s\nACGT\n+\nIIII\n' $read | gzip >"x_$read.fq.gz"
    printf '@r %s:N:0:A\nACGT\n+\nIIII\n' $read | gzip >"y_R$read.fq.gz"
    printf '@r 1:N:0:A\nACGT\n+\nIIII\n' >"z.$read.fastq"
    mkdir -p alone && cp z.$read.fastq "alone/a.$read.fastq"
done
for i in 1 2 3; do
    printf '@r/1\nACGT\n+\nIIII\n' >"w_$i.fq"
done
init
ends 'pairs' 0
same 'pairs' "$(samples)" 'w_1 w_2 w_3 x y z a.1 a.2'
same 'pairs: both are R1, as far as that folder tells' "$(grep -c different "$work/err")" 1

# --- names as they may come: those that no sample can have are told, all others run
anew
# shellcheck disable=SC2016 # they are data
names=('a b' "it's" '$(touch PWNED)' 'x;touch PWNED' '~' '*' 'a"b' 'back\slash' '{sample}' '`x`' '!x' 'é' $'\xff\xfe'
    $'tab\there' $'\e[31m' ' ')
for name in "${names[@]:0:15}"; do
    reads "./r s/${name}_R1.fq.gz" "./r s/${name}_R2.fq.gz"
done
reads -- './-dash.fq' $'./new\nline.fq' './-d/deep.fq'
init
ends 'hostile names' 0
says 'hostile names' out '16 samples: 15 paired, 1 single, in more than one folder'
says 'hostile names' err 'no sample can have this name'
says 'hostile names' err '-dash.fq'
says 'hostile names' err 'a newline in its path'
grep -q $'\e' "$work/err" && fail 'an escape sequence reached the terminal'
[[ ! -e samples.csv ]] || fail 'a sheet was needed'
run -n
ends 'hostile names: -n' 0
run -j 2
ends 'hostile names: run' 0
for name in "${names[@]:0:15}" deep; do
    [[ -s results/stats/$name.json ]] || fail "no result for $name"
done
[[ ! $(find "$work" -name 'PWNED*') ]] || fail 'a name was run'

# names that no key can be: a sheet has them
anew
reads 'a=b_R1.fq' 'a=b_R2.fq' 'c:d.fq' ';e.fq' '#f.fq' '[g.fq' ' h.fq' 'i .fq' 'j,"k=.fq' plain.fq
init
ends 'no keys' 0
same 'no keys: the others' "$(samples)" plain
same 'no keys: the sheet' "$(sort samples.csv)" "$(
    sort <<'I'
sample,fastq_1,fastq_2
" h"," h.fq",
#f,#f.fq,
";e",";e.fq",
[g,[g.fq,
a=b,a=b_R1.fq,a=b_R2.fq
c:d,c:d.fq,
"i ",i .fq,
"j,""k=","j,""k=.fq",
I
)"

# --- what is wrong
anew
init
ends 'nothing' 2
says 'nothing' err 'no reads found in .'
says 'nothing' err '*.fastq.gz'
mkdir -p raw/deep
touch raw/x.bam raw/deep/y.fq.zst
init
ends 'nothing but other files' 2
says 'nothing but other files' err 'raw/deep/y.fq.zst'
says 'the folders looked into' err 'no reads found in ., raw, raw/deep'
init raw nowhere
ends 'two folders' 2
init nowhere
ends 'no such folder' 2
init --outptu x
says 'a typo' err 'did you mean --output?'
run -C raw init
ends '-C' 2
reads raw/z.fq
PATH=$work/bin run -C raw init
ends '-C' 0
[[ -f raw/qc.ini ]] || fail '-C raw: no raw/qc.ini'

# --- FastQC and MultiQC where they are
tools() {
    local tool
    mkdir -p "$work/tools"
    for tool in "$@"; do
        printf '#!/bin/sh\n' >"$work/tools/$tool"
        chmod +x "$work/tools/$tool"
    done
}
cat >"$work/fastqc" <<'I'
#!/bin/bash
# fastqc --version | fastqc [--quiet] --outdir FOLDER FILE
[[ $1 == --version ]] && echo 'FastQC v0' && exit
[[ $1 == --quiet ]] && shift
name=$(basename -- "$3")
name=${name%.gz}
name=${name%.fq}
for kind in zip html; do
    [[ ! -e $2/${name}_fastqc.$kind ]] || exit 9 # two files, one report
    echo report >"$2/${name}_fastqc.$kind"
done
I
tools multiqc
cat >"$work/tools/multiqc" <<'I'
#!/bin/sh
mkdir -p results/multiqc && find results/fastqc -name '*.zip' | wc -l >results/multiqc/multiqc_report.html
I
anew
reads a/x_R{1,2}.fq.gz b/x_R{1,2}.fq.gz
grep -q '; \[task fastqc\]' <("$fqrun" init -n 2>/dev/null) && command -v fastqc >/dev/null && fail 'FastQC is there and off'
PATH=$work/tools:$work/bin run init -n
grep -q '^; \[task fastqc\]' "$work/out" || fail 'FastQC is not there and on'
says 'FastQC is not there' out 'FastQC was not found'
cp "$work/fastqc" "$work/tools/fastqc"
chmod +x "$work/tools/fastqc"
PATH=$work/tools:$old_path run init
ends 'with FastQC' 0
grep -q '^\[task fastqc\]' qc.ini || fail 'FastQC is there and off'
PATH=$work/tools:$old_path run -j 2
ends 'with FastQC: run' 0
same 'with FastQC: a report for each file' "$(<results/multiqc/multiqc_report.html)" 4
# taking away the `; ` is enough
anew
reads a/x_R{1,2}.fq.gz
init
sed -i '/^; \[task fastqc\]/,$s/^; \([[a-z]* *[]=]\)/\1/; s/^; \(\[task\)/\1/' qc.ini
PATH=$work/tools:$old_path run -j 2
ends 'tasks switched on' 0
same 'tasks switched on' "$(<results/multiqc/multiqc_report.html)" 2

# --- ten thousand files, well below a second; here the bound is for a loaded machine
anew
mkdir many
(cd many && seq -f 'sample%05g_S1_R1_001.fastq.gz' 5000 | xargs touch && seq -f 'sample%05g_S1_R2_001.fastq.gz' 5000 | xargs touch)
start=$EPOCHREALTIME
init
taken_ms=$(((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}) / 1000))
ends 'many' 0
says 'many' out '5000 samples: 5000 paired, 0 single, in many/'
((taken_ms < 5000)) || fail "10,000 files took $taken_ms ms"
run -n
ends 'many: -n' 0
exit "$failed"
