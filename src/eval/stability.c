// How forecasts of one target date move from origin to origin.
#include <math.h>

#include "eval/tally.h"

// Mean over levels of pinball(x', x) - (pinball(y, x) - pinball(y, x')). The pinball loss is
// sublinear in its error, so no term is negative, and one is 0 iff x' lies between x and y.
static double excess_volatility(const struct mq_scores *scores, const float *restrict older,
                                const float *restrict newer, double y)
{
    double terms[MQ_LEVELS_MAX];
    for (int64_t q = 0; q < scores->n_levels; q++) {
        const double level = scores->levels[q];
        const double x = (double)older[q];
        const double updated = (double)newer[q];
        const double gain = mq_quantile_loss(level, y, x) - mq_quantile_loss(level, y, updated);
        terms[q] = at_least_0(mq_quantile_loss(level, updated, x) - gain); // rounding: -1e-17
    }
    double sum = 0;
    for (int64_t q = 0; q < scores->n_levels; q++)
        sum += terms[q];
    return sum / (double)scores->n_levels;
}

void add_pairs(struct mq_scores *scores, int64_t step, const float older[], const float newer[],
               const float observed[])
{
    const int64_t Q = scores->n_levels;
    for (int64_t h = 0; h + step < scores->horizon; h++) {
        if (isnan(observed[h])) continue;
        const float *then = older + (h + step) * Q;
        const float *now = newer + h * Q;
        const double y = (double)observed[h];
        const struct tally cell = tally_at(scores, h);
        cell.count[COUNT_PAIRS]++;
        cell.series[SUM_VOLATILITY] += excess_volatility(scores, then, now, y);
        cell.series[SUM_PAIR_ABS_Y] += fabs(y);
        cell.series[SUM_CHANGE] +=
            symmetric_difference(forecast_median(scores, now), forecast_median(scores, then));
    }
}
