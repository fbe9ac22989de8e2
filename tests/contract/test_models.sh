#!/usr/bin/env bash
# labels: contract
# Every model trains, forecasts and is scored, with the same bits on any number of ranks and threads.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
expect_same 'the panel has products without history' yes \
    "$(h5dump -y -d /series/length p.h5 | grep -qw 0 && echo yes)"
small_experiment e.yaml p.h5 "$short_training"

models=$("$MQCAST" train --help | sed -n '/^models/,/^$/s/^  \([a-z0-9_]*\) .*/\1/p')
expect_same 'models are listed' yes "$([ "$(wc -w <<<"$models")" -ge 2 ] && echo yes)"

functions=(--set loss.head=incremental --set loss.kind=crps)

# world RANKS THREADS MODEL: the whole job in directory RANKSxTHREADS
world() {
    local in=$1x$2
    expect_exit 0 'mean_wQL' -- mpi "$1" "$MQCAST" run e.yaml --threads "$2" \
        --set run.dir="$in" --set run.name="$3" --set model.type="$3"
}

# Quantile functions, once: the head is the same in every network.
expect_done mpi 1 "$MQCAST" run e.yaml --set run.dir=1x1 --set run.name=functions "${functions[@]}"
expect_done mpi 3 "$MQCAST" run e.yaml --set run.dir=3x1 --set run.name=functions "${functions[@]}"
expect_done mpi 2 "$MQCAST" run e.yaml --set run.dir=2x2 --set run.name=functions --threads 2 \
    "${functions[@]}"
expect_done mpi 4 "$MQCAST" run e.yaml --set run.dir=4x1 --set run.name=functions "${functions[@]}"
for shape in 2x2 3x1 4x1; do
    expect_same_run "functions on $shape" 1x1/functions "$shape/functions"
    expect_same "functions on $shape: scores" \
        "$(cat 1x1/functions/evaluation.json)" "$(cat "$shape/functions/evaluation.json")"
done
levels='[0.001,0.05,0.25,0.5,0.95,0.99,0.9999]'
expect_done mpi 1 "$MQCAST" forecast 1x1/functions --set forecast.levels="$levels"
expect_done mpi 3 "$MQCAST" forecast 3x1/functions --set forecast.levels="$levels"
expect_sound_forecast 1x1/functions/forecast 40 7 7
expect_same 'functions at other levels' "$(forecast_sha256 1x1/functions/forecast)" \
    "$(forecast_sha256 3x1/functions/forecast)"
expect_exit 0 '0.99' -- "$MQCAST" evaluate 1x1/functions --json --set evaluate.levels='[0.5,0.99]'

for model in $models; do
    world 1 1 "$model"
    first=1x1/$model
    expect_sound_forecast "$first/forecast" 40 7 9
    expect_file "$first/report.html"
    for shape in '2 2' '3 1' '4 1'; do
        # shellcheck disable=SC2086 # two words
        world $shape "$model"
        other=${shape/ /x}/$model
        expect_same_run "$model on ${shape/ /x}" "$first" "$other"
        expect_same "$model on ${shape/ /x}: forecast" \
            "$(forecast_sha256 "$first/forecast")" "$(forecast_sha256 "$other/forecast")"
        expect_same "$model on ${shape/ /x}: scores" \
            "$(cat "$first/evaluation.json")" "$(cat "$other/evaluation.json")"
    done

    # Stopped after the first step on 2 ranks, gone on with 3; without weights there is nothing to stop.
    stopped=(--set run.dir=stopped --set run.name="$model" --set model.type="$model")
    code=75
    [ -f "$first/log.jsonl" ] || code=0
    expect_exit $code '' -- mpi 2 "$MQCAST" train e.yaml --max-time 0.001s "${stopped[@]}"
    expect_done mpi 3 "$MQCAST" train e.yaml "${stopped[@]}"
    expect_same_run "$model stopped and gone on" "$first" "stopped/$model"
done

# With the head of the other runs, levels are those trained at; without weights, any.
expect_exit 2 'loss.head: incremental' -- "$MQCAST" forecast 1x1/mqrnn --set forecast.levels='[0.5,0.99]'
expect_exit 2 'evaluate.levels' -- "$MQCAST" evaluate 1x1/mqrnn --set evaluate.levels='[0.5,0.99]'
expect_done "$MQCAST" forecast 1x1/seasonal_naive --set forecast.levels='[0.5,0.99]'

finish
