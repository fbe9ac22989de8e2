// What holds for every network, with every switch on and off: what a fork may see, and that a
// forecast at a few forks is what training computes there.
#include <math.h>

#include "support/toy_model.h"

static const int64_t some_steps[] = {1, 4};
static const struct mq_forks some_forks = {2, some_steps};
static const struct mq_forks all_forks = {TOY_T, NULL};
enum { FORK_SIZE = TOY_H * TOY_Q };

static const struct network {
    const char *model;
    struct toy_setting set[12];
} networks[] = {
    {"mqffn", {{"hidden", "6"}, {"layers", "3"}}},
    {"mqrnn", {{"hidden", "4"}}},
    {"mqcnn", {{"hidden", "4"}, {"dilations", "3"}}},
    {"mqcnn", {{"kernel", "3"}, {"dilations", "2"}, {"channels", "5"}}},
    {"mqtransformer", {{"dilations", "3"}}},
    {"mqtransformer", {{"cross_attention", "false"}}},
    {"mqtransformer", {{"self_attention", "false"}, {"window", "2"}}},
    {"mqtransformer", {{"position", "false"}, {"query_now", "false"}, {"heads", "1"}}},
    {"mqtransformer",
     {{"value_position", "true"}, {"self_state", "true"}, {"self_position", "false"}}},
    {"mqtransformer", {{"cross_attention", "false"}, {"self_attention", "false"}}},
};
enum { N_NETWORKS = sizeof networks / sizeof networks[0] };

static const mq_real *forecast(struct rig *rig, struct toy_model toy)
{
    mq_exec_forward(rig->exec);
    return flat(mq_exec_value(rig->exec, toy.yhat));
}

// The largest change of fork t's forecast, over series and quantiles.
static double change_at(int64_t t, const mq_real *before, const mq_real *after)
{
    double most = 0;
    for (int64_t b = 0; b < TOY_B; b++) {
        for (int64_t i = 0; i < FORK_SIZE; i++) {
            const int64_t at = (b * TOY_T + t) * FORK_SIZE + i;
            most = fmax(most, fabs((double)after[at] - (double)before[at]));
        }
    }
    return most;
}

static void add_at_step(struct rig *rig, mq_value input, int64_t step, mq_real what)
{
    struct mq_view rows = mq_view_slice(rig->input[input], 1, step, 1);
    for (int64_t i = 0; i < mq_shape_count(mq_view_shape(rows)); i++)
        *element(rows, i) += what;
}

START_TEST(test_history_changes_no_fork_before_it)
{
    enum { STEP = 3 };
    struct rig rig;
    rig_init(&rig);
    const struct toy_model toy =
        toy_model_build(&rig, networks[_i].model, networks[_i].set, all_forks);
    rig_start(&rig, MQ_INFER);
    const mq_real *before = forecast(&rig, toy);
    add_at_step(&rig, toy.engineered >= 0 ? toy.engineered : toy.history, STEP, 1);
    add_at_step(&rig, toy.known_past, STEP, 1);
    const mq_real *after = forecast(&rig, toy);
    for (int64_t t = 0; t < STEP; t++)
        ck_assert_msg(change_at(t, before, after) == 0, "fork %lld saw step %d", (long long)t,
                      STEP);
    ck_assert_double_gt(change_at(STEP, before, after), 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_known_future_changes_the_forks_that_reach_it)
{
    enum { DATE = TOY_T + 1 };
    struct rig rig;
    rig_init(&rig);
    const struct toy_model toy =
        toy_model_build(&rig, networks[_i].model, networks[_i].set, all_forks);
    rig_start(&rig, MQ_INFER);
    const mq_real *before = forecast(&rig, toy);
    add_at_step(&rig, toy.known, DATE, 1);
    const mq_real *after = forecast(&rig, toy);
    for (int64_t t = 0; t < DATE - TOY_H - 1;
         t++) // a centred encoding of dates reaches one further
        ck_assert_double_eq(change_at(t, before, after), 0);
    for (int64_t t = DATE - TOY_H; t < TOY_T; t++)
        ck_assert_double_gt(change_at(t, before, after), 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_forecast_at_a_fork_is_what_training_computes_there)
{
    struct rig all, some;
    rig_init(&all);
    rig_init(&some);
    const struct toy_model full =
        toy_model_build(&all, networks[_i].model, networks[_i].set, all_forks);
    const struct toy_model few =
        toy_model_build(&some, networks[_i].model, networks[_i].set, some_forks);
    rig_start(&all, MQ_TRAIN);
    rig_start(&some, MQ_INFER);
    const mq_real *want = forecast(&all, full);
    const mq_real *got = forecast(&some, few);
    for (int64_t i = 0; i < TOY_B * some_forks.n * FORK_SIZE; i++) {
        const int64_t b = i / (some_forks.n * FORK_SIZE), f = i / FORK_SIZE % some_forks.n;
        const int64_t at = (b * TOY_T + some_steps[f]) * FORK_SIZE + i % FORK_SIZE;
        ck_assert_double_eq_tol((double)got[i], (double)want[at],
                                1e-5 * (10 + fabs((double)want[at])));
    }
    rig_release(&all);
    rig_release(&some);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("forking");
    tcase_add_loop_test(tc, test_history_changes_no_fork_before_it, 0, N_NETWORKS);
    tcase_add_loop_test(tc, test_known_future_changes_the_forks_that_reach_it, 0, N_NETWORKS);
    tcase_add_loop_test(tc, test_forecast_at_a_fork_is_what_training_computes_there, 0, N_NETWORKS);
    return run_tests("model/forking", tc);
}
