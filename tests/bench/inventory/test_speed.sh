#!/usr/bin/env bash
# labels: bench slow
# The benchmark of replays runs; no time ever fails.
. "$(dirname "$0")/../../cli/lib.sh"

expect_exit 0 '^ 1 base-stock levels at once: +[0-9]+ million' -- "$(dirname "$MQCAST")/tests/bench_replay" 10000 0.1
expect_lines 1 '^16 base-stock levels at once: +[0-9]+ million'

finish
