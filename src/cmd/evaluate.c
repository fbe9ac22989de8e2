// mqcast evaluate: rolling backtest scores of one or several runs.
#include <stdio.h>
#include <stdlib.h>

#include "cmd/job.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"

static const struct mq_flag flags[] = {
    MQ_THREADS_FLAG,
    {"json", 0, NULL, NULL, 0, "the evaluations as JSON on stdout (a list when there are several)"},
    {"data", 0, "PANEL.h5", NULL, 0, "another panel than the one trained on"},
    {"checkpoint", 0, "best|latest|FILE", "best", 0, "which weights"},
    {"set", 0, "SECTION.KEY=VALUE", NULL, MQ_FLAG_REPEATABLE,
     "change a setting of forecast, evaluate or inventory"},
};

static mq_status print_json(json_t *const evaluations[], int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        mq_json_append(&list, json_incref(evaluations[i]));
    const mq_status status =
        mq_json_print(n == 1 ? evaluations[0] : list, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    json_decref(list);
    return status;
}

static mq_status evaluate(struct mq_world *world, struct mq_pool *pool,
                          const struct mq_arguments *arguments, json_t *evaluations[])
{
    const char **overrides = NULL;
    int64_t n = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_all(arguments, "set", &overrides, &n));
    for (int64_t i = 0; i < arguments->n_positionals; i++) {
        struct mq_job job = {0};
        status = mq_job_open(&job, world, arguments->positionals[i],
                             mq_flag_text(arguments, "checkpoint"), mq_flag_text(arguments, "data"),
                             overrides, n);
        if (status == MQ_OK) status = mq_job_evaluate(&job, world, pool, &evaluations[i]);
        mq_job_release(&job);
        MQ_DO(status);
    }
    if (mq_rank(world) == 0)
        status = mq_flag_is_given(arguments, "json")
                     ? print_json(evaluations, arguments->n_positionals)
                     : mq_print_scores(evaluations, arguments->n_positionals);
done:
    mq_free(overrides);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_pool *pool = NULL;
    json_t **evaluations = NULL;
    mq_status status = MQ_OK;
    MQ_NEW_DO(evaluations, arguments->n_positionals);
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(evaluate(world, pool, arguments, evaluations));
done:
    for (int64_t i = 0; evaluations != NULL && i < arguments->n_positionals; i++)
        json_decref(evaluations[i]);
    mq_free(evaluations);
    mq_pool_free(pool);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast evaluate runs/first", "a table of scores"},
    {"mqcast evaluate runs/first runs/second", "two runs in one table"},
    {"mqcast evaluate runs/first --set evaluate.by=category --json",
     "scores by category too, as JSON"},
};

const struct mq_command mq_command_evaluate = {
    .name = "evaluate",
    .summary = "rolling backtest scores beside seasonal naive; several runs give one table",
    .description =
        "Forecasts at the experiment's evaluation origins, which training and validation did "
        "not see, and scores them beside seasonal naive. The scores of a run on its own panel "
        "are kept in evaluation.json of its directory.",
    .positionals = "RUN...",
    .min_positionals = 1,
    .max_positionals = -1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "forecast report",
    .needs = MQ_NEEDS_WORLD,
    .run = run,
};
