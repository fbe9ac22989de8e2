// Croston's method and its descendants, by numbers that can be checked by hand.
#include "support/harness.h"

#include <math.h>

#include "mq/classic/intermittent.h"

START_TEST(test_few_demands_are_intermittent)
{
    static const float rare[] = {0, 0, 3, 0, 0, 1};
    static const float frequent[] = {1, 2, 0, 4, NAN, 1};
    static const float negative[] = {0, 0, 0, 0, -1, 0};
    static const float none[] = {0, NAN, 0};
    static const float missing[] = {NAN, NAN};
    ck_assert(mq_is_intermittent(rare, 6));
    ck_assert(mq_is_intermittent(none, 3));
    ck_assert(!mq_is_intermittent(frequent, 6));
    ck_assert(!mq_is_intermittent(negative, 6));
    ck_assert(!mq_is_intermittent(missing, 2));
    ck_assert(!mq_is_intermittent(missing, 0));
}
END_TEST

// Means: 2 demands in 6 periods, of 4. A demand of 6 after 2 periods, one of 2 after 3.
START_TEST(test_croston_smooths_sizes_and_intervals)
{
    static const float y[] = {0, 6, 0, 0, 2, 0};
    double error = 0;
    struct mq_intermittent got = mq_intermittent_smooth(MQ_CROSTON, 0.5, 0, y, 6, &error);
    // size: 4 -> 5 -> 3.5; interval: 3 -> 2.5 -> 2.75
    ck_assert_double_eq_tol(got.size, 3.5, 1e-12);
    ck_assert_double_eq_tol(got.probability, 1 / 2.75, 1e-12);
    const double first = 4.0 / 3; // size / interval
    const double last = 3.5 / 2.75;
    const double want = first * first + (6 - first) * (6 - first) + 2 * 2 + 2 * 2 + 0 + last * last;
    ck_assert_double_eq_tol(error, want / 6, 1e-12);
    got = mq_intermittent_smooth(MQ_SBA, 0.5, 0, y, 6, NULL);
    ck_assert_double_eq_tol(got.probability, 0.75 / 2.75, 1e-12);
}
END_TEST

START_TEST(test_periods_not_observed_do_not_count_as_waiting)
{
    static const float y[] = {0, 6, 0, NAN, NAN, 0, 2, 0};
    const struct mq_intermittent got = mq_intermittent_smooth(MQ_CROSTON, 0.5, 0, y, 8, NULL);
    ck_assert_double_eq_tol(got.probability, 1 / 2.75, 1e-12);
}
END_TEST

START_TEST(test_probability_fades_without_demand)
{
    static const float y[] = {4, 0, 0, 0};
    const struct mq_intermittent got = mq_intermittent_smooth(MQ_TSB, 0.5, 0.2, y, 4, NULL);
    // 0.25 -> 0.4 -> three times less a fifth
    ck_assert_double_eq_tol(got.probability, 0.4 * 0.8 * 0.8 * 0.8, 1e-12);
    ck_assert_double_eq_tol(got.size, 4, 1e-12);
}
END_TEST

START_TEST(test_quantiles_are_a_hurdle_and_sizes)
{
    static const double levels[] = {0.1, 0.6, 0.999};
    float y[40];
    float scratch[40];
    float got[2 * 3];
    for (int t = 0; t < 40; t++)
        y[t] = t % 2 == 0 ? 0 : 5;
    mq_intermittent_quantiles(y, 40, 2, levels, 3, scratch, got);
    for (int h = 0; h < 2; h++) {
        ck_assert_float_eq(got[3 * h], 0);
        ck_assert_float_eq_tol(got[3 * h + 1], 5, 1e-5f);
        ck_assert_float_eq_tol(got[3 * h + 2], 5, 1e-5f);
    }
}
END_TEST

START_TEST(test_demand_that_ended_fades_from_the_quantiles)
{
    static const double levels[] = {0.5, 0.9};
    float y[120];
    float scratch[120];
    float got[2];
    for (int t = 0; t < 120; t++)
        y[t] = t < 60 && t % 2 == 0 ? 5 : 0;
    mq_intermittent_quantiles(y, 120, 1, levels, 2, scratch, got);
    ck_assert_float_eq(got[0], 0);
    ck_assert_float_eq(got[1], 0);
}
END_TEST

START_TEST(test_without_demand_quantiles_are_0)
{
    static const float y[] = {0, 0, NAN};
    static const double levels[] = {0.5, 0.99};
    float scratch[3];
    float got[2];
    mq_intermittent_quantiles(y, 3, 1, levels, 2, scratch, got);
    ck_assert_float_eq(got[0], 0);
    ck_assert_float_eq(got[1], 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_few_demands_are_intermittent);
    tcase_add_test(tc, test_croston_smooths_sizes_and_intervals);
    tcase_add_test(tc, test_periods_not_observed_do_not_count_as_waiting);
    tcase_add_test(tc, test_probability_fades_without_demand);
    tcase_add_test(tc, test_quantiles_are_a_hurdle_and_sizes);
    tcase_add_test(tc, test_demand_that_ended_fades_from_the_quantiles);
    tcase_add_test(tc, test_without_demand_quantiles_are_0);
    return run_tests("classic/intermittent", tc);
}
