/// One product of a block as the engine wants it. Private to simulate/.
#ifndef SIMULATE_PRODUCT_H
#define SIMULATE_PRODUCT_H

#include "mq/inventory/replay.h"
#include "simulate/setup.h"

/// Demand summed over so many periods on end.
struct totals {
    double mean;
    double deviation;
    double most;
};

/// A product and the memory to replay it in: one for each thread. Arrays are of all its periods,
/// from the first it has.
struct product {
    int64_t series;
    int64_t start; ///< period of the first value
    int64_t n;
    double *demand; ///< target, 0 where it is not known (not observed, out of stock) or below 0
    uint8_t *is_known;
    int32_t *wait;
    struct mq_stock_prices *prices;
    /// Of what lies before the evaluation span.
    double mean;
    bool is_whole; ///< demand comes in whole units
    struct totals cover; ///< over the periods that an order has to last for
    struct totals review; ///< from one review to the next
    struct totals longest; ///< over the longest wait and a review

    double *level; ///< (n) the rule to be replayed
    double *cap; ///< (n)
    double *scratch;
    bool is_out_of_reach; ///< a critical ratio lay beyond the levels of the run that was asked
};

/// Room for any product of the panel. Release with product_release (accepts zeroed).
mq_status product_init(struct product *product, const struct setup *setup) MQ_NODISCARD;
void product_release(struct product *product);

/// Series i of a block. MQ_DATA naming the series when a price is missing or below 0.
mq_status product_load(struct product *product, const struct setup *setup,
                       const struct mq_series_block *block, int64_t i) MQ_NODISCARD;

/// What happens to it in periods [begin, end) of the panel, of which those from `counted` on count;
/// cut to the periods it has.
struct mq_stock_path product_path(const struct product *product, const struct setup *setup,
                                  int64_t begin, int64_t counted, int64_t end);

#endif
