#!/usr/bin/env bash
# labels: contract slow
# Stock replayed under policies, tuned and fed by forecasts: the same bytes on any ranks and threads.
. "$(dirname "$0")/lib.sh"

# ---- the same bytes
expect_done "$MQCAST" synth -o panel.h5 --series 60 --length 90
small_experiment small.yaml panel.h5 'model: {type: seasonal_naive}' "$short_training" \
    'inventory: {lead: 1, delays: [3, 1], review: 2, holding: 0.1, price: base_price, cost: price, warmup: 5, resamples: 50}'
sed -i 's/stride: 7}/stride: 7, by: category}/' small.yaml
expect_done "$MQCAST" train small.yaml --set run.name=naive
expect_done "$MQCAST" train small.yaml --set run.name=net --set model.type=mqcnn --set model.channels=8
expect_done "$MQCAST" train small.yaml --set run.name=policy --set model.type=policy --set model.channels=8 \
    --set inventory.price=5 --set inventory.cost=3
for tuned_for in product catalogue; do
    simulate() {
        local name=$1
        shift
        expect_done "$@" "$MQCAST" simulate small.yaml --run runs/naive --run runs/net --run runs/policy -o "$name.json" \
            --threads "$threads" --set inventory.tuned_for=$tuned_for
        expect_same "$tuned_for: $name" "$(sha256sum <one.json)" "$(sha256sum <"$name.json")"
    }
    threads=1
    simulate one env
    simulate two mpi 2
    simulate three mpi 3
    threads=2
    simulate threads env
    simulate both mpi 2
done
expect_same 'six policies, of which newsvendor is fed twice' 7 "$(grep -c '"policy": ' one.json)"
expect_same 'runs of forecasts' 2 "$(grep -c '"mean_wQL": [0-9]' one.json)"

finish
