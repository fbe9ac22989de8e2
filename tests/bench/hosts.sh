#!/usr/bin/env bash
# What sums over ranks and training steps take on hosts with a network between them, beside what `mqcast check`
# reckons with for its latency and bandwidth (README, "At scale"). The hosts are network namespaces of this machine;
# links are narrowed by tc and delayed by tests/cluster/wire.c. Needs root. Hosts share this machine's cores: what
# needs more of them than there are (10 Gbit/s, four hosts on two cores) says more of the machine than of a network.
#
#     tests/bench/hosts.sh
#     MQCAST=build/release/mqcast HOSTS='2 4' ROUNDS=3      the defaults
set -euo pipefail
export MQ_SOURCE_DIR=${MQ_SOURCE_DIR:-$(realpath "$(dirname "$0")/../..")}
export MQCAST=$(realpath "${MQCAST:-$MQ_SOURCE_DIR/build/release/mqcast}")
reckon=$(dirname "$MQCAST")/tests/bench_sum
[ -x "$reckon" ] || { echo "skipped: no $reckon (build the target bench_sum)"; exit 77; }
. "$MQ_SOURCE_DIR/tools/environment.sh"
export OMPI_MCA_mpi_yield_when_idle=1
. "$MQ_SOURCE_DIR/tests/cluster/hosts.sh"
set +e
hosts=${HOSTS:-2 4}
make_hosts "${hosts##* }"
write_agent

# narrow GBIT: all links. A queue that holds a whole segment of 64 KiB, or the kernel cuts it up; and TCP as
# clusters have it, whatever this machine prefers.
narrow() {
    local i queue='burst 128kb limit 512kb'
    [ "$1" != 10 ] || queue='burst 256kb limit 2mb'
    shape tbf rate "$(awk -v gbit="$1" 'BEGIN { print 1000 * gbit }')mbit" $queue 2>.why ||
        { echo "skipped: no limits on links: $(cat .why)"; exit 77; }
    for i in $(host_numbers); do
        ip -n "h$i" route replace "$(host_address 0)/24" dev eth0 src "$(host_address "$i")" congctl cubic 2>/dev/null
    done
}

# sums HOSTS: microseconds of a sum of 8 bytes, and of one of 1 MiB; the best of ROUNDS.
sums() {
    local round
    for ((round = 0; round < ${ROUNDS:-3}; round++)); do
        across "$1" "$MQCAST" doctor 2>/dev/null | sed -nE 's/^allreduce ([0-9.]+) us for 8 bytes, ([0-9.]+) ms for 1 MiB$/\1 \2/p'
    done | awk 'NR == 1 || $1 < small { small = $1 } NR == 1 || $2 < large { large = $2 } END { print small, 1000 * large }'
}

# own_latency: of a message between two hosts as they are.
own_latency() { sums 2 | awk '{ print $1 / 2 }'; }

# row GBIT DELAY LATENCY: what sums take, and what is reckoned for that bandwidth and latency.
row() {
    local n small large
    for n in $hosts; do
        read -r small large < <(sums "$n")
        awk -v gbit="$1" -v delay="$2" -v n="$n" -v small="$small" -v large="$large" \
            -v reckoned_small="$("$reckon" "$3" "$1" "$n" 8)" \
            -v reckoned_large="$("$reckon" "$3" "$1" "$n" 1048576)" 'BEGIN {
            printf "| %s | %s | %d | %.0f | %.0f | %.2f | %.2f | %.2f |\n", gbit, delay, n, small, reckoned_small,
                large / 1000, reckoned_large / 1000, large / reckoned_large
        }'
    done
}

# step GBIT DELAY LATENCY: what a training step takes on two hosts, the median of the log's lines; the best of ROUNDS.
step() {
    local round
    for ((round = 0; round < ${ROUNDS:-3}; round++)); do
        across 1 "$MQCAST" check step.yaml --json --threads 1 --ranks 2 --bandwidth-gbit "$1" --latency-us "$3" 2>/dev/null |
            sed -nE 's/^ *"(exposed|step)_s": ([0-9.e-]+),?$/\1 \2/p'
        across 2 "$MQCAST" train step.yaml -q --threads 1 --resume never >.out 2>.err || cat .err >&2
        sed -nE 's/.*"series_per_s":([0-9.]+).*/\1/p' runs/step/log.jsonl | sort -n | awk '{ v[NR] = $1 }
            END { print "took", 16 / v[int((NR + 1) / 2)] }'
    done | awk -v gbit="$1" -v delay="$2" '!($1 in best) || $2 < best[$1] { best[$1] = $2 } END {
        printf "| %s | %s | %.2f | %.2f | %.2f | %.2f |\n", gbit, delay, 1000 * best["took"], 1000 * best["step"],
            1000 * best["exposed"], best["took"] / best["step"]
    }'
}

"$MQCAST" synth -q -o p.h5 --series 2000 --length 208 --frequency weekly
cat >step.yaml <<'EOF'
version: 1
run: {name: step}
data: {panel: p.h5, context: 104, horizon: 13}
model: {type: mqcnn}
train: {batch: 16, lanes: 2, steps: 200, validate_every: 0, log_every: 10}
evaluate: {origins: 1}
EOF

echo '| Gbit/s | delay, us | hosts | 8 bytes, us | reckoned | 1 MiB, ms | reckoned | measured / reckoned |'
echo '|---|---|---|---|---|---|---|---|'
for gbit in 10 1 0.1; do
    narrow $gbit
    row $gbit 0 "$(own_latency)"
done
if delay 0 2>.why; then
    narrow 1
    own=$(own_latency) # of the wires, without a delay
    for us in 50 200 1000; do
        latency=$(awk -v own="$own" -v us=$us 'BEGIN { print own + us }')
        delay $us
        for gbit in 1 0.1; do
            narrow $gbit
            row $gbit $us "$latency"
        done
        narrow 1
        step 1 $us "$latency" >>.steps
    done
    printf '\n%s\n%s\n' '| Gbit/s | delay, us | a step on two hosts, ms | reckoned | of it the sum | measured / reckoned |' \
        '|---|---|---|---|---|---|'
    cat .steps
else
    echo "skipped: no delay on links: $(cat .why)"
fi
finish >/dev/null
