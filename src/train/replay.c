// What a policy's orders cost over the validation span: its score.
#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/demand.h"
#include "mq/data/prices.h"
#include "mq/inventory/replay.h"
#include "train/session.h"

// Periods that are replayed, and from which on they count.
struct span {
    int64_t first;
    int64_t counted;
    int64_t n;
    int64_t first_review;
};

static struct span span_of(const struct session *session)
{
    const struct mq_origins *origins = &session->split.validation;
    const struct mq_experiment *experiment = &session->model.experiment;
    const int64_t counted = origins->period[0] + 1;
    const int64_t end = origins->period[origins->n - 1] + experiment->data.horizon + 1;
    const int64_t first = mq_max_i64(1, counted - experiment->inventory.warmup);
    return (struct span){.first = first,
                         .counted = counted,
                         .n = end - first,
                         .first_review = (counted - first) % experiment->inventory.review};
}

mq_status session_prepare_replay(struct session *session)
{
    const struct span span = span_of(session);
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_orders_span orders = {.first = span.first,
                                          .n = span.n,
                                          .first_review = span.first_review,
                                          .seed = (uint64_t)experiment->run.seed};
    return mq_orders_new(&session->orders, &session->model, session->panel, &orders,
                         experiment->forecast.batch, mq_pool_threads(session->pool));
}

// One product as the engine wants it; arrays of the span's periods.
struct product {
    double *demand;
    uint8_t *is_known;
    int32_t *wait;
    double *level; // infinite: what is ordered is the cap
    double *cap;
    double *scratch;
};

struct chunk {
    struct session *session;
    struct span span;
    int64_t wait_max;
    struct mq_stock_prices prices;
    const struct mq_series_block *block;
    double *stock; // (threads, series)
    float *orders; // (threads, series, n)
    struct product *products; // (threads)
    struct replay_total *totals; // (threads) integers: no order of products matters
};

static mq_status product_init(struct product *product, const struct chunk *chunk)
{
    const int64_t n = chunk->span.n;
    MQ_NEW(product->demand, n);
    MQ_NEW(product->is_known, n);
    MQ_NEW(product->wait, n);
    MQ_NEW(product->level, n);
    MQ_NEW(product->cap, n);
    MQ_NEW(product->scratch, mq_replay_scratch(chunk->wait_max));
    return MQ_OK;
}

static void product_release(struct product *product)
{
    mq_free(product->demand);
    mq_free(product->is_known);
    mq_free(product->wait);
    mq_free(product->level);
    mq_free(product->cap);
    mq_free(product->scratch);
}

static void replay(const struct chunk *chunk, struct product *product, int64_t i, double stock,
                   const float orders[], struct replay_total *total)
{
    const struct mq_experiment *experiment = &chunk->session->model.experiment;
    const struct mq_inventory_settings *inventory = &experiment->inventory;
    const struct mq_real_list *delays = &inventory->delays;
    struct mq_stock_order order = {.seed = (uint64_t)experiment->run.seed,
                                   .series = chunk->block->first + i};
    struct mq_stock_sums sums;
    for (int64_t t = 0; t < chunk->span.n; t++) {
        order.period = chunk->span.first + t;
        product->is_known[t] = mq_demand_at(chunk->block, i, order.period, &product->demand[t]);
        product->wait[t] =
            (int32_t)(inventory->lead + mq_stock_delay(delays->value, delays->n, order));
        product->level[t] = HUGE_VAL;
        product->cap[t] = (double)orders[t];
    }
    const struct mq_stock_path path = {
        .n = chunk->span.n,
        .demand = product->demand,
        .is_known = product->is_known,
        .wait = product->wait,
        .prices = &chunk->prices,
        .wait_max = chunk->wait_max,
        .review = inventory->review,
        .first_review = chunk->span.first_review,
        .is_lost = inventory->unmet == MQ_UNMET_LOST,
        .initial = stock,
        .warmup = chunk->span.counted - chunk->span.first,
    };
    mq_replay_rule(&path, product->level, product->cap, 1, product->scratch, &sums);
    mq_exact_add(&total->cost, sums.at[MQ_STOCK_COST]);
    total->periods += (int64_t)sums.at[MQ_STOCK_PERIODS];
}

static mq_status replay_task(void *context, int64_t worker, int64_t task)
{
    const struct chunk *chunk = context;
    const struct mq_experiment *experiment = &chunk->session->model.experiment;
    const int64_t series = experiment->forecast.batch;
    const int64_t begin = task * series;
    const int64_t m = mq_min_i64(series, chunk->block->n - begin);
    const double initial = mq_inventory_initial(&experiment->inventory);
    double *stock = chunk->stock + worker * series;
    float *orders = chunk->orders + worker * series * chunk->span.n;
    for (int64_t b = 0; b < m; b++)
        stock[b] = initial * mq_demand_mean(chunk->block, begin + b, chunk->span.counted);
    MQ_TRY(mq_orders_block(chunk->session->orders, worker, chunk->block, begin, m, stock, orders));
    for (int64_t b = 0; b < m; b++)
        replay(chunk, &chunk->products[worker], begin + b, stock[b], orders + b * chunk->span.n,
               &chunk->totals[worker]);
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
                          .wait_max = experiment->inventory.lead +
                                      mq_max_i64(experiment->inventory.delays.n - 1, 0)};
    (void)mq_prices_numbers(&experiment->inventory, &chunk.prices); // suits saw to that
    mq_status status = MQ_OK;
    *total = (struct replay_total){0};
    MQ_NEW_DO(chunk.stock, threads * series);
    MQ_NEW_DO(chunk.orders, threads * series * chunk.span.n);
    MQ_NEW_DO(chunk.products, threads);
    MQ_NEW_DO(chunk.totals, threads);
    for (int64_t i = 0; i < threads; i++)
        MQ_DO(product_init(&chunk.products[i], &chunk));
    MQ_DO(replay_products(&chunk, first, n));
    for (int64_t i = 0; i < threads; i++) {
        mq_exact_merge(&total->cost, &chunk.totals[i].cost);
        total->periods += chunk.totals[i].periods;
    }
done:
    mq_free(chunk.stock);
    mq_free(chunk.orders);
    for (int64_t i = 0; chunk.products != NULL && i < threads; i++)
        product_release(&chunk.products[i]);
    mq_free(chunk.products);
    mq_free(chunk.totals);
    return status;
}
