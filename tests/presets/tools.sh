# shellcheck shell=bash disable=SC2034,SC2046,SC2154,SC2317
# What the test of presets has to know of each tool:
#   programs             what must be installed
#   index                makes what the tool reads besides reads
#   prepare              makes of the reads what is given to the tool, if not they themselves
#   manifest             [vars] and the task t
#   outputs SAMPLE       its results; with a second word, those of its broken file alone
#   results SAMPLE       a count that tells whether they are right
#   expected SAMPLE      what that must be
tail_bytes=5

index() { :; }
prepare() { :; }
manifest() { printf '[task t]\nuse = %s\n' "$preset"; }

# Sequences: of both files of a pair.
sequences() {
    case $1 in
    pair | lanes) echo 800 ;;
    single) echo 300 ;;
    esac
}

fragments() {
    case $1 in
    pair | lanes) echo 400 ;;
    single) echo 300 ;;
    esac
}

expected() { sequences "$1"; }

# with_index NAME VALUE
with_index() {
    printf '[vars]\n%s = %s\n[task t]\nuse = %s\nmemory = 512M\n' "$1" "$2" "$preset"
}

# The reads' files of a sample, or the broken one of them.
files_of() {
    case $1,${2-} in
    pair,) printf 'pair_1\npair_2\n' ;;
    pair,broken) echo pair_2 ;;
    single,*) echo single_1 ;;
    lanes,*) printf 'lanes%s\n' A_1 A_2 B_1 B_2 ;;
    esac
}

# A sorted BAM of a sample: its mapped reads, if it says whose they are.
mapped() {
    samtools view -H "$1" | grep -q $'^@HD.*\tSO:coordinate' || echo "not sorted"
    samtools view -H "$1" | grep -q $'^@RG\tID:'"$2"$'\tSM:'"$2" || echo "no read group"
    samtools view -c -F 4 "$1"
}

trimmed() {
    local files=("results/$preset/$1"_[12].fastq.gz)
    same "files of $1" "${#files[@]}" "$(($(sequences "$1") / $(fragments "$1")))"
    gzip -dc "${files[@]}" | awk 'NR % 4 == 2 && length() { n++ } END { print n }'
}

# The same reads as BAM files, each where it comes from in the genome; unsorted.
make_alignments() {
    local sample
    mkdir bam
    for sample in pair single lanes; do
        bwa mem -v 1 genome.fa <(gzip -dcf "reads/$sample"*_1.fq.gz) | samtools view -b -o "bam/$sample.bam" -
    done
    printf 'sample,fastq_1\n' >samples.csv
    printf '%s,bam/%s.bam\n' pair pair single single lanes lanes >>samples.csv
    broken=(bam/pair.bam bam/single.bam)
    # The block that ends a BAM file: without it all reads are there, but nobody can know that.
    tail_bytes=28
}

sort_alignments() {
    local sample
    make_alignments
    for sample in pair single lanes; do
        samtools sort -o sorted.bam "bam/$sample.bam" && mv sorted.bam "bam/$sample.bam"
    done
}

choose() {
    case $1 in
    fastqc)
        programs=(fastqc unzip)
        outputs() { files_of "$@" | sed 's|.*|results/fastqc/&_fastqc.zip\nresults/fastqc/&_fastqc.html|'; }
        results() {
            local file
            for file in $(files_of "$1"); do
                unzip -p "results/fastqc/${file}_fastqc.zip" "${file}_fastqc/fastqc_data.txt"
            done | awk -F '\t' '$1 == "Total Sequences" { n += $2 } END { print n }'
        }
        ;;
    seqkit)
        programs=(seqkit)
        outputs() { echo "results/seqkit/$1.tsv"; }
        results() { awk -F '\t' 'NR > 1 { n += $4 } END { print n }' "results/seqkit/$1.tsv"; }
        ;;
    seqtk)
        programs=(seqtk)
        outputs() { files_of "$@" | sed 's|.*|results/seqtk/&.fqchk.txt|'; }
        results() {
            cat -- $(files_of "$1" | sed 's|.*|results/seqtk/&.fqchk.txt|') | awk '$1 == "100" { n += $2 } END { print n }'
        }
        ;;
    fastp)
        programs=(fastp)
        outputs() { printf 'results/fastp/%s\n' "$1_1.fastq.gz" "$1.fastp.json" "$1.fastp.html"; }
        results() { trimmed "$1"; }
        ;;
    cutadapt)
        programs=(cutadapt)
        outputs() { printf 'results/cutadapt/%s\n' "$1_1.fastq.gz" "$1.cutadapt.log"; }
        # Chance gives a few reads the first bases of an adapter at their ends.
        manifest() { printf '[task t]\nuse = cutadapt\noptions = --overlap 12\n'; }
        results() { trimmed "$1"; }
        ;;
    trim-galore)
        programs=(trim_galore cutadapt)
        outputs() { printf 'results/trim-galore/%s\n' "$1_1.fastq.gz" "$1_1.trimming_report.txt"; }
        manifest() { printf '[task t]\nuse = trim-galore\noptions = --illumina --stringency 12\n'; }
        results() { trimmed "$1"; }
        ;;
    bwa-mem)
        programs=(bwa samtools)
        index() { bwa index -p genome genome.fa; }
        manifest() { with_index bwa_index genome; }
        outputs() { echo "results/bwa/$1.bam"; }
        results() { mapped "results/bwa/$1.bam" "$1"; }
        ;;
    bowtie2)
        programs=(bowtie2 bowtie2-build samtools)
        index() { bowtie2-build genome.fa genome; }
        manifest() { with_index bowtie2_index genome; }
        outputs() { printf 'results/bowtie2/%s\n' "$1.bam" "$1.bowtie2.log"; }
        results() { mapped "results/bowtie2/$1.bam" "$1"; }
        ;;
    hisat2)
        programs=(hisat2 hisat2-build samtools)
        index() { hisat2-build genome.fa genome; }
        manifest() { with_index hisat2_index genome; }
        outputs() { printf 'results/hisat2/%s\n' "$1.bam" "$1.hisat2.txt"; }
        results() { mapped "results/hisat2/$1.bam" "$1"; }
        ;;
    star)
        programs=(STAR samtools)
        index() { STAR --runMode genomeGenerate --genomeDir star --genomeFastaFiles genome.fa --genomeSAindexNbases 5; }
        manifest() { with_index star_index star; }
        outputs() { printf 'results/star/%s\n' "$1.Aligned.sortedByCoord.out.bam" "$1.Log.final.out"; }
        results() {
            same "fragments of $1" "$(awk -F '\t' '/Number of input reads/ { print $2 }' "results/star/$1.Log.final.out")" \
                "$(fragments "$1")"
            mapped "results/star/$1.Aligned.sortedByCoord.out.bam" "$1"
        }
        ;;
    salmon)
        programs=(salmon)
        index() { salmon index -t genome.fa -i salmon; }
        manifest() { with_index salmon_index salmon; }
        outputs() { printf "results/salmon/$1/%s\n" quant.sf aux_info/meta_info.json lib_format_counts.json; }
        expected() { fragments "$1"; }
        results() { awk 'NR > 1 { n += $5 } END { print n }' "results/salmon/$1/quant.sf"; }
        ;;
    kraken2)
        programs=(kraken2 kraken2-build)
        index() {
            mkdir -p db/taxonomy
            printf '%s\t|\t%s\t|\t%s\t|\n' 1 1 'no rank' 2 1 species >db/taxonomy/nodes.dmp
            printf '%s\t|\t%s\t|\t\t|\tscientific name\t|\n' 1 root 2 toy >db/taxonomy/names.dmp
            sed 's/^>chr1/>chr1|kraken:taxid|2/' genome.fa >toy.fa
            kraken2-build --add-to-library toy.fa --db db && kraken2-build --build --db db
        }
        manifest() { with_index kraken2_db db; }
        outputs() { echo "results/kraken2/$1.kraken2.report.txt"; }
        expected() { fragments "$1"; }
        results() { awk -F '\t' '$5 == 2 { print $2 }' "results/kraken2/$1.kraken2.report.txt"; }
        ;;
    samtools-*)
        programs=(samtools bwa)
        index() { bwa index genome.fa; }
        prepare() { sort_alignments; }
        expected() { fragments "$1"; }
        ;;&
    samtools-sort)
        prepare() { make_alignments; }
        manifest() { printf '[task t]\nuse = samtools-sort\ninput = {reads}\n'; }
        outputs() { echo "results/sorted/$1.bam"; }
        results() {
            samtools index "results/sorted/$1.bam" -o /dev/null && samtools view -c "results/sorted/$1.bam"
        }
        ;;
    samtools-index)
        manifest() { printf '[task t]\nuse = samtools-index\ninput = {reads}\ndir = bam\n'; }
        outputs() { echo "bam/$1.bam.bai"; }
        results() { samtools idxstats "bam/$1.bam" | awk '$1 == "chr1" { print $3 }'; }
        ;;
    samtools-flagstat)
        manifest() { printf '[task t]\nuse = samtools-flagstat\ninput = {reads}\n'; }
        outputs() { echo "results/flagstat/$1.flagstat.txt"; }
        results() { awk '/ primary mapped / { print $1 }' "results/flagstat/$1.flagstat.txt"; }
        ;;
    *) return 1 ;;
    esac
}
