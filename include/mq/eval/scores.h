/// Forecast scores as ratios of sums, exact under any rank count.
///
/// Sums over series are order-independent (mq_exact), so ranks add theirs as integers. A zero
/// denominator gives NaN here and null in JSON; a point that was not observed is not scored. Over
/// all scored points (series, origin, horizon), with y observed, x_q the quantile of level q and m
/// the median (interpolated between levels when 0.5 is none of them, the nearest level when all lie
/// on one side):
///
///     wQL[q]        2 sum pinball_q(y, x_q) / sum |y|; mean_wQL is the mean over levels
///     coverage[q]   share of y <= x_q; MAE_coverage = mean_q |coverage[q] - q|
///     below[q]      share of y < x_q. Where demand is a number of pieces, y and x_q are often equal,
///                   and a level is right that lies between below[q] and coverage[q]
///     coverage_gap  the farthest that a level lies outside of them: 0 where all are right
///     WAPE          sum |y - m| / sum |y|
///     bias          sum (m - y) / sum |y|: positive when too high
///     sMAPE         200 mean |y - m| / (|y| + |m|), a term 0/0 being 0
///     MASE          mean |y - m| / seasonal_mae, over series whose seasonal_mae is positive
///     RMSSE         mean over (series, origin) of sqrt(mean_h (y - m)^2 / step_mse), likewise
///     MSIS          mean [(U - L) + (2/a)(L - y)+ + (2/a)(y - U)+] / seasonal_mae, likewise, with
///                   L, U the widest pair of levels a/2, 1 - a/2; a is given as MSIS_alpha
///     crossing_rate share of all forecasts in which a quantile is below its left neighbour
///     sEV           sum EV / sum |y|, over pairs of forecasts of the same target made at
///                   successive origins, x older, x' newer: EV = mean_q pinball_q(x'_q, x_q) -
///                   (pinball_q(y, x_q) - pinball_q(y, x'_q)): 0 for an update that stays between
///                   the old forecast and what came, positive for one that overshoots or retreats
///     sFPC          200 mean |m' - m| / (|m'| + |m|) over the same pairs, a term 0/0 being 0
///
/// Sources: pinball and wQL as in Koenker & Bassett 1978 and Salinas et al. 2020; MASE, Hyndman &
/// Koehler 2006; RMSSE, the M5 competition; MSIS, the M4 competition; sEV and sFPC,
/// "Forking-Sequences" (arXiv 2510.04487). The pairs of sEV are (older, newer) in this order, at
/// any stride.
#ifndef MQ_EVAL_SCORES_H
#define MQ_EVAL_SCORES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mq/base/exact.h"
#include "mq/base/level.h"
#include "mq/comm/world.h"

/// Loss of forecast `x` at this level when `y` happens: level (y - x) where y >= x, else
/// (1 - level) (x - y). Always the larger of the two, and so without a branch.
static inline double mq_quantile_loss(double level, double y, double x)
{
    const double below = level * (y - x);
    const double above = (level - 1) * (y - x);
    return below > above ? below : above;
}

struct mq_scores; ///< accumulators for overall, by horizon, by segment and by group

/// `segments` >= 1: series carry a segment number below it (one: no segments). With `has_groups`
/// forecasts are told apart by volume and by history as well, which takes half a MiB or more. levels
/// (n_levels) ascending in (0, 1); MQ_USAGE when there are more than MQ_LEVELS_MAX. Local.
mq_status mq_scores_new(struct mq_scores **scores, const double levels[], int64_t n_levels,
                        int64_t horizon, int64_t n_origins, int64_t segments,
                        bool has_groups) MQ_NODISCARD;
void mq_scores_free(struct mq_scores *scores);

/// What was observed of a product when a forecast was made: nothing, less than a context, or more.
enum mq_history { MQ_HISTORY_NONE, MQ_HISTORY_SHORT, MQ_HISTORY_FULL, MQ_HISTORY_KINDS };

/// Facts of one series that scaled errors and groups need.
struct mq_series_facts {
    /// In-sample, up to the first origin: mean |y_t - y_{t-m}|; 0 or NaN: unknown.
    double seasonal_mae;
    /// In-sample: mean (y_t - y_{t-1})^2; 0 or NaN: unknown.
    double step_mse;
    int64_t segment;
    /// In-sample: mean |y_t|; NaN: unknown, of no volume group.
    double mean_demand;
    const enum mq_history *history; ///< (O) at each origin; NULL: full
};

/// Adds one series: quantiles (O, H, Q) finite; observed (O, H), NaN = no score. A date of several
/// origins' horizons has the same value, or none, at all of them.
/// `origin` (O) period of each origin, ascending: stability compares the same target date across
/// origins. Local.
void mq_scores_add(struct mq_scores *scores, const struct mq_series_facts *facts,
                   const int64_t origin[], const float quantiles[], const float observed[]);

/// Sums over ranks. Collective.
mq_status mq_scores_reduce(struct mq_scores *scores, struct mq_world *world) MQ_NODISCARD;

/// {"points": n, "sum_abs_y": v, "mean_wQL": x, "wQL": {"0.5": x, ...}, ...}: every score above,
/// with the number of scored points and their volume. NULL on memory failure, here and below.
json_t *mq_scores_json(const struct mq_scores *scores);
/// [{"h": 1, scores}, ...]; RMSSE belongs to whole forecasts and is null here.
json_t *mq_scores_by_horizon(const struct mq_scores *scores);
/// {"name": {scores}, ...}; names (segments)
json_t *mq_scores_by_segment(const struct mq_scores *scores, const char *const names[]);
/// [{"decile": 1, "series": n, "mean_demand": [from, to], scores}, ...] of products by their mean
/// demand, lowest first. Demands within 1/16 of each other may share a decile, and equal ones
/// always do: deciles may be uneven, and those without a product are left out. With groups only.
json_t *mq_scores_by_volume(const struct mq_scores *scores);
/// {"none": {scores}, "short": {scores}, "full": {scores}}: by enum mq_history. With groups only.
json_t *mq_scores_by_history(const struct mq_scores *scores);
/// One overall score by its JSON name: "mean_wQL", "wQL[0.5]", "coverage[0.1]", "WAPE", ...
/// NaN when undefined or of no such name.
double mq_scores_value(const struct mq_scores *scores, const char *name);

#endif
