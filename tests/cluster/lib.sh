# Helpers of the cluster tests; sourced first. The test runs again in namespaces of its own: its processes
# end with it, its ports and host names meet no others, and its files, in memory, are gone with it.
if [ -z "${MQ_APART:-}" ]; then
    apart=(unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc)
    why=$("${apart[@]}" mount -t tmpfs none /dev/shm 2>&1) || { echo "skipped: no namespaces here: $why"; exit 77; }
    MQ_APART=yes exec "${apart[@]}" bash "$0"
fi
mount -t tmpfs none /dev/shm
mount -t tmpfs none /run
export TMPDIR=/run
. "$(dirname "$0")/../contract/lib.sh"
trap - EXIT
command -v ip >/dev/null || { echo "skipped: no ip to make hosts with"; exit 77; }

# host_address NUMBER: on the network that all hosts share; 254 is the test itself.
host_address() { echo "10.0.0.$1"; }

# make_hosts N: hosts h1..hN, each with a name and a network card of its own, on one switch. Files
# and processes they share.
make_hosts() {
    local i why
    echo '127.0.0.1 localhost' >hosts
    ip link set lo up
    why=$(ip link add switch type bridge 2>&1) || { echo "skipped: no bridge in this kernel: $why"; exit 77; }
    ip address add "$(host_address 254)/24" dev switch
    ip link set switch up
    for i in $(seq "$1"); do
        ip netns add "h$i"
        ip -n "h$i" link set lo up
        ip link add "port$i" type veth peer name eth0 netns "h$i"
        plug_in "$i"
        echo "$(host_address "$i") h$i" >>hosts
        cat /proc/sys/kernel/random/uuid >"/run/boot_id-h$i"
    done
    mount --bind hosts /etc/hosts
}

# plug_in NUMBER: the card of a host into the switch.
plug_in() {
    ip link set "port$1" master switch up
    ip -n "h$1" address add "$(host_address "$1")/24" dev eth0
    ip -n "h$1" link set eth0 up
}

# on_host HOST COMMAND...: becomes the command there, on a machine of its own as far as it can tell.
on_host() {
    exec nsenter --net="/run/netns/$1" unshare --uts --mount sh -c 'hostname "$0" &&
        mount --bind "/run/boot_id-$0" /proc/sys/kernel/random/boot_id && exec "$@"' "$@"
}

# hold RUN STEP: once that step is saved, the run stands still, at no cost, until `release RUN`; `is_held`
# waits for it. To be called before the run starts, or while it is held: hold.sh is not to be late.
hold() {
    local urgent=(chrt --fifo 1)
    "${urgent[@]}" true 2>/dev/null || urgent=()
    "${urgent[@]}" bash "$MQ_SOURCE_DIR/tests/cluster/hold.sh" "$1" "$2" &
    holder=$!
}
is_held() {
    checks=$((checks + 1))
    wait "$holder" || complain 'the run does not get there'
}
ranks_of() { bash "$MQ_SOURCE_DIR/tests/cluster/hold.sh" "$1"; }
release() { kill -CONT $(ranks_of "$1") 2>/dev/null; } # as far as they are still there
