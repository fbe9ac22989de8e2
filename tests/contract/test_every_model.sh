#!/usr/bin/env bash
# labels: contract
# Every model through the whole job once, on two ranks: what test_models.sh, test_spans.sh, test_policy.sh and
# test_simulate.sh do in every world, short enough for sanitizers.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 'train: {batch: 8, lanes: 2, steps: 4, warmup: 1, validate_every: 4}'
for model in $(all_models); do
    is_policy "$model" && continue
    settings=(--set model.type="$model")
    has_totals "$model" && settings+=(--set 'loss.spans=[{lead: 2, review: 1}, {lead: 0, review: 7}]')
    is_of_others "$model" && settings+=(--set model.members='[runs/mqcnn, runs/seasonal_naive]')
    has_trees "$model" && settings+=(--set model.trees=10)
    expect_exit 0 'mean_wQL' -- mpi 2 "$MQCAST" run e.yaml --threads 2 --set run.name="$model" "${settings[@]}"
    expect_sound_forecast "runs/$model/forecast" 40 7 9
    # In memory, on threads that share the model: the bits of blocks of one product.
    expect_exit 0 '' -- mpi 2 "$MQCAST" forecast "runs/$model" -o "$model" --threads 1 --set forecast.batch=1
    expect_exit 0 '^40 of 40 products alike' -- "$MQ_IN_MEMORY" "runs/$model" p.h5 "$model/forecast.h5" 3
done
expect_exit 0 'valid cost' -- mpi 2 "$MQCAST" train e.yaml --threads 1 --set run.name=policy --set model.type=policy \
    --set inventory.lead=2 --set inventory.warmup=4
expect_exit 0 '' -- mpi 2 "$MQCAST" simulate e.yaml --run runs/mqcnn --run runs/policy -o orders.json --threads 1 \
    --set inventory.lead=2 --set inventory.resamples=10 --set inventory.tuned_for=catalogue
expect_file orders.json
expect_exit 0 '' -- "$MQCAST" export runs/mqcnn/forecast/forecast.h5 --totals -o totals.csv
expect_file totals.csv
expect_same 'all of them' "$(grep -c ^MQ_MODEL "$MQ_SOURCE_DIR/src/model/models.def")" "$(all_models | wc -w)"

finish
