// A row of a block as demand, delays and prices.
#include "simulate/product.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/demand.h"
#include "mq/inventory/perfect.h"

mq_status product_init(struct product *product, const struct setup *setup)
{
    const int64_t n = mq_max_i64(setup->info->n_periods, 1);
    MQ_NEW(product->demand, n);
    MQ_NEW(product->is_known, n);
    MQ_NEW(product->wait, n);
    MQ_NEW(product->prices, setup->prices_step > 0 ? n : 1);
    MQ_NEW(product->level, n);
    MQ_NEW(product->cap, n);
    MQ_NEW(product->scratch, mq_max_i64(mq_perfect_scratch(setup->end - setup->begin),
                                        mq_replay_scratch(setup->wait_max)));
    return MQ_OK;
}

void product_release(struct product *product)
{
    mq_free(product->demand);
    mq_free(product->is_known);
    mq_free(product->wait);
    mq_free(product->prices);
    mq_free(product->level);
    mq_free(product->cap);
    mq_free(product->scratch);
    *product = (struct product){0};
}

// ---- prices -------------------------------------------------------------------------------------

// Prices of a period in which one is not known, or below 0, are those before, else those after.
static mq_status load_prices(struct product *product, const struct setup *setup,
                             const struct mq_series_block *block, int64_t i)
{
    const int64_t n = setup->prices_step > 0 ? product->n : 1;
    int64_t first = 0;
    while (first < n && !mq_prices_at(&setup->prices, setup->info, block, i, product->start + first,
                                      &product->prices[first]))
        first++;
    if (first == n && product->n > 0)
        return mq_fail(MQ_DATA,
                       "%s: series %lld: a price that inventory names is missing, or below 0",
                       mq_panel_path(setup->request->panel), (long long)product->series);
    for (int64_t t = 0; t < n; t++)
        if (!mq_prices_at(&setup->prices, setup->info, block, i, product->start + t,
                          &product->prices[t]))
            product->prices[t] = product->prices[t > first ? t - 1 : first];
    return MQ_OK;
}

// ---- demand -------------------------------------------------------------------------------------

// Over all windows of so many periods; a history that is shorter is stretched.
static struct totals totals_of(const double demand[], int64_t n, int64_t window)
{
    struct totals totals = {0};
    const int64_t width = mq_min_i64(window, n);
    const double stretch = width > 0 ? (double)window / (double)width : 0;
    double sum = 0;
    double squares = 0;
    double total = 0;
    for (int64_t t = 0; t < n; t++) {
        total += demand[t] - (t >= width ? demand[t - width] : 0);
        if (t + 1 < width) continue;
        sum += total;
        squares += total * total;
        totals.most = total > totals.most ? total : totals.most;
    }
    const double windows = (double)(n - width + 1);
    const double variance = squares / windows - sum / windows * (sum / windows);
    totals.mean = stretch * sum / windows;
    totals.deviation = variance > 0 ? stretch * sqrt(variance) : 0;
    totals.most *= stretch;
    return totals;
}

static void find_facts(struct product *product, const struct setup *setup)
{
    const int64_t n = mq_min_i64(setup->counted - product->start, product->n);
    const int64_t review = setup->inventory->review;
    product->is_whole = true;
    for (int64_t t = 0; t < n; t++)
        product->is_whole = product->is_whole && floor(product->demand[t]) == product->demand[t];
    product->cover = totals_of(product->demand, mq_max_i64(n, 0), setup->cover);
    product->review = totals_of(product->demand, mq_max_i64(n, 0), review);
    product->longest = totals_of(product->demand, mq_max_i64(n, 0), setup->wait_max + review);
}

mq_status product_load(struct product *product, const struct setup *setup,
                       const struct mq_series_block *block, int64_t i)
{
    product->series = block->first + i;
    product->start = block->start[i];
    product->n = block->length[i];
    product->is_out_of_reach = false;
    for (int64_t t = 0; t < product->n; t++) {
        const int64_t period = product->start + t;
        product->is_known[t] = mq_demand_at(block, i, period, &product->demand[t]);
        product->wait[t] = setup_wait(setup, product->series, period);
    }
    product->mean = mq_demand_mean(block, i, setup->counted);
    find_facts(product, setup);
    return load_prices(product, setup, block, i);
}

struct mq_stock_path product_path(const struct product *product, const struct setup *setup,
                                  int64_t begin, int64_t counted, int64_t end)
{
    const int64_t from = mq_max_i64(begin, product->start);
    const int64_t to = mq_min_i64(end, product->start + product->n);
    const int64_t at = from - product->start;
    const int64_t review = setup->inventory->review;
    return (struct mq_stock_path){
        .n = mq_max_i64(to - from, 0),
        .demand = product->demand + at,
        .is_known = product->is_known + at,
        .wait = product->wait + at,
        .prices = product->prices + at * setup->prices_step,
        .prices_step = setup->prices_step,
        .wait_max = setup->wait_max,
        .review = review,
        .first_review = mq_mod(setup->counted - from, review),
        .is_lost = setup->inventory->unmet == MQ_UNMET_LOST,
        .initial = setup->initial * product->mean,
        .warmup = mq_max_i64(counted - from, 0),
    };
}
