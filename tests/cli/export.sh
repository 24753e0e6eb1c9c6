#!/bin/bash
# What `export` writes, run by the tool that it is for: the same files, byte for byte.
# usage: export.sh PATH_TO_FQRUN
# shellcheck disable=SC2016
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
mkdir bin
ln -s "$fqrun" bin/fqrun
PATH=$work/bin:$PATH

# use FORMAT: runs what was exported
use() {
    case $1 in
    ninja) ninja -f exported ;;
    make) make -f exported ;;
    sh) bash exported ;;
    esac >tool.out 2>&1 </dev/null
}

# results: the names and bytes of all that was made
results() {
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}

# compare CASE FOLDER...: fqrun, then each tool, each in an empty folder; a second run does nothing
compare() {
    local name=$1 format
    shift
    rm -rf "$@" .fqrun .fqrun-export ran
    run -j2 -f "$name.ini"
    ends "$name: fqrun" 0
    results "$@" >expected
    for format in ninja make sh; do
        command -v "$format" >/dev/null || continue
        rm -rf "$@" .fqrun .fqrun-export .ninja_log .ninja_deps ran
        run export "--$format" -f "$name.ini"
        ends "$name: export --$format" 0
        cp out exported
        cp err told
        use "$format" || fail "$name: $format: $(tail -n 20 tool.out)"
        results "$@" >got 2>&1
        diff expected got >diff.out || fail "$name: $format made other files: $(cat diff.out)"
        [[ $format == sh ]] && continue
        rm -f ran
        use "$format" || fail "$name: $format again: $(tail -n 20 tool.out)"
        [[ ! -e ran ]] || fail "$name: $format ran again: $(cat ran)"
        grep -qE 'no work to do|Nothing to be done' tool.out || fail "$name: $format again: $(tail -n 20 tool.out)"
    done
}

# --- the six samples
cp -r "$examples/six-samples/reads" .
sed 's/^use .*/command = gzip -dc {file} | wc > {output}/; s/^\[task fastqc\]/&\nper = file\noutput = {dir}\/{file.stem}.txt/; s/^command = multiqc.*/command = mkdir -p results\/multiqc; cat results\/stats\/* results\/fastqc\/* > {output}/' \
    "$examples/six-samples/qc.ini" >six.ini
run check -f six.ini
ends 'six.ini' 0
compare six results
says 'six: fqrun must be there' told 'calls fqrun fastq-stats: fqrun must be in the PATH'

# --- names that are syntax somewhere
mkdir reads2
names=('a b' 'x$y' '$(touch PWNED)' "it's" 'q"q' 'h#h' '50%' 'c:c' 'é日本' 'a&b;c|d' '*' '~' 'x=y' '(p)' 'back\slash' '[b]' $'tab\there' $'esc\033x' '!' '{z}')
{
    printf 'sample,fastq_1,fastq_2,group\n'
    for i in "${!names[@]}"; do
        name=${names[i]}
        printf '@%s\nACGT\n+\nIIII\n' "$i" >"reads2/$name.fq"
        quoted=${name//\"/\"\"}
        printf '"%s","reads2/%s.fq",,"g %s"\n' "$quoted" "$quoted" $((i % 2))
    done
    for i in 1 2; do
            printf '@l%d\nAC\n+\nII\n' "$i" >"reads2/l${i}_1.fq"
        printf '@l%d\nGT\n+\nII\n' "$i" >"reads2/l${i}_2.fq"
        printf 'lanes,reads2/l%d_1.fq,reads2/l%d_2.fq,g 0\n' "$i" "$i"
    done
} >sheet.csv
cat >hostile.ini <<'I'
[fqrun]
sheet = sheet.csv
[vars]
words = -n "two words" $HOME
[task direct]
input   = {reads}
dir     = h/direct dir
output  = h/direct/{sample}.txt
command = sort -o {output} -- {reads}
[task script]
dir     = "h/the dir"
output  = {dir}/{sample}.txt "{dir}/{sample} 2.txt"
command =
  # a comment
  echo ran >> ran
  printf '[%s]\n' {sample} "in {sample} quotes" {reads} {words} {?r2 and {r2}} '%d' '\n' > "{dir}/{sample} 2.txt" 
  for word in {sample} {reads}; do
      printf '%s\n' "$word"
  done > "{dir}/{sample}.txt"
  cat <<EOF >> {dir}/{sample}' 2.txt'
  here {sample} costs 5
  EOF
[task each_lane]
per     = lane
output  = h/lane/{sample}.{lane}.txt
command = cat {reads} > {output}; echo ran >> ran
[task marked]
command = printf '%s\n' {sample} > "h/marked.$(printf %s {sample} | cksum | tr ' ' .)"; echo ran >> ran
after   = script
input   = {reads}
per     = lane
[task behind]
after   = marked
output  = h/behind/{sample}
command = cat h/marked.* | wc -l | grep -q . ; touch {output}; echo ran >> ran
[task by_group]
per     = group
output  = h/group/{group}.txt
command = printf '%s\n' {reads} > {output}
[task environment]
env     = GREETING='hello  $USER "x"' NAME={sample}
setup   = export UNBOUND=$not_there
cwd     = h/work/{sample}
output  = h/env/{sample}
command = printf '%s\n' "$GREETING" "$NAME" "$UNBOUND" "$(basename "$PWD")" > {output}
[task private]
shell   = sh
output  = h/private/{sample}
command = echo {sample} > {tmp}/x; cp {tmp}/x {output}; [ "$TMPDIR" = {tmp} ]
[task reports]
output  = h/never/{sample}? h/reports/{sample}
command = echo n=1 >> "$FQRUN_VALUES"; printf '%s\n' "$FQRUN_SAMPLE" > h/reports/{sample}
[task nothing]
dir     = h
cwd     = h/elsewhere
command = echo once > {dir}/once; echo ran >> {dir}/../ran
[task gather]
after   = behind nothing
output  = h/gather
command = cat {script.output} {each_lane.output} {direct.output} > {output}; xargs -0 -a {each_lane.output:list0} cat >> {output}; echo ran >> ran
[task last]
input   = h/gather
output  = h//last
command = cp h/gather h/last
I
sed -i "s,^dir     = h/direct dir,dir     = 'h/direct dir'," hostile.ini
run check -f hostile.ini --no-preflight
ends 'hostile.ini' 0
compare hostile h
[[ ! -e PWNED ]] || fail 'a name was run as a command'
run export --make -f hostile.ini
says 'make: names' err 'warning: task script: make cannot write the names of'
grep -q '^# task script: make cannot write' out || fail 'make: no comment about names'
run export --ninja -f hostile.ini
says 'ninja: names' err 'ninja cannot write the names of'

# --- what cannot be expressed is said, and what waits for it left out
cat >lost.ini <<'I'
[fqrun]
default = late plain
[samples]
a = reads/control1.fq.gz
[task reports]
output  = lost/{sample}.n
fail-on = oops
threads = 2
command = echo n=1 >> "$FQRUN_VALUES"; touch {output}
[task uses]
output  = lost/{sample}.use
command = echo {reports.n} > {output}
[task late]
after   = uses
output  = lost/{sample}.late
command = touch {output}
[task single]
input   = lost/a.use
output  = lost/file
command = touch {output}
[task plain]
when    = {sample} == "a"
output  = lost/{sample}.plain
command = touch {output}
[task not_asked]
command = touch lost/never
I
for format in ninja make sh; do
    rm -rf lost .ninja_log
    run export "--$format" -f lost.ini
    ends "lost: $format" 0
    says "lost: $format" err 'task uses: left out: its command holds values that another task reports'
    says "lost: $format" err 'task late: left out: it waits for uses, which is left out'
    says "lost: $format" err 'task single: left out: it waits for uses, which is left out'
    says "lost: $format" err '`fail-on` is lost'
    says "lost: $format" err '`threads` and `memory` are not counted'
    says "lost: $format" err '`when` is not looked at'
    grep -q '^# task uses: left out' out || fail "lost: $format: no comment"
    cp out exported
    use "$format" || fail "lost: $format: $(cat tool.out)"
    same "lost: $format" "$(find lost -type f -printf "%f\n" | sort | paste -sd ' ')" 'a.n a.plain'
done

# --- pools: ninja has them; no one else has them, or priorities, or retries
cat >pools.ini <<'I'
[samples]
a = reads/control1.fq.gz
b = reads/control2.fq.gz
c = reads/control3.fq.gz
[pool console]
depth   = 1
[pool wide]
depth   = 7
[task one]
pool    = console
output  = p/{sample}.one
command = if ! mkdir p/lock; then echo two at a time > p/{sample}.two; fi; ls p > {output}; rmdir p/lock
[task many]
pool    = wide
priority = 5
retries = 2
output  = p/{sample}.many
command = echo make > {output}
I
run check -f pools.ini
ends 'pools.ini' 0
for format in ninja make sh; do
    run export "--$format" -f pools.ini
    ends "pools: $format" 0
    says "pools: $format" err 'task many: `priority` is lost: the tool chooses which goes first'
    says "pools: $format" err 'task many: `retries` is lost: a job that fails is not tried again'
    same "pools: $format: lost" "$(grep -c '`pool` is lost' err)" "$([[ $format == make ]] && echo 2 || echo 0)"
    same "pools: $format: tokens" "$(grep -c 'task many: `jobserver` is lost' err)" "$([[ $format == sh ]] && echo 0 || echo 1)"
    same "pools: $format: what is not said" "$(grep -c 'task one: .*\(priority\|retries\|jobserver\)' err)" 0
done
run export --ninja -f pools.ini
same 'pools: ninja: depths' "$(grep -A1 '^pool' out | paste -sd ' ')" \
    'pool fqrun-console   depth = 1 -- pool fqrun-wide   depth = 7'
same 'pools: ninja: jobs' "$(grep -c '^  pool = fqrun-console$' out) $(grep -c '^  pool = fqrun-wide$' out)" '3 3'
if command -v ninja >/dev/null; then
    cp out exported
    ninja -j8 -f exported >tool.out 2>&1 </dev/null || fail "pools: ninja: $(tail -n 20 tool.out)"
    same 'pools: ninja: one at a time' "$(find p -name '*.two' | wc -l)" 0
fi

# --- a command that no shell takes as one word
{
    printf '[vars]\nlong = '
    printf 'word%d ' {1..20000}
    printf '\n[task t]\ncommand = echo {long} | wc > long\n'
} >long.ini
run export --ninja -f long.ini
ends 'long' 0
says 'long' err 'a command of over 128 KiB'
same 'long: no such word of others' "$(run export --ninja -f six.ini; grep -c 'over 128' err)" 0

# --- a job that fails fails the tool
printf '[task t]\noutput = f/t\ncommand = echo x > {output}; false; true\n[task u]\nafter = t\noutput = f/u\ncommand = touch {output}\n' >fails.ini
for format in ninja make sh; do
    rm -rf f .ninja_log
    run export "--$format" -f fails.ini
    cp out exported
    use "$format" && fail "fails: $format ended well"
    [[ ! -e f/u ]] || fail "fails: $format went on"
done
run export
ends 'no format' 2
exit "$failed"
