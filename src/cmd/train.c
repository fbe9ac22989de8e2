// mqcast train: the experiment's model, to the end or to a checkpoint.
#include "cmd/experiment_io.h"
#include "cmd/job.h"

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_train_request request;
    struct mq_pool *pool = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    MQ_DO(mq_job_train_request(arguments, &experiment, &request));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(mq_job_train(world, pool, &request));
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

const struct mq_command mq_command_train = {
    .name = "train",
    .summary = "train the model of an experiment; goes on where it stopped",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = mq_job_train_flags,
    .n_flags = sizeof mq_job_train_flags / sizeof *mq_job_train_flags,
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .details = mq_job_models_help,
    .run = run,
};
