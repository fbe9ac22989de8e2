// One demand's distribution, told by a few numbers of a network: loss, gradient, draws.
#ifndef NN_DISTRIBUTION_H
#define NN_DISTRIBUTION_H

#include "mq/base/rng.h"
#include "mq/nn/ops.h"

/// The unit of a fork: a demand y is y / scale - level in it.
struct mq_demand_unit {
    double scale; ///< > 0
    double level;
};

/// Loss of the demand y (not in units) under the distribution that o (mq_distribution_width) tells;
/// d (as many): its gradient by o.
double mq_distribution_loss(enum mq_distribution kind, const mq_real o[],
                            struct mq_demand_unit unit, double y, double d[]);

/// A demand in the unit: a draw, or the point itself.
double mq_distribution_draw(enum mq_distribution kind, const mq_real o[],
                            struct mq_demand_unit unit, struct mq_rng *rng);

/// Log-likelihood of y >= 0 under the negative binomial of mean `mean` and shape `alpha`, variance
/// mean + alpha mean^2, both > 0. Whole numbers and what lies between. Source: Salinas et al. 2020,
/// "DeepAR", equation (2).
double mq_negative_binomial(double y, double mean, double alpha);

#endif
