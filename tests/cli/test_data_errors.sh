#!/usr/bin/env bash
# Wrong data gives one line that names it and the documented exit code, alone and on two ranks.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 40 series' -- "$MQCAST" synth -o p.h5 --series 40 --length 120
# experiment PANEL LINE...: more sections after the data's.
experiment() {
    printf 'version: 1\nrun: {name: a}\ndata: {panel: %s, context: 28, horizon: 7}\n' "$1" >e.yaml
    shift
    printf '%s\n' "$@" 'evaluate: {origins: 2, stride: 7}' >>e.yaml
}
small='train: {batch: 16, lanes: 4, steps: 12, warmup: 0, validate_every: 0}'

# ---- panels that are not there, not panels, cut short or changed
experiment none.h5 "$small"
expect_everywhere 1 'none.h5: No such file' -- train e.yaml
experiment e.yaml "$small"
expect_everywhere 3 'e.yaml: ' -- train e.yaml
size=$(stat -c %s p.h5)
experiment cut.h5 "$small"
for kept in 0 7 100 $((size / 2)) $((size - 1)); do
    head -c "$kept" p.h5 >cut.h5
    expect_exit 3 'cut.h5: ' -- "$MQCAST" train e.yaml
done
expect_exit 3 'cut.h5: ' -- mpi 2 "$MQCAST" train e.yaml
# A few bytes where values are: a checksum finds them before anything is trained.
offset=$(h5ls -va p.h5/target | awk '/^ *0x/ { print $3; exit }')
cp p.h5 flipped.h5
printf '\xa5\x5a\xa5\x5a' | dd of=flipped.h5 bs=1 seek=$((offset + 100)) conv=notrunc status=none
experiment flipped.h5 "$small"
expect_everywhere 3 'flipped.h5: ' -- train e.yaml
expect_exit 3 'flipped.h5: ' -- "$MQCAST" inspect flipped.h5

# ---- too little data, too many ranks
experiment p.h5 "$small"
expect_everywhere 3 'p.h5: 120 periods are too few for horizon 60' -- train e.yaml --set data.horizon=60
expect_hint 'lower data.horizon'
expect_exit 2 '5 ranks for 4 lanes: 1 ranks would have nothing to train' -- mpi 5 "$MQCAST" train e.yaml
expect_hint 'train.lanes'
expect_no_file runs

# ---- names that the panel does not know
expect_everywhere 2 "data.known: .*'discount'" -- train e.yaml --set 'data.known=[discount]'
expect_everywhere 2 "there is no model 'oracle'" -- train e.yaml --set model.type=oracle
expect_hint 'mqrnn'
expect_exit 2 "evaluate.start: '2018-13-01' is not a date" -- "$MQCAST" train e.yaml --set evaluate.start=2018-13-01
expect_exit 2 'evaluate.end: 2030-01-01 is outside the panel' -- "$MQCAST" train e.yaml --set evaluate.end=2030-01-01
expect_no_file runs

# ---- numbers that run away
experiment p.h5 'train: {batch: 16, steps: 400, lr: 10, warmup: 0, clip: 0}'
expect_everywhere 4 'step [0-9]+: .* not finite' -- train e.yaml --set run.name=away
expect_hint 'lower train.lr'

# ---- places that cannot be written
experiment p.h5 "$small"
echo >file
expect_everywhere 1 'file' -- train e.yaml --set run.dir=file
mkdir -p taken && echo >taken/a
expect_everywhere 1 'taken/a' -- train e.yaml --set run.dir=taken
if [ "$(id -u)" -eq 0 ]; then
    echo 'skipped: root may write into a read-only directory'
else
    mkdir locked && chmod a-w locked
    expect_everywhere 1 'locked' -- train e.yaml --set run.dir=locked
fi

expect_everywhere 2 "max-time: '0s' leaves no time" -- train e.yaml --max-time 0s

# ---- runs that are not there, panels that do not fit
expect_everywhere 2 'runs/none: no such run' -- forecast runs/none
expect_exit 2 'runs/none: no such run' -- "$MQCAST" evaluate runs/none
mkdir empty
expect_everywhere 3 'empty: no checkpoint' -- forecast empty
rm -rf runs
expect_exit 0 'step 12/12' -- "$MQCAST" train e.yaml
{
    echo item_id,timestamp,target
    for i in $(seq 0 89); do
        date=$(date -u -d "2024-01-01 + $i days" +%F)
        echo "a,$date,$((i % 7))"
        echo "b,$date,$((i % 5))"
    done
} >bare.csv
expect_exit 0 'bare.h5' -- "$MQCAST" import csv bare.csv -o bare.h5
expect_everywhere 3 "bare.h5: the model needs covariate 'price', which this panel lacks" -- \
    evaluate runs/a --data bare.h5
expect_everywhere 3 "bare.h5: the model needs covariate 'price', which this panel lacks" -- \
    forecast runs/a --data bare.h5
expect_everywhere 2 'origins .*: not last, N, N/STRIDE or a date' -- forecast runs/a --origins soon
expect_exit 2 "origins '999/7': the panel has 120 periods" -- "$MQCAST" forecast runs/a --origins 999/7
expect_exit 2 'a trained run takes only forecast' -- "$MQCAST" forecast runs/a --set train.lr=1
expect_no_file runs/a/forecast

# ---- tables: the row is named, nothing is left behind
# csv LINE...: a table that is right up to its last lines.
csv() {
    printf '%s\n' item_id,timestamp,target a,2024-01-01,1 a,2024-01-02,2 "$@" >t.csv
}
expect_bad_csv() {
    expect_exit 3 "$1" -- "$MQCAST" import csv t.csv -o t.h5
    expect_no_file t.h5
}
csv a,2024-01-03,many
expect_bad_csv "t.csv:4: .*'many' is not a number"
csv a,2024-01-03,7e18
expect_bad_csv "t.csv:4: column 'target': '7e18' is too large, values go up to 1e\+15"
csv a,2024-02-30,1
expect_bad_csv "t.csv:4: .*'2024-02-30'"
csv a,2024-01-03
expect_bad_csv 't.csv:4: '
csv a,2024-01-02,5
expect_bad_csv 't.csv:4: .*2024-01-02'
csv '"a,2024-01-03,1'
expect_bad_csv 't.csv:4: '
echo item_id,timestamp,target >t.csv
expect_bad_csv 't.csv: '
: >t.csv
expect_bad_csv 't.csv: '
printf 'x,y\n1,2\n' >t.csv
expect_bad_csv 't.csv:?1?: '

finish
