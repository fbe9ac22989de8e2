// A random forest of means for all products and horizons: a point forecast, so every quantile is the
// same. What a distribution is worth shows beside sqrf.
#include "model/forest_fit.h"
#include "model/forest_rows.h"

static void predict_window(const struct mq_model *model, const struct mq_batch *batch, int64_t b,
                           int64_t t, const double levels[], int64_t n_levels, mq_real quantiles[],
                           void *scratch)
{
    const float *means = NULL;
    const int64_t horizon = model->experiment.data.horizon;
    const struct mq_forest forest = forest_of(model, -1, &means);
    const struct forest_units units = forest_units_of(&model->features, batch, b, t);
    const struct forest_scratch s = forest_prepare(model, &forest, means, batch, b, t, -1, scratch);
    (void)levels;
    mq_forest_means(&forest, horizon, s.bins, s.out);
    for (int64_t i = 0; i < horizon * n_levels; i++)
        quantiles[i] = (mq_real)((double)s.out[i / n_levels] * units.unit + units.shift);
}

const struct mq_forecaster mq_model_forest = {
    .name = "forest",
    .summary = "random forest on engineered features, a point forecast",
    .source = "Breiman 2001; in the spirit of Amazon's system of 2010",
    .settings = forest_settings,
    .n_settings = FOREST_SETTINGS,
    .options_bytes = sizeof(struct forest_options),
    .wants_engineered = true,
    .reach = forest_reach,
    .fit = forest_fit,
    .check = forest_check,
    .predict_window = predict_window,
    .scratch_bytes = forest_scratch_bytes,
};
