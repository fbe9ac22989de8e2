// How forecasts of one target date move from origin to origin.
#include <math.h>

#include "eval/tally.h"
#include "mq/base/clones.h"

// pinball(x', x) - (pinball(y, x) - pinball(y, x')) of horizons and levels. The pinball loss is
// sublinear in its error, so no term is negative, and one is 0 iff x' lies between x and y.
MQ_INLINE void excess_volatility(int64_t vectors, const double *restrict level,
                                 const float *restrict older, const double *restrict older_loss,
                                 const float *restrict newer, const double *restrict newer_loss,
                                 double *restrict excess)
{
    for (int64_t i = 0; i < vectors * VECTOR; i++) {
        const double moved = mq_quantile_loss(level[i], (double)newer[i], (double)older[i]);
        const double gain = older_loss[i] - newer_loss[i];
        excess[i] = at_least_0(moved - gain); // rounding: -1e-17
    }
}

// Means over the levels of n horizons.
MQ_INLINE void add_means(int64_t n, int64_t n_levels, const double *restrict y,
                         const double *restrict terms, double *restrict sum)
{
    for (int64_t h = 0; h < n; h++) {
        double total = 0;
        for (int64_t q = 0; q < n_levels; q++)
            total += terms[h * n_levels + q];
        sum[h] += if_seen(y[h], total / (double)n_levels);
    }
}

MQ_INLINE void add_changes(int64_t n, const double *restrict y, const double *restrict older,
                           const double *restrict newer, int64_t *restrict pairs,
                           double *restrict absolute_y, double *restrict change)
{
    for (int64_t h = 0; h < n; h++)
        pairs[h] += !isnan(y[h]);
    for (int64_t h = 0; h < n; h++)
        absolute_y[h] += if_seen(y[h], fabs(y[h]));
    for (int64_t h = 0; h < n; h++)
        change[h] += if_seen(y[h], symmetric_difference(newer[h], older[h]));
}

MQ_CLONES void add_pairs(struct mq_scores *scores, int64_t step)
{
    const struct series *series = &scores->series;
    const struct path now = series->now, older = series->older;
    const int64_t Q = scores->n_levels;
    const int64_t n = scores->horizon - step;
    if (n <= 0) return;
    excess_volatility(vectors_of(n * Q), series->level, older.quantile + step * Q,
                      older.loss + step * Q, now.quantile, now.loss, series->term);
    add_means(n, Q, series->y, series->term, sum_row(scores, SUM_VOLATILITY));
    add_changes(n, series->y, older.median + step, now.median, series->pairs,
                sum_row(scores, SUM_PAIR_ABS_Y), sum_row(scores, SUM_CHANGE));
}
