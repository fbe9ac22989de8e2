#!/usr/bin/env bash
# labels: fault
# A loss or gradient that is not finite ends the run with 4 on every rank, naming step, lane and series; the
# last good checkpoint is kept.
. "$(dirname "$0")/lib.sh"

# panel FILE SERIES VALUE: a thousand products of weekly habits, and one of them once sells VALUE.
panel() {
    awk -v bad="$2" -v value="$3" 'BEGIN {
        printf "item_id"
        for (d = 1; d <= 80; d++) printf ",d%d", d
        for (s = 1; s <= 1000; s++) {
            printf "\nitem-%04d", s
            for (d = 1; d <= 80; d++) printf ",%s", s == bad && d == 30 ? value : (s + d) % 7
        }
        print ""
    }' >"$1.csv"
    expect_done "$MQCAST" import wide "$1.csv" -o "$1.h5"
}
refused=0 named=0
# expect_refusal 'pattern' COMMAND...
expect_refusal() {
    local pattern=$1 before=$failures
    shift
    expect_exit 4 "$pattern" -- "$@"
    refused=$((refused + 1))
    [ $failures -gt "$before" ] || named=$((named + 1))
}

panel sound 0 0
panel typo 305 1e15
small_experiment e.yaml typo.h5 'train: {batch: 8, lanes: 4, steps: 400, lr: 0.003, warmup: 0, validate_every: 0}'

# ---- one value that is a slip, where products weigh by the square of their size
slip="step [0-9]+: the gradient of [a-z0-9._]+ in lane 1 is not finite or too large, from series 'item-0305'"
for n in 1 2 3; do
    expect_refusal "$slip" mpi $n "$MQCAST" train e.yaml -q --threads 1 --set run.name=slip-$n --set loss.volume_weight=2
    expect_hint 'look at the values of that series'
    said[n]=$(sed -nE 's/^error: (rank [0-9]+: )?//p' .err)
done
expect_same 'on one and two ranks' "${said[1]}" "${said[2]}"
expect_same 'on one and three ranks' "${said[1]}" "${said[3]}"

# ---- weights that run away: every series is bad; what was saved before stays, and ends alike again
away=(train e.yaml -q --set data.panel=sound.h5 --set run.name=away --set checkpoint.every=1 --set train.lr=10
    --set train.clip=0 --set train.steps=400)
pattern="step [0-9]+: the (loss|gradient) .*from (all its 2 series, the first is|series) 'item-[0-9]+'"
expect_refusal "$pattern" mpi 2 "$MQCAST" "${away[@]}"
expect_hint 'lower train.lr'
first=$(sed -nE 's/^error: (rank [0-9]+: )?//p' .err)
expect_whole away
expect_refusal "$pattern" "$MQCAST" "${away[@]}"
expect_same 'ends alike again' "$first" "$(sed -nE 's/^error: (rank [0-9]+: )?//p' .err)"

echo "counts: poisoned=$refused named=$named"
finish
