#!/usr/bin/env bash
# How long libmqcast-infer takes for a product in memory, one thread: microseconds on average over 1,000 hourly
# products with covariates of every kind, best of ROUNDS and how much longer the worst took. Networks have the
# medium sizes of `mqcast bench` and hardly trained weights, which cost what trained ones do.
#
#     tests/bench/inference.sh
#     MQCAST=build/release/mqcast ROUNDS=5     the defaults
set -euo pipefail
mqcast=$(realpath "${MQCAST:-build/release/mqcast}") rounds=${ROUNDS:-5}
in_memory=$(dirname "$mqcast")/tests/contract_in_memory
[ -x "$in_memory" ] || { echo "error: no program $in_memory: build the tests first, or set MQCAST" >&2; exit 1; }
. "$(dirname "$0")/../../tools/environment.sh"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

"$mqcast" synth -q -o p.h5 --series 1000 --length 1000 --frequency hourly
cat >medium.yaml <<'END'
version: 1
run: {name: medium}
data: {panel: p.h5, context: 168, horizon: 24}
loss: {quantiles: [0.1, 0.5, 0.9]}
train: {batch: 32, steps: 1}
forecast: {batch: 1}
evaluate: {origins: 1}
END
cat >models <<'END'
mqrnn hidden=64 context_size=32 local=32
mqcnn hidden=64 context_size=32 local=32 channels=32
mqtransformer hidden=64 context_size=32 local=32 channels=32 position_size=16 window=84
rnn_dist hidden=64
mqffn hidden=64
seasonal_naive
ets
END

echo '| model | us | worst | same bits as `mqcast forecast` |'
echo '|---|---|---|---|'
while read -r model settings; do
    words=(--set "run.name=$model" --set "model.type=$model")
    for setting in $settings; do words+=(--set "model.$setting"); done
    "$mqcast" train -q medium.yaml "${words[@]}"
    "$mqcast" forecast -q "runs/$model"
    for ((round = 0; round < rounds; round++)); do
        "$in_memory" "runs/$model" p.h5 "runs/$model/forecast/forecast.h5" 1
    done | awk -v model="$model" '
        { same = $1 " of " $3; us = $6 + 0 }
        NR == 1 || us < best { best = us }
        us > worst { worst = us }
        END { printf "| %s | %.0f | +%.0f %% | %s |\n", model, best, 100 * (worst / best - 1), same }'
done <models
