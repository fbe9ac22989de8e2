// Engineered features of a fork, from the rows of its batch up to the fork's step.
#include "mq/data/engineered.h"

#include <math.h>
#include <stdio.h>

#include "mq/base/int.h"
#include "mq/data/window.h"
#include "mq/tensor/vecmath.h"

enum { WINDOWS = 4, LAGS_MAX = 24, PHASES_MAX = 52, YEARS = 2, PER_WINDOW = 4 };
enum { MEAN, DEVIATION, ZEROS, MISSING };

// How many features there are of each kind, and how far they look.
struct plan {
    int64_t lags;
    int64_t season;
    int64_t phases;
    int64_t repeats; // seasons that a phase is the mean of
    int64_t year; // periods; 0 = none
    int64_t lately; // periods of the shortest window; each other one is twice as long
};

static struct plan plan_of(const struct mq_features *features)
{
    const int64_t season = mq_max_i64(features->season, 1);
    const int64_t lately = season <= MQ_ENGINEERED_STEPS ? season : season / 4;
    const int64_t recent = mq_min_i64(mq_max_i64(lately, 4), MQ_ENGINEERED_STEPS);
    return (struct plan){.lags = mq_min_i64(mq_max_i64(2 * season, 4), LAGS_MAX),
                         .season = season,
                         .phases = season > 1 ? mq_min_i64(season, PHASES_MAX) : 0,
                         .repeats = 2 * season <= PHASES_MAX ? 4 : 1,
                         // The year before is told by means of `lately` periods up to now.
                         .year = features->year >= recent ? features->year : 0,
                         .lately = recent};
}

static int64_t window_of(const struct plan *plan, int64_t i)
{
    return plan->lately << i;
}

static int64_t sparse_of(const struct plan *plan)
{
    return plan->lags + plan->phases + (plan->year > 0 ? YEARS : 0);
}

int64_t mq_engineered_sparse(const struct mq_features *features)
{
    const struct plan plan = plan_of(features);
    return sparse_of(&plan);
}

int64_t mq_engineered_phases(const struct mq_features *features, int64_t *first)
{
    const struct plan plan = plan_of(features);
    *first = plan.lags;
    return plan.phases;
}

int64_t mq_engineered_width(const struct mq_features *features)
{
    enum { OWN = 4 }; // since_sale, age, scale, level
    return mq_engineered_sparse(features) + WINDOWS * PER_WINDOW + OWN +
           (features->has_available ? 2 : 0) + 2 * features->n_past + 2 * features->n_known;
}

int64_t mq_engineered_reach(const struct mq_features *features)
{
    const struct plan plan = plan_of(features);
    const int64_t seasons = mq_max_i64(plan.repeats * plan.season, window_of(&plan, WINDOWS - 1));
    return mq_max_i64(mq_max_i64(seasons, plan.lags), plan.year + plan.lately);
}

int64_t mq_engineered_inputs(const struct mq_features *features)
{
    return mq_engineered_width(features) + mq_engineered_sparse(features);
}

// ---- names --------------------------------------------------------------------------------------

static const char *window_name(const struct plan *plan, int64_t i,
                               char name[MQ_ENGINEERED_NAME_MAX])
{
    static const char *const kinds[PER_WINDOW] = {"mean", "deviation", "zeros", "missing"};
    (void)snprintf(name, MQ_ENGINEERED_NAME_MAX, "%s_%lld", kinds[i / WINDOWS],
                   (long long)window_of(plan, i % WINDOWS));
    return name;
}

// A pair for each of some covariates: "<what>_3" and "<what>_3_<other>".
static const char *pair_name(const char *what, int64_t i, const char *other,
                             char name[MQ_ENGINEERED_NAME_MAX])
{
    (void)snprintf(name, MQ_ENGINEERED_NAME_MAX, i % 2 == 0 ? "%s_%lld" : "%s_%lld_%s", what,
                   (long long)(i / 2), other);
    return name;
}

// Of what comes after the windows.
static const char *state_name(const struct mq_features *features, const struct plan *plan,
                              int64_t i, char name[MQ_ENGINEERED_NAME_MAX])
{
    static const char *const own[] = {"since_sale", "age", "scale", "level", "stock"};
    const int64_t n = 4 + (features->has_available ? 1 : 0);
    char lately[MQ_ENGINEERED_NAME_MAX];
    (void)snprintf(lately, sizeof lately, "%lld", (long long)plan->lately);
    if (i < n) return own[i];
    i -= n;
    if (features->has_available && i-- == 0) {
        (void)snprintf(name, MQ_ENGINEERED_NAME_MAX, "stock_%lld", (long long)plan->lately);
        return name;
    }
    if (i < 2 * features->n_past) return pair_name("past", i, lately, name);
    return pair_name("known", i - 2 * features->n_past, "change", name);
}

const char *mq_engineered_name(const struct mq_features *features, int64_t i,
                               char name[MQ_ENGINEERED_NAME_MAX])
{
    static const char *const years[YEARS] = {"year_before", "year_next"};
    const struct plan plan = plan_of(features);
    MQ_ASSERT(i >= 0 && i < mq_engineered_width(features));
    const bool is_lag = i < plan.lags;
    if (i < plan.lags + plan.phases) {
        const int64_t number = 1 + (is_lag ? i : i - plan.lags);
        (void)snprintf(name, MQ_ENGINEERED_NAME_MAX, is_lag ? "lag_%lld" : "phase_%lld",
                       (long long)number);
        return name;
    }
    if (i < sparse_of(&plan)) return years[i - plan.lags - plan.phases];
    i -= sparse_of(&plan);
    if (i < WINDOWS * PER_WINDOW) return window_name(&plan, i, name);
    return state_name(features, &plan, i - WINDOWS * PER_WINDOW, name);
}

// ---- values -------------------------------------------------------------------------------------

// One fork's view of its row: now[0] is the fork's own period, now[-1] the one before.
struct fork {
    const mq_real *now;
    double scale;
    double level;
};

static mq_real in_units(const struct fork *fork, double y)
{
    return (mq_real)(y / fork->scale - fork->level); // NaN stays NaN
}

// Mean of n values that are `step` periods apart, the first at `from`; NaN when none counts.
static double mean_at(const struct fork *fork, int64_t from, int64_t step, int64_t n)
{
    double sum = 0;
    double count = 0;
    for (int64_t i = 0; i < n; i++) {
        const double y = (double)fork->now[from - i * step];
        if (isnan(y)) continue;
        sum += y;
        count += 1;
    }
    return count > 0 ? sum / count : (double)NAN;
}

static mq_real *put_sparse(const struct plan *plan, const struct fork *fork, mq_real *out)
{
    for (int64_t j = 0; j < plan->lags; j++)
        *out++ = in_units(fork, (double)fork->now[-j]);
    for (int64_t p = 1; p <= plan->phases; p++)
        *out++ = in_units(fork, mean_at(fork, p - plan->season, plan->season, plan->repeats));
    if (plan->year == 0) return out;
    *out++ = in_units(fork, mean_at(fork, -plan->year, 1, plan->lately));
    *out++ = in_units(fork, mean_at(fork, plan->lately - plan->year, 1, plan->lately));
    return out;
}

// Means, then deviations, zeros, missing; deviations are from the mean of the same window.
static mq_real *put_windows(const struct plan *plan, const struct fork *fork, mq_real *out)
{
    for (int64_t i = 0; i < WINDOWS; i++) {
        const int64_t n = window_of(plan, i);
        const double mean = mean_at(fork, 0, 1, n);
        double count = 0, zeros = 0, deviation = 0;
        for (int64_t j = 0; j < n; j++) {
            const double y = (double)fork->now[-j];
            if (isnan(y)) continue;
            count += 1;
            zeros += y == 0 ? 1 : 0;
            deviation += fabs(y - mean);
        }
        const double each = count > 0 ? 1 / count : (double)NAN;
        out[MEAN * WINDOWS + i] = in_units(fork, mean);
        out[DEVIATION * WINDOWS + i] = (mq_real)(deviation * each / fork->scale);
        out[ZEROS * WINDOWS + i] = (mq_real)(zeros * each);
        out[MISSING * WINDOWS + i] = (mq_real)(1 - count / (double)n);
    }
    return out + WINDOWS * PER_WINDOW;
}

// Periods since the last sale, at most the longest window.
static mq_real since_sale(const struct plan *plan, const struct fork *fork)
{
    const int64_t most = window_of(plan, WINDOWS - 1);
    int64_t j = 0;
    while (j < most && !((double)fork->now[-j] != 0 && !isnan((double)fork->now[-j])))
        j++;
    return (mq_real)log1p((double)j);
}

// A channel of the history at the fork, and its mean lately.
static mq_real *put_channel(const mq_real *history, int64_t width, int64_t t, int64_t lately,
                            int64_t channel, mq_real *out)
{
    const int64_t n = mq_min_i64(lately, t + 1);
    double sum = 0;
    for (int64_t j = 0; j < n; j++)
        sum += (double)history[(t - j) * width + channel];
    *out++ = history[t * width + channel];
    *out++ = (mq_real)(sum / (double)n);
    return out;
}

void mq_engineered_fill(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                        int64_t t, mq_real out[])
{
    const struct plan plan = plan_of(features);
    const int64_t context = batch->shape.context;
    MQ_ASSERT(batch->reach >= mq_engineered_reach(features) && t >= 0 && t < context);
    const struct fork fork = {batch->past + b * (batch->reach + context) + batch->reach + t,
                              (double)batch->scale[b * context + t],
                              (double)batch->level[b * context + t]};
    mq_real *next = put_windows(&plan, &fork, put_sparse(&plan, &fork, out));
    mq_vec_asinh(sparse_of(&plan) + 2 * WINDOWS, out);

    const int64_t width = features->history_width;
    const mq_real *history = batch->history + b * context * width;
    const int64_t dates = context + batch->shape.horizon;
    const mq_real *known = batch->known + (b * dates + t) * features->known_width;
    *next++ = since_sale(&plan, &fork);
    *next++ = known[0];
    *next++ = history[t * width + MQ_HISTORY_SCALE];
    *next++ = history[t * width + MQ_HISTORY_LEVEL];
    for (int64_t c = MQ_HISTORY_BASE; c < width; c++)
        next = put_channel(history, width, t, plan.lately, c, next);
    for (int64_t k = 0; k < 2 * features->n_known; k++)
        *next++ = known[1 + features->date_width + k];
}

void mq_engineered_fill_inputs(const struct mq_features *features, const struct mq_batch *batch,
                               int64_t b, int64_t t, mq_real out[])
{
    const int64_t width = mq_engineered_width(features);
    const int64_t sparse = mq_engineered_sparse(features);
    mq_engineered_fill(features, batch, b, t, out);
    for (int64_t i = 0; i < sparse; i++)
        out[width + i] = isnan((double)out[i]) ? (mq_real)1 : (mq_real)0;
    for (int64_t i = 0; i < width; i++)
        out[i] = isnan((double)out[i]) ? (mq_real)0 : out[i];
}
