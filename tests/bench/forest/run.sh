#!/usr/bin/env bash
# Quantile forests, ours and R's ranger (Wright and Ziegler 2017), one thread each: rows of the bundled retail data
# as sqrf sees them, a fifth of them held out, the same trees, share of rows and columns to choose from. Loss is
# the mean quantile loss of the held-out rows at nine levels.
#
#     tests/bench/forest/run.sh
#     BUILD=build/release ROWS=100000 TREES=50      the defaults
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=${BUILD:-build/release} rows=${ROWS:-100000} trees=${TREES:-50}
for program in "$build/mqcast" "$build/tests/bench_forest"; do
    [ -x "$program" ] || { echo "error: no program $program: build first, or set BUILD" >&2; exit 1; }
done
command -v Rscript >/dev/null && Rscript -e 'library(ranger)' >/dev/null 2>&1 ||
    { echo "skipped: no R with ranger (apt-get install r-cran-ranger)"; exit 77; }
. tools/environment.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quietly "$build/mqcast" import csv tools/retail/retail.csv.gz --schema tools/retail/schema.yaml -o "$work/retail.h5"
cat >"$work/sqrf.yaml" <<EOT
version: 1
run: {name: sqrf, dir: $work}
data: {panel: $work/retail.h5, context: 56, horizon: 14}
model: {type: sqrf, trees: 1, samples: 1000}
EOT
quietly "$build/mqcast" train "$work/sqrf.yaml" -q --threads 1
read -r ours_s ours_forecast_s ours_loss < <("$build/tests/bench_forest" \
    "$work/sqrf/checkpoints/step-000000000.h5" "$work/retail.h5" "$work" "$rows" "$trees")
read -r theirs_s theirs_forecast_s theirs_loss < <(Rscript tests/bench/forest/ranger.R "$work" "$trees")
read -r n held columns <"$work/shape.txt"

cat <<EOT
$((n - held)) rows, $held held out, $columns columns, $trees trees:

| forest | grow s | forecast s | loss |
|---|---|---|---|
| mqcast | $ours_s | $ours_forecast_s | $ours_loss |
| ranger $(Rscript -e 'cat(as.character(packageVersion("ranger")))') | $theirs_s | $theirs_forecast_s | $theirs_loss |
| times | $(awk -v a="$theirs_s" -v b="$ours_s" 'BEGIN { printf "%.1f", a / b }') | $(awk -v a="$theirs_forecast_s" -v b="$ours_forecast_s" 'BEGIN { printf "%.1f", a / b }') | $(awk -v a="$theirs_loss" -v b="$ours_loss" 'BEGIN { printf "%.3f", a / b }') |
EOT
