// mqcast forecast: quantiles of every product, one part per rank.
#include "cmd/job.h"
#include "mq/base/alloc.h"

static const struct mq_flag flags[] = {
    MQ_THREADS_FLAG,
    {"data", 0, "PANEL.h5", NULL, 0, "another panel than the one trained on"},
    {"checkpoint", 0, "best|latest|FILE", "best", 0, "which weights"},
    {"origins", 0, "last|N|N/S|DATE", NULL, 0,
     "the last period; the last N, S apart; or a date (default: forecast.origins)"},
    {"output", 'o', "DIR", NULL, 0, "where the forecast goes (default: forecast/ of the run)"},
    {"set", 0, "SECTION.KEY=VALUE", NULL, MQ_FLAG_REPEATABLE,
     "change a setting of forecast, evaluate or inventory"},
};

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_job job = {0};
    struct mq_pool *pool = NULL;
    const char **overrides = NULL;
    int64_t n = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_all(arguments, "set", &overrides, &n));
    MQ_DO(mq_job_open(&job, world, arguments->positionals[0], mq_flag_text(arguments, "checkpoint"),
                      mq_flag_text(arguments, "data"), overrides, n));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    const char *origins = mq_flag_text(arguments, "origins");
    MQ_DO(mq_job_forecast(&job, world, pool,
                          origins != NULL ? origins : job.model.experiment.forecast.origins,
                          mq_flag_text(arguments, "output")));
done:
    mq_pool_free(pool);
    mq_job_release(&job);
    mq_free(overrides);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast forecast runs/first", "the periods after the end of the panel"},
    {"mqcast forecast runs/first --origins 8/7", "the last eight origins, seven periods apart"},
    {"mqcast forecast runs/first --data today.h5 -o forecasts/today",
     "another panel with the same covariates, elsewhere"},
};

const struct mq_command mq_command_forecast = {
    .name = "forecast",
    .summary = "quantile forecasts of every product, sharded over the ranks",
    .description =
        "Every product of the panel gets a finite forecast, also one without history or of an "
        "unseen category. Each rank writes a part, forecast.h5 shows all of them, and the "
        "whole takes its place in one rename: the forecast before stays until then.",
    .positionals = "RUN",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "evaluate export report",
    .needs = MQ_NEEDS_WORLD,
    .run = run,
};
