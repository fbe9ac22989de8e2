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
    static mq_real y[ROWS * COLS_MOST], above[ROWS * COLS_MOST];
    const int64_t cols = widths[_i];
    mq_real x[COLS_MOST] = {0};
    for (int64_t c = 0; c < cols; c++)
        x[c] = (mq_real)(c + 1);
    for (int64_t i = 0; i < ROWS * cols; i++)
        above[i] = y[i] = (mq_real)(i % 31 - 20);
    mq_rows_add(ROWS, cols, x, y);
    mq_rows_add_relu(ROWS, cols, x, above);
    for (int64_t i = 0; i < ROWS * cols; i++) {
        const double want = (double)(i % 31 - 20 + i % cols + 1);
        ck_assert_double_eq((double)y[i], want);
        ck_assert_double_eq((double)above[i], relu(want));
    }
}
END_TEST

static const int64_t blocks[] = {1, 15, 16, 17, 33};
enum { N_BLOCKS = sizeof blocks / sizeof blocks[0], BLOCK_STRIDE = 48 };

// Softmax of column c over rows 0 .. c, 0 below; rows above n and columns between rows are nobody's.
START_TEST(test_columns_become_softmax_up_to_the_diagonal)
{
    const int64_t n = blocks[_i];
    const double scale = 0.5;
    mq_real x[BLOCK_STRIDE * BLOCK_STRIDE], w[BLOCK_STRIDE * BLOCK_STRIDE];
    mq_real dw[BLOCK_STRIDE * BLOCK_STRIDE], down[BLOCK_STRIDE * BLOCK_STRIDE];
    for (int64_t i = 0; i < BLOCK_STRIDE * BLOCK_STRIDE; i++) {
        const bool is_inside = i % BLOCK_STRIDE < n && i / BLOCK_STRIDE < n;
        w[i] = x[i] = (mq_real)(is_inside ? 3 * sin((double)i) : NAN);
        down[i] = dw[i] = (mq_real)(is_inside ? cos(2 * (double)i) : NAN);
    }
    mq_cols_soften(n, (mq_real)scale, w, BLOCK_STRIDE);
    mq_cols_soften_back(n, (mq_real)scale, w, down, BLOCK_STRIDE);
    for (int64_t c = 0; c < n; c++) {
        double sum = 0, mean = 0;
        for (int64_t r = 0; r <= c; r++)
            sum += exp(scale * (double)x[r * BLOCK_STRIDE + c]);
        for (int64_t r = 0; r <= c; r++) {
            mean += exp(scale * (double)x[r * BLOCK_STRIDE + c]) / sum *
                    (double)dw[r * BLOCK_STRIDE + c];
        }
        for (int64_t r = 0; r < n; r++) {
            const int64_t i = r * BLOCK_STRIDE + c;
            const double want = r <= c ? exp(scale * (double)x[i]) / sum : 0;
            const double slope = r <= c ? scale * want * ((double)dw[i] - mean) : 0;
            ck_assert_double_eq_tol((double)w[i], want, 1e-6);
            ck_assert_double_eq_tol((double)down[i], slope, 1e-6);
        }
    }
}
END_TEST

START_TEST(test_a_row_and_moving_rows_are_added_and_taken_back)
{
    enum { FEW = 5, STRIDE = 80 };
    const int64_t cols = widths[_i];
    mq_real y[FEW * STRIDE], shared[STRIDE], moving[FEW * STRIDE];
    mq_real dshared[STRIDE] = {0}, dmoving[FEW * STRIDE] = {0};
    for (int64_t i = 0; i < FEW * STRIDE; i++) {
        y[i] = (mq_real)i;
        moving[i] = (mq_real)(1000 * i);
        shared[i % STRIDE] = (mq_real)(0.5 * (double)(i % STRIDE));
    }
    mq_rows_add_two(FEW, cols, shared, moving, STRIDE, y);
    mq_rows_add_two_back(FEW, cols, y, dshared, dmoving, STRIDE);
    for (int64_t c = 0; c < cols; c++) {
        double sum = 0;
        for (int64_t r = 0; r < FEW; r++) {
            const double at = (double)(r * STRIDE + c);
            const double want = (double)(r * cols + c) + 0.5 * (double)c + 1000 * at;
            ck_assert_double_eq((double)y[r * cols + c], want);
            ck_assert_double_eq((double)dmoving[r * STRIDE + c], want);
            sum += want;
        }
        ck_assert_double_eq((double)dshared[c], sum);
    }
    ck_assert(dshared[cols] == 0 && dmoving[cols] == 0);
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
    tcase_add_loop_test(tc, test_columns_become_softmax_up_to_the_diagonal, 0, N_BLOCKS);
    tcase_add_loop_test(tc, test_a_row_and_moving_rows_are_added_and_taken_back, 0, N_WIDTHS);
    return run_tests("tensor/vecmath", tc);
}
