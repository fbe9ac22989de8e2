#!/usr/bin/env bash
# From a bare clone to quantile forecasts: installs what is missing, builds, trains on the bundled
# retail data on two ranks, forecasts, scores against seasonal naive, and says where everything is.
# A second run finds the training done and goes straight to forecasts and scores; `--fresh` trains
# again.
set -eu
cd "$(dirname "$0")/.."
. tools/environment.sh

resume=auto
case "${1:-}" in
"") ;;
--fresh) resume=never ;;
-h | --help) sed -n '2,/^set/s/^# //p' "tools/quickstart.sh"; exit 0 ;;
*) echo "usage: tools/quickstart.sh [--fresh]" >&2; exit 2 ;;
esac

say() {
    printf '\n== %s\n' "$*"
}

say packages
./tools/install.sh
say "build (build/quickstart)"
configure quickstart
build quickstart
mqcast=build/quickstart/mqcast

say "data (runs/retail.h5)"
mkdir -p runs
"$mqcast" import csv tools/retail/retail.csv.gz --schema tools/retail/schema.yaml -o runs/retail.h5
say "train, forecast, evaluate, report (configs/quickstart.yaml, 2 ranks)"
mpirun -q -n 2 "$mqcast" run configs/quickstart.yaml --resume "$resume"
