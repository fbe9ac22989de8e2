#!/usr/bin/env bash
# labels: contract slow
# Forests on data whose answer is known: the noise of one kind of products is four times that of the
# other, and products without history are forecast as their kind sells.
. "$(dirname "$0")/lib.sh"

# y = level * noise, level 4 or 40 by kind, noise lognormal of sigma 0.1 or 0.4 by another category
# that says nothing of the level. The last eight products have never been sold.
awk 'BEGIN {
    srand(11)
    print "item_id,timestamp,target,kind,mood"
    for (item = 0; item < 64; item++) {
        kind = item % 2 ? "big" : "small"
        mood = int(item / 2) % 2 ? "calm" : "wild"
        for (day = 0; day < 120; day++) {
            normal = sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand())
            y = (kind == "big" ? 40 : 4) * exp((mood == "wild" ? 0.4 : 0.1) * normal)
            date = strftime("%F", 1704067200 + 86400 * day, 1)
            if (item < 56) printf "p%02d,%s,%.4f,%s,%s\n", item, date, y, kind, mood
            else if (day == 119) printf "p%02d,%s,,%s,%s\n", item, date, kind, mood
        }
    }
}' >p.csv
printf 'static: [kind, mood]\n' >p.yaml
expect_done "$MQCAST" import csv p.csv --schema p.yaml -o p.h5
small_experiment e.yaml p.h5

# quantile RUN PRODUCT LEVEL: mean over horizons; of 9 levels
quantile() {
    forecast_values "$1/forecast" quantiles |
        awk -v from="$(($2 * 63))" -v level="$3" 'NR > from && NR <= from + 63 && (NR - 1) % 9 == level { s += $1 } END { print s / 7 }'
}
# expect_ratio 'what' LOW X Y HIGH: X / Y is between
expect_ratio() {
    expect_same "$1: $3 / $4 between $2 and $5" yes \
        "$(awk -v low="$2" -v x="$3" -v y="$4" -v high="$5" 'BEGIN { print (y > 0 && low * y <= x && x <= high * y) ? "yes" : "no" }')"
}

expect_exit 0 'mean_wQL' -- mpi 3 "$MQCAST" run e.yaml --set model.type=sqrf --set model.trees=30 --set run.name=sqrf
run=runs/sqrf
# Quantiles 0.1 and 0.9 of the noise are exp(2.563 sigma) apart: 1.29 calm, 2.79 wild.
expect_ratio 'wild and big' 2.3 "$(quantile $run 1 8)" "$(quantile $run 1 0)" 3.3
expect_ratio 'wild and small' 2.3 "$(quantile $run 0 8)" "$(quantile $run 0 0)" 3.3
expect_ratio 'calm and big' 1.15 "$(quantile $run 3 8)" "$(quantile $run 3 0)" 1.5
expect_ratio 'median of big' 0.9 "$(quantile $run 3 4)" 40 1.1
expect_ratio 'median of small' 0.9 "$(quantile $run 2 4)" 4 1.1
for cold in 56 58 60 62; do
    expect_ratio "cold: big beside small" 5 "$(quantile $run $((cold + 1)) 4)" "$(quantile $run $cold 4)" 15
done

# A point forecast is the same at every level.
expect_exit 0 'mean_wQL' -- mpi 2 "$MQCAST" run e.yaml --set model.type=forest --set model.trees=30 --set run.name=forest
expect_same 'one value at all levels' "$(quantile runs/forest 3 0)" "$(quantile runs/forest 3 8)"
expect_ratio 'mean of big' 0.9 "$(quantile runs/forest 3 4)" 40 1.1

# ---- refused
expect_everywhere 2 'model.leaf_values' -- train e.yaml --set model.type=sqrf --set model.leaf_values=17
expect_everywhere 2 'model.bins' -- train e.yaml --set model.type=forest --set model.bins=1

finish
