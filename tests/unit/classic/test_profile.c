// Seasonal profiles: ratios to the mean around, and what they are shrunk to.
#include "support/harness.h"

#include <math.h>

#include "mq/classic/profile.h"

// A season of 4 around a straight line.
static void line_with_season(float y[], int n, const double shape[])
{
    for (int t = 0; t < n; t++)
        y[t] = (float)((100 + t) * shape[t % 4]);
}

START_TEST(test_planted_profile_is_found)
{
    static const double shape[] = {0.5, 1.5, 1.25, 0.75};
    float y[80];
    double sold[4] = {0};
    double expected[4] = {0};
    double profile[4];
    line_with_season(y, 80, shape);
    mq_profile_add(y, 80, 0, 4, sold, expected);
    mq_profile_shrink(4, sold, expected, NULL, 1e-9, profile);
    for (int j = 0; j < 4; j++)
        ck_assert_double_eq_tol(profile[j], shape[j], 0.01);
}
END_TEST

START_TEST(test_phases_are_those_of_the_first_period)
{
    static const double shape[] = {0.5, 1.5, 1.25, 0.75};
    float y[80];
    double sold[4] = {0};
    double expected[4] = {0};
    double profile[4];
    line_with_season(y, 80, shape);
    mq_profile_add(y, 80, 3, 4, sold, expected);
    mq_profile_shrink(4, sold, expected, NULL, 1e-9, profile);
    for (int j = 0; j < 4; j++)
        ck_assert_double_eq_tol(profile[(j + 3) % 4], shape[j], 0.01);
}
END_TEST

START_TEST(test_an_odd_season_with_holes)
{
    static const double shape[] = {0.6, 1.4, 1};
    float y[90];
    double sold[3] = {0};
    double expected[3] = {0};
    double profile[3];
    for (int t = 0; t < 90; t++)
        y[t] = t % 11 == 5 ? NAN : (float)(10 * shape[t % 3]);
    mq_profile_add(y, 90, 0, 3, sold, expected);
    mq_profile_shrink(3, sold, expected, NULL, 1e-9, profile);
    for (int j = 0; j < 3; j++)
        ck_assert_double_eq_tol(profile[j], shape[j], 0.05);
}
END_TEST

START_TEST(test_short_histories_are_their_group)
{
    static const float y[] = {1, 9, 5, 5};
    static const double group[] = {0.5, 1.5, 1, 1};
    double sold[4] = {0};
    double expected[4] = {0};
    double profile[4];
    mq_profile_add(y, 4, 0, 4, sold, expected);
    mq_profile_shrink(4, sold, expected, group, 4, profile);
    for (int j = 0; j < 4; j++)
        ck_assert_double_eq_tol(profile[j], group[j], 1e-12);
}
END_TEST

START_TEST(test_shrinkage_counts_seasons)
{
    static const double sold[] = {6, 2};
    static const double expected[] = {4, 4};
    double profile[2];
    mq_profile_shrink(2, sold, expected, NULL, 4, profile);
    ck_assert_double_eq_tol(profile[0], 10.0 / 8, 1e-12);
    ck_assert_double_eq_tol(profile[1], 6.0 / 8, 1e-12);
}
END_TEST

START_TEST(test_products_without_demand_or_season_add_nothing)
{
    static const float zeros[12] = {0};
    double sold[4] = {0};
    double expected[4] = {0};
    mq_profile_add(zeros, 12, 0, 4, sold, expected);
    mq_profile_add(zeros, 12, 0, 1, sold, expected);
    mq_profile_add(zeros, 0, 0, 4, sold, expected);
    for (int j = 0; j < 4; j++)
        ck_assert(sold[j] == 0 && expected[j] == 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_planted_profile_is_found);
    tcase_add_test(tc, test_phases_are_those_of_the_first_period);
    tcase_add_test(tc, test_an_odd_season_with_holes);
    tcase_add_test(tc, test_short_histories_are_their_group);
    tcase_add_test(tc, test_shrinkage_counts_seasons);
    tcase_add_test(tc, test_products_without_demand_or_season_add_nothing);
    return run_tests("classic/profile", tc);
}
