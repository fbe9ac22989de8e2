#!/usr/bin/env bash
# Exponential smoothing beside R's forecast::ets, in turns on the same series: how often the AICc is as good or
# better, and seconds per series on one core. Prints a Markdown table.
# As in R, multiplicative errors may have any size here.
#
#     tests/bench/ets/compare.sh                  40 simulated series of each length and season
#     MQ_DATA_DIR=... tests/bench/ets/compare.sh  and every 20th series of M3 and M4
#     SERIES=40 FIT=build/release/tests/bench_ets the defaults
set -euo pipefail
here=$(realpath "$(dirname "$0")")
fit=${FIT:-$here/../../../build/release/tests/bench_ets}
command -v Rscript >/dev/null && Rscript -e 'library(forecast)' >/dev/null 2>&1 ||
    { echo "skipped: no R with its package forecast (r-cran-forecast)"; exit 77; }
[ -x "$fit" ] || { echo "skipped: no $fit (build the target bench_ets)"; exit 77; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# simulated SEASON LENGTH: a level that walks, a trend, a season and noise, in sizes that differ by series
simulated() {
    awk -v season="$1" -v n="$2" -v series="${SERIES:-40}" '
        function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }
        BEGIN {
            srand(1)
            for (i = 0; i < series; i++) {
                level = 200 + 100 * rand(); slope = rand() - 0.4; size = rand()
                for (j = 0; j < season; j++) shape[j] = exp(0.3 * normal())
                printf "%d", season
                for (t = 0; t < n; t++) {
                    level += slope + 3 * size * normal()
                    y = level * shape[t % season] * (1 + 0.05 * normal())
                    printf " %.3f", (y > 1 ? y : 1)
                }
                print ""
            }
        }'
}

# every20th SEASON FILE: rows of a file of the M competitions
every20th() {
    gzip -dc "$2" | awk -v season="$1" 'NR % 20 == 2 {
        gsub(/"/, ""); n = split($0, value, ","); printf "%d", season
        for (i = 2; i <= n && value[i] != "" && value[i] != "NA"; i++) printf " %s", value[i]
        print ""
    }'
}

row() {
    local name=$1
    cat >"$work/series"
    "$fit" "$work/series" >"$work/ours"
    Rscript "$here/fit.R" "$work/series" >"$work/r"
    paste -d ' ' "$work/ours" "$work/r" | awk -v name="$name" '
        $2 == $2 + 0 && $5 == $5 + 0 {
            n++; as_good += $2 <= $5 + 0.01; same += $1 == $4; gain += $5 - $2; ours += $3; r += $6
        }
        END {
            printf "| %s | %d | %.0f %% | %.2f | %.0f %% | %.3f ms | %.1f ms | %.0f |\n", name, n, 100 * as_good / n,
                gain / n, 100 * same / n, 1e3 * ours / n, 1e3 * r / n, r / ours
        }'
}

echo '| series | number | AICc as good or better | mean gain of AICc | same form | a series | in R | times |'
echo '|---|---|---|---|---|---|---|---|'
simulated 1 40 | row 'simulated, 40 periods'
simulated 4 60 | row 'simulated, 60 quarters'
simulated 12 120 | row 'simulated, 120 months'
if [ -n "${MQ_DATA_DIR:-}" ]; then
    every20th 1 "$MQ_DATA_DIR/m3/M3-Yearly-train.csv.gz" | row 'M3 yearly'
    every20th 4 "$MQ_DATA_DIR/m3/M3-Quarterly-train.csv.gz" | row 'M3 quarterly'
    every20th 12 "$MQ_DATA_DIR/m3/M3-Monthly-train.csv.gz" | row 'M3 monthly'
    every20th 24 "$MQ_DATA_DIR/m4/Hourly-train.csv.gz" | row 'M4 hourly'
fi
