#!/usr/bin/env bash
# Policies for systems whose optimum is known, judged on demand that they never saw: Poisson of mean 5, holding 1,
# the mean cost of a period. A table in Markdown.
#     run.sh [SHORTAGE:LEAD[:waits]...]      lost sales unless it waits; without arguments all 16 of lost sales
# STEPS, PRODUCTS and THREADS from the environment.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=${MQ_BUILD:-$root/build/release}
. "$root/tools/environment.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Exact dynamic programs; they agree with Zipkin 2008.
declare -A optimum=(
    [4:1]=4.0407 [4:2]=4.3953 [4:3]=4.5987 [4:4]=4.7285
    [9:1]=5.4382 [9:2]=6.0936 [9:3]=6.5314 [9:4]=6.8359
    [19:1]=6.6757 [19:2]=7.6644 [19:3]=8.3625 [19:4]=8.8872
    [39:1]=7.8360 [39:2]=9.1064 [39:3]=10.0385 [39:4]=10.7944)
# Where demand waits, the best is to order up to newsvendor's level of demand over lead + 1 periods.
newsvendor() {
    awk -v p="$1" -v lead="$2" 'BEGIN {
        mean = 5 * (lead + 1)
        for (level = 0; level < 2 * mean + 40; level++) {
            cost = 0
            for (d = 0; d < 4 * mean + 60; d++) {
                chance = d == 0 ? exp(-mean) : chance * mean / d
                cost += chance * (d < level ? level - d : p * (d - level))
            }
            if (level == 0 || cost < best) best = cost
        }
        printf "%.4f", best }'
}
[ $# -gt 0 ] || set -- {4,9,19,39}:{1,2,3,4}

"$build/tests/bench_policy" panel train.h5 4096 104 5 1
"$build/tests/bench_policy" panel judge.h5 "${PRODUCTS:-2048}" 901 5 2
cat >e.yaml <<EOF
version: 1
run: {name: cell, dir: runs, seed: 1}
data: {panel: train.h5, context: 60, horizon: 8, scaling: none, calendar: false}
model: {type: policy, dilations: 0}
train: {batch: 512, lanes: 16, steps: ${STEPS:-1000}, lr: 0.003, validate_every: 500}
evaluate: {origins: 1, stride: 8}
inventory: {holding: 1, warmup: 20}
EOF

echo '| unmet | shortage | lead | optimum | policy | above | standard error | in whole units | seconds |'
echo '|---|---|---|---|---|---|---|---|---|'
for cell; do
    IFS=: read -r shortage lead unmet <<<"$cell:lost"
    unmet=${unmet%:lost}
    best=${optimum[$shortage:$lead]:-}
    [ "$unmet" = lost ] || best=$(newsvendor "$shortage" "$lead")
    began=$(date +%s%N)
    "$build/mqcast" train e.yaml --quiet --resume never ${THREADS:+--threads "$THREADS"} \
        --set inventory.shortage="$shortage" --set inventory.lead="$lead" --set inventory.unmet="$unmet" 2>train.err ||
        { cat train.err >&2; exit 1; }
    ended=$(date +%s%N)
    read -r cost error < <("$build/tests/bench_policy" judge runs/cell judge.h5 200 false)
    read -r whole _ < <("$build/tests/bench_policy" judge runs/cell judge.h5 200 true)
    awk -v rule="| $unmet | $shortage | $lead" -v best="$best" -v cost="$cost" -v error="$error" \
        -v whole="$whole" -v ns="$((ended - began))" 'BEGIN {
            printf "%s | %.4f | %.4f | %.2f %% | %.2f %% | %.4f | %.0f |\n", rule, best, cost,
                100 * (cost / best - 1), 100 * error / best, whole, ns / 1e9 }'
done
