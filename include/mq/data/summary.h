/// What the values of a panel look like: to see at a glance what an import made of a file.
#ifndef MQ_DATA_SUMMARY_H
#define MQ_DATA_SUMMARY_H

#include "mq/data/panel.h"

/// A value is an outlier when it lies further outside the quartiles of its series' observed values
/// other than 0 than MQ_OUTLIER_SPREADS times the larger of their distance and their median's size
/// (Tukey's far out values, 1977, but that counts which are mostly the same have a spread too).
/// Series of fewer than MQ_OUTLIER_LEAST such values have none.
enum { MQ_OUTLIER_SPREADS = 3, MQ_OUTLIER_LEAST = 8 };

/// The outlier furthest out, in units of its spread; series -1: there is none.
struct mq_outlier {
    int64_t series;
    int64_t period;
    float value;
    float median; ///< of the series' values other than 0
    double spreads;
};

/// How the series are spread over the categories of a static covariate.
struct mq_category_counts {
    int64_t unknown; ///< series with code 0
    int64_t largest; ///< series of the category that has most
    int64_t largest_code; ///< 0: there is none
    int64_t unused; ///< categories without a series
};

struct mq_panel_summary {
    int64_t n_observed;
    int64_t n_zero; ///< of the observed, as all below
    int64_t n_negative;
    double total;
    double smallest; ///< NaN when nothing is observed, as `largest`
    double largest;
    int64_t n_empty; ///< series without an observed value
    int64_t shortest; ///< periods of a series that is not empty
    int64_t longest;
    int64_t n_outliers;
    int64_t n_series_with_outliers;
    struct mq_outlier worst;
    struct mq_category_counts categories[MQ_COVARIATES_MAX]; ///< zero for other roles
};

/// Reads all values once, in bounded memory but for a count for each category. MQ_DATA when the
/// panel is damaged. Local.
mq_status mq_panel_summarise(struct mq_panel *panel, struct mq_panel_summary *summary) MQ_NODISCARD;

#endif
