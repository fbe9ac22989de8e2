// Products of many rows, or of many columns, which are cut into pieces, are what their elements say.
#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/tensor/gemm.h"
#include "support/harness.h"

enum { ROWS = 1500, IN = 40, OUT = 33, WIDE = 120 }; // pieces of some 700 rows

struct tall {
    mq_real *x, *w, *y, *got, *want;
};

static mq_real *drawn(int64_t n, uint64_t stream)
{
    struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, stream, 0);
    mq_real *x = mq_calloc(n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (mq_real)mq_rng_normal(&rng);
    return x;
}

static struct tall tall_of(int64_t in, int64_t result)
{
    return (struct tall){drawn(ROWS * in, 0), drawn(in * OUT, 1), drawn(ROWS * OUT, 2),
                         drawn(result, 3), drawn(result, 3)};
}

static void check_and_release(struct tall *t, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_double_eq_tol((double)t->got[i], (double)t->want[i], 1e-3);
    mq_free(t->x);
    mq_free(t->w);
    mq_free(t->y);
    mq_free(t->got);
    mq_free(t->want);
}

START_TEST(test_tall_product)
{
    struct tall t = tall_of(IN, ROWS * OUT);
    mq_gemm_nn(ROWS, OUT, IN, t.x, IN, t.w, OUT, 1, t.got, OUT);
    for (int64_t r = 0; r < ROWS; r++)
        mq_gemm_nn(1, OUT, IN, t.x + r * IN, IN, t.w, OUT, 1, t.want + r * OUT, OUT);
    check_and_release(&t, ROWS * OUT);
}
END_TEST

START_TEST(test_gradient_by_the_matrix_of_a_tall_product)
{
    struct tall t = tall_of(IN, IN * OUT);
    mq_gemm_tn(IN, OUT, ROWS, t.x, IN, t.y, OUT, 0, t.got, OUT);
    for (int64_t r = 0; r < ROWS; r++)
        mq_gemm_tn(IN, OUT, 1, t.x + r * IN, IN, t.y + r * OUT, OUT, r > 0, t.want, OUT);
    check_and_release(&t, IN * OUT);
}
END_TEST

// A small matrix is turned first, a large one is not.
START_TEST(test_gradient_by_the_rows_of_a_tall_product)
{
    const int64_t in = _i ? WIDE + 5 : IN;
    struct tall t = tall_of(in, ROWS * in);
    mq_matmul_dx(mq_view_of(t.y, mq_shape2(ROWS, OUT)), t.w, 1,
                 mq_view_of(t.got, mq_shape2(ROWS, in)));
    for (int64_t r = 0; r < ROWS; r++)
        mq_gemm_nt(1, in, OUT, t.y + r * OUT, OUT, t.w, OUT, 1, t.want + r * in, in);
    check_and_release(&t, ROWS * in);
}
END_TEST

// Cut into columns, and those into rows: y = x w (500, 1000) over 40, or summed over 500 rows.
enum { HIGH = 500, DEEP = 40, BROAD = 1000 };

START_TEST(test_wide_product)
{
    mq_real *x = drawn(HIGH * DEEP, 0), *w = drawn(DEEP * BROAD, 1), *got = drawn(HIGH * BROAD, 3);
    mq_gemm_nn(HIGH, BROAD, DEEP, x, DEEP, w, BROAD, 0, got, BROAD);
    for (int64_t i = 0; i < HIGH * BROAD; i++) {
        double want = 0;
        for (int64_t k = 0; k < DEEP; k++)
            want += (double)x[i / BROAD * DEEP + k] * (double)w[k * BROAD + i % BROAD];
        ck_assert_double_eq_tol((double)got[i], want, 1e-4);
    }
    mq_free(x);
    mq_free(w);
    mq_free(got);
}
END_TEST

START_TEST(test_gradient_by_the_matrix_of_a_wide_product)
{
    mq_real *x = drawn(HIGH * DEEP, 0), *y = drawn(HIGH * BROAD, 2), *got = drawn(DEEP * BROAD, 3);
    mq_real *before = drawn(DEEP * BROAD, 3);
    mq_gemm_tn(DEEP, BROAD, HIGH, x, DEEP, y, BROAD, 1, got, BROAD);
    for (int64_t i = 0; i < DEEP * BROAD; i++) {
        double want = (double)before[i];
        for (int64_t r = 0; r < HIGH; r++)
            want += (double)x[r * DEEP + i / BROAD] * (double)y[r * BROAD + i % BROAD];
        ck_assert_double_eq_tol((double)got[i], want, 1e-3);
    }
    mq_free(x);
    mq_free(y);
    mq_free(got);
    mq_free(before);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tall");
    tcase_add_test(tc, test_tall_product);
    tcase_add_test(tc, test_gradient_by_the_matrix_of_a_tall_product);
    tcase_add_loop_test(tc, test_gradient_by_the_rows_of_a_tall_product, 0, 2);
    tcase_add_test(tc, test_wide_product);
    tcase_add_test(tc, test_gradient_by_the_matrix_of_a_wide_product);
    return run_tests("tensor/tall", tc);
}
