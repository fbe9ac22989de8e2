// Quantiles between and beyond the levels that are known.
#include "mq/base/level.h"
#include "support/harness.h"

static const double levels[] = {0.1, 0.5, 0.9};
static const float quantiles[] = {2, 4, 8};

static double at(double level)
{
    return mq_quantile_at(levels, 3, quantiles, level);
}

START_TEST(test_between_levels_lies_a_line)
{
    ck_assert(at(0.1) == 2 && at(0.5) == 4 && at(0.9) == 8);
    ck_assert_double_eq_tol(at(0.3), 3, 1e-12);
    ck_assert_double_eq_tol(at(0.8), 7, 1e-12);
}
END_TEST

START_TEST(test_beyond_the_outermost_it_stays)
{
    ck_assert(at(0) == 2 && at(0.05) == 2);
    ck_assert(at(0.95) == 8 && at(1) == 8);
    ck_assert(mq_quantile_at(levels + 1, 1, quantiles, 0.2) == 2);
}
END_TEST

START_TEST(test_a_level_not_known_has_no_quantile)
{
    ck_assert(isnan(at((double)NAN)));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("level");
    tcase_add_test(tc, test_between_levels_lies_a_line);
    tcase_add_test(tc, test_beyond_the_outermost_it_stays);
    tcase_add_test(tc, test_a_level_not_known_has_no_quantile);
    return run_tests("base/level", tc);
}
