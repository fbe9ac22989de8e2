// Distributions of the next demand: likelihoods, gradients and draws that belong together.
#include "nn/distribution.h"

#include <math.h>

#include "support/harness.h"

static const struct mq_demand_unit unit = {2.5, 1.5};
static const enum mq_distribution kinds[] = {MQ_GAUSSIAN, MQ_NEGATIVE_BINOMIAL, MQ_POINT};

START_TEST(test_the_negative_binomial_is_what_lgamma_says)
{
    static const double means[] = {1e-3, 0.2, 1, 7, 300};
    static const double alphas[] = {1e-4, 0.05, 1, 20};
    static const double counts[] = {0, 1, 2.5, 9, 10, 11, 250, 4000};
    for (int m = 0; m < 5; m++)
        for (int a = 0; a < 4; a++)
            for (int c = 0; c < 8; c++) {
                const double y = counts[c], r = 1 / alphas[a], p = r / (r + means[m]);
                const double want =
                    lgamma(y + r) - lgamma(r) - lgamma(y + 1) + r * log(p) + y * log1p(-p);
                ck_assert_double_eq_tol(mq_negative_binomial(y, means[m], alphas[a]), want,
                                        1e-9 * (1 + fabs(want)));
            }
}
END_TEST

START_TEST(test_its_probabilities_add_up_to_1_with_its_mean_and_variance)
{
    const double mean = 6, alpha = 0.4;
    double sum = 0, first = 0, second = 0;
    for (int y = 0; y < 2000; y++) {
        const double p = exp(mq_negative_binomial(y, mean, alpha));
        sum += p;
        first += y * p;
        second += (double)y * y * p;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-10);
    ck_assert_double_eq_tol(first, mean, 1e-8);
    ck_assert_double_eq_tol(second - first * first, mean + alpha * mean * mean, 1e-7);
}
END_TEST

START_TEST(test_the_gradient_of_every_loss_is_its_difference)
{
    enum { POINTS = 4 };
    static const mq_real at[POINTS][2] = {{0, 0}, {-2, 3}, {4, -4}, {0.5, -1}};
    static const double demands[] = {0, 1, 17};
    const enum mq_distribution kind = kinds[_i];
    for (int i = 0; i < POINTS; i++) {
        for (int y = 0; y < 3; y++) {
            double d[2], unused[2];
            (void)mq_distribution_loss(kind, at[i], unit, demands[y], d);
            for (int64_t j = 0; j < mq_distribution_width(kind); j++) {
                const mq_real step = (mq_real)(1. / 128);
                mq_real up[2] = {at[i][0], at[i][1]}, down[2] = {at[i][0], at[i][1]};
                up[j] += step;
                down[j] -= step;
                const double want = (mq_distribution_loss(kind, up, unit, demands[y], unused) -
                                     mq_distribution_loss(kind, down, unit, demands[y], unused)) /
                                    (2 * (double)step);
                ck_assert_double_eq_tol(d[j], want, 1e-3 * (1 + fabs(want)));
            }
        }
    }
}
END_TEST

// What the outputs stand for, from the formulas.
static double softplus_of(mq_real o)
{
    return log1p(exp((double)o + log(expm1(1))));
}

START_TEST(test_draws_have_the_mean_and_variance_of_their_distribution)
{
    enum { DRAWS = 40000 };
    static const mq_real o[] = {0.5, -1};
    const enum mq_distribution kind = kinds[_i];
    const double nu = unit.scale * unit.level;
    const double counts = nu * softplus_of(o[0]), alpha = softplus_of(o[1]) / sqrt(1 + nu);
    const double want_mean[] = {(double)o[0], counts / unit.scale - unit.level, (double)o[0]};
    const double want_variance[] = {pow(softplus_of(o[1]) + 0.01, 2),
                                    (counts + alpha * counts * counts) / pow(unit.scale, 2), 0};
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, (uint64_t)_i, 0);
    double sum = 0, square = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double z = mq_distribution_draw(kind, o, unit, &rng);
        sum += z;
        square += z * z;
    }
    const double mean = sum / DRAWS;
    ck_assert_double_eq_tol(mean, want_mean[_i], 5 * sqrt(want_variance[_i] / DRAWS) + 1e-3);
    ck_assert_double_eq_tol(square / DRAWS - mean * mean, want_variance[_i],
                            0.05 * want_variance[_i] + 1e-9);
}
END_TEST

START_TEST(test_without_a_level_the_scale_is_the_size_of_counts)
{
    static const mq_real o[] = {0, 0};
    double d[2];
    const double nu = 4;
    const double alpha = (1 + 1e-4) / sqrt(1 + nu);
    const double want = -mq_negative_binomial(3, nu * (1 + 1e-4), alpha);
    const struct mq_demand_unit mean = {nu, 0}, standard = {1, nu};
    ck_assert_double_eq_tol(mq_distribution_loss(MQ_NEGATIVE_BINOMIAL, o, mean, 3, d), want, 1e-9);
    ck_assert_double_eq_tol(mq_distribution_loss(MQ_NEGATIVE_BINOMIAL, o, standard, 3, d), want,
                            1e-9);
}
END_TEST

// Weights that have diverged say no numbers: drawing ends, and says so.
START_TEST(test_no_number_is_drawn_from_none)
{
    const mq_real none[] = {(mq_real)NAN, (mq_real)NAN};
    const mq_real endless[] = {(mq_real)INFINITY, 0};
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int k = 0; k < 3; k++)
        ck_assert(!isfinite(mq_distribution_draw(kinds[k], none, unit, &rng)));
    ck_assert(!isfinite(mq_distribution_draw(MQ_NEGATIVE_BINOMIAL, endless, unit, &rng)));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("distribution");
    tcase_add_test(tc, test_the_negative_binomial_is_what_lgamma_says);
    tcase_add_test(tc, test_its_probabilities_add_up_to_1_with_its_mean_and_variance);
    tcase_add_loop_test(tc, test_the_gradient_of_every_loss_is_its_difference, 0, 3);
    tcase_add_loop_test(tc, test_draws_have_the_mean_and_variance_of_their_distribution, 0, 3);
    tcase_add_test(tc, test_without_a_level_the_scale_is_the_size_of_counts);
    tcase_add_test(tc, test_no_number_is_drawn_from_none);
    return run_tests("nn/distribution", tc);
}
