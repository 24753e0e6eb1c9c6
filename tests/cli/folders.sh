#!/bin/bash
# Folders as outputs, owned by one job with all that is in them, and as inputs.
# usage: folders.sh PATH_TO_FQRUN
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
for name in a b; do
    printf '@r\nACGT\n+\nIIII\n' >"$name.fq"
done
samples=$'[samples]\na = a.fq\nb = b.fq\n'

# fresh NAME TASKS: a manifest of its own, in a folder of its own
fresh() {
    cd "$work" || exit
    rm -rf "$1"
    mkdir "$1"
    cp a.fq b.fq "$1"
    cd "$1" || exit
    printf '%s%s' "$samples" "$2" >qc.ini
}

# --- made, filled, and read by those behind it
fresh chain '[task star]
command = for i in 1 2; do echo {sample}$i > {output}$i; done; mkdir {output}deep; cp {reads} {output}deep/
output  = r/star/{sample}/
[task below]
command = cp {input} {output}
input   = r/star/{sample}/deep/{sample}.fq
output  = r/below/{sample}
[task whole]
command = ls {input} > {output}
input   = r/star/{sample}
output  = r/whole/{sample}
[task all]
command = ls {star.output} > {output}; echo {star.output} >> {output}
output  = r/all
[task name]
command = echo {output.name} {output.stem} > {output}name
per     = sample
output  = r/name/{sample}.fq.gz/
'
run -j 2
ends 'a chain' 0
same 'all of it' "$(ran)" 'all below/a below/b name/a name/b star/a star/b whole/a whole/b'
same 'two files' "$(cat r/star/a/1 r/star/a/2)" $'a1\na2'
cmp -s r/below/b b.fq || fail 'a file in a folder'
same 'as it is written' "$(tail -n 1 r/all)" 'r/star/a/ r/star/b/'
same 'its name' "$(<r/name/a.fq.gz/name)" 'a.fq.gz a'
run
says 'again' out 'nothing to do'

# --- what changes in it is seen; the same bytes are no change
touch r/star/a/1 r/star/a/deep/a.fq
run
says 'touched' out 'nothing to do'
echo more >r/star/a/3
run -n --explain
says 'one more file' out 'output r/star/a/ changed: was 3 files, 21 bytes, is 4 files, 26 bytes'
grep -F 'r/star/a/' "$work/out" | grep -qE '[0-9]{4}-[0-9]{2}' && fail 'a date of what has none'
run
ends 'one more file' 0
[[ " $(ran) " == *' star/a '* && " $(ran) " != *' star/b '* ]] || fail "one more file: $(ran)"
[[ ! -e r/star/a/3 ]] || fail 'what is not of the job stays in its folder'
: >r/star/b/empty
run -n --explain
says 'an empty file' out 'is 4 files, 21 bytes'
rm r/star/b/empty
# whoever names a folder without its slash reads its own time alone
same 'as it was' "$(would_run)" 'whole/b'
echo B0 >r/star/b/1
run -n --explain
says 'other content' out 'is as much, of other names, times or content'
run
[[ " $(ran) " == *' star/b '* ]] || fail "other content of the same size: $(ran)"
rm -r r/star/b
run -n --explain
says 'gone' out 'output r/star/b/ is missing: was 3 files, 21 bytes'
run
ends 'gone' 0
same 'made again' "$(<r/star/b/1)" b1

# --- targets
for target in r/star/a/ r/star/a r/star/a/1 ./r//star/a/deep/x star/a; do
    same "target $target" "$(would_run -B "$target")" 'star/a'
done
run -n r/star/ax
ends 'none of that name' 2

# --- lists and exports
run list
says 'list' out 'star/a  -> r/star/a/'
run list --json
says 'list --json' out '"outputs":["r/star/a/"]'
for tool in ninja make sh; do
    rm -rf r .fqrun-export
    case $tool in
    ninja) "$fqrun" export --ninja >build.ninja 2>notes && set -- ninja ;;
    make) "$fqrun" export --make >Makefile 2>notes && set -- make ;;
    sh) "$fqrun" export --sh >all.sh 2>notes && set -- bash all.sh ;;
    esac
    grep -qF 'an output folder is not emptied' notes || fail "$tool: no word on what is lost"
    [[ $tool == sh ]] || grep -qF 'stand for output folders' notes || fail "$tool: no word on its marks"
    command -v "$1" >/dev/null || continue
    "$@" >log 2>&1 || fail "$tool: $(<log)"
    [[ -s r/star/a/2 && -s r/below/b && -s r/all ]] || fail "$tool: no results"
    [[ $tool == sh ]] && continue
    "$@" >log 2>&1
    grep -qE 'no work to do|Nothing to be done' log || fail "$tool runs again: $(<log)"
done

# --- before the job: emptied if it is ours, taken if it is empty, else refused
fresh places '[task one]
command = echo {sample} > {output}x
output  = r/{sample}/
'
mkdir -p r/a r/b
echo mine >r/b/mine
run
ends 'not ours' 1
says 'not ours' err 'output folder r/b/ holds files that no run made'
same 'an empty one is taken' "$(<r/a/x)" a
same 'nothing is touched' "$(ls r/b)" mine
rm -r r/b
mkdir elsewhere
ln -s ../elsewhere r/b
run
ends 'a link' 1
says 'a link' err 'output folder r/b/ is a link'
[[ -L r/b && -d elsewhere ]] || fail 'the link is gone'
rm r/b
echo file >r/b
run
says 'a file' err 'output folder r/b/ is a file'
same 'a file stays' "$(<r/b)" file
rm r/b
run
ends 'nothing there' 0
mkdir -p keep/me r/a/locked
echo kept >keep/me/file
ln -s ../../keep r/a/link
echo x >r/a/locked/file
chmod 500 r/a/locked
run
ends 'ours, with a link and a locked folder' 0
same 'what a link led to' "$(<keep/me/file)" kept
same 'and nothing but its own' "$(ls r/a)" x

# a file's name where a folder is
fresh file '[task one]
command = true
output  = r/{sample}
'
mkdir -p r/a r/b
run
says 'a folder where a file is to be' err 'output r/a is a folder'
says 'what to do' err 'end its name in a `/`'

# --- what lies in it must not be lost
fresh inside '[task one]
command = cp k {output}
output  = r/
[task two]
after   = one
command = cat {reads}
'
echo k >k
run
ends 'first' 0
mv a.fq r/a.fq
ln -s r/a.fq a.fq
run
ends "a sample's file" 1
says "a sample's file" err "output folder r/ holds a sample's file"
[[ -s r/a.fq ]] || fail "a sample's file is lost"
rm a.fq
mv r/a.fq .
mv qc.ini r/qc.ini
run -f r/qc.ini
[[ -s r/qc.ini ]] || fail 'the manifest is lost'
ends 'the manifest' 1
says 'the manifest' err 'output folder r/ holds the manifest'
mv r/qc.ini .
mv k r/k2
ln -s r/k2 k
sed -i 's/^\(command = cp k\)/input = k\n\1/' qc.ini
run
ends 'its input' 1
says 'its input' err 'output folder r/ holds an input of this job'
[[ -s r/k2 ]] || fail 'an input is lost'
fresh state '[fqrun]
state = r/state
[task one]
command = echo x > {output}/x
output  = r/
'
run
ends 'the records' 1
says 'the records' err "output folder r/ holds fqrun's records"
for place in ./ ../state/ /; do
    printf '%s[task one]\ncommand = true\noutput = %s\n' "$samples" "$place" >qc.ini
    run
    ends "output = $place" 1
    [[ -s a.fq && -s qc.ini ]] || fail "output = $place took all"
done

# what a job makes there may be samples' files
fresh demux '[task demux]
command = for i in 1 2; do printf "@r\nACGT\n+\nIIII\n" > {output}$i.fq; done; : {k}
output  = d/
[vars]
k = 1
[task count]
command = wc -l {reads} > {output}
output  = n/{sample}
'
sed -i 's/= a.fq/= d\/1.fq/; s/= b.fq/= d\/2.fq/' qc.ini
run --no-preflight
ends 'samples that are made' 0
run --no-preflight --set k=2
ends 'made anew' 0
[[ " $(ran) " == *' demux '* ]] || fail "made anew: $(ran)"

# --- behind the job: there, a folder, not empty; else it failed and leaves nothing
fresh behind '[task one]
command = bash ./script {output}
output  = r/{sample}/
[task maybe]
command = true; : {output}
output  = m/{sample}/?
'
# does SCRIPT: as the command of one/a
does() {
    echo "$1" >script
    run "${2-one/a}"
}
does true a
ends 'empty' 1
says 'empty' err 'output folder r/a/ is empty'
says 'a way out' err 'one that may stay empty ends in `/?`'
[[ ! -e r/a ]] || fail 'an empty folder is left'
[[ " $(ran) " == *' maybe/a '* ]] || fail 'one that may be empty'
run maybe/a
says 'and stays so' out 'nothing to do'
does 'mkdir -p $1/x/y'
says 'folders alone' err 'output folder r/a/ is empty'
does 'rmdir $1'
says 'removed' err 'output r/a/ is missing'
does 'rmdir $1; echo x > ${1%/}'
says 'a file' err 'output folder r/a/ is no folder'
[[ ! -e r/a ]] || fail 'a file in its place is left'
does 'rmdir $1; ln -s /tmp ${1%/}'
says 'a link' err 'output folder r/a/ is a link'
[[ ! -L r/a && -d /tmp ]] || fail 'a link in its place is left'
does 'mkdir $1/d; echo x > $1/d/f; exit 3'
ends 'a failure' 1
[[ ! -e r/a ]] || fail 'a failed job leaves its folder'
printf 'output stays\n' >r/note
does 'echo x > $1/f'
ends 'well' 0
[[ -s r/a/f && -s r/note ]] || fail 'well, and beside it'

# --- killed in the middle: the next run begins anew, and nothing of the first is left
fresh killed '[vars]
second = no
[task two]
command = if test {second} = no; then echo 1 > {output}first-$$; kill -9 $PPID; sleep 60; fi
          echo 2 > {output}one; echo 2 > {output}two
output  = r/{sample}/
'
run a
ends 'killed' 137
wait_for test -n "$(ls r/a)"
kill_marked
run --set second=yes a
ends 'the next run' 0
same 'both, and nothing else' "$(cd r/a && echo *)" 'one two'
run --set second=yes a
says 'and holds' out 'nothing to do'

# --- each attempt begins with an empty folder, and so does one that was stopped
fresh attempts '[task one]
command = echo {sample} > {output}$$; ls {output} > seen; test -e go || { touch go; exit 1; }
output  = r/{sample}/
retries = 1
backoff = 0s
[task late]
command = echo x > {output}x; sleep 60
output  = late/
timeout = 0.3s
[task within]
command = echo x > x; echo y > {dir}/y
output  = w/deep/
dir     = w/deep/dir
cwd     = w/deep/cwd
'
run one/a
ends 'the second attempt' 0
same 'sees its own files alone' "$(wc -l <seen)" 1
run late
ends 'a timeout' 1
[[ ! -e late ]] || fail 'what was stopped leaves its folder'
for again in 1 2; do
    run -B within
    ends "within, $again" 0
    same "within, $again" "$(cd w/deep && find . -type f | sort | paste -sd ' ')" './cwd/x ./dir/y'
done

# --- inputs
fresh inputs '[task index]
command = mkdir -p {output}sub; echo i > {output}sub/i
output  = ref/index/
[task one]
command = cat ref/index/sub/i own/x > {output}
input   = ref/index/ own/
per     = sample
output  = r/one/{sample}
[task all]
command = ls {input} > {output}
input   = r/one/
output  = r/list
'
mkdir own
echo x >own/x
run
ends 'folders that are read' 0
same 'all that is made in it' "$(<r/list)" $'a\nb'
echo y >own/y
run -n --explain
says 'one more file' out 'input own/ changed: was 1 file, 2 bytes, is 2 files, 4 bytes'
same 'who reads it' "$(would_run)" 'all one/a one/b'
run
ends 'again' 0
ln -s nowhere own/link
same 'a link is what it says' "$(would_run)" 'all one/a one/b'
rm own/link
run
touch -d '2001-01-01' own/x
run
says 'the same content' out 'nothing to do'
for compare in stamp content exists; do
    sed -i "s/^input   = ref/compare = $compare\n&/" qc.ini
    run
    run
    says "$compare" out 'nothing to do'
    touch -d '2002-02-02' own/x
    same "$compare, touched" "$(would_run)" "$([[ $compare == stamp ]] && echo 'all one/a one/b')"
    rm own/x
    echo other >own/x
    same "$compare, changed" "$(would_run)" "$([[ $compare == exists ]] || echo 'all one/a one/b')"
    echo x >own/x
    sed -i '/^compare/d' qc.ini
done
for tool in ninja make; do
    rm -rf r ref .fqrun-export
    "$fqrun" export "--$tool" 2>notes >"$([[ $tool == make ]] && echo Makefile || echo build.ninja)"
    command -v "$tool" >/dev/null || continue
    "$tool" >log 2>&1 || fail "$tool: $(<log)"
    same "$tool: all that is made in it" "$(<r/list)" $'a\nb'
done
sed -i 's/own\/$/own/' qc.ini
run check --no-preflight
says 'a folder without its slash' err 'warning: input own is a folder: what is in it does not count'
sed -i 's/own$/own\//' qc.ini
run check --no-preflight
grep -qF 'is a folder' "$work/err" && fail "a warning of nothing: $(<"$work/err")"
rm -r own
run
ends 'none' 1
says 'none' err 'input own/ is not there'

# --- what is no output yet, or is left of one, is no part of the folder
fresh asides '[task t]
command = echo {sample} > {output}; [[ ! -e bad ]]
output  = data/{sample}
keep-partial = yes
[task r]
command = ls -A {input} > {output}
input   = data/
output  = r
'
touch bad
run
ends 'asides, failed' 1
[[ -e data/.fqrun-partial/a ]] || fail 'asides: nothing kept'
rm bad
run
ends 'asides' 0
mkdir data/.fqrun-partial data/.fqrun-tmp-0123456789abcdef
echo x >data/.fqrun-partial/c
echo x >data/.fqrun-tmp-0123456789abcdef/c
same 'asides' "$(would_run)" ''
mkdir data/.fqrun-tmp-other
same 'asides, not ours' "$(would_run)" 'r'

# --- a tool that chooses its own names
if command -v fastqc >/dev/null; then
    fresh fastqc '[task fastqc]
command = fastqc --quiet -o {output} {reads}
output  = r/{sample}/
'
    run a
    ends fastqc 0
    [[ -s r/a/a_fastqc.zip && -s r/a/a_fastqc.html ]] || fail "fastqc: $(ls r/a)"
    run a
    says 'fastqc again' out 'nothing to do'
fi
cd "$work" || exit
nothing_lives 'at the end'
exit "$failed"
