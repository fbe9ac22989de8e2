// Fitting exponential smoothing: where to start, how far to go, which form to take.
#include "classic/ets.h"

#include <math.h>
#include <string.h>

#include "classic/minimize.h"
#include "mq/base/int.h"
#include "mq/base/status.h"

static const double tolerance = 2e-3; // of minus twice the log likelihood, in which AICc counts
enum { ITERATIONS = 100, SEASONS_FIRST = 4 };

// The observations in units of their mean magnitude, and what forms they admit.
struct data {
    struct ets_problem problem;
    double unit;
    int64_t idle; // periods after the last observed one, left out
    bool is_positive;
};

int64_t mq_ets_scratch_bytes(int64_t n)
{
    return n * (int64_t)(sizeof(double) + sizeof(struct ets_step));
}

static struct data look_at(const float y[], int64_t n, void *scratch)
{
    struct ets_step *steps = scratch;
    double *scaled = (double *)(steps + n);
    struct data data = {.problem = {.n = n, .y = scaled, .steps = steps}, .is_positive = true};
    double sum = 0;
    while (data.problem.n > 0 && !isfinite(y[data.problem.n - 1]))
        data.problem.n--;
    data.idle = n - data.problem.n;
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t])) continue;
        sum += fabs((double)y[t]);
        data.problem.n_observed++;
        if (!(y[t] > 0)) data.is_positive = false;
    }
    data.unit = sum > 0 ? sum / (double)data.problem.n_observed : 1;
    for (int64_t t = 0; t < n; t++)
        scaled[t] = isfinite(y[t]) ? (double)y[t] / data.unit : (double)NAN;
    return data;
}

// ---- initial states -----------------------------------------------------------------------------

static double mean_of(const double y[], int64_t n)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++)
        if (!isnan(y[t])) {
            sum += y[t];
            count++;
        }
    return count > 0 ? sum / (double)count : (double)NAN;
}

// How each phase of the first seasons differs from the line through their means.
static void first_seasonal(const struct ets_problem *p, double seasonal[])
{
    const int64_t m = p->season;
    const bool is_factor = p->form.season == MQ_ETS_MULTIPLICATIVE;
    const int64_t seasons = mq_min_i64(p->n / m, SEASONS_FIRST);
    const double first = mean_of(p->y, m);
    const double last = mean_of(p->y + (seasons - 1) * m, m);
    double slope = (last - first) / (double)((seasons - 1) * m);
    if (isnan(slope)) slope = 0;
    const double middle = mean_of(p->y, seasons * m);
    double total = 0;
    for (int64_t j = 0; j < m; j++) {
        double sum = 0;
        int64_t count = 0;
        for (int64_t t = j; t < seasons * m; t += m) {
            if (isnan(p->y[t])) continue;
            const double line = middle + slope * ((double)t - 0.5 * (double)(seasons * m - 1));
            sum += is_factor ? p->y[t] / fmax(line, 0.1 * middle) : p->y[t] - line;
            count++;
        }
        seasonal[j] = count > 0 ? sum / (double)count : is_factor ? 1 : 0;
        if (is_factor) seasonal[j] = fmax(seasonal[j], 0.05);
        total += seasonal[j];
    }
    for (int64_t j = 0; j < m; j++)
        seasonal[j] = is_factor ? seasonal[j] * (double)m / total : seasonal[j] - total / (double)m;
}

// A line through the first observations, the season taken off.
static void first_line(const struct ets_problem *p, double x[])
{
    const int64_t m = p->season;
    double n = 0;
    double st = 0;
    double sy = 0;
    double stt = 0;
    double sty = 0;
    for (int64_t t = 0; t < p->n && n < (double)mq_max_i64(10, 2 * m); t++) {
        double y = p->y[t];
        if (isnan(y)) continue;
        if (p->form.season == MQ_ETS_ADDITIVE) y -= x[ETS_SEASONAL + t % m];
        if (p->form.season == MQ_ETS_MULTIPLICATIVE) y /= x[ETS_SEASONAL + t % m];
        n++;
        st += (double)t + 1;
        sy += y;
        stt += ((double)t + 1) * ((double)t + 1);
        sty += ((double)t + 1) * y;
    }
    const double spread = stt - st * st / n;
    const bool has_slope = p->form.trend != MQ_ETS_NONE && spread > 0;
    x[ETS_SLOPE] = has_slope ? (sty - st * sy / n) / spread : 0;
    x[ETS_LEVEL] = (sy - x[ETS_SLOPE] * st) / n;
    if (p->form.error == MQ_ETS_MULTIPLICATIVE || p->form.season == MQ_ETS_MULTIPLICATIVE)
        x[ETS_LEVEL] = fmax(x[ETS_LEVEL], 0.1 * sy / n);
}

// The best of a few weights; its cost, with the sum of squared errors.
static double first_weights(const struct ets_problem *p, double x[], double *sum)
{
    static const double alpha[] = {-2.2, 0, 2.2}; // logits of 0.1, 0.5, 0.9
    static const double beta[] = {-4, -1.4};
    static const double gamma[] = {-3, -0.8};
    const int n_beta = p->form.trend == MQ_ETS_NONE ? 1 : 2;
    const int n_gamma = p->form.season == MQ_ETS_NONE ? 1 : 2;
    double best = INFINITY;
    double place[3] = {0};
    for (int i = 0; i < 3 * n_beta * n_gamma; i++) {
        double squares = 0;
        x[ETS_ALPHA] = alpha[i % 3];
        x[ETS_BETA] = beta[i / 3 % n_beta];
        x[ETS_GAMMA] = gamma[i / 3 / n_beta];
        const double cost = ets_cost(p, x, &squares, NULL);
        if (!(cost < best)) continue;
        best = cost;
        *sum = squares;
        memcpy(place, x, sizeof place);
    }
    memcpy(x, place, sizeof place);
    return best;
}

// ---- one form -----------------------------------------------------------------------------------

// With the variance.
static int64_t parameters(const struct ets_problem *p)
{
    int64_t n = 3; // alpha, level, variance
    if (p->form.trend != MQ_ETS_NONE) n += 2;
    if (p->form.trend == MQ_ETS_DAMPED) n++;
    if (p->form.season != MQ_ETS_NONE) n += p->season; // gamma, and one of the season is not free
    return n;
}

// Curvatures as they would be if the errors forgot the initial states at the rate of the weights.
static void guess_curvature(const struct ets_problem *p, const double x[], double sum,
                            double curvature[], double step[])
{
    const struct ets_weights w = ets_weights_of(p->form, x);
    const double n = (double)p->n_observed;
    const double by_error = 2 * n / (sum + 1e-12 * n);
    const double forget = fmax(w.alpha * (2 - w.alpha), 1 / n);
    for (int i = ETS_ALPHA; i <= ETS_PHI; i++) {
        curvature[i] = fmax(n / 20, 1);
        step[i] = 1.5;
    }
    curvature[ETS_LEVEL] = by_error / forget;
    step[ETS_LEVEL] = 0.5;
    curvature[ETS_SLOPE] = by_error / (forget * forget);
    step[ETS_SLOPE] = 0.1;
    for (int64_t j = 0; j < p->season && p->form.season != MQ_ETS_NONE; j++) {
        const double lasting = n / (double)p->season;
        curvature[ETS_SEASONAL + j] = by_error / fmax(w.gamma * (2 - w.gamma), 1 / lasting);
        step[ETS_SEASONAL + j] = 0.3;
    }
}

static void keep(const struct data *data, const double x[], double cost, struct mq_ets *ets)
{
    const struct ets_problem *p = &data->problem;
    const double unit = data->unit;
    const int64_t k = parameters(p);
    const double n = (double)p->n_observed;
    const struct ets_weights w = ets_weights_of(p->form, x);
    double sum = 0;
    double end[ETS_NUMBERS_MAX];
    (void)ets_cost(p, x, &sum, end);
    *ets = (struct mq_ets){.form = p->form,
                           .season = p->season,
                           .idle = data->idle,
                           .alpha = w.alpha,
                           .beta = w.beta,
                           .gamma = w.gamma,
                           .phi = w.phi,
                           .level = end[ETS_LEVEL] * unit,
                           .slope = end[ETS_SLOPE] * unit,
                           .variance = sum / (n - (double)k + 1)};
    ets->aicc = cost + 2 * n * log(unit) + 2 * (double)k * n / (n - (double)k - 1);
    if (p->form.error == MQ_ETS_ADDITIVE) ets->variance *= unit * unit;
    const double season_unit = p->form.season == MQ_ETS_ADDITIVE ? unit : 1;
    for (int64_t j = 0; j < ets->season && p->form.season != MQ_ETS_NONE; j++)
        ets->seasonal[j] = end[ETS_SEASONAL + (p->n + j) % p->season] * season_unit;
}

static bool is_possible(const struct data *data, struct mq_ets_form form, int64_t season)
{
    if (!data->is_positive &&
        (form.error == MQ_ETS_MULTIPLICATIVE || form.season == MQ_ETS_MULTIPLICATIVE))
        return false;
    if (form.season == MQ_ETS_NONE) return true;
    return season >= 2 && season <= MQ_ETS_SEASON_MAX &&
           data->problem.n >= MQ_ETS_SEASONS_MIN * season;
}

static bool fit(struct data *data, struct mq_ets_form form, int64_t season, struct mq_ets *ets)
{
    struct ets_problem *p = &data->problem;
    double x[ETS_NUMBERS_MAX] = {[ETS_PHI] = 1.6}; // phi = 0.95
    double curvature[ETS_NUMBERS_MAX];
    double step[ETS_NUMBERS_MAX];
    double sum = 0;
    if (!is_possible(data, form, season)) return false;
    p->form = form;
    p->season = form.season == MQ_ETS_NONE ? 1 : season;
    if (p->n_observed <= parameters(p) + 1) return false;
    if (form.season != MQ_ETS_NONE) first_seasonal(p, x + ETS_SEASONAL);
    first_line(p, x);
    if (!isfinite(first_weights(p, x, &sum))) {
        x[ETS_SLOPE] = 0; // a falling line may end below 0
        if (!isfinite(first_weights(p, x, &sum))) return false;
    }
    guess_curvature(p, x, sum, curvature, step);
    const int64_t n = ETS_SEASONAL + (form.season == MQ_ETS_NONE ? 0 : season);
    const double cost =
        minimize(ets_cost_gradient, p, n, x, curvature, step, tolerance, ITERATIONS);
    keep(data, x, cost, ets);
    return true;
}

bool mq_ets_fit(struct mq_ets_form form, const float y[], int64_t n, int64_t season, void *scratch,
                struct mq_ets *ets)
{
    struct data data = look_at(y, n, scratch);
    return fit(&data, form, season, ets);
}

// ---- the choice ---------------------------------------------------------------------------------

bool mq_ets_select(const float y[], int64_t n, int64_t season, double relative_most, void *scratch,
                   struct mq_ets *ets)
{
    static const enum mq_ets_part errors[] = {MQ_ETS_ADDITIVE, MQ_ETS_MULTIPLICATIVE};
    static const enum mq_ets_part trends[] = {MQ_ETS_NONE, MQ_ETS_ADDITIVE, MQ_ETS_DAMPED};
    static const enum mq_ets_part seasons[] = {MQ_ETS_NONE, MQ_ETS_ADDITIVE, MQ_ETS_MULTIPLICATIVE};
    struct data data = look_at(y, n, scratch);
    bool is_found = false;
    for (int i = 0; i < 2 * 3 * 3; i++) {
        const struct mq_ets_form form = {errors[i % 2], trends[i / 2 % 3], seasons[i / 6]};
        struct mq_ets next;
        // Variances that depend on neither the level nor the season's size: no sensible data.
        if (form.error == MQ_ETS_ADDITIVE && form.season == MQ_ETS_MULTIPLICATIVE) continue;
        if (!fit(&data, form, season, &next)) continue;
        if (form.error == MQ_ETS_MULTIPLICATIVE && next.variance > relative_most * relative_most)
            continue;
        if (is_found && !(next.aicc < ets->aicc)) continue;
        *ets = next;
        is_found = true;
    }
    return is_found;
}
