#!/usr/bin/env bash
# labels: cli slow
# Imports the panels of a folder of real data, $MQ_DATA_DIR: so many series and values, so many
# periods, the last of them, and the total that awk or the publisher counts; or refuses them with the
# reason.
. "$(dirname "$0")/lib.sh"
[ -d "${MQ_DATA_DIR:-}" ] || { echo "skipped: MQ_DATA_DIR names no folder of panels"; exit 77; }

is_here() {
    for source in "$@"; do
        [ -f "$MQ_DATA_DIR/$source" ] || { echo "not here: $source"; rm -f s.yaml; return 1; }
    done
}

# import FORMAT SOURCE...: sources are relative to the folder; a schema, if any, is in s.yaml and used
# once. What was printed stays in .out and .err.
import() {
    local format=$1 flags=()
    shift
    [ -f s.yaml ] && flags=(--schema s.yaml)
    [ -n "$append" ] && flags+=(--append)
    "$MQCAST" import "$format" "${@/#/$MQ_DATA_DIR/}" -o p.h5 "${flags[@]}"
}

# panel SERIES VALUES PERIODS LAST FORMAT SOURCE...; with append=yes the panel before it grows. What
# is to be held against it afterwards needs is_panel.
append=
panel() {
    local series=$1 values=$2 periods=$3 last=$4 format=$5
    shift 5
    is_panel=
    is_here "$@" || return
    is_panel=yes
    [ -n "$append" ] || rm -f p.h5
    expect_exit 0 '^  whole +yes$' -- import "$format" "$@"
    expect_lines 1 "^  series +$series$"
    expect_lines 1 "^  values +$values, "
    expect_lines 1 "^  periods +$periods [a-z0-9]+, .* to $last( [0-9:]+)?$"
    rm -f s.yaml
}

# total NUMBER: of the panel's values, which are floats
total() {
    [ -n "$is_panel" ] || return
    checks=$((checks + 1))
    awk -v want="$1" '$1 == "total" { d = ($2 - want) / want; ok = d < 1e-6 && d > -1e-6 } END { exit !ok }' .out ||
        complain "the total is not $1"
}

# rows N TOTAL: as they were read, before they became floats
rows() {
    [ -n "$is_panel" ] || return
    checks=$((checks + 1))
    grep -qE ": $1 rows, their targets add up to $2" .err || complain "not $1 rows with $2"
}

# sum FIRST SKIP SEPARATOR SOURCE...: of the fields from FIRST on, below SKIP lines of each file; of tsf
# those behind the last colon
sum() {
    local first=$1 skip=$2 separator=$3
    shift 3
    for source in "$@"; do
        zcat "$MQ_DATA_DIR/$source" | tail -n +$((skip + 1)) | tr -d '"' | LC_ALL=C sed 's/.*://'
    done | LC_ALL=C awk -F"$separator" -v first="$first" '{ for (i = first; i <= NF; i++) s += $i } END { printf "%.12g", s }'
}

# refused CODE 'pattern' FORMAT SOURCE...
refused() {
    local code=$1 pattern=$2 format=$3
    shift 3
    is_here "$@" || return
    rm -f p.h5
    expect_exit "$code" "$pattern" -- import "$format" "$@"
    expect_no_file p.h5
    rm -f s.yaml
}

schema() {
    printf '%s\n' "$@" >s.yaml
}

# ---- competitions; undated series end together
panel 414 373372 1008 2000-02-11 m4 m4/Hourly-train.csv.gz m4/Hourly-test.csv.gz
total "$(sum 2 1 , m4/Hourly-train.csv.gz m4/Hourly-test.csv.gz)"
panel 359 371579 2610 2050-01-03 m4 m4/Weekly-train.csv.gz m4/Weekly-test.csv.gz
total "$(sum 2 1 , m4/Weekly-train.csv.gz m4/Weekly-test.csv.gz)"
panel 414 353500 960 2000-02-09 m4 m4/Hourly-train.csv.gz
panel 518 12678 47 2046-01-01 m4 tourism/tourism-Yearly-train.csv.gz tourism/tourism-Yearly-test.csv.gz
total "$(sum 2 1 , tourism/tourism-Yearly-{train,test}.csv.gz)"
panel 645 18319 47 2046-01-01 m4 m3/M3-Yearly-train.csv.gz m3/M3-Yearly-test.csv.gz
total "$(sum 2 1 , m3/M3-Yearly-{train,test}.csv.gz)"
panel 756 37004 72 2017-10-01 m4 m3/M3-Quarterly-train.csv.gz m3/M3-Quarterly-test.csv.gz
total "$(sum 2 1 , m3/M3-Quarterly-{train,test}.csv.gz)"
panel 1428 167562 144 2011-12-01 m4 m3/M3-Monthly-train.csv.gz m3/M3-Monthly-test.csv.gz
total "$(sum 2 1 , m3/M3-Monthly-{train,test}.csv.gz)"
schema 'frequency: yearly'
panel 174 13325 104 2103-01-01 m4 m3/M3-Other-train.csv.gz m3/M3-Other-test.csv.gz
total "$(sum 2 1 , m3/M3-Other-{train,test}.csv.gz)"
panel 366 109280 345 2007-09-01 tsf tourism/tourism_monthly_dataset.tsf.gz
total "$(sum 1 15 , tourism/tourism_monthly_dataset.tsf.gz)"
panel 427 42544 131 2007-07-01 tsf tourism/tourism_quarterly_dataset.tsf.gz
total "$(sum 1 15 , tourism/tourism_quarterly_dataset.tsf.gz)"
panel 1000 1684000 1684 2004-08-10 tsf favorita1000/favourita_sales_1000_dataset.tsf.gz
total "$(sum 1 10 , favorita1000/favourita_sales_1000_dataset.tsf.gz)"
panel 1000 803000 803 2017-09-10 tsf web_traffic1000/kaggle_web_traffic_dataset_1000_without_missing_values.tsf.gz
total "$(sum 1 14 , web_traffic1000/kaggle_web_traffic_dataset_1000_without_missing_values.tsf.gz)"

# ---- M5: with and without prices, windows, department sums
calendar=m5/calendar.csv.gz
weights=m5/weights_evaluation.csv.gz
panel 224 369502 1941 2016-05-22 m5 m5/sales_train_evaluation.csv.gz $calendar m5/sell_prices.csv.gz $weights
total "$(sum 7 1 , m5/sales_train_evaluation.csv.gz)"
panel 1055 1649883 1941 2016-05-22 m5 m5/sales_train_evaluation.csv.gz m5/sales_train_evaluation.no_prices.csv.gz $calendar
total "$(sum 7 1 , m5/sales_train_evaluation.csv.gz m5/sales_train_evaluation.no_prices.csv.gz)"
panel 9147 742998 88 2016-05-22 m5 m5/sales_d1854_d1941.CA_1_CA_2_TX_1.csv.gz $calendar m5/sell_prices.csv.gz \
    m5/sell_prices.wk11608_11617.CA_2_TX_1.csv.gz
total "$(sum 7 1 , m5/sales_d1854_d1941.CA_1_CA_2_TX_1.csv.gz)"
panel 30490 1557330 56 2016-05-22 m5 m5/sales_d1886_d1941.all30490.csv.gz $calendar
total "$(sum 7 1 , m5/sales_d1886_d1941.all30490.csv.gz)"
panel 70 135869 1941 2016-05-22 m5 m5/sales_level9_store_dept.csv.gz $calendar $weights
total 66927173

# ---- wide
panel 2674 130252 51 2002-03-01 wide carparts/carparts.csv.gz
total 66194
schema 'frequency: weekly' 'ignore: [MIN, SUM, MAX, Avg]'
panel 811 42172 52 2000-12-25 wide uci_sales_weekly/Sales_Transactions_Dataset_Weekly.csv.gz
total 375287

# ---- long
schema 'id: [Store, Dept]' 'timestamp: Date' 'target: Weekly_Sales' 'static: [Store, Dept]' 'calendar: IsHoliday'
panel 3331 449237 143 2012-10-26 csv walmart2014/train.csv.gz
total 6737218987.11
rows 421570 6737218987.11
schema 'id: [store, brand]' 'timestamp: week' 'target: logmove' 'frequency: weekly' 'epoch: 1989-09-07' \
    'static: [store, brand]' 'known: [deal, feat, price1, price2, price11]' 'past: profit'
panel 913 109758 121 1992-10-01 csv dominicks_oj/orangejuice_yx.csv.gz
rows 106139 ''
schema 'id: [agency, sku]' 'timestamp: date' 'target: volume' 'static: [agency, sku]' \
    'known: [price_regular, discount]' 'past: [industry_volume, soda_volume]' 'calendar: [christmas, easter_day]'
panel 350 21000 60 2017-12-01 csv stallion/stallion.csv.gz
rows 21000 ''
schema 'item: NP' 'timestamp: Date' 'target: " Price"' 'known: [" Grid load forecast", " Wind power forecast"]'
panel 1 52416 52416 2018-12-24 csv epf_nordpool/NP.csv.gz
schema 'item: ETTh1' 'timestamp: date' 'target: OT' 'past: [HUFL, HULL, MUFL, MULL, LUFL, LULL]'
panel 1 17420 17420 2018-06-26 csv ett/ETTh1.csv.gz
schema 'item: ETTh2' 'timestamp: date' 'target: OT' 'past: [HUFL, HULL, MUFL, MULL, LUFL, LULL]'
panel 1 17420 17420 2018-06-26 csv ett/ETTh2.csv.gz
schema 'item: load' 'timestamp: date' 'target: load' 'past: temp' 'stamps: end' 'frequency: hourly'
panel 1 60600 60600 2011-11-30 csv gefcom2014/load.csv.gz
rows 60528 ''
schema 'id: ZONEID' 'timestamp: timestamp' 'date_format: "%m%d%Y %H:%M"' 'target: Zonal Price' \
    'known: [Forecasted Total Load, Forecasted Zonal Load]'
panel 1 25944 25944 2013-12-16 csv gefcom2014/Task15_P.csv.gz
rows 25968 ''
schema 'id: ZONEID' 'timestamp: TIMESTAMP' 'date_format: "%Y%m%d %H:%M"' 'stamps: end' 'frequency: hourly' \
    'target: POWER' 'known: [SSRD, 2T]'
panel 1 19704 19704 2014-06-30 csv gefcom2014/solar_zone1.csv.gz
schema 'item: MT_200' 'target: MT_200' 'timestamp: [date, hour]' 'date_format: "%Y-%m-%d %H"'
panel 1 35065 35065 2015-01-01 csv uci_electricity_mt200/LD_MT200_hour.csv.gz
schema 'id: Store' 'timestamp: Date' 'target: Temperature' 'known: [Fuel_Price, MarkDown1]' 'calendar: IsHoliday'
panel 45 8190 182 2013-07-26 csv walmart2014/features.csv.gz

# ---- sales: a row each, many on a day
schema 'id: Description' 'unnamed: (none)' 'timestamp: InvoiceDate' 'target: Quantity' 'times: UnitPrice' \
    'frequency: daily' 'duplicates: sum' 'missing: zero'
panel 4224 1064652 374 2011-12-09 csv online_retail/online_retail.csv.gz
total 9747747.934
rows 541909 9747747\.934

# ---- a column per item, with and without dates and header
schema 'items: columns' 'timestamp: [date, hour]' 'date_format: "%Y-%m-%d %H"' 'stamps: end' 'frequency: hourly' \
    'ignore: [temp1, temp2, temp3, temp4, temp5, temp6, temp7, temp8, temp9, temp10, temp11]'
panel 20 788280 39414 2008-06-30 csv gefcom2012/gefcom2012_load_temp.csv.gz
expect_lines 1 ', 3.41 % missing' # 1,344 of 39,414 hours
schema 'items: columns' 'header: false' 'undated: true' 'frequency: daily'
panel 8 60704 7588 2020-10-09 csv exchange_rate/exchange_rate.txt.gz
total "$(sum 1 0 , exchange_rate/exchange_rate.txt.gz)"
schema 'items: columns' 'undated: true' 'frequency: 5min'
panel 207 417312 2016 2000-01-07 csv metr_la_week/los_speed.csv.gz
total "$(sum 1 1 , metr_la_week/los_speed.csv.gz)"

# ---- rows without names; what follows them in a second file is appended
# parts SERIES LENGTH AHEAD FREQUENCY EPOCH LAST PREFIX: EPOCH is that of the second file
parts() {
    local header=('items: numbered' 'header: false' "frequency: $4")
    schema "${header[@]}"
    append=
    panel "$1" $(($1 * $2)) "$2" '[0-9-]+' wide "$7_dataset.txt.gz"
    schema "${header[@]}" 'delimiter: ";"' 'ignore: "1"' "epoch: $5"
    append=yes
    panel "$1" $(($1 * ($2 + $3))) $(($2 + $3)) "$6" wide "$7_results.txt.gz"
    append=
    total "$(echo "$(sum 1 0 , "$7_dataset.txt.gz") $(sum 2 0 ';' "$7_results.txt.gz")" | awk '{ printf "%.12g", $1 + $2 }')"
}
parts 300 1488 96 30min 2000-02-01 2000-02-02 ausgrid_half_hourly/ausgrid_half_hourly
parts 862 96 8 weekly 2001-11-05 2001-12-24 weekly/traffic_weekly
parts 1000 106 8 weekly 2002-01-14 2002-03-04 weekly/kaggle_web_traffic_weekly
parts 299 148 8 weekly 2002-11-04 2002-12-23 weekly/ausgrid_weekly
parts 137 47 5 weekly 2000-11-27 2000-12-25 weekly/solar_weekly

# ---- local hours, unsorted, ends of periods, two kinds of dates: zone after zone joins a panel
values=0
series=0
while read -r zone rows length total format; do
    schema "item: $zone" 'timestamp: Datetime' "target: ${zone}_MW" "date_format: $format" 'frequency: hourly' \
        'time_zone: America/New_York' 'stamps: end' 'clock: utc'
    values=$((values + length))
    series=$((series + 1))
    panel $series $values 121296 2018-08-03 csv "pjm_hourly/${zone}_hourly.csv.gz"
    rows "$rows" "$total$"
    append=yes
done <<'EOF'
AEP 121273 121296 1879672527 "%d-%m-%Y %H:%M"
COMED 66497 66503 759405855 "%d-%m-%Y %H:%M"
DAYTON 121275 121296 247140397 ""
DEOK 57739 57743 179285166 "%d-%m-%Y %H:%M"
DOM 116189 116208 1272177020 "%d-%m-%Y %H:%M"
DUQ 119068 119087 197512415 "%d-%m-%Y %H:%M"
EKPC 45334 45336 66378878 "%d-%m-%Y %H:%M"
EOF
total 4601572258 # every hour that came twice is there twice
append=
aep=('item: AEP' 'timestamp: Datetime' 'target: AEP_MW' 'date_format: "%d-%m-%Y %H:%M"' 'frequency: hourly')
schema "${aep[@]}" 'time_zone: America/New_York' 'stamps: end' 'doubled: mean'
panel 1 121296 121296 2018-08-02 csv pjm_hourly/AEP_hourly.csv.gz
[ -z "$is_panel" ] || grep -q ': 4 hours that came twice became one' .err || complain 'not 4 hours that came twice'
schema "${aep[@]}"
refused 3 "AEP_hourly.csv.gz:[0-9]+: item 'AEP' has 201[4-7]-11-0[1-6] 02:00:00 again, first at" csv pjm_hourly/AEP_hourly.csv.gz
schema "${aep[@]}" 'time_zone: America/New_York' 'doubled: mean' # starts of hours they are not
refused 3 'does not exist in America/New_York|has 201.-11-0. 02:00:00 again' csv pjm_hourly/AEP_hourly.csv.gz

# ---- what is no panel
schema 'id: [Store, Dept]' 'timestamp: Date' 'target: Weekly_Sales'
refused 3 "test.csv.gz: there is no column 'Weekly_Sales'" csv walmart2014/test.csv.gz
schema 'id: Store' 'target: Size'
refused 3 "stores.csv: there is no column 'timestamp' or 'ds'" csv walmart2014/stores.csv
expect_hint 'the file has: Store, Type, Size$' # its lines end with CR alone
schema 'id: STORE' 'target: INCOME'
refused 3 "there is no column 'timestamp' or 'ds'" csv dominicks_oj/orangejuice_storedemo.csv.gz
refused 3 "there is no column 'item_id' or 'unique_id'" csv m3/M3-info.csv.gz

finish
