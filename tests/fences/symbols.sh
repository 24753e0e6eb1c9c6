#!/bin/bash
# Every symbol that a linker sees begins with fq_. (A name with a dot is no C:
# compilers and sanitizers make such.)
# usage: symbols.sh LIBRARY...
set -euo pipefail
bad=$(nm --defined-only --extern-only --print-file-name --format=posix "$@" |
    sed -nE 's/^.*\[(.*)\]: ([^ ]+) [^ ]( .*)?$/\1: \2/p' |
    awk '$2 !~ /^fq_/ && $2 != "main" && $2 !~ /[.]/')
if [[ $bad ]]; then
    printf 'not fq_:\n%s\n' "$bad"
    exit 1
fi
