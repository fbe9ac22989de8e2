#!/usr/bin/env bash
# labels: fault slow
# Two jobs in one run directory: the second is refused and told who holds it; what a dead process claimed is
# taken over.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 1000000, lr: 0.003, warmup: 5, validate_every: 0, log_every: 50}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' e.yaml
few=(-q --set train.steps=100 --set run.name)
expect_done "$MQCAST" train e.yaml "${few[@]}=undisturbed"

mkdir -p runs/shared
echo 'pid 1 on host elsewhere' >runs/shared/claim # of a machine that is gone, or of an older attempt
start 2 train e.yaml -q --threads 1 --set run.name=shared
wait_until 60 has_saved shared 20 || complain 'step 20 was not reached'
find_rank 0
holder="pid $victim on host $(hostname)"
expect_exit 1 "runs/shared: another process is training this run: $holder\$" -- \
    mpi 2 "$MQCAST" train e.yaml -q --set run.name=shared
expect_hint 'another run.name'
expect_same 'the first goes on' yes "$(kill -0 "$victim" && echo yes)"

kill -KILL "$victim"
finish_job 10
expect_same 'what the dead one left' "$holder" "$(cat runs/shared/claim)"
rm runs/shared/checkpoints/*
expect_done mpi 2 "$MQCAST" train e.yaml "${few[@]}=shared"
expect_same_run 'taken over' runs/undisturbed runs/shared
expect_same 'and given back' '0' "$(stat -c %s runs/shared/claim)"
echo "counts: refused=1 taken_over=1 hangs=$hangs"
finish
