/// Demand of a product as the replay of stock meets it.
#ifndef MQ_DATA_DEMAND_H
#define MQ_DATA_DEMAND_H

#include "mq/data/panel.h"

/// What is asked for of series i of a block in a period, at least 0. False, and 0, where that is not
/// known: the series has no such period, it was not observed, or the product was out of stock. Any
/// thread.
bool mq_demand_at(const struct mq_series_block *block, int64_t i, int64_t period, double *demand);

/// Its mean over the periods before `period` in which it is known; 0 without any.
double mq_demand_mean(const struct mq_series_block *block, int64_t i, int64_t period);

#endif
