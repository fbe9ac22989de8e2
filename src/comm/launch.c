// Never train alone by mistake: reads Slurm's and Open MPI's variables.
//
// A batch script or an salloc shell carries SLURM_NTASKS of the job, but no job step; srun sets
// SLURM_STEP_ID and SLURM_STEP_NUM_TASKS. A program started in the script without a launcher is
// therefore a world of one in a job of several tasks.
#include "comm/launch.h"

#include "mq/base/str.h"

/// Slurm numbers steps from 0; batch, interactive and external steps have reserved numbers at the
/// top of 32 bits. Those hold the user's shell, not a launched program.
static const int64_t first_reserved_step = 0xfffffff0;

static int64_t number(mq_environment *environment, const char *name, int64_t fallback)
{
    const char *text = environment(name);
    int64_t value = 0;
    return text != NULL && mq_parse_i64(text, &value) ? value : fallback;
}

static bool is_one_task_step(mq_environment *environment)
{
    const int64_t step = number(environment, "SLURM_STEP_ID", -1);
    return step >= 0 && step < first_reserved_step &&
           number(environment, "SLURM_STEP_NUM_TASKS", 0) == 1;
}

mq_status mq_launch_check_alone(mq_environment *environment)
{
    const int64_t tasks = number(environment, "SLURM_NTASKS", 1);
    if (tasks <= 1 || environment("OMPI_COMM_WORLD_SIZE") != NULL || is_one_task_step(environment))
        return MQ_OK;
    (void)mq_fail(MQ_USAGE, "this process is alone, but the Slurm job has %lld tasks",
                  (long long)tasks);
    return mq_hint("start it with srun or mpirun, or say --expect-ranks 1");
}
