#!/usr/bin/env bash
# A wrong experiment gives one line naming file and line, exit code 2, alone and on two ranks.
. "$(dirname "$0")/lib.sh"

# experiment LINE...: the least experiment, with more lines from line 4 on.
experiment() {
    printf 'version: 1\nrun: {name: a}\ndata: {panel: p.h5, context: 8, horizon: 2}\n' >e.yaml
    printf '%s\n' "$@" >>e.yaml
}

experiment 'train: {stesp: 5}'
expect_everywhere 2 '^error: e.yaml:4: train.stesp: unknown key' -- train e.yaml
expect_hint 'did you mean train.steps'
experiment 'trian: {steps: 5}'
expect_everywhere 2 '^error: e.yaml:4: trian: unknown section' -- train e.yaml
experiment 'model: {type: mqrn}'
expect_everywhere 2 '^error: e.yaml:4: ' -- train e.yaml
expect_hint 'mqrnn'
experiment 'train:' '  batch: many'
expect_everywhere 2 "^error: e.yaml:5: train.batch: 'many' is not a whole number" -- train e.yaml
experiment 'train: {lanes: 3}'
expect_everywhere 2 '^error: e.yaml:4: train.lanes: 3 does not divide' -- train e.yaml
experiment 'run: {name: b}'
expect_everywhere 2 '^error: e.yaml:4: run is given twice, first at line 2' -- train e.yaml
experiment 'train: [1, 2'
expect_everywhere 2 '^error: e.yaml:[45]: not valid YAML' -- train e.yaml
: >e.yaml
expect_everywhere 2 '^error: e.yaml:1: the file is empty' -- train e.yaml

experiment
expect_everywhere 2 "^error: --set train.lr=fast: train.lr: 'fast' is not a number" -- \
    train e.yaml --set train.lr=fast
expect_everywhere 2 '^error: --set lr: expected section.key=value' -- train e.yaml --set lr
expect_everywhere 2 '^error: none.yaml: No such file' -- train none.yaml
expect_everywhere 2 '^error: .*Is a directory' -- train .
head -c 2000000 /dev/zero >big.yaml
expect_everywhere 2 '^error: big.yaml: more than 1048576 bytes' -- train big.yaml
expect_everywhere 2 '^error: /dev/zero: more than 1048576 bytes' -- train /dev/zero
expect_everywhere 0 'train.lr +learning rate; a number, 0 to 10 \(default 0.003\)' -- help experiment

finish
