// mqcast run: train, forecast, evaluate and report in one job.
#include <stdio.h>

#include "cmd/experiment_io.h"
#include "cmd/job.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"
#include "mq/report/report.h"

// What is worth knowing at the end, on stdout.
static mq_status conclude(const struct mq_job *job, json_t *evaluation)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_file(path, job->directory, "report.html"));
    MQ_TRY(mq_report_write(
        &(struct mq_report_request){.runs = (const char *const[]){job->directory}, .n_runs = 1},
        path));
    MQ_TRY(mq_print_scores((json_t *const[]){evaluation}, 1));
    (void)printf("\nforecast     %s/forecast/forecast.h5\n", job->directory);
    (void)printf("scores       %s/evaluation.json\n", job->directory);
    (void)printf("report       %s\n", path);
    (void)printf("checkpoint   %s\n", job->checkpoint);
    return MQ_OK;
}

static mq_status use(struct mq_world *world, struct mq_pool *pool, const char *directory)
{
    struct mq_job job = {0};
    json_t *evaluation = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_job_open(&job, world, directory, "best", NULL, NULL, 0));
    MQ_DO(mq_job_forecast(&job, world, pool, job.model.experiment.forecast.origins, NULL));
    MQ_DO(mq_job_evaluate(&job, world, pool, &evaluation));
    if (mq_rank(world) == 0) status = conclude(&job, evaluation);
    status = mq_agree(world, status);
done:
    json_decref(evaluation);
    mq_job_release(&job);
    return status;
}

static mq_status check_forecasts(const struct mq_experiment *experiment)
{
    const struct mq_forecaster *forecaster = NULL;
    MQ_TRY(mq_forecaster_find(experiment->model_type, &forecaster));
    return mq_forecaster_check_forecasts(forecaster);
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_pool *pool = NULL;
    char directory[MQ_PATH_MAX];
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    MQ_DO(check_forecasts(&experiment));
    MQ_DO(mq_run_directory(directory, &experiment.run));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(mq_job_train(world, pool, arguments, &experiment));
    MQ_DO(use(world, pool, directory));
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

static const struct mq_example examples[] = {
    {"mpirun -n 2 mqcast run first.yaml", "two ranks of this machine"},
    {"mqcast run first.yaml --set train.lr=0.001 --set run.name=slow",
     "another run, which differs by one setting"},
    {"srun --kill-on-bad-exit=1 mqcast run first.yaml --max-time 3h45m",
     "within a Slurm job: stops in time, the same job again goes on"},
};

const struct mq_command mq_command_run = {
    .name = "run",
    .summary = "train, forecast, evaluate and report: one job",
    .description =
        "Does what train, forecast, evaluate and report do one after the other, on all ranks. "
        "Run again, it finds the training done and repeats only what follows; a run that was "
        "interrupted goes on.",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = mq_job_train_flags,
    .n_flags = sizeof mq_job_train_flags / sizeof *mq_job_train_flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "check train forecast evaluate report template",
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .details = mq_job_models_help,
    .run = run,
};
