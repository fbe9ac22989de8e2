#!/usr/bin/env bash
# labels: netns slow
# Links with a delay of 2 ms change no bit.
. "$(dirname "$0")/hosts.sh"
make_hosts 2
why=$(shape netem delay 2ms 2>&1) || { echo "skipped: no delay on links: $why"; exit 77; }
short_run
expect_same_across 2 slow

finish
