#!/usr/bin/env bash
# labels: fault slow
# Killed while a large checkpoint is written: what the pointers name is whole, what was half-written is
# cleaned up by the next attempt, and the run ends with the bits of the undisturbed one.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 16 --length 60
small_experiment e.yaml p.h5 \
    'train: {batch: 2, lanes: 2, steps: 12, lr: 0.0003, warmup: 0, validate_every: 0, log_every: 3}' \
    'model: {type: mqrnn, hidden: 600}'
sed -i 's/context: 28/context: 14/; s/every: 6, keep: 100/every: 1, keep: 1/' e.yaml
expect_done "$MQCAST" train e.yaml -q --set run.name=undisturbed

is_writing() { compgen -G 'runs/killed/checkpoints/step-*.tmp' >/dev/null || has_ended "$job"; }
kills=0 inside=0
while [ $kills -lt "${MQ_WRITE_KILLS:=8}" ] && [ $failures -eq 0 ]; do
    draw 2
    start $((drawn + 1)) train e.yaml -q --threads 1 --set run.name=killed
    find_rank 0 || complain 'the run has no rank 0'
    until is_writing; do :; done
    if [ $((kills % 2)) -eq 1 ]; then # every other one at once: under load a short sleep may outlast the writing
        draw 60
        sleep_ms "$drawn"
    fi
    kill -KILL "$victim" 2>/dev/null || break
    finish_job 20
    kills=$((kills + 1))
    compgen -G 'runs/killed/checkpoints/step-*.tmp' >/dev/null && inside=$((inside + 1))
    expect_whole killed
done
expect_done mpi 2 "$MQCAST" train e.yaml -q --set run.name=killed
expect_same_run 'killed while it saved' runs/undisturbed runs/killed
no_leftovers runs/killed
echo "counts: kills=$kills inside=$inside hangs=$hangs differing=$((failures > 0))"
expect_same 'some were killed while they wrote' some "$([ $inside -gt 0 ] && echo some)"
finish
