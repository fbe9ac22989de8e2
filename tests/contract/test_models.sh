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

# world RANKS THREADS MODEL: the whole job in directory RANKSxTHREADS
world() {
    local in=$1x$2
    expect_exit 0 'mean_wQL' -- mpi "$1" "$MQCAST" run e.yaml --threads "$2" \
        --set run.dir="$in" --set run.name="$3" --set model.type="$3"
}

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

finish
