/// The sums behind the scores, private to eval/.
///
/// A series' terms are added as doubles, always in the same order, and its sums are then added
/// exactly to those of the other series: their order does not matter, and there are as many of
/// these costlier additions with one origin as with many. What an origin adds lies in rows over
/// horizons, or over horizons and levels, so that the compiler makes vectors of the loops: a term that
/// does not count is added as 0, which changes no bit. Loops go on to whole vectors: y ends with NaN, and
/// nobody asks what is added behind the last level.
///
/// Each scored point is added to one cell of its segment and horizon; what belongs to a whole
/// forecast goes to an extra cell of the segment. Overall, by horizon and by segment are sums of
/// cells, taken as integers. A group (products of one volume, forecasts after one kind of history)
/// has one cell, and gets the very integers that the segment gets: all add up by construction.
#ifndef EVAL_TALLY_H
#define EVAL_TALLY_H

#include <math.h>

#include "mq/base/int.h"
#include "mq/eval/scores.h"

/// Sums of a cell; pinball losses follow, one per level.
enum tally_sum {
    SUM_ABS_Y,
    SUM_ABS_ERROR,
    SUM_ERROR,
    SUM_SYMMETRIC, ///< |y - m| / (|y| + |m|)
    SUM_SCALED_ERROR, ///< |y - m| / seasonal_mae
    SUM_SCALED_RMS, ///< sqrt(mean_h (y - m)^2 / step_mse)
    SUM_SCALED_INTERVAL, ///< interval score / seasonal_mae
    SUM_VOLATILITY,
    SUM_PAIR_ABS_Y,
    SUM_CHANGE, ///< |m' - m| / (|m'| + |m|)
    SUM_PINBALL,
};

/// Counts of a cell; then, one count per level, points covered, and those among them below it.
enum tally_count {
    COUNT_POINTS,
    COUNT_SCALED,
    COUNT_PATHS,
    COUNT_FORECASTS,
    COUNT_CROSSED,
    COUNT_PAIRS,
    COUNT_COVERED,
};

/// Volumes are told apart on a scale of 16 steps to a factor of two: those of a float's exponent
/// and four more bits, from 2^-10 (below: the first bin, with 0) to 2^22 (and more: the last).
enum { VOLUME_STEPS = 16, VOLUME_BINS = 32 * VOLUME_STEPS + 2 };
/// Groups: bins of volume, then kinds of history.
enum { GROUPS = VOLUME_BINS + MQ_HISTORY_KINDS };

enum { VECTOR = 8 };

/// Vectors that hold n numbers.
static inline int64_t vectors_of(int64_t n)
{
    return mq_ceil_div(n, VECTOR);
}

/// A forecast.
struct path {
    const float *quantile; ///< (H, Q), and a vector behind them can be read
    float *room; ///< for a copy, where the caller's cannot
    double *loss; ///< (H, Q) of each quantile, NaN where nothing was observed
    double *median; ///< (H)
};

/// What the series at hand adds, and what its forecasts are seen with.
struct series {
    int64_t forecasts;
    double *sum; ///< (SUM_PINBALL, H + 1)
    double *loss; ///< (H, Q) pinball losses
    int64_t *points; ///< (H)
    int64_t *pairs; ///< (H)
    int64_t *crossed; ///< (H)
    int64_t paths;
    int32_t *covered; ///< (H, Q) points
    int32_t *below; ///< (H, Q) and those among them below the quantile
    double *level; ///< (H, Q) the levels again and again
    int32_t *is_higher; ///< (H, Q) 1 where it is a level above the one before it
    double *y; ///< (H) observed after the origin at hand; NaN: no score
    float *y_at_levels; ///< (H, Q) the same again and again
    struct path now; ///< made at the origin at hand
    struct path older; ///< and at the one before
    double *term; ///< (H, Q)
};

/// View of one cell of what was added.
struct cell {
    struct mq_exact *sum; ///< (SUM_PINBALL + Q)
    int64_t *count; ///< (COUNT_COVERED + 2 Q)
};

struct mq_scores {
    double levels[MQ_LEVELS_MAX];
    int64_t n_levels;
    int64_t horizon;
    int64_t n_origins;
    int64_t segments;
    int64_t median; ///< level at or left of the median
    double median_weight; ///< of the level to the right of it
    int64_t low; ///< the widest symmetric pair of levels
    int64_t high; ///< 0 when there is none
    struct series series;
    struct mq_exact *sums; ///< (segments, horizon + 1, SUM_PINBALL + Q)
    int64_t *counts; ///< (segments, horizon + 1, COUNT_COVERED + 2 Q)
    struct mq_exact *group_sums; ///< (GROUPS, SUM_PINBALL + Q); NULL without groups
    int64_t *group_counts; ///< (GROUPS, COUNT_COVERED + 2 Q)
    int64_t *bin_series; ///< (VOLUME_BINS) series of each
};

/// Row (H + 1) of what the series at hand adds.
static inline double *sum_row(const struct mq_scores *scores, enum tally_sum sum)
{
    return scores->series.sum + mq_round_up(scores->horizon + 1, VECTOR) * (int64_t)sum;
}

/// Counts of a cell in all.
static inline int64_t tally_counts(const struct mq_scores *scores)
{
    return COUNT_COVERED + 2 * scores->n_levels;
}

/// Cell of horizon h (0-based), or of whole forecasts at h == horizon.
struct cell cell_at(const struct mq_scores *scores, int64_t segment, int64_t h);
struct cell group_at(const struct mq_scores *scores, int64_t group);

/// Bin of a mean demand >= 0, or -1 for NaN; and the demand at which a bin begins (that of
/// VOLUME_BINS: infinity).
int64_t volume_bin(double mean_demand);
double volume_of_bin(int64_t bin);

/// |a - b| / (|a| + |b|), and 0 where both are 0.
static inline double symmetric_difference(double a, double b)
{
    const double size = fabs(a) + fabs(b);
    const double ratio = fabs(a - b) / size;
    return size == 0 ? 0 : ratio;
}

/// A term of a sum, 0 where nothing was observed.
static inline double if_seen(double y, double term)
{
    return isnan(y) ? 0 : term;
}

/// fmax(x, 0) without a call.
static inline double at_least_0(double x)
{
    return x > 0 ? x : 0;
}

/// Release in every case.
mq_status series_init(struct series *series, const struct mq_scores *scores) MQ_NODISCARD;
void series_release(struct series *series);
void series_clear(struct series *series, const struct mq_scores *scores);

/// Adds what the series has at horizon h, or of whole forecasts, to n cells.
void series_put(const struct mq_scores *scores, const struct mq_series_facts *facts, int64_t h,
                const struct cell cells[], int n);

/// Adds the forecasts made at one origin: quantiles (H, Q), with as many numbers `behind` them, observed
/// (H). The quantiles stay in use until the next but one.
void add_path(struct mq_scores *scores, const struct mq_series_facts *facts,
              const float quantiles[], int64_t behind, const float observed[]);

/// Adds pairs of forecasts of the same targets: the last that add_path saw, and the one before it, made
/// `step` >= 1 periods earlier.
void add_pairs(struct mq_scores *scores, int64_t step);

#endif
