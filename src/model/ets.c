// Exponential smoothing, each product by itself: form and parameters from its whole history at
// every origin. Demand that is mostly 0 is smoothed by Croston's method and its descendants.
#include "mq/classic/ets.h"
#include "mq/classic/intermittent.h"
#include "mq/classic/seasonal.h"
#include "mq/model/forecaster.h"

static int64_t scratch_bytes(const struct mq_model *model, int64_t n, int64_t season)
{
    (void)model;
    (void)season;
    return mq_ets_scratch_bytes(n);
}

static void predict(const struct mq_past *past, int64_t horizon, const double levels[],
                    int64_t n_levels, float quantiles[])
{
    struct mq_ets ets;
    if (mq_is_intermittent(past->observed, past->n))
        mq_intermittent_quantiles(past->observed, past->n, horizon, levels, n_levels, past->scratch,
                                  quantiles);
    else if (mq_ets_select(past->observed, past->n, past->season, MQ_ETS_RELATIVE_MOST,
                           past->scratch, &ets))
        mq_ets_quantiles(&ets, horizon, levels, n_levels, quantiles);
    else // too little was observed: the mean and what deviates from it
        mq_seasonal_naive(past->observed, past->n, past->n + 1, horizon, levels, n_levels,
                          past->cold, past->scratch, quantiles);
}

const struct mq_forecaster mq_model_ets = {
    .name = "ets",
    .summary = "exponential smoothing, the form chosen by AICc",
    .source = "Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing",
    .scratch_bytes = scratch_bytes,
    .predict = predict,
};
