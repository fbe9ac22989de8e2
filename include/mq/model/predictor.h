/// Quantile forecasts of series at given origins, by any model.
///
/// Series are computed in blocks of a fixed number, whatever the rank or thread: same bits at any
/// count. A network makes one encoder pass for all origins. Quantiles come in raw units, finite,
/// ascending, and not below 0 where the training data never was. Beside them, those of the totals of
/// loss.spans: what an order placed right after the origin has to cover.
#ifndef MQ_MODEL_PREDICTOR_H
#define MQ_MODEL_PREDICTOR_H

#include "mq/base/pool.h"
#include "mq/data/split.h"
#include "mq/model/model.h"

struct mq_predictor;

/// The panel may be another one than the model was trained on. `levels` are those of mq_model_dims,
/// or any for quantile functions and models without weights; for a model of members, what all of
/// them take. `series` per block. Everything must outlive the predictor. Local.
mq_status mq_predictor_new(struct mq_predictor **predictor, struct mq_model *model,
                           struct mq_panel *panel, const struct mq_origins *origins,
                           const struct mq_real_list *levels, int64_t series,
                           struct mq_pool *pool) MQ_NODISCARD;
void mq_predictor_free(struct mq_predictor *predictor);

/// What was forecast of a block's n series.
struct mq_forecasts {
    const float *quantiles; ///< (n, O, H, Q)
    const float *spans; ///< (n, O, S, Q) of the total of each of loss.spans; nothing when S is 0
};

/// Receives consecutive series in order, a block or a part of one: rows [0, block->n). The forecasts
/// last as long as the call.
typedef mq_status mq_forecast_sink(void *context, const struct mq_series_block *block,
                                   const struct mq_forecasts *forecasts);

/// Forecasts series [first, first + n); `first` must be a multiple of the block. MQ_NUMERIC naming
/// the series when a forecast is not finite. Local.
mq_status mq_predictor_run(struct mq_predictor *predictor, int64_t first, int64_t n,
                           mq_forecast_sink *sink, void *context) MQ_NODISCARD;

/// Forecasts series that the caller holds, at most a block: the numbers are the predictor's, until
/// the next call. Of the panel only what series share is looked at. Local; allocates nothing.
mq_status mq_predictor_block(struct mq_predictor *predictor, const struct mq_series_block *block,
                             struct mq_forecasts *forecasts) MQ_NODISCARD;
/// Follows its origins when all of them have moved by as many periods, wherever that is. `history`:
/// periods from the start of the earliest series to come to the last origin. Allocates only when
/// that is longer than ever before. Local.
mq_status mq_predictor_move(struct mq_predictor *predictor, int64_t history) MQ_NODISCARD;

/// Rank r's series when the catalogue is cut at multiples of `series`.
void mq_shard_range(int64_t n_series, int64_t series, int64_t ranks, int64_t rank, int64_t *first,
                    int64_t *n);

#endif
