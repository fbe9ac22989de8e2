// Sales as demand: what is known of them, and their mean.
#include "mq/data/demand.h"

#include <math.h>

#include "support/harness.h"

enum { START = 3, LENGTH = 6 };

// Sales; a day out of stock, one not observed, goods that came back.
static float target[LENGTH] = {4, 1, 0, NAN, -2, 7};
static float available[LENGTH] = {1, 0, 1, 1, 1, 1};

static struct mq_series_block block_of(int64_t start[1], int64_t length[1], int64_t offset[2])
{
    start[0] = START;
    length[0] = LENGTH;
    offset[0] = 0;
    offset[1] = LENGTH;
    return (struct mq_series_block){.n = 1,
                                    .start = start,
                                    .length = length,
                                    .offset = offset,
                                    .target = target,
                                    .available = available};
}

START_TEST(test_demand_is_known_where_a_product_was_observed_in_stock)
{
    static const double want[] = {0, 4, 0, 0, 0, 0, 7, 0};
    static const bool is_known[] = {false, true, false, true, false, true, true, false};
    int64_t start[1], length[1], offset[2];
    const struct mq_series_block block = block_of(start, length, offset);
    for (int64_t t = 0; t < LENGTH + 2; t++) {
        double demand = NAN;
        ck_assert_int_eq(mq_demand_at(&block, 0, START - 1 + t, &demand), is_known[t]);
        ck_assert_msg(demand == want[t], "period %d: %g", (int)t, demand);
    }
}
END_TEST

START_TEST(test_its_mean_is_over_known_periods_before_one)
{
    int64_t start[1], length[1], offset[2];
    const struct mq_series_block block = block_of(start, length, offset);
    ck_assert(mq_demand_mean(&block, 0, START) == 0);
    ck_assert(mq_demand_mean(&block, 0, START + 2) == 4);
    ck_assert(mq_demand_mean(&block, 0, START + 3) == 2);
    ck_assert(mq_demand_mean(&block, 0, START + LENGTH - 1) == 4.0 / 3);
    ck_assert(mq_demand_mean(&block, 0, START + LENGTH + 9) == 11.0 / 4);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("demand");
    tcase_add_test(tc, test_demand_is_known_where_a_product_was_observed_in_stock);
    tcase_add_test(tc, test_its_mean_is_over_known_periods_before_one);
    return run_tests("data/demand", tc);
}
