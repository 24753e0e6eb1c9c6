#!/bin/bash
# One job of the storm: writes its output slowly and in place, stamped with who
# writes it, so that a second writer or half an output can be seen.
# usage: job.sh NAME OUTPUT INPUT...
set -u
name=$1 output=$2
shift 2
# One write each, O_APPEND: what happened, in the order in which it did.
echo "begin $name $$" >>side.log
input=$(cat -- "$@" | cksum)
: >"$output"
for ((i = 0; i < 10; i++)); do
    echo "$$ $i $input" >>"$output"
    sleep 0.01
done
echo "$$ end $input" >>"$output"
# For whoever looks when the output is gone: what it held, and of what it was made.
echo "made $name $(cksum <"$output") of $input" >>side.log
echo "end $name $$" >>side.log
