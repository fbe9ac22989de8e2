#!/usr/bin/env bash
# Tables of results of tests/bench/steps/run.sh. Of two, the ratio NEW / OLD of the step's time in units of a 1024^3
# product timed in the same process, so that a slower or a busier machine does not look like a slower program.
#
#     tests/bench/steps/compare.sh NEW.jsonl
#     tests/bench/steps/compare.sh OLD.jsonl NEW.jsonl
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: tests/bench/steps/compare.sh [OLD.jsonl] NEW.jsonl" >&2; exit 2; }

awk -v files=$# '
    function text(key) { match($0, "\"" key "\":\"[^\"]*\""); return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 5) }
    function number(key) { match($0, "\"" key "\":[-0-9.e+]*"); return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 }
    FNR == 1 { file++ }
    {
        name = text("model") " " text("size") " " number("batch")
        if (file == files) order[++n] = name
        best[file, name] = number("p10")
        share[file, name] = number("gflops") / number("sgemm_gflops")
        products[file, name] = number("p10") * number("sgemm_gflops")
        rate[file, name] = number("train_series_per_s")
    }
    END {
        if (files == 1) print "| model, size, batch | step, ms (p10) | series/s | share of sgemm |\n|---|---|---|---|"
        else print "| model, size, batch | old, ms | new, ms | new / old |\n|---|---|---|---|"
        for (i = 1; i <= n; i++) {
            name = order[i]
            if (files == 1) printf "| %s | %.1f | %.0f | %.0f %% |\n", name, best[1, name], rate[1, name], 100 * share[1, name]
            else if (products[1, name] > 0)
                printf "| %s | %.1f | %.1f | %.2f |\n", name, best[1, name], best[2, name], products[2, name] / products[1, name]
        }
    }' "$@"
