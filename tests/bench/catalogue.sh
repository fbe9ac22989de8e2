#!/usr/bin/env bash
# A large catalogue from end to end: made, trained on for a while, forecast and published, and a
# rolling backtest on a part of it. Prints a table in markdown; memory is that of the largest rank.
#
#     SERIES=1000000 RANKS=2 tests/bench/catalogue.sh
#
# Also LENGTH (104 weeks), HORIZON (13), STEPS (2000), MODEL (mqcnn), ORIGINS (52), DIR (a new one in
# TMPDIR) and MQCAST. The page cache is dropped before each row where that is permitted.
set -euo pipefail
cd "$(dirname "$0")/../.."
mqcast=${MQCAST:-build/release/mqcast}
series=${SERIES:-1000000} ranks=${RANKS:-2} length=${LENGTH:-104} horizon=${HORIZON:-13}
steps=${STEPS:-2000} model=${MODEL:-mqcnn} origins=${ORIGINS:-52}
[ -x "$mqcast" ] || { echo "error: no program $mqcast: build first, or set MQCAST" >&2; exit 1; }
[ -x /usr/bin/time ] || { echo "error: /usr/bin/time is missing (package time)" >&2; exit 1; }
unset OPENBLAS_CORETYPE
dir=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/mqcast-catalogue-XXXXXX")
trap 'rm -rf "$dir"' EXIT

drop_caches() {
    sync
    echo 3 2>/dev/null >/proc/sys/vm/drop_caches || true
}

# row NAME PRODUCTS RANKS ARGUMENTS of mqcast...: runs it and prints a line of the table.
row() {
    local name=$1 products=$2 n=$3
    shift 3
    drop_caches 2>/dev/null
    if ! /usr/bin/time -f '%e %U %S %M' -o "$dir/time" \
        mpirun -q --oversubscribe -n "$n" "$mqcast" "$@" >"$dir/log" 2>&1; then
        cat "$dir/log" >&2
        exit 1
    fi
    awk -v name="$name" -v products="$products" '{
        printf "| %s | %.1f | %.1f | %.0f | %.0f |\n", name, $1, $2 + $3, products / $1, $4 / 1024
    }' "$dir/time"
}

# experiment NAME PANEL: one that trains $steps steps.
experiment() {
    cat >"$dir/$1.yaml" <<EOF
version: 1
run: {name: $1, dir: $dir/runs}
data: {panel: $2, context: $length, horizon: $horizon}
model: {type: $model}
train: {steps: $steps, validate_every: 0}
evaluate: {origins: 1}
EOF
    echo "$dir/$1.yaml"
}

part=$((series / 20 > 1000 ? series / 20 : 1000))
echo "$series weekly products of up to $length periods, $model, $ranks ranks; backtest: $part products"
echo
echo "| | seconds | CPU seconds | series/s | peak RSS of a rank, MiB |"
echo "|---|---|---|---|---|"
catalogue="--length $length --ahead $horizon --frequency weekly"
# shellcheck disable=SC2086
row synth "$series" "$ranks" synth -o "$dir/all.h5" --series "$series" $catalogue
row "train, $steps steps" "$((64 * steps))" "$ranks" \
    train "$(experiment all "$dir/all.h5")" --threads 1
row "forecast, last origin" "$series" "$ranks" forecast "$dir/runs/all" --threads 1
# shellcheck disable=SC2086
"$mqcast" synth -q -o "$dir/part.h5" --series "$part" $catalogue
for n in 1 "$origins"; do
    row "backtest, $n origins" "$part" "$ranks" evaluate "$dir/runs/all" --data "$dir/part.h5" \
        --threads 1 --set evaluate.origins="$n" --set evaluate.stride=1
done
echo
printf 'panel %s, forecast %s; the steps waited for data ' \
    "$(du -h "$dir/all.h5" | cut -f1)" "$(du -sh "$dir/runs/all/forecast" | cut -f1)"
sed -E 's/.*"wait_data_s":([^,]*),.*"time_s":([^,}]*).*/\1 \2/' "$dir/runs/all/log.jsonl" |
    awk '{waited += $1; took = $2} END {printf "%.2f s, %.2f %% of training\n", waited, 100 * waited / took}'
