#!/usr/bin/env bash
# labels: netns slow
# Links of 100 Mbit/s change no bit.
. "$(dirname "$0")/hosts.sh"
make_hosts 2
why=$(shape tbf rate 100mbit burst 64kb limit 512kb 2>&1) || { echo "skipped: no limits on links: $why"; exit 77; }
short_run
expect_same_across 2 narrow
expect_same 'the link was too narrow' yes "$(tc -s qdisc show dev port2 | grep -q 'overlimits [1-9]' && echo yes)"

finish
