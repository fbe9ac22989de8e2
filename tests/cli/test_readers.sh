#!/usr/bin/env bash
# labels: cli slow
# The README's examples of reading a forecast, as they are printed there, on a real one: what they find is what
# `mqcast export` wrote.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8

{
    echo 'item_id,timestamp,target'
    for item in ä b 007; do
        for day in $(seq 0 99); do
            echo "$item,$(date -u -d "2024-01-01 + $day days" +%F),$((day % 7 + 3))"
        done
    done
} >sales.csv
cat >first.yaml <<'EOF2'
version: 1
run:  {name: first}
data: {panel: sales.h5, context: 28, horizon: 5}
loss: {quantiles: [0.1, 0.5, 0.9]}
train: {batch: 4, lanes: 2, steps: 2}
forecast: {origins: "2/7"}
evaluate: {origins: 1}
EOF2
expect_exit 0 '' -- "$MQCAST" import csv sales.csv -o sales.h5
expect_exit 0 '' -- mpi 2 "$MQCAST" train first.yaml
expect_exit 0 '' -- mpi 2 "$MQCAST" forecast runs/first --set forecast.batch=2
expect_exit 0 '' -- "$MQCAST" export runs/first/forecast/forecast.h5 -o first.csv

# What every reader must find: the medians and the highest quantiles of the last origin, summed over the
# horizon, and the last of the long rows.
python=/usr/bin/python3
sums() {
    awk -F, -v column="$1" -v item="$2" '$1 == item && $2 == "2024-04-09" { sum += $column } END { printf "%.4f", sum }' first.csv
}
expect_exit 0 '^item_id,origin,date,h,q0.1,q0.5,q0.9,observed$' -- head -n 1 first.csv
expect_exit 0 '^007,2024-04-09,2024-04-14,5,' -- tail -n 1 first.csv

missing=()
has() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 && return
    missing+=("$package")
    return 1
}

# run_with LANGUAGE N CHECK COMMAND...: the snippet, then lines that look at what it found.
run_with() {
    local language=$1 n=$2 check=$3
    shift 3
    { snippet "$language" "$n"; printf '%s\n' "$check"; } >"snippet.$n"
    expect_exit 0 '^found$' -- "$@" "snippet.$n"
}

if has python3-pandas "$python" -c 'import pandas'; then
    run_with python 1 "
assert list(forecast.item_id.unique()) == ['ä', 'b', '007'], forecast.item_id
assert forecast.date.max() == pandas.Timestamp('2024-04-14')
print('found')" "$python"
fi
if has python3-h5py "$python" -c 'import h5py'; then
    run_with python 2 "
assert ids.tolist() == ['ä', 'b', '007'], ids
assert abs(float(median[0].sum()) - $(sums 6 ä)) < 1e-3, median
assert abs(float(median[2].sum()) - $(sums 6 007)) < 1e-3, median
print('found')" "$python"
fi
if has 'python3-xarray and python3-h5netcdf' "$python" -c 'import xarray, h5netcdf'; then
    run_with python 3 "
assert forecast.quantiles.dims == ('item_id', 'origin', 'horizon', 'level')
assert str(last.origin.values)[:10] == '2024-04-09', last.origin
assert abs(float(last.sel(level=0.9, item_id='ä').sum()) - $(sums 7 ä)) < 1e-3
assert frame.shape == (15, 3) and abs(frame.loc['007'][0.5].sum() - $(sums 6 007)) < 1e-3
print('found')" "$python"
fi
if has r-cran-hdf5r Rscript -e 'library(hdf5r)'; then
    run_with r 1 "
stopifnot(abs(sum(q['0.5', , 'ä']) - $(sums 6 ä)) < 1e-3, abs(sum(q['0.9', , '007']) - $(sums 7 007)) < 1e-3)
stopifnot(nrow(long) == 45, names(long) == c('level', 'h', 'item_id', 'quantile'))
cat('found\\n')" Rscript
fi

if [ "${#missing[@]}" -gt 0 ] && [ "$failures" -eq 0 ]; then
    echo "$checks checks of the others passed; skipped for want of: ${missing[*]}"
    exit 77
fi
finish
