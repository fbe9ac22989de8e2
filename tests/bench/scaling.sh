#!/usr/bin/env bash
# How a training step gains from ranks and from threads, beside what matrix products gain that run at once on as
# many cores: cores that share caches, clock or, on a virtual machine, a physical core do not double anything.
# Strong scaling: a batch of 128 on 1, 2, 4, ... cores. Weak scaling: 128 on each. Each figure is the best of ROUNDS,
# in which all settings take turns; a step is its tenth percentile, to see the program and not its neighbours.
#
#     tests/bench/scaling.sh
#     MQCAST=build/release/mqcast CORES=2 SIZE=medium BATCH=128 ROUNDS=5 SECONDS_EACH=2      the defaults
set -euo pipefail
mqcast=${MQCAST:-build/release/mqcast}
cores=${CORES:-$(nproc)} size=${SIZE:-medium} batch=${BATCH:-128} rounds=${ROUNDS:-5}
[ -x "$mqcast" ] || { echo "error: no program $mqcast: build first, or set MQCAST" >&2; exit 1; }
. "$(dirname "$0")/../../tools/environment.sh"
results=$(mktemp)
trap 'rm -f "$results"' EXIT

# measure KIND MODEL RANKS THREADS BATCH: a line of the results.
measure() {
    local json
    json=$(mpirun -q -n "$3" --bind-to none "$mqcast" bench -q --json --model "$2" --size "$size" --batch "$5" \
        --threads "$4" --seconds "${SECONDS_EACH:-2}")
    number() { sed -E "s/.*\"$1\":([-0-9.e+]*).*/\1/" <<<"$json"; }
    echo "$1 $2 $3 $4 $5 $(number p10) $(number comm_ms) $(number sgemm_gflops)" >>"$results"
}

for ((round = 0; round < rounds; round++)); do
    for model in ${MODELS:-mqrnn mqcnn mqtransformer}; do
        measure one "$model" 1 1 "$batch"
        for ((n = 2; n <= cores; n *= 2)); do
            measure strong "$model" "$n" 1 "$batch"
            measure strong "$model" 1 "$n" "$batch"
            measure weak "$model" "$n" 1 $((n * batch))
        done
    done
done

# The rate of products is that of rank 0 while all ranks multiply.
awk -v size="$size" '
    {
        key = $1 " " $2 " " $3 " x " $4
        if (!(key in step)) { order[++n] = key; model[key] = $2; ranks[key] = $3; cores[key] = $3 * $4; batch[key] = $5 }
        if (!(key in step) || $6 < step[key]) { step[key] = $6; comm[key] = $7 }
        if ($8 > rate[$3]) rate[$3] = $8
        if ($1 == "one" && (!($2 in base) || $6 / $5 < base[$2])) base[$2] = $6 / $5
        if (!(key in worst) || $6 > worst[key]) worst[key] = $6
    }
    END {
        print "| " size " | batch | ranks x threads | step, ms | spread | series/s gained | products gain | share | waiting for sums |"
        print "|---|---|---|---|---|---|---|---|---|"
        for (i = 1; i <= n; i++) {
            key = order[i]
            split(key, part, " ")
            gain = base[model[key]] * batch[key] / step[key]
            products = cores[key] * rate[cores[key]] / rate[1]
            printf "| %s | %d | %s x %s | %.1f | +%.0f %% | %.2f | %.2f | %.0f %% | %.1f %% |\n", model[key], batch[key],
                part[3], part[5], step[key], 100 * (worst[key] / step[key] - 1), gain, products,
                100 * gain / products, 100 * comm[key] / step[key]
        }
    }' "$results"
