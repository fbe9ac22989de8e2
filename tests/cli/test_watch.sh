#!/usr/bin/env bash
# What watch says of a run that has not begun, trains, was stopped, is resumed, is done, or died.
. "$(dirname "$0")/lib.sh"

expect_exit 0 'p.h5: 40 series' -- "$MQCAST" synth -o p.h5 --series 40 --length 80
cat >e.yaml <<'YAML'
version: 1
run: {name: r, dir: runs}
data: {panel: p.h5, context: 8, horizon: 3}
model: {type: mqrnn, hidden: 4, context_size: 2, local: 4, static_size: 2}
train: {batch: 8, lanes: 4, steps: 40, validate_every: 10, log_every: 5}
checkpoint: {every: 10, keep: 9}
YAML
train() { "$MQCAST" train e.yaml -q --threads 1 "$@"; }
watch() { timeout -k 5 60 "$MQCAST" watch --interval 0.05s "$@"; }
must() { checks=$((checks + 1)); "$@" >.out 2>.err || complain "$*"; }
# become NAME: a copy of the run to spoil.
become() { rm -rf "runs/$1"; cp -r runs/r "runs/$1"; }
# rewrite RUN 'sed script': its log under another inode, as resuming leaves it.
rewrite() { sed "$2" "runs/$1/log.jsonl" >log.new; mv log.new "runs/$1/log.jsonl"; }

# ---- wrong words
expect_exit 2 'runs/r: no such run' -- "$MQCAST" watch runs/r
expect_hint '[-][-]wait waits for it to begin'
mkdir -p runs/empty
expect_exit 2 'runs/empty: not a run' -- "$MQCAST" watch runs/empty --once
expect_exit 2 "interval: '0' is too short" -- "$MQCAST" watch runs/r --interval 0
expect_exit 2 "interval: 'soon' is not a duration" -- "$MQCAST" watch runs/r --interval soon

# ---- done: by its steps, by its patience, without any
must train
expect_exit 0 '^runs/r: mqrnn is trained$' -- watch runs/r
expect_lines 8 '^ +[0-9]+/40 '
expect_lines 4 '^ +[0-9]+/40 .* 0\.[0-9]{4} +0\.[0-9]{4} [* ] '
expect_lines 1 '^ +[0-9]+/40 .* 0\.[0-9]{4} \* '
expect_lines 1 'checkpoints +latest step 40, best step [0-9]+ \(valid wQL 0\.[0-9]{4}\)'
expect_lines 1 '^  loss +[▁▂▃▄▅▆▇█]{8} '
expect_lines 1 '^  valid wQL +[▁▂▃▄▅▆▇█]{4} '
expect_exit 0 'is trained' -- mpi 2 "$MQCAST" watch runs/r --once
must train --set run.name=patient --set train.lr=1e-9 --set train.patience=1 --set train.warmup=0 --set train.steps=4000
expect_exit 0 'mqrnn is trained$' -- watch runs/patient
sed 's/^model: .*/model: {type: seasonal_naive}/' e.yaml >naive.yaml
must "$MQCAST" train naive.yaml -q --set run.name=naive
expect_exit 0 'seasonal_naive is trained$' -- watch runs/naive
sed 's/^model: .*/model: {type: policy}/' e.yaml >policy.yaml
must "$MQCAST" train policy.yaml -q --threads 1 --set run.name=policy --set inventory.shortage=9 --set inventory.holding=1
expect_exit 0 'policy is trained$' -- watch runs/policy
expect_lines 1 'best step [0-9]+ \(valid cost '
expect_lines 1 '^  valid cost +[▁▂▃▄▅▆▇█]{4} '
expect_lines 1 ' loss +valid cost +lr '

# ---- stopped: it would go on. Died: its job left less than the log says
become stopped
rm runs/stopped/checkpoints/step-000000040.h5
echo step-000000030.h5 >runs/stopped/checkpoints/latest
rewrite stopped '3,4d;6,8d'
sed -i 's/^  patience: 0.*/  patience: 1/' runs/stopped/experiment.yaml # the one validation was the best
expect_exit 75 'stopped after step 30 of 40; the checkpoint is valid' -- watch runs/stopped
expect_hint 'run the same command again'
expect_exit 0 'was stopped, and goes on when run again' -- watch runs/stopped --once
become died
rewrite died 8d
echo step-000000020.h5 >runs/died/checkpoints/latest
expect_exit 1 'ended after step 35; its last checkpoint is of step 20' -- watch runs/died
become killed
rewrite killed 7,8d
echo step-000000030.h5 >runs/killed/checkpoints/latest
echo 'pid 4711 on host elsewhere' >runs/killed/claim
expect_exit 1 'ended after step 30' -- watch runs/killed
expect_exit 0 'ended too early: pid 4711 on host elsewhere, which is gone' -- watch runs/killed --once
become young
rm -r runs/young/checkpoints runs/young/log.jsonl
expect_exit 1 'ended before its first checkpoint' -- watch runs/young

# ---- half a line, and lines that are none, are left out; what is damaged is not there
become torn
printf '{"step":45,"lo' >>runs/torn/log.jsonl
sed -i '2s/.*/nonsense \x1b[31m/' runs/torn/log.jsonl
echo nonsense >runs/torn/experiment.yaml
printf 'pid \x1b[31m' >runs/torn/claim
expect_exit 0 '^runs/torn: is trained' -- watch runs/torn
expect_lines 7 '^ +[0-9]+/40 '
checks=$((checks + 1))
! grep -q $'\x1b' .out || complain 'orders to the terminal from a file'

# ---- while it trains, through a stop and what follows: the log is replaced, and the rest told
hold() { exec 9<>"runs/$1/claim"; flock 9; echo "pid 1 on host h1" >&9; }
release() { : >"runs/$1/claim"; exec 9>&-; }
seen() { for _ in $(seq 120); do grep -qE -- "$1" seen && return; sleep 0.05; done; complain "never seen: $1"; cat seen; }
become live
cp runs/live/log.jsonl whole
rewrite live 3,8d
hold live
watch runs/live --wait >seen 2>&1 9>&- &
watcher=$!
seen '^ +10/40 '
seen '^  left +[0-9]+ s of training'
sed -n 3p whole | head -c 20 >>runs/live/log.jsonl
sleep 0.3
sed -n 3p whole | tail -c +21 >>runs/live/log.jsonl
seen '^ +15/40 '
echo step-000000010.h5 >runs/live/checkpoints/latest
release live
seen 'ended too early'
hold live
sed '3,8s/"time_s":[0-9.]*/"time_s":9/; 7,8d' whole >log.new # all at once: no look sees a shorter log
mv log.new runs/live/log.jsonl
seen 'goes on after step 10'
sed '1,6d' whole >>runs/live/log.jsonl
seen '^ +40/40 '
echo step-000000040.h5 >runs/live/checkpoints/latest
release live
seen 'runs/live: mqrnn is trained'
wait $watcher
expect_exit 0 '^0$' -- echo $?
expect_exit 0 '^2$' -- grep -cE '^ +15/40 ' seen
expect_exit 0 '^1$' -- grep -cE '^ +10/40 ' seen

# ---- a run that begins later, on two ranks
watch runs/later --wait >seen 2>&1 &
watcher=$!
seen 'waiting for runs/later to begin'
must mpi 2 "$MQCAST" train e.yaml -q --threads 1 --set run.name=later --set train.steps=160
wait $watcher
expect_exit 0 '^0$' -- echo $?
expect_exit 0 '^ +160/160 ' -- cat seen

finish
