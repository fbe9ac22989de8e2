#!/usr/bin/env bash
# labels: cli slow
# mqcast simulate from outside: the table, where results go, and what it refuses.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 30 series' -- "$MQCAST" synth -o p.h5 --series 30 --length 80
cat >e.yaml <<EOF
version: 1
run: {name: a, dir: runs}
data: {panel: p.h5, context: 14, horizon: 7}
model: {type: seasonal_naive}
train: {steps: 1}
evaluate: {origins: 2, stride: 7}
inventory: {resamples: 20}
EOF

# ---- a table, and the file
expect_exit 0 '^base_stock .*%' -- "$MQCAST" simulate e.yaml
expect_lines 1 '^observed sales stand for demand'
expect_lines 4 '^(constant|base_stock|capped_base_stock|perfect) '
expect_lines 0 '^newsvendor'
expect_file runs/a/simulation.json
expect_exit 0 '^' -- "$MQCAST" train e.yaml
expect_exit 0 '^newsvendor +a +[0-9.]+ ' -- "$MQCAST" simulate e.yaml
expect_exit 0 '"policy": "perfect"' -- "$MQCAST" simulate e.yaml --json -o out.json
expect_exit 0 '"policy": "perfect"' -- mpi 2 "$MQCAST" simulate e.yaml --json -o out.json
checks=$((checks + 1))
cmp -s out.json runs/a/simulation.json || complain 'the same simulation in two places differs'
expect_exit 0 'reward' -- "$MQCAST" simulate e.yaml --set inventory.price=base_price --set inventory.cost=1

# ---- what is wrong with the experiment
refuse() {
    local pattern=$1 hint=$2
    shift 2
    expect_exit 2 "$pattern" -- "$MQCAST" simulate e.yaml "$@"
    [ -z "$hint" ] || expect_hint "$hint"
}
refuse "inventory.policies: there is no policy 'base-stock'" 'did you mean base_stock' --set 'inventory.policies=[base-stock]'
refuse "inventory.policies: there is no policy 'all'" '' --set 'inventory.policies=[all, perfect]'
refuse "inventory.price: 'prise' is no number, and no" 'did you mean .price' --set inventory.price=prise
refuse "inventory.cost: 'category' is no number" 'mqcast inspect' --set inventory.cost=category
refuse 'inventory.holding: -1 is less than 0' '' --set inventory.holding=-1
refuse 'inventory.delays: every weight is 0' 'three of four' --set 'inventory.delays=[0, 0]'
refuse 'inventory.warmup: 70 periods, but only' 'evaluate.origins' --set inventory.warmup=70
refuse 'runs/a forecasts 7 periods ahead, but an order has to last for 9' 'data.horizon: 9' --set inventory.lead=8
refuse "evaluate.by: the panel has no static category 'shelf'" 'mqcast inspect' --set evaluate.by=shelf
refuse 'none: no such run' 'the run.s directory' --run none
refuse 'inventory.policies: newsvendor needs forecasts' '.*--run RUN' --set run.name=b --set 'inventory.policies=[newsvendor]'
expect_no_file runs/b
expect_everywhere 2 "inventory.price: 'prise'" -- simulate e.yaml --set inventory.price=prise
expect_everywhere 2 'runs/a forecasts 7 periods ahead' -- simulate e.yaml --set inventory.lead=8

# ---- policies that learned to order
inventory='{lead: 2, review: 2, delays: [3, 1], warmup: 4, resamples: 20}'
sed "s|^model:.*|model: {type: policy, channels: 4, dilations: 2, hidden: 8}|; s|^inventory:.*|inventory: $inventory|
    s|steps: 1|steps: 1, validate_every: 1|; s|name: a|name: p|" e.yaml >p.yaml
expect_exit 0 'valid cost' -- "$MQCAST" train p.yaml
expect_exit 0 '^learned +p +- ' -- mpi 2 "$MQCAST" simulate p.yaml --run runs/p --run runs/a
expect_lines 1 '^newsvendor +a '
checks=$((checks + 1))
costs=$(awk '/"policy": / { is_next = 1 } /"cost": / && is_next { print $2 + 0; is_next = 0 }' runs/p/simulation.json)
[ "$(wc -w <<<"$costs")" = 6 ] && [ "$(sort -g <<<"$costs" | head -n 1)" = "$(tail -n 1 <<<"$costs")" ] ||
    complain "perfect does not cost least of six policies: $costs"
expect_everywhere 2 'runs/p learned to order with another inventory.lead' -- simulate p.yaml --set inventory.lead=3
for other in review=1 unmet=waits 'delays=[1, 1]' 'delays=[]'; do
    expect_exit 2 "runs/p learned to order with another inventory.${other%%=*}" -- \
        "$MQCAST" simulate p.yaml --set "inventory.$other"
    expect_hint 'simulate with its inventory section'
done
expect_exit 0 '^learned ' -- "$MQCAST" simulate p.yaml --set inventory.shortage=20 --set inventory.price=base_price
refuse 'inventory.policies: learned needs a policy' '.*--run RUN' --run runs/a --set 'inventory.policies=[learned]'

# ---- what is wrong with the panel
cat >sales.csv <<EOF
item_id,timestamp,target,price
a,2020-01-01,1,
a,2020-01-02,1,
EOF
for day in 03 04 05 06 07 08 09; do echo "a,2020-01-$day,1,"; done >>sales.csv
printf '{known: [price]}\n' >sales.yaml
expect_exit 0 'q.h5: ' -- "$MQCAST" import csv sales.csv --schema sales.yaml -o q.h5
expect_everywhere 3 'q.h5: series 0: a price that inventory names is missing' -- simulate e.yaml \
    --set data.panel=q.h5 --set data.horizon=1 --set run.name=q --set evaluate.stride=1 --set inventory.cost=price
expect_everywhere 1 'gone.h5: No such file' -- simulate e.yaml --set data.panel=gone.h5

# ---- what is in the way of the results
echo '{"mine": 1}' >mine.json
expect_exit 2 'mine.json: exists and is not a simulation' -- "$MQCAST" simulate e.yaml -o mine.json
expect_hint 'choose another name'
expect_exit 2 'p.h5: exists and is not a simulation' -- "$MQCAST" simulate e.yaml -o p.h5
expect_exit 1 'none/out.json' -- "$MQCAST" simulate e.yaml -o none/out.json

# ---- Poisson demand
expect_exit 0 'y.h5: 3 series' -- "$MQCAST" synth -o y.h5 --series 3 --length 50 --demand poisson --mean 5
expect_everywhere 2 'synth: --demand poisson needs --mean' -- synth -o z.h5 --series 3 --length 50 --demand poisson
expect_hint 'mean 5'
expect_exit 2 "synth: --demand: there is no 'normal'" -- "$MQCAST" synth -o z.h5 --series 3 --length 50 --demand normal
expect_exit 2 'synth: --mean: a catalogue has many' -- "$MQCAST" synth -o z.h5 --series 3 --length 50 --mean 5
expect_everywhere 2 'Poisson demand has a mean above 0' -- synth -o z.h5 --series 3 --length 50 --demand poisson --mean 0
expect_no_file z.h5

finish
