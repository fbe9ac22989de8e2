# mpirun over hosts that share nothing but files; sourced.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What mpirun calls in place of ssh: agent HOST COMMAND...
write_agent() {
    {
        echo '#!/bin/bash'
        declare -f on_host
        echo 'host=$1; shift; on_host "$host" sh -c "$*"'
    } >agent
    chmod +x agent
}

# across HOSTS COMMAND...: a rank on each of h1..; mpirun runs on the first. Without -q, which would hide that
# a host is gone.
across() {
    local hosts
    hosts=$(seq -s, -f 'h%g' "$1")
    shift
    (on_host h1 timeout -k 5 120 mpirun --host "$hosts" --bind-to none --mca plm rsh \
        --mca plm_rsh_agent "$PWD/agent" --mca plm_rsh_no_tree_spawn 1 \
        --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 "$@")
}

host_numbers() { ip netns list | sed -E 's/^h([0-9]+).*/\1/' | sort -n; }

# shape KIND...: a queue (of tc) in both directions of every link; says why where the kernel has none such.
shape() {
    local i
    for i in $(host_numbers); do
        tc qdisc replace dev "port$i" root "$@" && tc -n "h$i" qdisc replace dev eth0 root "$@" || return
    done
}

# delay MICROSECONDS: plugs all hosts in by other wires, on which what one sends another arrives so much later; half
# of it passes on the way to the switch. To be called before `shape`; says why where there are no such wires.
delay() {
    local i
    [ -x wire ] || "${CC:-cc}" -std=c17 -O2 -o wire "$MQ_SOURCE_DIR/tests/cluster/wire.c" || return
    [ -z "${wires:-}" ] || { kill "$wires"; wait "$wires"; }
    for i in $(host_numbers); do ip link delete "port$i" 2>/dev/null; done # or they went with the wires
    : >.wire
    ./wire "$(awk -v whole="$1" 'BEGIN { print whole / 2 }')" $(host_numbers | sed 's/^/h/') >.wire &
    wires=$!
    wait_until 5 has_begun
    grep -q ready .wire || return
    for i in $(host_numbers); do plug_in "$i"; done
}
has_begun() { grep -q ready .wire || ! kill -0 "$wires" 2>/dev/null; }

# short_run: an undisturbed run `one`, for others to be compared with.
short_run() {
    write_agent
    expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
    small_experiment small.yaml p.h5 \
        'train: {batch: 16, lanes: 4, steps: 100, lr: 0.003, warmup: 5, validate_every: 50, log_every: 20}'
    expect_done "$MQCAST" run -q small.yaml --set run.name=one
}

# expect_same_across HOSTS RUN: a run across hosts learns and forecasts the same.
expect_same_across() {
    expect_done across "$1" "$MQCAST" run -q small.yaml --set run.name="$2" --expect-ranks "$1"
    expect_same_run "$2" runs/one "runs/$2"
    expect_same "$2: forecast" "$(forecast_sha256 runs/one/forecast)" "$(forecast_sha256 "runs/$2/forecast")"
}
