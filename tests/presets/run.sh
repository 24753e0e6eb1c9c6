#!/bin/bash
# One preset with its real tool: right results, a second run that does nothing, and
# files that are cut off: never taken for whole ones, whatever the tool makes of them.
# usage: run.sh PATH_TO_FQRUN PRESET
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
# What each preset has to say of itself; sets $programs, defines index, manifest, outputs, results.
# shellcheck source=tests/presets/tools.sh
. "$here/../presets/tools.sh"
preset=${2:?usage: run.sh PATH_TO_FQRUN PRESET}
ln -s "$(realpath -- "$here/../../presets")" presets
choose "$preset" || {
    echo "no test for preset $preset"
    exit 99
}
for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || {
        echo "skipped: $program is not installed"
        exit 77
    }
done

# --- a genome of 6,000 bases, and reads of 100 from it
awk 'BEGIN {
    srand(7)
    print ">chr1"
    for (i = 0; i < 6000; i++) {
        printf "%s%s", substr("ACGT", 1 + int(rand() * 4), 1), i % 60 == 59 ? "\n" : ""
    }
}' >genome.fa

# reads NAME SEED COUNT: NAME_1.fq.gz and NAME_2.fq.gz
reads() {
    awk -v name="$1" -v seed="$2" -v count="$3" '
    function reversed(s,    i, r) {
        for (i = length(s); i > 0; i--) r = r other[substr(s, i, 1)]
        return r
    }
    BEGIN {
        srand(seed)
        other["A"] = "T"; other["T"] = "A"; other["C"] = "G"; other["G"] = "C"
    }
    !/^>/ { genome = genome $0 }
    END {
        for (k = 1; k <= count; k++) {
            piece = substr(genome, 1 + int(rand() * (length(genome) - 249)), 250)
            quality = ""
            while (length(quality) < 100) quality = quality substr("FGHI", 1 + int(rand() * 4), 1)
            printf "@%s:%d\n%s\n+\n%s\n", name, k, substr(piece, 1, 100), quality > "reads/" name "_1.fq"
            printf "@%s:%d\n%s\n+\n%s\n", name, k, reversed(substr(piece, 151)), quality > "reads/" name "_2.fq"
        }
    }' genome.fa
    gzip -n "reads/$1_1.fq" "reads/$1_2.fq"
}

mkdir reads
reads pair 1 400
reads single 2 300
reads lanesA 3 150
reads lanesB 4 250
rm reads/single_2.fq.gz
cat >samples.csv <<END
sample,fastq_1,fastq_2
pair,reads/pair_1.fq.gz,reads/pair_2.fq.gz
single,reads/single_1.fq.gz,
lanes,reads/lanesA_1.fq.gz,reads/lanesA_2.fq.gz
lanes,reads/lanesB_1.fq.gz,reads/lanesB_2.fq.gz
END
index >index.log 2>&1 || {
    cat index.log
    exit 99
}
# What the tool is given, and what of it is cut off.
broken=(reads/pair_2.fq.gz reads/single_1.fq.gz)
prepare
{
    printf '[fqrun]\nsheet = samples.csv\n'
    manifest
} >m.ini
cp -Rp -- . "$work.whole"
trap 'kill_marked; rm -rf -- "$work" "$work.whole"' EXIT

are_there() {
    local file
    while read -r file; do
        [[ -s $file ]] || fail "$1: no $file"
    done
}

are_gone() {
    local file
    while read -r file; do
        [[ ! -e $file ]] || fail "$1: $file is still there"
    done
}

good() {
    local sample
    for sample in pair single lanes; do
        are_there "$1" < <(outputs "$sample")
        same "$1: $sample" "$(results "$sample")" "$(expected "$sample")"
    done
}

# --- whole files
run -f m.ini -j 2
ends 'whole files' 0
good 'whole files'
run -f m.ini -j 2
ends 'again' 0
says 'again' out 'nothing to do'

# --- one file of each kind cut off: at half, or by its last bytes alone
# cut BYTES_OF_FIRST BYTES_OF_SECOND
cut_off() {
    local i keep sizes=("$@")
    for i in 0 1; do
        keep=$(($(stat -c %s -- "$work.whole/${broken[i]}") - sizes[i]))
        head -c "$keep" -- "$work.whole/${broken[i]}" >"${broken[i]}"
    done
}

for round in half-and-tail tail-and-half; do
    half=$(($(stat -c %s -- "$work.whole/${broken[0]}") / 2))
    case $round in
    half-and-tail) cut_off "$half" "$tail_bytes" ;;
    tail-and-half) cut_off "$tail_bytes" "$half" ;;
    esac
    run -f m.ini -j 2
    ends "$round" 1
    says "$round" err "FAILED t/pair"
    says "$round" err "FAILED t/single"
    says "$round" err "sample samples.csv:2:1"
    are_gone "$round" < <(outputs pair broken)
    are_gone "$round" < <(outputs single broken)
    are_there "$round" < <(outputs lanes)
    same "$round: the others" "$(results lanes)" "$(expected lanes)"
    for file in "${broken[@]}"; do
        cp -p -- "$work.whole/$file" "$file"
    done
    run -f m.ini -j 2
    ends "$round, restored" 0
    good "$round, restored"
done
exit "$failed"
