#!/usr/bin/env bash
# labels: contract slow
# An ensemble is the mean of its members, and of no others than those it was made of.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 "$short_training"
# member NAME SETTING...
member() {
    local name=$1
    shift
    expect_done "$MQCAST" train e.yaml -q --set run.name="$name" "$@"
}
member a
member b --set run.seed=4
member naive --set model.type=seasonal_naive
cp e.yaml ensemble.yaml
echo 'model: {type: ensemble, members: [runs/a, runs/b, runs/naive]}' >>ensemble.yaml
sed -i 's/name: small/name: all/' ensemble.yaml

# ---- the mean, level by level, on any number of ranks
expect_exit 0 'mean_wQL' -- mpi 2 "$MQCAST" run ensemble.yaml
run=runs/all
expect_file $run/report.html
expect_sound_forecast $run/forecast 40 7 9
for name in a b naive all; do
    [ $name = all ] || expect_done "$MQCAST" forecast runs/$name
    forecast_values runs/$name/forecast quantiles >$name.values
done
expect_same 'the mean of the three' 'no complaint' "$(paste a.values b.values naive.values all.values | awk '
    { mean = ($1 + $2 + $3) / 3; error = mean - $4; if (error < 0) error = -error }
    error > 1e-6 * (1 + mean) { print "line " NR ": " $4 ", want " mean; exit }
    END { if (NR > 0 && error <= 1e-6 * (1 + mean)) print "no complaint" }')"
expect_same 'members differ' differ "$(cmp -s a.values b.values || echo differ)"
expect_exit 0 'members +3$' -- "$MQCAST" inspect "$(newest $run)"
for ranks in 1 3; do
    expect_done mpi $ranks "$MQCAST" forecast $run -o on$ranks --origins 3/7
done
expect_same 'one rank and three' "$(forecast_sha256 on1)" "$(forecast_sha256 on3)"

# ---- who can take part
# expect_refused 'pattern' SETTING...: and nothing appears
expect_refused() {
    local pattern=$1
    shift
    expect_everywhere 2 "$pattern" -- train ensemble.yaml --set run.name=refused "$@"
    expect_no_file runs/refused
}
expect_refused 'model.members: names no run' --set 'model.members=[]'
expect_refused 'model.members: runs/none: no such run' --set 'model.members=[runs/a, runs/none]'
expect_refused "model.members: $run/checkpoints/.* combines other runs itself" --set "model.members=[$run]"
expect_refused 'data.horizon: runs/a/checkpoints/.* forecasts 7 periods, not 5' --set data.horizon=5
expect_refused 'loss.quantiles: runs/a/checkpoints/.* knows' --set 'loss.quantiles=[0.1,0.9]'
expect_refused 'evaluate.levels: runs/a/checkpoints/.* knows' --set 'evaluate.levels=[0.1,0.9]'
expect_done "$MQCAST" synth -o other.h5 --series 40 --length 120 --seed 2
expect_refused 'data.panel: runs/a/checkpoints/.* another panel than other.h5' --set data.panel=other.h5
expect_exit 2 'forecast.levels: runs/a/checkpoints/.* knows' -- \
    "$MQCAST" forecast $run --set 'forecast.levels=[0.5,0.99]'
member functions --set loss.head=incremental
any=(--set run.name=any --set 'model.members=[runs/functions, runs/naive]')
expect_done "$MQCAST" train ensemble.yaml "${any[@]}"
expect_done "$MQCAST" forecast runs/any --set 'forecast.levels=[0.5,0.99]'
expect_done "$MQCAST" forecast runs/any -o new --data other.h5
expect_sound_forecast new 40 7 9

# A member may have trained on what the ensemble is scored on.
member greedy --set evaluate.origins=1
expect_exit 0 'warning: some of the targets scored were used for training' -- \
    "$MQCAST" run ensemble.yaml --set run.name=seen --set 'model.members=[runs/a, runs/greedy]'

# ---- members that are no longer what they were
expect_done "$MQCAST" train ensemble.yaml -q
expect_exit 2 "'members: \[runs/a, runs/b, runs/naive\]', the experiment now says" -- \
    "$MQCAST" train ensemble.yaml --set 'model.members=[runs/a]'
member b --set run.seed=5 --resume never
expect_everywhere 3 "$run/checkpoints/.*: its member runs/b/checkpoints/.* is not what it was" -- \
    forecast $run
expect_exit 3 'its member runs/b/.* is not what it was' -- mpi 2 "$MQCAST" train ensemble.yaml
expect_hint '--resume never'
expect_done "$MQCAST" train ensemble.yaml --resume never
expect_done "$MQCAST" forecast $run
member naive --set model.type=seasonal_naive --set data.horizon=5 --set evaluate.stride=5 --resume never
expect_exit 3 'its member runs/naive/.* is not what it was' -- "$MQCAST" evaluate $run
rm -r runs/b
expect_everywhere 3 'its member runs/b/checkpoints/step-.* is gone' -- evaluate $run

finish
