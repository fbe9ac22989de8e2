// Observed sales as demand.
#include "mq/data/demand.h"

#include <math.h>

#include "mq/base/int.h"

bool mq_demand_at(const struct mq_series_block *block, int64_t i, int64_t period, double *demand)
{
    const int64_t j = period - block->start[i];
    *demand = 0;
    if (j < 0 || j >= block->length[i]) return false;
    const int64_t at = block->offset[i] + j;
    const bool is_in_stock = block->available == NULL || block->available[at] > 0;
    if (isnan(block->target[at]) || !is_in_stock) return false;
    *demand = fmax((double)block->target[at], 0);
    return true;
}

double mq_demand_mean(const struct mq_series_block *block, int64_t i, int64_t period)
{
    const int64_t end = mq_min_i64(period, block->start[i] + block->length[i]);
    double sum = 0;
    int64_t n = 0;
    for (int64_t t = block->start[i]; t < end; t++) {
        double demand = 0;
        n += mq_demand_at(block, i, t, &demand) ? 1 : 0;
        sum += demand;
    }
    return n > 0 ? sum / (double)n : 0;
}
