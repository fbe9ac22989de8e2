/// Price elasticity: by how many percent demand changes when the price rises by one.
#ifndef MQ_CLASSIC_ELASTICITY_H
#define MQ_CLASSIC_ELASTICITY_H

#include <stdint.h>

/// Sums over deviations x of log prices and z of log demand from their means.
struct mq_price_sums {
    double xx, xz, zz;
    double n; ///< less the means taken off
};

/// Adds one product: y (n) in the season's `profile` (m), which begins at phase `phase`, and its
/// prices (n). Means are those of `span` periods at a time, so that neither a product's level nor
/// what changes slowly passes for an answer to the price. Periods without demand or price are left
/// out. Local.
void mq_price_add(const float y[], const float price[], int64_t n, int64_t phase, int64_t season,
                  const double profile[], int64_t span, struct mq_price_sums *sums);

/// The least-squares slope of z on x, shrunk to `prior` as a Bayesian would whose elasticities lie
/// `deviation` around it; between -5 and 0. The errors' variance is that of `whole`, the sums over
/// all groups. Local.
double mq_price_elasticity(const struct mq_price_sums *sums, const struct mq_price_sums *whole,
                           double prior, double deviation);

/// (price / reference)^elasticity, between 1/5 and 5; 1 where either price is not known.
double mq_price_factor(double price, double reference, double elasticity);

#endif
