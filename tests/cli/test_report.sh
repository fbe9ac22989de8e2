#!/usr/bin/env bash
# labels: cli slow
# Pages in a real browser: no errors, figures that are drawn and can be read, a search that finds, and names that stay text.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "skipped: no python3 to drive a browser with"; exit 77; }
command -v chromium-headless-shell chromium >/dev/null || { echo "skipped: no chromium-headless-shell or chromium"; exit 77; }

# ---- forty products, one of them new, some with names that are markup, scripts, or ends of both
hostile=('<script>taken=1</script>' '"><img src=x onerror=taken=1>' "</script><script>document.title='taken'</script>"
    $'line\u2028end' '__proto__' 'PINK, BLUE' "a name so long that no figure can hold all of it: ${MQCAST//[^a-z]/x}${MQCAST//[^a-z]/x}")
{
    echo 'item_id,timestamp,target,category'
    for ((i = 0; i < 40; i++)); do
        id=${hostile[i]:-$(printf 'it-%02d' "$i")}
        for ((t = i == 20 ? 110 : 0; t < 120; t++)); do
            printf '"%s",%s,%d,"%s"\n' "${id//\"/\"\"}" "$(printf '2024-%02d-%02d' $((1 + t / 28)) $((1 + t % 28)))" \
                $(((i + 1) * (3 + t % 7) / 4)) "$((i % 3))<b>&"
        done
    done
} >sales.csv
printf 'static: [category]\nmissing: zero\n' >sales.yaml
expect_exit 0 '' -- "$MQCAST" import csv sales.csv --schema sales.yaml -o sales.h5
cat >e.yaml <<'EOF'
version: 1
run: {name: "<b>run", dir: runs, seed: 1}
data: {panel: sales.h5, context: 21, horizon: 7, static: [category]}
loss: {spans: [{lead: 2, review: 1}]}
train: {batch: 8, lanes: 2, steps: 20, validate_every: 5, log_every: 2}
evaluate: {origins: 4, stride: 2, by: category}
EOF
expect_exit 0 'report.html' -- "$MQCAST" run e.yaml --set model.hidden=4 --set model.local=4
expect_exit 0 'report.html' -- "$MQCAST" run e.yaml --set model.type=seasonal_naive --set run.name=naive
expect_exit 0 'newsvendor' -- "$MQCAST" simulate e.yaml
expect_exit 0 'one.html' -- "$MQCAST" report 'runs/<b>run' -o one.html
expect_exit 0 'two.html' -- "$MQCAST" report 'runs/<b>run' runs/naive --items it-11,it-12 -o two.html
expect_exit 0 'items.html' -- "$MQCAST" report runs/naive --items 'PINK\, BLUE,it-11' --items __proto__ -o items.html
expect_exit 0 '' -- grep '"PINK, BLUE",[^,]*,[^,]*,true' items.html
expect_exit 2 "^error: --items: no product 'PINK'" -- "$MQCAST" report runs/naive --items 'PINK, BLUE' -o none.html

# ---- more products than a page holds
"$MQCAST" synth -o large.h5 --series 700 --length 500 2>/dev/null
expect_exit 0 '' -- "$MQCAST" run e.yaml --set data.panel=large.h5 --set data.static=[] --set evaluate.by= \
    --set data.horizon=90 --set model.type=seasonal_naive --set run.name=large --threads 1
expect_exit 0 '[0-9]+ of 700 products are on this page' -- grep 'products are on' runs/large/report.html
expect_exit 0 'large.html' -- "$MQCAST" report runs/large --items item-0000699 -o large.html
expect_exit 2 "^error: --items: no product 'nobody'" -- "$MQCAST" report runs/large --items item-0000699,nobody -o none.html
expect_no_file none.html

expect_exit 0 '0 failures' -- python3 "$MQ_SOURCE_DIR/tests/cli/browse.py" one.html two.html large.html item-0000699 "${hostile[@]}"
finish
