#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/optim/optimizer.h"

/// Relative to mq_real float.
static const double tolerance = 1e-6;

static struct mq_optimizer *new_optimizer(struct mq_train_settings settings, int64_t count)
{
    struct mq_optimizer *optimizer = NULL;
    ck_ok(mq_optimizer_new(&optimizer, &settings, count));
    return optimizer;
}

/// Worked by hand from algorithm 1: lr 0.1, beta 0.9 and 0.999. The first step is lr * sign(g);
/// at the second, for the first value, m = 0.145, v = 0.00124975, so x -= 0.1 * 0.76316 / 0.79069.
START_TEST(test_adam_follows_three_steps_by_hand)
{
    struct mq_optimizer *adam =
        new_optimizer((struct mq_train_settings){.optimizer = MQ_OPTIMIZER_ADAM}, 2);
    const mq_real gradients[3][2] = {{0.5f, -1}, {1, 0.25f}, {-2, 0}};
    const double want[3][2] = {{0.9, -1.9}, {0.80348180, -1.85305318}, {0.82286125, -1.81676316}};
    mq_real x[2] = {1, -2};
    for (int step = 0; step < 3; step++) {
        (void)mq_optimizer_step(adam, x, gradients[step], 0.1);
        ck_assert_double_eq_tol((double)x[0], want[step][0], tolerance);
        ck_assert_double_eq_tol((double)x[1], want[step][1], tolerance);
    }
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    ck_assert_int_eq(mq_optimizer_states(adam, states), 2);
    ck_assert_str_eq(states[0].name, "first_moment");
    ck_assert_double_eq_tol((double)states[0].values[0], -0.0695, tolerance);
    ck_assert_double_eq_tol((double)states[1].values[0], 0.0052485, tolerance);
    ck_assert_int_eq(mq_optimizer_steps(adam), 3);
    mq_optimizer_free(adam);
}
END_TEST

START_TEST(test_sgd_carries_momentum)
{
    struct mq_optimizer *sgd =
        new_optimizer((struct mq_train_settings){.optimizer = MQ_OPTIMIZER_SGD}, 1);
    const mq_real gradient[1] = {2};
    mq_real x[1] = {1};
    (void)mq_optimizer_step(sgd, x, gradient, 0.1); // u = 2
    ck_assert_double_eq_tol((double)x[0], 0.8, tolerance);
    (void)mq_optimizer_step(sgd, x, gradient, 0.1); // u = 1.8 + 2
    ck_assert_double_eq_tol((double)x[0], 0.42, tolerance);
    mq_optimizer_free(sgd);
}
END_TEST

START_TEST(test_clip_scales_a_long_gradient_to_the_norm_once)
{
    const struct mq_train_settings settings = {.optimizer = MQ_OPTIMIZER_SGD, .clip = 0.5};
    struct mq_optimizer *sgd = new_optimizer(settings, 2);
    const mq_real gradient[2] = {3, -4};
    mq_real x[2] = {0, 0};
    ck_assert_double_eq(mq_optimizer_step(sgd, x, gradient, 1), 5);
    ck_assert_double_eq_tol((double)x[0], -0.3, tolerance);
    ck_assert_double_eq_tol((double)x[1], 0.4, tolerance);
    ck_assert_double_eq((double)gradient[0], 3);
    mq_optimizer_free(sgd);
}
END_TEST

START_TEST(test_clip_leaves_a_short_gradient_alone)
{
    const struct mq_train_settings settings = {.optimizer = MQ_OPTIMIZER_SGD, .clip = 5.5};
    struct mq_optimizer *sgd = new_optimizer(settings, 2);
    const mq_real gradient[2] = {3, -4};
    mq_real x[2] = {0, 0};
    ck_assert_double_eq(mq_optimizer_step(sgd, x, gradient, 1), 5);
    ck_assert_double_eq((double)x[0], -3);
    ck_assert_double_eq((double)x[1], 4);
    mq_optimizer_free(sgd);
}
END_TEST

START_TEST(test_weight_decay_is_decoupled_from_the_gradient)
{
    for (int kind = MQ_OPTIMIZER_ADAM; kind <= MQ_OPTIMIZER_SGD; kind++) {
        const struct mq_train_settings settings = {.optimizer = kind, .weight_decay = 0.5};
        struct mq_optimizer *optimizer = new_optimizer(settings, 1);
        const mq_real gradient[1] = {0};
        mq_real x[1] = {4};
        (void)mq_optimizer_step(optimizer, x, gradient, 0.1); // 4 * (1 - 0.1 * 0.5)
        ck_assert_double_eq_tol((double)x[0], 3.8, 4 * tolerance);
        mq_optimizer_free(optimizer);
    }
}
END_TEST

START_TEST(test_norm_counts_every_element_once)
{
    mq_real x[40] = {0};
    for (int64_t n = 1; n <= 40; n++) {
        x[n - 1] = 2;
        ck_assert_double_eq_tol(mq_global_norm(x, n), 2 * sqrt((double)n), 1e-14);
    }
    ck_assert_double_eq(mq_global_norm(x, 0), 0);
}
END_TEST

/// From 0, sgd with lr 1 and gradient -1 reaches 1, 2.9 and 5.61. Of these the average takes all,
/// then 9/10, then the 0.85 of its decay, which is more than 9/11.
START_TEST(test_the_average_follows_the_weights_and_takes_their_place)
{
    const struct mq_train_settings settings = {.optimizer = MQ_OPTIMIZER_SGD, .average = 0.15};
    struct mq_optimizer *sgd = new_optimizer(settings, 1);
    const mq_real gradient[1] = {-1};
    const double weights[3] = {1, 2.9, 5.61};
    const double average[3] = {1, 2.71, 5.175};
    mq_real x[1] = {0};
    for (int step = 0; step < 3; step++) {
        (void)mq_optimizer_step(sgd, x, gradient, 1);
        ck_assert_double_eq_tol((double)x[0], weights[step], 10 * tolerance);
        mq_optimizer_exchange(sgd, x);
        ck_assert_double_eq_tol((double)x[0], average[step], 10 * tolerance);
        mq_optimizer_exchange(sgd, x);
    }
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    ck_assert_int_eq(mq_optimizer_states(sgd, states), 2);
    ck_assert_str_eq(states[1].name, "weights");
    mq_optimizer_free(sgd);
}
END_TEST

START_TEST(test_without_an_average_there_is_nothing_to_exchange)
{
    struct mq_optimizer *sgd =
        new_optimizer((struct mq_train_settings){.optimizer = MQ_OPTIMIZER_SGD}, 1);
    mq_real x[1] = {7};
    mq_optimizer_exchange(sgd, x);
    mq_optimizer_exchange(NULL, x);
    ck_assert_double_eq((double)x[0], 7);
    mq_optimizer_free(sgd);
}
END_TEST

enum { COUNT = 37 };

static void fill(mq_real g[COUNT], int step)
{
    for (int i = 0; i < COUNT; i++)
        g[i] = (mq_real)sin(i + 0.7 * step);
}

/// Two more steps of each must give the same bits, so the enumerated state is the whole state.
START_TEST(test_copied_state_continues_with_the_same_bits)
{
    for (int kind = MQ_OPTIMIZER_ADAM; kind <= MQ_OPTIMIZER_SGD; kind++) {
        const struct mq_train_settings settings = {
            .optimizer = kind, .clip = 1, .weight_decay = 0.01, .average = 0.9};
        struct mq_optimizer *old = new_optimizer(settings, COUNT);
        struct mq_optimizer *new = new_optimizer(settings, COUNT);
        mq_real x[COUNT] = {0};
        mq_real y[COUNT];
        mq_real g[COUNT];
        for (int step = 0; step < 3; step++) {
            fill(g, step);
            (void)mq_optimizer_step(old, x, g, 0.01);
        }
        struct mq_optimizer_state from[MQ_OPTIMIZER_STATES_MAX];
        struct mq_optimizer_state to[MQ_OPTIMIZER_STATES_MAX];
        const int64_t n = mq_optimizer_states(old, from);
        ck_assert_int_eq(mq_optimizer_states(new, to), n);
        for (int64_t i = 0; i < n; i++)
            memcpy(to[i].values, from[i].values, (size_t)from[i].count * sizeof(mq_real));
        mq_optimizer_set_steps(new, mq_optimizer_steps(old));
        memcpy(y, x, sizeof y);
        const uint64_t calls = mq_alloc_calls();
        for (int step = 3; step < 5; step++) {
            fill(g, step);
            (void)mq_optimizer_step(old, x, g, 0.01);
            (void)mq_optimizer_step(new, y, g, 0.01);
        }
        ck_assert_uint_eq(mq_alloc_calls(), calls);
        ck_assert_mem_eq(x, y, sizeof x);
        mq_optimizer_exchange(old, x);
        mq_optimizer_exchange(new, y);
        ck_assert_mem_eq(x, y, sizeof x);
        mq_optimizer_free(old);
        mq_optimizer_free(new);
    }
}
END_TEST

START_TEST(test_out_of_memory_is_a_clean_failure)
{
    const struct mq_train_settings settings = {.optimizer = MQ_OPTIMIZER_ADAM, .average = 0.9};
    for (uint64_t nth = 1; nth <= 4; nth++) {
        struct mq_optimizer *adam = NULL;
        mq_alloc_fail_at(nth);
        ck_fails(mq_optimizer_new(&adam, &settings, COUNT), MQ_FAILED, "out of memory");
        ck_assert_ptr_null(adam);
    }
    mq_alloc_fail_at(0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("optimizer");
    tcase_add_test(tc, test_adam_follows_three_steps_by_hand);
    tcase_add_test(tc, test_sgd_carries_momentum);
    tcase_add_test(tc, test_clip_scales_a_long_gradient_to_the_norm_once);
    tcase_add_test(tc, test_clip_leaves_a_short_gradient_alone);
    tcase_add_test(tc, test_weight_decay_is_decoupled_from_the_gradient);
    tcase_add_test(tc, test_norm_counts_every_element_once);
    tcase_add_test(tc, test_the_average_follows_the_weights_and_takes_their_place);
    tcase_add_test(tc, test_without_an_average_there_is_nothing_to_exchange);
    tcase_add_test(tc, test_copied_state_continues_with_the_same_bits);
    tcase_add_test(tc, test_out_of_memory_is_a_clean_failure);
    return run_tests("optim/optimizer", tc);
}
