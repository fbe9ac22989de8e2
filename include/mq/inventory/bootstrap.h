/// Intervals by drawing products again, without keeping them.
///
/// In a resample each product counts as often as a Poisson number of mean 1 says, a function of
/// (seed, product, resample) alone: sums over products can be added up as products come, on any
/// rank, and two policies meet the same resamples. Source: Chamandy et al. 2012, "Estimating
/// uncertainty for massive data streams". Local.
#ifndef MQ_INVENTORY_BOOTSTRAP_H
#define MQ_INVENTORY_BOOTSTRAP_H

#include <stdint.h>

enum { MQ_BOOTSTRAP_GROUP = 4 };

/// How often `product` counts in resamples 4 group .. 4 group + 3; group < 2^24.
void mq_bootstrap_weights(uint64_t seed, int64_t product, int64_t group,
                          double weight[MQ_BOOTSTRAP_GROUP]);

/// The middle 95 % of `values` (n), which get sorted; those that are NaN are left out. NaN when
/// fewer than half are numbers.
void mq_bootstrap_interval(double values[], int64_t n, double interval[2]);

#endif
