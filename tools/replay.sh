#!/usr/bin/env bash
# A decade of forecasting on one panel: trains, forecasts and scores the systems of configs/history in their order,
# prints their table and writes the report, and beside it its chart as decade.svg if there is a Chromium to draw it (Debian:
# chromium-headless-shell). Without a panel: the bundled retail data.
#
#     tools/replay.sh
#     tools/replay.sh sales.h5 --set data.context=104 --set data.horizon=13 --set model.by=category
#     RANKS=2 HISTORY='01-ets 04-sqrf' DIR=runs/history        the defaults: all systems
#
# A second run goes on where the first one stopped; `--resume never` among the options starts again. A panel without the
# category `family` needs another model.by for the champion, or `--set model.by=` for one champion of all.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/environment.sh

panel=runs/retail.h5 options=()
case "${1:-}" in
-h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' tools/replay.sh; exit 0 ;;
'' | -*) ;;
*) panel=$1; shift ;;
esac
by=()
while [ $# -gt 0 ]; do
    case "$1 ${2:-}" in
    --set\ model.by=*) by=(--set "$2") ;;
    --set\ * | --resume\ *) options+=("$1" "$2") ;;
    *) echo "error: '$1' is no option of replay.sh (--help)" >&2; exit 2 ;;
    esac
    shift 2
done

dir=${DIR:-runs/history}
./tools/install.sh
configure quickstart
build quickstart
mqcast=build/quickstart/mqcast
mkdir -p runs
if [ "$panel" = runs/retail.h5 ]; then
    "$mqcast" import csv tools/retail/retail.csv.gz --schema tools/retail/schema.yaml -o "$panel"
fi

systems=${HISTORY:-$(cd configs/history && ls *.yaml | sed 's/\.yaml$//')}
runs=()
for system in $systems; do
    echo "== $system" >&2
    more=()
    case "$system" in *champion) more=("${by[@]}") ;; esac
    case "$system" in
    *champion | *ensemble)
        members=$(sed -nE '/members:/,/\]/p' "configs/history/$system.yaml" | grep -oE 'runs/history/[0-9a-z_-]+' |
            sed "s|runs/history|$dir|" | paste -sd,)
        more+=(--set "model.members=[$members]")
        ;;
    esac
    mpirun -q -n "${RANKS:-2}" "$mqcast" run -q "configs/history/$system.yaml" --set run.dir="$dir" \
        --set data.panel="$panel" "${options[@]}" "${more[@]}" >/dev/null
    runs+=("$dir/$system")
done
"$mqcast" report "${runs[@]}" -o "$dir/report.html"
tools/browser.py "$dir/report.html" "$dir/decade.svg" || echo "warning: no $dir/decade.svg" >&2

# number STAGE KEY FILE: of JSON with one key a line; STAGE is the object that holds it.
number() {
    awk -v stage="\"$1\": {" -v key="\"$2\":" '
        index($0, stage) { is_inside = 1 }
        is_inside && $1 == key { sub(",", "", $2); print $2; exit }' "$3"
}
echo '| system | mean wQL | against naive | coverage error | training, core-seconds | forecast, core-seconds | MiB of a rank |'
echo '|---|---|---|---|---|---|---|'
for run in "${runs[@]}"; do
    echo "$(basename "$run")" "$(number scores mean_wQL "$run/evaluation.json")" \
        "$(number baseline mean_wQL "$run/evaluation.json")" "$(number scores MAE_coverage "$run/evaluation.json")" \
        "$(number train core_seconds "$run/cost.json")" "$(number forecast core_seconds "$run/cost.json")" \
        "$(number train peak_rss_bytes "$run/cost.json")" "$(number forecast peak_rss_bytes "$run/cost.json")"
done | awk '{
    bytes = $7 > $8 ? $7 : $8
    printf "| %s | %.4f | %+.1f %% | %.3f | %.1f | %.2f | %.0f |\n", $1, $2, 100 * ($2 / $3 - 1), $4, $5, $6, bytes / 1048576
}'
echo "report: $dir/report.html" >&2
