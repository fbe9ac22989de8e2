/// Which series and window a lane draws: a pure function of (seed, lane, position).
///
/// Lane l of L owns series [split(N, L, l), split(N, L, l+1)). Position p is the running number of
/// the lane's draws: step * (batch / L) + slot. Every epoch visits each series of the lane once, in
/// an order shuffled over pools of a few blocks, so that a large catalogue streams through a
/// bounded cache.
#ifndef MQ_DATA_SAMPLER_H
#define MQ_DATA_SAMPLER_H

#include "mq/data/cache.h"

struct mq_sampler {
    uint64_t seed;
    int64_t lane;
    int64_t first; ///< first series of the lane
    int64_t n; ///< series in the lane; 0 is allowed: nothing to draw
    int64_t epoch; ///< of `order`; -1 = none
    int64_t *order; ///< (n) offsets into the lane, of this epoch
};

mq_status mq_sampler_init(struct mq_sampler *sampler, uint64_t seed, int64_t n_series,
                          int64_t lanes, int64_t lane) MQ_NODISCARD;
void mq_sampler_release(struct mq_sampler *sampler);

/// Series number at position p >= 0; n must be > 0.
int64_t mq_sampler_series(struct mq_sampler *sampler, int64_t position);
/// Window end for that draw: uniform over the ends in [low, high].
int64_t mq_sampler_end(const struct mq_sampler *sampler, int64_t position, int64_t low,
                       int64_t high);

#endif
