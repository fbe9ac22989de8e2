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

# shape KIND...: a queue (of tc) in both directions of every link; says why where the kernel has none such.
shape() {
    local host
    for host in $(ip netns list | cut -d' ' -f1); do
        tc qdisc replace dev "port${host#h}" root "$@" && tc -n "$host" qdisc replace dev eth0 root "$@" || return
    done
}

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
