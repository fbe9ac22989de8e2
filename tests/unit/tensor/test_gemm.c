#include "mq/tensor/gemm.h"

#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

static const double tolerance = 1e-5; // sums of at most 9 terms of order 1

static void fill(int64_t n, mq_real *x)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, (uint64_t)n, 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = (mq_real)mq_rng_normal(&rng);
}

static void check_value(int64_t index, double got, double want)
{
    ck_assert_msg(fabs(got - want) <= tolerance, "[%lld]: got %g, want %g, tolerance %g",
                  (long long)index, got, want, tolerance);
}

/// y (rows, O) = x w for any leading dimensions, one number at a time.
static void check_matmul(struct mq_view x, const mq_real *w, struct mq_view y)
{
    const int64_t in = x.size[x.rank - 1], out = y.size[y.rank - 1];
    const int64_t rows = mq_shape_count(mq_view_shape(y)) / out;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < out; o++) {
            double want = 0;
            for (int64_t i = 0; i < in; i++) {
                want += (double)*element(x, r * in + i) * (double)w[i * out + o];
            }
            check_value(r * out + o, (double)*element(y, r * out + o), want);
        }
    }
}

START_TEST(test_contiguous_views_multiply)
{
    mq_real x[2 * 3 * 4], w[4 * 5], y[2 * 3 * 5];
    fill(24, x);
    fill(20, w);
    memset(y, 0xff, sizeof y); // NaN: beta 0 must not read it
    const struct mq_view vx = mq_view_of(x, mq_shape3(2, 3, 4));
    const struct mq_view vy = mq_view_of(y, mq_shape3(2, 3, 5));
    mq_matmul(vx, w, 0, vy);
    check_matmul(vx, w, vy);
}
END_TEST

START_TEST(test_overlapping_rows_multiply)
{
    mq_real series[2 * 9], w[3 * 2], y[2 * 7 * 2];
    fill(18, series);
    fill(6, w);
    struct mq_view windows = mq_view_of(series, mq_shape3(2, 7, 3));
    windows.stride[0] = 9;
    windows.stride[1] = 1; // window t is series[t .. t+2]
    const struct mq_view vy = mq_view_of(y, mq_shape3(2, 7, 2));
    mq_matmul(windows, w, 0, vy);
    check_matmul(windows, w, vy);
}
END_TEST

START_TEST(test_columns_by_group_multiply)
{
    mq_real x[2 * 3 * 10], w[4 * 3], y[2 * 3 * 2 * 3];
    fill(60, x);
    fill(12, w);
    struct mq_view groups = mq_view_of(x + 1, mq_shape4(2, 3, 2, 4));
    groups.stride[0] = 30;
    groups.stride[1] = 10;
    const struct mq_view vy = mq_view_of(y, mq_shape4(2, 3, 2, 3));
    mq_matmul(groups, w, 0, vy);
    check_matmul(groups, w, vy);
}
END_TEST

START_TEST(test_gradients_are_transposed_products)
{
    // <dy, x w> = <x, dy w^T> = <x^T dy, w> for any x, w, dy: both gradients against one number.
    mq_real x[5 * 4], w[4 * 3], dy[5 * 3], y[5 * 3], dx[5 * 4], dw[4 * 3] = {0};
    fill(20, x);
    fill(12, w);
    fill(15, dy);
    const struct mq_view vx = mq_view_of(x, mq_shape2(5, 4)), vdx = mq_view_of(dx, mq_shape2(5, 4));
    const struct mq_view vy = mq_view_of(y, mq_shape2(5, 3)), vdy = mq_view_of(dy, mq_shape2(5, 3));
    mq_matmul(vx, w, 0, vy);
    mq_matmul_dx(vdy, w, 0, vdx);
    mq_matmul_dw(vx, vdy, dw);
    double by_y = 0, by_x = 0, by_w = 0;
    for (int i = 0; i < 15; i++)
        by_y += (double)dy[i] * (double)y[i];
    for (int i = 0; i < 20; i++)
        by_x += (double)dx[i] * (double)x[i];
    for (int i = 0; i < 12; i++)
        by_w += (double)dw[i] * (double)w[i];
    check_value(0, by_x, by_y);
    check_value(1, by_w, by_y);
}
END_TEST

START_TEST(test_beta_one_adds)
{
    const mq_real a[] = {1, 2}, b[] = {3, 4};
    mq_real c[] = {10};
    mq_gemm_nn(1, 1, 2, a, 2, b, 1, 1, c, 1);
    ck_assert_double_eq((double)c[0], 21);
    mq_gemm_nt(1, 1, 2, a, 2, b, 2, 0, c, 1);
    ck_assert_double_eq((double)c[0], 11);
    mq_gemm_tn(1, 1, 2, a, 1, b, 1, 1, c, 1);
    ck_assert_double_eq((double)c[0], 22);
}
END_TEST

// Many terms and few columns, as a wide layer's gradient by its input.
START_TEST(test_long_sums_add_up)
{
    enum { ROWS = 37, DEPTH = 1201, COLS = 70, LDA = DEPTH + 3, LDC = COLS + 1 };
    static mq_real a[ROWS * LDA], b[DEPTH * COLS], c[ROWS * LDC];
    fill(ROWS * LDA, a);
    fill(DEPTH * COLS, b);
    for (int beta = 0; beta < 2; beta++) {
        for (int i = 0; i < ROWS * LDC; i++)
            c[i] = beta == 0 ? (mq_real)NAN : 3;
        mq_gemm_nn(ROWS, COLS, DEPTH, a, LDA, b, COLS, beta, c, LDC);
        for (int64_t i = 0; i < ROWS * COLS; i++) {
            const int64_t row = i / COLS, col = i % COLS;
            double want = beta * 3;
            for (int64_t p = 0; p < DEPTH; p++)
                want += (double)a[row * LDA + p] * (double)b[p * COLS + col];
            ck_assert_double_eq_tol((double)c[row * LDC + col], want, 1e-3); // sums of 35 in size
        }
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("gemm");
    tcase_add_test(tc, test_contiguous_views_multiply);
    tcase_add_test(tc, test_overlapping_rows_multiply);
    tcase_add_test(tc, test_columns_by_group_multiply);
    tcase_add_test(tc, test_gradients_are_transposed_products);
    tcase_add_test(tc, test_beta_one_adds);
    tcase_add_test(tc, test_long_sums_add_up);
    return run_tests("tensor/gemm", tc);
}
