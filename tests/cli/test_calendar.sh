#!/usr/bin/env bash
# labels: cli
# mqcast import --calendar: holidays and events join a panel, and what is wrong with them is said.
. "$(dirname "$0")/lib.sh"
retail="$MQ_SOURCE_DIR/tools/retail"

# import COMMAND of the bundled data with c.csv: what an import prints.
import() {
    "$MQCAST" import csv "$retail/retail.csv.gz" --schema "$retail/schema.yaml" --calendar c.csv -o p.h5
}
calendar() {
    printf '%s\n' "$@" >c.csv
}

# ---- the data begin on 2010-12-01 and end on 2011-12-09
calendar date,holiday 2010-11-25,Thanksgiving '2010-12-25,Christmas Day' 2011-05-30,"Bank holiday" \
    '2011-12-25,Christmas Day' 2012-01-31,
expect_exit 0 'c.csv: 1 of 4 values lie before the panel begins, 2010-12-01: left out' -- import
expect_exit 0 '^ +holiday_christmas_day \(calendar of events, to 2012-01-31\)$' -- "$MQCAST" inspect p.h5
expect_lines 1 '^ +holiday_bank_holiday \(calendar of events, to 2012-01-31\)$'
expect_lines 1 '^ +holiday_thanksgiving \(calendar, to 2012-01-31\)$'
expect_lines 1 '^  whole +yes$'
expect_lines 1 'from csv: retail.csv.gz with c.csv$'
expect_exit 0 '"to": "2012-01-31"' -- "$MQCAST" inspect p.h5 --json

# ---- the network sees them
printf 'version: 1\nrun: {name: a}\ndata: {panel: p.h5, context: 28, horizon: 7}\n' >e.yaml
expect_exit 2 "data.known: the panel has no covariate 'holiday_christmas'" -- \
    "$MQCAST" train e.yaml --set 'data.known=[holiday_christmas]'
expect_hint "did you mean 'holiday_christmas_day'"
expect_exit 0 . -- "$MQCAST" train e.yaml --set 'data.known=[holiday_christmas_day]' --set train.steps=2 \
    --set train.warmup=0

# ---- what is wrong: nothing is written
rm p.h5
expect_exit 1 'none.csv: No such file' -- \
    "$MQCAST" import csv "$retail/retail.csv.gz" --schema "$retail/schema.yaml" --calendar none.csv -o p.h5
calendar date,holiday 2010-12-25,Christmas 25.12.2011,Christmas
expect_exit 3 "c.csv:3: column 'date': '25.12.2011' is not a date" -- import
expect_hint 'dates are written 2011-12-09'
calendar day,holiday 2010-12-25,Christmas
expect_exit 3 "c.csv:1: the first column is 'day', not the date" -- import
expect_hint 'date, timestamp or ds'
calendar date 2010-12-25
expect_exit 3 'c.csv:1: no column beside the date' -- import
calendar date,holiday,holiday 2010-12-25,Christmas,1
expect_exit 3 "c.csv:1: column 'holiday' twice" -- import
: >c.csv
expect_exit 3 'c.csv: the file is empty' -- import
calendar date,open 2010-12-25,1
expect_exit 3 "covariate 'open' twice" -- import
expect_no_file p.h5

finish
