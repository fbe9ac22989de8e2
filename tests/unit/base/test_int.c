// Checked conversions and even cuts.
#include "support/harness.h"

#include <limits.h>
#include <signal.h>

#include "mq/base/int.h"

START_TEST(test_what_fits_an_int_passes)
{
    ck_assert_int_eq(mq_to_int(INT_MAX), INT_MAX);
    ck_assert_int_eq(mq_to_int(INT_MIN), INT_MIN);
}
END_TEST

START_TEST(test_what_does_not_fit_ends_the_program)
{
    (void)mq_to_int((int64_t)INT_MAX + 1);
}
END_TEST

START_TEST(test_parts_cover_everything_once_and_differ_by_one_at_most)
{
    static const int64_t counts[] = {0, 1, 7, 64, 1000, INT64_MAX};
    for (int c = 0; c < 6; c++) {
        for (int64_t parts = 1; parts <= 9; parts++) {
            ck_assert_int_eq(mq_split(counts[c], parts, 0), 0);
            ck_assert_int_eq(mq_split(counts[c], parts, parts), counts[c]);
            for (int64_t i = 0; i < parts; i++) {
                const int64_t n = mq_split(counts[c], parts, i + 1) - mq_split(counts[c], parts, i);
                ck_assert(n == counts[c] / parts || n == counts[c] / parts + 1);
            }
        }
    }
}
END_TEST

START_TEST(test_smaller_and_larger)
{
    ck_assert_int_eq(mq_min_i64(INT64_MIN, 3), INT64_MIN);
    ck_assert_int_eq(mq_max_i64(INT64_MIN, 3), 3);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("int");
    tcase_add_test(tc, test_what_fits_an_int_passes);
    tcase_add_test_raise_signal(tc, test_what_does_not_fit_ends_the_program, SIGABRT);
    tcase_add_test(tc, test_parts_cover_everything_once_and_differ_by_one_at_most);
    tcase_add_test(tc, test_smaller_and_larger);
    return run_tests("base/int", tc);
}
