/// Replay of one product's demand under ordering rules.
///
/// Every rule has one form. At a review, with `position` = stock and all that is on its way,
///
///     order = min(max(level - position, 0), cap)
///
/// A base-stock policy is a level, a constant order a cap (the level infinite), a capped
/// base-stock policy both; a newsvendor's is a level for each period, orders that were planned are
/// a cap for each period. The order of events is that of base/stock.h. Local, any thread.
#ifndef MQ_INVENTORY_REPLAY_H
#define MQ_INVENTORY_REPLAY_H

#include <stdint.h>

#include "mq/base/stock.h"

/// What happens to a product, whatever is ordered.
struct mq_stock_path {
    int64_t n; ///< periods
    const double *demand; ///< (n) >= 0; 0 where it is not known
    const uint8_t *is_known; ///< (n) whether demand is; a period in which it is not costs nothing
    const int32_t *wait; ///< (n) periods that an order of this period takes, 0 .. wait_max
    const struct mq_stock_prices *prices; ///< (n), or one when prices_step is 0
    int64_t prices_step; ///< 0 or 1
    int64_t wait_max;
    int64_t review; ///< periods between orders
    int64_t first_review; ///< of the first that may order, in [0, review)
    bool is_lost; ///< unmet demand
    double initial; ///< stock before the first period
    int64_t warmup; ///< first periods, which are not counted
};

/// Sums over the periods counted; what was ordered counts in all of them, the rest where demand is
/// known.
enum mq_stock_sum {
    MQ_STOCK_PERIODS, ///< with known demand
    MQ_STOCK_DEMAND,
    MQ_STOCK_MET, ///< demand met at once
    MQ_STOCK_HELD, ///< stock at the ends of periods
    MQ_STOCK_ORDERED,
    MQ_STOCK_ORDERS, ///< how many of more than nothing
    MQ_STOCK_CYCLES, ///< from one review to the next
    MQ_STOCK_WHOLE, ///< cycles in which nothing was missing
    /// What all this cost, what it earned taken off. Goods count as accountants do: stock and
    /// orders on their way at the beginning are paid for, those at the end are worth what they cost.
    MQ_STOCK_COST,
    MQ_STOCK_SUMS
};
struct mq_stock_sums {
    double at[MQ_STOCK_SUMS];
};

/// Rules replayed at once.
enum { MQ_REPLAY_LANES = 16 };

/// Reals of scratch memory that both functions need.
int64_t mq_replay_scratch(int64_t wait_max);

/// Replays lane w under level[w], cap[w], both (MQ_REPLAY_LANES), constant in time.
void mq_replay_lanes(const struct mq_stock_path *path, const double level[], const double cap[],
                     double scratch[], struct mq_stock_sums sums[]);

/// Replays one rule: level and cap (n), or one value each when `step` is 0.
void mq_replay_rule(const struct mq_stock_path *path, const double level[], const double cap[],
                    int64_t step, double scratch[], struct mq_stock_sums *sums);

#endif
