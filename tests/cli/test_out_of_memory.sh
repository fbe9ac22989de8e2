#!/usr/bin/env bash
# labels: cli slow
# The program with an allocation of one library failing: an error of one line that says so, the old files or none, no
# hang. MQ_ALLOCATIONS says how many per command and library (spread evenly; "all" for every one), MQ_LIBRARIES which.
. "$(dirname "$0")/lib.sh"
shim=${MQ_FAILING_MALLOC:?names the library that fails}
[ -f "$shim" ] || { echo "skipped: no $shim in this build"; exit 77; }
sample=${MQ_ALLOCATIONS:-2}
libraries=${MQ_LIBRARIES:-libmqcast libyaml libz libc.so}

cat >sales.csv <<EOF
sku,day,units,price,brand
a,2020-01-01,1,2.5,x
a,2020-01-02,2,2.5,x
b,2020-01-02,7,1.5,y
EOF
gzip -k sales.csv
cat >sales.yaml <<EOF
{id: sku, timestamp: day, target: units, frequency: daily, missing: zero, static: [brand], known: [price]}
EOF
printf 'date,holiday\n2020-01-02,New Year\n' >events.csv
cat >items.jsonl <<EOF
{"item_id": "a", "start": "2020-01-01", "freq": "D", "target": [1, NaN, 1234567890.125]}
EOF
cat >tiny.yaml <<EOF
version: 1
run: {name: base, dir: runs}
data: {panel: panel.h5, context: 8, horizon: 3}
model: {type: mqrnn, hidden: 4, context_size: 2, local: 4, static_size: 2}
loss: {quantiles: [0.1, 0.5, 0.9]}
train: {batch: 4, lanes: 2, steps: 4, validate_every: 2, log_every: 1}
checkpoint: {every: 2}
forecast: {batch: 4}
evaluate: {origins: 2}
EOF
"$MQCAST" synth -q -o panel.h5 --series 8 --length 40 || exit 1
"$MQCAST" run -q tiny.yaml >/dev/null || exit 1

failing() {
    local library=$1 n=$2
    shift 2
    rm -rf out.* runs/fresh report
    timeout -k 5 60 env MQ_FAIL_IN="$library" MQ_FAIL_AT="$n" MQ_FAIL_REPORT="$here/report" LD_PRELOAD="$shim" "$@" \
        >.out 2>.err
}

# What there is to compare: all that a command leaves but times.
outcome() {
    if [ -f out.h5 ]; then
        "$MQCAST" inspect --json out.h5 | grep -E 'fingerprint|whole'
    elif [ -d runs/fresh ]; then
        "$MQCAST" inspect --json runs/fresh | grep -E 'latest|best|whole|evaluation|report'
    else
        cat out.* 2>/dev/null || cat .out
    fi | grep -v 'Written by' | sha256sum
}

# fail_each LIBRARY COMMAND...
fail_each() {
    local library=$1 total every first n code got want errors
    shift
    failing "$library" 0 "$@" || { complain "exit $? without a failure: $*"; return; }
    want=$(outcome)
    total=$(cat report)
    every=1
    [ "$sample" = all ] || [ "$total" -le "$sample" ] || every=$(((total + sample - 1) / sample))
    first=$(($(echo "$*" | cksum | cut -d' ' -f1) % every)) # another one for each command
    for ((n = first + 1; n <= total; n += every)); do
        failing "$library" "$n" "$@"
        code=$?
        failed=$((failed + 1))
        errors=$(grep -c '^error: ' .err)
        [ -z "$(find . -name '*.tmp')" ] || { complain "$library, $n: temporary files stay: $*"; continue; }
        case $code in
        0)
            got=$(outcome)
            # HDF5 has one word for damage and for want of memory within inflate: what a page leaves out it names.
            [ "$got" = "$want" ] || grep -qF '(inflate() failed)' out.html 2>/dev/null || { complain "$library, $n: another result: $*"; wrong=$((wrong + 1)); continue; }
            ;;
        1)
            [ "$errors" -eq 1 ] || { complain "$library, $n: $errors lines of error: $*"; continue; }
            grep -qE '^error: .*(out of memory|Cannot allocate memory)' .err ||
                { complain "$library, $n: another error: $*"; continue; }
            [ ! -f out.h5 ] || { complain "$library, $n: out.h5 is there: $*"; continue; }
            ;;
        3) # the same word
            grep -qE '^error: .*\(inflate\(\) failed\)' .err || { complain "$library, $n: exit 3: $*"; continue; }
            ;;
        124 | 137) hangs=$((hangs + 1)); complain "$library, $n: hang: $*"; continue ;;
        134 | 139) crashes=$((crashes + 1)); complain "$library, $n: exit $code: $*"; continue ;;
        *) complain "$library, $n: exit $code: $*"; continue ;;
        esac
        clean=$((clean + 1))
    done
}

for library in $libraries; do
    failed=0 clean=0 wrong=0 crashes=0 hangs=0
    fail_each "$library" "$MQCAST" import csv sales.csv.gz --schema sales.yaml --calendar events.csv -o out.h5
    fail_each "$library" "$MQCAST" import jsonl items.jsonl -o out.h5
    fail_each "$library" "$MQCAST" inspect --json runs/base/forecast
    fail_each "$library" "$MQCAST" report runs/base -o out.html
    fail_each "$library" "$MQCAST" export runs/base/forecast/forecast.h5 -o out.csv
    fail_each "$library" "$MQCAST" run tiny.yaml --set run.name=fresh --threads 1
    for rank in 0 1; do
        fail_each "$library" env MQ_FAIL_RANK=$rank mpirun -q --oversubscribe -n 2 "$MQCAST" run tiny.yaml \
            --set run.name=fresh --threads 1
    done
    checks=$((checks + failed))
    echo "counts: in=$library allocations_failed=$failed clean=$clean leaks=0 crashes=$crashes hangs=$hangs"
done
finish
