// Quantiles of sums, and which one to order up to.
#include "support/harness.h"

#include <math.h>

#include "mq/base/stock.h"
#include "mq/inventory/newsvendor.h"

static const double levels[] = {0.1, 0.5, 0.9};

static void check(double got, double want)
{
    ck_assert_msg(fabs(got - want) < 1e-9, "got %g, want %g", got, want);
}

START_TEST(test_a_span_of_one_horizon_is_that_horizon)
{
    static const float quantiles[] = {1, 2, 6, 100, 100, 100};
    check(mq_span_quantile(levels, 3, quantiles, 1, 0.7), 4);
}
END_TEST

// Means 0.1 + 0.4 * 1 + 0.4 * 3 + 0.3 = 2; distances of the quantile at 0.9: 1 each, together 2.
START_TEST(test_distances_from_the_mean_add_as_squares)
{
    static const float quantiles[] = {1, 1, 3, 1, 1, 3, 1, 1, 3, 1, 1, 3};
    const double mean = 0.1 + 0.4 + 0.4 * 2 + 0.1 * 3;
    check(mq_span_quantile(levels, 3, quantiles, 4, 0.9), 4 * mean + 2 * (3 - mean));
    check(mq_span_quantile(levels, 3, quantiles, 4, 0.1), 4 * mean - 2 * (mean - 1));
}
END_TEST

START_TEST(test_the_critical_ratio_weighs_a_missing_unit_against_a_needless_one)
{
    const struct mq_stock_prices costs = {.holding = 1, .shortage = 9};
    const struct mq_stock_prices money = {.holding = 1, .price = 5, .cost = 2};
    const struct mq_stock_prices hopeless = {.holding = 1, .price = 1, .cost = 2};
    const struct mq_stock_span day = {.lead = 2, .review = 1};
    const struct mq_stock_span days = {.lead = 2, .review = 3};
    check(mq_stock_critical_ratio(&costs, day, false), 0.9);
    check(mq_stock_critical_ratio(&money, day, false), 0.75);
    check(mq_stock_critical_ratio(&money, days, false), 0.5);
    check(mq_stock_critical_ratio(&hopeless, day, false), 0);
    check(mq_stock_critical_ratio(&costs, day, true), 0.75); // 9 / (9 + 3)
    check(mq_stock_critical_ratio(&costs, (struct mq_stock_span){0, 1}, true), 0.9);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("newsvendor");
    tcase_add_test(tc, test_a_span_of_one_horizon_is_that_horizon);
    tcase_add_test(tc, test_distances_from_the_mean_add_as_squares);
    tcase_add_test(tc, test_the_critical_ratio_weighs_a_missing_unit_against_a_needless_one);
    return run_tests("inventory/newsvendor", tc);
}
