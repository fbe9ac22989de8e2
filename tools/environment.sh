# Sourced by the other tools: what running on one machine needs in the environment.
# Open MPI refuses root and, by default, probes networks that a single machine does not have.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1
# More ranks than cores: let them, and let waiting ranks give way.
export OMPI_MCA_rmaps_base_oversubscribe=1
[ "$(nproc)" -ge 2 ] || export OMPI_MCA_mpi_yield_when_idle=1
# These two choose matrix kernels; the library knows the CPU better.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

# Quiet unless it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# configure PRESET [FLAG...], build PRESET [TARGET...]
configure() {
    local preset=$1
    shift
    command -v ccache >/dev/null && set -- -DCMAKE_C_COMPILER_LAUNCHER=ccache "$@"
    quietly cmake --preset "$preset" "$@"
}

build() {
    local preset=$1
    shift
    quietly cmake --build --preset "$preset" ${1:+--target "$@"}
}
