#!/usr/bin/env bash
# labels: contract slow
# Tuned policies against what is known to be best, through the program.
. "$(dirname "$0")/lib.sh"

# figure POLICY KEY: of results.json
figure() {
    tr -d '\n' <results.json | sed 's/"policy": /\n/g' | grep "^\"$1\"" | grep -o "\"$2\": [-0-9.]*" |
        head -n 1 | sed 's/.*: //'
}
# expect_near 'what' GOT WANT SHARE: at most that share away.
expect_near() {
    checks=$((checks + 1))
    awk -v got="$2" -v want="$3" -v share="$4" 'BEGIN { exit !(got >= want * (1 - share) && got <= want * (1 + share)) }' ||
        complain "$1: $2, want $3"
}

# ---- demand that waits, Poisson with mean 5: the newsvendor's quantile is best (Poisson of lead + review
# periods, at shortage / (shortage + holding)), found by the search and by a run that forecasts it.
expect_done "$MQCAST" synth -o poisson.h5 --series 20 --length 6000 --demand poisson --mean 5 --ahead 0
cat >poisson.yaml <<EOF
version: 1
run: {name: mean, dir: runs}
data: {panel: poisson.h5, context: 1, horizon: 1}
evaluate: {origins: 3000}
inventory: {unmet: waits, shortage: 9, warmup: 50, resamples: 10, policies: [base_stock, capped_base_stock]}
EOF
while read -r lead shortage quantile; do
    expect_done "$MQCAST" simulate poisson.yaml -o results.json --set inventory.lead="$lead" --set inventory.shortage="$shortage"
    expect_near "the level of lead $lead, shortage $shortage" "$(figure base_stock mean_level)" "$quantile" 0.025
done <<<'0 9 8
1 9 14
2 9 20
2 39 23'

expect_done "$MQCAST" synth -o short.h5 --series 30 --length 200 --demand poisson --mean 5 --ahead 0
short=(poisson.yaml --set data.panel=short.h5 --set data.context=56 --set evaluate.origins=40)
expect_done "$MQCAST" train "${short[@]}" --set model.type=ets
expect_done "$MQCAST" simulate "${short[@]}" -o results.json --set inventory.lead=0 \
    --set 'inventory.policies=[base_stock, newsvendor]'
expect_near 'a newsvendor fed by forecasts' "$(figure newsvendor cost)" "$(figure base_stock cost)" 0.06

# ---- demand that is lost: costs from the literature
expect_exit 0 '^ +4 +3 ' -- bash "$MQ_SOURCE_DIR/tests/bench/inventory/zipkin.sh" 20000 '4 39' '3'
expect_lines 2 '%.*\|.*%'

finish
