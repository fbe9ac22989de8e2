// Products drawn again without being kept.
#include "support/harness.h"

#include <math.h>

#include "mq/inventory/bootstrap.h"

START_TEST(test_weights_are_poisson_numbers_of_mean_one)
{
    enum { PRODUCTS = 5000 };
    double sum = 0;
    double squares = 0;
    for (int64_t i = 0; i < PRODUCTS; i++) {
        double weight[MQ_BOOTSTRAP_GROUP];
        mq_bootstrap_weights(7, i, 3, weight);
        for (int k = 0; k < MQ_BOOTSTRAP_GROUP; k++) {
            sum += weight[k];
            squares += (weight[k] - 1) * (weight[k] - 1);
        }
    }
    const double n = PRODUCTS * MQ_BOOTSTRAP_GROUP;
    ck_assert_msg(fabs(sum / n - 1) < 0.03, "mean %g", sum / n);
    ck_assert_msg(fabs(squares / n - 1) < 0.06, "variance %g", squares / n);
}
END_TEST

START_TEST(test_weights_depend_on_seed_product_and_resample_alone)
{
    double one[MQ_BOOTSTRAP_GROUP];
    double same[MQ_BOOTSTRAP_GROUP];
    bool differs = false;
    for (int64_t i = 0; i < 20; i++) {
        mq_bootstrap_weights(7, i, 3, one);
        mq_bootstrap_weights(7, i, 3, same);
        ck_assert_mem_eq(one, same, sizeof one);
        mq_bootstrap_weights(7, i, 4, same);
        for (int k = 0; k < MQ_BOOTSTRAP_GROUP; k++)
            differs = differs || one[k] != same[k];
    }
    ck_assert(differs);
}
END_TEST

START_TEST(test_an_interval_is_the_middle_of_what_is_known)
{
    double values[203] = {NAN, NAN};
    double interval[2];
    for (int i = 2; i < 203; i++)
        values[i] = 202 - i; // 200, ..., 0
    mq_bootstrap_interval(values, 203, interval);
    ck_assert_msg(fabs(interval[0] - 5) < 1e-12, "low %g", interval[0]);
    ck_assert_msg(fabs(interval[1] - 195) < 1e-12, "high %g", interval[1]);
}
END_TEST

START_TEST(test_half_of_the_resamples_are_not_enough)
{
    double values[] = {1, NAN, NAN, NAN};
    double interval[2];
    mq_bootstrap_interval(values, 4, interval);
    ck_assert(isnan(interval[0]) && isnan(interval[1]));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("bootstrap");
    tcase_add_test(tc, test_weights_are_poisson_numbers_of_mean_one);
    tcase_add_test(tc, test_weights_depend_on_seed_product_and_resample_alone);
    tcase_add_test(tc, test_an_interval_is_the_middle_of_what_is_known);
    tcase_add_test(tc, test_half_of_the_resamples_are_not_enough);
    return run_tests("inventory/bootstrap", tc);
}
