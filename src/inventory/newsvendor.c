// Quantile functions, summed over horizons.
#include "mq/inventory/newsvendor.h"

#include <math.h>

#include "mq/base/level.h"

// Of the quantile function with lines between levels, flat beyond: its integral.
static double mean_of(const double levels[], int64_t n, const float quantiles[])
{
    double mean = levels[0] * (double)quantiles[0] + (1 - levels[n - 1]) * (double)quantiles[n - 1];
    for (int64_t q = 0; q + 1 < n; q++)
        mean += (levels[q + 1] - levels[q]) * ((double)quantiles[q] + (double)quantiles[q + 1]) / 2;
    return mean;
}

double mq_span_quantile(const double levels[], int64_t n, const float quantiles[], int64_t span,
                        double ratio)
{
    if (span == 1) return mq_quantile_at(levels, n, quantiles, ratio);
    double mean = 0;
    double squares = 0; // each with the sign of its distance
    for (int64_t h = 0; h < span; h++) {
        const double own = mean_of(levels, n, quantiles + h * n);
        const double away = mq_quantile_at(levels, n, quantiles + h * n, ratio) - own;
        mean += own;
        squares += away * fabs(away);
    }
    return mean + (squares < 0 ? -sqrt(-squares) : sqrt(squares));
}
