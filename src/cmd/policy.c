// mqcast policy: train a policy that learns to order, then replay it beside the others.
#include "cmd/experiment_io.h"
#include "cmd/job.h"
#include "mq/model/registry.h"

static const struct mq_flag flags[] = {MQ_TRAIN_FLAGS, MQ_SIMULATE_FLAGS};

static mq_status check_orders(const struct mq_experiment *experiment)
{
    const struct mq_forecaster *forecaster = NULL;
    MQ_TRY(mq_forecaster_find(experiment->model_type, &forecaster));
    if (forecaster->is_policy) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "model.type: %s gives forecasts, no orders", forecaster->name);
    return mq_hint("mqcast run trains it, mqcast simulate says what orders by its forecasts cost");
}

static mq_status train(struct mq_world *world, struct mq_pool *pool,
                       const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    mq_status status = mq_experiment_read(world, arguments, arguments->positionals[0], &experiment);
    if (status == MQ_OK) status = mq_job_train(world, pool, arguments, &experiment);
    mq_experiment_release(&experiment);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_pool *pool = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    MQ_DO(check_orders(&experiment));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(train(world, pool, arguments));
    MQ_DO(mq_job_simulate(world, pool, arguments, &experiment));
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

static const struct mq_example examples[] = {
    {"mpirun -n 2 mqcast policy order.yaml", "an experiment with model.type: policy"},
    {"mqcast policy order.yaml --run runs/first", "beside orders by the forecasts of another run"},
};

const struct mq_command mq_command_policy = {
    .name = "policy",
    .summary = "train a policy that learns to order, then simulate: one job",
    .description =
        "For stock what 'mqcast run' is for forecasts: trains an experiment whose model.type is "
        "policy, by the cost of the stock that its orders lead to, then replays it over the "
        "evaluation span beside the other policies. Run again, it finds the training done and "
        "repeats only the replay.",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "simulate train",
    .details = mq_job_policies_help,
    .run = run,
};
