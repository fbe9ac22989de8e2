#!/usr/bin/env bash
# What inspect says of every kind of file, whole and damaged, alone and on ranks; and that nothing a
# file contains becomes more than text.
. "$(dirname "$0")/lib.sh"

evil='<script>alert(1)</script>'
{
    echo 'item_id,timestamp,target,category'
    for item in "$evil" 'b"><img src=x onerror=alert(1)>' c d; do
        for day in $(seq 1 28); do
            printf '"%s",2024-02-%02d,%s,"%s"\n' "${item//\"/\"\"}" "$day" "$((day % 7))" "</td>$evil"
        done
    done
} >evil.csv
printf 'static: [category]\n' >schema.yaml
expect_exit 0 'p.h5: [0-9]+ bytes' -- "$MQCAST" import csv evil.csv --schema schema.yaml -o p.h5
cat >e.yaml <<'EOF'
version: 1
run: {name: "<script>run", dir: runs}
data: {panel: p.h5, context: 8, horizon: 3, static: [category]}
model: {type: mqrnn, hidden: 4, context_size: 2, local: 4, static_size: 2}
train: {batch: 4, lanes: 2, steps: 4, validate_every: 2}
checkpoint: {every: 2, keep: 5}
evaluate: {origins: 2, by: category}
EOF
run='runs/<script>run'
expect_exit 0 'report.html' -- "$MQCAST" run e.yaml

# ---- what a page shows is text
checks=$((checks + 1))
if grep -qiE '<img' "$run/report.html" || [ "$(grep -oi '<script' "$run/report.html" | wc -l)" -ne 3 ]; then
    complain 'the report holds markup from data'
fi
expect_exit 0 '&lt;script&gt;' -- grep -o '&lt;script&gt;[a-z(1)]*' "$run/report.html"

# ---- whole, and damaged in the middle
spoil() {
    local size
    size=$(stat -c %s "$1")
    printf '\245\132\245' | dd of="$1" bs=1 seek=$((size / 2)) conv=notrunc status=none
}
kinds=(panel checkpoint forecast forecast forecast run)
files=(p.h5 "$run/checkpoints/step-000000004.h5" "$run/forecast" "$run/forecast/forecast.h5"
    "$run/forecast/part-00000.h5" "$run")
victims=(p.h5 "$run/checkpoints/step-000000004.h5" "$run/forecast/manifest.json"
    "$run/forecast/forecast.h5" "$run/forecast/part-00000.h5" "$run/checkpoints/step-000000002.h5")
for i in "${!files[@]}"; do
    expect_everywhere 0 "^${files[i]}: ${kinds[i]}" -- inspect "${files[i]}"
    expect_lines 1 '^  whole +yes$'
    cp "${victims[i]}" kept
    spoil "${victims[i]}"
    expect_everywhere 3 "^error: .*${victims[i]##*/}" -- inspect "${files[i]}"
    expect_exit 3 "^error: .*${victims[i]##*/}" -- "$MQCAST" inspect --json "${files[i]}"
    cp kept "${victims[i]}"
done

# ---- a run's pointers lead somewhere
echo step-000000003.h5 >"$run/checkpoints/best"
expect_exit 3 "step-000000003.h5: missing, and 'best' names it" -- "$MQCAST" inspect "$run"
echo step-000000004.h5 >"$run/checkpoints/best"

# ---- other things than files
mkfifo pipe
expect_exit 1 'pipe: is not a plain file' -- timeout 20 "$MQCAST" inspect pipe
expect_exit 2 'pipe: is not a plain file' -- timeout 20 "$MQCAST" synth -o pipe --series 3 --length 9
expect_exit 2 'pipe: is not a plain file' -- timeout 20 "$MQCAST" report "$run" -o pipe
expect_exit 1 '/dev/null: is not a plain file' -- "$MQCAST" inspect /dev/null

# ---- a copy of a file under a link is whole, and the link is what a new file replaces
cp p.h5 precious.h5
ln -s precious.h5 link.h5
expect_exit 0 'whole +yes' -- "$MQCAST" inspect link.h5
expect_exit 0 'link.h5: 3 series' -- "$MQCAST" synth -o link.h5 --series 3 --length 40
expect_exit 0 '^link.h5: regular' -- stat -c '%n: %F' link.h5
checks=$((checks + 1))
cmp p.h5 precious.h5 || complain 'a link was written through'

finish
