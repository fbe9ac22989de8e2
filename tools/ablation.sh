#!/usr/bin/env bash
# What each part of MQTransformer does: trains MQ-CNN and MQTransformer with and without its attentions
# over three seeds, scores them day by day, also averaged over origins, and prints the table of
# configs/reference/ablation.md as mean (least to most). A second run finds the trainings done.
#
#     tools/ablation.sh retail                          the bundled retail data
#     MQ_DATA_DIR=... tools/ablation.sh m4-weekly       m4/Weekly-train.csv.gz and -test.csv.gz there
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/environment.sh

. tools/panels.sh

data=${1:-}
seeds='1 2 3'
[ -f "configs/reference/ablation/$data.yaml" ] ||
    { echo "usage: tools/ablation.sh retail|m4-weekly" >&2; exit 2; }

configure quickstart
build quickstart
mqcast=build/quickstart/mqcast
import_panel "$data"

# trained NAME SETTING...: one run per seed
trained() {
    local name=$1 seed setting settings=()
    shift
    for setting in "$@"; do settings+=(--set "$setting"); done
    for seed in $seeds; do
        "$mqcast" train "configs/reference/ablation/$data.yaml" -q --set run.seed="$seed" \
            --set run.name="$data-$name-$seed" "${settings[@]}"
    done
}

# row TITLE NAME AVERAGE: of the runs' scores
row() {
    local runs=() seed
    for seed in $seeds; do runs+=("runs/ablation/$data-$2-$seed"); done
    "$mqcast" evaluate -q "${runs[@]}" --set evaluate.average="$3" |
        awk -v title="$1" -v n="${#runs[@]}" '
            function spread(digits,   i, sum, low, high) {
                low = high = $2
                for (i = 2; i <= n + 1; i++) {
                    sum += $i
                    if ($i < low) low = $i
                    if ($i > high) high = $i
                }
                return sprintf("%.*f (%.*f to %.*f)", digits, sum / n, digits, low, digits, high)
            }
            $1 == "mean_wQL" { loss = spread(4) }
            $1 == "sEV" { excess = spread(4) }
            $1 == "sFPC" { change = spread(1) }
            END { if (loss) printf "| %s | %s | %s | %s |\n", title, loss, excess, change }'
}

trained mqcnn model.type=mqcnn
trained cross model.self_attention=false
trained self model.cross_attention=false
trained both

printf '| %s | mean_wQL | sEV | sFPC |\n|---|---|---|---|\n' "$data"
row 'mqcnn' mqcnn 1
row 'mqcnn, averaged over 2 origins' mqcnn 2
row 'mqcnn, averaged over 4 origins' mqcnn 4
row 'mqtransformer, attention over the past only' cross 1
row 'mqtransformer, self-attention only' self 1
row 'mqtransformer' both 1
row 'mqtransformer, averaged over 4 origins' both 4
