#!/usr/bin/env bash
# labels: fault slow
# Files that vanish or change under a run: it goes on where it can, else ends naming the file, and never goes
# on from something else than it left.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 3000 --length 120
expect_done "$MQCAST" synth -o other.h5 --series 3000 --length 120 --seed 2
cp p.h5 whole.h5
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 150, lr: 0.003, warmup: 5, validate_every: 0, log_every: 50}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 2/; s/horizon: 7}/horizon: 7, cache_mib: 1}/' e.yaml
expect_done "$MQCAST" train e.yaml -q --set run.name=undisturbed

changes=0
# during RUN COMMAND...: starts the run, does that once step 20 is saved, waits for the end.
during() {
    local run=$1
    shift
    changes=$((changes + 1))
    start 2 train e.yaml -q --threads 1 --set run.name="$run"
    wait_until 60 has_saved "$run" 20 || complain 'step 20 was not reached'
    "$@"
    finish_job 60
}

# ---- the panel: removed or replaced, the open file is what the run goes on reading
during removed rm p.h5
expect_code 0 'the panel was removed'
expect_same_run 'the panel was removed' runs/undisturbed runs/removed
expect_everywhere 1 'p.h5: No such file' -- train e.yaml -q --set run.name=removed
cp whole.h5 p.h5
during replaced mv other.h5 p.h5
expect_code 0 'the panel was replaced'
expect_same_run 'the panel was replaced' runs/undisturbed runs/replaced
expect_everywhere 3 'was trained on another panel than p.h5' -- train e.yaml -q --set run.name=replaced
cp whole.h5 p.h5

# ---- its bytes changed in place: checksums tell, every rank ends alike
overwrite() { head -c $(($(stat -c %s p.h5) - 8192)) /dev/urandom | dd of=p.h5 bs=8192 seek=1 conv=notrunc status=none; }
during damaged overwrite
expect_code 3 'the panel was overwritten'
expect_error '(rank [01]: )?.*p.h5: '
cp whole.h5 p.h5
expect_done mpi 2 "$MQCAST" train e.yaml -q --set run.name=damaged
expect_same_run 'the panel is whole again' runs/undisturbed runs/damaged

# ---- the run's directory
during gone rm -rf runs/gone
expect_code 1 'the directory was removed'
expect_error 'runs/gone/.*: No such file or directory'
expect_done "$MQCAST" train e.yaml -q --set run.name=gone
expect_same_run 'the directory was removed' runs/undisturbed runs/gone

# ---- a pointer to what is not there: to the checkpoint before, with a word; to nothing at all, never
stop_early() {
    start 1 train e.yaml -q --set run.name="$1"
    wait_until 60 has_saved "$1" 30 || complain 'step 30 was not reached'
    kill -USR1 $job
    finish_job 20
    expect_code 75 'asked to stop'
}
stop_early pointed
rm "$(newest runs/pointed)"
expect_exit 0 'warning: .*step-[0-9]+.h5: No such file' -- "$MQCAST" train e.yaml -q --set run.name=pointed
expect_same_run 'the newest checkpoint was removed' runs/undisturbed runs/pointed
rm runs/pointed/checkpoints/step-*
before=$(sha256sum runs/pointed/log.jsonl)
expect_everywhere 3 "runs/pointed: no checkpoint, but 'latest' names that of step 150" -- train e.yaml -q --set run.name=pointed
expect_hint '--resume never'
expect_same 'the log is as it was' "$before" "$(sha256sum runs/pointed/log.jsonl)"
expect_done "$MQCAST" train e.yaml -q --set run.name=pointed --resume never
expect_same_run 'afresh, when asked' runs/undisturbed runs/pointed

# ---- clocks: files of the future, and time of day that jumps by years both ways, change nothing
checks=$((checks + 1))
clocks=$(cd "$MQ_SOURCE_DIR" && grep -lE '\b(time|gettimeofday)\(|CLOCK_REALTIME|timedwait' -r src | sort | xargs)
[ "$clocks" = 'src/base/clock.c src/base/log.c' ] || complain "the time of day is read in $clocks"
stop_early future
find runs/future -exec touch -d 2099-01-01 {} +
touch -d 1971-01-01 p.h5
expect_done mpi 2 "$MQCAST" train e.yaml -q --set run.name=future
expect_same_run 'files of the future' runs/undisturbed runs/future
jump=$MQ_SOURCE_DIR/tests/fault/clockjump.c
if [ "$(nm -D "$MQCAST" | grep -c asan)" -eq 0 ] && cc -shared -fPIC -o jump.so "$jump" 2>.err; then
    jumping() { timeout -k 5 60 mpirun -q --oversubscribe -n 2 -x LD_PRELOAD="$PWD/jump.so" "$MQCAST" "$@"; }
    expect_done jumping train e.yaml -q --set run.name=jumping --max-time 1h --stall-warn 20s --stall-end 30s
    expect_same_run 'a clock that jumps' runs/undisturbed runs/jumping
    expect_exit 75 'stopped by --max-time' -- jumping train e.yaml -q --set run.name=jumped --max-time 0.1s
fi

echo "counts: changes=$changes hangs=$hangs differing=$((failures > 0))"
finish
