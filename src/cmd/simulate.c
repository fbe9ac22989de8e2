// mqcast simulate: what ordering policies would have cost, and which forecaster feeds the cheapest.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/experiment_io.h"
#include "cmd/job.h"
#include "cmd/output.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"
#include "mq/simulate/simulate.h"

static const struct mq_flag flags[] = {MQ_THREADS_FLAG, MQ_SIMULATE_FLAGS};

enum { OVERRIDES_MAX = 3 };

// Forecasts for orders are scored at the levels asked for, unaveraged and undivided.
struct overrides {
    struct mq_str levels;
    const char *value[OVERRIDES_MAX];
    int64_t n;
};

static mq_status make_overrides(struct overrides *overrides, const struct mq_experiment *experiment)
{
    const struct mq_real_list *levels = &experiment->evaluate.levels;
    overrides->value[overrides->n++] = "evaluate.by=";
    overrides->value[overrides->n++] = "evaluate.average=1";
    if (levels->n == 0) return MQ_OK;
    for (int64_t q = 0; q < levels->n; q++)
        MQ_TRY(mq_str_printf(&overrides->levels, "%s%.17g", q > 0 ? ", " : "evaluate.levels=[",
                             levels->value[q]));
    MQ_TRY(mq_str_add(&overrides->levels, "]"));
    overrides->value[overrides->n++] = overrides->levels.data;
    return MQ_OK;
}

// The runs given; the experiment's own one, if it has a checkpoint, takes part where there are none and
// where it orders by itself. Frees with mq_free.
static mq_status find_runs(const struct mq_arguments *arguments,
                           const struct mq_experiment *experiment, const char *own,
                           const char ***runs, int64_t *n)
{
    const struct mq_forecaster *forecaster = NULL;
    const char **given = NULL;
    int64_t n_given = 0;
    int64_t step = -1;
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_all(arguments, "run", &given, &n_given));
    MQ_DO(mq_forecaster_find(experiment->model_type, &forecaster));
    if (n_given == 0 || forecaster->is_policy) MQ_DO(mq_run_pointer(own, "latest", &step));
    *runs = mq_calloc(n_given + 1, sizeof **runs);
    if (*runs == NULL) status = MQ_FAILED;
    if (status != MQ_OK) goto done;
    if (step >= 0) (*runs)[(*n)++] = own;
    for (int64_t i = 0; i < n_given; i++)
        if (step < 0 || strcmp(given[i], own) != 0) (*runs)[(*n)++] = given[i];
done:
    mq_free(given);
    return status;
}

// The wQL of a run's forecasts; NaN of a policy. Collective.
static mq_status score(struct mq_world *world, struct mq_pool *pool, struct mq_job *job,
                       const struct mq_origins *origins, double *mean_wQL)
{
    struct mq_backtest backtest = {0};
    const struct mq_backtest_request request = {.model = &job->model,
                                                .panel = job->panel,
                                                .origins = origins,
                                                .series = job->model.experiment.forecast.batch};
    *mean_wQL = (double)NAN;
    if (job->model.forecaster->is_policy) return MQ_OK;
    const mq_status status = mq_backtest_run(&backtest, world, pool, &request);
    if (status == MQ_OK) *mean_wQL = mq_scores_value(backtest.model, "mean_wQL");
    mq_backtest_release(&backtest);
    return status;
}

// What a run is worth where it will be replayed: at the experiment's evaluation origins. Collective.
static mq_status judge(struct mq_world *world, struct mq_pool *pool, struct mq_job *job,
                       const struct mq_experiment *experiment, struct mq_simulated_run *run)
{
    struct mq_split split = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_agree(world, mq_split_make(&split, experiment, mq_panel_info(job->panel),
                                        mq_panel_path(job->panel))));
    *run = (struct mq_simulated_run){
        .name = job->directory,
        .model = &job->model,
        .was_seen = mq_job_was_seen(job, &split.evaluation),
    };
    MQ_DO(score(world, pool, job, &split.evaluation, &run->mean_wQL));
    if (run->was_seen && mq_rank(world) == 0)
        mq_warn("run %s: some of the span was used for its training or validation", run->name);
done:
    mq_split_release(&split);
    return status;
}

// ---- the verb -----------------------------------------------------------------------------------

struct request {
    const struct mq_experiment *experiment;
    char own[MQ_PATH_MAX]; // directory of the experiment's run
    char output[MQ_PATH_MAX];
    const char **run;
    int64_t n_runs;
    struct overrides overrides;
    struct mq_panel *panel;
    struct mq_job *jobs;
    struct mq_simulated_run *runs;
};

static mq_status prepare(struct request *request, const struct mq_arguments *arguments)
{
    const char *output = mq_flag_text(arguments, "output");
    MQ_TRY(mq_run_directory(request->own, &request->experiment->run));
    if (output != NULL) {
        MQ_TRY(mq_output_simulation(output));
        (void)snprintf(request->output, sizeof request->output, "%s", output);
    } else {
        MQ_TRY(mq_run_file(request->output, request->own, "simulation.json"));
    }
    MQ_TRY(mq_panel_open(&request->panel, request->experiment->data.panel));
    MQ_TRY(
        find_runs(arguments, request->experiment, request->own, &request->run, &request->n_runs));
    MQ_TRY(make_overrides(&request->overrides, request->experiment));
    MQ_NEW(request->jobs, request->n_runs);
    MQ_NEW(request->runs, request->n_runs);
    return MQ_OK;
}

static void release(struct request *request)
{
    for (int64_t i = 0; request->jobs != NULL && i < request->n_runs; i++)
        mq_job_release(&request->jobs[i]);
    mq_free(request->jobs);
    mq_free(request->runs);
    mq_free(request->run);
    mq_str_release(&request->overrides.levels);
    mq_panel_close(request->panel);
}

static mq_status write_results(const struct request *request, const struct mq_arguments *arguments,
                               const json_t *json)
{
    if (mq_flag_text(arguments, "output") == NULL) MQ_TRY(mq_make_directories(request->own));
    MQ_TRY(mq_job_write_json(request->output, json));
    if (mq_flag_is_given(arguments, "json"))
        return mq_json_print(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    MQ_TRY(mq_print_simulation(json));
    mq_info("simulation: %s", request->output);
    return MQ_OK;
}

mq_status mq_job_simulate(struct mq_world *world, struct mq_pool *pool,
                          const struct mq_arguments *arguments,
                          const struct mq_experiment *experiment)
{
    struct request request = {.experiment = experiment};
    json_t *json = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_agree(world, prepare(&request, arguments)));
    for (int64_t i = 0; i < request.n_runs; i++) {
        MQ_DO(mq_job_open(&request.jobs[i], world, request.run[i], "best", experiment->data.panel,
                          request.overrides.value, request.overrides.n));
        MQ_DO(judge(world, pool, &request.jobs[i], experiment, &request.runs[i]));
    }
    const struct mq_simulation_request simulation = {.experiment = experiment,
                                                     .panel = request.panel,
                                                     .runs = request.runs,
                                                     .n_runs = request.n_runs};
    MQ_DO(mq_simulate(world, pool, &simulation, &json));
    if (mq_rank(world) == 0) status = write_results(&request, arguments, json);
    status = mq_agree(world, status);
done:
    json_decref(json);
    release(&request);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_pool *pool = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(mq_job_simulate(world, pool, arguments, &experiment));
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

mq_status mq_job_policies_help(struct mq_page *page)
{
    const char *name = NULL;
    const char *summary = NULL;
    MQ_TRY(mq_page_heading(page, "policies (inventory.policies)"));
    for (int64_t i = 0; (name = mq_simulate_policy(i, &summary)) != NULL; i++)
        MQ_TRY(mq_page_item(page, name, "", summary));
    return mq_page_paragraph(page, "What orders, delays, shortages and stock cost is in the "
                                   "section inventory: 'mqcast help experiment'.");
}

static const struct mq_example examples[] = {
    {"mqcast simulate first.yaml",
     "all policies, newsvendor fed by the run first if it is trained"},
    {"mqcast simulate first.yaml --run runs/first --run runs/second",
     "what two forecasters are worth, in money"},
    {"mqcast simulate first.yaml --set inventory.lead=5 --set inventory.shortage=20 -o slow.json",
     "other costs, to another file"},
};

const struct mq_command mq_command_simulate = {
    .name = "simulate",
    .summary = "replay ordering policies over the evaluation span: costs, service and stock",
    .description =
        "Every product's stock, period by period, over the targets of the evaluation origins: lost "
        "or waiting demand, lead times, reviews and costs as the section inventory says. Policies "
        "are tuned on what lies before; newsvendor orders what a run forecasts. Observed sales "
        "stand "
        "for demand. Results are kept in simulation.json of the experiment's run.",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "policy evaluate run",
    .details = mq_job_policies_help,
    .run = run,
};
