#!/usr/bin/env bash
# labels: contract slow
# On data whose answer is known, a short training finds it: the week, the announced promotions, and
# the width of the noise, none of which seasonal naive knows together.
. "$(dirname "$0")/lib.sh"

# y = level * week(day) * (3 on promotion days) * noise, with noise lognormal of sigma 0.2: the best
# quantile is its median times exp(0.2 z(tau)), whatever the day.
awk 'BEGIN {
    srand(7)
    print "item_id,timestamp,target,promotion"
    split("0.6 0.7 0.8 1.0 1.3 1.6 1.0", week, " ")
    for (item = 0; item < 64; item++) {
        level = 5 * exp(2 * rand())
        for (day = 0; day < 200; day++) {
            promoted = rand() < 0.15
            noise = exp(0.2 * sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()))
            y = level * week[day % 7 + 1] * (promoted ? 3 : 1) * noise
            date = strftime("%Y-%m-%d", 1704067200 + 86400 * day, 1)
            if (day < 190) printf "p%02d,%s,%.4f,%d\n", item, date, y, promoted
            else printf "p%02d,%s,,%d\n", item, date, promoted
        }
    }
}' /dev/null >planted.csv
printf 'known: [promotion]\n' >schema.yaml
expect_exit 0 'planted.h5' -- "$MQCAST" import csv planted.csv --schema schema.yaml -o planted.h5
small_experiment e.yaml planted.h5 \
    'train: {batch: 32, lanes: 4, steps: 400, lr: 0.005, warmup: 20, validate_every: 0}'
sed -i 's/every: 6, keep: 100/every: 400, keep: 1/; s/origins: 2/origins: 4/' e.yaml
expect_exit 0 'mean_wQL' -- mpi 2 "$MQCAST" run e.yaml -q

# score KEY: of the model, and of seasonal naive below it
score() {
    sed -nE "s/^ *\"$1\": ([-0-9.e]+),?$/\1/p" runs/small/evaluation.json
}
expect_between() {
    expect_same "$1: $3 between $2 and $4" yes \
        "$(awk -v low="$2" -v x="$3" -v high="$4" 'BEGIN { print low <= x && x <= high ? "yes" : "no" }')"
}
model=$(score mean_wQL | head -n 1)
naive=$(score mean_wQL | tail -n 1)
# The least loss at a level is sigma phi(z(tau)) for noise near normal: mean_wQL = 2 sigma mean(phi) = 0.124.
expect_between 'near the best that is possible' 0.11 "$model" 0.15
expect_between 'half of seasonal naive' 0 "$model" "$(awk -v x="$naive" 'BEGIN { print x / 2 }')"
for level in 0.1 0.3 0.5 0.7 0.9; do
    expect_between "coverage of $level" "$(awk -v x=$level 'BEGIN { print x - 0.15 }')" \
        "$(score "$level" | sed -n 2p)" "$(awk -v x=$level 'BEGIN { print x + 0.15 }')"
done

finish
