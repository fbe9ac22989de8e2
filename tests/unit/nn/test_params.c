#include "mq/nn/params.h"

#include <math.h>
#include <string.h>

#include "support/harness.h"

START_TEST(test_offsets_follow_the_order_of_declaration_without_gaps)
{
    struct mq_params params = {0};
    ck_assert_int_eq(mq_params_declare(&params, "a", mq_shape2(3, 5), 3, 5, MQ_INIT_GLOROT), 0);
    ck_assert_int_eq(mq_params_declare(&params, "b", mq_shape1(7), 3, 5, MQ_INIT_ZERO), 1);
    ck_assert_int_eq(params.table[1].offset, 15);
    ck_assert_int_eq(params.count, 22);
    ck_assert_int_eq(mq_params_find(&params, "b"), 1);
    ck_assert_int_eq(mq_params_find(&params, "c"), -1);
    mq_params_release(&params);
}
END_TEST

START_TEST(test_same_name_and_shape_is_the_same_parameter)
{
    struct mq_params params = {0};
    const int64_t first = mq_params_declare(&params, "a", mq_shape2(3, 5), 3, 5, MQ_INIT_ZERO);
    ck_ok(mq_params_allocate(&params));
    ck_assert_int_eq(mq_params_declare(&params, "a", mq_shape2(3, 5), 3, 5, MQ_INIT_ZERO), first);
    ck_assert_int_eq(mq_params_declare(&params, "a", mq_shape2(5, 3), 3, 5, MQ_INIT_ZERO), -1);
    ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "another shape"));
    ck_assert_int_eq(mq_params_declare(&params, "late", mq_shape1(1), 1, 1, MQ_INIT_ZERO), -1);
    ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "allocated"));
    ck_assert_int_eq(params.count, 15);
    mq_params_release(&params);
}
END_TEST

START_TEST(test_initial_values_depend_on_seed_and_kind)
{
    struct mq_params params = {0};
    (void)mq_params_declare(&params, "w", mq_shape2(40, 20), 40, 20, MQ_INIT_GLOROT);
    (void)mq_params_declare(&params, "e", mq_shape2(30, 8), 30, 8, MQ_INIT_EMBEDDING);
    (void)mq_params_declare(&params, "lstm", mq_shape1(8), 4, 2, MQ_INIT_LSTM_BIAS);
    ck_ok(mq_params_allocate(&params));
    mq_params_initialise(&params, 1);
    const mq_real first = params.values[0];
    const double bound = sqrt(6.0 / 60);
    double most = 0;
    for (int i = 0; i < 800; i++)
        most = fmax(most, fabs((double)params.values[i]));
    ck_assert_double_le(most, bound);
    ck_assert_double_ge(most, 0.95 * bound);
    const mq_real *e = params.values + params.table[1].offset;
    for (int i = 0; i < 8; i++)
        ck_assert_double_eq((double)e[i], 0); // the unknown category
    ck_assert_double_ne((double)e[8], 0);
    const mq_real *bias = params.values + params.table[2].offset;
    for (int i = 0; i < 8; i++)
        ck_assert_double_eq((double)bias[i], i == 2 || i == 3);
    mq_params_initialise(&params, 2);
    ck_assert_double_ne((double)params.values[0], (double)first);
    mq_params_initialise(&params, 1);
    ck_assert_double_eq((double)params.values[0], (double)first);
    mq_params_release(&params);
}
END_TEST

START_TEST(test_names_and_sizes_are_checked)
{
    struct mq_params params = {0};
    char name[MQ_PARAM_NAME_MAX + 1];
    memset(name, 'x', sizeof name);
    name[MQ_PARAM_NAME_MAX] = '\0';
    ck_assert_int_eq(mq_params_declare(&params, name, mq_shape1(1), 1, 1, MQ_INIT_ZERO), -1);
    ck_assert_int_eq(mq_params_declare(&params, "a", mq_shape2(2, 0), 1, 1, MQ_INIT_ZERO), -1);
    ck_assert_int_eq(params.n, 0);
    mq_params_release(&params);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("params");
    tcase_add_test(tc, test_offsets_follow_the_order_of_declaration_without_gaps);
    tcase_add_test(tc, test_same_name_and_shape_is_the_same_parameter);
    tcase_add_test(tc, test_initial_values_depend_on_seed_and_kind);
    tcase_add_test(tc, test_names_and_sizes_are_checked);
    return run_tests("nn/params", tc);
}
