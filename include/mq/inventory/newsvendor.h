/// From quantiles of periods to one of their total.
#ifndef MQ_INVENTORY_NEWSVENDOR_H
#define MQ_INVENTORY_NEWSVENDOR_H

#include <stdint.h>

/// Where nobody forecast the total: the quantile of level `ratio` of demand over the first `span` horizons, made of the quantiles
/// (span, n) of each: sum of means + root of sum of squares of (quantile - mean). Right for one
/// horizon; for more, as if errors were independent and of one shape, which they are not quite. The
/// sum of the quantiles would be too wide by the root of `span`.
double mq_span_quantile(const double levels[], int64_t n, const float quantiles[], int64_t span,
                        double ratio);

#endif
