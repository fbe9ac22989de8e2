// Distributions of relative errors: bins, quantiles, and what they cover of errors to come.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/base/rng.h"
#include "mq/classic/ratios.h"

static const double deciles[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
enum { Q = sizeof deciles / sizeof *deciles };

START_TEST(test_bins_rise_with_the_ratio)
{
    ck_assert_int_eq(mq_ratio_bin(0, 3), 0);
    ck_assert_int_eq(mq_ratio_bin(-1, 3), 0);
    ck_assert_int_eq(mq_ratio_bin(1e-30, 3), 1);
    ck_assert_int_eq(mq_ratio_bin(1e30, 1e-9), MQ_RATIO_BINS - 1);
    int64_t before = 0;
    for (double ratio = 1e-3; ratio < 100; ratio *= 1.05) {
        const int64_t bin = mq_ratio_bin(ratio, 1);
        ck_assert(bin >= before && bin < MQ_RATIO_BINS);
        before = bin;
    }
    ck_assert_int_eq(mq_ratio_bin(6, 3), mq_ratio_bin(2, 1));
}
END_TEST

// What was forecast at one origin of one product, and what came: a random walk in the logarithm.
static double walk(struct mq_rng *rng, int horizon)
{
    double x = 0;
    for (int h = 0; h < horizon; h++)
        x += 0.15 * mq_rng_normal(rng) + 0.1 * (mq_rng_uniform(rng) - 0.5);
    return exp(x);
}

START_TEST(test_deciles_cover_held_out_origins_within_2_points)
{
    enum { PRODUCTS = 300, ORIGINS = 8, HORIZON = 6 };
    struct mq_rng rng = mq_rng_at(7, MQ_RNG_TEST, 0, 0);
    static int64_t counts[MQ_RATIO_BINS];
    double ratios[Q];
    for (int i = 0; i < PRODUCTS * ORIGINS; i++)
        counts[mq_ratio_bin(40 * walk(&rng, HORIZON), 40)]++;
    mq_ratio_quantiles(counts, counts, 100, deciles, Q, ratios);
    int below[Q] = {0};
    for (int i = 0; i < PRODUCTS * ORIGINS; i++) {
        const double ratio = walk(&rng, HORIZON);
        for (int q = 0; q < Q; q++)
            below[q] += ratio <= ratios[q];
    }
    for (int q = 0; q < Q; q++) {
        const double share = (double)below[q] / (PRODUCTS * ORIGINS);
        ck_assert_msg(fabs(share - deciles[q]) < 0.02, "level %g covers %g", deciles[q], share);
    }
}
END_TEST

START_TEST(test_nothing_observed_has_a_quantile_of_0)
{
    int64_t counts[MQ_RATIO_BINS] = {0};
    double ratios[Q];
    counts[0] = 500;
    counts[mq_ratio_bin(2, 1)] = 500;
    mq_ratio_quantiles(counts, counts, 0, deciles, Q, ratios);
    ck_assert_double_eq(ratios[0], 0);
    ck_assert_double_eq(ratios[3], 0);
    ck_assert_double_eq_tol(ratios[5], 2, 0.15);
    ck_assert_double_eq_tol(ratios[8], 2, 0.15);
}
END_TEST

START_TEST(test_few_counts_are_shrunk_to_all)
{
    int64_t few[MQ_RATIO_BINS] = {0};
    int64_t whole[MQ_RATIO_BINS] = {0};
    double ratios[Q];
    few[mq_ratio_bin(8, 1)] = 1;
    whole[mq_ratio_bin(1, 2)] = 1000000;
    mq_ratio_quantiles(few, whole, 100, deciles, Q, ratios);
    ck_assert_double_eq_tol(ratios[8], 0.5, 0.05);
    few[mq_ratio_bin(8, 1)] = 100000;
    mq_ratio_quantiles(few, whole, 100, deciles, Q, ratios);
    ck_assert_double_eq_tol(ratios[0], 8, 0.6);
}
END_TEST

START_TEST(test_without_counts_the_spread_is_from_half_to_twice)
{
    static const int64_t none[MQ_RATIO_BINS];
    static const double levels[] = {0.0001, 0.5, 0.9999};
    double ratios[3];
    mq_ratio_quantiles(none, none, 100, levels, 3, ratios);
    ck_assert_double_eq_tol(ratios[0], 0.5, 0.05);
    ck_assert_double_eq_tol(ratios[1], 1, 0.05);
    ck_assert_double_eq_tol(ratios[2], 2, 0.15);
}
END_TEST

START_TEST(test_quantiles_ascend_within_and_over_bins)
{
    enum { LEVELS = 999 };
    int64_t counts[MQ_RATIO_BINS] = {0};
    double levels[LEVELS];
    double ratios[LEVELS];
    for (int i = 0; i < LEVELS; i++)
        levels[i] = (i + 1) / 1000.0;
    for (int i = 0; i < MQ_RATIO_BINS; i += 7)
        counts[i] = i % 5;
    mq_ratio_quantiles(counts, counts, 10, levels, LEVELS, ratios);
    for (int i = 1; i < LEVELS; i++)
        ck_assert(isfinite(ratios[i]) && ratios[i] >= ratios[i - 1]);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_bins_rise_with_the_ratio);
    tcase_add_test(tc, test_deciles_cover_held_out_origins_within_2_points);
    tcase_add_test(tc, test_nothing_observed_has_a_quantile_of_0);
    tcase_add_test(tc, test_few_counts_are_shrunk_to_all);
    tcase_add_test(tc, test_without_counts_the_spread_is_from_half_to_twice);
    tcase_add_test(tc, test_quantiles_ascend_within_and_over_bins);
    return run_tests("classic/ratios", tc);
}
