// Opening trained runs, forecasting and evaluating them.
#include "cmd/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/banner.h"
#include "cmd/cost.h"
#include "cmd/layer_table.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"

// Cores of this rank: its affinity mask, or its share of the node when ranks are not bound.
static int64_t default_threads(const struct mq_world_facts *facts)
{
    const int64_t online = sysconf(_SC_NPROCESSORS_ONLN);
    return mq_max_i64(1, mq_min_i64(facts->cores_per_rank, online / facts->ranks_here));
}

mq_status mq_job_pool(struct mq_world *world, const struct mq_arguments *arguments,
                      struct mq_pool **pool)
{
    struct mq_world_facts facts;
    MQ_TRY(mq_world_facts(world, &facts));
    int64_t threads = default_threads(&facts);
    MQ_TRY(mq_flag_i64(arguments, "threads", 1, 1024, &threads));
    MQ_TRY(mq_banner(world, threads));
    return mq_agree(world, mq_pool_new(pool, threads));
}

const struct mq_flag mq_job_train_flags[5] = {MQ_TRAIN_FLAGS};

mq_status mq_job_models_help(struct mq_page *page)
{
    MQ_TRY(mq_page_heading(page, "models (model.type)"));
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++)
        MQ_TRY(mq_page_item(page, (*model)->name, "", (*model)->summary));
    return mq_page_paragraph(page,
                             "'mqcast help experiment' lists every setting, those of each model "
                             "included.");
}

static mq_status read_request(const struct mq_arguments *arguments,
                              struct mq_train_request *request)
{
    const char *resume = mq_flag_text(arguments, "resume");
    request->resume_file = resume;
    request->resume = MQ_RESUME_FILE;
    request->from = mq_flag_text(arguments, "from");
    if (strcmp(resume, "auto") == 0) request->resume = MQ_RESUME_AUTO;
    if (strcmp(resume, "never") == 0) request->resume = MQ_RESUME_NEVER;
    if (strcmp(resume, "must") == 0) request->resume = MQ_RESUME_MUST;
    MQ_TRY(mq_flag_duration_s(arguments, "max-time", &request->max_time_s));
    if (mq_flag_is_given(arguments, "max-time") && !(request->max_time_s > 0)) {
        (void)mq_fail(MQ_USAGE, "--max-time: '%s' leaves no time to train",
                      mq_flag_text(arguments, "max-time"));
        return mq_hint("without --max-time training goes on to the end");
    }
    return MQ_OK;
}

static void print_trace(const struct mq_train_trace *trace, const char *directory)
{
    if (trace->layers == NULL) {
        mq_warn("--trace: %s made no step: nothing to trace", directory);
        return;
    }
    mq_layer_table_print(trace->layers);
    if (trace->path != NULL)
        mq_info("timeline: %s", trace->path);
    else
        mq_info("timeline: %s/trace.json", directory);
}

mq_status mq_job_train(struct mq_world *world, struct mq_pool *pool,
                       const struct mq_arguments *arguments, struct mq_experiment *experiment)
{
    char directory[MQ_PATH_MAX];
    struct progress progress = progress_begin("fit");
    struct mq_train_trace trace = {.path = mq_flag_text(arguments, "trace")};
    const bool has_trace = mq_flag_is_given(arguments, "trace");
    struct mq_train_request request = {.experiment = experiment,
                                       .listener = progress_of_training,
                                       .listener_context = &progress,
                                       .fit_meter = progress_meter(&progress, world),
                                       .trace = has_trace ? &trace : NULL};
    const struct cost cost = cost_begin();
    MQ_TRY(read_request(arguments, &request));
    const bool writes = trace.path != NULL && mq_rank(world) == 0;
    MQ_TRY(mq_agree(world, writes ? mq_output_trace(trace.path) : MQ_OK));
    MQ_TRY(mq_run_directory(directory, &experiment->run));
    const mq_status status = mq_train(world, pool, &request);
    if (status != MQ_OK && mq_is_out_of_memory())
        return mq_hint(
            "'mqcast check' tells what a rank takes: fewer ranks or threads on a node, or "
            "a smaller data.cache_mib, train.batch or model");
    if (status != MQ_OK && status != MQ_STOPPED) return status;
    const struct mq_error stopped = *mq_error_get();
    if (has_trace && mq_rank(world) == 0) print_trace(&trace, directory);
    json_decref(trace.layers);
    const mq_status counted = cost_end(&cost, world, pool, directory, "train");
    if (status == MQ_OK) return counted;
    mq_error_set(&stopped);
    return status;
}

// The weights stay as they are: only what is done with them may change.
static mq_status apply_overrides(struct mq_model *model, const char *file,
                                 const char *const overrides[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (strncmp(overrides[i], "forecast.", 9) != 0 &&
            strncmp(overrides[i], "evaluate.", 9) != 0 &&
            strncmp(overrides[i], "inventory.", 10) != 0) {
            (void)mq_fail(
                MQ_USAGE,
                "--set %s: a trained run takes only forecast.*, evaluate.* and inventory.*",
                overrides[i]);
            return mq_hint("change the experiment and train again for the rest");
        }
    if (n == 0) return MQ_OK;
    struct mq_str text = {0};
    struct mq_experiment changed;
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_print(&model->experiment, &text));
    MQ_DO(mq_experiment_parse(&changed, file, text.data, text.length, overrides, n,
                              mq_model_settings));
    mq_experiment_release(&model->experiment);
    model->experiment = changed;
    MQ_DO(mq_model_check_levels(model));
done:
    mq_str_release(&text);
    return status;
}

// Where the evaluation span of the experiment as trained begins, and that of every member.
static mq_status find_unseen(struct mq_job *job, const struct mq_model *model)
{
    struct mq_split split;
    MQ_TRY(mq_split_make(&split, &model->experiment, &model->panel.info, job->checkpoint));
    job->unseen = mq_max_i64(job->unseen, split.evaluation.period[0] + 1);
    mq_split_release(&split);
    for (int64_t i = 0; i < model->n_members; i++)
        MQ_TRY(find_unseen(job, &model->members[i].model));
    return MQ_OK;
}

// Scores of targets that training or validation saw are no test; on another panel time is another.
bool mq_job_was_seen(const struct mq_job *job, const struct mq_origins *origins)
{
    const struct mq_panel_info *info = mq_panel_info(job->panel);
    return strcmp(info->fingerprint, job->model.panel.info.fingerprint) == 0 &&
           origins->period[0] + 1 < job->unseen;
}

static mq_status open_local(struct mq_job *job, const char *which, const char *panel_path,
                            const char *const overrides[], int64_t n_overrides)
{
    if (!mq_path_is_directory(job->directory)) {
        (void)mq_fail(MQ_USAGE, "%s: no such run", job->directory);
        return mq_hint("name the run's directory, <run.dir>/<run.name>");
    }
    MQ_TRY(mq_checkpoint_find(job->directory, which, job->checkpoint));
    MQ_TRY(mq_checkpoint_read(job->checkpoint, &job->model, &job->progress));
    MQ_TRY(find_unseen(job, &job->model));
    MQ_TRY(apply_overrides(&job->model, job->checkpoint, overrides, n_overrides));
    return mq_panel_open(&job->panel,
                         panel_path != NULL ? panel_path : job->model.experiment.data.panel);
}

mq_status mq_job_open(struct mq_job *job, struct mq_world *world, const char *run_directory,
                      const char *which, const char *panel_path, const char *const overrides[],
                      int64_t n_overrides)
{
    *job = (struct mq_job){0};
    (void)snprintf(job->directory, sizeof job->directory, "%s", run_directory);
    job->is_other_panel = panel_path != NULL;
    return mq_agree(world, open_local(job, which, panel_path, overrides, n_overrides));
}

void mq_job_release(struct mq_job *job)
{
    mq_panel_close(job->panel);
    mq_model_release(&job->model);
    *job = (struct mq_job){0};
}

mq_status mq_job_forecast(struct mq_job *job, struct mq_world *world, struct mq_pool *pool,
                          const char *origins_text, const char *directory)
{
    const double began_s = mq_clock_s();
    const struct cost cost = cost_begin();
    const struct mq_panel_info *info = mq_panel_info(job->panel);
    struct progress progress = progress_begin("forecast");
    struct mq_origins origins = {0};
    char path[MQ_PATH_MAX];
    if (directory != NULL)
        (void)snprintf(path, sizeof path, "%s", directory);
    else
        MQ_TRY(mq_run_file(path, job->directory, "forecast"));
    mq_status status = mq_origins_parse(&origins, origins_text, info);
    if (status == MQ_OK) {
        const struct mq_forecast_request request = {
            .model = &job->model,
            .panel = job->panel,
            .origins = &origins,
            .directory = path,
            .checkpoint = job->checkpoint,
            .series = job->model.experiment.forecast.batch,
            .compress = job->model.experiment.forecast.compress,
            .meter = progress_meter(&progress, world),
        };
        status = mq_forecast_write(world, pool, &request);
    }
    if (status == MQ_OK && directory == NULL && !job->is_other_panel)
        status = cost_end(&cost, world, pool, job->directory, "forecast");
    if (status == MQ_OK && mq_rank(world) == 0) {
        const double took_s = mq_clock_s() - began_s;
        mq_info("forecast: %lld products, %lld origins in %.1f s (%.0f products/s): %s/forecast.h5",
                (long long)info->n_series, (long long)origins.n, took_s,
                (double)info->n_series / took_s, path);
    }
    mq_free(origins.period);
    return status;
}

mq_status mq_job_write_json(const char *path, const json_t *json)
{
    struct mq_str text = {0};
    mq_status status = mq_json_text(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12), &text);
    if (status == MQ_OK) status = mq_file_replace(path, text.data, text.length);
    mq_str_release(&text);
    return status;
}

static mq_status write_evaluation(const struct mq_job *job, const json_t *json)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_file(path, job->directory, "evaluation.json"));
    return mq_job_write_json(path, json);
}

mq_status mq_job_evaluate(struct mq_job *job, struct mq_world *world, struct mq_pool *pool,
                          json_t **json)
{
    struct mq_split split = {0};
    struct mq_backtest backtest = {0};
    struct progress progress = progress_begin("evaluation");
    const struct cost cost = cost_begin();
    mq_status status = MQ_OK;
    *json = NULL;
    MQ_DO(mq_agree(world, mq_split_make(&split, &job->model.experiment, mq_panel_info(job->panel),
                                        mq_panel_path(job->panel))));
    const struct mq_backtest_request request = {
        .model = &job->model,
        .panel = job->panel,
        .origins = &split.evaluation,
        .series = job->model.experiment.forecast.batch,
        .meter = progress_meter(&progress, world),
    };
    MQ_DO(mq_backtest_run(&backtest, world, pool, &request));
    if (mq_rank(world) == 0) {
        *json = mq_backtest_json(&backtest, &request);
        if (*json == NULL) status = mq_error_get()->status;
        if (*json != NULL && mq_job_was_seen(job, &split.evaluation)) {
            mq_warn("some of the targets scored were used for training or validation");
            mq_json_set(json, "seen_in_training", json_true());
            if (*json == NULL) status = mq_fail_memory("evaluation.json");
        }
        // The run's own scores are those on its own panel.
        if (*json != NULL && !job->is_other_panel) status = write_evaluation(job, *json);
    }
    MQ_DO(mq_agree(world, status));
    if (!job->is_other_panel) status = cost_end(&cost, world, pool, job->directory, "evaluate");
done:
    mq_backtest_release(&backtest);
    mq_split_release(&split);
    return status;
}
