#!/usr/bin/env bash
# labels: slurm slow
# The batch scripts of slurm/ as they are, submitted to a cluster: whatever ends a job, the run goes on to
# the bits of the undisturbed one.
. "$(dirname "$0")/slurm.sh"
PATH=$(dirname "$MQCAST"):$PATH
scripts=$MQ_SOURCE_DIR/slurm

start_slurm 3 16
expect_done mqcast synth -o p.h5 --series 40 --length 120
small_experiment small.yaml p.h5 \
    'train: {batch: 16, lanes: 4, steps: 2500, lr: 0.003, warmup: 5, validate_every: 200, log_every: 50}'
sed -i 's/every: 6, keep: 100/every: 10, keep: 3/' small.yaml
expect_done mqcast run -q small.yaml --set run.name=undisturbed

# submit SCRIPT RUN [OPTION of sbatch]...: sets $job.
submit() {
    local script=$1 run=$2
    shift 2
    job=$(sbatch --parsable --cpus-per-task=1 "$@" "$scripts/$script.sbatch" small.yaml -q --set run.name="$run")
    checks=$((checks + 1))
    [ -n "$job" ] || complain "$script is not taken"
}

# expect_end SECONDS JOB STATE CODE:SIGNAL RESTARTS
expect_end() {
    checks=$((checks + 1))
    wait_until "$1" has_job_ended "$2" || complain "job $2 has not ended after $1 s"
    expect_same "job $2 ($(job_fact "$2" JobName)): its end" "$3 $4 $5" \
        "$(job_fact "$2" JobState) $(job_fact "$2" ExitCode) $(job_fact "$2" Restarts)"
}

# expect_log JOB 'pattern'
expect_log() {
    checks=$((checks + 1))
    cat mqcast-"$1".log mqcast-sweep-"$1".log >.out 2>/dev/null
    grep -qE -- "$2" .out || complain "the log of job $1 does not say '$2'"
}

# expect_finish JOB RUN [RESTARTS]: all done, with the bits of the undisturbed run.
expect_finish() {
    expect_end 60 "$1" COMPLETED 0:0 "${3:-0}"
    expect_same_run "$2" runs/undisturbed "runs/$2"
}

# ---- the time is up: with notice by srun and by mpirun, and without. Slurm lets held runs go on before it
# signals them.
hold warned 30
submit multi-node warned --ntasks-per-node=1 --time=1 --signal=USR1@20
is_held
warned=$job
hold warned-mpirun 30
submit single-node warned-mpirun --ntasks=2 --time=1 --signal=B:USR1@20
is_held
warned_mpirun=$job
hold overdue 30
submit preemptible overdue --ntasks-per-node=2 --time=1 --signal=USR1@0
is_held
overdue=$job

# ---- signalled, requeued, pushed aside by an urgent job, one after the other
hold moved 50
submit preemptible moved --ntasks-per-node=2 --partition=patient
moved=$job
is_held
hold moved 300
scancel --signal=USR1 "$moved"
release moved
is_held
expect_log "$moved" 'stopped by SIGUSR1 after step'
scontrol requeue "$moved"
wait_until 20 is_in_state "$moved" PENDING || complain 'the job is not requeued'
hold moved 600
is_held
expect_done srun --partition=urgent --cpus-per-task=16 true
expect_finish "$moved" moved 3

# ---- its node dies; Slurm itself queues it again
hold orphaned 30
submit preemptible orphaned --ntasks-per-node=1 --partition=patient
orphaned=$job
is_held
scontrol update NodeName=h3 State=DOWN Reason=test
wait_until 20 is_in_state "$orphaned" PENDING || complain 'the job stays on a dead node'

# ---- requeued no more than allowed, and after 75 alone
submit_with() { # OPTION of mqcast...
    job=$(MAX_REQUEUES=1 sbatch --parsable --ntasks-per-node=1 --cpus-per-task=1 "$scripts/preemptible.sbatch" \
        small.yaml -q "$@")
}
submit_with --set run.name=bounded --max-time 0.001s
bounded=$job
submit_with --set run.name=wrong --set train.nonsense=1
expect_end 20 "$job" FAILED 2:0 0
expect_log "$job" 'error: .*nonsense'

# ---- cancelled; a rank killed, by the kernel for its memory, say; nothing of either
hold cancelled 30
submit multi-node cancelled --ntasks-per-node=1
is_held
scancel "$job"
wait_until 20 is_in_state "$job" CANCELLED || complain "job $job is not cancelled"
submit multi-node cancelled --ntasks-per-node=2
cancelled=$job
hold killed 30
submit multi-node killed --ntasks-per-node=1
is_held
kill -KILL "$(ranks_of killed | head -n 1)"
release killed
expect_end 20 "$job" FAILED 137:0 0
submit single-node killed --ntasks=3
killed=$job
expect_finish "$cancelled" cancelled
expect_finish "$killed" killed

# ---- an array: its lines, and one too many
for seed in 1 2; do
    echo "small.yaml -q --set train.steps=50 --set run.seed=$seed --set run.name=seed-$seed"
done >sweep.txt
array=$(sbatch --parsable --array=1-3 --cpus-per-task=1 "$scripts/sweep.sbatch" sweep.txt)
for seed in 1 2; do
    expect_end 60 "${array}_$seed" COMPLETED 0:0 0
    read -ra words <<<"$(sed -n ${seed}p sweep.txt)"
    expect_done mqcast train "${words[@]}" --set run.name=alone-$seed
    expect_same_run "sweep $seed" runs/alone-$seed runs/seed-$seed
done
expect_end 60 "${array}_3" FAILED 2:0 0
expect_log "$array-3" 'error: sweep.txt has no line 3'

# ---- in a container: what stands for Apptainer shows only that srun starts the right words in it
mkdir stand-in
printf '#!/bin/sh\n[ "$*" != "${*#exec --bind $PWD i.sif mqcast run small.yaml }" ] || exit 9\nshift 4\nexec "$@"\n' \
    >stand-in/apptainer
chmod +x stand-in/apptainer
PATH=$PWD/stand-in:$PATH IMAGE=i.sif submit container container --ntasks-per-node=1
expect_finish "$job" container

# ---- what was to wait for its time
expect_finish "$orphaned" orphaned 1
expect_end 20 "$bounded" FAILED 75:0 1
expect_end 60 "$warned_mpirun" FAILED 75:0 0
expect_log "$warned_mpirun" 'stopped by (SIGUSR1 after step|a signal outside of training)'
expect_end 60 "$warned" FAILED 75:0 0
expect_log "$warned" 'stopped by (SIGUSR1 after step|a signal outside of training)'
expect_end 60 "$overdue" TIMEOUT 0:15 0
submit single-node warned --ntasks=3
warned=$job
submit multi-node warned-mpirun --ntasks-per-node=1
warned_mpirun=$job
submit preemptible overdue --ntasks-per-node=1
expect_finish "$warned" warned
expect_finish "$warned_mpirun" warned-mpirun
expect_finish "$job" overdue

finish
