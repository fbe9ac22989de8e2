// Exponential smoothing: likelihood, gradient, planted parameters and forms, moments of forecasts.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "classic/ets.h"
#include "classic/normal.h"
#include "mq/base/rng.h"

enum { N_MAX = 1000, FORMS = 15 };

static float series[N_MAX];
static double scratch[5 * N_MAX];
static double observations[N_MAX];
static struct ets_step steps[N_MAX];

static struct mq_ets_form form_of(int i)
{
    static const struct mq_ets_form forms[FORMS] = {
        {1, 0, 0}, {1, 1, 0}, {1, 2, 0}, {1, 0, 1}, {1, 1, 1}, {1, 2, 1}, {3, 0, 0}, {3, 1, 0},
        {3, 2, 0}, {3, 0, 1}, {3, 1, 1}, {3, 2, 1}, {3, 0, 3}, {3, 1, 3}, {3, 2, 3}};
    return forms[i];
}

static struct mq_rng stream(uint64_t number)
{
    return mq_rng_at(11, MQ_RNG_TEST, number, 0);
}

// Moves states of the book's equations in terms of the error itself; returns the observation.
static double advance(struct mq_ets *ets, double error)
{
    const bool is_relative = ets->form.error == MQ_ETS_MULTIPLICATIVE;
    const double b = ets->phi * ets->slope;
    const double q = ets->level + b;
    const double s = ets->form.season == MQ_ETS_NONE ? 0 : ets->seasonal[0];
    const bool is_factor = ets->form.season == MQ_ETS_MULTIPLICATIVE;
    const double mu = is_factor ? q * s : q + s;
    const double e = is_relative ? mu * error : error;
    ets->level = q + ets->alpha * (is_factor ? e / s : e);
    ets->slope = b + ets->beta * (is_factor ? e / s : e);
    for (int64_t j = 1; j < ets->season; j++)
        ets->seasonal[j - 1] = ets->seasonal[j];
    ets->seasonal[ets->season - 1] = s + ets->gamma * (is_factor ? e / q : e);
    return mu + e;
}

static struct mq_ets planted(struct mq_ets_form form)
{
    struct mq_ets ets = {.form = form, .season = 1, .alpha = 0.3, .level = 100, .variance = 4};
    if (form.error == MQ_ETS_MULTIPLICATIVE) ets.variance = 0.0004;
    if (form.trend != MQ_ETS_NONE) {
        ets.beta = 0.03;
        ets.slope = 2;
        ets.phi = form.trend == MQ_ETS_DAMPED ? 0.9 : 1;
    }
    if (form.season != MQ_ETS_NONE) {
        static const double shape[] = {-30, 10, 25, -5};
        ets.season = 4;
        ets.gamma = 0.15;
        for (int j = 0; j < 4; j++)
            ets.seasonal[j] = form.season == MQ_ETS_ADDITIVE ? shape[j] : 1 + shape[j] / 100;
    }
    return ets;
}

static void simulate(struct mq_ets ets, int64_t n, uint64_t number)
{
    struct mq_rng rng = stream(number);
    for (int64_t t = 0; t < n; t++)
        series[t] = (float)advance(&ets, sqrt(ets.variance) * mq_rng_normal(&rng));
}

// The first of these series that stays positive.
static void simulate_positive(struct mq_ets ets, int64_t n, uint64_t number)
{
    for (float least = 0; !(least > 0); number += 1000) {
        simulate(ets, n, number);
        least = series[0];
        for (int64_t t = 1; t < n; t++)
            least = fminf(least, series[t]);
    }
}

// A problem around 1 with holes, and numbers to try it at.
static struct ets_problem problem_of(struct mq_ets_form form, double x[])
{
    const struct mq_ets ets = planted(form);
    struct ets_problem p = {
        .form = form, .season = ets.season, .n = 40, .y = observations, .steps = steps};
    simulate(ets, p.n, 3);
    for (int64_t t = 0; t < p.n; t++) {
        observations[t] = t % 7 == 3 ? (double)NAN : (double)series[t] / 100;
        p.n_observed += t % 7 != 3;
    }
    static const double start[] = {-0.8, -1, -1.2, 0.3, 1.05, 0.004};
    memcpy(x, start, sizeof start);
    if (form.trend == MQ_ETS_NONE) x[ETS_SLOPE] = 0;
    for (int64_t j = 0; j < p.season; j++)
        x[ETS_SEASONAL + j] =
            form.season == MQ_ETS_MULTIPLICATIVE ? ets.seasonal[j] : ets.seasonal[j] / 100;
    return p;
}

START_TEST(test_likelihood_is_that_of_the_equations)
{
    double x[ETS_NUMBERS_MAX] = {0};
    const struct ets_problem p = problem_of(form_of(_i), x);
    const struct ets_weights w = ets_weights_of(p.form, x);
    struct mq_ets ets = {.form = p.form,
                         .season = p.season,
                         .alpha = w.alpha,
                         .beta = w.beta,
                         .gamma = w.gamma,
                         .phi = w.phi,
                         .level = x[ETS_LEVEL],
                         .slope = x[ETS_SLOPE]};
    memcpy(ets.seasonal, x + ETS_SEASONAL, (size_t)p.season * sizeof(double));
    double sum = 0;
    double logs = 0;
    for (int64_t t = 0; t < p.n; t++) {
        struct mq_ets look = ets;
        const double mu = advance(&look, 0);
        const bool is_relative = p.form.error == MQ_ETS_MULTIPLICATIVE;
        double error = 0;
        if (!isnan(p.y[t])) {
            error = (p.y[t] - mu) / (is_relative ? mu : 1);
            logs += is_relative ? log(fabs(mu)) : 0;
        }
        sum += error * error;
        (void)advance(&ets, error);
    }
    const double want = (double)p.n_observed * log(sum) + 2 * logs;
    ck_assert_double_eq_tol(ets_cost(&p, x, NULL, NULL), want, 1e-9);
}
END_TEST

START_TEST(test_gradient_is_that_of_differences)
{
    double x[ETS_NUMBERS_MAX] = {0};
    double gradient[ETS_NUMBERS_MAX];
    struct ets_problem p = problem_of(form_of(_i), x);
    (void)ets_cost_gradient(&p, x, gradient);
    for (int i = 0; i < ETS_SEASONAL + (p.form.season != MQ_ETS_NONE ? 4 : 0); i++) {
        if (p.form.trend == MQ_ETS_NONE && i == ETS_SLOPE) continue;
        const double middle = x[i];
        const double step = 1e-6;
        x[i] = middle + step;
        const double above = ets_cost(&p, x, NULL, NULL);
        x[i] = middle - step;
        const double below = ets_cost(&p, x, NULL, NULL);
        x[i] = middle;
        const double want = (above - below) / (2 * step);
        ck_assert_msg(fabs(gradient[i] - want) < 1e-4 * (1 + fabs(want)),
                      "number %d: got %g, want %g", i, gradient[i], want);
    }
}
END_TEST

START_TEST(test_planted_weights_are_found)
{
    const struct mq_ets want = planted(form_of(_i));
    double alpha = 0;
    double beta = 0;
    double gamma = 0;
    double variance = 0;
    enum { TIMES = 6 };
    for (uint64_t i = 0; i < TIMES; i++) {
        struct mq_ets got = {0};
        simulate_positive(want, 400, 100 + i);
        ck_assert(mq_ets_fit(want.form, series, 400, want.season, scratch, &got));
        alpha += got.alpha / TIMES;
        beta += got.beta / TIMES;
        gamma += got.gamma / TIMES;
        variance += got.variance / TIMES;
    }
    ck_assert_double_eq_tol(alpha, want.alpha, 0.06);
    ck_assert_double_eq_tol(beta, want.beta, 0.025);
    ck_assert_double_eq_tol(gamma, want.gamma, 0.06);
    ck_assert_double_eq_tol(variance / want.variance, 1, 0.06);
}
END_TEST

START_TEST(test_the_planted_form_is_chosen_mostly)
{
    static const int forms[] = {0, 1, 3, 12};
    const struct mq_ets_form form = form_of(forms[_i]);
    struct mq_ets ets = planted(form);
    ets.slope *= 2;
    ets.beta *= 8;
    enum { TIMES = 20 };
    int right = 0;
    int right_season = 0;
    for (uint64_t i = 0; i < TIMES; i++) {
        struct mq_ets got = {0};
        simulate(ets, 200, 200 + i);
        ck_assert(mq_ets_select(series, 200, 4, MQ_ETS_RELATIVE_MOST, scratch, &got));
        right += got.form.trend == form.trend && got.form.season == form.season;
        right_season += got.form.season == form.season;
    }
    ck_assert_msg(right >= 12 && right_season >= 16, "%d right, %d seasons", right, right_season);
}
END_TEST

// Of 10000 paths.
START_TEST(test_quantiles_have_the_moments_of_paths)
{
    static const double levels[] = {0.158655, 0.5, 0.841345};
    enum { H = 9, PATHS = 10000 };
    const struct mq_ets ets = planted(form_of(_i));
    float quantiles[H * 3];
    mq_ets_quantiles(&ets, H, levels, 3, quantiles);
    struct mq_rng rng = stream(4);
    double sum[H] = {0};
    double square[H] = {0};
    for (int i = 0; i < PATHS; i++) {
        struct mq_ets path = ets;
        for (int h = 0; h < H; h++) {
            const double y = advance(&path, sqrt(ets.variance) * mq_rng_normal(&rng));
            sum[h] += y / PATHS;
            square[h] += y * y / PATHS;
        }
    }
    for (int h = 0; h < H; h++) {
        const double deviation = sqrt(square[h] - sum[h] * sum[h]);
        const double got = (double)(quantiles[3 * h + 2] - quantiles[3 * h]) / 2;
        ck_assert_double_eq_tol((double)quantiles[3 * h + 1] / sum[h], 1, 0.01);
        ck_assert_msg(fabs(got / deviation - 1) < 0.03, "horizon %d: got %g, want %g", h + 1, got,
                      deviation);
    }
}
END_TEST

START_TEST(test_periods_not_observed_at_the_end_are_horizons)
{
    static const double levels[] = {0.1, 0.5, 0.9};
    struct mq_ets whole;
    struct mq_ets cut;
    float far[8 * 3];
    float near[5 * 3];
    simulate(planted(form_of(4)), 83, 5);
    ck_assert(mq_ets_select(series, 80, 4, MQ_ETS_RELATIVE_MOST, scratch, &whole));
    for (int t = 80; t < 83; t++)
        series[t] = NAN;
    ck_assert(mq_ets_select(series, 83, 4, MQ_ETS_RELATIVE_MOST, scratch, &cut));
    mq_ets_quantiles(&whole, 8, levels, 3, far);
    mq_ets_quantiles(&cut, 5, levels, 3, near);
    for (int i = 0; i < 15; i++)
        ck_assert_double_eq_tol((double)near[i], (double)far[9 + i], 1e-3);
}
END_TEST

START_TEST(test_holes_hardly_move_the_forecast)
{
    static const double median[] = {0.5};
    struct mq_ets ets;
    float whole[4];
    float holes[4];
    simulate(planted(form_of(3)), 120, 6);
    ck_assert(mq_ets_fit(form_of(3), series, 120, 4, scratch, &ets));
    mq_ets_quantiles(&ets, 4, median, 1, whole);
    for (int t = 5; t < 116; t += 9)
        series[t] = NAN;
    ck_assert(mq_ets_fit(form_of(3), series, 120, 4, scratch, &ets));
    mq_ets_quantiles(&ets, 4, median, 1, holes);
    for (int h = 0; h < 4; h++)
        ck_assert_double_eq_tol((double)holes[h], (double)whole[h], 3);
}
END_TEST

START_TEST(test_scale_of_the_data_changes_nothing)
{
    struct mq_ets one;
    struct mq_ets many;
    simulate(planted(form_of(13)), 60, 7);
    ck_assert(mq_ets_select(series, 60, 4, MQ_ETS_RELATIVE_MOST, scratch, &one));
    for (int t = 0; t < 60; t++)
        series[t] *= 1024;
    ck_assert(mq_ets_select(series, 60, 4, MQ_ETS_RELATIVE_MOST, scratch, &many));
    ck_assert_int_eq(memcmp(&one.form, &many.form, sizeof one.form), 0);
    ck_assert_double_eq(one.alpha, many.alpha);
    ck_assert_double_eq(1024 * one.level, many.level);
    ck_assert_double_eq_tol(many.aicc - one.aicc, 2 * 60 * log(1024), 1e-6);
}
END_TEST

// What the values of a strange series are at t.
static float strange(int kind, int t)
{
    switch (kind) {
    case 0:
        return 0;
    case 1:
        return 7;
    case 2:
        return t % 2 == 0 ? 1e15f : -1e15f;
    case 3:
        return t < 30 ? NAN : (float)t;
    case 4:
        return t == 20 ? 1e15f : 1e-6f;
    case 5:
        return (float)(t % 4) * 1e-30f;
    case 6:
        return t % 2 == 0 ? NAN : 3;
    default:
        return (float)exp2(t / 2);
    }
}

START_TEST(test_strange_series_give_finite_ascending_quantiles)
{
    static const double levels[] = {0.01, 0.5, 0.99};
    for (int kind = 0; kind < 8; kind++)
        for (int n = 0; n < 40; n++) {
            struct mq_ets ets;
            float q[30 * 3];
            for (int t = 0; t < n; t++)
                series[t] = strange(kind, t);
            if (!mq_ets_select(series, n, 4, MQ_ETS_RELATIVE_MOST, scratch, &ets)) continue;
            mq_ets_quantiles(&ets, 30, levels, 3, q);
            for (int i = 0; i < 90; i++)
                ck_assert_msg(isfinite(q[i]) && (i % 3 == 0 || q[i] >= q[i - 1]),
                              "kind %d, %d periods, value %d: %g", kind, n, i, (double)q[i]);
        }
}
END_TEST

START_TEST(test_too_little_is_refused)
{
    struct mq_ets ets;
    for (int t = 0; t < 8; t++)
        series[t] = (float)(t + 1);
    ck_assert(!mq_ets_select(series, 0, 4, MQ_ETS_RELATIVE_MOST, scratch, &ets));
    ck_assert(!mq_ets_select(series, 4, 4, MQ_ETS_RELATIVE_MOST, scratch, &ets));
    ck_assert(!mq_ets_fit(form_of(3), series, 7, 4, scratch, &ets)); // less than two seasons
    series[3] = -1;
    ck_assert(!mq_ets_fit(form_of(6), series, 8, 4, scratch, &ets)); // not positive
    ck_assert(mq_ets_fit(form_of(0), series, 8, 4, scratch, &ets));
}
END_TEST

START_TEST(test_large_relative_errors_are_not_multiplicative)
{
    struct mq_ets ets = planted(form_of(6));
    struct mq_ets got;
    ets.variance = 0.09;
    simulate_positive(ets, 200, 9);
    ck_assert(mq_ets_select(series, 200, 1, (double)INFINITY, scratch, &got));
    ck_assert_int_eq(got.form.error, MQ_ETS_MULTIPLICATIVE);
    ck_assert(mq_ets_select(series, 200, 1, MQ_ETS_RELATIVE_MOST, scratch, &got));
    ck_assert_int_eq(got.form.error, MQ_ETS_ADDITIVE);
}
END_TEST

START_TEST(test_normal_quantiles_are_those_of_tables)
{
    ck_assert_double_eq_tol(normal_quantile(0.5), 0, 1e-9);
    ck_assert_double_eq_tol(normal_quantile(0.975), 1.959963985, 1e-7);
    ck_assert_double_eq_tol(normal_quantile(0.001), -3.090232306, 1e-7);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_likelihood_is_that_of_the_equations, 0, FORMS);
    tcase_add_loop_test(tc, test_gradient_is_that_of_differences, 0, FORMS);
    tcase_add_loop_test(tc, test_planted_weights_are_found, 0, FORMS);
    tcase_add_loop_test(tc, test_the_planted_form_is_chosen_mostly, 0, 4);
    tcase_add_loop_test(tc, test_quantiles_have_the_moments_of_paths, 0, FORMS);
    tcase_add_test(tc, test_periods_not_observed_at_the_end_are_horizons);
    tcase_add_test(tc, test_holes_hardly_move_the_forecast);
    tcase_add_test(tc, test_scale_of_the_data_changes_nothing);
    tcase_add_test(tc, test_strange_series_give_finite_ascending_quantiles);
    tcase_add_test(tc, test_too_little_is_refused);
    tcase_add_test(tc, test_large_relative_errors_are_not_multiplicative);
    tcase_add_test(tc, test_normal_quantiles_are_those_of_tables);
    return run_tests("classic/ets", tc);
}
