// Blocks of series through a network, window by window or past by past through the other models, or
// through the members of a model that combines others.
#include "mq/model/predictor.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/past.h"
#include "mq/base/alloc.h"
#include "mq/base/clones.h"
#include "mq/base/int.h"
#include "mq/base/level.h"
#include "mq/model/registry.h"

_Static_assert((int)MQ_LIST_MAX <= (int)MQ_LEVELS_MAX,
               "what an experiment may list fits forecasters' arrays");

// What one worker computes with.
struct lane {
    struct mq_exec *exec;
    struct mq_batch batch;
    struct past_buffers past;
    mq_real *yhat; // predict_window: (H, Q)
    void *scratch;
};

struct mq_predictor {
    struct mq_model *model;
    struct mq_panel *panel;
    const struct mq_origins *origins;
    int64_t series; // of a block
    int64_t rows; // series of a task
    struct mq_pool *pool;
    int64_t horizon;
    const struct mq_real_list *levels;

    int64_t season;
    struct mq_rebinding rebinding;
    struct mq_window_maker maker;
    struct mq_network network;
    struct mq_window_shape shape;
    int64_t *forks; // (O) steps of the origins in the window
    struct lane *lanes;
    int64_t *ago; // (O) periods from the origins to the last one
    int64_t history; // periods that the lanes' pasts have room for
    struct mq_predictor **members; // (model->n_members)

    // The chunk at hand.
    const struct mq_series_block *block;
    float *quantiles; // (n, O, H, Q)
    float *spans; // (n, O, S, Q)
};

static int64_t last_origin(const struct mq_predictor *predictor)
{
    return predictor->origins->period[predictor->origins->n - 1];
}

static const struct mq_span_list *spans_of(const struct mq_predictor *predictor)
{
    return &predictor->model->experiment.loss.spans;
}

// Where the forecasts of product i of the chunk at origin o go.
static float *quantiles_at(const struct mq_predictor *predictor, int64_t i, int64_t o)
{
    const int64_t size = predictor->horizon * predictor->levels->n;
    return predictor->quantiles + (i * predictor->origins->n + o) * size;
}

static float *span_at(const struct mq_predictor *predictor, int64_t i, int64_t o, int64_t s)
{
    const int64_t row = (i * predictor->origins->n + o) * spans_of(predictor)->n + s;
    return predictor->spans + row * predictor->levels->n;
}

// As many as have forecasts that stay in the second level of caches until somebody looks at them.
static int64_t rows_of_task(const struct mq_predictor *p)
{
    enum { NEAR_BYTES = 256 << 10 };
    const int64_t each = p->origins->n * p->horizon * p->levels->n * (int64_t)sizeof(float);
    return p->series / mq_divisor_from(p->series, mq_ceil_div(p->series * each, NEAR_BYTES));
}

// ---- windows ------------------------------------------------------------------------------------

// Steps that the model reads up to each origin; its scale looks back a whole context.
static int64_t steps_read(const struct mq_model *model)
{
    const int64_t context = model->experiment.data.context;
    if (model->forecaster->reach == NULL) return context;
    return mq_min_i64(context, model->forecaster->reach(model->experiment.model));
}

static mq_status prepare_windows(struct mq_predictor *p, int64_t series)
{
    const int64_t span = last_origin(p) - p->origins->period[0];
    p->shape = mq_model_window(p->model, series, steps_read(p->model) + span);
    MQ_NEW(p->forks, p->origins->n);
    for (int64_t o = 0; o < p->origins->n; o++)
        p->forks[o] = p->origins->period[o] - last_origin(p) + p->shape.context - 1;
    MQ_TRY(mq_rebinding_init(&p->rebinding, p->model, p->panel));
    // Windows reach before the first period and past the last one.
    const int64_t reach = p->shape.context + p->horizon;
    MQ_TRY(mq_window_maker_init(&p->maker, &p->rebinding.features, p->panel, 0, reach));
    for (int64_t i = 0; i < p->rebinding.features.n_codes; i++)
        p->maker.code_map[i] = p->rebinding.code_map[i];
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++)
        MQ_TRY(mq_batch_init(&p->lanes[i].batch, &p->rebinding.features, p->shape));
    return MQ_OK;
}

// Row b of the batch becomes product i of the block.
static void fill_row(const struct mq_predictor *p, struct lane *lane, int64_t b, int64_t i)
{
    mq_window_fill(&p->maker, &lane->batch, b, p->block, i, last_origin(p), last_origin(p) + 1);
}

MQ_CLONES static void add_and_scale(int64_t n, const mq_real *restrict in, mq_real level,
                                    mq_real scale, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)((in[i] + level) * scale);
}

// False when a value is not finite.
MQ_CLONES static bool cut_below(int64_t n, float least, float *restrict out)
{
    int32_t invalid = 0;
    for (int64_t i = 0; i < n; i++) {
        invalid |= !(fabsf(out[i]) <= FLT_MAX);
        out[i] = out[i] < least ? least : out[i];
    }
    return invalid == 0;
}

// Back to raw units. Adding the level, multiplying by a positive scale, the inverse
// transform and cutting at 0 all keep the order. False when a value is not finite.
static bool restore(const struct mq_features *features, int64_t n, const mq_real *in, mq_real level,
                    mq_real scale, float *out)
{
    add_and_scale(n, in, level, scale, out);
    for (int64_t i = 0; features->transform != MQ_TRANSFORM_NONE && i < n; i++)
        out[i] = (float)mq_window_restore(features, (double)((in[i] + level) * scale));
    return cut_below(n, features->is_nonnegative ? 0 : -FLT_MAX, out);
}

// `rows` forecasts (rows, Q) of row b at step t.
static mq_status unscale(const struct mq_predictor *p, const struct lane *lane, int64_t b,
                         int64_t t, int64_t rows, const mq_real *yhat, float *out)
{
    const int64_t at = b * p->shape.context + t;
    if (restore(&p->model->features, rows * p->levels->n, yhat, lane->batch.level[at],
                lane->batch.scale[at], out))
        return MQ_OK;
    (void)mq_fail(MQ_NUMERIC, "series %lld: the forecast is not finite",
                  (long long)lane->batch.series[b]);
    if (p->model->forecaster->build == NULL) return MQ_NUMERIC;
    return mq_hint("the weights may have diverged: lower train.lr or set train.clip");
}

// The same of span s: from the mean of its periods to their total.
static mq_status unscale_span(const struct mq_predictor *p, const struct lane *lane, int64_t b,
                              int64_t t, int64_t s, const mq_real *mean, float *out)
{
    const double periods = (double)mq_span_periods(spans_of(p)->value[s]);
    MQ_TRY(unscale(p, lane, b, t, 1, mean, out));
    for (int64_t q = 0; q < p->levels->n; q++)
        out[q] = (float)fmax(-FLT_MAX, fmin((double)out[q] * periods, FLT_MAX));
    return MQ_OK;
}

// ---- networks -----------------------------------------------------------------------------------

static mq_status prepare_network(struct mq_predictor *p)
{
    struct mq_model *model = p->model;
    MQ_TRY(prepare_windows(p, p->rows));
    struct mq_dims dims =
        mq_model_dims(model, p->rows, p->shape.context, (struct mq_forks){p->origins->n, p->forks});
    MQ_ASSERT(dims.knot != NULL || model->forecaster->build_loss != NULL || dims.Q == p->levels->n);
    dims.Q = p->levels->n;
    dims.level = p->levels->value;
    // The weights exist: a graph over them declares the same names and gets the same places.
    MQ_TRY(mq_network_init(&p->network, model->forecaster, model->experiment.model, &dims,
                           MQ_LOSS_PINBALL, &model->params, MQ_INFER));
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++)
        MQ_TRY(mq_exec_new(&p->lanes[i].exec, p->network.graph));
    return MQ_OK;
}

// A fork's rows of an output, which lie together.
static const mq_real *fork_of(const struct lane *lane, mq_value output, int64_t b, int64_t f)
{
    const struct mq_view x = mq_exec_value(lane->exec, output);
    MQ_ASSERT(x.stride[3] == 1 && (x.size[2] == 1 || x.stride[2] == x.size[3]));
    return x.data + b * x.stride[0] + f * x.stride[1];
}

// Of `n` products from `begin` on, whose rows the last pass computed.
static mq_status take_forecasts(const struct mq_predictor *p, const struct lane *lane,
                                int64_t begin, int64_t first_row, int64_t n)
{
    for (int64_t b = 0; b < n; b++) {
        const int64_t i = begin + b, row = first_row + b;
        for (int64_t o = 0; o < p->origins->n; o++) {
            MQ_TRY(unscale(p, lane, row, p->forks[o], p->horizon,
                           fork_of(lane, p->network.out.yhat, b, o), quantiles_at(p, i, o)));
            for (int64_t s = 0; s < spans_of(p)->n; s++)
                MQ_TRY(unscale_span(p, lane, row, p->forks[o], s,
                                    fork_of(lane, p->network.out.span[s], b, o),
                                    span_at(p, i, o, s)));
        }
    }
    return MQ_OK;
}

static mq_status predict_block(struct mq_predictor *p, struct lane *lane, int64_t task)
{
    const int64_t begin = task * p->rows, rows = p->network.dims.B;
    const int64_t end = mq_min_i64(begin + p->rows, p->block->n);
    for (int64_t b = 0; b < p->rows; b++) {
        if (begin + b < end)
            fill_row(p, lane, b, begin + b);
        else
            mq_window_pad(&lane->batch, &p->rebinding.features, b);
    }
    for (int64_t first = 0; begin + first < end; first += rows) {
        mq_network_bind(&p->network, lane->exec, &lane->batch, first / rows);
        mq_exec_forward(lane->exec);
        MQ_TRY(
            take_forecasts(p, lane, begin + first, first, mq_min_i64(rows, end - begin - first)));
    }
    return MQ_OK;
}

// ---- window by window ---------------------------------------------------------------------------

static mq_status prepare_each_window(struct mq_predictor *p)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    MQ_TRY(prepare_windows(p, 1));
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++) {
        char *scratch = NULL;
        MQ_NEW(p->lanes[i].yhat, p->horizon * p->levels->n);
        if (forecaster->scratch_bytes == NULL) continue;
        MQ_NEW(scratch, forecaster->scratch_bytes(p->model, p->shape.context, p->season));
        p->lanes[i].scratch = scratch;
    }
    return MQ_OK;
}

static mq_status predict_each_window(struct mq_predictor *p, struct lane *lane, int64_t task)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    const int64_t end = mq_min_i64((task + 1) * p->rows, p->block->n);
    for (int64_t i = task * p->rows; i < end; i++) {
        fill_row(p, lane, 0, i);
        for (int64_t o = 0; o < p->origins->n; o++) {
            forecaster->predict_window(p->model, &lane->batch, 0, p->forks[o], p->levels->value,
                                       p->levels->n, lane->yhat, lane->scratch);
            MQ_TRY(unscale(p, lane, 0, p->forks[o], p->horizon, lane->yhat, quantiles_at(p, i, o)));
            for (int64_t s = 0; s < spans_of(p)->n; s++) {
                forecaster->predict_window_span(p->model, &lane->batch, 0, p->forks[o], s,
                                                p->levels->value, p->levels->n, lane->yhat,
                                                lane->scratch);
                MQ_TRY(unscale_span(p, lane, 0, p->forks[o], s, lane->yhat, span_at(p, i, o, s)));
            }
        }
    }
    return MQ_OK;
}

// ---- past by past -------------------------------------------------------------------------------

// After a failure there is none, whatever there was before.
static mq_status make_room(struct mq_predictor *p, int64_t history)
{
    if (p->history > 0 && history <= p->history) return MQ_OK;
    p->history = 0;
    for (int64_t i = 0; i < mq_pool_threads(p->pool); i++) {
        past_buffers_release(&p->lanes[i].past);
        MQ_TRY(past_buffers_init(&p->lanes[i].past, p->model, history, p->season));
    }
    p->history = history;
    return MQ_OK;
}

static mq_status prepare_each_past(struct mq_predictor *p)
{
    if (p->model->forecaster->fit != NULL)
        MQ_TRY(mq_rebinding_init(&p->rebinding, p->model, p->panel));
    MQ_NEW(p->ago, p->origins->n);
    for (int64_t o = 0; o < p->origins->n; o++)
        p->ago[o] = last_origin(p) - p->origins->period[o];
    return make_room(p, mq_max_i64(last_origin(p) + 1, 1));
}

static struct mq_past past_at(const struct mq_predictor *p, struct lane *lane, int64_t i,
                              int64_t origin)
{
    return past_gather(p->model, &p->rebinding, p->block, i, origin, p->season, &lane->past);
}

static void predict_pasts(const struct mq_predictor *p, struct lane *lane, int64_t i)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    const struct mq_real_list *levels = p->levels;
    if (forecaster->predict_origins != NULL) {
        MQ_ASSERT(forecaster->fit == NULL);
        const struct mq_past past = past_at(p, lane, i, last_origin(p));
        forecaster->predict_origins(&past, p->ago, p->origins->n, p->horizon, levels->value,
                                    levels->n, quantiles_at(p, i, 0));
        return;
    }
    for (int64_t o = 0; o < p->origins->n; o++) {
        const struct mq_past past = past_at(p, lane, i, p->origins->period[o]);
        forecaster->predict(&past, p->horizon, levels->value, levels->n, quantiles_at(p, i, o));
    }
}

static void predict_spans(const struct mq_predictor *p, struct lane *lane, int64_t i)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    for (int64_t o = 0; spans_of(p)->n > 0 && o < p->origins->n; o++) {
        const struct mq_past past = past_at(p, lane, i, p->origins->period[o]);
        for (int64_t s = 0; s < spans_of(p)->n; s++)
            forecaster->predict_span(&past, mq_span_periods(spans_of(p)->value[s]),
                                     p->levels->value, p->levels->n, span_at(p, i, o, s));
    }
}

static mq_status predict_each_past(struct mq_predictor *p, struct lane *lane, int64_t task)
{
    const int64_t end = mq_min_i64((task + 1) * p->rows, p->block->n);
    const int64_t each = p->origins->n * p->levels->n;
    for (int64_t i = task * p->rows; i < end; i++) {
        predict_pasts(p, lane, i);
        predict_spans(p, lane, i);
        // Where the training data never were below 0, forecasts are not either.
        if (!p->model->features.is_nonnegative) continue;
        (void)cut_below(each * p->horizon, 0, quantiles_at(p, i, 0));
        (void)cut_below(each * spans_of(p)->n, 0, span_at(p, i, 0, 0));
    }
    return MQ_OK;
}

// ---- members ------------------------------------------------------------------------------------

static mq_status prepare_members(struct mq_predictor *p)
{
    MQ_TRY(mq_rebinding_init(&p->rebinding, p->model, p->panel));
    MQ_NEW(p->members, p->model->n_members);
    for (int64_t i = 0; i < p->model->n_members; i++)
        MQ_TRY(mq_predictor_new(&p->members[i], &p->model->members[i].model, p->panel, p->origins,
                                p->levels, p->series, p->pool));
    for (int64_t i = 0; i < p->model->n_members; i++)
        MQ_ASSERT(p->members[i]->rows == p->rows); // they share tasks
    return MQ_OK;
}

static mq_status predict_task(void *context, int64_t worker, int64_t task);

static mq_status predict_members(struct mq_predictor *p, int64_t worker, int64_t task)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    const int64_t end = mq_min_i64((task + 1) * p->rows, p->block->n);
    const int64_t each = p->origins->n * p->levels->n;
    for (int64_t m = 0; m < p->model->n_members; m++)
        MQ_TRY(predict_task(p->members[m], worker, task));
    for (int64_t i = task * p->rows; i < end; i++) {
        const float *members[MQ_LIST_MAX];
        int32_t codes[MQ_COVARIATES_MAX];
        mq_rebinding_codes(&p->rebinding, p->block, i, codes);
        for (int64_t m = 0; m < p->model->n_members; m++)
            members[m] = quantiles_at(p->members[m], i, 0);
        forecaster->combine(p->model, codes, members, each * p->horizon, quantiles_at(p, i, 0));
        for (int64_t m = 0; m < p->model->n_members; m++)
            members[m] = span_at(p->members[m], i, 0, 0);
        forecaster->combine(p->model, codes, members, each * spans_of(p)->n, span_at(p, i, 0, 0));
    }
    return MQ_OK;
}

// ---- all ----------------------------------------------------------------------------------------

static mq_status prepare(struct mq_predictor *p)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    if (forecaster->build != NULL) return prepare_network(p);
    if (forecaster->predict_window != NULL) return prepare_each_window(p);
    if (forecaster->predict != NULL) return prepare_each_past(p);
    return prepare_members(p);
}

mq_status mq_predictor_new(struct mq_predictor **predictor, struct mq_model *model,
                           struct mq_panel *panel, const struct mq_origins *origins,
                           const struct mq_real_list *levels, int64_t series, struct mq_pool *pool)
{
    mq_status status = MQ_OK;
    struct mq_predictor *p = NULL;
    MQ_TRY(mq_forecaster_check_forecasts(model->forecaster));
    MQ_NEW(p, 1);
    p->model = model;
    p->panel = panel;
    p->origins = origins;
    p->series = series;
    p->pool = pool;
    p->horizon = model->experiment.data.horizon;
    p->levels = levels;
    p->season = past_season(model, panel);
    p->rows = rows_of_task(p);
    MQ_NEW_DO(p->lanes, mq_pool_threads(pool));
    const int64_t most = mq_max_i64(series, mq_pool_threads(pool) * p->rows) * origins->n;
    MQ_NEW_DO(p->quantiles, most * p->horizon * levels->n);
    MQ_NEW_DO(p->spans, most * spans_of(p)->n * levels->n);
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
        past_buffers_release(&p->lanes[i].past);
        mq_free(p->lanes[i].yhat);
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
    mq_free(p->ago);
    mq_free(p->quantiles);
    mq_free(p->spans);
    mq_free(p);
}

static mq_status predict_task(void *context, int64_t worker, int64_t task)
{
    struct mq_predictor *p = context;
    const struct mq_forecaster *forecaster = p->model->forecaster;
    struct lane *lane = &p->lanes[worker];
    if (forecaster->build != NULL) return predict_block(p, lane, task);
    if (forecaster->predict_window != NULL) return predict_each_window(p, lane, task);
    if (forecaster->predict != NULL) return predict_each_past(p, lane, task);
    return predict_members(p, worker, task);
}

static mq_status predict_chunk(struct mq_predictor *p, const struct mq_series_block *block)
{
    p->block = block;
    for (int64_t i = 0; p->members != NULL && i < p->model->n_members; i++)
        p->members[i]->block = block;
    return mq_pool_run(p->pool, mq_ceil_div(block->n, p->rows), predict_task, NULL, p);
}

mq_status mq_predictor_block(struct mq_predictor *p, const struct mq_series_block *block,
                             struct mq_forecasts *forecasts)
{
    MQ_ASSERT(block->n <= p->series);
    *forecasts = (struct mq_forecasts){p->quantiles, p->spans};
    return predict_chunk(p, block);
}

mq_status mq_predictor_move(struct mq_predictor *p, int64_t history)
{
    const struct mq_forecaster *forecaster = p->model->forecaster;
    struct mq_window_maker *maker = &p->maker;
    const int64_t first = last_origin(p) + 1 - p->shape.context;
    const int64_t end = last_origin(p) + 1 + p->horizon;
    for (int64_t i = 0; p->members != NULL && i < p->model->n_members; i++)
        MQ_TRY(mq_predictor_move(p->members[i], history));
    if (forecaster->predict != NULL) return make_room(p, mq_max_i64(history, 1));
    if (maker->dates != NULL &&
        (first < maker->first_date || end > maker->first_date + maker->n_dates))
        mq_window_maker_move(maker, p->panel, first);
    return MQ_OK;
}

// A few products of a block after the other, one task a thread.
static mq_status run_block(struct mq_predictor *p, const struct mq_series_block *block,
                           mq_forecast_sink *sink, void *context)
{
    const int64_t at_once = p->rows * mq_pool_threads(p->pool);
    for (int64_t begin = 0; begin < block->n; begin += at_once) {
        const struct mq_series_block part =
            mq_series_block_slice(block, begin, mq_min_i64(at_once, block->n - begin));
        MQ_TRY(predict_chunk(p, &part));
        MQ_TRY(sink(context, &part, &(struct mq_forecasts){p->quantiles, p->spans}));
    }
    return MQ_OK;
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
        if (status == MQ_OK) status = run_block(p, &block, sink, context);
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
