/// Forecast scores as ratios of sums, exact under any rank count.
///
/// Definitions in the README ("Scores"). Every sum is order-independent (mq_exact), so ranks add
/// theirs as integers. A zero denominator gives NaN here and null in JSON.
#ifndef MQ_EVAL_SCORES_H
#define MQ_EVAL_SCORES_H

#include <jansson.h>
#include <stdint.h>

#include "mq/base/exact.h"
#include "mq/comm/world.h"

enum { MQ_LEVELS_MAX = 64 };

struct mq_scores; ///< accumulators for overall, by horizon and by segment

/// `segments` >= 1: series carry a segment number below it (one: no segments). Local.
mq_status mq_scores_new(struct mq_scores **scores, const double levels[], int64_t n_levels,
                        int64_t horizon, int64_t n_origins, int64_t segments) MQ_NODISCARD;
void mq_scores_free(struct mq_scores *scores);

/// Facts of one series that scaled errors need.
struct mq_series_facts {
    double seasonal_mae; ///< in-sample mean |y_t - y_{t-m}| before the first origin; 0 or NaN: unknown
    double step_mse;     ///< in-sample mean (y_t - y_{t-1})^2 before the first origin; 0 or NaN: unknown
    int64_t segment;
};

/// Adds one series: quantiles (O, H, Q) ascending levels, observed (O, H) with NaN = no score.
/// `origin` (O) period of each origin, ascending: stability compares the same target date across
/// origins. Local.
void mq_scores_add(struct mq_scores *scores, const struct mq_series_facts *facts,
                   const int64_t origin[], const float quantiles[], const float observed[]);

/// Sums over ranks. Collective.
mq_status mq_scores_reduce(struct mq_scores *scores, struct mq_world *world) MQ_NODISCARD;

/// {"mean_wQL": ..., "wQL": {...}, ...} as in the contract; NULL on memory failure.
json_t *mq_scores_json(const struct mq_scores *scores);
/// [{"h": 1, "mean_wQL": ..., "WAPE": ..., "bias": ...}, ...]
json_t *mq_scores_by_horizon(const struct mq_scores *scores);
/// {"name": {scores}, ...}; names (segments)
json_t *mq_scores_by_segment(const struct mq_scores *scores, const char *const names[]);
/// One overall score by its JSON name ("mean_wQL"), NaN when undefined.
double mq_scores_value(const struct mq_scores *scores, const char *name);

#endif
