/// What a simulation depends on, found once. Private to simulate/.
#ifndef SIMULATE_SETUP_H
#define SIMULATE_SETUP_H

#include "mq/data/prices.h"
#include "mq/eval/segments.h"
#include "mq/inventory/replay.h"
#include "mq/simulate/simulate.h"

struct setup {
    const struct mq_simulation_request *request;
    const struct mq_inventory_settings *inventory;
    const struct mq_panel_info *info;
    struct mq_split split;
    /// Periods replayed: [begin, end), of which those from `counted` on count. Reviews lie whole
    /// multiples of inventory.review from `counted`.
    int64_t begin;
    int64_t counted;
    int64_t end;
    int64_t wait_max; ///< periods from an order to its arrival, at most
    int64_t cover; ///< periods that an order has to last for, with the mean delay, rounded
    double initial; ///< stock at the start, in periods of mean demand
    struct mq_prices prices;
    int64_t prices_step; ///< 1 when some price changes in time
    struct mq_segments segments;
};

/// Release in every case. Local, the same on all ranks.
mq_status setup_init(struct setup *setup, const struct mq_simulation_request *request) MQ_NODISCARD;
void setup_release(struct setup *setup);

/// Periods that product `series` waits for an order of a period: a function of the seed and both.
int32_t setup_wait(const struct setup *setup, int64_t series, int64_t period);

#endif
