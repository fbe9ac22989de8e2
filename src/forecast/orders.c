// From quantiles of totals to levels to order up to.
#include "forecast/orders.h"

#include <math.h>

#include "mq/base/level.h"
#include "mq/base/log.h"

static const struct mq_experiment *experiment_of(const struct orders *orders)
{
    return &orders->request->model->experiment;
}

mq_status orders_init(struct orders *orders, const struct mq_forecast_request *request)
{
    *orders = (struct orders){.request = request};
    return mq_prices_find(&orders->prices, &experiment_of(orders)->inventory, request->panel);
}

// The level of demand to cover; NaN where a price is not known.
static double level_of(const struct orders *orders, struct mq_stock_span span,
                       const struct mq_series_block *block, int64_t i, int64_t period)
{
    const struct mq_inventory_settings *inventory = &experiment_of(orders)->inventory;
    const struct mq_panel_info *panel = mq_panel_info(orders->request->panel);
    struct mq_stock_prices prices = {0};
    if (inventory->service_level == 0 &&
        !mq_prices_at(&orders->prices, panel, block, i, period, &prices))
        return (double)NAN;
    return mq_prices_level(inventory, &prices, span);
}

void orders_fill(const struct orders *orders, const struct mq_series_block *block,
                 const float spans[], float out[])
{
    const struct mq_span_list *list = &experiment_of(orders)->loss.spans;
    const struct mq_real_list *levels = mq_forecast_levels(experiment_of(orders));
    const struct mq_origins *origins = orders->request->origins;
    for (int64_t i = 0; i < block->n; i++)
        for (int64_t o = 0; o < origins->n; o++)
            for (int64_t s = 0; s < list->n; s++, spans += levels->n) {
                const double level =
                    level_of(orders, list->value[s], block, i, origins->period[o] + 1);
                *out++ = (float)mq_quantile_at(levels->value, levels->n, spans, level);
            }
}

static bool is_shared(const struct orders *orders)
{
    for (int k = 0; k < MQ_PRICES; k++)
        if (orders->prices.of[k].covariate >= 0) return false;
    return true;
}

void orders_warn(const struct orders *orders)
{
    const struct mq_span_list *list = &experiment_of(orders)->loss.spans;
    const struct mq_real_list *levels = mq_forecast_levels(experiment_of(orders));
    const double low = levels->value[0];
    const double high = levels->value[levels->n - 1];
    if (experiment_of(orders)->inventory.service_level == 0 && !is_shared(orders)) return;
    for (int64_t s = 0; s < list->n; s++) {
        const struct mq_stock_span span = list->value[s];
        const double level = level_of(orders, span, NULL, 0, 0);
        if (level >= low && level <= high) continue;
        mq_warn("order_up_to of lead %lld, review %lld: level %.4g is not among those forecast, "
                "%g to %g; the nearest stands in",
                (long long)span.lead, (long long)span.review, level, low, high);
    }
}
