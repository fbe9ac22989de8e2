#!/usr/bin/env bash
# Runs the serial unit tests of the build `perf` under valgrind's memcheck: errors and definite leaks.
#
#     tools/valgrind.sh [PATTERN]     only programs whose names match
#
# valgrind (3.19) knows no AVX-512: OpenBLAS is told to use its Haswell kernels, and ours choose for themselves. The last
# line counts programs, errors and leaked bytes.
set -eu
cd "$(dirname "$0")/.."
. tools/environment.sh
command -v valgrind >/dev/null || { echo "error: valgrind is not installed" >&2; exit 2; }
pattern=${1:-.}

configure perf
build perf
export OPENBLAS_CORETYPE=Haswell CK_TIMEOUT_MULTIPLIER=50
export MQ_SOURCE_DIR=$PWD MQCAST=$PWD/build/perf/mqcast
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
ran=0 failed=0 errors=0 leaks=0
for source in tests/unit/*/test_*.c; do
    head -n 1 "$source" | grep -q '^// ranks:' && continue
    name=$(basename "$(dirname "$source")")_$(basename "$source" .c)
    echo "$name" | grep -qE -- "$pattern" || continue
    status=0
    fork=no # one process, one account; but a test that must end its process needs one of its own
    if grep -q -e raise_signal -e exit_test "$source"; then fork=yes; fi
    CK_FORK=$fork valgrind --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --suppressions=tests/support/valgrind.supp --log-file="$logs/$name" "build/perf/tests/$name" \
        >"$logs/$name.out" 2>&1 || status=$?
    ran=$((ran + 1))
    own_errors=$(sed -nE 's/.*ERROR SUMMARY: ([0-9,]+) errors.*/\1/p' "$logs/$name" | tr -d , | tail -n 1)
    own_leaks=$(sed -nE 's/.*definitely lost: ([0-9,]+) bytes.*/\1/p' "$logs/$name" | tr -d , | tail -n 1)
    errors=$((errors + ${own_errors:-1}))
    leaks=$((leaks + ${own_leaks:-0}))
    [ "$status" -eq 0 ] && continue
    failed=$((failed + 1))
    echo "$name: exit $status"
    cat "$logs/$name.out" "$logs/$name"
done
echo "counts: programs=$ran failed=$failed errors=$errors leaked_bytes=$leaks"
exit $((failed > 0))
