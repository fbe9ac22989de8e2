#!/usr/bin/env bash
# labels: contract slow
# MQTransformer's attentions find what was planted for them, and without them nothing else does.
# Bounds leave room: what was measured over three seeds stands beside each.
. "$(dirname "$0")/lib.sh"

normal='function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
function date(day) { return strftime("%Y-%m-%d", 1704067200 + 86400 * day, 1) }'

# experiment NAME CONTEXT HORIZON STEPS MODEL EVALUATE: on the panel NAME.h5
experiment() {
    cat >"$1.yaml" <<EXPERIMENT
version: 1
run:        {name: $1, dir: runs, seed: 1}
data:       {panel: $1.h5, context: $2, horizon: $3, calendar: false, scaling: mean, lags: []}
model:      {type: mqtransformer, $5}
train:      {batch: 32, lanes: 4, steps: $4, lr: 0.01, warmup: 20, validate_every: 0}
checkpoint: {every: $4, keep: 1}
evaluate:   {$6}
EXPERIMENT
}

# expect_below 'what' GOT FACTOR OTHER: got < factor * other
expect_below() {
    expect_same "$1: $2 below $3 of $4" yes "$(awk -v x="$2" -v factor="$3" -v other="$4" \
        'BEGIN { print (x > 0 && x < factor * other ? "yes" : "no") }')"
}

# ---- an announced event, some 45 days after the last one, multiplies demand by a factor that is the
# product's own: 2 to 8, drawn once. Three convolutions see 8 days; what the last event did to this
# product can only be looked up, by a query that resembles its date. Scaling by the deviation would tell
# of it: one large day among sixty.
awk "$normal"'
BEGIN {
    srand(11)
    print "item_id,timestamp,target,event"
    for (item = 0; item < 128; item++) {
        level = 5 * exp(2 * rand())
        lift = 2 * 4 ^ rand()
        coming = int(56 * rand())
        for (day = 0; day < 320; day++) {
            event = day == coming
            if (event) coming += 32 + int(25 * rand())
            y = level * (event ? lift : 1) * exp(0.2 * normal())
            printf "p%03d,%s,%s,%d\n", item, date(day), day < 310 ? sprintf("%.4f", y) : "", event
        }
    }
}' >event.csv </dev/null
printf 'known: [event]\n' >schema.yaml
expect_exit 0 'event.h5' -- "$MQCAST" import csv event.csv --schema schema.yaml -o event.h5
experiment event 64 5 1500 'dilations: 3, self_attention: false' 'origins: 12, stride: 5'

# losses RUN: mean_wQL over the evaluation span, on days of events and on others
losses() {
    expect_done "$MQCAST" forecast "$1" -q --origins 12/5 -o "$1/rolling"
    expect_done "$MQCAST" export "$1/rolling/forecast.h5" -o "$1/rolling.csv"
    awk -F, '
        NR == FNR { event[$1, $2] = $4; next }
        FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        $column["observed"] != "" {
            y = $column["observed"]
            is_event = event[$column["item_id"], $column["date"]]
            volume[is_event] += y
            for (q = 1; q < 10; q++) {
                miss = y - $column["q0." q]
                loss[is_event] += 2 * (miss > 0 ? q * miss : (q - 10) * miss) / 90
            }
        }
        END { print loss[1] / volume[1], loss[0] / volume[0] }' event.csv "$1/rolling.csv"
}
expect_done "$MQCAST" train event.yaml -q --set run.name=looks
expect_done "$MQCAST" train event.yaml -q --set run.name=does_not --set model.cross_attention=false
read -r looks_event looks_other <<<"$(losses runs/looks)"
read -r blind_event blind_other <<<"$(losses runs/does_not)"
# 0.151 0.152 0.171 against 0.259 0.265 0.264; the noise alone costs 0.124, and it is twice in what
# is known of the factor: in the last event and in this one.
expect_below 'events with attention over the past' "$looks_event" 0.75 "$blind_event"
# 0.122 against 0.123: other days need no looking up.
expect_below 'other days with' "$looks_other" 1.05 "$blind_other"
expect_below 'other days without' "$blind_other" 1.05 "$looks_other"

# ---- a slow level under heavy noise, and an encoder that sees two days: each day's forecasts jump
# with its noise. The contexts of earlier forks for the same date know the days before.
awk "$normal"'
BEGIN {
    srand(5)
    print "item_id,timestamp,target"
    for (item = 0; item < 96; item++) {
        base = 1 + 2 * rand()
        level = 0.8 * normal()
        for (day = 0; day < 240; day++) {
            printf "p%02d,%s,%.4f\n", item, date(day), exp(base + level + 0.5 * normal())
            level = 0.99 * level + 0.8 * sqrt(1 - 0.99 ^ 2) * normal()
        }
    }
}' >level.csv </dev/null
expect_exit 0 'level.h5' -- "$MQCAST" import csv level.csv -o level.h5
experiment level 48 10 400 'dilations: 1, cross_attention: false' 'origins: 12, stride: 1'

# score NAME KEY [SETTING]: of the run
score() {
    "$MQCAST" evaluate "runs/$1" -q --json ${3:+--set "$3"} |
        sed -nE "/^ \"scores\"/,/^ }/s/^  \"$2\": ([-0-9.e]+),?$/\1/p"
}
expect_done "$MQCAST" train level.yaml -q --set run.name=revises
expect_done "$MQCAST" train level.yaml -q --set run.name=jumps --set model.self_attention=false
# sEV 0.039 0.041 0.039 against 0.067 0.065 0.070; mean_wQL 0.368 0.368 0.370 against 0.374.
expect_below 'sEV with self-attention' "$(score revises sEV)" 0.75 "$(score jumps sEV)"
expect_below 'mean_wQL with self-attention' "$(score revises mean_wQL)" 1 "$(score jumps mean_wQL)"
expect_below 'sEV of averages over four origins' "$(score jumps sEV evaluate.average=4)" 0.75 \
    "$(score jumps sEV)"

finish
