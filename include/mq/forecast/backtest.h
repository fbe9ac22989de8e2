/// Rolling backtest: forecasts at many origins from one encoder pass, scored beside seasonal naive.
#ifndef MQ_FORECAST_BACKTEST_H
#define MQ_FORECAST_BACKTEST_H

#include <jansson.h>

#include "mq/base/meter.h"
#include "mq/comm/world.h"
#include "mq/eval/scores.h"
#include "mq/eval/segments.h"
#include "mq/model/predictor.h"

struct mq_backtest_request {
    struct mq_model *model;
    struct mq_panel *panel;
    const struct mq_origins *origins;
    int64_t series; ///< per block
    struct mq_meter meter; ///< told of this rank's products, as the model scores them
};

/// Who says what the total of a span will be.
enum mq_span_answer {
    MQ_SPAN_MODEL,
    MQ_SPAN_BASELINE, ///< seasonal naive
    MQ_SPAN_SUMMED, ///< sums of the model's quantiles of each period: the wrong answer, for comparison
    MQ_SPAN_ANSWERS
};

struct mq_backtest {
    struct mq_scores *model;
    struct mq_scores *baseline; ///< seasonal naive on the same products, origins and levels
    struct mq_scores *span[MQ_SPAN_ANSWERS][MQ_SPANS_MAX]; ///< of each of loss.spans
    struct mq_segments segments; ///< of evaluate.by
};

/// Forecasts and scores every product, both models; sums are reduced over ranks. Release in every
/// case. Collective.
mq_status mq_backtest_run(struct mq_backtest *backtest, struct mq_world *world,
                          struct mq_pool *pool,
                          const struct mq_backtest_request *request) MQ_NODISCARD;
void mq_backtest_release(struct mq_backtest *backtest);

/// evaluation.json (README, "Scores"); NULL with the error recorded on failure. Local.
json_t *mq_backtest_json(const struct mq_backtest *backtest,
                         const struct mq_backtest_request *request);

#endif
