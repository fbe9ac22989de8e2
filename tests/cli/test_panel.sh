#!/usr/bin/env bash
# Making a panel and looking at it: synth, import and inspect, whole and damaged.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'a.h5: 50 series' -- "$MQCAST" synth -o a.h5 --series 50 --length 60 --seed 7
expect_exit 0 'b.h5: 50 series' -- mpi 2 "$MQCAST" synth -o b.h5 --series 50 --length 60 --seed 7
expect_lines 0 'series'
expect_file b.h5
expect_exit 0 'a.h5: panel' -- "$MQCAST" inspect a.h5
expect_lines 1 '^  series +50$'
expect_lines 1 '^  periods +60 daily, '
expect_lines 1 '^  whole +yes$'
expect_exit 0 '"whole": true' -- "$MQCAST" inspect --json a.h5
expect_lines 1 '"series": 50'
expect_lines 1 '"frequency": "daily"'

fingerprint() {
    "$MQCAST" inspect --json "$1" | grep '"fingerprint"'
}
expect_exit 0 "$(fingerprint a.h5)" -- "$MQCAST" inspect --json b.h5

# ---- ranks draw what one of them writes, in rounds of a MiB each: here 7 series
expect_exit 0 'long.h5: 40 series' -- "$MQCAST" synth -o long.h5 --series 40 --length 9000
for ranks in 2 3 4; do
    expect_exit 0 'shared.h5: 40 series' -- \
        mpi $ranks "$MQCAST" synth -o shared.h5 --series 40 --length 9000
    expect_exit 0 "$(fingerprint long.h5)" -- "$MQCAST" inspect --json shared.h5
    expect_exit 0 'whole +yes' -- "$MQCAST" inspect shared.h5
done
mkdir locked
expect_exit 2 'locked: is a directory' -- mpi 3 "$MQCAST" synth -o locked --series 3 --length 9
expect_exit 1 'none/a.h5' -- mpi 3 "$MQCAST" synth -o none/a.h5 --series 3 --length 9

# ---- import, one rank speaking for all
printf 'item_id,timestamp,target\nx,2024-01-01,1\nx,2024-01-02,\nx,2024-01-03,3\ny,2024-01-02,4\n' >c.csv
expect_exit 0 'c.h5: [0-9]+ bytes' -- mpi 2 "$MQCAST" import csv c.csv -o c.h5
expect_exit 0 '2024-01-01 to 2024-01-03' -- "$MQCAST" inspect c.h5
expect_lines 1 '^  values +4, 25.00 % missing$'
printf 'item_id,timestamp,target\nx,2024-01-01,abc\n' >bad.csv
expect_exit 3 "bad.csv:2: .*'abc' is not a number" -- mpi 2 "$MQCAST" import csv bad.csv -o bad.h5
expect_no_file bad.h5
printf 'idd: x\n' >schema.yaml
expect_exit 2 'schema.yaml:1: ' -- "$MQCAST" import csv c.csv -o d.h5 --schema schema.yaml

# ---- what may be replaced: a panel, and nothing else
expect_exit 0 'c.h5: [0-9]+ bytes' -- "$MQCAST" import csv c.csv -o c.h5
cp c.csv kept.csv
expect_exit 2 'c.csv: is the source c.csv itself' -- "$MQCAST" import csv c.csv -o c.csv
ln c.csv hard.csv
expect_exit 2 'hard.csv: is the source c.csv itself' -- "$MQCAST" import csv c.csv -o hard.csv
expect_exit 2 'schema.yaml: exists and is not a panel' -- "$MQCAST" import csv c.csv -o schema.yaml
expect_hint 'choose another name with -o'
expect_exit 2 'kept.csv: exists and is not a panel' -- "$MQCAST" synth -o kept.csv --series 3 --length 9
mkdir folder
expect_exit 2 'folder: is a directory' -- "$MQCAST" import csv c.csv -o folder
checks=$((checks + 1))
cmp c.csv kept.csv || complain 'the source was changed'

# ---- two at once do not meet: each publishes a whole panel, and nothing is left
for i in 1 2 3 4; do
    "$MQCAST" synth -o same.h5 --series 300 --length 60 --seed "$i" -q 2>>clash &
done
wait
checks=$((checks + 1))
[ ! -s clash ] || complain "imports collide: $(cat clash)"
expect_exit 0 'whole +yes' -- "$MQCAST" inspect same.h5
checks=$((checks + 1))
[ "$(echo same.h5*)" = same.h5 ] || complain "left behind: $(echo same.h5*)"

# ---- what is not a whole panel is named
expect_exit 1 'none.h5: No such file' -- "$MQCAST" inspect none.h5
expect_exit 3 'c.csv: ' -- "$MQCAST" inspect c.csv
head -c 3000 a.h5 >cut.h5
expect_exit 3 'cut.h5: ' -- "$MQCAST" inspect cut.h5
expect_exit 3 'cut.h5: ' -- mpi 2 "$MQCAST" inspect cut.h5

# one byte in the middle: what can be shown is shown, and the damage is named
cp a.h5 hurt.h5
printf '\245' | dd of=hurt.h5 bs=1 seek=$(($(stat -c %s a.h5) / 2)) conv=notrunc 2>/dev/null
expect_exit 3 'hurt.h5: /[a-z]+: cannot read' -- "$MQCAST" inspect hurt.h5
expect_lines 1 '^  whole +no$'
expect_exit 3 'hurt.h5: ' -- "$MQCAST" inspect --json hurt.h5
expect_lines 1 '"whole": false'

finish
