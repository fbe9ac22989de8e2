// What one forecast path adds to the sums: pinball, coverage, point errors, interval score.
#include <math.h>

#include "eval/tally.h"

static bool is_crossed(const float quantiles[], int64_t n)
{
    for (int64_t q = 1; q < n; q++)
        if (quantiles[q] < quantiles[q - 1]) return true;
    return false;
}

// Width of the interval, and 2 / alpha for every unit by which it was missed.
static double interval_score(const struct mq_scores *scores, const float quantiles[], double y)
{
    const double alpha = 2 * scores->levels[scores->low];
    const double low = (double)quantiles[scores->low];
    const double high = (double)quantiles[scores->high];
    return high - low + 2 / alpha * (at_least_0(low - y) + at_least_0(y - high));
}

// Loops of one sum each, for then the compiler makes vectors of them. `covered` (2, n).
static void add_levels(int64_t n, const double *restrict level, const float *restrict quantiles,
                       double y, double *restrict losses, int64_t *restrict covered)
{
    for (int64_t q = 0; q < n; q++)
        losses[q] += mq_quantile_loss(level[q], y, (double)quantiles[q]);
    for (int64_t q = 0; q < n; q++)
        covered[q] += y <= (double)quantiles[q];
    for (int64_t q = 0; q < n; q++)
        covered[n + q] += y < (double)quantiles[q];
}

// Returns the squared error of the median.
static double add_point(const struct mq_scores *scores, struct tally cell, const float quantiles[],
                        double y, double seasonal_mae)
{
    const double median = forecast_median(scores, quantiles);
    const double error = median - y;
    cell.count[COUNT_POINTS]++;
    cell.series[SUM_ABS_Y] += fabs(y);
    cell.series[SUM_ABS_ERROR] += fabs(error);
    cell.series[SUM_ERROR] += error;
    cell.series[SUM_SYMMETRIC] += symmetric_difference(median, y);
    add_levels(scores->n_levels, scores->levels, quantiles, y, cell.series + SUM_PINBALL,
               cell.count + COUNT_COVERED);
    if (seasonal_mae > 0) {
        cell.count[COUNT_SCALED]++;
        cell.series[SUM_SCALED_ERROR] += fabs(error) / seasonal_mae;
        if (scores->high > 0)
            cell.series[SUM_SCALED_INTERVAL] += interval_score(scores, quantiles, y) / seasonal_mae;
    }
    return error * error;
}

void add_path(struct mq_scores *scores, const struct mq_series_facts *facts,
              const float quantiles[], const float observed[])
{
    double squares = 0;
    int64_t points = 0;
    for (int64_t h = 0; h < scores->horizon; h++) {
        const float *forecast = quantiles + h * scores->n_levels;
        const struct tally cell = tally_at(scores, h);
        cell.count[COUNT_FORECASTS]++;
        cell.count[COUNT_CROSSED] += is_crossed(forecast, scores->n_levels);
        if (isnan(observed[h])) continue;
        squares += add_point(scores, cell, forecast, (double)observed[h], facts->seasonal_mae);
        points++;
    }
    if (points == 0 || !(facts->step_mse > 0)) return;
    const struct tally path = tally_at(scores, scores->horizon);
    path.count[COUNT_PATHS]++;
    path.series[SUM_SCALED_RMS] += sqrt(squares / (double)points / facts->step_mse);
}
