#!/bin/bash
# A room includes its own door and doors to its left, nothing else of ours.
# usage: includes.sh SOURCE_ROOT
set -euo pipefail
cd "$1"
rooms=' base fastq discover condition manifest journal plan preflight jobserver exec run ui report cli '
bad=0
complain() {
    printf '%s\n' "$*"
    bad=1
}
for file in src/*/*.[ch] include/fqrun/*.h; do
    [[ -f $file ]] || continue
    room=${file#src/} room=${room#include/fqrun/} room=${room%/*} room=${room%.h}
    [[ $rooms == *" $room "* ]] || complain "$file: there is no room \"$room\""
    allowed="${rooms%%" $room "*} $room "
    while IFS=: read -r line include; do
        name=${include#*[\"<]} name=${name%[\">]} door=${name#fqrun/} door=${door%.h}
        if [[ $name == fqrun/* ]]; then
            [[ $allowed == *" $door "* ]] || complain "$file:$line: $room may not know $door, which is not to its left"
        elif [[ $name == */* || ! -f ${file%/*}/$name ]]; then
            complain "$file:$line: \"$name\" is not in this room"
        fi
    done < <(grep -noE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("[^"]+"|<fqrun/[^>]+>)' "$file")
done
exit "$bad"
