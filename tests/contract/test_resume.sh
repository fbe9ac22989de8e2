#!/usr/bin/env bash
# labels: contract slow
# A run that was killed, signalled, timed out or damaged goes on to the bits of the undisturbed one.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 800, lr: 0.003, warmup: 5, validate_every: 100, log_every: 7}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' e.yaml
expect_done "$MQCAST" train e.yaml -q --set run.name=undisturbed

saved_step() {
    sed -nE 's/^step-0*([0-9]+)\.h5$/\1/p' "runs/$1/checkpoints/latest" 2>/dev/null || true
}

has_saved() { local step; step=$(saved_step "$1"); [ "${step:-0}" -ge "$2" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }

# disturb RUN SIGNAL WHOM STEP RANKS: starts or goes on with the run; once STEP is saved, signals WHOM
# (a rank, or "mpirun"). The exit code is in $code, the output in .out and .err.
disturb() {
    local job whom
    mpirun --oversubscribe -n "$5" "$MQCAST" train e.yaml -q --threads 1 --set run.name="$1" \
        >.out 2>.err &
    job=$!
    wait_until 60 has_saved "$1" "$4" || complain "step $4 was not reached"
    whom=$job
    [ "$3" = mpirun ] || whom=$(process_of_rank $job "$3")
    kill -"$2" "$whom" || complain "the run ended before SIG$2 at step $4"
    checks=$((checks + 1))
    wait_until 10 has_ended $job || { complain "still there 10 s after SIG$2 to $3"; kill -KILL $job; }
    wait $job 2>/dev/null
    code=$?
}

expect_code() {
    checks=$((checks + 1))
    [ "$code" -eq "$1" ] || complain "exit $code, want $1: $2"
}
expect_error() {
    checks=$((checks + 1))
    grep -qE "^error: $1" .err || complain "no error matches '$1'"
}
# A survivor names the dead rank, unless the launcher, which names it too, ended the survivors first.
expect_named() {
    checks=$((checks + 1))
    grep -qE "^error: rank $1 .*is gone|process rank $1 .*signal 9" .err || complain "nothing names rank $1"
}
expect_whole_checkpoint() {
    expect_exit 0 'whole +yes' -- "$MQCAST" inspect "$(newest "runs/$1")"
}

# ---- killed again and again, on other numbers of ranks
disturb killed KILL 1 30 2
expect_named 1
disturb killed KILL 0 150 3
expect_named 0
expect_whole_checkpoint killed
disturb killed KILL 3 300 4
expect_named 3
disturb killed KILL mpirun 450 2
expect_done mpi 2 "$MQCAST" train e.yaml -q --set run.name=killed
expect_same_run 'killed four times' runs/undisturbed runs/killed

# ---- asked to stop: by a signal to one rank or to all, by the clock
disturb asked USR1 1 20 2
expect_code 75 'SIGUSR1 to rank 1'
expect_error 'stopped by SIGUSR1 after step [0-9]+ of 800; the checkpoint is valid'
expect_whole_checkpoint asked
expect_exit 75 'stopped by --max-time after step' -- \
    mpi 2 "$MQCAST" train e.yaml -q --set run.name=asked --max-time 0.001s
disturb asked TERM 0 120 3
expect_code 75 'SIGTERM to rank 0'
expect_error 'stopped by SIGTERM'
disturb asked USR1 mpirun 250 2
expect_code 75 'SIGUSR1 to mpirun'
expect_error 'stopped by SIGUSR1'
# mpirun itself answers to SIGTERM with a code of its own, and kills what has not ended a second later.
disturb asked TERM mpirun 400 2
expect_whole_checkpoint asked
expect_done "$MQCAST" train e.yaml -q --set run.name=asked
expect_same_run 'asked to stop five times' runs/undisturbed runs/asked

# ---- signalled before there is anything to stop: while it waits for its experiment
mkfifo early.yaml
"$MQCAST" train early.yaml -q >.out 2>.err &
early=$!
heeds_usr1() { grep -q '^SigCgt:.*[2367abef]..$' /proc/$early/status; }
wait_until 10 heeds_usr1 || complain 'SIGUSR1 is not heeded'
kill -USR1 $early
wait $early
code=$?
expect_code 75 'SIGUSR1 before training'
expect_error 'stopped by a signal outside of training'

# ---- a damaged newest checkpoint is named; the one before it serves
cp -r runs/asked runs/damaged
sed -i 's/name: asked/name: damaged/' runs/damaged/experiment.yaml
size=$(stat -c %s "$(newest runs/damaged)")
printf '\xff\xfe\xfd\xfc' |
    dd of="$(newest runs/damaged)" bs=1 seek=$((size / 2)) conv=notrunc status=none
expect_exit 0 'warning: .*step-000000800.h5' -- "$MQCAST" train e.yaml -q --set run.name=damaged
expect_same_run 'a damaged checkpoint' runs/undisturbed runs/damaged
echo nonsense >runs/damaged/checkpoints/latest
expect_exit 0 'warning: .*latest: does not name a checkpoint' -- \
    "$MQCAST" train e.yaml -q --set run.name=damaged

# ---- what a run may go on with
settings=(--set run.name=asked)
expect_everywhere 2 "was trained with 'lr: 0.003', the experiment now says 'lr: 0.002'" -- \
    train e.yaml "${settings[@]}" --set train.lr=0.002
expect_hint '--resume never'
expect_exit 2 "'seed: 3'.*'seed: 4'" -- "$MQCAST" train e.yaml "${settings[@]}" --set run.seed=4
expect_done "$MQCAST" synth -o other.h5 --series 40 --length 120 --seed 2
expect_exit 3 'was trained on another panel than other.h5' -- \
    "$MQCAST" train e.yaml "${settings[@]}" --set data.panel=other.h5
expect_done "$MQCAST" train e.yaml "${settings[@]}" --set train.log_every=50
expect_same_run 'refusals change nothing' runs/undisturbed runs/asked
expect_exit 3 'runs/none: no checkpoint' -- "$MQCAST" train e.yaml --set run.name=none --resume must
expect_exit 1 'none.h5: ' -- "$MQCAST" train e.yaml --set run.name=none --resume none.h5
expect_no_file runs/none

command -v flock >/dev/null && expect_exit 1 'runs/asked: another process is training this run' -- \
    flock runs/asked/claim "$MQCAST" train e.yaml "${settings[@]}"

# ---- from the start again, from a given checkpoint, from other weights
few=(--set train.steps=20 -q)
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=few
cp -r runs/few runs/again
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=again --resume never
expect_same_run 'trained afresh' runs/few runs/again
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=again \
    --resume runs/few/checkpoints/step-000000010.h5
expect_same_run 'from a checkpoint by name' runs/few runs/again

# ---- an average of the weights: both sets travel, training sees the one that it always saw
averaged=("${few[@]}" --set train.average=0.9 --set train.validate_every=5)
expect_done "$MQCAST" train e.yaml "${averaged[@]}" --set run.name=averaged
cp -r runs/averaged runs/averaged-again
expect_done mpi 3 "$MQCAST" train e.yaml "${averaged[@]}" --set run.name=averaged-again \
    --resume runs/averaged/checkpoints/step-000000010.h5
expect_same_run 'averaged' runs/averaged runs/averaged-again
trained() { h5dump -y -w 1 -m '%.9g' -d "$2" "$(newest "$1")" | sed -n '/DATA {/,$p' | sha256sum; }
expect_same 'averaged: what the optimizer moves' \
    "$(trained runs/averaged /optimizer/weights)" "$(trained runs/averaged-again /optimizer/weights)"
expect_same 'the average moves nothing' \
    "$(trained runs/few /weights)" "$(trained runs/averaged /optimizer/weights)"
expect_same 'the average is another model' differ \
    "$([ "$(weights runs/averaged)" != "$(weights runs/few)" ] && echo differ)"
validated() { sed -nE 's/.*"valid_loss":([0-9.]+).*/\1/p' "$1/log.jsonl" | tail -n 1; }
expect_same 'the average is what is validated' differ \
    "$([ "$(validated runs/averaged)" != "$(validated runs/few)" ] && echo differ)"
expect_exit 2 "'average: 0.9'.*'average: 0.8'" -- \
    "$MQCAST" train e.yaml "${averaged[@]}" --set run.name=averaged --set train.average=0.8

tune() {
    local name=$1
    shift
    "$MQCAST" train e.yaml "${few[@]}" --set run.name="$name" --from "$(newest runs/undisturbed)" "$@"
}
expect_done tune tuned
expect_same 'other weights make another run' differ \
    "$([ "$(weights runs/tuned)" != "$(weights runs/few)" ] && echo differ)"
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=pointed --from runs/undisturbed/checkpoints/latest
expect_same_run 'from a pointer' runs/tuned runs/pointed
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=again --resume runs/few/checkpoints/latest
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=again --resume runs/few
expect_same_run 'resumed by a pointer and by a run' runs/few runs/again
expect_exit 75 'stopped by --max-time' -- tune stopped --max-time 0.001s
expect_done tune stopped
expect_same_run 'the same command goes on' runs/tuned runs/stopped
expect_exit 2 'belongs to a run that did not start from' -- tune few
expect_same_run 'and leaves that run alone' runs/again runs/few
expect_done "$MQCAST" train e.yaml "${few[@]}" --set run.name=tuned --resume never --from "$(newest runs/tuned)"
expect_same 'a run may start afresh from its own weights' differ \
    "$([ "$(weights runs/tuned)" != "$(weights runs/stopped)" ] && echo differ)"

finish
