#!/usr/bin/env bash
# labels: contract slow
# A forecast is published whole or not at all, and what is wrong with a damaged one is named.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 "$short_training"
expect_done "$MQCAST" train e.yaml -q
run=runs/small
expect_done mpi 3 "$MQCAST" forecast $run
expect_sound_forecast $run/forecast 40 7 9
expect_exit 0 'products +40 in 3 parts' -- "$MQCAST" inspect $run/forecast/forecast.h5
expect_exit 0 'whole +yes' -- "$MQCAST" inspect $run
expect_same 'the manifest names the weights' "$(weights $run)" \
    "$(sed -nE 's/.*"weights_sha256": "(.*)".*/\1/p' $run/forecast/manifest.json)"

# ---- what is missing or damaged is named, by the forecast and by its run
# expect_unsound 'pattern' COMMAND...: after the command, on a copy.
expect_unsound() {
    local pattern=$1
    shift
    rm -rf broken && cp -r $run broken
    (cd broken/forecast && "$@")
    expect_exit 3 "broken/forecast/$pattern" -- "$MQCAST" inspect broken
    [ ! -f broken/forecast/forecast.h5 ] ||
        expect_exit 3 "$pattern" -- "$MQCAST" inspect broken/forecast/forecast.h5
}
overwrite() {
    printf '\xa5\x5a' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none
}
expect_unsound 'part-00001.h5: missing' rm part-00001.h5
expect_unsound 'part-00002.h5: its checksum does not match' overwrite part-00002.h5
expect_unsound 'part-00000.h5: 100 bytes, the manifest says' truncate -s 100 part-00000.h5
expect_unsound 'manifest.json: missing' rm manifest.json
expect_unsound 'manifest.json:' truncate -s 100 manifest.json
expect_unsound 'forecast.h5: missing' rm forecast.h5
expect_unsound 'forecast.h5: 1000 bytes, the manifest says' truncate -s 1000 forecast.h5
expect_unsound 'forecast.h5: its checksum does not match' overwrite forecast.h5
expect_unsound 'manifest.json: damaged' sed -i 's/"horizon": 7/"horizon": 8/' manifest.json
expect_exit 0 'warning: .*the forecast is left out: .*manifest.json: damaged' -- "$MQCAST" report broken
expect_exit 0 'Its forecast is damaged and not drawn' -- cat broken/report.html

# ---- forecasting again replaces the whole, also a damaged one
expect_done "$MQCAST" forecast broken
expect_exit 0 'whole +yes' -- "$MQCAST" inspect broken
expect_same 'no part of the old forecast stays' 'forecast.h5 manifest.json part-00000.h5' \
    "$(find broken/forecast -type f -printf '%f\n' | sort | xargs)"
expect_same 'the same forecast on one rank' "$(forecast_sha256 $run/forecast)" \
    "$(forecast_sha256 broken/forecast)"

# ---- another place, other origins, other weights, another panel
expect_done mpi 2 "$MQCAST" forecast $run -o elsewhere/deep/
expect_sound_forecast elsewhere/deep 40 7 9
expect_done "$MQCAST" forecast $run -o origins --origins 3/7
expect_same 'three origins, a week apart' '"2018-04-16" "2018-04-23" "2018-04-30"' \
    "$(forecast_values origins origin_date | xargs -d '\n')"
expect_sound_forecast origins 40 21 9
expect_done "$MQCAST" forecast $run -o dated --origins 2018-04-23
expect_sound_forecast dated 40 7 9
expect_same 'a date is that origin: what followed it' "$(forecast_values dated observed)" \
    "$(forecast_values origins observed | awk 'int((NR - 1) / 7) % 3 == 1')"
expect_done "$MQCAST" forecast $run -o early --checkpoint $run/checkpoints/step-000000006.h5
expect_same 'other weights give another forecast' differ \
    "$([ "$(forecast_sha256 early)" != "$(forecast_sha256 $run/forecast)" ] && echo differ)"
expect_done "$MQCAST" synth -o new.h5 --series 55 --length 150 --seed 9
expect_done mpi 2 "$MQCAST" forecast $run -o new --data new.h5
expect_sound_forecast new 55 7 9

# ---- what is not a forecast is not replaced
mkdir -p mine && echo precious >mine/notes
expect_exit 2 "mine: holds 'notes'" -- mpi 2 "$MQCAST" forecast $run -o mine
expect_hint 'a directory of its own'
expect_file mine/notes
expect_exit 1 'e.yaml' -- "$MQCAST" forecast $run -o e.yaml
expect_file e.yaml
mkdir disk && ln -s disk linked
expect_done "$MQCAST" forecast $run -o linked
expect_same 'a link stays a link to the new forecast' 'linked forecast.h5' \
    "$(find linked -type l) $(cd disk && ls forecast.h5)"

# ---- an interrupted one leaves the old one as it was
before=$(cat $run/forecast/manifest.json)
expect_done "$MQCAST" synth -o big.h5 --series 4000 --length 120
mpirun -q --oversubscribe -n 2 "$MQCAST" forecast $run -q --data big.h5 --origins 60/1 >.out 2>.err &
job=$!
wait_until 20 compgen -G "$run/forecast.*.tmp" >/dev/null || complain 'no forecast was begun'
kill -KILL "$(process_of_rank $job 1)" || complain 'the forecast ended before it was killed'
wait $job 2>/dev/null
expect_same 'killed: the old manifest' "$before" "$(cat $run/forecast/manifest.json)"
expect_exit 0 'whole +yes' -- "$MQCAST" inspect $run

# A full disk, where one can be made.
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    trap 'umount "$here/small"; rm -rf "$here"' EXIT
    cp -r $run/forecast small/forecast
    expect_exit 1 'small/forecast\..*\.tmp/part-0000[01].h5: .*No space left' -- \
        mpi 2 "$MQCAST" forecast $run -o small/forecast --origins 110/1
    expect_same 'full: the old manifest' "$before" "$(cat small/forecast/manifest.json)"
    expect_same 'full: nothing else is left' forecast "$(ls small)"
else
    echo 'skipped: cannot mount a small file system to fill'
fi
expect_done mpi 2 "$MQCAST" forecast $run
expect_same 'and then it is replaced' "$(forecast_sha256 elsewhere/deep)" "$(forecast_sha256 $run/forecast)"

# ---- two at once: the last one stays, wholly
for i in 1 2 3; do
    rm -rf $run/forecast
    mpi 2 "$MQCAST" forecast $run -q 2>>clash &
    "$MQCAST" forecast $run -q --origins 3/7 2>>clash &
    "$MQCAST" forecast $run -q --origins 8/3 2>>clash &
    wait
    expect_exit 0 'whole +yes' -- "$MQCAST" inspect $run
done
expect_same 'nobody complains' '0 bytes' "$(stat -c '%s bytes' clash)"
expect_same 'nothing is left beside it' forecast "$(cd $run && echo forecast*)"
for i in 1 2 3; do
    "$MQCAST" evaluate $run -q >/dev/null 2>>clash &
done
wait
expect_same 'nobody complains' '0 bytes' "$(stat -c '%s bytes' clash)"
expect_exit 0 '"mean_wQL"' -- cat $run/evaluation.json

finish
