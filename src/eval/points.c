// What one forecast path adds to the sums: pinball, coverage, point errors, interval score.
#include <math.h>
#include <string.h>

#include "eval/tally.h"
#include "mq/base/clones.h"

// What was observed, once per level: whole vectors, the next horizon's over the end of the last.
MQ_INLINE void repeat(int64_t H, int64_t Q, const float *restrict observed, float *restrict y)
{
    for (int64_t h = 0; h < H; h++)
        for (int64_t first = 0; first < Q; first += VECTOR)
            for (int64_t i = 0; i < VECTOR; i++)
                y[h * Q + first + i] = observed[h];
}

// Weighted means of two levels.
MQ_INLINE void find_medians(const struct mq_scores *scores, const float *restrict quantile,
                            double *restrict median)
{
    const int64_t Q = scores->n_levels;
    const int64_t left = scores->median;
    const double weight = scores->median_weight;
    const int64_t right = weight > 0 ? left + 1 : left;
    for (int64_t h = 0; h < scores->horizon; h++) {
        const double low = (double)quantile[h * Q + left];
        median[h] = low + weight * ((double)quantile[h * Q + right] - low);
    }
}

MQ_INLINE bool has_crossed(int64_t n, const int32_t *restrict is_higher,
                           const float *restrict quantile)
{
    int32_t crossed = 0;
    for (int64_t i = 1; i < n; i++)
        crossed |= is_higher[i] & (quantile[i] < quantile[i - 1]);
    return crossed != 0;
}

static void count_crossed(const struct mq_scores *scores, const float quantile[])
{
    const int64_t Q = scores->n_levels;
    for (int64_t h = 0; h < scores->horizon; h++)
        scores->series.crossed[h] += has_crossed(Q, scores->series.is_higher, quantile + h * Q);
}

MQ_INLINE void add_losses(int64_t vectors, const double *restrict level,
                          const float *restrict quantile, const float *restrict y,
                          double *restrict loss, double *restrict sum)
{
    for (int64_t i = 0; i < vectors * VECTOR; i++) {
        const double at = (double)y[i];
        loss[i] = mq_quantile_loss(level[i], at, (double)quantile[i]);
        sum[i] += if_seen(at, loss[i]);
    }
}

MQ_INLINE void count_covered(int64_t vectors, const float *restrict quantile,
                             const float *restrict y, int32_t *restrict covered,
                             int32_t *restrict below)
{
    for (int64_t i = 0; i < vectors * VECTOR; i++) {
        covered[i] += y[i] <= quantile[i];
        below[i] += y[i] < quantile[i];
    }
}

// Loops of one sum each, for then the compiler makes vectors of them.
MQ_INLINE void add_errors(int64_t vectors, const double *restrict y, const double *restrict median,
                          int64_t *restrict points, double *restrict absolute_y,
                          double *restrict absolute, double *restrict error,
                          double *restrict symmetric)
{
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        points[h] += !isnan(y[h]);
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        absolute_y[h] += if_seen(y[h], fabs(y[h]));
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        absolute[h] += if_seen(y[h], fabs(median[h] - y[h]));
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        error[h] += if_seen(y[h], median[h] - y[h]);
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        symmetric[h] += if_seen(y[h], symmetric_difference(median[h], y[h]));
}

MQ_INLINE void add_scaled_errors(int64_t vectors, const double *restrict y,
                                 const double *restrict median, double seasonal_mae,
                                 double *restrict scaled)
{
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        scaled[h] += if_seen(y[h], fabs(median[h] - y[h]) / seasonal_mae);
}

// Width of the widest interval, and 2 / alpha for every unit by which it was missed.
MQ_INLINE void add_scaled_intervals(const struct mq_scores *scores, const float *restrict quantile,
                                    const double *restrict y, double seasonal_mae,
                                    double *restrict scaled)
{
    const double alpha = 2 * scores->levels[scores->low];
    for (int64_t h = 0; h < scores->horizon; h++) {
        const double low = (double)quantile[h * scores->n_levels + scores->low];
        const double high = (double)quantile[h * scores->n_levels + scores->high];
        const double missed = at_least_0(low - y[h]) + at_least_0(y[h] - high);
        scaled[h] += if_seen(y[h], (high - low + 2 / alpha * missed) / seasonal_mae);
    }
}

MQ_INLINE void add_whole_path(int64_t vectors, const double *restrict y,
                              const double *restrict median, double step_mse,
                              double *restrict square, int64_t *restrict paths,
                              double *restrict scaled_rms)
{
    double squares = 0;
    int64_t points = 0;
    for (int64_t h = 0; h < vectors * VECTOR; h++) {
        square[h] = if_seen(y[h], (median[h] - y[h]) * (median[h] - y[h]));
        points += !isnan(y[h]);
    }
    for (int64_t h = 0; h < vectors * VECTOR; h++)
        squares += square[h];
    if (points == 0 || !(step_mse > 0)) return;
    (*paths)++;
    *scaled_rms += sqrt(squares / (double)points / step_mse);
}

MQ_CLONES void add_path(struct mq_scores *scores, const struct mq_series_facts *facts,
                        const float quantiles[], int64_t behind, const float observed[])
{
    struct series *series = &scores->series;
    const int64_t H = scores->horizon, Q = scores->n_levels;
    const int64_t row = vectors_of(H), rows = vectors_of(H * Q);
    struct path now = series->older;
    now.quantile = quantiles;
    if (behind < VECTOR)
        now.quantile = memcpy(now.room, quantiles, (size_t)(H * Q) * sizeof *quantiles);
    series->older = series->now;
    series->now = now;
    for (int64_t h = 0; h < H; h++)
        series->y[h] = (double)observed[h];
    repeat(H, Q, observed, series->y_at_levels);
    find_medians(scores, now.quantile, now.median);
    series->forecasts++;
    if (has_crossed(H * Q, series->is_higher, now.quantile)) count_crossed(scores, now.quantile);
    add_losses(rows, series->level, now.quantile, series->y_at_levels, now.loss, series->loss);
    count_covered(rows, now.quantile, series->y_at_levels, series->covered, series->below);
    add_errors(row, series->y, now.median, series->points, sum_row(scores, SUM_ABS_Y),
               sum_row(scores, SUM_ABS_ERROR), sum_row(scores, SUM_ERROR),
               sum_row(scores, SUM_SYMMETRIC));
    add_whole_path(row, series->y, now.median, facts->step_mse, series->term, &series->paths,
                   sum_row(scores, SUM_SCALED_RMS) + H);
    if (!(facts->seasonal_mae > 0)) return;
    add_scaled_errors(row, series->y, now.median, facts->seasonal_mae,
                      sum_row(scores, SUM_SCALED_ERROR));
    if (scores->high > 0)
        add_scaled_intervals(scores, now.quantile, series->y, facts->seasonal_mae,
                             sum_row(scores, SUM_SCALED_INTERVAL));
}
