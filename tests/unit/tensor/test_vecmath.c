#include "mq/tensor/vecmath.h"

#include <math.h>

#include "support/harness.h"

enum { N = 1003 }; // not a multiple of any vector length

typedef void unary(int64_t n, mq_real *x);
typedef double reference(double x);
typedef void derivative(int64_t n, const mq_real *y, mq_real *dy);

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}
static double relu(double x)
{
    return fmax(x, 0);
}
static double elu(double x)
{
    return x > 0 ? x : expm1(x);
}

static const struct {
    const char *name;
    unary *f;
    reference *want;
    derivative *back;
} functions[] = {
    {"exp", mq_vec_exp, exp, NULL},
    {"tanh", mq_vec_tanh, tanh, mq_vec_tanh_back},
    {"sigmoid", mq_vec_sigmoid, sigmoid, mq_vec_sigmoid_back},
    {"softplus", mq_vec_softplus, softplus, NULL},
    {"relu", mq_vec_relu, relu, mq_vec_relu_back},
    {"elu", mq_vec_elu, elu, mq_vec_elu_back},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

START_TEST(test_functions_agree_with_the_library_over_the_whole_range)
{
    mq_real x[N], y[N];
    for (int i = 0; i < N; i++)
        y[i] = x[i] = (mq_real)(-40 + 80.0 * i / (N - 1));
    functions[_i].f(N, y);
    for (int i = 0; i < N; i++) {
        const double want = functions[_i].want((double)x[i]);
        const double tolerance = 1e-6 * (1 + fabs(want));
        ck_assert_msg(fabs((double)y[i] - want) <= tolerance, "%s(%g): got %g, want %g",
                      functions[_i].name, (double)x[i], (double)y[i], want);
    }
}
END_TEST

START_TEST(test_nan_passes_through)
{
    for (int at = 0; at < 35; at += 17) { // in the vector part and in the rest
        mq_real y[35] = {0};
        y[at] = (mq_real)NAN;
        functions[_i].f(35, y);
        ck_assert_msg(isnan(y[at]), "%s hides NaN at %d", functions[_i].name, at);
        ck_assert(!isnan(y[at + (at == 34 ? -1 : 1)]));
    }
}
END_TEST

START_TEST(test_extremes_stay_in_range)
{
    mq_real y[] = {-1000, 1000, (mq_real)-INFINITY, (mq_real)INFINITY};
    mq_vec_sigmoid(4, y);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq((double)y[i], i % 2);
    mq_real z[] = {-1000, 1000};
    mq_vec_softplus(2, z);
    ck_assert_double_eq((double)z[0], 0);
    ck_assert_double_eq((double)z[1], 1000);
}
END_TEST

START_TEST(test_derivatives_are_differences_of_the_function)
{
    if (functions[_i].back == NULL) return;
    const double h = 1e-5;
    for (int i = 0; i < 40; i++) {
        const double x = -4.1 + 0.2 * i; // not at 0
        mq_real y = (mq_real)functions[_i].want(x), dy = 3;
        functions[_i].back(1, &y, &dy);
        const double want = 3 * (functions[_i].want(x + h) - functions[_i].want(x - h)) / (2 * h);
        ck_assert_double_eq_tol((double)dy, want, 1e-5);
    }
}
END_TEST

// Narrow rows, several strips of columns; several runs of rows, and rows left over.
static const int64_t widths[] = {1, 3, 15, 16, 70};
enum { ROWS = 2007, COLS_MOST = 70, N_WIDTHS = sizeof widths / sizeof *widths };

START_TEST(test_row_sum_is_as_good_as_double)
{
    static mq_real x[ROWS * COLS_MOST];
    const int64_t cols = widths[_i];
    double want[COLS_MOST] = {0};
    mq_real sum[COLS_MOST] = {0};
    for (int64_t i = 0; i < ROWS * cols; i++) {
        x[i] = (mq_real)(1 + 0.001 * (double)(i % 97));
        want[i % cols] += (double)x[i];
    }
    mq_rows_sum(ROWS, cols, x, sum);
    for (int64_t c = 0; c < cols; c++)
        ck_assert_double_eq_tol((double)sum[c], want[c], 1e-6 * want[c]);
}
END_TEST

START_TEST(test_a_row_is_added_to_every_row)
{
    static mq_real y[ROWS * COLS_MOST];
    const int64_t cols = widths[_i];
    mq_real x[COLS_MOST] = {0};
    for (int64_t c = 0; c < cols; c++)
        x[c] = (mq_real)(c + 1);
    for (int64_t i = 0; i < ROWS * cols; i++)
        y[i] = (mq_real)(i % 31);
    mq_rows_add(ROWS, cols, x, y);
    for (int64_t i = 0; i < ROWS * cols; i++)
        ck_assert_double_eq((double)y[i], (double)(i % 31 + i % cols + 1));
}
END_TEST

START_TEST(test_view_put_copies_then_adds_between_strides)
{
    mq_real from[] = {1, 2, 3, 4, 5, 6}, to[12] = {0};
    const struct mq_view x = mq_view_of(from, mq_shape3(1, 2, 3));
    const struct mq_view y = mq_view_slice(mq_view_of(to, mq_shape3(1, 3, 4)), 2, 1, 3);
    mq_view_put(x, 0, mq_view_slice(y, 1, 1, 2));
    mq_view_put(x, 1, mq_view_slice(y, 1, 1, 2));
    const mq_real want[12] = {0, 0, 0, 0, 0, 2, 4, 6, 0, 8, 10, 12};
    for (int i = 0; i < 12; i++)
        ck_assert_double_eq((double)to[i], (double)want[i]);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("vecmath");
    tcase_add_loop_test(tc, test_functions_agree_with_the_library_over_the_whole_range, 0,
                        N_FUNCTIONS);
    tcase_add_loop_test(tc, test_nan_passes_through, 0, N_FUNCTIONS);
    tcase_add_test(tc, test_extremes_stay_in_range);
    tcase_add_loop_test(tc, test_derivatives_are_differences_of_the_function, 0, N_FUNCTIONS);
    tcase_add_loop_test(tc, test_row_sum_is_as_good_as_double, 0, N_WIDTHS);
    tcase_add_loop_test(tc, test_a_row_is_added_to_every_row, 0, N_WIDTHS);
    tcase_add_test(tc, test_view_put_copies_then_adds_between_strides);
    return run_tests("tensor/vecmath", tc);
}
