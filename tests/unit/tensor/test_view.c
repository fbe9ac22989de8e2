#include "mq/tensor/view.h"

#include "support/harness.h"

START_TEST(test_contiguous_view_strides_are_products_of_later_sizes)
{
    mq_real data[24];
    const struct mq_view view = mq_view_of(data, mq_shape3(2, 3, 4));
    ck_assert_int_eq(view.stride[0], 12);
    ck_assert_int_eq(view.stride[1], 4);
    ck_assert_int_eq(view.stride[2], 1);
    ck_assert(mq_view_is_contiguous(view));
    ck_assert(mq_shape_equal(mq_view_shape(view), mq_shape3(2, 3, 4)));
    ck_assert_int_eq(mq_shape_count(mq_shape4(2, 3, 4, 5)), 120);
}
END_TEST

START_TEST(test_slice_moves_the_start_and_keeps_strides)
{
    mq_real data[24];
    const struct mq_view view = mq_view_slice(mq_view_of(data, mq_shape3(2, 3, 4)), 1, 1, 2);
    ck_assert_ptr_eq(view.data, data + 4);
    ck_assert_int_eq(view.size[1], 2);
    ck_assert_int_eq(view.stride[0], 12);
    ck_assert(!mq_view_is_contiguous(view));
}
END_TEST

START_TEST(test_stride_of_a_single_element_does_not_matter)
{
    mq_real data[8];
    const struct mq_view view = mq_view_slice(mq_view_of(data, mq_shape2(2, 4)), 0, 1, 1);
    ck_assert(mq_view_is_contiguous(view));
}
END_TEST

START_TEST(test_shapes_of_different_rank_differ)
{
    ck_assert(!mq_shape_equal(mq_shape1(4), mq_shape2(4, 1)));
    ck_assert(!mq_shape_equal(mq_shape2(2, 3), mq_shape2(3, 2)));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("view");
    tcase_add_test(tc, test_contiguous_view_strides_are_products_of_later_sizes);
    tcase_add_test(tc, test_slice_moves_the_start_and_keeps_strides);
    tcase_add_test(tc, test_stride_of_a_single_element_does_not_matter);
    tcase_add_test(tc, test_shapes_of_different_rank_differ);
    return run_tests("tensor/view", tc);
}
