// Setting a training run up: data, features, network, workers.
#include "train/session.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "mq/model/rundir.h"

enum { STATISTICS_BLOCK = 128 };

// A relative panel path is relative to where the command runs, as users expect of a command.
static mq_status open_data(struct session *session)
{
    const struct mq_experiment *experiment = session->request->experiment;
    (void)snprintf(session->panel_path, sizeof session->panel_path, "%s", experiment->data.panel);
    MQ_TRY(mq_panel_open(&session->panel, session->panel_path));
    MQ_TRY(mq_split_make(&session->split, experiment, mq_panel_info(session->panel),
                         session->panel_path));
    return mq_model_init(&session->model, session->request->experiment, session->panel);
}

// This rank's part of the catalogue, block by block.
static mq_status add_statistics(struct session *session, struct mq_statistics *statistics)
{
    const struct mq_panel_info *info = mq_panel_info(session->panel);
    const int64_t first =
        mq_split(info->n_series, mq_size(session->world), mq_rank(session->world));
    const int64_t end =
        mq_split(info->n_series, mq_size(session->world), mq_rank(session->world) + 1);
    for (int64_t i = first; i < end; i += STATISTICS_BLOCK) {
        struct mq_series_block block = {0};
        const mq_status status =
            mq_panel_read(session->panel, i, mq_min_i64(STATISTICS_BLOCK, end - i), &block);
        if (status == MQ_OK) mq_statistics_add(statistics, info, &block, session->split.train_end);
        mq_series_block_release(&block);
        if (status != MQ_OK) return status;
    }
    return MQ_OK;
}

static mq_status fit_features(struct session *session)
{
    mq_status status = MQ_OK;
    struct mq_statistics *statistics = NULL; // too large for the stack
    statistics = mq_calloc(1, sizeof *statistics);
    MQ_DO(mq_agree(session->world,
                   statistics != NULL ? add_statistics(session, statistics) : MQ_FAILED));
    MQ_DO(mq_sum_i64(session->world, (int64_t *)(void *)statistics, MQ_STATISTICS_I64));
    MQ_DO(mq_features_fit(&session->model.features, statistics, session->panel,
                          session->split.train_end));
    if (session->model.forecaster->suits != NULL)
        MQ_DO(session->model.forecaster->suits(&session->model));
done:
    mq_free(statistics);
    return status;
}

static mq_status check_lanes(const struct session *session, int64_t ranks)
{
    const int64_t lanes = session->model.experiment.train.lanes;
    if (ranks <= lanes || session->model.forecaster->build == NULL) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%lld ranks for %lld lanes: %lld ranks would have nothing to train",
                  (long long)ranks, (long long)lanes, (long long)(ranks - lanes));
    return mq_hint("a new run with train.lanes: %lld and a train.batch it divides, or fewer ranks",
                   (long long)ranks);
}

mq_status session_open_data(struct session *session, int64_t ranks)
{
    MQ_TRY(mq_run_directory(session->directory, &session->request->experiment->run));
    MQ_TRY(mq_agree(session->world, open_data(session)));
    MQ_TRY(check_lanes(session, ranks));
    return fit_features(session);
}

int64_t session_steps(const struct session *session, int64_t n_series)
{
    const struct mq_train_settings *train = &session->model.experiment.train;
    if (session->model.forecaster->build == NULL) return 0;
    if (train->epochs == 0) return train->steps;
    return mq_ceil_div(train->epochs * n_series, train->batch);
}

static mq_status build(struct session *session)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_train_settings *train = &experiment->train;
    const int64_t context = experiment->data.context;
    double level[MQ_TRAINED_LEVELS_MAX];
    struct mq_dims dims = mq_model_dims(&session->model, train->batch / train->lanes, context,
                                        (struct mq_forks){context, NULL});
    dims.Q = mq_model_trained_levels(&session->model, level);
    dims.level = level;
    MQ_TRY(mq_network_init(&session->network, session->model.forecaster, experiment->model, &dims,
                           (enum mq_loss_kind)experiment->loss.kind, &session->model.params,
                           MQ_TRAIN));
    struct mq_params *params = &session->model.params;
    MQ_TRY(mq_params_allocate(params));
    MQ_NEW(session->gradients, params->count);
    MQ_NEW(session->execs, mq_pool_threads(session->pool));
    for (int64_t i = 0; i < mq_pool_threads(session->pool); i++)
        MQ_TRY(mq_exec_new(&session->execs[i], session->network.graph));
    MQ_TRY(mq_optimizer_new(&session->optimizer, train, params->count));
    MQ_TRY(mq_reducer_new(&session->reducer, session->world, params->count, SCALARS, train->lanes,
                          session->n_lanes, BUCKET_BYTES));
    MQ_TRY(mq_window_maker_init(&session->maker, &session->model.features, session->panel,
                                experiment->loss.volume_weight,
                                context + experiment->data.horizon));
    if (train->validate_every == 0 || session->split.validation.n == 0) return MQ_OK;
    if (session->model.forecaster->is_policy) return session_prepare_replay(session);
    return mq_predictor_new(&session->validator, &session->model, session->panel,
                            &session->split.validation, &experiment->loss.quantiles,
                            experiment->forecast.batch, session->pool);
}

mq_status session_build(struct session *session)
{
    return mq_agree(session->world, build(session));
}

mq_status session_start_loader(struct session *session)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_train_settings *train = &experiment->train;
    const struct mq_loader_plan plan = {
        .panel_path = session->panel_path,
        .maker = &session->maker,
        .features = &session->model.features,
        .shape =
            mq_model_window(&session->model, train->batch / train->lanes, experiment->data.context),
        .seed = (uint64_t)experiment->run.seed,
        .lanes = train->lanes,
        .first_lane = session->first_lane,
        .n_lanes = session->n_lanes,
        .train_end = session->split.train_end,
        .cache_bytes = experiment->data.cache_mib << 20,
        .first_step = session->progress.step,
    };
    return mq_loader_start(&session->loader, &plan);
}

static mq_status open_log(struct session *session)
{
    char path[MQ_PATH_MAX];
    if (mq_rank(session->world) != 0) return MQ_OK;
    MQ_TRY(mq_run_file(path, session->directory, "log.jsonl"));
    return mq_runlog_open(&session->log, path, session->progress.step);
}

// Of a rank that the others wait for. It took part in the last step, or that would not have ended.
static void describe_rank(const void *context, int rank, char text[MQ_DESCRIBE_MAX])
{
    const struct session *session = context;
    const int ranks = mq_size(session->world);
    const long long first = (long long)mq_split(session->lanes, ranks, rank);
    const long long last = (long long)mq_split(session->lanes, ranks, rank + 1) - 1;
    char lanes[64] = "";
    if (session->lanes > 0)
        (void)snprintf(lanes, sizeof lanes, first == last ? "lane %lld, " : "lanes %lld to %lld, ",
                       first, last);
    if (session->progress.step > 0)
        (void)snprintf(text, MQ_DESCRIBE_MAX, "%slast step %lld, %s", lanes,
                       (long long)session->progress.step, session->doing);
    else
        (void)snprintf(text, MQ_DESCRIBE_MAX, "%s%s", lanes, session->doing);
}

mq_status session_open(struct session *session)
{
    session->doing = "starting";
    mq_world_describe(session->world, describe_rank, session);
    const int ranks = mq_size(session->world);
    MQ_TRY(session_open_data(session, ranks));
    const int64_t lanes = session->model.experiment.train.lanes;
    if (session->model.forecaster->build != NULL) session->lanes = lanes;
    session->first_lane = mq_split(lanes, ranks, mq_rank(session->world));
    session->n_lanes = mq_split(lanes, ranks, mq_rank(session->world) + 1) - session->first_lane;
    session->total_steps = session_steps(session, mq_panel_info(session->panel)->n_series);
    if (session->model.forecaster->build != NULL) MQ_TRY(session_build(session));
    MQ_TRY(session_begin(session));
    if (session->model.forecaster->build == NULL) return MQ_OK;
    MQ_TRY(mq_agree(session->world, open_log(session)));
    return mq_agree(session->world, session_start_loader(session));
}

void session_close(struct session *session)
{
    mq_world_describe(session->world, NULL, NULL);
    mq_loader_stop(session->loader);
    mq_runlog_close(session->log);
    mq_predictor_free(session->validator);
    mq_orders_free(session->orders);
    mq_profiler_free(session->profiler);
    mq_reducer_free(session->reducer);
    mq_optimizer_free(session->optimizer);
    for (int64_t i = 0; session->execs != NULL && i < mq_pool_threads(session->pool); i++)
        mq_exec_free(session->execs[i]);
    mq_free(session->execs);
    mq_free(session->gradients);
    mq_network_release(&session->network);
    mq_window_maker_release(&session->maker);
    mq_model_release(&session->model);
    mq_split_release(&session->split);
    mq_panel_close(session->panel);
    session_release_claim(session);
}
