#!/usr/bin/env bash
# labels: bench slow
# The benchmark runs and its results can be compared; no time ever fails.
. "$(dirname "$0")/../../cli/lib.sh"

run=$MQ_SOURCE_DIR/tests/bench/steps/run.sh
compare=$MQ_SOURCE_DIR/tests/bench/steps/compare.sh
export MQCAST SIZES=small BATCHES=32 SECONDS_EACH=1
expect_exit 0 '^\| mqtransformer small 32 \| [0-9.]+ \| [0-9]+ \| [0-9]+ % \|$' -- "$run" now.jsonl
cat now.jsonl
expect_lines 5 '^\|'
expect_exit 0 '^\| mqcnn small 32 \| [0-9.]+ \| [0-9.]+ \| 1.00 \|$' -- "$compare" now.jsonl now.jsonl
sed 's/"p10":[0-9]*/&0/' now.jsonl >slower.jsonl # 4.1 becomes 40.1, and 0.4 becomes 0.4
expect_exit 0 '^\| mqrnn small 32 \| ([0-9]+)\.[0-9] \| \1[0-9]\.[0-9] \| ([89]\.[0-9]+|10\.00) \|$' -- "$compare" now.jsonl slower.jsonl

# The work of a step is that of all its passes: four times that of a batch of 32, 3.237 GFLOP.
expect_exit 0 '"parameters":80683,"flops_per_step":1\.2945[0-9]*e10' -- \
    "$MQCAST" bench -q --json --model mqcnn --size medium --batch 128 --threads 1 --seconds 1

finish
