// How late orders are: as often as weighed, and a function of the order alone.
#include "mq/base/stock.h"
#include "support/harness.h"

enum { ORDERS = 100000 };

START_TEST(test_delays_come_as_often_as_weighed)
{
    static const double weight[] = {2, 0, 5, 3};
    int64_t count[4] = {0};
    for (int64_t i = 0; i < ORDERS; i++) {
        const struct mq_stock_order order = {7, i % 100, i / 100, 0};
        const int64_t late = mq_stock_delay(weight, 4, order);
        ck_assert(late >= 0 && late < 4);
        count[late]++;
    }
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol((double)count[i] / ORDERS, weight[i] / 10, 0.007); // 4 deviations
}
END_TEST

START_TEST(test_a_delay_is_a_function_of_the_order)
{
    static const double weight[] = {1, 1, 1, 1};
    const struct mq_stock_order order = {7, 12, 345, 0};
    int differs = 0;
    for (uint64_t visit = 0; visit < 20; visit++) {
        struct mq_stock_order other = order;
        other.visit = visit;
        ck_assert_int_eq(mq_stock_delay(weight, 4, other), mq_stock_delay(weight, 4, other));
        differs += mq_stock_delay(weight, 4, other) != mq_stock_delay(weight, 4, order);
    }
    ck_assert_int_gt(differs, 5);
}
END_TEST

START_TEST(test_without_weights_nothing_is_late)
{
    static const double none[] = {0, 0};
    static const double always[] = {0, 0, 1};
    const struct mq_stock_order order = {7, 12, 345, 0};
    ck_assert_int_eq(mq_stock_delay(NULL, 0, order), 0);
    ck_assert_int_eq(mq_stock_delay(none, 2, order), 0);
    ck_assert_int_eq(mq_stock_delay(always, 3, order), 2);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("delay");
    tcase_add_test(tc, test_delays_come_as_often_as_weighed);
    tcase_add_test(tc, test_a_delay_is_a_function_of_the_order);
    tcase_add_test(tc, test_without_weights_nothing_is_late);
    return run_tests("base/delay", tc);
}
