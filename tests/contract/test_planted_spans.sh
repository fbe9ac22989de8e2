#!/usr/bin/env bash
# labels: contract slow
# Demand whose totals are known in closed form: quantiles of totals are found, and sums of quantiles are
# as wrong as they must be.
. "$(dirname "$0")/lib.sh"

# y = level (1 + a / 10) with a_t = 0.6 a_{t-1} + e_t, e normal. Seen from t, seven periods on:
#   of one period h  deviation sqrt((1 - 0.36^h) / 0.64); seven of them add up to 8.37
#   of the total     deviation sqrt(sum_k ((1 - 0.6^k) / 0.4)^2, k = 1..7) = 5.39
# So summed quantiles are 8.37 / 5.39 = 1.55 times too far out: 0.9 covers Phi(1.55 1.2816) = 0.977. The
# least mean_wQL of the total is 2 (0.1 5.39 / 7) mean(phi(z)) = 0.0475, mean(phi(z)) = 0.3087 over 0.1 .. 0.9.
awk 'BEGIN {
    srand(7)
    print "item_id,timestamp,target"
    for (item = 0; item < 64; item++) {
        level = 20 * exp(2 * rand())
        a = 0
        for (day = 0; day < 220; day++) {
            a = 0.6 * a + sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand())
            printf "p%02d,%s,%.4f\n", item, strftime("%Y-%m-%d", 1704067200 + 86400 * day, 1), level * (1 + a / 10)
        }
    }
}' /dev/null >planted.csv
expect_done "$MQCAST" import csv planted.csv -o planted.h5

# score ANSWER KEY [LIST]: of the span's scores or summed_quantiles; KEY of LIST, coverage for instance
score() {
    awk -v answer="\"$1\"" -v key="\"$2\":" -v list="\"${3:-$2}\"" '
        /"by_span"/ { is_span = 1 }
        is_span && index($0, answer) { is_answer = 1 }
        is_answer && index($0, list) { is_list = 1 }
        is_list && $1 == key { sub(",", "", $2); print $2; exit }' "runs/$run/evaluation.json"
}
expect_between() {
    expect_same "$run: $1: $3 between $2 and $4" yes \
        "$(awk -v low="$2" -v x="$3" -v high="$4" 'BEGIN { print low <= x && x <= high ? "yes" : "no" }')"
}

for run in mqcnn sqrf; do
    small_experiment e.yaml planted.h5 "model: {type: $run}" 'loss: {spans: [{lead: 3, review: 4}]}' \
        'train: {batch: 32, lanes: 4, steps: 300, lr: 0.005, warmup: 20, validate_every: 0}'
    sed -i "s/name: small/name: $run/; s/every: 6, keep: 100/every: 300, keep: 1/; s/origins: 2, stride: 7/origins: 8/" e.yaml
    trees=()
    has_trees $run && trees=(--set model.trees=20 --set model.samples=8000)
    expect_exit 0 'summed \(wrong\)' -- mpi 2 "$MQCAST" run e.yaml -q "${trees[@]}"
    # 8 origins of 64 products: a share has a deviation of 0.02.
    for level in 0.1 0.3 0.5 0.7 0.9; do
        expect_between "coverage of $level" "$(awk -v x=$level 'BEGIN { print x - 0.08 }')" \
            "$(score scores $level coverage)" "$(awk -v x=$level 'BEGIN { print x + 0.08 }')"
    done
    expect_between 'mean_wQL of the total' 0.043 "$(score scores mean_wQL)" 0.060
    expect_between 'summed quantiles: 0.9 covers too much' 0.93 "$(score summed_quantiles 0.9 coverage)" 1
    expect_between 'summed quantiles: 0.1 covers too little' 0 "$(score summed_quantiles 0.1 coverage)" 0.07
done

finish
