#!/usr/bin/env bash
# labels: fault slow
# A signal ends a fit at once with 75, alone and on ranks; nothing is half-written, the same command fits.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 60 --length 120
cat >e.yaml <<'YAML'
version: 1
run: {name: whole, dir: runs}
data: {panel: p.h5, context: 14, horizon: 4}
model: {type: forest, trees: 40, samples: 4000}
evaluate: {origins: 2}
YAML
sed "s|trees: 40, samples: 4000|trees: 4096, samples: 400000|" e.yaml >endless.yaml
expect_done "$MQCAST" train e.yaml -q
want=$(weights runs/whole)

# interrupted SIGNAL RANKS: once it fits, all ranks hear of it.
fits() { [ -f "runs/$1/experiment.yaml" ]; }
interrupted() {
    local name=$1-$2 rank pids=()
    start "$2" train endless.yaml -q --threads 1 --set run.name="$name"
    wait_until 30 fits "$name" || complain "$name does not begin to fit"
    sleep_ms 300
    for rank in $(seq 0 $(($2 - 1))); do
        has_rank "$rank" && pids+=("$victim")
    done
    kill -"$1" "${pids[@]}"
    finish_job 20
    expect_code 75 "$name"
    expect_error 'stopped by a signal while fitting'
    checks=$((checks + 1))
    [ -z "$(find "runs/$name" -name '*.h5' -o -name '*.tmp')" ] || complain "$name left something"
    expect_done "$MQCAST" train e.yaml -q --set run.name="$name"
    expect_same "$name after all" "$want" "$(weights "runs/$name")"
}
interrupted TERM 1
interrupted INT 1
interrupted USR1 2
interrupted USR2 1

finish
