#!/usr/bin/env bash
# Reproduces rows of configs/reference/README.md: trains an experiment once per seed, scores each run on the
# protocol's test span and prints mean (least to most) and the ensemble of the seeds; of several experiments on
# one panel also the ensemble of all. A second run finds the trainings done.
#
#     MQ_DATA_DIR=... tools/reference.sh m4-hourly-mqcnn [EXPERIMENT...]
#     SEEDS='1 2 3' RANKS=2                             the defaults
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/environment.sh
. tools/panels.sh

seeds=${SEEDS:-1 2 3}
ranks=${RANKS:-2}
[ $# -gt 0 ] || { echo "usage: tools/reference.sh EXPERIMENT...  (of configs/reference, without .yaml)" >&2; exit 2; }

configure quickstart
build quickstart
mqcast=build/quickstart/mqcast

# scores RUN...: "NAME MEAN LEAST MOST" of each score that the table shows
scores() {
    "$mqcast" evaluate -q "$@" | awk -v n=$# '
        $1 ~ /^(mean_wQL|MASE|sEV)$/ && $2 != "-" {
            low = high = sum = $2
            for (i = 3; i <= n + 1; i++) {
                sum += $i
                if ($i < low) low = $i
                if ($i > high) high = $i
            }
            print $1, sum / n, low, high
        }'
}

# ensemble NAME EXPERIMENT RUN...: the experiment with the runs as members instead of a model of its own
ensemble() {
    local name=$1 experiment=$2 members
    shift 2
    members=$(printf '%s, ' "$@")
    sed -E "s|^model:.*|model: {type: ensemble, members: [${members%, }]}|" \
        "configs/reference/$experiment.yaml" >"runs/$name.yaml"
    "$mqcast" train -q "runs/$name.yaml" --set run.name="$name" --resume never
}

row() {
    local experiment=$1 seed runs=()
    import_panel "${experiment%-*}"
    for seed in $seeds; do
        mpirun -q -n "$ranks" "$mqcast" train -q "configs/reference/$experiment.yaml" \
            --threads 1 --set run.seed="$seed" --set run.name="$experiment-$seed"
        runs+=("runs/$experiment-$seed")
    done
    ensemble "$experiment-ensemble" "$experiment" "${runs[@]}"
    { scores "${runs[@]}"
      scores "runs/$experiment-ensemble" | sed 's/^/ensemble_/'
      for run in "${runs[@]}"; do
          grep -o '"time_s":[0-9.]*' "$run/log.jsonl" | tail -1 | sed 's/.*:/seconds /'
      done
    } | awk -v name="$experiment" -v seeds="$(wc -w <<<"$seeds")" -v ranks="$ranks" '
        $1 == "seconds" { seconds += $2 }
        { mean[$1] = $2; low[$1] = $3; high[$1] = $4 }
        END {
            printf "| %s | %.4f (%.4f to %.4f) | %.4f | %.3f | %.0f s on %d ranks |\n", name, mean["mean_wQL"],
                low["mean_wQL"], high["mean_wQL"], mean["ensemble_mean_wQL"], mean["MASE"], seconds / seeds, ranks
        }'
}

printf '| experiment | mean_wQL | ensemble | MASE | training, per seed |\n|---|---|---|---|---|\n'
for experiment in "$@"; do row "$experiment"; done

declare -A members kinds
for experiment in "$@"; do
    panel=${experiment%-*}
    kinds[$panel]+=" $experiment"
    for seed in $seeds; do members[$panel]+=" runs/$experiment-$seed"; done
done
for panel in "${!kinds[@]}"; do
    read -ra experiments <<<"${kinds[$panel]}"
    [ ${#experiments[@]} -gt 1 ] || continue
    read -ra runs <<<"${members[$panel]}"
    ensemble "$panel-all" "${experiments[0]}" "${runs[@]}"
    printf '| %s, all of them | | %.4f | | |\n' "$panel" "$(scores "runs/$panel-all" | awk '$1 == "mean_wQL" { print $2 }')"
done
