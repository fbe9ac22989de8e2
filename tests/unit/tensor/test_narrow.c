// Backwards through a map to few columns, beside the sums by definition.
#include "mq/tensor/narrow.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "support/harness.h"

enum { ROWS = 2 * 3 * 5, Q = 3 };

static const struct {
    int64_t in;
    mq_real beta;
    bool rectifies;
} cases[] = {
    {16, 0, false}, {16, 1, true}, {24, 0, true},  {24, 1, false}, {32, 1, true},
    {32, 0, true},  {33, 1, true}, {47, 0, false}, {64, 0, true},  {256, 1, true},
};

// (2, 3, 5, cols) with NaN between rows, forks and series, or between rows alone.
static struct mq_view random_view(struct mq_rng *rng, int64_t cols, bool is_even)
{
    const struct mq_shape roomy = mq_shape4(2, is_even ? 3 : 4, is_even ? 5 : 7, cols + 3);
    mq_real *memory = mq_calloc(mq_shape_count(roomy), sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    for (int64_t i = 0; i < mq_shape_count(roomy); i++)
        memory[i] = (mq_real)NAN;
    struct mq_view view = mq_view_of(memory, roomy);
    view = mq_view_slice(mq_view_slice(mq_view_slice(view, 1, 0, 3), 2, 0, 5), 3, 0, cols);
    for (int64_t b = 0; b < 2; b++)
        for (int64_t f = 0; f < 3; f++)
            for (int64_t k = 0; k < 5; k++)
                for (int64_t c = 0; c < cols; c++)
                    view.data[b * view.stride[0] + f * view.stride[1] + k * view.stride[2] + c] =
                        (mq_real)mq_rng_normal(rng);
    return view;
}

static mq_real *row_of(struct mq_view view, int64_t r)
{
    return view.data + r / 15 * view.stride[0] + r / 5 % 3 * view.stride[1] +
           r % 5 * view.stride[2];
}

// Of three dimensions.
static struct mq_view series_of(struct mq_view view, int64_t b)
{
    struct mq_view one = mq_view_of(view.data + b * view.stride[0],
                                    mq_shape3(view.size[1], view.size[2], view.size[3]));
    for (int d = 0; d < 3; d++)
        one.stride[d] = view.stride[d + 1];
    return one;
}

static void check(double got, double want, const char *what, int64_t i)
{
    ck_assert_msg(fabs(got - want) <= 1e-4 * (1 + fabs(want)), "%s[%lld]: %g, not %g", what,
                  (long long)i, got, want);
}

START_TEST(test_both_gradients_and_the_relu_are_those_of_the_definition)
{
    const int64_t in = cases[_i / 2].in;
    struct mq_rng rng = mq_rng_at(3, MQ_RNG_TEST, 0, 0);
    const bool is_even = _i % 2;
    const struct mq_view x = random_view(&rng, in, is_even), dy = random_view(&rng, Q, is_even);
    const struct mq_view dx = random_view(&rng, in, is_even);
    for (int64_t i = 0; i < ROWS * in; i += 3) // as a ReLU leaves them
        row_of(x, i / in)[i % in] = 0;
    mq_real w[256 * Q], dw[256 * Q];
    double want_dw[256 * Q], want_dx[ROWS * 256];
    for (int64_t i = 0; i < in * Q; i++) {
        w[i] = (mq_real)mq_rng_normal(&rng);
        want_dw[i] = (double)(dw[i] = (mq_real)mq_rng_normal(&rng));
    }
    for (int64_t r = 0; r < ROWS; r++) {
        for (int64_t c = 0; c < in; c++) {
            const double own = (double)row_of(x, r)[c];
            double sum = cases[_i / 2].beta != 0 ? (double)row_of(dx, r)[c] : 0;
            for (int64_t q = 0; q < Q; q++) {
                sum += (double)row_of(dy, r)[q] * (double)w[c * Q + q];
                want_dw[c * Q + q] += (double)row_of(dy, r)[q] * own;
            }
            want_dx[r * in + c] = cases[_i / 2].rectifies && own <= 0 ? 0 : sum;
        }
    }
    const mq_real beta = cases[_i / 2].beta;
    const bool rectifies = cases[_i / 2].rectifies;
    if (_i % 3 == 0) { // series by series
        for (int64_t b = 0; b < 2; b++)
            ck_assert(mq_narrow_back(series_of(x, b), series_of(dy, b), w, dw, beta, rectifies,
                                     series_of(dx, b)));
    } else {
        ck_assert(mq_narrow_back(x, dy, w, dw, beta, rectifies, dx));
    }
    for (int64_t i = 0; i < in * Q; i++)
        check((double)dw[i], want_dw[i], "dw", i);
    for (int64_t i = 0; i < ROWS * in; i++)
        check((double)row_of(dx, i / in)[i % in], want_dx[i], "dx", i);
    for (int64_t r = 0; r < ROWS; r++)
        ck_assert(isnan((double)row_of(dx, r)[in])); // what lies between rows stays
    mq_free(x.data);
    mq_free(dy.data);
    mq_free(dx.data);
}
END_TEST

START_TEST(test_other_widths_are_left_to_products)
{
    static const struct {
        int64_t in;
        int64_t columns;
    } refused[] = {{32, 4}, {32, 1}, {32, 9}, {4, 3}, {257, 3}};
    struct mq_rng rng = mq_rng_at(3, MQ_RNG_TEST, 0, 0);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct mq_view x = random_view(&rng, refused[i].in, false);
        const struct mq_view dy = random_view(&rng, refused[i].columns, false);
        mq_real w[257 * 9] = {0}, dw[257 * 9] = {0};
        ck_assert(!mq_narrow_back(x, dy, w, dw, 0, false, x));
        ck_assert_double_ne((double)x.data[0], 0);
        for (int64_t j = 0; j < refused[i].in * refused[i].columns; j++)
            ck_assert_double_eq((double)dw[j], 0);
        mq_free(x.data);
        mq_free(dy.data);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("narrow");
    tcase_add_loop_test(tc, test_both_gradients_and_the_relu_are_those_of_the_definition, 0,
                        2 * sizeof cases / sizeof cases[0]);
    tcase_add_test(tc, test_other_widths_are_left_to_products);
    return run_tests("tensor/narrow", tc);
}
