/// Sums over products of one policy's replay, by segment, with resamples. Private to simulate/.
#ifndef SIMULATE_TALLY_H
#define SIMULATE_TALLY_H

#include "mq/base/exact.h"
#include "mq/base/pool.h"
#include "mq/comm/world.h"
#include "mq/inventory/replay.h"

enum {
    TALLY_PRODUCTS = MQ_STOCK_SUMS, ///< that count
    TALLY_LEVEL, ///< sums of their levels and caps, if finite
    TALLY_CAP,
    TALLY_OUT_OF_REACH, ///< products whose critical ratio lies beyond the run's levels
    TALLY_SUMS
};

/// What a product adds.
struct replayed {
    int64_t series;
    int64_t segment;
    double at[TALLY_SUMS];
};

struct tally {
    int64_t segments;
    int64_t resamples;
    uint64_t seed;
    struct mq_exact *sums; ///< (segments, TALLY_SUMS)
    struct mq_exact *resampled; ///< (segments, resamples, 2) costs and periods
    /// Once closed: sums of each segment and of all, (segments + 1, TALLY_SUMS), and the cost per
    /// product-period in each resample, (segments + 1, resamples), NaN where nothing was drawn.
    double *value;
    double *cost;
};

/// Release in every case.
mq_status tally_init(struct tally *tally, int64_t segments, int64_t resamples,
                     uint64_t seed) MQ_NODISCARD;
void tally_release(struct tally *tally);

/// Adds products; those without a counted period do not count. Local.
mq_status tally_add(struct tally *tally, struct mq_pool *pool, const struct replayed products[],
                    int64_t n) MQ_NODISCARD;
/// Sums over ranks; the exact sums are freed. Collective.
mq_status tally_close(struct tally *tally, struct mq_world *world) MQ_NODISCARD;

#endif
