#!/usr/bin/env bash
# labels: contract slow
# A panel of ten times the memory that there is: trained on and forecast, with no one killed.
. "$(dirname "$0")/lib.sh"

limit_mib=64
group=''
cleanup() {
    rm -rf "$here"
    # A process that was killed stays in the group until it is gone.
    [ -z "$group" ] || wait_until 10 rmdir "$group" 2>/dev/null
}
trap cleanup EXIT

# A control group of either version; making one takes rights.
root=/sys/fs/cgroup
for parent in $root/memory $root; do
    candidate=$parent/mqcast-$$
    for limit in memory.limit_in_bytes memory.max; do
        [ -e "$candidate" ] || mkdir "$candidate" 2>/dev/null || continue
        if [ -z "$group" ] && echo ${limit_mib}M 2>/dev/null >"$candidate/$limit"; then
            group=$candidate
            echo 0 2>/dev/null >"$group/memory.swap.max" || true
        fi
    done
    [ -n "$group" ] || rmdir "$candidate" 2>/dev/null
    [ -z "$group" ] || break
done
[ -n "$group" ] || { echo "skipped: no control group to limit memory with"; exit 77; }

# limited COMMAND...: with no more memory than the limit, all of its processes together.
limited() {
    (echo "$BASHPID" >"$group/cgroup.procs" && exec timeout -k 5 120 "$@")
}

# In memory a value is a target, whether it was in stock, a price and a promotion: 16 bytes.
expect_done "$MQCAST" synth -o long.h5 --series 25600 --length 2000
values=$("$MQCAST" inspect long.h5 | sed -nE 's/^ +values +([0-9]+),.*/\1/p')
checks=$((checks + 1))
[ "$((values * 16))" -ge "$((10 * limit_mib << 20))" ] || complain "only $values values"

experiment() {
    small_experiment "$1.yaml" long.h5 \
        'train: {batch: 16, lanes: 16, steps: 4, validate_every: 0, log_every: 1}'
    sed -i "s/name: small/name: $1/; s/horizon: 7}/horizon: 7, cache_mib: $2}/" "$1.yaml"
}
experiment bounded 16
expect_done limited "$MQCAST" train bounded.yaml --threads 1
expect_done limited "$MQCAST" forecast runs/bounded --threads 1
expect_sound_forecast runs/bounded/forecast 25600 7 9

expect_done limited "$MQCAST" simulate bounded.yaml --threads 1 -o orders.json \
    --set 'inventory.policies=[newsvendor, perfect]' --set inventory.resamples=10
expect_file orders.json

# The limit is one: a cache that exceeds it ends badly.
experiment careless 1000
checks=$((checks + 1))
if limited "$MQCAST" train careless.yaml --threads 1 >.out 2>.err; then
    complain 'a cache larger than the limit did not hit it'
fi

finish
