#!/usr/bin/env bash
# labels: cli slow
# The likeliest mistakes: each gives one line of error, its exit code, and a hint that leads out. Those of
# the README's "When something goes wrong" are among them, in its words.
. "$(dirname "$0")/lib.sh"

: >said
# mistake CODE 'error' 'hint' -- COMMAND...: both are patterns.
mistake() {
    local code=$1 error=$2 hint=$3
    shift 4
    expect_exit "$code" "^error: .*$error" -- "$@"
    expect_hint "$hint"
    sed -n 's/^error: //p' .err >>said
}
train() {
    "$MQCAST" train first.yaml --set run.name=other "$@"
}

cat >first.yaml <<'END'
version: 1
run:  {name: first}
data: {panel: sales.h5, context: 28, horizon: 7}
train: {steps: 2, batch: 8, log_every: 1, validate_every: 0, warmup: 0}
END
expect_exit 0 'sales.h5: 12 series' -- "$MQCAST" synth -o sales.h5 --series 12 --length 120
expect_exit 0 'step 2/2' -- "$MQCAST" train first.yaml

# ---- paths
mistake 2 'first.yml: No such file or directory' 'did you mean first.yaml' -- "$MQCAST" train first.yml
mistake 1 'sale.h5: No such file or directory' 'did you mean sales.h5' -- train --set data.panel=sale.h5
mistake 2 'elsewhere.yaml: No such file' "relative to where the command runs: $here" -- "$MQCAST" train elsewhere.yaml
mistake 1 'none/a.h5: No such file' 'there is no directory none' -- "$MQCAST" synth -o none/a.h5 --series 2 --length 9
mistake 2 'sales.h5: is no text, but an experiment is one' 'mqcast template' -- "$MQCAST" train sales.h5
mistake 3 'first.yaml: not an HDF5 file' 'panels come from mqcast import' -- train --set data.panel=first.yaml
mistake 2 'runs/frist: no such run' '<run.dir>/<run.name>' -- "$MQCAST" forecast runs/frist
mistake 1 '/proc/none: cannot create directory' 'run.dir says' -- train --set run.dir=/proc/none

# ---- words
mistake 2 "there is no verb 'trian'" "did you mean 'mqcast train'" -- "$MQCAST" trian first.yaml
mistake 2 "unknown flag '--reusme'" 'did you mean --resume' -- train --reusme never
mistake 2 "there is no import format 'cvs'" "csv" -- "$MQCAST" import cvs a.csv -o a.h5
mistake 2 'lr=0.1: expected section.key=value' 'train.lr=' -- train --set lr=0.1

# ---- the experiment
printf 'version: 1\ndata:\n\tpanel: sales.h5\n' >tabs.yaml
mistake 2 'tabs.yaml:3: not valid YAML' 'spaces, not with tabs' -- "$MQCAST" train tabs.yaml
printf 'run: {name: a}\n' >old.yaml
mistake 2 "old.yaml: 'version' is missing" "put 'version: 1'" -- "$MQCAST" train old.yaml
mistake 2 'data.contxt: unknown key' 'did you mean data.context' -- train --set data.contxt=9
mistake 2 "there is no model 'mqrn'" "did you mean 'mqrnn'" -- train --set model.type=mqrn
mistake 2 'model.heads: unknown key' "'mqcast template mqcnn' lists" -- train --set model.heads=2 --set model.type=mqcnn
mistake 2 'levels must ascend, but 0.5 follows 0.9' '0.1, 0.5, 0.9' -- train --set 'loss.quantiles=[0.9, 0.5]'
mistake 2 "loss.quantiles: '0.9' is not a list" 'write it as \[0.9\]' -- train --set loss.quantiles=0.9
mistake 2 '90 is out of range: expected 0 to 1' 'levels in \(0, 1\)' -- train --set 'loss.quantiles=[90]'
mistake 2 'train.lanes: 3 does not divide train.batch: 8' 'train.batch: 9' -- train --set train.lanes=3
mistake 2 "evaluate.by: the panel has no static category 'categroy'" "did you mean 'category'" -- train --set evaluate.by=categroy
mistake 2 "has no covariate 'pric' of that role" "did you mean 'price'" -- train --set 'data.known=[pric]'
mistake 2 "evaluate.start: '31.01.2018' is not a date" '2011-12-09' -- train --set evaluate.start=31.01.2018
mistake 3 'periods are too few for horizon 60' 'lower data.horizon' -- train --set data.horizon=60

# ---- data
printf 'sku,day,units\na,2024-01-01,1\n' >sales.csv
mistake 3 "there is no column 'item_id' or 'unique_id'" '--schema.*sku, day, units' -- "$MQCAST" import csv sales.csv -o a.h5
printf 'item_id;timestamp;target\na;2024-01-01;1\n' >semicolons.csv
mistake 3 "there is no column 'item_id'" "parted by ';': a schema file says delimiter" -- "$MQCAST" import csv semicolons.csv -o a.h5
printf 'item_id,timestamp,target\na,31/01/2024,1\n' >dates.csv
mistake 3 "dates.csv:2: column 'timestamp': '31/01/2024' is not a date" '2011-12-09' -- "$MQCAST" import csv dates.csv -o a.h5
printf 'item_id,timestamp,target\na,2024-01-01,"1,5"\n' >commas.csv
mistake 3 "column 'target': '1,5' is not a number" 'decimal point' -- "$MQCAST" import csv commas.csv -o a.h5
printf 'item_id,timestamp,target\na,2024-01-01,1\na,2024-01-01,2\n' >twice.csv
mistake 3 "item 'a' has 2024-01-01 again" 'a schema says.*duplicates: sum' -- "$MQCAST" import csv twice.csv -o a.h5
{
    echo item_id,timestamp,target
    for ((day = 0; day < 120; day++)); do
        echo "a,$(printf '2018-%02d-%02d' $((1 + day / 28)) $((1 + day % 28))),$((day % 7 - 1))"
    done
} >returns.csv
expect_exit 0 'returns.h5: ' -- "$MQCAST" import csv returns.csv -o returns.h5
mistake 3 'log1p, but some targets are negative' 'data.transform: none' -- train --set data.panel=returns.h5 --set data.transform=log1p
mistake 3 "the model needs covariate 'price', which this panel lacks" 'import it with that column' -- \
    "$MQCAST" forecast runs/first --data returns.h5
cp sales.h5 newer.h5
expect_exit 0 '^newer$' -- /usr/bin/python3 -c 'import h5py; h5py.File("newer.h5", "r+").attrs.modify("version", 2); print("newer")'
mistake 3 'newer.h5: panel of version 2, this program reads version 1' 'import its source again' -- train --set data.panel=newer.h5

# ---- runs
mkdir -p runs/new
cp runs/first/experiment.yaml runs/new
mistake 3 'runs/new: no checkpoint' 'train it first.*checkpoint.every' -- "$MQCAST" evaluate runs/new
mistake 1 'last: no such checkpoint' 'best, latest, or a file' -- "$MQCAST" forecast runs/first --checkpoint last
mistake 2 "was trained with 'lr: 0.003', the experiment now says 'lr: 0.1'" '--resume never' -- "$MQCAST" train first.yaml --set train.lr=0.1
mistake 3 'was trained on another panel than returns.h5' 'another run.name' -- "$MQCAST" train first.yaml --set data.panel=returns.h5
mistake 2 'a trained run takes only forecast.*, evaluate.* and inventory.*' 'train again' -- "$MQCAST" forecast runs/first --set train.lr=1
mistake 2 'a model knows its loss.quantiles alone' 'loss.head: incremental' -- "$MQCAST" forecast runs/first --set 'forecast.levels=[0.99]'
mistake 2 "origins 'yesterday': not last" '--origins 8/7' -- "$MQCAST" forecast runs/first --origins yesterday

# ---- the world
mistake 2 '4 ranks for 2 lanes' 'train.lanes: 4' -- mpi 4 "$MQCAST" train first.yaml --set run.name=other --set train.lanes=2
mistake 2 'this process is alone, but the Slurm job has 4 tasks' 'srun or mpirun' -- env SLURM_NTASKS=4 "$MQCAST" train first.yaml
mistake 2 'started with 1 rank, but --expect-ranks says 4' 'mpirun -n 4' -- train --expect-ranks 4
small_memory() {
    (ulimit -v 1500000 && train --set model.hidden=4096 --set model.context_size=1024)
}
mistake 1 'out of memory' "'mqcast check' tells what a rank takes" -- small_memory
small_disk() {
    unshare --mount sh -c 'mount -t tmpfs -o size=200k none small && "$@"' sh \
        "$MQCAST" train first.yaml --set run.dir=small
}
mkdir small
if unshare --mount mount -t tmpfs none small 2>/dev/null; then
    mistake 1 'No space left on device' 'make room, then the same command again' -- small_disk
else
    echo 'skipped: no mounts here, so no full disk'
    echo 'No space left on device' >>said
fi

# ---- nothing of all that was left behind
expect_no_file runs/other
expect_no_file a.h5

# ---- the README's words are the program's
mapfile -t rows < <(sed -n '/^### When something goes wrong/,/^## /s/^| `\([^`]*\)`.*/\1/p' "$MQ_SOURCE_DIR/README.md")
checks=$((checks + 1))
[ "${#rows[@]}" -ge 20 ] || complain "${#rows[@]} rows in the README"
for row in "${rows[@]}"; do
    expect_exit 0 '.' -- grep -F -- "$row" said
done

finish
