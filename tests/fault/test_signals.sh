#!/usr/bin/env bash
# labels: fault slow
# Signals in storms, at any moment of `mqcast run`: it stops with a checkpoint and 75, or dies of the signal
# where it has nothing to save; nothing half-written is left and the same command goes on to the same bits.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 400, lr: 0.003, warmup: 5, validate_every: 50, log_every: 7}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' e.yaml
expect_done "$MQCAST" run e.yaml -q --set run.name=undisturbed
want=$(results undisturbed)
signals=(TERM INT USR1 USR2)

storms=0 stopped=0 died=0 resumes=0 differing=0 runs=0
# storm RUN: a burst of signals to one rank or to all, unless enough was done. 0 when the run is done.
storm() {
    local ranks rank burst i pids=() name
    draw 3
    ranks=$((drawn + 1))
    start $ranks run e.yaml -q --threads 1 --set run.name="$1"
    if [ $storms -lt "${MQ_STORMS:=12}" ] && find_rank $((ranks - 1)); then
        draw 2
        for rank in $(seq 0 $((ranks - 1))); do
            [ "$drawn" -eq 0 ] && [ "$rank" -gt 0 ] && continue
            has_rank "$rank" && pids+=("$victim")
        done
        draw 4
        name=${signals[$drawn]}
        draw 1800
        sleep_ms "$drawn"
        draw 8
        burst=$((drawn + 1))
        for i in $(seq $burst); do
            kill -$name "${pids[@]}" 2>/dev/null
            sleep 0.00$((i % 3))
        done
        storms=$((storms + 1))
        storms_here=$((storms_here + 1))
    fi
    finish_job 20
    case $code in
    0) return 0 ;;
    75)
        stopped=$((stopped + 1))
        checks=$((checks + 1))
        grep -q 'stopped by' .err || complain "75 without a word"
        ;;
    143 | 130 | 137) died=$((died + 1)) ;;
    *) complain "exit $code of $1 on $ranks ranks after $burst $name" ;;
    esac
    expect_whole "$1"
    return 1
}

while [ $storms -lt "${MQ_STORMS:=12}" ] && [ $failures -eq 0 ]; do
    runs=$((runs + 1))
    storms_here=0
    until storm r$runs; do [ $failures -eq 0 ] || break; done
    if [ "$(results r$runs)" = "$want" ]; then
        resumes=$((resumes + storms_here))
    else
        differing=$((differing + 1))
        complain "r$runs differs"
    fi
    no_leftovers runs/r$runs
done

# ---- a second request, a second later, does not wait for the step: rank 1, which stands still, holds it up
# second SIGNAL CODE 'words'
second() {
    start 2 train e.yaml -q --threads 1 --set run.name="second-$1"
    wait_until 60 has_saved "second-$1" 20 || complain 'step 20 was not reached'
    find_rank 1 && stuck=$victim && find_rank 0
    kill -STOP "$stuck"
    kill -"$1" "$victim"
    sleep 1.2
    checks=$((checks + 1))
    has_ended "$job" && complain "the first SIG$1 does not wait for the step"
    kill -"$1" "$victim"
    finish_job 10
    expect_code "$2" "a second SIG$1"
    checks=$((checks + 1))
    grep -qE "$3" .err || complain "a second SIG$1 is not explained"
    expect_whole "second-$1"
    expect_done "$MQCAST" run e.yaml -q --set run.name="second-$1"
    expect_same "stopped at once by SIG$1" "$want" "$(results "second-$1")"
}
second USR1 75 '^error: stopped at once by a second signal'
second TERM 143 'process rank 0 .*signal 15'

echo "counts: storms=$storms stopped=$stopped died=$died resumes=$resumes hangs=$hangs differing=$differing launcher_hangs=$launcher_hangs"
finish
