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
    node-d3                         # draws the report's figures: becomes part of the library
    zlib1g-dev libssl-dev           # gzip sources; SHA-256
    tzdata                          # time zones of imports
)
optional=() # without them some tests skip
case "${1:-}" in
"") ;;
--tests)
    packages+=(check python3-h5py-serial)             # unit tests; another reader of our files
    packages+=(groff-base mandoc bsdextrautils bsdutils) # manual pages read, completion typed
    packages+=(python3-jsonschema python3-yaml)       # the schema of experiments
    optional+=(slurmctld slurmd slurm-client munge)   # a cluster of this machine alone
    optional+=(iproute2)                              # hosts on links of their own
    optional+=(python3-pandas python3-xarray python3-h5netcdf r-cran-hdf5r)  # the README's readers
    optional+=(environment-modules)                   # reads the module file
    optional+=(chromium-headless-shell fonts-dejavu-core) # opens reports
    ;;
*) echo "usage: tools/install.sh [--tests]" >&2; exit 2 ;;
esac

# missing_of PACKAGE...: fills `missing`
missing_of() {
    local package state
    missing=()
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done
}
missing_of "${packages[@]}" "${optional[@]}"
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
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}
install() {
    [ "$#" -eq 0 ] || quietly apt-get -q install -y --no-install-recommends "$@"
}
quietly apt-get -q update
missing_of "${packages[@]}"
install "${missing[@]}"
missing_of "${optional[@]}"
install "${missing[@]}" || echo "warning: without ${missing[*]}: some tests will be skipped" >&2
