// The seasonal naive forecast and the scales of scaled errors.
#include "support/harness.h"

#include <math.h>
#include <stdlib.h>

#include "mq/base/rng.h"
#include "mq/classic/seasonal.h"

enum { N_MAX = 64 };

static const double median_only[] = {0.5};

static void check_values(const float got[], const float want[], int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_msg(fabsf(got[i] - want[i]) < 1e-5f, "value %d: got %g, want %g", i,
                      (double)got[i], (double)want[i]);
}

static void forecast(const float history[], int64_t n, int64_t season, int64_t horizon,
                     float median[])
{
    float scratch[N_MAX];
    mq_seasonal_naive(history, n, season, horizon, median_only, 1, 77, scratch, median);
}

START_TEST(test_last_season_repeats_for_ever)
{
    static const float history[] = {1, 2, 3, 1, 2, 3};
    static const float want[] = {1, 2, 3, 1, 2, 3, 1};
    float got[7];
    forecast(history, 6, 3, 7, got);
    check_values(got, want, 7);
}
END_TEST

START_TEST(test_season_of_one_is_the_last_value)
{
    static const float history[] = {4, 4, 4};
    static const float want[] = {4, 4};
    float got[2];
    forecast(history, 3, 1, 2, got);
    check_values(got, want, 2);
}
END_TEST

START_TEST(test_unobserved_value_falls_back_to_an_earlier_season)
{
    static const float history[] = {1, 2, 3, 1, NAN, 3};
    static const float want[] = {1, 2, 3};
    float got[3];
    forecast(history, 6, 3, 3, got);
    check_values(got, want, 3);
}
END_TEST

START_TEST(test_position_never_observed_falls_back_to_the_mean)
{
    static const float history[] = {2, NAN, 2, NAN};
    static const float want[] = {2, 2};
    float got[2];
    forecast(history, 4, 2, 2, got);
    check_values(got, want, 2);
}
END_TEST

START_TEST(test_history_shorter_than_a_season_spreads_around_its_mean)
{
    static const float history[] = {2, 4, 6};
    static const double levels[] = {0.25, 0.5, 0.75};
    static const float want[] = {3, 4, 5};
    float scratch[3];
    float got[3];
    mq_seasonal_naive(history, 3, 7, 1, levels, 3, 77, scratch, got);
    check_values(got, want, 3);
}
END_TEST

START_TEST(test_no_history_gives_the_cold_value)
{
    static const float unobserved[] = {NAN, NAN};
    static const float want[] = {77, 77};
    float got[2];
    forecast(unobserved, 0, 7, 2, got);
    check_values(got, want, 2);
    forecast(unobserved, 2, 7, 2, got);
    check_values(got, want, 2);
}
END_TEST

START_TEST(test_quantiles_add_those_of_past_errors)
{
    // Errors one season (of 1) back: +2, -1, +4, sorted -1 2 4; the last value is 15.
    static const float history[] = {10, 12, 11, 15};
    static const double levels[] = {0.25, 0.5, 0.75};
    static const float want[] = {15 + 0.5f, 15 + 2, 15 + 3};
    float scratch[4];
    float got[3];
    mq_seasonal_naive(history, 4, 1, 1, levels, 3, 0, scratch, got);
    check_values(got, want, 3);
}
END_TEST

START_TEST(test_errors_are_taken_as_many_seasons_back_as_the_horizon_looks)
{
    // A straight line of slope 1: j steps back the error is j, so the line goes on.
    float history[20];
    float want[5];
    float got[5];
    for (int t = 0; t < 20; t++)
        history[t] = (float)t;
    for (int k = 0; k < 5; k++)
        want[k] = (float)(20 + k);
    forecast(history, 20, 1, 5, got);
    check_values(got, want, 5);
}
END_TEST

START_TEST(test_quantiles_of_demand_are_not_negative)
{
    static const float demand[] = {0, 9, 0, 9, 0};
    static const float balance[] = {-1, 9, 0, 9, 0};
    static const double levels[] = {0.05};
    float scratch[5];
    float got = 0;
    mq_seasonal_naive(demand, 5, 1, 1, levels, 1, 0, scratch, &got);
    ck_assert(got == 0);
    mq_seasonal_naive(balance, 5, 1, 1, levels, 1, 0, scratch, &got);
    ck_assert(got < -8);
}
END_TEST

START_TEST(test_any_history_gives_finite_ascending_quantiles)
{
    enum { H = 11, Q = 5 };
    static const double levels[Q] = {0.01, 0.1, 0.5, 0.9, 0.99};
    for (uint32_t trial = 0; trial < 500; trial++) {
        struct mq_rng rng = mq_rng_at(11, MQ_RNG_TEST, trial, 0);
        const int64_t n = (int64_t)mq_rng_below(&rng, 40);
        const int64_t season = 1 + (int64_t)mq_rng_below(&rng, 8);
        float history[N_MAX];
        float scratch[N_MAX];
        float got[H * Q];
        for (int64_t t = 0; t < n; t++) {
            history[t] = (float)mq_rng_normal(&rng);
            if (mq_rng_below(&rng, 3) == 0) history[t] = mq_rng_below(&rng, 9) ? NAN : 3e38f;
        }
        mq_seasonal_naive(history, n, season, H, levels, Q, 1, scratch, got);
        for (int i = 0; i < H * Q; i++) {
            ck_assert_msg(isfinite(got[i]), "trial %u value %d", trial, i);
            ck_assert_msg(i % Q == 0 || got[i - 1] <= got[i], "trial %u value %d", trial, i);
        }
    }
}
END_TEST

START_TEST(test_several_origins_have_the_bits_of_each_alone)
{
    enum { H = 9, Q = 3, O = 5 };
    static const double levels[Q] = {0.1, 0.5, 0.9};
    static const int64_t ago[O] = {70, 41, 20, 3, 0}; // the first before the history, mostly
    for (uint32_t trial = 0; trial < 300; trial++) {
        struct mq_rng rng = mq_rng_at(13, MQ_RNG_TEST, trial, 0);
        const int64_t n = (int64_t)mq_rng_below(&rng, N_MAX + 1);
        const int64_t season = 1 + (int64_t)mq_rng_below(&rng, 30);
        float history[N_MAX];
        float scratch[N_MAX];
        float together[O * H * Q];
        for (int64_t t = 0; t < n; t++) // values that repeat, gaps
            history[t] = mq_rng_below(&rng, 4) ? (float)mq_rng_below(&rng, 9) / 3 - 1 : NAN;
        mq_seasonal_naive_origins(history, n, ago, O, season, H, levels, Q, 7, scratch, together);
        for (int o = 0; o < O; o++) {
            float alone[H * Q];
            mq_seasonal_naive(history, n > ago[o] ? n - ago[o] : 0, season, H, levels, Q, 7,
                              scratch, alone);
            ck_assert_mem_eq(together + o * H * Q, alone, sizeof alone);
        }
    }
}
END_TEST

START_TEST(test_in_sample_covers_its_own_level)
{
    // White noise: a level-0.9 forecast made from the past covers about nine of ten futures.
    enum { TRIALS = 400 };
    static const double levels[] = {0.9};
    int covered = 0;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct mq_rng rng = mq_rng_at(12, MQ_RNG_TEST, trial, 0);
        float history[N_MAX];
        float scratch[N_MAX];
        float got = 0;
        for (int t = 0; t < N_MAX; t++)
            history[t] = (float)mq_rng_normal(&rng);
        mq_seasonal_naive(history, N_MAX, 4, 1, levels, 1, 0, scratch, &got);
        covered += mq_rng_normal(&rng) <= (double)got;
    }
    ck_assert_msg(abs(covered - TRIALS * 9 / 10) < TRIALS / 20, "%d of %d", covered, TRIALS);
}
END_TEST

START_TEST(test_scales_average_pairs_of_observed_values)
{
    static const float history[] = {1, 5, NAN, 2, 8};
    ck_assert_double_eq_tol(mq_seasonal_mae(history, 5, 3), (1 + 3) / 2.0, 1e-12);
    ck_assert_double_eq_tol(mq_step_mse(history, 5), (16 + 36) / 2.0, 1e-12);
    ck_assert_double_nan(mq_seasonal_mae(history, 3, 3));
    ck_assert_double_nan(mq_step_mse(history, 1));
}
END_TEST

START_TEST(test_a_total_has_the_errors_of_totals)
{
    // Season 1: the point of a total of 2 is twice the last value; errors of the sums are
    // y1 + y2 - 2 y0: -1 + 0, 1 + 4, 3 + 2; with what is not known left out.
    static const float history[] = {2, 1, 2, 5, 4};
    static const double levels[] = {0, 0.5, 1};
    static const float want[] = {8 - 1, 8 + 5, 8 + 5};
    static const float gap[] = {2, 1, 2, NAN, 4};
    static const float after_gap[] = {8 - 1, 8 - 1, 8 - 1};
    float scratch[N_MAX];
    float got[3];
    mq_seasonal_naive_total(history, 5, 1, 2, levels, 3, 77, scratch, got);
    check_values(got, want, 3);
    mq_seasonal_naive_total(gap, 5, 1, 2, levels, 3, 77, scratch, got);
    check_values(got, after_gap, 3);
}
END_TEST

START_TEST(test_a_total_of_one_period_is_that_horizon)
{
    static const double levels[] = {0.1, 0.5, 0.9};
    float history[N_MAX];
    float scratch[N_MAX];
    float total[3];
    float alone[3];
    for (int64_t t = 0; t < N_MAX; t++)
        history[t] = (float)(t * t * 7 % 13);
    mq_seasonal_naive(history, N_MAX, 5, 1, levels, 3, 77, scratch, alone);
    mq_seasonal_naive_total(history, N_MAX, 5, 1, levels, 3, 77, scratch, total);
    check_values(total, alone, 3);
    mq_seasonal_naive_total(history, 0, 5, 3, levels, 3, 77, scratch, total); // nothing known
    check_values(total, (const float[]){3 * 77, 3 * 77, 3 * 77}, 3);
    mq_seasonal_naive_total(history, 2, 5, 3, levels, 3, 77, scratch, total); // no total yet
    check_values(total, (const float[]){3 * 3.5f, 3 * 3.5f, 3 * 3.5f}, 3);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_last_season_repeats_for_ever);
    tcase_add_test(tc, test_season_of_one_is_the_last_value);
    tcase_add_test(tc, test_unobserved_value_falls_back_to_an_earlier_season);
    tcase_add_test(tc, test_position_never_observed_falls_back_to_the_mean);
    tcase_add_test(tc, test_history_shorter_than_a_season_spreads_around_its_mean);
    tcase_add_test(tc, test_no_history_gives_the_cold_value);
    tcase_add_test(tc, test_quantiles_add_those_of_past_errors);
    tcase_add_test(tc, test_errors_are_taken_as_many_seasons_back_as_the_horizon_looks);
    tcase_add_test(tc, test_quantiles_of_demand_are_not_negative);
    tcase_add_test(tc, test_any_history_gives_finite_ascending_quantiles);
    tcase_add_test(tc, test_several_origins_have_the_bits_of_each_alone);
    tcase_add_test(tc, test_in_sample_covers_its_own_level);
    tcase_add_test(tc, test_scales_average_pairs_of_observed_values);
    tcase_add_test(tc, test_a_total_has_the_errors_of_totals);
    tcase_add_test(tc, test_a_total_of_one_period_is_that_horizon);
    return run_tests("classic/seasonal", tc);
}
