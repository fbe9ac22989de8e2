// How late orders are.
#include "mq/base/stock.h"

#include "mq/base/rng.h"

int64_t mq_stock_delay(const double weight[], int64_t n, struct mq_stock_order order)
{
    enum { SERIES_BITS = 40, PERIOD_MASK = (1 << 24) - 1 };
    double total = 0;
    for (int64_t i = 0; i < n; i++)
        total += weight[i];
    if (n < 2 || !(total > 0)) return 0;
    const uint64_t address = order.visit << SERIES_BITS | (uint64_t)order.series;
    struct mq_rng rng =
        mq_rng_at(order.seed, MQ_RNG_DELAY, address, (uint32_t)(order.period & PERIOD_MASK));
    double left = total * mq_rng_uniform(&rng);
    int64_t late = 0;
    for (; late < n - 1 && left >= weight[late]; late++)
        left -= weight[late];
    return late;
}
