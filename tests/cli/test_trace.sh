#!/usr/bin/env bash
# labels: cli slow
# train --trace prints a table and leaves a timeline, whole or none, and the run that it would be without.
# What takes long says so on a terminal in one line that is rewritten, elsewhere in lines of their own.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 40 series' -- "$MQCAST" synth -o p.h5 --series 40 --length 80
cat >e.yaml <<'YAML'
version: 1
run: {name: plain, dir: runs}
data: {panel: p.h5, context: 8, horizon: 3}
model: {type: mqcnn, hidden: 4, context_size: 2, local: 4, static_size: 2, channels: 4, dilations: 2}
train: {batch: 8, lanes: 4, steps: 30, validate_every: 10, log_every: 5}
checkpoint: {every: 10, keep: 9}
YAML
train() { "$MQCAST" train e.yaml --threads 2 "$@"; }
weights() { "$MQCAST" inspect "runs/$1/checkpoints/step-000000030.h5" | grep weights; }
expect_same() {
    checks=$((checks + 1))
    [ "$1" = "$2" ] || complain "$1 is not $2"
}

# ---- the table on stdout, the timeline in the run
expect_exit 0 'step 30/30' -- train
expect_no_file runs/plain/trace.json
expect_lines 0 'max/mean'
expect_exit 0 'timeline: runs/t1/trace.json' -- train --trace --set run.name=t1
expect_lines 1 '^layer +op +forward ms +GFLOP/s +backward ms +GFLOP/s +max/mean +share$'
expect_lines 2 '^encoder\.conv\.[0-9] +conv1d +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+%$'
expect_lines 6 '^\((waiting for (data|sums)|optimizer|validation|checkpoint|all else)\) '
expect_file runs/t1/trace.json
expect_exit 0 'timeline: t2.json' -- mpi 2 "$MQCAST" train e.yaml --threads 1 --trace=t2.json --set run.name=t2
expect_lines 1 '^layer '
expect_exit 0 '"name":"rank 1 on ' -- grep -o '"name":"rank [0-9]* on ' t2.json
expect_no_file runs/t2/trace.json
expect_same "$(weights t1)" "$(weights plain)"
expect_same "$(weights t2)" "$(weights plain)"
expect_exit 0 'runs/t1 made no step: nothing to trace' -- train --trace --set run.name=t1
sed 's/^model: .*/model: {type: seasonal_naive}/' e.yaml >naive.yaml
expect_exit 0 'runs/none made no step' -- "$MQCAST" train naive.yaml --trace --set run.name=none
expect_no_file runs/none/trace.json

# ---- only a timeline is replaced, and what cannot be written is found before training
expect_exit 0 'timeline: t2.json' -- train --trace=t2.json --set run.name=t3
cp e.yaml kept.yaml
expect_everywhere 2 'kept.yaml: exists and is not a timeline' -- train e.yaml --trace=kept.yaml --set run.name=t4
expect_everywhere 2 'none/t.json: there is no directory none' -- train e.yaml --trace=none/t.json --set run.name=t4
expect_exit 2 'runs: exists and is not a timeline' -- train --trace=runs --set run.name=t4
mkfifo pipe
expect_exit 2 'pipe: exists and is not a timeline' -- timeout 20 "$MQCAST" train e.yaml --trace=pipe --set run.name=t4
expect_hint '[-][-]trace=FILE'
expect_no_file runs/t4
expect_same "$(cat kept.yaml)" "$(cat e.yaml)"
expect_exit 0 '\-\-trace\[=FILE\]' -- "$MQCAST" train --help

# ---- a job that is stopped leaves the timeline of what it did
checks=$((checks + 1))
train --trace -q --set run.name=t5 --set train.steps=200000 --max-time 1s >.out 2>.err
expect_same $? 75
expect_file runs/t5/trace.json
expect_lines 1 '^\(optimizer\) '
expect_exit 0 '^0$' -- bash -c 'find runs . -name "*.tmp" | wc -l'

# ---- the line on a terminal
terminal() { timeout 60 script -qec "$*" /dev/null </dev/null; }
terminal "stty cols 60; $MQCAST train e.yaml --threads 1 --set run.name=seen --set train.steps=300" >.out 2>.err
clear=$'\x1b'
expect_lines 1 "step 300/300  left 0 s  loss 0\.[0-9]{4}  valid wQL 0\.[0-9]{4}"
checks=$((checks + 1))
tr '\r' '\n' <.out | grep -qE "^($clear\[K)?step [0-9]+/300  left " || complain 'no line that is rewritten'
checks=$((checks + 1))
[ "$(tr '\r' '\n' <.out | sed "s/$clear\[K//" | grep -E '^step ' | awk '{ print length }' | sort -n | tail -n 1)" -le 59 ] ||
    complain 'a line wider than the terminal'
terminal "$MQCAST train e.yaml -q --threads 1 --set run.name=quiet" >.out 2>.err
expect_lines 0 .

finish
