#!/usr/bin/env bash
# Lost sales, Poisson demand of mean 5, holding 1: costs of tuned base-stock and capped base-stock
# policies beside those of the literature (the optima are exact, by dynamic programming; Zipkin 2008).
#   zipkin.sh [PERIODS [SHORTAGES [LEADS]]]     e.g. zipkin.sh 50000 "4 39" "1 4"
# Ends with 1 when a cost is more than 0.5 % away. MQCAST names the program.
set -eu
MQCAST=${MQCAST:-build/release/mqcast}
periods=${1:-50000}
here=$(mktemp -d "${TMPDIR:-/tmp}/mqcast-zipkin-XXXXXX")
trap 'rm -rf "$here"' EXIT

# shortage lead optimum base-stock capped
known='4 1 4.0407 4.162 4.065
4 2 4.3953 4.639 4.406
4 3 4.5987 4.974 4.630
4 4 4.7285 5.198 4.798
9 1 5.4382 5.545 5.480
9 2 6.0936 6.315 6.118
9 3 6.5314 6.862 6.615
9 4 6.8359 7.270 6.910
19 1 6.6757 6.725 6.685
19 2 7.6644 7.841 7.720
19 3 8.3625 8.603 8.398
19 4 8.8872 9.227 8.950
39 1 7.8360 7.860 7.840
39 2 9.1064 9.189 9.131
39 3 10.0385 10.214 10.081
39 4 10.7944 11.056 10.889'

"$MQCAST" synth -q -o "$here/demand.h5" --series 64 --length $((2 * periods)) --demand poisson --mean 5 --ahead 0
cat >"$here/zipkin.yaml" <<YAML
version: 1
run: {name: zipkin, dir: $here}
data: {panel: $here/demand.h5, context: 1, horizon: 1}
evaluate: {origins: $periods}
inventory: {holding: 1, warmup: 100, policies: [base_stock, capped_base_stock], resamples: 10}
YAML

# field POLICY KEY: of simulation.json
field() {
    tr -d '\n' <"$here/zipkin.json" | sed 's/"policy": /\n/g' | grep "^\"$1\"" | grep -o "\"$2\": [0-9.]*" |
        head -n 1 | sed 's/.*: //'
}
# beside GOT WANT: what was found, and how far away that is.
beside() {
    awk -v got="$1" -v want="$2" 'BEGIN {
        far = 100 * (got / want - 1)
        printf "%8.4f %6.3f %+5.2f %%", got, want, far
        exit far > 0.5 || far < -0.5 }'
}

echo "Base-stock and capped base-stock: cost found, known, difference; level, cap."
echo "shortage lead optimum |  base-stock             level | capped                 level   cap"
bad=0
while read -r shortage lead optimum base capped; do
    case " ${2:-4 9 19 39} " in *" $shortage "*) ;; *) continue ;; esac
    case " ${3:-1 2 3 4} " in *" $lead "*) ;; *) continue ;; esac
    "$MQCAST" simulate -q "$here/zipkin.yaml" -o "$here/zipkin.json" \
        --set inventory.shortage="$shortage" --set inventory.lead="$lead" >/dev/null
    printf '%8s %4s %7s | ' "$shortage" "$lead" "$optimum"
    beside "$(field base_stock cost)" "$base" || bad=1
    printf ' %5.1f | ' "$(field base_stock mean_level)"
    beside "$(field capped_base_stock cost)" "$capped" || bad=1
    printf ' %5.1f %5.1f\n' "$(field capped_base_stock mean_level)" "$(field capped_base_stock mean_cap)"
done <<<"$known"
exit "$bad"
