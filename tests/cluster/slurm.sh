# A Slurm cluster of this machine alone; sourced. Its keys, state and logs are in /run, which is the test's own.
. "$(dirname "$0")/lib.sh"
for program in munged slurmctld slurmd srun; do
    command -v $program >/dev/null || { echo "skipped: no $program"; exit 77; }
done

write_slurm_conf() {
    local i directory=/run/slurm
    cat >"$SLURM_CONF" <<EOF
ClusterName=test
SlurmctldHost=control($(host_address 254))
SlurmUser=root
SlurmdUser=root
# A requeued job waits for its credential to expire, 120 s by default, 5 at least.
AuthInfo=cred_expire=5
SlurmctldPidFile=$directory/slurmctld.pid
SlurmdPidFile=$directory/slurmd-%n.pid
StateSaveLocation=$directory/state
SlurmdSpoolDir=$directory/spool-%n
# Per node: PMIx makes a directory here that nodes of one machine may not share.
TmpFS=$directory/tmp-%n
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# Nodes may claim more cores than the machine has.
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,requeue_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=5
ReturnToService=2
SlurmdTimeout=30
EOF
    for i in $(seq "$1"); do
        echo "NodeName=h$i NodeAddr=$(host_address "$i") CPUs=$2 CoresPerSocket=$2 State=UNKNOWN"
        mkdir -p "$directory/spool-h$i" "$directory/tmp-h$i"
    done >>"$SLURM_CONF"
    cat >>"$SLURM_CONF" <<EOF
PartitionName=main Nodes=h[1-$(($1 - 1))] Default=YES PreemptMode=OFF
PartitionName=patient Nodes=h$1 PriorityTier=1
PartitionName=urgent Nodes=h$1 PriorityTier=2
EOF
    # slurmd loads a cgroup plugin in any case; this one does nothing until a task plugin asks.
    echo 'CgroupPlugin=cgroup/v1' >"$directory/cgroup.conf"
}

is_cluster_up() { [ "$(sinfo -h -N -o %N -t idle 2>/dev/null | sort -u | wc -l)" -eq "$1" ]; }

# start_slurm NODES CORES: on hosts h1..; returns when all are idle. On the last one the jobs of one partition
# give way to those of another.
start_slurm() {
    local i directory=/run/slurm
    export SLURM_CONF=$directory/slurm.conf
    mkdir -p "$directory/state" /run/munge
    hostname control
    make_hosts "$1"
    write_slurm_conf "$1" "$2"
    (umask 077 && head -c 128 /dev/urandom >"$directory/munge.key")
    munged --foreground --key-file="$directory/munge.key" --seed-file="$directory/munge.seed" \
        >"$directory/munged.log" 2>&1 &
    wait_until 10 test -S /run/munge/munge.socket.2
    slurmctld -D >"$directory/slurmctld.log" 2>&1 &
    for i in $(seq "$1"); do
        on_host "h$i" slurmd -D -N "h$i" >"$directory/slurmd-h$i.log" 2>&1 &
    done
    wait_until 30 is_cluster_up "$1" || { echo 'skipped: Slurm does not start here:'; tail -n 5 "$directory"/*.log; exit 77; }
}

# job_fact JOB KEY: as scontrol shows it.
job_fact() { scontrol show job -o "$1" 2>/dev/null | sed -nE "s/.* $2=([^ ]*).*/\1/p" | head -n 1; }

is_in_state() { [ "$(job_fact "$1" JobState)" = "$2" ]; }
has_job_ended() { [ -n "$(job_fact "$1" EndTime)" ] && [ -z "$(squeue -h -j "$1" 2>/dev/null)" ]; }
