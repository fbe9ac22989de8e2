// Quantiles of one forest for all products and horizons, in the spirit of the Sparse Quantile Random
// Forest, whose inside is not public.
#include "model/forest_fit.h"
#include "model/forest_rows.h"

// All horizons, s < 0, or a span.
static void predict(const struct mq_model *model, const struct mq_batch *batch, int64_t b,
                    int64_t t, int64_t s, const double levels[], int64_t n_levels,
                    mq_real quantiles[], void *scratch)
{
    const float *means = NULL;
    const int64_t rows = s < 0 ? model->experiment.data.horizon : 1;
    const struct mq_forest forest = forest_of(model, s, &means);
    const struct forest_units units = forest_units_of(&model->features, batch, b, t);
    const struct forest_scratch x = forest_prepare(model, &forest, means, batch, b, t, s, scratch);
    mq_forest_quantiles(&forest, rows, x.bins, levels, n_levels, x.weight, x.out);
    for (int64_t i = 0; i < rows * n_levels; i++)
        quantiles[i] = (mq_real)((double)x.out[i] * units.unit + units.shift);
}

static void predict_window(const struct mq_model *model, const struct mq_batch *batch, int64_t b,
                           int64_t t, const double levels[], int64_t n_levels, mq_real quantiles[],
                           void *scratch)
{
    predict(model, batch, b, t, -1, levels, n_levels, quantiles, scratch);
}

const struct mq_forecaster mq_model_sqrf = {
    .name = "sqrf",
    .summary = "quantile random forest on engineered features, sparse columns",
    .source = "Meinshausen 2006; in the spirit of Amazon's system of 2012",
    .settings = forest_settings,
    .n_settings = FOREST_QUANTILE_SETTINGS,
    .options_bytes = sizeof(struct forest_options),
    .wants_engineered = true,
    .reach = forest_reach,
    .fit = forest_fit,
    .check = forest_check,
    .predict_window = predict_window,
    .gives_spans = true,
    .predict_window_span = predict,
    .scratch_bytes = forest_scratch_bytes,
};
