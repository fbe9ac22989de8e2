// Seasonal naive: the yardstick every model is measured with.
#include "mq/classic/seasonal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "classic/order.h"
#include "mq/base/clones.h"
#include "mq/base/int.h"
#include "mq/base/level.h"
#include "mq/base/status.h"

struct past {
    const float *y;
    int64_t n;
    int64_t season;
    double mean; ///< of observed values; `cold` when there are none
    double sum; ///< of observed values, and their number
    int64_t count;
    bool is_non_negative;
};

MQ_INLINE bool is_observed(float value)
{
    return isfinite(value);
}

MQ_INLINE struct past no_past(const float history[], int64_t season, double cold)
{
    return (struct past){.y = history, .season = season, .mean = cold, .is_non_negative = true};
}

// Goes on to the first n periods.
MQ_INLINE void look_on(struct past *past, int64_t n)
{
    for (int64_t t = past->n; t < n; t++) {
        if (!is_observed(past->y[t])) continue;
        past->sum += (double)past->y[t];
        past->count++;
        if (past->y[t] < 0) past->is_non_negative = false;
    }
    past->n = n;
    if (past->count > 0) past->mean = past->sum / (double)past->count;
}

// Fewest seasons back from horizon k >= 1 to an observed value; 0 when there is none.
MQ_INLINE int64_t seasons_back(const struct past *past, int64_t k)
{
    int64_t j = k <= past->season ? 1 : mq_ceil_div(k, past->season);
    for (int64_t t = past->n - 1 + k - j * past->season; t >= 0; t -= past->season, j++)
        if (is_observed(past->y[t])) return j;
    return 0;
}

MQ_INLINE double point_of(const struct past *past, int64_t k, int64_t j)
{
    return j == 0 ? past->mean : (double)past->y[past->n - 1 + k - j * past->season];
}

MQ_INLINE double least_of(const struct past *past)
{
    return past->is_non_negative ? 0 : -(double)FLT_MAX;
}

MQ_INLINE float to_float(double value)
{
    if (value > (double)FLT_MAX) return FLT_MAX;
    return value < -(double)FLT_MAX ? -FLT_MAX : (float)value;
}

// Errors that forecasts j seasons back (j == 0: of the mean) made in the past. Those of the mean move
// with it, all alike: what is kept in their order is what was observed.
struct errors {
    int64_t j;
    int64_t seen; // periods
    int64_t n;
    float *sorted;
};

// Goes on to the end of what is past now.
MQ_INLINE void add_past_errors(const struct past *past, struct errors *errors)
{
    const int64_t lag = errors->j * past->season;
    const int64_t n_sorted = errors->n;
    for (int64_t t = mq_max_i64(errors->seen, lag); t < past->n; t++) {
        if (!is_observed(past->y[t])) continue;
        if (lag > 0 && !is_observed(past->y[t - lag])) continue;
        const double forecast = lag > 0 ? (double)past->y[t - lag] : 0;
        errors->sorted[errors->n++] = to_float((double)past->y[t] - forecast);
    }
    errors->seen = past->n;
    classic_sort_tail(errors->sorted, n_sorted, errors->n);
}

MQ_INLINE double error_quantile(const struct past *past, const struct errors *errors, double level)
{
    if (errors->n == 0) return 0;
    const struct classic_place at = classic_place_of(errors->n, level);
    const double forecast = errors->j == 0 ? past->mean : 0;
    return classic_between((double)to_float((double)errors->sorted[at.left] - forecast),
                           (double)to_float((double)errors->sorted[at.right] - forecast), at.share);
}

// What is asked for; NaN marks the horizons still to do.
struct request {
    int64_t n;
    const int64_t *ago;
    int64_t n_origins;
    int64_t horizon;
    const double *levels;
    int64_t n_levels;
    float *quantiles;
};

MQ_INLINE int64_t seen_at(const struct request *request, int64_t o)
{
    return mq_max_i64(request->n - request->ago[o], 0);
}

MQ_INLINE float *row_of(const struct request *request, int64_t o, int64_t k)
{
    return request->quantiles + (o * request->horizon + k - 1) * request->n_levels;
}

// To floats that are not below the least there can be.
MQ_INLINE void put_row(int64_t n, double point, double least, const double *restrict error,
                       float *restrict row)
{
    for (int64_t q = 0; q < n; q++) {
        const double x = point + error[q];
        const double high = x < least ? least : x;
        row[q] = (float)(high > (double)FLT_MAX ? (double)FLT_MAX : high);
    }
}

// The horizons of origin o that look as far back as the errors do.
MQ_INLINE void fill_origin(const struct request *request, int64_t o, const struct past *past,
                           const struct errors *errors)
{
    double error[MQ_LEVELS_MAX];
    bool is_ready = false;
    for (int64_t k = 1; k <= request->horizon; k++) {
        float *row = row_of(request, o, k);
        if (!isnan(row[0]) || seasons_back(past, k) != errors->j) continue;
        for (int64_t q = 0; !is_ready && q < request->n_levels; q++)
            error[q] = error_quantile(past, errors, request->levels[q]);
        is_ready = true;
        put_row(request->n_levels, point_of(past, k, errors->j), least_of(past), error, row);
    }
}

MQ_CLONES void mq_seasonal_naive_origins(const float history[], int64_t n, const int64_t ago[],
                                         int64_t n_origins, int64_t season, int64_t horizon,
                                         const double levels[], int64_t n_levels, double cold,
                                         float scratch[], float quantiles[])
{
    MQ_ASSERT(season >= 1 && horizon >= 1 && isfinite(cold));
    MQ_ASSERT(n_levels >= 1 && n_levels <= MQ_LEVELS_MAX);
    const struct request request = {n, ago, n_origins, horizon, levels, n_levels, quantiles};
    for (int64_t row = 0; row < n_origins * horizon; row++)
        quantiles[row * n_levels] = NAN;
    // All that looks equally far back, at this origin and later ones, shares one list of errors.
    struct past past = no_past(history, season, cold);
    for (int64_t first = 0; first < n_origins; first++) {
        look_on(&past, seen_at(&request, first));
        for (int64_t k = 1; k <= horizon; k++) {
            if (!isnan(row_of(&request, first, k)[0])) continue;
            struct past then = past;
            struct errors errors = {.j = seasons_back(&past, k), .sorted = scratch};
            for (int64_t o = first; o < n_origins; o++) {
                look_on(&then, seen_at(&request, o));
                add_past_errors(&then, &errors);
                fill_origin(&request, o, &then, &errors);
            }
        }
    }
}

void mq_seasonal_naive(const float history[], int64_t n, int64_t season, int64_t horizon,
                       const double levels[], int64_t n_levels, double cold, float scratch[],
                       float quantiles[])
{
    mq_seasonal_naive_origins(history, n, &(const int64_t){0}, 1, season, horizon, levels, n_levels,
                              cold, scratch, quantiles);
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
    struct past past = no_past(history, season, cold);
    look_on(&past, n);
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
        const double error = classic_quantile(scratch, n_errors, levels[q]);
        put_row(1, point, least_of(&past), &error, quantiles + q);
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
