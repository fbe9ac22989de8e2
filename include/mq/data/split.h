/// Which periods train, validate and test.
///
///     0 ................ train_end | validation targets | evaluation targets .. n_periods
///
/// The evaluation span (targets of the evaluation origins) is kept out of training and validation;
/// the validation span lies just before it. An origin is the last period a forecast may see.
#ifndef MQ_DATA_SPLIT_H
#define MQ_DATA_SPLIT_H

#include "mq/config/experiment.h"
#include "mq/data/panel.h"

enum { MQ_ORIGINS_MAX = 4096 };

struct mq_origins {
    int64_t n;
    int64_t *period; ///< (n) ascending
};

struct mq_split {
    int64_t train_end; ///< exclusive: no training target at or past it
    struct mq_origins validation;
    struct mq_origins evaluation;
};

/// MQ_DATA when the panel is too short for context, horizon and the kept-out spans. Release with
/// mq_split_release. Local.
mq_status mq_split_make(struct mq_split *split, const struct mq_experiment *experiment,
                        const struct mq_panel_info *panel, const char *panel_path) MQ_NODISCARD;
void mq_split_release(struct mq_split *split);

/// Origins of a forecast: "last", "N" (the last N periods) or "N/S" (S apart), or a date; targets
/// may lie past the end of the panel. Release with mq_free(origins->period).
mq_status mq_origins_parse(struct mq_origins *origins, const char *text,
                           const struct mq_panel_info *panel) MQ_NODISCARD;

/// MQ_DATA naming `file` when a forecast's origins, or their targets, are no periods of a panel.
mq_status mq_origins_check(const int64_t period[], int64_t n, int64_t horizon,
                           const char *file) MQ_NODISCARD;

/// What is known of the targets of series i: out (O, H), NaN where not observed or past the end of
/// the data; with `in_stock_only` also where the product was out of stock (what would have sold is
/// unknown).
void mq_targets_fill(const struct mq_origins *origins, int64_t horizon,
                     const struct mq_series_block *block, int64_t i, bool in_stock_only,
                     float out[]);

/// Totals of each span over the targets of `rows` origins: targets (rows, H) -> out (rows, S), NaN
/// unless all of a span's periods are known.
void mq_totals_fill(const struct mq_span_list *spans, int64_t rows, int64_t horizon,
                    const float targets[], float out[]);

#endif
