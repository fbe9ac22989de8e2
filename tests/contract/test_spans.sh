#!/usr/bin/env bash
# labels: contract slow
# Totals of spans through the whole job, by every model that has them: the same bits on any number of
# ranks, also after a pause, in files that others read; and refused by the rest.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 24 --length 100
small_experiment e.yaml p.h5 'train: {batch: 8, lanes: 2, steps: 4, warmup: 1, validate_every: 2}' \
    'loss: {spans: [{lead: 2, review: 1}, {lead: 0, review: 7}]}'

sed -i 's/every: 6, keep/every: 2, keep/' e.yaml

totals_sha256() {
    local dataset
    for dataset in quantiles span_quantiles span_observed order_up_to span span_lead span_review; do
        forecast_values "$1" "$dataset"
    done | sha256sum
}

# ---- by every model, some of them also on one rank
expect_totals() {
    local bad
    bad=$(forecast_values "$1" span_quantiles | awk '
        !/^[0-9.]+(e[-+]?[0-9]+)?$/ || (NR % 9 != 1 && $1 < last) { print "line " NR ": " $1; exit }
        { last = $1 }
        END { if (NR < 24 * 2 * 9) print NR " values" }' | head -n 1)
    expect_same "$1: totals are finite and ascend" 'no complaint' "${bad:-no complaint}"
}
by_span() {
    sed -n '/by_span/,$p' "runs/$1/evaluation.json" | sha256sum
}
for model in $(all_models); do
    settings=(--set model.type="$model")
    is_of_others "$model" && settings+=(--set model.members='[runs/mqcnn, runs/seasonal_naive]')
    has_trees "$model" && settings+=(--set model.trees=5 --set model.samples=2000)
    if ! has_totals "$model"; then
        expect_exit 2 "loss.spans: $model forecasts no totals" -- \
            "$MQCAST" train e.yaml --set run.name=refused "${settings[@]}"
        expect_no_file runs/refused
        continue
    fi
    expect_exit 0 'totals of lead 0 \+ review 7' -- \
        mpi 2 "$MQCAST" run e.yaml --threads 1 --set run.name="$model" "${settings[@]}"
    expect_totals "runs/$model/forecast"
    [[ "$model" =~ ^(mqcnn|sqrf|rnn_dist|ensemble)$ ]] || continue
    expect_done "$MQCAST" run e.yaml --threads 1 --set run.name=alone --resume never "${settings[@]}"
    expect_same "$model: weights" "$(weights "runs/$model")" "$(weights runs/alone)"
    expect_same "$model: totals" "$(totals_sha256 "runs/$model/forecast")" "$(totals_sha256 runs/alone/forecast)"
    expect_same "$model: scores" "$(by_span "$model")" "$(by_span alone)"
done

# ---- a run that was interrupted goes on to the same totals
mkdir -p runs/paused/checkpoints
cp runs/mqrnn/experiment.yaml runs/paused/
cp runs/mqrnn/checkpoints/step-000000002.h5 runs/paused/checkpoints/
echo step-000000002.h5 | tee runs/paused/checkpoints/latest >runs/paused/checkpoints/best
expect_done mpi 2 "$MQCAST" run e.yaml --threads 1 --set run.name=paused --set model.type=mqrnn
expect_same 'resumed: weights' "$(weights runs/mqrnn)" "$(weights runs/paused)"
expect_same 'resumed: totals' "$(totals_sha256 runs/mqrnn/forecast)" "$(totals_sha256 runs/paused/forecast)"
expect_exit 2 "'spans: \[.*\]', the experiment now says 'spans: \[\]'" -- \
    "$MQCAST" train e.yaml --set run.name=paused --set model.type=mqrnn --set loss.spans=[]
expect_exit 2 'loss.spans: runs/mqcnn/checkpoints/.* was trained with others' -- \
    "$MQCAST" train e.yaml --set run.name=refused --set model.type=ensemble \
    --set model.members='[runs/mqcnn]' --set 'loss.spans=[{lead: 1, review: 1}]'

# ---- what a planner reads
face=runs/mqcnn/forecast/forecast.h5
expect_exit 0 'totals +lead 2 \+ review 1, lead 0 \+ review 7' -- "$MQCAST" inspect $face
expect_exit 0 'totals.csv: [0-9]+ bytes' -- "$MQCAST" export $face --totals -o totals.csv
expect_same 'columns' \
    'item_id,origin,lead,review,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,order_up_to,observed' \
    "$(head -n 1 totals.csv)"
expect_same 'rows' 49 "$(wc -l <totals.csv)"
# Holding 1, shortage 9, lost: 9 / (9 + 3), between 0.7 and 0.8, and 9 / (9 + 7), between 0.5 and 0.6.
expect_same 'costs decide the level' 48 "$(awk -F, '
    NR > 1 {
        want = $4 == 1 ? $11 + 0.5 * ($12 - $11) : $9 + 0.625 * ($10 - $9)
        d = $14 - want
        inside += d < 1e-4 * want && d > -1e-4 * want
    }
    END { print inside }' totals.csv)"
expect_exit 0 'warning: order_up_to of lead 2, review 1: level 0.95 is not among those forecast' -- \
    "$MQCAST" forecast runs/mqcnn -o served --set inventory.service_level=0.95
expect_exit 0 '' -- "$MQCAST" export served/forecast.h5 --totals -o served.csv
expect_same 'the outermost stands in' 0 "$(awk -F, 'NR > 1 { bad += $14 != $13 } END { print bad + 0 }' served.csv)"
expect_exit 2 "inventory.price: 'prise' is no number" -- \
    mpi 2 "$MQCAST" forecast runs/mqcnn -o none --set inventory.price=prise
expect_no_file none
expect_done "$MQCAST" train e.yaml --set run.name=plain --set loss.spans=[]
expect_done "$MQCAST" forecast runs/plain
expect_exit 2 'a forecast without totals' -- \
    "$MQCAST" export runs/plain/forecast/forecast.h5 --totals -o none.csv
expect_no_file none.csv
expect_exit 2 '--totals: p.h5 is no forecast' -- "$MQCAST" export p.h5 --totals -o none.csv
expect_same 'a forecast without spans has no trace of them' 0 \
    "$(h5dump -n runs/plain/forecast/forecast.h5 | grep -cE 'span|order')"

# ---- damage
overwrite() {
    printf '\xa5\x5a' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none
}
overwrite served/part-00000.h5
expect_exit 3 'part-00000.h5: its checksum does not match' -- "$MQCAST" export served/forecast.h5 --totals -o none.csv

finish
