#!/usr/bin/env bash
# labels: contract slow
# A policy trains with the same bits on any number of ranks and threads, goes on where it was stopped, and is not
# taken for a forecaster.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 "$short_training" 'model: {type: policy, channels: 8, dilations: 3, hidden: 8, joint: 8}' \
    'inventory: {lead: 2, delays: [3, 1], shortage: 4, warmup: 4}'

# train_in DIRECTORY RANKS THREADS SETTING...
train_in() {
    local in=$1 ranks=$2 threads=$3
    shift 3
    expect_exit 0 'valid cost' -- mpi "$ranks" "$MQCAST" train e.yaml --threads "$threads" --set run.dir="$in" "$@"
}
for how in '' '--set inventory.unmet=waits --set inventory.review=3 --set inventory.price=2'; do
    rm -rf one other
    # shellcheck disable=SC2086 # words
    train_in one 1 1 $how
    for world in '1 2' '2 1' '3 1'; do
        rm -rf other
        # shellcheck disable=SC2086
        train_in other $world $how
        expect_same_run "${world/ /x} $how" one/small other/small
    done
done

# Stopped after a step, gone on by others; a run's replay is settled, what simulate alone reads is free.
replay=(--set inventory.unmet=waits --set inventory.review=3 --set inventory.price=2)
rm -rf other
expect_exit 75 '' -- mpi 2 "$MQCAST" train e.yaml --max-time 0.001s --set run.dir=other "${replay[@]}"
expect_exit 2 'unmet: waits' -- "$MQCAST" train e.yaml --set run.dir=other
expect_exit 2 'shortage' -- "$MQCAST" train e.yaml --set run.dir=other "${replay[@]}" --set inventory.shortage=5
expect_done mpi 3 "$MQCAST" train e.yaml --set run.dir=other "${replay[@]}" --set inventory.resamples=10
expect_same_run 'stopped and gone on' one/small other/small
expect_exit 0 'valid cost' -- "$MQCAST" inspect "$(newest one/small)"
expect_same 'a best one' yes "$([ -s one/small/checkpoints/best ] && echo yes)"

# Before it has learned anything its orders do not grow with the stock that they make: long windows train at once.
expect_done "$MQCAST" synth -o long.h5 --series 50 --length 250 --demand poisson --mean 5
printf '%s\n' 'version: 1' 'run: {name: long}' 'data: {panel: long.h5, context: 150, horizon: 14}' 'model: {type: policy}' \
    'inventory: {lead: 4, holding: 1, shortage: 9, warmup: 20}' >long.yaml
expect_done mpi 2 "$MQCAST" train long.yaml --set train.steps=2

# Orders are no forecasts.
hint='mqcast policy'
expect_exit 2 'gives orders' -- mpi 2 "$MQCAST" forecast one/small
expect_hint "$hint"
expect_exit 2 'gives orders' -- mpi 2 "$MQCAST" evaluate one/small
expect_hint "$hint"
expect_exit 2 'gives orders' -- mpi 2 "$MQCAST" run e.yaml --set run.dir=never
expect_hint "$hint"
sed 's|^model:.*|model: {type: ensemble, members: [one/small]}|; s|runs|never|' e.yaml >of.yaml
expect_exit 2 'gives orders' -- "$MQCAST" train of.yaml
expect_no_file one/small/forecast
expect_no_file one/small/evaluation.json
expect_exit 0 '' -- "$MQCAST" report one/small
expect_exit 0 '' -- "$MQCAST" check e.yaml

# What a policy cannot learn from.
expect_exit 2 'inventory.holding' -- mpi 2 "$MQCAST" train e.yaml --set run.dir=never --set inventory.holding=price
expect_hint 'one price'
expect_exit 2 'inventory.cost' -- "$MQCAST" train e.yaml --set run.dir=never --set inventory.cost=-1
expect_exit 2 'inventory.warmup' -- "$MQCAST" train e.yaml --set run.dir=never --set inventory.warmup=28
expect_hint 'data.context'
expect_exit 2 'data.transform' -- "$MQCAST" train e.yaml --set run.dir=never --set data.transform=log1p
expect_same 'no run was begun' no "$([ -e never ] && echo yes || echo no)"

finish
