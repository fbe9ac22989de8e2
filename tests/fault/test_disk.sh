#!/usr/bin/env bash
# labels: fault slow
# Disks that are full or may not be written: one line names the file, what was there stays whole, nothing is
# left behind, and with room the same command ends with the same bits.
# The test goes on in a mount namespace of its own, where a file system can be made small.
if [ -z "${MQ_APART:-}" ]; then
    why=$(unshare --mount mount -t tmpfs none /mnt 2>&1) || { echo "skipped: no mounts here: $why"; exit 77; }
    MQ_APART=yes exec unshare --mount bash "$0"
fi
. "$(dirname "$0")/lib.sh"
trap 'cd /; umount "$here/small"; rm -rf "$here"' EXIT
mkdir small
mount -t tmpfs -o size=3m none small

filled=0
fill() { cat /dev/zero >small/ballast 2>/dev/null; }
# expect_full 'file' COMMAND...: with 0 exit code 1, the file named, nothing left behind.
expect_full() {
    local file=$1
    shift
    filled=$((filled + 1))
    expect_exit 1 "$file.*No space left on device" -- "$@"
    no_leftovers small
}

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 100, lr: 0.003, warmup: 5, validate_every: 0, log_every: 5}'
sed -i 's/every: 6, keep: 100/every: 2, keep: 1000/' e.yaml
expect_done "$MQCAST" run e.yaml -q --set run.name=undisturbed
want=$(results undisturbed)

# ---- while it trains: alone, on two ranks
for n in 1 2; do
    run=full-$n
    expect_full small mpi $n "$MQCAST" run e.yaml -q --set run.dir=small --set run.name=$run
    checks=$((checks + 1))
    step=$(fact "$(newest small/$run)" step)
    [ "${step:-0}" -gt 0 ] || complain 'nothing was saved before the disk was full'
    expect_exit 0 'whole +yes' -- "$MQCAST" inspect "$(newest small/$run)"
    expect_full small mpi $n "$MQCAST" run e.yaml -q --set run.dir=small --set run.name=$run # no room for a byte still
    mount -o remount,size=64m small
    expect_done mpi $n "$MQCAST" run e.yaml -q --set run.dir=small --set run.name=$run
    mv small/$run runs/
    expect_same "$run: with room again" "$want" "$(results $run)"
    mount -o remount,size=3m small
done

# ---- what is written after training, over what was there: every file stays what it was
mount -o remount,size=16m small
expect_done "$MQCAST" run e.yaml -q --set run.dir=small --set run.name=run --set checkpoint.keep=1
expect_done "$MQCAST" forecast small/run -o small/f
verbs=(
    "forecast.h5|forecast small/run -o small/f"
    "part-00000.h5|forecast small/run -o small/f --origins 20/1"
    "evaluation.json|evaluate small/run"
    "report.html|report small/run -o small/report.html"
    "p.h5|import csv sales.csv -o small/p.h5"
    "s.h5|synth -o small/s.h5 --series 2000 --length 200"
    "f.csv|export small/f/forecast.h5 -o small/f.csv"
    "w.safetensors|export $(newest small/run) -o small/w.safetensors"
)
expect_done "$MQCAST" export p.h5 -o sales.csv
for verb in "${verbs[@]}"; do
    read -ra words <<<"${verb#*|}"
    rm -f small/f.csv small/w.safetensors # export replaces nothing
    case ${words[0]} in export | synth) ;; *) expect_done "$MQCAST" "${words[@]}" ;; esac
    before=$(find small -type f ! -name ballast -exec sha256sum {} + | sort)
    fill
    expect_full 'small/' "$MQCAST" "${words[@]}"
    expect_same "$verb: what was there" "$before" "$(find small -type f ! -name ballast -exec sha256sum {} + | sort)"
    rm small/ballast
done
expect_done "$MQCAST" forecast small/run -o small/f

# ---- a full disk behind stdout
expect_exit 1 'cannot write to standard output' -- sh -c "'$MQCAST' template >/dev/full"

# ---- read-only
mount -o remount,ro small
readonly_verbs=(
    "train e.yaml -q --set run.dir=small --set run.name=new"
    "train e.yaml -q --set run.dir=small --set run.name=run --resume never"
    "forecast small/run -o small/g"
    "evaluate small/run"
    "report small/run -o small/report.html"
    "synth -o small/q.h5 --series 4 --length 40"
)
for verb in "${readonly_verbs[@]}"; do
    read -ra words <<<"$verb"
    expect_everywhere 1 'small.*Read-only file system' -- "${words[@]}"
done

echo "counts: full=$filled readonly=$((2 * ${#readonly_verbs[@]})) hangs=$hangs differing=$((failures > 0))"
finish
