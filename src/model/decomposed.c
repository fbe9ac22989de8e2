// Decomposition: a seasonal profile shared within a group of products, the group's price elasticity,
// exponential smoothing of what they leave, and the errors that all this made before.
#include "model/decomposed.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/classic/elasticity.h"
#include "mq/classic/ets.h"
#include "mq/classic/intermittent.h"
#include "mq/classic/profile.h"
#include "mq/model/registry.h"

extern const struct mq_forecaster mq_model_ets;

static const double error_strength = 100; // counts that a group's errors are shrunk to all with

static const struct mq_setting settings[] = {
    {"group", MQ_TEXT, offsetof(struct decomposed_options, group), "''", 0, 0, NULL, "",
     "static category whose products share profile, elasticity and errors; empty: the first one"},
    {"price", MQ_TEXT, offsetof(struct decomposed_options, price), "''", 0, 0, NULL, "",
     "known covariate with the price; empty: price or sell_price, if there is one"},
    {"origins", MQ_INT, offsetof(struct decomposed_options, origins), "4", 1, 1000, NULL, "",
     "origins of the training span, one horizon apart, that errors are collected at"},
    {"shrinkage", MQ_REAL64, offsetof(struct decomposed_options, shrinkage), "0.5", 0.01, 1e6, NULL,
     "seasons",
     "history that the group's seasonal profile counts for beside the product's own; more, the "
     "more "
     "its demand varies"},
};

// ---- names --------------------------------------------------------------------------------------

static int64_t find(const struct mq_model *model, const int64_t chosen[], int64_t n,
                    const char *name)
{
    for (int64_t i = 0; i < n; i++)
        if (strcmp(model->panel.info.covariates[chosen[i]].name, name) == 0) return i;
    return -1;
}

mq_status decomposed_resolve(const struct mq_model *model, struct decomposition *d)
{
    const struct decomposed_options *options = model->experiment.model;
    const struct mq_features *features = &model->features;
    const bool has_group = options->group[0] != '\0';
    const bool has_price = options->price[0] != '\0';
    *d = (struct decomposition){0};
    d->group_at = has_group ? find(model, features->codes, features->n_codes, options->group)
                            : (features->n_codes > 0 ? 0 : -1);
    if (has_group && d->group_at < 0)
        return mq_fail(MQ_USAGE, "model.group: '%s' is no static category that was chosen",
                       options->group);
    if (d->group_at >= 0 && features->cardinality[d->group_at] > DECOMPOSED_GROUPS_MAX) {
        if (has_group)
            return mq_fail(MQ_USAGE, "model.group: '%s' has %lld values, at most %d can be groups",
                           options->group, (long long)features->cardinality[d->group_at],
                           (int)DECOMPOSED_GROUPS_MAX);
        d->group_at = -1;
    }
    d->price_at =
        find(model, features->known, features->n_known, has_price ? options->price : "price");
    if (!has_price && d->price_at < 0)
        d->price_at = find(model, features->known, features->n_known, "sell_price");
    if (has_price && d->price_at < 0)
        return mq_fail(MQ_USAGE, "model.price: '%s' is no known covariate that was chosen",
                       options->price);
    d->groups = (d->group_at >= 0 ? features->cardinality[d->group_at] : 0) + 2;
    return MQ_OK;
}

int64_t decomposed_group(const struct decomposition *d, const struct mq_past *past)
{
    return d->group_at >= 0 ? past->codes[d->group_at] : 0;
}

const float *decomposed_prices(const struct decomposition *d, const struct mq_past *past)
{
    return d->price_at >= 0 ? past->known[d->price_at] : NULL;
}

int64_t decomposed_kind(bool is_intermittent, double size)
{
    static const double means[] = {0.1, 0.3, 1, 3};
    int64_t i = 0;
    if (is_intermittent) {
        while (i < DECOMPOSED_KINDS - DECOMPOSED_VARIATIONS - 1 && size > means[i])
            i++;
        return DECOMPOSED_VARIATIONS + i;
    }
    while (i < DECOMPOSED_VARIATIONS - 1 && size > 0.05 * (double)(INT64_C(1) << i))
        i++;
    return i;
}

int64_t decomposed_cell(int64_t h, int64_t kind)
{
    int64_t i = 0;
    while (i < DECOMPOSED_HORIZONS - 1 && h > INT64_C(1) << i)
        i++;
    return i * DECOMPOSED_KINDS + kind;
}

// ---- a product ----------------------------------------------------------------------------------

bool decomposed_is_demand(const struct mq_past *past)
{
    int64_t n_observed = 0;
    int64_t n_negative = 0;
    for (int64_t t = 0; t < past->n; t++) {
        n_observed += isfinite(past->observed[t]) ? 1 : 0;
        n_negative += past->observed[t] < 0 ? 1 : 0;
    }
    return n_negative * 20 <= n_observed;
}

// What a prediction works in: fitting's memory, then these.
struct scratch {
    void *ets;
    double *profile; // (season)
    double *expected; // (season)
    double *point; // (H)
    float *base; // (H)
    float *adjusted; // (n)
};

int64_t decomposed_scratch_bytes(const struct mq_model *model, int64_t n, int64_t season)
{
    const int64_t horizon = model->experiment.data.horizon;
    return mq_ets_scratch_bytes(n) + (2 * season + horizon) * (int64_t)sizeof(double) +
           (horizon + n) * (int64_t)sizeof(float);
}

static struct scratch divide(const struct mq_past *past, int64_t season, int64_t horizon)
{
    struct scratch scratch = {.ets = past->scratch};
    scratch.profile = (double *)((char *)past->scratch + mq_ets_scratch_bytes(past->n));
    scratch.expected = scratch.profile + season;
    scratch.point = scratch.expected + season;
    scratch.base = (float *)(scratch.point + horizon);
    scratch.adjusted = scratch.base + horizon;
    return scratch;
}

// Mean and deviation / mean of what was observed; no mean without.
static double moments(const float y[], int64_t n, double *variation)
{
    double mean = 0;
    double squares = 0;
    double count = 0;
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t])) continue;
        const double d = (double)y[t] - mean;
        count++;
        mean += d / count;
        squares += d * ((double)y[t] - mean);
    }
    *variation = count > 1 && mean > 0 ? sqrt(squares / (count - 1)) / mean : 1;
    return count > 0 ? mean : (double)NAN;
}

// The product's profile: its own season as far as it has been seen, else its group's. The noise in
// sparse or erratic demand takes as many more seasons as its variance is larger.
static void own_profile(const struct decomposition *d, const struct mq_past *past, double profile[],
                        double expected[])
{
    const struct decomposed_options *options = past->model->experiment.model;
    const int64_t m = d->season;
    double variation = 0;
    (void)moments(past->observed, past->n, &variation);
    memset(profile, 0, (size_t)m * sizeof *profile);
    memset(expected, 0, (size_t)m * sizeof *expected);
    mq_profile_add(past->observed, past->n, mq_mod(past->first, m), m, profile, expected);
    mq_profile_shrink(m, profile, expected, d->profile + decomposed_group(d, past) * m,
                      options->shrinkage * (1 + variation * variation), profile);
}

// The geometric mean of the prices so far; 0 without.
static double reference_price(const float *prices, int64_t n)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; prices != NULL && t < n; t++) {
        if (!(prices[t] > 0) || !isfinite(prices[t])) continue;
        sum += log((double)prices[t]);
        count++;
    }
    return count > 0 ? exp(sum / (double)count) : 0;
}

// base (H) by exponential smoothing without a season; the mean where there is too little for that.
// Returns the kind.
static int64_t smooth(const struct mq_past *past, const float adjusted[], int64_t horizon,
                      void *work, float base[])
{
    static const double median[] = {0.5};
    struct mq_ets ets;
    double variation = 1;
    double level = moments(adjusted, past->n, &variation);
    const bool is_intermittent = mq_is_intermittent(adjusted, past->n);
    if (isnan(level)) level = past->cold;
    if (is_intermittent) {
        const struct mq_intermittent demand = mq_intermittent_fit(adjusted, past->n);
        level = demand.probability * demand.size;
    } else if (mq_ets_select(adjusted, past->n, 1, MQ_ETS_RELATIVE_MOST, work, &ets)) {
        const double unit = ets.form.error == MQ_ETS_MULTIPLICATIVE ? 1 : fmax(level, 1e-30);
        mq_ets_quantiles(&ets, horizon, median, 1, base);
        return decomposed_kind(false, sqrt(ets.variance) / unit);
    }
    for (int64_t h = 0; h < horizon; h++)
        base[h] = (float)level;
    return decomposed_kind(is_intermittent, is_intermittent ? level : variation);
}

int64_t decomposed_point(const struct decomposition *d, const struct mq_past *past, int64_t horizon,
                         double point[])
{
    const struct scratch s = divide(past, d->season, horizon);
    const float *prices = decomposed_prices(d, past);
    const double reference = reference_price(prices, past->n);
    const double elasticity = d->elasticity[decomposed_group(d, past)];
    double price = NAN; // the last one known
    own_profile(d, past, s.profile, s.expected);
    for (int64_t t = 0; t < past->n; t++) {
        if (prices != NULL && prices[t] > 0) price = (double)prices[t];
        const double season = s.profile[mq_mod(past->first + t, d->season)];
        s.adjusted[t] = (float)((double)past->observed[t] /
                                (season * mq_price_factor(price, reference, elasticity)));
    }
    const int64_t kind = smooth(past, s.adjusted, horizon, s.ets, s.base);
    // Errors are in proportion to the forecast: it must not vanish.
    double unused = 0;
    const double least = fmax(0.02 * moments(s.adjusted, past->n, &unused), 1e-4 * past->cold);
    for (int64_t h = 0; h < horizon; h++) {
        const int64_t t = past->n + h;
        if (prices != NULL && prices[t] > 0) price = (double)prices[t];
        point[h] = fmax((double)s.base[h], least) * s.profile[mq_mod(past->first + t, d->season)] *
                   mq_price_factor(price, reference, elasticity);
    }
    return kind;
}

// ---- the row ------------------------------------------------------------------------------------

static bool take_tables(const struct mq_model *model, struct decomposition *d)
{
    int64_t n_profile = 0;
    int64_t n_elasticity = 0;
    int64_t n_counts = 0;
    d->profile = mq_tables_get(&model->tables, "profile", MQ_TABLE_F64, &n_profile);
    d->elasticity = mq_tables_get(&model->tables, "elasticity", MQ_TABLE_F64, &n_elasticity);
    d->counts = mq_tables_get(&model->tables, "errors", MQ_TABLE_I64, &n_counts);
    d->season = model->features.season;
    return n_profile == d->season * d->groups && n_elasticity == d->groups &&
           n_counts == d->groups * DECOMPOSED_CELLS * MQ_RATIO_BINS;
}

static mq_status check(const struct mq_model *model)
{
    struct decomposition d;
    MQ_TRY(decomposed_resolve(model, &d));
    if (!take_tables(model, &d))
        return mq_fail(MQ_DATA, "decomposed: tables of another size than the panel's groups");
    for (int64_t i = 0; i < d.groups * d.season; i++)
        if (!(d.profile[i] > 0) || !isfinite(d.profile[i]))
            return mq_fail(MQ_DATA, "decomposed: profile %lld is not positive", (long long)i);
    for (int64_t i = 0; i < d.groups; i++)
        if (!isfinite(d.elasticity[i]))
            return mq_fail(MQ_DATA, "decomposed: elasticity %lld is no number", (long long)i);
    for (int64_t i = 0; i < d.groups * DECOMPOSED_CELLS * MQ_RATIO_BINS; i++)
        if (d.counts[i] < 0 || d.counts[i] > INT64_C(1) << 50)
            return mq_fail(MQ_DATA, "decomposed: errors: %lld is no count", (long long)d.counts[i]);
    return MQ_OK;
}

static void predict(const struct mq_past *past, int64_t horizon, const double levels[],
                    int64_t n_levels, float quantiles[])
{
    struct decomposition d;
    double ratios[MQ_LIST_MAX];
    if (!decomposed_is_demand(past)) { // nothing is in proportion to anything
        mq_model_ets.predict(past, horizon, levels, n_levels, quantiles);
        return;
    }
    MQ_ASSERT(n_levels <= MQ_LIST_MAX);
    if (decomposed_resolve(past->model, &d) != MQ_OK || !take_tables(past->model, &d)) return;
    double *point = divide(past, d.season, horizon).point;
    const int64_t kind = decomposed_point(&d, past, horizon, point);
    const int64_t size = DECOMPOSED_CELLS * MQ_RATIO_BINS;
    const int64_t *counts = d.counts + decomposed_group(&d, past) * size;
    const int64_t *whole = d.counts + (d.groups - 1) * size;
    for (int64_t h = 0; h < horizon; h++) {
        const int64_t cell = decomposed_cell(h + 1, kind) * MQ_RATIO_BINS;
        mq_ratio_quantiles(counts + cell, whole + cell, error_strength, levels, n_levels, ratios);
        for (int64_t q = 0; q < n_levels; q++)
            quantiles[h * n_levels + q] = (float)fmin(point[h] * ratios[q], (double)FLT_MAX);
    }
}

const struct mq_forecaster mq_model_decomposed = {
    .name = "decomposed",
    .summary = "a group's season and price elasticity, smoothing, and the errors it made before",
    .source = "classical decomposition; Hyndman and Athanasopoulos, Forecasting: Principles and "
              "Practice",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .options_bytes = sizeof(struct decomposed_options),
    .fit = decomposed_fit,
    .check = check,
    .scratch_bytes = decomposed_scratch_bytes,
    .predict = predict,
};
