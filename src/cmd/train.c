// mqcast train: the experiment's model, to the end or to a checkpoint.
#include "cmd/experiment_io.h"
#include "cmd/job.h"

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_pool *pool = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(mq_job_train(world, pool, arguments, &experiment));
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

static const struct mq_example examples[] = {
    {"mpirun -n 4 mqcast train first.yaml --expect-ranks 4", "on four ranks, or not at all"},
    {"mqcast train first.yaml --resume never",
     "from the beginning; the checkpoints of the run are replaced"},
    {"mqcast train second.yaml --from runs/first", "a new run from the best weights of another"},
    {"mqcast train first.yaml --trace", "says where its time goes"},
};

const struct mq_command mq_command_train = {
    .name = "train",
    .summary = "train the model of an experiment; goes on where it stopped",
    .description =
        "Training goes on from the newest whole checkpoint of the run, or says in what "
        "setting the experiment differs from the one that was interrupted. SIGTERM, SIGINT, "
        "SIGUSR1 and SIGUSR2 end the step, write a checkpoint and exit with 75. The result "
        "has the same bits on any number of ranks and threads.",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = mq_job_train_flags,
    .n_flags = sizeof mq_job_train_flags / sizeof *mq_job_train_flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "run check watch forecast",
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .details = mq_job_models_help,
    .run = run,
};
