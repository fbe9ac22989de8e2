#!/usr/bin/env bash
# labels: netns slow
# Links with a delay of 2 ms change no bit.
. "$(dirname "$0")/hosts.sh"
make_hosts 2
delay 2000 2>.why || { echo "skipped: no delay on links: $(cat .why)"; exit 77; }
short_run
expect_same_across 2 slow
expect_done across 2 "$MQCAST" doctor # a sum is there and back
expect_same 'the links are late' yes \
    "$(awk '/^allreduce/ { print ($2 >= 4000 ? "yes" : $2 " us") }' .out)"

finish
