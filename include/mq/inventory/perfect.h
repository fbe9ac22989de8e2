/// The orders of one who knows all demand and all delays: what no policy can beat.
#ifndef MQ_INVENTORY_PERFECT_H
#define MQ_INVENTORY_PERFECT_H

#include "mq/inventory/replay.h"

/// Reals of scratch memory for n periods.
int64_t mq_perfect_scratch(int64_t n);

/// order (n): for each unit of demand that the initial stock leaves, in order of time, one more in
/// the review from which serving it costs least (purchase, then holding until it is needed or, where
/// demand waits, shortage until it arrives), if that is less than leaving it unserved. Replayed as
/// caps (mq_replay_rule), it costs least of all orders as long as every unit on stock is worth
/// selling; goods left over at the end are not speculated with.
void mq_perfect_orders(const struct mq_stock_path *path, double scratch[], double order[]);

#endif
