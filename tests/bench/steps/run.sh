#!/usr/bin/env bash
# The training steps of `mqcast bench`, one JSON object a line in OUT, and as a table: to keep beside a change
# and compare with tests/bench/steps/compare.sh.
#
#     tests/bench/steps/run.sh OUT.jsonl
#     MQCAST=build/release/mqcast SIZES='small medium' BATCHES='32 128' SECONDS_EACH=2     the defaults
set -euo pipefail
out=${1:?usage: tests/bench/steps/run.sh OUT.jsonl}
mqcast=${MQCAST:-build/release/mqcast}
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

: >"$out"
for model in mqrnn mqcnn mqtransformer; do
    for size in ${SIZES:-small medium}; do
        for batch in ${BATCHES:-32 128}; do
            "$mqcast" bench -q --json --threads 1 --model "$model" --size "$size" --batch "$batch" \
                --seconds "${SECONDS_EACH:-2}" >>"$out"
        done
    done
done
"$(dirname "$0")/compare.sh" "$out"
