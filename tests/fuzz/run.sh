#!/bin/bash
# Builds the fuzz targets in FOLDER and runs each (or TARGET alone) for SECONDS,
# one after the other. What they found is in FOLDER/findings; the corpus grows in
# FOLDER/corpus. Exit status 1: there is a finding.
# usage: run.sh SECONDS FOLDER [TARGET...]
set -euo pipefail
usage='usage: run.sh SECONDS FOLDER [TARGET...]'
seconds=${1:?$usage} folder=${2:?$usage}
shift 2
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
source=$(realpath -- "$here/../..")
targets=("$@")
((${#targets[@]})) || targets=(condition journal makeflags rows manifest template)
mkdir -p -- "$folder"
folder=$(realpath -- "$folder")

if [[ ! -f $folder/build.ninja ]]; then
    CC=${FUZZ_CC:-clang} meson setup "$folder" "$source" -Dfuzz=true -Dtests=disabled -Dbenchmarks=disabled \
        >"$folder/setup.log" 2>&1 || { cat "$folder/setup.log" >&2; exit 2; }
fi
ninja -C "$folder" "${targets[@]/#/tests/fuzz/fuzz_}" >&2 || exit 2

bad=0
mkdir -p -- "$folder/findings"
for target in "${targets[@]}"; do
    mkdir -p -- "$folder/corpus/$target"
    log=$folder/$target.log
    if "$folder/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
        -print_final_stats=1 -artifact_prefix="$folder/findings/$target-" \
        "$folder/corpus/$target" "$here/corpus/$target" >"$log" 2>&1; then
        printf '%s: nothing found, %s inputs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    else
        printf '%s: FOUND, see %s\n' "$target" "$log"
        grep -E 'ERROR|SUMMARY|does not hold|runtime error|Test unit' "$log" || tail -n 5 "$log"
        bad=1
    fi
done
exit "$bad"
