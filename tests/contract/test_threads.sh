#!/usr/bin/env bash
# labels: contract tsan slow
# A run's threads, those of its ranks and its loader's: the same bits, and no race where the build looks for them.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o panel.h5 --series 60 --length 90
small_experiment small.yaml panel.h5 \
    'model: {type: mqrnn, hidden: 8, context_size: 4, local: 4, static_size: 4, dropout: 0.1}' \
    'train: {batch: 16, lanes: 4, steps: 12, validate_every: 6, log_every: 3}'

run_as() {
    local name=$1
    shift
    expect_done "$@" --set run.name="$name"
}
run_as one "$MQCAST" run small.yaml --threads 1
run_as two "$MQCAST" run small.yaml --threads 2
run_as four mpi 2 "$MQCAST" run small.yaml --threads 2
expect_same_run 'two threads' runs/one runs/two
expect_same_run 'two threads on each of two ranks' runs/one runs/four
expect_same 'forecast of threads' "$(forecast_sha256 runs/one/forecast)" "$(forecast_sha256 runs/four/forecast)"

# Lanes of 24 series that go through in passes; the last half of the steps again, on more ranks.
small_experiment wide.yaml panel.h5 \
    'model: {type: mqcnn, channels: 8, hidden: 8, context_size: 96, local: 96, static_size: 4, dropout: 0.1}' \
    'train: {batch: 96, lanes: 4, steps: 12, validate_every: 6, log_every: 3}'
expect_exit 0 '[2-9] x [1-9][0-9]? series at a time' -- "$MQCAST" train wide.yaml --threads 1 --set run.name=passes
expect_done mpi 2 "$MQCAST" train wide.yaml --threads 1 --set run.name=ranks
expect_same_run 'passes on two ranks' runs/passes runs/ranks
rm runs/ranks/checkpoints/step-000000012.h5
expect_exit 0 'step 12/12' -- mpi 4 "$MQCAST" train wide.yaml --threads 1 --set run.name=ranks
expect_same_run 'passes resumed on four ranks' runs/passes runs/ranks

# Forecasts of 60 products at 52 origins, a part of a block after the other, which go through in passes too; the same on
# other threads and ranks; and of one product at a time.
backtest() {
    local batch=$1
    shift
    expect_exit 0 'mean_wQL' -- "$@" --set evaluate.origins=52 --set evaluate.stride=1 --set forecast.batch="$batch"
    score=$(sed -nE 's/^ *mean_wQL +([0-9.]+).*/\1/p' .out)
}
backtest 1 "$MQCAST" evaluate runs/passes --threads 1
alone=$score
backtest 32 mpi 2 "$MQCAST" evaluate runs/passes --threads 2
cp runs/passes/evaluation.json four.json
backtest 32 "$MQCAST" evaluate runs/passes --threads 2
cp runs/passes/evaluation.json two.json
backtest 32 "$MQCAST" evaluate runs/passes --threads 1
expect_same 'scores of two threads' "$(cat runs/passes/evaluation.json)" "$(cat two.json)"
expect_same 'scores of two threads on each of two ranks' "$(cat runs/passes/evaluation.json)" "$(cat four.json)"
checks=$((checks + 1))
awk -v a="$alone" -v b="$score" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < 4e-8) }' || complain "passes score $score, want $alone"

finish
