/// Seasonal profiles: what each phase of the season sells of the mean around it.
#ifndef MQ_CLASSIC_PROFILE_H
#define MQ_CLASSIC_PROFILE_H

#include <stdint.h>

/// Adds one product to the sums of each phase (m), in units of its mean so that all products weigh
/// alike: `sold` what was observed, `expected` the mean of the season around it. y (n) >= 0, NaN =
/// not observed, begins at phase `phase`; periods without a whole season around them are left out,
/// so histories up to a season add nothing. Local.
/// Source: the ratio to moving averages of classical decomposition; Hyndman and Athanasopoulos,
/// "Forecasting: Principles and Practice".
void mq_profile_add(const float y[], int64_t n, int64_t phase, int64_t season, double sold[],
                    double expected[]);

/// profile (m) with mean 1, each at least 0.02: sold / expected, shrunk to `prior` (NULL = 1) as if
/// that had been observed in `strength` seasons. May overwrite `sold`. Local.
void mq_profile_shrink(int64_t season, const double sold[], const double expected[],
                       const double prior[], double strength, double profile[]);

#endif
