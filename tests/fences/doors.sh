#!/bin/bash
# Each door compiles on its own, first and twice, without a warning.
# usage: doors.sh SOURCE_ROOT COMPILER...
set -euo pipefail
cd "$1"
shift
bad=0
for door in include/fqrun/*.h; do
    printf '#include "%s"\n#include "%s"\n' "${door#include/}" "${door#include/}" |
        "$@" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c - || bad=1
done
exit "$bad"
