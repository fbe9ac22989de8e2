// Rows of forests from a batch.
#include "model/forest_rows.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/data/engineered.h"

// More than any panel's engineered features: lags, phases, windows, and a few of each covariate.
enum { ENGINEERED_MAX = 256 + 4 * MQ_COVARIATES_MAX };

int64_t forest_categories(const struct mq_features *features)
{
    int64_t first = 0;
    const int64_t phases = mq_engineered_phases(features, &first);
    return mq_engineered_width(features) - phases + (phases > 0 ? 1 : 0) + features->n_reals +
           features->known_width + 1;
}

int64_t forest_columns(const struct mq_features *features)
{
    return forest_categories(features) + features->n_codes;
}

static float *put(float *out, const mq_real values[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        *out++ = (float)values[i];
    return out;
}

static float *put_categories(const struct mq_features *features, const mq_real codes[],
                             const float means[], float *out)
{
    for (int64_t i = 0; i < features->n_codes; i++) {
        *out++ = means != NULL ? means[(int64_t)codes[i]] : NAN;
        if (means != NULL) means += features->cardinality[i] + 1;
    }
    return out;
}

void forest_fill(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                 int64_t t, int64_t first, int64_t n, const float means[], float out[])
{
    mq_real engineered[ENGINEERED_MAX];
    int64_t phase = 0;
    const int64_t width = mq_engineered_width(features);
    const int64_t phases = mq_engineered_phases(features, &phase);
    const int64_t dates = batch->shape.context + batch->shape.horizon;
    MQ_ASSERT(width <= ENGINEERED_MAX);
    mq_engineered_fill(features, batch, b, t, engineered);
    for (int64_t h = first; h < first + n; h++) {
        out = put(out, engineered, phase);
        if (phases > 0) {
            const int64_t p = (h - 1) % features->season;
            *out++ = p < phases ? (float)engineered[phase + p] : NAN;
        }
        out = put(out, engineered + phase + phases, width - phase - phases);
        out = put(out, batch->reals + b * features->n_reals, features->n_reals);
        out = put(out, batch->known + (b * dates + t + h) * features->known_width,
                  features->known_width);
        *out++ = (float)h;
        out = put_categories(features, batch->codes + b * features->n_codes, means, out);
    }
}

void forest_fill_span(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                      int64_t t, int64_t periods, const float means[], float rows[], float out[])
{
    const int64_t columns = forest_columns(features);
    forest_fill(features, batch, b, t, 1, periods, means, rows);
    for (int64_t c = 0; c < columns; c++) {
        double sum = 0;
        int64_t n = 0;
        for (int64_t k = 0; k < periods; k++) {
            const double value = (double)rows[k * columns + c];
            if (isnan(value)) continue;
            sum += value;
            n++;
        }
        out[c] = n > 0 ? (float)(sum / (double)n) : NAN;
    }
}

struct forest_units forest_units_of(const struct mq_features *features,
                                    const struct mq_batch *batch, int64_t b, int64_t t)
{
    const double level = (double)batch->level[b * batch->shape.context + t];
    if (!features->is_nonnegative) return (struct forest_units){1, 0};
    return (struct forest_units){level > 1 ? level : 1, -level};
}
