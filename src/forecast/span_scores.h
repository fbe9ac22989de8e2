/// Scores of the totals of loss.spans. One sheet for each span and answer; a total is a forecast of one
/// horizon.
#ifndef MQ_FORECAST_SPAN_SCORES_H
#define MQ_FORECAST_SPAN_SCORES_H

#include "mq/forecast/backtest.h"

struct span_scores {
    const struct mq_backtest_request *request;
    struct mq_scores *(*sheet)[MQ_SPANS_MAX]; ///< (MQ_SPAN_ANSWERS), of the backtest
    int64_t season;
    float *total; ///< (O, S) of one product, as observed
    float *observed; ///< (O) of one span
    float *forecast; ///< (O, Q) of one span
    float *past; ///< (periods) totals up to the first origin
};

/// Makes the backtest's sheets. Release in every case; the sheets are the backtest's. Local.
mq_status span_scores_init(struct span_scores *scores, struct mq_backtest *backtest,
                           const struct mq_backtest_request *request, int64_t season) MQ_NODISCARD;
void span_scores_release(struct span_scores *scores);

/// Adds product i of a block: what was observed (O, H) and what `answer` forecasts, in the sheets of
/// `segment`. With the model's also the sums of its quantiles.
void span_scores_add(struct span_scores *scores, enum mq_span_answer answer,
                     const struct mq_series_block *block, int64_t i, int64_t segment,
                     const float observed[], const struct mq_forecasts *forecasts);

/// [{"lead": 2, "review": 1, "periods": 3, "scores": {...}, ...}, ...]; NULL on memory failure.
json_t *span_scores_json(const struct mq_backtest *backtest, const struct mq_span_list *spans);

#endif
