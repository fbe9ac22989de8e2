// What a fitted exponential smoothing says of the periods to come.
#include <float.h>
#include <math.h>
#include <string.h>

#include "classic/normal.h"
#include "mq/base/status.h"
#include "mq/classic/ets.h"

static float to_float(double value)
{
    if (value > (double)FLT_MAX) return FLT_MAX;
    return value < -(double)FLT_MAX ? -FLT_MAX : (float)value;
}

// phi + ... + phi^h
static double damped_sum(double phi, int64_t h)
{
    if (phi == 0 || phi == 1) return phi * (double)h;
    return phi * (1 - pow(phi, (double)h)) / (1 - phi);
}

static double seasonal(const struct mq_ets *ets, int64_t h)
{
    return ets->seasonal[(h - 1) % ets->season];
}

// The mean at horizon h before a multiplicative season.
static double base_mean(const struct mq_ets *ets, int64_t h)
{
    const double line = ets->level + damped_sum(ets->phi, h) * ets->slope;
    return line + (ets->form.season == MQ_ETS_ADDITIVE ? seasonal(ets, h) : 0);
}

// Variances of mu_h, the mean at horizon h given the errors before it, each in its horizon's own row:
// v sum_{j<h} c_j^2, of errors in units of mu_{h-j} where they are relative. Horizons count from the
// last observed period; those that have no row pass for certain. A multiplicative season is taken
// out: an error j whole seasons ago is in the level, and in the season in proportion to the mean.
static void spread(const struct mq_ets *ets, int64_t horizon, int64_t stride, float variance[])
{
    for (int64_t h = ets->idle + 1; h <= ets->idle + horizon; h++) {
        double sum = 0;
        double damped = 0;
        for (int64_t j = 1; j < h; j++) {
            damped = ets->phi * (1 + damped);
            const double c = ets->alpha + ets->beta * damped;
            double size = 1; // E mu^2
            if (ets->form.error == MQ_ETS_MULTIPLICATIVE) {
                const double mean = base_mean(ets, h - j);
                const int64_t row = h - j - ets->idle - 1;
                size = mean * mean + (row >= 0 ? (double)variance[row * stride] : 0);
            }
            const double in_level = c * sqrt(size);
            double in_season = 0;
            if (ets->form.season != MQ_ETS_NONE && j % ets->season == 0)
                in_season =
                    ets->gamma *
                    (ets->form.season == MQ_ETS_MULTIPLICATIVE ? base_mean(ets, h) : sqrt(size));
            sum += (in_level + in_season) * (in_level + in_season);
        }
        variance[(h - ets->idle - 1) * stride] = to_float(ets->variance * sum);
    }
}

void mq_ets_quantiles(const struct mq_ets *ets, int64_t horizon, const double levels[],
                      int64_t n_levels, float quantiles[])
{
    MQ_ASSERT(horizon >= 1 && n_levels >= 1);
    spread(ets, horizon, n_levels, quantiles);
    for (int64_t k = 0; k < horizon; k++) {
        float *row = quantiles + k * n_levels;
        const int64_t h = ets->idle + k + 1;
        const double mean = base_mean(ets, h);
        const double before = (double)row[0];
        const bool is_relative = ets->form.error == MQ_ETS_MULTIPLICATIVE;
        const double size = is_relative ? mean * mean + before : 1;
        const double deviation = sqrt(before + ets->variance * size);
        const double factor = ets->form.season == MQ_ETS_MULTIPLICATIVE ? seasonal(ets, h) : 1;
        for (int64_t i = 0; i < n_levels; i++)
            row[i] = to_float(factor * (mean + deviation * normal_quantile(levels[i])));
    }
}

void mq_ets_print(struct mq_ets_form form, char name[MQ_ETS_NAME_MAX])
{
    static const char *const letters[] = {"N", "A", "Ad", "M"};
    strcpy(name, letters[form.error]);
    strcat(name, letters[form.trend]);
    strcat(name, letters[form.season]);
}
