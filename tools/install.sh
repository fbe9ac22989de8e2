#!/usr/bin/env bash
# Installs the Debian packages that building and running need, and with --tests those of the tests;
# does nothing when all are there. Needs root or sudo only when something is missing.
set -eu

packages=(
    build-essential cmake ninja-build pkg-config
    libopenmpi-dev openmpi-bin      # MPI
    libopenblas-serial-dev          # matrix products; serial is the safe flavour beside MPI and threads
    libhdf5-dev hdf5-tools          # panels, checkpoints, forecasts
    libyaml-dev libjansson-dev      # experiments; run log, scores, manifests
    zlib1g-dev libssl-dev           # gzip sources; SHA-256
)
case "${1:-}" in
"") ;;
--tests)
    packages+=(check python3-h5py-serial) # unit tests; another reader of our files
    ;;
*) echo "usage: tools/install.sh [--tests]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "error: not root and no sudo: install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
quietly apt-get -q update
quietly apt-get -q install -y --no-install-recommends "${missing[@]}"
