#include "tensor/tile.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/tensor/blas_info.h"
#include "support/gradcheck.h"
#include "support/harness.h"

enum { MARGIN = 40 };

static mq_real *filled(int64_t n, uint64_t seed)
{
    mq_real *x = mq_calloc(n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    struct mq_rng rng = mq_rng_at(seed, MQ_RNG_TEST, (uint64_t)n, 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = (mq_real)mq_rng_normal(&rng);
    return x;
}

static bool can_run(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

static double number(struct mq_tile_operand x, int64_t i, int64_t j)
{
    return (double)x.data[i * x.row + j * x.col];
}

/// c = beta c + a b one number at a time; what lies between and behind rows of c must stay.
static void check_product(int64_t m, int64_t n, int64_t k, bool a_turned, bool b_turned,
                          mq_real beta)
{
    const int64_t gap = 3, ldc = n + gap;
    mq_real *x = filled((m + gap) * (k + gap), 1), *y = filled((k + gap) * (n + gap), 2);
    mq_real *c = filled(m * ldc + MARGIN, 3), *before = filled(m * ldc + MARGIN, 3);
    const struct mq_tile_operand a = {x, a_turned ? 1 : k + gap, a_turned ? m + gap : 1};
    const struct mq_tile_operand b = {y, b_turned ? 1 : n + gap, b_turned ? k + gap : 1};
    for (int64_t i = 0; beta == 0 && i < m * n; i++)
        c[i / n * ldc + i % n] = (mq_real)NAN; // beta 0 does not read
    mq_tile_gemm(m, n, k, a, b, beta, c, ldc);
    for (int64_t i = 0; i < m * ldc + MARGIN; i++) {
        const int64_t row = i / ldc, column = i % ldc;
        double want = (double)before[i];
        if (row < m && column < n) {
            want = beta != 0 ? (double)beta * want : 0;
            for (int64_t p = 0; p < k; p++)
                want += number(a, row, p) * number(b, p, column);
        }
        const double tolerance = 1e-6 * (1 + (double)k);
        ck_assert_msg(fabs((double)c[i] - want) <= tolerance,
                      "%lld x %lld x %lld, beta %g, [%lld, %lld]: got %g, want %g", (long long)m,
                      (long long)n, (long long)k, (double)beta, (long long)row, (long long)column,
                      (double)c[i], want);
    }
    mq_free(x), mq_free(y), mq_free(c), mq_free(before);
}

START_TEST(test_every_tile_and_rest_multiplies)
{
    if (!can_run()) return;
    for (int64_t m = 1; m <= 26; m++) {
        for (int64_t n = 1; n <= 37; n++)
            check_product(m, n, 1 + (m * n) % 7, m % 2, n % 2, (mq_real)(n % 3 - 1));
    }
}
END_TEST

START_TEST(test_products_past_one_block_multiply)
{
    if (!can_run()) return;
    check_product(260, 33, 270, false, false, 1);
    check_product(3, 70, 600, true, false, 0);
    check_product(505, 5, 257, false, true, (mq_real)0.5);
}
END_TEST

START_TEST(test_few_columns_of_many_rows_multiply)
{
    if (!can_run()) return;
    for (int64_t m = 30; m <= 75; m += 5) {
        for (int64_t n = 1; n <= 5; n++) {
            check_product(m, n, 17, true, m % 2, (mq_real)(n % 2));
            check_product(m, n, 17, false, m % 2, (mq_real)(n % 2));
        }
    }
    check_product(300, 3, 270, true, false, 1);
}
END_TEST

START_TEST(test_nothing_to_sum_leaves_beta_c)
{
    if (!can_run()) return;
    check_product(7, 19, 0, false, false, 0);
    check_product(7, 19, 0, false, false, 2);
}
END_TEST

static const int64_t widths[] = {48, 45, 35, 3};

/// The last rows of a product alone: the same bits as among the others.
START_TEST(test_rows_do_not_depend_on_how_many_there_are)
{
    if (!can_run()) return;
    enum { M = 260, K = 300 };
    const int64_t few[] = {1, 2, 3, 5, 7, 12, 13, 19, 33, 100, 253}, N = widths[_i];
    mq_real *x = filled(M * K, 1), *y = filled(K * N, 2);
    mq_real *before = filled(M * N, 3), *all = filled(M * N, 3), *some = filled(M * N, 3);
    const struct mq_tile_operand b = {y, N, 1};
    mq_tile_gemm(M, N, K, (struct mq_tile_operand){x, K, 1}, b, 1, all, N);
    for (size_t i = 0; i < sizeof few / sizeof few[0]; i++) {
        const int64_t from = M - few[i];
        memcpy(some, before, (size_t)(M * N) * sizeof *some);
        mq_tile_gemm(few[i], N, K, (struct mq_tile_operand){x + from * K, K, 1}, b, 1,
                     some + from * N, N);
        ck_assert_mem_eq(some + from * N, all + from * N, (size_t)(few[i] * N) * sizeof *some);
    }
    mq_free(x), mq_free(y), mq_free(before), mq_free(all), mq_free(some);
}
END_TEST

START_TEST(test_tiles_serve_kernels_of_avx2)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    ck_assert(!mq_tile_serves());
#else
    ck_assert_int_eq(mq_tile_serves(), mq_blas_is_avx2());
    if (mq_tile_serves()) ck_assert(can_run());
#endif
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile");
    tcase_add_test(tc, test_every_tile_and_rest_multiplies);
    tcase_add_test(tc, test_products_past_one_block_multiply);
    tcase_add_test(tc, test_few_columns_of_many_rows_multiply);
    tcase_add_test(tc, test_nothing_to_sum_leaves_beta_c);
    tcase_add_loop_test(tc, test_rows_do_not_depend_on_how_many_there_are, 0,
                        sizeof widths / sizeof widths[0]);
    tcase_add_test(tc, test_tiles_serve_kernels_of_avx2);
    return run_tests("tensor/tile", tc);
}
