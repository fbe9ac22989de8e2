#!/usr/bin/env bash
# labels: cli slow
# Imports the panels of a folder of real data, $MQ_DATA_DIR: so many series and values, so many
# periods, and the last of them.
. "$(dirname "$0")/lib.sh"
[ -d "${MQ_DATA_DIR:-}" ] || { echo "skipped: MQ_DATA_DIR names no folder of panels"; exit 77; }

# panel SERIES VALUES PERIODS LAST FORMAT SOURCE...: sources are relative to the folder; a schema, if
# any, is in s.yaml and used once.
panel() {
    local series=$1 values=$2 periods=$3 last=$4 format=$5 schema=()
    shift 5
    for source in "$@"; do
        [ -f "$MQ_DATA_DIR/$source" ] || { echo "not here: $source"; rm -f s.yaml; return; }
    done
    [ -f s.yaml ] && schema=(--schema s.yaml)
    expect_exit 0 'p.h5: [0-9]+ bytes' -- "$MQCAST" import "$format" "${@/#/$MQ_DATA_DIR/}" -o p.h5 "${schema[@]}"
    expect_exit 0 '^  whole +yes$' -- "$MQCAST" inspect p.h5
    expect_lines 1 "^  series +$series$"
    expect_lines 1 "^  values +$values, "
    expect_lines 1 "^  periods +$periods [a-z0-9]+, .* to $last( [0-9:]+)?$"
    rm -f s.yaml p.h5
}

schema() {
    printf '%s\n' "$@" >s.yaml
}

# ---- competitions; undated series end together
panel 414 373372 1008 2000-02-11 m4 m4/Hourly-train.csv.gz m4/Hourly-test.csv.gz
panel 359 371579 2610 2050-01-03 m4 m4/Weekly-train.csv.gz m4/Weekly-test.csv.gz
panel 414 353500 960 2000-02-09 m4 m4/Hourly-train.csv.gz
panel 518 12678 47 2046-01-01 m4 tourism/tourism-Yearly-train.csv.gz tourism/tourism-Yearly-test.csv.gz
panel 645 18319 47 2046-01-01 m4 m3/M3-Yearly-train.csv.gz m3/M3-Yearly-test.csv.gz
panel 756 37004 72 2017-10-01 m4 m3/M3-Quarterly-train.csv.gz m3/M3-Quarterly-test.csv.gz
panel 1428 167562 144 2011-12-01 m4 m3/M3-Monthly-train.csv.gz m3/M3-Monthly-test.csv.gz
schema 'frequency: yearly'
panel 174 13325 104 2103-01-01 m4 m3/M3-Other-train.csv.gz m3/M3-Other-test.csv.gz
panel 366 109280 345 2007-09-01 tsf tourism/tourism_monthly_dataset.tsf.gz
panel 427 42544 131 2007-07-01 tsf tourism/tourism_quarterly_dataset.tsf.gz
panel 1000 1684000 1684 2004-08-10 tsf favorita1000/favourita_sales_1000_dataset.tsf.gz
panel 1000 803000 803 2017-09-10 tsf web_traffic1000/kaggle_web_traffic_dataset_1000_without_missing_values.tsf.gz

# ---- M5: with and without prices, windows, department sums
calendar=m5/calendar.csv.gz
weights=m5/weights_evaluation.csv.gz
panel 224 369502 1941 2016-05-22 m5 m5/sales_train_evaluation.csv.gz $calendar m5/sell_prices.csv.gz $weights
panel 1055 1649883 1941 2016-05-22 m5 m5/sales_train_evaluation.csv.gz m5/sales_train_evaluation.no_prices.csv.gz $calendar
panel 9147 742998 88 2016-05-22 m5 m5/sales_d1854_d1941.CA_1_CA_2_TX_1.csv.gz $calendar m5/sell_prices.csv.gz \
    m5/sell_prices.wk11608_11617.CA_2_TX_1.csv.gz
panel 30490 1557330 56 2016-05-22 m5 m5/sales_d1886_d1941.all30490.csv.gz $calendar
panel 70 135869 1941 2016-05-22 m5 m5/sales_level9_store_dept.csv.gz $calendar $weights

# ---- wide
panel 2674 130252 51 2002-03-01 wide carparts/carparts.csv.gz
schema 'frequency: weekly' 'ignore: [MIN, SUM, MAX, Avg]'
panel 811 42172 52 2000-12-25 wide uci_sales_weekly/Sales_Transactions_Dataset_Weekly.csv.gz

# ---- long
schema 'id: [Store, Dept]' 'timestamp: Date' 'target: Weekly_Sales' 'static: [Store, Dept]' 'calendar: IsHoliday'
panel 3331 449237 143 2012-10-26 csv walmart2014/train.csv.gz
schema 'id: [store, brand]' 'timestamp: week' 'target: logmove' 'frequency: weekly' 'epoch: 1989-09-07' \
    'static: [store, brand]' 'known: [deal, feat, price1, price2, price11]' 'past: profit'
panel 913 109758 121 1992-10-01 csv dominicks_oj/orangejuice_yx.csv.gz
schema 'id: [agency, sku]' 'timestamp: date' 'target: volume' 'static: [agency, sku]' \
    'known: [price_regular, discount]' 'past: [industry_volume, soda_volume]' 'calendar: [christmas, easter_day]'
panel 350 21000 60 2017-12-01 csv stallion/stallion.csv.gz
schema 'item: NP' 'timestamp: Date' 'target: " Price"' 'known: [" Grid load forecast", " Wind power forecast"]'
panel 1 52416 52416 2018-12-24 csv epf_nordpool/NP.csv.gz
schema 'item: ETTh1' 'timestamp: date' 'target: OT' 'past: [HUFL, HULL, MUFL, MULL, LUFL, LULL]'
panel 1 17420 17420 2018-06-26 csv ett/ETTh1.csv.gz
schema 'item: load' 'timestamp: date' 'target: load' 'past: temp'
panel 1 60600 60600 2011-12-01 csv gefcom2014/load.csv.gz

finish
