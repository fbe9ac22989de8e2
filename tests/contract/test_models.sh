#!/usr/bin/env bash
# labels: contract slow
# Every model trains, forecasts and is scored, with the same bits on any number of ranks and threads.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
expect_same 'the panel has products without history' yes \
    "$(h5dump -y -d /series/length p.h5 | grep -qw 0 && echo yes)"
small_experiment e.yaml p.h5 "$short_training"

models=
for model in $(all_models); do
    is_policy "$model" || models+=" $model" # test_policy.sh
done
expect_same 'models are listed' yes "$([ "$(wc -w <<<"$models")" -ge 2 ] && echo yes)"

# world RANKS THREADS NAME SETTING...: the whole job in directory RANKSxTHREADS
world() {
    local in=$1x$2 ranks=$1 threads=$2 name=$3
    shift 3
    expect_exit 0 'mean_wQL' -- mpi "$ranks" "$MQCAST" run e.yaml --threads "$threads" \
        --set run.dir="$in" --set run.name="$name" "$@"
}

# everywhere NAME SETTING...: the same bits on every world of $worlds
everywhere() {
    local first=1x1/$1 shape other
    world 1 1 "$@"
    expect_sound_forecast "$first/forecast" 40 7 9
    expect_file "$first/report.html"
    for shape in "${worlds[@]}"; do
        # shellcheck disable=SC2086 # two words
        world $shape "$@"
        other=${shape/ /x}/$1
        expect_same_run "$1 on ${shape/ /x}" "$first" "$other"
        expect_same "$1 on ${shape/ /x}: forecast" \
            "$(forecast_sha256 "$first/forecast")" "$(forecast_sha256 "$other/forecast")"
        expect_same "$1 on ${shape/ /x}: scores" \
            "$(cat "$first/evaluation.json")" "$(cat "$other/evaluation.json")"
    done
}

worlds=('2 2' '3 1' '4 1')
# Once, since they are the same in every network: quantile functions, the average of the weights.
everywhere functions --set loss.head=incremental --set loss.kind=crps
everywhere averaged --set train.average=0.9
levels='[0.001,0.05,0.25,0.5,0.95,0.99,0.9999]'
expect_done mpi 1 "$MQCAST" forecast 1x1/functions --set forecast.levels="$levels"
expect_done mpi 3 "$MQCAST" forecast 3x1/functions --set forecast.levels="$levels"
expect_sound_forecast 1x1/functions/forecast 40 7 7
expect_same 'functions at other levels' "$(forecast_sha256 1x1/functions/forecast)" \
    "$(forecast_sha256 3x1/functions/forecast)"
expect_exit 0 '0.99' -- "$MQCAST" evaluate 1x1/functions --json --set evaluate.levels='[0.5,0.99]'

worlds=('3 2') # blocks do not divide evenly, lanes have two threads
for model in $models; do
    settings=(--set model.type="$model")
    is_of_others "$model" && settings+=(--set model.members='[1x1/mqrnn, 1x1/averaged, 1x1/seasonal_naive]')
    has_trees "$model" && settings+=(--set model.trees=10)
    everywhere "$model" "${settings[@]}"

    # Stopped after the first step on 2 ranks, gone on with 3; without weights there is nothing to stop.
    first=1x1/$model
    stopped=(--set run.dir=stopped --set run.name="$model" "${settings[@]}")
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
