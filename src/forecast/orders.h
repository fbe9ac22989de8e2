/// How far to order up: the column that a planner reads.
#ifndef MQ_FORECAST_ORDERS_H
#define MQ_FORECAST_ORDERS_H

#include "mq/data/prices.h"
#include "mq/forecast/writer.h"

struct orders {
    const struct mq_forecast_request *request;
    struct mq_prices prices;
};

/// MQ_USAGE when the panel lacks a price. Nothing to release. Local.
mq_status orders_init(struct orders *orders,
                      const struct mq_forecast_request *request) MQ_NODISCARD;

/// From spans (n, O, S, Q) of a block's n series: the quantile of each span's total at the service
/// level, or at the critical ratio of the prices of the first period to come -> out (n, O, S); NaN
/// where a price is not known.
void orders_fill(const struct orders *orders, const struct mq_series_block *block,
                 const float spans[], float out[]);

/// Warns of levels beyond those forecast, as far as no product's own prices decide them.
void orders_warn(const struct orders *orders);

#endif
