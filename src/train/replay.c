// What a policy's orders cost over the validation span: its score.
#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "train/session.h"

// Periods that are replayed, and from which on they count.
struct span {
    int64_t first;
    int64_t counted;
    int64_t n;
};

static struct span span_of(const struct session *session)
{
    const struct mq_origins *origins = &session->split.validation;
    const struct mq_experiment *experiment = &session->model.experiment;
    const int64_t counted = origins->period[0] + 1;
    const int64_t end = origins->period[origins->n - 1] + experiment->data.horizon + 1;
    const int64_t first = mq_max_i64(1, counted - experiment->inventory.warmup);
    return (struct span){.first = first, .counted = counted, .n = end - first};
}

mq_status session_prepare_replay(struct session *session)
{
    const struct span span = span_of(session);
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_orders_span orders = {.first = span.first,
                                          .n = span.n,
                                          .first_review = (span.counted - span.first) %
                                                          experiment->inventory.review,
                                          .seed = (uint64_t)experiment->run.seed};
    return mq_orders_new(&session->orders, &session->model, session->panel, &orders,
                         experiment->forecast.batch, mq_pool_threads(session->pool));
}

struct chunk {
    struct session *session;
    struct span span;
    struct mq_stock_prices prices;
    const struct mq_series_block *block;
    double *stock; // (threads, series)
    float *orders; // (threads, series, n)
    double *arriving; // (threads, n) of one product
    struct replay_total *totals; // (threads) integers: no order of products matters
};

// Demand of a period; false where it is not known what would have been asked for.
static bool demand_at(const struct mq_series_block *block, int64_t i, int64_t period,
                      double *demand)
{
    const int64_t j = period - block->start[i];
    *demand = 0;
    if (j < 0 || j >= block->length[i]) return false;
    const int64_t at = block->offset[i] + j;
    if (isnan(block->target[at]) || (block->available != NULL && !(block->available[at] > 0)))
        return false;
    *demand = (double)block->target[at];
    return true;
}

static void replay(const struct chunk *chunk, int64_t i, double stock, const float orders[],
                   double arriving[], struct replay_total *total)
{
    const struct mq_experiment *experiment = &chunk->session->model.experiment;
    const struct mq_inventory_settings *inventory = &experiment->inventory;
    const struct mq_series_block *block = chunk->block;
    struct mq_stock_order order = {.seed = (uint64_t)experiment->run.seed,
                                   .series = block->first + i};
    double cost = 0;
    for (int64_t t = 0; t < chunk->span.n; t++)
        arriving[t] = 0;
    for (int64_t t = 0; t < chunk->span.n; t++) {
        double demand = 0;
        order.period = chunk->span.first + t;
        const bool is_known = demand_at(block, i, order.period, &demand);
        const int64_t at = t + inventory->lead +
                           mq_stock_delay(inventory->delays.value, inventory->delays.n, order);
        if (at < chunk->span.n) arriving[at] += (double)orders[t];
        const struct mq_stock_period period =
            mq_stock_meet(stock + arriving[t], demand, inventory->unmet == MQ_UNMET_LOST);
        stock = period.stock;
        if (!is_known || order.period < chunk->span.counted) continue;
        cost += mq_stock_cost(&chunk->prices, &period, period.sold); // paid when sold
        total->periods++;
    }
    mq_exact_add(&total->cost, cost);
}

static mq_status replay_task(void *context, int64_t worker, int64_t task)
{
    const struct chunk *chunk = context;
    const struct mq_experiment *experiment = &chunk->session->model.experiment;
    const int64_t series = experiment->forecast.batch;
    const int64_t begin = task * series;
    const int64_t m = mq_min_i64(series, chunk->block->n - begin);
    double *stock = chunk->stock + worker * series;
    float *orders = chunk->orders + worker * series * chunk->span.n;
    for (int64_t b = 0; b < m; b++)
        stock[b] =
            mq_orders_initial(&experiment->inventory, chunk->block, begin + b, chunk->span.counted);
    MQ_TRY(mq_orders_block(chunk->session->orders, worker, chunk->block, begin, m, stock, orders));
    for (int64_t b = 0; b < m; b++)
        replay(chunk, begin + b, stock[b], orders + b * chunk->span.n,
               chunk->arriving + worker * chunk->span.n, &chunk->totals[worker]);
    return MQ_OK;
}

// A block for every thread at a time.
static mq_status replay_products(struct chunk *chunk, int64_t first, int64_t n)
{
    struct session *session = chunk->session;
    const int64_t series = session->model.experiment.forecast.batch;
    const int64_t at_once = series * mq_pool_threads(session->pool);
    for (int64_t done = 0; done < n; done += at_once) {
        struct mq_series_block block = {0};
        mq_status status =
            mq_panel_read(session->panel, first + done, mq_min_i64(at_once, n - done), &block);
        chunk->block = &block;
        if (status == MQ_OK)
            status =
                mq_pool_run(session->pool, mq_ceil_div(block.n, series), replay_task, NULL, chunk);
        mq_series_block_release(&block);
        MQ_TRY(status);
    }
    return MQ_OK;
}

mq_status session_replay(struct session *session, int64_t first, int64_t n,
                         struct replay_total *total)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const int64_t threads = mq_pool_threads(session->pool);
    const int64_t series = experiment->forecast.batch;
    struct chunk chunk = {.session = session,
                          .span = span_of(session),
                          .prices = mq_orders_prices(&experiment->inventory)};
    mq_status status = MQ_OK;
    *total = (struct replay_total){0};
    MQ_NEW_DO(chunk.stock, threads * series);
    MQ_NEW_DO(chunk.orders, threads * series * chunk.span.n);
    MQ_NEW_DO(chunk.arriving, threads * chunk.span.n);
    MQ_NEW_DO(chunk.totals, threads);
    MQ_DO(replay_products(&chunk, first, n));
    for (int64_t i = 0; i < threads; i++) {
        mq_exact_merge(&total->cost, &chunk.totals[i].cost);
        total->periods += chunk.totals[i].periods;
    }
done:
    mq_free(chunk.stock);
    mq_free(chunk.orders);
    mq_free(chunk.arriving);
    mq_free(chunk.totals);
    return status;
}
