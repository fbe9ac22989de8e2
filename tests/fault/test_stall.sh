#!/usr/bin/env bash
# labels: fault slow
# A rank that stands still is named with its host, its lanes and its last step, wherever the others wait;
# they go on when it comes, and end the job when it does not.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 2000, lr: 0.003, warmup: 5, validate_every: 0, log_every: 50}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' e.yaml

says() { grep -qE "$1" .err; }
# expect_warning 'pattern'
expect_warning() {
    checks=$((checks + 1))
    wait_until 30 says "warning: $1" || complain "nobody warns of '$1'"
}
who() { echo "rank $1 \\(pid $victim on host $(hostname), stopped, $2\\) has not arrived for"; }
stalls=0 named=0
count() { stalls=$((stalls + 1)); [ $failures -gt 0 ] || named=$((named + 1)); }

# ---- in a step: named, and the run goes on when it does
start 3 train e.yaml -q --threads 1 --set run.name=late --set train.steps=1000 --stall-warn 1s --stall-end 0
wait_until 60 has_saved late 20 || complain 'step 20 was not reached'
find_rank 2
kill -STOP "$victim"
expect_warning "$(who 2 'lanes 2 to 3, last step [0-9]+, (training|saving a checkpoint)')"
kill -CONT "$victim"
finish_job 60
expect_code 0 'a rank that was late'
expect_warning 'all ranks have arrived, after'
count
expect_done "$MQCAST" train e.yaml -q --set run.name=undisturbed --set train.steps=1000
expect_same_run 'a late rank' runs/undisturbed runs/late

# ---- rank 0 itself, for good: another rank speaks, the job ends, the same command goes on
start 3 train e.yaml -q --threads 1 --set run.name=away --set train.steps=1000 --stall-warn 1s --stall-end 3s
find_rank 0
wait_until 60 has_saved away 20 || complain 'step 20 was not reached'
kill -STOP "$victim"
finish_job 30
expect_code 1 'rank 0 stays away'
expect_error "$(who 0 'lane 0, last step [0-9]+, (training|saving a checkpoint)')"
count
expect_done mpi 2 "$MQCAST" train e.yaml -q --set run.name=away --set train.steps=1000
expect_same_run 'a rank that stayed away' runs/undisturbed runs/away

# ---- outside of a step: in validation, which takes nearly all the time here; at the start, where rank 0
# waits for the experiment
expect_done "$MQCAST" synth -o large.h5 --series 30000 --length 120
start 2 train e.yaml -q --threads 1 --set run.name=validating --set data.panel=large.h5 --set train.validate_every=1 \
    --set forecast.batch=1 --set data.validation=2 --stall-warn 1s --stall-end 2s
find_rank 1
wait_until 60 has_saved validating 1 || complain 'step 1 was not reached'
sleep 0.2
kill -STOP "$victim"
finish_job 30
expect_code 1 'a rank that stays away from validation'
expect_error "$(who 1 'lanes 2 to 3, last step [0-9]+, validating')"
count

mkfifo early.yaml
start 2 train early.yaml -q --stall-warn 1s --stall-end 2s
finish_job 30
expect_code 1 'a rank that never gets its experiment'
expect_error 'rank 0 \(pid [0-9]+ on host .*, sleeping\) has not arrived for'
count

echo "counts: stalls=$stalls named=$named hangs=$hangs"
finish
