#!/usr/bin/env bash
# Wrong words give one line of error and exit code 2, alone and under a launcher; help gives none.
. "$(dirname "$0")/lib.sh"

# ---- the program
expect_everywhere 2 'error: which verb\?' --
expect_everywhere 2 "error: there is no verb 'imprt'" -- imprt
expect_hint "did you mean 'mqcast import'"
expect_exit 2 "there is no verb 'xyzzy'" -- "$MQCAST" xyzzy
expect_hint "'mqcast --help' lists the verbs"
expect_exit 2 "there is no verb '--hlep'" -- "$MQCAST" --hlep
expect_everywhere 0 '^usage: mqcast VERB' -- --help
expect_lines 1 '^usage:'
expect_everywhere 0 '^mqcast +[0-9]+\.[0-9]+' -- --version
expect_lines 1 '^mqcast '
expect_lines 1 '^MPI '
expect_lines 1 '^BLAS +OpenBLAS [0-9.]+$'
expect_lines 1 '^HDF5 +[0-9.]+$'
expect_exit 0 '^usage: mqcast synth' -- "$MQCAST" help synth
expect_exit 2 "there is no verb 'snth'" -- "$MQCAST" help snth

# ---- every verb has help, and refuses what it does not know
for verb in $("$MQCAST" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    expect_exit 0 "^usage: mqcast $verb" -- "$MQCAST" "$verb" --help
    expect_lines 1 '--quiet'
    expect_exit 2 "error: $verb: unknown flag '--nonsense'" -- "$MQCAST" "$verb" --nonsense
done
expect_everywhere 0 '^usage: mqcast doctor' -- doctor --help
expect_lines 1 '--expect-ranks N'

# ---- flags
expect_everywhere 2 "synth: unknown flag '--sereis'" -- synth --sereis 3
expect_hint 'did you mean --series'
expect_exit 2 "synth: unknown flag '-x'" -- "$MQCAST" synth -x
expect_exit 2 'synth: --series lacks its value' -- "$MQCAST" synth -o a.h5 --series
expect_exit 2 'synth: --series lacks its value' -- "$MQCAST" synth --series --length 3
expect_exit 2 'synth: --series is given twice' -- "$MQCAST" synth --series 1 --series=2
expect_exit 2 'synth: --verbose takes no value' -- "$MQCAST" synth --verbose=1
expect_exit 2 'synth: --output is missing' -- "$MQCAST" synth --series 1 --length 3
expect_exit 2 "synth: --series: 'x' is not a whole number" -- "$MQCAST" synth -o a.h5 --series x --length 3
expect_exit 2 'synth: --series: 0 is out of range' -- "$MQCAST" synth -o a.h5 --series 0 --length 3
expect_exit 2 "synth: --frequency: 'often'" -- "$MQCAST" synth -o a.h5 --series 1 --length 3 --frequency often
expect_exit 2 "synth: 'more' is one word too many" -- "$MQCAST" synth -o a.h5 --series 1 --length 3 more
expect_exit 2 "synth: '--series' is one word too many" -- "$MQCAST" synth -o a.h5 -- --series
expect_no_file a.h5

# ---- positional words
expect_everywhere 2 'import: expected FORMAT SOURCE' -- import csv -o a.h5
expect_hint 'usage: mqcast import FORMAT SOURCE'
expect_exit 2 "there is no import format 'cvs'" -- "$MQCAST" import cvs a.csv -o a.h5
expect_exit 1 'a.csv: No such file' -- "$MQCAST" import csv a.csv -o a.h5
expect_exit 2 'inspect: expected FILE' -- "$MQCAST" inspect
expect_exit 2 "inspect: 'b' is one word too many" -- "$MQCAST" inspect a b

# ---- the world
expect_exit 2 'started with 1 rank, but --expect-ranks says 2' -- "$MQCAST" doctor --expect-ranks 2
expect_exit 2 'started with 2 ranks, but --expect-ranks says 3' -- mpi 2 "$MQCAST" doctor --expect-ranks 3
expect_everywhere 2 "doctor: --expect-ranks: 'two' is not a whole number" -- doctor --expect-ranks two
expect_everywhere 2 'doctor: --expect-ranks: 0 is out of range' -- doctor --expect-ranks 0
expect_everywhere 2 "doctor: --stall-end: 'soon' is not a duration" -- doctor --stall-end soon
expect_everywhere 0 '^world +ranks [12], nodes 1' -- doctor --stall-warn 0 --stall-end 0
expect_exit 0 '^world +ranks 2, nodes 1' -- mpi 2 "$MQCAST" doctor --expect-ranks 2
# The program's own choice of kernels is never below the CPU, also where OpenBLAS does not know it.
expect_exit 0 '^kernel +[A-Za-z0-9]+$' -- env -u OPENBLAS_CORETYPE "$MQCAST" doctor
expect_lines 1 '^sgemm +[0-9]+ GFLOP/s'
expect_lines 1 '^allreduce '
expect_lines 1 '^disk +[0-9]+ MB/s'

# ---- one step of the benchmark, written down
expect_everywhere 2 'bench: --dump is for one lane on one thread' -- bench --threads 2 --dump s.safetensors
expect_hint 'one rank, --threads 1 --lanes 1'
expect_no_file s.safetensors
expect_exit 0 'ranks 1' -- "$MQCAST" bench --batch 2 --threads 1 --dump s.safetensors
expect_file s.safetensors
expect_exit 2 's.safetensors: exists' -- "$MQCAST" bench --batch 2 --threads 1 --dump s.safetensors

# ---- the quickstart
expect_exit 0 '`--fresh` trains' -- bash "$MQ_SOURCE_DIR/tools/quickstart.sh" --help

# ---- output that cannot be written is not success
full() {
    "$@" >/dev/full
}
expect_exit 1 'cannot write to standard output' -- full "$MQCAST" --help

finish
