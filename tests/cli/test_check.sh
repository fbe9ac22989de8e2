#!/usr/bin/env bash
# labels: cli slow
# What check says is what training then does, and what training would refuse check refuses.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 300 series' -- "$MQCAST" synth -o p.h5 --series 300 --length 120
# experiment PANEL LINE...: more sections after the data's.
experiment() {
    printf 'version: 1\nrun: {name: a}\ndata: {panel: %s, context: 28, horizon: 7}\n' "$1" >e.yaml
    shift
    printf '%s\n' "$@" 'evaluate: {origins: 2, stride: 7}' >>e.yaml
}
small='train: {batch: 60, lanes: 10, epochs: 4, warmup: 0, validate_every: 8, log_every: 5}'

# figure SECTION KEY: of what was printed last as JSON; outside sections with SECTION "".
figure() {
    awk -v section="$1" -v key="\"$2\":" '
        /: \{$/ { at = $1; gsub(/[":]/, "", at); next }
        /^ \}/ { at = "" }
        at == section && $1 == key { gsub(/[",]/, "", $2); print $2 }' .out
}
# expect_figure SECTION KEY WANT
expect_figure() {
    checks=$((checks + 1))
    [ "$(figure "$1" "$2")" = "$3" ] || complain "$1.$2 is '$(figure "$1" "$2")', want $3"
}
# expect_near 'what' GOT WANT LOW HIGH: GOT / WANT is between.
expect_near() {
    checks=$((checks + 1))
    awk -v got="$2" -v want="$3" -v low="$4" -v high="$5" \
        'BEGIN { exit !(want > 0 && got >= low * want && got <= high * want) }' ||
        complain "$1: $2, want $4 to $5 times $3"
}
check_json() {
    expect_exit 0 '"model"' -- "$MQCAST" check e.yaml --json "$@"
}

# ---- the same figures as a run
for model in mqrnn mqcnn mqtransformer; do
    experiment p.h5 "$small" "model: {type: $model}"
    check_json --threads 1
    expect_no_file runs/a
    parameters=$(figure work parameters)
    checkpoint=$(figure files checkpoint_bytes)
    steps=$(figure work steps)
    memory=$(figure memory total_bytes)
    expect_exit 0 "$model: $parameters parameters" -- "$MQCAST" train e.yaml --threads 1
    newest=runs/a/checkpoints/$(cat runs/a/checkpoints/latest)
    expect_near "$model: checkpoint" "$checkpoint" "$(stat -c %s "$newest")" 0.98 1.02
    expect_exit 0 '"whole": true' -- "$MQCAST" inspect --json "$newest"
    expect_figure '' step "$steps"
    expect_figure '' parameters "$parameters"
    resident=$(tail -n 1 runs/a/log.jsonl | sed -E 's/.*"rss_bytes":([0-9]+).*/\1/')
    expect_near "$model: memory" "$memory" "$resident" 0.5 1.5
    rm -rf runs
done
expect_exit 0 'mqtransformer on 300 series like those of p.h5' -- "$MQCAST" check e.yaml -q --threads 1
expect_lines 1 '^  lanes +10$'

# ---- memory of activations: two threads hold them twice
experiment p.h5 'train: {batch: 240, lanes: 2, steps: 3, warmup: 0, validate_every: 0, log_every: 1}'
wide='--set data.context=80 --set model.hidden=256'
for threads in 1 2; do
    check_json --threads $threads $wide
    memory=$(figure memory total_bytes)
    workers[threads]=$(figure memory workers_bytes)
    expect_exit 0 'step 3/3' -- "$MQCAST" train e.yaml --threads $threads $wide --resume never
    resident[threads]=$(tail -n 1 runs/a/log.jsonl | sed -E 's/.*"rss_bytes":([0-9]+).*/\1/')
    expect_near "memory of $threads threads" "$memory" "${resident[threads]}" 0.85 1.15
done
expect_near 'two threads' "${workers[2]}" "${workers[1]}" 2 2
expect_near 'a thread more' "${workers[1]}" $((resident[2] - resident[1])) 0.5 1.5
rm -rf runs
experiment p.h5 "$small"

# ---- the plan: 10 lanes of 6 series, epochs of 5 steps, a validation every 8 steps and at the end
check_json --ranks 4 --threads 2
expect_figure work lanes_least 2
expect_figure work lanes_most 3
expect_figure work lane_series 6
expect_figure work balance 0.625
expect_figure work epoch_steps 5.0
expect_figure work steps 20
expect_figure work validations 3
expect_figure files forecast_bytes $((300 * 7 * (9 + 1) * 4))
check_json --threads 1 --ranks 10 --series 600000
expect_figure '' series 600000
expect_figure work steps 40000
expect_figure work lanes_most 1
expect_figure work balance 1.0
expect_figure files forecast_bytes $((600000 * 7 * (9 + 1) * 4))
check_json --threads 1 --ranks 1
expect_figure time sum_s 0.0
expect_figure time communication 0.0
one=$(figure memory batches_bytes)
check_json --threads 1 --ranks 4 --latency-us 0 --bandwidth-gbit 5
sum_s=$(figure time sum_s)
check_json --threads 1 --ranks 4 --latency-us 0 --bandwidth-gbit 2.5
expect_near 'sums over half the bandwidth' "$(figure time sum_s)" "$sum_s" 1.999 2.001
check_json --threads 1 --ranks 5
expect_near 'batches of a fifth of the lanes' "$(figure memory batches_bytes)" "$one" 0.2 0.2
if command -v python3 >/dev/null; then
    cp .out check.json
    expect_exit 0 'lane_s' -- python3 -m json.tool check.json
fi
expect_exit 0 '"ranks": 2' -- mpi 2 "$MQCAST" check e.yaml --threads 1 --json
expect_exit 0 '"ranks": 7' -- mpi 2 "$MQCAST" check e.yaml --threads 1 --json --ranks 7

# ---- models that train nothing, and of others
experiment p.h5 'model: {type: seasonal_naive}'
expect_everywhere 0 'nothing to train' -- check e.yaml --ranks 1000
experiment p.h5 'model: {type: ensemble, members: [runs/b]}'
expect_everywhere 2 'runs/b: no such run' -- check e.yaml
experiment p.h5 "$small"
expect_exit 0 'step 20/20' -- "$MQCAST" train e.yaml --set run.name=b --set train.validate_every=0
experiment p.h5 'model: {type: ensemble, members: [runs/b]}'
expect_exit 0 'nothing to train' -- "$MQCAST" check e.yaml
rm -rf runs

# ---- what training refuses
experiment p.h5 "$small"
for verb in train check; do
    expect_everywhere 1 'none.h5: No such file' -- "$verb" e.yaml --set data.panel=none.h5
    expect_everywhere 3 'e.yaml: not an HDF5 file' -- "$verb" e.yaml --set data.panel=e.yaml
    expect_everywhere 3 'p.h5: 120 periods are too few for horizon 60' -- \
        "$verb" e.yaml --set data.horizon=60
    expect_everywhere 2 "train.stesp: unknown key" -- "$verb" e.yaml --set train.stesp=5
    expect_everywhere 2 "data.known: .*'discount'" -- "$verb" e.yaml --set 'data.known=[discount]'
done
expect_exit 2 '3 ranks for 2 lanes: 1 ranks would have nothing to train' -- \
    mpi 3 "$MQCAST" train e.yaml --threads 1 --set train.lanes=2
expect_everywhere 2 '3 ranks for 2 lanes: 1 ranks would have nothing to train' -- \
    check e.yaml --ranks 3 --set train.lanes=2
expect_hint 'train.lanes: 3'
expect_everywhere 2 'check: --ranks: 0 is out of range' -- check e.yaml --ranks 0
expect_everywhere 2 'check: --bandwidth-gbit: 0 is out of range: expected 0.001 to 1000000' -- \
    check e.yaml --bandwidth-gbit 0
expect_everywhere 2 "check: --latency-us: 'nan' is not a number" -- check e.yaml --latency-us nan
expect_exit 2 "origins '999/7': the panel has 120 periods" -- \
    "$MQCAST" check e.yaml --set forecast.origins=999/7
expect_no_file runs

finish
