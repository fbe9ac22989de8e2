#!/usr/bin/env bash
# Fuzzes the readers of everything that users give: `tools/fuzz.sh [SECONDS] [TARGET...]`, by default
# every target for 60 s. Builds the preset fuzz, which takes clang. Inputs found are kept in
# build/fuzz/corpus/TARGET, those that break something in build/fuzz/crashes.
#
# Leaks are left to the corpus tests in the build with sanitizers: looking for them after each input
# takes longer than the input. Memory of our own is counted by the targets.
#
# `tools/fuzz.sh --merge [TARGET...]` adds to tests/fuzz/corpus what reaches code that it does not.
set -eu
cd "$(dirname "$0")/.."
. tools/environment.sh

is_merge=false
seconds=60
case "${1:-}" in
--merge) is_merge=true; shift ;;
[0-9]*) seconds=$1; shift ;;
-*) echo "usage: tools/fuzz.sh [SECONDS | --merge] [TARGET...]" >&2; exit 2 ;;
esac
command -v clang >/dev/null ||
    { echo "error: no clang: install clang and libclang-rt-14-dev" >&2; exit 1; }

seeds=$PWD/tests/fuzz/corpus
found=$PWD/build/fuzz/corpus
crashes=$PWD/build/fuzz/crashes
[ "$#" -gt 0 ] || set -- $(ls "$seeds")
configure fuzz
build fuzz

# In memory: a target writes files for each input.
export TMPDIR
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
trap 'rm -rf "$TMPDIR"' EXIT
export ASAN_OPTIONS=detect_odr_violation=0:allocator_may_return_null=1:malloc_context_size=8:quarantine_size_mb=32
export UBSAN_OPTIONS=print_stacktrace=1
limits=(-rss_limit_mb=2560 -malloc_limit_mb=1100 -timeout=20 -max_len=4096 -detect_leaks=0)

failures=0
for target in "$@"; do
    program=build/fuzz/tests/fuzz/fuzz_$target
    log=build/fuzz/$target.log
    [ -x "$program" ] || { echo "error: no target $target" >&2; exit 2; }
    mkdir -p "$found/$target" "$crashes"
    dictionary=tests/fuzz/$target.dict
    options=("${limits[@]}" "-artifact_prefix=$crashes/$target-")
    [ -f "$dictionary" ] && options+=("-dict=$dictionary")
    status=0
    if $is_merge; then
        # As few as reach every edge: how often an edge is passed is not worth a file in the tree.
        "$program" "${limits[@]}" -set_cover_merge=1 -use_counters=0 -max_len=1200 \
            "$seeds/$target" "$found/$target" >"$log" 2>&1 || status=$?
        echo "$target: $(ls "$seeds/$target" | wc -l) inputs, $(du -bs "$seeds/$target" | cut -f 1) bytes"
    else
        "$program" "${options[@]}" -max_total_time="$seconds" -print_final_stats=1 \
            "$found/$target" "$seeds/$target" >"$log" 2>&1 || status=$?
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) # the last: children end too
        edges=$(grep -o ' cov: [0-9]*' "$log" | tail -n 1 | tr -dc 0-9)
        echo "$target: ${runs:-0} executions, ${edges:-0} edges," \
            "$(ls "$found/$target" | wc -l) inputs, $((status != 0)) crashes"
    fi
    [ "$status" -eq 0 ] || { failures=1; tail -n 40 "$log" >&2; }
done
exit "$failures"
