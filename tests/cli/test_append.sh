#!/usr/bin/env bash
# A panel that grows: days and products are appended, and what was trained before forecasts from it.
. "$(dirname "$0")/lib.sh"

# sales FIRST LAST ITEMS: days since 2024-01-01 of items 0 .. ITEMS - 1
sales() {
    TZ=UTC awk -v first="$1" -v last="$2" -v items="$3" 'BEGIN {
        print "sku,day,units,price,kind"
        for (t = first; t <= last; t++) for (i = 0; i < items; i++)
            printf "p%02d,%s,%d,%.1f,k%d\n", i, strftime("%Y-%m-%d", 1704110400 + 86400 * t), (i + t * t) % 7, 5 + (i + t) % 3, i % 4
    }'
}
printf '%s\n' 'id: sku' 'timestamp: day' 'target: units' 'known: [price]' 'static: [kind]' >s.yaml
sales 0 99 20 >old.csv
sales 100 109 22 >new.csv
fingerprint() {
    "$MQCAST" inspect --json "$1" | grep '"fingerprint"'
}

# ---- appended is imported at once, by whatever path; twice is once
expect_exit 0 'series +22$' -- "$MQCAST" import csv old.csv new.csv --schema s.yaml -o all.h5
expect_exit 0 'series +20$' -- "$MQCAST" import csv old.csv --schema s.yaml -o p.h5
cp p.h5 before.h5
expect_exit 0 'series +22$' -- "$MQCAST" import csv new.csv --schema s.yaml --append -o p.h5
expect_lines 1 'from csv: new.csv, appended to csv: old.csv$'
expect_exit 0 "$(fingerprint all.h5)" -- "$MQCAST" inspect --json p.h5
expect_exit 0 'whole +yes' -- mpi 2 "$MQCAST" import csv new.csv --schema s.yaml --append -o p.h5
expect_exit 0 "$(fingerprint all.h5)" -- "$MQCAST" inspect --json p.h5

# ---- covariates are known by role and name, in whatever order the panel has them
expect_exit 0 's.h5: 20 series' -- "$MQCAST" synth -o s.h5 --series 20 --length 60
expect_exit 0 'grow.csv' -- "$MQCAST" export s.h5 -o grow.csv
expect_exit 0 '' -- "$MQCAST" import csv grow.csv --schema grow.yaml -o once.h5
expect_exit 0 'once.csv' -- "$MQCAST" export once.h5 -o once.csv
expect_exit 0 'from csv: grow.csv, appended' -- "$MQCAST" import csv grow.csv --schema grow.yaml --append -o s.h5
expect_exit 0 'again.csv' -- "$MQCAST" export s.h5 -o again.csv
checks=$((checks + 1))
cmp -s once.csv again.csv || complain 'the same rows again changed what the panel says'
printf 'date,event\n2017-01-01,fair\n2019-12-31,\n' >fairs.csv
expect_exit 0 '' -- "$MQCAST" import csv grow.csv --schema grow.yaml --calendar fairs.csv -o once.h5
cp once.h5 twice.h5
expect_exit 0 "$(fingerprint once.h5)" -- "$MQCAST" import csv grow.csv --schema grow.yaml --append --json -o twice.h5

# ---- trained before, forecasting after
cat >e.yaml <<'EOF'
version: 1
run: {name: a}
data: {panel: before.h5, context: 28, horizon: 7}
model: {hidden: 8}
train: {batch: 16, lanes: 4, steps: 4, warmup: 0, validate_every: 0}
evaluate: {origins: 2, stride: 7}
EOF
expect_exit 0 '' -- "$MQCAST" train e.yaml
expect_exit 0 '' -- mpi 2 "$MQCAST" forecast runs/a --data p.h5 -o grown
expect_exit 0 '' -- "$MQCAST" export grown/forecast.h5 -o grown.csv
checks=$((checks + 1))
[ "$(cut -d, -f1 grown.csv | grep -c '^p')" -eq $((22 * 7)) ] || complain 'not a row for each product and horizon'
checks=$((checks + 1))
grep -q '^p21,2024-04-19' grown.csv || complain 'the new product has no forecast of the day after the new end'

# ---- refused, and the panel is as it was
cp p.h5 kept.h5
printf 'sku,day,units,price,kind\np00,2024-04-20,1,5,k0\np03,2024-04-10,99,5,k3\n' >wrong.csv
expect_exit 3 "wrong.csv:3: item 'p03' has another target on 2024-04-10 than the panel" -- \
    "$MQCAST" import csv wrong.csv --schema s.yaml --append -o p.h5
expect_hint -- '--replace'
expect_exit 2 'its covariates are known price, static kind; those of the sources are none' -- \
    "$MQCAST" import csv wrong.csv --append -o p.h5
expect_exit 2 'none.h5: there is no panel to append to' -- "$MQCAST" import csv new.csv --append -o none.h5
expect_exit 2 'm4 files cannot be appended' -- "$MQCAST" import m4 new.csv --append -o p.h5
expect_exit 2 '--replace is for --append' -- "$MQCAST" import csv new.csv --replace -o p.h5
expect_exit 2 'e.yaml: exists and is not a panel' -- "$MQCAST" import csv new.csv --schema s.yaml --append -o e.yaml
checks=$((checks + 1))
cmp -s p.h5 kept.h5 || complain 'a refused import changed the panel'
expect_exit 0 'whole +yes' -- "$MQCAST" import csv wrong.csv --schema s.yaml --append --replace -o p.h5

# ---- of two at once the slower one fails, or the days of the other would be lost
cp before.h5 p.h5
mkfifo slow.csv
"$MQCAST" import csv slow.csv --schema s.yaml --append -o p.h5 >slow.out 2>&1 &
exec 9>slow.csv # it opens the panel, then its source
head -1 new.csv >&9
expect_exit 0 '' -- "$MQCAST" import csv new.csv --schema s.yaml --append -o p.h5
sales 110 111 20 | tail -n +2 >&9
exec 9>&-
wait $!
expect_exit 0 '^1$' -- echo $?
expect_exit 0 '^1$' -- grep -c '^error: p.h5: was replaced by another process' slow.out
expect_exit 0 "$(fingerprint all.h5)" -- "$MQCAST" inspect --json p.h5

# ---- the report, in both forms
printf 'sku,day,units\na,2024-01-01,1.5\na,2024-01-02,\na,2024-01-03,0\na,2024-01-04,-4\n' >r.csv
printf '%s\n' 'id: sku' 'timestamp: day' 'target: units' >r.yaml
expect_exit 0 'r.csv: 4 rows, their targets add up to -2.5$' -- "$MQCAST" import csv r.csv --schema r.yaml -o r.h5
expect_lines 1 '^  values +4, 25.00 % missing$'
expect_lines 1 '^  observed +-4 to 1.5, 33.33 % zero, 1 negative$'
expect_lines 1 '^  total +-2.5$'
expect_lines 1 '^  outliers +0 in 0 series$'
expect_exit 0 '"total": -2.5' -- "$MQCAST" import csv r.csv --schema r.yaml -o r.h5 --json
expect_lines 1 '"missing": 1'
expect_lines 1 '"bytes_per_value": [0-9.]+'
finish
