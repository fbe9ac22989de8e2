#!/usr/bin/env bash
# Formats all C sources and headers with clang-format; `--check` changes nothing and fails when
# something would change.
set -eu
cd "$(dirname "$0")/.."

flags=(-i)
case "${1:-}" in
"") ;;
--check) flags=(--dry-run -Werror) ;;
*) echo "usage: tools/format.sh [--check]" >&2; exit 2 ;;
esac
command -v clang-format >/dev/null || { echo "error: clang-format is missing (package clang-format)" >&2; exit 1; }
find include src tests -name '*.[ch]' -print0 | xargs -0 clang-format "${flags[@]}"
