#!/usr/bin/env bash
# labels: fault slow
# Any rank killed at any moment of `mqcast run`, MQ_KILLS times: the job ends and names the rank, nothing
# half-written is left, and the same command goes on to the bits of the undisturbed run.
. "$(dirname "$0")/lib.sh"

expect_done "$MQCAST" synth -o p.h5 --series 40 --length 120
small_experiment e.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 400, lr: 0.003, warmup: 5, validate_every: 50, log_every: 7}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' e.yaml
expect_done "$MQCAST" run e.yaml -q --set run.name=undisturbed
want=$(results undisturbed)

# A survivor names the dead rank, unless the launcher, which names it too, ended the survivors first. Now and
# then, when a rank dies as it starts, mpirun says only that one returned a non-zero exit code.
is_named() { grep -qE "^error: rank $1 .*is gone|process rank $1 .*signal 9" .err; }

kills=0 named=0 resumes=0 differing=0 runs=0
# strike RUN: starts or goes on with the run and, while kills are left, kills a rank. 0 when it is done.
strike() {
    local ranks rank
    draw 3
    ranks=$((drawn + 1))
    draw $ranks
    rank=$drawn
    start $ranks run e.yaml -q --threads 1 --set run.name="$1"
    if [ $kills -lt "${MQ_KILLS:=12}" ] && find_rank $rank; then
        draw 1800
        sleep_ms "$drawn"
        kill -KILL "$victim" 2>/dev/null
    fi
    finish_job 20
    [ "$code" -ne 0 ] || return 0
    if [ "$code" -eq 137 ] || grep -qE 'signal 9|is gone' .err; then
        kills=$((kills + 1))
        killed=$((killed + 1))
        is_named $rank && named=$((named + 1))
        expect_whole "$1"
        return 1
    fi
    complain "exit $code of $1 on $ranks ranks"
    return 2
}

while [ $kills -lt "${MQ_KILLS:=12}" ] && [ $failures -eq 0 ]; do
    runs=$((runs + 1))
    killed=0
    until strike r$runs; do [ $failures -eq 0 ] || break; done
    if [ "$(results r$runs)" = "$want" ]; then
        resumes=$((resumes + killed))
    else
        differing=$((differing + 1))
        complain "r$runs differs"
    fi
    no_leftovers runs/r$runs
done

echo "counts: kills=$kills named=$named resumes=$resumes hangs=$hangs differing=$differing launcher_hangs=$launcher_hangs"
expect_same 'correct resumes' "$kills" "$resumes"
checks=$((checks + 1))
[ $((20 * (kills - named))) -le $((kills + 20)) ] || complain "only $named of $kills killed ranks were named"
finish
