#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "comm/fixed.h"
#include "mq/base/rng.h"
#include "mq/comm/reducer.h"

START_TEST(test_values_round_to_nearest_even_unit)
{
    const mq_real x[6] = {0x1p-44f, -0x1p-44f, 0x1p-45f, 0x1.8p-44f, -0x1.8p-44f, 1};
    const int64_t want[6] = {1, -1, 0, 2, -2, INT64_C(1) << 44};
    int64_t totals[6] = {0};
    ck_assert_int_eq(mq_fixed_add(totals, x, 6, 0x1p62), 0);
    ck_assert_mem_eq(totals, want, sizeof want);
}
END_TEST

/// Of every size from far below a unit to the limit, with odd and even halves among them.
START_TEST(test_every_size_becomes_the_nearest_integer)
{
    enum { N = 37 };
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int exponent = -60; exponent < 18; exponent++) {
        mq_real x[N];
        int64_t totals[N] = {0};
        for (int i = 0; i < N; i++) {
            const double few_bits = 1 + (double)(mq_rng_u32(&rng) % 16) / 16;
            const double size = i % 2 ? few_bits : 1 + (double)mq_rng_u32(&rng) * 0x1p-32;
            x[i] = (mq_real)ldexp(i % 3 ? size : -size, exponent);
            x[i] = fabs((double)x[i]) < 0x1p18 ? x[i] : 0;
        }
        ck_assert_int_eq(mq_fixed_add(totals, x, N, 0x1p62), 0);
        for (int i = 0; i < N; i++)
            ck_assert_int_eq(totals[i], (int64_t)rint((double)x[i] * 0x1p44));
    }
}
END_TEST

START_TEST(test_add_accumulates_and_value_inverts)
{
    mq_real x[3] = {0.5f, -0.25f, 1e-3f};
    int64_t totals[3] = {0};
    for (int i = 0; i < 4; i++)
        (void)mq_fixed_add(totals, x, 3, 0x1p62);
    mq_real sums[3];
    mq_fixed_value(sums, totals, 3);
    ck_assert_double_eq((double)sums[0], 2);
    ck_assert_double_eq((double)sums[1], -1);
    ck_assert_double_eq_tol((double)sums[2], 4e-3, 1e-9);
}
END_TEST

START_TEST(test_invalid_values_are_left_out_and_counted)
{
    const mq_real x[6] = {1,       (mq_real)NAN, (mq_real)INFINITY, -(mq_real)INFINITY,
                          0x1p18f, 0x1.fffp17f};
    int64_t totals[6] = {0};
    ck_assert_int_eq(mq_fixed_add(totals, x, 6, 0x1p62), 4);
    ck_assert_int_eq(totals[0], INT64_C(1) << 44);
    for (int i = 1; i <= 4; i++)
        ck_assert_int_eq(totals[i], 0);
    ck_assert_int_eq(mq_fixed_find_invalid(x, 6, 0x1p62), 1);
    ck_assert_int_eq(mq_fixed_find_invalid(x + 5, 1, 0x1p62), -1);
}
END_TEST

START_TEST(test_scalar_keeps_reals_to_its_unit)
{
    ck_assert_double_eq(mq_scalar_value(mq_scalar_from(-3.25)), -3.25);
    ck_assert_double_eq_tol(mq_scalar_value(mq_scalar_from(0.1)), 0.1, MQ_SCALAR_UNIT / 2);
    ck_assert(mq_scalar_from(0x1.fffffffffp38) > 0);
}
END_TEST

START_TEST(test_scalar_refuses_what_does_not_fit)
{
    ck_assert(mq_scalar_from(NAN) == MQ_SCALAR_INVALID);
    ck_assert(mq_scalar_from(INFINITY) == MQ_SCALAR_INVALID);
    ck_assert(mq_scalar_from(0x1p39) == MQ_SCALAR_INVALID);
    ck_assert(mq_scalar_from(-0x1p40) == MQ_SCALAR_INVALID);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("fixed");
    tcase_add_test(tc, test_values_round_to_nearest_even_unit);
    tcase_add_test(tc, test_every_size_becomes_the_nearest_integer);
    tcase_add_test(tc, test_add_accumulates_and_value_inverts);
    tcase_add_test(tc, test_invalid_values_are_left_out_and_counted);
    tcase_add_test(tc, test_scalar_keeps_reals_to_its_unit);
    tcase_add_test(tc, test_scalar_refuses_what_does_not_fit);
    return run_tests("comm/fixed", tc);
}
