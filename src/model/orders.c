// A policy over a span: one window that ends with it, whose last n steps order.
#include "mq/model/orders.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// What one worker computes with.
struct lane {
    struct mq_exec *exec;
    struct mq_batch batch;
};

struct mq_orders {
    struct mq_model *model;
    struct mq_orders_span span;
    int64_t series;
    int64_t threads;
    struct mq_rebinding rebinding;
    struct mq_window_maker maker;
    struct mq_network network;
    int64_t *forks; // (n) steps of the window
    struct lane *lanes; // (threads)
};

static mq_status prepare(struct mq_orders *o, struct mq_panel *panel)
{
    const struct mq_forecaster *forecaster = o->model->forecaster;
    const struct mq_experiment *experiment = &o->model->experiment;
    const int64_t seen = mq_min_i64(experiment->data.context, forecaster->reach(experiment->model));
    const struct mq_window_shape shape = mq_model_window(o->model, o->series, seen + o->span.n - 1);
    MQ_NEW(o->forks, o->span.n);
    for (int64_t f = 0; f < o->span.n; f++)
        o->forks[f] = seen - 1 + f;
    MQ_TRY(mq_rebinding_init(&o->rebinding, o->model, panel));
    MQ_TRY(mq_window_maker_init(&o->maker, &o->rebinding.features, panel, 0,
                                shape.context + shape.horizon));
    for (int64_t i = 0; i < o->rebinding.features.n_codes; i++)
        o->maker.code_map[i] = o->rebinding.code_map[i];
    struct mq_dims dims =
        mq_model_dims(o->model, o->series, shape.context, (struct mq_forks){o->span.n, o->forks});
    dims.first_review = o->span.first_review;
    dims.seed = o->span.seed;
    MQ_TRY(mq_network_init(&o->network, forecaster, experiment->model, &dims, MQ_LOSS_PINBALL,
                           &o->model->params, MQ_INFER));
    MQ_NEW(o->lanes, o->threads);
    for (int64_t i = 0; i < o->threads; i++) {
        MQ_TRY(mq_batch_init(&o->lanes[i].batch, &o->rebinding.features, shape));
        MQ_TRY(mq_exec_new(&o->lanes[i].exec, o->network.graph));
    }
    return MQ_OK;
}

mq_status mq_orders_new(struct mq_orders **orders, struct mq_model *model, struct mq_panel *panel,
                        const struct mq_orders_span *span, int64_t series, int64_t threads)
{
    MQ_ASSERT(model->forecaster->is_policy && span->first >= 1 && span->n >= 1);
    struct mq_orders *o = NULL;
    MQ_NEW(o, 1);
    o->model = model;
    o->span = *span;
    o->series = series;
    o->threads = threads;
    const mq_status status = prepare(o, panel);
    if (status != MQ_OK) {
        mq_orders_free(o);
        return status;
    }
    *orders = o;
    return MQ_OK;
}

void mq_orders_free(struct mq_orders *o)
{
    if (o == NULL) return;
    for (int64_t i = 0; o->lanes != NULL && i < o->threads; i++) {
        mq_exec_free(o->lanes[i].exec);
        mq_batch_release(&o->lanes[i].batch);
    }
    mq_free(o->lanes);
    mq_free(o->forks);
    mq_network_release(&o->network);
    mq_window_maker_release(&o->maker);
    mq_rebinding_release(&o->rebinding, o->model);
    mq_free(o);
}

mq_status mq_orders_block(struct mq_orders *o, int64_t worker, const struct mq_series_block *block,
                          int64_t begin, int64_t m, const double stock[], float out[])
{
    struct lane *lane = &o->lanes[worker];
    const int64_t end = o->span.first + o->span.n; // exclusive
    MQ_ASSERT(m <= o->series && begin + m <= block->n);
    for (int64_t b = 0; b < o->series; b++) {
        lane->batch.stock[b] = b < m ? (mq_real)stock[b] : 0;
        if (b < m)
            mq_window_fill(&o->maker, &lane->batch, b, block, begin + b, end - 2, end);
        else
            mq_window_pad(&lane->batch, &o->rebinding.features, b);
    }
    const int64_t rows = o->network.dims.B;
    for (int64_t first = 0; first < m; first += rows) {
        mq_network_bind(&o->network, lane->exec, &lane->batch, first / rows);
        mq_exec_forward(lane->exec);
        const struct mq_view orders = mq_exec_value(lane->exec, o->network.out.yhat);
        MQ_ASSERT(mq_view_is_contiguous(orders));
        for (int64_t i = 0; i < mq_min_i64(rows, m - first) * o->span.n; i++)
            out[first * o->span.n + i] = (float)orders.data[i];
    }
    for (int64_t i = 0; i < m * o->span.n; i++) {
        if (isfinite(out[i])) continue;
        (void)mq_fail(MQ_NUMERIC, "series %lld: an order is not finite",
                      (long long)(block->first + begin + i / o->span.n));
        return mq_hint("the weights may have diverged: lower train.lr or set train.clip");
    }
    return MQ_OK;
}
