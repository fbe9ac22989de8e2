// Seasonal naive: the yardstick every model is measured with.
#include "mq/classic/seasonal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "classic/order.h"
#include "mq/base/status.h"

struct past {
    const float *y;
    int64_t n;
    int64_t season;
    double mean; ///< of observed values; `cold` when there are none
    bool is_non_negative;
};

static bool is_observed(float value)
{
    return isfinite(value);
}

static struct past look_at(const float history[], int64_t n, int64_t season, double cold)
{
    struct past past = {history, n, season, cold, true};
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++) {
        if (!is_observed(history[t])) continue;
        sum += (double)history[t];
        count++;
        if (history[t] < 0) past.is_non_negative = false;
    }
    if (count > 0) past.mean = sum / (double)count;
    return past;
}

// Fewest seasons back from horizon k >= 1 to an observed value; 0 when there is none.
static int64_t seasons_back(const struct past *past, int64_t k)
{
    int64_t j = (k + past->season - 1) / past->season;
    for (int64_t t = past->n - 1 + k - j * past->season; t >= 0; t -= past->season, j++)
        if (is_observed(past->y[t])) return j;
    return 0;
}

static double point_of(const struct past *past, int64_t k, int64_t j)
{
    return j == 0 ? past->mean : (double)past->y[past->n - 1 + k - j * past->season];
}

static float to_float(double value)
{
    if (value > (double)FLT_MAX) return FLT_MAX;
    return value < -(double)FLT_MAX ? -FLT_MAX : (float)value;
}

// Sorted errors that forecasts j seasons back (j == 0: of the mean) made in the past; their number.
static int64_t past_errors(const struct past *past, int64_t j, float errors[])
{
    int64_t count = 0;
    const int64_t lag = j * past->season;
    for (int64_t t = lag; t < past->n; t++) {
        if (!is_observed(past->y[t])) continue;
        if (j > 0 && !is_observed(past->y[t - lag])) continue;
        const double forecast = j > 0 ? (double)past->y[t - lag] : past->mean;
        errors[count++] = to_float((double)past->y[t] - forecast);
    }
    classic_sort(errors, count);
    return count;
}

void mq_seasonal_naive(const float history[], int64_t n, int64_t season, int64_t horizon,
                       const double levels[], int64_t n_levels, double cold, float scratch[],
                       float quantiles[])
{
    MQ_ASSERT(season >= 1 && horizon >= 1 && n_levels >= 1 && isfinite(cold));
    const struct past past = look_at(history, n, season, cold);
    // All horizons that look equally far back share one sort; NaN marks those still to do.
    for (int64_t k = 1; k <= horizon; k++)
        quantiles[(k - 1) * n_levels] = NAN;
    for (int64_t first = 1; first <= horizon; first++) {
        if (!isnan(quantiles[(first - 1) * n_levels])) continue;
        const int64_t j = seasons_back(&past, first);
        const int64_t n_errors = past_errors(&past, j, scratch);
        for (int64_t k = first; k <= horizon; k++) {
            if (seasons_back(&past, k) != j) continue;
            const double point = point_of(&past, k, j);
            for (int64_t q = 0; q < n_levels; q++) {
                const double x = point + classic_quantile(scratch, n_errors, levels[q]);
                quantiles[(k - 1) * n_levels + q] = to_float(past.is_non_negative && x < 0 ? 0 : x);
            }
        }
    }
}

// Adds to errors[t], of the total from origin t - 1 on, the error that a forecast of horizon k made j
// seasons back; NaN where it is not known. `n` origins.
static void add_errors(const struct past *past, int64_t k, int64_t j, int64_t n, float errors[])
{
    for (int64_t t = 0; t < n; t++) {
        const int64_t at = t + k - 1;
        const int64_t source = at - j * past->season;
        const bool is_known =
            source >= 0 && is_observed(past->y[at]) && is_observed(past->y[source]);
        const double forecast = j > 0 && is_known ? (double)past->y[source] : past->mean;
        errors[t] += is_known ? to_float((double)past->y[at] - forecast) : NAN;
    }
}

void mq_seasonal_naive_total(const float history[], int64_t n, int64_t season, int64_t periods,
                             const double levels[], int64_t n_levels, double cold, float scratch[],
                             float quantiles[])
{
    MQ_ASSERT(season >= 1 && periods >= 1 && n_levels >= 1 && isfinite(cold));
    const struct past past = look_at(history, n, season, cold);
    const int64_t origins = n - periods + 1;
    double point = 0;
    for (int64_t t = 0; t < origins; t++)
        scratch[t] = 0;
    for (int64_t k = 1; k <= periods; k++) {
        const int64_t j = seasons_back(&past, k);
        point += point_of(&past, k, j);
        add_errors(&past, k, j, origins, scratch);
    }
    int64_t n_errors = 0;
    for (int64_t t = 0; t < origins; t++)
        if (is_observed(scratch[t])) scratch[n_errors++] = scratch[t];
    classic_sort(scratch, n_errors);
    for (int64_t q = 0; q < n_levels; q++) {
        const double x = point + classic_quantile(scratch, n_errors, levels[q]);
        quantiles[q] = to_float(past.is_non_negative && x < 0 ? 0 : x);
    }
}

double mq_seasonal_mae(const float history[], int64_t n, int64_t season)
{
    double sum = 0;
    int64_t pairs = 0;
    for (int64_t t = season; t < n; t++) {
        if (!is_observed(history[t]) || !is_observed(history[t - season])) continue;
        sum += fabs((double)history[t] - (double)history[t - season]);
        pairs++;
    }
    return pairs > 0 ? sum / (double)pairs : (double)NAN;
}

double mq_step_mse(const float history[], int64_t n)
{
    double sum = 0;
    int64_t pairs = 0;
    for (int64_t t = 1; t < n; t++) {
        if (!is_observed(history[t]) || !is_observed(history[t - 1])) continue;
        const double step = (double)history[t] - (double)history[t - 1];
        sum += step * step;
        pairs++;
    }
    return pairs > 0 ? sum / (double)pairs : (double)NAN;
}
