// Seasonal naive as a model of its own: the yardstick of every score. Also the example of a model
// without weights: this file and a row in models.def are all it takes.
#include "mq/classic/seasonal.h"
#include "mq/model/forecaster.h"

static void predict(const struct mq_past *past, int64_t horizon, const double levels[],
                    int64_t n_levels, float quantiles[])
{
    mq_seasonal_naive(past->observed, past->n, past->season, horizon, levels, n_levels, past->cold,
                      past->scratch, quantiles);
}

static void predict_origins(const struct mq_past *past, const int64_t ago[], int64_t n_origins,
                            int64_t horizon, const double levels[], int64_t n_levels,
                            float quantiles[])
{
    mq_seasonal_naive_origins(past->observed, past->n, ago, n_origins, past->season, horizon,
                              levels, n_levels, past->cold, past->scratch, quantiles);
}

static void predict_span(const struct mq_past *past, int64_t periods, const double levels[],
                         int64_t n_levels, float quantiles[])
{
    mq_seasonal_naive_total(past->observed, past->n, past->season, periods, levels, n_levels,
                            past->cold, past->scratch, quantiles);
}

const struct mq_forecaster mq_model_seasonal_naive = {
    .name = "seasonal_naive",
    .summary = "the last season repeated, quantiles of its own past errors",
    .source = "folklore; Hyndman and Athanasopoulos, Forecasting: Principles and Practice",
    .predict = predict,
    .predict_origins = predict_origins,
    .gives_spans = true,
    .predict_span = predict_span,
};
