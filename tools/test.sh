#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test:
#   dev      sanitizers on, warnings are errors: all that is not slow
#   tsan     the thread sanitizer where threads meet
#   double   gradients against finite differences
#   release  everything, as users run it
# `--quick`: the fast tests of the release build alone. The last lines are those of ctest.
set -eu
cd "$(dirname "$0")/.."
. tools/environment.sh

is_quick=false
case "${1:-}" in
"") ;;
--quick) is_quick=true ;;
*) echo "usage: tools/test.sh [--quick]" >&2; exit 2 ;;
esac

./tools/install.sh --tests
run() {
    ctest --preset "$1" -j "$(nproc)"
}

if ! $is_quick; then
    for preset in dev tsan double; do
        configure "$preset"
        case "$preset" in
        tsan) build tsan threads ;;
        double) build double gradients ;;
        *) build "$preset" ;;
        esac
        run "$preset"
    done
fi
configure release
build release
if $is_quick; then run quick; else run release; fi
