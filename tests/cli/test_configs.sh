#!/usr/bin/env bash
# The experiments in the tree run as they stand, shortened, on the bundled data.
. "$(dirname "$0")/lib.sh"

data=$MQ_SOURCE_DIR/tools/retail
mkdir runs
expect_exit 0 'runs/retail.h5: ' -- "$MQCAST" import csv "$data/retail.csv.gz" --schema "$data/schema.yaml" -o runs/retail.h5
expect_exit 0 'series +3149$' -- "$MQCAST" inspect runs/retail.h5

for experiment in "$MQ_SOURCE_DIR"/configs/quickstart.yaml "$MQ_SOURCE_DIR"/configs/reference/*.yaml; do
    name=$(sed -n 's/^run: .*name: \([^,]*\),.*/\1/p' "$experiment")
    expect_exit 0 '^vs naive ' -- mpi 2 "$MQCAST" run "$experiment" --set train.steps=5
    expect_file "runs/$name/report.html"
    # again: the training is done, the rest is repeated
    expect_exit 0 "resuming from runs/$name/" -- "$MQCAST" run "$experiment" --set train.steps=5
    expect_lines 1 '^mean_wQL'
done

finish
