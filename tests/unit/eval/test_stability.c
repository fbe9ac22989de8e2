// Excess volatility and forecast change over origins.
#include "support/harness.h"

#include <math.h>

#include "mq/base/rng.h"
#include "mq/eval/scores.h"

static const struct mq_series_facts unknown_facts = {.seasonal_mae = NAN, .step_mse = NAN};
static const double tight = 1e-9;

enum { ORIGINS_MAX = 4 };

struct stability {
    double sev;
    double sfpc;
};

// One level, H horizons, forecasts (O, H) of one series whose value is y at every period.
static struct stability stability_of(double level, int64_t n_origins, const int64_t origin[],
                                     int64_t H, const float forecast[], float y)
{
    float observed[ORIGINS_MAX * 8];
    for (int64_t i = 0; i < n_origins * H; i++)
        observed[i] = y;
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, &level, 1, H, n_origins, 1, false));
    mq_scores_add(scores, &unknown_facts, origin, forecast, observed);
    const struct stability result = {
        mq_scores_value(scores, "sEV"),
        mq_scores_value(scores, "sFPC"),
    };
    mq_scores_free(scores);
    return result;
}

// sEV of the chain x -> updated for one target y: horizons 2 and 1 of successive origins.
static double update(double level, float x, float updated, float y)
{
    static const int64_t origin[] = {0, 1};
    const float forecast[] = {-99, x, updated, -99};
    return stability_of(level, 2, origin, 2, forecast, y).sev;
}

START_TEST(test_update_between_old_forecast_and_truth_has_no_excess)
{
    ck_assert_double_eq_tol(update(0.3, 2, 5, 10), 0, tight);
    ck_assert_double_eq_tol(update(0.3, 10, 5, 2), 0, tight);
    ck_assert_double_eq_tol(update(0.3, 2, 10, 10), 0, tight);
    ck_assert_double_eq_tol(update(0.3, 2, 2, 10), 0, tight);
}
END_TEST

START_TEST(test_update_that_overshoots_or_retreats_has_excess)
{
    // 2 -> 12 with truth 10: 0.3 * 10 - (0.3 * 8 - 0.7 * 2) = 2; over |y| = 10.
    ck_assert_double_eq_tol(update(0.3, 2, 12, 10), 2.0 / 10, tight);
    // 2 -> 1: 0.7 * 1 - (0.3 * 8 - 0.3 * 9) = 1.
    ck_assert_double_eq_tol(update(0.3, 2, 1, 10), 1.0 / 10, tight);
}
END_TEST

START_TEST(test_excess_is_never_negative_and_zero_only_between)
{
    struct mq_rng rng = mq_rng_at(3, MQ_RNG_TEST, 0, 0);
    for (int i = 0; i < 2000; i++) {
        const double level = mq_rng_uniform(&rng);
        const float x = (float)mq_rng_below(&rng, 9);
        const float updated = (float)mq_rng_below(&rng, 9);
        const float y = (float)(1 + mq_rng_below(&rng, 9));
        const bool is_between = fminf(x, y) <= updated && updated <= fmaxf(x, y);
        const double excess = update(level, x, updated, y);
        ck_assert_msg(is_between ? fabs(excess) < tight : excess > tight,
                      "level %g, %g -> %g, truth %g: %g", level, (double)x, (double)updated,
                      (double)y, excess);
    }
}
END_TEST

START_TEST(test_excess_telescopes_along_a_chain)
{
    static const int64_t origin[] = {0, 1, 2, 3};
    static const float chain[] = {3, 9, 4, 6}; // horizons 4, 3, 2, 1 of one target
    const double level = 0.2;
    const double y = 7;
    double expected = -(mq_quantile_loss(level, y, 3) - mq_quantile_loss(level, y, 6));
    for (int k = 0; k < 3; k++)
        expected += mq_quantile_loss(level, (double)chain[k + 1], (double)chain[k]);

    // Other targets are unobserved, so that the sum holds the three pairs of the chain.
    float forecast[16] = {0};
    float observed[16];
    for (int o = 0; o < 4; o++) {
        for (int h = 0; h < 4; h++) {
            const bool is_target = o + h == 3;
            forecast[o * 4 + h] = is_target ? chain[o] : 0;
            observed[o * 4 + h] = is_target ? (float)y : NAN;
        }
    }
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, &level, 1, 4, 4, 1, false));
    mq_scores_add(scores, &unknown_facts, origin, forecast, observed);
    ck_assert_double_eq_tol(mq_scores_value(scores, "sEV"), expected / (3 * y), tight);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_stride_pairs_the_same_target_date)
{
    // Origins 2 apart: horizon 3 of the first is horizon 1 of the second.
    static const int64_t origin[] = {10, 12};
    static const float forecast[] = {-99, -99, 6, 2, -99, -99};
    const struct stability got = stability_of(0.5, 2, origin, 3, forecast, 4);
    ck_assert_double_eq_tol(got.sev, (0.5 * 4 - 0.5 * (2 - 2)) / 4, tight);
    ck_assert_double_eq_tol(got.sfpc, 200 * 4 / 8.0, tight);
}
END_TEST

START_TEST(test_long_horizons_and_many_levels_are_paired_alike)
{
    enum { LONG = 13, MANY = 9, STEP = 2 };
    static const int64_t origin[] = {5, 5 + STEP};
    double levels[MANY];
    float quantiles[2 * LONG * MANY];
    float observed[2 * LONG];
    double excess = 0, change = 0, sum_y = 0;
    int pairs = 0;
    struct mq_rng rng = mq_rng_at(9, MQ_RNG_TEST, 0, 0);
    for (int q = 0; q < MANY; q++)
        levels[q] = (q + 1) / 10.0;
    for (int i = 0; i < 2 * LONG * MANY; i++)
        quantiles[i] = (float)(10 * mq_rng_uniform(&rng));
    for (int date = 1; date <= LONG + STEP; date++) {
        const float y = date % 4 == 3 ? NAN : (float)mq_rng_below(&rng, 10);
        const float *older = quantiles + (date - 1) * MANY;
        const float *newer = quantiles + (LONG + date - STEP - 1) * MANY;
        if (date <= LONG) observed[date - 1] = y;
        if (date > STEP) observed[LONG + date - STEP - 1] = y;
        if (date <= STEP || date > LONG || isnan(y)) continue;
        pairs++;
        sum_y += (double)y;
        change += fabs((double)newer[4] - (double)older[4]) / ((double)newer[4] + (double)older[4]);
        for (int q = 0; q < MANY; q++) {
            const double x = (double)older[q], updated = (double)newer[q];
            excess += (mq_quantile_loss(levels[q], updated, x) -
                       mq_quantile_loss(levels[q], (double)y, x) +
                       mq_quantile_loss(levels[q], (double)y, updated)) /
                      MANY;
        }
    }
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, levels, MANY, LONG, 2, 1, false));
    mq_scores_add(scores, &unknown_facts, origin, quantiles, observed);
    ck_assert_double_eq_tol(mq_scores_value(scores, "sEV"), excess / sum_y, tight);
    ck_assert_double_eq_tol(mq_scores_value(scores, "sFPC"), 200 * change / pairs, 1e-6);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_change_of_zero_forecasts_is_zero)
{
    static const int64_t origin[] = {0, 1};
    static const float nothing[] = {0, 0, 0, 0};
    ck_assert_double_eq(stability_of(0.5, 2, origin, 2, nothing, 1).sfpc, 0);
}
END_TEST

START_TEST(test_stability_needs_two_origins_that_share_a_target)
{
    static const int64_t origin[] = {0, 2};
    static const float forecast[] = {1, 2, 3, 4};
    ck_assert_double_nan(stability_of(0.5, 1, origin, 2, forecast, 1).sev);
    ck_assert_double_nan(stability_of(0.5, 1, origin, 2, forecast, 1).sfpc);
    ck_assert_double_nan(stability_of(0.5, 2, origin, 2, forecast, 1).sev);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_update_between_old_forecast_and_truth_has_no_excess);
    tcase_add_test(tc, test_update_that_overshoots_or_retreats_has_excess);
    tcase_add_test(tc, test_excess_is_never_negative_and_zero_only_between);
    tcase_add_test(tc, test_excess_telescopes_along_a_chain);
    tcase_add_test(tc, test_stride_pairs_the_same_target_date);
    tcase_add_test(tc, test_long_horizons_and_many_levels_are_paired_alike);
    tcase_add_test(tc, test_change_of_zero_forecasts_is_zero);
    tcase_add_test(tc, test_stability_needs_two_origins_that_share_a_target);
    return run_tests("eval/stability", tc);
}
