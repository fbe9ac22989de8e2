/// Demand that is mostly 0: how often and how much, smoothed apart.
#ifndef MQ_CLASSIC_INTERMITTENT_H
#define MQ_CLASSIC_INTERMITTENT_H

#include <stdbool.h>
#include <stdint.h>

/// Whether y (n), NaN = not observed, is intermittent: nowhere negative, and on average at least
/// 1.32 periods from one demand to the next. Without any demand it is. Local.
/// Source: Syntetos, Boylan and Croston 2005, "On the categorization of demand patterns".
bool mq_is_intermittent(const float y[], int64_t n);

enum mq_intermittent_method { MQ_CROSTON, MQ_SBA, MQ_TSB };

/// What smoothing says of each period to come.
struct mq_intermittent {
    enum mq_intermittent_method method;
    double alpha; ///< weight of a new size (and interval)
    double beta; ///< weight of a new period (TSB)
    double probability; ///< of demand in a period; Croston's: 1 / interval, less SBA's bias
    double size; ///< of demand where there is some
};

/// One method at given weights. y (n) with demand somewhere; initial values are the means. The mean
/// squared error of the forecasts probability * size one period ahead goes to `error`, unless it is
/// NULL. Local.
/// Source: Croston 1972; Syntetos and Boylan 2005 (SBA: 1 - alpha / 2 of it); Teunter, Syntetos and
/// Babai 2011 (TSB: the probability is smoothed in every period, so it fades with demand).
struct mq_intermittent mq_intermittent_smooth(enum mq_intermittent_method method, double alpha,
                                              double beta, const float y[], int64_t n,
                                              double *error);

/// Method and weights are those of the least squared error; zeros without any demand. Local.
struct mq_intermittent mq_intermittent_fit(const float y[], int64_t n);

/// quantiles (H, Q), ascending, the same at every horizon: 0 with the probability of no demand, else
/// the sizes there were, in proportion to the smoothed size. `scratch` holds n reals. O(n log n). Local.
void mq_intermittent_quantiles(const float y[], int64_t n, int64_t horizon, const double levels[],
                               int64_t n_levels, float scratch[], float quantiles[]);

#endif
