# Helpers of the contract tests: small runs, and what must be the same between them; sourced.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
command -v h5dump >/dev/null || { echo "skipped: no h5dump to read forecasts with"; exit 77; }

# small_experiment FILE PANEL LINE...: an experiment of a second, with more lines at the end. Blocks
# of 8 products give every one of 4 ranks some; neither log nor checkpoints fall on validations only.
small_experiment() {
    local file=$1 panel=$2
    shift 2
    cat >"$file" <<EOF
version: 1
run: {name: small, dir: runs, seed: 3}
data: {panel: $panel, context: 28, horizon: 7}
checkpoint: {every: 6, keep: 100}
forecast: {batch: 8}
evaluate: {origins: 2, stride: 7}
EOF
    printf '%s\n' "$@" >>"$file"
}
short_training='train: {batch: 16, lanes: 4, steps: 24, lr: 0.003, warmup: 5, validate_every: 8, log_every: 5}'

# The names of all models, and those that are made of other runs.
all_models() {
    "$MQCAST" train --help | sed -n '/^models/,/^$/s/^  \([a-z0-9_]*\) .*/\1/p'
}
is_of_others() {
    [[ "$1" =~ ^(ensemble|champion)$ ]]
}

is_policy() {
    [ "$1" = policy ]
}

# Whether a model forecasts totals of spans.
has_totals() {
    [[ ! "$1" =~ ^(ets|decomposed|forest|policy)$ ]]
}

# Whether a model grows trees: fewer of them are enough for a test.
has_trees() {
    [ "$1" = forest ] || [ "$1" = sqrf ]
}

fact() {
    "$MQCAST" inspect --json "$1" | sed -nE "s/^ \"$2\": \"?([^\",]*)\"?,?$/\1/p"
}

newest() {
    echo "$1/checkpoints/$(cat "$1/checkpoints/latest")"
}

weights() {
    fact "$(newest "$1")" weights_sha256
}

# What a run log says of learning: everything but speed and memory.
losses() {
    [ ! -f "$1/log.jsonl" ] ||
        sed -E 's/"(series_per_s|wait_data_s|comm_s|rss_bytes|time_s)":[^,}]*,?//g' "$1/log.jsonl"
}

# forecast_values DIRECTORY DATASET: one value per line, read by a program that is not ours.
forecast_values() {
    h5dump -A 0 -y -w 1 -m '%.9g' -d "/$2" "$1/forecast.h5" |
        sed -nE '/DATA \{/,/^   \}/s/^ *([^{}]*[^{} ,]),?$/\1/p'
}

forecast_sha256() {
    local dataset
    for dataset in quantiles observed item_id origin origin_date horizon level; do
        forecast_values "$1" "$dataset"
    done | sha256sum
}

# expect_done COMMAND...: success, whatever is printed.
expect_done() {
    checks=$((checks + 1))
    "$@" >"$here/.out" 2>"$here/.err" || complain "exit $?: $*"
}

# expect_same 'what' WANT GOT
expect_same() {
    checks=$((checks + 1))
    [ -n "$2$3" ] && [ "$2" = "$3" ] && return
    failures=$((failures + 1))
    printf 'FAILED: %s\n    want: %s\n    got:  %s\n' "$1" "$2" "$3"
}

# expect_same_run 'what' WANT GOT: two run directories hold the same weights after the same losses.
expect_same_run() {
    expect_same "$1: weights" "$(weights "$2")" "$(weights "$3")"
    expect_same "$1: losses" "$(losses "$2" | sha256sum)" "$(losses "$3" | sha256sum)"
}

# expect_sound_forecast DIRECTORY PRODUCTS PER_PRODUCT LEVELS: every product, finite, ascending, of a panel
# that never was below 0 not below it.
expect_sound_forecast() {
    local bad
    expect_same "$1: products" "$2" "$(forecast_values "$1" item_id | sort -u | wc -l)"
    bad=$(forecast_values "$1" quantiles | awk -v want="$(($2 * $3 * $4))" -v levels="$4" '
        !/^-?[0-9.]+(e[-+]?[0-9]+)?$/ { print "line " NR ": " $1 " is not finite"; exit }
        $1 < 0 { print "line " NR ": " $1 " is below 0"; exit }
        NR % levels != 1 && $1 < last { print "line " NR ": " $1 " after " last; exit }
        { last = $1 }
        END { if (NR < want) print NR " values, want " want }' | head -n 1)
    expect_same "$1: quantiles are finite and ascend" 'no complaint' "${bad:-no complaint}"
}

# wait_until SECONDS COMMAND...: 0 as soon as the command succeeds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.01
    done
}

# process_of_rank MPIRUN_PID RANK
process_of_rank() {
    local pid
    for pid in $(cat /proc/"$1"/task/*/children); do
        tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2" && echo "$pid"
    done
}
