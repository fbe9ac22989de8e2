#!/usr/bin/env bash
# Input that asks for time or memory without end is refused at once, in one line.
. "$(dirname "$0")/lib.sh"

# refused CODE 'pattern' ARGUMENTS of mqcast import...: and no panel appears.
refused() {
    local code=$1 pattern=$2
    shift 2
    expect_exit "$code" "$pattern" -- "$MQCAST" import "$@" -o p.h5
    expect_no_file p.h5
}

# ---- files without end
printf 'item_id,timestamp,target\na,2020-01-01,1\na,2020-01-02,2\n' >good.csv
refused 3 '^error: /dev/zero: more than 1048576 bytes' csv good.csv --schema /dev/zero
refused 3 '^error: /dev/zero:1: a NUL byte' csv /dev/zero
head -c 300M /dev/zero | tr '\0' x | gzip -1 >line.gz
refused 3 '^error: line.gz:1: a record of more than 268435456 bytes' csv line.gz
printf 'frequency: daily\n' >daily.yaml
refused 3 '^error: line.gz:1: a line of more than 268435456 bytes' jsonl line.gz --schema daily.yaml

# ---- dates: gaps of centuries
printf 'item_id,timestamp,target\na,1900-01-01 00:00,1\na,1900-01-01 01:00,2\na,9999-12-31 00:00,3\n' >far.csv
refused 3 '^error: far.csv: [0-9]+ values, hourly from 1900-01-01' csv far.csv
expect_hint 'frequency'
printf 'date,holiday\n2020-01-01,x\n9999-12-31,y\n' >calendar.csv
printf 'item_id,timestamp,target\na,2020-01-01 00:00,1\na,2020-01-01 01:00,2\n' >hours.csv
refused 3 '^error: calendar.csv: [0-9]+ values, hourly from 2020-01-01' csv hours.csv --calendar calendar.csv
printf 'date,holiday\n2020-01-01,x\n2120-12-31,y\n' >calendar.csv
expect_exit 0 'p.h5: [0-9]+ bytes' -- "$MQCAST" import csv good.csv --calendar calendar.csv -o p.h5
rm p.h5

# ---- what a terminal would obey, and lines in fields
printf 'item_id,timestamp,"tar\033[31m\nget"\na,2020-01-01,1\n' >escape.csv
refused 3 "^error: escape.csv: there is no column 'target' or 'y'" csv escape.csv
expect_hint 'the file has: item_id, timestamp, tar \[31m get$'

# ---- steps that a chart cannot tell apart
mkdir run
printf '{"step": 1e17, "loss": 1}\n{"step": 1.00000000000000016e17, "loss": 2}\n' >run/log.jsonl
expect_exit 0 '' -- timeout 20 "$MQCAST" report run
expect_file run/report.html

# ---- names that a panel cannot hold
printf 'item_id,timestamp,target\na,2024-01-01,1\na,2024-01-02,2\n' >$'caf\xe9.csv'
expect_exit 0 'latin.h5: [0-9]+ bytes' -- "$MQCAST" import csv $'caf\xe9.csv' -o latin.h5
expect_exit 0 '"whole": true' -- "$MQCAST" inspect --json latin.h5
printf 'item_id,timestamp,target,..\na,2024-01-01,1,2\na,2024-01-02,1,2\n' >dots.csv
echo 'past: [..]' >dots.yaml
expect_exit 3 "'..' cannot name a covariate" -- "$MQCAST" import csv dots.csv --schema dots.yaml -o dots.h5

finish
