#!/bin/bash
# One golden case: CASE_DIR/cmd is run by sh in a scratch copy of CASE_DIR, with
# $FQRUN set; what it prints and its exit status must be CASE_DIR's out, err, rc.
# FQ_BLESS=1 writes these three anew: read them before you commit them.
# usage: run.sh PATH_TO_FQRUN CASE_DIR
set -uo pipefail
usage='usage: run.sh PATH_TO_FQRUN CASE_DIR'
FQRUN=$(realpath -- "${1:?$usage}")
case_dir=$(realpath -- "${2:?$usage}")
examples=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../examples")
export FQRUN examples LC_ALL=C TERM=dumb TZ=UTC
unset NO_COLOR MAKEFLAGS
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT

cp -R -- "$case_dir" "$work/case" && cd "$work/case" && rm -f out err rc || exit
sh ./cmd >"$work/raw.out" 2>"$work/raw.err" </dev/null
echo $? >"$work/rc"

# What differs from one run to the next: times, process ids, where we are.
normalise() {
    sed -E \
        -e "s|$work/case|SCRATCH|g" \
        -e "s|$FQRUN|FQRUN|g" \
        -e 's/\((([0-9]+h)?[0-9]+m[0-9]+s?|[0-9.]+s)\)/(TIME)/g' \
        -e 's/pid [0-9]+ on [^ ]+ since [-0-9]+ [:0-9]+/pid PID on HOST since WHEN/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/WHEN/g' "$1"
}
normalise "$work/raw.out" >"$work/out"
normalise "$work/raw.err" >"$work/err"

failed=0
for what in out err rc; do
    if [[ ${FQ_BLESS-} ]]; then
        cp -- "$work/$what" "$case_dir/$what"
    elif ! diff -u --label "$what, expected" --label "$what, got" "$case_dir/$what" "$work/$what"; then
        failed=1
    fi
done
exit "$failed"
