#!/usr/bin/env bash
# mqcast policy from outside: trained, replayed, and again without training; what it refuses.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 40 series' -- "$MQCAST" synth -o p.h5 --series 40 --length 120 --demand poisson --mean 5
cat >order.yaml <<EOF
version: 1
run: {name: order, dir: runs}
data: {panel: p.h5, context: 28, horizon: 7}
model: {type: policy}
train: {steps: 12, validate_every: 6, batch: 16}
evaluate: {origins: 2, stride: 7}
inventory: {lead: 1, shortage: 4, resamples: 20, policies: [base_stock, learned, perfect]}
EOF
expect_exit 0 '^learned +order ' -- "$MQCAST" policy order.yaml
expect_file runs/order/checkpoints/step-000000012.h5
expect_file runs/order/simulation.json
cp runs/order/simulation.json first.json
cp runs/order/log.jsonl log.jsonl

# ---- again: nothing is left to train, and two ranks count alike
expect_exit 0 '^learned +order ' -- mpi 2 "$MQCAST" policy order.yaml
checks=$((checks + 2))
cmp -s log.jsonl runs/order/log.jsonl || complain 'trained again'
cmp -s first.json runs/order/simulation.json || complain 'two ranks count otherwise than one'

# ---- its own run takes part beside others, once
sed 's/name: order/name: naive/; s/type: policy/type: seasonal_naive/; s/learned/newsvendor/' order.yaml >naive.yaml
expect_exit 0 '^' -- "$MQCAST" train naive.yaml
expect_exit 0 '^learned +order ' -- "$MQCAST" policy order.yaml --run runs/naive --run runs/order \
    --set 'inventory.policies=[base_stock, newsvendor, learned]'
expect_lines 1 '^newsvendor +naive '
expect_lines 1 '^learned +order '

# ---- an order learned for other deliveries is no answer
expect_exit 2 'runs/order .*lead' -- "$MQCAST" simulate order.yaml --set inventory.lead=2
expect_exit 2 'model.type: seasonal_naive gives forecasts, no orders' -- "$MQCAST" policy naive.yaml
expect_hint 'mqcast run'
expect_exit 2 'model.type: policy gives orders, no forecasts' -- "$MQCAST" run order.yaml
expect_hint 'mqcast policy'

finish
