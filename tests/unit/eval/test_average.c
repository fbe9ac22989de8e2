// Means over origins by hand.
#include "support/harness.h"

#include <string.h>

#include "mq/eval/average.h"

// Three origins, the last after a gap of two periods; three horizons, two levels.
static const int64_t periods[] = {10, 11, 13};
static const float forecasts[] = {
    1, 2, 3, 4,  5, 6, // for periods 11, 12, 13
    5, 8, 9, 10, 7, 8, // 12, 13, 14
    3, 4, 2, 2,  0, 1, // 14, 15, 16
};

static void check_average(int64_t n, const float want[18])
{
    float mean[18];
    mq_average_origins(n, periods, 3, 3, 2, forecasts, mean);
    for (int i = 0; i < 18; i++)
        ck_assert_msg(mean[i] == want[i], "%d: got %g, want %g", i, (double)mean[i],
                      (double)want[i]);
}

START_TEST(test_average_over_one_origin_changes_nothing)
{
    check_average(1, forecasts);
}
END_TEST

START_TEST(test_average_joins_forecasts_of_one_date)
{
    const float want[] = {
        1, 2, 3, 4, 5, 6, // nothing before the first origin
        4, 6, 7, 8, 7, 8, // (5 + 3) / 2, (9 + 5) / 2; 14 was beyond the first one's horizon
        5, 6, 2, 2, 0, 1, // (3 + 7) / 2: the gap leaves one date in common
    };
    check_average(2, want);
}
END_TEST

START_TEST(test_average_takes_the_origins_there_are)
{
    const float want[] = {1, 2, 3, 4, 5, 6, 4, 6, 7, 8, 7, 8, 5, 6, 2, 2, 0, 1};
    check_average(3, want); // the first origin sees no date that the last one forecasts
    check_average(100, want);
}
END_TEST

START_TEST(test_average_of_a_constant_date_is_that_constant)
{
    const int64_t origins[] = {0, 1, 2, 3};
    float x[4 * 5];
    float mean[4 * 5];
    for (int o = 0; o < 4; o++)
        for (int h = 0; h < 5; h++)
            x[o * 5 + h] = (float)(o + h); // one value per date
    mq_average_origins(3, origins, 4, 5, 1, x, mean);
    ck_assert(memcmp(x, mean, sizeof x) == 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("average");
    tcase_add_test(tc, test_average_over_one_origin_changes_nothing);
    tcase_add_test(tc, test_average_joins_forecasts_of_one_date);
    tcase_add_test(tc, test_average_takes_the_origins_there_are);
    tcase_add_test(tc, test_average_of_a_constant_date_is_that_constant);
    return run_tests("eval/average", tc);
}
