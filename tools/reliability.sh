#!/usr/bin/env bash
# What the tests of failures counted, as a table: moments killed, offsets cut, inputs tried. Builds what is missing.
#
#     tools/reliability.sh                                      the counts of the test run
#     MQ_KILLS=200 MQ_CORRUPTIONS=10000 tools/reliability.sh    more of them
set -eu
cd "$(dirname "$0")/.."
. tools/environment.sh
./tools/install.sh --tests
configure release
build release
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
ctest --preset release -L 'fault|fuzz|slurm|netns' -V >"$log" 2>&1 || status=$?
echo '| test | counted |'
echo '|---|---|'
awk '
    $1 == "Start" || $2 == "Start" { number = $1 == "Start" ? $2 : $3; sub(":", "", number); name[number] = $NF }
    match($0, /^[0-9]+: counts: /) {
        number = $1
        sub(":", "", number)
        printf "| `%s` | %s |\n", name[number], substr($0, RLENGTH + 1)
    }' "$log"
grep -E 'tests passed|tests failed|Skipped|Not Run' "$log" | sed 's/^/\n/'
exit "$status"
