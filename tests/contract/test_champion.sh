#!/usr/bin/env bash
# labels: contract slow
# A champion takes each product's forecast from the member that was best at the validation origins:
# here a season of 7 repeats in one category and a season of 5 in the other.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN {
    print "item_id,timestamp,target,kind"
    for (i = 0; i < 40; i++)
        for (t = 0; t < 120; t++) {
            season = i < 30 ? 7 : 5
            printf "p%02d,%s,%d,%s\n", i, strftime("%F", 86400 * (19000 + t), 1), \
                10 + i + 6 * ((t + i) % season), i < 30 ? "week" : "five"
        }
}' >p.csv
printf 'frequency: daily\nstatic: [kind]\n' >p.yaml
expect_done "$MQCAST" import csv p.csv --schema p.yaml -o p.h5
small_experiment e.yaml p.h5
for season in 7 5; do
    expect_done "$MQCAST" train e.yaml -q --set run.name=s$season --set model.type=seasonal_naive \
        --set data.season=$season
    expect_done "$MQCAST" forecast runs/s$season
done
cp e.yaml champion.yaml
echo 'model: {type: champion, members: [runs/s7, runs/s5], by: kind, min_targets: 70}' >>champion.yaml
sed -i 's/name: small/name: best/' champion.yaml
# values RUN FIRST PRODUCTS: what it forecasts for them
values() {
    forecast_values "$1/forecast" quantiles | tail -n +$((1 + $2 * per_product)) | head -n $(($3 * per_product)) | sha256sum
}
per_product=$((7 * 9))

# ---- by category: every product gets its own season, on any number of ranks
expect_exit 0 'mean_wQL' -- mpi 3 "$MQCAST" run champion.yaml
expect_same 'products of seven' "$(values runs/s7 0 30)" "$(values runs/best 0 30)"
expect_same 'products of five' "$(values runs/s5 30 10)" "$(values runs/best 30 10)"
expect_same 'the members differ' differ "$([ "$(values runs/s7 0 30)" = "$(values runs/s5 0 30)" ] || echo differ)"
expect_done "$MQCAST" train champion.yaml -q --set run.name=alone
expect_same 'one rank and three' "$(weights runs/best)" "$(weights runs/alone)"

# ---- one for all: that of the larger part
expect_done "$MQCAST" run champion.yaml -q --set run.name=one --set model.by=
expect_same 'one champion' "$(values runs/s7 0 40)" "$(values runs/one 0 40)"

# ---- too few targets to choose by
expect_done "$MQCAST" run champion.yaml -q --set run.name=few --set model.min_targets=71
expect_same 'a category of 70 targets' "$(values runs/s7 30 10)" "$(values runs/few 30 10)"

# ---- a loss that no sum can hold wins nothing
awk 'BEGIN {
    print "item_id,timestamp,target"
    for (i = 0; i < 5; i++)
        for (t = 0; t < 120; t++)
            printf "p%d,%s,%s\n", i, strftime("%F", 86400 * (19000 + t), 1), t % 7 < 3 ? "1e15" : "0"
}' >huge.csv
expect_done "$MQCAST" import csv huge.csv -o huge.h5
for season in 7 5; do
    expect_done "$MQCAST" train e.yaml -q --set data.panel=huge.h5 --set run.name=huge$season \
        --set model.type=seasonal_naive --set data.season=$season
done
expect_exit 0 'huge7/.*: 1 of 1 segments' -- "$MQCAST" train champion.yaml --set data.panel=huge.h5 \
    --set run.name=huge --set data.validation=4 --set model.by= --set 'model.members=[runs/huge5, runs/huge7]'

# ---- refused
expect_done "$MQCAST" train e.yaml -q --set run.name=late --set data.validation=0 --set evaluate.origins=1 \
    --set train.steps=1 --set train.batch=8
expect_everywhere 2 'model.members: runs/late/.* was trained on targets to choose by' -- \
    train champion.yaml --set run.name=refused --set 'model.members=[runs/s7, runs/late]'
expect_everywhere 2 'loss.quantiles: runs/late/.* knows' -- train champion.yaml --set run.name=refused \
    --set 'model.members=[runs/s7, runs/late]' --set 'loss.quantiles=[0.2,0.7]' \
    --set 'forecast.levels=[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9]' \
    --set 'evaluate.levels=[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9]'

expect_everywhere 2 "model.by: 'color' is none of the static categories" -- \
    train champion.yaml --set run.name=refused --set model.by=color
expect_everywhere 2 'data.validation: a champion is chosen at validation origins' -- \
    train champion.yaml --set run.name=refused --set data.validation=0

finish
