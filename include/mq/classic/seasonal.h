/// Seasonal naive: the last season repeated, with quantiles of its own in-sample errors.
#ifndef MQ_CLASSIC_SEASONAL_H
#define MQ_CLASSIC_SEASONAL_H

#include <stdint.h>

/// history (n) observed values up to and including the origin, NaN = not observed; season >= 1.
/// levels (Q <= MQ_LEVELS_MAX) ascending -> quantiles (H, Q) ascending, finite.
///
/// The point forecast of horizon k is the last observed value a whole number of seasons before
/// origin + k (not after the origin); an unobserved one falls back to earlier seasons, then to the
/// mean of what was observed, then to `cold`. Quantiles add the empirical quantiles (linear between
/// order statistics) of in-sample errors y_t - y_{t - j season} at the number of seasons j that
/// horizon k looks back, or of deviations from the mean where the point is the mean; with no errors
/// they equal the point. Where no observed value is negative, quantiles are cut at 0.
/// `scratch` holds n reals. O(n log n) per distinct j. Local.
void mq_seasonal_naive(const float history[], int64_t n, int64_t season, int64_t horizon,
                       const double levels[], int64_t n_levels, double cold, float scratch[],
                       float quantiles[]);

/// The same at several origins, the o-th of which lies ago[o] >= 0 periods before the end of history,
/// later ones behind earlier ones: quantiles (O, H, Q), each as if it was made alone. A step to the next
/// origin costs O(n) at worst where it brings up to 16 errors, else another sort.
void mq_seasonal_naive_origins(const float history[], int64_t n, const int64_t ago[],
                               int64_t n_origins, int64_t season, int64_t horizon,
                               const double levels[], int64_t n_levels, double cold,
                               float scratch[], float quantiles[]);

/// The same of the total of horizons 1 .. periods, quantiles (Q): the sum of the points, and quantiles
/// of the errors that such sums made in the past, from every origin after which all of them are known.
void mq_seasonal_naive_total(const float history[], int64_t n, int64_t season, int64_t periods,
                             const double levels[], int64_t n_levels, double cold, float scratch[],
                             float quantiles[]);

/// In-sample facts for scaled scores: mean |y_t - y_{t-season}| and mean (y_t - y_{t-1})^2 over
/// pairs of observed values; NaN when there is no pair.
double mq_seasonal_mae(const float history[], int64_t n, int64_t season);
double mq_step_mse(const float history[], int64_t n);

#endif
