/// What a network sees of a panel: which covariates, in which order, on which scale.
///
/// Channels of the three inputs:
/// history (C)  squashed target asinh(y / scale - level), observed 0/1, log scale, squashed level,
///              [in stock 0/1], past covariates
/// known (K)    age, calendar features (of cycles that the panel covers twice), calendar
///              covariates, for every one of them that says of events when they are how near the
///              next one is and the last one, and for every known covariate its level and its
///              change against its own recent mean
/// static       codes (N) of categories, reals (R)
/// The next event may lie past the date, and past the horizon: a calendar is known that far.
/// Reals are standardised with statistics of the training span only; missing ones become 0.
#ifndef MQ_DATA_FEATURE_H
#define MQ_DATA_FEATURE_H

#include "mq/base/exact.h"
#include "mq/base/lag.h"
#include "mq/config/experiment.h"
#include "mq/data/panel.h"

/// The history's first channels, those of every panel.
enum {
    MQ_HISTORY_TARGET,
    MQ_HISTORY_OBSERVED,
    MQ_HISTORY_SCALE,
    MQ_HISTORY_LEVEL,
    MQ_HISTORY_BASE
};

struct mq_features {
    // Choice: indices into the panel's covariates.
    int64_t n_past;
    int64_t past[MQ_COVARIATES_MAX];
    int64_t n_known;
    int64_t known[MQ_COVARIATES_MAX];
    int64_t n_calendar;
    int64_t calendar[MQ_COVARIATES_MAX];
    int64_t n_events; ///< of the calendar covariates, those of events
    int64_t events[MQ_COVARIATES_MAX];
    int64_t n_reals;
    int64_t reals[MQ_COVARIATES_MAX];
    int64_t n_codes;
    int64_t codes[MQ_COVARIATES_MAX];
    int64_t cardinality[MQ_COVARIATES_MAX]; ///< of codes, as trained
    int64_t n_date; ///< calendar features of the frequency
    bool has_available;
    int64_t season; ///< periods of the main season, >= 1
    int64_t
        year; ///< periods of 52 weeks, where seasons are shorter and it is covered twice; else 0

    // The target.
    int transform; ///< enum mq_transform
    int scaling; ///< enum mq_scaling
    int64_t n_lags;
    struct mq_lag lag[MQ_LAGS_MAX];

    // Widths of the inputs.
    int64_t history_width;
    int64_t known_width;
    int64_t date_width; ///< of the known inputs, what all series share: from date to nearness

    // Statistics of the training span, by panel covariate.
    double mean[MQ_COVARIATES_MAX];
    double deviation[MQ_COVARIATES_MAX];
    double mean_absolute; ///< mean |y| over observed points, transformed; > 0
    bool is_nonnegative; ///< no observed target below 0
};

/// Resolves the names of data.static, data.known and data.past ("all" or names). MQ_USAGE naming an
/// unknown covariate with the nearest one as hint.
mq_status mq_features_select(struct mq_features *features, const struct mq_data_settings *settings,
                             const struct mq_panel_info *panel) MQ_NODISCARD;

/// Number of the static category `name`, which the setting `key` asks for. MQ_USAGE naming the
/// nearest one when the panel has none.
mq_status mq_category_find(const struct mq_panel_info *panel, const char *key, const char *name,
                           int64_t *covariate) MQ_NODISCARD;

/// Sums behind the statistics, as 64-bit integers that ranks may add in any order.
struct mq_statistics {
    struct mq_exact count[MQ_COVARIATES_MAX];
    struct mq_exact sum[MQ_COVARIATES_MAX];
    struct mq_exact square[MQ_COVARIATES_MAX];
    struct mq_exact target_count;
    struct mq_exact target_sum; ///< of |y|
    struct mq_exact target_log; ///< of log1p y
    struct mq_exact negative_count;
};
enum { MQ_STATISTICS_I64 = sizeof(struct mq_statistics) / sizeof(int64_t) };

/// Adds a block of series, periods before `train_end` only. Local.
void mq_statistics_add(struct mq_statistics *statistics, const struct mq_panel_info *panel,
                       const struct mq_series_block *block, int64_t train_end);
/// Takes means and deviations from the finished sums. MQ_DATA when nothing is observed before
/// train_end, or a value is not finite. `calendar` covariates are read from the panel.
mq_status mq_features_fit(struct mq_features *features, const struct mq_statistics *statistics,
                          struct mq_panel *panel, int64_t train_end) MQ_NODISCARD;

#endif
