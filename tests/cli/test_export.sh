#!/usr/bin/env bash
# Panels, forecasts and checkpoints as files of other programs.
. "$(dirname "$0")/lib.sh"

# expect_equal 'what' WANT GOT
expect_equal() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] && return
    failures=$((failures + 1))
    printf 'FAILED: %s\n    want: %s\n    got:  %s\n' "$1" "$2" "$3"
}

fingerprint() {
    "$MQCAST" inspect --json "$1" | grep '"fingerprint"'
}

{
    echo 'item_id,timestamp,target,price,kind'
    for item in a b c d e f; do
        for day in $(seq 0 89); do
            echo "$item,$(date -u -d "2024-01-01 + $day days" +%F),$((day % 7 + 3)),1.5,\"x, $item\""
        done
    done
} >sales.csv
printf 'known: [price]\nstatic: kind\n' >schema.yaml
expect_exit 0 '' -- "$MQCAST" import csv sales.csv -o p.h5 --schema schema.yaml

# ---- panel
expect_exit 0 'p.csv: [0-9]+ bytes' -- "$MQCAST" export p.h5 -o p.csv
expect_equal 'rows of the panel' 541 "$(wc -l <p.csv)"
expect_equal 'a row of the panel' 'a,2024-01-02,4,1.5,"x, a"' "$(sed -n 3p p.csv)"
expect_exit 0 '' -- "$MQCAST" import csv p.csv -o q.h5 --schema p.yaml
expect_equal 'the panel read back' "$(fingerprint p.h5)" "$(fingerprint q.h5)"

# ---- forecast
cat >e.yaml <<EOF
version: 1
run: {name: small, dir: runs, seed: 3}
data: {panel: p.h5, context: 14, horizon: 3}
model: {type: mqrnn}
loss: {quantiles: [0.1, 0.5, 0.9]}
train: {batch: 4, lanes: 2, steps: 2}
forecast: {batch: 2, origins: "2/7"}
evaluate: {origins: 2, stride: 7}
EOF
expect_exit 0 '' -- mpi 2 "$MQCAST" train e.yaml
expect_exit 0 '' -- mpi 2 "$MQCAST" forecast runs/small
face=runs/small/forecast/forecast.h5
expect_exit 0 'f.csv: [0-9]+ bytes' -- "$MQCAST" export $face -o f.csv
expect_equal 'columns of the forecast' 'item_id,origin,date,h,q0.1,q0.5,q0.9,observed' "$(head -n 1 f.csv)"
expect_equal 'rows: 6 items, 2 origins, 3 horizons' 37 "$(wc -l <f.csv)"
expect_equal 'items' 'a b c d e f' "$(tail -n +2 f.csv | cut -d, -f1 | uniq | xargs)"
expect_equal 'where an earlier origin looks' \
    'a,2024-03-23,2024-03-24,1, 9;a,2024-03-23,2024-03-25,2, 3;a,2024-03-23,2024-03-26,3, 4;' \
    "$(sed -n 2,4p f.csv | awk -F, '{printf "%s,%s,%s,%s, %s;", $1, $2, $3, $4, $8}')"
expect_equal 'what the last origin knows' ',,,' "$(sed -n 5,7p f.csv | awk -F, '{printf "%s,", $8}')"
expect_equal 'quantiles ascend' '' "$(tail -n +2 f.csv | awk -F, '$5 > $6 || $6 > $7')"
expect_exit 0 '' -- "$MQCAST" export runs/small/forecast/part-00001.h5 -o part.csv
expect_equal 'a part is the end of the face' "$(tail -n +2 part.csv)" "$(tail -n "$(($(wc -l <part.csv) - 1))" f.csv)"

rm runs/small/forecast/part-00001.h5
expect_exit 3 'part-00001.h5: missing' -- "$MQCAST" export $face -o g.csv
expect_no_file g.csv

# ---- checkpoint: header length, header, weights
checkpoint=runs/small/checkpoints/$(cat runs/small/checkpoints/latest)
expect_exit 0 'w.safetensors: [0-9]+ bytes' -- "$MQCAST" export "$checkpoint" -o w.safetensors
length=$(od -An -t u8 -N 8 w.safetensors | tr -d ' ')
header=$(tail -c +9 w.safetensors | head -c "$length")
bytes=$(($(stat -c %s w.safetensors) - 8 - length))
expect_equal 'weights begin at a multiple of 8' 0 $((length % 8))
expect_equal 'the last tensor ends with the file' "$bytes" \
    "$(grep -o '"data_offsets":\[[0-9]*,[0-9]*\]' <<<"$header" | tail -n 1 | sed 's/.*,\([0-9]*\)]/\1/')"
expect_equal 'metadata and weights' "$("$MQCAST" inspect --json "$checkpoint" | sed -n 's/.*"parameters": \([0-9]*\),/\1/p')" \
    $((bytes / 4))
expect_equal 'the hash is that of the bytes' \
    "$(tail -c "$bytes" w.safetensors | sha256sum | cut -d' ' -f1)" \
    "$(grep -o '"weights_sha256":"[0-9a-f]*"' <<<"$header" | cut -d'"' -f4)"

# ---- what exists is never replaced
expect_exit 2 'p.csv: exists' -- "$MQCAST" export p.h5 -o p.csv
expect_hint 'choose another name'
printf 'mine\n' >other.yaml
expect_exit 2 'other.yaml: exists' -- "$MQCAST" export p.h5 -o other.csv
expect_no_file other.csv
expect_exit 2 'p.h5: exists' -- "$MQCAST" export p.h5 -o p.h5
expect_exit 2 'runs: is a directory' -- "$MQCAST" export p.h5 -o runs

# ---- what cannot be exported
expect_exit 2 'runs/small: a directory' -- "$MQCAST" export runs/small -o x
expect_hint 'forecast/forecast.h5'
expect_exit 3 'sales.csv: ' -- "$MQCAST" export sales.csv -o x
expect_exit 1 'no/x.csv: cannot write' -- "$MQCAST" export p.h5 -o no/x.csv
expect_exit 2 'output' -- "$MQCAST" export p.h5
expect_exit 0 '' -- "$MQCAST" train e.yaml --set run.name=naive --set model.type=seasonal_naive
naive=runs/naive/checkpoints/$(cat runs/naive/checkpoints/latest)
expect_exit 3 'model seasonal_naive has no weights' -- "$MQCAST" export "$naive" -o x
expect_no_file x

finish
