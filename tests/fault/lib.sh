# Helpers of the fault tests; sourced. Moments and victims are drawn from a seed that is printed: MQ_SEED
# draws the same again, as far as the machine keeps the same time.
. "$(dirname "${BASH_SOURCE[0]}")/../contract/lib.sh"
RANDOM=${MQ_SEED:=$(($(date +%s) % 32768))}
echo "seed $MQ_SEED"

# draw N: a number below N in $drawn. ($(...) would draw the same number for ever.)
draw() { drawn=$(((RANDOM * 32768 + RANDOM) % $1)); }

sleep_ms() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# start RANKS ARGUMENT of mqcast...: sets $job; its output goes to .out and .err.
start() {
    local ranks=$1
    shift
    mpirun --oversubscribe -n "$ranks" "$MQCAST" "$@" >.out 2>.err &
    job=$!
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# find_rank RANK: its process in $victim, as soon as there is one. False when the job is over before.
has_rank() { victim=$(process_of_rank "$job" "$1" 2>/dev/null); [ -n "$victim" ]; }
has_rank_or_ended() { has_rank "$1" || has_ended "$job"; }
find_rank() { wait_until 20 has_rank_or_ended "$1" && [ -n "$victim" ]; }

live_ranks() {
    local pid
    for pid in $(cat /proc/"$job"/task/*/children); do
        grep -q '^State:.[^ZX]' "/proc/$pid/status" && echo "$pid"
    done
} 2>/dev/null

# finish_job SECONDS: waits for the job; its exit code is in $code. Too late is a hang, which is ended. When
# all ranks are gone it is the launcher's own: mpirun 4.1 waits for ever in PMIx_server_finalize when a rank
# is killed while it connects to it, within the first tenth of a second.
hangs=0 launcher_hangs=0
finish_job() {
    local ranks
    checks=$((checks + 1))
    if ! wait_until "$1" has_ended "$job"; then
        ranks=$(live_ranks)
        if [ -z "$ranks" ]; then
            launcher_hangs=$((launcher_hangs + 1))
        else
            hangs=$((hangs + 1))
            complain "still there after $1 s"
            kill -KILL $ranks
        fi
        kill -KILL "$job" 2>/dev/null
    fi
    wait "$job" 2>/dev/null
    code=$?
}

saved_step() {
    sed -nE 's/^step-0*([0-9]+)\.h5$/\1/p' "runs/$1/checkpoints/latest" 2>/dev/null || true
}
has_saved() { local step; step=$(saved_step "$1"); [ "${step:-0}" -ge "$2" ]; }

# expect_error 'pattern': one line of error in what the job said, and it matches.
expect_error() {
    checks=$((checks + 1))
    [ "$(grep -c '^error: ' .err)" -eq 1 ] && grep -qE "^error: $1" .err || complain "no single error matches '$1'"
}
expect_code() {
    checks=$((checks + 1))
    [ "$code" -eq "$1" ] || complain "exit $code, want $1: $2"
}

# expect_whole RUN: what its pointers name, and its forecast, if it has them.
expect_whole() {
    local name
    for name in latest best; do
        [ ! -e "runs/$1/checkpoints/$name" ] ||
            expect_exit 0 'whole +yes' -- "$MQCAST" inspect "runs/$1/checkpoints/$(cat "runs/$1/checkpoints/$name")"
    done
    [ ! -e "runs/$1/forecast" ] || expect_done "$MQCAST" inspect "runs/$1/forecast/forecast.h5"
}

# results RUN: what a whole `mqcast run` must leave, to the bit.
results() {
    weights "runs/$1"
    losses "runs/$1" | sha256sum
    forecast_values "runs/$1/forecast" quantiles | sha256sum
    sed -E 's/"(run|panel)": *"[^"]*"//' "runs/$1/evaluation.json" | sha256sum
}

no_leftovers() {
    expect_same "$1: files left behind" none "$(find "$1" -name '*.tmp*' | sort | grep . || echo none)"
}
