#!/usr/bin/env bash
# labels: contract slow
# Drawn paths know how uncertainty grows: on data with one-step answers that are known, quantiles of
# rnn_dist a week ahead are near the best that is possible.
. "$(dirname "$0")/lib.sh"

# planted NAME LIKELIHOOD SCRIPT: 96 products of 200 days; the script sets y from level and state x.
planted() {
    awk 'BEGIN {
        srand(11)
        print "item_id,timestamp,target"
        for (item = 0; item < 96; item++) {
            level = 4 * exp(2 * rand())
            x = 0
            for (day = 0; day < 200; day++) {
                '"$3"'
                printf "p%02d,%s,%.4f\n", item, strftime("%Y-%m-%d", 1704067200 + 86400 * day, 1), y
            }
        }
    }
    function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
    function poisson(rate, n, p) {
        for (p = rand(); p > exp(-rate); n++) p *= rand()
        return n + 0
    }' /dev/null >"$1.csv"
    expect_exit 0 "$1.h5" -- "$MQCAST" import csv "$1.csv" -o "$1.h5"
    small_experiment "$1.yaml" "$1.h5" "model: {type: rnn_dist, hidden: 16, likelihood: $2, samples: 200}" \
        'train: {batch: 32, lanes: 4, steps: 600, lr: 0.005, warmup: 20, validate_every: 0}'
    sed -i "s/name: small/name: $1/; s/every: 6, keep: 100/every: 600, keep: 1/; s/origins: 2/origins: 6/; s/context: 28/context: 84/" "$1.yaml"
    expect_exit 0 'mean_wQL' -- mpi 2 "$MQCAST" run "$1.yaml" -q
}
score() {
    sed -nE "s/^ *\"$2\": ([-0-9.e]+),?$/\1/p" "runs/$1/evaluation.json"
}
# expect_near 'what' LEAST GOT MOST
expect_near() {
    expect_same "$1: $3 between $2 and $4" yes \
        "$(awk -v low="$2" -v x="$3" -v high="$4" 'BEGIN { print low <= x && x <= high ? "yes" : "no" }')"
}
# expect_coverage NAME: of every level, over all horizons.
expect_coverage() {
    local level
    for level in 0.1 0.3 0.5 0.7 0.9; do
        expect_near "$1: coverage of $level" "$(awk -v x=$level 'BEGIN { print x - 0.06 }')" \
            "$(score "$1" "$level" | sed -n 2p)" "$(awk -v x=$level 'BEGIN { print x + 0.06 }')"
    done
}

# An AR(1): h days ahead its deviation is 0.1 level sqrt((1 - 0.64^h) / 0.36), so the least mean_wQL
# is 2 mean(phi(z)) mean_h(deviation) = 0.0886; who knows only the stationary one has 0.1029.
planted ar gaussian 'x = 0.8 * x + normal(); y = 10 * level * (1 + 0.1 * x)'
expect_near 'AR(1), near the best that is possible' 0.083 "$(score ar mean_wQL | head -n 1)" 0.097
expect_coverage ar

# A Poisson demand whose rate is gamma of shape 2: the negative binomial of alpha 0.5. Its least
# mean_wQL from its probabilities, product by product.
planted counts negative_binomial 'x = -0.5 * log((1 - rand()) * (1 - rand())); y = poisson(level * x)'
least=$(awk -F, 'NR > 1 { sum[$1] += $3; n[$1]++ }
    END {
        for (item in sum) {
            mean = sum[item] / n[item]
            total += mean
            for (q = 0.1; q < 0.95; q += 0.1) {
                p = (2 / (2 + mean)) ^ 2
                below = 0
                for (at = 0; below + p < q; at++) {
                    below += p
                    p *= (at + 2) / (at + 1) * mean / (2 + mean)
                }
                p = (2 / (2 + mean)) ^ 2
                for (y = 0; y < 1000; y++) {
                    loss += p * (y < at ? (1 - q) * (at - y) : q * (y - at)) / 9
                    p *= (y + 2) / (y + 1) * mean / (2 + mean)
                }
            }
        }
        print 2 * loss / total
    }' counts.csv)
expect_near 'counts, near the best that is possible' "$(awk -v x="$least" 'BEGIN { print 0.94 * x }')" \
    "$(score counts mean_wQL | head -n 1)" "$(awk -v x="$least" 'BEGIN { print 1.06 * x }')"
expect_coverage counts

finish
