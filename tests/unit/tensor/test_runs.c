#include "mq/tensor/runs.h"

#include "support/harness.h"

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

// y a part of wider rows in groups, dy another or contiguous.
START_TEST(test_relu_goes_back_between_strides)
{
    enum { ROWS = 3, WIDE = 11, GROUPS = 2, COLS = 4 };
    mq_real y[ROWS * WIDE], d[ROWS * WIDE];
    for (int i = 0; i < ROWS * WIDE; i++) {
        y[i] = i % 3 == 0 ? 0 : i;
        d[i] = 100 + i;
    }
    const struct mq_view all = mq_view_of(d, mq_shape4(ROWS, 1, GROUPS, COLS));
    struct mq_view part = mq_view_of(y + 2, mq_shape4(ROWS, 1, GROUPS, COLS));
    part.stride[0] = part.stride[1] = WIDE;
    struct mq_view dpart = part;
    dpart.data = d + 2;
    const struct mq_view dy = _i == 0 ? dpart : all;
    mq_view_relu_back(part, dy);
    const int64_t stride = _i == 0 ? WIDE : GROUPS * COLS, first = _i == 0 ? 2 : 0;
    for (int64_t i = 0; i < ROWS * WIDE; i++) {
        const int64_t row = (i - first) / stride, col = (i - first) % stride;
        const bool is_inside = i >= first && row < ROWS && col < GROUPS * COLS;
        const bool is_off = is_inside && (row * WIDE + 2 + col) % 3 == 0;
        ck_assert_double_eq((double)d[i], is_off ? 0 : 100 + (double)i);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("runs");
    tcase_add_test(tc, test_view_put_copies_then_adds_between_strides);
    tcase_add_loop_test(tc, test_relu_goes_back_between_strides, 0, 2);
    return run_tests("tensor/runs", tc);
}
