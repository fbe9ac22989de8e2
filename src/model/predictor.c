// Blocks of series through a network, one by one through a model without weights, or through the
// members of a model that combines others.
#include "mq/model/predictor.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// What one worker computes with.
struct lane {
    struct mq_exec *exec;
    struct mq_batch batch;
    float *history; // models without weights: observed values up to an origin
    float *scratch;
};

struct mq_predictor {
    struct mq_model *model;
    struct mq_panel *panel;
    const struct mq_origins *origins;
    int64_t series;
    struct mq_pool *pool;
    int64_t horizon;
    const struct mq_real_list *levels;

    struct mq_rebinding rebinding;
    struct mq_window_maker maker;
    struct mq_network network;
    struct mq_window_shape shape;
    int64_t *forks; // (O) steps of the origins in the window
    struct lane *lanes;
    struct mq_predictor **members; // (model->n_members)

    // The chunk at hand.
    const struct mq_series_block *block;
    float *quantiles; // (threads * series, O, H, Q)
};

static int64_t last_origin(const struct mq_predictor *predictor)
{
    return predictor->origins->period[predictor->origins->n - 1];
}

static int64_t row_size(const struct mq_predictor *predictor)
{
    return predictor->origins->n * predictor->horizon * predictor->levels->n;
}

// ---- networks
// -------------------------------------------------------------------------------------

// Steps that the network reads up to each origin; its scale looks back a whole context.
static int64_t steps_read(const struct mq_model *model)
{
    const int64_t context = model->experiment.data.context;
    if (model->forecaster->reach == NULL) return context;
    return mq_min_i64(context, model->forecaster->reach(model->experiment.model));
}

static mq_status prepare_network(struct mq_predictor *p)
{
    struct mq_model *model = p->model;
    const struct mq_experiment *experiment = &model->experiment;
    const int64_t span = last_origin(p) - p->origins->period[0];
    p->shape = mq_model_window(model, p->series, steps_read(model) + span);
    MQ_NEW(p->forks, p->origins->n);
    for (int64_t o = 0; o < p->origins->n; o++)
        p->forks[o] = p->origins->period[o] - last_origin(p) + p->shape.context - 1;
    MQ_TRY(mq_rebinding_init(&p->rebinding, model, p->panel));
    // Windows reach before the first period and past the last one.
    const int64_t reach = p->shape.context + p->horizon;
    MQ_TRY(mq_window_maker_init(&p->maker, &p->rebinding.features, p->panel, 0, reach));
    for (int64_t i = 0; i < p->rebinding.features.n_codes; i++)
        p->maker.code_map[i] = p->rebinding.code_map[i];
    struct mq_dims dims = mq_model_dims(model, p->series, p->shape.context,
                                        (struct mq_forks){p->origins->n, p->forks});
    MQ_ASSERT(dims.knot != NULL || dims.Q == p->levels->n);
    dims.Q = p->levels->n;
    dims.level = p->levels->value;
    // The weights exist: a graph over them declares the same names and gets the same places.
    MQ_TRY(mq_network_init(&p->network, model->forecaster, experiment->model, &dims,
                           MQ_LOSS_PINBALL, &model->params, MQ_INFER));
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++) {
        MQ_TRY(mq_exec_new(&p->lanes[i].exec, p->network.graph));
        MQ_TRY(mq_batch_init(&p->lanes[i].batch, &p->rebinding.features, p->shape));
    }
    return MQ_OK;
}

// Back to raw units. Adding the level, multiplying by a positive scale, the inverse
// transform and cutting at 0 all keep the order. False when a value is not finite.
static bool restore(const struct mq_features *features, int64_t n, const mq_real *restrict in,
                    mq_real level, mq_real scale, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)((in[i] + level) * scale);
    for (int64_t i = 0; features->transform != MQ_TRANSFORM_NONE && i < n; i++)
        out[i] = (float)mq_window_restore(features, (double)((in[i] + level) * scale));
    float sum = 0; // times 0: stays 0 unless there is a NaN or an infinity among them
    for (int64_t i = 0; i < n; i++)
        sum += 0 * out[i];
    const float least = features->is_nonnegative ? 0 : -FLT_MAX;
    for (int64_t i = 0; i < n; i++)
        out[i] = out[i] < least ? least : out[i];
    return sum == 0;
}

static mq_status unscale(const struct mq_predictor *p, const struct lane *lane, int64_t b,
                         float *out)
{
    const struct mq_view yhat = mq_exec_value(lane->exec, p->network.yhat);
    const int64_t fork_size = p->horizon * p->levels->n;
    MQ_ASSERT(mq_view_is_contiguous(yhat));
    for (int64_t o = 0; o < p->origins->n; o++) {
        const int64_t at = b * p->shape.context + p->forks[o];
        if (restore(&p->model->features, fork_size, yhat.data + (b * p->origins->n + o) * fork_size,
                    lane->batch.level[at], lane->batch.scale[at], out + o * fork_size))
            continue;
        (void)mq_fail(MQ_NUMERIC, "series %lld: the forecast is not finite",
                      (long long)lane->batch.series[b]);
        return mq_hint("the weights may have diverged: lower train.lr or set train.clip");
    }
    return MQ_OK;
}

static mq_status predict_block(struct mq_predictor *p, struct lane *lane, int64_t task)
{
    const int64_t begin = task * p->series;
    const int64_t end = mq_min_i64(begin + p->series, p->block->n);
    for (int64_t b = 0; b < p->series; b++) {
        if (begin + b < end)
            mq_window_fill(&p->maker, &lane->batch, b, p->block, begin + b, last_origin(p),
                           last_origin(p) + 1);
        else
            mq_window_pad(&lane->batch, &p->rebinding.features, b);
    }
    mq_network_bind(&p->network, lane->exec, &lane->batch);
    mq_exec_forward(lane->exec);
    for (int64_t i = begin; i < end; i++)
        MQ_TRY(unscale(p, lane, i - begin, p->quantiles + i * row_size(p)));
    return MQ_OK;
}

// ---- models without weights
// -----------------------------------------------------------------------

static mq_status prepare_classic(struct mq_predictor *p)
{
    const int64_t n = mq_max_i64(last_origin(p) + 1, 1);
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++) {
        MQ_NEW(p->lanes[i].history, n);
        MQ_NEW(p->lanes[i].scratch, n);
    }
    return MQ_OK;
}

// Everything observed from the start of the series to the origin; nothing for one not yet started.
static int64_t gather_history(const struct mq_series_block *block, int64_t i, int64_t origin,
                              float *history)
{
    const int64_t n = mq_max_i64(origin + 1 - block->start[i], 0);
    for (int64_t j = 0; j < n; j++) {
        const int64_t at = block->offset[i] + j;
        const bool is_seen =
            j < block->length[i] && (block->available == NULL || block->available[at] > 0);
        history[j] = is_seen ? block->target[at] : NAN;
    }
    return n;
}

static mq_status predict_each(struct mq_predictor *p, struct lane *lane, int64_t task)
{
    const struct mq_experiment *experiment = &p->model->experiment;
    const int64_t end = mq_min_i64((task + 1) * p->series, p->block->n);
    const int64_t season = experiment->data.season > 0
                               ? experiment->data.season
                               : mq_calendar_season(&mq_panel_info(p->panel)->calendar);
    for (int64_t i = task * p->series; i < end; i++) {
        for (int64_t o = 0; o < p->origins->n; o++) {
            const int64_t n = gather_history(p->block, i, p->origins->period[o], lane->history);
            const struct mq_past past = {
                .observed = lane->history,
                .n = n,
                .season = season,
                .cold = mq_window_restore(&p->model->features, p->model->features.mean_absolute),
                .scratch = lane->scratch};
            p->model->forecaster->predict(&past, p->horizon, p->levels->value, p->levels->n,
                                          p->quantiles + i * row_size(p) +
                                              o * p->horizon * p->levels->n);
        }
    }
    return MQ_OK;
}

// ---- members ------------------------------------------------------------------------------------

static mq_status prepare_members(struct mq_predictor *p)
{
    MQ_NEW(p->members, p->model->n_members);
    for (int64_t i = 0; i < p->model->n_members; i++)
        MQ_TRY(mq_predictor_new(&p->members[i], &p->model->members[i].model, p->panel, p->origins,
                                p->levels, p->series, p->pool));
    return MQ_OK;
}

static mq_status predict_task(void *context, int64_t worker, int64_t task);

static mq_status predict_members(struct mq_predictor *p, int64_t worker, int64_t task)
{
    const float *quantiles[MQ_LIST_MAX];
    const int64_t begin = task * p->series;
    const int64_t end = mq_min_i64(begin + p->series, p->block->n);
    for (int64_t i = 0; i < p->model->n_members; i++) {
        MQ_TRY(predict_task(p->members[i], worker, task));
        quantiles[i] = p->members[i]->quantiles + begin * row_size(p);
    }
    p->model->forecaster->combine(quantiles, p->model->n_members, (end - begin) * row_size(p),
                                  p->quantiles + begin * row_size(p));
    return MQ_OK;
}

// ---- all ----------------------------------------------------------------------------------------

static mq_status prepare(struct mq_predictor *p)
{
    if (p->model->forecaster->build != NULL) return prepare_network(p);
    if (p->model->forecaster->predict != NULL) return prepare_classic(p);
    return prepare_members(p);
}

mq_status mq_predictor_new(struct mq_predictor **predictor, struct mq_model *model,
                           struct mq_panel *panel, const struct mq_origins *origins,
                           const struct mq_real_list *levels, int64_t series, struct mq_pool *pool)
{
    mq_status status = MQ_OK;
    struct mq_predictor *p = NULL;
    MQ_NEW(p, 1);
    p->model = model;
    p->panel = panel;
    p->origins = origins;
    p->series = series;
    p->pool = pool;
    p->horizon = model->experiment.data.horizon;
    p->levels = levels;
    MQ_NEW_DO(p->lanes, mq_pool_threads(pool));
    MQ_NEW_DO(p->quantiles, mq_pool_threads(pool) * series * row_size(p));
    MQ_DO(prepare(p));
    *predictor = p;
    return MQ_OK;
done:
    mq_predictor_free(p);
    return status;
}

void mq_predictor_free(struct mq_predictor *p)
{
    if (p == NULL) return;
    for (int64_t i = 0; p->lanes != NULL && i < mq_pool_threads(p->pool); i++) {
        mq_exec_free(p->lanes[i].exec);
        mq_batch_release(&p->lanes[i].batch);
        mq_free(p->lanes[i].history);
        mq_free(p->lanes[i].scratch);
    }
    mq_free(p->lanes);
    mq_network_release(&p->network);
    mq_window_maker_release(&p->maker);
    mq_rebinding_release(&p->rebinding, p->model);
    for (int64_t i = 0; p->members != NULL && i < p->model->n_members; i++)
        mq_predictor_free(p->members[i]);
    mq_free(p->members);
    mq_free(p->forks);
    mq_free(p->quantiles);
    mq_free(p);
}

static mq_status predict_task(void *context, int64_t worker, int64_t task)
{
    struct mq_predictor *p = context;
    if (p->model->forecaster->build != NULL) return predict_block(p, &p->lanes[worker], task);
    if (p->model->forecaster->predict != NULL) return predict_each(p, &p->lanes[worker], task);
    return predict_members(p, worker, task);
}

static mq_status predict_chunk(struct mq_predictor *p, const struct mq_series_block *block)
{
    p->block = block;
    for (int64_t i = 0; p->members != NULL && i < p->model->n_members; i++)
        p->members[i]->block = block;
    return mq_pool_run(p->pool, mq_ceil_div(block->n, p->series), predict_task, NULL, p);
}

mq_status mq_predictor_run(struct mq_predictor *p, int64_t first, int64_t n, mq_forecast_sink *sink,
                           void *context)
{
    MQ_ASSERT(first % p->series == 0);
    const int64_t chunk = p->series * mq_pool_threads(p->pool);
    for (int64_t done = 0; done < n; done += chunk) {
        struct mq_series_block block = {0};
        mq_status status =
            mq_panel_read(p->panel, first + done, mq_min_i64(chunk, n - done), &block);
        if (status == MQ_OK) status = predict_chunk(p, &block);
        if (status == MQ_OK) status = sink(context, &block, p->quantiles);
        mq_series_block_release(&block);
        MQ_TRY(status);
    }
    return MQ_OK;
}

void mq_shard_range(int64_t n_series, int64_t series, int64_t ranks, int64_t rank, int64_t *first,
                    int64_t *n)
{
    const int64_t blocks = mq_ceil_div(n_series, series);
    *first = mq_min_i64(mq_split(blocks, ranks, rank) * series, n_series);
    *n = mq_min_i64(mq_split(blocks, ranks, rank + 1) * series, n_series) - *first;
}
