#!/usr/bin/env bash
# What a sum over ranks takes on hosts with a network between them, beside what `mqcast check` reckons with
# (README, "At scale"): 2 log2(n) latencies and 2 (n - 1) / n times the bytes over the bandwidth. The hosts are
# network namespaces of this machine; links are narrowed and delayed by tc. Needs root.
#
#     tests/bench/hosts.sh
#     MQCAST=build/release/mqcast HOSTS='2 4' ROUNDS=3      the defaults
set -euo pipefail
export MQ_SOURCE_DIR=${MQ_SOURCE_DIR:-$(realpath "$(dirname "$0")/../..")}
export MQCAST=$(realpath "${MQCAST:-$MQ_SOURCE_DIR/build/release/mqcast}")
. "$MQ_SOURCE_DIR/tools/environment.sh"
export OMPI_MCA_mpi_yield_when_idle=1
. "$MQ_SOURCE_DIR/tests/cluster/hosts.sh"
set +e
hosts=${HOSTS:-2 4}
make_hosts "${hosts##* }"
write_agent

# sums HOSTS: microseconds of a sum of 8 bytes, and of one of 1 MiB; the best of ROUNDS.
sums() {
    local round
    for ((round = 0; round < ${ROUNDS:-3}; round++)); do
        across "$1" "$MQCAST" doctor 2>/dev/null | sed -nE 's/^allreduce ([0-9.]+) us for 8 bytes, ([0-9.]+) ms for 1 MiB$/\1 \2/p'
    done | awk 'NR == 1 || $1 < small { small = $1 } NR == 1 || $2 < large { large = $2 } END { print small, 1000 * large }'
}

# row NAME GBIT KIND...: shapes all links and prints what sums take on them. The latency of the model is half of
# what 8 bytes take between two hosts.
row() {
    local name=$1 gbit=$2 latency small large n
    shift 2
    if ! shape "$@" 2>/dev/null; then
        echo "| $name | not in this kernel | | | | | |"
        return
    fi
    for n in $hosts; do
        read -r small large < <(sums "$n")
        [ "$n" -ne 2 ] || latency=$(awk -v s="$small" 'BEGIN { print s / 2 }')
        awk -v name="$name" -v n="$n" -v gbit="$gbit" -v latency="$latency" -v small="$small" -v large="$large" 'BEGIN {
            rounds = 0
            while (2 ^ rounds < n) rounds++
            start = 2 * rounds * latency
            whole = start + 2 * (n - 1) / n * 1048576 * 8 / (gbit * 1000)
            printf "| %s | %d | %.0f | %.0f | %.2f | %.2f | %.2f |\n", name, n, small, start, large / 1000, whole / 1000, large / whole
        }'
    done
}

echo '| links | hosts | 8 bytes, us | reckoned | 1 MiB, ms | reckoned | measured / reckoned |'
echo '|---|---|---|---|---|---|---|'
row '10 Gbit/s' 10 tbf rate 10gbit burst 2mb limit 2mb
row '1 Gbit/s' 1 tbf rate 1gbit burst 64kb limit 512kb
row '100 Mbit/s' 0.1 tbf rate 100mbit burst 64kb limit 512kb
row 'delayed by 1 ms' 100 netem delay 1ms
finish >/dev/null
