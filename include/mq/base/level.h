/// Levels of quantiles, and quantiles at levels that nobody forecast.
#ifndef MQ_BASE_LEVEL_H
#define MQ_BASE_LEVEL_H

#include <math.h>
#include <stdint.h>

enum { MQ_LEVELS_MAX = 64 };

/// The quantile at `level` from those at levels (n) ascending: on the line between its neighbours;
/// beyond the outermost level, that one's. NaN for a level that is not known.
static inline double mq_quantile_at(const double levels[], int64_t n, const float quantiles[],
                                    double level)
{
    int64_t right = 0;
    if (isnan(level)) return level;
    while (right < n && levels[right] < level)
        right++;
    if (right == 0 || right == n) return (double)quantiles[right == 0 ? 0 : n - 1];
    const double low = (double)quantiles[right - 1];
    const double high = (double)quantiles[right];
    const double share = (level - levels[right - 1]) / (levels[right] - levels[right - 1]);
    return fmin(low + share * (high - low), high);
}

#endif
