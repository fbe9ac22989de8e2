// Where a number goes, and the two numbers that both kinds of sums need.
#include "eval/tally.h"

#include <math.h>

struct tally tally_at(const struct mq_scores *scores, int64_t segment, int64_t h)
{
    const int64_t cell = segment * (scores->horizon + 1) + h;
    const int64_t n_sums = SUM_PINBALL + scores->n_levels;
    return (struct tally){
        .series = scores->series + h * n_sums,
        .sum = scores->sums + cell * n_sums,
        .count = scores->counts + cell * (COUNT_COVERED + scores->n_levels),
    };
}

double forecast_median(const struct mq_scores *scores, const float quantiles[])
{
    const double left = (double)quantiles[scores->median];
    if (scores->median_weight == 0) return left;
    const double right = (double)quantiles[scores->median + 1];
    return left + scores->median_weight * (right - left);
}

double symmetric_difference(double a, double b)
{
    const double size = fabs(a) + fabs(b);
    return size == 0 ? 0 : fabs(a - b) / size;
}
