#!/usr/bin/env bash
# labels: cli slow
# The experiments in the tree run as they stand, shortened, on the bundled data.
. "$(dirname "$0")/lib.sh"

data=$MQ_SOURCE_DIR/tools/retail
mkdir runs
expect_exit 0 'runs/retail.h5: ' -- "$MQCAST" import csv "$data/retail.csv.gz" --schema "$data/schema.yaml" -o runs/retail.h5
expect_exit 0 'series +3149$' -- "$MQCAST" inspect runs/retail.h5

for experiment in "$MQ_SOURCE_DIR"/configs/quickstart.yaml "$MQ_SOURCE_DIR"/configs/reference/retail-*.yaml; do
    name=$(sed -n 's/^run: .*name: \([^,]*\),.*/\1/p' "$experiment")
    expect_exit 0 '^vs naive ' -- mpi 2 "$MQCAST" run "$experiment" --set train.steps=5
    expect_file "runs/$name/report.html"
    # again: the training is done, the rest is repeated
    expect_exit 0 "resuming from runs/$name/" -- "$MQCAST" run "$experiment" --set train.steps=5
    expect_lines 1 '^mean_wQL'
done

# The panels of the others are not in the tree: any panel long enough shows that they are read.
expect_exit 0 'runs/synthetic.h5: ' -- "$MQCAST" synth -o runs/synthetic.h5 --series 64 --length 400
for experiment in "$MQ_SOURCE_DIR"/configs/reference/{m4,car,walmart}*.yaml "$MQ_SOURCE_DIR"/configs/reference/ablation/*.yaml; do
    expect_exit 0 'step 2/2 ' -- "$MQCAST" train "$experiment" --resume never --set data.panel=runs/synthetic.h5 \
        --set train.steps=2 --set train.batch=16 --set run.dir=runs/other
done

finish
