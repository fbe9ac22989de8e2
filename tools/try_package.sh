#!/usr/bin/env bash
# Installs a Debian package of mqcast in a clean Debian 12 of its own and runs it there: doctor, and a
# panel, a training on two ranks and a forecast. Takes root, debootstrap and a mirror, and minutes;
# without them it says so and ends with 77.
#
#     tools/try_package.sh build/release/mqcast_0.1.0_amd64.deb
#
# MQ_MIRROR names another mirror than deb.debian.org.
set -eu

skip() {
    echo "skipped: $*"
    exit 77
}

# ---- in a mount namespace of its own: nothing mounted here outlives it
if [ "${1:-}" = --inside ]; then
    root=$2
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mkdir -p "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/dev/shm"
    in_root() {
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 \
            ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} chroot "$root" "$@"
    }
    in_root sh -c 'apt-get -q update && apt-get -q install -y --no-install-recommends /tmp/mqcast.deb' >"$root/tmp/log" 2>&1 ||
        { tail -n 20 "$root/tmp/log"; exit 1; }
    in_root sh -ec '
        cd /tmp
        mqcast doctor
        mqcast synth -o sales.h5 --series 200 --length 200
        printf "%s\n" "version: 1" "run: {name: first}" "data: {panel: sales.h5, context: 56, horizon: 14}" \
            "model: {type: mqcnn}" "train: {batch: 32, steps: 20, validate_every: 20}" >first.yaml
        mpirun --oversubscribe -n 2 mqcast train first.yaml
        mpirun --oversubscribe -n 2 mqcast forecast runs/first
        mqcast export runs/first/forecast/forecast.h5 -o first.csv
        test "$(wc -l <first.csv)" -eq $((200 * 14 + 1))
        ! ldd /usr/lib/libmqcast-infer.so.0 | grep -i mpi
        ls /usr/share/doc/mqcast'
    exit
fi

[ "$#" -eq 1 ] && [ -f "$1" ] || { echo "usage: tools/try_package.sh PACKAGE.deb" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || skip 'not root'
command -v debootstrap >/dev/null || skip 'debootstrap is not installed'
root=$(mktemp -d "${TMPDIR:-/tmp}/mqcast-package-XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase bookworm "$root/system" "${MQ_MIRROR:-http://deb.debian.org/debian}" >"$root/log" 2>&1 ||
    { tail -n 3 "$root/log"; skip 'debootstrap did not come to its end: no mirror within reach?'; }
cp "$1" "$root/system/tmp/mqcast.deb"
cp /etc/resolv.conf "$root/system/etc/resolv.conf"
unshare --mount --propagation private "$0" --inside "$root/system"
echo "$1: installs and runs on a clean Debian 12"
